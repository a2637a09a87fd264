"""Rows of a GeoPackage, written with SQLite alone so that one transaction holds them all."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geodata.schema import CRS, TableSchema
from geodata.store.gpkg import as_stored

_SRS = 4326
_ENVELOPES = (0, 32, 48, 48, 64)  # bytes by the envelope code of a GeoPackage geometry
Image = dict[str, Any]


def prepare(database: sqlite3.Connection) -> None:
    """Give SQLite the functions that the spatial index's triggers call (GeoPackage 1.3, annex F.3)."""
    for name, side in (("ST_MinX", 0), ("ST_MinY", 1), ("ST_MaxX", 2), ("ST_MaxY", 3)):
        database.create_function(name, 1, lambda blob, side=side: _bounds(blob)[side], deterministic=True)
    database.create_function("ST_IsEmpty", 1, lambda blob: int(blob is None or blob[3] >> 4 & 1), deterministic=True)


def _bounds(blob: bytes) -> tuple[float, ...]:
    """Return west, south, east, north; blobs of ours hold an envelope, or are points in little-endian WKB."""
    code = blob[3] >> 1 & 0b111
    if code:
        west, east, south, north = struct.unpack_from("<4d" if blob[3] & 1 else ">4d", blob, 8)
        return west, south, east, north
    if blob[8:13] == b"\x01\x01\x00\x00\x00":
        return struct.unpack_from("<2d", blob, 13) * 2
    return shape_of(blob).bounds


def shape_of(blob: bytes | None) -> Any:
    """Return the geometry of a GeoPackage blob (clause 2.1.3)."""
    return None if blob is None else shapely.from_wkb(blob[8 + _ENVELOPES[blob[3] >> 1 & 0b111]:])


def blob_of(shape: Any) -> bytes | None:
    """Return the GeoPackage blob of a geometry in EPSG:4326; the envelope is left out for points."""
    if shape is None or shape.is_empty:
        return None
    if shape.geom_type in ("Polygon", "LineString"):
        shape = shapely.MultiPolygon([shape]) if shape.geom_type == "Polygon" else shapely.MultiLineString([shape])
    point = shape.geom_type == "Point"
    west, south, east, north = shape.bounds
    head = struct.pack("<2sBBi", b"GP", 0, 1 if point else 3, _SRS)
    return head + (b"" if point else struct.pack("<4d", west, east, south, north)) + shapely.to_wkb(shape, byte_order=1)


def images(schema: TableSchema, frame: pd.DataFrame) -> Iterator[Image]:
    """Yield each row of a validated frame as column → value for SQLite, its geometry as a blob under ``geom``."""
    plain = as_stored(schema, frame)
    columns = []
    for name in plain:
        values = plain[name].astype(object)
        values = values.where(values.notna(), None).tolist()
        columns.append([int(one) if isinstance(one, bool) else one for one in values])
    names = list(plain)
    shapes = frame.geometry.to_numpy() if schema.geometry else [None] * len(frame)
    for at, shape in enumerate(shapes):
        image = {name: column[at] for name, column in zip(names, columns, strict=True)}
        yield image | {"geom": blob_of(shape)} if schema.geometry else image


def fetch(database: sqlite3.Connection, schema: TableSchema, keys: list[str] | None = None) -> dict[str, tuple[int, Image]]:
    """Return key → (fid, image) of the rows of `keys`, or of all rows."""
    names = _names(schema)
    sql = f'SELECT fid, {_quoted(names)} FROM "{schema.name}"'  # noqa: S608 - names of the schema
    if keys is None:
        found = database.execute(sql).fetchall()
    else:
        found = []
        for start in range(0, len(keys), 500):
            part = keys[start:start + 500]
            found += database.execute(f'{sql} WHERE "{schema.key}" IN ({",".join("?" * len(part))})', part)
    images = (dict(zip(names, row[1:], strict=True)) for row in found)
    return {image[schema.key]: (row[0], image) for row, image in zip(found, images, strict=True)}


def insert(database: sqlite3.Connection, schema: TableSchema, rows: list[tuple[int | None, Image]]) -> None:
    """Insert rows; a fid of None takes the next one."""
    names = _names(schema)
    database.executemany(
        f'INSERT INTO "{schema.name}" (fid, {_quoted(names)}) VALUES (?{", ?" * len(names)})',  # noqa: S608 - names of the schema
        ((fid, *(image[name] for name in names)) for fid, image in rows))


def delete(database: sqlite3.Connection, schema: TableSchema, fids: list[int]) -> None:
    """Delete rows by fid."""
    database.executemany(f'DELETE FROM "{schema.name}" WHERE fid = ?', ((fid,) for fid in fids))  # noqa: S608 - names of the schema


def frame_of(schema: TableSchema, found: list[Image]) -> pd.DataFrame:
    """Return images as a frame in the types of the schema."""
    frame = pd.DataFrame({column.name: pd.Series([image[column.name] for image in found], dtype=object) for column in schema.columns})
    if schema.geometry:
        frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([shape_of(image["geom"]) for image in found], index=frame.index, crs=CRS))
    return schema.coerce(frame)


def plain(schema: TableSchema, image: Image) -> dict[str, Any]:
    """Return an image as values for people: whole truth values, a point as ``lon`` and ``lat``, other shapes as ``shape`` and ``box``."""
    found = {column.name: bool(image[column.name]) if column.dtype == "bool" and image[column.name] is not None else image[column.name]
             for column in schema.columns}
    shape = shape_of(image["geom"]) if schema.geometry else None
    if schema.geometry == "point":
        return found | {"lon": shape and shape.x, "lat": shape and shape.y}
    if shape is not None:
        return found | {"shape": f"{shape.geom_type} {shapely.get_num_coordinates(shape)}", "box": list(shape.bounds)}
    return found


def _names(schema: TableSchema) -> list[str]:
    return [column.name for column in schema.columns] + (["geom"] if schema.geometry else [])


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
