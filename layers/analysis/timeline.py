"""Activities and fairs as one list of what happened: by day, by month, by spot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.frames import rows_of
from geodata.schema import OWN
from layers import activities, fairs, periods, places, selection
from layers.atlas import Atlas
from layers.filters import PROVENANCES, Filters
from layers.provenance import mix

FAIR = "fair"
COLUMNS = (
    "table",
    "id",
    "name",
    "kind",
    "adcode",
    "first",
    "last",
    "dated",
    "month",
    "lon",
    "lat",
    "participants",
    "unit",
    "funding",
    "own",
    "provenance",
    "source_id",
)
MOST_SPOTS = 400  # circles of one frame; beyond, spots gather on a grid of cells twice as wide until they are fewer
CELL_DEGREES = 0.05
#: Days and months are whole numbers since 1970; this one is none.
UNKNOWN = np.iinfo(np.int32).min
Ints = NDArray[np.int32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Everything that happened, activities before fairs, one entry per row of both tables.

    Attributes
    ----------
    first, last : ndarray of int32
        Days since 1970, both inclusive; :data:`UNKNOWN` unless `dated`.
    dated : ndarray of bool
        Whether the days are known.
    month : ndarray of int32
        Months since January 1970; :data:`UNKNOWN` when only a longer period is known.
    kind : ndarray of int32
        Position in `kinds`, the last of which is :data:`FAIR`.
    kinds : tuple of str
    origin : ndarray of int8
        Position in :data:`layers.filters.PROVENANCES`; one more than there are for another.
    """

    first: Ints
    last: Ints
    dated: Mask
    month: Ints
    kind: NDArray[np.int32]
    kinds: tuple[str, ...]
    origin: NDArray[np.int8]


def every(atlas: Atlas) -> Events:
    """Return everything that happened, gathered once."""
    return atlas.once("events", lambda: _gathered(atlas))


def chosen(atlas: Atlas, filters: Filters) -> Mask:
    """Return which of :func:`every` happened under `filters`: fairs do unless kinds of activity are chosen."""
    return np.concatenate(
        [
            activities.mask(atlas, filters),
            fairs.mask(atlas, filters) if filters.kinds is None else np.zeros(len(atlas.fairs), bool),
        ]
    )


