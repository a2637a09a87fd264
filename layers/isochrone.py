"""Isochrones: the area that one reaches along the network within so many metres of a point, or of any of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

from layers.distance import NOISE, Floats, Points, measure
from layers.walking import REACH_M, Connectors, Graph, connect, from_any, some

#: What one reaches on both sides of a way, metres: a street with its pavements.
HALF_WIDTH = 20.0
#: A node beyond is kept out by a hole that comes no nearer than half way to any node within.
CLEAR = 0.45
CORNERS = 4  # of a quarter of a circle


@dataclass(frozen=True, slots=True, eq=False)
class Isochrone:
    """What lies within so many metres of a point, or of any of several.

    Attributes
    ----------
    metres : float
        Along the network, the connector counted.
    area : Polygon or MultiPolygon
        Degrees (WGS-84): the ways that are reached, and :data:`HALF_WIDTH` metres to both sides. Every node within
        lies inside it and none beyond does (of two nodes in one spot, as of a bridge over a street,
        the one that is within decides).
    nodes : ndarray of int
        The nodes of the network within.
    """

    metres: float
    area: shapely.Geometry
    nodes: NDArray[np.intp]


def isochrones(graph: Graph, points: Points, metres: Sequence[float], reach: float = REACH_M) -> list[Isochrone]:
    """Return what lies within each of `metres` of any of `points`.

    A point that is farther than `reach` from the network adds nothing.

    Parameters
    ----------
    graph : Graph
        In degrees.
    points : Points
        In degrees.
    """
    every = connect(graph, points, reach)
    known = np.flatnonzero(every.edge >= 0)
    here, spots = some(every, known), points.xy[known]
    if not len(here):
        return [Isochrone(one, shapely.Polygon(), np.empty(0, np.intp)) for one in metres]
    way = from_any(graph, here, max(metres, default=0.0))
    middle = spots.mean(axis=0)
    twice, beside = np.zeros(2, np.intp), Points(middle + np.eye(2) * 1e-3, degrees=True)
    to_metres = measure(Points(middle, degrees=True), twice, beside, np.arange(2)) / 1e-3  # of a degree, here
    return [_isochrone(graph, spots, here, way, one, to_metres) for one in metres]


def _isochrone(
    graph: Graph, spots: Floats, here: Connectors, way: Floats, metres: float, to_metres: Floats
) -> Isochrone:
    limit = metres * (1 + NOISE)
    within = np.flatnonzero(way <= limit)
    lines = np.concatenate([_pieces(graph, here, way, limit), _connectors(graph, spots, here, limit)]) * to_metres
    area = shapely.union_all(shapely.buffer(shapely.linestrings(lines), HALF_WIDTH, quad_segs=CORNERS))
    shapely.prepare(area)
    west, south, east, north = shapely.bounds(area)
    xy = graph.nodes.xy * to_metres
    around = np.flatnonzero(((xy >= (west, south)) & (xy <= (east, north))).all(axis=1) & ~(way <= limit))
    beyond = xy[around[shapely.intersects_xy(area, xy[around])]]
    if len(beyond):
        inner = np.vstack([xy[within], spots * to_metres])
        clear = np.minimum(KDTree(inner).query(beyond)[0] * CLEAR, HALF_WIDTH)
        holes = shapely.buffer(shapely.points(beyond[clear > 0]), clear[clear > 0], quad_segs=CORNERS)
        area = shapely.difference(area, shapely.union_all(holes))
    return Isochrone(metres, shapely.transform(area, lambda xy: xy / to_metres), within)


def _pieces(graph: Graph, here: Connectors, way: Floats, limit: float) -> Floats:
    """Return the pieces of edges that are reached, from either end or from a point itself, shape (n, 2, 2)."""
    left = np.maximum(limit - way, 0.0)  # none of a node beyond
    one, other = left[graph.start] / graph.length, left[graph.end] / graph.length
    whole = one + other >= 1.0
    mine, share = here.edge, here.along / graph.length[here.edge]
    spread = np.maximum(limit - here.metres, 0.0) / graph.length[mine]
    every = np.arange(len(graph.start))
    edge = np.concatenate([every, every, mine])
    low = np.concatenate([np.zeros(len(every)), np.where(whole, 1.0, 1.0 - other), np.maximum(share - spread, 0.0)])
    high = np.concatenate([np.where(whole, 1.0, one), np.ones(len(every)), np.minimum(share + spread, 1.0)])
    reached = high > low
    edge, low, high = edge[reached], low[reached], high[reached]
    begin, end = graph.nodes.xy[graph.start[edge]], graph.nodes.xy[graph.end[edge]]
    return np.stack([begin + low[:, None] * (end - begin), begin + high[:, None] * (end - begin)], axis=1)


def _connectors(graph: Graph, spots: Floats, here: Connectors, limit: float) -> Floats:
    """Return the connectors as far as they are walked, shape (n, 2, 2)."""
    begin, end = graph.nodes.xy[graph.start[here.edge]], graph.nodes.xy[graph.end[here.edge]]
    foot = begin + (here.along / graph.length[here.edge])[:, None] * (end - begin)
    walked = np.minimum(1.0, limit / np.maximum(here.metres, limit))[:, None]
    return np.stack([spots, spots + walked * (foot - spots)], axis=1)
