"""Which demand reaches which stations, and what of that no hour changes: kept for the figures that share it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers import demand, stations, way
from layers.atlas import Atlas
from layers.distance import Pairs, Points, narrowed, within_reach
from layers.filters import Filters
from layers.provenance import mix, sources, weakest

#: Metres, straight line, up to which the pairs of a nation are found once and then narrowed; beyond they are searched.
WIDE_M = 1_000.0
#: Cells of demand from which on that is quicker than to search.
MANY = 20_000
#: Pairs that are held for it at most, 12 bytes each; where stations are denser each radius is searched by itself.
MOST_PAIRS, ASKED = 8_000_000, 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Nominal:
    """What demand reaches open stations, at whatever hour.

    Attributes
    ----------
    within : ndarray of bool
        Which cells have a nominal station within the radius.
    provenance : str or None
        Of a share of this demand: the weakest of demand and stations; None without demand.
    source_ids : tuple of str
        Of the demand, and of the nominal stations that reach it.
    epsg : tuple of int
        As :func:`layers.demand.systems`.
    """

    within: NDArray[np.bool_]
    provenance: str | None
    source_ids: tuple[str, ...]
    epsg: tuple[int, ...]


def pairs(atlas: Atlas, wanted: demand.Demand, filters: Filters) -> Pairs:
    """Return what :func:`layers.demand.reached` does; of very much demand narrowed from what was searched once."""
    straight = filters.straight_radius
    if len(wanted.rows) < MANY or straight > WIDE_M or way.along(atlas, filters):
        return demand.reached(atlas, wanted, filters)

    placed, sites, every = atlas.once("pairs of all demand", lambda: _searched(atlas))
    if every is None:
        return demand.reached(atlas, wanted, filters)
    return atlas.recent(
        ("pairs", wanted.key, straight),
        lambda: _of_atlas(atlas, narrowed(every.of(wanted.rows), _points(wanted), sites, straight), placed),
    )


def nominal(atlas: Atlas, wanted: demand.Demand, filters: Filters) -> Nominal:
    """Return who reaches a nominal station."""
    asked = filters.having(
        hour=None, day=3, facilities=frozenset(), always=False, inspected_days=None, start=None, end=None, kinds=None
    )
    key = (asked.place, asked.region, asked.grid, asked.provenance, asked.radius, asked.way, asked.detour)
    return atlas.recent(("nominal reach", wanted.key, key), lambda: _nominal(atlas, wanted, asked))


# -- inside -----------------------------------------------------------------------


def _nominal(atlas: Atlas, wanted: demand.Demand, filters: Filters) -> Nominal:
    near, open_ones = pairs(atlas, wanted, filters), stations.service(atlas, filters).nominal
    serving = near.site[open_ones[near.site]]
    origin = None
    if len(wanted.rows):
        origin = weakest(
            mix(atlas.distinct("demand", "provenance", wanted.rows)), mix(stations.provenance_of(atlas, serving))
        )
    behind = atlas.distinct("demand", "source_id", wanted.rows) + atlas.distinct("stations", "source_id", serving)
    return Nominal(near.counts(open_ones) > 0, origin, sources(behind), demand.systems(wanted))


def _points(wanted: demand.Demand) -> Points:
    return Points(np.column_stack([wanted.lon, wanted.lat]), degrees=True)


def _searched(atlas: Atlas) -> tuple[NDArray[np.intp], Points, Pairs | None]:
    """Return the rows of the stations that have a place, where they are, and all demand within :data:`WIDE_M`; None of
    it where that is more than :data:`MOST_PAIRS`.
    """
    lon, lat = atlas.lonlat("stations")
    placed = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    sites = Points(np.column_stack([lon[placed], lat[placed]]), degrees=True)
    known = np.column_stack(atlas.lonlat("demand"))
    there = np.flatnonzero(np.isfinite(known).all(axis=1))
    some = there[:: max(1, len(there) // ASKED)]
    likely = len(within_reach(Points(known[some], degrees=True), sites, WIDE_M).site) / max(1, len(some)) * len(there)
    if likely > MOST_PAIRS:
        return placed, sites, None
    found = within_reach(Points(known[there], degrees=True), sites, WIDE_M)
    size = np.zeros(len(known), np.int64)
    size[there] = np.diff(found.start)
    return placed, sites, replace(found, start=np.concatenate([[0], np.cumsum(size)]))


def _of_atlas(atlas: Atlas, near: Pairs, placed: NDArray[Any]) -> Pairs:
    return replace(near, site=placed[near.site].astype(np.int32), sites=len(atlas.stations))
