"""Two aims at once: what coverage costs, in sites or yuan, in the worst zone, in the mean walk.

By the ε-constraint method (Haimes, Lasdon & Wismer 1971; Mavrotas 2009): the second aim is made a condition that grows
tighter, the first is solved exactly under it. Coverage and mean walk are weighed against each other instead (Cohon
1978; Aneja & Nair 1979): a p-median in which whoever is left uncovered walks so much farther.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError
from layers.distance import NOISE
from layers.siting.solver import Change, Clock, Instance, Progress, best, reach_counts, reorganise

Sites = NDArray[np.int64]
#: Coverage against: the number of new sites · yuan · the share of the worst zone · the mean walk.
NUMBER, COST, ZONE, WALK = "number", "cost", "zone", "walk"
AIMS = (NUMBER, COST, ZONE, WALK)
#: Of two points that differ by less, relative to the greatest, neither is better.
EVEN = 1e-9
#: Worst zones whose shares are nearer are the same: a step as small as the solver's tolerances says nothing.
FINE = 1e-5
MOST_POINTS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One plan of a front.

    Attributes
    ----------
    sites : ndarray of int64
    weight : float
        Demand weight that it covers.
    other : float
        The other aim: new sites, yuan, share of the worst zone (0 to 1), or mean walk (in the unit of the distances).
    status : str
        ``proved``: under `limit` nothing covers more (for the walk: nothing is better where both are so weighed).
    bound : float or None
        What no plan under the same condition exceeds in coverage; for the walk, what no plan goes below in
        Σ weight × way with `limit` added for everybody who is not covered.
    limit : float
        The condition on the other aim, or the weight of coverage.
    gap : float or None
    """

    sites: Sites
    weight: float
    other: float
    status: str
    bound: float | None
    limit: float
    gap: float | None


def front(
    instance: Instance,
    aim: str = NUMBER,
    zone: NDArray[np.int64] | None = None,
    points: int | None = 12,
    clock: Clock | None = None,
) -> Iterator[tuple[Point, ...]]:
    """Yield the front as it grows: plans of which none is better in both aims, the one that covers most last.

    Parameters
    ----------
    instance : Instance
        ``mclp``; for ``walk`` a ``pmedian`` with a radius. Its number of new sites and its budget are the most.
    aim : str
        The other aim, of :data:`AIMS`.
    zone : ndarray of int64, shape (m,), or None
        For ``zone``: of each demand point; negative: none.
    points : int or None
        So many conditions, evenly apart; None: every point of the front (of the walk: every one that some weighing
        makes best).

    Raises
    ------
    AtlasError
        The aim, the number of points, or the instance cannot be used.
    """
    if aim not in AIMS:
        raise AtlasError(N_("没有“{got}”这种目标：请用 {allowed} 之一。"), got=aim, allowed=", ".join(AIMS))
    if points is not None and not 2 <= points <= MOST_POINTS:
        raise AtlasError(N_("前沿的点数 {got} 不可用：请给 2 到 {high} 的整数。"), got=points, high=MOST_POINTS)
    model = "pmedian" if aim == WALK else "mclp"
    if instance.model != model or instance.capacity is not None or instance.cover != 1:
        raise AtlasError(N_("前沿只用于不限容量、覆盖一次的 mclp（平均步行用 pmedian）。"))
    if not instance.weight.sum() > 0:
        raise AtlasError(N_("需求的权重合计为 0，没有前沿：请检查需求数据。"))
    if aim == ZONE and (zone is None or not (np.asarray(zone) >= 0).any()):
        raise AtlasError(N_("按片区求公平需要片区：请给有需求的片区（如街道）。"))
    if aim == WALK and (instance.radius is None or instance.horizon is not None):
        raise AtlasError(N_("覆盖与平均步行的前沿需要服务半径，且备选点对数在 {limit} 以内。"), limit="30,000,000")
    clock = clock or Clock()
    searches = {NUMBER: _by_number, COST: _by_cost, ZONE: _by_zone, WALK: _by_walk}
    kept: list[Point] = []
    for one in searches[aim](instance, zone, points, clock):
        kept = undominated([*kept, one], aim)
        yield tuple(kept)


