"""The controls over a list of rows: which table, which place, what to look for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.components.rail import place_options
from dashboard.components.values import table_name
from dashboard.words import Words
from layers.atlas import Atlas
from layers.filters import Filters


def labelled_select(id: str, label: str, data: Sequence[Any], value: str | None, **more: Any) -> html.Label:
    """Return a list of `data` of which one is always chosen, under its `label`; `more` is the component's own."""
    select = dmc.Select(
        id=id, data=list(data), value=value, size="xs", allowDeselect=False, **more, **{"aria-label": label}
    )
    return html.Label([html.Span(label), select], className="data-control")


def table_select(id: str, tables: Sequence[str], table: str, words: Words) -> html.Label:
    """Return the list of `tables`, searchable."""
    data = [{"value": one, "label": table_name(one, words)} for one in tables]
    return labelled_select(id, words("数据表"), data, table, **_searchable(words))


def place_select(id: str, atlas: Atlas, filters: Filters, words: Words) -> html.Label:
    """Return the list of places, searchable, at that of `filters`."""
    data = place_options(atlas, filters, words)
    return labelled_select(id, words("地点"), data, filters.place, **_searchable(words))


def text_search(id: str, words: Words) -> html.Label:
    """Return the field for what a row holds."""
    field = dmc.TextInput(
        id=id, size="xs", debounce=400, placeholder=words("名称、编号、地址…"), **{"aria-label": words("查找")}
    )
    return html.Label([html.Span(words("查找")), field], className="data-control")


def _searchable(words: Words) -> dict[str, Any]:
    return {"searchable": True, "nothingFoundMessage": words("没有匹配的选项")}
