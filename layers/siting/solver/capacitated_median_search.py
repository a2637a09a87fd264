"""Solve a p-median under capacity: first answers, the bound and its choices, parts anew, then what is left as a whole.

Where a point may be shared, answers are searched for as if it were not, and their sites are then judged as they are.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from layers.siting.solver.capacitated_exchange import exchanged, kicked
from layers.siting.solver.capacitated_median import Problem
from layers.siting.solver.column_generation import MOST, generate
from layers.siting.solver.constraints import Rule
from layers.siting.solver.highs import Highs
from layers.siting.solver.instance import Instance
from layers.siting.solver.lagrangian_bound import Knapsacks, Relaxed, losses, relax
from layers.siting.solver.neighbourhood_search import improve
from layers.siting.solver.p_median import Median, greedy, interchange
from layers.siting.solver.progress import SAME, Clock, Step
from layers.siting.solver.set_partitioning import among, proved
from layers.siting.solver.single_source import exactly
from layers.siting.solver.subset_rows import raised
from layers.siting.solver.transportation import transported

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROUNDS, AGAIN, FIRST_ROUNDS = 1_000, 300, 20
#: Shares of the time that is left: for the bound, for sets, for exchanges, for parts (of more demand than
#: can be solved as a whole: nearly all).
BOUND_PART, GENERATION_PART, EXCHANGE_PART, PARTS_PART, PARTS_OF_MANY = 0.3, 0.1, 0.25, 0.7, 0.95
#: What the bound leaves open is solved by sets of demand where there are no more than so many, in this part of the
#: time; more of them at the end. It is tried again when what is left open has come down to this part.
FEW_SETS, MANY_SETS, SETS_PART, HALF = 10_000, 60_000, 0.05, 0.7
#: Up to so much demand the answer is kicked before its parts, in this part of the time.
KICKED, KICKS_PART = 1_500, 0.2
#: Time for inequalities, as a part of what is left when no part of the answer becomes better; for the sets that they
#: leave, as a part of that.
CUTS_PART, SETS_OF_CUTS = 0.6, 0.5
#: The choice of a bound is tried as an answer once it comes to this share of the best one.
PROMISING = 0.93
#: Up to so many pairs the first sites are those of the problem without capacities.
FEW_PAIRS = 1_000_000
#: A program with more pairs is given to the solver only where no time is set: it would find nothing.
WHOLE_PAIRS = 400_000


class _Best:
    """The best choice, and the best assignment of demand as a whole."""

    def __init__(self, instance: Instance, problem: Problem, clock: Clock) -> None:
        self._instance, self._problem, self._clock = instance, problem, clock
        self._slow, self._seen = 0.0, set()
        #: What two answers differ by at least: 1 where all costs are whole numbers, but for rounding.
        self.least = float(instance.single_source and _all_whole(problem.cost[np.isfinite(problem.cost)]))
        self.chosen: list[int] = []
        self.site: Ints | None = None
        self.cost = np.inf  # of the assignment
        self.sites: list[int] | None = None
        self.value = np.inf  # of the answer

    def offer(self, found: tuple[list[int], Ints] | None) -> bool:
        """Take an assignment if it is allowed and better; return whether the answer is better for it."""
        if found is None or not self._problem.rule.keeps(found[0]) or not self._problem.fits(found[1]):
            return False
        cost = self._problem.total(found[1])
        if cost >= self.cost:
            return False
        self.chosen, self.site, self.cost = list(found[0]), found[1], cost
        if not self._instance.single_source:
            return self.judge(self.chosen, cost)
        self.sites, self.value = self.chosen, cost
        return True

    def judge(self, chosen: list[int], most: float = np.inf) -> bool:
        """Take a choice by what it costs with demand shared, at most `most`; return whether it is better."""
        key = tuple(sorted(int(one) for one in chosen))
        if key in self._seen or not self._problem.rule.keeps(list(key)):
            return False
        self._seen.add(key)
        begun, there, value = self._clock.passed, self._problem.open(list(key)), None
        if self._clock.left >= 4 * self._slow:
            value = transported(
                self._problem.cost[:, there], self._problem.load, self._problem.room[there], max(self._clock.left, 0.1)
            )
            self._slow = max(self._slow, self._clock.passed - begun)
        value = most if value is None and np.isfinite(most) else value
        if value is None or value >= self.value:
            return False
        self.sites, self.value = list(key), value
        return True

    def within(self, bound: float) -> float:
        """Return by how much a better answer lies beyond the bound at most."""
        return self.value - bound + SAME * abs(self.value) - self.least * (1 - 1e-6)

    def reached(self, bound: float) -> float:
        """Return the bound on what answers cost: no more than the best of them."""
        if self.least and np.isfinite(bound):
            bound = max(bound, float(np.ceil(bound - 1e-6)))
        return min(bound, self.value)

    def beaten(self, bound: float) -> bool:
        """Return whether nothing within `bound` is better."""
        return self.sites is not None and self.value - bound <= SAME * max(abs(self.value), abs(bound))

    def step(self, stage: str, bound: float | None = None) -> Step:
        """Return the answer as a step."""
        if self.sites is None:
            return Step(stage, bound=bound)
        assigned = None
        if self._instance.single_source and self.site is not None:
            assigned = np.full(self._instance.pairs.demands, -1)
            assigned[self._problem.rows] = self._problem.columns[self.site]
        return Step(stage, self._problem.rule.sites[self.sites], bound=bound, assigned=assigned)


def _all_whole(cost: Floats) -> bool:
    """Return whether costs are whole numbers, and small enough that sums of them are."""
    return bool(cost.max(initial=0.0) <= 1e6 and np.allclose(cost, np.rint(cost), rtol=1e-14, atol=0.0))


def median(instance: Instance, clock: Clock) -> Generator[Step]:
    """Yield answers and lower bounds of a p-median under capacity."""
    rule = Rule.of(instance)
    problem = Problem.of(instance, rule)
    best, whole = _Best(instance, problem, clock), instance.single_source
    m, n = problem.cost.shape
    if m * n <= FEW_PAIRS:
        plain = Median.of(instance, rule)
        starts = [greedy(plain, rule)]
        if np.isfinite(rule.budget):
            starts.append(greedy(plain, rule, by_cost=True))
        for start in starts:
            best.offer(problem.settled(start, clock))
            if best.sites is None and not instance.single_source:
                best.judge(start)
        yield best.step("greedy", 0.0)
        near = interchange(plain, rule, min(starts, key=plain.value), clock, FIRST_ROUNDS)
        yield best.step("interchange") if best.offer(problem.settled(near, clock)) else Step("interchange")
    else:
        best.offer(problem.settled(problem.scattered(np.random.default_rng(clock.seed)), clock))
        yield best.step("greedy", 0.0)
    sacks = problem.knapsacks(instance.single_source)
    bound, relaxed = 0.0, None
    seconds = BOUND_PART * clock.left
    for relaxed in _bounds(problem, sacks, best, _first_price(problem), clock, ROUNDS, seconds):
        bound = max(bound, best.reached(relaxed.bound))
        # what a poor bound chooses is far from fitting, and long to settle; what the last one chooses is not
        promising = best.site is None or relaxed.last or relaxed.bound > PROMISING * best.value
        changed = promising and best.offer(_from_bound(problem, relaxed, clock))
        if not changed and not instance.single_source and best.site is None:
            changed = best.judge(np.flatnonzero(relaxed.chosen).tolist())
        yield best.step("bound", bound) if changed else Step("bound", bound=bound)
        if best.beaten(bound):
            yield Step("done", done=True)
            return
        if clock.over():
            return
    assert relaxed is not None
    if best.site is not None and whole:
        for again in generate(problem, sacks, relaxed, best.site, clock, clock.passed + GENERATION_PART * clock.left):
            relaxed = again if again.bound > relaxed.bound else relaxed
            bound = max(bound, best.reached(relaxed.bound))
            yield Step("bound", bound=bound)
        if best.beaten(bound):
            yield Step("done", done=True)
            return
    if best.site is not None and best.offer(
        exchanged(problem, sacks, best.chosen, best.site, clock.within(EXCHANGE_PART))
    ):
        yield best.step("interchange", bound)
    with Highs(clock) as highs:
        if best.site is not None:
            if whole and (yield from _by_sets(problem, best, relaxed, clock, highs, SETS_PART, FEW_SETS)):
                return
            if m <= KICKED:
                for found in kicked(problem, best.chosen, best.site, clock.within(KICKS_PART)):
                    if best.offer(found):
                        yield best.step("interchange", bound)
                        if best.beaten(bound):
                            yield Step("done", done=True)
                            return
                    else:
                        yield Step("interchange")
            tried = best.within(relaxed.bound)
            until = (
                np.inf
                if np.isinf(clock.left)
                else clock.passed + (PARTS_PART if m <= MOST else PARTS_OF_MANY) * clock.left
            )
            search = improve(problem, best.chosen, best.site, relaxed, clock, highs, until)
            for found in search:
                if isinstance(found, Step):
                    yield found
                elif best.offer(found):
                    yield best.step("exact", bound)
                    if best.beaten(bound):
                        yield Step("done", done=True)
                        return
                    if whole and best.within(relaxed.bound) < HALF * tried:
                        tried = best.within(relaxed.bound)
                        if (yield from _by_sets(problem, best, relaxed, clock, highs, SETS_PART, FEW_SETS)):
                            return
            if clock.over():
                return
            if whole and (yield from _by_cuts(problem, best, relaxed, clock, highs)):
                return
            if whole and (yield from _by_sets(problem, best, relaxed, clock, highs, 0.5, MANY_SETS)):
                return
            for again in _bounds(problem, sacks, best, relaxed.price, clock, AGAIN, 0.5 * clock.left):
                if again.bound > relaxed.bound:
                    relaxed = again
                    best.offer(_from_bound(problem, again, clock))
                bound = max(bound, best.reached(again.bound))
                yield best.step("bound", bound)
                if best.beaten(bound):
                    yield Step("done", done=True)
                    return
        if clock.over():
            return
        yield from _whole(instance, problem, best, relaxed, bound, clock, highs)


def _by_sets(
    problem: Problem, best: _Best, relaxed: Relaxed, clock: Clock, highs: Highs, part: float, most: int
) -> Generator[Step, None, bool]:
    """Solve the whole by sets where those that may matter are few; returns whether that ended the search."""
    if not problem.rule.plain or len(problem.rows) > MOST:
        return False
    found, ended = yield from proved(problem, relaxed, best.within(relaxed.bound), most, highs, part * clock.left)
    if best.offer(found):
        yield best.step("exact")
    if ended:
        yield Step("done", done=True)
    return ended


def _by_cuts(
    problem: Problem, best: _Best, relaxed: Relaxed, clock: Clock, highs: Highs
) -> Generator[Step, None, bool]:
    """Raise the bound by inequalities, then solve the whole by the sets that they leave; returns whether that ended the
    search.
    """
    if not problem.rule.plain or len(problem.rows) > MOST:
        return False
    until = clock.passed + CUTS_PART * clock.left
    search = raised(problem, relaxed, relaxed.bound + best.within(relaxed.bound), clock, until)
    told = None
    while True:
        try:
            bound, left = search.send(told)
        except StopIteration:
            return False
        told, ended = None, False
        if left is not None and len(left.sets.site) <= MANY_SETS:
            ended = not left.sets.items.any(axis=0).all()
            if not ended:
                limit = SETS_OF_CUTS * max(clock.left if np.isinf(until) else until - clock.passed, 0.1)
                answer, ended = yield from among(problem, left.sets, left.price, highs, limit, left.hit)
                if best.offer(answer):
                    yield best.step("exact")
            told = relaxed.bound + best.within(relaxed.bound), ended
            bound = max(bound, left.target) if ended else bound
        yield Step("bound", bound=best.reached(bound))
        # what is left holds every better answer when it holds those up to the goal
        if best.beaten(best.reached(bound)):
            yield Step("done", done=True)
            return True


def _from_bound(problem: Problem, relaxed: Relaxed, clock: Clock) -> tuple[list[int], Ints] | None:
    """Return the answer that a bound suggests: its sites, and who is in their knapsacks."""
    return problem.settled(np.flatnonzero(relaxed.chosen).tolist(), clock, 6, problem.held(relaxed))


def _bounds(
    problem: Problem, sacks: Knapsacks, best: _Best, start: Floats, clock: Clock, rounds: int, seconds: float
) -> Generator[Relaxed]:
    """Yield the states of the relaxation, which is told of every better answer."""
    target = best.value if np.isfinite(best.value) else 1.2 * float(start.sum())
    search = relax(sacks, problem.rule, target, start, clock, rounds, seconds)
    relaxed = next(search)
    while True:
        yield relaxed
        if relaxed.last:
            return
        relaxed = search.send(best.value if np.isfinite(best.value) else None)


def _first_price(problem: Problem) -> Floats:
    """Return multipliers to begin with: the cost of the site as far off as candidates come to each chosen one."""
    m, n = problem.cost.shape
    if not m or not n:
        return np.zeros(m)
    most = max(1, problem.rule.limit + problem.standing)
    count = min(n - 1, max(1, round(n / most)))
    far = np.partition(problem.cost, count, axis=1)[:, count]
    return np.where(np.isfinite(far), far, np.where(np.isfinite(problem.cost), problem.cost, 0.0).max(axis=1))


def _whole(
    instance: Instance, problem: Problem, best: _Best, relaxed: Relaxed, bound: float, clock: Clock, highs: Highs
) -> Generator[Step]:
    """Solve what the bound leaves open as one program."""
    whole = instance.single_source
    rule = problem.rule
    keep = np.isfinite(problem.cost)
    columns = np.arange(problem.cost.shape[1])
    now = problem
    if np.isfinite(best.value):
        room = best.value - relaxed.bound + SAME * abs(best.value)
        settled = relaxed.loss >= room
        kept = np.flatnonzero(~settled | relaxed.chosen | rule.forced)
        forced = rule.forced | (settled & relaxed.chosen)
        if int(forced.sum()) > rule.limit:
            yield Step("done", done=True)
            return
        if whole:
            keep &= losses(problem.cost, problem.load, problem.standing, relaxed) < room
        columns = np.concatenate([np.arange(problem.standing), problem.standing + kept])
        now = problem.part(np.arange(len(problem.rows)), columns, [])
        now.rule.forced[:] = forced[kept] if len(now.rule) == len(kept) else now.rule.forced
        keep = keep[:, now.columns]
    # of a part its columns say which of the whole they are; those of the whole say which sites
    at = columns if now is problem else now.columns
    if not keep.any(axis=1).all():
        # somebody has nowhere to go that would not cost more than the best answer
        yield Step("done", done=True)
        return
    if int(keep.sum()) > WHOLE_PAIRS and not np.isinf(clock.left):
        return
    value = best.value if np.isfinite(best.value) and best.value > 0 else float(_first_price(problem).sum())
    scale = 1e6 / value if value > 0 else 1.0
    program = now.program(keep, whole, scale)
    if whole:
        found, site = yield from exactly(highs.solve, program, *np.nonzero(keep), now.load, now.room)
    else:
        found, site = (yield from highs.solve(program)), None
    if found.blocks is not None:
        back = (at[now.standing + np.flatnonzero(found.blocks[0] > 0.5)] - problem.standing).tolist()
        if best.judge(back) if not whole else site is not None and best.offer((back, at[site])):
            yield best.step("exact")
    if found.status == "infeasible" or (found.status == "optimal" and best.sites is not None):
        yield Step("done", done=True)
        return
    rest = found.bound / scale
    if np.isfinite(rest) and best.sites is not None:
        yield Step("exact", bound=max(bound, best.reached(rest)))
