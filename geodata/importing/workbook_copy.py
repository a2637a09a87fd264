"""Workbooks that copy a stranger's cells: what may be written, under which names, and what is said when it cannot."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from geodata.errors import N_, AtlasError
from geodata.exporting.text_tables import neutral
from geodata.exporting.workbooks import CELL
from geodata.importing import headers, tables
from geodata.importing.comment_parts import AUTHOR
from geodata.importing.reading import read_file
from geodata.importing.report import Unreadable
from geodata.importing.sheets import Sheet

#: Options of our own comments: one that comes back with a file is not taken for its writer's.
BY_US = {"author": AUTHOR}
MAX_NOTES = 2_000  # a workbook with more comments takes minutes to open
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@contextmanager
def workbook_at(path: Path) -> Generator[Any]:
    """Give a workbook (:class:`xlsxwriter.Workbook`) that is written to `path` at the end; its folder is made.

    Raises
    ------
    AtlasError
        When it cannot be written.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxWriterException

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
        yield book
        book.close()
    except (OSError, XlsxWriterException) as error:
        raise AtlasError(
            N_("文件 {path} 写不进去（{detail}）：请检查文件夹和权限。"),
            path=path,
            detail=getattr(error, "strerror", None) or error,
        ) from error


def write_cell(page: Any, row: int, at: int, value: Any, ink: Any) -> None:
    """Write a stranger's cell so that no spreadsheet computes it."""
    if value is None:
        return
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:
        page.write_number(row, at, value, ink)
    else:
        page.write_string(row, at, str(neutral(clean(value)))[:CELL], ink)


def clean(value: Any) -> str:
    """Return the text of a cell without what a workbook cannot hold."""
    return _ILLEGAL.sub("·", str(value))


def sheet_title(sheet: Sheet, used: set[str]) -> str:
    """Return a name for the copy of a sheet that no other copy has, and take it as used."""
    return unused(re.sub(r"[\[\]:*?/\\']", "_", clean(sheet.name or N_("数据")))[:28] or "_", used)


def unused(title: str, used: set[str]) -> str:
    """Return `title`, numbered where a sheet has it already, and take it as used."""
    found, count = title, 1
    while found.lower() in used:
        count += 1
        found = f"{title}{count}"
    used.add(found.lower())
    return found


def tables_of(source: Path, table: str) -> list[Sheet]:
    """Return the tables of the file that was checked, each a sheet; none where the file cannot be read."""
    try:
        sheets = read_file(source, lambda text: headers.recognised(text, table))
    except Unreadable:
        return []
    return [part for whole in sheets for part in tables.apart(whole, table)]


def write_list(page: Any, titles: Sequence[str], rows: Iterable[Sequence[Any]], ink: Any) -> None:
    """Write a list under its titles, which have a cell of `ink` each; its last column is the wide one."""
    for at, title in enumerate(titles):
        page.write_string(0, at, title, ink)
    for row, values in enumerate(rows, 1):
        for at, value in enumerate(values):
            write_cell(page, row, at, value, None)
    page.set_column(0, len(titles) - 2, 16)
    page.set_column(len(titles) - 1, len(titles) - 1, 80)
