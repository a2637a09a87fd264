"""Activities 活动 of every kind: which there were, when, and which grid did how many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import periods, selection
from layers.atlas import Atlas, kept_once
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
    return rows_of(atlas, chosen(atlas, filters))


def rows_of(atlas: Atlas, rows: NDArray[np.intp]) -> pd.DataFrame:
    """Return `rows` of ``atlas.activities`` as :func:`select` does."""
    lon, lat, located = where(atlas)
    frame = plain(atlas, "activities").iloc[rows].copy()
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
    return atlas.recent(("activities by month", *asked(filters)), lambda: _by_month(atlas, filters)).copy()


def undated(atlas: Atlas, filters: Filters) -> int:
    """Return how many activities may belong to the dates asked but are not in :func:`by_month`."""
    vague = atlas.once("activities of vague date", lambda: _vague(atlas))
    when = periods.spans(atlas, "activities").of(vague)
    choice = _choice(atlas, filters)[vague]
    return int(
        (choice & periods.touching(when, filters) & (np.isnat(when.month) | ~periods.within(when, filters))).sum()
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
    key, keys = atlas.coded("activities", column)
    kind, kinds = atlas.coded("activities", "kind")
    origin, origins = atlas.coded("activities", "provenance")
    # of a nation few activities name a grid: those are looked through, not all
    naming = atlas.once(("activities naming", column), lambda: np.flatnonzero(key >= 0))
    rows = naming[mask(atlas, filters)[naming]]
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
    found, kinds, origins = selection.counts(atlas, "activities", mask(atlas, filters), "kind", "provenance")
    at, of = np.nonzero(found)
    table = pd.DataFrame({"kind": kinds[at], "provenance": origins[of], "count": found[at, of]})
    return table.sort_values(["kind", "provenance"], ignore_index=True)


def provenance(atlas: Atlas, filters: Filters) -> str | None:
    """Return the provenance of the selected activities together: ``mixed`` when unlike, None when there are none."""
    return mix(atlas.distinct("activities", "provenance", mask(atlas, filters)))


def chosen(atlas: Atlas, filters: Filters) -> NDArray[np.intp]:
    """Return the rows of ``atlas.activities`` that :func:`select` returns."""
    return np.flatnonzero(mask(atlas, filters))


def mask(atlas: Atlas, filters: Filters) -> NDArray[np.bool_]:
    """Return which rows of ``atlas.activities`` :func:`select` returns."""
    return selection.kept(
        atlas,
        ("activities", *asked(filters)),
        lambda: _choice(atlas, filters) & periods.within(periods.spans(atlas, "activities"), filters),
    )


def asked(filters: Filters) -> tuple[Any, ...]:
    """Return what tells the activities chosen apart."""
    return selection.where(filters), filters.kinds, filters.start, filters.end


def plain(atlas: Atlas, table: str) -> pd.DataFrame:
    """Return a table of the atlas without its geometry, which is dear to take rows of. Do not alter it."""
    return atlas.once(
        ("plain", table), lambda: pd.DataFrame(atlas.table(table)).drop(columns="geometry", errors="ignore")
    )


@kept_once
def participants(atlas: Atlas) -> NDArray[np.float64]:
    """Return how many took part in each activity, in its unit; NaN where nobody counted."""
    return atlas.activities["participants"].to_numpy(dtype=np.float64, na_value=np.nan)


@kept_once
def as_visits(atlas: Atlas) -> NDArray[np.bool_]:
    """Return of which activities the participants are visits (人次), not persons."""
    unit, units = atlas.coded("activities", "participants_unit")
    return np.append(units == VISIT, False)[unit]


@kept_once
def where(atlas: Atlas) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[Any]]:
    """Return longitude, latitude (degrees) and ``located``, as in :func:`select`, of every activity."""
    frame = atlas.activities
    own_lon, own_lat = atlas.lonlat("activities")
    lon, lat = own_lon.copy(), own_lat.copy()
    located = np.full(len(lon), None, dtype=object)
    located[~np.isnan(lon)] = "point"  # one object for all: np.where makes a text for each
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


# -- inside -----------------------------------------------------------------------


def _vague(atlas: Atlas) -> NDArray[np.intp]:
    """Return the activities that may be left out by dates though they may fit: of no month, or of no day."""
    when = periods.spans(atlas, "activities")
    return np.flatnonzero(np.isnat(when.month) | ~when.dated)


@kept_once
def _months(atlas: Atlas) -> tuple[NDArray[np.int32], NDArray[Any], tuple[NDArray[Any], ...]]:
    """Return month, kind and provenance of each activity as one code, -1 where one is missing; and their values."""
    month = periods.spans(atlas, "activities").month
    known = ~np.isnat(month)
    months, slot = np.unique(month[known], return_inverse=True)
    rest, (kinds, origins) = selection.combined(atlas, "activities", "kind", "provenance")
    code = np.full(len(month), -1, np.int32)
    code[known] = slot * (len(kinds) * len(origins)) + rest[known]
    code[rest < 0] = -1
    return code, months.astype(str).astype(object), (kinds, origins)


def _by_month(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    rows = mask(atlas, filters)
    code, months, (kinds, origins) = _months(atlas)
    size = len(months) * len(kinds) * len(origins)
    found = np.bincount(code[rows] + 1, minlength=size + 1)[1:]
    persons, visits = (_summed(atlas, code, rows & which, size) for which in (~as_visits(atlas), as_visits(atlas)))
    groups = np.flatnonzero(found)
    table = pd.DataFrame(
        {
            "month": months[groups // (len(kinds) * len(origins))],
            "kind": kinds[groups // len(origins) % len(kinds)],
            "provenance": origins[groups % len(origins)],
            "count": found[groups],
            "participants": persons[groups],
            "visits": visits[groups],
        }
    )
    return table.sort_values(["month", "kind", "provenance"], ignore_index=True)


def _summed(atlas: Atlas, code: NDArray[np.int32], rows: NDArray[np.bool_], size: int) -> NDArray[np.float64]:
    """Return the participants of `rows` per code; NaN where nobody counted."""
    number = participants(atlas)
    given = np.flatnonzero(rows & (code >= 0) & ~np.isnan(number))
    total = np.bincount(code[given], number[given], size)
    return np.where(np.bincount(code[given], minlength=size) > 0, total, np.nan)


def _choice(atlas: Atlas, filters: Filters) -> NDArray[np.bool_]:
    lon, lat, *_ = where(atlas)
    fits = selection.mask(atlas, filters, "activities", (lon, lat))
    if filters.kinds is not None:
        asked = np.zeros(len(atlas.activities), dtype=bool)
        for kind in filters.kinds:
            asked |= atlas.holds("activities", "kind", kind)
        fits = fits & asked
    return fits
