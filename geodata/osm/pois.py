"""Demand of outdoor workers from points of interest: what each calls, and how that is spread over cells.

A point of interest counts once for the worker group that it calls (``poi_groups.csv``; which tags make which class says
``poi_classes.csv``, read from above). Its weight is spread over the H3 cells around it, so that a street with one
mapped restaurant does not look like a desert with one oasis.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

import h3
import shapely

from geodata.codes import shipped_rows

RESOLUTION = 9  # cells of about 0.1 km2, centres about 350 m apart
RINGS = (1.0, 0.5, 0.2)  # share of a point that each cell gets, by ring around the point's own
LEAST = 0.02
SAME_PLACE = 3  # decimals of a degree: two points of one name within about 100 m are one
POINTS = "points.csv"  # in the folder of an extract: everything of it that has a place, in these columns
ZONES = "zones.csv"  # there too: boundaries of streets and towns
COLUMNS = ("id", "lon", "lat", "name", "class", "host_type", "host", "street", "number", "quarter")
PROXY = "poi"  # code of the vocabulary demand_proxy
ANY = "*"
WHOLE = "building"  # repeats what a more telling class says of the same place


@cache
def groups() -> Mapping[str, str]:
    """Return class → worker group."""
    return {row["fclass"]: row["worker_group"] for row in shipped_rows("poi_groups.csv")}


@cache
def classes() -> Mapping[str, Mapping[str, str]]:
    """Return key → value → class, keys in the order in which they are asked; :data:`ANY` stands for every value."""
    found: dict[str, dict[str, str]] = {}
    for row in shipped_rows("osm/poi_classes.csv"):
        found.setdefault(row["key"], {})[row["value"]] = row["fclass"]
    return found


def class_of(tags: Mapping[str, str]) -> str:
    """Return the class of a thing with these tags, empty where it has none."""
    for key, values in classes().items():
        if key in tags and (found := values.get(tags[key]) or values.get(ANY)):
            return found
    return ""


def cells_on_land(area: shapely.Geometry) -> set[str]:
    """Return the H3 cells whose centre lies in `area` (WGS-84 degrees)."""
    return {
        cell
        for part in shapely.get_parts(area)
        if part.geom_type == "Polygon"
        for cell in h3.geo_to_cells(part, RESOLUTION)
    }


def spread(points: Iterable[tuple[float, float, str]], cells: set[str]) -> dict[tuple[str, str], float]:
    """Return the weight by (cell, worker group): points (lon, lat, group), spread over `cells` without loss.

    A point with none of `cells` around it is nowhere.
    """
    weights: dict[tuple[str, str], float] = defaultdict(float)
    for lon, lat, group in points:
        own = h3.latlng_to_cell(lat, lon, RESOLUTION)
        around = sorted(h3.grid_disk(own, len(RINGS) - 1))
        shares = {cell: RINGS[h3.grid_distance(own, cell)] for cell in around if cell in cells}
        for cell, share in shares.items():
            weights[cell, group] += share / sum(shares.values())
    return weights
