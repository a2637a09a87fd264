"""Base maps of a union's own as their makers lay them out: small files in the schemas of OpenMapTiles and Protomaps.

Layers and attributes are those of OpenMapTiles 3.15 and of Protomaps' basemap 4, as their documents name them; what is
drawn is a made-up quarter of 思明, small enough for the map of a window of 1366 × 768 at zoom 15.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geodata.osm.cutting import cutting

AT = (118.100, 24.460)
CREDIT = "© 某图 GS(2024)1号"
#: What stands for one thing in either schema: layer and attributes. Lines lie one above the other, areas beside them.
LINES: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "openmaptiles": {
        "big": ("transportation", {"class": "motorway"}),
        "main": ("transportation", {"class": "primary"}),
        "middle": ("transportation", {"class": "tertiary"}),
        "minor": ("transportation", {"class": "minor"}),
        "small": ("transportation", {"class": "service", "service": "alley"}),
        "foot": ("transportation", {"class": "path", "subclass": "footway"}),
        "rail": ("transportation", {"class": "rail", "subclass": "rail"}),
        "metro": ("transportation", {"class": "transit", "subclass": "subway", "brunnel": "tunnel"}),
        "waterway": ("waterway", {"class": "river", "name": "河"}),
        "main-name": ("transportation_name", {"class": "primary", "name": "湖滨南路"}),
        "minor-name": ("transportation_name", {"class": "minor", "name": "斗西路"}),
    },
    "protomaps": {
        "big": ("roads", {"kind": "highway", "kind_detail": "motorway"}),
        "main": ("roads", {"kind": "major_road", "kind_detail": "primary", "name": "湖滨南路"}),
        "middle": ("roads", {"kind": "major_road", "kind_detail": "tertiary"}),
        "minor": ("roads", {"kind": "minor_road", "kind_detail": "residential", "name": "斗西路"}),
        "small": ("roads", {"kind": "minor_road", "kind_detail": "service"}),
        "foot": ("roads", {"kind": "path", "kind_detail": "footway"}),
        "rail": ("roads", {"kind": "rail", "kind_detail": "rail"}),
        "metro": ("roads", {"kind": "rail", "kind_detail": "subway", "is_tunnel": True}),
        "waterway": ("water", {"kind": "river", "name": "河"}),
    },
}
AREAS = {
    "openmaptiles": {
        "water": ("water", {"class": "lake"}),
        "green": ("landcover", {"class": "wood", "subclass": "forest"}),
        "building": ("building", {"render_height": 12}),
    },
    "protomaps": {
        "water": ("water", {"kind": "lake"}),
        "green": ("landuse", {"kind": "park"}),
        "building": ("buildings", {"kind": "building", "height": 12}),
        "earth": ("earth", {"kind": "earth"}),
    },
}
SPOTS = {
    "openmaptiles": {
        "quarter-name": ("place", {"class": "suburb", "name": "筼筜"}),
        "station": ("poi", {"class": "railway", "subclass": "station", "name": "将军祠"}),
    },
    "protomaps": {
        "quarter-name": ("places", {"kind": "neighbourhood", "kind_detail": "suburb", "name": "筼筜"}),
        "station": ("pois", {"kind": "station", "name": "将军祠"}),
    },
}
#: Layers of the atlas's style that have something to draw of either.
DRAWN = ("big", "main", "middle", "minor", "small", "foot", "rail", "metro", "water", "waterway", "green", "building")
DRAWN_NAMES = ("main-name", "quarter-name", "station")


def write(path: Path, schema: str) -> Path:
    """Write a file (``.pmtiles`` or ``.mbtiles``) in one of the schemas and return its path."""
    options = ["-Z10", "-z14", "--force", f"--attribution={CREDIT}", "--no-tile-size-limit", "--no-feature-limit"]
    with cutting(path, options) as cutter:
        cutter.write([json.dumps(one, ensure_ascii=False) + "\n" for one in _features(schema)])
        cutter.finish(lambda _: None)
    return path


def _features(schema: str) -> Iterator[dict[str, Any]]:
    lon, lat = AT
    for at, (layer, said) in enumerate(LINES[schema].values()):
        y = lat + 0.00035 * at
        yield _feature(layer, said, "LineString", [[lon - 0.02, y], [lon + 0.02, y]])
    for at, (layer, said) in enumerate(AREAS[schema].values()):
        x, y = lon - 0.007 + 0.004 * at, lat - 0.003
        ring = [[x, y], [x + 0.003, y], [x + 0.003, y + 0.002], [x, y + 0.002], [x, y]]
        yield _feature(layer, said, "Polygon", [ring])
    for at, (layer, said) in enumerate(SPOTS[schema].values()):
        yield _feature(layer, said, "Point", [lon - 0.003 + 0.006 * at, lat + 0.0042])


def _feature(layer: str, said: dict[str, Any], kind: str, coordinates: list) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "tippecanoe": {"layer": layer}, "properties": said, "geometry": geometry}
