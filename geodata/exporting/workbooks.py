"""Workbooks (.xlsx)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from geodata.errors import N_, AtlasError
from geodata.exporting.rows import Rows, moved, places
from geodata.exporting.text_tables import neutral, neutral_all

CELL = 32_000  # characters that a cell of a workbook holds, with room to spare
SHEET_ROWS = 1_048_576  # rows that a sheet of a workbook holds, its headers among them; what is more is on further ones


def write(rows: Rows, path: Path, notes: Mapping[str, str]) -> None:
    """Write a workbook: as many sheets as the rows take, and one that says what they are."""
    import xlsxwriter

    longest = _longest_wkt(rows) if rows.schema.geometry not in (None, "point") else 0
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f"{path.name}-") as folder:
        book = xlsxwriter.Workbook(
            str(path),
            {
                **dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False),
                "constant_memory": True,  # a row is written to a file once the next one begins
                "tmpdir": folder,
            },
        )
        bold = book.add_format({"bold": True, "bg_color": "#F7F5F0", "bottom": 1})
        heads, sheet, number, sheets = _parted(rows.heads, [], longest, rows)[0], None, SHEET_ROWS, 0
        for part in rows.parts():
            columns = [neutral_all(values) for values in _parted([], rows.told(part), longest, rows)[1]]
            for row in zip(*columns, strict=True):
                if number == SHEET_ROWS:
                    _filtered(sheet, number, heads)
                    sheets, number = sheets + 1, 1
                    sheet = _sheet(book, f"{rows.schema.zh} {sheets}" if sheets > 1 else rows.schema.zh, heads, bold)
                for at, value in enumerate(row):
                    _cell(sheet, number, at, value, heads[at])
                number += 1
        if sheet is None:
            _sheet(book, rows.schema.zh, heads, bold)
        else:
            _filtered(sheet, number, heads)
        about = book.add_worksheet("说明")
        about.set_column(0, 1, 40)
        told = {"table": f"{rows.schema.zh} {rows.schema.name}", "crs": rows.crs, **notes}
        for at, (name, value) in enumerate((told | {"sheets": str(sheets)} if sheets > 1 else told).items()):
            about.write_string(at, 0, name, bold)
            about.write_string(at, 1, str(neutral(value))[:CELL])
        book.close()


def _sheet(book: Any, name: str, heads: Sequence[str], bold: Any) -> Any:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, max(len(heads) - 1, 0), 16)
    for at, header in enumerate(heads):
        sheet.write_string(0, at, neutral(header), bold)
    return sheet


def _filtered(sheet: Any, number: int, heads: Sequence[str]) -> None:
    """Let the `number` rows of a sheet, headers among them, be filtered."""
    if sheet is not None:
        sheet.autofilter(0, 0, number - 1, max(len(heads) - 1, 0))


def _cell(sheet: Any, row: int, at: int, value: Any, header: str) -> None:
    if value is None:
        return
    if isinstance(value, str):
        if len(value) > CELL:
            raise AtlasError(
                N_("列“{column}”里有 {got} 个字符，Excel 单元格放不下：请导出为 gpkg、geojson 或 csv。"),
                column=header,
                got=len(value),
            )
        sheet.write_string(row, at, value)
    else:
        sheet.write_number(row, at, value)


def _longest_wkt(rows: Rows) -> int:
    """Return how many characters the longest shape takes."""
    return max(
        (
            len(text)
            for frame in rows.frames(0.0, 0.0)
            for text in places(rows.schema, moved(rows.schema, frame, rows.crs), rows.crs)["wkt"]
            if text
        ),
        default=0,
    )


def _parted(heads: list[str], columns: list[list[Any]], longest: int, rows: Rows) -> tuple[list[str], list[list[Any]]]:
    """Return headers, and columns, with the one of shapes over as many as its texts take, of which the longest has
    `longest` characters.
    """
    if longest <= CELL:
        return heads, columns
    cuts = [slice(at, at + CELL) for at in range(0, longest, CELL)]
    at = len(rows.columns)
    return [
        *heads[:at],
        *(heads[at] + (str(number) if number > 1 else "") for number, _ in enumerate(cuts, 1) if heads),
        *heads[at + 1 :],
    ], [
        *columns[:at],
        *([None if not text else text[cut] or None for text in columns[at]] for cut in cuts if columns),
        *columns[at + 1 :],
    ]
