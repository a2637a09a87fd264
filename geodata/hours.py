"""Opening hours: the part of OpenStreetMap's ``opening_hours`` that stations need.

``24/7`` · ``08:00-22:00`` · ``Mo-Fr 08:00-22:00; Sa,Su 09:00-12:00,14:00-18:00`` ·
``Mo-Su 20:00-02:00`` (past midnight; ``09:00-29:00`` where 05:00 could be read as the afternoon) · ``Su off`` ·
``May-Oct 08:00-20:00; Nov-Apr 09:00-18:00`` (whole months) · ``Apr 15-Oct 14 08:00-18:00`` (days of months, the same
each year) · ``Sa[1,3] 09:00-12:00`` (the first and third Saturday of a month; ``[-1]`` the last) · ``PH off``,
``PH unknown`` (public holidays) · ``off``. As in OpenStreetMap, a later rule replaces an earlier one on the days that
it names; one that follows a comma and a blank instead of ``;`` is added to it (``Mo-Fr 08:00-20:00, Sa 20:00-02:00``).

Rules of public holidays are kept and shown, but no question of the atlas asks for one: the State Council sets the
holidays anew each year.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HOLIDAY = "PH"
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
LAST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
AFTERNOON = 18 * 60  # a span that begins earlier and ends the next day is written past 24:00: 09:00-29:00
_DATE = r"[A-Z][a-z]{2}(?: \d{1,2}(?![\d:]))?"
_DATES = rf"{_DATE}(?:-(?:{_DATE}|\d{{1,2}}(?![\d:])))?"
_DAY = r"[A-Z][a-zH](?:\[-?\d(?:,-?\d)*\])?"
_RULE = re.compile(
    rf"(?:(?P<months>{_DATES}(?:,{_DATES})*)\s+)?(?:(?P<days>{_DAY}(?:[-,]{_DAY})*)"
    rf"\s+)?(?P<spans>off|unknown|[\d:,\-\s]+)"
)
_RANGE = re.compile(r"([A-Z][a-z]{2})(?: (\d{1,2}))?(?:-(?:([A-Z][a-z]{2})(?: (\d{1,2}))?|(\d{1,2})))?")
_ADDED = re.compile(r"(?<=:\d\d),\s+(?=[A-Z])")
_NTH = re.compile(r"\[([-\d,]+)\]")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of opening hours.

    Attributes
    ----------
    months : tuple of int
        Months 1 to 12 in which it holds, sorted; empty: in all.
    days : tuple of int
        Days 0 (Monday) to 6 that it names, sorted.
    holidays : bool
        Whether it names public holidays. A rule that names neither days nor
        holidays is for all seven days, and then `days` holds all of them.
    spans : tuple of (int, int)
        Minutes since midnight, to 2880 where it runs past midnight; empty: closed.
    dates : tuple of (int, int)
        Parts of the year in which it holds too, sorted: first and last day as ``100 * month + day``, the last
        before the first where it runs over the end of the year. Neither months nor dates: it holds all year.
    nth : tuple of int
        Which of a month's weekdays it names: 1 the first to 5, -1 the last; empty: each.
    added : bool
        Whether it adds to what earlier rules say of its days, instead of replacing it.
    unknown : bool
        Whether nobody knows its hours; then it names public holidays alone, and `spans` is empty.
    """

    months: tuple[int, ...]
    days: tuple[int, ...]
    holidays: bool
    spans: tuple[Span, ...]
    dates: tuple[Span, ...] = ()
    nth: tuple[int, ...] = ()
    added: bool = False
    unknown: bool = False

    def in_force(self, month: int, day: int) -> bool:
        """Return whether it holds on a day of the year, whatever the weekday."""
        if not self.months and not self.dates:
            return True
        return month in self.months or any(_within(100 * month + day, *one) for one in self.dates)

    def names(self, month: int, day: int, weekday: int) -> bool:
        """Return whether it speaks of a day that falls on `weekday` (0 Monday - 6); February has 29 days here."""
        if weekday not in self.days or not self.in_force(month, day):
            return False
        at = (day - 1) // 7 + 1, -((LAST_DAYS[month - 1] - day) // 7 + 1)
        return not self.nth or not set(self.nth).isdisjoint(at)


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """When something is open in a week.

    Attributes
    ----------
    spans : tuple of (int, int)
        Half-open spans ``[from, to)`` in minutes since Monday 00:00, sorted,
        apart from each other, none past the end of the week.
    """

    spans: tuple[Span, ...]

    @property
    def always(self) -> bool:
        """Whether it is open 24 hours on every day."""
        return self.spans == ((0, WEEK_MINUTES),)

    def open_at(self, day: int, minute: int) -> bool:
        """Return whether it is open on ISO weekday `day` (1 Monday - 7) at `minute` (0-1439) of the day."""
        if not (1 <= day <= 7 and 0 <= minute < DAY_MINUTES):
            raise AtlasError(
                N_("没有星期 {day} 第 {minute} 分钟：星期取 1 到 7，分钟取 0 到 1439。"), day=day, minute=minute
            )
        at = (day - 1) * DAY_MINUTES + minute
        return any(start <= at < end for start, end in self.spans)


