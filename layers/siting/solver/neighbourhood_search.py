"""Large-neighbourhood search for capacitated p-medians: a few sites that lie together, solved anew as a small model.

Shaw (1998), *CP98*; for this problem Stefanello, de Araújo & Müller (2015), and Gnägi & Baumann
(2021), *European Journal of Operational Research* 291(2).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from layers.siting.solver.capacitated_median import Problem
from layers.siting.solver.highs import Highs
from layers.siting.solver.lagrangian_bound import Relaxed
from layers.siting.solver.progress import SAME, Clock, Step
from layers.siting.solver.set_partitioning import opening, solved

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Demand in a part at first, at least and at most; candidates and sites tried per demand in it.
FIRST, LEAST, MOST = 60, 30, 400
WIDTH, NEAR = 40, 9
#: Parts with no more demand a site than this are solved by sets of demand: at first of so much demand, of so many sets.
FEW, FIRST_BY_SETS, MOST_SETS = 16, 40, 1_500
#: A part is given so many seconds; parts become smaller where that is too little, larger when none helps any more.
PART_SECONDS = 4.0
#: Parts are solved to this share of their cost.
TOLERANCE = 1e-4


def improve(
    problem: Problem,
    chosen: list[int],
    site: Ints,
    relaxed: Relaxed,
    clock: Clock,
    highs: Highs,
    until: float,
) -> Generator[tuple[list[int], Ints] | Step, None, bool]:
    """Yield better answers, and steps of waiting, until no part has one; returns whether every part was tried.

    Parts around the sites come first that fall most behind what the bound makes of them; where they are solved by
    sets, a short search in this process is asked of all of them before a solver is.

    Parameters
    ----------
    relaxed : Relaxed
        What serving each demand, and a unit of each site's room, is worth.
    until : float
        Seconds of the clock at which to stop.
    """
    price, rent = relaxed.price, relaxed.rent
    least, n = opening(problem, relaxed), len(problem.columns)
    by_sets = _by_sets(problem, len(site), len(problem.open(chosen)))
    first, patient = FIRST_BY_SETS if by_sets else FIRST, not by_sets
    size = grown = float(first)
    tried: set[tuple[int, ...]] = set()
    while True:
        changed = False
        # first those that no part of this sweep has held, then the others
        queue, held, late = deque(_behind(problem, chosen, site, relaxed).tolist()), np.zeros(n, bool), set()
        while queue:
            seed = queue.popleft()
            if held[seed] and seed not in late:
                late.add(seed)
                queue.append(seed)
                continue
            if clock.over() or clock.passed > until:
                return False
            if seed not in problem.open(chosen):
                continue
            region = _region(problem, chosen, site, seed, size, relaxed)
            rows = np.flatnonzero(np.isin(site, region))
            key = (patient, int(size), *np.sort(region).tolist(), -1, len(rows), int(rows.sum()))
            if key in tried or not len(rows):
                continue
            tried.add(key)
            held[region] = True
            limit = min(PART_SECONDS, until - clock.passed)
            if limit <= 0.05:
                return False
            found, ended = yield from _solved(
                problem, chosen, site, region, rows, price, rent, least, highs, limit, patient
            )
            if not ended:
                size = max(0.9 * size, LEAST)
            if found is not None:
                chosen, site = found
                changed = True
                yield chosen, site
        if not changed and not patient:
            patient, size = True, float(first)
        elif not changed:
            if size >= min(MOST, len(problem.rows)) or (size < first and not by_sets):
                return True
            grown = size = min(max(size, grown) * 1.5, MOST)


def _behind(problem: Problem, chosen: list[int], site: Ints, relaxed: Relaxed) -> Ints:
    """Return the open sites, first those that cost most beyond the bound: the value that the bound gives a knapsack,
    less what those who are in it are worth.
    """
    profit = relaxed.price - problem.cost[np.arange(len(site)), site]
    gap = relaxed.worth - np.bincount(site, profit, minlength=len(problem.columns))
    there = problem.open(chosen)
    return there[np.argsort(-gap[there], kind="stable")]


def _region(problem: Problem, chosen: list[int], site: Ints, seed: int, size: float, relaxed: Relaxed) -> Ints:
    """Return a site and those nearest to the demand of it that costs most beyond the bound, until about `size` demand
    is theirs.
    """
    there = problem.open(chosen)
    mine = np.flatnonzero(site == seed)
    if not len(mine):
        near = there[:1]
        return np.unique(np.append(near, seed))
    worst = mine[np.argmax(problem.cost[mine, seed] + relaxed.rent[seed] * problem.load[mine] - relaxed.price[mine])]
    away = problem.cost[worst, there]
    away[there == seed] = -1.0
    order = there[np.argsort(away, kind="stable")]
    count = np.cumsum(np.bincount(site, minlength=len(problem.columns))[order])
    many = int(np.clip(np.searchsorted(count, size) + 1, 2, max(2, len(order))))
    return order[:many]


def _solved(
    problem: Problem,
    chosen: list[int],
    site: Ints,
    region: Ints,
    rows: Ints,
    price: Floats,
    rent: Floats,
    least: Floats,
    highs: Highs,
    limit: float,
    patient: bool,
) -> Generator[Step, None, tuple[tuple[list[int], Ints] | None, bool]]:
    """Solve a part anew, by sets only as far as a short search comes unless `patient`; returns a better answer, and
    whether the search came to an end.
    """
    there = problem.open(chosen)
    cost = problem.cost[rows]
    # the value of each knapsack's linear dual says how promising a site is here
    gain = np.maximum(price[rows][:, None] - cost - rent[None, :] * problem.load[rows][:, None], 0.0).sum(axis=0)
    outside = np.zeros(len(problem.columns), bool)
    outside[there] = True
    outside[: problem.standing] = True
    gain[outside] = -1.0
    width = max(WIDTH, 4 * len(region))
    some = np.argsort(-gain, kind="stable")[:width]
    columns = np.concatenate([region, some[gain[some] > 0]])
    part = problem.part(rows, np.unique(columns), chosen)
    if part.rule.limit < 0:
        return None, True
    place = np.full(len(problem.columns), -1)
    place[part.columns] = np.arange(len(part.columns))
    here = place[site[rows]]
    if (here < 0).any():
        return None, True
    if _by_sets(problem, len(rows), len(region)):
        found, ended = yield from solved(
            part, here, price[rows], least[part.columns], MOST_SETS, highs if patient else None, limit, TOLERANCE
        )
    else:
        found, ended = yield from _by_pairs(part, here, NEAR + len(region), highs, limit)
    if found is None:
        return None, ended
    picked, inner = found
    site = site.copy()
    site[rows] = part.columns[inner]
    region_set = set(region.tolist())
    rest = [one for one in chosen if problem.standing + one not in region_set]
    chosen = [*rest, *(int(part.columns[part.standing + one]) - problem.standing for one in picked)]
    return ((chosen, site) if problem.rule.keeps(chosen) else None), ended


def _by_sets(problem: Problem, demand: int, sites: int) -> bool:
    """Return whether sites serve so little demand each that its sets can be listed."""
    return problem.rule.plain and demand <= FEW * sites


def _by_pairs(
    part: Problem, here: Ints, near: int, highs: Highs, limit: float
) -> Generator[Step, None, tuple[tuple[list[int], Ints] | None, bool]]:
    """Solve a part with the `near` cheapest sites of each demand; returns an answer better than `here`, and whether
    the solver came to an end.
    """
    near, rows = min(near, len(part.columns)), np.arange(len(here))
    keep = np.zeros(part.cost.shape, bool)
    np.put_along_axis(keep, np.argpartition(part.cost, near - 1, axis=1)[:, :near], True, axis=1)
    keep &= np.isfinite(part.cost)
    keep[rows, here] = True
    now = part.total(here)
    scale = 1e4 / now if now > 0 else 1.0
    found = yield from highs.solve(part.program(keep, True, scale), limit, TOLERANCE)
    ended = found.status in ("optimal", "infeasible")
    if found.blocks is None:
        return None, ended
    picked, inner = part.read(keep, list(found.blocks))
    better = part.fits(inner) and part.total(inner) < now * (1 - SAME)
    return ((picked, inner) if better else None), ended
