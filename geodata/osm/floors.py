"""Floor area of buildings, a second proxy of demand: ground area × storeys, by the table ``building_classes.csv``.

What a building is used for decides whom it calls; one that the table does not name (a garage, a roof, a barn) calls
nobody. Storeys are those that the extract says (``building:levels`` without those below ``building:min_level``), else
its ``height`` by :data:`STOREY_M`, else what the table assumes of its class; the last is told apart in every sum.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry

from geodata.codes import shipped_rows
from geodata.osm.network import UNITS

PROXY = "floor"  # code of the vocabulary demand_proxy
TABLE = "osm/building_classes.csv"
FILE = "buildings.npy"  # in the folder of an extract: one row of ROW a building
#: Own fields of a row of demand: buildings, those of which storeys are known, square metres that rest on assumed ones.
BUILDINGS, WITH_STOREYS, ASSUMED_M2 = "楼栋", "写明层数或高度的楼栋", "按假定层数的平方米"
SAID, BY_HEIGHT, ASSUMED = range(3)  # how storeys are known
STOREY_M = 3.0  # metres from floor to floor: GB 55038-2025 asks new dwellings for no less
MOST_STOREYS = 200
#: Where the middle of a building is (1e-7 degrees), its row in the table, ground area in square metres, storeys, and
#: how these are known.
ROW = np.dtype([("x", "<i4"), ("y", "<i4"), ("kind", "u1"), ("ground", "<f4"), ("storeys", "<f4"), ("known", "u1")])
_SEMI_MAJOR, _SQUARED_ECCENTRICITY = 6_378_137.0, 0.006_694_379_990_141
Corners = Sequence[tuple[int, int]]  # longitude and latitude, 1e-7 degrees
_METRES = re.compile(r"(\d+(?:\.\d+)?) ?m?")


class Kind(NamedTuple):
    """One class of buildings: the value of ``building``, whom it calls, the storeys that are assumed of it."""

    building: str
    worker_group: str
    storeys: int
    zh: str
    en: str


@cache
def kinds() -> tuple[Kind, ...]:
    """Return every class."""
    return tuple(
        Kind(row["building"], row["worker_group"], int(row["storeys"]), row["zh"], row["en"])
        for row in shipped_rows(TABLE)
    )


@cache
def _rows() -> Mapping[str, int]:
    return {kind.building: row for row, kind in enumerate(kinds())}


def kind_of(tags: Mapping[str, str]) -> int | None:
    """Return which row of :func:`kinds` a thing with these tags is of; None where it is no building that counts."""
    return _rows().get(tags.get("building", ""))


def storeys(tags: Mapping[str, str], kind: int) -> tuple[float, int]:
    """Return the storeys of a building of a kind, and how they are known: :data:`SAID` and those below it."""
    levels = _number(tags.get("building:levels", ""))
    if levels:
        below = _number(tags.get("building:min_level", ""))
        return levels - (below if below < levels else 0.0), SAID
    found = _METRES.fullmatch(tags.get("height", "").strip())
    if found and 0 < float(found[1]) <= MOST_STOREYS * STOREY_M:
        return max(1.0, float(float(found[1]) // STOREY_M)), BY_HEIGHT
    return float(kinds()[kind].storeys), ASSUMED


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        return 0.0
    return found if 0 < found <= MOST_STOREYS else 0.0


def square_metres(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the areas of things as small as buildings (degrees, WGS-84), square metres.

    Each is measured on the plane that touches the ellipsoid there: a degree is as long as the radii of curvature of
    the meridian and of the prime vertical make it in the middle of the shape.
    """
    _, south, _, north = shapely.bounds(shapes).T
    sine = np.sin(np.radians((south + north) / 2))
    flat = 1 - _SQUARED_ECCENTRICITY * sine**2
    along, across = _SEMI_MAJOR * (1 - _SQUARED_ECCENTRICITY) / flat**1.5, _SEMI_MAJOR / np.sqrt(flat)
    return shapely.area(shapes) * np.radians(1) ** 2 * along * across * np.sqrt(1 - sine**2)


