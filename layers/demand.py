"""Demand 服务需求: where outdoor workers need a station, cell by cell.

A cell is one H3 hexagon of about 250 m; each worker group has a row of its own
in it. A row's weight is its mean over the day; ``hour_profile``, where a row
has one, says how it is spread over the hours.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import h3
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata import crs
from geodata.errors import N_, AtlasError
from layers import hexes, places, selection, stations, unplaced, walking, way
from layers.atlas import Atlas, kept_once
from layers.distance import Pairs, Points, nearest_distance, within_reach
from layers.filters import STRAIGHT, Filters


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """The demand in the place (and lasso) looked at, one entry per cell.

    Attributes
    ----------
    rows : ndarray of int
        One row of ``atlas.demand`` per cell, for its names.
    lon, lat : ndarray of float64
        Centre of the cell, degrees (WGS-84).
    weight : ndarray of float64
        Weight of the worker group chosen, or of all together, at the hour
        asked, or the mean of the day when none is.
    hourly : ndarray of float64, shape (cells, 24), or None
        Weight at each hour; None when no row has a profile: the same at every hour.
    key : tuple
        What tells this selection of cells apart from others.
    """

    rows: NDArray[np.intp]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    weight: NDArray[np.float64]
    hourly: NDArray[np.float64] | None
    key: tuple


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """Who cannot be said to reach anybody along a network: told apart, and covered by none.

    Attributes
    ----------
    far : ndarray of bool
        Which demand cells lie more than :data:`layers.walking.REACH_M` metres from the network.
    cut : ndarray of bool
        Which come to a part of it that has no connection to any serving station.
    stations : ndarray of int
        Rows of the serving stations in its box that lie too far from it.
    roads : tuple of str
        Names of the roads of the parts without connection, most of them first.
    """

    far: NDArray[np.bool_]
    cut: NDArray[np.bool_]
    stations: NDArray[np.intp]
    roads: tuple[str, ...]


def select(atlas: Atlas, filters: Filters) -> Demand:
    """Return the demand cells in scope and lasso, with the weight of the worker group chosen.

    Cells where the chosen group has no row are left out.

    Raises
    ------
    AtlasError
        When an hour profile cannot be read.
    """
    here = places.scope(atlas, filters)
    key = ("demand", here.key, filters.area, filters.worker_group, filters.provenance, filters.proxy)
    return atlas.recent((*key, filters.hour), lambda: _select(atlas, filters, key))


def judged(atlas: Atlas, filters: Filters) -> Demand:
    """Return the demand of :func:`select` of which coverage can speak:
    that of a county is not, of whose stations none has a position.

    Where that is none of it, all is returned: its weight is known, and :func:`standing_of` says that no share is.
    """
    wanted = select(atlas, filters)
    kept = ~_lost(atlas, filters, wanted, ("place",))
    if kept.all() or not kept.any():
        return wanted
    return replace(
        wanted,
        rows=wanted.rows[kept],
        lon=wanted.lon[kept],
        lat=wanted.lat[kept],
        weight=wanted.weight[kept],
        hourly=None if wanted.hourly is None else wanted.hourly[kept],
        key=(*wanted.key, "judged"),
    )


def standing_of(atlas: Atlas, filters: Filters, wanted: Demand) -> unplaced.Standing:
    """Return who has a position here;
    lost too where all demand `wanted` lies in counties of whose stations none has.
    """
    standing = unplaced.standing(atlas, filters)
    if not standing.unplaced or standing.lost or not len(wanted.rows):
        return standing
    counties = np.array(atlas.distinct("demand", "adcode", wanted.rows), dtype=object)
    return replace(standing, lost=bool(unplaced.lost_units(atlas, filters, "place", counties)[0].all()))


def reached(atlas: Atlas, wanted: Demand, filters: Filters) -> Pairs:
    """Return all pairs of demand cells and placed stations within the service radius, by the way that is walked here.

    Stations of every status and place are paired (`site` is a row of ``atlas.stations``): one
    across the county line serves too. Which of them count is the caller's question.
    """
    walked = way.along(atlas, filters)
    if walked:
        return _ways(atlas, wanted, filters, walked).pairs
    radius = filters.straight_radius

    def compute() -> Pairs:
        placed, points = _stations(atlas)
        near = within_reach(_points(wanted), points, radius)
        return replace(near, site=placed[near.site].astype(np.int32), sites=len(atlas.stations))

    return atlas.recent(("pairs", wanted.key, radius), compute)


def nearest(
    atlas: Atlas, wanted: Demand, filters: Filters, serving: NDArray[np.bool_], key: object
) -> NDArray[np.float64]:
    """Return per demand cell the way (metres) to the nearest `serving` station,
    straight × detour or along the network.

    Parameters
    ----------
    serving : ndarray of bool
        One entry per row of ``atlas.stations``.
    key : hashable
        What tells `serving` apart from other choices.

    Returns
    -------
    ndarray of float64
        NaN when no station serves, or none can be reached along the network.
    """
    walked = way.along(atlas, filters)

    def compute() -> NDArray[np.float64]:
        if walked:
            there = walking.some(walked.stations, np.flatnonzero(serving[walked.rows]))
            found = walking.nearest(walked.graph, _connectors(atlas, wanted, walked), there)
        else:
            placed, points = _stations(atlas)
            found = nearest_distance(_points(wanted), Points(points.xy[serving[placed]], degrees=True))
        return np.where(np.isinf(found), np.nan, found)

    found = atlas.recent(("nearest", wanted.key, walked and walked.key, key), compute)
    return found if walked else found * filters.detour


def apart(atlas: Atlas, wanted: Demand, filters: Filters, serving: NDArray[np.bool_]) -> Apart | None:
    """Return who cannot be said to reach anybody along the network; None where the way is straight.

    Parameters
    ----------
    serving : ndarray of bool
        One entry per row of ``atlas.stations``.
    """
    walked = way.along(atlas, filters)
    if walked is None:
        return None
    mine = _connectors(atlas, wanted, walked)
    part, theirs = walking.parts(walked.graph, mine), walking.parts(walked.graph, walked.stations)
    reaching = np.unique(theirs[serving[walked.rows] & (theirs >= 0)])
    far, cut = part < 0, (part >= 0) & ~np.isin(part, reaching) & serving[walked.rows].any()
    network = walked.graph.network
    roads: list[str] = []
    if network is not None and cut.any():
        named = network.name[np.isin(network.part[network.start], part[cut]) & (network.name >= 0)]
        names, count = np.unique(named, return_counts=True)
        roads = [network.names[one] for one in names[np.argsort(-count, kind="stable")]]
    away = walked.rows[theirs < 0]
    return Apart(far, cut, away[serving[away]], tuple(roads))


def systems(wanted: Demand) -> tuple[int, ...]:
    """Return the 3-degree systems (EPSG, CGCS2000) that the demand lies in: those in which a GIS measures it best."""
    # borders of 3-degree zones lie on half degrees, so half-degree bins never straddle one
    bins = np.unique(np.floor(wanted.lon * 2.0))
    return tuple(sorted({crs.metric_epsg(float(one) / 2.0 + 0.25) for one in bins}))


def cells(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return one row per demand cell in scope.

    Returns
    -------
    DataFrame
        ``cell`` (H3 index), ``adcode``, ``zone``, ``lon``, ``lat`` (degrees, WGS-84),
        ``weight`` (as :class:`Demand` has it), ``nominal`` and
        ``effective`` (bool: within the radius of such a station),
        ``straight`` (bool: within the radius of an effective one by straight line × detour, whichever way is walked),
        ``distance_m`` (way walked, straight line × detour or along the network, to the nearest
        nominal station wherever it lies; NaN when there is none),
        ``unknown`` (bool: out of reach of every station that has a position, in a
        place of whose stations none has: nothing can be said of it),
        ``provenance`` (of the demand). Do not alter it.
    """
    return atlas.recent(("demand cells", filters), lambda: _cells(atlas, filters))


