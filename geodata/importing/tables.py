"""Several tables on one sheet, one below or beside another.

Each becomes a sheet of its own, with the row numbers of the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from geodata.importing.header_words import bare, known_headers, simple
from geodata.importing.headers import SERIALS, Layout
from geodata.importing.limits import MAX_COLUMNS
from geodata.importing.packed import some_of
from geodata.importing.sheets import Sheet
from geodata.importing.structure import SEARCHED_ROWS, text_of
from geodata.schema import TABLES

_LONGEST = 16  # characters of a header that stands among rows of data
_DIGIT = re.compile(r"\d")
_LEAST = 2  # headers that make a row one of headers


@cache
def _words() -> frozenset[str]:
    """Return the headers of every table: what stands below another table may be one of another kind."""
    return frozenset(said for table in TABLES for said in known_headers(table)) | SERIALS


def apart(sheet: Sheet, table: str) -> list[Sheet]:
    """Return the tables of a sheet, the sheet itself where it holds one.

    Parameters
    ----------
    sheet : Sheet
        As a reader gives it.
    table : str
        What its rows are for.

    Notes
    -----
    A table begins at a row of headers that are not those of the table above it; the lone texts over that row, such as
    ``二、湖里区``, are its titles. A header that is repeated as it is begins no table: it is taken out with the sums.
    """
    if sheet.header is not None or not sheet.rows:
        return [sheet]
    starts = _starts(sheet)
    if len(starts) < 2:
        return _beside(sheet, table)
    ends = [*starts[1:], len(sheet.rows)]
    return [part for start, end in zip(starts, ends, strict=True) for part in _beside(_part(sheet, start, end), table)]


def _starts(sheet: Sheet) -> list[int]:
    """Return where the tables begin, titles and all; the first begins with the sheet."""
    starts: list[int] = []
    seen: list[str] = []
    last = -2
    for at, row in enumerate(sheet.rows):
        if not _is_header(row):
            continue
        said = [text_of(cell) for cell in row]
        if at == last + 1:
            seen += said  # one header of several rows
        elif not starts:
            starts, seen = [0], said
        elif said != seen[: len(said)]:
            first = at
            while first - 1 > last and _is_title(sheet.rows[first - 1]):
                first -= 1
            starts, seen = [*starts, first], said
        last = at
    return starts


def _is_header(row: Sequence[Any]) -> bool:
    first = row[0] if row else None
    if first is None or first == "":
        first = next((cell for cell in row if cell is not None and cell != ""), None)
    if not isinstance(first, str) or len(first) > 4 * _LONGEST or _DIGIT.search(first):
        return False
    cells = [cell for cell in row if cell is not None and cell != ""]
    if not all(isinstance(cell, str) and len(cell) <= _LONGEST and not _DIGIT.search(cell) for cell in cells):
        return False
    known = sum(simple(cell) in _words() or bare(cell) in _words() for cell in cells)
    return known >= _LEAST and 2 * known > len(cells)


def _is_title(row: Sequence[Any]) -> bool:
    return sum(cell is not None and cell != "" for cell in row) == 1


def _part(sheet: Sheet, start: int, end: int) -> Sheet:
    numbers = sheet.numbers[start:end]
    low, high = (numbers[0] if start else 0), numbers[-1]
    return replace(
        sheet,
        rows=some_of(sheet.rows, range(start, end)),
        numbers=numbers,
        problems=[one for one in sheet.problems if low <= (one.row or 0) <= high],
        hidden_rows={one for one in sheet.hidden_rows if low <= one <= high},
        merges=[one for one in sheet.merges if low <= one.top <= high],
        comments={number: said for number, said in sheet.comments.items() if low <= number <= high},
        struck={one for one in sheet.struck if low <= one[0] <= high},
        part=start > 0,
    )


def _beside(sheet: Sheet, table: str) -> list[Sheet]:
    """Return the tables that stand beside each other under one row in which the same headers come again and again."""
    head = next((at for at, row in enumerate(sheet.rows[:SEARCHED_ROWS]) if _is_header(row)), None)
    bounds = [] if head is None else _bounds(sheet.rows[head], table)
    if not bounds:
        return [sheet]
    found = []
    for left, right in zip(bounds, [*bounds[1:], None], strict=True):
        rows = [row if at < (head or 0) else [*[None] * left, *row[left:right]] for at, row in enumerate(sheet.rows)]
        kept = [one for one, row in enumerate(rows) if any(cell is not None and cell != "" for cell in row)]
        found.append(
            replace(
                sheet,
                rows=[rows[one] for one in kept],
                numbers=[sheet.numbers[one] for one in kept],
                problems=sheet.problems if left == bounds[0] else [],
                comments={
                    number: {at: text for at, text in said.items() if left <= at < (right or MAX_COLUMNS)}
                    for number, said in sheet.comments.items()
                },
                part=left != bounds[0],
            )
        )
    return found


def _bounds(row: Sequence[Any], table: str) -> list[int]:
    """Return where each of the tables beside each other begins; nothing where there is one."""
    said = [(place, text_of(cell)) for place, cell in enumerate(row) if text_of(cell)]
    texts, known = [text for _, text in said], known_headers(table)
    for wide in range(_LEAST, len(texts) // 2 + 1):
        times, over = divmod(len(texts), wide)
        one = texts[:wide]
        if not over and one * times == texts and len(set(one)) == wide:
            if "name" in {known.get(simple(text)) or known.get(bare(text)) for text in one}:
                return [said[at * wide][0] for at in range(times)]
            return []
    return []


def is_form(sheet: Sheet, layout: Layout, table: str) -> bool:
    """Return whether a sheet is a form of one row, its headers below each other: they would be read as names."""
    place = layout.columns.get("name", [None])[0]
    if place is None or sheet.header is not None:
        return False
    cells = [
        text_of(row[place]) for row in sheet.rows[layout.first : layout.first + 2 * SEARCHED_ROWS] if place < len(row)
    ]
    known = known_headers(table)
    return sum(known.get(simple(cell)) not in (None, "name") for cell in cells if cell) >= _LEAST
