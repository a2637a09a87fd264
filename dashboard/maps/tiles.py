"""A map as it is drawn over online tiles in GCJ-02 (:mod:`dashboard.tiles`), which moves the mainland by 300 to 700 m.

Tiles cannot be moved, so what lies over them is: coordinates are shifted for drawing only, at the last moment; data,
figures, addresses and exports stay in WGS-84 (docs/decisions/0013).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import shapely

from dashboard.maps import ground
from dashboard.maps.in_view import unpacked
from dashboard.maps.marks import packed
from dashboard.tiles import GCJ02, Tiles
from geodata.datum import shifted, wgs84_to_gcj02


def onto(figure: Mapping[str, Any], tiles: Tiles | None) -> Mapping[str, Any]:
    """Return the map `figure` as it is drawn over `tiles`: shifted where they are, else as it is."""
    if tiles is None or tiles.datum != GCJ02:
        return figure
    layout, meta, view = figure["layout"], figure["layout"]["meta"], figure["layout"]["map"]
    west, south, east, north = meta["bounds"]
    lon, lat = wgs84_to_gcj02([west, east, (west + east) / 2], [south, north, (south + north) / 2])
    more = {
        "bounds": [float(lon[0]), float(lat[0]), float(lon[1]), float(lat[1])],
        "shift": [float(lon[2]) - (west + east) / 2, float(lat[2]) - (south + north) / 2],
    }
    centre = wgs84_to_gcj02(view["center"]["lon"], view["center"]["lat"])
    sources = {name: source | _shifted_address(source) for name, source in view["style"]["sources"].items()}
    view = view | {
        "center": {"lon": float(centre[0][0]), "lat": float(centre[1][0])},
        "style": view["style"] | {"sources": sources},
    }
    return {
        "data": [trace_onto(one, tiles) for one in figure["data"]],
        "layout": layout | {"map": view, "meta": meta | more},
    }


def trace_onto(trace: Mapping[str, Any], tiles: Tiles | None) -> Mapping[str, Any]:
    """Return one trace as it is drawn over `tiles`: shifted where they are, else as it is."""
    if tiles is None or tiles.datum != GCJ02:
        return trace
    if trace["type"] == "scattermap":
        lon, lat = wgs84_to_gcj02(unpacked(trace["lon"]), unpacked(trace["lat"]))
        return {**trace, "lon": packed(lon), "lat": packed(lat)}
    if isinstance(trace["geojson"], str):
        return {**trace, "geojson": _address(trace["geojson"])}
    features = [
        one | {"geometry": shapely.geometry.mapping(shifted(shapely.geometry.shape(one["geometry"])))}
        for one in trace["geojson"]["features"]
    ]
    return {**trace, "geojson": trace["geojson"] | {"features": features}}


def _shifted_address(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a source of the style has its geometry in GCJ-02."""
    if source["type"] == "geojson":
        return {"data": _address(source["data"])}
    return {"tiles": [one.replace(f"/{ground.NAME}/", f"/{ground.NAME}.{GCJ02}/") for one in source["tiles"]]}


def _address(path: str) -> str:
    """Return the address of the same geometry in GCJ-02."""
    return path.removesuffix(".json") + f".{GCJ02}.json"