def parse(text: str, month: int | None = None, week_of: date | None = None) -> WeeklyHours:
    """Read opening hours as a week without public holidays.

    Parameters
    ----------
    text : str
    month : int, optional
        Month 1 to 12 that the week lies in: what is open in every week of it. A night belongs to the day on which
        it begins. None: what is open in every month.
    week_of : date, optional
        A day of the very week that is meant, Monday to Sunday; `month` does not count then.

    Raises
    ------
    AtlasError
        Says what could not be read and shows a form that can.
    """
    found = rules(text)
    if week_of is not None:
        return _this_week(found, week_of)
    if not any(rule.months or rule.dates or rule.nth for rule in found):
        return _week(found, 1, 1)
    months = range(1, 13) if month is None else (month,)
    weeks = {  # days of the year on which the same rules speak have the same hours
        tuple(tuple(rule.names(one, day, weekday) for rule in found) for weekday in range(7)): (one, day)
        for one in months
        for day in range(1, LAST_DAYS[one - 1] + 1)
    }
    common: tuple[Span, ...] | None = None
    for one, day in weeks.values():
        spans = _week(found, one, day).spans
        common = (
            spans
            if common is None
            else tuple((max(a, c), min(b, d)) for a, b in common for c, d in spans if max(a, c) < min(b, d))
        )
    return WeeklyHours(common or ())


@lru_cache(maxsize=4096)
def rules(text: str) -> tuple[Rule, ...]:
    """Return the rules that a text of the grammar states, in its order.

    Raises
    ------
    AtlasError
        As :func:`parse`.
    """
    if not isinstance(text, str) or not text.strip():
        raise _bad(text, text)
    if text.strip() == "24/7":
        return (Rule((), tuple(range(7)), False, ((0, DAY_MINUTES),)),)
    found = []
    for normal in text.split(";"):
        for at, part in enumerate(_ADDED.split(normal)):
            found.append(_rule(text, part, added=at > 0))
    return tuple(found)


def _rule(text: str, part: str, *, added: bool) -> Rule:
    match = _RULE.fullmatch(part.strip())
    if match is None:
        raise _bad(text, part)
    months, dates = _dates(text, match["months"]) if match["months"] else ((), ())
    said = match["days"] or ""
    nths = {one or "" for one in re.findall(rf"[A-Z][a-z](?:{_NTH.pattern})?(?![A-Z])", said.replace(HOLIDAY, ""))}
    if len(nths) > 1 or (nths != {""} and "-" in _NTH.sub("", said) and nths):
        raise _bad(text, said)
    nth = tuple(sorted({int(one) for one in "".join(nths).split(",")})) if any(nths) else ()
    if any(not (1 <= one <= 5 or one == -1) for one in nth):
        raise _bad(text, said)
    named = [one for one in _NTH.sub("", said).split(",") if one]
    days = _named(text, ",".join(one for one in named if one != HOLIDAY), DAYS, 0) if set(named) - {HOLIDAY} else ()
    unknown = match["spans"] == "unknown"
    if unknown and (days or not named):
        raise _bad(text, part)
    spans = () if match["spans"] in ("off", "unknown") else tuple(_span(text, one) for one in match["spans"].split(","))
    return Rule(months, days if named else tuple(range(7)), HOLIDAY in named, spans, dates, nth, added, unknown)


