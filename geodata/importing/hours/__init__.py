"""Opening hours as people write them → rules of :mod:`geodata.hours`.

Text → tokens (:mod:`.tokens`) → statements (:mod:`.tree`) → rules (:mod:`.to_osm`). What is not understood to the end
is no hours at all: :class:`NotHours`, and the row's hours are unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from geodata import hours
from geodata.errors import AtlasError
from geodata.importing.hours.to_osm import apart, compiled
from geodata.importing.hours.tokens import MAX_LENGTH, NotHours, tokenize
from geodata.importing.hours.tree import parse

__all__ = ["NotHours", "Read", "read", "to_hours"]

_OVERNIGHT = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class Read:
    """What has been read: the hours as :mod:`geodata.hours` writes them, and whether a season's months were assumed."""

    hours: str
    guessed: bool


#: 平日 beside 假日 that is not 节假日: weekends are one of the two, and nobody can tell which.
_UNSURE_WEEKENDS = re.compile(r"平[日时].*(?<!节)假日|(?<!节)假日.*平[日时]", re.DOTALL)
_WEEKENDS = re.compile(r"周末|(?:周|星期|礼拜)[六日天]|双休|休息日|每[天日]")


@lru_cache(maxsize=8192)
def read(text: str) -> Read:
    """Read opening hours.

    Days that are not named are closed when others are, open when none are.

    Raises
    ------
    NotHours
        Names the part where reading stopped, where there is one.
    """
    text = text.strip()
    if (stored := _stored(text)) is not None:
        return Read(stored, guessed=False)
    if _UNSURE_WEEKENDS.search(text) and not _WEEKENDS.search(text):
        raise NotHours(text[:20])
    try:
        said, guessed = compiled(parse(tokenize(text)))
        hours.parse(said)
    except NotHours as error:
        raise NotHours(error.part or text[:20]) from error
    except AtlasError as error:
        raise NotHours(text[:20]) from error
    return Read(said, guessed)


def to_hours(text: str) -> str:
    """Return opening hours in the grammar of :mod:`geodata.hours`; raises as :func:`read`."""
    return read(text).hours


def _stored(text: str) -> str | None:
    """Return text that is in the grammar of :mod:`geodata.hours` already,
    as it is kept; None where it is not, or is unclear.
    """
    if len(text) > 4 * MAX_LENGTH:
        return None
    try:
        found = hours.rules(text)
    except AtlasError:
        return None
    for rule in found:
        if any(a[1] > b[0] for a, b in pairwise(rule.spans)):
            return None
    for h1, m1, h2, m2 in _OVERNIGHT.findall(text):
        start, end = 60 * int(h1) + int(m1), 60 * int(h2) + int(m2)
        if end > hours.DAY_MINUTES and len(h1) < 2:
            return None  # 8:00-25:00: a slip of the pen
        if 0 < end <= start < hours.AFTERNOON:  # 8:30-5:30: our own rules write 08:30-29:30
            return None
    timed = [rule for rule in found if rule.days]
    if (
        len(timed) > 1
        and not any(rule.added for rule in found)
        and any(end > hours.DAY_MINUTES for rule in timed for _, end in rule.spans)
    ):
        if any(rule.holidays for rule in timed):
            return None
        return hours.written((*apart(timed), *(rule for rule in found if not rule.days)))
    if text == "24/7":
        return text
    return hours.written(found)
