"""A capacitated p-median by what each site may serve: sets of demand that fit, of which some are picked.

Set partitioning (Baldacci, Hadjiconstantinou, Maniezzo & Mingozzi 2002, *Operations Research* 50(5)): its linear
relaxation is as tight as the Lagrangian bound with knapsacks of whole demand, and a set matters only where its reduced
cost is within what the answer lies above the bound.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.siting.solver.capacitated_median import Problem
from layers.siting.solver.highs import Highs, Program
from layers.siting.solver.knapsack_sets import near_best
from layers.siting.solver.lagrangian_bound import Relaxed
from layers.siting.solver.progress import SAME, Step
from layers.siting.solver.set_partitioning_exact import cheapest

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Sets:
    """Sets of demand and the site that serves them.

    Attributes
    ----------
    site : ndarray of int64, shape (q,)
        Column of the problem.
    items : ndarray of bool, shape (q, m)
        The demand in each.
    cost : ndarray of float64, shape (q,)
    """

    site: Ints
    items: NDArray[np.bool_]
    cost: Floats


def opening(problem: Problem, relaxed: Relaxed) -> Floats:
    """Return what a site has to be worth before it opens, shape (n,): nothing where it is there in any case."""
    rule = problem.rule
    worth = relaxed.worth[problem.standing :]
    free = np.flatnonzero(~rule.forced)
    value = np.sort(np.maximum(worth[free], 0.0))[::-1]
    count = rule.limit - int(rule.forced.sum())
    price = 0.0 if count >= len(value) else 0.5 * (value[max(count - 1, 0)] + value[count])
    least = np.full(len(problem.columns), price)
    least[: problem.standing] = 0.0
    least[problem.standing :][rule.forced] = 0.0
    return least


def sets(
    problem: Problem,
    price: Floats,
    least: Floats,
    within: float,
    most: int,
    every: bool = False,
    cuts: tuple[Ints, Floats] | None = None,
) -> Sets | None:
    """Return the sets whose reduced cost, with `price` of each demand and `least` of each site, is at most `within`.

    Parameters
    ----------
    most : int
        Sets at most: those that look best; with `every` None where there are more.
    cuts : tuple or None
        As :func:`~layers.siting.solver.knapsack_sets.near_best` takes them.
    """
    profit = price[:, None] - problem.cost
    able = np.flatnonzero(np.maximum(profit, 0.0).sum(axis=0) >= least - within)
    profit = profit[:, able].T
    profit[problem.load[None, :] > problem.room[able, None] * (1 + SAME)] = -np.inf
    found = near_best(profit, problem.load, problem.room[able], least[able] - within, most, every, cuts)
    if found is None:
        return None
    site, items = found
    some = items.any(axis=1)
    site, items = able[site[some]], items[some]
    cost = np.where(items, problem.cost.T[site], 0.0).sum(axis=1)
    return Sets(site, items, cost)


def with_answer(problem: Problem, found: Sets, site: Ints) -> Sets:
    """Return the sets with those of an assignment added."""
    there = np.unique(site)
    mine = site[None, :] == there[:, None]
    cost = np.where(mine, problem.cost.T[there], 0.0).sum(axis=1)
    return Sets(
        np.concatenate([found.site, there]),
        np.concatenate([found.items, mine]),
        np.concatenate([found.cost, cost]),
    )


def program(problem: Problem, found: Sets, scale: float) -> Program:
    """Return the program: everybody in one set, one set a site, no more sites than may open."""
    made, q = Program(), len(found.site)
    x = made.block(found.cost * scale, 0.0, 1.0, integer=True)
    column, row = np.nonzero(found.items)
    made.row({x: sparse.csr_array((np.ones(len(row)), (row, column)), shape=(len(problem.rows), q))}, 1.0, 1.0)
    used, place = np.unique(found.site, return_inverse=True)
    made.row({x: sparse.csr_array((np.ones(q), (place, np.arange(q))), shape=(len(used), q))}, -np.inf, 1.0)
    counted = _counted(problem, found.site)
    room = problem.rule.limit - int(problem.rule.forced.sum())
    made.row({x: sparse.csr_array(counted[None, :].astype(np.float64))}, -np.inf, float(room))
    return made


def _counted(problem: Problem, site: Ints) -> NDArray[np.bool_]:
    """Return which of some sites count among those that may open."""
    counted = site >= problem.standing
    counted[counted] &= ~problem.rule.forced[site[counted] - problem.standing]
    return counted


def picked(problem: Problem, found: Sets, some: Ints) -> tuple[list[int], Ints]:
    """Return the choice and the assignment of the sets that are picked."""
    site = np.full(len(problem.rows), -1)
    for one in some.tolist():
        site[found.items[one]] = found.site[one]
    chosen = np.unique(np.concatenate([site - problem.standing, np.flatnonzero(problem.rule.forced)]))
    return chosen[chosen >= 0].tolist(), site


def solved(
    problem: Problem,
    site: Ints,
    price: Floats,
    least: Floats,
    most: int,
    highs: Highs | None,
    limit: float,
    gap: float,
) -> Generator[Step, None, tuple[tuple[list[int], Ints] | None, bool]]:
    """Solve a problem by its sets; returns an answer better than `site`, and whether the search came to an end.

    Parameters
    ----------
    problem : Problem
        A rule without budget and spacing.
    price, least : ndarray of float64
        As :func:`sets` takes them.
    highs : Highs or None
        Whom to ask, for `limit` seconds, when a short search has found nothing and has not come to its end.
    """
    now = problem.total(site)
    opened = problem.rule.limit - int(problem.rule.forced.sum())
    within = now - float(price.sum()) + opened * float(least.max(initial=0.0))
    listed = sets(problem, price, least, max(within, SAME * now), most)
    assert listed is not None
    found = with_answer(problem, listed, site)
    best, left = cheapest(found.items, found.site, found.cost, _counted(problem, found.site), opened, now)
    if best is None and left is not None and highs is not None:
        found = Sets(found.site[left], found.items[left], found.cost[left])
        scale = 1e4 / now if now > 0 else 1.0
        answer = yield from highs.solve(program(problem, found, scale), limit, gap)
        left = None if answer.status in ("optimal", "infeasible") else left
        best = None if answer.blocks is None else np.flatnonzero(answer.blocks[0] > 0.5)
    if best is None:
        return None, left is None
    chosen, inner = picked(problem, found, best)
    if not problem.fits(inner) or problem.total(inner) >= now * (1 - SAME) or not problem.rule.keeps(chosen):
        return None, left is None
    return (chosen, inner), left is None


def proved(
    problem: Problem, relaxed: Relaxed, within: float, most: int, highs: Highs, limit: float
) -> Generator[Step, None, tuple[tuple[list[int], Ints] | None, bool]]:
    """Look for an answer that costs at most `within` more than the bound; returns it, and whether there is no better
    one: an answer holds no set whose reduced cost alone is larger.

    Parameters
    ----------
    problem : Problem
        A rule without budget and spacing.
    most : int
        Nothing is tried where there are more sets.
    """
    found = sets(problem, relaxed.price, opening(problem, relaxed), within, most, every=True)
    if found is None:
        return None, False
    if not found.items.any(axis=0).all():
        return None, True
    return (yield from among(problem, found, relaxed.price, highs, limit))


def among(
    problem: Problem, found: Sets, price: Floats, highs: Highs, limit: float, hit: sparse.csr_array | None = None
) -> Generator[Step, None, tuple[tuple[list[int], Ints] | None, bool]]:
    """Look for the best answer that is made of some sets; returns it, and whether there is no better one.

    Parameters
    ----------
    price : ndarray of float64, shape (m,)
        What serving each demand is worth.
    hit : csr_array, shape (q, t), or None
        For each inequality, 1 for the sets of which an answer holds one at most.
    """
    total = float(np.abs(price).sum())
    made = program(problem, found, 1e6 / total if total > 0 else 1.0)
    if hit is not None and hit.shape[1]:
        made.row({0: hit.T.tocsr()}, -np.inf, 1.0)
    answer = yield from highs.solve(made, limit)
    if answer.blocks is None:
        return None, answer.status == "infeasible"
    better = picked(problem, found, np.flatnonzero(answer.blocks[0] > 0.5))
    if not problem.fits(better[1]) or not problem.rule.keeps(better[0]):
        return None, False
    return better, answer.status == "optimal"
