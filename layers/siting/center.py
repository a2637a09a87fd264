"""The search for p-centers: which radius can still be kept (Minieka 1970), by bisection over the distances that occur."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.siting.covering import fewest
from layers.siting.exact import Highs
from layers.siting.heuristic import complete, greedy, pruned
from layers.siting.instance import Instance
from layers.siting.pairs import row_min
from layers.siting.progress import Clock, Step
from layers.siting.reduce import Cover, merged
from layers.siting.rule import Rule


def cover_at(instance: Instance, rule: Rule, radius: float) -> Cover | None:
    """Return the covering problem of one radius; None when a demand point is out of everyone's reach."""
    pairs = instance.pairs.kept(instance.pairs.distance <= radius)
    matrix = sparse.csr_array((np.ones(len(pairs.site)), pairs.site, pairs.start), shape=(pairs.demands, pairs.sites))
    rows = matrix[np.flatnonzero(matrix @ instance.existing.astype(float) == 0)][:, rule.sites]
    if (np.diff(rows.indptr) == 0).any():
        return None
    ones = np.ones(rows.shape[0])
    return merged(rows, ones, ones, ones.astype(np.int64), 0.0)


def center(instance: Instance, clock: Clock) -> Iterator[Step]:
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
    price = np.ones(len(rule))
    # levels below `low` cannot be kept, level `high` can (or is one beyond the last)
    low, high = 0, len(levels) if best is None else int(np.searchsorted(levels, most))
    while low < high and not clock.over():
        middle = (low + high) // 2
        cover = cover_at(instance, rule, float(levels[middle]))
        chosen = [] if cover is None else pruned(cover, rule, greedy(cover, rule, until_covered=True), price)
        if cover is not None and complete(cover, chosen) and rule.keeps(chosen):
            best = rule.sites[chosen]
            reached = _reached(instance, stand, best)
            high = int(np.searchsorted(levels, reached))
            yield Step("greedy", best, bound=least)
        else:
            low = middle + 1
    low = 0
    yield Step("interchange", best, bound=least)
    with Highs(clock) as highs:
        while low < high and not clock.over():
            middle = (low + high) // 2
            kept = yield from _keeps(instance, rule, float(levels[middle]), clock, highs)
            if kept is None:
                return
            if len(kept) or kept is _NONE_NEEDED:
                best = rule.sites[kept] if len(kept) else rule.sites[rule.start]
                high = min(middle, int(np.searchsorted(levels, _reached(instance, stand, best))))
            else:
                low = middle + 1
            bound = float(levels[low]) if low < len(levels) else None
            yield Step("exact", best, bound=bound if best is not None or low < len(levels) else None)
    if low >= high:
        yield Step("done", best, done=True)


_NONE_NEEDED: NDArray[np.intp] = np.empty(0, np.intp)
_IMPOSSIBLE: NDArray[np.intp] = np.empty(0, np.intp)


def _keeps(instance: Instance, rule: Rule, radius: float, clock: Clock, highs: Highs) -> Iterator[Step]:
    """Decide whether an allowed choice keeps `radius`; returns it, one of the two marks, or None (not known)."""
    cover = cover_at(instance, rule, radius)
    if cover is None:
        return _IMPOSSIBLE
    if not len(cover.need) and rule.keeps(rule.start):
        return np.asarray(rule.start, np.intp) if rule.start else _NONE_NEEDED
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


def _reached(instance: Instance, stand: NDArray[np.float64], sites: NDArray[np.int64]) -> float:
    there = np.zeros(instance.pairs.sites, bool)
    there[sites] = True
    return float(np.minimum(stand, instance.pairs.nearest(there)).max())
