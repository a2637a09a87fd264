"""The bound of set partitioning: sets that sites may serve are added to a linear program until none would help.

Ceselli & Righini (2005), *Networks* 45(3), for the p-median under capacity; the duals at which sets are sought lie
between those of the best bound and those of the program (Wentges 1997, *International Transactions in Operational
Research* 4(2)). Every bound told is that of the Lagrangian relaxation at those duals, valid whatever they are.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from layers.siting.solver.capacitated_median import Problem
from layers.siting.solver.lagrangian_bound import Knapsacks, Relaxed, filled_whole
from layers.siting.solver.progress import SAME, Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Demand at most, rounds, and how near program and bound come.
MOST, ROUNDS, NEAR = 1_500, 120, 5e-5
#: Sets worth this part of what an opening must be worth are added too.
WORTH = 0.9
#: How much of the duals at which sets are sought is of the best bound, by how many rounds found no better one.
SMOOTH = (0.9, 0.75, 0.5, 0.25, 0.0)


def generate(
    problem: Problem, sacks: Knapsacks, relaxed: Relaxed, site: Ints, clock: Clock, until: float
) -> Generator[Relaxed, None, None]:
    """Yield ever better bounds, beginning at the duals of `relaxed`.

    Parameters
    ----------
    site : ndarray of int64, shape (m,)
        An assignment, whose sets come first.
    until : float
        Seconds of the clock at which to stop.
    """
    rule, m = problem.rule, len(problem.rows)
    best = None if m > MOST or not rule.plain else filled_whole(sacks, rule, relaxed.price)
    if best is None:
        return
    pool = _Pool(problem, site)
    pool.add(best, WORTH)
    idle = 0
    for _ in range(ROUNDS):
        if clock.over() or clock.passed > until:
            return
        found = pool.solved(2.0 * best.price + np.mean(best.price), max(0.1, min(clock.left, until - clock.passed)))
        if found is None:
            return
        value, dual = found
        if value - best.bound <= NEAR * abs(value):
            return
        part = SMOOTH[idle % len(SMOOTH)]
        now = filled_whole(sacks, rule, part * best.price + (1.0 - part) * dual)
        if now is None:
            return
        added = pool.add(now, WORTH)
        idle += 1
        if now.bound > best.bound:
            idle = idle if now.bound - best.bound < SAME * abs(value) else 0
            best = now
            mine = rule.forced | now.chosen
            there = np.concatenate([np.ones(problem.standing, bool), mine])[now.column]
            yield replace(now, row=now.row[there], column=now.column[there])
        elif not added and part == 0.0:
            return


class _Pool:
    """The sets known so far, as a linear program."""

    def __init__(self, problem: Problem, site: Ints) -> None:
        self._problem = problem
        self._known: set[bytes] = set()
        self._rows: list[Ints] = []
        self._sites: list[int] = []
        for one in np.unique(site).tolist():
            self._put(one, np.flatnonzero(site == one))

    def _put(self, site: int, rows: Ints) -> bool:
        key = site.to_bytes(8, "little") + rows.astype(np.int64).tobytes()
        if key in self._known or not len(rows):
            return False
        self._known.add(key)
        self._rows.append(rows)
        self._sites.append(site)
        return True

    def add(self, relaxed: Relaxed, part: float) -> bool:
        """Add the fillings of knapsacks that are worth most; return whether there was a new one."""
        worth, e = relaxed.worth, self._problem.standing
        chosen = worth[e:][relaxed.chosen]
        least = part * float(chosen.min(initial=np.inf if len(chosen) else 0.0))
        new = False
        begin = np.searchsorted(relaxed.column, np.arange(len(worth) + 1))
        for one in np.flatnonzero((worth >= least) | (np.arange(len(worth)) < e)).tolist():
            new |= self._put(one, np.sort(relaxed.row[begin[one] : begin[one + 1]].astype(np.int64)))
        return new

    def solved(self, most: Floats, seconds: float) -> tuple[float, Floats] | None:
        """Return value and duals of the demand; nobody costs more than `most`."""
        problem, q = self._problem, len(self._sites)
        m, n = problem.cost.shape
        length = np.array([len(one) for one in self._rows])
        row, column, site = np.concatenate(self._rows), np.repeat(np.arange(q), length), np.array(self._sites)
        cost = np.bincount(column, problem.cost[row, site[column]], minlength=q)
        free = (site >= problem.standing) & ~np.append(np.zeros(problem.standing, bool), problem.rule.forced)[site]
        rows = sparse.vstack(
            [
                sparse.csr_array((-np.ones(len(row)), (row, column)), shape=(m, q)),
                sparse.csr_array((np.ones(q), (site, np.arange(q))), shape=(n, q)),
                sparse.csr_array(free[None, :].astype(np.float64)),
            ]
        )
        scale = 1e6 / max(float(most.sum()), 1e-300)
        found = linprog(
            np.concatenate([cost, most]) * scale,
            A_ub=sparse.hstack([rows, sparse.vstack([-sparse.eye_array(m), sparse.csr_array((n + 1, m))])]),
            b_ub=np.concatenate(
                [-np.ones(m), np.ones(n), [float(problem.rule.limit - int(problem.rule.forced.sum()))]]
            ),
            bounds=(0, None),
            method="highs",
            options={"time_limit": float(seconds)} if np.isfinite(seconds) else {},
        )
        if found.status != 0:
            return None
        return float(found.fun) / scale, -found.ineqlin.marginals[:m] / scale
