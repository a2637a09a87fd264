"""What the process apart does: read an extract once through and leave what was made of it in a folder.

Nothing of this runs in a process that serves: a hostile file may take what memory there is (:mod:`geodata.osm.extract`
starts it within bounds).
"""

from __future__ import annotations

import csv
import itertools
import json
import math
import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from osmium import filter as keep
from osmium import index, io
from osmium.osm import ALL, NODE, NOTHING, RELATION, WAY

from geodata.osm import floors, network, pois, premises, walkable

Progress = Callable[[float, str], None]
Tags = dict[str, str]
IN_MEMORY = 400 * 2**20  # bytes of an extract from which on places of nodes are kept in a file
BUILDINGS_AT_ONCE = 20_000  # that are measured together
SPILL = 500_000  # numbers after which they go into a file
TELL = 20_000  # ways after which it is told how far reading is
LONGEST = 120  # characters of a name
ADDRESS = ("addr:street", "addr:housenumber", "addr:place")
QUARTERS = frozenset({"city_block", "neighbourhood", "quarter", "suburb", "village", "hamlet", "town", "square"})
HISTORY, EMPTY = "history", "empty"  # what is wrong with a file that can be read
STAGES = ("relations", "nodes", "ways", "network")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_KEYS = tuple(dict.fromkeys([*pois.classes(), *(kind.key for kind in premises.kinds()), *ADDRESS, "place"]))
_AREAS = frozenset({"multipolygon", "boundary"})
#: Boundaries of streets and towns (街道, 镇, 乡), which are level 8 in China, in a file of the folder of an extract
ZONE_LEVEL, ZONE_COLUMNS = "8", ("id", "name", "name_en", "wkb")
ZONE_CORNER = 2e-5  # degrees, 2 m: corners that turn by less are left out


class Point(NamedTuple):
    """A thing that has a place: what :data:`geodata.osm.pois.COLUMNS` says of it."""

    id: str
    lon: float
    lat: float
    name: str
    fclass: str
    host_type: str
    host: str
    street: str
    number: str
    quarter: str


def kept_places(pbf: Path, apart: Path) -> str:
    """Return how the places of an extract's nodes are kept while it is read: in memory, or in the file `apart` where
    they are too many for that.
    """
    return f"sparse_file_array,{apart}" if pbf.stat().st_size > IN_MEMORY else "flex_mem"


def clean(text: str) -> str:
    """Return a text of the extract on one line and not too long."""
    return _SPACE.sub(" ", text).strip()[:LONGEST]


def told(tags: Mapping[str, str], at: str, lon: float, lat: float) -> Point | None:
    """Return what is to be kept of a thing with these tags; None for nothing."""
    name = clean(tags.get("name") or tags.get("name:zh") or "")
    fclass = pois.class_of(tags) if name else ""
    kind = premises.kind_of(tags)
    quarter = tags.get("place", "") if name and tags.get("place") in QUARTERS else ""
    number = clean(tags.get("addr:housenumber", ""))
    if not (fclass in pois.groups() or kind or number or quarter):
        return None
    return Point(
        at,
        round(lon, 7),
        round(lat, 7),
        name,
        fclass if fclass in pois.groups() else "",
        kind.host_type if kind else "",
        clean(premises.name_of(tags, kind)) if kind else "",
        clean(tags.get("addr:street") or tags.get("addr:place") or ""),
        number,
        quarter,
    )


class Spilled:
    """Numbers that are added one after another, and lie in a file rather than in memory."""

    def __init__(self, path: Path, kind: str) -> None:
        self.path, self._held = path, array(kind)
        path.write_bytes(b"")

    def extend(self, values: Iterable[int]) -> None:
        """Add numbers."""
        self._held.extend(values)
        if len(self._held) > SPILL:
            self._spill()

    def values(self) -> NDArray[Any]:
        """Return all numbers, as the file holds them: pages that the system takes back when it wants to."""
        self._spill()
        if not self.path.stat().st_size:
            return np.empty(0, self._held.typecode)
        return np.memmap(self.path, self._held.typecode, "r")

    def _spill(self) -> None:
        with self.path.open("ab") as file:
            self._held.tofile(file)
        del self._held[:]


