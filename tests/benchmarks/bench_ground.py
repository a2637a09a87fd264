"""A made-up extract of a province's size, read and made the ground of an atlas: seconds, memory, bytes.

``python -m tests.benchmarks.bench_ground --nodes 3000000 --seed 1 --out FOLDER``: towns of streets on a grid,
buildings, points of interest; nothing of it is committed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import osmium
from osmium.osm import mutable
from pmtiles.reader import MmapSource, all_tiles

from geodata.build import build_atlas

LON, LAT, WIDE, HIGH = 105.9, 37.3, 3.2, 4.0  # middle and size of a box about Ningxia, degrees
STEP = 0.0006  # degrees between vertices: about 60 m
BENDS = 3  # vertices between two crossings
KINDS = ["residential"] * 6 + ["tertiary", "service", "service", "footway", "primary", "secondary"]
POIS = [
    ("amenity", "restaurant"), ("shop", "convenience"), ("amenity", "bank"), ("tourism", "hotel"),
    ("amenity", "toilets"),
    ("shop", "clothes"), ("amenity", "fuel"), ("leisure", "park"), ("amenity", "school"),
]  # fmt: skip


SIDE = 60  # crossings along a side of a town
LONG = (SIDE - 1) * (BENDS + 1) + 1  # vertices of one street
HOUSES, PLACES = SIDE * SIDE // 2, SIDE * 3
PIECE = 40  # segments of a street in one way
TOWN_NODES = 2 * SIDE * LONG - SIDE * SIDE + 4 * HOUSES + PLACES
TOWNS_OF_PROVINCE = 100  # in the box of Ningxia; more of them lie in a box that grows with them

Way = tuple[list[int], dict[str, str]]


def town(number: int, towns: int, seed: int) -> tuple[np.ndarray, dict[int, dict[str, str]], list[Way]]:
    """Return the town of a number, the same whenever it is asked for: its nodes, the tags of some, its ways.

    Returns
    -------
    ndarray of float64, shape (nodes, 2)
        Degrees.
    dict of int to dict
        Position of a node → its tags.
    list of tuple
        Positions of the nodes of a way, and its tags.
    """
    rng = np.random.default_rng((seed, number))
    larger = max(1.0, (towns / TOWNS_OF_PROVINCE) ** 0.5)
    x0, y0 = LON + (rng.random() - 0.5) * WIDE * larger, LAT + (rng.random() - 0.5) * HIGH * larger
    along, across = np.meshgrid(np.arange(LONG), np.arange(LONG))
    street = (along % (BENDS + 1) == 0) | (across % (BENDS + 1) == 0)
    place = np.full(street.shape, -1)
    place[street] = np.arange(street.sum())
    spots = np.stack([along[street], across[street]], axis=1) * STEP + rng.normal(0, STEP / 8, (street.sum(), 2))
    wide = SIDE * (BENDS + 1) * STEP
    corners = np.array([(0, 0), (2e-4, 0), (2e-4, 2e-4), (0, 2e-4)])
    houses = (rng.random((HOUSES, 1, 2)) * wide + corners).reshape(-1, 2)
    nodes = np.concatenate([spots, houses, rng.random((PLACES, 2)) * wide])
    nodes += (x0, y0)
    ways: list[Way] = []
    for direction, lines in (("东西", place), ("南北", place.T)):
        for k in range(SIDE):
            refs = lines[k * (BENDS + 1)].tolist()
            tags = {"highway": KINDS[int(rng.integers(len(KINDS)))], "name": f"{number}镇{direction}{k}路"}
            ways += [(refs[begin : begin + PIECE + 1], tags) for begin in range(0, len(refs) - 1, PIECE)]
    for house, luck in enumerate(rng.random(HOUSES).tolist()):
        first = len(spots) + 4 * house
        named = {"name": f"{number}镇{house}号楼"} if luck < 0.2 else {}
        storeys = {"building:levels": str(1 + house % 6)} if luck > 0.9 else {}
        ways.append(([*range(first, first + 4), first], {"building": "yes", **named, **storeys}))
    kinds = rng.integers(len(POIS), size=PLACES).tolist()
    first = len(nodes) - PLACES
    tagged = {
        first + k: {POIS[kind][0]: POIS[kind][1], "name": f"{number}镇{POIS[kind][1]}{k}"}
        for k, kind in enumerate(kinds)
    }
    return nodes, tagged, ways


def write(path: Path, nodes: int, seed: int) -> dict[str, int]:
    """Write an extract of at least so many nodes, town by town, so that none but one is held; return what is in it."""
    path.unlink(missing_ok=True)
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2026-11-20T00:00:00Z")
    towns = max(1, -(-nodes // TOWN_NODES))
    count = 0
    with osmium.SimpleWriter(str(path), bufsz=2**22, header=header) as writer:
        for number in range(towns):
            places, tagged, _ = town(number, towns, seed)
            for k, spot in enumerate(places.tolist()):
                one = mutable.Node(id=number * TOWN_NODES + k + 1, version=1, location=spot, tags=tagged.get(k))
                writer.add_node(one)
        for number in range(towns):
            for refs, tags in town(number, towns, seed)[2]:
                count += 1
                at = [number * TOWN_NODES + k + 1 for k in refs]
                writer.add_way(mutable.Way(id=count, version=1, nodes=at, tags=tags))
    return {"nodes": towns * TOWN_NODES, "ways": count, "bytes": path.stat().st_size}


def largest_screens(path: Path, wide: int = 4, high: int = 3) -> dict[int, int]:
    """Return, by zoom, the bytes of the largest screen of so many tiles."""
    held: dict[int, dict[tuple[int, int], int]] = {}
    with path.open("rb") as file:
        for (zoom, x, y), data in all_tiles(MmapSource(file)):
            held.setdefault(zoom, {})[x, y] = len(data)
    found = {}
    for zoom, tiles in sorted(held.items()):
        sums: dict[tuple[int, int], int] = {}
        for (x, y), size in tiles.items():
            for left, top in itertools.product(range(x - wide + 1, x + 1), range(y - high + 1, y + 1)):
                sums[left, top] = sums.get((left, top), 0) + size
        found[zoom] = max(sums.values())
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--nodes", type=int, default=3_000_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--out", type=Path, required=True)
    asked = options.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    path = asked.out / f"made-{asked.nodes}-{asked.seed}.osm.pbf"
    begun = time.monotonic()
    said = {"extract": write(path, asked.nodes, asked.seed), "written_s": round(time.monotonic() - begun, 1)}
    home = asked.out / "home"
    build_atlas(home, force=True)
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "dashboard", "ground", str(path), "--json"],
        env={**os.environ, "ATLAS_HOME": str(home)},
        stdout=subprocess.PIPE,
        check=True,
    )
    said["seconds"] = round(time.monotonic() - begun, 1)
    said["most_memory_mib"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    found = json.loads(done.stdout)
    said["found"] = {name: found[name] for name in found if name not in ("covered", "places")}
    folder = home / "ground" / found["folder"]
    said["on_disk"] = {
        name: sum(one.stat().st_size for one in (folder / name).rglob("*") if one.is_file())
        for name in ("network", ".")
    }
    if (tiles := folder / "basemap.pmtiles").is_file():
        said["largest_screen_bytes"] = largest_screens(tiles)
    print(json.dumps(said, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