def undominated(points: list[Point], aim: str) -> list[Point]:
    """Return the points of which none is better in one aim and no worse in the other, by what they cover."""
    sign = 1.0 if aim == ZONE else -1.0  # more of the worst zone is better, of the others less
    scale = max((abs(one.weight) for one in points), default=1.0) or 1.0
    unit = max((abs(one.other) for one in points), default=1.0) or 1.0
    order = sorted(points, key=lambda one: (-one.weight, -sign * one.other))
    kept: list[Point] = []
    for one in order:
        if not kept or (sign * one.other > sign * kept[-1].other + EVEN * unit and one.weight <= kept[-1].weight):
            if kept and abs(one.weight - kept[-1].weight) <= EVEN * scale:
                kept.pop()
            kept.append(one)
    return kept[::-1]


def _covered(instance: Instance, sites: Sites) -> float:
    return float(instance.weight[reach_counts(instance, sites, instance.radius) >= 1].sum())


def _seconds(clock: Clock, left: int) -> float | None:
    return max(0.05, clock.left / max(left, 1)) if np.isfinite(clock.left) else None


def _solved(instance: Instance, clock: Clock, left: int) -> Progress | None:
    found = best(instance, _seconds(clock, left), clock.seed)
    return None if found.objective is None or found.status == "infeasible" else found


def _by_number(
    instance: Instance,
    zone: NDArray[np.int64] | None,  # noqa: ARG001 - as every aim
    points: int | None,
    clock: Clock,
) -> Iterator[Point]:
    least = int((instance.forced & ~instance.existing).sum())
    most = int(instance.free.sum()) if instance.new is None else min(instance.new, int(instance.free.sum()))
    tried = np.arange(least, most + 1)
    if points is not None and len(tried) > points:
        tried = np.unique(np.rint(np.linspace(least, most, points)).astype(int))
    for at, count in enumerate(tried):
        if clock.over() and at:
            return
        found = _solved(instance.having(new=int(count)), clock, len(tried) - at)
        if found is not None:
            weight = _covered(instance, found.sites)
            yield Point(
                found.sites, weight, float(len(found.sites)), found.status, found.bound, float(count), found.gap
            )


def _by_cost(
    instance: Instance,
    zone: NDArray[np.int64] | None,  # noqa: ARG001 - as every aim
    points: int | None,
    clock: Clock,
) -> Iterator[Point]:
    free = instance.free
    if not (instance.cost[free] > 0).any():
        raise AtlasError(N_("备选点都没有费用，没有费用的前沿：请给 --cost 或备选点的 cost 列。"))
    most = float(instance.cost[free].sum()) if instance.budget is None else float(instance.budget)
    if instance.budget is None and instance.new is not None:
        most = float(np.sort(instance.cost[free])[::-1][: instance.new].sum())
    step = most / (points - 1) if points is not None else 0.0
    budget, at, done = most, 0, 0
    while budget >= 0:
        # where nothing is cheap enough to be built, building nothing is a plan too
        able = (instance.cost[free] <= budget).any() or instance.forced.any()
        asked = instance.having(budget=budget) if able else instance.having(budget=None, new=0)
        found = _solved(asked, clock, (points or MOST_POINTS) - done)
        if found is None:
            return
        spent, weight = float(instance.cost[found.sites].sum()), _covered(instance, found.sites)
        yield Point(found.sites, weight, spent, found.status, found.bound, budget, found.gap)
        done += 1
        if spent <= 0 or clock.over():
            return
        if points is None:
            budget = spent * (1 - 1e-7)
        else:
            at = max(at + 1, int(np.ceil((most - spent) / step)) if step else at + 1)
            budget = max(most - at * step, 0.0) if at < points else -1.0


