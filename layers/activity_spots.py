"""Activities gathered by where they are, for one mark on the map a spot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import activities, hexes
from layers.atlas import Atlas
from layers.filters import Filters
from layers.provenance import MIXED

COLUMNS = ("lon", "lat", "unit_kind", "unit_id", "name", "name_en", "kind", "count", "own", "provenance")
SPOT_LIMIT, CELL_LIMIT = 800, 400
CLUSTER = "cluster"
Box = tuple[float, float, float, float]
_TABLES = {"grid": ("grids", "grid_id"), "place": ("places", "adcode")}


def spots(
    atlas: Atlas, filters: Filters, box: Box | None = None, zoom: float = 6.0, limit: int = SPOT_LIMIT
) -> pd.DataFrame:
    """Return the selected activities by spot.

    Parameters
    ----------
    box : tuple of float, optional
        West, south, east, north of what is visible, degrees (WGS-84); None: everything.
    zoom : float
        Zoom of the map (512-pixel tiles), which sets the size of the cells.
    limit : int
        Up to so many spots are returned one by one; more are counted in H3 cells, at most :data:`CELL_LIMIT` of them.

    Returns
    -------
    DataFrame
        ``lon``, ``lat`` (degrees, WGS-84); ``unit_kind`` (``grid``, ``place``,
        ``activity``, or ``cluster``: a cell, which has no name) and ``unit_id``, what the spot stands for; its ``name``
        and ``name_en``; ``kind`` when all are of one kind, else None; ``count``
        (activities); ``own``, the values of its kind's own fields where it is one activity; ``provenance`` (``mixed``
        when unlike).
    """
    lon, lat, located = activities.where(atlas)
    spot, order, most = atlas.once("spots of activities", lambda: _spots(lon, lat))
    chosen = activities.mask(atlas, filters)
    if box is not None and np.count_nonzero(chosen) > limit:
        west, south, east, north = box
        chosen = chosen & (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    held = np.zeros(most + 1, bool)  # last: at no spot, -1
    held[spot[chosen]] = True
    if np.count_nonzero(held[:-1]) > limit:
        return _cells(atlas, np.flatnonzero(chosen & (spot >= 0)), hexes.resolution_for(zoom), lon, lat)
    rows = order[chosen[order]]
    starts = np.flatnonzero(np.diff(spot[rows], prepend=-1))
    counts = np.diff(starts, append=len(rows))
    first = rows[starts]
    units = [located[row] if located[row] in _TABLES else "activity" for row in first]
    named = [
        _name(atlas, unit, row, count) for unit, row, count in zip(units, first.tolist(), counts.tolist(), strict=True)
    ]
    return pd.DataFrame(
        {
            "lon": lon[first],
            "lat": lat[first],
            "unit_kind": units,
            "unit_id": [key for key, _, _ in named],
            "name": [name for _, name, _ in named],
            "name_en": [name_en for _, _, name_en in named],
            "kind": _shared(atlas, "kind", rows, starts, None),
            "count": counts,
            "own": np.where(counts == 1, atlas.activities["own"].to_numpy(dtype=object)[first], None)
            if "own" in atlas.activities
            else None,
            "provenance": _shared(atlas, "provenance", rows, starts, MIXED),
        },
        columns=list(COLUMNS),
    )


def _spots(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.intp], int]:
    """Return at which spot each activity is, -1 where nobody knows;
    those that are at one, spot by spot; and how many spots there are.
    """
    rows = np.flatnonzero(~np.isnan(lon))
    order = rows[np.lexsort((rows, lat[rows], lon[rows]))]
    new = (np.diff(lon[order], prepend=np.nan) != 0) | (np.diff(lat[order], prepend=np.nan) != 0)
    spot = np.full(len(lon), -1, np.int32)
    spot[order] = np.cumsum(new) - 1
    return spot, order, int(new.sum())


def _cells(
    atlas: Atlas,
    rows: NDArray[np.intp],
    resolution: int,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
) -> pd.DataFrame:
    """Return activities counted in cells, in the columns of :func:`spots`."""
    groups = hexes.group(atlas, "activities", rows, resolution, CELL_LIMIT, (lon, lat))
    kinds = groups.label(atlas.coded("activities", "kind"))
    return pd.DataFrame(
        {
            "lon": groups.sum(lon) / groups.counts,
            "lat": groups.sum(lat) / groups.counts,
            "unit_kind": CLUSTER,
            "unit_id": groups.names(),
            "name": None,
            "name_en": None,
            "kind": np.where(kinds == MIXED, np.array(None), kinds),
            "count": groups.counts,
            "own": None,
            "provenance": groups.label(atlas.coded("activities", "provenance")),
        },
        columns=list(COLUMNS),
    )


def _name(atlas: Atlas, unit: str, row: int, count: int) -> tuple[Any, Any, Any]:
    """Return the key of what a spot stands for, and its names: its own when it gathers more than one activity."""
    if unit in _TABLES:
        table, column = _TABLES[unit]
        codes, values = atlas.coded("activities", column)
        key = values[codes[row]]
        at = atlas.rows_by(table, column).get(key)
        if at is not None and count > 1:
            frame = atlas.table(table)
            name = frame["name"].iat[at]
            name_en = frame["name_en"].iat[at] if "name_en" in frame else None
            return key, name, name if pd.isna(name_en) else name_en
    else:
        key = atlas.activities["activity_id"].iat[row]
    name = atlas.activities["name"].iat[row]
    return key, name, name


def _shared(
    atlas: Atlas, column: str, rows: NDArray[np.intp], starts: NDArray[np.intp], unlike: str | None
) -> pd.Series:
    """Return per spot the value that all its activities share, or `unlike`."""
    codes, values = atlas.coded("activities", column)
    if not len(starts):
        return pd.Series(dtype=object)
    low = np.minimum.reduceat(codes[rows], starts)
    same = low == np.maximum.reduceat(codes[rows], starts)
    return pd.Series(np.where(same, np.append(values, None)[low], unlike), dtype=object)  # ty: ignore[no-matching-overload] - of objects
