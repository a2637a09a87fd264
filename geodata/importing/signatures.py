"""What a file is by its content: a table of signatures (``file_formats.csv``), with the way out of what cannot be read.

Columns of the table: ``format``; ``how`` it is told (``reads``: one the atlas reads; ``bytes``: offset and bytes in
hexadecimal, ``?`` for any digit; ``ole``: a stream of a compound file; ``zip``: a member, as a pattern; ``text`` and
``xml``: a regular expression over the beginning of a text); names and ways out in both languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from types import MappingProxyType

from geodata.codes import shipped_rows
from geodata.errors import N_
from geodata.importing.report import Unreadable

TABLE = "file_formats.csv"
_SHORT = 4  # fewer bytes than this may begin a text as well
_OLE_SECTOR, _OLE_ENTRY, _OLE_DIRECTORIES = 512, 128, 400


@cache
def _rows(how: str) -> tuple[Mapping[str, str], ...]:
    return tuple(MappingProxyType(row) for row in shipped_rows(TABLE) if row["how"] == how)


def name_of(format: str) -> dict[str, str]:
    """Return the names of a format, as a value of a message."""
    row = next(row for row in shipped_rows(TABLE) if row["format"] == format)
    return {"zh": row["zh"], "en": row["en"]}


def refused(row: Mapping[str, str]) -> Unreadable:
    """Return the error of a format that the atlas does not read: its name and the way out."""
    return Unreadable(
        N_("这是{format}，读不了：{way}。"),
        code="format",
        format={"zh": row["zh"], "en": row["en"]},
        way={"zh": row["way_zh"], "en": row["way_en"]},
    )


def by_bytes(head: bytes) -> Unreadable | None:
    """Return the error of a file that begins like one of the formats that cannot be read, or None."""
    binary = b"\x00" in head
    for row in _rows("bytes"):
        offset, _, digits = row["mark"].partition(":")
        if (binary or len(digits.rstrip("?")) // 2 >= _SHORT) and _begins(head[int(offset) :], digits):
            return refused(row)
    return None


def _begins(data: bytes, digits: str) -> bool:
    said = data[: len(digits) // 2].hex()
    return len(said) == len(digits) and all(
        want == "?" or want == got for want, got in zip(digits.lower(), said, strict=True)
    )


def by_members(names: Iterable[str]) -> Unreadable | None:
    """Return the error of an archive that holds something known but nothing that can be read, or None."""
    names = [name for name in names if "__MACOSX" not in name]
    for row in _rows("zip"):
        mark = row["mark"].lower()
        if any(fnmatchcase(name.lower(), mark) for name in names):
            return refused(row)
    return None


def by_text(text: str, how: str = "text") -> Unreadable | None:
    """Return the error of a text (or of ``xml``) that is known and no table, or None."""
    text = text.lstrip("\ufeff")
    for row in _rows(how):
        if re.search(row["mark"], text[:2000], re.IGNORECASE):
            return refused(row)
    return None


def streams(data: bytes) -> set[str]:
    """Return the names in the directory of a compound file (MS-CFB), as far as they can be found.

    Names are looked for in every sector-aligned entry: the chain of sectors of a broken file may lead anywhere.
    """
    found = set()
    for at in range(_OLE_SECTOR, len(data) - _OLE_ENTRY + 1, _OLE_ENTRY):
        length = int.from_bytes(data[at + 64 : at + 66], "little")
        if data[at + 66] in (1, 2, 5) and 2 <= length <= 64 and not length % 2 and data[at + 67] in (0, 1):
            name = data[at : at + length - 2].decode("utf-16-le", "replace")
            if name.isprintable() or name[:1] in ("\x01", "\x05"):
                found.add(name)
        if len(found) > _OLE_DIRECTORIES:
            break
    return found


def by_streams(names: set[str]) -> Unreadable:
    """Return the error of a compound file that holds no workbook."""
    rows = _rows("ole")
    return refused(next((row for row in rows if row["mark"] and row["mark"] in names), rows[-1]))
