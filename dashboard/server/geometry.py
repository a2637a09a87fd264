"""Geometry by address: sent once, compressed once, cached for ever by its version."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import geopandas
import h3
import numpy as np
import shapely
from flask import Flask, Response, request

from dashboard.maps import addresses, ground
from dashboard.maps.cells import GEOMETRY as CELLS
from dashboard.server.kept import Kept
from dashboard.source import AtlasSource
from dashboard.tiles import GCJ02
from geodata.datum import shifted
from geodata.names import brief_name
from layers import hexes
from layers.atlas import Atlas

DECIMALS = 5  # about 1 m
#: Bytes that are kept: of areas, and of tiles, which have 3 kB as a rule and 40 kB at most.
KEPT, TILES_KEPT = 64 * 2**20, 16 * 2**20
XIAMEN_BOX = (117.95, 24.35, 118.35, 24.65)


def _feature_collection(ids: list[str], geometry: np.ndarray, properties: list[dict] | None = None) -> str:
    rounded = shapely.transform(geometry, lambda degrees: np.round(degrees, DECIMALS))
    features = ",".join(
        f'{{"type":"Feature","id":{json.dumps(key)},'
        f'"properties":{json.dumps(facts, ensure_ascii=False)},"geometry":{text}}}'
        for key, text, facts in zip(ids, shapely.to_geojson(rounded), properties or [{} for _ in ids], strict=True)
    )
    return f'{{"type":"FeatureCollection","features":[{features}]}}'


def _frame(frame: Any, key: str, *columns: str) -> str:
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    properties = frame[list(columns)].to_dict("records") if columns else None
    return _feature_collection(frame[key].astype(str).tolist(), frame.geometry.to_numpy(), properties)


def _level(atlas: Atlas, level: str) -> geopandas.GeoDataFrame:
    return atlas.places[atlas.places["level"] == level]


def _ashore(atlas: Atlas) -> shapely.Geometry:
    shore = atlas.land[atlas.land["kind"] == "shore"]
    return shapely.intersection(shapely.union_all(shore.geometry.to_numpy()), shapely.box(*XIAMEN_BOX))


def _sea(atlas: Atlas) -> str:
    return _feature_collection(["sea"], np.array([shapely.box(*XIAMEN_BOX).difference(_ashore(atlas))]))


def _shore(atlas: Atlas) -> str:
    return _feature_collection(["shore"], np.array([_ashore(atlas)]))


def _labels(atlas: Atlas, lang: str) -> str:
    column = "name" if lang == "zh" else "name_en"
    rank = {"province": 0, "city": 1, "county": 2}
    recorded = addresses.recorded(atlas)
    parents = dict(zip(atlas.places["adcode"], atlas.places["parent"], strict=True))
    served = recorded | {parents.get(code) for code in recorded}
    features: list[tuple[str, str, str, int, float, float]] = []
    for level, order in rank.items():
        rows = _level(atlas, level)
        for code, name, lon, lat in zip(rows["adcode"], rows[column], rows["lon"], rows["lat"], strict=True):
            said = brief_name(str(name)) if level == "province" else str(name)
            shown = "marked" if level == "province" and code in recorded else level
            features.append((code, said, shown, order, lon, lat))
            if level == "city" and code in served:
                features.append((f"{code}-served", str(name), "served", 0, lon, lat))
    for level, frame, key in (
        ("region", atlas.regions, "region_id"),
        ("grid", atlas.grids, "grid_id"),
        ("zone", atlas.zones, "zone_id"),
    ):
        points = frame.geometry.representative_point()
        names = frame[column] if column in frame else frame["name"]
        for code, name, point in zip(frame[key], names, points, strict=True):
            features.append((code, str(name), level, 3, point.x, point.y))
    return _feature_collection(
        [row[0] for row in features],
        shapely.points([(row[4], row[5]) for row in features]),
        [{"name": row[1], "level": row[2], "rank": row[3]} for row in features],
    )


def _cells(atlas: Atlas, adcode: str | None = None, resolution: int | None = None) -> str:
    cells = atlas.demand["cell"]
    if adcode is not None:
        cells = cells[atlas.tree.under(atlas.tree.position(adcode), atlas.place_rows("demand"))]
    cells = sorted(set(cells))
    if resolution is not None:
        own = np.array([h3.str_to_int(cell) for cell in cells], dtype=np.uint64)
        cells = [h3.int_to_str(int(cell)) for cell in np.unique(hexes.parents(own, resolution))]
    # where a cell lies across an edge of the icosahedron its boundary has more than six corners
    rings = [[(lon, lat) for lat, lon in h3.cell_to_boundary(cell)] for cell in cells]
    return _feature_collection(cells, np.array([shapely.Polygon(ring) for ring in rings], dtype=object))


def _children(atlas: Atlas, adcode: str) -> str:
    places = atlas.places
    return _frame(
        places[(places["parent"] == adcode) | ((places["adcode"] == adcode) & (places["level"] == "county"))], "adcode"
    )


FIXED: dict[str, Callable[[Atlas], str]] = {
    "land": lambda atlas: _frame(atlas.land[atlas.land["kind"] == "world"].assign(key="world"), "key"),
    "sea": _sea,
    "shore": _shore,
    "provinces": lambda atlas: _frame(_level(atlas, "province"), "adcode"),
    "lines": lambda atlas: _frame(atlas.lines.assign(key=atlas.lines["kind"]), "key", "kind"),
    "grids": lambda atlas: _frame(atlas.grids, "grid_id", "grid_id", "geometry_provenance"),
    "regions": lambda atlas: _frame(atlas.regions, "region_id"),
    "zones": lambda atlas: _frame(atlas.zones, "zone_id"),
    "cells": _cells,
    "labels-zh": lambda atlas: _labels(atlas, "zh"),
    "labels-en": lambda atlas: _labels(atlas, "en"),
}
CHILDREN, OF_PLACE = "units-", f"{CELLS}-"
#: What may stand behind the place in the name of its cells: the resolution of larger hexagons.
RESOLUTIONS: dict[str, int | None] = {"": None} | {str(one): one for one in range(hexes.FINEST)}


def geometry(atlas: Atlas, name: str) -> str | None:
    """Return the GeoJSON text of the geometry `name` (WGS-84, degrees, 5 decimals), or None.

    Names are those of :data:`FIXED`, ``units-ADCODE`` for the places below a place
    (or the place itself when it is a county), ``cells-ADCODE`` for the cells of demand in a place, and
    ``cells-ADCODE-8`` for the larger hexagons (H3 resolution 8) that hold them.
    ``NAME.gcj02`` is the same in GCJ-02, to be drawn over tiles that are.
    """
    if name.endswith(f".{GCJ02}"):
        text = geometry(atlas, name.removesuffix(f".{GCJ02}"))
        return None if text is None else _in_gcj02(text)
    if name in FIXED:
        return FIXED[name](atlas)
    if name.startswith(CHILDREN) and name.removeprefix(CHILDREN) in set(atlas.places["adcode"]):
        return _children(atlas, name.removeprefix(CHILDREN))
    adcode, _, resolution = name.removeprefix(OF_PLACE).partition("-")
    if name.startswith(OF_PLACE) and atlas.tree.position(adcode) >= 0 and resolution in RESOLUTIONS:
        return _cells(atlas, adcode, RESOLUTIONS[resolution])
    return None


def _in_gcj02(text: str) -> str:
    features = json.loads(text)["features"]
    shapes = np.array([shapely.geometry.shape(one["geometry"]) for one in features], dtype=object)
    return _feature_collection(
        [one["id"] for one in features], shifted(shapes), [one["properties"] for one in features]
    )


def ground_tile(atlas: Atlas, name: str) -> bytes | None:
    """Return the vector tile ``ground/ZOOM/X/Y`` (or ``ground.gcj02/…``), None if there can be none."""
    of, zoom, x, y = name.split("/")
    most = 2 ** int(zoom)
    if not ground.LEAST_ZOOM <= int(zoom) <= ground.MOST_ZOOM or not (int(x) < most and int(y) < most):
        return None
    return ground.tile(atlas, int(zoom), int(x), int(y), of.partition(".")[2])


class GeometryCache:
    """Compressed geometry of one process, by its version and name.

    Parameters
    ----------
    make : callable
        Returns what is sent for an atlas and a name, None if there is none.
    most : int
        Bytes that are kept at most.
    """

    def __init__(self, source: AtlasSource, make: Callable[[Atlas, str], bytes | None], most: int) -> None:
        self._source, self._make, self._kept = source, make, Kept(most)

    def get(self, name: str, asked: str = "") -> tuple[str, bytes | None]:
        """Return the present version of `name` and what is made of it, gzip-compressed, None if there is none.

        The version `asked` for may name a past day (``…@2026-11-20``): then it is the version and geometry of that day.
        """
        atlas = self._source.at(_day(asked))
        version = addresses.version(atlas, name)
        key = f"{version}/{name}"
        packed = self._kept.get(key)
        if packed is None and (made := self._make(atlas, name)) is not None:
            packed = gzip.compress(made, 6, mtime=0)
            self._kept.set(key, packed)
        return version, packed


def _day(version: str) -> date | None:
    try:
        return date.fromisoformat(version.partition("@")[2])
    except ValueError:
        return None


def _encoded(atlas: Atlas, name: str) -> bytes | None:
    text = geometry(atlas, name)
    return None if text is None else text.encode()


def _answer(version: str, found: tuple[str, bytes | None], kind: str, nothing: bytes) -> Response:
    present, packed = found
    if packed is None:
        return Response(nothing, 404, mimetype=kind)
    body, headers = packed, {"Content-Encoding": "gzip"}
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        body, headers = gzip.decompress(packed), {}
    answer = Response(body, mimetype=kind, headers=headers)
    # an old address still answers, with what is true now, but is not kept
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if version == present else "no-store"
    answer.headers["Vary"] = "Accept-Encoding"
    return answer


def add_geometry(server: Flask, source: AtlasSource) -> None:
    """Serve ``/geo/VERSION/NAME.json`` and the tiles of the ground, ``/geo/VERSION/ground/ZOOM/X/Y.pbf``."""
    cache, tiles = GeometryCache(source, _encoded, KEPT), GeometryCache(source, ground_tile, TILES_KEPT)

    @server.get("/geo/<version>/<name>.json")
    def _geometry(version: str, name: str) -> Response:
        nothing = b'{"type":"FeatureCollection","features":[]}'
        return _answer(version, cache.get(name, version), "application/geo+json", nothing)

    for name in (ground.NAME, f"{ground.NAME}.{GCJ02}"):
        rule = f"/geo/<version>/{name}/<int:zoom>/<int:x>/<int:y>.pbf"

        @server.get(rule, endpoint=f"tiles of {name}".replace(".", " "), defaults={"name": name})
        def _tile(version: str, name: str, zoom: int, x: int, y: int) -> Response:
            found = tiles.get(f"{name}/{zoom}/{x}/{y}", version)
            return _answer(version, found, "application/vnd.mapbox-vector-tile", b"")
