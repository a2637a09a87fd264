"""Which kind of file it is (by content, not by name), and its sheets."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from geodata.errors import N_
from geodata.importing.limits import MAX_BYTES
from geodata.importing.report import Unreadable
from geodata.importing.sheets import Sheet
from geodata.importing.text import read_text
from geodata.importing.vector import read_geojson, read_geopackage, read_shapefile
from geodata.importing.workbook import read_workbook
from geodata.importing.xml_parts import Told, unheard

_SQLITE, _ZIP, _OLE = b"SQLite format 3\x00", (b"PK\x03\x04", b"PK\x05\x06"), b"\xd0\xcf\x11\xe0"


def read_file(path: Path, looks_right: Callable[[str], bool] = bool, told: Told = unheard) -> list[Sheet]:
    """Return what a file holds.

    Parameters
    ----------
    path : Path
        .xlsx, .csv or other text table, GeoJSON, GeoPackage, zipped Shapefile.
    looks_right : callable
        See :func:`geodata.importing.text.decoded`.
    told : callable
        Gets the share read, 0 to 1, while a workbook is read; other files take no time worth telling.

    Raises
    ------
    Unreadable
        When it is none of these, broken, empty or too large.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise Unreadable(N_("{path} 不是文件。"), path=path)
        if size > MAX_BYTES:
            raise Unreadable(
                N_("文件有 {got} MB，上限 {limit} MB：请分成几个文件导入。"),
                code="size",
                got=round(size / 2**20),
                limit=MAX_BYTES // 2**20,
            )
        with path.open("rb") as file:
            head = file.read(4096)
        sheets = _by_content(path, head, looks_right, told)
    except OSError as error:
        raise Unreadable(N_("文件 {path} 打不开（{detail}）。"), path=path, detail=error.strerror or error) from error
    if not any(sheet.rows or sheet.header is not None for sheet in sheets):
        raise Unreadable(N_("文件里没有数据：请给有表头和数据行的文件。"), code="empty")
    return sheets


def _by_content(path: Path, head: bytes, looks_right: Callable[[str], bool], told: Told) -> list[Sheet]:
    if head.startswith(_SQLITE):
        return read_geopackage(path)
    if head.startswith(_ZIP):
        return _archive(path, told)
    if head.startswith(_OLE):
        raise Unreadable(N_("这是旧式或加密的 Excel 文件：请在 Excel 或 WPS 里去掉密码，另存为 .xlsx。"), code="format")
    data = path.read_bytes()
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return read_geojson(data)
    return read_text(data, looks_right)


def _archive(path: Path, told: Told) -> list[Sheet]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError):
        names = []  # reading it says what is wrong
    if any(name.endswith(".shp") for name in names):
        return read_shapefile(path)
    if names and not any(name.startswith("xl/") for name in names):
        raise Unreadable(
            N_("压缩文件里没有 Shapefile，也不是 Excel 工作簿：请直接给 .xlsx、.csv、GeoJSON 或 GeoPackage。"),
            code="format",
        )
    return read_workbook(path, told)
