"""Solve a siting problem: an iterator of ever better answers with their bounds.

>>> for progress in solve(instance, seconds=20):      # doctest: +SKIP
...     show(progress.objective, progress.bound, progress.gap)

Stop iterating (or close the iterator) at any time: no process is left behind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from layers.siting.solver import capacitated, capacitated_service, single_source
from layers.siting.solver.constraints import Rule
from layers.siting.solver.covering import covering, maximal
from layers.siting.solver.first_answer import first_answer
from layers.siting.solver.infeasibility import after_search, at_once
from layers.siting.solver.instance import Instance
from layers.siting.solver.p_center import center
from layers.siting.solver.p_median_plane import median_in_plane
from layers.siting.solver.p_median_search import median
from layers.siting.solver.progress import SAME, Clock, Progress, Step, telling

Choice = NDArray[np.int64]
ENGINES = {"mclp": maximal, "lscp": covering, "pmedian": median, "pcenter": center}


def reach_counts(instance: Instance, sites: Choice, radius: float | None = None) -> NDArray[np.int64]:
    """Return in the reach of how many open sites (existing and `sites`) each demand point is."""
    pairs = instance.pairs if radius is None else instance.pairs.within(radius)
    there = instance.existing.copy()
    there[sites] = True
    return pairs.counts(there)


def value(instance: Instance, sites: Choice) -> float | None:
    """Return the objective of `sites` (with those that stand); None when they do not serve as they must.

    ``mclp``: weight that counts. ``lscp``: number (or cost) of new sites.
    ``pmedian``: Σ weight × distance. ``pcenter``: greatest distance. Where a
    site serves a point as a whole, it is that of the best assignment that is
    found within :data:`~layers.siting.solver.capacitated_service.SECONDS`.
    """
    sites = np.asarray(sites, np.int64)
    if instance.capacity is not None:
        if instance.single_source:
            return capacitated_service.assigned(instance, sites)[0]
        if instance.model == "pcenter":
            return capacitated_service.least_radius(instance, sites)
        found = capacitated_service.served(instance, sites)
        if instance.model != "lscp" or found is None:
            return found
    if instance.model in ("mclp", "lscp"):
        counts = reach_counts(instance, sites) >= instance.cover
        if instance.model == "mclp":
            return float(instance.weight[counts].sum())
        if not counts.all():
            return None
        return float(instance.cost[sites].sum()) if instance.by_cost else float(len(sites))
    there = instance.existing.copy()
    there[sites] = True
    nearest = instance.nearest(there)
    if instance.model == "pcenter":
        most = float(nearest.max())
        return most if np.isfinite(most) else None
    wanted = instance.weight > 0
    total = float(instance.weight[wanted] @ nearest[wanted])
    return total if np.isfinite(total) else None


def solve(
    instance: Instance, seconds: float | None = None, seed: int = 0, cancelled: Callable[[], bool] | None = None
) -> Iterator[Progress]:
    """Yield answers that improve and bounds that close in; the last one is the result.

    Parameters
    ----------
    seconds : float or None
        How long to search at most. An answer is given however short it is.
    seed : int
        Of the random part of the search: the same seed, the same answers.
    cancelled : callable or None
        Asked often; once it returns True the search ends with what it has.

    Yields
    ------
    Progress
        Objectives never get worse, bounds neither; ``proved`` is only said
        when no allowed choice can be better (up to a relative 1e-9).
    """
    clock = Clock(seconds, cancelled, seed)
    reasons = at_once(instance)
    if reasons:
        yield Progress("infeasible", np.empty(0, np.int64), None, None, "done", clock.passed, reasons=reasons)
        return
    engine = capacitated.capacitated if instance.capacity is not None else ENGINES[instance.model]
    if instance.plane is not None:
        engine = median_in_plane
    keeper = _Keeper(instance, clock)
    steps = _from_the_first(instance, clock, engine)
    try:
        for step in steps:
            told = keeper.tell(step)
            if told is not None and told.status != "infeasible":
                yield told
            if keeper.finished:
                break
    finally:
        steps.close()
    if keeper.finished and keeper.sites is None:
        # its answers are not the caller's: only that it waits is told
        reasons = yield from telling(
            after_search(instance, clock),
            lambda step: keeper.progress("exact", waiting=True) if step.waiting else None,
        )
        yield Progress("infeasible", np.empty(0, np.int64), None, None, "done", clock.passed, reasons=reasons)
    elif keeper.sites is not None:
        yield keeper.filled()
    else:
        yield keeper.progress("done")


def _from_the_first(
    instance: Instance, clock: Clock, engine: Callable[[Instance, Clock], Generator[Step]]
) -> Generator[Step]:
    first = first_answer(instance, clock)
    if first is not None:
        yield first
    whole = instance.horizon is None or instance.plane is not None
    yield from engine(instance, clock) if whole else _within_the_horizon(instance, engine, clock)


def _within_the_horizon(
    instance: Instance, engine: Callable[[Instance, Clock], Generator[Step]], clock: Clock
) -> Generator[Step]:
    """Yield the steps of a p-median whose ways end at the horizon: its optimum there is a bound on the whole."""
    least, horizon = np.inf, np.inf if instance.horizon is None else instance.horizon
    for step in engine(instance, clock):
        if step.sites is not None:
            # a site that nobody has among the nearest still serves those who have none of them open
            step = replace(step, sites=fill_up(instance, step.sites))
            there = instance.existing.copy()
            there[step.sites] = True
            ways = np.minimum(instance.pairs.nearest(there), horizon)
            least = min(least, float(instance.weight @ ways))
        yield replace(step, bound=least if np.isfinite(least) else step.bound, done=False) if step.done else step


def best(instance: Instance, seconds: float | None = None, seed: int = 0) -> Progress:
    """Return the last answer of :func:`solve`."""
    return deque(solve(instance, seconds, seed), maxlen=1)[0]


class _Keeper:
    """Holds the best answer and the best bound, and says what they amount to."""

    def __init__(self, instance: Instance, clock: Clock) -> None:
        self._instance, self._clock = instance, clock
        self._more = instance.model == "mclp"
        self.sites: Choice | None = None
        self._assigned: Choice | None = None
        self._objective: float | None = None
        self._backup = -1
        self._bound: float | None = None
        self.finished = False

    def tell(self, step: Step) -> Progress | None:
        """Take in what an engine found."""
        # a step without news is told too: the caller may want to leave
        changed = step.waiting or step.done or (step.sites is None and step.bound is None)
        if step.sites is not None:
            changed |= self._offer(np.sort(np.asarray(step.sites, np.int64)), step.assigned)
        if step.bound is not None and np.isfinite(step.bound):
            changed |= self._close_in(float(step.bound))
        if step.done or (self._tight() and not self._instance.backup):
            self.finished = changed = True
            if self._objective is not None:
                self._bound = self._objective
        return self.progress(step.stage, step.waiting) if changed else None

    def progress(self, stage: str, waiting: bool = False) -> Progress:
        """Return the state of things."""
        sites = self.sites if self.sites is not None else np.empty(0, np.int64)
        status = "proved" if self.finished and self.sites is not None else "gap"
        return Progress(
            status, sites, self._objective, self._bound, stage, self._clock.passed, waiting, assigned=self._assigned
        )

    def filled(self) -> Progress:
        """Return the final answer; sites that were asked for and change nothing are added when they cost nothing."""
        instance = self._instance
        if (
            instance.model != "lscp"
            and instance.budget is None
            and instance.new is not None
            and instance.capacity is None
            and self.sites is not None
        ):
            self.sites = fill_up(instance, self.sites)
        return self.progress("done")

    def _offer(self, sites: Choice, assigned: Choice | None) -> bool:
        found = (
            value(self._instance, sites) if assigned is None else single_source.worth(self._instance, sites, assigned)
        )
        if found is None:
            return False
        backup = int((reach_counts(self._instance, sites) >= 2).sum()) if self._instance.backup else 0
        old = self._objective
        better = old is None or (found > old if self._more else found < old) or (found == old and backup > self._backup)
        if better:
            self.sites, self._assigned, self._objective, self._backup = sites, assigned, found, backup
        return better

    def _close_in(self, bound: float) -> bool:
        if self._objective is not None:
            bound = max(bound, self._objective) if self._more else min(bound, self._objective)
        if self._bound is not None and (bound >= self._bound if self._more else bound <= self._bound):
            return False
        self._bound = bound
        return True

    def _tight(self) -> bool:
        if self._objective is None or self._bound is None:
            return False
        return abs(self._bound - self._objective) <= SAME * max(abs(self._bound), abs(self._objective))


def fill_up(instance: Instance, sites: Choice) -> Choice:
    """Return `sites` with as many more as were asked for,
    each the one that shortens the ways most; no answer gets worse.
    """
    rule = Rule.of(instance)
    place = {int(site): k for k, site in enumerate(rule.sites)}
    chosen = [place[int(one)] for one in sites]
    pairs = instance.pairs
    owner = pairs.demand()
    weight = instance.weight
    while len(chosen) < rule.limit:
        addable = rule.addable(chosen)
        if not addable.any():
            break
        there = instance.existing.copy()
        there[rule.sites[chosen]] = True
        nearest = instance.nearest(there)
        limit = np.where(np.isinf(nearest), float(pairs.distance.max(initial=0.0)) + 1.0, nearest)
        saved = np.bincount(
            pairs.site, weight[owner] * np.maximum(limit[owner] - pairs.distance, 0.0), minlength=pairs.sites
        )
        chosen.append(int(np.argmax(np.where(addable, saved[rule.sites], -1.0))))
    return np.sort(rule.sites[chosen])
