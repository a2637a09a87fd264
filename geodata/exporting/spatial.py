"""GeoJSON and GeoPackage."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from geodata.exporting.rows import Rows
from geodata.store.gpkg import GPKG_VERSION
from geodata.store.images import as_stored

_NUMBERS = {"int": "Int64", "float": "Float64"}
_LAYER_TYPES = {"point": "Point", "line": "MultiLineString", "polygon": "MultiPolygon"}


def geojson(rows: Rows, path: Path, notes: Mapping[str, str]) -> None:
    """Write GeoJSON, its notes as a member."""
    names, between = [column.name for column in rows.columns], "\n"
    name = {"wgs84": "urn:ogc:def:crs:OGC:1.3:CRS84", "cgcs2000": "urn:ogc:def:crs:EPSG::4490"}.get(rows.crs, rows.crs)
    head = {
        "type": "FeatureCollection",
        "name": rows.schema.name,
        "crs": {"type": "name", "properties": {"name": name}},
        "metadata": dict(notes),
    }
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [')
        for part in rows.parts():
            for at, row in enumerate(zip(*part.values, strict=True)):
                shape = None if part.shapes is None else part.shapes[at]
                feature = {
                    "type": "Feature",
                    "properties": dict(zip(names, row, strict=True)),
                    "geometry": None if shape is None else shapely.geometry.mapping(shape),
                }
                file.write(between + json.dumps(feature, ensure_ascii=False, allow_nan=False))
                between = ",\n"
        file.write("\n]}\n")


def gpkg(rows: Rows, path: Path, notes: Mapping[str, str]) -> None:
    """Write a layer of a GeoPackage."""
    del notes  # the rows carry provenance and source themselves
    schema, crs = rows.schema, rows.crs
    options: dict[str, Any] = {"layer": schema.name, "driver": "GPKG"}
    new: dict[str, Any] = {
        "dataset_options": {"VERSION": GPKG_VERSION},
        "layer_options": {"DESCRIPTION": schema.zh, "IDENTIFIER": schema.name},
    }
    if schema.geometry:
        options |= {"geometry_type": _LAYER_TYPES[schema.geometry], "promote_to_multi": schema.geometry != "point"}
    for part in rows.parts():
        plain = as_stored(schema, part.frame)
        plain = plain[[column.name for column in rows.columns if column.name in plain]]
        for column, values in list(zip(rows.columns, part.values, strict=True))[len(plain.columns) :]:
            plain[column.name] = pd.Series(
                values if column.dtype in _NUMBERS else rows.named(column, values),
                index=plain.index,
                dtype=_NUMBERS.get(column.dtype, "object"),
            )
        if part.shapes is not None:
            plain["crs"] = crs  # GCJ-02 and BD-09 have no code of their own that a GeoPackage could name
            known = {"wgs84": "EPSG:4326", "cgcs2000": "EPSG:4490"}.get(crs) or (
                crs if crs.startswith("EPSG:") else None
            )
            shapes = gpd.GeoSeries(list(part.shapes), index=plain.index, crs=known)
            plain = gpd.GeoDataFrame(plain, geometry=shapes)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="'crs' was not provided")  # the column says it
            pyogrio.write_dataframe(plain, path, **options, **new)
        new = {"append": True}
