"""The ground under every map, wherever one looks: borders of all places, rivers and lakes, as tiles by need.

A map asks for the tiles that it shows, so the borders of the whole country cost nobody who does not look at them. A
picture without WebGL (:mod:`dashboard.maps.as_svg`) draws the same layers, whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import geopandas
import mapbox_vector_tile
import numpy as np
import shapely
from numpy.typing import NDArray

from dashboard.maps.projection import mercator
from geodata.datum import shifted
from geodata.waters import waters
from layers import borders
from layers.atlas import Atlas

LEAST_ZOOM, MOST_ZOOM = 3, 10  # nearer maps enlarge the last: a unit of it is 5 m
COUNTIES_FROM = 7
EXTENT, MARGIN = 8192, 128  # units of a tile, and drawn around it so that no edge of a tile shows
NAME = "ground"  # of the source in the style, and in the address of its tiles
BOX = (72.0, 2.0, 137.0, 55.0)
LABELS_APART = 0.75  # of the width of a tile, between two names of one river
GREAT = 4  # rank of the rivers that every map of the country shows
#: rank up to which rivers and lakes are drawn, by zoom
RANKS = {3: 4, 4: 6, 5: 7, 6: 8}
BORDERS, RIVERS, LAKES, NAMES = "borders", "rivers", "lakes", "water-names"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A layer of the ground at one zoom: shapes (degrees), what each is, and where to find them."""

    shapes: NDArray[np.object_]
    facts: Sequence[Mapping[str, Any]]
    tree: shapely.STRtree

    @classmethod
    def of(cls, shapes: Sequence[Any] | NDArray[np.object_], facts: Sequence[Mapping[str, Any]]) -> Sheet:
        """Return the layer of `shapes`."""
        drawn = np.asarray(shapes, dtype=object)
        return cls(drawn, facts, shapely.STRtree(drawn))


def sheets(atlas: Atlas, zoom: int, datum: str = "") -> Mapping[str, Sheet]:
    """Return the layers of the ground, by name, as they are drawn at `zoom`.

    Parameters
    ----------
    zoom : int
        As MapLibre counts it; what lies outside of :data:`LEAST_ZOOM` and :data:`MOST_ZOOM` is drawn like the last.
    datum : {'', 'gcj02'}
        Of the tiles of others that it lies over.
    """
    zoom = min(max(zoom, LEAST_ZOOM), MOST_ZOOM)
    return atlas.once(("ground", zoom, datum), lambda: _sheets(atlas, zoom, bool(datum)))


def named(atlas: Atlas, name: str) -> Sheet | None:
    """Return the layer at the address that :func:`dashboard.maps.map_style.address` gives it; None of another name."""
    layer, _, zoom = name.rpartition("@")
    return sheets(atlas, int(zoom)).get(layer) if layer and zoom.isdecimal() else None


def _sheets(atlas: Atlas, zoom: int, shift: bool) -> Mapping[str, Sheet]:
    pixel = 360 / 2**zoom / 512
    lines = borders.of_counties(atlas) if zoom >= COUNTIES_FROM else borders.of_cities(atlas)
    # from afar provinces and coasts are those of the areas that are coloured
    kinds = borders.KINDS if zoom >= COUNTIES_FROM else ("city",)
    water = _waters()
    water = water[water["rank"] <= RANKS.get(zoom, 99)]
    rivers, lakes = (water[water["kind"] == kind] for kind in ("river", "lake"))
    made = {
        BORDERS: (np.concatenate([lines[kind] for kind in kinds]), [{"kind": k} for k in kinds for _ in lines[k]]),
        RIVERS: (
            rivers.geometry.to_numpy(),
            [{"kind": "great" if one <= GREAT else "river"} for one in rivers["rank"]],
        ),
        LAKES: (lakes.geometry.to_numpy(), [{}] * len(lakes)),
        NAMES: _names(water, zoom),
    }
    return {
        name: Sheet.of(shapely.simplify(shifted(shapes) if shift else shapes, pixel / 2), facts)
        for name, (shapes, facts) in made.items()
    }


