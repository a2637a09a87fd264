"""Labels of a picture of the map, laid as MapLibre lays them: the last layer of the style first, none over another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.maps import map_style
from dashboard.maps.projection import Frame

PADDING = 4
# where a text stands to the point: its anchor of SVG, and how far its middle lies from the point, in halves of its box
ANCHORS = {"center": (0, 0), "top": (0, 1), "bottom": (0, -1), "left": (1, 0), "right": (-1, 0)}


def at_zoom(value: Any, zoom: float) -> Any:
    """Return the value of a style property at `zoom`: a constant, or a linear interpolation."""
    if not (isinstance(value, list) and value and value[0] == "interpolate"):
        return value
    stops = value[3:]
    return float(np.interp(zoom, stops[::2], stops[1::2]))


def kept(layer: Mapping[str, Any], properties: Sequence[Mapping[str, Any]]) -> NDArray[np.bool_]:
    """Return which features pass the filter of `layer`: an equality, or none."""
    if "filter" not in layer:
        return np.ones(len(properties), dtype=bool)
    _, (_, key), wanted = layer["filter"]
    return np.fromiter((one.get(key) == wanted for one in properties), dtype=bool, count=len(properties))


def text_width(text: str, size: float) -> float:
    """Return about how wide `text` is, pixels.

    A Chinese character is as wide as high, a Latin one little more than half.
    """
    return size * sum(1.0 if ord(one) > 0x2E80 else 0.56 for one in text)


def labels(
    style: Mapping[str, Any], meta: Mapping[str, Any], shapes: Callable[[str], Any], frame: Frame
) -> dict[str, str]:
    """Return the SVG of each symbol layer that shows something.

    Parameters
    ----------
    meta : mapping
        ``layout.meta`` of the figure: ``off``, the layers that the filters switch off, and ``within``, the codes of the
        place looked at, beyond which names are quieter.
    shapes : callable
        Address of a source → ids, points (degrees), properties.
    """
    off, own = meta.get("off", ()), meta.get("within")
    taken: list[tuple[float, float, float, float]] = []
    drawn: dict[str, str] = {}
    for layer in reversed(style["layers"]):
        if (
            layer["type"] != "symbol"
            or layer["id"] in off
            or not layer.get("minzoom", 0) <= frame.zoom < layer.get("maxzoom", 24)
        ):
            continue
        ids, points, properties = shapes(map_style.address(style, layer, frame.zoom))
        chosen = kept(layer, properties)
        if layer["id"] == map_style.OWN and own and own[1] - own[0] == 1:
            chosen = np.fromiter((str(one) == str(own[0]) for one in ids), bool, len(ids))
        of_layer = np.flatnonzero(chosen)
        xy = frame.pixels(np.array([(points[at].x, points[at].y) for at in of_layer]).reshape(-1, 2))
        seen = frame.inside(xy)
        field = layer["layout"]["text-field"][1]
        parts = []
        for at in np.flatnonzero(seen):
            row = of_layer[at]
            beyond = own and layer["id"] in map_style.PLACES and not own[0] <= int(ids[row]) < own[1]
            opacity = map_style.QUIET if beyond else 1
            parts.append(_label(properties[row][field], xy[at], layer, frame.zoom, taken, opacity))
        drawn[layer["id"]] = "".join(parts)
    return drawn


def _label(
    name: str,
    at: NDArray[np.float64],
    layer: Mapping[str, Any],
    zoom: float,
    taken: list[tuple[float, float, float, float]],
    opacity: float,
) -> str:
    layout, paint = layer["layout"], layer["paint"]
    size = at_zoom(layout["text-size"], zoom)
    width, height = text_width(name, size) / 2 + PADDING, size * 0.6 + PADDING
    away = layout["text-radial-offset"] * size
    for anchor in layout["text-variable-anchor"]:
        dx, dy = ANCHORS[anchor]
        x, y = at[0] + dx * (width - PADDING + away), at[1] + dy * (height - PADDING + away)
        box = (x - width, y - height, x + width, y + height)
        if all(box[2] <= one[0] or box[0] >= one[2] or box[3] <= one[1] or box[1] >= one[3] for one in taken):
            taken.append(box)
            seen = f' opacity="{opacity:g}"' if opacity < 1 else ""
            bold = ' font-weight="700"' if "Bold" in layout["text-font"][0] else ""
            return (
                f'<text x="{x:.1f}" y="{y + size * 0.36:.1f}" font-size="{size:.1f}"{bold}'
                f' fill="{paint["text-color"]}" stroke="{paint["text-halo-color"]}" '
                f'stroke-width="{2 * paint["text-halo-width"]:g}" paint-order="stroke" text-anchor="middle"'
                f' pointer-events="none"{seen}>{escape(name)}</text>'
            )
    return ""
