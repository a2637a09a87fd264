"""Ways along a network that the user gives, only as far as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components, dijkstra

from geodata.errors import N_, AtlasError
from layers.distance import NOISE, Pairs, from_triples
from layers.siting.tables import Edges

#: So many sources at once, so that memory grows with the pairs that are kept.
SOURCES = 64
#: So far at most may a point lie from the lines of a network, metres, when nobody says how far.
REACH_M = 500.0


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """The ways of a network.

    Attributes
    ----------
    pairs : Pairs
    demand_part, site_part : ndarray of int
        Number of the connected part of the network in which each demand and site lies.
    """

    pairs: Pairs
    demand_part: NDArray[np.int32]
    site_part: NDArray[np.int32]

    def lost(self, usable: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the demand in whose part of the network no usable site is, however far one goes."""
        return np.flatnonzero(~np.isin(self.demand_part, self.site_part[usable]))

    def count(self) -> int:
        """Return in how many parts without connection the demand lies."""
        return len(np.unique(self.demand_part))


def ways(edges: Edges, demand: Sequence[str], sites: Sequence[str], limit: float = np.inf) -> Ways:
    """Return the shortest ways between demand and sites that are nodes of a network, up to `limit`.

    Parameters
    ----------
    edges : Edges
        Undirected; lengths in metres or any one unit.
    demand, sites : sequence of str
        Names of nodes.

    Raises
    ------
    AtlasError
        A name is no node of the network.
    """
    names = {name: k for k, name in enumerate(dict.fromkeys([*edges.start, *edges.end]))}
    for one in (*demand, *sites):
        if one not in names:
            raise AtlasError(N_("“{id}”不是路网的节点：请检查编号，或在路网文件中补上它的边。"), id=one)
    graph = _graph(
        np.array([names[one] for one in edges.start]),
        np.array([names[one] for one in edges.end]),
        edges.length,
        len(names),
    )
    return _ways(
        graph,
        np.array([names[one] for one in demand]),
        np.zeros(len(demand)),
        np.array([names[one] for one in sites]),
        np.zeros(len(sites)),
        limit,
    )


def ways_on_lines(
    lines: Sequence[NDArray[np.float64]],
    demand: NDArray[np.float64],
    sites: NDArray[np.float64],
    limit: float = np.inf,
    reach: float = REACH_M,
    names: Sequence[str] = (),
) -> Ways:
    """Return the shortest ways along lines.

    Each point is walked straight to the nearest point of the nearest line, which
    is split there; both of these legs count.

    Parameters
    ----------
    lines : sequence of ndarray, shape (k, 2)
        Vertices in metres of one plane; lines meet where they share a vertex (to the centimetre).
    demand, sites : ndarray, shape (m, 2), (n, 2)
        In the same plane.
    limit : float
        Longest way that is kept, metres.
    reach : float
        Farthest that a point may lie from the network, metres.
    names : sequence of str, optional
        Of demand and sites, for errors.

    Raises
    ------
    AtlasError
        A point lies farther than `reach` from every line.
    """
    corners = np.vstack(lines)
    _, which = np.unique(np.round(corners, 2), axis=0, return_inverse=True)
    which = which.ravel()
    nodes = int(which.max()) + 1
    one = np.ones(len(corners), bool)
    one[np.cumsum([len(line) for line in lines]) - 1] = False
    one = np.flatnonzero(one)
    length = np.hypot(*(corners[one + 1] - corners[one]).T)
    segments = shapely.linestrings(np.stack([corners[one], corners[one + 1]], axis=1))
    points = shapely.points(np.vstack([demand, sites]))
    own = shapely.STRtree(segments).nearest(points)
    way = shapely.distance(points, segments[own])
    far = np.flatnonzero(way > reach)
    if len(far):
        worst = int(np.argmax(way))
        raise AtlasError(
            N_(
                "{count} 个点离路网超过 {reach} 米，最远的是“{id}”，"
                "{most} 米：请检查路网的范围和坐标系，或用 --access 放宽。"
            ),
            count=len(far),
            reach=reach,
            id=names[worst] if len(names) else worst + 1,
            most=round(float(way[worst])),
        )
    along = np.clip(shapely.line_locate_point(segments[own], points), 0.0, length[own])
    # every segment is a chain: its start, the points that come to it in their order, its end
    number = np.arange(len(one))
    segment = np.concatenate([number, own, number])
    at = np.concatenate([np.zeros(len(one)), along, length])
    rank = np.repeat([0, 1, 2], [len(one), len(own), len(one)])
    node = np.concatenate([which[one], nodes + np.arange(len(own)), which[one + 1]])
    order = np.lexsort((rank, at, segment))
    segment, at, node = segment[order], at[order], node[order]
    same = np.flatnonzero(segment[1:] == segment[:-1])
    graph = _graph(node[same], node[same + 1], at[same + 1] - at[same], nodes + len(own))
    m = len(demand)
    return _ways(graph, nodes + np.arange(m), way[:m], nodes + m + np.arange(len(sites)), way[m:], limit)


def parts_of(pairs: Pairs) -> Ways:
    """Return pairs with the parts that they make of demand and sites: of a table of ways."""
    m, n = pairs.demands, pairs.sites
    graph = sparse.coo_array(
        (np.ones(len(pairs.site)), (pairs.demand(), m + pairs.site.astype(np.int64))), shape=(m + n, m + n)
    )
    part = connected_components(graph.tocsr(), directed=False)[1]
    return Ways(pairs, part[:m], part[m:])


def _graph(start: NDArray[np.intp], end: NDArray[np.intp], length: NDArray[np.float64], nodes: int) -> sparse.csr_array:
    low, high = np.minimum(start, end), np.maximum(start, end)
    apart = low != high
    low, high, length = low[apart], high[apart], length[apart]
    # of parallel lines the shorter is walked; a length of zero must not read as "no edge"
    order = np.lexsort((length, high, low))
    low, high, length = low[order], high[order], np.maximum(length[order], 1e-9)
    first = (
        np.flatnonzero(np.concatenate([[True], (low[1:] != low[:-1]) | (high[1:] != high[:-1])])) if len(low) else low
    )
    return sparse.coo_array((length[first], (low[first], high[first])), shape=(nodes, nodes)).tocsr()


def _ways(
    graph: sparse.csr_array,
    demand: NDArray[np.intp],
    demand_way: NDArray[np.float64],
    sites: NDArray[np.intp],
    site_way: NDArray[np.float64],
    limit: float,
) -> Ways:
    part = connected_components(graph, directed=False)[1]
    limit = limit * (1 + NOISE)
    rows, columns, values = [], [], []
    for begin in range(0, len(sites), SOURCES):
        mine = np.arange(begin, min(begin + SOURCES, len(sites)))
        found = dijkstra(graph, directed=False, indices=sites[mine], limit=limit)[:, demand]
        found = np.round(found, 6) + demand_way[None, :] + site_way[mine, None]
        j, i = np.nonzero(found <= limit if np.isfinite(limit) else np.isfinite(found))
        rows.append(i)
        columns.append(mine[j])
        values.append(found[j, i])
    none = np.empty(0)
    pairs = from_triples(
        np.concatenate(rows or [none]),
        np.concatenate(columns or [none]),
        np.concatenate(values or [none]),
        len(demand),
        len(sites),
        complete=not np.isfinite(limit),
    )
    return Ways(pairs, part[demand], part[sites])
