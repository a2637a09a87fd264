"""A table of the schema as columns of Arrow, and back as a frame that lies over them without a copy.

Numbers, dates and points are the very bytes of numpy; texts are Arrow's, so that a frame over a mapped file takes
none of the memory of its process. A column of texts with few values has their codes beside it, as ``#name``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pandas.arrays import ArrowStringArray

from geodata.derived.shapes import PointShapes, WkbShapes
from geodata.schema import Column, TableSchema

LON, LAT, WKB, CODES = ".lon", ".lat", ".wkb", "#"
#: Values of a column that has codes beside it, at most.
MOST_VALUES = 10_000
#: Rows of a table whose texts are objects, at most: what is done with a few rows takes a fifth less time than with
#: Arrow's, and they take no memory to speak of.
SHORT = 5_000
_VALUES = b"values"
_MISSING = 2  # in the byte of a truth value
_TEXT, _OBJECTS = (pd.StringDtype(storage, na_value=np.nan) for storage in ("pyarrow", "python"))

Coded = tuple[NDArray[np.int32], NDArray[Any]]
"""Code of each row, -1 where the value is missing; and the values, by first appearance."""


def encoded(schema: TableSchema, frame: pd.DataFrame) -> pa.RecordBatch:
    """Return a frame in the types of its schema as columns of Arrow.

    Parameters
    ----------
    schema : TableSchema
    frame : DataFrame
        As a store gives it; columns beside those of the schema are texts.
    """
    arrays: list[pa.Array] = []
    names: list[pa.Field] = []

    def add(name: str, array: pa.Array, metadata: Mapping[bytes, bytes] | None = None) -> None:
        arrays.append(array)
        names.append(pa.field(name, array.type, metadata=metadata))

    beside = [name for name in frame.columns if name not in schema.column_names]
    for column in (*schema.columns, *map(_text_column, beside)):
        values = _array(column, frame[column.name])
        add(column.name, values)
        if column.dtype in ("str", "set"):
            coded = values.dictionary_encode()
            if len(coded.dictionary) <= MOST_VALUES:
                codes = coded.indices.fill_null(-1).cast(pa.int32())
                add(CODES + column.name, codes, {_VALUES: json.dumps(coded.dictionary.to_pylist()).encode()})
    if schema.geometry == "point":
        for name, values in zip((LON, LAT), lonlat(frame), strict=True):
            add(name, pa.array(np.ascontiguousarray(values), type=pa.float64()))
    elif schema.geometry:
        shapes = shapely.to_wkb(np.asarray(frame["geometry"], dtype=object))
        add(WKB, pa.array(shapes.tolist(), type=pa.large_binary()))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(names))


def decoded(schema: TableSchema, batch: pa.RecordBatch) -> pd.DataFrame:
    """Return the frame that :func:`encoded` was given, over the bytes of `batch`; they are read only."""
    data: dict[str, Any] = {column.name: _values(column, batch.column(column.name)) for column in schema.columns}
    if schema.geometry == "point":
        data["geometry"] = PointShapes(_numbers(batch.column(LON), np.float64), _numbers(batch.column(LAT), np.float64))
    elif schema.geometry:
        data["geometry"] = WkbShapes(batch.column(WKB))
    for name in batch.schema.names:
        if name not in data and name[0] not in (CODES, LON[0]):
            data[name] = texts(batch.column(name))
    made = gpd.GeoDataFrame if schema.geometry else pd.DataFrame
    return made(data, index=pd.RangeIndex(batch.num_rows), copy=False)


def codes_of(batch: pa.RecordBatch, column: str) -> Coded | None:
    """Return the codes of a column of texts; None where it has too many values."""
    at = batch.schema.get_field_index(CODES + column)
    if at < 0:
        return None
    values = json.loads(batch.schema.field(at).metadata[_VALUES])
    return _numbers(batch.column(at), np.int32), np.array(values, dtype=object)


def lonlat(frame: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude and latitude (degrees) of a frame of points; NaN where there is none."""
    shapes = frame["geometry"].array
    if isinstance(shapes, PointShapes):
        return shapes.lon, shapes.lat
    points = np.asarray(shapes, dtype=object)
    return shapely.get_x(points), shapely.get_y(points)


def texts(values: pa.Array) -> Any:
    """Return texts of Arrow as a column of a frame: over the same bytes, or objects of Python where they are few."""
    if len(values) <= SHORT:
        return pd.array(values.to_numpy(zero_copy_only=False), dtype=_OBJECTS)
    return ArrowStringArray(pa.chunked_array([values]), dtype=_TEXT)


def _text_column(name: str) -> Column:
    return Column(name, "str", name, name, "", (), True, "")


def _array(column: Column, values: pd.Series) -> pa.Array:
    if column.dtype in ("str", "set"):
        held = values.array
        if isinstance(held, ArrowStringArray):
            return pa.array(held, type=pa.large_string())
        return pa.array(values.to_numpy(dtype=object), type=pa.large_string(), from_pandas=True)
    if column.dtype == "date":
        return pa.array(values.to_numpy(dtype="datetime64[s]"), type=pa.timestamp("s"))
    if column.dtype == "bool":
        true = values.fillna(False).to_numpy(dtype=bool)
        return pa.array(np.where(values.isna(), np.uint8(_MISSING), true.astype(np.uint8)))
    return pa.array(values.to_numpy())


def _values(column: Column, array: pa.Array) -> Any:
    if column.dtype in ("str", "set"):
        return texts(array)
    if column.dtype == "date":
        return _numbers(array, np.dtype("datetime64[s]"))
    if column.dtype == "bool":
        held = _numbers(array, np.uint8)
        return pd.arrays.BooleanArray(held == 1, held == _MISSING) if column.nullable else held.view(bool)
    return _numbers(array, np.dtype(column.pandas_dtype))


def _numbers(array: pa.Array, dtype: Any) -> NDArray[Any]:
    """Return the bytes of an array as numpy's, without a copy; what is missing is a value of its own there."""
    return np.frombuffer(array.buffers()[1] or b"", dtype=dtype, count=len(array))
