"""Which kind of file it is (by content, not by name), and its sheets."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from geodata.errors import N_
from geodata.importing import signatures
from geodata.importing.apart import read_apart
from geodata.importing.archives import opened
from geodata.importing.geojson import read_geojson
from geodata.importing.limits import MAX_BYTES, MAX_HTML, MAX_TEXT
from geodata.importing.markup import broken
from geodata.importing.placemarks import read_gpx, read_kml, read_kmz
from geodata.importing.report import Unreadable
from geodata.importing.sheets import Sheet
from geodata.importing.spreadsheet_xml import read_spreadsheet
from geodata.importing.text import read_text
from geodata.importing.vector import read_flatgeobuf, read_geopackage, read_mapinfo, read_shapefile, too_many_bytes
from geodata.importing.workbook import read_workbook
from geodata.importing.xml_parts import Told, unheard

_SQLITE, _ZIP, _OLE = b"SQLite format 3\x00", (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"), b"\xd0\xcf\x11\xe0"
_FLATGEOBUF = b"fgb\x03fgb"
_BLANKS = "\ufeff \t\r\n"
_SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"
_ROOT = re.compile(r"<(?!\?|!--|!DOCTYPE)(?:\w+:)?(\w+)")
_PAGE = re.compile(r"<!doctype\s+html|<(?:html|table|head|body|meta|style|div|center|font|tr)\b", re.IGNORECASE)
_MHTML = re.compile(
    r"\A(?:[\w-]+:[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*){0,40}?(?:mime-version|content-type)\s*:[^\n]*", re.IGNORECASE
)


def read_file(path: Path, looks_right: Callable[[str], bool] = bool, told: Told = unheard) -> list[Sheet]:
    """Return what a file holds.

    Parameters
    ----------
    path : Path
        Any of the formats that ``file_formats.csv`` says are read.
    looks_right : callable
        See :func:`geodata.importing.text.encoding_of`.
    told : callable
        Gets the share read, 0 to 1, while a workbook is read; other files take no time worth telling.

    Returns
    -------
    list of Sheet
        Each says in ``format`` what the file was taken for.

    Raises
    ------
    Unreadable
        When it is none of these (named for what it is, with the way out), broken, empty or too large.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise Unreadable(N_("{path} 不是文件。"), path=path)
        with path.open("rb") as file:
            head = file.read(4096)
        if size > (most := MAX_TEXT if _is_plain(head) else MAX_BYTES):
            raise too_many_bytes(size, most)
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
        return _compound(path)
    if head.startswith(_FLATGEOBUF):
        return read_flatgeobuf(path)
    if known := signatures.by_bytes(head):
        raise known
    text = _beginning(head)
    if text.startswith(("{", "\x1e")):
        return read_geojson(path.read_bytes())
    if text.startswith("<"):
        return _marked_up(path, text)
    if (mime := _MHTML.match(text)) and "multipart/" in text[:2000].lower() + mime[0].lower():
        return _page(path, "mhtml")
    if known := signatures.by_text(text):
        raise known
    with path.open("rb") as file:
        return read_text(file, looks_right)


def _is_plain(head: bytes) -> bool:
    """Return whether a file is read a line at a time, if it is read at all."""
    binary = head.startswith((_SQLITE, *_ZIP, _OLE, _FLATGEOBUF))
    return not binary and not _beginning(head).startswith(("{", "\x1e", "<"))


def _beginning(head: bytes) -> str:
    """Return the first characters of what may be a text, without blanks before them."""
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = head[: len(head) // 2 * 2].decode("utf-16", "replace") if wide else head.decode("utf-8", "replace")
    return text.lstrip(_BLANKS)


def _marked_up(path: Path, text: str) -> list[Sheet]:
    root = _ROOT.search(text)
    name = root[1] if root else ""
    if name == "kml":
        return _named(read_kml(path.read_bytes()), "kml")
    if name.lower() == "gpx":
        return _named(read_gpx(path.read_bytes()), "gpx")
    if name == "Workbook":
        return _named(read_spreadsheet(path.read_bytes()), "xml2003")
    if _PAGE.search(text):
        return _page(path, "html")
    raise signatures.by_text(text, "xml") or signatures.by_text("<?xml", "xml") or broken("xml", name)


def _page(path: Path, format: str) -> list[Sheet]:
    if (size := path.stat().st_size) > MAX_HTML:
        raise too_many_bytes(size, MAX_HTML)
    return _named(read_apart(format, path, lambda detail: broken(format, detail)), format)


def _compound(path: Path) -> list[Sheet]:
    """Read an old workbook, or say what else of Office it is."""
    streams = signatures.streams(path.read_bytes())
    if not streams & {"Workbook", "Book", "WORKBOOK", "BOOK"} or "EncryptedPackage" in streams:
        raise signatures.by_streams(streams)
    return _named(read_apart("office", path, lambda detail: broken("xls", detail), ".xls"), "xls")


def _archive(path: Path, told: Told) -> list[Sheet]:
    kind = b""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.lower() for name in archive.namelist() if "__macosx" not in name.lower()]
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                kind = archive.read("mimetype").strip()
    except Exception:  # a broken archive raises whatever its parts do; reading it says what is wrong
        names = []
    for endings, read, format in (
        ((".shp",), read_shapefile, "shp"),
        ((".tab", ".mif"), read_mapinfo, ""),
        ((".kml", ".ovkml"), read_kmz, "kmz"),
    ):
        if any(name.endswith(endings) for name in names):
            return _named(read(path), format)
    for format, here in (
        ("xlsb", "xl/workbook.bin" in names),
        ("ods", "content.xml" in names and _SPREADSHEET in kind),
    ):
        if here:
            with opened(path):  # no bomb, nothing encrypted: calamine unpacks what it is given
                pass
            return _named(
                read_apart("office", path, lambda detail, of=format: broken(of, detail), f".{format}"), format
            )
    if names and not any(name.startswith("xl/") for name in names):
        with opened(path):
            pass
        raise signatures.by_members(names) or Unreadable(
            N_("压缩文件里没有能导入的图层或表格：请直接给 .xlsx、.csv、GeoJSON、GeoPackage，或压缩的 Shapefile。"),
            code="format",
        )
    return _named(read_workbook(path, told), "xlsx")


def _named(sheets: list[Sheet], format: str) -> list[Sheet]:
    for sheet in sheets:
        sheet.format = format or sheet.format
    return sheets
