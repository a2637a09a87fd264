"""Colours and type of map and charts, by the names that figures use, and the shared frame of every chart.

The values are those of :mod:`dashboard.theme.tokens`. A chart names its template
(``atlas``); :func:`dashboard.theme.recolour.themed` puts in what the name stands
for in the reader's theme.
"""

from __future__ import annotations

from typing import Any

from dashboard.theme import tokens
from dashboard.theme.templates import NAMES

INK, MUTED, FAINT, HAIRLINE, PAPER = (tokens.value(one) for one in ("ink", "muted", "faint", "hairline", "paper"))
LAND, ABROAD, WATER, NO_DATA = (tokens.value(one) for one in ("land", "abroad", "water", "no-data"))
RED, TEAL, DEEP = (tokens.value(one) for one in ("red", "teal", "deep"))
STATION, FAIR, ACTIVITY, FLOW, ENTERPRISE = (
    tokens.value(one) for one in ("station", "fair", "activity", "flow", "enterprise")
)
FAIR_SAMPLE, BELOW, BARRED = (tokens.value(one) for one in ("fair-sample", "below", "barred"))
PROVINCE_LINE, SHORE_LINE, LINE_AT_SEA = (tokens.value(one) for one in ("line-province", "line-shore", "line-at-sea"))
RIVER, LAKE, NAME_WATER = (tokens.value(one) for one in ("river", "lake", "name-water"))
LABEL_HALO, STATION_WASH, STATION_DISC, RED_WASH, RED_DISC = (
    tokens.value(one) for one in ("label-halo", "station-wash", "station-disc", "red-wash", "red-disc")
)
STATION_BREATH = tokens.value("station-breath")
CLEAR = "rgba(0,0,0,0)"


def _run(name: str, count: int) -> tuple[str, ...]:
    return tuple(tokens.value(f"{name}-{at}") for at in range(1, count + 1))


SEQUENCE = _run("ramp", 6)
REACHED, UNREACHED, NIGHT_ONLY, NEW, UNPLACED = (
    _run(one, 3) for one in ("reached", "unreached", "night", "new", "unplaced")
)
CATEGORIES = _run("category", 6)

FONT = tokens.FONT
TINY, NOTE, SMALL, BODY = (tokens.TYPE[one][0] for one in ("tiny", "note", "small", "body"))
PROVENANCE_PATTERN = {"reported": "", "derived": ".", "illustrative": "/", "mixed": "x"}


def hatched(provenance: str | list[str | None] | None) -> dict[str, Any]:
    """Return the pattern of bars of a provenance (or one each): what is made up is hatched over its colour."""
    codes = provenance if isinstance(provenance, list) else [provenance]
    shapes = [PROVENANCE_PATTERN.get(code or "", "") for code in codes]
    return {
        "shape": shapes if isinstance(provenance, list) else shapes[0],
        "fillmode": "overlay",
        "fgcolor": PAPER,
        "fgopacity": 0.75,
        "size": 6,
        "solidity": 0.22,
    }


def coloured(colors: list[str], provenance: list[str | None]) -> dict[str, Any]:
    """Return the markers of bars that each have a colour and a provenance of their own.

    plotly.js takes the colours from the pattern here: over a list of colours it would look for an ink that contrasts
    with the whole list, and warn that a list is no colour. A bar that is not made up is hatched in its own colour.
    """
    pattern = hatched(provenance) | {"fillmode": "replace"}
    if not any(pattern["shape"]):
        return {"color": colors, "pattern": pattern}
    inks = [PAPER if shape else color for shape, color in zip(pattern["shape"], colors, strict=True)]
    return {
        "color": colors[0],
        "pattern": pattern
        | {
            "shape": [one or PROVENANCE_PATTERN["illustrative"] for one in pattern["shape"]],
            "bgcolor": colors,
            "fgcolor": inks,
        },
    }


FEWEST_ROWS = 5


def rows(count: int) -> list[float]:
    """Return the range of an axis of `count` bars, top down: few bars stay bars and do not become walls."""
    return [count - 0.5 - max(count, FEWEST_ROWS), count - 0.5]


WIDEST_NAME = 14.5


def width(text: str) -> float:
    """Return about how wide `text` is, in Chinese characters: a Latin letter is about half of one."""
    return sum(1.0 if one > "\u2e80" else 0.53 for one in text)


def brief(name: str) -> str:
    """Return a name as an axis or the end of a line has room for it; hover and table say the whole of it."""
    while width(name) > WIDEST_NAME:
        name = name.removesuffix("…")[:-1].rstrip() + "…"
    return name


def blank() -> dict[str, Any]:
    """Return a figure of nothing: no axes, and the ground of the page shows through until it is drawn."""
    return {
        "data": [],
        "layout": {
            "xaxis": {"visible": False},
            "yaxis": {"visible": False},
            "paper_bgcolor": CLEAR,
            "plot_bgcolor": CLEAR,
        },
    }


def chart_layout(**changes: Any) -> dict[str, Any]:
    """Return the layout that every chart starts from: the template by its name, with `changes` on top."""
    return {"template": NAMES["light"], "autosize": True, **changes}
