"""What is left of a p-median once a bound has ruled most of it out: fixing, and a small program in radius form.

Cornuéjols, Nemhauser & Wolsey (1980), *SIAM Journal on Algebraic and Discrete
Methods* 1(3), count for each demand the distances that it has to go beyond:
z = 1 when nothing within the k-th distance is open, at the price of the step to
the next one. García, Labbé & Marín (2011), *INFORMS Journal on Computing* 23(4),
show how small this becomes when only the near distances matter.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.siting.solver.branch_and_bound import branch
from layers.siting.solver.constraints import Rule
from layers.siting.solver.highs import Highs, Program
from layers.siting.solver.p_median import Median, Relaxed, between, kicks, picked, relax
from layers.siting.solver.progress import SAME, Clock, Step

Floats = NDArray[np.float64]
#: Up to so many entries the program is for HiGHS, at most so many seconds; beyond, branch and bound is faster.
FEW_ENTRIES, PATIENCE = 15_000, 20.0
#: With fewer sites to choose a local search mostly has the optimum already,
#: and what is near the bound is not searched first.
MANY = 20
#: Halvings in the search for a target that leaves so few.
GUESSES = 12
#: Rounds of the second relaxation and its step at first,
#: the patience before it is shortened, and how often to come back.
AGAIN, AGAIN_STEP, AGAIN_PATIENCE, TURNS = 2000, 2.0, 40, 4


@dataclass(frozen=True, slots=True, eq=False)
class Remainder:
    """What an answer better than a target can use.

    Attributes
    ----------
    problem : Median
        With the remaining pairs and candidates; its caps as they were.
    columns, ones : ndarray of int
        The candidates that may, and that must, be chosen, as positions in the problem before.
    must : ndarray of bool
        Demand that only a new site can serve.
    """

    problem: Median
    columns: NDArray[np.intp]
    ones: NDArray[np.intp]
    must: NDArray[np.bool_]

    @property
    def empty(self) -> bool:
        """Whether some demand that a new site has to serve has none left: nothing better than the target exists."""
        return bool((np.diff(self.problem.start) == 0)[self.must].any())


def remainder(problem: Median, rule: Rule, relaxed: Relaxed, target: float, whole: bool) -> Remainder:
    """Return what an answer that costs less than `target` can use (reduced-cost fixing, Balas & Martin 1980)."""
    room = (target - (1 - 1e-6 if whole else 0.0)) - relaxed.bound + SAME * max(abs(relaxed.bound), 1e-300)
    settled = relaxed.loss >= room
    columns = np.flatnonzero(~settled | relaxed.chosen | rule.forced)
    ones = np.flatnonzero((settled & relaxed.chosen) | rule.forced)
    v = relaxed.multipliers
    keep = problem.cost - v[problem.row] < room
    must = problem.penalty | (problem.cap - v >= room)
    return Remainder(problem.reduced(keep, columns, problem.cap), columns, ones, must)


def closed(
    problem: Median, rule: Rule, relaxed: Relaxed, best: list[int], lower: float, whole: bool, clock: Clock
) -> Generator[Step]:
    """Yield bounds, and answers that cost less than `best`, until there is no gap or no time.

    Parameters
    ----------
    relaxed : Relaxed
        Where the first relaxation ended, with the best bound `lower`.
    best : list of int
        The answer at hand, which serves everybody.
    """
    value, start, v = problem.value(best), between(problem, best), relaxed.multipliers
    left = remainder(problem, rule, relaxed, value, whole)
    able = rule.kept(left.columns, left.ones)

    def settled() -> bool:
        return value - lower < (1 - 1e-6 if whole else 0.0) + SAME * abs(value)

    tried = yield from _near_the_bound(problem, rule, relaxed, value, lower, whole, clock)
    if tried is not None:
        lower, found, exhausted = tried
        if found is not None and problem.value(found) < value:
            best, value = found, problem.value(found)
            start = between(problem, best)
            yield Step("exact", rule.sites[best])
        if exhausted or settled():
            yield Step("done", done=True)
            return
        yield Step("exact", bound=lower)
        left = remainder(problem, rule, relaxed, value, whole)
        able = rule.kept(left.columns, left.ones)

    for turn in range(TURNS):
        if int(able.forced.sum()) > able.limit or left.empty:
            yield Step("done", done=True)  # nothing allowed could be better
            return
        if turn == 0:
            trial = kicks(left.problem, able, _among(able, rule.sites[best]), clock)
            if able.keeps(trial) and left.problem.serves(trial) and left.problem.value(trial) < value:
                value, start = left.problem.value(trial), between(left.problem, trial)
                yield Step("interchange", able.sites[trial])
        # from the start again: where the first search ended it is stuck, and rounds are cheap now
        search = relax(left.problem, able, value, clock, start, AGAIN, AGAIN_STEP, AGAIN_PATIENCE)
        again = next(search)
        while True:
            better = picked(left.problem, able, again, 1.02 * value, clock, 10)
            if better is not None and left.problem.value(better) < value:
                value, start = left.problem.value(better), between(left.problem, better)
                yield Step("bound", able.sites[better])
            if again.bound > lower:
                lower, v = again.bound, again.multipliers
            yield Step("bound", bound=min(lower, value))
            if settled():
                yield Step("done", done=True)
                return
            if again.last:
                break
            again = search.send(value)
        if clock.over():
            return
        size = left.problem.sites, len(left.problem.cost)
        left = remainder(left.problem, able, again, value, whole)
        able = able.kept(left.columns, left.ones)
        if left.problem.sites > 0.8 * size[0] and len(left.problem.cost) > 0.8 * size[1]:
            break
    if int(able.forced.sum()) > able.limit or left.empty:
        yield Step("done", done=True)
        return
    if entries(left.problem) <= FEW_ENTRIES:
        made, scale, base = program(left, able)
        with Highs(clock) as highs:
            found = yield from highs.solve(made, PATIENCE)
        if found.blocks is not None:
            chosen = np.flatnonzero(found.blocks[0] > 0.5)
            if able.keeps(chosen) and left.problem.serves(chosen) and left.problem.value(chosen) < value:
                value = left.problem.value(chosen)
                yield Step("exact", able.sites[chosen])
        if found.status in ("optimal", "infeasible"):
            yield Step("done", done=True)
            return
        lower = max(lower, min(value, base + found.bound / scale))
        yield Step("exact", bound=lower)
    if not clock.over():
        yield from branch(left.problem, able, v, lower, value, whole, clock)


def _near_the_bound(
    problem: Median, rule: Rule, relaxed: Relaxed, value: float, lower: float, whole: bool, clock: Clock
) -> Generator[Step, None, tuple[float, list[int] | None, bool] | None]:
    """Search whatever costs less than a target so near to the bound that little is left; yields steps.

    Bounds of p-medians are mostly much nearer to the optimum than the answers of a local search are.

    Returns
    -------
    tuple of (float, list of int or None, bool) or None
        A bound on all, the best choice of what was left, and whether it is the
        optimum; None when there was nothing to gain or it was not searched through.
    """
    if rule.limit < MANY or entries(remainder(problem, rule, relaxed, value, whole).problem) <= FEW_ENTRIES:
        return None
    low, high = relaxed.bound, value
    for _ in range(GUESSES):
        middle = (low + high) / 2
        if entries(remainder(problem, rule, relaxed, middle, whole).problem) <= FEW_ENTRIES:
            low = middle
        else:
            high = middle
    target, left = low, remainder(problem, rule, relaxed, low, whole)
    able = rule.kept(left.columns, left.ones)
    if target <= relaxed.bound or clock.over():
        return None
    if int(able.forced.sum()) > able.limit or left.empty:
        return max(lower, target), None, False
    made, scale, base = program(left, able)
    with Highs(clock) as highs:
        found = yield from highs.solve(made, PATIENCE)
    chosen = None
    if found.blocks is not None:
        chosen = left.columns[np.flatnonzero(found.blocks[0] > 0.5)].tolist()
        chosen = chosen if rule.keeps(chosen) and problem.serves(chosen) else None
    if found.status == "infeasible":
        return max(lower, target), chosen, False
    if found.status == "optimal":
        return (
            max(lower, min(target, base + found.bound / scale)),
            chosen,
            chosen is not None and problem.value(chosen) < target,
        )
    return max(lower, min(target, base + found.bound / scale)), chosen, False


def _among(rule: Rule, sites: NDArray[np.int64]) -> list[int]:
    """Return the forced candidates and as many of `sites` as there are among those left and may be added."""
    chosen = rule.start
    for one in np.flatnonzero(np.isin(rule.sites, sites)).tolist():
        if one not in chosen and len(chosen) < rule.limit and rule.addable(chosen)[one]:
            chosen.append(one)
    return chosen


def entries(problem: Median) -> int:
    """Return about how many entries :func:`program` will have."""
    _, prefix, _ = _steps(problem)
    return int(prefix.sum())


def program(left: Remainder, rule: Rule) -> tuple[Program, float, float]:
    """Return the program of a remainder, the scale of its objective, and the cost that is in any case."""
    problem = left.problem
    order, prefix, last = _steps(problem)
    rows, cost, columns = problem.row[order], problem.cost[order], problem.column[order]
    row, level = rows[last], cost[last]
    following = np.append(row[1:] == row[:-1], False)
    ahead = np.where(following, np.append(level[1:], 0.0), problem.cap[row])
    firsts = np.flatnonzero(np.diff(problem.start))
    idle = np.flatnonzero((np.diff(problem.start) == 0) & ~left.must)
    base = problem.base + float(cost[problem.start[firsts]].sum()) + float(problem.cap[idle].sum())
    # distances at which the same candidates are open are one step, whoever takes it
    random = np.random.default_rng(20250117)
    key = random.integers(0, 2**63, size=max(problem.sites, 1), dtype=np.uint64)
    running = np.cumsum(key[columns])
    begin = last - prefix + 1
    name = running[last] - np.where(begin > 0, running[begin - 1], np.uint64(0))
    closing = ~following & left.must[row]
    _, first, group = np.unique(
        np.column_stack([name, prefix.astype(np.uint64)]), axis=0, return_index=True, return_inverse=True
    )
    group = group.ravel()
    price = np.bincount(group, np.where(closing, 0.0, ahead - level), minlength=len(first))
    needed = np.bincount(group, closing, minlength=len(first)) > 0
    size = prefix[first]
    # each row: the candidates up to its level
    start = np.concatenate([[0], np.cumsum(size)])
    spots = np.repeat(begin[first] - start[:-1], size) + np.arange(start[-1])
    reach = sparse.csr_array((np.ones(start[-1]), columns[spots], start), shape=(len(first), problem.sites))
    scale = (
        1.0
        if _whole(price) and float(price.sum()) <= 1e9  # ty: ignore[invalid-argument-type] - weights make it floats
        else 1e6 / max(float(price.sum()) / max(len(rule), 1), 1e-300)
    )
    made = Program()
    y = made.block(np.zeros(len(rule)), rule.forced.astype(float), 1.0, integer=True)
    free = np.flatnonzero(~needed)
    z = made.block(price[free] * scale, 0.0, 1.0, integer=False)
    if len(free):
        made.row({y: reach[free], z: sparse.eye_array(len(free)).tocsr()}, 1.0, np.inf)
    if needed.any():
        made.row({y: reach[np.flatnonzero(needed)]}, 1.0, np.inf)
    made.rule(y, rule)
    return made, scale, base


def _steps(problem: Median) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.intp]]:
    """Return the pairs by demand and cost, how many pairs are up to each level, and where each level ends."""
    order = np.lexsort((problem.cost, problem.row))
    rows, cost = problem.row[order], problem.cost[order]
    q = len(order)
    ends = np.ones(q, bool)
    ends[:-1] = (rows[1:] != rows[:-1]) | (cost[1:] != cost[:-1])
    last = np.flatnonzero(ends)
    return order, last - problem.start[rows[last]] + 1, last


def _whole(values: Floats) -> bool:
    return bool((values == np.rint(values)).all())
