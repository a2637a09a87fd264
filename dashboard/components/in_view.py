"""The list of what is in view: the map as rows that can be read aloud and followed."""

from __future__ import annotations

from collections.abc import Callable

from dash import dcc, html

from dashboard.components.chinese import runs
from dashboard.maps.in_view import InView, Row
from dashboard.maps.layers import COUNTED
from dashboard.words import Words

LINES = 3


def in_view_list(found: InView, address: Callable[[Row], str | None], words: Words) -> list:
    """Return the rows by kind, each a link that does what a click on the map does.

    Parameters
    ----------
    address : callable
        Where a row leads; None: nowhere deeper, so that it is read but not followed.
    """
    total = sum(found.counts.values())
    if not total:
        return [html.P(words("视野内没有可列出的内容：请缩小地图，或打开更多图层。"), className="in-view-note")]
    parts: list = []
    for name, count in found.counts.items():
        rows = [row for row in found.rows if row.trace == name]
        parts.append(
            html.H3(
                [words(COUNTED[name]), html.Span(words.number(count), className="in-view-count")],
                className="in-view-title",
            )
        )
        if rows:
            parts.append(html.Ul([html.Li(_row(row, address(row), words)) for row in rows], className="in-view-rows"))
    if found.more > 0:
        parts.append(
            html.P(
                words("还有 {more} 项没有列出：放大地图或收窄筛选即可看到。").format(more=words.number(found.more)),
                className="in-view-note",
            )
        )
    return parts


def _row(row: Row, to: str | None, words: Words) -> dcc.Link | html.Button | html.Div:
    said = [
        html.Span(runs(row.lines[0] if row.lines else row.id, words), className="in-view-name"),
        *[html.Span(runs(line, words), className="in-view-line") for line in row.lines[1 : 1 + LINES]],
    ]
    if row.kind == "cluster":  # a group has no address: the browser goes closer, as a click does
        return html.Button(
            said, type="button", className="in-view-row", **{"data-lon": str(row.lon), "data-lat": str(row.lat)}
        )
    if to is None:
        return html.Div(said, className="in-view-row")
    return dcc.Link(said, href=to, className="in-view-row")
