"""A made-up OpenStreetMap extract of a seed: streets, names, water, green, rails, houses, premises, none of it true.

``python -m tests.made_up_extract OUT.osm.pbf`` writes that of 思明, with ``110105`` behind it one of 朝阳区 of Beijing,
of which the atlas as it is shipped knows nothing but its border.
"""

from __future__ import annotations

import itertools
import math
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import osmium

DAY = "2026-11-20"
WEST, SOUTH, EAST, NORTH = 118.062, 24.425, 118.190, 24.500
Point = tuple[float, float]
NAMES = (
    *("湖滨", "莲前", "厦禾", "思明", "鹭江", "白鹤", "文园", "禾祥", "斗西", "后江", "美仁"),
    *("体育", "育秀", "仙岳", "吕岭", "槟榔", "屿后", "东浦", "西林", "前埔", "洪文", "何厝"),
)
#: How far east and north of 思明 it is written instead, degrees: well within the county.
ELSEWHERE = {"350203": (0.0, 0.0), "110105": (-1.63, 15.46)}
PREMISES = (
    ("amenity", "restaurant", "饭店"),
    ("amenity", "fast_food", "快餐"),
    ("shop", "supermarket", "超市"),
    ("amenity", "hospital", "医院"),
    ("shop", "convenience", "便利店"),
    ("amenity", "bank", "银行"),
    ("amenity", "post_office", "邮政所"),
)
QUARTERS = {"筼筜": (118.095, 24.478), "莲前": (118.150, 24.470), "滨海": (118.130, 24.438), "嘉莲": (118.118, 24.480)}


class Extract:
    """Writes points, lines and rings as an extract."""

    def __init__(self, path: Path, aside: Point = (0.0, 0.0)) -> None:
        self._aside = aside
        header = osmium.io.Header()
        header.set("osmosis_replication_timestamp", f"{DAY}T20:00:00Z")
        header.add_box(osmium.osm.Box(WEST + aside[0], SOUTH + aside[1], EAST + aside[0], NORTH + aside[1]))
        self._nodes: list[tuple[int, Point, Mapping[str, str]]] = []
        self._ways: list[tuple[list[int], Mapping[str, str]]] = []
        self._at: dict[Point, int] = {}
        self._writer = osmium.SimpleWriter(str(path), header=header, overwrite=True)

    def node(self, at: Point, **tags: str) -> int:
        at = (round(at[0], 7), round(at[1], 7))
        if at in self._at and not tags:
            return self._at[at]
        number = len(self._nodes) + 1
        self._nodes.append((number, at, tags))
        self._at.setdefault(at, number)
        return number

    def way(self, line: Sequence[Point], **tags: str) -> None:
        self._ways.append(([self.node(one) for one in line], tags))

    def close(self) -> None:
        """Write it: nodes, then ways, as extracts are."""
        for number, (lon, lat), tags in self._nodes:
            there = (lon + self._aside[0], lat + self._aside[1])
            self._writer.add_node(osmium.osm.mutable.Node(id=number, location=there, tags=tags, version=1))
        for number, (nodes, tags) in enumerate(self._ways, 1):
            self._writer.add_way(osmium.osm.mutable.Way(id=number, nodes=nodes, tags=tags, version=1))
        self._writer.close()


def ring(at: Point, wide: float, high: float, corners: int = 24) -> list[Point]:
    """Return a closed ring around a point; degrees."""
    turns = [2 * math.pi * one / corners for one in range(corners)]
    points = [(at[0] + wide * math.cos(one), at[1] + high * math.sin(one)) for one in turns]
    return [*points, points[0]]


def box(at: Point, wide: float, high: float) -> list[Point]:
    (x, y), points = at, []
    points = [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)]
    return [*points, points[0]]


def write(path: Path, seed: int = 15, county: str = "350203", premises: bool = True) -> None:
    """Write the extract, of a county of :data:`ELSEWHERE`; without `premises` of streets and what is drawn alone."""
    dice = random.Random(seed)
    made = Extract(path, ELSEWHERE[county])

    def wavy(x: float, y: float) -> Point:
        return (x + 0.0011 * math.sin(y * 340), y + 0.0009 * math.sin(x * 260))

    columns = [WEST + (EAST - WEST) * one / 34 for one in range(35)]
    rows = [SOUTH + (NORTH - SOUTH) * one / 24 for one in range(25)]
    names = itertools.cycle(f"{one}{kind}" for kind in ("路", "一里", "街") for one in NAMES)
    for across, lines in ((True, rows), (False, columns)):
        for number, at in enumerate(lines):
            line = [wavy(x, at) for x in columns] if across else [wavy(at, y) for y in rows]
            kind = "primary" if number % 12 == 6 else "secondary" if number % 6 == 0 else "tertiary"
            kind = kind if number % 3 == 0 else "residential"
            called = {"name": next(names)} if kind != "residential" or dice.random() < 0.5 else {}
            made.way(line, highway=kind, **called)
    made.way([wavy(WEST, 24.4615), wavy(118.12, 24.4605), wavy(EAST, 24.466)], highway="trunk", name="成功大道")
    made.way([wavy(118.07, 24.503), wavy(118.078, 24.47), wavy(118.075, 24.445)], highway="motorway", name="海沧大桥")
    for x, y in itertools.product(columns[:-1], rows[:-1]):
        if dice.random() < 0.5:
            made.way([wavy(x, y), wavy(x + 0.0019, y + 0.0015), wavy(x + 0.0037, y)], highway="footway")
        if dice.random() < 0.1:
            made.way([wavy(x, y), wavy(x + 0.001, y + 0.0008)], highway="steps")
        for left, up in itertools.product(range(4), range(3)):
            if dice.random() < 0.75:
                at = wavy(x + 0.0005 + left * 0.0008, y + 0.0005 + up * 0.0008)
                made.way(box(at, 0.0004 + 0.0002 * dice.random(), 0.0003 + 0.0003 * dice.random()), building="yes")
    made.way(ring((118.096, 24.4735), 0.0135, 0.0026), natural="water", water="lake", name="筼筜湖")
    made.way(ring((118.112, 24.4465), 0.012, 0.008), leisure="park", name="万石山")
    made.way(ring((118.149, 24.484), 0.004, 0.003), leisure="park")
    made.way([wavy(118.12, 24.425 + one * 0.005) for one in range(14)], waterway="stream")
    made.way([(118.122, 24.503), (118.119, 24.485), (118.112, 24.470)], railway="rail", name="鹰厦线")
    metro = [(118.080, 24.448), (118.092, 24.462), (118.110, 24.4665), (118.130, 24.478), (118.136, 24.497)]
    made.way(metro, railway="subway", tunnel="yes", name="地铁1号线")
    for at, name in zip(metro, ("镇海路", "中山公园", "将军祠", "莲坂", "吕厝"), strict=True):
        made.node(at, railway="station", station="subway", name=name)
    for name, at in QUARTERS.items():
        made.node(at, place="suburb", name=name, **{"name:en": "Quarter"})
    for number, (x, y) in enumerate(itertools.product(columns[2:-2:2], rows[2:-2:2])):
        key, value, kind = PREMISES[dice.randrange(len(PREMISES))]
        aside = (x + 0.0004 + 0.003 * dice.random(), y + 0.0004 + 0.002 * dice.random())
        if premises:
            made.node(wavy(*aside), name=f"{NAMES[number % len(NAMES)]}{kind}{number}", **{key: value})
    made.close()


if __name__ == "__main__":
    write(Path(sys.argv[1]), county=(sys.argv[2:] or ["350203"])[0])
