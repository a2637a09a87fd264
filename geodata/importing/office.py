"""Workbooks other than .xlsx (.xls, .et, .xlsb, .ods)
by calamine: runs apart (:mod:`geodata.importing.apart_child`).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geodata.importing.apart_child import Locked, TooLarge, sent
from geodata.importing.limits import MAX_COLUMNS, MAX_ROWS, MAX_SHEETS

MAX_MERGED = 20_000
_INDENT = re.compile(rb">\s*\n\s*<")


def sheets_of(path: Path) -> Iterator[Any]:
    """Yield each sheet of a workbook: what it is called, its rows with their numbers, its merged cells.

    calamine knows which sheets are hidden, but not which rows are.
    """
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
    except calamine.PasswordError as error:
        raise Locked from error
    except calamine.CalamineError as error:
        # some programs indent what they write, which calamine takes for text between cells
        if "found 'Text(" not in str(error):
            raise
        book = calamine.CalamineWorkbook.from_filelike(_without_indents(path))
    worksheet, visible = calamine.SheetTypeEnum.WorkSheet, calamine.SheetVisibleEnum.Visible
    sheets = [one for one in book.sheets_metadata if one.typ == worksheet]
    if len(sheets) > MAX_SHEETS:
        raise ValueError(f"{len(sheets)} > {MAX_SHEETS}")
    for about in sheets:
        sheet = book.get_sheet_by_name(about.name)
        yield {"sheet": about.name, "hidden": about.visible != visible, "blind": True}
        if sheet.height > 4 * MAX_ROWS:
            raise TooLarge(about.name, sheet.height, MAX_ROWS, False)
        if sheet.total_width > 16_384:
            raise TooLarge(about.name, sheet.total_width, MAX_COLUMNS, True)
        yield from _rows(sheet)
        merged = (sheet.merged_cell_ranges or [])[:MAX_MERGED]
        yield {
            "merges": [
                [top + 1, bottom + 1, left, right]
                for (top, left), (bottom, right) in merged
                if (top, left) != (bottom, right)
            ],
            "hidden_rows": [],
        }


def _rows(sheet: Any) -> Iterator[Any]:
    if sheet.start is None:
        return
    top, left = sheet.start
    for number, row in enumerate(sheet.iter_rows(), top + 1):
        cells = [None] * left + [None if cell == "" else sent(cell) for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            yield [number, cells]


def _without_indents(path: Path) -> io.BytesIO:
    """Return an OpenDocument spreadsheet whose content has no line breaks between its tags."""
    with zipfile.ZipFile(path) as archive:
        members = {
            name: archive.read(name)
            for name in ("mimetype", "content.xml", "META-INF/manifest.xml")
            if name in archive.namelist()
        }
    members["content.xml"] = _INDENT.sub(b"><", members["content.xml"])
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    held.seek(0)
    return held
