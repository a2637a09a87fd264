"""One station serves a point as a whole: who is assigned to whom, checked, and at best.

Ross & Soland (1977), *Management Science* 24(3), for the p-median; the other models alike.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.distance import Pairs
from layers.siting.solver.highs import Found, Program
from layers.siting.solver.instance import Instance
from layers.siting.solver.progress import SAME, Step

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def needy(instance: Instance) -> NDArray[np.bool_]:
    """Return which demand must be served: all for ``lscp`` and ``pcenter``, none for ``mclp``, else what has weight."""
    if instance.model == "mclp":
        return np.zeros(len(instance.weight), bool)
    return (instance.weight > 0) | (instance.model in ("lscp", "pcenter"))


def worth(instance: Instance, sites: Ints, assigned: Ints) -> float | None:
    """Return the objective of an assignment, computed anew from the distances; None when it breaks a condition.

    Parameters
    ----------
    sites : ndarray of int64
        New sites.
    assigned : ndarray of int64, shape (m,)
        The site that serves each demand; −1: none.
    """
    there = instance.existing.copy()
    there[sites] = True
    served = assigned >= 0
    if (needy(instance) & ~served).any() or not there[assigned[served]].all():
        return None
    used = np.bincount(assigned[served], instance.weight[served], minlength=len(there))
    if (used > instance.limits * (1 + SAME)).any():
        return None
    distance = _ways(instance.pairs, assigned)
    if not np.isfinite(distance).all():
        return None
    if instance.model == "mclp":
        return float(instance.weight[served].sum())
    if instance.model == "lscp":
        return float(instance.cost[sites].sum()) if instance.by_cost else float(len(sites))
    if instance.model == "pcenter":
        return float(distance.max(initial=0.0))
    wanted = instance.weight > 0
    return float(instance.weight[wanted] @ distance[wanted])


def _ways(pairs: Pairs, assigned: Ints) -> Floats:
    """Return the distance of each demand to its site: 0 without one, infinite where there is no way."""
    rows = np.flatnonzero(assigned >= 0)
    found = np.zeros(len(assigned))
    if pairs.table:
        found[rows] = pairs.distance.reshape(pairs.demands, pairs.sites)[rows, assigned[rows]]
        return found
    owner = pairs.demand()
    mine = np.flatnonzero(pairs.site == assigned[owner])
    found[rows] = np.inf
    found[owner[mine]] = pairs.distance[mine]
    return found


def exactly(
    solve: Callable[[Program], Generator[Step, None, Found]],
    program: Program,
    row: Ints,
    column: Ints,
    load: Floats,
    room: Floats,
) -> Generator[Step, None, tuple[Found, Ints | None]]:
    """Solve a program whose block 1 says which demand (`row`) is served by which site (`column`), as a whole.

    The solver takes what overdraws a site by a millionth: each such filling is
    forbidden by a cover inequality (Balas 1975) and the program solved again.

    Returns
    -------
    found : Found
    site : ndarray of int64, shape (m,), or None
        Site of each demand, −1 for none; None without an answer that fits.
    """
    while True:
        found = yield from solve(program)
        if found.blocks is None:
            return found, None
        site = np.full(len(load), -1)
        picked = found.blocks[1] > 0.5
        site[row[picked]] = column[picked]
        served = site >= 0
        used = np.bincount(site[served], load[served], minlength=len(room))
        over = np.flatnonzero(used > room * (1 + SAME))
        if not len(over):
            return found, site
        if found.status != "optimal":
            return found, None
        for one in over.tolist():
            mine = np.flatnonzero((site[row] == one) & (column == one))
            cut = sparse.csr_array((np.ones(len(mine)), (np.zeros(len(mine), int), mine)), shape=(1, len(row)))
            program.row({1: cut}, -np.inf, [len(mine) - 1.0])
