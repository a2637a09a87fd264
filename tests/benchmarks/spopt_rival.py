"""One case solved by spopt with HiGHS, in a process and an environment of its own: ``spopt_rival.py CASE.npz``.

CASE.npz holds ``model``, ``distance`` (demand × sites, metres), ``weight``, ``existing`` (mask of sites), ``new`` and
``radius``. Prints JSON: ``objective`` (weight covered, or weight × metres) and ``seconds`` of building and solving;
reading the file and importing the library do not count.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import pulp
from spopt.locate import MCLP, PMedian


def main() -> None:
    given = np.load(sys.argv[1])
    distance, weight, existing = given["distance"], given["weight"], given["existing"]
    sites = int(given["new"]) + int(existing.sum())
    standing = {"predefined_facilities_arr": existing.astype(int)} if existing.any() else {}
    began = time.perf_counter()
    if str(given["model"]) == "mclp":
        problem = MCLP.from_cost_matrix(distance, weight, float(given["radius"]), p_facilities=sites, **standing)
    else:
        problem = PMedian.from_cost_matrix(distance, weight, p_facilities=sites, **standing)
    problem.solve(pulp.HiGHS(msg=False, gapRel=0.0))
    seconds = time.perf_counter() - began
    print(
        json.dumps(
            {
                "objective": pulp.value(problem.problem.objective),
                "seconds": seconds,
                "status": pulp.LpStatus[problem.problem.status],
            }
        )
    )


if __name__ == "__main__":
    main()
