"""The walking network of an extract, as arrays: every way's vertices are nodes, its segments edges.

On disk it stands in the order of cells of :data:`CELL_DEGREES`, so that what lies in a box is read without the rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

UNITS = 10_000_000  # of a degree: coordinates as OpenStreetMap keeps them
CELL = 500_000  # units: 0.05 degrees, about 5 km
CELL_DEGREES = CELL / UNITS
LEAST_M = 0.001  # metres: two nodes in one place are an edge all the same, and of no length they would be none
AT_ONCE = 1_000_000  # edges that are measured together
WGS84 = Geod(ellps="WGS84")
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class WalkingNetwork:
    """Ways that a person may walk, in both directions.

    Attributes
    ----------
    lon, lat : ndarray of float64, shape (nodes,)
        Degrees (WGS-84).
    start, end : ndarray of int32, shape (edges,)
        Positions of the nodes that an edge joins; an edge stands once.
    length : ndarray of float64, shape (edges,)
        Metres along the WGS-84 ellipsoid.
    part : ndarray of int32, shape (nodes,)
        Number of the connected part of the whole extract's network in which a node lies; 0 is the largest.
    name : ndarray of int32, shape (edges,)
        Position of the road's name in `names`; -1 where it has none.
    names : tuple of str
        Names of roads.
    extract_date : str
        Date of the extract (ISO), empty when the file does not say.
    source : str
        Name of the file that it was made of.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    length: NDArray[np.float64]
    part: NDArray[np.int32]
    name: NDArray[np.int32]
    names: tuple[str, ...] = ()
    extract_date: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Walked:
    """Vertices of the ways that are walked, way after way, as they were read.

    Attributes
    ----------
    node : ndarray of int64
        Number of the node in OpenStreetMap.
    x, y : ndarray of int32
        Longitude and latitude in units of 1e-7 degrees; beyond the globe where the node is not in the extract.
    count : ndarray of int32
        Vertices of each way.
    name : ndarray of int32
        Position of each way's name in `names`; -1 where it has none.
    names : sequence of str
    """

    node: NDArray[np.int64]
    x: NDArray[np.int32]
    y: NDArray[np.int32]
    count: NDArray[np.int32]
    name: NDArray[np.int32]
    names: Sequence[str]


