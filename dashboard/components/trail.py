"""The way from a figure to where it comes from: a link, and the mark that says which figure it is."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from dash import dcc, html

from dashboard.context import Context
from dashboard.words import Words
from layers.filters import Filters
from layers.trails import FIGURES

PATH = "/sources"


def trail_address(mark: str, filters: Filters, context: Context) -> str:
    """Return the address of the trail of `mark`:
    an id of :data:`layers.trails.FIGURES`, or fact ids joined by ``;``.
    """
    base = context.write(filters)
    own = urlencode({"figure": mark} if mark in FIGURES else {"fact": mark})
    return f"{PATH}{base}{'&' if base else '?'}{own}"


def figure_link(children: Any, mark: str, filters: Filters, context: Context, words: Words) -> html.Span:
    """Return a figure that leads to its trail, marked with ``data-figure`` for whoever walks the pages."""
    link = dcc.Link(
        children, href=trail_address(mark, filters, context), className="figure-link", title=words("这个数字从哪里来")
    )
    return html.Span(link, **{"data-figure": mark})


def with_source(head: list, mark: str, filters: Filters, context: Context, words: Words) -> list:
    """Return `head` (its title first) with the link 来源 at the end of its title."""
    if not head:
        return []
    title, *rest = head
    children = title.children if isinstance(title.children, list) else [title.children]
    return [
        type(title)(
            [*children, source_link(mark, filters, context, words)],
            **{name: value for name, value in title.to_plotly_json()["props"].items() if name != "children"},
        ),
        *rest,
    ]


def source_link(mark: str, filters: Filters, context: Context, words: Words) -> dcc.Link:
    """Return the small link 来源 beside a chart's title."""
    return dcc.Link(
        words("来源（页）"),
        href=trail_address(mark, filters, context),
        className="source-link",
        title=words("这个数字从哪里来"),
    )
