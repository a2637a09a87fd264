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

WEST, SOUTH, WIDE, HIGH = 104.3, 35.3, 3.2, 4.0  # about Ningxia
STEP = 0.0006  # degrees between vertices: about 60 m
BENDS = 3  # vertices between two crossings
KINDS = ["residential"] * 6 + ["tertiary", "service", "service", "footway", "primary", "secondary"]
POIS = [
    ("amenity", "restaurant"), ("shop", "convenience"), ("amenity", "bank"), ("tourism", "hotel"),
    ("amenity", "toilets"),
    ("shop", "clothes"), ("amenity", "fuel"), ("leisure", "park"), ("amenity", "school"),
]  # fmt: skip


def write(path: Path, nodes: int, seed: int) -> dict[str, int]:
    """Write an extract of at least so many nodes; return what is in it."""
    path.unlink(missing_ok=True)
    rng = np.random.default_rng(seed)
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2026-11-20T00:00:00Z")
    size = 60  # crossings along a side of a town
    lines = size * ((size - 1) * (BENDS + 1) + 1)  # vertices of the streets of one direction
    town_nodes = 2 * lines - size * size + 4 * size * size // 2
    towns = max(1, -(-nodes // town_nodes))
    ways: list[tuple[np.ndarray, dict[str, str]]] = []
    count = 0
    with osmium.SimpleWriter(str(path), header=header) as writer:

        def node(lon: float, lat: float, tags: dict[str, str] | None = None) -> int:
            nonlocal count
            count += 1
            writer.add_node(mutable.Node(id=count, version=1, location=(lon, lat), tags=tags or {}))
            return count

        for town in range(towns):
            x0, y0 = WEST + rng.random() * WIDE, SOUTH + rng.random() * HIGH
            at: dict[tuple[int, int], int] = {}
            for across in range(2):
                for k in range(size):
                    refs = []
                    for along in range((size - 1) * (BENDS + 1) + 1):
                        spot = (along, k * (BENDS + 1)) if across else (k * (BENDS + 1), along)
                        if spot not in at:
                            shake = rng.normal(0, STEP / 8, 2)
                            at[spot] = node(x0 + spot[0] * STEP + shake[0], y0 + spot[1] * STEP + shake[1])
                        refs.append(at[spot])
                    kind = KINDS[int(rng.integers(len(KINDS)))]
                    for begin in range(0, len(refs) - 1, 40):
                        tags = {"highway": kind, "name": f"{town}镇{'东西'[across]}{k}路"}
                        ways.append((np.array(refs[begin : begin + 41], np.int64), tags))
            for _ in range(size * size // 2):
                x, y = x0 + rng.random() * size * 4 * STEP, y0 + rng.random() * size * 4 * STEP
                ring = [node(x + a, y + b) for a, b in ((0, 0), (2e-4, 0), (2e-4, 2e-4), (0, 2e-4))]
                named = {"name": f"{len(ways)}号楼"} if rng.random() < 0.2 else {}
                ways.append((np.array([*ring, ring[0]], np.int64), {"building": "yes", **named}))
            for _ in range(size * 3):
                key, value = POIS[int(rng.integers(len(POIS)))]
                x, y = x0 + rng.random() * size * 4 * STEP, y0 + rng.random() * size * 4 * STEP
                node(x, y, {key: value, "name": f"{value} {count}"})
        for number, (refs, tags) in enumerate(ways, 1):
            writer.add_way(mutable.Way(id=number, version=1, nodes=refs.tolist(), tags=tags))
    return {"nodes": count, "ways": len(ways), "bytes": path.stat().st_size}


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
