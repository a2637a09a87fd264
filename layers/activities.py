"""Activities 活动 of every kind: which there were, when, and which grid did how many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import periods, places
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
    rows = np.flatnonzero(
        _choice(atlas, filters) & periods.within(periods.spans(atlas, "activities"), filters)
    )
    lon, lat, located = _where(atlas)
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
    chosen = select(atlas, filters)
    month = periods.spans(atlas, "activities").month[chosen.index.to_numpy()]
    known = ~np.isnat(month)
    as_visits = (chosen["participants_unit"] == VISIT).to_numpy(dtype=bool)
    number = chosen["participants"].to_numpy(dtype=float, na_value=np.nan)
    table = pd.DataFrame(
        {
            "month": month.astype(str),
            "kind": chosen["kind"].to_numpy(),
            "provenance": chosen["provenance"].to_numpy(),
            "count": 1,
            "participants": np.where(as_visits, np.nan, number),
            "visits": np.where(as_visits, number, np.nan),
        }
    )[known]
    groups = table.groupby(["month", "kind", "provenance"], sort=True)
    summed = groups[["participants", "visits"]].sum(min_count=1)
    summed.insert(0, "count", groups.size())
    return summed.reset_index()


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
        ``grid_id``, ``name``, ``region_id``, ``region_name``, ``adcode``, ``count`` (activities),
        ``kinds`` (dict of kind to count), ``provenance`` (of the activities
        counted; ``mixed`` when unlike). At most `top` rows, most first, equal
        ones by grid_id; grids that did nothing are not listed.
    """
    counted = by_key(select(atlas, filters), "grid_id")
    rows = []
    by_grid, by_region = atlas.rows_by("grids", "grid_id"), atlas.rows_by("regions", "region_id")
    for grid_id, (count, kinds, provenance) in sorted(
        counted.items(), key=lambda item: (-item[1][0], item[0])
    ):
        if grid_id not in by_grid or len(rows) == top:
            continue
        grid = atlas.grids.iloc[by_grid[grid_id]]
        region = by_region.get(grid["region_id"])
        rows.append(
            {
                "grid_id": grid_id,
                "name": grid["name"],
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
        columns=["grid_id", "name", "region_id", "region_name", "adcode", "count", "kinds", "provenance"],
    )


def by_key(chosen: pd.DataFrame, column: str) -> dict[str, tuple[int, dict[str, int], str | None]]:
    """Return, per value of `column`, the number of activities, the number per kind and their provenance."""
    given = chosen[chosen[column].notna()]
    result: dict[str, tuple[int, dict[str, int], str | None]] = {}
    sizes = given.groupby([column, "kind", "provenance"], sort=True).size()
    for (key, kind, provenance), size in sizes.items():
        count, kinds, before = result.get(key, (0, {}, None))
        kinds[kind] = kinds.get(kind, 0) + int(size)
        result[key] = (count + int(size), kinds, mix([before, provenance]))
    return result


def kinds_present(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return ``kind``, ``provenance`` and ``count`` of the selected activities, dated or not."""
    chosen = select(atlas, filters)
    return chosen.groupby(["kind", "provenance"], sort=True).size().rename("count").reset_index()


# -- inside -----------------------------------------------------------------------


def _choice(atlas: Atlas, filters: Filters) -> NDArray[np.bool_]:
    here = places.scope(atlas, filters)
    mask = places.table_mask(atlas, here, "activities") & atlas.of_provenance(
        "activities", filters.provenance
    )
    if filters.area:
        mask = mask & places.in_area(filters, *_where(atlas)[:2])
    if filters.kinds:
        fits = np.zeros(len(atlas.activities), dtype=bool)
        for kind in filters.kinds:
            fits |= atlas.holds("activities", "kind", kind)
        mask = mask & fits
    return mask


def _where(atlas: Atlas) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[Any]]:
    def compute() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[Any]]:
        frame = atlas.activities
        own_lon, own_lat = atlas.lonlat("activities")
        lon, lat = own_lon.copy(), own_lat.copy()
        located = np.where(np.isnan(lon), None, "point").astype(object)
        if "geometry_provenance" in frame:
            located[
                ~np.isnan(lon) & (frame["geometry_provenance"] == PROVENANCES[1]).to_numpy(dtype=bool)
            ] = "place"
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
