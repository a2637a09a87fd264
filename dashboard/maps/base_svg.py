"""The streets of a base map on a picture without WebGL: its waters, its main streets and rails, and no names."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from dashboard import theme
from dashboard.basemap import BaseMap
from dashboard.maps.as_svg import path_of
from dashboard.maps.basemap import GROUND, MAIN, RAIL, STREET, WAYS
from dashboard.maps.projection import Frame
from dashboard.theme.recolour import color
from geodata.tileset import features

SCHEMA = "shortbread"  # what the atlas makes itself: of others a picture shows nothing
LAST_ZOOM = 13  # beyond it a picture would hold more streets than it can show
#: Kinds of streets → their colour and width (px), lowest first, from zoom.
DRAWN: Mapping[tuple[str, ...], tuple[str, float, float]] = {
    ("tertiary", "unclassified"): (STREET, 1.0, 12),
    ("primary", "secondary"): (MAIN, 1.4, 8),
    ("motorway", "trunk"): (MAIN, 2.2, 6),
    ("rail", "subway", "light_rail"): (RAIL, 1.0, 9),
}


def under(base: BaseMap, frame: Frame, mode: str, credit: str) -> dict[str, str]:
    """Return what is drawn above which layer of the atlas's style, and last (under ``""``) whose it is.

    Raises
    ------
    AtlasError
        The file of the base map cannot be read.
    """
    if base.schema != SCHEMA:
        return {}
    box, zoom = frame.box(), int(min(max(frame.zoom, base.tiles.zooms[0]), LAST_ZOOM))
    kinds, lines = features(base.tiles, "streets", box, zoom)
    _, waters = features(base.tiles, "water_polygons", box, zoom)
    ways = []
    for chosen, (ink, width, least) in DRAWN.items():
        d = path_of(lines[[one in chosen for one in kinds]], frame, as_lines=True) if frame.zoom >= least else ""
        ways.append(_path(d, fill="none", stroke=color(ink, mode), **{"stroke-width": width}))
    return {
        GROUND: _path(path_of(waters, frame), fill=color(theme.WATER, mode)),
        WAYS: "".join(ways),
        "": f'<text x="{frame.width - 6}" y="{frame.height - 5}" font-size="{theme.TINY}" text-anchor="end"'
        f' fill="{color(theme.MUTED, mode)}" pointer-events="none">{escape(credit)}</text>',
    }


def _path(d: str, **how: Any) -> str:
    said = "".join(f' {name}="{value}"' for name, value in how.items())
    return f'<path d="{d}"{said} pointer-events="none"/>' if d else ""
