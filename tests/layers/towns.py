"""Made-up walking networks for tests."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from pyproj import Geod
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from geodata.osm.network import WalkingNetwork
from layers.atlas import Atlas
from tests.layers.hand_counted import META, at, rows_of, tables


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


#: Where things are in the town on the river, metres east and north of the centre of the hand-counted atlas. A street on
#: either bank, 1.5 km to both sides, one bridge in the middle, and a lane that leads to no other street.
CELLS = {
    "a": (300, 80, 1.0),  # 20 m off the north street
    "b": (300, -80, 2.0),  # across the river from a
    "c": (-900, -60, 4.0),  # across the river from T3
    "d": (250, 320, 8.0),  # on the lane
    "e": (0, -900, 16.0),  # 840 m from any street
    "f": (0, -60, 32.0),  # where the bridge comes down
}
STATIONS = {"T1": (250, 70), "T3": (-900, 70), "T5": (0, -880)}


def on_the_river() -> WalkingNetwork:
    """Return the streets of the town on the river."""
    spots = [(-1500, 60), (0, 60), (1500, 60), (-1500, -60), (0, -60), (1500, -60), (150, 300), (350, 300)]
    lonlat = np.array([shapely.get_coordinates(at(*one))[0] for one in spots])
    edges = [(0, 1), (1, 2), (3, 4), (4, 5), (1, 4), (6, 7)]
    return network(lonlat, edges, ["北岸路", "北岸路", "南岸路", "南岸路", "", "孤巷"])


def river_frames() -> dict[str, pd.DataFrame]:
    """Return the tables of the hand-counted atlas, with demand and stations of the town on the river alone."""
    frames = tables()
    demand = rows_of(
        "demand",
        ["demand_id", "cell", "adcode", "zone", "weight", "worker_group", "geometry"],
        *[
            (f"{name}-rider", name, "350203", "350203-02", weight, "rider", at(x, y))
            for name, (x, y, weight) in CELLS.items()
        ],
        provenance="derived",
        source_id="OSM",
    )
    old = frames["stations"]
    stations = pd.concat([old[old["station_id"] == "S1"]] * len(STATIONS), ignore_index=True)
    stations["station_id"] = list(STATIONS)
    stations["geometry"] = [at(*one) for one in STATIONS.values()]
    return {**frames, "demand": demand, "stations": stations}


def river_atlas(streets: WalkingNetwork | None = None) -> Atlas:
    """Return the atlas of the town on the river, with its streets."""
    streets = streets or on_the_river()
    return Atlas.from_frames(river_frames(), META, lambda box: streets)


def dense(found, shape: tuple[int, int]) -> np.ndarray:
    """Return the ways that were found as a table, infinite where there is none."""
    table = np.full(shape, np.inf)
    table[found.pairs.demand(), found.pairs.site] = found.pairs.distance
    return table