@cache
def _waters() -> geopandas.GeoDataFrame:
    return waters()


def _names(water: geopandas.GeoDataFrame, zoom: int) -> tuple[NDArray[np.object_], list[dict[str, Any]]]:
    """Return where the names of waters stand: of a lake in it, of a river along it, again and again."""
    points, facts = [], []
    apart = 360 / 2**zoom * LABELS_APART
    for (kind, name, name_en), rows in water[water["name"] != ""].groupby(["kind", "name", "name_en"], sort=True):
        shapes = rows.geometry.to_numpy()
        if kind == "lake":
            found = [shapely.point_on_surface(shapes[shapely.area(shapes).argmax()])]
        else:
            lines = shapely.get_parts(shapely.line_merge(shapely.union_all(shapes)))
            found = [
                shapely.line_interpolate_point(line, at)
                for line in lines
                for at in np.arange(apart / 2, max(line.length, apart / 2 + 1e-9), apart)
                if line.length > apart / 8
            ]
        points += found
        facts += [{"kind": kind, "name": name, "name_en": name_en}] * len(found)
    return np.array(points, dtype=object), facts


def tile(atlas: Atlas, zoom: int, x: int, y: int, datum: str = "") -> bytes:
    """Return a Mapbox vector tile of the ground; empty where there is nothing.

    Parameters
    ----------
    zoom, x, y : int
        Of the tile, as usual for Web Mercator, y from the north.
    """
    drawn = []
    for name, sheet in sheets(atlas, zoom, datum).items():
        margin = 0 if name == NAMES else MARGIN  # a name is not told twice
        west, south, east, north = _box(zoom, x, y, margin / EXTENT)
        near = np.sort(sheet.tree.query(shapely.box(west, south, east, north)))
        cut = shapely.clip_by_rect(sheet.shapes[near], west, south, east, north)
        kept = ~shapely.is_empty(cut)
        at = shapely.transform(cut[kept], lambda degrees: _units(degrees, zoom, x, y))
        facts = [sheet.facts[one] for one in near[kept]]
        drawn.append({"name": name, "features": _joined(at, facts)})
    options = {"extents": EXTENT, "y_coord_down": True}
    return mapbox_vector_tile.encode([one for one in drawn if one["features"]], default_options=options)


def _joined(shapes: NDArray[np.object_], facts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return features: lines of one kind as one, all else one by one."""
    lines = np.isin(shapely.get_type_id(shapes), (1, 5))
    kinds = [one.get("kind") for one in facts]
    found = []
    for kind in dict.fromkeys(kind for kind, line in zip(kinds, lines, strict=True) if line):
        of_kind = [shape for shape, one, line in zip(shapes, kinds, lines, strict=True) if line and one == kind]
        joined = shapely.multilinestrings(shapely.get_parts(of_kind))
        found.append({"geometry": joined, "properties": {"kind": kind}})
    return found + [
        {"geometry": shape, "properties": dict(one)}
        for shape, one, line in zip(shapes, facts, lines, strict=True)
        if not line
    ]


def _box(zoom: int, x: int, y: int, margin: float) -> tuple[float, float, float, float]:
    west, east = ((at / 2**zoom) * 360 - 180 for at in (x - margin, x + 1 + margin))
    north, south = (
        float(360 / np.pi * np.arctan(np.exp((0.5 - at / 2**zoom) * 2 * np.pi)) - 90)
        for at in (y - margin, y + 1 + margin)
    )
    return west, south, east, north


def _units(degrees: NDArray[np.float64], zoom: int, x: int, y: int) -> NDArray[np.float64]:
    across = (degrees[:, 0] + 180) / 360 * 2**zoom - x
    return np.round(np.column_stack([across, mercator(degrees[:, 1]) * 2**zoom - y]) * EXTENT)
