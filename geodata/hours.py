"""Opening hours: the part of OpenStreetMap's ``opening_hours`` that stations need.

``24/7`` · ``08:00-22:00`` · ``Mo-Fr 08:00-22:00; Sa,Su 09:00-12:00,14:00-18:00`` ·
``Mo-Su 20:00-02:00`` (past midnight) · ``Su off`` · ``May-Oct 08:00-20:00; Nov-Apr 09:00-18:00``
(whole months) · ``PH off`` (public holidays) · ``off``. As in OpenStreetMap, a later
rule replaces an earlier one on the days that it names.

Rules of public holidays are kept and shown, but no question of the atlas asks for one: hours are asked for a
weekday, and the State Council sets the holidays anew each year.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HOLIDAY = "PH"
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
_RULE = re.compile(
    r"(?:(?P<months>[A-Z][a-z]{2}(?:[-,][A-Z][a-z]{2})*)\s+)?(?:(?P<days>[A-Z][a-zH](?:[-,][A-Z][a-zH])*)\s+)?(?P<spans>off|[\d:,\-\s]+)"
)
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
    """

    months: tuple[int, ...]
    days: tuple[int, ...]
    holidays: bool
    spans: tuple[Span, ...]


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


def parse(text: str, month: int | None = None) -> WeeklyHours:
    """Read opening hours as a week without public holidays.

    Parameters
    ----------
    text : str
    month : int, optional
        Month 1 to 12 that the week lies in; None: what is open in every month.

    Raises
    ------
    AtlasError
        Says what could not be read and shows a form that can.
    """
    found = rules(text)
    if month is not None or not any(rule.months for rule in found):
        return _week(found, month or 1)
    weeks = [_week(found, one).spans for one in range(1, 13)]
    common = weeks[0]
    for spans in weeks[1:]:
        common = tuple((max(a, c), min(b, d)) for a, b in common for c, d in spans if max(a, c) < min(b, d))
    return WeeklyHours(common)


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
    for part in text.split(";"):
        match = _RULE.fullmatch(part.strip())
        if match is None:
            raise _bad(text, part)
        months = _named(text, match["months"], MONTHS, 1) if match["months"] else ()
        named = [one for one in (match["days"] or "").split(",") if one]
        days = _named(text, ",".join(one for one in named if one != HOLIDAY), DAYS, 0) if set(named) - {HOLIDAY} else ()
        spans = () if match["spans"] == "off" else tuple(_span(text, one) for one in match["spans"].split(","))
        found.append(Rule(months, days if named else tuple(range(7)), HOLIDAY in named, spans))
    return tuple(found)


def written(found: Iterable[Rule]) -> str:
    """Return rules as text: what :func:`rules` reads back as the same rules."""
    return "; ".join(_written(rule) for rule in found)


def open_matrix(texts: Iterable[str | None], month: int | None = None) -> NDArray[np.bool_]:
    """Return what is open on the hour, shape (n, 7, 24): row, ISO weekday - 1, hour.

    Parameters
    ----------
    texts : iterable of str
        A missing text is closed all week: hours that nobody knows cannot be relied on.
    month : int, optional
        As in :func:`parse`.
    """
    texts = list(texts)
    known = {text: _matrix(parse(text, month)) for text in set(texts) if isinstance(text, str)}
    closed = np.zeros((7, 24), bool)
    if not texts:
        return np.zeros((0, 7, 24), bool)
    return np.stack([known.get(text, closed) if isinstance(text, str) else closed for text in texts])


def _week(found: Iterable[Rule], month: int) -> WeeklyHours:
    by_day: dict[int, tuple[Span, ...]] = {}
    for rule in found:
        if not rule.months or month in rule.months:
            by_day.update(dict.fromkeys(rule.days, rule.spans))
    return WeeklyHours(
        _merge(
            (day * DAY_MINUTES + start, day * DAY_MINUTES + end)
            for day, spans in by_day.items()
            for start, end in spans
        )
    )


def _matrix(hours: WeeklyHours) -> NDArray[np.bool_]:
    at = np.arange(7 * 24) * 60
    is_open = np.zeros(7 * 24, bool)
    for start, end in hours.spans:
        is_open |= (at >= start) & (at < end)
    return is_open.reshape(7, 24)


def _written(rule: Rule) -> str:
    said = ",".join(f"{start // 60:02d}:{start % 60:02d}-{_end(end)}" for start, end in rule.spans) or "off"
    days = [HOLIDAY] if rule.holidays else []
    if rule.days and (rule.holidays or len(rule.days) < 7):
        days = [*runs(rule.days, DAYS, 0), *days]
    return " ".join(part for part in (",".join(runs(rule.months, MONTHS, 1)), ",".join(days), said) if part)


def _end(minute: int) -> str:
    minute = minute if minute <= DAY_MINUTES else minute - DAY_MINUTES
    return f"{minute // 60:02d}:{minute % 60:02d}"


def runs(numbers: Iterable[int], names: tuple[str, ...], first: int) -> list[str]:
    """Return names of sorted numbers, three and more in a row as a range; a range may run over the end (``Nov-Apr``)."""
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
    if m1 > 59 or m2 > 59 or start >= DAY_MINUTES or end > DAY_MINUTES or start == end:
        raise _bad(text, part)
    return start, end if end > start else end + DAY_MINUTES


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