class Reader:
    """Reads one extract.

    Parameters
    ----------
    path : Path
        The ``.osm.pbf``.
    folder : Path
        Where the network and the points are left.
    progress : callable
        Gets the share done and a stage of :data:`STAGES`.
    """

    def __init__(self, path: Path, folder: Path, progress: Progress) -> None:
        self._path, self._folder, self._progress = path, folder, progress
        self.counts: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()
        self._west = self._south = network.UNITS * 200
        self._east = self._north = -network.UNITS * 200
        self._vertices = {
            name: Spilled(folder / f"{name}.tmp", kind)
            for name, kind in {"node": "q", "x": "i", "y": "i", "count": "i", "name": "i"}.items()
        }
        self._names: dict[str, int] = {}
        self._areas: dict[int, tuple[Tags, list[int]]] = {}
        self._rims: dict[int, Tags] = {}
        self._zones: dict[int, tuple[Tags, list[int]]] = {}
        self._courts: dict[int, tuple[Tags, list[int]]] = {}
        self._walls: set[int] = set()
        self._buildings = bytearray()
        self._rings: list[list[tuple[int, int]]] = []
        self._about: list[tuple[int, float, int]] = []

    def read(self) -> dict[str, Any]:
        """Read the extract; return what is known of it as a whole."""
        head = io.Reader(self._file(), NOTHING).header()
        if head.has_multiple_object_versions:
            raise ValueError(HISTORY)
        box = head.box()
        said = [box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat] if box.valid() else None
        self._progress(0.0, STAGES[0])
        self._read_relations()
        apart = self._folder / "places.tmp"
        places = index.create_map(kept_places(self._path, apart))
        located = osmium.NodeLocationsForWays(places)
        located.ignore_errors()
        with (self._folder / pois.POINTS).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(pois.COLUMNS)
            self._progress(0.1, STAGES[1])
            writer.writerows(self._points_of_nodes(located))
            self._progress(0.3, STAGES[2])
            writer.writerows(self._points_of_ways(located))
            writer.writerows(self._points_of_areas(located))
        self._build()
        buildings = np.frombuffer(self._buildings, floors.ROW)
        np.save(self._folder / floors.FILE, buildings, allow_pickle=False)
        self._count_floors(buildings)
        del located, places, buildings
        self._buildings = bytearray()
        apart.unlink(missing_ok=True)
        self._progress(0.7, STAGES[3])
        around = self._box()
        if around is None:
            raise ValueError(EMPTY)
        replicated = head.get("osmosis_replication_timestamp", "")
        newest = "" if replicated else self._newest()
        about: dict[str, Any] = {
            "extract_date": (replicated or newest)[:10],
            "dated_by": "header" if replicated else "newest object" if newest else "",
            "box": around,
            "header_box": said,
            "rules": dict(self.rules),
        }
        about["counts"] = {**self.counts, **self._network(about["extract_date"])}
        self._progress(1.0, STAGES[3])
        return about

    def _file(self) -> io.File:
        return io.File(str(self._path), "pbf")  # whatever its name ends in

    def _objects(self, kinds: Any, *filters: Any) -> Iterator[Any]:
        """Yield what of the extract is of these kinds and passes every filter."""
        found = osmium.FileProcessor(self._file(), kinds)
        for one in filters:
            found.with_filter(one)
        yield from found

    def _read_relations(self) -> None:
        for one in self._objects(RELATION, keep.KeyFilter(*_KEYS, *walkable.KINDS, "admin_level")):
            tags = dict(one.tags)
            members = [way.ref for way in one.members if way.type == "w" and way.role in ("", "outer", "inner")]
            if tags.get("type") not in _AREAS:
                continue
            if tags.get("boundary") == "administrative" and tags.get("admin_level") == ZONE_LEVEL and "name" in tags:
                self._zones[one.id] = (tags, members)
            outer = [way.ref for way in one.members if way.type == "w" and way.role != "inner"]
            if floors.kind_of(tags) is not None:
                self._courts[one.id] = (tags, members)
                self._walls.update(outer)
            if told(tags, "", 0.0, 0.0):
                self._areas[one.id] = (tags, outer)
            if "highway" in tags or tags.get("railway") == "platform" or tags.get("public_transport") == "platform":
                self._rims |= dict.fromkeys(members, tags)

    def _points_of_nodes(self, located: Any) -> Iterator[Point]:
        for one in self._objects(NODE, located, keep.KeyFilter(*_KEYS)):
            tags = dict(one.tags)
            if one.location.valid() and (found := told(tags, f"n{one.id}", one.lon, one.lat)):
                yield self._counted(found)

    def _points_of_ways(self, located: Any) -> Iterator[Point]:
        keys, size = keep.KeyFilter(*_KEYS, *walkable.KINDS), self._path.stat().st_size
        for count, one in enumerate(self._objects(WAY, located, keys), 1):
            if not count % TELL:  # how many there are nobody knows: some 150 bytes of the file for each
                self._progress(0.3 + 0.4 * (1 - math.exp(-150 * count / size)), STAGES[2])
            tags = dict(one.tags)
            if (kind := floors.kind_of(tags)) is not None and one.id not in self._walls:
                self._rings.append([(node.x, node.y) for node in one.nodes])
                self._about.append((kind, *floors.storeys(tags, kind)))
                if len(self._rings) == BUILDINGS_AT_ONCE:
                    self._build()
            self.counts["roads"] += "highway" in tags
            if walkable.is_way(tags):
                self._rims.pop(one.id, None)  # its own tags say more than those of the area around it
                self._walk(one, tags)
            if (found := told(tags, f"w{one.id}", 0.0, 0.0)) is not None:
                middle = _middle([(node.x, node.y) for node in one.nodes])
                if middle is None:
                    self.counts["points_without_place"] += 1
                else:
                    yield self._counted(found._replace(lon=middle[0], lat=middle[1]))

    def _points_of_areas(self, located: Any) -> Iterator[Point]:
        of_areas = itertools.chain(self._areas.values(), self._zones.values(), self._courts.values())
        wanted = {way for _, ways in of_areas for way in ways} | self._rims.keys()
        if not wanted:
            return
        corners: dict[int, list[tuple[int, int]]] = {}
        for one in self._objects(WAY, keep.IdFilter(sorted(wanted)), located):
            if one.id in self._rims:
                self._walk(one, self._rims[one.id])
            corners[one.id] = [(node.x, node.y) for node in one.nodes]
        self._write_zones(corners)
        for tags, ways in self._courts.values():
            kind = floors.kind_of(tags)
            assert kind is not None
            shape = np.array([floors.enclosed([corners.get(way, []) for way in ways])], object)
            self._keep(shape, [(kind, *floors.storeys(tags, kind))])
        for number, (tags, ways) in self._areas.items():
            middle = _middle([corner for way in ways for corner in corners.get(way, ())], whole=False)
            if middle is None:
                self.counts["points_without_place"] += 1
            elif found := told(tags, f"r{number}", *middle):
                yield self._counted(found)

    def _write_zones(self, corners: Mapping[int, list[tuple[int, int]]]) -> None:
        """Write the boundaries of streets and towns of which nothing is cut off."""
        with (self._folder / pois.ZONES).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(ZONE_COLUMNS)
            for number, (tags, ways) in self._zones.items():
                shape = floors.enclosed([corners.get(way, []) for way in ways])
                if shape is None:
                    self.counts["cut_zones"] += 1
                    continue
                shape = shapely.simplify(shape, ZONE_CORNER)
                self.counts["zones"] += 1
                name = clean(tags.get("name", ""))
                writer.writerow((f"r{number}", name, clean(tags.get("name:en", "")), shapely.to_wkb(shape, hex=True)))

    def _build(self) -> None:
        """Keep the buildings that were read since it was last asked for."""
        self._keep(floors.outlines(self._rings), self._about)
        self._rings, self._about = [], []

    def _keep(self, shapes: Any, about: list[tuple[int, float, int]]) -> None:
        kept = floors.rows(shapes, about)
        self.counts["cut_buildings"] += len(shapes) - len(kept)
        self._buildings += kept.tobytes()

    def _count_floors(self, buildings: Any) -> None:
        area, assumed = floors.area(buildings), buildings["known"] == floors.ASSUMED
        self.counts["buildings"], self.counts["storeys_assumed"] = len(buildings), int(assumed.sum())
        self.counts["floor_m2"], self.counts["floor_m2_assumed"] = round(area.sum()), round(area[assumed].sum())

    def _walk(self, way: Any, tags: Tags) -> None:
        rule = walkable.decided(tags)
        self.rules[rule.name if rule else "none"] += 1
        self.counts["conditional_ways"] += walkable.CONDITIONAL in tags
        if rule is None or not rule.walk:
            return
        self.counts["walked_ways"] += 1
        name = clean(tags.get("name") or tags.get("name:zh") or "")
        refs = [(node.ref, node.x, node.y) for node in way.nodes]
        for column, values in zip(("node", "x", "y"), zip(*refs, strict=True), strict=False):  # a way may have no node
            self._vertices[column].extend(values)
        self._vertices["count"].extend([len(refs)])
        self._vertices["name"].extend([self._names.setdefault(name, len(self._names)) if name else -1])

    def _counted(self, point: Point) -> Point:
        self.counts["pois"] += point.fclass != ""
        self.counts["premises"] += point.host_type != ""
        self.counts["addresses"] += point.number != ""
        self.counts["quarters"] += point.quarter != ""
        self._around(round(point.lon * network.UNITS), round(point.lat * network.UNITS))
        return point

    def _newest(self) -> str:
        """Return when the newest object was written (ISO), empty where none says.

        The header of most extracts says it at once; of a large one that does not, nodes are left out: minutes.
        """
        newest = ""
        for one in self._objects(ALL if self._path.stat().st_size <= IN_MEMORY else WAY | RELATION):
            with suppress(ValueError, OverflowError):
                if one.timestamp.year > 2004:  # before there was OpenStreetMap: not said
                    newest = max(newest, one.timestamp.strftime("%Y-%m-%d"))
        return newest

    def _around(self, x: int, y: int) -> None:
        self._west, self._east = min(self._west, x), max(self._east, x)
        self._south, self._north = min(self._south, y), max(self._north, y)

    def _box(self) -> list[float] | None:
        x, y = (self._vertices[name].values() for name in ("x", "y"))
        for begin in range(0, len(x), SPILL):
            east, north = x[begin : begin + SPILL], y[begin : begin + SPILL]
            there = network.within(east, 180) & network.within(north, 90)
            if there.any():
                self._around(int(east[there].min()), int(north[there].min()))
                self._around(int(east[there].max()), int(north[there].max()))
        sides = (self._west, self._south, self._east, self._north)
        return None if self._west > self._east else [side / network.UNITS for side in sides]

    def _network(self, extract_date: str) -> dict[str, float]:
        walked = network.Walked(
            **{name: one.values() for name, one in self._vertices.items()}, names=tuple(self._names)
        )
        made, met = network.built(walked, extract_date, self._path.name)
        del walked
        for one in self._vertices.values():
            one.path.unlink()
        network.save(made, self._folder / "network")
        return {
            "nodes": len(made.lon),
            "edges": len(made.start),
            "parts": int(made.part.max()) + 1 if len(made.part) else 0,
            "largest_part": int((made.part == 0).sum()),
            "walk_m": round(float(made.length.sum()), 3),
            **met,
        }


