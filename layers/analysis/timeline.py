"""Activities and fairs as one list of what happened: by day, by month, by spot."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from geodata.frames import rows_of
from geodata.schema import OWN
from layers import activities, fairs, periods, places
from layers.atlas import Atlas
from layers.filters import Filters
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
    parts = [_part(atlas, "activities", activities.select(atlas, filters), "activity_id")]
    if filters.kinds is None:
        parts.append(_part(atlas, "fairs", fairs.select(atlas, filters), "fair_id"))
    return pd.concat(parts, ignore_index=True)


def months(atlas: Atlas, filters: Filters) -> tuple[str, ...]:
    """Return the months asked, ``YYYY-MM``, in order;
    without dates those from the first thing that happened to the data date.
    """
    known = events(atlas, Filters())["month"].dropna()
    first = f"{filters.start:%Y-%m}" if filters.start else known.min() if len(known) else f"{atlas.data_date:%Y-%m}"
    last = f"{filters.end:%Y-%m}" if filters.end else max(f"{atlas.data_date:%Y-%m}", known.max() if len(known) else "")
    return tuple(pd.period_range(first, max(first, last), freq="M").astype(str))


def by_day(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return per day what was going on: ``day`` (date), ``count``, ``reported`` (of them), ``provenance``.

    An event of several days counts on each. What has no day is not in it.
    """
    rows = events(atlas, filters)
    rows = rows[rows["dated"].astype(bool)]
    days = [
        (day.date(), origin)
        for first, last, origin in zip(rows["first"], rows["last"], rows["provenance"], strict=True)
        for day in pd.date_range(first, last)
        if _asked(day.date(), filters)
    ]
    table = pd.DataFrame(days, columns=["day", "provenance"])
    return pd.DataFrame(
        [
            {
                "day": day,
                "count": len(part),
                "reported": int((part["provenance"] == "reported").sum()),
                "provenance": mix(part),
            }
            for day, part in table.groupby("day", sort=True)
        ],
        columns=["day", "count", "reported", "provenance"],
    )


def on_day(atlas: Atlas, filters: Filters, day: date) -> pd.DataFrame:
    """Return the events of one day, reported first."""
    rows = events(atlas, filters)
    now = pd.Timestamp(day)
    rows = rows[rows["dated"].astype(bool) & (rows["first"] <= now) & (rows["last"] >= now)]
    return rows.sort_values(
        ["provenance", "id"],
        key=lambda one: one.map({"reported": "0", "derived": "1", "illustrative": "2"}).fillna(one),
        ignore_index=True,
    )


def by_month(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return every month of :func:`months` with ``count`` (events
    that began in it), ``reported`` and ``provenance``.
    """
    rows = events(atlas, filters)
    found = []
    for month in months(atlas, filters):
        part = rows[rows["month"] == month]
        found.append(
            {
                "month": month,
                "count": len(part),
                "reported": int((part["provenance"] == "reported").sum()),
                "provenance": mix(part),
            }
        )
    return pd.DataFrame(found)


def without_month(atlas: Atlas, filters: Filters) -> int:
    """Return how many events are known by a longer period than a month, and so are in no frame."""
    return int(events(atlas, filters)["month"].isna().sum())


def frame(atlas: Atlas, filters: Filters, month: str, up_to: bool = False) -> pd.DataFrame:
    """Return where things happened in `month` (or, `up_to`, from the first month asked to it), one row a spot.

    Returns
    -------
    DataFrame
        ``lon``, ``lat`` (degrees), ``count``, ``reported``, ``kinds`` (dict of kind to count), ``name`` (of one event),
        ``provenance``. At most :data:`MOST_SPOTS` rows: more spots gather by cells.
    """
    rows = events(atlas, filters)
    rows = rows[rows["month"].notna() & rows["lon"].notna()]
    rows = (
        rows[(rows["month"] <= month) & (rows["month"] >= months(atlas, filters)[0])]
        if up_to
        else rows[rows["month"] == month]
    )
    lon, lat = rows["lon"].to_numpy(dtype=float), rows["lat"].to_numpy(dtype=float)
    key = pd.Series(list(zip(lon, lat, strict=True)), index=rows.index, dtype=object)
    size = CELL_DEGREES
    while key.nunique() > MOST_SPOTS:
        key = pd.Series(
            list(zip(np.round(lon / size), np.round(lat / size), strict=True)), index=rows.index, dtype=object
        )
        size *= 2
    found = [
        {
            "lon": float(part["lon"].mean()),
            "lat": float(part["lat"].mean()),
            "count": len(part),
            "reported": int((part["provenance"] == "reported").sum()),
            "kinds": part["kind"].value_counts(sort=False).to_dict(),
            "name": part["name"].iloc[0],
            "provenance": mix(part),
        }
        for _, part in rows.groupby(key, sort=True)
    ]
    return pd.DataFrame(found, columns=["lon", "lat", "count", "reported", "kinds", "name", "provenance"])


def by_place(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return activities per kind in each unit one step below:
    ``unit_id``, ``name``, ``name_en``, ``count``, ``kinds``, ``provenance``.

    What belongs to the place itself and to nothing below has ``unit_id`` None. Units without any are not listed; most
    first.
    """
    here = places.scope(atlas, filters)
    below = places.children(atlas, here)
    rows = activities.select(atlas, filters)
    if here.level in ("country", "province", "city"):
        child = {int(atlas.tree.position(code)): code for code in below["unit_id"]}
        unit = [
            next((child[up] for up in atlas.tree.ancestors[at] if up in child), None) if at >= 0 else None
            for at in atlas.tree.positions(rows["adcode"])
        ]
    else:
        unit = list(rows["grid_id" if here.level == "region" else "region_id"].where(lambda one: one.notna(), None))
    names = {row.unit_id: (row.name_, row.name_en) for row in rows_of(below.rename(columns={"name": "name_"}))}
    rows = (
        rows.assign(unit=pd.Series(unit, index=rows.index, dtype=object).map(lambda one: one if one in names else ""))
        if len(rows)
        else rows.assign(unit="")
    )
    found = [
        {
            "unit_id": key or None,
            "name": names.get(key, (None, None))[0],
            "name_en": names.get(key, (None, None))[1],
            "count": len(part),
            "kinds": part["kind"].value_counts(sort=False).to_dict(),
            "provenance": mix(part),
        }
        for key, part in rows.groupby("unit", sort=True)
    ]
    table = pd.DataFrame(found, columns=["unit_id", "name", "name_en", "count", "kinds", "provenance"])
    return table.sort_values("count", ascending=False, kind="stable", ignore_index=True)


# -- inside -----------------------------------------------------------------------


def _asked(day: date, filters: Filters) -> bool:
    return (filters.start is None or day >= filters.start) and (filters.end is None or day <= filters.end)


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
