"""A map figure as an SVG picture: the same style, traces and colours, for a machine that has no WebGL 2.

Nothing but text is made here. The order of drawing is that of the map: the layers of the style, and before each the
traces that name it as what they lie below; last those that lie below nothing. Web Mercator with tiles of 512 pixels,
as MapLibre counts zoom.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from dashboard import theme
from dashboard.maps import labels, map_style
from dashboard.maps.in_view import lines_of, unpacked
from dashboard.maps.projection import Frame, scale_bar

#: Address of a geometry → its ids, shapes (degrees) and properties.
Shapes = Callable[[str], tuple[Sequence[str], NDArray[Any], Sequence[Mapping[str, Any]]]]
#: What a click carries → where it leads; None: nowhere deeper.
Address = Callable[[str, str], str | None]
MARGIN = 24  # pixels around the picture that are drawn too, so that no edge of what is cut shows
PRECISION = 0.5  # pixels: what is smaller is not drawn
HATCH = "still-hatch"
UNASKED = ("hatch",)  # layers of the style that show nothing unless a figure says what


@dataclass(frozen=True, slots=True)
class Still:
    """What a picture is drawn from.

    Attributes
    ----------
    figure : mapping
        As :func:`dashboard.maps.overview.map_figure` returns it, in the colours of its theme.
    shapes : callable
        Gives the geometry at an address of the style or of a trace.
    address : callable
        Where a click on a mark or area leads.
    alt : str
        What the picture shows, in words.
    units : (str, str)
        Words for kilometres and metres.
    frame : Frame
        Where the map stands.
    bare : bool
        Nothing to point at: no links, no texts for a pointer, and what has one colour in one piece.
    under : callable, optional
        Frame → what else is drawn, above which layer of the style, and last under ``""``.
    insets : sequence
        SVG documents that lie on the picture, each with its left, top, width and height there, pixels.
    """

    figure: Mapping[str, Any]
    shapes: Shapes
    address: Address
    alt: str
    units: tuple[str, str]
    frame: Frame
    bare: bool = False
    under: Callable[[Frame], Mapping[str, str]] | None = None
    insets: Sequence[tuple[str, tuple[float, float, float, float]]] = ()


def svg(still: Still) -> str:
    """Return the picture as an SVG document whose places are links.

    They answer to a pointer, the list in view to keys.
    """
    layout = still.figure["layout"]
    style, meta = layout["map"]["style"], layout["meta"]
    frame = still.frame
    texts = labels.labels(style, {"off": UNASKED, **meta}, still.shapes, frame)
    parts: list[str] = []
    more = still.under(frame) if still.under else {}
    for layer in style["layers"]:
        parts += [_trace(trace, still, frame) for trace in still.figure["data"] if trace.get("below") == layer["id"]]
        parts.append(
            texts.pop(layer["id"], "")
            if layer["type"] == "symbol"
            else drawn_layer(layer, style, meta, still.shapes, frame)
        )
        parts.append(more.get(layer["id"], ""))
    parts += [
        _trace(trace, still, frame) for trace in still.figure["data"] if not trace.get("below")
    ]  # over the labels
    parts.append(more.get("", ""))
    width, height = frame.width, frame.height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="group" '
        f'aria-label="{escape(still.alt)}" font-family="{escape(theme.FONT)}"'
        f' stroke-linejoin="round" fill-rule="evenodd"><title>{escape(still.alt)}</title>'
        f'<defs><pattern id="{HATCH}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<path d="M-2 2l4-4M0 8l8-8M6 10l4-4" '
        f'stroke="{_ink(style)}" stroke-opacity="0.35" fill="none"/></pattern></defs>{"".join(parts)}'
        + scale_bar(frame, still.units, _ink(style))
        + "".join(_nested(*one) for one in still.insets)
        + "</svg>"
    )


def _nested(document: str, place: tuple[float, float, float, float]) -> str:
    """Return an SVG document as a part of another, at left, top, width, height."""
    at = "".join(f' {key}="{one:.1f}"' for key, one in zip(("x", "y", "width", "height"), place, strict=True))
    return re.sub(r' width="\d+" height="\d+"', f' class="still-inset" pointer-events="none"{at}', document, count=1)


def _ink(style: Mapping[str, Any]) -> str:
    return next(layer["paint"]["text-color"] for layer in style["layers"] if layer["id"] == "label-county")


def drawn_layer(
    layer: Mapping[str, Any], style: Mapping[str, Any], meta: Mapping[str, Any], shapes: Shapes, frame: Frame
) -> str:
    """Return a background, fill or line of the style as SVG; nothing of any other layer.

    Parameters
    ----------
    layer, style, meta
        The layer, the style that it is of, and ``layout.meta`` of the figure.
    shapes : callable
        Gives the geometry at an address.
    """
    if layer["id"] in meta.get("off", UNASKED) or not layer.get("minzoom", 0) <= frame.zoom < layer.get("maxzoom", 24):
        return ""
    paint = {key: labels.at_zoom(value, frame.zoom) for key, value in layer["paint"].items()}
    if layer["type"] == "background":
        return f'<rect width="{frame.width}" height="{frame.height}" fill="{paint["background-color"]}"/>'
    if layer["type"] not in ("fill", "line"):
        return ""
    ids, geometries, properties = shapes(map_style.address(style, layer, frame.zoom))
    keep = labels.kept(layer, properties)
    if layer["id"] == "hatch":
        keep &= np.isin(np.asarray(ids, dtype=object), meta["hatched"])
    d = path_of(geometries[keep], frame, layer["type"] == "line")
    if not d:
        return ""
    if layer["type"] == "fill":
        fill = f"url(#{HATCH})" if "fill-pattern" in paint else paint["fill-color"]
        return f'<path d="{d}" fill="{fill}" fill-opacity="{paint.get("fill-opacity", 1):g}" pointer-events="none"/>'
    width = paint["line-width"]
    dash = " ".join(f"{one * width:.1f}" for one in paint.get("line-dasharray", ()))
    return (
        f'<path d="{d}" fill="none" stroke="{paint["line-color"]}" stroke-width="{width:.2f}" pointer-events="none"'
        + (f' stroke-dasharray="{dash}"/>' if dash else "/>")
    )


def path_of(geometries: NDArray[Any], frame: Frame, as_lines: bool = False) -> str:
    """Return the path data of `geometries`, cut to the frame and simplified to what can be seen."""
    west, south, east, north = frame.box(MARGIN)
    near = (
        geometries[shapely.intersects(geometries, shapely.box(west, south, east, north))]
        if len(geometries)
        else geometries
    )
    if as_lines:
        rings = shapely.get_type_id(near) % 3 == 0  # polygons (3) and multipolygons (6)
        near = np.concatenate([shapely.boundary(near[rings]), near[~rings]])
    seen = shapely.transform(shapely.clip_by_rect(near, west, south, east, north), frame.pixels)
    lines = shapely.get_parts(shapely.simplify(seen, PRECISION))
    rings = shapely.get_type_id(lines) == 3
    paths = [_draw(one, "Z") for one in shapely.get_rings(lines[rings])] + [_draw(one, "") for one in lines[~rings]]
    return "".join(paths)


def _draw(line: shapely.Geometry, end: str) -> str:
    tenths = np.round(shapely.get_coordinates(line) * 10).astype(int)
    if len(tenths) < 2:
        return ""
    # steps are shorter than places, and tenths kept whole do not add up an error
    steps = np.diff(tenths, axis=0)
    steps = steps[steps.any(axis=1)] / 10
    return (
        f"M{tenths[0, 0] / 10:g} {tenths[0, 1] / 10:g}l" + " ".join(f"{x:g} {y:g}" for x, y in steps) + end
        if len(steps)
        else ""
    )


def _trace(trace: Mapping[str, Any], still: Still, frame: Frame) -> str:
    if trace["type"] == "choroplethmap":
        return _areas(trace, still, frame)
    lon, lat = unpacked(trace["lon"]), unpacked(trace["lat"])
    if not len(lon):
        return ""
    xy = frame.pixels(np.column_stack([lon, lat]))
    if trace["mode"] == "lines":
        return _line(trace, xy)
    return _marks(trace, xy, still, frame)


def _areas(trace: Mapping[str, Any], still: Still, frame: Frame) -> str:
    if not len(trace["locations"]):
        return ""
    if isinstance(trace["geojson"], Mapping):
        features = trace["geojson"]["features"]
        ids = [one["id"] for one in features]
        geometries = np.array([shapely.geometry.shape(one["geometry"]) for one in features], dtype=object)
    else:
        ids, geometries, _ = still.shapes(trace["geojson"])
    where = {one: at for at, one in enumerate(ids)}
    line, opacity = trace["marker"]["line"], trace["marker"].get("opacity", 1)
    keys, said = trace.get("customdata"), trace.get("hovertext")
    drawn = [
        (at, where[one], _class_color(trace, trace["z"][at]))
        for at, one in enumerate(trace["locations"])
        if one in where
    ]

    def shape(rows: Sequence[int], fill: str) -> str:
        d = path_of(geometries[list(rows)], frame)
        return (
            f'<path d="{d}" fill="{fill}" fill-opacity="{opacity:g}" stroke="{line["color"]}"'
            f' stroke-width="{line["width"]:g}"'
            if d
            else ""
        )

    if still.bare:
        of_color: dict[str, list[int]] = {}
        for _, row, color in drawn:
            of_color.setdefault(color, []).append(row)
        return "".join(f"{one}/>" for color, rows in of_color.items() if (one := shape(rows, color)))
    return "".join(
        _answering(one, keys[at] if keys else None, said[at] if said else "", still)
        for at, row, color in drawn
        if (one := shape([row], color))
    )


def _class_color(trace: Mapping[str, Any], z: float) -> str:
    least, most = trace.get("zmin", 0), trace.get("zmax", 1)
    share = (z - least) / (most - least)
    return [color for edge, color in trace["colorscale"] if edge <= share][-1]


def _line(trace: Mapping[str, Any], xy: NDArray[np.float64]) -> str:
    gaps = np.flatnonzero(np.isnan(xy).any(axis=1))
    pieces = [piece[~np.isnan(piece).any(axis=1)] for piece in np.split(np.round(xy, 1), gaps)]
    d = "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in piece) for piece in pieces if len(piece) > 1)
    fill = trace["fillcolor"] if trace.get("fill") == "toself" else "none"
    return (
        f'<path d="{d}" fill="{fill}" stroke="{trace["line"]["color"]}"'
        f' stroke-width="{trace["line"]["width"]:g}" pointer-events="none"/>'
    )


def _marks(trace: Mapping[str, Any], xy: NDArray[np.float64], still: Still, frame: Frame) -> str:
    count, marker = len(xy), trace["marker"]
    size, color = (value if isinstance(value, list) else [value] * count for value in (marker["size"], marker["color"]))
    keys, said = trace.get("customdata"), trace.get("hovertext")
    text = trace.get("text") if "text" in trace["mode"] else None
    parts = []
    for at in np.flatnonzero(frame.inside(xy, MARGIN)):
        x, y = xy[at]
        shape = (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size[at] / 2:g}" fill="{color[at]}"'
            f' fill-opacity="{marker.get("opacity", 1):g}"'
        )
        parts.append(_answering(shape, keys[at] if keys else None, said[at] if said else "", still))
        if text and text[at]:
            font = trace["textfont"]
            parts.append(
                f'<text x="{x:.1f}" y="{y + font["size"] * 0.36:.1f}" font-size="{font["size"]}"'
                f' fill="{font["color"]}" '
                f'text-anchor="middle" pointer-events="none">{escape(text[at])}</text>'
            )
    return "".join(parts)


def _answering(shape: str, key: Sequence[str] | None, said: str, still: Still) -> str:
    """Return `shape` with what a pointer reads over it, inside a link when a click leads somewhere."""
    if still.bare or not said:
        return f'{shape} pointer-events="none"/>'
    lines = lines_of(said)
    told = f"{shape}><title>{escape(chr(10).join(lines))}</title></{shape[1:].partition(' ')[0]}>"
    to = still.address(*key[:2]) if key else None
    # by keys one follows the list of what is in view: hundreds of marks are no way through a page
    return (
        told
        if to is None
        else f'<a href="{escape(to)}" tabindex="-1" aria-label="{escape(lines[0] if lines else "")}">{told}</a>'
    )