def _cells(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    chosen = select(atlas, filters)
    offered = stations.service(atlas, filters)
    near = reached(atlas, chosen, filters)
    frame = atlas.demand
    within = near.counts(offered.nominal) > 0
    return pd.DataFrame(
        {
            "cell": frame["cell"].to_numpy()[chosen.rows],
            "adcode": frame["adcode"].to_numpy()[chosen.rows],
            "zone": frame["zone"].to_numpy()[chosen.rows],
            "lon": chosen.lon,
            "lat": chosen.lat,
            "weight": chosen.weight,
            "nominal": within,
            "effective": near.counts(offered.effective) > 0,
            "straight": reached(atlas, chosen, filters.having(way=STRAIGHT)).counts(offered.effective) > 0,
            "distance_m": nearest(atlas, chosen, filters, offered.nominal, filters.provenance),
            "unknown": ~within & _lost(atlas, filters, chosen),
            "provenance": frame["provenance"].to_numpy()[chosen.rows],
        }
    )


def gathered(rows: pd.DataFrame, most: int) -> tuple[pd.DataFrame, int]:
    """Return the cells of :func:`cells` summed in larger hexagons, as small ones as leave no more than `most` of them.

    Returns
    -------
    DataFrame
        ``cell`` (H3 index of the hexagon), ``cells`` (how many it holds), ``weight`` (their sum), and the parts of it
        within reach of an ``effective`` station, within that of a ``nominal`` one alone, ``unreached`` and ``unknown``,
        and ``straight``: of the former two not within reach, what straight lines would reach.
    int
        The resolution of the hexagons.
    """
    own = np.array([h3.str_to_int(one) for one in rows["cell"]], dtype=np.uint64)
    resolution = int(np.min(own >> np.uint64(52) & np.uint64(15), initial=hexes.FINEST))
    while True:
        names, group = np.unique(hexes.parents(own, resolution), return_inverse=True)
        if len(names) <= most or resolution == 0:
            break
        resolution -= 1
    weight = rows["weight"].to_numpy(dtype=float)
    effective, unknown = rows["effective"].to_numpy(bool), rows["unknown"].to_numpy(bool) & ~rows["effective"]
    nominal = rows["nominal"].to_numpy(bool) & ~effective & ~unknown
    parts = {
        "effective": effective,
        "nominal": nominal,
        "unreached": ~effective & ~nominal & ~unknown,
        "unknown": unknown,
        "straight": rows["straight"].to_numpy(bool) & ~effective & ~unknown,
    }
    found = pd.DataFrame(
        {
            "cell": [h3.int_to_str(int(one)) for one in names],
            "cells": np.bincount(group, minlength=len(names)),
            "weight": np.bincount(group, weight, len(names)),
            **{name: np.bincount(group, np.where(part, weight, 0), len(names)) for name, part in parts.items()},
        }
    )
    return found, resolution


def summed(
    atlas: Atlas, rows: NDArray[np.intp], group: NDArray[np.intp], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Return the weight of so many groups of `rows` of demand: the mean of the day, and that at each hour.

    Returns
    -------
    ndarray of float64, shape (count,), and ndarray of float64, shape (count, 24); None for the latter where no row of
    the atlas has a profile.
    """
    weights = atlas.once("demand weights", lambda: atlas.demand["weight"].to_numpy(dtype=np.float64))[rows]
    weight = np.bincount(group, weights, count).astype(np.float64, copy=False)
    profiles, which = _profiles(atlas)
    if len(profiles) < 2:
        return weight, None
    hourly = np.zeros((count, 24))
    np.add.at(hourly, group, weights[:, None] * profiles[which[rows]])
    return weight, hourly


# -- inside -----------------------------------------------------------------------


def _points(wanted: Demand) -> Points:
    return Points(np.column_stack([wanted.lon, wanted.lat]), degrees=True)


def _connectors(atlas: Atlas, wanted: Demand, walked: way.Ground) -> walking.Connectors:
    return atlas.recent(("connectors", wanted.key, walked.key), lambda: walking.connect(walked.graph, _points(wanted)))


def _ways(atlas: Atlas, wanted: Demand, filters: Filters, walked: way.Ground) -> walking.Ways:
    def compute() -> walking.Ways:
        mine = _connectors(atlas, wanted, walked)
        found = walking.ways(walked.graph, mine, walked.stations, filters.radius)
        near = replace(found.pairs, site=walked.rows[found.pairs.site].astype(np.int32), sites=len(atlas.stations))
        return replace(found, pairs=near)

    return atlas.recent(("ways", wanted.key, walked.key, filters.radius), compute)


def _lost(
    atlas: Atlas, filters: Filters, chosen: Demand, kinds: tuple[str, ...] = ("place", "zone")
) -> NDArray[np.bool_]:
    """Return which cells lie in a county, or zone, whose stations all lack a position."""
    lost = np.zeros(len(chosen.rows), bool)
    if not unplaced.masks(atlas, filters)[1].any():
        return lost
    for kind in kinds:
        column = {"place": "adcode", "zone": "zone"}[kind]
        codes, names = pd.factorize(atlas.demand[column].to_numpy(dtype=object)[chosen.rows])
        of_unit, _ = unplaced.lost_units(atlas, filters, kind, names)  # ty: ignore[invalid-argument-type] - names of units
        lost |= np.append(of_unit, False)[codes]
    return lost


@kept_once
def _stations(atlas: Atlas) -> tuple[NDArray[np.intp], Points]:
    """Return the rows of the stations that have a place, and where they are."""
    lon, lat = atlas.lonlat("stations")
    placed = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    return placed, Points(np.column_stack([lon[placed], lat[placed]]), degrees=True)


def _select(atlas: Atlas, filters: Filters, key: tuple) -> Demand:
    lon, lat = atlas.lonlat("demand")
    mask = selection.mask(atlas, filters, "demand")
    if filters.worker_group:
        mask = mask & atlas.holds("demand", "worker_group", filters.worker_group)
    codes, _ = atlas.coded("demand", "cell")
    picked = np.flatnonzero(mask & ~np.isnan(lon))
    _, first, group = np.unique(codes[picked], return_index=True, return_inverse=True)
    rows = picked[first]
    weight, hourly = summed(atlas, picked, group, len(rows))
    if hourly is not None and filters.hour is not None:
        weight = hourly[:, filters.hour]
    return Demand(rows, lon[rows], lat[rows], weight, hourly, key)


@kept_once
def _profiles(atlas: Atlas) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the distinct profiles, each of mean 1, and which one each row has; the last (-1) is flat."""
    which, texts = atlas.coded("demand", "hour_profile")
    return np.array([*(profile_of(text) for text in texts), np.ones(24)]), which


def profile_of(text: str) -> NDArray[np.float64]:
    """Return the shares of the 24 hours that a cell of ``hour_profile`` says, as factors of mean 1.

    Raises
    ------
    AtlasError
        It is none.
    """
    try:
        hours = np.array([float(part) for part in text.split(";")])
    except ValueError:
        hours = np.empty(0)
    if hours.shape != (24,) or not np.isfinite(hours).all() or hours.min() < 0 or hours.sum() == 0:
        raise AtlasError(N_("时段分布“{got}”读不懂：请给 24 个不小于 0、不全为 0 的数，以分号隔开。"), got=text)
    return hours / hours.mean()
