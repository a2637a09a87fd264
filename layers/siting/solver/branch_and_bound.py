"""Branch and bound for p-medians too large for a general solver: Lagrangian bounds in the nodes, best bound first.

Beasley (1985), *European Journal of Operational Research* 21: a site is put in
or left out, the multipliers of the parent start the child's relaxation, and
every node fixes what its bound allows. The least bound of the open nodes is a
bound on the whole at any time.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.siting.solver.constraints import Rule
from layers.siting.solver.p_median import Median, picked, relax
from layers.siting.solver.progress import SAME, Clock, Step

Floats = NDArray[np.float64]
NODE_ROUNDS, NODE_STEP = 60, 1.5


def branch(
    problem: Median, rule: Rule, multipliers: Floats, lower: float, value: float, whole: bool, clock: Clock
) -> Generator[Step]:
    """Yield answers that cost less than `value` and bounds until the search is exhausted or the clock says stop.

    Parameters
    ----------
    multipliers : ndarray of float64
        Of the root's bound `lower`.
    """
    step = 1 - 1e-6 if whole else 0.0
    order = count()
    heap = [(lower, next(order), np.arange(len(rule)), np.flatnonzero(rule.forced), multipliers)]
    told = lower
    all_pairs = np.ones(len(problem.cost), bool)

    def beaten(bound: float) -> bool:
        return value - bound < step + SAME * abs(value)

    while heap and not clock.over():
        bound, _, columns, ones, v = heapq.heappop(heap)
        if beaten(bound):
            heap = []
            break
        if bound > told:
            told = bound
            yield Step("exact", bound=bound)
        must = np.isin(columns, ones)
        free = int((~must).sum())
        if len(ones) > rule.limit or not rule.affords(rule.cost[ones].sum()):
            continue
        if not free or len(ones) == rule.limit:
            leaf = ones.tolist()
            if rule.keeps(leaf) and problem.value(leaf) < value and problem.serves(leaf):
                value = problem.value(leaf)
                yield Step("exact", rule.sites[leaf])
            continue
        able = rule.kept(columns, np.empty(0, np.intp))
        able.forced[:] = must
        part = problem.reduced(all_pairs, columns, problem.cap)
        relaxed: Any = None  # there is always a first
        for relaxed in relax(part, able, value, clock, v, NODE_ROUNDS, NODE_STEP):
            if beaten(relaxed.bound):
                break
        bound = max(bound, relaxed.bound)
        better = picked(part, able, relaxed, 1.02 * value, clock, 5)
        if better is not None and part.value(better) < value:
            value = part.value(better)
            yield Step("exact", able.sites[better])
        if beaten(bound):
            continue
        room = value - step - relaxed.bound + SAME * abs(value)
        settled = relaxed.loss >= room
        keep = ~settled | relaxed.chosen | must
        ones = columns[(settled & relaxed.chosen) | must]
        loss, chosen, columns = relaxed.loss[keep], relaxed.chosen[keep], columns[keep]
        open_to = ~np.isin(columns, ones)
        if not open_to.any():
            heapq.heappush(heap, (bound, next(order), columns, ones, relaxed.multipliers))
            continue
        among = open_to & chosen if (open_to & chosen).any() else open_to
        pick = int(columns[np.argmax(np.where(among, loss, -1.0))])
        heapq.heappush(heap, (bound, next(order), columns, np.append(ones, pick), relaxed.multipliers))
        heapq.heappush(heap, (bound, next(order), columns[columns != pick], ones, relaxed.multipliers))
    if not heap and not clock.over():
        yield Step("done", done=True)
