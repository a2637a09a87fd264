"""Values of the tables as people read them: names for codes, days, yes and no, figures with their unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import html

from dashboard.components.badge import badge
from dashboard.words import Words
from geodata.importing.values import vocabulary
from geodata.schema import OWN, TABLES, Column, TableSchema

MAX_CELL = 300
COORDINATES = ("lon", "lat", "shape", "box")


def table_name(table: str, words: Words) -> str:
    """Return the name of a table in the reader's language."""
    schema = TABLES[table]
    return schema.zh if words.lang == "zh" else schema.en


def title(schema: TableSchema, name: str, words: Words) -> str:
    """Return the header of a column in the reader's language."""
    places = {"lon": words("经度"), "lat": words("纬度"), "shape": words("图形"), "box": words("图形范围")}
    if name in places:
        return places[name]
    column = next((one for one in schema.columns if one.name == name), None)
    return name if column is None else column.zh if words.lang == "zh" else column.en


def shown(schema: TableSchema, name: str, value: Any, words: Words, keeper: bool = False) -> str:
    """Return a value as it is read; a dash where there is none.

    What is personal is shown to who keeps the data alone.
    """
    column = next((one for one in schema.columns if one.name == name), None)
    if value is None or (not isinstance(value, list | tuple | dict) and pd.isna(value)) or value == "":
        return words("未知") if column is not None and column.dtype == "bool" else "—"
    if name in COORDINATES:
        return (
            f"{value:.6f}"
            if isinstance(value, float)
            else ", ".join(f"{one:.4f}" for one in value)
            if isinstance(value, list)
            else str(value)
        )
    if name == OWN:
        return words.listed(words.own("", value, keeper), heavy=True) or "—"
    return str(value) if column is None else _shown(schema, column, value, words)


def _shown(schema: TableSchema, column: Column, value: Any, words: Words) -> str:
    if (schema.name, column.name) == ("activities", "kind"):
        return words.kinds().get(str(value), str(value))
    vocab = vocabulary(schema.name, column.name)
    if vocab:
        names = words.codes(vocab)
        return words.listed(str(names.get(code, code)) for code in str(value).split(";"))
    if column.dtype == "bool":
        return words("是") if value else words("否")
    if column.dtype == "date":
        return value[:10] if isinstance(value, str) else f"{value:%Y-%m-%d}"
    if column.dtype == "int":
        return words.persons(value)
    if column.dtype == "float":
        return (
            f"{value:,.6f}".rstrip("0").rstrip(".")
            if column.unit == "degree"
            else f"{value:,.4g}"
            if abs(value) < 1
            else f"{value:,.2f}".removesuffix(".00")
        )
    if column.name == "opening_hours":
        return words.hours(str(value))
    text = str(value)
    return text if len(text) <= MAX_CELL else text[:MAX_CELL] + "…"


def scrolling(children: Any, label: str, **about: Any) -> html.Div:
    """Return a box that scrolls when its table is wider, also for who has no mouse; `label` says what it holds."""
    return html.Div(children, className="data-scroll", tabIndex=0, role="region", **{"aria-label": label}, **about)


def change_list(changes: Sequence[Mapping[str, Any]], words: Words, limit: int) -> html.Table:
    """Return rows that were (or would be) added, changed or taken out; of changed ones every field before → after.

    Parameters
    ----------
    changes : list of mapping
        As :meth:`geodata.store.base.WritableStore.changes` gives them.
    limit : int
        How many to list.
    """
    kinds = {"changed": words("更改"), "added": words("新增"), "removed": words("删除"), "retired": words("示意行退出")}
    lines = []
    order = list(kinds)
    for one in sorted(changes, key=lambda change: order.index(change["what"]))[:limit]:
        schema = TABLES[one["table"]]
        row = one["after"] or one["before"] or {}
        name = row.get("name") or one["key"]
        lines.append(
            html.Tr(
                [
                    html.Td(html.Span(kinds[one["what"]], className=f"change change-{one['what']}")),
                    html.Td(table_name(one["table"], words)),
                    html.Td(
                        [
                            html.Span(str(name)),
                            html.Span(one["key"], className="data-key") if name != one["key"] else None,
                        ]
                    ),
                    html.Td(
                        _fields(schema, one["before"], one["after"], words)
                        if one["what"] == "changed"
                        else badge(row.get("provenance"), words)
                    ),
                ]
            )
        )
    head = html.Tr([html.Th(text, scope="col") for text in (words("改动"), words("表"), words("行"), words("内容"))])
    return html.Table([html.Thead(head), html.Tbody(lines)], className="data-table changes")


def _fields(schema: TableSchema, before: Mapping[str, Any], after: Mapping[str, Any], words: Words) -> list:
    found = []
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if name == "batch_id" or old == new:
            continue
        before_, after_ = (shown(schema, name, one, words) for one in (old, new))
        if name == OWN and before_ == after_:
            after_ = words("个人信息有改动（不列出）")
        found.append(
            html.Div(
                [
                    html.Span(title(schema, name, words), className="data-field"),
                    html.Del(before_),
                    html.Span(" → ", className="arrow"),
                    html.Ins(after_),
                ]
            )
        )
    return found


def size(count: int, words: Words) -> str:
    """Return a number of bytes for people."""
    return (
        f"{count / 2**20:.1f} MB"
        if count >= 2**20
        else f"{max(1, round(count / 1024))} kB"
        if count >= 1024
        else words("{count} 字节").format(count=count)
    )
