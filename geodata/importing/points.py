"""The points of many rows as numbers.

A shape of its own takes ten times the memory, and is made when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

_PART = 50_000


class PackedPoints:
    """Points that are read and written as an array of shapes is, None where a row has none.

    Parameters
    ----------
    count : int
        Number of rows, none with a point yet.
    """

    def __init__(self, count: int) -> None:
        self._xy = np.full((count, 2), np.nan)

    def __len__(self) -> int:
        return len(self._xy)

    def __getitem__(self, at: Any) -> Any:
        xy = self._xy[at]
        if xy.ndim == 1:
            return None if np.isnan(xy[0]) else shapely.Point(xy)
        return _made(xy)

    def __setitem__(self, at: Any, shapes: Any) -> None:
        shapes = np.atleast_1d(np.asarray(shapes, dtype=object))
        xy = np.full((len(shapes), 2), np.nan)
        held = ~shapely.is_missing(shapes)
        xy[held] = shapely.get_coordinates(shapes[held])
        self._xy[at] = xy[0] if isinstance(at, int | np.integer) else xy

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self), _PART):
            yield from self[start : start + _PART]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(_made(self._xy), dtype=dtype or object, copy=copy)

    def missing(self) -> NDArray[np.bool_]:
        """Return which rows have no point."""
        return np.isnan(self._xy[:, 0])


Shapes = NDArray[np.object_] | PackedPoints


def missing(shapes: Shapes) -> NDArray[np.bool_]:
    """Return which rows have no shape."""
    return shapes.missing() if isinstance(shapes, PackedPoints) else shapely.is_missing(shapes)


def _made(xy: NDArray[np.float64]) -> NDArray[np.object_]:
    shapes = np.full(len(xy), None, dtype=object)
    held = ~np.isnan(xy[:, 0])
    shapes[held] = shapely.points(xy[held])
    return shapes
