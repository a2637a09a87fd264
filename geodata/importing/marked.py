"""A workbook of the stranger's own cells with the bad ones marked, each with a note on how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from geodata.errors import N_
from geodata.importing import headers
from geodata.importing.report import Report
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


def write_marked(
    source: Path,
    report: Report,
    path: Path,
    gettext: Callable[[str], str] = lambda msgid: msgid,
    mapping: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """Write the cells of `source` as .xlsx: errors red, warnings yellow, a list of all problems behind.

    Parameters
    ----------
    source : Path
        The file that was checked.
    report : Report
        What the check found.
    path : Path
        The workbook to write.
    gettext : callable
        Language of the notes.
    mapping : mapping of str to str
        Header → column, as it was set by hand for the check.

    Raises
    ------
    AtlasError
        When it cannot be written.
    """
    with workbook_at(path) as book:
        inks = {
            "error": book.add_format({"bg_color": "#F4B6B6", "border": 1, "border_color": "#C8102E"}),
            "warning": book.add_format({"bg_color": "#FFF0B3"}),
            "head": book.add_format({"bold": True}),
        }
        used: set[str] = set()
        for sheet in tables_of(source, report.table):  # of one that cannot be read the list of problems says why
            _copy(book.add_worksheet(sheet_title(sheet, used)), sheet, report, inks, gettext, mapping)
        _list(book.add_worksheet(unused(gettext(N_("问题")), used)), report, inks, gettext)
    return path


def _copy(
    page: Any,
    sheet: Sheet,
    report: Report,
    inks: dict[str, Any],
    gettext: Callable[[str], str],
    mapping: Mapping[str, str],
) -> None:
    layout = headers.understand(sheet, TABLES[report.table], mapping)
    if sheet.header is not None:
        heads, shift = sheet.header, 1  # features have no header row of their own
        for at, name in enumerate(heads):
            page.write_string(0, at, clean(name), inks["head"])
    else:
        heads, shift = (sheet.rows[layout.first - 1] if layout.first else []), 0
    at_of = {headers.one_line(name): at for at, name in reversed(list(enumerate(heads)))}
    marks: dict[tuple[int, int], tuple[str, list[str]]] = {}
    rows = set(sheet.numbers)
    for kind, problems in (("error", report.errors), ("warning", report.warnings)):
        for problem in problems:
            if problem.sheet == sheet.name:
                for row in {*(problem.rows or ([problem.row] if problem.row else []))} & rows:
                    key = (row - 1 + shift, at_of.get(problem.column or "", 0))
                    marks.setdefault(key, (kind, []))[1].append(problem.text(gettext))
    for number, row in zip(sheet.numbers, sheet.rows, strict=True):
        for at, value in enumerate(row):
            ink = inks.get(marks.get((number - 1 + shift, at), ("", []))[0])
            write_cell(page, number - 1 + shift, at, value, ink)
    for count, ((row, at), (kind, said)) in enumerate(marks.items()):
        if row < 0 or count >= MAX_NOTES:
            continue
        page.write_comment(row, at, clean("\n".join(said))[:1_000], BY_US)
        found = sheet.rows[sheet.numbers.index(row + 1 - shift)] if row + 1 - shift in sheet.numbers else []
        if at >= len(found) or found[at] is None:
            page.write_blank(row, at, None, inks[kind])


def _list(page: Any, report: Report, inks: dict[str, Any], gettext: Callable[[str], str]) -> None:
    titles = (N_("类别"), N_("工作表"), N_("行"), N_("列"), N_("内容"), N_("应为"), N_("说明"))
    rows = [
        (gettext(kind), one.sheet, one.row, one.column, one.value, one.expected(gettext), one.text(gettext))
        for kind, problems in ((N_("错误"), report.errors), (N_("提醒"), report.warnings))
        for one in problems
    ]
    write_list(page, [gettext(title) for title in titles], rows, inks["head"])
