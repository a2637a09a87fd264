"""Activities 活动 of every kind: which there were, when, and which grid did how many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import periods, selection
from layers.atlas import Atlas
from layers.filters import PROVENANCES, Filters
from layers.provenance import mix

VISIT = "visit"


def select(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return the activities in the place (and lasso) looked at that fit dates, kinds and provenance.

    One known by its period only is kept when no dates are asked or its whole
    period lies inside them.

    Returns
    -------
    DataFrame
        The columns of ``atlas.activities`` without ``geometry``; ``lon``,
        ``lat`` (degrees, WGS-84) where it is drawn, and ``located``, what that
        is: ``point`` (its own), ``grid`` (inside its grid) or ``place`` (the
        label point of its place). The index is the row in ``atlas.activities``.
    """
    rows = chosen(atlas, filters)
    lon, lat, located = where(atlas)
    frame = pd.DataFrame(atlas.activities.iloc[rows].drop(columns="geometry", errors="ignore"))
    frame["lon"], frame["lat"] = lon[rows], lat[rows]
    frame["located"] = pd.Series(located[rows], index=frame.index, dtype=object)
    return frame


def by_month(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return the activities per month, kind and provenance.

    Returns
    -------
    DataFrame
        ``month`` (``YYYY-MM``), ``kind``, ``provenance``, ``count``
        (activities that began in it), ``participants`` (persons) and
        ``visits`` (人次), which are never added together; NaN where nobody
        counted. Sorted by month, kind, provenance. Activities whose month is
        not known are not in it: :func:`undated` counts them.
    """
    rows = chosen(atlas, filters)
    month = periods.spans(atlas, "activities").month[rows]
    rows, month = rows[~np.isnat(month)], month[~np.isnat(month)]
    unit, units = atlas.coded("activities", "participants_unit")
    as_visits = np.append(units == VISIT, False)[unit[rows]]
    number = atlas.once("participants", lambda: _numbers(atlas))[rows]
    kind, kinds = atlas.coded("activities", "kind")
    origin, origins = atlas.coded("activities", "provenance")
    months, slot = np.unique(month, return_inverse=True)
    key = (slot * len(kinds) + kind[rows]) * len(origins) + origin[rows]
    groups, group = np.unique(key, return_inverse=True)
    table = pd.DataFrame(
        {
            "month": months.astype(str)[groups // (len(kinds) * len(origins))].astype(object),
            "kind": kinds[groups // len(origins) % len(kinds)],
            "provenance": origins[groups % len(origins)],
            "count": np.bincount(group, minlength=len(groups)),
            "participants": _sum(group, number, ~as_visits, len(groups)),
            "visits": _sum(group, number, as_visits, len(groups)),
        }
    )
    return table.sort_values(["month", "kind", "provenance"], ignore_index=True)


def undated(atlas: Atlas, filters: Filters) -> int:
    """Return how many activities may belong to the dates asked but are not in :func:`by_month`."""
    when = periods.spans(atlas, "activities")
    return int(
        (
            _choice(atlas, filters)
            & periods.touching(when, filters)
            & (np.isnat(when.month) | ~periods.within(when, filters))
        ).sum()
    )


def rank_grids(atlas: Atlas, filters: Filters, top: int = 10) -> pd.DataFrame:
    """Return the grids in scope that did most.

    Returns
    -------
    DataFrame
        ``grid_id``, ``name``, ``name_en``, ``region_id``, ``region_name``, ``adcode``, ``count`` (activities),
        ``kinds`` (dict of kind to count), ``provenance`` (of the activities
        counted; ``mixed`` when unlike). At most `top` rows, most first, equal
        ones by grid_id; grids that did nothing are not listed.
    """
    counted = by_key(atlas, filters, "grid_id")
    rows = []
    by_grid, by_region = atlas.rows_by("grids", "grid_id"), atlas.rows_by("regions", "region_id")
    for grid_id, (count, kinds, provenance) in sorted(counted.items(), key=lambda item: (-item[1][0], item[0])):
        if grid_id not in by_grid or len(rows) == top:
            continue
        grid = atlas.grids.iloc[by_grid[grid_id]]
        region = by_region.get(grid["region_id"])
        rows.append(
            {
                "grid_id": grid_id,
                "name": grid["name"],
                "name_en": grid["name_en"],
                "region_id": grid["region_id"],
                "region_name": None if region is None else atlas.regions["name"].iloc[region],
                "adcode": grid["adcode"],
                "count": count,
                "kinds": kinds,
                "provenance": provenance,
            }
        )
    return pd.DataFrame(
        rows,
        columns=["grid_id", "name", "name_en", "region_id", "region_name", "adcode", "count", "kinds", "provenance"],
    )


def by_key(atlas: Atlas, filters: Filters, column: str) -> dict[str, tuple[int, dict[str, int], str | None]]:
    """Return, per value of `column`, the number of selected activities, that per kind, and their provenance."""
    rows = chosen(atlas, filters)
    key, keys = atlas.coded("activities", column)
    kind, kinds = atlas.coded("activities", "kind")
    origin, origins = atlas.coded("activities", "provenance")
    rows = rows[key[rows] >= 0]
    groups, sizes = np.unique((key[rows] * len(kinds) + kind[rows]) * len(origins) + origin[rows], return_counts=True)
    result: dict[str, tuple[int, dict[str, int], str | None]] = {}
    for group, size in zip(groups.tolist(), sizes.tolist(), strict=True):
        rest, of = divmod(group, len(origins))
        unit, what = divmod(rest, len(kinds))
        count, per_kind, before = result.get(keys[unit], (0, {}, None))
        per_kind[kinds[what]] = per_kind.get(kinds[what], 0) + size
        result[keys[unit]] = (count + size, per_kind, mix([before, origins[of]]))
    return result


def kinds_present(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return ``kind``, ``provenance`` and ``count`` of the selected activities, dated or not."""
    frame = select(atlas, filters)
    return frame.groupby(["kind", "provenance"], sort=True).size().rename("count").reset_index()  # ty: ignore[no-matching-overload] - a series is renamed


def chosen(atlas: Atlas, filters: Filters) -> NDArray[np.intp]:
    """Return the rows of ``atlas.activities`` that :func:`select` returns."""
    return np.flatnonzero(_choice(atlas, filters) & periods.within(periods.spans(atlas, "activities"), filters))


def where(atlas: Atlas) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[Any]]:
    """Return longitude, latitude (degrees) and ``located``, as in :func:`select`, of every activity."""

    def compute() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[Any]]:
        frame = atlas.activities
        own_lon, own_lat = atlas.lonlat("activities")
        lon, lat = own_lon.copy(), own_lat.copy()
        located = np.where(np.isnan(lon), np.array(None), "point").astype(object)
        if "geometry_provenance" in frame:
            located[~np.isnan(lon) & (frame["geometry_provenance"] == PROVENANCES[1]).to_numpy(dtype=bool)] = "place"
        grid = pd.Index(atlas.grids["grid_id"]).get_indexer(pd.Index(frame["grid_id"], dtype=object))
        grid_lon, grid_lat = atlas.inner_points("grids")
        place = atlas.place_rows("activities")
        for rows, x, y, name in (
            (grid, grid_lon, grid_lat, "grid"),
            (place, atlas.places["lon"].to_numpy(), atlas.places["lat"].to_numpy(), "place"),
        ):
            missing = np.flatnonzero(np.isnan(lon) & (rows >= 0))
            lon[missing], lat[missing], located[missing] = x[rows[missing]], y[rows[missing]], name
        return lon, lat, located

    return atlas.once("where activities are", compute)


# -- inside -----------------------------------------------------------------------


def _numbers(atlas: Atlas) -> NDArray[np.float64]:
    return atlas.activities["participants"].to_numpy(dtype=np.float64, na_value=np.nan)


def _sum(
    group: NDArray[np.intp], number: NDArray[np.float64], which: NDArray[np.bool_], size: int
) -> NDArray[np.float64]:
    """Return the sum per group of the numbers given among `which`; NaN where none is."""
    given = np.flatnonzero(which & ~np.isnan(number))
    total = np.bincount(group[given], number[given], size)
    return np.where(np.bincount(group[given], minlength=size) > 0, total, np.nan)


def _choice(atlas: Atlas, filters: Filters) -> NDArray[np.bool_]:
    lon, lat, *_ = where(atlas)
    mask = selection.mask(atlas, filters, "activities", (lon, lat))
    if filters.kinds is not None:
        fits = np.zeros(len(atlas.activities), dtype=bool)
        for kind in filters.kinds:
            fits |= atlas.holds("activities", "kind", kind)
        mask = mask & fits
    return mask
