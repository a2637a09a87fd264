"""Filters ↔ URL query string, both ways, total.

Reading never fails: a value that cannot be used falls back to its default and
is told to the reader as a :class:`Message`. Writing names only what differs from
the defaults, in a fixed order, so that one view has one address.

A set that is empty is written ``none`` (and read from an empty value too), all of
what cannot be listed ``all``, and a choice taken back to nothing as an empty value.
A set that would read as one of these words, having a code of that name, says it twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from geodata.errors import N_, AtlasError
from geodata.message import Message
from layers.filters import (
    BASES,
    DETOUR,
    LANGUAGES,
    LAYERS,
    MAX_AREA_VERTICES,
    MEASURES,
    MODES,
    PROVENANCES,
    RADIUS_M,
    THEMES,
    Filters,
)

MAX_QUERY = 4_000
MAX_NOTICES = 4
ECHO = 24
NOTHING, EVERYTHING = "none", "all"
_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")


@dataclass(frozen=True, slots=True)
class View:
    """Where the map stands: centre in degrees (WGS-84) and zoom; None follows the place."""

    lon: float
    lat: float
    zoom: float


@dataclass(frozen=True, slots=True)
class State:
    """What a query string says."""

    filters: Filters
    view: View | None = None
    notices: tuple[Message, ...] = ()


def _code(text: str) -> str:
    if not _CODE.match(text):
        raise ValueError(text)
    return text


def _adcode(text: str) -> str:
    if not re.fullmatch(r"[0-9]{6}", text):
        raise ValueError(text)
    return text


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(text)
        return text

    return read


def _codes(text: str) -> frozenset[str]:
    return frozenset() if text in ("", NOTHING) else frozenset(_code(part) for part in text.split("."))


def _codes_or_all(text: str) -> frozenset[str] | None:
    return None if text == EVERYTHING else _codes(text)


def _some_of(*allowed: str) -> Callable[[str], frozenset[str]]:
    one = _one_of(*allowed)
    return lambda text: frozenset() if text in ("", NOTHING) else frozenset(one(part) for part in text.split("."))


def _or_none(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: read(text) if text else None


def _within(low: float, high: float, kind: type) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        number = kind(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return read


def _area(text: str) -> tuple[tuple[float, float], ...]:
    if text in ("", NOTHING):
        return ()
    numbers = [float(part) for part in text.split("_")]
    points = tuple(zip(numbers[::2], numbers[1::2], strict=True))
    if not 3 <= len(points) <= MAX_AREA_VERTICES or not all(
        -180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in points
    ):
        raise ValueError(text)
    return points


def _view(text: str) -> View:
    lon, lat, zoom = (float(part) for part in text.split("_"))
    if not (-180 <= lon <= 180 and -85 <= lat <= 85 and 0 <= zoom <= 22):
        raise ValueError(text)
    return View(lon, lat, zoom)


def _set_text(values: frozenset[str] | None) -> str:
    if values is None:
        return EVERYTHING
    text = ".".join(sorted(values)) or NOTHING
    return f"{text}.{text}" if values and text in (NOTHING, EVERYTHING) else text


def _text_or_none(write: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: "" if value is None else write(value)


def _points_text(points: tuple[tuple[float, float], ...]) -> str:
    return "_".join(f"{degree:.5f}" for point in points for degree in point) or NOTHING


@dataclass(frozen=True, slots=True)
class _Codec:
    field: str
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


def _optional(field: str, read: Callable[[str], Any], write: Callable[[Any], str] = str) -> _Codec:
    """Return the codec of a field that may be None: an empty value,
    which only an address says whose default is another.
    """
    return _Codec(field, _or_none(read), _text_or_none(write))


# query key → how its text and the field of Filters become each other
CODECS: dict[str, _Codec] = {
    "place": _Codec("place", _adcode),
    "region": _optional("region", _code),
    "grid": _optional("grid", _code),
    "layers": _Codec("layers", _some_of(*LAYERS), _set_text),
    "from": _optional("start", date.fromisoformat, date.isoformat),
    "to": _optional("end", date.fromisoformat, date.isoformat),
    "hour": _optional("hour", _within(0, 23, int)),
    "day": _Codec("day", _within(1, 7, int)),
    "facilities": _Codec("facilities", _codes, _set_text),
    "always": _Codec("always", lambda text: _one_of("1", "0")(text) == "1", lambda on: "1" if on else "0"),
    "inspected": _optional("inspected_days", _within(1, 3650, int)),
    "sectors": _Codec("sectors", _codes_or_all, _set_text),
    "mode": _optional("mode", _one_of(*MODES)),
    "kinds": _Codec("kinds", _codes_or_all, _set_text),
    "provenance": _Codec("provenance", _some_of(*PROVENANCES), _set_text),
    "group": _optional("worker_group", _code),
    "radius": _Codec("radius", _within(*RADIUS_M, int)),
    "detour": _Codec("detour", _within(*DETOUR, float)),
    "measure": _Codec("measure", _one_of(*MEASURES)),
    "station": _optional("station", _code),
    "fair": _optional("fair", _code),
    "area": _Codec("area", _area, _points_text),
    "asof": _optional("as_of", date.fromisoformat, date.isoformat),
    "lang": _Codec("lang", _one_of(*LANGUAGES)),
    "theme": _Codec("theme", _one_of(*THEMES)),
    "base": _Codec("base", _one_of(*BASES)),
}
VIEW_KEY = "v"


def _bad_value(key: str, text: str) -> Message:
    shown = text if len(text) <= ECHO else text[:ECHO] + "…"
    return Message(N_("地址中的“{key}={value}”不可用，已按默认处理。"), {"key": key, "value": shown})


def parse(query: str, default: Filters | None = None, own: Collection[str] = ()) -> State:
    """Read a query string.

    Parameters
    ----------
    query : str
        With or without the leading ``?``; anything at all.
    default : Filters, optional
        What fields take that the query does not name.
    own : collection of str
        Keys that the page reads itself: not told as unknown; one that is also a key of Filters is read by both.

    Returns
    -------
    State
        Filters that can be used as they are, the map's view, and a notice for
        each value that was ignored (at most :data:`MAX_NOTICES`).
    """
    default = default or Filters()
    notices: list[Message] = []
    query = (query or "").removeprefix("?")
    if len(query) > MAX_QUERY:
        # a cut-off tail could turn one valid value into another: nothing of it is used
        return State(
            default, None, (Message(N_("地址过长（超过 {limit} 个字符），已全部按默认处理。"), {"limit": MAX_QUERY}),)
        )
    values: dict[str, Any] = {}
    view = None
    for key, text in parse_qsl(query, keep_blank_values=True, errors="replace"):
        codec = CODECS.get(key)
        try:
            if key == VIEW_KEY:
                view = _view(text)
            elif key in own and codec is None:
                continue
            elif codec is None:
                notices.append(Message(N_("地址中的“{key}”不认识，已忽略。"), {"key": key[:ECHO]}))
            else:
                values[codec.field] = codec.read(text)
        except (ValueError, OverflowError):
            notices.append(_bad_value(key, text))
    try:
        filters = default.having(**values)
    except AtlasError as error:
        notices.append(error.message)
        values.pop("start", None)
        values.pop("end", None)
        filters = default.having(**values)
    if len(notices) > MAX_NOTICES:
        more = len(notices) - MAX_NOTICES + 1
        notices[MAX_NOTICES - 1 :] = [Message(N_("另有 {more} 处不可用，已忽略。"), {"more": more})]
    return State(filters, view, tuple(notices))


def write(filters: Filters, view: View | None = None, default: Filters | None = None) -> str:
    """Return the query string of `filters`, with its ``?``, or ``""`` for the defaults."""
    default = default or Filters()
    pairs = []
    for key, codec in CODECS.items():
        value = getattr(filters, codec.field)
        if value != getattr(default, codec.field):
            pairs.append((key, codec.write(value)))
    if view is not None:
        pairs.append((VIEW_KEY, f"{view.lon:.5f}_{view.lat:.5f}_{view.zoom:.2f}"))
    return "?" + urlencode(pairs) if pairs else ""
