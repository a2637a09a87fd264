"""Coverage along the streets of a county: 20,000 demand points and 500 stations, told in seconds and MiB.

``python -m tests.benchmarks.bench_walking`` makes a town of crooked streets of a seed (250,000 nodes by default), makes
its network ready, which is done once a county and process, and then finds every pair within the radius. Nothing is
asserted: a busy machine is slow, so seconds of processor time stand beside those of the clock.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from layers import walking
from layers.distance import Points
from tests.layers.towns import random_town

BLOCK = 0.0009  # degrees between two corners, about 100 m


def timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    clock, processor = time.perf_counter(), time.process_time()
    found = work()
    return found, {
        "seconds": round(time.perf_counter() - clock, 2),
        "processor_seconds": round(time.process_time() - processor, 2),
    }


def memory() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=500, help="corners along a side of the town")
    parser.add_argument("--demand", type=int, default=20_000)
    parser.add_argument("--stations", type=int, default=500)
    parser.add_argument("--radius", type=float, nargs="+", default=[500.0, 1_000.0])
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    network = random_town(asked.seed, asked.side, BLOCK)
    dice = np.random.default_rng(asked.seed)
    across = asked.side * BLOCK

    def scattered(count: int) -> Points:
        corner = np.array([network.lon.min(), network.lat.min()])
        return Points(corner + dice.uniform(0, across, (count, 2)), degrees=True)

    demand, stations = scattered(asked.demand), scattered(asked.stations)
    told: dict[str, Any] = {"nodes": len(network.lon), "segments": len(network.start), "mib_before": memory()}
    graph, told["network ready"] = timed(lambda: walking.ready(network))
    mine, told["demand connected"] = timed(lambda: walking.connect(graph, demand))
    theirs, told["stations connected"] = timed(lambda: walking.connect(graph, stations))
    for radius in asked.radius:
        found, told[f"all pairs within {radius:g} m"] = timed(partial(walking.ways, graph, mine, theirs, radius))
        told[f"all pairs within {radius:g} m"]["pairs"] = len(found.pairs.site)
    told["mib_at_most"] = memory()
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
