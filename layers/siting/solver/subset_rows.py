"""Better bounds of set partitioning: of any three demand points at most one picked set holds two or more.

Subset-row inequalities (Jepsen, Petersen, Spoorendonk & Pisinger 2008, *Operations Research* 56(2)) over sets that are
listed rather than priced (Baldacci, Christofides & Mingozzi 2008, *Mathematical Programming* 115): an answer below a
target holds no set whose reduced cost is more than what the target lies above the bound. Sets are listed by the duals
with the inequalities again, until the target is the answer at hand.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from layers.siting.solver.capacitated_median import Problem
from layers.siting.solver.lagrangian_bound import Relaxed
from layers.siting.solver.progress import SAME, Clock
from layers.siting.solver.set_partitioning import Sets, opening, sets

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Sets listed at most, and demand in them together; what is left of how far they reach where there are more,
#: and at least.
MOST, CELLS, LESS, LEAST = 100_000, 40_000_000, 0.7, 0.01
#: Columns of the linear program at first, and how many are added at once.
FIRST, ADDED = 2_000, 1_000
#: How near the linear program comes to what it is over all sets that are listed.
NEAR = 1e-6
#: Inequalities added at once, and by how much they must be violated.
CUTS, VIOLATED = 100, 0.02
#: So many lists in a row that close less than this part of what is open end the search.
PROGRESS, PATIENCE = 0.02, 5


@dataclass(frozen=True, slots=True, eq=False)
class Dual:
    """What serving each demand is worth, each site has to be worth, and each inequality costs.

    Attributes
    ----------
    price : ndarray of float64, shape (m,)
    least : ndarray of float64, shape (n,)
    triples : ndarray of int64, shape (t, 3)
        Demand of each inequality.
    penalty : ndarray of float64, shape (t,)
    value : float
        Of the linear program.
    """

    price: Floats
    least: Floats
    triples: Ints
    penalty: Floats
    value: float

    def reduced(self, found: Sets) -> Floats:
        """Return the reduced cost of each set."""
        hit = sparse.csr_array(_hit(sparse.csr_array(found.items, dtype=np.float64), self.triples))
        return found.cost - found.items @ self.price + self.least[found.site] + hit @ self.penalty


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """The sets of which every answer below a target is made.

    Attributes
    ----------
    sets : Sets
    hit : csr_array, shape (q, t)
        1 for each set and inequality of which an answer has one at most.
    price : ndarray of float64, shape (m,)
        What serving each demand is worth.
    target : float
    """

    sets: Sets
    hit: sparse.csr_array
    price: Floats
    target: float


def raised(
    problem: Problem, relaxed: Relaxed, goal: float, clock: Clock, until: float
) -> Generator[tuple[float, Left | None], tuple[float, bool] | None]:
    """Yield ever better bounds, `goal` at most, and where no inequality helps any more the sets that are left; ends
    after those below `goal`, where sets are too many, or when time is up. ``send`` a lower goal, and whether those that
    are left hold no answer below the target.

    Parameters
    ----------
    problem : Problem
        A rule without budget and spacing.
    until : float
        Seconds of the clock at which to stop.
    """
    dual = Dual(relaxed.price, opening(problem, relaxed), np.empty((0, 3), np.int64), np.empty(0), relaxed.bound)
    bound, base, within, idle, master = relaxed.bound, relaxed.bound, goal - relaxed.bound, 0, None
    while listed := _listed(problem, dual, base, goal, within, clock, until):
        found, within, target = listed
        master = _Master(problem, found if master is None else master.joined(found), dual)
        before, more = bound, True
        while more:
            now = master.solved(clock, until)
            if now is None:
                return
            dual, bound = now, max(bound, min(now.value, target))
            yield bound, None
            if target == goal:
                master.fix(goal - dual.value)
            more = dual.value < target and master.cut()
        if target == goal or before < bound < target:
            told = yield bound, master.left(dual, target)
            if target == goal:
                return
            if told is not None:
                goal, bound = min(goal, told[0]), max(bound, target) if told[1] else bound
        idle = idle + 1 if bound - before < PROGRESS * (goal - before) else 0
        if idle > PATIENCE:
            return
        base, within = None, within / LESS


def _listed(
    problem: Problem, dual: Dual, base: float | None, goal: float, within: float, clock: Clock, until: float
) -> tuple[Sets, float, float] | None:
    """Return the sets of which every answer below a target is made, how far they reach, and the target; None where
    time is up.

    Parameters
    ----------
    base : float or None
        The bound of the duals; None: not known, some reduced costs may be negative.
    within : float
        How far to reach at most.
    """
    within = min(within, goal - (dual.value if base is None else base))
    dear, many = dual.penalty > 0, min(MOST, CELLS // max(len(problem.rows), 1))
    while not clock.over() and clock.passed < until:
        found = sets(problem, dual.price, dual.least, within, many, True, (dual.triples[dear], dual.penalty[dear]))
        if found is None:
            within *= LESS
            if within < LEAST * (goal - dual.value):
                return None
            continue
        if base is not None:
            return found, within, min(goal, base + within)
        short = _shortfall(problem, found.site, dual.reduced(found))
        target = dual.value - short + within
        if target >= goal or within < goal - dual.value or short > (1 / LESS - 1) * within:
            return found, within, min(goal, target)
        within += short
    return None


def _shortfall(problem: Problem, site: Ints, reduced: Floats) -> float:
    """Return by how much an answer of sets may fall short of a bound: one set a site, the most negative ones."""
    worst = np.zeros(len(problem.columns))
    np.minimum.at(worst, site, reduced)
    return -float(np.sort(worst)[: problem.rule.limit + problem.standing].sum())


class _Master:
    """The linear program over sets that are listed, of which it holds those that matter."""

    def __init__(self, problem: Problem, found: Sets, dual: Dual) -> None:
        self._problem, self._found, self._triples = problem, found, dual.triples
        self._items = sparse.csr_array(found.items, dtype=np.float64)
        self._hit = _hit(self._items, dual.triples)
        counted = found.site >= problem.standing
        counted[counted] &= ~problem.rule.forced[found.site[counted] - problem.standing]
        self._counted = counted.astype(np.float64)
        self._reduced = dual.reduced(found)
        self._alive = np.ones(len(found.site), bool)
        self._active = np.zeros(len(found.site), bool)
        self._active[np.argsort(self._reduced, kind="stable")[:FIRST]] = True
        self._share = np.zeros(len(found.site))
        self._most = 2.0 * dual.price + np.mean(dual.price)

    def solved(self, clock: Clock, until: float) -> Dual | None:
        """Return the duals over all the sets; None where time is up."""
        problem, found = self._problem, self._found
        (m, n), t = problem.cost.shape, len(self._triples)
        room = float(problem.rule.limit - int(problem.rule.forced.sum()))
        scale = 1e6 / max(float(self._most.sum()), 1e-300)
        high = np.concatenate([-np.ones(m), np.ones(n), [room], np.ones(t)])
        while True:
            mine = np.flatnonzero(self._active & self._alive)
            q, seconds = len(mine), min(clock.left, until - clock.passed)
            if seconds <= 0 or clock.over():
                return None
            site = sparse.csr_array((np.ones(q), (found.site[mine], np.arange(q))), shape=(n, q))
            rows = sparse.vstack([-self._items[mine].T, site, self._counted[mine][None, :], self._hit[mine].T])
            slack = sparse.vstack([-sparse.eye_array(m), sparse.csr_array((n + 1 + t, m))])
            told = linprog(
                np.concatenate([found.cost[mine], self._most]) * scale,
                A_ub=sparse.hstack([rows, slack], format="csc"),
                b_ub=high,
                bounds=(0, None),
                method="highs",
                options={"time_limit": float(seconds)} if np.isfinite(seconds) else {},
            )
            if told.status != 0:
                return None
            y = -told.ineqlin.marginals / scale
            price, opened, penalty = y[:m], y[m : m + n], y[m + n + 1 :]
            self._reduced = (
                found.cost - self._items @ price + opened[found.site] + y[m + n] * self._counted + self._hit @ penalty
            )
            value, new = float(told.fun) / scale, np.flatnonzero(self._alive & ~self._active)
            short = _shortfall(problem, found.site[new], self._reduced[new])
            if short <= NEAR * abs(value):
                break
            self._active[new[np.argsort(self._reduced[new], kind="stable")[:ADDED]]] = True
        self._share = np.zeros(len(found.site))
        self._share[mine] = told.x[:q]
        least = opened + np.where(self._free(), y[m + n], 0.0)
        return Dual(price, least, self._triples, penalty, value - short)

    def _free(self) -> NDArray[np.bool_]:
        """Return which sites count."""
        free = np.zeros(len(self._problem.columns), bool)
        free[self._problem.standing :] = ~self._problem.rule.forced
        return free

    def fix(self, within: float) -> None:
        """Forget the sets whose reduced cost is more than `within`."""
        self._alive &= self._reduced <= within

    def cut(self) -> bool:
        """Add the inequalities that are violated most; return whether there was one."""
        some = np.flatnonzero(self._share > SAME)
        new = violated(self._found.items[some], self._share[some], CUTS)
        if not len(new):
            return False
        # some that are not listed now would leave the program only to return
        self._triples = np.concatenate([self._triples, new])
        self._hit = sparse.hstack([self._hit, _hit(self._items, new)], format="csr")
        tight = self._share > SAME
        near = np.argsort(np.where(tight, -np.inf, self._reduced), kind="stable")[:FIRST]
        self._active = tight
        self._active[near] = True
        return True

    def joined(self, found: Sets) -> Sets:
        """Return sets and those of the program that are not among them."""
        mine = self._active
        site, items = np.append(found.site, self._found.site[mine]), np.vstack([found.items, self._found.items[mine]])
        cost = np.append(found.cost, self._found.cost[mine])
        key = np.column_stack([site.view(np.uint8).reshape(-1, 8), np.packbits(items, axis=1)])
        _, first = np.unique(key, axis=0, return_index=True)
        return Sets(site[first], items[first], cost[first])

    def left(self, dual: Dual, target: float) -> Left:
        """Return the sets that an answer below the target may hold."""
        found, mine = self._found, np.flatnonzero(self._alive & (self._reduced <= target - dual.value))
        sets = Sets(found.site[mine], found.items[mine], found.cost[mine])
        return Left(sets, self._hit[mine], dual.price, target)


def violated(items: NDArray[np.bool_], share: Floats, most: int) -> Ints:
    """Return the triples of demand of which sets with two or more of them are picked more than once in all.

    Parameters
    ----------
    items : ndarray of bool, shape (q, m)
    share : ndarray of float64, shape (q,)
        How much of each set is picked.
    most : int
        Triples at most, those violated most.

    Returns
    -------
    triples : ndarray of int64, shape (t, 3)
        Ascending in each.
    """
    held = items.astype(np.float64)
    pair = held.T @ (held * share[:, None])
    np.fill_diagonal(pair, 0.0)
    triples, excess = [np.empty((0, 3), np.int64)], [np.empty(0)]
    for i in range(len(pair) - 2):
        near = i + 1 + np.flatnonzero(pair[i, i + 1 :] > SAME)
        # a set with all three counts three times here, and once below
        total = pair[np.ix_(near, near)] + pair[i, near][:, None] + pair[i, near]
        j, k = np.nonzero(np.triu(total > 1.0 + VIOLATED, 1))
        if not len(j):
            continue
        three = np.column_stack([np.full(len(j), i), near[j], near[k]])
        mine = np.flatnonzero(items[:, i])
        all_three = (held[mine][:, three[:, 1]] * held[mine][:, three[:, 2]]).T @ share[mine]
        over = total[j, k] - 2.0 * all_three - 1.0
        kept = over > VIOLATED
        triples.append(three[kept])
        excess.append(over[kept])
    found, over = np.concatenate(triples), np.concatenate(excess)
    return found[np.argsort(-over, kind="stable")[:most]]


def _hit(items: sparse.csr_array, triples: Ints) -> sparse.csr_array:
    """Return 1 for each set and triple of which it holds two or more, shape (q, t)."""
    t = len(triples)
    member = sparse.csr_array(
        (np.ones(3 * t), (triples.T.ravel(), np.tile(np.arange(t), 3))), shape=(items.shape[1], t)
    )
    held = sparse.csr_array(items @ member)
    held.data = (held.data > 1.5).astype(np.float64)
    held.eliminate_zeros()
    return held
