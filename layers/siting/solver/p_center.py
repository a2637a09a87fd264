"""The search for p-centers: which radius can still be kept (Minieka 1970), by bisection over the distances that occur.

Whether a radius can be kept is first asked for a few demand points only, and
those that an answer leaves out are added until it leaves out none (Chen & Chen
2009, *Computers & Operations Research* 36(5); Contardo, Iori & Kramer 2019,
*Computers & Operations Research* 103): a few dozen points decide for
thousands, and a radius that they rule out is ruled out for good.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.distance import row_min
from layers.siting.solver.constraints import Rule
from layers.siting.solver.covering import fewest
from layers.siting.solver.heuristic import complete, greedy, pruned
from layers.siting.solver.highs import Highs
from layers.siting.solver.instance import Instance
from layers.siting.solver.progress import Clock, Step
from layers.siting.solver.reduction import Cover, merged

Floats = NDArray[np.float64]
#: When more than this share of the demand is asked for, all of it is.
MOST = 0.5
#: The search for a start ends when the radii between the one that it keeps and the one that it does not are so near.
NARROW = 1.01


def cover_at(instance: Instance, rule: Rule, radius: float, rows: NDArray[np.intp] | None = None) -> Cover | None:
    """Return the covering problem of one radius; None when a demand point is out of everyone's reach.

    Parameters
    ----------
    rows : ndarray of int or None
        The demand points to look at; None: all.
    """
    pairs = instance.pairs if rows is None else instance.pairs.of(rows)
    pairs = pairs.kept(pairs.distance <= radius)
    matrix = sparse.csr_array((np.ones(len(pairs.site)), pairs.site, pairs.start), shape=(pairs.demands, pairs.sites))
    left = matrix[np.flatnonzero(matrix @ instance.existing.astype(float) == 0)][:, rule.sites]
    if (np.diff(left.indptr) == 0).any():
        return None
    ones = np.ones(left.shape[0])
    return merged(left, ones, ones, ones.astype(np.int64), 0.0)


def center(instance: Instance, clock: Clock) -> Generator[Step]:
    """Yield answers and lower bounds of a p-center problem."""
    rule, pairs = Rule.of(instance), instance.pairs
    stand = pairs.nearest(instance.existing)
    usable = np.zeros(pairs.sites, bool)
    usable[rule.sites] = True
    usable |= instance.existing
    least = float(row_min(np.where(usable[pairs.site], pairs.distance, np.inf), pairs.start).max())
    most = float(stand.max())  # what stands is an answer when it reaches everybody
    levels = np.unique(pairs.distance[(pairs.distance >= least) & (pairs.distance <= most) & usable[pairs.site]])
    best: NDArray[np.int64] | None = None
    if np.isfinite(most) and rule.keeps(rule.start):
        best = rule.sites[rule.start]
        yield Step("greedy", best, bound=least)
    trial = _farthest_first(instance, rule)
    if trial is not None:
        reached = float(_ways(instance, stand, rule.sites[trial])[0].max())
        if reached < most:
            best, most = rule.sites[trial], reached
            yield Step("greedy", best, bound=least)
    price = np.ones(len(rule))
    # levels below `low` cannot be kept, level `high` can (or is one beyond the last)
    low, high = 0, len(levels) if best is None else int(np.searchsorted(levels, most))
    while low < high and not (clock.over() or (best is not None and levels[high] < NARROW * levels[low])):
        middle = (low + high) // 2
        cover = cover_at(instance, rule, float(levels[middle]))
        chosen = [] if cover is None else pruned(cover, rule, greedy(cover, rule, until_covered=True), price)
        if cover is not None and complete(cover, chosen) and rule.keeps(chosen):
            best = rule.sites[chosen]
            high = int(np.searchsorted(levels, _ways(instance, stand, best)[0].max()))
            yield Step("greedy", best, bound=least)
        else:
            low = middle + 1
    low = 0
    yield Step("interchange", best, bound=least)
    asked = _beyond(_ways(instance, stand, best if best is not None else rule.sites[rule.start]), 0.0)
    with Highs(clock) as highs:
        while low < high and not clock.over():
            middle = (low + high) // 2
            kept = yield from _keeps(instance, rule, asked, float(levels[middle]), clock, highs)
            if kept is None:
                return
            if kept is _IMPOSSIBLE:
                low = middle + 1
            else:
                ways = _ways(instance, stand, rule.sites[kept])
                reached = int(np.searchsorted(levels, ways[0].max()))
                if reached < high:
                    best, high = rule.sites[kept], reached
                if reached > middle:  # it serves those that were asked for, not all
                    asked = np.union1d(asked, _beyond(ways, float(levels[middle])))
                    asked = asked if len(asked) < MOST * pairs.demands else np.arange(pairs.demands)
            bound = float(levels[low]) if low < len(levels) else None
            yield Step("exact", best, bound=bound if best is not None or low < len(levels) else None)
    if low >= high:
        yield Step("done", best, done=True)


_IMPOSSIBLE: NDArray[np.intp] = np.empty(0, np.intp)


def _keeps(
    instance: Instance, rule: Rule, asked: NDArray[np.intp], radius: float, clock: Clock, highs: Highs
) -> Generator[Step, None, NDArray[np.intp] | None]:
    """Decide whether an allowed choice serves the demand `asked` within `radius`;
    returns it, the mark, or None (not known).
    """
    cover = cover_at(instance, rule, radius, asked)
    if cover is None:
        return _IMPOSSIBLE
    if not len(cover.need) and rule.keeps(rule.start):
        return np.asarray(rule.start, np.intp)
    place = {int(site): k for k, site in enumerate(rule.sites)}
    search = fewest(cover, rule, np.ones(len(rule)), clock, highs)
    while True:
        try:
            step = next(search)
        except StopIteration as end:
            found = end.value
            break
        if step.sites is not None:
            search.close()
            return np.array([place[int(one)] for one in step.sites], np.intp)
        if step.done or (step.bound is not None and step.bound > rule.limit + 1e-6):
            search.close()
            return _IMPOSSIBLE
        yield Step("exact", waiting=step.waiting)
    if found is not None and found[0] is not None:
        return np.asarray(found[0], np.intp)
    return None


def _farthest_first(instance: Instance, rule: Rule) -> list[int] | None:
    """Return the choice that always adds the site nearest to whoever has farthest to go (Gonzalez 1985);
    None when none keeps the rule.
    """
    pairs, chosen = instance.pairs, rule.start
    there = instance.existing.copy()
    there[rule.sites[chosen]] = True
    nearest = pairs.nearest(there)
    place = np.full(pairs.sites, -1)
    place[rule.sites] = np.arange(len(rule))
    while len(chosen) < rule.limit:
        last = int(np.argmax(nearest))
        mine = slice(int(pairs.start[last]), int(pairs.start[last + 1]))
        at = place[pairs.site[mine]]
        able = np.flatnonzero((at >= 0) & rule.addable(chosen)[at])
        able = able[pairs.distance[mine][able] < nearest[last]]
        if not len(able):
            break
        chosen.append(int(at[able[np.argmin(pairs.distance[mine][able])]]))
        there = np.zeros(pairs.sites, bool)
        there[rule.sites[chosen[-1]]] = True
        nearest = np.minimum(nearest, pairs.nearest(there))
    return chosen if rule.keeps(chosen) else None


def _ways(instance: Instance, stand: Floats, sites: NDArray[np.int64]) -> tuple[Floats, NDArray[np.intp]]:
    """Return how far each demand point has to go to what stands and `sites`, and which of these it goes to."""
    nearest, to = np.full(len(stand), np.inf), np.full(len(stand), -1)
    for one in sites.tolist():
        there = np.zeros(instance.pairs.sites, bool)
        there[one] = True
        way = instance.pairs.nearest(there)
        nearer = way < nearest
        nearest[nearer], to[nearer] = way[nearer], one
    return np.minimum(stand, nearest), np.where(stand <= nearest, -1, to)


def _beyond(ways: tuple[Floats, NDArray[np.intp]], radius: float) -> NDArray[np.intp]:
    """Return the demand beyond `radius`, the farthest that goes to each site."""
    far, to = ways
    order = np.argsort(-far, kind="stable")
    order = order[far[order] > radius]
    _, first = np.unique(to[order], return_index=True)
    return np.sort(order[first])
