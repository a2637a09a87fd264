"""The cells of a file as values, each with the place it came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from geodata.errors import N_
from geodata.hours import HOLIDAY
from geodata.importing.bad import BadValue
from geodata.importing.headers import PLACES, POSITIONS, STATED, Layout
from geodata.importing.hours_text import names_season
from geodata.importing.numbers import Figure, factor_of
from geodata.importing.report import MAX_ROWS_NAMED, Problem, Report, named, shown
from geodata.importing.sheets import Sheet
from geodata.importing.values import is_blank, reader
from geodata.kinds import Kinds
from geodata.schema import TableSchema

MOST_UNNAMED = 20  # columns without a header that are told of
_UNSEEN = object()


@dataclass(slots=True)
class Rows:
    """Rows of one or more sheets, column by column.

    Attributes
    ----------
    values : dict
        Column → one value (None: missing) per row.
    sheets, numbers : list
        Sheet and row number of each row.
    titles : dict
        Column → its name for people, for columns that the file does not have.
    headers : dict
        Column → header as the file writes it.
    wrong : set of int
        Positions of rows with an error.
    left : set of int
        Positions of rows that stay out without one: the same row twice, a question without an answer.
    raw : dict
        Position column (``lon``, ``wkt`` …), or column of places (``county``, ``city`` …) → raw cells.
    shapes : list or None
        Geometry of each row, in the file's own coordinates.
    hints : dict
        Sheet → texts that stand over its rows, in which a place may be named, the surest first.
    """

    titles: dict[str, str] = field(default_factory=dict)
    values: dict[str, list[Any]] = field(default_factory=dict)
    sheets: list[str | None] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    wrong: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    raw: dict[str, list[Any]] = field(default_factory=dict)
    shapes: list[Any] | None = None
    hints: dict[str | None, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)

    def where(self, at: int, column: str | None = None) -> dict[str, Any]:
        """Return sheet, row and header of a cell, as :class:`Problem` takes them."""
        return {"sheet": self.sheets[at], "row": self.numbers[at], "column": self.title(column)}

    def by_sheet(self, at: Iterable[int]) -> list[list[int]]:
        """Return positions of rows sheet by sheet: a row number says where it is only with its sheet."""
        found: dict[str | None, list[int]] = {}
        for one in at:
            found.setdefault(self.sheets[one], []).append(int(one))
        return list(found.values())

    def title(self, column: str | None) -> str | None:
        """Return the header of a column in the file, else its name for people."""
        return None if column is None else self.headers.get(column) or self.titles.get(column, column)


def read_cells(rows: Rows, sheet: Sheet, layout: Layout, schema: TableSchema, report: Report, kinds: Kinds) -> None:
    """Add the rows of a sheet to `rows`, the own fields of `kinds` of activity among them, and what is wrong with its cells to `report`."""
    start, data = len(rows), sheet.rows[layout.first :]
    _unnamed(rows, sheet, layout, start, report)
    rows.sheets += [sheet.name] * len(data)
    rows.numbers += sheet.numbers[layout.first :]
    rows.headers |= {column: said for column, said in layout.headers.items() if column not in rows.headers}
    names = {column.name for column in schema.columns}
    qualified: dict[int, list[str]] = {}
    own = [field.column for field in kinds.fields.values()] if schema.name == "activities" else []
    for column in (*schema.columns, *own):
        if column.name not in layout.columns:
            if column.name in rows.values:
                rows.values[column.name] += [None] * len(data)
            continue
        at = layout.columns[column.name][0]
        values = rows.values.setdefault(column.name, [None] * start)
        factor, unit = (
            factor_of(layout.headers[column.name], column.unit) if column.dtype in ("int", "float") else (1.0, "")
        )
        if column.unit == "yuan" and factor == 1.0 and "元" not in layout.headers[column.name]:
            factor, unit = factor_of(layout.money, "yuan")
        _read_column(
            rows,
            values,
            [row[at] if at < len(row) else None for row in data],
            start,
            column,
            reader(schema.name, column, kinds, factor),
            report,
            qualified,
        )
        if factor != 1.0:
            report.warn(
                Problem(
                    N_("“{column}”按表头上写的单位“{unit}”换算：没有写单位的数都乘以 {factor}。"),
                    {"column": layout.headers[column.name], "unit": unit, "factor": f"{factor:,.6g}"},
                    sheet=sheet.name,
                    column=layout.headers[column.name],
                    code="unit",
                )
            )
    for name in (*POSITIONS, STATED, *PLACES):
        if name in layout.columns and name not in names:
            cells = rows.raw.setdefault(name, [None] * start)
            places = layout.columns[name]
            cells += [_joined(row, places) for row in data]
        elif name in rows.raw:
            rows.raw[name] += [None] * len(data)
    if sheet.geometry is not None:
        rows.shapes = (rows.shapes or [None] * start) + list(sheet.geometry[layout.first :])
    elif rows.shapes is not None:
        rows.shapes += [None] * len(data)
    _keep_qualifiers(rows, schema, qualified, report)
    positions = {number: at for at, number in enumerate(rows.numbers[start:], start)}
    used = {at for places in layout.columns.values() for at in places}
    for problem in sheet.problems:
        over = range(*_over(problem)) if problem.row in positions else ()
        if not used.isdisjoint(over):
            rows.wrong.add(positions[problem.row])
            title = next((layout.titles[at] for at in over if at in used and at < len(layout.titles)), None)
            report.error(replace(problem, column=title or problem.column))


def _over(problem: Problem) -> tuple[int, int]:
    """Return the first place that a problem of cells (``B``, ``B4:C5``) is about, and the one behind its last."""
    from openpyxl.utils import column_index_from_string

    first, last = (
        re.sub(r"\d", "", one)
        for one in (
            (problem.value or "").partition(":")[::2] if problem.code == "merged" else (problem.column or "A", "")
        )
    )
    at = column_index_from_string(first or "A")
    return at - 1, column_index_from_string(last) if last else at


def _unnamed(rows: Rows, sheet: Sheet, layout: Layout, start: int, report: Report) -> None:
    """Tell of cells that stand under no header: in text the sign of a comma within a cell, in a workbook a column without a name."""
    if sheet.header is not None:
        return
    named, found = len(layout.titles), {}
    gaps = [at for at, title in enumerate(layout.titles) if not title]
    for number, row in zip(sheet.numbers[layout.first :], sheet.rows[layout.first :], strict=True):
        for at in (*gaps, *range(named, len(row))):
            if at < len(row) and not is_blank(row[at]):
                found.setdefault(at, []).append(number)
    if sheet.name is None and (
        longer := sorted({number for at, numbers in found.items() if at >= named for number in numbers})
    ):
        at_of = {number: at for at, number in enumerate(sheet.numbers)}
        for number in longer:
            row = sheet.rows[at_of[number]]
            rows.wrong.add(start + at_of[number] - layout.first)
            report.error(
                Problem(
                    N_("这一行有 {got} 格，表头只有 {want} 格：内容里有逗号（或别的分隔符）的，请用英文双引号括起来。"),
                    {"got": len(row), "want": named},
                    row=number,
                    value=shown(row[-1]),
                    expected_msgid=N_("{want} 格"),
                    expected_params={"want": named},
                    code="cells",
                )
            )
        found = {at: numbers for at, numbers in found.items() if at < named}
    for at, numbers in sorted(found.items())[:MOST_UNNAMED]:
        report.warn(
            Problem(
                N_("第 {at} 列没有表头，{count} 行在那里写了内容，没有导入：要导入的请补上表头。"),
                {"at": at + 1, "count": len(numbers)},
                sheet=sheet.name,
                row=numbers[0],
                rows=tuple(numbers[:MAX_ROWS_NAMED]),
                code="column",
            )
        )


def _read_column(
    rows: Rows,
    values: list[Any],
    cells: list[Any],
    start: int,
    column: Any,
    read: Callable[[Any], Any],
    report: Report,
    qualified: dict[int, list[str]],
) -> None:
    known: dict[Any, Any] = {
        None: None
    }  # each different cell is read once: text by itself, what 1 == 1.0 == True would mix up with its type
    holidays: list[int] = []
    seasons: list[int] = []
    for at, cell in enumerate(cells, start):
        key = cell if cell is None or type(cell) is str else (type(cell), cell)
        found = known.get(key, _UNSEEN)
        if found is _UNSEEN:
            found = known[key] = _read_cell(cell, column, read)
        if found is None or type(found) is str:
            values.append(found)
            if found is not None and column.name == "opening_hours":
                if HOLIDAY in found:
                    holidays.append(rows.numbers[at])
                if names_season(str(cell)):
                    seasons.append(rows.numbers[at])
            continue
        if isinstance(found, BadValue):
            rows.wrong.add(at)
            report.error(
                Problem(
                    found.msgid,
                    found.params,
                    **rows.where(at, column.name),
                    value=shown(cell),
                    expected_msgid=found.expected_msgid,
                    expected_params=found.expected_params,
                )
            )
            values.append(None)
            continue
        if isinstance(found, Figure):
            if found.qualifier != "exact":
                qualified.setdefault(at, []).append(f"{column.name}={found.qualifier}")
            found = found.value
        values.append(found)
    for told, msgid, code in (
        (holidays, N_("开放时间里的节假日安排已保存；图上按平日计算，不单独计算节假日。"), "holidays"),
        (seasons, N_("开放时间里的夏季按 5 至 10 月、冬季按 11 至次年 4 月处理：如有不同，请写明月份。"), "season"),
    ):
        if told:
            report.warn(
                Problem(
                    msgid,
                    sheet=rows.sheets[start],
                    column=rows.headers.get(column.name),
                    row=told[0],
                    rows=tuple(told[:MAX_ROWS_NAMED]),
                    code=code,
                )
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


def _keep_qualifiers(rows: Rows, schema: TableSchema, qualified: dict[int, list[str]], report: Report) -> None:
    """Keep 约, 余, 近 where the table has a column for them; else say that they are lost."""
    if not qualified:
        return
    names = {column.name for column in schema.columns}
    if "qualifiers" in names:
        kept = rows.values.setdefault("qualifiers", [None] * len(rows))
        kept += [None] * (len(rows) - len(kept))
        for at, said in qualified.items():
            before = [kept[at]] if kept[at] else []
            given = {one.partition("=")[0] for one in (kept[at] or "").split(";")}
            kept[at] = ";".join(before + [one for one in said if one.partition("=")[0] not in given])
    elif "qualifier" in names:
        kept = rows.values.setdefault("qualifier", [None] * len(rows))
        kept += [None] * (len(rows) - len(kept))
        for at, said in qualified.items():
            kept[at] = kept[at] or said[0].partition("=")[2]
    else:
        at = min(qualified)
        numbers = tuple(rows.numbers[one] for one in sorted(qualified))
        report.warn(
            Problem(
                N_("“约”“余”“近”等口径在表 {table} 里没有列可存，只导入了数字（共 {count} 行）。"),
                {"table": named(schema), "count": len(numbers)},
                **rows.where(at, qualified[at][0].partition("=")[0]),
                rows=numbers[:200],
                code="qualifier",
            )
        )


def _joined(row: Any, places: list[int]) -> Any:
    cells = [row[at] for at in places if at < len(row) and row[at] not in (None, "")]
    return cells[0] if len(cells) == 1 else "".join(str(cell) for cell in cells) if cells else None