def written(found: Iterable[Rule]) -> str:
    """Return rules as text: what :func:`rules` reads back as the same rules."""
    return "".join((", " if rule.added else "; ") * (at > 0) + _written(rule) for at, rule in enumerate(found))


def open_matrix(
    texts: Iterable[str | None], month: int | None = None, week_of: date | None = None
) -> NDArray[np.bool_]:
    """Return what is open on the hour, shape (n, 7, 24): row, ISO weekday - 1, hour.

    Parameters
    ----------
    texts : iterable of str
        A missing text is closed all week: hours that nobody knows cannot be relied on.
    month, week_of : optional
        As in :func:`parse`.
    """
    texts = list(texts)
    known = {text: _matrix(parse(text, month, week_of)) for text in set(texts) if isinstance(text, str)}
    closed = np.zeros((7, 24), bool)
    if not texts:
        return np.zeros((0, 7, 24), bool)
    return np.stack([known.get(text, closed) if isinstance(text, str) else closed for text in texts])


def spans_on(found: Iterable[Rule], month: int, day: int, weekday: int) -> tuple[Span, ...]:
    """Return the hours that begin on a day, `weekday` 0 (Monday) to 6, as minutes since its midnight."""
    spans: tuple[Span, ...] = ()
    for rule in found:
        if rule.names(month, day, weekday):
            spans = (*spans, *rule.spans) if rule.added else rule.spans
    return spans


def _week(found: Iterable[Rule], month: int, day: int) -> WeeklyHours:
    """Return the week that comes of a day of the year, were it a Monday, a Tuesday …"""
    return WeeklyHours(
        _merge(
            (weekday * DAY_MINUTES + start, weekday * DAY_MINUTES + end)
            for weekday in range(7)
            for start, end in spans_on(found, month, day, weekday)
        )
    )


def _this_week(found: Iterable[Rule], one: date) -> WeeklyHours:
    monday = one - timedelta(days=one.weekday())
    spans = []
    for weekday in range(-1, 7):  # the night before Monday runs into it; that before the next Monday does not
        at = monday + timedelta(days=weekday)
        for start, end in _of_date(found, at):
            low, high = weekday * DAY_MINUTES + start, weekday * DAY_MINUTES + end
            if high > 0 and low < WEEK_MINUTES:
                spans.append((max(0, low), min(high, WEEK_MINUTES)))
    return WeeklyHours(_merge(spans))


def _of_date(found: Iterable[Rule], at: date) -> tuple[Span, ...]:
    # the last weekdays of a February of 28 days are those of one of 29, a day earlier
    if at.month == 2 and any(-1 in rule.nth for rule in found) and (at + timedelta(days=7)).month == 3:
        return spans_on(found, 2, max(at.day, 23), at.weekday())
    return spans_on(found, at.month, at.day, at.weekday())


def _matrix(hours: WeeklyHours) -> NDArray[np.bool_]:
    at = np.arange(7 * 24) * 60
    is_open = np.zeros(7 * 24, bool)
    for start, end in hours.spans:
        is_open |= (at >= start) & (at < end)
    return is_open.reshape(7, 24)


def _written(rule: Rule) -> str:
    said = ",".join(span_text(one) for one in rule.spans) or ("unknown" if rule.unknown else "off")
    days = [HOLIDAY] if rule.holidays else []
    if rule.days and (rule.holidays or rule.nth or len(rule.days) < 7):
        nth = "[" + ",".join(map(str, rule.nth)) + "]" if rule.nth else ""
        days = [*([DAYS[one] + nth for one in rule.days] if nth else runs(rule.days, DAYS, 0)), *days]
    when = [*runs(rule.months, MONTHS, 1), *(_range_text(*one) for one in rule.dates)]
    return " ".join(part for part in (",".join(when), ",".join(days), said) if part)


