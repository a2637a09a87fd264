"""Comments on the cells of a worksheet (ECMA-376 part 1, section 18.7), and the threads of newer programs."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable

from geodata.importing.limits import MAX_COMMENTS, MAX_STRING_CHARACTERS
from geodata.importing.sheet_cells import column_number, unescaped
from geodata.importing.sheets import Comments
from geodata.importing.xml_parts import MAIN, broken_book, counted, read_part, spaced

#: Who writes the comments of the atlas's own workbooks: they are about the file, not about what is in it.
AUTHOR = "Union Service Atlas"
_THREADS = ("http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments",)
_REF = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")


def read_comments(archive: zipfile.ZipFile, parts: Iterable[tuple[str, str]]) -> Comments:
    """Return what is written on the cells of a sheet.

    Parameters
    ----------
    archive : ZipFile
    parts : iterable of (str, str)
        What the sheet is related to: kind and part.

    Returns
    -------
    dict of int to dict of int to str
        Row number → place in the row, counted from 0 → text. The name of the writer is left out where the program put
        it before the text; a thread takes the place of what older programs see of it.

    Raises
    ------
    Unreadable
        When a part is broken, or larger than the atlas takes.
    """
    parts, names = list(parts), set(archive.namelist())
    found: Comments = {}
    for kind, spaces, item, words in (
        ("comments", MAIN, "comment", "t"),
        ("threadedComment", _THREADS, "threadedComment", "text"),
    ):
        texts: dict[tuple[int, int], list[str]] = {}
        for said, part in parts:
            if said == kind and part in names:
                _read(archive, part, spaced(item, *spaces), spaced(words, *spaces), texts)
        for (number, place), lines in texts.items():
            found.setdefault(number, {})[place] = "；".join(lines)
    return found


def _read(
    archive: zipfile.ZipFile,
    part: str,
    items: tuple[str, ...],
    words: tuple[str, ...],
    texts: dict[tuple[int, int], list[str]],
) -> None:
    author = spaced("author", *MAIN)
    authors: list[str] = []
    pieces: list[str] = []
    ref, by, reading, size = "", "", False, 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal ref, by, reading
        if tag in items:
            ref, number = attributes.get("ref", ""), attributes.get("authorId", "")
            by = authors[int(number)] if number.isdecimal() and int(number[:9]) < len(authors) else ""
        if tag in items or tag in author:
            pieces.clear()
        reading = tag in words or tag in author

    def end(tag: str) -> None:
        nonlocal reading
        reading = False
        if tag in author:
            authors.append("".join(pieces).strip())
        elif tag in items and by != AUTHOR and len(texts) < MAX_COMMENTS and (match := _REF.fullmatch(ref)):
            text = unescaped("".join(pieces)).strip()
            if by and text.startswith((f"{by}:", f"{by}：")):
                text = text[len(by) + 1 :].strip()
            if text:
                texts.setdefault((int(match[2]), column_number(match[1]) - 1), []).append(text)

    def characters(said: str) -> None:
        nonlocal size
        if reading:
            size += len(said)
            if size > MAX_STRING_CHARACTERS:
                raise broken_book("comments")
            pieces.append(said)

    read_part(archive, part, counted(start), end, characters)
