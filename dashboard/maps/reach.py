"""What the stations on the map reach, as areas: discs merged, so that no overlap is darker and no border runs inside.

Two areas lie over each other. The nominal one is that of every open station; the open one, stronger in fill and line,
that of the stations that serve as asked (hour, access, facilities, inspection). They are computed by the filters and
not kept by address: a change of radius or hour changes every corner, and there are few. Along a walking network there
are none of them, since a disc would not be true and many streets have too many corners: the station that is chosen has
its isochrones.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from dashboard import theme
from dashboard.maps import map_style
from layers import disc, places, stations, way
from layers.atlas import Atlas
from layers.filters import Filters

TRACES = ("reach_nominal", "reach_open")
STATIONS_AT_MOST = 300  # more of them are read as a surface, and would send more corners than a change of filter may
CORNERS_IN_ALL, CORNERS = 560, (12, 32)
LOOKS = {
    "reach_nominal": (theme.STATION_BREATH, theme.FAINT, 0.9),
    "reach_open": (theme.STATION_WASH, theme.STATION, 1.5),
}


def traces(atlas: Atlas, filters: Filters) -> dict[str, dict[str, Any]]:
    """Return the traces of :data:`TRACES`; empty ones where no single stations are looked at."""
    areas = atlas.recent(
        ("reach", filters.having(lang="zh", theme="light", base="auto", station=None)), lambda: _areas(atlas, filters)
    )
    return {name: area_trace(name, [area], *LOOKS[name]) for name, area in zip(TRACES, areas, strict=True)}


def _areas(atlas: Atlas, filters: Filters) -> tuple[shapely.Geometry, shapely.Geometry]:
    none = shapely.Polygon()
    # seen from a province a disc is smaller than its station's mark
    if "stations" not in filters.layers or places.scope(atlas, filters).level in ("country", "province"):
        return none, none
    if way.along(atlas, filters):
        return none, none
    offered = stations.service(atlas, filters)
    nominal = stations.chosen(atlas, filters) & offered.nominal
    count = int(nominal.sum())
    if not 0 < count <= STATIONS_AT_MOST:
        return none, none
    lon, lat = atlas.lonlat("stations")
    corners = int(np.clip(CORNERS_IN_ALL // count, *CORNERS))
    effective = nominal & offered.effective
    whole = disc.merged(lon[nominal], lat[nominal], filters.straight_radius, corners)
    # where all of them serve, one area says it
    return (none if (effective == nominal).all() else whole), disc.merged(
        lon[effective], lat[effective], filters.straight_radius, corners
    )


def area_trace(name: str, areas: Sequence[shapely.Geometry], fill: str, line: str, width: float) -> dict[str, Any]:
    """Return the trace `name` of areas that are computed by the filters, in degrees; empty ones are left out."""
    shown = {f"{name}{at or ''}": area for at, area in enumerate(areas) if not area.is_empty}
    return {
        "type": "choroplethmap",
        "name": name,
        "below": map_style.BELOW_POINTS,
        "featureidkey": "id",
        "hoverinfo": "skip",
        "geojson": {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "id": one, "properties": {}, "geometry": json.loads(shapely.to_geojson(area))}
                for one, area in shown.items()
            ],
        },
        "locations": list(shown),
        "z": [0] * len(shown),
        "colorscale": [[0, fill], [1, fill]],
        "showscale": False,
        "marker": {"line": {"width": width, "color": line}},
    }
