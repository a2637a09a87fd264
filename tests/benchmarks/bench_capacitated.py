"""Published capacitated p-medians through the planner, one a process; called by ``bench_published``.

A file is one of these two, as they are published:

- OR-Library's ``pmedcap1.txt`` (Osman & Christofides 1994): the number of problems; for each its number and best known
  value, then ``n p capacity``, then ``n`` lines ``id x y demand``. Distances are Euclidean, rounded down.
- Lorena's (``SJC1.dat`` …, ``p3038_600.dat`` …; also Stefanello's ``lin318_005.txt`` … and ``cpmp01.txt`` …): ``n p``,
  then ``n`` lines ``x y capacity demand``. Distances are Euclidean, rounded down for ``cpmp…`` alone.

The published objective is Σ distance, each demand counted once whatever it takes of the capacity. The planner's is
Σ weight × distance, its weight being what is taken: distances are therefore handed over divided by the demand.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from layers.distance import from_dense
from layers.siting.solver import Instance, best

#: Optima of OR-Library's twenty (Osman & Christofides 1994; proved by Baldacci et al. 2002, *Operations Research* 50).
ORLIB = (713, 740, 751, 651, 664, 778, 787, 820, 715, 829, 1006, 966, 1026, 982, 1091, 954, 1034, 1043, 1031, 1005)
#: Best known of Lorena's six (Lorena & Senne 2004; Stefanello, de Araújo & Müller 2015).
LORENA = {
    "SJC1": 17_288.99,
    "SJC2": 33_270.94,
    "SJC3a": 45_335.16,
    "SJC3b": 40_635.90,
    "SJC4a": 61_925.51,
    "SJC4b": 52_458.02,
}

#: Best known of Stefanello's and of Lorena's larger ones: what published assignments cost, computed anew from them;
#: where one overdraws a site (rl1304_050, rl1304_100, u724_010) the figure of Stefanello, de Araújo & Müller (2015).
PUBLISHED = {
    "ali535_005": 9_956.77,
    "lin318_005": 180_281.21,
    "lin318_015": 88_901.56,
    "lin318_040": 47_988.38,
    "lin318_070": 32_198.64,
    "lin318_100": 22_942.69,
    "u724_030": 95_034.01,
    "ali535_025": 3_695.15,
    "ali535_050": 2_460.93,
    "ali535_100": 1_437.62,
    "ali535_150": 1_032.28,
    "fnl4461_0020": 1_283_536.75,
    "fnl4461_0100": 548_909.04,
    "fnl4461_0250": 335_888.89,
    "fnl4461_0500": 224_662.51,
    "fnl4461_1000": 145_862.49,
    "p3038_1000": 85_854.06,
    "p3038_600": 122_710.59,
    "p3038_700": 109_670.53,
    "p3038_800": 100_060.06,
    "p3038_900": 92_309.53,
    "pr2392_020": 2_235_376.75,
    "pr2392_075": 1_092_294.03,
    "pr2392_150": 711_111.26,
    "pr2392_300": 458_145.30,
    "pr2392_500": 316_042.98,
    "rl1304_010": 2_146_484.11,
    "rl1304_050": 802_283.41,
    "rl1304_100": 498_090.74,
    "rl1304_200": 276_977.61,
    "rl1304_300": 191_224.85,
    "u724_010": 181_782.96,
    "u724_075": 54_735.05,
    "u724_125": 38_976.77,
    "u724_200": 28_079.97,
}


@dataclass(frozen=True, eq=False)
class Published:
    """A capacitated p-median as it is published."""

    name: str
    p: int
    distance: np.ndarray
    demand: np.ndarray
    capacity: np.ndarray
    known: float | None

    def instance(self, single: bool) -> Instance:
        """Return the problem as the planner takes it."""
        return Instance(
            model="pmedian",
            weight=self.demand,
            pairs=from_dense(self.distance / self.demand[:, None]),
            capacity=self.capacity,
            new=self.p,
            single_source=single,
        )


def read(path: Path) -> Iterator[Published]:
    """Yield the problems of a file."""
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    if len(rows[0]) == 1:  # OR-Library: several in one file
        line = 1
        for _ in range(int(rows[0][0])):
            (number, known), (n, p, capacity) = rows[line][:2], rows[line + 1][:3]
            table = np.array(rows[line + 2 : line + 2 + int(n)], float)
            line += 2 + int(n)
            yield _made(
                f"{path.stem} {number}", int(p), table[:, 1:3], table[:, 3], float(capacity), float(known), True
            )
        return
    n, p = int(rows[0][0]), int(rows[0][1])
    table = np.array([row[:4] for row in rows[1 : n + 1]], float)
    name = path.stem
    rounded = name.startswith("cpmp") and name[4:].isdigit()
    known = float(ORLIB[int(name[4:]) - 1]) if rounded else LORENA.get(name) or PUBLISHED.get(name)
    yield _made(name, p, table[:, :2], table[:, 3], table[:, 2], known, rounded)


def _made(name, p, xy, demand, capacity, known, rounded) -> Published:
    distance = np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1))
    return Published(
        name, p, np.floor(distance) if rounded else distance, demand, np.broadcast_to(capacity, demand.shape), known
    )


def main() -> int:
    """``python -m tests.benchmarks.bench_capacitated FILE NUMBER single|shared SECONDS``: one problem, told as JSON."""
    path, number, sourcing, seconds = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
    case = list(read(path))[number]
    found = best(case.instance(sourcing == "single"), seconds)
    mine, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(
        json.dumps(
            {
                "instance": case.name,
                "n": len(case.demand),
                "p": case.p,
                "known": case.known,
                "status": found.status,
                "objective": found.objective,
                "bound": found.bound,
                "gap": found.gap,
                "seconds": found.seconds,
                "cpu": sum(one.ru_utime + one.ru_stime for one in (mine, children)),
                "mebibytes": (mine.ru_maxrss + children.ru_maxrss) / 1024,
            }
        )
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
