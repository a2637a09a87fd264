"""Rows as every store keeps them: plain values, dates as ISO text, geometry as WKB.

An *image* is one row as a mapping of column → value, its geometry as
little-endian two-dimensional WKB under ``geom``. The log of the batches keeps
images as JSON text, the same in every store, so that an atlas can move from
one to another with its log.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.schema import CRS, TableSchema

GEOMETRY = "geom"
Image = dict[str, Any]
_ENVELOPES = (0, 32, 48, 48, 64)  # bytes by the envelope code of a GeoPackage geometry (clause 2.1.3)


def names_of(schema: TableSchema) -> list[str]:
    """Return the columns of a table as a store has them, geometry last."""
    return [column.name for column in schema.columns] + ([GEOMETRY] if schema.geometry else [])


def as_stored(schema: TableSchema, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of a validated frame, without geometry, with dates as ISO text and whole numbers whole."""
    data = {}
    for column in schema.columns:
        values = frame[column.name]
        if column.dtype == "date":
            text = values.dt.strftime("%Y-%m-%d")
            values = text.astype("object").where(values.notna(), None)
        elif column.dtype == "int":
            values = values.astype("Int64")
        elif column.dtype in ("str", "set"):
            values = values.astype("object").where(values.notna(), None)
        data[column.name] = values
    return pd.DataFrame(data)


def images(schema: TableSchema, frame: pd.DataFrame) -> Iterator[Image]:
    """Yield each row of a validated frame as an image."""
    columns = columns_of(schema, frame)
    for row in zip(*columns.values(), strict=True):
        yield dict(zip(columns, row, strict=True))


def columns_of(schema: TableSchema, frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the columns of a validated frame as they stand in images."""
    columns: dict[str, list[Any]] = {}
    for column in schema.columns:
        values = frame[column.name]
        if column.dtype == "date":
            values = values.dt.strftime("%Y-%m-%d")
        elif column.dtype == "int":
            values = values.astype("Int64")
        columns[column.name] = values.to_numpy(dtype=object, na_value=None).tolist()
    if schema.geometry:
        columns[GEOMETRY] = _wkb(frame.geometry.to_numpy())
    return columns


def frame_of(schema: TableSchema, columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Return the columns of images as a frame in the types of the schema."""
    frame = pd.DataFrame({column.name: pd.Series(columns[column.name], dtype=object) for column in schema.columns})
    if schema.geometry:
        shapes = shapely.from_wkb(np.array(columns[GEOMETRY], dtype=object))
        frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=frame.index, crs=CRS))
    return schema.coerce(frame)


def plain(schema: TableSchema, image: Image) -> dict[str, Any]:
    """Return an image as values for people: whole truth values,
    a point as ``lon`` and ``lat``, other shapes as ``shape`` and ``box``.
    """
    found = {
        column.name: bool(image[column.name])
        if column.dtype == "bool" and image[column.name] is not None
        else image.get(column.name)
        for column in schema.columns
    }
    shape = shapely.from_wkb(image[GEOMETRY]) if schema.geometry else None
    if schema.geometry == "point":
        return found | {"lon": shape and shape.x, "lat": shape and shape.y}
    if shape is not None:
        return found | {"shape": f"{shape.geom_type} {shapely.get_num_coordinates(shape)}", "box": list(shape.bounds)}
    return found


def as_text(image: Image | None) -> str | None:
    """Return an image as JSON text for the log."""
    if image is None:
        return None
    return json.dumps(
        {
            name: {"blob": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
            for name, value in image.items()
        },
        ensure_ascii=False,
    )


def from_text(text: str | None) -> Image | None:
    """Return the image of a JSON text."""
    if text is None:
        return None
    return {
        name: bare(base64.b64decode(value["blob"])) if isinstance(value, dict) else value
        for name, value in json.loads(text).items()
    }


def bare(blob: bytes | None) -> bytes | None:
    """Return the WKB inside the blob of a GeoPackage; WKB itself stays as it is."""
    return blob if blob is None or blob[:2] != b"GP" else blob[8 + _ENVELOPES[blob[3] >> 1 & 0b111] :]


def _wkb(shapes: Any) -> list[bytes | None]:
    """Return the WKB of many shapes:
    two dimensions, single polygons and lines as collections of one; None where empty.
    """
    shapes = np.array(shapes, dtype=object)
    if (shapely.get_coordinate_dimension(shapes) > 2).any():
        shapes = shapely.force_2d(shapes)
    kinds = shapely.get_type_id(shapes)
    for kind, many in (
        (shapely.GeometryType.POLYGON, shapely.multipolygons),
        (shapely.GeometryType.LINESTRING, shapely.multilinestrings),
    ):
        at = np.flatnonzero(kinds == kind)
        if len(at):
            shapes[at] = many(shapes[at], indices=np.arange(len(at)))
    shapes[shapely.is_empty(shapes)] = None
    return shapely.to_wkb(shapes, byte_order=1, output_dimension=2).tolist()
