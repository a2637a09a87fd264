"""Borders by their level: which edges of counties part cities, and which part provinces.

Provinces and cities are kept coarser than counties, so their own outlines would run beside those of the counties;
here the lines are edges of the counties themselves. An edge with no other city beyond it is a coast and no border.
"""

from __future__ import annotations

from collections.abc import Collection

import geopandas
import numpy as np
import shapely

#: degrees, about 2 km: the borders of what is drawn finer stray so far from its neighbours, which are kept coarse
BESIDE = 0.02


def borders(counties: geopandas.GeoDataFrame, cities: Collection[str]) -> dict[str, shapely.Geometry]:
    """Return the borders of `cities` by level.

    Parameters
    ----------
    counties : GeoDataFrame
        ``adcode``, ``parent`` and ``geometry`` of all counties (degrees).
    cities : collection of str
        Codes of the cities (or municipalities) whose borders are wanted.

    Returns
    -------
    dict of str to MultiLineString
        ``city``: between cities of one province; ``province``: between provinces. Coasts are in neither.
    """
    shapes, parents = counties.geometry.to_numpy(), counties["parent"].to_numpy(dtype=object).astype(str)
    tree = shapely.STRtree(shapes)
    found: dict[str, list[np.ndarray]] = {"city": [], "province": []}
    for city in sorted(set(cities) & set(parents)):
        own = _outer(shapes[parents == city])
        edge, beyond = tree.query(shapely.points(own.mean(axis=1)), predicate="dwithin", distance=BESIDE)
        edge, beyond = edge[parents[beyond] != city], beyond[parents[beyond] != city]
        elsewhere = np.unique(edge[[parents[one][:2] != city[:2] for one in beyond]])
        found["province"].append(own[elsewhere])
        found["city"].append(own[np.setdiff1d(edge, elsewhere)])
    return {
        kind: _joined(np.concatenate(parts)) if parts else shapely.MultiLineString() for kind, parts in found.items()
    }


def _joined(edges: np.ndarray) -> shapely.Geometry:
    """Return `edges` end to end as lines; the border of two cities, found from either side, once."""
    _, first, _ = _one_way(edges)
    return shapely.line_merge(shapely.multilinestrings(shapely.linestrings(edges[np.sort(first)])))


def _outer(shapes: np.ndarray) -> np.ndarray:
    """Return the edges that only one of `shapes` has, shape (n, 2, 2)."""
    rings = shapely.get_rings(shapely.get_parts(shapes))
    edges = np.concatenate([np.stack([line[:-1], line[1:]], axis=1) for line in map(shapely.get_coordinates, rings)])
    _, first, times = _one_way(edges)
    return edges[np.sort(first[times == 1])]


def _one_way(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the different edges whichever way they run, the first position of each, and how often it is there."""
    start, end = edges[:, 0], edges[:, 1]
    back = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    same_way = np.where(back[:, None, None], edges[:, ::-1], edges)
    return np.unique(same_way.reshape(-1, 4), axis=0, return_index=True, return_counts=True)
