"""Which rows of a table a reader chooses: by place, lasso and provenance, as every layer does; and counts of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.schema import TABLES
from layers import places
from layers.atlas import Atlas
from layers.filters import FLOOR, Filters

Spots = tuple[NDArray[np.float64], NDArray[np.float64]]


def mask(atlas: Atlas, filters: Filters, table: str, spots: Spots | None = None) -> NDArray[np.bool_]:
    """Return which rows of `table` lie in the place and in the lasso of `filters` and are of a provenance asked for.

    Parameters
    ----------
    spots : tuple of ndarray, optional
        Longitudes and latitudes (degrees, WGS-84) that the lasso is held against;
        the points of the rows, or points within their areas.

    Raises
    ------
    AtlasError
        When the place, region or grid is not in the atlas.
    """
    chosen = places.table_mask(atlas, places.scope(atlas, filters), table)
    chosen = chosen & atlas.of_provenance(table, filters.provenance)
    if table == "demand":
        chosen = chosen & by_proxy(atlas, filters)
    if not filters.area:
        return chosen
    if spots is None:
        spots = atlas.lonlat(table) if TABLES[table].geometry == "point" else atlas.inner_points(table)
    return chosen & places.in_area(filters, *spots)


def by_proxy(atlas: Atlas, filters: Filters) -> NDArray[np.bool_]:
    """Return which rows of demand are of the proxy chosen: those of another one are never added to them."""
    floor = atlas.holds("demand", "proxy", FLOOR)
    return floor if filters.proxy == FLOOR else ~floor


def where(filters: Filters) -> Hashable:
    """Return what tells apart the rows that :func:`mask` chooses of a table."""
    return filters.place, filters.region, filters.grid, filters.area, filters.provenance, filters.proxy


def kept(atlas: Atlas, key: Hashable, compute: Callable[[], NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Return the mask that `compute` makes, kept with the last answers of the atlas: every figure of a page asks for it
    again.
    """

    def made() -> NDArray[np.bool_]:
        found = compute()
        found.setflags(write=False)
        return found

    return atlas.recent(key, made)


def combined(atlas: Atlas, table: str, *columns: str) -> tuple[NDArray[np.int32], tuple[NDArray[Any], ...]]:
    """Return several columns of `table` as one code a row, and the values of each; -1 where one of them is missing.

    The code of values at positions ``a``, ``b``, ``c`` is ``(a * len(B) + b) * len(C) + c``: counts by code, in the
    shape of the values, are counts by the columns.
    """

    def compute() -> NDArray[np.int32]:
        code = np.zeros(len(atlas.table(table)), np.int64)
        missing = np.zeros(len(code), bool)
        for column in columns:
            codes, values = atlas.coded(table, column)
            code *= max(len(values), 1)
            code += codes
            missing |= codes < 0
        code[missing] = -1
        code = code.astype(np.int32)
        code.setflags(write=False)
        return code

    values = tuple(atlas.coded(table, column)[1] for column in columns)
    return atlas.once(("combined", table, *columns), compute), values


def counts(atlas: Atlas, table: str, rows: NDArray[Any] | slice, *columns: str) -> tuple[NDArray[Any], ...]:
    """Return how many of `rows` (positions, mask or slice) have each combination of values of `columns`, and these.

    Returns
    -------
    ndarray of int, one axis a column; then the values along each axis
    """
    codes, values = combined(atlas, table, *columns)
    shape = tuple(len(one) for one in values)
    found = np.bincount(codes[rows] + 1, minlength=int(np.prod(shape)) + 1)[1:]
    return found.reshape(shape), *values


def by_place(atlas: Atlas, table: str, rows: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Return how many of `rows` (a mask) name each row of ``atlas.places``, by provenance, and the provenances.

    Returns
    -------
    ndarray of int, shape (places, provenances), and their values
    """
    origin, origins = atlas.coded(table, "provenance")

    def compute() -> NDArray[np.int32]:
        at = atlas.place_rows(table)
        return np.where((at >= 0) & (origin >= 0), at * np.int32(len(origins)) + origin.astype(np.int32), -1)

    codes = atlas.once(("place and provenance", table), compute)
    size = len(atlas.places) * len(origins)
    return np.bincount(codes[rows] + 1, minlength=size + 1)[1:].reshape(len(atlas.places), len(origins)), origins
