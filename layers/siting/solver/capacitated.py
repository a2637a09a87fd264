"""Sites with a capacity: demand is shared out among them, each point's weight as a whole or in parts.

The capacitated models of Current & Storbeck (1988) and Murray & Gerrard
(1997). Demand that may be shared makes what a set of sites can serve a linear
program, and choosing the set a small mixed-integer one; demand that one site
serves as a whole (single source) makes both mixed-integer.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.siting.solver import single_source
from layers.siting.solver.capacitated_median_search import median
from layers.siting.solver.capacitated_service import assigned, least_radius, program_of, served
from layers.siting.solver.constraints import Rule
from layers.siting.solver.heuristic import spans
from layers.siting.solver.highs import Found, Highs
from layers.siting.solver.instance import Instance
from layers.siting.solver.knapsack_bound import relax
from layers.siting.solver.p_center import center
from layers.siting.solver.progress import SAME, Clock, Step

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Linear programs asked per look at an exchange.
ATTEMPTS = 12
#: With more pairs than this the bound by knapsacks is not tried.
MOST_PAIRS = 8_000_000


def fill(instance: Instance, rule: Rule, by_cost: bool = False) -> list[int]:
    """Return a choice made by always adding the site that can still take most of the demand in its reach."""
    pairs = instance.pairs
    matrix = sparse.csr_array(
        (np.arange(len(pairs.site)) + 1, pairs.site, pairs.start), shape=(pairs.demands, pairs.sites)
    )
    columns = matrix.T.tocsr()
    left = instance.weight.copy()

    def take(site: int) -> None:
        mine = spans(columns, np.array([site]))
        demand = columns.indices[mine]
        demand = demand[np.argsort(pairs.distance[columns.data[mine] - 1], kind="stable")]
        room = np.clip(instance.limits[site] - (np.cumsum(left[demand]) - left[demand]), 0.0, None)
        left[demand] -= np.minimum(left[demand], room)

    for site in np.flatnonzero(instance.existing):
        take(int(site))
    chosen = rule.start
    for one in chosen:
        take(int(rule.sites[one]))
    links = sparse.csr_array((np.ones(len(pairs.site)), pairs.site, pairs.start), shape=(pairs.demands, pairs.sites))
    while len(chosen) < rule.limit:
        gain = np.minimum(left @ links, instance.limits)[rule.sites]
        worth = gain / np.maximum(rule.cost, 1e-9) if by_cost else gain
        worth = np.where(rule.addable(chosen), worth, -1.0)
        pick = int(np.argmax(worth)) if len(worth) else -1
        if pick < 0 or worth[pick] <= 0:
            break
        chosen.append(pick)
        take(int(rule.sites[pick]))
    return chosen


def capacitated(instance: Instance, clock: Clock) -> Generator[Step]:
    """Yield answers and bounds of a model with capacities, demand shared or served as a whole."""
    if instance.model == "pmedian":
        yield from median(instance, clock)
        return
    rule = Rule.of(instance)
    if instance.model == "pcenter":
        yield from _center(instance, rule, clock)
        return
    more = instance.model == "mclp"
    price = (
        (rule.cost.copy() if instance.by_cost else np.ones(len(rule)))
        if instance.model == "lscp"
        else np.zeros(len(rule))
    )
    judge = _Judge(instance, rule, price)
    tries = [fill(instance, rule)]
    if np.isfinite(rule.budget):
        tries.append(fill(instance, rule, by_cost=True))
    for one in tries:
        judge.offer(one)
    bound = float(instance.weight.sum()) if more else 0.0
    yield judge.step("greedy", bound)
    relaxed = None
    if len(rule) and len(instance.pairs.site) <= MOST_PAIRS:
        search = relax(
            instance,
            rule,
            judge.value if judge.best is not None else float(price.sum()),
            clock,
            price,
            -0.5 * instance.weight
            if more
            else np.full(len(instance.weight), 0.5 * len(rule) / max(len(instance.pairs.site), 1)),
        )
        relaxed = next(search)
        while True:
            lowest = (
                np.ceil(relaxed.bound - 1e-6) if instance.model == "lscp" and not instance.by_cost else relaxed.bound
            )
            bound = min(bound, lowest) if more else max(bound, lowest)
            found = judge.offer(np.flatnonzero(relaxed.chosen).tolist()) or judge.exchanged(relaxed.worth, clock)
            yield judge.step("bound", bound) if found else Step("bound", bound=bound)
            if relaxed.last or judge.beaten(bound):
                break
            relaxed = search.send(judge.value if judge.best is not None else None)
        search.close()
        if judge.beaten(bound):
            yield Step("done", done=True)
            return
    if clock.over():
        return
    able = rule
    if relaxed is not None and judge.best is not None:
        room = abs(judge.value - relaxed.bound) + SAME * abs(judge.value)
        settled = relaxed.loss >= room
        columns = np.flatnonzero(~settled | relaxed.chosen | rule.forced)
        able = rule.kept(columns, np.flatnonzero((settled & relaxed.chosen) | rule.forced))
        if int(able.forced.sum()) > able.limit:
            yield Step("done", done=True)
            return
    program, scale, i, j = program_of(instance, able, instance.pairs)
    with Highs(clock) as highs:
        if instance.single_source and len(i):
            found, site = yield from single_source.exactly(highs.solve, program, i, j, instance.weight, instance.limits)
        else:
            found, site = (yield from highs.solve(program)), None
    yield from _told(instance, able, found, site, scale, judge, bound)


class _Judge:
    """Keeps the best choice under capacity; what a choice is worth takes a linear program, so none is asked twice."""

    def __init__(self, instance: Instance, rule: Rule, price: Floats) -> None:
        self._instance, self.rule, self._price = instance, rule, price
        self._more = instance.model == "mclp"
        self._seen: set[tuple[int, ...]] = set()
        self.assigned: Ints | None = None
        self.best: list[int] | None = None
        self.value = -np.inf if self._more else np.inf

    @property
    def sites(self) -> NDArray[np.int64] | None:
        """The best choice as sites of the instance."""
        return None if self.best is None else self.rule.sites[self.best]

    def step(self, stage: str, bound: float | None = None) -> Step:
        """Return the best choice as a step."""
        return Step(stage, self.sites, bound=bound, assigned=self.assigned)

    def beaten(self, bound: float) -> bool:
        """Return whether nothing within `bound` is better than the best choice."""
        if self.best is None:
            return False
        room = bound - self.value if self._more else self.value - bound
        return room <= SAME * max(abs(self.value), abs(bound))

    def offer(self, chosen: list[int], site: Ints | None = None) -> bool:
        """Take a choice (with who serves whom, where that is known) if it is allowed and better;
        return whether it was.
        """
        key = tuple(sorted(int(one) for one in chosen))
        if (key in self._seen and site is None) or not self.rule.keeps(list(key)):
            return False
        self._seen.add(key)
        if self._instance.model == "lscp" and float(self._price[list(key)].sum()) >= self.value:
            return False
        sites = self.rule.sites[list(key)]
        if self._instance.single_source:
            found, site = (
                assigned(self._instance, sites)
                if site is None
                else (single_source.worth(self._instance, sites, site), site)
            )
        else:
            found = served(self._instance, sites)
        if found is not None and self._instance.model == "lscp":
            found = float(self._price[list(key)].sum())
        if found is None or (found <= self.value if self._more else found >= self.value):
            return False
        self.best, self.value, self.assigned = list(key), found, site
        return True

    def exchanged(self, worth: Floats, clock: Clock) -> bool:
        """Try to leave one site out (lscp), or to take another one that the bound thinks much of, a few times."""
        if self.best is None:
            return False
        rule, improved = self.rule, False
        movable = sorted((one for one in self.best if not rule.forced[one]), key=lambda one: worth[one])
        entering = [
            one for one in np.argsort(-worth, kind="stable")[: 3 * len(self.best) + 3].tolist() if one not in self.best
        ]
        trials: list[list[int]] = []
        if self._instance.model == "lscp":
            trials = [[one for one in self.best if one != leaving] for leaving in movable[:ATTEMPTS]]
        else:
            for leaving in movable[:3]:
                trials += [[*(one for one in self.best if one != leaving), other] for other in entering[:4]]
            if len(self.best) < rule.limit:
                trials = [[*self.best, other] for other in entering[:4]] + trials
        for trial in trials[:ATTEMPTS]:
            if clock.over():
                break
            if self.offer(trial):
                improved = True
                break
        return improved


def _told(
    instance: Instance, rule: Rule, found: Found, site: Ints | None, scale: float, judge: _Judge, bound: float
) -> Generator[Step]:
    if found.blocks is not None:
        chosen = np.flatnonzero(found.blocks[0] > 0.5)
        if rule.keeps(chosen):
            place = {int(site): k for k, site in enumerate(judge.rule.sites)}
            if judge.offer([place[int(one)] for one in rule.sites[chosen]], site):
                yield judge.step("exact")
    if found.status == "infeasible" or (found.status == "optimal" and judge.best is not None):
        yield Step("done", done=True)
        return
    rest = (-found.bound if instance.model == "mclp" else found.bound) / scale
    if instance.model == "lscp" and not instance.by_cost and np.isfinite(rest):
        rest = float(np.ceil(rest - 1e-6))
    if np.isfinite(rest) and judge.best is not None:
        # what was left out of the program is no better than the best choice
        rest = max(rest, judge.value) if instance.model == "mclp" else min(rest, judge.value)
    if np.isfinite(rest):
        bound = min(bound, rest) if instance.model == "mclp" else max(bound, rest)
    yield Step("exact", bound=bound)


def _center(instance: Instance, rule: Rule, clock: Clock) -> Generator[Step]:
    """Search the least radius: without capacities for a bound, then whatever lies between it and an answer."""
    best, radius, who = None, np.inf, None

    def offer(sites: Ints) -> bool:
        nonlocal best, radius, who
        found, site = assigned(instance, sites) if instance.single_source else (least_radius(instance, sites), None)
        if found is None or found >= radius:
            return False
        best, radius, who = np.sort(sites), found, site
        return True

    yield Step("greedy", best if offer(rule.sites[fill(instance, rule)]) else None, assigned=who)
    lower, free, enough = 0.0, None, clock.passed + clock.left / 3
    for step in center(instance.having(capacity=None), clock):
        free = step.sites if step.sites is not None else free
        lower = lower if step.bound is None else max(lower, step.bound)
        if step.done and free is None:
            yield Step("done", done=True)
            return
        if step.done:
            there = instance.existing.copy()
            there[free] = True
            lower = max(lower, float(instance.pairs.nearest(there).max()))
        yield Step("bound", bound=lower, waiting=step.waiting)
        if clock.passed > enough:
            break
    if free is not None and offer(free):
        yield Step("bound", best, assigned=who)
    usable = instance.existing.copy()
    usable[rule.sites] = True
    levels = np.unique(instance.pairs.distance[usable[instance.pairs.site]])
    low, high = int(np.searchsorted(levels, lower)), int(np.searchsorted(levels, radius))
    with Highs(clock) as highs:
        while low < high:
            if clock.over():
                return
            middle = (low + high) // 2
            pairs = instance.pairs.kept(instance.pairs.distance <= levels[middle])
            program, _, i, j = program_of(instance, rule, pairs)
            site = None
            if instance.single_source and len(i):
                found, site = yield from single_source.exactly(
                    highs.solve, program, i, j, instance.weight, instance.limits
                )
            else:
                found = yield from highs.solve(program)
            if found.status == "lost" or (found.status == "limit" and found.blocks is None):
                return
            chosen = np.flatnonzero(found.blocks[0] > 0.5) if found.blocks is not None else None
            if (
                chosen is not None
                and rule.keeps(chosen)
                and (
                    site is not None
                    if instance.single_source
                    else served(instance, rule.sites[chosen], float(levels[middle])) is not None
                )
            ):
                best, high, who = rule.sites[chosen], middle, site
            elif found.status == "limit":
                return
            else:
                low = middle + 1
            yield Step("exact", best, bound=float(levels[low]) if low < len(levels) else None, assigned=who)
    yield Step("done", best, done=True, assigned=who)
