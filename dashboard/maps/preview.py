"""The map of an import before it is one: where the rows of a file land, and where doubtful ones should perhaps lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from dashboard import theme
from dashboard.maps import canvas, map_style
from dashboard.words import Words
from layers.atlas import Atlas

BELOW = "label-county"
HIDDEN = frozenset(layer for layers in map_style.SWITCHED.values() for layer in layers)
SIZE = (560, 400)  # CSS pixels that the map has at least
TILE, MAX_ZOOM, LEAST_DEGREES = 512, 15.0, 0.004
MERCATOR_LATITUDE = 85.0
LANDED, READ, MENDED = theme.STATION, theme.RED, theme.TEAL

Pair = tuple[int, float, float, float, float]


def preview_map(
    atlas: Atlas,
    words: Words,
    lon: Sequence[float],
    lat: Sequence[float],
    names: Sequence[str],
    doubted: Sequence[Pair],
) -> dict[str, Any]:
    """Return the figure.

    Parameters
    ----------
    atlas : Atlas
        Of the geometry beneath.
    lon, lat, names
        Where rows land (degrees, WGS-84), and what they are called.
    doubted : sequence of (row, lon, lat, lon, lat)
        Rows with a doubtful place: as read, and as it would be once mended.
    """
    read = [pair for pair in doubted if _drawable(pair[1], pair[2])]
    mended = [pair for pair in doubted if _drawable(pair[3], pair[4])]
    joined = [pair for pair in read if _drawable(pair[3], pair[4])]
    line_lon, line_lat = [], []
    for _, west, south, east, north in joined:
        line_lon += [west, east, None]
        line_lat += [south, north, None]
    row = words("第 {row} 行")
    traces = [
        marks("landed", lon, lat, [escape(name) for name in names], size=8, color=LANDED, opacity=0.75),
        {
            "type": "scattermap",
            "name": "between",
            "mode": "lines",
            "below": BELOW,
            "lon": line_lon,
            "lat": line_lat,
            "hoverinfo": "skip",
            "line": {"color": theme.INK, "width": 1.4},
        },
        marks(
            "read",
            [one[1] for one in read],
            [one[2] for one in read],
            [f"{row.format(row=one[0])} · {words('按所选坐标系')}<br>{one[1]:.6f}, {one[2]:.6f}" for one in read],
            size=9,
            color=READ,
            opacity=1,
        ),
        marks(
            "mended",
            [one[3] for one in mended],
            [one[4] for one in mended],
            [f"{row.format(row=one[0])} · {words('更正后可能的位置')}<br>{one[3]:.6f}, {one[4]:.6f}" for one in mended],
            size=9,
            color=MENDED,
            opacity=1,
        ),
    ]
    every_lon = [*lon, *(one[1] for one in read), *(one[3] for one in mended)]
    every_lat = [*lat, *(one[2] for one in read), *(one[4] for one in mended)]
    return spots_figure(traces, atlas, words.lang, every_lon, every_lat)


def spots_figure(
    traces: list[dict[str, Any]],
    atlas: Atlas,
    lang: str,
    lon: Sequence[float],
    lat: Sequence[float],
    hidden: frozenset[str] = HIDDEN,
) -> dict[str, Any]:
    """Return a figure of marks on the atlas's own map, without the `hidden` layers, that shows all of `lon`, `lat`
    (degrees).
    """
    style = map_style.style(atlas, lang)
    style["layers"] = [layer for layer in style["layers"] if layer["id"] not in hidden]
    return {
        "data": traces,
        "layout": canvas.layout(style, spot(lon, lat)),
    }


def _drawable(lon: float, lat: float) -> bool:
    return abs(lon) <= 180 and abs(lat) <= MERCATOR_LATITUDE


def marks(name: str, lon: Sequence[float], lat: Sequence[float], text: list[str], **marker: Any) -> dict[str, Any]:
    """Return a trace of marks at `lon`, `lat` (degrees, WGS-84), with escaped `text` to hover."""
    return {
        "type": "scattermap",
        "name": name,
        "mode": "markers",
        "below": BELOW,
        "lon": list(lon),
        "lat": list(lat),
        "hovertext": text,
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": marker,
    }


def spot(lon: Sequence[float], lat: Sequence[float], size: tuple[int, int] = SIZE) -> dict[str, Any]:
    """Return centre and zoom that show all points in a map of `size` (width, height in CSS pixels).

    China when there is none.
    """
    if not lon:
        return {"center": {"lon": 104.0, "lat": 35.0}, "zoom": 2.6}
    west, south, east, north = min(lon), min(lat), max(lon), max(lat)
    width = max(east - west, LEAST_DEGREES) / 360
    height = max(_mercator(south) - _mercator(north), LEAST_DEGREES / 360)
    zoom = math.log2(0.82 * min(size[0] / (TILE * width), size[1] / (TILE * height)))
    return {"center": {"lon": (west + east) / 2, "lat": (south + north) / 2}, "zoom": max(1.0, min(MAX_ZOOM, zoom))}


def _mercator(lat: float) -> float:
    sine = math.sin(math.radians(lat))
    return 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)
