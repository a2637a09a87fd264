"""Cumulative figures against what was planned, or against the total that a report states for the period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from geodata.codes import shipped_rows
from layers import activities, places, stations
from layers.analysis import timeline
from layers.atlas import Atlas
from layers.filters import PROVENANCES, Filters
from layers.provenance import mix

PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Progress:
    """One plan (or reported total) and how far its rows have come.

    Attributes
    ----------
    fact_id, subject, adcode, qualifier : str
        The fact that states the target, what it is of and where.
    nature : str
        ``plan``, or ``reported_total``: what a report says was done, not what somebody had promised.
    target : float
    measure : str
        ``count``, ``participants`` or ``opened``.
    kind : str
        Kind of activity; empty for stations.
    months : tuple of str
        Months of the plan's own period, up to the data date.
    done : tuple of float
        Cumulative, at the end of each month; what is known by its year only is in none.
    linear : tuple of float
        The target spread evenly over the days of the period: illustrative always.
    provenance : str or None
        Of what was counted; None when nothing was.
    undated : int
        Rows that belong to it and to no month.
    """

    fact_id: str
    subject: str
    adcode: str
    qualifier: str
    nature: str
    target: float
    measure: str
    kind: str
    months: tuple[str, ...]
    done: tuple[float, ...]
    linear: tuple[float, ...]
    provenance: str | None
    undated: int


def progress(atlas: Atlas, filters: Filters) -> list[Progress]:
    """Return what is planned or reported for the place looked at and the places in it; nothing when no plan is known.

    Counted over the place and the period of the plan itself, under the provenance and kinds chosen.
    """
    asked = Filters(filters.place, filters.region, filters.grid, area=filters.area)
    key = ("plans", asked.having(provenance=filters.provenance, kinds=filters.kinds))
    return list(atlas.recent(key, lambda: tuple(_found(atlas, filters))))


def _found(atlas: Atlas, filters: Filters) -> list[Progress]:
    here = places.scope(atlas, filters)
    if here.level not in ("country", "province", "city", "county") or filters.area:
        return []
    facts = atlas.facts.set_index("id")
    found = []
    for row in shipped_rows("plans.csv"):
        at = atlas.tree.position(row["adcode"])
        inside = at >= 0 and atlas.tree.under(atlas.tree.position(here.adcode), np.array([at]))[0]
        if (
            not inside
            or row["fact_id"] not in facts.index
            or (filters.kinds is not None and row["kind"] not in filters.kinds)
        ):
            continue
        found.append(_progress(atlas, filters, row, facts.loc[row["fact_id"]]))
    return found


def _progress(atlas: Atlas, filters: Filters, row: dict[str, str], fact: pd.Series) -> Progress:
    first, last = date.fromisoformat(row["from"]), date.fromisoformat(row["to"])
    months = tuple(pd.period_range(first, max(first, min(last, atlas.data_date)), freq="M").astype(str))
    own = Filters(
        place=row["adcode"],
        provenance=filters.provenance,
        kinds=frozenset({row["kind"]}) if row["kind"] else None,
    )
    if row["table"] == "stations":
        mine = atlas.stations[stations.chosen(atlas, own)]
        opened = pd.to_datetime(mine["opened_on"])
        mine = mine[
            (mine["status"] == "open")
            & (opened >= pd.Timestamp(first))
            & (opened <= pd.Timestamp(last))
            & (mine["provenance"] == "reported")
        ]
        month, value = pd.to_datetime(mine["opened_on"]).dt.strftime("%Y-%m"), pd.Series(1.0, index=mine.index)
    else:
        return _made(row, fact, months, *_counted(atlas, own, row["measure"], months), first, last)
    in_months = month.isin(list(months))
    done = tuple(float(value[in_months & (month <= one)].sum()) for one in months)
    undated = int((~in_months & month.isna()).sum())
    return _made(row, fact, months, done, mix(mine[in_months]), undated, first, last)


def _counted(
    atlas: Atlas, own: Filters, measure: str, months: tuple[str, ...]
) -> tuple[tuple[float, ...], str | None, int]:
    """Return what had been done by the end of each month (events, or persons in them), the provenance of these events,
    and how many belong to no month.
    """
    every = timeline.every(atlas)
    rows = np.flatnonzero(timeline.chosen(atlas, own))
    at = every.month[rows] - np.datetime64(months[0], "M").astype(np.int64)
    inside = (at >= 0) & (at < len(months)) & (every.month[rows] != timeline.UNKNOWN)
    held, weight = rows[inside], np.ones(int(inside.sum()))
    if measure == "participants":  # of fairs nobody counted any
        numbers = np.concatenate([activities.participants(atlas), np.full(len(atlas.fairs), np.nan)])
        weight = np.nan_to_num(numbers[held])
    done = np.cumsum(np.bincount(at[inside], weight, len(months)))
    origins = np.unique(every.origin[held])
    origin = mix([PROVENANCES[one] for one in origins.tolist() if one < len(PROVENANCES)])
    return tuple(done.tolist()), origin, int((every.month[rows] == timeline.UNKNOWN).sum())


def _made(
    row: dict[str, str],
    fact: pd.Series,
    months: tuple[str, ...],
    done: tuple[float, ...],
    origin: str | None,
    undated: int,
    first: date,
    last: date,
) -> Progress:
    days = (last - first).days + 1
    ends = [min(pd.Period(one, "M").end_time.date(), last) for one in months]  # ty: ignore[missing-union-attribute] - a month has an end
    linear = tuple(float(fact["value"]) * ((end - first).days + 1) / days for end in ends)
    return Progress(
        row["fact_id"],
        str(fact["subject"]),
        row["adcode"],
        str(fact["qualifier"]),
        row["nature"],
        float(fact["value"]),
        row["measure"],
        row["kind"],
        months,
        done,
        linear,
        origin,
        undated,
    )
