"""The cells of a file as values, each with the place it came from."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

from geodata.errors import N_
from geodata.importing import comments, day_spans, merges, together
from geodata.importing.degrees import PLAIN
from geodata.importing.header_words import PLACES
from geodata.importing.headers import POSITIONS, STATED, Layout, keep_own
from geodata.importing.hours_column import AS_WRITTEN, HOURS, read_hours
from geodata.importing.numbers import factor_of
from geodata.importing.own_values import has_own, read_own, text_label, written
from geodata.importing.packed import cells_at, column_of, widest
from geodata.importing.read_column import STRICT, read_column
from geodata.importing.remarks import Left
from geodata.importing.report import MAX_ROWS_NAMED, Problem, Report, named, shown
from geodata.importing.rows import Rows
from geodata.importing.sheets import Sheet
from geodata.importing.sums import Sums
from geodata.importing.ticks import ticked
from geodata.importing.values import is_blank, reader
from geodata.own_fields import PREFIX
from geodata.schema import Column

MOST_UNNAMED = 20  # columns without a header that are told of


def read_cells(rows: Rows, sheet: Sheet, layout: Layout, left: Left) -> None:
    """Add the rows of a sheet to `rows`, own fields among them, and what is wrong with its cells to `report`.

    `left` is what was taken out of the sheet before: its sums are held against the rows.
    """
    start = len(rows)
    shared = merges.spread(sheet, layout, rows.schema, rows.report)
    merges.repeat_above(sheet, layout, rows.schema, rows.report)
    merges.hidden(sheet, layout, rows.report)
    comments.spread(sheet)
    data = sheet.rows[layout.first :]
    _unnamed(rows, sheet, layout, start)
    count = start + len(data)
    rows.sheets = column_of(chain(rows.sheets, repeat(sheet.name, len(data))), count)
    rows.numbers = column_of(chain(rows.numbers, sheet.numbers[layout.first :]), count)
    rows.headers |= {column: said for column, said in layout.headers.items() if column not in rows.headers}
    names = {column.name for column in rows.schema.columns}
    qualified: dict[int, list[str]] = {}
    kinds = rows.ground.kinds
    own = [field.column for field in kinds.fields.values()] if rows.schema.name == "activities" else []
    sums = Sums(left.sums, layout.first, sheet.name)
    days = _days(rows, sheet, layout, data, start)
    for column in (*rows.schema.columns, *own):
        if column.name in (HOURS, AS_WRITTEN):
            continue  # read together, below
        cells = days.get(column.name) or _cells_of(column, layout, data, rows.report, sheet)
        if cells is None:
            if column.name in rows.values:
                rows.column(column.name)
            continue
        values = rows.column(column.name, start)
        title = layout.headers.get(column.name) or column.zh
        factor, unit = factor_of(title, column.unit) if column.dtype in ("int", "float") else (1.0, "")
        if column.unit == "yuan" and factor == 1.0 and "元" not in title:
            factor, unit = factor_of(layout.money, "yuan")
        read = reader(rows.schema.name, column, kinds, factor)
        read_column(rows, values, cells, start, column, read, qualified)
        if column.dtype in ("int", "float"):
            sums.hold(layout.columns[column.name][0], title, values[start:], read)
        if factor != 1.0:
            rows.report.warn(
                Problem(
                    N_("“{column}”按表头上写的单位“{unit}”换算：没有写单位的数都乘以 {factor}。")
                    if not math.isnan(factor)
                    else N_("“{column}”的表头写着单位“{unit}”，这一列不收：没有写单位的数按不知道处理，原文照存。"),
                    {"column": title, "unit": unit, "factor": f"{factor:,.6g}"},
                    sheet=sheet.name,
                    column=title,
                    code="unit",
                )
            )
    _read_hours(rows, sheet, data, start, layout)
    _read_own_columns(rows, layout, data, start, {column.name for column in own}, sums)
    comments.keep(rows, sheet, layout, start)
    for name in (*POSITIONS, STATED, *PLACES):
        if name in layout.columns and name not in names:
            places, parts = layout.columns[name], layout.degrees.get(name)
            rows.column(name, start, raw=True).extend(
                map(parts.written, data)
                if parts
                else map(_number if name in ("lon", "lat", "x", "y") else _something, cells_at(data, places[0]))
                if len(places) == 1
                else (_joined(row, places) for row in data)
            )
        elif name in rows.raw:
            rows.column(name, raw=True)
    if sheet.geometry is not None:
        rows.shapes = (rows.shapes or [None] * start) + list(sheet.geometry[layout.first :])
    elif rows.shapes is not None:
        rows.shapes += [None] * len(data)
    for name in [*rows.values]:
        rows.column(name)
    _keep_qualifiers(rows, sheet, layout, qualified)
    positions = (
        {number: at for at, number in enumerate(rows.numbers[start:], start)} if shared or sheet.problems else {}
    )
    for number, problem in shared.items():
        if number in positions:
            rows.refuse(positions[number], problem)
    _without_value(rows, sheet, layout, positions)
    sums.check(len(data), rows.report)


def _days(
    rows: Rows,
    sheet: Sheet,
    layout: Layout,
    data: list[Sequence[Any]],
    start: int,
) -> dict[str, list[Any]]:
    """Return the cells of first and last days where one cell may name both; nothing of other tables."""
    places = layout.columns.get(day_spans.START)
    if rows.schema.name not in day_spans.TABLES or not places or not data:
        return {}
    over = day_spans.year_of([sheet.name, *layout.above])
    named_at = layout.columns.get("name", [None])[0]

    def year_at(at: int) -> int | None:
        row = data[at]
        said = row[named_at] if named_at is not None and named_at < len(row) else None
        return day_spans.year_of([said]) or over

    ends = layout.columns.get(day_spans.END)
    starts, lasts, guessed = day_spans.spread(
        list(cells_at(data, places[0])), list(cells_at(data, ends[0])) if ends else None, year_at
    )
    day_spans.tell_years(rows, start, guessed)
    return {day_spans.START: starts} | ({day_spans.END: lasts} if ends or any(lasts) else {})


def _cells_of(
    column: Column, layout: Layout, data: list[Sequence[Any]], report: Report, sheet: Sheet
) -> Sequence[Any] | None:
    """Return the cells of a column, those of several columns that are one field put together.

    None where the file has none.
    """
    if column.name == together.HOURS and layout.hours:
        return [together.joined_hours(layout.hours, row) for row in data]
    places = layout.columns.get(column.name)
    ticks = [one for one in layout.ticks if one.column == column.name]
    cells = cells_at(data, places[0]) if places else None
    if not ticks:
        return cells
    return ticked(ticks, cells, data, layout, sheet, report)


def _read_hours(
    rows: Rows,
    sheet: Sheet,
    data: list[Sequence[Any]],
    start: int,
    layout: Layout,
) -> None:
    """Read the columns of opening hours, where the sheet (or one before it) has any."""
    columns = {column.name: column for column in rows.schema.columns}
    if HOURS not in columns:
        return
    cells, texts = (_cells_of(columns[name], layout, data, rows.report, sheet) for name in (HOURS, AS_WRITTEN))
    if cells is None and texts is None and not {HOURS, AS_WRITTEN} & {*rows.values}:
        return
    if cells is not None:
        cells = comments.beside_hours(cells, sheet, layout)
    read_hours(rows, start, columns[HOURS], cells or [None] * len(data), texts)


def _read_own_columns(
    rows: Rows,
    layout: Layout,
    data: list[Sequence[Any]],
    start: int,
    typed: set[str],
    sums: Sums,
) -> None:
    """Read the columns that no field takes."""
    free = [name for name in layout.columns if name.startswith(PREFIX) and name not in typed]
    for name in free:
        at = layout.columns[name][0]
        label = name.removeprefix(PREFIX)
        values = rows.column(name, start)
        column = Column(name, "str", label, label, "", (), True, "")
        cells = cells_at(data, at)
        read_column(rows, values, cells, start, column, read_own, {})
        if any(isinstance(one, int | float) for one in values[start:]):
            sums.hold(at, layout.headers[name], values[start:], read_own)


def _without_value(rows: Rows, sheet: Sheet, layout: Layout, positions: dict[int, int]) -> None:
    """Tell of formulas that the file keeps no value for; one that should name a row costs the row."""
    columns = {place: name for name, places in layout.columns.items() for place in places}
    for problem in sheet.problems:
        if problem.row not in positions:
            continue
        at = _place(problem)
        if at not in layout.used:
            continue
        told = replace(problem, column=layout.titles[at] if at < len(layout.titles) else problem.column)
        if columns.get(at) == "name" or rows.schema.name in STRICT:
            rows.refuse(positions[problem.row], told)
        else:
            rows.report.warn(told)


def _place(problem: Problem) -> int:
    """Return the place, counted from 0, that a problem of a cell names by letters."""
    from openpyxl.utils import column_index_from_string

    return column_index_from_string(re.sub(r"[^A-Z]", "", problem.column or "A") or "A") - 1


def _unnamed(rows: Rows, sheet: Sheet, layout: Layout, start: int) -> None:
    """Keep and tell of cells that stand under no header:
    in text the sign of a comma within a cell, in a workbook a column without a name.
    """
    if sheet.header is not None:
        return
    named, found = len(layout.titles), {}
    gaps = [at for at, title in enumerate(layout.titles) if not title]
    if not gaps and widest(sheet.rows) <= named:
        return
    for number, row in zip(sheet.numbers[layout.first :], sheet.rows[layout.first :], strict=True):
        if not gaps and len(row) <= named:
            continue
        for at in (*gaps, *range(named, len(row))):
            if at < len(row) and not is_blank(row[at]):
                found.setdefault(at, []).append(number)
    if sheet.name is None and (
        longer := sorted({number for at, numbers in found.items() if at >= named for number in numbers})
    ):
        at_of = {number: at for at, number in enumerate(sheet.numbers)}
        for number in longer:
            row = sheet.rows[at_of[number]]
            rows.refuse(
                start + at_of[number] - layout.first,
                Problem(
                    N_("这一行有 {got} 格，表头只有 {want} 格：内容里有逗号（或别的分隔符）的，请用英文双引号括起来。"),
                    {"got": len(row), "want": named},
                    row=number,
                    value=shown(row[-1]),
                    expected_msgid=N_("{want} 格"),
                    expected_params={"want": named},
                    code="cells",
                ),
            )
        found = {at: numbers for at, numbers in found.items() if at < named}
    for at, numbers in sorted(found.items())[:MOST_UNNAMED]:
        kept = has_own(rows.schema)
        label = keep_own(layout, f"第{at + 1}列", at) if kept else ""
        rows.report.warn(
            Problem(
                N_("第 {at} 列没有表头，{count} 行在那里写了内容，保存为自有项目“{label}”：最好补上表头。")
                if kept
                else N_("第 {at} 列没有表头，{count} 行在那里写了内容，没有导入：要导入的请补上表头。"),
                {"at": at + 1, "count": len(numbers), "label": label},
                sheet=sheet.name,
                row=numbers[0],
                rows=tuple(numbers[:MAX_ROWS_NAMED]),
                code="column",
            )
        )


def _keep_qualifiers(rows: Rows, sheet: Sheet, layout: Layout, qualified: dict[int, list[str]]) -> None:
    """Keep 约, 余, 近 where the table has a column for them; else keep the text beside the row, and say so."""
    if not qualified:
        return
    names = {column.name for column in rows.schema.columns}
    if "qualifiers" in names:
        kept = rows.column("qualifiers")
        for at, said in qualified.items():
            before = [kept[at]] if kept[at] else []
            given = {one.partition("=")[0] for one in (kept[at] or "").split(";")}
            kept[at] = ";".join(before + [one for one in said if one.partition("=")[0] not in given])
    elif "qualifier" in names:
        kept = rows.column("qualifier")
        for at, said in qualified.items():
            kept[at] = kept[at] or said[0].partition("=")[2]
    else:
        at = min(qualified)
        numbers = tuple(rows.numbers[one] for one in sorted(qualified))
        _keep_written(rows, sheet, layout, qualified)
        rows.report.warn(
            Problem(
                N_("“约”“余”“近”等口径在表 {table} 里没有列可存，字段里只有数字，原文随行保存（共 {count} 行）。")
                if has_own(rows.schema)
                else N_("“约”“余”“近”等口径在表 {table} 里没有列可存，只导入了数字（共 {count} 行）。"),
                {"table": named(rows.schema), "count": len(numbers)},
                **rows.where(at, qualified[at][0].partition("=")[0]),
                rows=numbers[:200],
                code="qualifier",
            )
        )


def _keep_written(rows: Rows, sheet: Sheet, layout: Layout, qualified: dict[int, list[str]]) -> None:
    columns = {column.name: column for column in rows.schema.columns}
    start = len(rows) - (len(sheet.rows) - layout.first)
    for at, said in qualified.items() if has_own(rows.schema) else ():
        for name in (one.partition("=")[0] for one in said):
            row = sheet.rows[at - start + layout.first]
            if name in columns and (text := written(row[layout.columns[name][0]])) is not None:
                rows.own.setdefault(at, {})[text_label(columns[name])] = text


def _number(cell: Any) -> Any:
    """Return a plain decimal as a number,
    which takes half the memory, anything else as it is; None where there is nothing.
    """
    if type(cell) is str:
        return float(cell) if PLAIN.fullmatch(cell) else cell or None
    return cell


def _something(cell: Any) -> Any:
    return None if cell == "" else cell


def _joined(row: Any, places: list[int]) -> Any:
    cells = [row[at] for at in places if at < len(row) and row[at] not in (None, "")]
    return cells[0] if len(cells) == 1 else "".join(str(cell) for cell in cells) if cells else None
