"""Ways along a network that the user gives, only as far as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geodata.errors import N_, AtlasError
from layers import walking
from layers.distance import Pairs, Points
from layers.siting.tables import Edges
from layers.walking import REACH_M, Ways


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
    graph = walking.graph(
        np.array([names[one] for one in edges.start]),
        np.array([names[one] for one in edges.end]),
        edges.length,
        len(names),
    )
    own, theirs = (np.array([names[one] for one in each], np.int32) for each in (demand, sites))
    return walking.ways(graph, walking.at_nodes(own), walking.at_nodes(theirs), limit)


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
    _, first, which = np.unique(np.round(corners, 2), axis=0, return_index=True, return_inverse=True)
    which = which.ravel()
    one = np.ones(len(corners), bool)
    one[np.cumsum([len(line) for line in lines]) - 1] = False
    one = np.flatnonzero(one)
    length = np.hypot(*(corners[one + 1] - corners[one]).T)
    graph = walking.graph(which[one], which[one + 1], length, Points(corners[first]))
    own, theirs = (walking.connect(graph, Points(each), reach) for each in (demand, sites))
    far = np.concatenate([own.far, len(own) + theirs.far])
    if len(far):
        away = np.concatenate([own.metres, theirs.metres])
        worst = int(np.argmax(away))
        raise AtlasError(
            N_(
                "{count} 个点离路网超过 {reach} 米，最远的是“{id}”，"
                "{most} 米：请检查路网的范围和坐标系，或用 --access 放宽。"
            ),
            count=len(far),
            reach=reach,
            id=names[worst] if len(names) else worst + 1,
            most=round(float(away[worst])),
        )
    return walking.ways(graph, own, theirs, limit)


def parts_of(pairs: Pairs) -> Ways:
    """Return pairs with the parts that they make of demand and sites: of a table of ways."""
    m, n = pairs.demands, pairs.sites
    graph = sparse.coo_array(
        (np.ones(len(pairs.site)), (pairs.demand(), m + pairs.site.astype(np.int64))), shape=(m + n, m + n)
    )
    part = connected_components(graph.tocsr(), directed=False)[1]
    return Ways(pairs, part[:m], part[m:])