def _by_zone(instance: Instance, zone: NDArray[np.int64] | None, points: int | None, clock: Clock) -> Iterator[Point]:
    zone = np.asarray(zone)
    known = zone >= 0
    total = np.bincount(zone[known], instance.weight[known])

    def worst_of(sites: Sites) -> float:
        on = known & (reach_counts(instance, sites) >= 1)
        reached = np.bincount(zone[on], instance.weight[on], len(total))
        return float((reached[total > 0] / total[total > 0]).min())

    free = _solved(instance, clock, points or MOST_POINTS)
    if free is None or free.objective is None:
        return
    first = Point(free.sites, free.objective, worst_of(free.sites), free.status, free.bound, 0.0, free.gap)
    yield first
    most = first.bound

    def asked(share: float, left: int) -> Point | None:
        nonlocal most
        change = Change(zone=zone, zone_share=min(share, 1.0), upgrade=0)
        last = deque(reorganise(instance, change, Clock(_seconds(clock, left), seed=clock.seed)), maxlen=1)[0]
        if last.objective is None or last.status == "infeasible":
            return None
        # a tighter condition has no greater optimum than a looser one
        most = min((one for one in (last.bound, most) if one is not None), default=None)
        apart = None if most is None or not last.objective else max(most - last.objective, 0.0) / last.objective
        status = "proved" if apart is not None and apart <= EVEN else last.status
        gap = 0.0 if status == "proved" else apart
        return Point(last.opened, last.objective, worst_of(last.opened), status, most, share, gap)

    if points is None:
        found: Point | None = first
        while found is not None and found.other < 1 - FINE and not clock.over():
            found = asked(found.other + FINE, MOST_POINTS)
            if found is not None:
                yield found
        return
    top, fair = first.other, Change(aim="fair", zone=zone, upgrade=0)
    for one in reorganise(instance, fair, Clock(_seconds(clock, points - 1), seed=clock.seed)):
        if one.objective is not None:
            top = max(top, one.objective)
            if one.bound is not None and one.bound <= one.objective + FINE:
                break  # the worst cannot be raised further; the others are not asked for
    reached = first.other
    for at, share in enumerate(np.linspace(first.other, top, points)[1:], 2):
        if share <= reached + EVEN:
            continue
        if clock.over():
            return
        found = asked(float(share) * (1 - NOISE), points - at + 1)
        if found is None:
            return
        reached = found.other
        yield found


def _by_walk(
    instance: Instance,
    zone: NDArray[np.int64] | None,  # noqa: ARG001 - as every aim
    points: int | None,
    clock: Clock,
) -> Iterator[Point]:
    total = float(instance.weight.sum())
    beyond = instance.pairs.distance > (instance.radius or 0.0) * (1 + NOISE)
    done = 0

    def asked(farther: float) -> Point | None:
        """Return the best plan where everybody who is not covered goes so much farther."""
        nonlocal done
        ways = instance.pairs.distance + np.where(beyond, farther, 0.0)
        pairs = replace(instance.pairs, distance=ways)
        found = _solved(instance.having(pairs=pairs, farther=None), clock, (points or MOST_POINTS) - done)
        done += 1
        if found is None or found.objective is None:
            return None
        weight = _covered(instance, found.sites)
        mean = (found.objective - farther * (total - weight)) / total
        return Point(found.sites, weight, mean, found.status, found.bound, farther, found.gap)

    longest = float(instance.pairs.distance.max(initial=0.0))
    light = float(instance.weight[instance.weight > 0].min())
    # so much that no walk saved makes up for the lightest point uncovered
    ends = asked(0.0), asked(min(2 * total * longest / light + 1.0, 1e6 * longest + 1.0))
    yield from (one for one in ends if one is not None)
    if ends[0] is None or ends[1] is None:
        return
    between = deque([(ends[0], ends[1])])
    while between and not clock.over() and (points is None or done < points):
        low, high = between.popleft()
        if high.weight - low.weight <= EVEN * total or high.other - low.other <= 0:
            continue
        # where both are worth the same
        farther = (high.other - low.other) * total / (high.weight - low.weight)
        found = asked(farther)
        if found is None:
            return
        line = low.other * total + farther * (total - low.weight)
        if found.other * total + farther * (total - found.weight) < line - 1e-7 * max(line, 1.0):
            yield found
            between += [(low, found), (found, high)]