def _middle(corners: list[tuple[int, int]], whole: bool = True) -> tuple[float, float] | None:
    """Return the centroid of a ring (`whole`, where it is one), else the middle of the box of the corners, degrees."""
    held = [
        (x, y) for x, y in corners if abs(x) <= 180 * network.UNITS and abs(y) <= 90 * network.UNITS
    ]  # what the cut left of it
    if not held:
        return None
    x0, y0 = held[0]
    if whole and len(held) == len(corners) > 3 and held[0] == held[-1]:
        twice = moment_x = moment_y = 0
        for (x1, y1), (x2, y2) in itertools.pairwise(held):
            cross = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
            twice += cross
            moment_x += (x1 + x2 - 2 * x0) * cross
            moment_y += (y1 + y2 - 2 * y0) * cross
        if twice:
            return (x0 + moment_x / (3 * twice)) / network.UNITS, (y0 + moment_y / (3 * twice)) / network.UNITS
    xs, ys = zip(*held, strict=True)
    return (min(xs) + max(xs)) / 2 / network.UNITS, (min(ys) + max(ys)) / 2 / network.UNITS


def read(path: Path, folder: Path, progress: Progress) -> dict[str, Any]:
    """Read an extract; leave network, points and ``read.json`` in `folder`, and return what the last says.

    Returns
    -------
    dict
        ``extract_date``, ``dated_by``, ``box``, ``header_box``, ``counts`` and ``rules`` (ways by rule of
        :mod:`geodata.osm.walkable`).

    Raises
    ------
    RuntimeError, ValueError
        The file is no extract, is cut or damaged, holds a history, or nothing that is looked for.
    """
    about = Reader(path, folder, progress).read()
    (folder / "read.json").write_text(json.dumps(about, ensure_ascii=False), "utf-8")
    return about
