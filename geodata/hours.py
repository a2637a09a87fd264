"""Opening hours: the part of OpenStreetMap's ``opening_hours`` that stations need.

``24/7`` · ``08:00-22:00`` · ``Mo-Fr 08:00-22:00; Sa,Su 09:00-12:00,14:00-18:00`` ·
``Mo-Su 20:00-02:00`` (past midnight) · ``Su off``. As in OpenStreetMap, a later
rule replaces an earlier one on the days that it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
_RULE = re.compile(r"(?:(?P<days>[A-Z][a-z](?:[-,][A-Z][a-z])*)\s+)?(?P<spans>off|[\d:,\-\s]+)")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """When something is open in a week.

    Attributes
    ----------
    spans : tuple of (int, int)
        Half-open spans ``[from, to)`` in minutes since Monday 00:00, sorted,
        apart from each other, none past the end of the week.
    """

    spans: tuple[tuple[int, int], ...]

    @property
    def always(self) -> bool:
        """Whether it is open 24 hours on every day."""
        return self.spans == ((0, WEEK_MINUTES),)

    def open_at(self, day: int, minute: int) -> bool:
        """Return whether it is open on ISO weekday `day` (1 Monday - 7) at `minute` (0-1439) of the day."""
        if not (1 <= day <= 7 and 0 <= minute < DAY_MINUTES):
            raise AtlasError(N_("没有星期 {day} 第 {minute} 分钟：星期取 1 到 7，分钟取 0 到 1439。"),
                             day=day, minute=minute)
        at = (day - 1) * DAY_MINUTES + minute
        return any(start <= at < end for start, end in self.spans)


def parse(text: str) -> WeeklyHours:
    """Read opening hours.

    Raises
    ------
    AtlasError
        Says what could not be read and shows a form that can.
    """
    if not isinstance(text, str) or not text.strip():
        raise _bad(text, text)
    if text.strip() == "24/7":
        return WeeklyHours(((0, WEEK_MINUTES),))
    by_day: dict[int, list[tuple[int, int]]] = {}
    for rule in text.split(";"):
        match = _RULE.fullmatch(rule.strip())
        if match is None:
            raise _bad(text, rule)
        days = _days(text, match["days"]) if match["days"] else range(7)
        spans = [] if match["spans"] == "off" else [_span(text, part) for part in match["spans"].split(",")]
        by_day.update(dict.fromkeys(days, spans))
    return WeeklyHours(_merge((day * DAY_MINUTES + start, day * DAY_MINUTES + end)
                              for day, spans in by_day.items() for start, end in spans))


def open_matrix(texts: Iterable[str | None]) -> NDArray[np.bool_]:
    """Return what is open on the hour, shape (n, 7, 24): row, ISO weekday - 1, hour.

    A missing text is closed all week: hours that nobody knows cannot be relied on.
    """
    texts = list(texts)
    known = {text: _matrix(parse(text)) for text in set(texts) if isinstance(text, str)}
    closed = np.zeros((7, 24), bool)
    if not texts:
        return np.zeros((0, 7, 24), bool)
    return np.stack([known.get(text, closed) if isinstance(text, str) else closed for text in texts])


def _matrix(hours: WeeklyHours) -> NDArray[np.bool_]:
    at = np.arange(7 * 24) * 60
    is_open = np.zeros(7 * 24, bool)
    for start, end in hours.spans:
        is_open |= (at >= start) & (at < end)
    return is_open.reshape(7, 24)


def _days(text: str, part: str) -> list[int]:
    days: list[int] = []
    for item in part.split(","):
        ends = item.split("-")
        if len(ends) > 2 or any(end not in DAYS for end in ends):
            raise _bad(text, item)
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        days += [day % 7 for day in range(first, last + 1 if last >= first else last + 8)]
    return days


def _span(text: str, part: str) -> tuple[int, int]:
    match = _SPAN.fullmatch(part.strip())
    if match is None:
        raise _bad(text, part)
    h1, m1, h2, m2 = map(int, match.groups())
    start, end = 60 * h1 + m1, 60 * h2 + m2
    if m1 > 59 or m2 > 59 or start >= DAY_MINUTES or end > DAY_MINUTES or start == end:
        raise _bad(text, part)
    return start, end if end > start else end + DAY_MINUTES


def _merge(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    cut = []
    for start, end in spans:
        # Sunday night runs on into Monday morning
        cut += [(start, end)] if end <= WEEK_MINUTES else [(start, WEEK_MINUTES), (0, end - WEEK_MINUTES)]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(cut):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _bad(text: object, part: object) -> AtlasError:
    return AtlasError(N_("开放时间“{text}”读不懂“{part}”：请写成 24/7 或 Mo-Fr 08:00-22:00; Sa,Su 09:00-18:00。"),
                      text=text, part=str(part).strip())
