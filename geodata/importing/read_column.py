"""One column of a file: each cell read as the schema has it, what cannot be read told and kept beside its row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any

from geodata.codes import shipped_rows
from geodata.errors import N_
from geodata.importing.bad import BadValue, lost_digits
from geodata.importing.numbers import Figure
from geodata.importing.own_values import has_own, text_label, written
from geodata.importing.report import MAX_ROWS_NAMED, Problem, Report, shown
from geodata.importing.rows import Rows
from geodata.importing.values import is_blank
from geodata.own_fields import PREFIX
from geodata.schema import Column, TableSchema

MOST_KNOWN = 100_000  # different cells of a column whose value is remembered
MOST_UNREAD = 500  # different texts of a column that cannot be read and are told of one by one
STRICT = ("kinds", "facts", "parts")  # tables that define what others go by: nothing in them is taken for unknown
#: What a cell that cannot be read, or is blank beside others that are not, is where a usual value would say more than
#: is known.
UNKNOWN = MappingProxyType({("stations", "status"): "unknown"})
_UNSEEN = object()


def read_column(
    rows: Rows,
    values: Any,
    cells: Sequence[Any],
    start: int,
    column: Column,
    schema: TableSchema,
    read: Callable[[Any], Any],
    report: Report,
    qualified: dict[int, list[str]],
) -> None:
    """Read cells into `values`, and tell of those that cannot be read.

    Parameters
    ----------
    rows : Rows
    values : list or packed column
        Grows by one value (None: missing) for each cell.
    cells : sequence
    start : int
        Position in `rows` of the first of them.
    column, schema : Column, TableSchema
    read : callable
        See :func:`geodata.importing.values.reader`.
    report : Report
    qualified : dict
        Position of a row → ``column=qualifier`` of its figures; added to.
    """
    known: dict[Any, Any] = {
        None: None
    }  # each different cell is read once: text by itself, what 1 == 1.0 == True would mix up with its type
    unread: dict[Any, list[int]] = {}
    as_text, short = column.dtype == "str" and not column.allowed, False
    needed = is_needed(schema, column)
    for at, cell in enumerate(cells, start):
        key = cell if cell is None or type(cell) is str else (type(cell), cell)
        found = known.get(key, _UNSEEN)
        if found is _UNSEEN:
            if len(known) > MOST_KNOWN:
                known = {one: value for one, value in known.items() if isinstance(value, BadValue) or one is None}
            found = known[key] = _read_cell(cell, column, read)
            if as_text and not short:
                short = lost_digits(cell)
        if found is None or type(found) is str:
            values.append(found)
            continue
        if isinstance(found, BadValue):
            if needed:
                rows.wrong.add(at)
                report.error(_of_cell(found, cell, rows.where(at, column.name)))
            else:
                unread.setdefault(key, []).append(at)
            values.append(found.partly or UNKNOWN.get((schema.name, column.name)))
            continue
        if isinstance(found, Figure):
            if found.qualifier != "exact":
                qualified.setdefault(at, []).append(f"{column.name}={found.qualifier}")
            found = found.value
        values.append(found)
    if (schema.name, column.name) in UNKNOWN and any(one is not None for one in values[start:]):
        rows.said.add((column.name, rows.sheets[start]))
    if short:
        _tell_short(rows, cells, start, column, report)
    if unread:
        _keep_unread(rows, unread, cells, start, known, column, schema, report)


def _tell_short(rows: Rows, cells: Sequence[Any], start: int, column: Column, report: Report) -> None:
    """Tell of numbers that stand for texts and have lost digits on the way."""
    every = [at for at, cell in enumerate(cells, start) if lost_digits(cell)]
    report.warn(
        Problem(
            N_(
                "这一列有 {count} 行是按数存的长号码：表格程序只记得住 15 位，后面的成了 0 或 E+17，补不回来；"
                "照读到的保存。请在原文件里把这一列设为文本，重新填写。"
            ),
            {"count": len(every)},
            **rows.where(every[0], column.name),
            rows=tuple(rows.numbers[at] for at in every[:MAX_ROWS_NAMED]),
            code="digits",
        )
    )


def is_needed(schema: TableSchema, column: Column) -> bool:
    """Return whether a row means nothing without this column:
    a cell that cannot be read then costs the row, any other is unknown.
    """
    if schema.name in STRICT or column.name in ("name", "provenance"):
        return True
    return not (column.nullable or column.name == schema.key or column.name in filled_in(schema.name))


def _keep_unread(
    rows: Rows,
    unread: dict[Any, list[int]],
    cells: Sequence[Any],
    start: int,
    known: dict[Any, Any],
    column: Column,
    schema: TableSchema,
    report: Report,
) -> None:
    """Keep the texts of cells that could not be read beside their rows,
    and tell of each different one with its rows.
    """
    label = text_label(column)
    for ats in unread.values():
        text = None if column.name.startswith(PREFIX) else written(cells[ats[0] - start])
        if text is not None and has_own(schema):
            for at in ats:
                rows.own.setdefault(at, {})[label] = text
    for key, ats in list(unread.items())[:MOST_UNREAD]:
        numbers = tuple(rows.numbers[at] for at in ats[:MAX_ROWS_NAMED])
        told = _of_cell(known[key], cells[ats[0] - start], rows.where(ats[0], column.name))
        report.warn(replace(told, rows=numbers, code="unknown"))
    every = sorted(at for ats in unread.values() for at in ats)
    report.warn(
        Problem(
            N_("这一列有 {count} 行读不懂，按不知道处理，这些行照样导入；原来的文字随行保存。"),
            {"count": len(every)},
            **rows.where(every[0], column.name),
            rows=tuple(rows.numbers[at] for at in every[:MAX_ROWS_NAMED]),
            code="unknown_kept",
        )
    )


def _of_cell(bad: BadValue, cell: Any, where: dict[str, Any]) -> Problem:
    return Problem(
        bad.msgid,
        bad.params,
        **where,
        value=shown(cell),
        expected_msgid=bad.expected_msgid,
        expected_params=bad.expected_params,
    )


def _read_cell(cell: Any, column: Any, read: Callable[[Any], Any]) -> Any:
    if is_blank(cell, column):
        return None
    try:
        return read(cell)
    except BadValue as error:
        return error
    except (ValueError, OverflowError, ArithmeticError):  # a date of year 10000, a number past all bounds
        return BadValue(N_("读不出这个值：请改正。"), {}, N_("可用的值"))


@cache
def filled_in(table: str) -> frozenset[str]:
    """Return the columns of a table that are filled in where a file leaves them out:
    usual values, and what follows from others.
    """
    usual = {row["column"] for row in shipped_rows("import_defaults.csv") if row["table"] in (table, "*")}
    return frozenset(usual | {"adcode", "name_en", "period", "participants_unit", "source_id", "batch_id", "cell"})
