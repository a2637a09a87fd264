"""p-medians of a plane with more points than pairs can be kept of: ways are measured when they are asked for.

What lies together is first taken as one (Avella, Boccia, Salerno & Vasilyev 2012, *Computers & Operations Research*
39(7)): its answer is settled among all candidates by location and allocation in turn (Cooper 1964), and what its
Lagrangian bound pays for each demand point (Cornuéjols, Fisher & Nemhauser 1977) is where the bound of all begins,
through a level between them.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree  # ty: ignore[missing-module-member] - it is there, from C
from scipy.spatial.distance import cdist

from layers.siting.solver import p_median
from layers.siting.solver.constraints import Rule
from layers.siting.solver.instance import Instance
from layers.siting.solver.p_median_parts import improved
from layers.siting.solver.progress import SAME, Clock, Step

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
#: Points of one block: what is measured at once is a block of demand by a block of candidates.
BLOCK = 256
#: About how many demand points and candidates there are on the levels before the last, per site, of so many sites at
#: least.
LEVELS, FEWEST = (5, 25, 120), 100
#: Nearest candidates of a point on a level, in parts of those that go to one site.
NEAR = 5
#: Exchanges on a level, candidates around a site that Cooper's step tries, and how often it does.
EXCHANGES, AROUND, SETTLINGS = 1_000, 400, 30
#: An exchange weighs every site against every candidate: where these are no more than so many.
WEIGHED = 30_000_000
#: Part of the time that is left for exchanges and for the bound of a level.
SEARCH_PART, BOUND_PART = 0.15, 0.25
#: Of the candidates worth most so many times as many as are chosen share, the best e to this more than the last.
SHARING, STEEP = 5, 2.0
#: Rounds of the relaxation on a level, and its steps.
ROUNDS, FIRST_STEP, SHRINK, PATIENCE, MOMENTUM, LEAST_STEP = 400, 1.0, 0.6, 8, 0.9, 1e-3
#: So many of the nearest candidates of each point, in parts of those that go to one site, are kept where these are no
#: more pairs together; the first answer is exchanged where there are no more sites by candidates; then, per site, so
#: many of the candidates that the bound makes most of.
WIDE, KEPT, FEW_WEIGHED, CORE = 8, 8_000_000, 3_000_000, 5
#: Parts of the time that is left there: for the bound, and for parts of the answer.
LAST_PART, PARTS_PART = 0.4, 0.8
#: On the last level it begins anew, with long steps, as long as that closes this part of the gap.
AGAIN = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Demand and candidates of a plane.

    Attributes
    ----------
    demand, sites : ndarray of float64, shape (m, 2) and (n, 2)
        Where they are, so that a way is as long as the straight line.
    weight, cap : ndarray of float64, shape (m,)
        Weight of the demand, and its way to what stands.
    """

    demand: Floats
    weight: Floats
    cap: Floats
    sites: Floats

    @classmethod
    def of(cls, instance: Instance, rule: Rule) -> Self:
        """Return the plane of an instance that knows where its points lie; of demand that weighs something."""
        assert instance.plane is not None
        demand, sites = instance.plane
        some = np.flatnonzero(instance.weight > 0)
        stand = np.flatnonzero(instance.existing)
        cap = cKDTree(sites[stand]).query(demand[some])[0] if len(stand) else np.full(len(some), np.inf)
        return cls(demand[some], instance.weight[some], np.asarray(cap), sites[rule.sites])

    def ways(self, chosen: Ints | list[int]) -> tuple[Floats, Ints]:
        """Return the way of each demand point to what stands or is chosen, and to which of these (−1: what stands)."""
        if not len(chosen):
            return self.cap, np.full(len(self.cap), -1)
        far, to = cKDTree(self.sites[chosen]).query(self.demand)
        stays = self.cap <= far
        return np.where(stays, self.cap, far), np.where(stays, -1, to)

    def value(self, chosen: Ints | list[int]) -> float:
        """Return Σ weight × way."""
        return float(self.weight @ self.ways(chosen)[0])

    def coarse(self, count: int, fixed: Ints) -> tuple[Self, Ints]:
        """Return about `count` demand points and candidates that stand for all, and which candidates these are.

        Demand of a cell is one point at its centre of gravity; of its candidates the one next to their mean is left,
        and `fixed` come first.
        """
        cells = blocks(self.demand, max(1, -(-len(self.demand) // count)))
        weight = np.array([self.weight[one].sum() for one in cells])
        demand = np.array([self.weight[one] @ self.demand[one] for one in cells]) / weight[:, None]
        cap = np.array([self.weight[one] @ self.cap[one] for one in cells]) / weight
        sites = [fixed]
        for one in blocks(self.sites, max(1, -(-len(self.sites) // count))):
            apart = ((self.sites[one] - self.sites[one].mean(axis=0)) ** 2).sum(axis=1)
            sites.append(one[[int(np.argmin(apart))]])
        some = np.concatenate(sites)
        some = some[np.sort(np.unique(some, return_index=True)[1])]
        return type(self)(demand, weight, cap, self.sites[some]), some

    def near(self, times: int, limit: int) -> int:
        """Return so many times as many candidates as go to one site where `limit` are chosen."""
        return min(len(self.sites), -(-times * len(self.sites) // max(1, limit)))

    def problem(self, near: int) -> p_median.Median:
        """Return the p-median of the `near` nearest candidates of each point: whoever goes farther goes at least as far
        as to the last of them, so that a bound on it is one on the whole.
        """
        n = len(self.sites)
        far, site = cKDTree(self.sites).query(self.demand, k=np.arange(1, near + 1))
        cap = np.minimum(self.cap, far[:, -1] if near < n else 2.0 * far.max() + 1.0)
        keep = far < cap[:, None]
        row = np.repeat(np.arange(len(far), dtype=np.int32), keep.sum(axis=1))
        start = np.concatenate([[0], np.cumsum(keep.sum(axis=1))])
        cost = self.weight[row] * far[keep]
        return p_median.Median(
            row, site[keep].astype(np.int32), start, cost, self.weight * cap, np.zeros(len(cap), bool), 0.0, n
        )


class Tiles:
    """What candidates are worth, measured block by block."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self.rows, self.columns = blocks(plane.demand, BLOCK), blocks(plane.sites, BLOCK)
        self._demand = [plane.demand[one] for one in self.rows]
        self._weight = [plane.weight[one] for one in self.rows]
        self._sites = [plane.sites[one] for one in self.columns]
        low, high = (np.array([edge(one, axis=0) for one in self._demand]) for edge in (np.min, np.max))
        self._low, self._high = low, high
        left, right = (np.array([edge(one, axis=0) for one in self._sites]) for edge in (np.min, np.max))
        between = np.maximum(np.maximum(left[None] - high[:, None], low[:, None] - right[None]), 0.0)
        self._apart = np.hypot(between[..., 0], between[..., 1])

    def worth(self, price: Floats) -> Floats:
        """Return Σ weight × (price − way) of each candidate over the demand whose way to it is shorter than its price.

        Parameters
        ----------
        price : ndarray of float64, shape (m,)
            Per unit of weight.
        """
        found = np.zeros(len(self.plane.sites))
        for k, rows in enumerate(self.rows):
            mine = price[rows]
            for one in np.flatnonzero(self._apart[k] < mine.max()):
                tile = cdist(self._demand[k], self._sites[one])
                np.subtract(mine[:, None], tile, out=tile)
                np.maximum(tile, 0.0, out=tile)
                found[self.columns[one]] += self._weight[k] @ tile
        return found

    def served(self, price: Floats, chosen: Ints, share: Floats) -> Floats:
        """Return what share of `chosen` each demand point has nearer than its price."""
        found, sites = np.empty(len(price)), self.plane.sites[chosen]
        for k, rows in enumerate(self.rows):
            mine = price[rows]
            apart = np.maximum(np.maximum(self._low[k] - sites, sites - self._high[k]), 0.0)
            near = np.flatnonzero(np.hypot(apart[:, 0], apart[:, 1]) < mine.max())
            found[rows] = (cdist(self._demand[k], sites[near]) < mine[:, None]) @ share[near]
        return found


def blocks(xy: Floats, most: int) -> list[Ints]:
    """Return points in groups of at most `most` that lie together, by halving along the longer side."""
    found, rest = [], [np.arange(len(xy))]
    while rest:
        one = rest.pop()
        if len(one) <= most:
            found.append(one)
            continue
        axis = int(np.argmax(np.ptp(xy[one], axis=0)))
        half = len(one) // 2
        order = np.argpartition(xy[one, axis], half)
        rest += [one[order[half:]], one[order[:half]]]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """A state of the relaxation: its bound, what it pays per unit of each demand, and the candidates it chose."""

    bound: float
    price: Floats
    chosen: Ints


def relax(
    plane: Plane, rule: Rule, target: float, price: Floats, clock: Clock, rounds: int = ROUNDS
) -> Generator[Relaxed]:
    """Yield ever better lower bounds on the cost of an allowed choice.

    Parameters
    ----------
    price : ndarray of float64, shape (m,)
        Where to begin.
    """
    tiles, weight = Tiles(plane), plane.weight
    price = np.clip(price, 0.0, plane.cap)
    theta, idle, best = FIRST_STEP, 0, None
    momentum = np.zeros(len(price))
    for _ in range(rounds):
        worth = tiles.worth(price)
        value, there, _ = rule.most(worth)
        chosen = np.flatnonzero(there)
        bound = float(weight @ price) - value
        idle = 0 if best is None or bound > best.bound + 1e-5 * (target - best.bound) else idle + 1
        if best is None or bound > best.bound:
            best = Relaxed(bound, price, chosen)
        yield best
        if target - best.bound <= SAME * target or theta < LEAST_STEP or clock.over():
            return
        if idle >= PATIENCE:
            theta, idle, price = theta * SHRINK, 0, best.price
            momentum[:] = 0.0
            continue
        near, share = _shared(worth, rule)
        slope = 1.0 - tiles.served(price, near, share)
        slope[(price >= plane.cap) & (slope > 0) | (price <= 0) & (slope < 0)] = 0.0
        momentum = slope + MOMENTUM * momentum
        length = float((weight * price * momentum) @ momentum)
        if length <= 0:
            return
        price = np.clip(price + theta * (target - bound) / length * price * momentum, 0.0, plane.cap)


def _shared(worth: Floats, rule: Rule) -> tuple[Ints, Floats]:
    """Return the candidates that are worth most, and how much of each is chosen when those of nearly the same worth
    share (the smoothing of Nesterov 2005, *Mathematical Programming* 103): neighbours are worth the same.
    """
    many = min(len(worth), SHARING * rule.limit)
    near = np.argpartition(-worth, many - 1)[:many]
    ahead = worth[near] - worth[near].min()
    share = np.exp(STEEP * (ahead / max(float(ahead.max()), 1e-300) - 1.0))
    for _ in range(4):
        share = np.minimum(1.0, share * (rule.limit / share.sum()))
    return near, share


def settled(plane: Plane, rule: Rule, chosen: Ints, clock: Clock) -> Ints:
    """Return sites no dearer than `chosen`: each in turn where those who go to it have the shortest ways."""
    tree = cKDTree(plane.sites)
    chosen = np.array(chosen, np.intp)
    around = min(AROUND, len(plane.sites))
    for _ in range(SETTLINGS):
        to, moved = plane.ways(chosen)[1], False
        order = np.argsort(to, kind="stable")
        start = np.searchsorted(to[order], np.arange(len(chosen) + 1))
        for k, site in enumerate(chosen.tolist()):
            mine = order[start[k] : start[k + 1]]
            if rule.forced[site] or not len(mine):
                continue
            weight = plane.weight[mine]
            middle = weight @ plane.demand[mine] / weight.sum()
            able = np.unique(np.append(tree.query(np.vstack([plane.sites[site], middle]), around)[1], site))
            cost = np.zeros(len(able))
            for begin in range(0, len(mine), 10_000):
                some = mine[begin : begin + 10_000]
                cost += plane.weight[some] @ cdist(plane.demand[some], plane.sites[able])
            cost[np.isin(able, chosen) & (able != site)] = np.inf
            here = int(np.searchsorted(able, site))
            best = int(np.argmin(cost))
            if cost[best] < cost[here] * (1 - SAME):
                chosen[k], moved = able[best], True
        if not moved or clock.over():
            break
    return chosen


def median_in_plane(instance: Instance, clock: Clock) -> Generator[Step]:
    """Yield answers and lower bounds of a p-median problem whose points lie in a plane."""
    rule = Rule.of(instance)
    plane = Plane.of(instance, rule)
    if not len(plane.weight):
        yield Step("done", rule.sites[rule.start], 0.0, done=True)
        return
    near = plane.near(WIDE, rule.limit)
    if near * len(plane.demand) <= KEPT:
        yield from _from_nearest(plane, rule, near, clock)
    else:
        yield from _from_coarse(plane, rule, clock)


def _from_nearest(plane: Plane, rule: Rule, near: int, clock: Clock) -> Generator[Step]:
    """Yield answers and lower bounds where the `near` nearest candidates of each point can be kept.

    The bound comes before the answer is made better: what it makes of the candidates says which ones to look at.
    """
    part, some = plane.coarse(LEVELS[0] * max(FEWEST, rule.limit), np.flatnonzero(rule.forced))
    able = rule.kept(some, np.empty(0, np.intp))
    first = part.problem(part.near(NEAR, rule.limit))
    chosen = p_median.greedy(first, able)
    best, value = yield from _offered(plane, rule, some[chosen], np.array(rule.start, np.intp), np.inf, clock)
    if rule.limit * len(able) <= FEW_WEIGHED:
        chosen = p_median.interchange(first, able, chosen, clock.within(SEARCH_PART), EXCHANGES)
        best, value = yield from _offered(plane, rule, some[chosen], best, value, clock)
    problem = plane.problem(near)
    lower, price = 0.0, p_median.between(problem, best.tolist())
    for relaxed in p_median.relax(problem, rule, value, clock.within(LAST_PART), price):
        lower, price = relaxed.bound, relaxed.multipliers
        yield Step("bound", bound=min(lower, value))
    worth = problem.saved(price)
    chosen = min(best, np.flatnonzero(relaxed.chosen), key=problem.value)
    core = np.union1d(chosen, np.argsort(-worth, kind="stable")[: CORE * rule.limit])
    core = np.union1d(core, np.flatnonzero(rule.forced))
    small = problem.reduced(np.ones(len(problem.row), bool), core, problem.cap)
    able, chosen = rule.kept(core, np.empty(0, np.intp)), np.searchsorted(core, chosen).tolist()
    chosen = p_median.interchange(small, able, chosen, clock.within(SEARCH_PART), EXCHANGES)
    best, value = yield from _offered(plane, rule, core[chosen], best, value, clock)
    parts = improved(plane.demand, plane.weight, plane.cap, plane.sites, rule, best, worth, clock.within(PARTS_PART))
    for better in parts:
        value = plane.value(better)
        yield Step("interchange", rule.sites[better])
    while not clock.over():
        before = lower
        for relaxed in p_median.relax(problem, rule, value, clock, price):
            lower, price = max(lower, relaxed.bound), relaxed.multipliers
            yield Step("bound", bound=min(lower, value))
        if lower - before <= AGAIN * (value - lower):
            break


def _from_coarse(plane: Plane, rule: Rule, clock: Clock) -> Generator[Step]:
    """Yield answers and lower bounds where ways are measured when they are asked for."""
    best, value = np.array(rule.start, np.intp), np.inf
    level, price = plane, plane.cap
    size = min(len(plane.demand), len(plane.sites))
    for turn, many in enumerate(LEVELS):
        count = many * max(FEWEST, rule.limit)
        if turn and count >= size:
            break
        part, some = plane.coarse(count, np.flatnonzero(rule.forced))
        able = rule.kept(some, np.empty(0, np.intp))
        problem = part.problem(part.near(NEAR, rule.limit))
        rounds = EXCHANGES if rule.limit * len(able) <= WEIGHED else 0
        if turn:
            chosen, begin = _nearest(part, plane.sites[best]).tolist(), _carried(level, price, part)
        else:
            chosen = p_median.greedy(problem, able)
            begin = p_median.between(problem, chosen) / part.weight
            best, value = yield from _offered(plane, rule, some[chosen], best, value, clock)
        chosen = p_median.interchange(problem, able, chosen, clock.within(SEARCH_PART), rounds)
        best, value = yield from _offered(plane, rule, some[chosen], best, value, clock)
        target = part.value(_nearest(part, plane.sites[best]))
        relaxed = Relaxed(0.0, begin, some[:0])
        for found in relax(part, able, target, begin, clock.within(BOUND_PART)):
            relaxed = found
            yield Step("bound")
        level, price = part, relaxed.price
        chosen = p_median.interchange(problem, able, relaxed.chosen.tolist(), clock.within(SEARCH_PART), rounds)
        best, value = yield from _offered(plane, rule, some[chosen], best, value, clock)
    lower, price = 0.0, _carried(level, price, plane)
    while not clock.over():
        before = lower
        for relaxed in relax(plane, rule, value, price, clock):
            lower, price = relaxed.bound, relaxed.price
            yield Step("bound", bound=min(lower, value))
        if lower - before <= AGAIN * (value - lower):
            break


def _offered(
    plane: Plane, rule: Rule, chosen: Ints, best: Ints, value: float, clock: Clock
) -> Generator[Step, None, tuple[Ints, float]]:
    """Settle a choice and tell it when it is better than the best one; returns the better one and its cost."""
    trial = settled(plane, rule, chosen, clock)
    cost = plane.value(trial)
    if not cost < value or not rule.keeps(trial):
        return best, value
    yield Step("interchange", rule.sites[trial])
    return trial, cost


def _nearest(plane: Plane, places: Floats) -> Ints:
    """Return the candidates nearest to some places."""
    return np.unique(cKDTree(plane.sites).query(places)[1])


def _carried(level: Plane, price: Floats, plane: Plane) -> Floats:
    """Return prices of a level's demand points where those of another one lie, by inverse distance."""
    far, which = cKDTree(level.demand).query(plane.demand, k=np.arange(1, min(4, len(price)) + 1))
    share = 1.0 / (far + 1e-9 * (1.0 + far.max()))
    return (share * price[which]).sum(axis=1) / share.sum(axis=1)
