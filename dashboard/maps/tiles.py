"""A map as it is drawn over online tiles (:mod:`dashboard.tiles`).

Tiles may be drawn in GCJ-02, which moves every point of the mainland by 300 to 700 m. Tiles cannot be moved, so what
lies
over them is: coordinates are shifted for drawing only, at the last moment; data, figures, addresses and exports stay in
WGS-84 (docs/decisions/0013).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import shapely

from dashboard import theme
from dashboard.maps import ground
from dashboard.maps.in_view import unpacked
from dashboard.maps.marks import packed
from dashboard.tiles import GCJ02, Tiles
from geodata.datum import shifted, wgs84_to_gcj02

TILE_PIXELS = 256
SEE_THROUGH = 0.6  # opacity of areas over tiles, of what they have without
#: Layers of the style that would hide what the tiles show better: our own waters.
HIDDEN = ("sea", "shore-line", "county-sea-line", "lake", "river", "great-river", "label-lake", "label-river")
ABOVE = "shore"  # the layer of the style on which tiles lie


def over_tiles(figure: Mapping[str, Any], tiles: Tiles | None) -> Mapping[str, Any]:
    """Return the map `figure` as it is drawn over `tiles`; as it is without.

    Notes
    -----
    The tiles are named in ``layout.meta.tiles`` and not in the style: the browser adds them once the map stands, so a
    host that cannot be reached leaves the map as it is without tiles.
    """
    if tiles is None:
        return figure
    layout, meta = figure["layout"], figure["layout"]["meta"]
    more: dict[str, Any] = {
        "off": [*meta["off"], *HIDDEN],
        "tiles": {
            "source": {
                "type": "raster",
                "tiles": [tiles.url],
                "tileSize": TILE_PIXELS,
                "attribution": tiles.attribution,
            },
            "above": ABOVE,
        },
    }
    view = layout["map"]
    if tiles.datum == GCJ02:
        west, south, east, north = meta["bounds"]
        lon, lat = wgs84_to_gcj02([west, east, (west + east) / 2], [south, north, (south + north) / 2])
        more |= {
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
        "data": [trace_over(one, tiles) for one in figure["data"]],
        "layout": layout | {"map": view, "meta": meta | more},
    }


def trace_over(trace: Mapping[str, Any], tiles: Tiles | None) -> Mapping[str, Any]:
    """Return one trace as it is drawn over `tiles`: areas seen through, coordinates shifted when the tiles are."""
    if tiles is None:
        return trace
    changes: dict[str, Any] = {}
    if trace["name"] == "areas":
        ground = all(color == theme.LAND for _, color in trace["colorscale"])
        opacity = 0 if ground else trace["marker"]["opacity"] * SEE_THROUGH
        changes = {
            "marker": trace["marker"] | {"opacity": opacity},
            "selected": {"marker": {"opacity": opacity}},
            "unselected": {"marker": {"opacity": opacity}},
        }
    if tiles.datum == GCJ02:
        if trace["type"] == "scattermap":
            lon, lat = wgs84_to_gcj02(unpacked(trace["lon"]), unpacked(trace["lat"]))
            changes |= {"lon": packed(lon), "lat": packed(lat)}
        elif isinstance(trace["geojson"], str):
            changes["geojson"] = _address(trace["geojson"])
        else:
            changes["geojson"] = trace["geojson"] | {
                "features": [
                    one | {"geometry": shapely.geometry.mapping(shifted(shapely.geometry.shape(one["geometry"])))}
                    for one in trace["geojson"]["features"]
                ]
            }
    return {**trace, **changes}


def _shifted_address(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a source of the style has its geometry in GCJ-02."""
    if source["type"] == "geojson":
        return {"data": _address(source["data"])}
    return {"tiles": [one.replace(f"/{ground.NAME}/", f"/{ground.NAME}.{GCJ02}/") for one in source["tiles"]]}


def _address(path: str) -> str:
    """Return the address of the same geometry in GCJ-02."""
    return path.removesuffix(".json") + f".{GCJ02}.json"
