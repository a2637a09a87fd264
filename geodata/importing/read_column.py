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
from geodata.importing.packed import in_blocks
from geodata.importing.report import MAX_ROWS_NAMED, Problem, shown
from geodata.importing.rows import Rows
from geodata.importing.values import MAX_TEXT, free_text, is_blank
from geodata.own_fields import PREFIX
from geodata.schema import Column, TableSchema

MOST_KNOWN = 100_000  # different cells of a column whose value is remembered
MOST_UNREAD = 500  # different texts of a column that cannot be read and are told of one by one
STRICT = ("kinds", "facts", "parts")  # tables that define what others go by: nothing in them is taken for unknown
#: What a cell that cannot be read, or is blank beside others that are not, is where a usual value would say more than
#: is known.
UNKNOWN = MappingProxyType({("stations", "status"): "unknown"})
_UNSEEN = object()
_TEXTS = {str, type(None)}
#: Where one of these stands in the lines of cells, a cell may not be what it seems: empty, with a blank around it,
#: marked as text, a formula, an error, an empty list, a long number cut short.
_SIGNS = ("\n\n", "\n ", " \n", "\n'", "\n=", "\n#", "\n[", "E+", "e+", "E1", "e1")


def read_column(
    rows: Rows,
    values: Any,
    cells: Sequence[Any],
    start: int,
    column: Column,
    read: Callable[[Any], Any],
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
    known = _Known(column, read)
    unread: dict[Any, list[int]] = {}
    free = read is free_text and column.dtype == "str" and not column.allowed
    needed, said, first = is_needed(rows.schema, column), False, start
    for some in in_blocks(cells):
        found = some if free and _read_as_they_are(some) else known.plain(some)
        if found is None:
            found = []
            for at, cell in enumerate(some, first):
                value = known.of(cell)
                if isinstance(value, BadValue):
                    if needed:
                        rows.refuse(at, _of_cell(value, cell, rows.where(at, column.name)))
                    else:
                        unread.setdefault(_key(cell), []).append(at)
                    value = value.partly or UNKNOWN.get((rows.schema.name, column.name))
                elif isinstance(value, Figure):
                    if value.qualifier != "exact":
                        qualified.setdefault(at, []).append(f"{column.name}={value.qualifier}")
                    value = value.value
                found.append(value)
        values.extend(found)
        if (rows.schema.name, column.name) in UNKNOWN and not said:
            said = any(one is not None for one in found)
        first += len(some)
    if said:
        rows.said.add((column.name, rows.sheets[start]))
    if known.short:
        _tell_short(rows, cells, start, column)
    if unread:
        _keep_unread(rows, unread, cells, start, known, column)


class _Known:
    """What the different cells of a column were read as: each is read once.

    Attributes
    ----------
    short : bool
        Whether a number that is to be a text has lost digits.
    """

    def __init__(self, column: Column, read: Callable[[Any], Any]) -> None:
        self._column, self._read = column, read
        self._as_text, self.short = column.dtype == "str" and not column.allowed, False
        self._found: dict[Any, Any] = {None: None}
        self._plain: dict[Any, Any] = {None: None}  # texts of which nothing is to be told → their values
        self._other: set[Any] = set()  # the other texts

    def of(self, cell: Any) -> Any:
        """Return what a cell was read as, a :class:`BadValue` where it cannot be read."""
        key = _key(cell)
        found = self._found.get(key, _UNSEEN)
        return self._read_anew(key, cell) if found is _UNSEEN else found

    def plain(self, cells: list[Any]) -> list[Any] | None:
        """Return the values of cells of which nothing is to be told; None where one of them is another."""
        if len(self._found) > MOST_KNOWN:
            self._found = {one: value for one, value in self._found.items() if isinstance(value, BadValue)}
            self._found[None] = None
            self._plain = {None: None}
        if not set(map(type, cells)) <= _TEXTS:
            return None
        for cell in set(cells).difference(self._found):
            self._read_anew(cell, cell)
        return [self._plain[cell] for cell in cells] if self._other.isdisjoint(cells) else None

    def _read_anew(self, key: Any, cell: Any) -> Any:
        found = self._found[key] = _read_cell(cell, self._column, self._read)
        if self._as_text and not self.short:
            self.short = lost_digits(cell)
        if isinstance(found, BadValue) or (isinstance(found, Figure) and found.qualifier != "exact"):
            self._other.add(key)
        else:
            self._plain[key] = found.value if isinstance(found, Figure) else found
        return found


def _key(cell: Any) -> Any:
    """Return what tells a cell from others: text by itself, what 1 == 1.0 == True would mix up with its type."""
    return cell if cell is None or type(cell) is str else (type(cell), cell)


def _read_as_they_are(cells: list[Any]) -> bool:
    """Return whether every cell is free text that is read as it stands, or None: told of all of them at once."""
    if not set(map(type, cells)) <= _TEXTS:
        return False
    texts = [cell for cell in cells if cell is not None]
    lines = "\n".join(["", *texts, ""])
    return (
        lines.count("\n") == len(texts) + 1
        and "".join(texts).isprintable()
        and not any(sign in lines for sign in _SIGNS)
        and max(map(len, texts), default=0) <= MAX_TEXT
    )


def _tell_short(rows: Rows, cells: Sequence[Any], start: int, column: Column) -> None:
    """Tell of numbers that stand for texts and have lost digits on the way."""
    every = [at for at, cell in enumerate(cells, start) if lost_digits(cell)]
    rows.report.warn(
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
    known: _Known,
    column: Column,
) -> None:
    """Keep the texts of cells that could not be read beside their rows,
    and tell of each different one with its rows.
    """
    label = text_label(column)
    for ats in unread.values():
        text = None if column.name.startswith(PREFIX) else written(cells[ats[0] - start])
        if text is not None and has_own(rows.schema):
            for at in ats:
                rows.own.setdefault(at, {})[label] = text
    for ats in list(unread.values())[:MOST_UNREAD]:
        numbers = tuple(rows.numbers[at] for at in ats[:MAX_ROWS_NAMED])
        told = _of_cell(known.of(cells[ats[0] - start]), cells[ats[0] - start], rows.where(ats[0], column.name))
        rows.report.warn(replace(told, rows=numbers, code="unknown"))
    every = sorted(at for ats in unread.values() for at in ats)
    rows.report.warn(
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
