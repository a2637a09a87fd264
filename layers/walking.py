"""Ways along a walking network: who reaches whom, how far, and who cannot be said to reach anybody.

A point is walked straight to the nearest point of the nearest segment, its *connector*, and on from there; both
connectors of a way count. Distances are those of the shortest way. The network is never split or rebuilt for the
points that are asked about: each source is a node more, with an edge to either end of the segment that it comes to,
so that many points on one segment, and two of them with nothing but that segment between, are exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components, dijkstra

from geodata.osm.network import WalkingNetwork
from layers.distance import ECCENTRICITY2, NOISE, SEMI_MAJOR, Floats, Pairs, Points, from_triples, measure

Nodes = NDArray[np.int32]

#: So far at most may a point lie from the network, metres; farther ones are told apart.
REACH_M = 500.0
#: Of the demand of a place at least this share must be near the network, or the way is straight unless it is asked.
ENOUGH = 0.5
#: Metres walked in a minute: 4.8 km/h, as Transport for London's measure of accessibility (PTAL) has it.
PACE = 80.0
#: Sources that are followed together, and what their distances may take, bytes.
SOURCES, BLOCK_BYTES = 64, 128 * 2**20
#: Length of a segment whose ends are one place: to scipy none at all could read as "no edge". Metres.
NO_LENGTH = 1e-9
DECIMALS = 6  # of a metre


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A network made ready to be asked.

    Attributes
    ----------
    start, end : ndarray of int32, shape (edges,)
        Nodes that an edge joins.
    length : ndarray of float64, shape (edges,)
        Metres.
    part : ndarray of int32, shape (nodes,)
        Number of the connected part in which a node lies.
    matrix : csr_array, shape (nodes, nodes)
        The shortest edge between two nodes, in both directions.
    nodes : Points
        Where the nodes are; empty for a network of names, to which no point can come.
    plane : ndarray of float64, shape (nodes, 2)
        The same where angles are true: on the ellipsoid's Mercator map, or the plane itself.
    scale : float
        Units of `plane` to a metre where there are most.
    tree : STRtree
        Of the segments in `plane`.
    network : WalkingNetwork or None
        What it was made of, with the names of its roads.
    """

    start: Nodes
    end: Nodes
    length: Floats
    part: Nodes
    matrix: sparse.csr_array
    nodes: Points
    plane: Floats
    scale: float
    tree: shapely.STRtree
    network: WalkingNetwork | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Connectors:
    """How points come to the network.

    Attributes
    ----------
    edge : ndarray of int32, shape (n,)
        The nearest edge; -1 for a point that is too far from all, or is a node by name.
    nodes : ndarray of int32, shape (n, 2)
        Both ends of that edge; -1 for a point that is too far.
    legs : ndarray of float64, shape (n, 2)
        Metres from the point to either end: connector, then along the edge.
    along : ndarray of float64, shape (n,)
        Metres from the start of the edge to where the connector meets it.
    metres : ndarray of float64, shape (n,)
        Length of the connector, too far or not; infinite where there is no network.
    """

    edge: Nodes
    nodes: Nodes
    legs: Floats
    along: Floats
    metres: Floats

    def __len__(self) -> int:
        return len(self.edge)

    @property
    def far(self) -> NDArray[np.intp]:
        """Points that lie too far from the network."""
        return np.flatnonzero(self.nodes[:, 0] < 0)


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """The ways between demand and sites.

    Attributes
    ----------
    pairs : Pairs
    demand_part, site_part : ndarray of int32
        Number of the connected part of the network in which each demand and site lies; -1: too far from it.
    """

    pairs: Pairs
    demand_part: Nodes
    site_part: Nodes

    def lost(self, usable: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the demand in whose part of the network no usable site is, however far one goes."""
        there = self.site_part[usable]
        return np.flatnonzero(~np.isin(self.demand_part, there[there >= 0]))

    def count(self) -> int:
        """Return in how many parts without connection the demand lies."""
        return len(np.unique(self.demand_part[self.demand_part >= 0]))


@dataclass(frozen=True, slots=True)
class Way:
    """A way between two points.

    Attributes
    ----------
    metres : float or None
        Of the shortest way, both connectors counted; None where there is none.
    connector_metres : tuple of (float, float)
        From either point to the network.
    far : tuple of (bool, bool)
        Which of the points is too far from the network.
    """

    metres: float | None
    connector_metres: tuple[float, float]
    far: tuple[bool, bool]


# -- making ready -----------------------------------------------------------------


def ready(network: WalkingNetwork) -> Graph:
    """Return a walking network made ready: in 0.4 s and 120 MB for 350,000 segments, most of it the search tree."""
    nodes = Points(np.column_stack([network.lon, network.lat]), degrees=True)
    return graph(network.start, network.end, network.length, nodes, network.part, network)


def graph(
    start: NDArray[np.integer],
    end: NDArray[np.integer],
    length: Floats,
    nodes: Points | int,
    part: Nodes | None = None,
    network: WalkingNetwork | None = None,
) -> Graph:
    """Return edges made ready.

    Parameters
    ----------
    start, end : ndarray of int
        Nodes that an edge joins; it is walked in both directions.
    length : ndarray of float64
        Metres, or any one unit where the nodes are names.
    nodes : Points or int
        Where the nodes are, or how many.
    part : ndarray of int32, optional
        Parts of a larger network of which this one is cut; else they are those of the edges.
    network : WalkingNetwork, optional
        What it is made of.
    """
    start, end = np.asarray(start, np.int32), np.asarray(end, np.int32)
    length = np.maximum(np.asarray(length, np.float64), NO_LENGTH)
    count = nodes if isinstance(nodes, int) else len(nodes)
    matrix = _shortest(start, end, length, count)
    if part is None:
        part = connected_components(matrix, directed=False)[1]
    named = isinstance(nodes, int)
    nodes = Points(np.empty((0, 2))) if isinstance(nodes, int) else nodes
    plane = mercator(nodes.xy) if nodes.degrees else nodes.xy
    scale = 1.0
    if nodes.degrees and len(nodes):
        scale = 1 / float(np.cos(np.radians(np.abs(nodes.xy[:, 1]).max())))
    drawn = [] if named or not len(start) else shapely.linestrings(np.stack([plane[start], plane[end]], axis=1))
    return Graph(
        start, end, length, np.asarray(part, np.int32), matrix, nodes, plane, scale, shapely.STRtree(drawn), network
    )


def mercator(lonlat: Floats) -> Floats:
    """Return points in degrees on Mercator's map of the WGS-84 ellipsoid, metres at the equator (EPSG:3395).

    Angles are true on it, so that within a few hundred metres what is nearest on the map is nearest on the ground.
    """
    sine = np.sin(np.radians(lonlat[:, 1]))
    flat = np.sqrt(ECCENTRICITY2)
    north = np.arctanh(sine) - flat * np.arctanh(flat * sine)
    return SEMI_MAJOR * np.column_stack([np.radians(lonlat[:, 0]), north])


def _shortest(start: Nodes, end: Nodes, length: Floats, count: int) -> sparse.csr_array:
    """Return the edges as a symmetric matrix: of parallel ones the shortest, none from a node to itself."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((length, high, low))
    order = order[low[order] != high[order]]
    low, high, length = low[order], high[order], length[order]
    first = np.ones(len(low), bool)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    low, high, length = low[first], high[first], length[first]
    both = np.concatenate([low, high]), np.concatenate([high, low])
    return sparse.coo_array((np.concatenate([length, length]), both), shape=(count, count)).tocsr()


# -- coming to the network --------------------------------------------------------


def connect(graph: Graph, points: Points, reach: float = REACH_M) -> Connectors:
    """Return how points come to a network: straight to the nearest point of the nearest segment.

    Parameters
    ----------
    points : Points
        In degrees for a network in degrees, else in its plane.
    reach : float
        Longest connector, metres; it is measured on the ellipsoid.
    """
    count = len(points)
    edge, nodes = np.full(count, -1, np.int32), np.full((count, 2), -1, np.int32)
    legs, along, metres = np.full((count, 2), np.inf), np.full(count, np.nan), np.full(count, np.inf)
    found = Connectors(edge, nodes, legs, along, metres)
    if not len(graph.tree) or not count:
        return found
    there = points.xy
    if points.degrees:  # the poles have no place on the map
        there = mercator(np.clip(there, (-180.0, -89.0), (180.0, 89.0)))
    own = np.asarray(graph.tree.nearest(shapely.points(there)), np.intp)
    a, b = graph.start[own], graph.end[own]
    line = graph.plane[b] - graph.plane[a]
    square = (line**2).sum(axis=1)
    share = ((there - graph.plane[a]) * line).sum(axis=1) / np.where(square > 0, square, 1.0)
    share = np.clip(share, 0.0, 1.0)
    foot = graph.nodes.xy[a] + share[:, None] * (graph.nodes.xy[b] - graph.nodes.xy[a])
    every = np.arange(count)
    metres[:] = measure(points, every, Points(foot, points.degrees), every)
    near = metres <= reach * (1 + NOISE)
    edge[near], along[near] = own[near], (share * graph.length[own])[near]
    nodes[near] = np.column_stack([a, b])[near]
    legs[near] = (metres[:, None] + graph.length[own][:, None] * np.column_stack([share, 1 - share]))[near]
    return found


def at_nodes(nodes: NDArray[np.integer]) -> Connectors:
    """Return points that are nodes of the network themselves."""
    count, nodes = len(nodes), np.asarray(nodes, np.int32)
    none = np.zeros(count)
    return Connectors(np.full(count, -1, np.int32), np.column_stack([nodes, nodes]), np.zeros((count, 2)), none, none)


def some(points: Connectors, rows: NDArray[np.intp]) -> Connectors:
    """Return some of the points, in the order of `rows`."""
    return Connectors(points.edge[rows], points.nodes[rows], points.legs[rows], points.along[rows], points.metres[rows])


def share_near(graph: Graph, points: Points) -> float:
    """Return the share of `points` that come to the network; 0 of none."""
    return 1.0 - len(connect(graph, points).far) / len(points) if len(points) else 0.0


def parts(graph: Graph, points: Connectors) -> Nodes:
    """Return the part of the network to which each point comes; -1: too far from it."""
    return np.append(graph.part, np.int32(-1))[points.nodes[:, 0]]


# -- ways -------------------------------------------------------------------------


def ways(graph: Graph, demand: Connectors, sites: Connectors, limit: float = np.inf) -> Ways:
    """Return the shortest ways between demand and sites, up to `limit` metres (the rim counts).

    They are followed from the side of which there are fewer, :data:`SOURCES` near each other at a time, through no
    more of the network than lies within `limit` of them.
    """
    turned = len(sites) < len(demand)
    few, many = (sites, demand) if turned else (demand, sites)
    found = list(_triples(graph, few, many, limit * (1 + NOISE)))
    i, j, metres = (np.concatenate(column) for column in zip(*found, strict=True)) if found else np.empty((3, 0))
    demand_of, site_of = (j, i) if turned else (i, j)
    pairs = from_triples(demand_of, site_of, metres, len(demand), len(sites), complete=not np.isfinite(limit))
    return Ways(pairs, parts(graph, demand), parts(graph, sites))


def within_reach(graph: Graph, demand: Points, sites: Points, limit: float, reach: float = REACH_M) -> Ways:
    """Return all pairs at most `limit` metres apart along the network; connectors may have `reach` metres."""
    return ways(graph, connect(graph, demand, reach), connect(graph, sites, reach), limit)


def nearest_distance(graph: Graph, demand: Points, sites: Points, reach: float = REACH_M) -> Floats:
    """Return each demand's way in metres to its nearest site; infinite when it reaches none, or is too far itself."""
    return nearest(graph, connect(graph, demand, reach), connect(graph, sites, reach))


def nearest(graph: Graph, demand: Connectors, sites: Connectors) -> Floats:
    """Return each demand's way in metres to its nearest site; infinite when it reaches none, or is too far itself."""
    way = from_any(graph, sites)
    found = (np.append(way, np.inf)[demand.nodes] + demand.legs).min(axis=1, initial=np.inf)
    i, _, straight = _on_one_edge(demand, sites)
    np.minimum.at(found, i, straight)
    return np.round(found, DECIMALS)


def from_any(graph: Graph, sites: Connectors, limit: float = np.inf) -> Floats:
    """Return the way in metres to every node of the network from the nearest of `sites`; infinite beyond `limit`."""
    known = sites.nodes[:, 0] >= 0
    if not known.any():
        return np.full(len(graph.part), np.inf)
    # all sites together are one source
    leg = np.full(len(graph.part) + 1, np.inf)
    np.minimum.at(leg, sites.nodes[known].ravel(), sites.legs[known].ravel())
    ends = np.flatnonzero(np.isfinite(leg))
    return np.round(_followed(graph.matrix, ends[None, :], leg[ends][None, :], limit * (1 + NOISE))[0, :-1], DECIMALS)


def way(graph: Graph, one: Points, other: Points, reach: float = REACH_M) -> Way:
    """Return the shortest way between two points."""
    here, there = connect(graph, one, reach), connect(graph, other, reach)
    found = ways(graph, here, there).pairs.distance
    return Way(
        float(found[0]) if len(found) else None,
        (float(here.metres[0]), float(there.metres[0])),
        (bool(len(here.far)), bool(len(there.far))),
    )


# -- inside -----------------------------------------------------------------------


def _triples(
    graph: Graph, few: Connectors, many: Connectors, limit: float
) -> Iterator[tuple[NDArray, NDArray, Floats]]:
    """Yield source, target and way of the pairs within `limit`, block by block."""
    theirs = np.flatnonzero(many.nodes[:, 0] >= 0)
    for block in _blocks(graph, few, np.flatnonzero(few.nodes[:, 0] >= 0)):
        place, matrix = _around(graph, few.nodes[block], limit)
        targets = theirs[(place[many.nodes[theirs]] >= 0).any(axis=1)]
        step = max(1, BLOCK_BYTES // (8 * (matrix.shape[0] + 4 * len(targets) + SOURCES)))
        for begin in range(0, len(block), step):
            mine = block[begin : begin + step]
            found = _followed(matrix, place[few.nodes[mine]], few.legs[mine], limit)
            end, leg = place[many.nodes[targets]], many.legs[targets]
            reached = np.minimum(found[:, end[:, 0]] + leg[:, 0], found[:, end[:, 1]] + leg[:, 1])
            i, j, straight = _on_one_edge(some(few, mine), some(many, targets))
            reached[i, j] = np.minimum(reached[i, j], straight)
            i, j = np.nonzero(reached <= limit if np.isfinite(limit) else np.isfinite(reached))
            yield mine[i], targets[j], np.round(reached[i, j], DECIMALS)


def _blocks(graph: Graph, points: Connectors, rows: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Yield rows that lie near each other, at most :data:`SOURCES` at a time."""
    if len(rows) <= SOURCES:
        if len(rows):
            yield rows
        return
    if len(graph.plane):
        xy = graph.plane[points.nodes[rows, 0]]
        rows = rows[np.argsort(xy[:, int(np.argmax(np.ptp(xy, axis=0)))], kind="stable")]
    middle = max(SOURCES, len(rows) // 2 // SOURCES * SOURCES)
    yield from _blocks(graph, points, rows[:middle])
    yield from _blocks(graph, points, rows[middle:])


def _around(graph: Graph, sources: Nodes, limit: float) -> tuple[Nodes, sparse.csr_array]:
    """Return the network as far as `limit` can matter: the new number of each node (-1: left out; one more for
    what is no node), and the edges.
    """
    place = np.full(len(graph.part) + 1, -1, np.int32)
    if not len(graph.plane) or not np.isfinite(limit):
        place[:-1] = np.arange(len(graph.part))
        return place, graph.matrix
    ends = np.unique(sources)
    low, high = graph.plane[ends].min(axis=0), graph.plane[ends].max(axis=0)
    margin = limit * graph.scale * 1.01
    inside = np.flatnonzero(((graph.plane >= low - margin) & (graph.plane <= high + margin)).all(axis=1))
    kept = np.union1d(inside, ends)
    place[kept] = np.arange(len(kept))
    return place, graph.matrix[kept][:, kept]


def _followed(matrix: sparse.csr_array, ends: NDArray, legs: Floats, limit: float) -> Floats:
    """Return the way from each source to each node; one column more is infinite, for what is no node (-1).

    A source has a `leg` to each of its `ends`; nothing leads to a source, so that nobody walks through one.
    """
    count, sources, each = matrix.shape[0], *ends.shape
    widened = sparse.csr_array(
        (
            np.concatenate([matrix.data, np.maximum(legs, NO_LENGTH).ravel()]),
            np.concatenate([matrix.indices, ends.ravel()]),
            np.concatenate([matrix.indptr, matrix.indptr[-1] + each * np.arange(1, sources + 1)]),
        ),
        shape=(count + sources, count + sources),
    )
    found = dijkstra(widened, indices=count + np.arange(sources), limit=limit)
    found[:, count] = np.inf
    return found[:, : count + 1]


def _on_one_edge(one: Connectors, other: Connectors) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Return the pairs of points that come to one edge, and the way between them that does not leave it."""
    order = np.argsort(other.edge, kind="stable")
    begin = np.searchsorted(other.edge[order], one.edge, "left")
    size = np.where(one.edge >= 0, np.searchsorted(other.edge[order], one.edge, "right") - begin, 0)
    i = np.repeat(np.arange(len(one)), size)
    j = order[np.arange(len(i)) - np.repeat(np.cumsum(size) - size, size) + begin[i]]
    return i, j, one.metres[i] + np.abs(one.along[i] - other.along[j]) + other.metres[j]
