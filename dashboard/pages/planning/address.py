"""Plan ↔ URL query string, both ways, total: the keys of the planning page beside those of Filters."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

from dashboard.state import ECHO, MAX_NOTICES, MAX_QUERY
from geodata.errors import N_, AtlasError
from geodata.message import Message
from layers.siting.ask import DECIMALS, MOST_NEW, MOST_POINTS, SOURCES, STEP_M, Ask, hours_of, hours_text
from layers.siting.comparing import MOST as MOST_COMPARED
from layers.siting.solver import MODELS

SITE_DECIMALS = 6
NOTHING = "none"
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,40}\Z")
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the planning page shows, beside :class:`~layers.filters.Filters`.

    Attributes
    ----------
    ask : Ask
    run : bool
        Whether the answer is asked for: an address with it opens with the answer.
    sites : tuple of (float, float)
        Sites placed by hand, degrees; they take the place of the answer.
    scenario : str or None
        The scenario that is open: its answer is shown as it was saved.
    compare : tuple of str
        Scenarios side by side.
    swipe : bool
        Whether before and after lie one over the other.
    """

    ask: Ask = field(default_factory=Ask)
    run: bool = False
    sites: Points = ()
    scenario: str | None = None
    compare: tuple[str, ...] = ()
    swipe: bool = False

    def having(self, **changes: Any) -> Self:
        """Return a copy with `changes`."""
        return replace(self, **changes)

    def asking(self, **changes: Any) -> Self:
        """Return a copy that asks something else: what was found for the old question goes."""
        return replace(self, ask=self.ask.having(**changes), sites=(), scenario=None)


def _within(low: float, high: float, kind: type) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        number = kind(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return read


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(text)
        return text

    return read


def _id(text: str) -> str:
    if not _ID.match(text):
        raise ValueError(text)
    return text


def _ids(text: str) -> tuple[str, ...]:
    if text in ("", NOTHING):
        return ()
    return tuple(dict.fromkeys(_id(part) for part in text.split("~")))


def _hours(text: str) -> tuple[int, ...] | None:
    return None if text in ("", NOTHING) else hours_of(text)


def _ids_text(ids: tuple[str, ...]) -> str:
    text = "~".join(ids) or NOTHING
    return f"{text}~{text}" if ids and text == NOTHING else text


def _points(text: str) -> Points:
    if text in ("", NOTHING):
        return ()
    numbers = [float(part) for part in text.split("_")]
    points = tuple((lon, lat) for lon, lat in zip(numbers[::2], numbers[1::2], strict=True))
    if not 1 <= len(points) <= MOST_POINTS or not all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in points):
        raise ValueError(text)
    return points


def _points_text(decimals: int) -> Callable[[Points], str]:
    return lambda points: "_".join(f"{degree:.{decimals}f}" for point in points for degree in point) or NOTHING


def _number(value: float) -> str:
    return f"{value:.15g}"


def _flag(text: str) -> bool:
    return _one_of("1", "0")(text) == "1"


def _maybe(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: None if text == NOTHING else read(text)


@dataclass(frozen=True, slots=True)
class _Codec:
    field: str
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


_YUAN = _within(0, 1e12, float)
ASKED: dict[str, _Codec] = {
    "model": _Codec("model", _one_of(*MODELS)),
    "new": _Codec("new", _maybe(_within(0, MOST_NEW, int))),
    "budget": _Codec("budget", _YUAN, _number),
    "cost": _Codec("cost", _YUAN, _number),
    "spacing": _Codec("spacing", _within(0, 20_000, float), _number),
    "cover": _Codec("cover", _within(1, 5, int)),
    "hours": _Codec("hours", _hours, hours_text),
    "opening": _Codec("opening", str),
    "candidates": _Codec("source", _one_of(*SOURCES)),
    "step": _Codec("step", _within(*STEP_M, int)),
    "points": _Codec("points", _points, _points_text(DECIMALS)),
    "force": _Codec("force", _ids, _ids_text),
    "forbid": _Codec("forbid", _ids, _ids_text),
}
SHOWN: dict[str, _Codec] = {
    "run": _Codec("run", _flag, lambda on: "1" if on else "0"),
    "sites": _Codec("sites", _points, _points_text(SITE_DECIMALS)),
    "scenario": _Codec("scenario", _id),
    "compare": _Codec("compare", _ids, _ids_text),
    "swipe": _Codec("swipe", _flag, lambda on: "1" if on else "0"),
}
OWN_KEYS = (*ASKED, *SHOWN)


def parse(query: str) -> tuple[Plan, tuple[Message, ...]]:
    """Return the plan that `query` says, with a notice for each value of the page's own keys that was ignored."""
    query = (query or "").removeprefix("?")
    if len(query) > MAX_QUERY:
        return Plan(), ()  # told by the reader of Filters
    notices: list[Message] = []
    asked: dict[str, Any] = {}
    shown: dict[str, Any] = {}
    for key, text in parse_qsl(query, keep_blank_values=True, errors="replace"):
        values, codec = (asked, ASKED[key]) if key in ASKED else (shown, SHOWN[key]) if key in SHOWN else (None, None)
        if codec is None:
            continue
        try:
            values[codec.field] = codec.read(text)
        except (ValueError, OverflowError, AtlasError):
            cut = text if len(text) <= ECHO else text[:ECHO] + "…"
            notices.append(Message(N_("地址中的“{key}={value}”不可用，已按默认处理。"), {"key": key, "value": cut}))
    compared = shown.get("compare", ())
    if len(compared) > MOST_COMPARED:
        shown["compare"] = compared[:MOST_COMPARED]
    return Plan(_ask(asked, notices), **shown), tuple(notices[:MAX_NOTICES])


def _ask(values: dict[str, Any], notices: list[Message]) -> Ask:
    """Return the Ask of `values`; those that do not go together are left out one after the other, and told."""
    made = Ask()
    for codec in ASKED.values():
        if codec.field in values:
            try:
                made = made.having(**{codec.field: values[codec.field]})
            except AtlasError as error:
                notices.append(error.message)
    both = set(made.force) & set(made.forbid)
    return made.having(forbid=tuple(one for one in made.forbid if one not in both)) if both else made


def write(plan: Plan) -> str:
    """Return the keys of `plan` that differ from the defaults, as ``key=value&…``, without a leading sign."""
    default, pairs = Plan(), []
    for codecs, holder, usual in ((ASKED, plan.ask, default.ask), (SHOWN, plan, default)):
        for key, codec in codecs.items():
            value = getattr(holder, codec.field)
            if value != getattr(usual, codec.field):
                pairs.append((key, NOTHING if value is None else codec.write(value)))
    return urlencode(pairs)


def whole(filters_query: str, plan: Plan) -> str:
    """Return the query string, with its ``?``, of filters (as the context writes them) and plan."""
    parts = [part for part in (filters_query.removeprefix("?"), write(plan)) if part]
    return "?" + "&".join(parts) if parts else ""
