"""Made-up walking networks for tests."""

from __future__ import annotations

import numpy as np
from pyproj import Geod
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geodata.osm.network import WalkingNetwork


def network(
    lonlat: np.ndarray, edges: list[tuple[int, int]], names: list[str] | None = None, length: np.ndarray | None = None
) -> WalkingNetwork:
    """Return a network of nodes (degrees) and the straight edges between them; `names` are those of the edges."""
    lonlat, ends = np.asarray(lonlat, float), np.asarray(edges, np.int32).reshape(-1, 2)
    start, end = ends[:, 0], ends[:, 1]
    if length is None:
        length = np.array(Geod(ellps="WGS84").inv(*lonlat[start].T, *lonlat[end].T)[2], float)
    joined = sparse.coo_array((np.ones(len(ends)), (start, end)), shape=(len(lonlat), len(lonlat)))
    _, part = connected_components(joined, directed=False)
    by_size = np.argsort(np.argsort(-np.bincount(part), kind="stable"), kind="stable")
    known = sorted({one for one in names or [] if one})
    name = np.array([known.index(one) if one else -1 for one in names or [""] * len(ends)], np.int32)
    return WalkingNetwork(
        lonlat[:, 0].copy(),
        lonlat[:, 1].copy(),
        start.copy(),
        end.copy(),
        length,
        by_size[part].astype(np.int32),
        name,
        tuple(known),
        "2026-11-01",
        "made-up.osm.pbf",
    )


def random_town(seed: int, side: int = 12, block: float = 0.0009, west: float = 118.05, south: float = 24.45):
    """Return a town of crooked streets, some missing, some without connection to the rest."""
    random = np.random.default_rng(seed)
    i, j = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    lon = west + block * (i + random.uniform(-0.3, 0.3, i.shape))
    lat = south + block * (j + random.uniform(-0.3, 0.3, i.shape))
    number = np.arange(side * side).reshape(side, side)
    edges = np.vstack(
        [
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
        ]
    )
    return network(np.column_stack([lon.ravel(), lat.ravel()]), edges[random.random(len(edges)) < 0.6])
