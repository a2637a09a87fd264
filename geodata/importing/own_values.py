"""Own fields of the rows of a file: what no column of the table takes,
and the texts of cells that could not be read.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from typing import Any

from geodata import personal
from geodata.errors import N_
from geodata.importing.bad import LONGEST_EXACT, BadValue, checked_text, whole
from geodata.importing.report import OwnColumn, Problem, Report
from geodata.importing.rows import Rows
from geodata.importing.values import MAX_TEXT, SEPARATORS
from geodata.own_fields import PREFIX, as_text, values_of
from geodata.schema import OWN, Column, TableSchema

#: A number as it is written once and for all: one that reads back as another text,
#: or is a telephone's, stays a text (0592, 1.50, 13800000000).
_PLAIN = re.compile(r"-?(?:0|[1-9]\d{0,9})(?:\.\d{1,10})?")
MOST_REMEMBERED = 100_000  # different values of a row whose text is remembered


def has_own(schema: TableSchema) -> bool:
    """Return whether the rows of a table can have fields of their own."""
    return any(column.name == OWN for column in schema.columns)


def read_own(cell: Any) -> str | int | float:
    """Return a cell of a column that no field takes, as a row keeps it:
    a number where it is nothing else, else its text.

    Raises
    ------
    BadValue
        As :func:`geodata.importing.bad.checked_text`.
    """
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int):
        return cell if abs(cell) < LONGEST_EXACT else str(cell)
    if isinstance(cell, float):
        if cell.is_integer():
            return int(cell) if abs(cell) < LONGEST_EXACT else whole(cell)
        return cell if math.isfinite(cell) else str(cell)
    if isinstance(cell, time):
        return cell.isoformat("minutes")
    if isinstance(cell, timedelta):
        return str(cell)
    text = checked_text(cell.isoformat(" ") if isinstance(cell, datetime) and cell.time() != time() else cell)
    if len(text) > MAX_TEXT:
        raise BadValue(
            N_("文字太长（{got} 个字符，最多 {limit} 个）：请缩短。"),
            {"got": len(text), "limit": MAX_TEXT},
            N_("较短的文字"),
        )
    if _PLAIN.fullmatch(text):
        number = float(text) if "." in text else int(text)
        return number if str(number) == text else text
    return text


def text_label(column: Column) -> str:
    """Return the label under which the text of a cell is kept that could not be read as a value of `column`."""
    return f"{column.zh}原文"


def written(cell: Any) -> str | None:
    """Return what stood in a cell that could not be read,
    as it is kept beside the row; None for what no file may bring in.
    """
    try:
        text = str(cell.isoformat() if isinstance(cell, date | time) else cell).strip()
        return checked_text(text)[:MAX_TEXT] or None
    except BadValue:
        return None


def gather(rows: Rows) -> None:
    """Put own columns and texts as written together as one value a row, and list the columns in the report.

    What the atlas keeps of a row under labels that the file has no column for stays.
    """
    known = set(rows.ground.kinds.fields) if rows.schema.name == "activities" else set()
    columns = {
        name.removeprefix(PREFIX): values
        for name, values in rows.values.items()
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in known
    }
    if not has_own(rows.schema) or not (columns or rows.own):
        return
    held = rows.column(OWN)
    kept = [values_of(text) for text in held] if any(held) else None
    # a cell that can be read now no longer needs the text that could not be read before
    mended = [text_label(column) for column in rows.schema.columns if column.name in rows.headers]
    plain: dict[tuple[Any, ...], str | None] = {}  # the same values are the same text, made and held once
    names, cells = list(columns), list(columns.values())
    for at in range(len(rows)):
        if not kept and at not in rows.own:
            values = tuple([one[at] for one in cells])
            if values not in plain:
                if len(plain) > MOST_REMEMBERED:
                    plain.clear()
                said = {name: one for name, one in zip(names, values, strict=True) if one is not None}
                plain[values] = as_text(said)
            held[at] = plain[values]
            continue
        found = kept[at] if kept else {}
        for label in mended if found else ():
            found.pop(label, None)
        for label, values in columns.items():
            if values[at] is None:
                found.pop(label, None)
            else:
                found[label] = values[at]
        found |= rows.own.get(at, {})
        held[at] = as_text(found)
    for label in dict.fromkeys([*columns, *(label for values in rows.own.values() for label in values)]):
        values = columns.get(label) or [one.get(label) for one in rows.own.values()]
        marked = personal.is_personal_label(label) or any(personal.is_personal_value(one) for one in set(values))
        rows.report.own_fields.append(OwnColumn(rows.headers.get(PREFIX + label, label), label, marked))
    _tell(rows.report)


def _tell(report: Report) -> None:
    for marked, msgid in (
        (False, N_("图册没有这些列的字段，照原样保存为自有项目：{columns}。")),
        (True, N_("这些列写的是个人信息，照原样保存，只给维护数据的人看，不进导出、搜索和简报：{columns}。")),
    ):
        labels = [one.label for one in report.own_fields if one.personal == marked]
        if labels:
            listed = {lang: mark.join(labels[:40]) for lang, mark in SEPARATORS.items()}
            report.warn(Problem(msgid, {"columns": listed}, code="own"))
