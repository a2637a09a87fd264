"""Small workbooks of formats for which Python has no writer, record by record as their specifications say."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from html import escape
from io import BytesIO
from typing import Any

import xlwt

from tests.geodata.importing.hostile_files import packed

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
Rows = Sequence[Sequence[Any]]


def xls(sheets: dict[str, Rows], hidden: Sequence[str] = ()) -> bytes:
    """Return a workbook of Excel 97 (BIFF8)."""
    book = xlwt.Workbook(encoding="utf-8")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        sheet.visibility = int(name in hidden)
        for at, row in enumerate(rows):
            for place, cell in enumerate(row):
                if cell is not None:
                    sheet.write(at, place, cell)
    held = BytesIO()
    book.save(held)
    return held.getvalue()


def ods(sheets: dict[str, Rows], indent: str = "") -> bytes:
    """Return an OpenDocument spreadsheet; `indent` stands between its tags, as some programs write it."""
    tables = []
    for name, rows in sheets.items():
        lines = indent.join(
            f"<table:table-row>{indent}{indent.join(map(_ods_cell, row))}{indent}</table:table-row>" for row in rows
        )
        tables.append(f'<table:table table:name="{escape(name)}">{indent}{lines}{indent}</table:table>')
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">'
        f"{indent}<office:body>{indent}<office:spreadsheet>{indent}{indent.join(tables)}{indent}</office:spreadsheet>"
        f"{indent}</office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    return packed(
        {"mimetype": kind.encode(), "content.xml": content.encode(), "META-INF/manifest.xml": manifest.encode()}
    )


def _ods_cell(cell: Any) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, int | float):
        return (
            f'<table:table-cell office:value-type="float" '
            f'office:value="{cell}"><text:p>{cell}</text:p></table:table-cell>'
        )
    return f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'


def xlsb(name: str, rows: Rows) -> bytes:
    """Return a binary workbook (MS-XLSB) of one sheet."""
    sheet = bytearray(_record(0x81) + _record(0x94, struct.pack("<4I", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)))
    sheet += _record(0x91)
    for at, row in enumerate(rows):
        sheet += _record(0x00, struct.pack("<IIHHBBBI", at, 0, 300, 0, 0, 0, 0, 0))
        for place, cell in enumerate(row):
            if isinstance(cell, int | float):
                sheet += _record(0x05, struct.pack("<IId", place, 0, cell))
            elif cell is not None:
                sheet += _record(0x06, struct.pack("<II", place, 0) + _wide(cell))
    sheet += _record(0x92) + _record(0x82)
    book = (
        _record(0x83)
        + _record(0x8F)
        + _record(0x9C, struct.pack("<II", 0, 1) + _wide("rId1") + _wide(name))
        + _record(0x90)
        + _record(0x84)
    )
    return packed(
        {
            "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>'.encode(),
            "_rels/.rels": _related("officeDocument", "xl/workbook.bin"),
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": _related("worksheet", "worksheets/sheet1.bin"),
            "xl/worksheets/sheet1.bin": bytes(sheet),
        }
    )


def _related(kind: str, target: str) -> bytes:
    return (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship '
        f'Id="rId1" Type="{RELATIONS}/{kind}" Target="{target}"/></Relationships>'
    ).encode()


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")


def _record(kind: int, content: bytes = b"") -> bytes:
    return _seven_bits(kind, 2) + _seven_bits(len(content), 4) + content


def _seven_bits(number: int, most: int) -> bytes:
    if most == 2:  # the kind: its second byte stands as it is
        return bytes([number]) if number < 0x80 else bytes([number & 0x7F | 0x80, number >> 7])
    found = bytearray()
    while True:
        found.append(number & 0x7F | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(found)


def cfb(stream: str) -> bytes:
    """Return the beginning of a compound file whose directory names `stream` (MS-CFB): enough to be told by."""
    entry = stream.encode("utf-16-le") + b"\0\0"
    directory = entry.ljust(64, b"\0") + struct.pack("<HBB", len(entry), 2, 1)
    return (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + b"\0" * 512 + directory.ljust(128, b"\0")).ljust(
        4096, b"\0"
    )