def built(walked: Walked, extract_date: str = "", source: str = "") -> tuple[WalkingNetwork, dict[str, int]]:
    """Return the network of ways, its nodes cell by cell, and what was met on the way.

    A way is cut where a node is not in the extract; a segment that several ways share stands once, under the name of
    the first that has one.

    Returns
    -------
    WalkingNetwork
    dict of str to int
        ``missing_nodes`` (vertices that are not in the extract), ``cut_ways`` (ways that they cut), ``loops``
        (segments from a node to itself, left out), ``twice`` (segments that stood there already), ``zero_length``
        (of two nodes in one place, kept as :data:`LEAST_M`).
    """
    way = np.repeat(np.arange(len(walked.count), dtype=np.int32), walked.count)
    there = within(walked.x, 180) & within(walked.y, 90)
    met = {"missing_nodes": int((~there).sum()), "cut_ways": len(np.unique(way[~there]))}
    begins = (way[1:] == way[:-1]) & there[1:] & there[:-1]  # an edge, from this vertex to the next
    own = walked.node[1:] == walked.node[:-1]
    met["loops"] = int((begins & own).sum())
    begins &= ~own
    used = there
    used[:] = False
    used[:-1] |= begins
    used[1:] |= begins
    names, name_of_way = tuple(walked.names), walked.name
    vertices = [walked.node[used], walked.x[used], walked.y[used]]
    del walked, own, there  # a country's are some gigabytes
    x, y, place = _numbered(vertices)
    position = np.full(len(way), -1, np.int32)
    position[used] = place
    low, high = position[:-1][begins], position[1:][begins]
    name = name_of_way[way[:-1][begins]]
    del way, used, begins, place, position
    low, high = np.minimum(low, high), np.maximum(low, high)
    key = low.astype(np.int64)
    key <<= 31
    key |= high
    key <<= 1
    key |= name < 0
    order = np.argsort(key, kind="stable")
    del key
    low, high, name = low[order], high[order], name[order]  # of two names the one that was read first
    del order
    keep = np.ones(len(low), bool)
    keep[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    met["twice"] = int((~keep).sum())
    low, high, name = low[keep], high[keep], name[keep]
    part = parts(low, high, len(x))
    lon, lat = x / UNITS, y / UNITS
    del x, y
    length = lengths(lon, lat, low, high)
    met["zero_length"] = int((length == 0).sum())
    network = WalkingNetwork(
        lon,
        lat,
        low,
        high,
        np.maximum(length, LEAST_M),
        part,
        name,
        names,
        extract_date,
        source,
    )
    return network, met


def within(values: NDArray[np.int32], degrees: int) -> NDArray[np.bool_]:
    """Return which coordinates, in units of 1e-7 degrees, lie within so many degrees of 0."""
    return (values >= -degrees * UNITS) & (values <= degrees * UNITS)


def _numbered(vertices: list[NDArray[Any]]) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return where each node is, cell by cell, and the position among these of each vertex.

    Number, longitude and latitude of the vertices are taken out of the list, so that nobody else holds them.
    """
    node, x, y = vertices
    vertices.clear()
    order = np.argsort(node, kind="stable")
    node = node[order]
    new = np.ones(len(node), bool)
    new[1:] = node[1:] != node[:-1]
    del node
    which = np.empty(len(order), np.int32)
    which[order] = np.cumsum(new, dtype=np.int32) - 1
    first = order[new]
    del order, new
    x, y = x[first], y[first]
    del first
    row, column = _cell(x, y)
    key = np.zeros(len(x), np.int64)  # 12 and 13 bits of the cell, 19 of the place in it northward and eastward
    for part, bits in ((row + 2**11, 12), (column + 2**12, 13), (y % CELL, 19), (x % CELL, 19)):
        key <<= bits
        key |= part
    del row, column
    order = np.argsort(key, kind="stable")
    del key
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return x[order], y[order], place[which]


def lengths(
    lon: NDArray[np.float64], lat: NDArray[np.float64], start: NDArray[np.int32], end: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return the lengths of edges along the WGS-84 ellipsoid, metres."""
    found = np.empty(len(start))
    for begin in range(0, len(start), AT_ONCE):
        one, other = start[begin : begin + AT_ONCE], end[begin : begin + AT_ONCE]
        found[begin : begin + AT_ONCE] = WGS84.inv(lon[one], lat[one], lon[other], lat[other])[2]
    return found


def parts(start: NDArray[np.int32], end: NDArray[np.int32], nodes: int) -> NDArray[np.int32]:
    """Return the number of the connected part in which each node lies, the part of most nodes first."""
    part = np.arange(nodes, dtype=np.int32)
    while True:  # a part takes the least number of its neighbours until none has a lesser one: half are left each time
        one, other = part[start], part[end]
        joins = one != other
        if not joins.any():
            break
        start, end, one, other = start[joins], end[joins], one[joins], other[joins]
        np.minimum.at(part, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(part, further := part[part]):
            part = further
    size = np.bincount(part, minlength=1)
    rank = np.empty(len(size), np.int32)
    rank[np.argsort(-size, kind="stable")] = np.arange(len(size), dtype=np.int32)
    return rank[part]


def save(network: WalkingNetwork, folder: Path) -> None:
    """Write a network, as :func:`built` made it, into a folder, which is made.

    Coordinates stand in units of 1e-7 degrees, lengths in single precision (1e-7 of themselves).
    """
    folder.mkdir(parents=True)
    x, y = (np.rint(one * UNITS).astype(np.int32) for one in (network.lon, network.lat))
    row, column = _cell(x, y)
    new = np.ones(len(x), bool)
    new[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
    first = np.flatnonzero(new)
    cells = np.stack([row[first], column[first], first], axis=1) if len(first) else np.empty((0, 3))
    held: Mapping[str, NDArray[Any]] = {
        "x": x,
        "y": y,
        "start": network.start,
        "end": network.end,
        "length": network.length.astype(np.float32),
        "part": network.part,
        "name": network.name,
        "cells": cells.astype(np.int32),
    }
    for name, values in held.items():
        np.save(folder / f"{name}.npy", values, allow_pickle=False)
    about = {"names": network.names, "extract_date": network.extract_date, "source": network.source}
    (folder / "about.json").write_text(json.dumps(about, ensure_ascii=False), "utf-8")


def load(folder: Path, box: Box | None = None) -> WalkingNetwork:
    """Return a network that was saved, or the part of it that lies in a box.

    Parameters
    ----------
    folder : Path
        What :func:`save` wrote.
    box : tuple of float, optional
        West, south, east, north, degrees. All nodes in it come, and those beyond it that share a cell of
        :data:`CELL_DEGREES` with it; of the edges, those between nodes that come. Leave a margin: a way that leaves
        the box is not known to come back.
    """
    held = {
        name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        for name in ("x", "y", "start", "end", "length", "part", "name")
    }
    about = json.loads((folder / "about.json").read_text("utf-8"))
    names = tuple(about["names"])
    if box is None:
        start, end, name = (np.array(held[one]) for one in ("start", "end", "name"))
        nodes, edges = slice(None), slice(None)
    else:
        spans = _spans(np.load(folder / "cells.npy", allow_pickle=False), len(held["x"]), box)
        nodes = _positions(spans)
        edges = _positions([tuple(np.searchsorted(held["start"], span)) for span in spans])
        ends = np.array(held["end"][edges])
        known = np.searchsorted(nodes, ends)
        inside = nodes[np.minimum(known, len(nodes) - 1)] == ends if len(nodes) else np.zeros(len(ends), bool)
        edges, end = edges[inside], known[inside].astype(np.int32)
        start = np.searchsorted(nodes, held["start"][edges]).astype(np.int32)
        name = np.array(held["name"][edges])
        used, again = np.unique(name[name >= 0], return_inverse=True)
        names, name[name >= 0] = tuple(names[one] for one in used), again
    return WalkingNetwork(
        held["x"][nodes] / UNITS,
        held["y"][nodes] / UNITS,
        start,
        end,
        held["length"][edges].astype(np.float64),
        np.array(held["part"][nodes]),
        name,
        names,
        about["extract_date"],
        about["source"],
    )


def _cell(x: NDArray[np.int32], y: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    return y // CELL, x // CELL


def _spans(cells: NDArray[np.int32], nodes: int, box: Box) -> list[tuple[int, int]]:
    """Return first and last node, the last one not in it, of each row of cells that a box touches."""
    west, south, east, north = (int(np.floor(side * UNITS)) // CELL for side in box)
    first = np.append(cells[:, 2], nodes)
    found = []
    for row in range(max(south, int(cells[0, 0])), min(north, int(cells[-1, 0])) + 1) if len(cells) else ():
        begin, stop = np.searchsorted(cells[:, 0], [row, row + 1])
        one, other = begin + np.searchsorted(cells[begin:stop, 1], [west, east + 1])
        if one < other:
            found.append((int(first[one]), int(first[other])))
    return found


def _positions(spans: Sequence[tuple[int, ...]]) -> NDArray[np.int64]:
    return np.concatenate([np.empty(0, np.int64), *(np.arange(one, other) for one, other in spans)])
