"""Clock times as they are said: 上午8:30-12:00, 下午2:00-5:30, 晚上8点到2点, 20:00-次日2:00 → minutes of a day.

An hour without a mark may be of the morning or of the afternoon. A span that would run backwards without one is the
afternoon where it follows a morning, and nobody's guess else: never the night.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from geodata.hours import AFTERNOON, DAY_MINUTES, Span

PART = (
    r"(?:(?:次日|第二天|翌日|隔天|当天|当日)?(?:凌晨|清晨|早上|早晨|早间|早|上午|"
    r"午前|中午|正午|下午|午后|傍晚|晚上|晚间|夜间|夜晚|晚|夜)|次日|第二天|翌日|隔天)?"
)
_TIME = r"(?P<{0}>" + PART + r")\s?(?P<{0}h>\d{{1,2}})(?::(?P<{0}m>\d{{2}}))?"
NEXT = ("次日", "第二天", "翌日", "隔天")
NIGHT = {"晚上", "晚间", "夜间", "夜晚", "晚", "夜"}
_LATE = {"下午", "午后", "傍晚", *NIGHT}
_NOON = {"中午", "正午"}
HALF_DAY = DAY_MINUTES // 2


@dataclass(frozen=True, slots=True)
class Clock:
    """One time: hour and minute as written, mark of the part of the day (empty: none), whether it is the next day's."""

    hour: int
    minute: int
    mark: str
    tomorrow: bool

    @classmethod
    def of(cls, part: str, hour: str, minute: str | None) -> Clock:
        """Take a time as written; one that no clock shows has minute -1."""
        mark = re.sub("|".join((*NEXT, "当天", "当日")), "", part)
        at, minutes = int(hour), int(minute or 0)
        good = at <= 24 and minutes <= 59 and not (at == 24 and minutes)
        return cls(at, minutes if good else -1, mark, part.startswith(NEXT))

    @classmethod
    def read(cls, text: str) -> Clock:
        """Read a time that stands alone."""
        match = re.fullmatch(_TIME.format("a"), text)
        assert match is not None, text
        return cls.of(match["a"], match["ah"], match["am"])

    @property
    def minutes(self) -> int:
        """Minutes since midnight by its own mark, the next day's not counted."""
        at = 60 * self.hour + self.minute
        if self.mark in _LATE and self.hour < 12:
            return at + HALF_DAY
        if self.mark in NIGHT and self.hour == 12:
            return DAY_MINUTES
        if self.mark in _NOON and self.hour < 4:
            return at + HALF_DAY
        if self.mark == "凌晨" and self.hour == 12:
            return at - HALF_DAY
        return at

    @property
    def plain(self) -> bool:
        """Whether it could be meant twelve hours later."""
        return not self.mark and not self.tomorrow and self.hour <= 12


@dataclass(frozen=True, slots=True)
class Raw:
    """A span as written; `bare` when it is two numbers and nothing that says that they are hours."""

    start: Clock
    end: Clock
    bare: bool

    PATTERN: ClassVar[str] = _TIME.format("a") + r"\s?-\s?" + _TIME.format("b") + r"(?![\d:月日号年岁人元楼层%])"

    @classmethod
    def of(cls, match: re.Match[str]) -> Raw:
        """Take a span as the tokenizer found it."""
        return cls(
            Clock.of(match["a"], match["ah"], match["am"]),
            Clock.of(match["b"], match["bh"], match["bm"]),
            match["am"] is None and match["bm"] is None and not match["a"] and not match["b"],
        )


def resolve(raw: Raw, before: int | None, *, rest: bool = False) -> Span | None:
    """Return a span in minutes, or None where nobody can know which hours are meant.

    Parameters
    ----------
    raw : Raw
    before : int or None
        Where the span before it in the same list ends: minutes since midnight.
    rest : bool
        Whether it is a rest: one from noon to two is that of the day.
    """
    if raw.start.minute < 0 or raw.end.minute < 0:
        return None
    start, end = raw.start.minutes, raw.end.minutes
    if raw.start.tomorrow:
        return None  # 次日8:00-20:00: the day after which?
    if start >= DAY_MINUTES:
        start %= DAY_MINUTES
    if raw.end.tomorrow:
        end = end % DAY_MINUTES + DAY_MINUTES
        return (start, end) if start < end <= start + DAY_MINUTES else None
    if end == 0 or (end == DAY_MINUTES and raw.end.hour == 12):
        end = DAY_MINUTES
    if raw.bare and (raw.start.hour < 5 or raw.end.hour < 12) and end != DAY_MINUTES:
        return None  # 1-5: days, months or hours
    if before is not None and start < before and raw.start.plain:
        start += HALF_DAY  # 8:00-12:00 2:00-6:00
        if raw.end.plain and end <= start:
            end += HALF_DAY
        return (start, end) if before <= start < end <= DAY_MINUTES else None
    if start < end:
        return start, end
    if start == end:
        return None
    return _backwards(raw, start, end, before, rest=rest)


def _backwards(raw: Raw, start: int, end: int, before: int | None, *, rest: bool) -> Span | None:
    """Read a span whose end is written as an earlier hour than its start."""
    later = end + HALF_DAY
    if not raw.end.plain:  # 22:00-早上6:00, 晚上6点至凌晨2点; 下午5点至早上9点
        known = raw.start.mark in NIGHT or raw.start.mark == "傍晚" or start >= AFTERNOON or raw.end.mark == "凌晨"
        return (start, end + DAY_MINUTES) if known and end < HALF_DAY else None
    mark = raw.start.mark
    if mark in NIGHT:  # 晚上6点到10点 is one night; 晚上8点到2点 and 夜间18:00-8:00 run into the next day
        return (start, later) if later > start and raw.start.hour <= 12 else (start, end + DAY_MINUTES)
    if mark in (*_LATE, *_NOON):  # 下午2点到5点
        return (start, later) if start < later <= DAY_MINUTES else None
    if mark:  # 上午9点-5点
        return None
    if start >= AFTERNOON:
        return start, end + DAY_MINUTES
    if (
        start < later <= DAY_MINUTES
        and start >= HALF_DAY - 60
        and (rest or before is not None)
        and raw.start.hour <= 12
    ):
        return start, later  # 12:00-2:00休息; 8:00-11:30, 12:30-5:30
    return (start, end + DAY_MINUTES) if later <= start and start >= HALF_DAY else None
