"""OR-Library's set covers (``scpnre1.txt`` … ``scpnrh5.txt``) through the planner; called by ``bench_published``.

A file holds the numbers of rows and columns, the price of each column, then for each row how many columns cover it
and which. Every row is a demand point, every column a candidate. Beside it what HiGHS alone makes of the model as it
is written, in the same time. Best known values: Yagiura, Kishida & Ibaraki (2006), *European Journal of Operational
Research* 172(2).
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from layers.distance import Pairs
from layers.siting.solver import Instance, best

KNOWN = {
    "e": (29, 30, 27, 28, 28),
    "f": (14, 15, 14, 14, 13),
    "g": (176, 154, 166, 168, 168),
    "h": (63, 63, 59, 58, 55),
}


def read(path: Path) -> tuple[sparse.csr_array, np.ndarray]:
    """Return which column covers which row, and the prices."""
    words = np.array(path.read_text().split(), np.int64)
    m, n = words[:2].tolist()
    price, at, start, columns = words[2 : 2 + n].astype(float), 2 + n, [0], []
    for _ in range(m):
        count = int(words[at])
        columns.append(np.sort(words[at + 1 : at + 1 + count] - 1))
        start.append(start[-1] + count)
        at += 1 + count
    site = np.concatenate(columns)
    return sparse.csr_array((np.ones(len(site)), site, np.array(start)), shape=(m, n)), price


def known(path: Path) -> int | None:
    """Return the best known price of an instance, None for one that is not listed."""
    kind, number = path.stem.removeprefix("scpnr")[:1], path.stem[-1:]
    return KNOWN[kind][int(number) - 1] if path.stem.startswith("scpnr") and kind in KNOWN else None


def main() -> int:
    """``python -m tests.benchmarks.set_covers FILE SECONDS``: one instance, told as JSON."""
    path, seconds = Path(sys.argv[1]), float(sys.argv[2])
    rows, price = read(path)
    m, n = rows.shape
    pairs = Pairs(rows.indptr.astype(np.int64), rows.indices.astype(np.int32), np.zeros(rows.nnz), n)
    asked = Instance(model="lscp", weight=np.ones(m), pairs=pairs, radius=1.0, cost=price, by_cost=True)
    found = best(asked, seconds)
    mine, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    begun = time.process_time()
    plain = milp(
        price,
        constraints=LinearConstraint(rows, 1.0),
        bounds=Bounds(0.0, 1.0),
        integrality=np.ones(n),
        options={"time_limit": seconds},
    )
    print(
        json.dumps(
            {
                "rows": m,
                "columns": n,
                "status": found.status,
                "objective": found.objective,
                "bound": found.bound,
                "seconds": found.seconds,
                "cpu": sum(one.ru_utime + one.ru_stime for one in (mine, children)),
                "mebibytes": (mine.ru_maxrss + children.ru_maxrss) / 1024,
                "plain": [None if plain.x is None else plain.fun, plain.mip_dual_bound, time.process_time() - begun],
            }
        )
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
