"""The p-median problem reduced, its first answers (greedy, interchange) and its Lagrangian bound.

Cornuéjols, Fisher & Nemhauser (1977), *Management Science* 23(8), relax the
rows that give each demand one site; Resende & Werneck (2004) say how all
exchanges are weighed in one pass over the pairs.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from layers.distance import row_min
from layers.siting.solver.constraints import Rule
from layers.siting.solver.instance import Instance
from layers.siting.solver.progress import SAME, Clock

Floats = NDArray[np.float64]
LEAST_STEP, EVERY, KICKS = 2e-4, 15, 12
ROUNDS, PATIENCE = 900, 15
#: Greedy adding counts the savings of changed demand alone where this is less than one part in so many.
PART = 8


@dataclass(frozen=True, slots=True, eq=False)
class Median:
    """A median problem after reduction: only pairs shorter than the way to what stands.

    Attributes
    ----------
    row, column : ndarray of int32, shape (q,)
        Demand and candidate of each pair, ordered by demand.
    start : ndarray of int64
        Where each demand's pairs begin.
    cost : ndarray of float64, shape (q,)
        Weight × distance.
    cap : ndarray of float64
        Cost of each demand when no new site serves it.
    penalty : ndarray of bool
        Whether `cap` only stands for "cannot be".
    base : float
        Cost of the demand that no candidate could serve better.
    """

    row: NDArray[np.int32]
    column: NDArray[np.int32]
    start: NDArray[np.int64]
    cost: Floats
    cap: Floats
    penalty: NDArray[np.bool_]
    base: float
    sites: int

    @classmethod
    def of(cls, instance: Instance, rule: Rule) -> Self:
        """Return the reduced problem of an instance."""
        pairs, weight = instance.pairs, instance.weight
        place = np.full(pairs.sites, -1, np.int32)
        place[rule.sites] = np.arange(len(rule), dtype=np.int32)
        stand = pairs.nearest(instance.existing)
        if instance.horizon is not None:
            # whoever goes beyond the pairs that are known goes at least so far: less than any answer costs, never more
            stand = np.minimum(stand, instance.horizon)
        penalty = np.isinf(stand)
        far = 2.0 * float(pairs.distance.max(initial=0.0)) + 1.0
        cap = weight * np.where(penalty, far, stand)
        owner = pairs.demand()
        cost = weight[owner] * pairs.distance
        mask = (place[pairs.site] >= 0) & (cost < cap[owner]) & (weight[owner] > 0)
        running = np.concatenate([[0], np.cumsum(mask)])[pairs.start]
        busy = np.flatnonzero(np.diff(running))
        idle_cost = cap.copy()
        idle_cost[busy] = 0.0
        start = np.append(running[busy], running[-1])
        return cls(
            np.repeat(np.arange(len(busy), dtype=np.int32), np.diff(start)),
            place[pairs.site[mask]],
            start,
            cost[mask],
            cap[busy],
            penalty[busy],
            float(idle_cost.sum()),
            len(rule),
        )

    def value(self, chosen: NDArray[np.intp] | list[int]) -> float:
        """Return the cost of `chosen`; one that leaves demand unserved costs more than any that serves all."""
        costs = self.costs(chosen)
        lost = int((self.penalty & (costs >= self.cap)).sum())
        return self.base + float(costs.sum()) + (lost * (float(self.cap.sum()) + 1.0) if lost else 0.0)

    def costs(self, chosen: NDArray[np.intp] | list[int]) -> Floats:
        """Return the cost of each demand with `chosen`."""
        there = np.zeros(self.sites, bool)
        there[chosen] = True
        return np.minimum(self.cap, row_min(np.where(there[self.column], self.cost, np.inf), self.start))

    def saved(self, now: Floats, rows: NDArray[np.int32] | None = None) -> Floats:
        """Return what each candidate would save of the costs `now`, of all demand or of `rows`."""
        if rows is None:
            saved = now[self.row] - self.cost
            active = np.flatnonzero(saved > 0)
            column = self.column[active]
        else:
            size = self.start[rows + 1] - self.start[rows]
            spots = np.repeat(self.start[rows] - (np.cumsum(size) - size), size) + np.arange(int(size.sum()))
            saved = np.repeat(now[rows], size) - self.cost[spots]
            active = np.flatnonzero(saved > 0)
            column = self.column[spots[active]]
        return np.bincount(column, saved[active], minlength=self.sites)  # ty: ignore[invalid-explicit-return] - weights make it floats

    def serves(self, chosen: NDArray[np.intp] | list[int]) -> bool:
        """Return whether every demand has a site that it can reach."""
        return not (self.penalty & (self.costs(chosen) >= self.cap)).any()

    def reduced(self, keep: NDArray[np.bool_], columns: NDArray[np.intp], cap: Floats) -> Self:
        """Return the problem with the pairs of `keep` and the candidates `columns` only."""
        place = np.full(self.sites, -1, np.int32)
        place[columns] = np.arange(len(columns), dtype=np.int32)
        keep = keep & (place[self.column] >= 0)
        start = np.concatenate([[0], np.cumsum(keep)])[self.start]
        return replace(
            self,
            row=self.row[keep],
            column=place[self.column[keep]],
            start=start,
            cost=self.cost[keep],
            cap=cap,
            sites=len(columns),
        )


def greedy(problem: Median, rule: Rule, by_cost: bool = False) -> list[int]:
    """Return a choice made by always adding the candidate that saves most (per yuan, if `by_cost`)."""
    chosen = rule.start
    now = problem.costs(chosen)
    allowed = rule.addable(chosen)
    gain = problem.saved(now)
    while len(chosen) < rule.limit and allowed.any():
        worth = gain / np.maximum(rule.cost, 1e-9) if by_cost else gain
        pick = int(np.argmax(np.where(allowed, worth, -1.0)))
        if gain[pick] <= 0:
            break
        chosen.append(pick)
        mine = np.flatnonzero(problem.column == pick)
        mine = mine[problem.cost[mine] < now[problem.row[mine]]]
        rows = problem.row[mine]
        if PART * len(rows) < len(now):  # only what changes is counted anew
            gain -= problem.saved(now, rows)
            now[rows] = problem.cost[mine]
            gain += problem.saved(now, rows)
        else:
            now[rows] = problem.cost[mine]
            gain = problem.saved(now)
        allowed[pick] = False
        if not rule.plain:
            allowed = rule.addable(chosen)
    return chosen


def interchange(problem: Median, rule: Rule, chosen: list[int], clock: Clock, rounds: int = 2000) -> list[int]:
    """Return a choice at least as good: the best exchange (or addition) of all, again and again."""
    chosen = list(chosen)
    f, value = problem.sites, problem.value(chosen)
    for _ in range(rounds):
        if clock.over() or not f:
            break
        order = np.full(f, -1)
        order[chosen] = np.arange(len(chosen))
        p = len(chosen)
        near, first, second = _two_nearest(problem, order)
        active = np.flatnonzero(problem.cost < second[problem.row])
        rows, columns, cost = problem.row[active], problem.column[active], problem.cost[active]
        one, two, owner = first[rows], second[rows], near[rows]
        gain = np.bincount(columns, np.maximum(one - cost, 0.0), minlength=f)
        held = owner >= 0
        extra = np.bincount(
            owner[held] * f + columns[held], (two - np.maximum(one, cost))[held], minlength=p * f
        ).reshape(p, f)
        served = near >= 0
        loss = np.bincount(near[served], (second - first)[served], minlength=p)
        profit = (gain[None, :] + extra - loss[:, None]).astype(np.float64)
        for position, leaving in enumerate(chosen):
            if rule.forced[leaving]:
                profit[position] = -np.inf
            elif not rule.plain:
                profit[position, ~rule.addable([one for one in chosen if one != leaving])] = -np.inf
        profit[:, chosen] = -np.inf
        best, swap = -np.inf, None
        if p:
            at = int(np.argmax(profit))
            best, swap = float(profit.flat[at]), (chosen[at // f], at % f)
        if p < rule.limit:
            added = np.where(rule.addable(chosen), gain, -np.inf)
            at = int(np.argmax(added))
            if added[at] > 0 and added[at] >= best:
                best, swap = float(added[at]), (None, at)
        if swap is None or best <= SAME * max(value, 1e-300):
            break
        trial = [one for one in chosen if one != swap[0]] + [swap[1]]
        reached = problem.value(trial)
        if reached >= value:
            break
        chosen, value = trial, reached
    return chosen


def kicks(problem: Median, rule: Rule, chosen: list[int], clock: Clock) -> list[int]:
    """Return the best of some repeated searches, each after a few sites have been exchanged at random."""
    random = np.random.default_rng(clock.seed)
    best, value = list(chosen), problem.value(chosen)
    for _ in range(KICKS):
        movable = [one for one in best if not rule.forced[one]]
        if len(movable) < 2 or clock.over():
            break
        out = set(random.choice(movable, size=min(max(2, len(movable) // 4), len(movable)), replace=False).tolist())
        trial = [one for one in best if one not in out]
        for _ in out:
            addable = np.flatnonzero(rule.addable(trial))
            if len(addable):
                trial.append(int(random.choice(addable)))
        trial = interchange(problem, rule, trial, clock)
        if problem.value(trial) < value:
            best, value = trial, problem.value(trial)
    return best


def _two_nearest(problem: Median, order: NDArray[np.intp]) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Return per demand which chosen site serves it (−1: what stands), and its cheapest and second cheapest cost."""
    first, second, near = problem.cap.copy(), problem.cap.copy(), np.full(len(problem.cap), -1)
    mine = np.flatnonzero(order[problem.column] >= 0)
    if not len(mine):
        return near, first, second
    rows, cost, place = problem.row[mine], problem.cost[mine], order[problem.column[mine]]
    # rows come in order: least values by stretches, without sorting
    begins = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
    head, size = rows[begins], np.diff(np.append(begins, len(rows)))
    first[head] = np.minimum.reduceat(cost, begins)
    near[head] = np.minimum.reduceat(np.where(cost == np.repeat(first[head], size), place, problem.sites), begins)
    rest = np.minimum.reduceat(np.where(place == np.repeat(near[head], size), np.inf, cost), begins)
    second[head] = np.minimum(second[head], rest)
    return near, first, second


