"""The search for p-medians: greedy, interchange, Lagrangian bound; what is left is searched through."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from scipy import sparse

from layers.siting.solver.constraints import Rule
from layers.siting.solver.covering import fewest
from layers.siting.solver.highs import Highs
from layers.siting.solver.instance import Instance
from layers.siting.solver.p_median import Median, between, greedy, interchange, picked, relax
from layers.siting.solver.p_median_exact import closed
from layers.siting.solver.progress import SAME, Clock, Step
from layers.siting.solver.reduction import merged

#: Exchanges before the first bound.
FIRST_ROUNDS = 40


def median(instance: Instance, clock: Clock) -> Generator[Step]:
    """Yield answers and lower bounds of a p-median problem."""
    rule = Rule.of(instance)
    problem = Median.of(instance, rule)
    starts = [greedy(problem, rule)]
    if np.isfinite(rule.budget):
        starts.append(greedy(problem, rule, by_cost=True))
    best = min(starts, key=problem.value)
    yield Step("greedy", rule.sites[best] if problem.serves(best) else None, bound=0.0)
    # where many sites are chosen a bound is told before every exchange has been tried:
    # its choices are better to start from
    best = interchange(problem, rule, best, clock, FIRST_ROUNDS)
    if not problem.serves(best):
        # serving everybody is the harder part: find out first whether it can be done
        serving = yield from _serving(problem, rule, clock)
        if serving is None:
            return
        best = interchange(problem, rule, serving, clock, FIRST_ROUNDS)
    value = problem.value(best)
    yield Step("interchange", rule.sites[best])
    whole = _whole(problem)
    lower = problem.base
    search = relax(problem, rule, value, clock, between(problem, best))
    relaxed = next(search)
    while True:
        better = picked(problem, rule, relaxed, 1.05 * value, clock, 30)
        if better is not None and problem.value(better) < value:
            best, value = better, problem.value(better)
        lower = max(lower, relaxed.bound)
        yield Step("bound", rule.sites[best] if better is best else None, bound=min(lower, value))
        if value - lower < (1 - 1e-6 if whole else 0.0) + SAME * value:
            yield Step("done", bound=value, done=True)
            return
        if relaxed.last:
            break
        relaxed = search.send(value)
    search.close()
    if clock.over():
        return
    yield from closed(problem, rule, relaxed, best, lower, whole, clock)


def _serving(problem: Median, rule: Rule, clock: Clock) -> Generator[Step, None, list[int] | None]:
    """Search an allowed choice that serves everybody; returns it, or None (``done`` was told when there is none)."""
    rows = np.flatnonzero(problem.penalty)
    matrix = sparse.csr_array(
        (np.ones(len(problem.cost)), problem.column, problem.start), shape=(len(problem.cap), problem.sites)
    )
    ones = np.ones(len(rows))
    cover = merged(matrix[rows], ones, ones, ones.astype(np.int64), 0.0)
    with Highs(clock) as highs:
        search = fewest(cover, rule, np.ones(len(rule)), clock, highs)
        place = {int(site): k for k, site in enumerate(rule.sites)}
        while True:
            try:
                step = next(search)
            except StopIteration as end:
                return end.value[0] if end.value else None
            if step.sites is not None:
                search.close()
                return [place[int(one)] for one in step.sites]
            yield Step("interchange", waiting=step.waiting, done=step.done)


def _whole(problem: Median) -> bool:
    values = (problem.cost, problem.cap, np.array([problem.base]))
    return all(bool((one == np.rint(one)).all()) for one in values)
