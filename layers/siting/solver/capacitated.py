"""Sites with a capacity: demand is shared out among them, each point's weight as a whole or in parts.

The capacitated models of Current & Storbeck (1988) and Murray & Gerrard
(1997). Demand that may be shared makes what a set of sites can serve a linear
program, and choosing the set a small mixed-integer one; demand that one site
serves as a whole (single source) makes both mixed-integer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.distance import Pairs
from layers.siting.solver import single_source
from layers.siting.solver.capacitated_median import Problem
from layers.siting.solver.capacitated_median_search import median
from layers.siting.solver.constraints import Rule
from layers.siting.solver.heuristic import spans
from layers.siting.solver.highs import Found, Highs, Program, at_once
from layers.siting.solver.highs_process import milp
from layers.siting.solver.instance import Instance
from layers.siting.solver.knapsack_bound import relax
from layers.siting.solver.p_center import center
from layers.siting.solver.progress import SAME, Clock, Step
from layers.siting.solver.transportation import transported

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
T = TypeVar("T")
#: Linear programs asked per look at an exchange.
ATTEMPTS = 12
#: With more pairs than this the bound by knapsacks is not tried.
MOST_PAIRS = 8_000_000
#: Whom given sites serve as a whole is asked of the solver for so many seconds at most, and of p-medians with so many
#: pairs only where the quick way finds nothing.
SECONDS, FEW_ENTRIES = 2.0, 1_000


def program_of(
    instance: Instance, rule: Rule, pairs: Pairs, fixed: NDArray[np.int64] | None = None, model: str | None = None
) -> tuple[Program, float, Ints, Ints]:
    """Return the program of a capacitated model, the scale of its objective, and demand and site of its second block.

    Parameters
    ----------
    pairs : Pairs
        Who may serve whom.
    fixed : ndarray of int64 or None
        Sites that are built; None: to be chosen.
    """
    model = model or instance.model
    weight, capacity = instance.weight, instance.limits
    place = np.full(pairs.sites, -1)
    place[rule.sites] = np.arange(len(rule))
    owner = pairs.demand()
    # a demand without weight takes no capacity, but lscp and pcenter still want it reached
    usable = instance.existing | (place >= 0)
    if fixed is not None:
        usable = instance.existing.copy()
        usable[fixed] = True
    mask = usable[pairs.site]
    if model in ("mclp", "pmedian"):
        mask &= weight[owner] > 0
    i, j, d = owner[mask], pairs.site[mask], pairs.distance[mask]
    q, m, f = len(i), len(weight), len(rule)
    value = {"mclp": -weight[i], "pmedian": weight[i] * d}.get(model, np.zeros(q))
    total = float(np.abs(value).sum()) if model == "mclp" else float((weight * d.max(initial=0.0)).sum())
    scale = 1.0 if model in ("lscp", "pcenter") or total == 0 else 1e6 / total
    program = Program()
    lower, upper = rule.forced.astype(float), np.ones(f)
    if fixed is not None:
        upper = np.zeros(f)
        upper[place[fixed]] = 1.0
        lower = upper
    price = (rule.cost if instance.by_cost else np.ones(f)) if model == "lscp" else np.zeros(f)
    y = program.block(price, lower, upper, integer=fixed is None)
    x = program.block(value * scale, 0.0, 1.0, integer=instance.single_source)
    asked = np.flatnonzero(weight > 0) if model in ("mclp", "pmedian") else np.arange(m)
    rank = np.full(m, -1)
    rank[asked] = np.arange(len(asked))
    if len(asked):
        share = sparse.csr_array((np.ones(q), (rank[i], np.arange(q))), shape=(len(asked), q))
        program.row({x: share}, -np.inf if model == "mclp" else 1.0, 1.0)
    chosen = np.flatnonzero(place[j] >= 0)
    if len(chosen):
        program.row(
            {
                x: sparse.csr_array((np.ones(len(chosen)), (np.arange(len(chosen)), chosen)), shape=(len(chosen), q)),
                y: sparse.csr_array(
                    (-np.ones(len(chosen)), (np.arange(len(chosen)), place[j[chosen]])), shape=(len(chosen), f)
                ),
            },
            -np.inf,
            0.0,
        )
    finite = np.flatnonzero(np.isfinite(capacity) & (instance.existing | (place >= 0)))
    if len(finite) and q:
        order = np.full(pairs.sites, -1)
        order[finite] = np.arange(len(finite))
        held = np.flatnonzero(order[j] >= 0)
        unit = 1.0 / max(float(weight.max()), 1e-300)
        load = sparse.csr_array((weight[i[held]] * unit, (order[j[held]], held)), shape=(len(finite), q))
        new = np.flatnonzero(place[finite] >= 0)
        room = sparse.csr_array((-capacity[finite[new]] * unit, (new, place[finite[new]])), shape=(len(finite), f))
        stand = np.where(instance.existing[finite], capacity[finite] * unit, 0.0)
        program.row({x: load, y: room}, -np.inf, stand)
    if fixed is None:
        program.rule(y, rule)
    return program, scale, i.astype(np.int64), j.astype(np.int64)


def served(instance: Instance, sites: Ints, radius: float | None = None) -> float | None:
    """Return the objective that `sites` (with those that stand) attain under capacity with demand shared;
    None when they cannot serve.

    ``mclp`` weight served · ``pmedian`` Σ weight × distance · ``lscp``, ``pcenter``
    0 when everybody can be served (within `radius` where given).
    """
    rule = Rule.of(instance)
    pairs = instance.pairs if radius is None else instance.pairs.kept(instance.pairs.distance <= radius)
    if instance.model == "pmedian":
        problem = _only(instance, rule, sites)
        return transported(problem.cost, problem.load, problem.room)
    program, scale, _, _ = program_of(instance, rule, pairs, fixed=sites)
    answer = milp({**program.task(), "seconds": None})
    if answer["status"] != 0:
        return None
    total = float(answer["objective"] or 0.0) / scale
    return -total if instance.model == "mclp" else 0.0


def _only(instance: Instance, rule: Rule, sites: Ints) -> Problem:
    """Return the table of a p-median with no other candidates than `sites`."""
    return Problem.of(instance, rule.kept(np.flatnonzero(np.isin(rule.sites, sites)), np.empty(0, np.intp)))


def assigned(
    instance: Instance, sites: Ints, radius: float | None = None, seconds: float = SECONDS
) -> tuple[float | None, Ints | None]:
    """Return what `sites` attain when each demand is served as a whole, and which site serves each;
    the best that is found in `seconds`.
    """
    rule = Rule.of(instance)
    if instance.model == "pmedian" and len(instance.weight) * (len(sites) + 1) > FEW_ENTRIES:
        problem = _only(instance, rule, sites)
        site = problem.assigned(list(range(len(problem.rule))), Clock(seconds))
        if site is not None and problem.fits(site):
            found = np.full(len(instance.weight), -1)
            found[problem.rows] = problem.columns[site]
            return single_source.worth(instance, sites, found), found
    if instance.model == "pcenter" and radius is None:
        least = _least(instance, sites, lambda level: assigned(instance, sites, level, seconds)[1])
        return (None, None) if least is None else least
    pairs = instance.pairs if radius is None else instance.pairs.kept(instance.pairs.distance <= radius)
    program, _, i, j = program_of(instance, rule, pairs, fixed=sites)

    def here(asked: Program) -> Generator[Step, None, Found]:
        return at_once(asked, seconds)
        yield

    if not len(i):
        nobody = np.full(len(instance.weight), -1)
        return single_source.worth(instance, sites, nobody), nobody
    found, site = ended(single_source.exactly(here, program, i, j, instance.weight, instance.limits))
    if site is None:
        return None, None
    return single_source.worth(instance, sites, site), site


def ended(steps: Generator[Step, None, T]) -> T:
    """Run a search to its end and return its result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def least_radius(instance: Instance, sites: Ints) -> float | None:
    """Return the least greatest distance at which `sites` can serve everybody under capacity with demand shared."""
    found = _least(instance, sites, lambda level: served(instance, sites, level))
    return None if found is None else found[0]


def _least(instance: Instance, sites: Ints, able: Callable[[float], T | None]) -> tuple[float, T] | None:
    """Return the least distance at which `able` gives something, and what it gives."""
    there = instance.existing.copy()
    there[sites] = True
    levels = np.unique(instance.pairs.distance[there[instance.pairs.site]])
    # nobody can go less far than to the nearest of them
    low, high = int(np.searchsorted(levels, instance.pairs.nearest(there).max())), len(levels)
    best = None
    if low < high and (found := able(float(levels[low]))) is not None:
        return float(levels[low]), found
    while low < high:
        middle = (low + high) // 2
        found = able(float(levels[middle]))
        if found is None:
            low = middle + 1
        else:
            best, high = (float(levels[middle]), found), middle
    return best


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
