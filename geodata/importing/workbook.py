"""Excel workbooks (.xlsx, ECMA-376 part 1), read as a stream.

An own reader of the few parts that hold cells. Readers at hand either build an object per cell (openpyxl: five
times as slow) or lay a sheet out whole in memory before anybody can look at its size; in this one every bound of
:mod:`geodata.importing.limits` holds while the file is being read.
"""

from __future__ import annotations

import posixpath
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from geodata.errors import N_
from geodata.importing.archives import opened
from geodata.importing.comment_parts import read_comments
from geodata.importing.html_tables import THROUGH
from geodata.importing.limits import (
    CELLS_A_BYTE,
    MAX_FIELD,
    MAX_SHEETS,
    MAX_STRING_CHARACTERS,
    MAX_STRINGS,
    MAX_STYLES,
)
from geodata.importing.number_formats import added
from geodata.importing.report import Problem, Unreadable
from geodata.importing.sheet_cells import FALSE, Book, Styles, read_cells_of, unescaped
from geodata.importing.sheets import Sheet
from geodata.importing.xml_parts import MAIN, Told, broken_book, counted, read_part, spaced, unheard

SKIPPED = {"说明", "示例", "取值", "填写说明", "代码表", "help", "examples", "codes", "notes"}
_RELATED = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_RELATION = spaced("Relationship", _PACKAGE)[0]
_IDS = spaced("id", *_RELATED)


@dataclass(slots=True)
class _Outline:
    """What a workbook says of itself: where its sheets, strings and styles are."""

    sheets: list[tuple[str, str]] = field(default_factory=list)  # name, part
    hidden: list[str] = field(default_factory=list)  # names of sheets
    strings: str | None = None
    styles: str | None = None
    from_1904: bool = False


def read_workbook(path: Path, told: Told = unheard) -> list[Sheet]:
    """Return the visible sheets of a workbook that hold anything, and of the hidden ones the names.

    A formula counts by the value that the workbook stores for it; one without is a problem of its cell.

    Raises
    ------
    Unreadable
        When it is no sound workbook, or larger than the atlas takes.
    """
    with opened(path) as archive:
        outline = _outline(archive)
        book = Book(_strings(archive, outline.strings), _styles(archive, outline.styles), outline.from_1904)
        # the longer the file, the more cells: a bomb is short
        book.cells += int(CELLS_A_BYTE * path.stat().st_size)
        sizes = [archive.getinfo(part).file_size + 1 for _, part in outline.sheets]
        found, done = [], 0
        for (name, part), size in zip(outline.sheets, sizes, strict=True):
            before = done
            one = read_cells_of(
                archive, name, part, book, lambda share, at=before, of=size: told((at + share * of) / sum(sizes))
            )
            done += size
            if one.rows:
                _add_comments(archive, part, one)
                found.append(one)
    return found + [Sheet(name, [], [], hidden=True) for name in outline.hidden]


def _add_comments(archive: zipfile.ZipFile, part: str, sheet: Sheet) -> None:
    """Add to a sheet what is written on its cells; what cannot be read of that costs nothing else."""
    folder, stem = posixpath.split(part)
    try:
        related = _relations(archive, f"{folder}/_rels/{stem}.rels", folder)
        sheet.comments = read_comments(archive, related.values())
    except Unreadable:
        sheet.problems.append(
            Problem(N_("单元格上的批注读不出来，没有读入：请打开文件核对。"), sheet=sheet.name, code="comment")
        )


def _outline(archive: zipfile.ZipFile) -> _Outline:
    names = set(archive.namelist())
    home = next(
        (target for kind, target in _relations(archive, "_rels/.rels", "").values() if kind == "officeDocument"),
        "xl/workbook.xml",
    )
    if home not in names:
        raise broken_book(home)
    folder, stem = posixpath.split(home)
    related = _relations(archive, f"{folder}/_rels/{stem}.rels", folder)
    outline, listed = _Outline(), []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag in spaced("sheet", *MAIN):
            listed.append(attributes)
            if len(listed) > 10_000:
                raise _too_many_sheets(len(listed))
        elif tag in spaced("workbookPr", *MAIN):
            outline.from_1904 = attributes.get("date1904") in ("1", "true")

    read_part(archive, home, counted(start))
    if len(listed) > MAX_SHEETS:
        raise _too_many_sheets(len(listed))
    for one in listed:
        kind, part = related.get(next((one[name] for name in _IDS if name in one), ""), ("", ""))
        name = one.get("name", "")
        if kind == "worksheet" and part in names and name.strip().lower() not in SKIPPED:
            if one.get("state", "visible") == "visible":
                outline.sheets.append((name, part))
            else:
                outline.hidden.append(name)
    for kind, part in related.values():
        if part in names and kind in ("sharedStrings", "styles"):
            setattr(outline, "strings" if kind == "sharedStrings" else kind, part)
    return outline


