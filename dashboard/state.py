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

from dashboard import query_string
from dashboard.query_string import ECHO, NOTHING, Codec, flag, one_of, optional, points, points_text, within
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
    PROXIES,
    RADIUS_M,
    THEMES,
    WAYS,
    Filters,
)

MAX_QUERY = 4_000
MAX_NOTICES = 4
EVERYTHING = "all"
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


def _codes(text: str) -> frozenset[str]:
    return frozenset() if text in ("", NOTHING) else frozenset(_code(part) for part in text.split("."))


def _codes_or_all(text: str) -> frozenset[str] | None:
    return None if text == EVERYTHING else _codes(text)


def _some_of(*allowed: str) -> Callable[[str], frozenset[str]]:
    one = one_of(*allowed)
    return lambda text: frozenset() if text in ("", NOTHING) else frozenset(one(part) for part in text.split("."))


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


# query key → how its text and the field of Filters become each other
CODECS: dict[str, Codec] = {
    "place": Codec("place", _adcode),
    "region": optional("region", _code),
    "grid": optional("grid", _code),
    "layers": Codec("layers", _some_of(*LAYERS), _set_text),
    "from": optional("start", date.fromisoformat, date.isoformat),
    "to": optional("end", date.fromisoformat, date.isoformat),
    "hour": optional("hour", within(0, 23, int)),
    "day": Codec("day", within(1, 7, int)),
    "facilities": Codec("facilities", _codes, _set_text),
    "always": flag("always"),
    "inspected": optional("inspected_days", within(1, 3650, int)),
    "sectors": Codec("sectors", _codes_or_all, _set_text),
    "mode": optional("mode", one_of(*MODES)),
    "kinds": Codec("kinds", _codes_or_all, _set_text),
    "provenance": Codec("provenance", _some_of(*PROVENANCES), _set_text),
    "group": optional("worker_group", _code),
    "proxy": Codec("proxy", one_of(*PROXIES)),
    "radius": Codec("radius", within(*RADIUS_M, int)),
    "detour": Codec("detour", within(*DETOUR, float)),
    "way": optional("way", one_of(*WAYS)),
    "measure": Codec("measure", one_of(*MEASURES)),
    "station": optional("station", _code),
    "fair": optional("fair", _code),
    "area": Codec("area", points(3, MAX_AREA_VERTICES), points_text(5)),
    "asof": optional("as_of", date.fromisoformat, date.isoformat),
    "lang": Codec("lang", one_of(*LANGUAGES)),
    "theme": Codec("theme", one_of(*THEMES)),
    "base": Codec("base", one_of(*BASES)),
}
VIEW_KEY = "v"


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
    query = (query or "").removeprefix("?")
    if len(query) > MAX_QUERY:
        # a cut-off tail could turn one valid value into another: nothing of it is used
        return State(
            default, None, (Message(N_("地址过长（超过 {limit} 个字符），已全部按默认处理。"), {"limit": MAX_QUERY}),)
        )
    parts = query_string.pairs(query)
    values, notices = query_string.read(parts, CODECS)
    seen, bad = query_string.read(parts, {VIEW_KEY: Codec("view", _view)})
    strange = [key for key, _ in parts if key not in CODECS and key != VIEW_KEY and key not in own]
    notices += bad + [Message(N_("地址中的“{key}”不认识，已忽略。"), {"key": key[:ECHO]}) for key in strange]
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
    return State(filters, seen.get("view"), tuple(notices))


def write(filters: Filters, view: View | None = None, default: Filters | None = None) -> str:
    """Return the query string of `filters`, with its ``?``, or ``""`` for the defaults."""
    parts = query_string.written(CODECS, filters, default or Filters())
    if view is not None:
        parts.append((VIEW_KEY, f"{view.lon:.5f}_{view.lat:.5f}_{view.zoom:.2f}"))
    return query_string.text(parts)
