"""How far one walks from a station along the streets: its isochrones, for the eye."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from dashboard import theme
from dashboard.maps.reach import area_trace
from layers import way
from layers.atlas import Atlas
from layers.disc import DECIMALS
from layers.distance import Points
from layers.filters import Filters
from layers.isochrone import isochrones
from layers.walking import PACE

MINUTES = (15, 10, 5)  # the largest lies lowest
#: What nobody sees is left out: corners of less than 3 m, and holes smaller than a large house.
CORNER, HOLE_M2 = 3e-5, 1_000.0
METRES_OF_DEGREE = 111_000.0


def traces(atlas: Atlas, filters: Filters) -> dict[str, dict[str, Any]]:
    """Return the traces ``walk_minutes`` and ``walk_radius`` around the chosen station.

    Empty ones where one does not walk on streets.
    """
    walked = way.along(atlas, filters)
    row = atlas.rows_by("stations", "station_id").get(filters.station) if filters.station else None
    areas: list[shapely.Geometry] = []
    if walked and row is not None:
        spot = np.array([[axis[row] for axis in atlas.lonlat("stations")]])
        if np.isfinite(spot).all():
            areas = around(atlas, walked, spot, (*(PACE * one for one in MINUTES), float(filters.radius)))
    return {
        "walk_minutes": area_trace("walk_minutes", areas[:-1], theme.STATION_WASH, theme.STATION, 1.0),
        "walk_radius": area_trace("walk_radius", areas[-1:], theme.RED_WASH, theme.RED, 1.6),
    }


def around(
    atlas: Atlas, walked: way.Ground, spots: NDArray[np.float64], metres: tuple[float, ...]
) -> list[shapely.Geometry]:
    """Return what lies within each of `metres` of any of `spots` (degrees) along a network, drawn for the eye."""
    key = "isochrones", walked.key, spots.tobytes(), metres
    return atlas.recent(
        key, lambda: [_drawn(one.area) for one in isochrones(walked.graph, Points(spots, degrees=True), metres)]
    )


def _drawn(area: shapely.Geometry) -> shapely.Geometry:
    kept = []
    for one in shapely.get_parts(area):
        holes = [hole for hole in one.interiors if shapely.Polygon(hole).area * METRES_OF_DEGREE**2 >= HOLE_M2]
        kept.append(shapely.Polygon(one.exterior, holes))
    plain = shapely.simplify(shapely.multipolygons(kept), CORNER)
    return shapely.transform(plain, lambda degrees: np.round(degrees, DECIMALS))
