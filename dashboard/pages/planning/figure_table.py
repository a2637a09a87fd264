"""The table of a figure of the planner, which has no chart as data yet: read from what it draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard.words import Words


def figure_table(
    figure: Mapping[str, Any], caption: str, first: str, provenance: str | Sequence[str | None] | None, words: Words
) -> html.Table | None:
    """Return what bars or lines draw as a table, read from the figure itself; None where it draws nothing.

    Parameters
    ----------
    figure : mapping
        plotly.js figure of bars or lines; a trace without a name is no series.
    caption, first : str
        The chart's title, and the head of the first column (what its rows are).
    provenance : str, None or one for each row
        Of the figures; rows of lying bars are read from the top.
    """
    traces = [one for one in figure["data"] if one.get("name")]
    lying = any(one.get("orientation") == "h" for one in traces)
    at, value = ("y", "x") if lying else ("x", "y")
    axis, measured = (figure["layout"].get(f"{one}axis", {}) for one in (at, value))
    names = {
        tick: text
        for tick, text in zip(axis.get("tickvals", ()), axis.get("ticktext", ()), strict=False)
        if not isinstance(tick, str)
    }
    keys = list(dict.fromkeys(key for one in traces for key in one[at]))[:: -1 if lying else 1]
    if not keys:
        return None
    held = [dict(zip(one[at], one[value], strict=True)) for one in traces]
    origins = [provenance] * len(keys) if provenance is None or isinstance(provenance, str) else provenance
    before, behind = axis.get("tickprefix", ""), axis.get("ticksuffix", "")
    rows = [
        html.Tr(
            [
                html.Th(
                    names.get(key, f"{before}{key if isinstance(key, str) else f'{key:.4g}'}{behind}"), scope="row"
                ),
                *[
                    html.Td("—" if one.get(key) is None else f"{one[key]:,.6g}{measured.get('ticksuffix', '')}")
                    for one in held
                ],
                html.Td(words.provenance(origin)),
            ]
        )
        for key, origin in zip(keys, origins, strict=True)
    ]
    return _table(caption, [first, *(one["name"] for one in traces), words("数据来源")], rows)


def _table(caption: str, heads: Sequence[str], rows: Sequence[html.Tr]) -> html.Table:
    return html.Table(
        [
            html.Caption(caption),
            html.Thead(html.Tr([html.Th(text, scope="col") for text in heads])),
            html.Tbody(list(rows)),
        ],
        className="chart-table",
    )
