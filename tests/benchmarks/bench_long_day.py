"""What memory a worker has of its own after a long day, and how fast it grows.

``python -m tests.benchmarks.bench_long_day --home DIR [--requests N]`` asks one worker of an atlas (best one of
:mod:`tests.benchmarks.national`), forked as the server forks it, N times for ever other pages, filters, moves of the
map, searches and rows of tables, drawn with a seed, and prints its private memory after every hundred, what its atlas
keeps, and the slope over the second half.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from pathlib import Path
from urllib.parse import quote

import numpy as np

from dashboard.app import create_app
from dashboard.server.worker import TimedWorker
from dashboard.settings import Settings
from geodata.processes import given_back
from layers.atlas import Atlas
from tests.benchmarks.bench_scale import ANALYSIS, CHANGES, PARTS, Asked

TEXTS = ("驿站", "工会 服务", "赛", "体检", "广场", "街道 2", "人民", "培训")
TABLES = ("stations", "activities", "fairs", "demand")


def private() -> float:
    """Return the memory of this process that no file holds, MiB: what it maps of a file is clean."""
    told = dict(line.split()[:2] for line in Path("/proc/self/smaps_rollup").read_text("ascii").splitlines()[1:])
    return int(told["Private_Dirty:"]) / 1024


def kept(atlas: Atlas) -> str:
    """Return how much an atlas keeps of its last answers, and how many things for ever."""
    total = sum(size for _, size, _ in atlas._recent.values())
    return f"{len(atlas._recent)} recent ({total / 2**20:.0f} MiB), {len(atlas._once)} once"


def asked(server: Asked, chance: random.Random, places: list[str]) -> None:
    """Ask for something."""
    place, change = chance.choice(places), chance.choice(CHANGES)
    query = f"?place={place}&{change}"
    stored = {"query": query, "view": None, "notices": []}
    kind = chance.randrange(10)
    if kind < 3:
        server.part(chance.choice([*PARTS.values()]), filters=stored)
    elif kind < 5:
        west, south = chance.uniform(80, 125), chance.uniform(20, 45)
        span = chance.choice((0.1, 1.0, 6.0))
        box = [west, south, west + span, south + span * 0.7]
        view = {"lon": west, "lat": south, "zoom": chance.choice((5.0, 8.0, 11.0)), "key": place, "box": box}
        server.part("map-marks.data", viewport=view, filters=stored)
    elif kind == 5:
        server.part(chance.choice([*ANALYSIS.values()]), **{"an-state": stored})
    elif kind == 6:
        server.page(f"/search?q={quote(chance.choice(TEXTS).split()[0] + str(chance.randrange(100)))}")
    elif kind == 7:
        search = f"?section=rows&table={chance.choice(TABLES)}&place={chance.choice((place, '100000'))}"
        server.part("data-row-count.children", **{"data-url": search, "data-row-text": chance.choice(("", *TEXTS))})
    else:
        server.page(f"{chance.choice(('/', '/analysis', '/planning', '/sources', '/stories'))}{query}")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--requests", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=17)
    options = parser.parse_args()
    TimedWorker.setup()
    if (child := os.fork()) == 0:  # what is read before is shared with whoever was forked, as in a server
        _long_day(options)
        os._exit(0)
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _long_day(options: argparse.Namespace) -> None:
    app = create_app(Settings(home=options.home, sign_in="off", chromium="none", limits=0))
    source = app.server.extensions["atlas"].source
    atlas = source.atlas()
    places = atlas.places["adcode"].tolist()
    server, chance = Asked(app), random.Random(options.seed)
    print("| requests | private MiB | … given back | processor s | kept |\n|--:|--:|--:|--:|---|")
    seen: list[tuple[int, float]] = []
    for at in range(options.requests + 1):
        if at % 100 == 0:
            before = private()
            given_back()
            seen.append((at, private()))
            row = f"| {at:,} | {before:.0f} | {seen[-1][1]:.0f} | {time.process_time():.0f} | {kept(atlas)} |"
            print(row, flush=True)
        asked(server, chance, places)
    later = np.array(seen[len(seen) // 2 :])
    slope = np.polyfit(later[:, 0], later[:, 1], 1)[0] * 1000 if len(later) > 1 else float("nan")
    load = os.getloadavg()[0]
    print(f"slope over the second half: {slope:.0f} MiB in a thousand requests; load {load:.1f}", flush=True)


if __name__ == "__main__":
    main()
