"""Where the header of a sheet stands, seen by merges, looks, types and places of cells:
titles above it, one to three rows, units below.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from geodata.importing.bad import unmarked, visible
from geodata.importing.sheets import Sheet

SEARCHED_ROWS = 15  # titles and remarks stand above the header, hardly more of them
MOST_ROWS = 3  # of a header, one below another
LONGEST_HEADER = 60
_LONGEST_HEADING = 16
_SAID = re.compile(r"[:：]")
_LABEL = re.compile(r"\D{1,12}[:：]")  # 填报单位：…, and no 8:00
_DAY = re.compile(r"\d{4}\s*[年./-]|\d{1,2}\s*月")
_UNITS = (
    r"平方米|平米|㎡|m2|m²|米|公里|km|元|万元|千元|亿元|个|家|人|"
    r"人次|名|处|项|场|台|套|件|次|辆|座|册|户|度|°|%|小时|年|月|日|"
    r"年/月/日|年月日|有/无|是/否|√/×|必填|选填|可选|非必填|填写|文本|数字|日期"
)
_UNIT = re.compile(rf"\(?(?:单位:?)?(?:{_UNITS})\)?", re.IGNORECASE)
_NUMBERED = re.compile(r"\(?(\d{1,3})\)?|(甲|乙|丙|丁)")


@dataclass(frozen=True, slots=True)
class Block:
    """The header of a sheet.

    Attributes
    ----------
    paths : list of tuple of str
        For each place of a row its headings from the top down, without repeats; empty where there is none.
    units : dict of int to str
        Place → unit that stands below its header in a row of units.
    last, first : int
        Index in ``sheet.rows`` of the last row of the header, and of the first row of data.
    above : list of str
        Texts above the header: titles, who filled it in, units of the whole table.
    over : list of int
        Row numbers above the header that look like rows of data: several cells, none of which says what it is.
    """

    paths: list[tuple[str, ...]]
    units: dict[int, str]
    last: int
    first: int
    above: list[str]
    over: list[int] = field(default_factory=list)


def text_of(cell: Any) -> str:
    """Return the text of a cell, empty where it holds none."""
    if cell is None:
        return ""
    text = str(cell).strip()
    if text.isprintable() and text[:1] != "'":
        return text  # nearly all: what nobody sees is not printable
    return visible(unmarked(text)).strip()


def find(sheet: Sheet, known: Callable[[str], bool]) -> Block | None:
    """Return the header of a sheet; None where no cell of its first rows is known.

    Parameters
    ----------
    sheet : Sheet
    known : callable
        Tells whether a text is a header that the table may have.
    """
    best, most = 0, (0, False)
    for at, row in enumerate(sheet.rows[:SEARCHED_ROWS]):
        found = {text_of(cell) for cell in row if isinstance(cell, str) and len(cell) < LONGEST_HEADER}
        score = (sum(1 for one in found if one and known(one)), sheet.numbers[at] in sheet.emphasised)
        if score[0] and score > most:
            best, most = at, score
    if not most[0]:
        return None
    top, last = _extent(sheet, best, known)
    first, units = last + 1, {}
    while first < len(sheet.rows) and first <= last + 2 and (found := _below(sheet.rows[first])) is not None:
        units |= found
        first += 1
    above = [text_of(cell) for row in sheet.rows[:top] for cell in row if isinstance(cell, str) and text_of(cell)]
    return Block(_paths(sheet, top, last), units, last, first, above, _over(sheet, top))


def _over(sheet: Sheet, top: int) -> list[int]:
    said = [[text_of(cell) for cell in row if text_of(cell)] for row in sheet.rows[:top]]
    return [sheet.numbers[at] for at, row in enumerate(said) if len(row) > 2 and not any(map(_LABEL.match, row))]


def _extent(sheet: Sheet, best: int, known: Callable[[str], bool]) -> tuple[int, int]:
    """Return the first and the last row of the header around the row `best`."""
    top = last = best
    # cells merged downwards say how deep the header is
    for merge in sheet.merges:
        if merge.top <= sheet.numbers[best] <= merge.bottom and merge.bottom - merge.top < MOST_ROWS:
            near = range(max(best - 2, 0), min(best + 3, len(sheet.rows)))
            inside = [at for at in near if merge.top <= sheet.numbers[at] <= merge.bottom]
            if all(_worded(sheet.rows[at]) for at in inside):
                top, last = min(top, *inside), max(last, *inside)
    while last + 1 < len(sheet.rows) and last - top + 1 < MOST_ROWS and _is_under(sheet, last, known):
        last += 1
    while top > 0 and last - top + 1 < MOST_ROWS and _is_over(sheet, top, known):
        top -= 1
    return top, last


def _cells(row: Sequence[Any]) -> dict[int, str]:
    return {at: text_of(cell) for at, cell in enumerate(row) if text_of(cell)}


def _worded(row: Sequence[Any]) -> bool:
    return all(cell is None or isinstance(cell, str) for cell in row)


def _wide(sheet: Sheet, at: int) -> dict[int, int]:
    """Return first place → last place of the cells of a row that are merged over several columns."""
    number = sheet.numbers[at]
    return {one.left: one.right for one in sheet.merges if one.top == number and one.right > one.left}


def _is_under(sheet: Sheet, at: int, known: Callable[[str], bool]) -> bool:
    """Return whether the row below row `at` of a header belongs to it too."""
    row, below = sheet.rows[at], sheet.rows[at + 1]
    upper, lower = _cells(row), _cells(below)
    wide = _wide(sheet, at)
    longest = LONGEST_HEADER if wide else _LONGEST_HEADING  # 冬季（10月1日—次年4月30日） under 开放时间
    if (
        sheet.numbers[at + 1] != sheet.numbers[at] + 1
        or not lower
        or not _worded(below)
        or any(len(one) > longest or _SAID.search(one) for one in lower.values())
        or _below(below) is not None
    ):
        return False
    covered = {place for left, right in wide.items() for place in range(left, right + 1)}
    # what stands below must stand under a gap, or under a heading that is followed by one
    heads = {place for place in upper if place + 1 in lower and place + 1 not in upper}
    if covered:
        return set(lower) <= covered
    if all(known(one) for one in lower.values()):
        return True
    return (
        any(place not in upper for place in lower)
        and all(place not in upper or place in heads for place in lower)
        and (any(known(one) for one in lower.values()) or not any(known(upper[place]) for place in heads))
    )


def _is_over(sheet: Sheet, at: int, known: Callable[[str], bool]) -> bool:
    """Return whether the row above row `at` of a header holds headings over what belongs together."""
    above, row = sheet.rows[at - 1], sheet.rows[at]
    upper, lower = _cells(above), _cells(row)
    if (
        sheet.numbers[at - 1] != sheet.numbers[at] - 1
        or not upper
        or not _worded(above)
        or any(len(one) > 30 or _SAID.search(one) or _DAY.search(one) for one in upper.values())
    ):
        return False
    wide = {left: right for left, right in _wide(sheet, at - 1).items() if left in upper}
    if any(sum(left <= place <= right for place in lower) >= max(2, len(lower)) for left, right in wide.items()):
        return False  # a title over the whole table
    if any(sum(left <= place <= right for place in lower) >= 2 for left, right in wide.items()):
        return True
    if any(known(one) and place not in lower for place, one in upper.items()):
        return True
    if len(upper) == 1:
        ((place, _),) = upper.items()
        return place > 0 and place in lower and place + 1 in lower
    return not wide and len(upper) < len(lower) and all(place in lower or known(one) for place, one in upper.items())


def _below(row: Sequence[Any]) -> dict[int, str] | None:
    """Return place → unit of a row of units or of numbers of columns below a header; None for any other row."""
    cells = {at: unicodedata.normalize("NFKC", one) for at, one in _cells(row).items()}
    if len(cells) >= 2 and all(_UNIT.fullmatch(one) for one in cells.values()):
        return {at: one.strip("()").removeprefix("单位").lstrip(":") for at, one in cells.items()}
    found = [_NUMBERED.fullmatch(one) for one in cells.values()]
    numbers = [int(one[1]) for one in found if one and one[1]]
    if len(cells) >= 3 and all(found) and len(numbers) >= 2 and numbers == list(range(1, len(numbers) + 1)):
        return {}
    return None


def _paths(sheet: Sheet, top: int, last: int) -> list[tuple[str, ...]]:
    rows = [[text_of(cell) for cell in sheet.rows[at]] for at in range(top, last + 1)]
    width = max(len(row) for row in rows)
    rows = [row + [""] * (width - len(row)) for row in rows]
    at_of = {sheet.numbers[at]: at - top for at in range(top, last + 1)}
    merged: set[tuple[int, int]] = set()
    for one in sheet.merges:
        inside = [at for number, at in at_of.items() if one.top <= number <= one.bottom]
        if not inside or one.left >= width or one.top not in at_of:
            continue
        said = rows[at_of[one.top]][one.left]
        for at in inside:
            for place in range(one.left, min(one.right + 1, width)):
                rows[at][place] = rows[at][place] or said
                merged.add((at, place))
    for at in range(len(rows) - 1):
        for place in range(1, width):
            # an unmerged heading goes on over the gaps to its right, as long as there is something below
            if (
                not rows[at][place]
                and (at, place - 1) not in merged
                and rows[at + 1][place]
                and rows[at + 1][place - 1]
            ):
                rows[at][place] = rows[at][place - 1]
    return [tuple(dict.fromkeys(filter(None, (row[place] for row in rows)))) for place in range(width)]