def _range_text(first: int, last: int) -> str:
    low, high = (f"{MONTHS[one // 100 - 1]} {one % 100}" for one in (first, last))
    return low if first == last else f"{low}-{high}"


def span_text(span: Span) -> str:
    """Return a span as a rule writes it: ``08:00-22:00``, ``20:00-02:00``, ``09:00-29:00``."""
    start, end = span
    if end > DAY_MINUTES and start >= AFTERNOON and end - start < DAY_MINUTES:
        end -= DAY_MINUTES
    return f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"


def runs(numbers: Iterable[int], names: tuple[str, ...], first: int) -> list[str]:
    """Return names of sorted numbers, three and more in a row as a range;
    a range may run over the end (``Nov-Apr``).
    """
    found: list[list[int]] = []
    for one in sorted(numbers):
        if found and one == found[-1][-1] + 1:
            found[-1].append(one)
        else:
            found.append([one])
    if len(found) > 1 and found[0][0] == first and found[-1][-1] == first + len(names) - 1:
        found.append(found.pop() + found.pop(0))
    return [
        text
        for run in found
        for text in (
            [names[run[0] - first] + "-" + names[run[-1] - first]]
            if len(run) > 2
            else [names[one - first] for one in run]
        )
    ]


def _named(text: str, part: str, names: tuple[str, ...], first: int) -> tuple[int, ...]:
    """Return the sorted numbers of listed names and ranges of them; a range may run over the end."""
    found: set[int] = set()
    for item in part.split(","):
        ends = item.split("-")
        if len(ends) > 2 or any(end not in names for end in ends):
            raise _bad(text, item)
        low, high = names.index(ends[0]), names.index(ends[-1])
        found |= {first + one % len(names) for one in range(low, high + 1 if high >= low else high + 1 + len(names))}
    return tuple(sorted(found))


def _span(text: str, part: str) -> Span:
    match = _SPAN.fullmatch(part.strip())
    if match is None:
        raise _bad(text, part)
    h1, m1, h2, m2 = map(int, match.groups())
    start, end = 60 * h1 + m1, 60 * h2 + m2
    if m1 > 59 or m2 > 59 or start >= DAY_MINUTES or start == end or end > start + DAY_MINUTES:
        raise _bad(text, part)
    return start, end if end > start else end + DAY_MINUTES


def _dates(text: str, part: str) -> tuple[tuple[int, ...], tuple[Span, ...]]:
    """Return the whole months and the parts of the year that a rule names, both sorted."""
    months: list[str] = []
    dates: set[Span] = set()
    for item in part.split(","):
        match = _RANGE.fullmatch(item)
        if match is None:
            raise _bad(text, item)
        low, since, high, until, short = match.groups()
        if since is None and until is None and short is None:
            months.append(item)
            continue
        if since is None or (high is not None and until is None):
            raise _bad(text, item)
        dates.add((_date(text, low, since), _date(text, high or low, until or short or since)))
    return _named(text, ",".join(months), MONTHS, 1) if months else (), tuple(sorted(dates))


def _date(text: str, month: str, day: str) -> int:
    if month not in MONTHS or not 1 <= int(day) <= LAST_DAYS[MONTHS.index(month)]:
        raise _bad(text, f"{month} {day}")
    return 100 * (MONTHS.index(month) + 1) + int(day)


def _within(day: int, first: int, last: int) -> bool:
    return first <= day <= last if first <= last else day >= first or day <= last


def _merge(spans: Iterable[Span]) -> tuple[Span, ...]:
    cut = []
    for start, end in spans:
        # Sunday night runs on into Monday morning
        cut += [(start, end)] if end <= WEEK_MINUTES else [(start, WEEK_MINUTES), (0, end - WEEK_MINUTES)]
    merged: list[Span] = []
    for start, end in sorted(cut):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _bad(text: object, part: object) -> AtlasError:
    return AtlasError(
        N_("开放时间“{text}”读不懂“{part}”：请写成 24/7 或 Mo-Fr 08:00-22:00; Sa,Su 09:00-18:00。"),
        text=text,
        part=str(part).strip(),
    )
