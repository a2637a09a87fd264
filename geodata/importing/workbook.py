"""Excel workbooks (.xlsx), read as a stream."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geodata.errors import N_
from geodata.importing.archives import opened
from geodata.importing.report import Problem, Unreadable, shown
from geodata.importing.sheets import MAX_CELLS, MAX_COLUMNS, Sheet, gathered

SKIPPED = {"说明", "示例", "取值", "填写说明", "代码表", "help", "examples", "codes", "notes"}
MAX_SHEETS = 60
MAX_EMPTY_ROWS = 1_100_000
_MERGED = re.compile(rb'<mergeCell [^>]*?ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_FORMULA = re.compile(rb"<f[ >/]")
_DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)")
_CHUNK = 2**20


def read_workbook(path: Path) -> list[Sheet]:
    """Return the visible sheets of a workbook that hold anything.

    A formula counts by the value that the workbook stores for it; one without
    is a problem of its cell, as are merged cells below the header.

    Raises
    ------
    Unreadable
        When it is no sound workbook, or larger than the atlas takes.
    """
    with opened(path) as archive:
        _refuse_doctypes(archive)
        marks = _marks(archive)
    # openpyxl meets broken parts with whatever its parsers raise: all of it means the same to a reader
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _sheets(path, marks)
    except Unreadable:
        raise
    except (MemoryError, RecursionError, Exception) as error:
        raise Unreadable(N_("工作簿读不出来（{detail}）：请在 Excel 或 WPS 里另存为 .xlsx 后再试。"),
                         detail=shown(error) or type(error).__name__) from error


def _sheets(path: Path, marks: dict[str, tuple[bool, list[str]]]) -> list[Sheet]:
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        if len(book.sheetnames) > MAX_SHEETS:
            raise Unreadable(N_("工作簿有 {got} 张工作表，最多 {limit} 张：请只留下要导入的。"),
                             got=len(book.sheetnames), limit=MAX_SHEETS)
        found, formulas = [], []
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible" or sheet.title.strip().lower() in SKIPPED:
                continue
            has_formula, merged = marks.get(sheet._worksheet_path.lstrip("/"), (False, []))
            sheet.reset_dimensions()  # what a file says of its own size is not to be believed
            one = gathered(sheet.title, _bounded(sheet.title, sheet.iter_rows(values_only=True)))
            one.problems += [_merged_cells(sheet.title, ref) for ref in merged if one.numbers]
            if has_formula:
                formulas.append(one)
            if one.rows:
                found.append(one)
    finally:
        book.close()
    if formulas:
        _name_empty_formulas(path, formulas)
    return found


def _bounded(name: str, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    cells = 0
    for count, row in enumerate(rows):
        cells += len(row)
        if count > MAX_EMPTY_ROWS or cells > 4 * MAX_CELLS:
            raise Unreadable(N_("工作表太大：请删去数据之外的空行空列后再试。"), sheet=name, code="size")
        yield row


def _name_empty_formulas(path: Path, sheets: list[Sheet]) -> None:
    """Add a problem for each formula cell without a stored value: a second pass, only when there are formulas."""
    from openpyxl import load_workbook
    from openpyxl.utils import get_column_letter

    book = load_workbook(path, read_only=True, keep_links=False)
    try:
        for sheet in sheets:
            values = dict(zip(sheet.numbers, sheet.rows, strict=True))
            worksheet = book[sheet.name or ""]
            worksheet.reset_dimensions()
            for number, row in enumerate(worksheet.iter_rows(values_only=True), 1):
                stored = values.get(number, ())
                for at, cell in enumerate(row[:MAX_COLUMNS]):
                    if isinstance(cell, str) and cell.startswith("=") and (at >= len(stored) or stored[at] is None):
                        sheet.problems.append(Problem(
                            N_("公式没有保存结果：请在 Excel 里打开并保存一次，或改为粘贴数值。"), sheet=sheet.name, row=number,
                            column=get_column_letter(at + 1), value=shown(cell), expected_msgid=N_("数值或文字"), code="formula"))
                        if len(sheet.problems) > 1_000:
                            return
    finally:
        book.close()


def _merged_cells(name: str, ref: str) -> Problem:
    row = int(re.sub(r"\D", "", ref.split(":")[1]))
    return Problem(N_("合并单元格 {ref}：请取消合并，并在每一行写上内容。"), {"ref": ref}, sheet=name, row=row,
                   value=ref, expected_msgid=N_("不合并的单元格"), code="merged")


def _marks(archive: zipfile.ZipFile) -> dict[str, tuple[bool, list[str]]]:
    """Return per sheet file whether it holds formulas, and which cells are merged over several rows."""
    found = {}
    for member in archive.infolist():
        if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", member.filename):
            continue
        has_formula, merged, tail = False, [], b""
        try:
            with archive.open(member) as file:
                while chunk := file.read(_CHUNK):
                    text = tail + chunk
                    has_formula = has_formula or bool(_FORMULA.search(text))
                    merged += [ref.decode() for ref in _MERGED.findall(text)][: 1_000 - len(merged)]
                    tail = text[-200:].rpartition(b">")[2]
        except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
            raise _broken(error) from error
        except Exception as error:  # zlib.error and lzma's have no common ancestor
            raise _broken(error) from error
        found[member.filename] = (has_formula, list(dict.fromkeys(merged)))
    return found


def _refuse_doctypes(archive: zipfile.ZipFile) -> None:
    """Refuse parts that define entities: no office program writes them."""
    for member in archive.infolist():
        if member.filename.endswith((".xml", ".rels")):
            try:
                with archive.open(member) as file:
                    start = file.read(4096)
            except Exception as error:  # zlib.error and lzma's have no common ancestor
                raise _broken(error) from error
            if _DOCTYPE.search(start):
                raise Unreadable(N_("工作簿里有可疑的 XML 定义，已拒绝：请在 Excel 或 WPS 里另存为 .xlsx 后再试。"))


def _broken(error: Exception) -> Unreadable:
    return Unreadable(N_("压缩文件打不开或已损坏（{detail}）：请重新保存或重新压缩后再试。"), detail=shown(error))
