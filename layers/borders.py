"""Borders of all places of the country by their level, each edge once.

Counties are kept coarse but for some cities, so along the seam between a fine set and a coarse one the two do not share
an edge: there the finer line stands for both. An edge with nothing beyond it is a coast or the frontier.
"""

from __future__ import annotations

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers.atlas import Atlas

#: degrees, about 3 km: so far the edges of two sets stray from each other where they should be one
BESIDE = 0.03
KINDS = ("county", "city", "province", "outer")
Lines = dict[str, NDArray[np.object_]]


def of_counties(atlas: Atlas) -> Lines:
    """Return the borders between counties, and what has no counties below it, of the whole country."""
    places = atlas.places[atlas.places["level"] != "country"]
    return atlas.once("borders of counties", lambda: borders(places[~places["adcode"].isin(set(places["parent"]))]))


def of_cities(atlas: Atlas) -> Lines:
    """Return the borders between cities, and what a province governs itself, as coarse as a far view wants them."""
    places = atlas.places
    cities = places[places["level"] == "city"]
    # a municipality is a province without cities: as a whole, not by its districts
    whole = places[(places["level"] == "province") & ~places["adcode"].isin(set(cities["parent"]))]
    governed = places[(places["level"] == "county") & places["parent"].isin(set(cities["parent"]))]
    parts = pd.concat([cities, governed, whole])
    return atlas.once("borders of cities", lambda: borders(parts.assign(parent=parts["adcode"])))


def borders(places: geopandas.GeoDataFrame) -> Lines:
    """Return the lines around `places` by what they part.

    Parameters
    ----------
    places : GeoDataFrame
        ``adcode``, ``parent`` and ``geometry`` (degrees) of places that do not lie over each other.

    Returns
    -------
    dict of str to array of LineString
        By :data:`KINDS`: ``county`` within a city, ``city`` within a province, ``province``, ``outer`` where nothing
        lies beyond.
    """
    shapes, parents = places.geometry.to_numpy(), places["parent"].to_numpy(dtype=object).astype(str)
    provinces = np.array([code[:2] for code in places["adcode"]])
    edges, owners = _edges(shapes)
    first, last, one_of = _pairs(edges, owners)
    alone = first == last
    level = np.select([provinces[first] != provinces[last], parents[first] != parents[last]], [2, 1], 0)
    level[alone] = 3
    level[alone], kept = _seams(shapes, parents, provinces, edges[one_of], first, last)
    drawn = np.ones(len(level), dtype=bool)
    drawn[alone] = kept
    return {
        kind: shapely.get_parts(
            shapely.line_merge(shapely.multilinestrings(shapely.linestrings(edges[one_of][drawn & (level == at)])))
        )
        for at, kind in enumerate(KINDS)
    }


def _edges(shapes: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return all edges of `shapes`, shape (n, 2, 2), and which shape each is of."""
    parts, of_part = shapely.get_parts(shapes, return_index=True)
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    points, at = shapely.get_coordinates(rings, return_index=True)
    follows = at[1:] == at[:-1]
    return np.stack([points[:-1], points[1:]], axis=1)[follows], of_part[of_ring][at[:-1][follows]]


def _pairs(edges: NDArray[np.float64], owners: NDArray[np.intp]) -> tuple[NDArray[np.intp], ...]:
    """Return of the different edges, whichever way they run, the first and the last owner, and a position of each."""
    start, end = edges[:, 0], edges[:, 1]
    back = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    same_way = np.where(back[:, None, None], edges[:, ::-1], edges).reshape(-1, 4)
    order = np.lexsort(same_way.T)
    new = np.append(True, (same_way[order][1:] != same_way[order][:-1]).any(axis=1))
    begin = np.flatnonzero(new)
    until = np.append(begin[1:], len(order)) - 1
    return owners[order[begin]], owners[order[until]], order[begin]


def _seams(
    shapes: NDArray[np.object_],
    parents: NDArray[np.str_],
    provinces: NDArray[np.str_],
    edges: NDArray[np.float64],
    first: NDArray[np.intp],
    last: NDArray[np.intp],
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the level of the edges that one place alone has, and whether each is drawn.

    Not drawn is what a finer line beside it stands for.
    """
    alone = first == last
    own, mine = first[alone], edges[alone]
    length = np.bincount(first, np.hypot(*(edges[:, 1] - edges[:, 0]).T), len(shapes))
    fineness = length / np.maximum(np.bincount(first, minlength=len(shapes)), 1)
    edge, beyond = shapely.STRtree(shapes).query(
        shapely.points(mine.mean(axis=1)), predicate="dwithin", distance=BESIDE
    )
    # places that share an edge are of one set: what lies near their corner is no seam between them
    shared = np.unique(np.stack([first[~alone], last[~alone]]), axis=1)
    joined = set((shared[0] * len(shapes) + shared[1]).tolist()) | set((shared[1] * len(shapes) + shared[0]).tolist())
    apart = own[edge] != beyond
    apart &= ~np.isin(own[edge] * len(shapes) + beyond, np.fromiter(joined, dtype=np.int64, count=len(joined)))
    edge, beyond = edge[apart], beyond[apart]
    level, drawn = np.full(len(own), 3), np.ones(len(own), dtype=bool)
    of = np.select([provinces[own[edge]] != provinces[beyond], parents[own[edge]] != parents[beyond]], [2, 1], 0)
    highest = np.full(len(own), -1)
    np.maximum.at(highest, edge, of)
    level[highest >= 0] = highest[highest >= 0]
    drawn[edge[fineness[beyond] < fineness[own[edge]]]] = False
    return level, drawn
