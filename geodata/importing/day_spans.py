"""Days of fairs and activities as one cell says them: spans (2024.4.15-4.16, 4月15、16日), days without their year."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from geodata.errors import N_
from geodata.importing.bad import BadValue
from geodata.importing.rows import Rows
from geodata.importing.values import as_date

TABLES = ("fairs", "activities")
START, END = "start", "end"
LONGEST_SPAN = 366  # days; what is longer is a slip of the pen
_LONGEST = 60  # characters of a cell that names days
_MARK = r"\s*[-./月]\s*"
_AFTER = r"\s*[日号]?\s*(?:[(（]?(?:周|星期)[一二三四五六日天][)）]?)?\s*"
_CLOCK = r"(?:(?:上午|下午|晚上)?\d{1,2}[:点时]\d{0,2}\s*)?"
_TO = r"(?P<to>至|到|~|—+|–|-+|、|,|和|及)\s*"
_SPAN = re.compile(
    rf"(?:(?P<y1>\d{{4}})\s*[-./年]\s*)?(?P<m1>\d{{1,2}}){_MARK}(?P<d1>\d{{1,2}}){_AFTER}(?P<clock>{_CLOCK}){_TO}"
    rf"(?:(?P<y2>\d{{4}})\s*[-./年]\s*)?(?:(?P<m2>\d{{1,2}}){_MARK})?(?P<d2>\d{{1,2}})(?P<named>{_AFTER}){_CLOCK}"
)
_WHOLE = re.compile(r"(\d{4})(\d{2})(\d{2})\s*(?:至|到|~|—+|–|-+)\s*(\d{4})(\d{2})(\d{2})")
_DAY = re.compile(rf"(?P<m>\d{{1,2}})\s*[-./月]\s*(?P<d>\d{{1,2}}){_AFTER}{_CLOCK}")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=\s*年|\s*$|[^\d.:/\-]|[./\-]\d{1,2}(?!\d))")

Span = tuple[date, date]


def year_of(texts: Iterable[Any]) -> int | None:
    """Return the one year that texts name, None where they name none or several."""
    years = {found for text in texts if text for found in _YEAR.findall(unicodedata.normalize("NFKC", str(text)))}
    return int(years.pop()) if len(years) == 1 else None


def days_of(cell: Any, year: int | None = None) -> Span | None:
    """Return the first and last day that a cell names, where it names a span of days, or one day without its year.

    Parameters
    ----------
    cell : object
    year : int, optional
        That of days without one.

    Returns
    -------
    tuple of date, or None
        None for all else: what :func:`geodata.importing.values.as_date` reads, and what nobody can read.
    """
    if not isinstance(cell, str) or len(cell) > _LONGEST:
        return None
    text = unicodedata.normalize("NFKC", cell).strip()
    if match := _WHOLE.fullmatch(text):
        parts = [int(one) for one in match.groups()]
        return _span(parts[:3], parts[3:])
    if match := _SPAN.fullmatch(text):
        if match["m2"] is None and re.fullmatch(r"[-\d\s]+", text):
            return None  # 2024-4-15-16: a day and what?
        if match["clock"] and match["m2"] is None and not re.match(r"\s*[日号]", match["named"]):
            return None  # 4月15日9:00-17: hours of one day
        first_year = int(match["y1"]) if match["y1"] else year
        if first_year is None:
            return None
        first = [first_year, int(match["m1"]), int(match["d1"])]
        last = [int(match["y2"] or first_year), int(match["m2"] or first[1]), int(match["d2"])]
        if not match["y2"] and first[1] == 12 and last[1] == 1:
            last[0] += 1
        found = _span(first, last)
        listed = match["to"] in ("、", ",", "和", "及")
        return None if found is None or (listed and found[1] - found[0] != timedelta(days=1)) else found
    if year is not None and (match := _DAY.fullmatch(text)):
        day = [year, int(match["m"]), int(match["d"])]
        return _span(day, day)
    return None


def _span(first: Sequence[int], last: Sequence[int]) -> Span | None:
    try:
        found = as_date(date(*first)), as_date(date(*last))
    except (BadValue, ValueError):
        return None
    return found if timedelta() <= found[1] - found[0] < timedelta(days=LONGEST_SPAN) else None


def spread(
    cells: Sequence[Any], ends: Sequence[Any] | None, year_at: Callable[[int], int | None]
) -> tuple[list[Any], list[Any], list[int]]:
    """Put the days of spans in their two columns.

    Parameters
    ----------
    cells, ends : sequence
        Cells of the first days, and of the last ones where there is such a column.
    year_at : callable
        The year that stands elsewhere of a row, by its place among `cells`.

    Returns
    -------
    cells, ends : list
        As they were but for what was a span.
    without_year : list of int
        Places of cells whose year was taken from elsewhere.
    """
    starts, lasts, guessed = list(cells), list(ends) if ends is not None else [None] * len(cells), []
    for column in (starts, lasts):
        for at, cell in enumerate(column):
            if not isinstance(cell, str) or not cell:
                continue
            found = days_of(cell)
            if found is None and (year := year_at(at)) is not None and (found := days_of(cell, year)) is not None:
                guessed.append(at)
            if found is None or (column is lasts and found[0] != found[1]):
                continue
            column[at] = found[0]
            if column is starts and found[0] != found[1] and lasts[at] in (None, ""):
                lasts[at] = found[1]
    return starts, lasts, sorted(set(guessed))


def tell_years(rows: Rows, start: int, guessed: Sequence[int]) -> None:
    """Tell of days without a year that were read in the year of the title or of the row's name."""
    at = [start + one for one in guessed]
    rows.warn(at, N_("{count} 行的日期没有写年份，按标题或名称里的年份读取：请核对。"), "year", START)