def events(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return what happened under `filters`: activities, and fairs unless kinds of activity are chosen.

    Returns
    -------
    DataFrame
        Columns :data:`COLUMNS`: ``table`` (``activities`` or ``fairs``), ``id``, ``kind`` (:data:`FAIR` for a fair),
        ``first`` and ``last`` (days; NaT unless ``dated``), ``month`` (``YYYY-MM``; None when only a longer period is
        known), ``lon``, ``lat`` (degrees, WGS-84), ``participants`` in ``unit`` (``person`` or ``visit``; None for
        fairs), ``funding`` (yuan), ``own`` (values of its kind's own fields).
    """
    parts = _parts(atlas, np.flatnonzero(chosen(atlas, filters)))
    return pd.concat(parts if filters.kinds is None else parts[:1], ignore_index=True)


def months(atlas: Atlas, filters: Filters) -> tuple[str, ...]:
    """Return the months asked, ``YYYY-MM``, in order;
    without dates those from the first thing that happened to the data date.
    """
    known = atlas.once("months with events", lambda: _known_months(atlas))
    first = f"{filters.start:%Y-%m}" if filters.start else known[0] if known else f"{atlas.data_date:%Y-%m}"
    last = f"{filters.end:%Y-%m}" if filters.end else max(f"{atlas.data_date:%Y-%m}", known[1] if known else "")
    return tuple(pd.period_range(first, max(first, last), freq="M").astype(str))


def by_day(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return per day what was going on: ``day`` (date), ``count``, ``reported`` (of them), ``provenance``.

    An event of several days counts on each. What has no day is not in it.
    """
    return atlas.recent(("events by day", *_asked(filters)), lambda: _by_day(atlas, filters)).copy()


def on_day(atlas: Atlas, filters: Filters, day: date) -> pd.DataFrame:
    """Return the events of one day, reported first."""
    all_of, now = every(atlas), np.datetime64(day, "D").astype(np.int64)
    rows = np.flatnonzero(chosen(atlas, filters) & all_of.dated & (all_of.first <= now) & (all_of.last >= now))
    found = pd.concat(_parts(atlas, rows), ignore_index=True)
    return found.sort_values(
        ["provenance", "id"],
        key=lambda one: one.map({"reported": "0", "derived": "1", "illustrative": "2"}).fillna(one),
        ignore_index=True,
    )


def by_month(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return every month of :func:`months` with ``count`` (events
    that began in it), ``reported`` and ``provenance``.
    """
    return atlas.recent(("events by month", *_asked(filters)), lambda: _by_month(atlas, filters)).copy()


def without_month(atlas: Atlas, filters: Filters) -> int:
    """Return how many events are known by a longer period than a month, and so are in no frame."""
    unknown = atlas.once("events without month", lambda: np.flatnonzero(every(atlas).month == UNKNOWN))
    return int(np.count_nonzero(chosen(atlas, filters)[unknown]))


def frame(atlas: Atlas, filters: Filters, month: str, up_to: bool = False) -> pd.DataFrame:
    """Return where things happened in `month` (or, `up_to`, from the first month asked to it), one row a spot.

    Returns
    -------
    DataFrame
        ``lon``, ``lat`` (degrees), ``count``, ``reported``, ``kinds`` (dict of kind to count), ``name`` (of one event),
        ``provenance``. At most :data:`MOST_SPOTS` rows: more spots gather by cells.
    """
    all_of, last = every(atlas), _month(month)
    first = _month(months(atlas, filters)[0]) if up_to else last
    rows = np.flatnonzero(chosen(atlas, filters) & (all_of.month >= first) & (all_of.month <= last))
    lon, lat = _spots(atlas, rows)
    known = ~np.isnan(lon)
    rows, lon, lat = rows[known], lon[known], lat[known]
    spot, spots = _numbered(lon, lat)
    size = CELL_DEGREES
    while spots > MOST_SPOTS:
        spot, spots = _numbered(np.round(lon / size), np.round(lat / size))
        size *= 2
    count = np.bincount(spot, minlength=spots)
    kinds = len(all_of.kinds)
    by_kind = np.bincount(spot * kinds + all_of.kind[rows], minlength=spots * kinds).reshape(spots, kinds)
    by_origin = _by_origin(spot, all_of.origin[rows], spots)
    first_row = np.full(spots, len(rows), np.intp)
    np.minimum.at(first_row, spot, np.arange(len(rows)))
    return pd.DataFrame(
        {
            "lon": np.bincount(spot, lon, spots) / count,
            "lat": np.bincount(spot, lat, spots) / count,
            "count": count,
            "reported": by_origin[:, 0],
            "kinds": _dicts(by_kind, all_of.kinds),
            "name": _names(atlas, rows[first_row]),
            "provenance": _mixed(by_origin),
        },
        columns=["lon", "lat", "count", "reported", "kinds", "name", "provenance"],
    )


def by_place(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return activities per kind in each unit one step below:
    ``unit_id``, ``name``, ``name_en``, ``count``, ``kinds``, ``provenance``.

    What belongs to the place itself and to nothing below has ``unit_id`` None. Units without any are not listed; most
    first.
    """
    here = places.scope(atlas, filters)
    below = places.children(atlas, here)
    names = {row.unit_id: (row.name_, row.name_en) for row in rows_of(below.rename(columns={"name": "name_"}))}
    units = sorted(names)
    rows = activities.chosen(atlas, filters)
    slot = _slots(atlas, here, units, rows)
    kind, kinds = atlas.coded("activities", "kind")
    by_kind = np.bincount(slot * len(kinds) + kind[rows], minlength=(len(units) + 1) * len(kinds))
    by_kind = by_kind.reshape(len(units) + 1, len(kinds))
    by_origin = _by_origin(slot, every(atlas).origin[rows], len(units) + 1)
    count, origins, each = by_kind.sum(axis=1), _mixed(by_origin), _dicts(by_kind, tuple(kinds.tolist()))
    found = [
        {
            "unit_id": unit,
            "name": names.get(unit, (None, None))[0],
            "name_en": names.get(unit, (None, None))[1],
            "count": int(count[at]),
            "kinds": each[at],
            "provenance": origins[at],
        }
        for at, unit in enumerate([None, *units])
        if count[at]
    ]
    table = pd.DataFrame(found, columns=["unit_id", "name", "name_en", "count", "kinds", "provenance"])
    return table.sort_values("count", ascending=False, kind="stable", ignore_index=True)


# -- inside -----------------------------------------------------------------------


def _asked(filters: Filters) -> tuple[Any, ...]:
    """Return what tells the events chosen apart."""
    own = () if filters.kinds is not None else (filters.mode, filters.sectors)
    return selection.where(filters), filters.start, filters.end, filters.kinds, own


def _gathered(atlas: Atlas) -> Events:
    when = [periods.spans(atlas, table) for table in ("activities", "fairs")]
    dated = np.concatenate([one.dated for one in when])

    def days(values: list[NDArray[np.datetime64]]) -> Ints:
        return np.where(dated, np.concatenate(values).astype("datetime64[D]").astype(np.int32), UNKNOWN)

    month = np.concatenate([one.month for one in when]).astype("datetime64[M]")
    kind, kinds = atlas.coded("activities", "kind")
    origin = np.concatenate(
        [
            pd.Index(PROVENANCES).get_indexer(pd.Index(atlas.table(name)["provenance"], dtype=object))
            for name in ("activities", "fairs")
        ]
    )
    return Events(
        days([one.first for one in when]),
        days([one.last for one in when]),
        dated,
        np.where(np.isnat(month), UNKNOWN, month.astype(np.int32)),
        np.concatenate([kind, np.full(len(atlas.fairs), len(kinds))]).astype(np.int32),
        (*kinds.tolist(), FAIR),
        np.where(origin < 0, len(PROVENANCES), origin).astype(np.int8),
    )


def _known_months(atlas: Atlas) -> tuple[str, ...]:
    """Return the first and the last month in which anything began; nothing when none is known."""
    month = every(atlas).month
    known = month[month != UNKNOWN]
    return tuple(str(np.datetime64(int(one), "M")) for one in (known.min(), known.max())) if len(known) else ()


def _month(text: str) -> int:
    return int(np.datetime64(text, "M").astype(np.int64))


def _spots(atlas: Atlas, rows: NDArray[np.intp]) -> list[NDArray[np.float64]]:
    """Return longitudes and latitudes at which some of :func:`every` are drawn, degrees (WGS-84); NaN: nobody knows."""
    of_fairs = len(atlas.activities)
    both = zip(activities.where(atlas)[:2], atlas.lonlat("fairs"), strict=True)
    return [np.concatenate([own[rows[rows < of_fairs]], fair[rows[rows >= of_fairs] - of_fairs]]) for own, fair in both]


def _by_origin(group: NDArray[Any], origin: NDArray[Any], groups: int) -> NDArray[np.intp]:
    """Return how many of each group are of each provenance, and of another; shape (groups, provenances + 1)."""
    width = len(PROVENANCES) + 1
    return np.bincount(group * width + origin, minlength=groups * width).reshape(groups, width)


def _mixed(by_origin: NDArray[np.intp]) -> list[str | None]:
    """Return the provenance of each group."""
    held = by_origin[:, : len(PROVENANCES)] > 0
    alone, several = held.argmax(axis=1), held.sum(axis=1)
    return [
        None if not many else mix([PROVENANCES[at]]) if many == 1 else mix(PROVENANCES)
        for at, many in zip(alone.tolist(), several.tolist(), strict=True)
    ]


def _dicts(by_kind: NDArray[np.intp], kinds: tuple[str, ...]) -> list[dict[str, int]]:
    return [{kind: count for kind, count in zip(kinds, row, strict=True) if count} for row in by_kind.tolist()]


def _by_day(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    all_of = every(atlas)
    rows = np.flatnonzero(chosen(atlas, filters) & all_of.dated & (all_of.last >= all_of.first))
    columns = ["day", "count", "reported", "provenance"]
    if not len(rows):
        return pd.DataFrame(columns=columns)
    first, last, origin = all_of.first[rows], all_of.last[rows], all_of.origin[rows]
    begin, end = int(first.min()), int(last.max())
    width = len(PROVENANCES) + 1
    # what begins on a day is there from then on, what ended the day before no longer
    change = np.bincount((first - begin) * width + origin, minlength=(end - begin + 2) * width)
    change -= np.bincount((last - begin + 1) * width + origin, minlength=(end - begin + 2) * width)
    going_on = np.cumsum(change.reshape(-1, width), axis=0)
    held = np.flatnonzero(going_on.sum(axis=1))
    days = (held + begin).astype("datetime64[D]")
    if filters.start is not None:
        held, days = held[days >= np.datetime64(filters.start)], days[days >= np.datetime64(filters.start)]
    if filters.end is not None:
        held, days = held[days <= np.datetime64(filters.end)], days[days <= np.datetime64(filters.end)]
    by_origin = going_on[held]
    return pd.DataFrame(
        {
            "day": pd.Series(days.astype(object), dtype=object),
            "count": by_origin.sum(axis=1),
            "reported": by_origin[:, 0],
            "provenance": pd.Series(_mixed(by_origin), dtype=object),
        },
        columns=columns,
    )


def _by_month(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    all_of, listed = every(atlas), months(atlas, filters)
    first, month = _month(listed[0]), all_of.month
    rows = np.flatnonzero(chosen(atlas, filters) & (month >= first) & (month < first + len(listed)))
    by_origin = _by_origin(month[rows] - first, all_of.origin[rows], len(listed))
    return pd.DataFrame(
        {
            "month": listed,
            "count": by_origin.sum(axis=1),
            "reported": by_origin[:, 0],
            "provenance": pd.Series(_mixed(by_origin), dtype=object),
        }
    )


def _numbered(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.intp], int]:
    """Return which of the distinct points each point is, by x, then y, and how many there are."""
    if not len(x):
        return np.empty(0, np.intp), 0
    order = np.lexsort((y, x))
    new = np.concatenate([[False], (np.diff(x[order]) != 0) | (np.diff(y[order]) != 0)])
    found = np.empty(len(x), np.intp)
    found[order] = np.cumsum(new)
    return found, int(new.sum()) + 1


def _names(atlas: Atlas, rows: NDArray[np.intp]) -> list[Any]:
    """Return the names of some of :func:`every`."""
    of_fairs = len(atlas.activities)
    held = [atlas.table(name)["name"].to_numpy(dtype=object) for name in ("activities", "fairs")]
    return [held[0][row] if row < of_fairs else held[1][row - of_fairs] for row in rows.tolist()]


def _slots(atlas: Atlas, here: places.Scope, units: list[str], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return which of `units` each of these activities belongs to, from 1; 0: to the place itself."""
    if here.level in ("country", "province", "city"):
        tree = atlas.tree
        own = np.zeros(len(atlas.places) + 1, np.intp)  # last: a place that nobody knows
        own[tree.positions(np.array(units, dtype=object))] = np.arange(1, len(units) + 1)
        own[-1] = 0
        of_place = np.append(own[tree.ancestors].max(axis=1), 0) if len(units) else own
        return of_place[atlas.place_rows("activities")[rows]]
    codes, values = atlas.coded("activities", "grid_id" if here.level == "region" else "region_id")
    number = {unit: at for at, unit in enumerate(units, 1)}
    of_value = np.array([*(number.get(one, 0) for one in values.tolist()), 0])  # last: it names none
    return of_value[codes[rows]]


def _parts(atlas: Atlas, rows: NDArray[np.intp]) -> list[pd.DataFrame]:
    """Return some of :func:`every` in :data:`COLUMNS`: of activities, of fairs."""
    of_fairs = len(atlas.activities)
    return [
        _part(atlas, "activities", activities.rows_of(atlas, rows[rows < of_fairs]), "activity_id"),
        _part(atlas, "fairs", fairs.rows_of(atlas, rows[rows >= of_fairs] - of_fairs), "fair_id"),
    ]


def _part(atlas: Atlas, table: str, rows: pd.DataFrame, key: str) -> pd.DataFrame:
    when = periods.spans(atlas, table)
    at = rows.index.to_numpy()
    month = when.month[at]
    text = pd.Series(month.astype(str), index=rows.index, dtype=object).where(~np.isnat(month), None)
    dated = when.dated[at]
    is_fair = table == "fairs"
    return pd.DataFrame(
        {
            "table": table,
            "id": rows[key],
            "name": rows["name"],
            "kind": FAIR if is_fair else rows["kind"],
            "adcode": rows["adcode"],
            "first": pd.Series(when.first[at], index=rows.index).where(dated),
            "last": pd.Series(when.last[at], index=rows.index).where(dated),
            "dated": dated,
            "month": text,
            "lon": rows["lon"],
            "lat": rows["lat"],
            "participants": np.nan if is_fair else rows["participants"],
            "unit": None if is_fair else rows["participants_unit"],
            "funding": np.nan if is_fair else rows["funding_yuan"],
            "own": None if is_fair or OWN not in rows else rows[OWN],
            "provenance": rows["provenance"],
            "source_id": rows["source_id"],
        },
        columns=list(COLUMNS),
    ).astype({"kind": object, "unit": object, "own": object, "participants": float, "funding": float})
