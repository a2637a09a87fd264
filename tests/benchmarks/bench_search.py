"""How long a search over many names takes on the server, and what its index costs.

``python -m tests.benchmarks.bench_search [NAMES]`` prints build time, memory, and the median and slowest of every
query; on a busy machine the processor time of a query says more than the time on the wall.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
import tracemalloc

from layers.search import Entry, Index

CHARACTERS = (
    "思明大武口石嘴山惠农平罗阜新锦州朝阳呼和浩特南京厦门中华滨海鼓浪屿工会驿站"
    "暖心快递外卖骑手服务站广场公园路街东西南北一二三四五六七八九十春夏秋冬长安"
)
QUERIES = (
    "思明",
    "工会驿站",
    "驿站",
    "站",
    "sming",
    "石zs",
    "dwk",
    "ghyz",
    "simingqu",
    "zzzzzzzzzz",
    "a",
    "s",
    "350203",
    "N199999",
    "siming gong hui",
    "sssssssssssssssssssssssssssssssssssssss",
    "shishishishishishishishishishishishishis",
    "工g工g工g工g工g工g",
    "xianxianxianxian",
    "不在",
    "思明 驿站",
    "驿站 不在 这里",
    "公会驿站",
    "驛站",
)


def names(count: int) -> list[Entry]:
    """Return so many made-up stations."""
    rng = random.Random(7)
    return [
        Entry(
            "station",
            f"N{at}",
            "".join(rng.choices(CHARACTERS, k=rng.randint(4, 9))) + "工会驿站",
            "",
            "350203",
            f"N{at}",
            13,
        )
        for at in range(count)
    ]


def main(count: int = 200_000) -> None:
    """Print the figures as JSON."""
    entries = names(count)
    start = time.perf_counter()
    index = Index(entries)
    built = time.perf_counter() - start
    took = {}
    for query in QUERIES:
        runs, cpu = [], []
        for _ in range(7):
            start, busy = time.perf_counter(), time.thread_time()
            found = index.find(query)
            runs.append((time.perf_counter() - start) * 1000)
            cpu.append((time.thread_time() - busy) * 1000)
        took[query] = {
            "median_cpu_ms": round(statistics.median(cpu), 2),
            "median_ms": round(statistics.median(runs), 2),
            "worst_ms": round(max(runs), 2),
            "examined": found.examined,
        }
    tracemalloc.start()
    small = Index(entries[: count // 20])
    memory = tracemalloc.get_traced_memory()[0] * 20 / 2**20
    del small
    print(
        json.dumps(
            {
                "names": count,
                "build_s": round(built, 2),
                "index_mib_about": round(memory, 1),
                "slowest_ms": max(one["worst_ms"] for one in took.values()),
                "queries": took,
            },
            ensure_ascii=False,
            indent=1,
        )
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