def picked(problem: Median, rule: Rule, relaxed: Relaxed, worst: float, clock: Clock, rounds: int) -> list[int] | None:
    """Return the choice that a bound suggests, improved;
    None when it is not allowed, dearer than `worst` or serves not all.
    """
    chosen = np.flatnonzero(relaxed.chosen).tolist()
    if not rule.keeps(chosen) or not problem.value(chosen) < worst:
        return None
    chosen = interchange(problem, rule, chosen, clock, rounds)
    return chosen if problem.serves(chosen) else None


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """A state of the relaxation; see :class:`layers.siting.solver.covering_bound.Relaxed`."""

    bound: float
    multipliers: Floats
    loss: Floats
    chosen: NDArray[np.bool_]
    last: bool


def relax(
    problem: Median,
    rule: Rule,
    target: float,
    clock: Clock,
    multipliers: Floats,
    rounds: int | None = None,
    theta: float = 1.0,
    patience: int = PATIENCE,
) -> Generator[Relaxed, float | None]:
    """Yield ever better lower bounds on the cost of an allowed choice; ``send`` a better `target`."""
    rounds = ROUNDS if rounds is None else rounds
    cap = problem.cap
    v = np.clip(multipliers, 0.0, cap)
    size = cap / max(float(cap.max(initial=0.0)), 1e-300)
    size = np.maximum(size, 1e-3)
    idle, best = 0, None
    ceiling = None
    momentum = np.zeros(len(cap))
    noise = SAME * max(target, 1e-300)
    for turn in range(1, rounds + 1):
        if ceiling is None or (v > ceiling).any():
            ceiling = np.minimum(cap, 1.25 * v)
            near = np.flatnonzero(problem.cost < ceiling[problem.row])
            rows, columns, cost = problem.row[near], problem.column[near], problem.cost[near]
        slack = v[rows] - cost
        active = np.flatnonzero(slack > 0)
        worth = np.bincount(columns[active], slack[active], minlength=problem.sites)
        value, chosen, loss = rule.most(worth)  # ty: ignore[invalid-argument-type] - weights make it floats
        bound = problem.base + float(v.sum()) - value
        better = best is None or bound > best[0]
        idle = 0 if best is None or bound > best[0] + 1e-5 * (target - best[0]) else idle + 1
        if better:
            best = (bound, v, loss, chosen)
        last = target - best[0] <= noise or theta < LEAST_STEP or turn == rounds or clock.over()
        if last or turn % EVERY == 0:
            told = yield Relaxed(*best, last)
            target = min(target, told) if told is not None else target
            if last:
                return
        mine = active[chosen[columns[active]]]
        slope = 1.0 - np.bincount(rows[mine], minlength=len(cap))
        if idle >= patience:
            theta, idle, v = theta * 0.6, 0, best[1]
            momentum[:] = 0.0
            continue
        full = v >= cap
        slope[full] = np.minimum(slope[full], 0.0)
        momentum = slope + 0.5 * momentum
        length = float((size * momentum) @ momentum)
        if length <= 0:
            theta = 0.0
            continue
        v = np.clip(v + theta * max(target - best[0], noise) / length * size * momentum, 0.0, cap)


def between(problem: Median, chosen: list[int]) -> Floats:
    """Return multipliers to start from: half way between the cheapest and the second cheapest open site."""
    order = np.full(problem.sites, -1)
    order[chosen] = np.arange(len(chosen))
    _, first, second = _two_nearest(problem, order)
    return np.minimum((first + second) / 2, 3 * first + 1e-9)
