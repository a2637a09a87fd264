"""Ways along a network that the user gives, only as far as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from geodata.errors import N_, AtlasError
from layers.siting.pairs import Pairs, Points, from_triples, measure
from layers.siting.tables import Edges

#: So many sources at once, so that memory grows with the pairs that are kept.
SOURCES = 64


def ways(edges: Edges, demand: Sequence[str], sites: Sequence[str], limit: float = np.inf) -> Pairs:
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
    graph = _graph(np.array([names[one] for one in edges.start]), np.array([names[one] for one in edges.end]),
                   edges.length, len(names))
    return _ways(graph, np.array([names[one] for one in demand]), np.zeros(len(demand)),
                 np.array([names[one] for one in sites]), np.zeros(len(sites)), limit)


def ways_on_lines(lines: Sequence[NDArray[np.float64]], degrees: bool, demand: Points, sites: Points,
                  limit: float = np.inf, reach: float = 500.0) -> Pairs:
    """Return the shortest ways along lines, each end walked straight to the nearest vertex of the network.

    Parameters
    ----------
    lines : sequence of ndarray, shape (k, 2)
        Vertices, in the unit of the points; lines meet where they share a vertex.
    reach : float
        Farthest that a point may lie from the network, metres.

    Raises
    ------
    AtlasError
        A point lies farther than `reach` from every vertex.
    """
    corners = np.vstack(lines)
    digits = 7 if degrees else 2
    _, first, which = np.unique(np.round(corners, digits), axis=0, return_index=True, return_inverse=True)
    nodes = Points(corners[first], degrees)
    inner = np.ones(len(corners), bool)
    inner[np.cumsum([len(line) for line in lines]) - 1] = False
    one = np.flatnonzero(inner)
    start, end = which.ravel()[one], which.ravel()[one + 1]
    graph = _graph(start, end, measure(nodes, start, nodes, end), len(nodes))
    tree = cKDTree(nodes.searched())

    def snapped(points: Points) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        _, near = tree.query(points.searched())
        way = measure(points, np.arange(len(points)), nodes, near)
        far = np.flatnonzero(way > reach)
        if len(far):
            raise AtlasError(N_("{count} 个点离路网超过 {reach} 米，最远 {most} 米：请检查路网的范围和坐标系。"),
                             count=len(far), reach=reach, most=round(float(way.max())))
        return near, way

    return _ways(graph, *snapped(demand), *snapped(sites), limit)


def pieces(edges: Edges) -> int:
    """Return of how many parts without connection a network consists."""
    names = {name: k for k, name in enumerate(dict.fromkeys([*edges.start, *edges.end]))}
    graph = _graph(np.array([names[one] for one in edges.start]), np.array([names[one] for one in edges.end]),
                   edges.length, len(names))
    return int(connected_components(graph, directed=False)[0])


def _graph(start: NDArray[np.intp], end: NDArray[np.intp], length: NDArray[np.float64], nodes: int) -> sparse.csr_array:
    low, high = np.minimum(start, end), np.maximum(start, end)
    apart = low != high
    low, high, length = low[apart], high[apart], length[apart]
    # of parallel lines the shorter is walked; a length of zero must not read as "no edge"
    order = np.lexsort((length, high, low))
    low, high, length = low[order], high[order], np.maximum(length[order], 1e-9)
    first = np.flatnonzero(np.concatenate([[True], (low[1:] != low[:-1]) | (high[1:] != high[:-1])])) if len(low) else low
    return sparse.coo_array((length[first], (low[first], high[first])), shape=(nodes, nodes)).tocsr()


def _ways(graph: sparse.csr_array, demand: NDArray[np.intp], demand_way: NDArray[np.float64], sites: NDArray[np.intp],
          site_way: NDArray[np.float64], limit: float) -> Pairs:
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
    return from_triples(np.concatenate(rows or [none]), np.concatenate(columns or [none]), np.concatenate(values or [none]),
                        len(demand), len(sites), complete=not np.isfinite(limit))
