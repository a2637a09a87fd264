"""A workbook of the rows that did not come in, alone, under their own headers: to be mended and brought in later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from geodata.errors import N_, AtlasError
from geodata.importing import headers, merges, remarks
from geodata.importing.report import Problem, Report
from geodata.importing.sheets import Sheet
from geodata.importing.workbook_copy import (
    BY_US,
    MAX_NOTES,
    clean,
    sheet_title,
    tables_of,
    unused,
    workbook_at,
    write_cell,
    write_list,
)
from geodata.schema import TABLES

REMARK = "remark"


def waiting_rows(report: Report) -> list[Problem]:
    """Return the rows of `report` that wait to be mended or answered; sums, headings and whole sheets are none."""
    return [one for one in report.left_out if one.row is not None and one.code != REMARK]


def write_left_behind(
    source: Path,
    report: Report,
    path: Path,
    gettext: Callable[[str], str] = lambda msgid: msgid,
    mapping: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """Write the rows of `source` that do not come in as .xlsx:
    sheets, titles and headers as they were, each bad cell with a note.

    Mended, the workbook is read as the file was: its sheets keep their names, rows the headings that they stood under,
    merged cells what they held, shapes are written as text beside their coordinate system.

    Parameters
    ----------
    source : Path
        The file that was checked.
    report : Report
        What the check found; of more than :data:`geodata.importing.report.MAX_PROBLEMS` rows the first.
    path : Path
        The workbook to write.
    gettext : callable
        Language of the notes.
    mapping : mapping of str to str
        Header → column, as it was set by hand for the check.

    Raises
    ------
    AtlasError
        When nothing is left out, or it cannot be written.
    """
    listed = waiting_rows(report)
    sheets = tables_of(source, report.table) if listed else []
    if not sheets:
        raise AtlasError(N_("没有留下的行：每一行都可以导入，或者整个文件读不出来。"))
    with workbook_at(path) as book:
        inks = {
            "bad": book.add_format({"bg_color": "#F4B6B6", "border": 1, "border_color": "#C8102E"}),
            "head": book.add_format({"bold": True, "bg_color": "#E8E8E8"}),
        }
        used: set[str] = set()
        reasons: list[tuple[str, int, Problem]] = []
        for sheet in sheets:
            rows = set(sheet.numbers)
            mine = {
                one.row: one for one in listed if one.row is not None and one.sheet == sheet.name and one.row in rows
            }
            if mine:
                title = sheet_title(sheet, used)
                at = _copy(book.add_worksheet(title), sheet, mine, report, inks, gettext, mapping)
                reasons += [(title, at[row] + 1, one) for row, one in mine.items() if row in at]
        _reasons(book.add_worksheet(unused(gettext(N_("没有导入的原因")), used)), reasons, report, inks, gettext)
    return path


def _copy(
    page: Any,
    sheet: Sheet,
    mine: Mapping[int, Problem],
    report: Report,
    inks: Mapping[str, Any],
    gettext: Callable[[str], str],
    mapping: Mapping[str, str],
) -> dict[int, int]:
    """Write the headers of a sheet and the rows of it that are in `mine`;
    return row number in the file → row here, from 0.
    """
    schema = TABLES[report.table]
    layout = headers.understand(sheet, schema, mapping)
    heads = list(sheet.header or (sheet.rows[layout.first - 1] if layout.first else []))
    next_row = _head(page, sheet, layout.first, heads, inks)
    left = remarks.take_out(sheet, layout, schema)
    merges.spread(sheet, layout, schema, Report(report.table))
    places = {headers.one_line(str(name)): at for at, name in reversed(list(enumerate(heads))) if name is not None}
    notes: dict[int, dict[int, list[str]]] = {}
    for problem in (*report.errors, *mine.values()):
        if problem.row is not None and problem.sheet == sheet.name and problem.row in mine:
            said = notes.setdefault(problem.row, {}).setdefault(places.get(problem.column or "", 0), [])
            if (text := problem.text(gettext)) not in said:
                said.append(text)
    at_of: dict[int, int] = {}
    heading, count = "", 0
    for at, number in enumerate(sheet.numbers):
        if number not in mine:
            continue
        if left.headings.get(at, heading) != heading:
            heading = left.headings[at]
            page.merge_range(next_row, 0, next_row, max(1, len(heads) - 1), clean(heading), inks["head"])
            next_row += 1
        row = list(sheet.rows[at])
        if sheet.geometry is not None:
            row += [None] * (len(heads) - len(row)) + _shape(sheet, at)
        bad = notes.get(number, {})
        for place in range(max(len(row), 1 + max(bad, default=0))):
            value = row[place] if place < len(row) else None
            if value is None or value == "":
                if place in bad:
                    page.write_blank(next_row, place, None, inks["bad"])
            else:
                write_cell(page, next_row, place, value, inks["bad"] if place in bad else None)
        for place, said in bad.items():
            if count < MAX_NOTES:
                page.write_comment(next_row, place, clean("\n".join(said))[:1_000], BY_US)
                count += 1
        at_of[number] = next_row
        next_row += 1
    return at_of


def _head(page: Any, sheet: Sheet, first: int, heads: list[Any], inks: Mapping[str, Any]) -> int:
    """Write what stands above the rows, where it stood; return the row that comes next, from 0."""
    if sheet.header is not None:
        for at, name in enumerate(heads):
            page.write_string(0, at, clean(name), inks["head"])
        if sheet.geometry is not None:
            page.write_string(0, len(heads), "图形(WKT)", inks["head"])
            page.write_string(0, len(heads) + 1, "坐标系", inks["head"])
        return 1
    numbers = sheet.numbers[:first]
    for number, row in zip(numbers, sheet.rows[:first], strict=True):
        for at, value in enumerate(row):
            write_cell(page, number - 1, at, value, inks["head"])
    last = numbers[-1] if numbers else 0
    values = dict(zip(numbers, sheet.rows[:first], strict=True))
    for one in sheet.merges:
        row = values.get(one.top)
        if one.bottom <= last and row is not None and (one.bottom, one.right) != (one.top, one.left):
            said = row[one.left] if one.left < len(row) else None
            page.merge_range(
                one.top - 1, one.left, one.bottom - 1, one.right, "" if said is None else clean(said), inks["head"]
            )
    return last


def _shape(sheet: Sheet, at: int) -> list[str | None]:
    shape = sheet.geometry[at] if sheet.geometry is not None and at < len(sheet.geometry) else None
    return [None if shape is None else shape.wkt, sheet.crs or sheet.means]


def _reasons(
    page: Any,
    reasons: list[tuple[str, int, Problem]],
    report: Report,
    inks: Mapping[str, Any],
    gettext: Callable[[str], str],
) -> None:
    titles = (N_("工作表"), N_("行"), N_("原文件中的行"), N_("列"), N_("说明"))
    rows = ((sheet, here, one.row, one.column, one.text(gettext)) for sheet, here, one in reasons)
    write_list(page, [gettext(title) for title in titles], rows, inks["head"])
    more = report.rows - report.accepted - len(reasons)
    if more > 0:
        said = gettext(N_("另有 {count} 行没有列出：请先改正已列出的，再核对一次。")).format(count=more)
        page.write_string(len(reasons) + 1, 4, said)
