"""Geometry columns whose shapes are made when somebody asks for shapes.

A table of a country has hundreds of thousands of points. As two columns of numbers they can be mapped from a file; as
objects of shapely each takes two hundred bytes of every process. So the objects are made of the rows that are asked
for, when they are asked for.
"""

from __future__ import annotations

import weakref
from abc import abstractmethod
from numbers import Integral
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from geopandas.array import GeometryArray
from numpy.typing import NDArray

from geodata.schema import CRS


class DeferredShapes(GeometryArray):
    """Shapes (EPSG:4326) that are made from something smaller; to geopandas a column of geometry like any other."""

    def __init__(self) -> None:
        self._crs = None
        self.crs = CRS
        self._sindex = None

    @abstractmethod
    def _made(self) -> NDArray[np.object_]:
        """Return the shapes, None where there is none."""

    @abstractmethod
    def _some(self, rows: Any) -> Self:
        """Return the column of some rows: positions, a mask or a slice."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of rows."""

    @property
    def shape(self) -> tuple[int]:
        """Number of rows, as of an array."""
        return (self.size,)

    def __getitem__(self, idx: Any) -> Any:
        """Return one shape, or the column of some rows."""
        if isinstance(idx, Integral):
            at = int(idx)
            if not -self.size <= at < self.size:
                raise IndexError(f"row {at} of {self.size}")
            at %= self.size
            return self._some(slice(at, at + 1))._made()[0]
        return self._some(pd.api.indexers.check_array_indexer(self, idx))

    def __setitem__(self, key: Any, value: Any) -> None:
        """Refuse: every reader shares the rows."""
        raise TypeError("the shapes of an atlas are read only: put a column of other shapes in their place")

    def __reduce__(self) -> Any:
        """Pickle as the column of shapes that this stands for."""
        return _as_such, (shapely.to_wkb(self._data),)

    def take(self, indices: Any, allow_fill: bool = False, fill_value: Any = None) -> GeometryArray:  # ty: ignore[incompatible-method-override] - as geopandas has it
        """Return the column of rows by position; with `allow_fill`, -1 is a row of its own."""
        at = np.asarray(indices, dtype=np.intp)
        if allow_fill and (at < 0).any():
            return GeometryArray(self._data, crs=self._crs).take(at, allow_fill=True, fill_value=fill_value)
        return self._some(at)

    def copy(self, *_args: Any, **_more: Any) -> Self:
        """Return the column of all rows: none can be altered, so there is nothing to copy."""
        return self._some(slice(None))


class PointShapes(DeferredShapes):
    """Points by longitude and latitude; they are kept for as long as somebody holds them.

    Parameters
    ----------
    lon, lat : ndarray of float64
        Degrees (WGS-84); NaN where there is no point.
    """

    def __init__(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> None:
        super().__init__()
        self.lon, self.lat = lon, lat
        self._kept: weakref.ref[NDArray[np.object_]] | None = None

    @property
    def _data(self) -> NDArray[np.object_]:
        made = self._kept() if self._kept else None
        if made is None:
            made = self._made()
            self._kept = weakref.ref(made)
        return made

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.lon)

    @property
    def nbytes(self) -> int:
        """Bytes of the numbers."""
        return self.lon.nbytes + self.lat.nbytes

    @property
    def is_empty(self) -> NDArray[np.bool_]:
        """Return for each row that it is not an empty point: such rows have none."""
        return np.zeros(self.size, bool)

    @property
    def bounds(self) -> NDArray[np.float64]:
        """Return west, south, east and north of each point."""
        return np.column_stack([self.lon, self.lat, self.lon, self.lat])

    def isna(self) -> NDArray[np.bool_]:
        """Return which rows have no point."""
        return np.isnan(self.lon)

    def _made(self) -> NDArray[np.object_]:
        made = np.full(self.size, None, dtype=object)
        there = ~np.isnan(self.lon)
        made[there] = shapely.points(self.lon[there], self.lat[there])
        return made

    def _some(self, rows: Any) -> Self:
        return type(self)(self.lon[rows], self.lat[rows])


class WkbShapes(DeferredShapes):
    """Lines and areas by their WKB; all of them are kept once all are asked for.

    Parameters
    ----------
    wkb : pyarrow.Array of large_binary
        Null where there is no shape.
    """

    def __init__(self, wkb: pa.Array) -> None:
        super().__init__()
        self._wkb = wkb
        self._kept: NDArray[np.object_] | None = None

    @property
    def _data(self) -> NDArray[np.object_]:
        if self._kept is None:
            self._kept = self._made()
        return self._kept

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self._wkb)

    @property
    def nbytes(self) -> int:
        """Bytes of the WKB."""
        return self._wkb.nbytes

    def isna(self) -> NDArray[np.bool_]:
        """Return which rows have no shape."""
        return self._wkb.is_null().to_numpy(zero_copy_only=False)

    def _made(self) -> NDArray[np.object_]:
        return shapely.from_wkb(self._wkb.to_numpy(zero_copy_only=False))

    def _some(self, rows: Any) -> Self:
        if isinstance(rows, slice):
            start, stop, step = rows.indices(self.size)
            if step == 1:
                part = type(self)(self._wkb.slice(start, max(stop - start, 0)))
                part._kept = None if self._kept is None else self._kept[rows]
                return part
            rows = np.arange(start, stop, step)
        elif rows.dtype == bool:
            rows = np.flatnonzero(rows)
        part = type(self)(pc.take(self._wkb, pa.array(np.where(rows < 0, rows + self.size, rows))))
        part._kept = None if self._kept is None else self._kept[rows]
        return part


def _as_such(wkb: NDArray[np.object_]) -> GeometryArray:
    return GeometryArray(shapely.from_wkb(wkb), crs=CRS)