def outlines(rings: Sequence[Corners]) -> NDArray[Any]:
    """Return the areas (degrees) within rings of corners; None where a ring is cut off or encloses nothing."""
    found = np.full(len(rings), None, object)
    count = np.array([len(ring) for ring in rings], np.int64)
    corners = np.array([corner for ring in rings for corner in ring], np.int64).reshape(-1, 2)
    last = np.cumsum(count)
    near = (np.abs(corners) <= (180 * UNITS, 90 * UNITS)).all(axis=1)
    whole = (count > 3) & (np.add.reduceat(np.append(~near, False), last - count) == 0 if len(rings) else False)
    whole[whole] = (corners[last[whole] - 1] == corners[(last - count)[whole]]).all(axis=1)
    at = np.flatnonzero(whole)
    if len(at):
        own = np.repeat(whole, count)
        of_ring = np.repeat(np.arange(len(at)), count[at])
        shapes = shapely.polygons(shapely.linearrings(corners[own] / UNITS, indices=of_ring))
        sound = shapely.is_valid(shapes)
        found[at[sound]] = shapes[sound]
        for one in at[~sound]:
            found[one] = enclosed([rings[one]])
    return found


def enclosed(lines: Sequence[Corners]) -> Geometry | None:
    """Return the area (degrees) that lines of corners enclose; None where something of them is cut off, or they enclose
    nothing.

    Inside is whence an odd number of lines is crossed on the way out: rings within rings are holes, and what two rings
    share parts nothing.
    """
    found = [np.array(line, np.int64).reshape(-1, 2) for line in lines]
    if not all(len(one) > 1 and (np.abs(one) <= (180 * UNITS, 90 * UNITS)).all() for one in found):
        return None
    pairs = np.concatenate([np.stack([one[:-1], one[1:]], axis=1) for one in found])
    pairs = pairs[(pairs[:, 0] != pairs[:, 1]).any(axis=1)]
    swapped = (pairs[:, 0] > pairs[:, 1]).any(axis=1) & ~(pairs[:, 0, 0] < pairs[:, 1, 0])
    pairs[swapped] = pairs[swapped, ::-1]
    walls, times = np.unique(pairs.reshape(-1, 4), axis=0, return_counts=True)
    walls = walls[times % 2 == 1].reshape(-1, 2, 2) / UNITS
    if not len(walls):
        return None
    faces = shapely.get_parts(shapely.polygonize([shapely.node(shapely.multilinestrings(walls))]))
    inner = shapely.get_coordinates(shapely.point_on_surface(faces))
    (x0, y0), (x1, y1) = walls[:, 0].T, walls[:, 1].T
    keep = []
    for face, (x, y) in zip(faces, inner, strict=True):
        crossed = (y0 > y) != (y1 > y)
        east = x0[crossed] + (y - y0[crossed]) * (x1 - x0)[crossed] / (y1 - y0)[crossed] > x
        if east.sum() % 2:
            keep.append(face)
    return shapely.union_all(keep) if keep else None


def rows(shapes: NDArray[Any], about: Sequence[tuple[int, float, int]]) -> NDArray[Any]:
    """Return buildings as :data:`ROW`, those without a shape left out.

    Parameters
    ----------
    shapes : ndarray of Geometry or None
    about : sequence of tuple
        Kind, storeys and how they are known, of each.
    """
    there = np.flatnonzero(~shapely.is_missing(shapes))
    found: NDArray[Any] = np.empty(len(there), ROW)
    middle = shapely.centroid(shapes[there])
    for name, values in (("x", shapely.get_x(middle)), ("y", shapely.get_y(middle))):
        found[name] = np.rint(values * UNITS)
    found["ground"] = square_metres(shapes[there])
    for name, values in zip(
        ("kind", "storeys", "known"), zip(*(about[one] for one in there), strict=True), strict=False
    ):
        found[name] = values
    return found


def area(rows: NDArray) -> NDArray[np.float64]:
    """Return the floor area of buildings (:data:`ROW`), square metres."""
    return rows["ground"].astype(np.float64) * rows["storeys"]
