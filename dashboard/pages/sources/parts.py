"""What the parts of the sources page share: what its address asks for, and its tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard import query_string
from dashboard.components.trail import PATH as PATH
from dashboard.components.values import scrolling
from dashboard.context import Context
from layers.filters import Filters

OWN_KEYS = ("fact", "figure", "story", "q")
MOST_TEXT = 80


def own_of(query: str | None) -> dict[str, str]:
    """Return what `query` says to this page alone: one text each of :data:`OWN_KEYS`, empty where it is silent."""
    said = query_string.values(query)
    return {key: said.get(key, "")[:MOST_TEXT].strip() for key in OWN_KEYS}


def address(filters: Filters, context: Context, own: Mapping[str, str]) -> str:
    """Return the query string of `filters` and of what the page asks besides."""
    said = query_string.text((key, value) for key, value in own.items() if value)
    return query_string.joined(context.write(filters), said)


def table(head: tuple[str, ...], rows: list[list[Any]], label: str) -> html.Div:
    """Return a table that scrolls within its part, `label` its name for those who hear it."""
    return scrolling(
        html.Table(
            [
                html.Thead(html.Tr([html.Th(one, scope="col") for one in head])),
                html.Tbody([html.Tr([html.Td(cell) for cell in row]) for row in rows]),
            ],
            className="data-table",
        ),
        label,
    )
