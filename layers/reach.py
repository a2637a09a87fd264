"""Which stations lie within a straight distance of which demand cells.

Distances are measured in the metric CRS of the demand's own 3-degree zone,
never in degrees. Its scale errs by up to 0.4 m per km at the edge of a zone, so
the pairs at the very rim are measured again along the geodesic (WGS-84).
Only the pairs within reach are kept, so memory grows with them and not with
demand × stations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod
from scipy.spatial import cKDTree

from geodata import crs
from layers.atlas import Atlas

if TYPE_CHECKING:
    from layers.demand import Demand

#: A degree of latitude is never shorter than this, metres (at the equator).
DEGREE_M = 110_500.0
EARTH_M = 6_371_008.8
#: The scale of a 3-degree zone errs by less than this, in any of its places.
SCALE_ERROR = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of a demand cell and a placed station within reach, ordered by cell.

    Attributes
    ----------
    size : int
        Number of demand cells.
    cell : ndarray of int32, shape (p,)
        Position of the cell in the selected demand.
    station : ndarray of int32, shape (p,)
        Row in ``atlas.stations``.
    epsg : tuple of int
        The metric systems in which was measured.
    """

    size: int
    cell: NDArray[np.int32]
    station: NDArray[np.int32]
    epsg: tuple[int, ...]

    def count(self, serving: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return per cell how many of the `serving` stations (one entry per station) reach it."""
        return np.bincount(self.cell[serving[self.station]], minlength=self.size)

    def clock(self, bits: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Return per cell the union of the hours (bit h: h:00) at which some station reaches it."""
        reached = np.zeros(self.size, dtype=np.uint32)
        if len(self.cell):
            starts = np.flatnonzero(np.concatenate([[True], self.cell[1:] != self.cell[:-1]]))
            reached[self.cell[starts]] = np.bitwise_or.reduceat(bits[self.station], starts)
        return reached


def pairs(atlas: Atlas, demand: Demand, radius: float) -> Pairs:
    """Return all pairs of demand cells and placed stations at most `radius` metres apart, straight.

    `radius` is the straight one; the caller divides the way walked by the detour factor.
    Stations of every status and place are paired: one across the county line
    serves too. Which of them count is the caller's question.
    """
    return atlas.recent(("pairs", demand.key, radius), lambda: _pairs(atlas, demand, radius))


def nearest(atlas: Atlas, demand: Demand, serving: NDArray[np.bool_], key: object) -> NDArray[np.float64]:
    """Return per demand cell the straight distance (metres) to the nearest `serving` station.

    Parameters
    ----------
    serving : ndarray of bool
        One entry per row of ``atlas.stations``.
    key : hashable
        What tells `serving` apart from other choices.

    Returns
    -------
    ndarray of float64
        NaN when no station serves.
    """
    return atlas.recent(("nearest", demand.key, key), lambda: _nearest(atlas, demand, serving))


def geodesic(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    to_lon: NDArray[np.float64],
    to_lat: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the distances in metres between points in degrees (WGS-84), along the geodesic."""
    return np.asarray(Geod(ellps="WGS84").inv(lon, lat, to_lon, to_lat)[2], dtype=np.float64)


def systems(lon: NDArray[np.float64]) -> list[tuple[int, NDArray[np.intp]]]:
    """Return the metric systems (EPSG) that the longitudes fall in, each with the points it measures."""
    # Borders of 3-degree zones lie on half degrees, so half-degree bins never straddle one.
    bins = np.floor(lon * 2.0)
    codes, group = np.unique(bins, return_inverse=True)
    epsg = (
        np.array([crs.metric_epsg(float(b) / 2.0 + 0.25) for b in codes], dtype=np.int64)[group] if len(lon) else bins
    )
    return [(int(code), np.flatnonzero(epsg == code)) for code in np.unique(epsg)]


def _pairs(atlas: Atlas, demand: Demand, radius: float) -> Pairs:
    lon, lat = atlas.lonlat("stations")
    cells, found, used = [], [], []
    for epsg, members in systems(demand.lon):
        used.append(epsg)
        x, y = demand.lon[members], demand.lat[members]
        margin_y = 1.01 * radius / DEGREE_M
        margin_x = margin_y / np.cos(np.radians(min(np.abs(y).max() + margin_y, 89.0)))
        near = np.flatnonzero(
            (lon >= x.min() - margin_x)
            & (lon <= x.max() + margin_x)
            & (lat >= y.min() - margin_y)
            & (lat <= y.max() + margin_y)
        )
        if not len(near):
            continue
        here = cKDTree(crs.to_metric(x, y, epsg))
        there = cKDTree(crs.to_metric(lon[near], lat[near], epsg))
        within = here.sparse_distance_matrix(there, radius * (1 + SCALE_ERROR), output_type="ndarray")
        cell, station = members[within["i"]], near[within["j"]]
        rim = np.flatnonzero(within["v"] > radius * (1 - SCALE_ERROR))
        kept = np.ones(len(cell), dtype=bool)
        kept[rim] = (
            geodesic(demand.lon[cell[rim]], demand.lat[cell[rim]], lon[station[rim]], lat[station[rim]]) <= radius
        )
        cells.append(cell[kept])
        found.append(station[kept])
    cell = np.concatenate(cells).astype(np.int32) if cells else np.empty(0, np.int32)
    station = np.concatenate(found).astype(np.int32) if found else np.empty(0, np.int32)
    order = np.lexsort((station, cell))
    return Pairs(len(demand.rows), cell[order], station[order], tuple(used))


def _nearest(atlas: Atlas, demand: Demand, serving: NDArray[np.bool_]) -> NDArray[np.float64]:
    stations = np.flatnonzero(serving)
    if not len(stations) or not len(demand.rows):
        return np.full(len(demand.rows), np.nan)
    lon, lat = atlas.lonlat("stations")
    # Who is nearest is asked on the sphere, where no zone has an edge; how far, on the ellipsoid.
    _, which = cKDTree(_sphere(lon[stations], lat[stations])).query(_sphere(demand.lon, demand.lat))
    return geodesic(demand.lon, demand.lat, lon[stations][which], lat[stations][which])


def _sphere(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    phi, lam = np.radians(lat), np.radians(lon)
    return EARTH_M * np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
