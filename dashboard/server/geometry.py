"""Geometry by address: sent once, compressed once, cached for ever by its version."""

from __future__ import annotations

import gzip
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import date

import geopandas
import h3
import numpy as np
import shapely
from flask import Flask, Response, request

from dashboard.maps.tiles import shifted
from dashboard.source import AtlasSource
from dashboard.tiles import GCJ02
from layers.atlas import Atlas
from layers.borders import borders

DECIMALS = 5  # about 1 m
KEPT = 256
XIAMEN_BOX = (117.95, 24.35, 118.35, 24.65)


def _feature_collection(ids: list[str], geometry: np.ndarray, properties: list[dict] | None = None) -> str:
    rounded = shapely.transform(geometry, lambda degrees: np.round(degrees, DECIMALS))
    features = ",".join(
        f'{{"type":"Feature","id":{json.dumps(key)},'
        f'"properties":{json.dumps(facts, ensure_ascii=False)},"geometry":{text}}}'
        for key, text, facts in zip(ids, shapely.to_geojson(rounded), properties or [{} for _ in ids], strict=True)
    )
    return f'{{"type":"FeatureCollection","features":[{features}]}}'


def _frame(frame: geopandas.GeoDataFrame, key: str, *columns: str) -> str:
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    properties = frame[list(columns)].to_dict("records") if columns else None
    return _feature_collection(frame[key].astype(str).tolist(), frame.geometry.to_numpy(), properties)


def _level(atlas: Atlas, level: str) -> geopandas.GeoDataFrame:
    return atlas.places[atlas.places["level"] == level]


def _served(atlas: Atlas) -> set[str]:
    """Places in which something is recorded, and those above them."""
    served = {
        code
        for table in ("grids", "stations", "fairs", "activities")
        for code in getattr(atlas, table)["adcode"].dropna()
    }
    parents = dict(zip(atlas.places["adcode"], atlas.places["parent"], strict=True))
    return served | {parents.get(code) for code in served}


def _counties_with_service(atlas: Atlas) -> geopandas.GeoDataFrame:
    """Counties of the cities in which something is recorded: lines that help, without 2,800 polygons."""
    counties = _level(atlas, "county")
    return counties[counties["parent"].isin(_served(atlas))]


def _lines(lines: dict[str, shapely.Geometry]) -> str:
    return _feature_collection(list(lines), np.array(list(lines.values())), [{"kind": kind} for kind in lines])


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
    served = _served(atlas)
    features: list[tuple[str, str, str, int, float, float]] = []
    for level, order in rank.items():
        rows = _level(atlas, level)
        for code, name, lon, lat in zip(rows["adcode"], rows[column], rows["lon"], rows["lat"], strict=True):
            features.append((code, str(name), level, order, lon, lat))
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


def _cells(atlas: Atlas) -> str:
    cells = sorted(set(atlas.demand["cell"]))
    rings = [[(lon, lat) for lat, lon in h3.cell_to_boundary(cell)] for cell in cells]
    return _feature_collection(cells, shapely.polygons(rings))


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
    "counties": lambda atlas: _frame(_counties_with_service(atlas), "adcode"),
    "borders": lambda atlas: _lines(borders(_level(atlas, "county"), _served(atlas))),
    "lines": lambda atlas: _frame(atlas.lines.assign(key=atlas.lines["kind"]), "key", "kind"),
    "grids": lambda atlas: _frame(atlas.grids, "grid_id", "grid_id", "geometry_provenance"),
    "regions": lambda atlas: _frame(atlas.regions, "region_id"),
    "zones": lambda atlas: _frame(atlas.zones, "zone_id"),
    "cells": _cells,
    "labels-zh": lambda atlas: _labels(atlas, "zh"),
    "labels-en": lambda atlas: _labels(atlas, "en"),
}
CHILDREN = "units-"


def geometry(atlas: Atlas, name: str) -> str | None:
    """Return the GeoJSON text of the geometry `name` (WGS-84, degrees, 5 decimals), or None.

    Names are those of :data:`FIXED`, and ``units-ADCODE`` for the places below a place
    (or the place itself when it is a county). ``NAME.gcj02`` is the same in GCJ-02, to be drawn over tiles that are.
    """
    if name.endswith(f".{GCJ02}"):
        text = geometry(atlas, name.removesuffix(f".{GCJ02}"))
        return None if text is None else _in_gcj02(text)
    if name in FIXED:
        return FIXED[name](atlas)
    if name.startswith(CHILDREN) and name.removeprefix(CHILDREN) in set(atlas.places["adcode"]):
        return _children(atlas, name.removeprefix(CHILDREN))
    return None


def _in_gcj02(text: str) -> str:
    features = json.loads(text)["features"]
    shapes = np.array([shapely.geometry.shape(one["geometry"]) for one in features], dtype=object)
    return _feature_collection(
        [one["id"] for one in features], shifted(shapes), [one["properties"] for one in features]
    )


class GeometryCache:
    """Compressed geometry of one process, bounded, by version and name."""

    def __init__(self, source: AtlasSource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def get(self, name: str, asked: str = "") -> tuple[str, bytes | None]:
        """Return the present data version and the gzip-compressed GeoJSON of `name`, None if there is none.

        The version `asked` for may name a past day (``…@2026-11-20``): then it is the version and geometry of that day.
        """
        atlas = self._source.at(_day(asked))
        key = (atlas.version, name)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return atlas.version, self._kept[key]
        text = geometry(atlas, name)
        if text is None:
            return atlas.version, None
        packed = gzip.compress(text.encode(), 6, mtime=0)
        with self._lock:
            self._kept[key] = packed
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return atlas.version, packed


def _day(version: str) -> date | None:
    try:
        return date.fromisoformat(version.partition("@")[2])
    except ValueError:
        return None


def add_geometry(server: Flask, source: AtlasSource) -> None:
    """Serve ``/geo/VERSION/NAME.json``."""
    cache = GeometryCache(source)

    @server.get("/geo/<version>/<name>.json")
    def _geometry(version: str, name: str) -> Response:
        present, packed = cache.get(name, version)
        if packed is None:
            return Response('{"type":"FeatureCollection","features":[]}', 404, mimetype="application/geo+json")
        body, headers = packed, {"Content-Encoding": "gzip"}
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            body, headers = gzip.decompress(packed), {}
        answer = Response(body, mimetype="application/geo+json", headers=headers)
        # an old address still answers, with what is true now, but is not kept
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if version == present else "no-store"
        answer.headers["Vary"] = "Accept-Encoding"
        return answer