def _too_many_sheets(got: int) -> Unreadable:
    return Unreadable(N_("工作簿有 {got} 张工作表，最多 {limit} 张：请只留下要导入的。"), got=got, limit=MAX_SHEETS)


def _relations(archive: zipfile.ZipFile, name: str, folder: str) -> dict[str, tuple[str, str]]:
    """Return id → (kind, part) of a list of relations; parts outside the archive are left out."""
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == _RELATION and attributes.get("TargetMode") != "External" and len(found) < 10_000:
            target = attributes.get("Target", "")
            part = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[attributes.get("Id", str(len(found)))] = attributes.get("Type", "").rpartition("/")[2], part

    if name in archive.namelist():
        read_part(archive, name, counted(start))
    return found


def _strings(archive: zipfile.ZipFile, part: str | None) -> list[str]:
    """Return the shared strings, each the plain text of its runs without what is written above it (phonetic hints).

    A run with a line through it stands between ``~~``: whoever reads the text sees that it is not what it was.
    """
    found: list[str] = []
    if part is None:
        return found
    item, text, hint, run, line = (spaced(name, *MAIN) for name in ("si", "t", "rPh", "r", "strike"))
    pieces: list[str] = []
    reading = hinting = lined = False
    size = longest = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal reading, hinting, lined
        if tag in text:
            reading = not hinting
            if reading and lined:
                pieces.append(THROUGH)
        elif tag in line:
            lined = attributes.get("val", "1") not in FALSE
        elif tag in run:
            lined = False
        elif tag in hint:
            hinting = True

    def end(tag: str) -> None:
        nonlocal reading, hinting, longest, lined
        if tag in text:
            if reading and lined:
                pieces.append(THROUGH)
            reading = False
        elif tag in hint:
            hinting = False
        elif tag in item:
            found.append(unescaped("".join(pieces)))
            pieces.clear()
            longest, lined = 0, False
            if len(found) > MAX_STRINGS:
                raise broken_book("sharedStrings")

    def characters(said: str) -> None:
        nonlocal size, longest
        if reading:
            size += len(said)
            longest += len(said)
            if size > MAX_STRING_CHARACTERS or longest > MAX_FIELD:
                raise broken_book("sharedStrings")
            pieces.append(said)

    read_part(archive, part, counted(start), end, characters)
    return found


def _styles(archive: zipfile.ZipFile, part: str | None) -> Styles:
    """Return what the styles of cells say, by their numbers."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

    if part is None:
        return Styles()
    formats: dict[str, str] = {str(at): code for at, code in BUILTIN_FORMATS.items()}
    used: list[tuple[str, str, str]] = []  # number format, font, fill of each style
    bold: set[str] = set()
    filled: set[str] = set()
    lined: set[str] = set()
    cells, style, own, fonts, fills, font, fill, strong, line, pattern = (
        spaced(name, *MAIN)
        for name in ("cellXfs", "xf", "numFmt", "fonts", "fills", "font", "fill", "b", "strike", "patternFill")
    )
    inside: tuple[str, ...] = ()
    count = {font: 0, fill: 0}

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if tag in own:
            formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")[:255]
        elif tag in (*cells, *fonts, *fills):
            inside = next(one for one in (cells, fonts, fills) if tag in one)
        elif inside is cells and tag in style:
            used.append((attributes.get("numFmtId", "0"), attributes.get("fontId", "0"), attributes.get("fillId", "0")))
        elif inside is fonts and tag in (*strong, *line) and attributes.get("val", "1") not in FALSE:
            (bold if tag in strong else lined).add(str(count[font]))
        elif inside is fills and tag in pattern and attributes.get("patternType", "none") not in ("none", "gray125"):
            filled.add(str(count[fill]))
        if len(used) > MAX_STYLES or len(formats) > MAX_STYLES:
            raise broken_book("styles")

    def end(tag: str) -> None:
        nonlocal inside
        for one in (font, fill):
            count[one] += inside in (fonts, fills) and tag in one
        inside = () if inside and tag in inside else inside

    read_part(archive, part, counted(start), end)
    dates = {code for code, *_ in used if is_date_format(formats.get(code))}
    spans = {code for code, *_ in used if is_timedelta_format(formats.get(code))}
    shown = {code: more for code, *_ in used if code not in dates | spans and (more := added(formats.get(code)))}
    return Styles(
        dates=frozenset(str(at) for at, (code, *_) in enumerate(used) if code in dates),
        spans=frozenset(str(at) for at, (code, *_) in enumerate(used) if code in spans),
        emphasis=frozenset(str(at) for at, (_, one, other) in enumerate(used) if one in bold or other in filled),
        struck=frozenset(str(at) for at, (_, one, _) in enumerate(used) if one in lined),
        added={str(at): shown[code] for at, (code, *_) in enumerate(used) if code in shown},
    )
