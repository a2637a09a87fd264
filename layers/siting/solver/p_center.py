"""The search for p-centers: which radius can still be kept (Minieka 1970), from above and from below.

From above a local search covers everybody from so many sites within ever smaller radii. From below a radius is ruled
out when too few sites cannot serve even some of the demand within it: whom to ask is found as one goes, by adding
those that the answer for the others leaves out (Chen & Chen 2009, *Computers & Operations Research* 36(5); Contardo,
Iori & Kramer 2019, *Computers & Operations Research* 103). The linear relaxation of this covering problem, without
the demand and the sites that others imply, rules out most radii; whole sites are asked for only where it does not.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.siting.solver.constraints import Rule
from layers.siting.solver.heuristic import complete, greedy, pruned, spans
from layers.siting.solver.highs import Highs
from layers.siting.solver.instance import Instance
from layers.siting.solver.p_center_bound import NARROW, SLACK, WHOLE, everybody, program, raised
from layers.siting.solver.p_center_problem import Centers, farthest_of_each
from layers.siting.solver.p_center_search import Reach, exchange
from layers.siting.solver.progress import Clock, Step
from layers.siting.solver.reduction import smallest

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
#: The local search looks at so many demand points at first, drawn at random, and adds those left out.
SOME = 1_500
#: By how much it shortens the radius at first and at last, what a failure leaves of that, how many rounds it tries,
#: and after how many failures in a row it stops at first; with many demand points, whose relaxation takes long, or once
#: it came again and found something; each time it comes, so many times more.
SHORTER, LEAST, LESS, TRIES, FAILURES, OF_MANY, MORE = 0.08, 2e-4, 0.6, 300, 2, 9, 1.8
#: With many demand points it tries so many rounds, every other time anew, where it shortens the radius by less than
#: this part; how much of the time it has at first.
LONG, FINE, SEARCH_PART = 20_000, 0.003, 0.3
#: Seconds for the first question in whole sites; each time all have been tried, so many times more.
PATIENCE, LONGER = 3.0, 3.0
#: There, in whole sites, only the part of what is not known is asked that lies next to what is ruled out;
#: then the local search goes on.
NEXT = 0.15
#: So many of the demand points that were hardest to reach are asked first, per site.
HARDEST = 6


def center(instance: Instance, clock: Clock) -> Generator[Step]:
    """Yield answers and lower bounds of a p-center problem."""
    rule = Rule.of(instance)
    centers = Centers(instance, rule, clock.seed)
    least, best, most = centers.least, None, np.inf
    for trial in (np.array(rule.start, np.intp) if rule.keeps(rule.start) else None, _farthest_first(centers)):
        reached = np.inf if trial is None else float(centers.ways(trial)[0].max())
        if reached < most:
            best, most = trial, reached
            yield Step("greedy", rule.sites[best], bound=least)
    if best is not None:
        centers.narrow(most)
    if rule.plain and best is not None:
        stop = FAILURES if centers.near.demands <= SOME else OF_MANY
        search = _shortened(centers, best, most, clock.within(SEARCH_PART), stop, stop)
    else:
        search = _greedily(centers, clock)
    for found in search:
        if found is not None:
            best, most = found, float(centers.ways(found)[0].max())
            centers.narrow(most)
        yield Step("greedy" if rule.plain else "interchange", None if found is None else rule.sites[found], bound=least)
    yield Step("interchange", bound=least)
    yield from _closed_in(centers, best, most, clock)


def _greedily(centers: Centers, clock: Clock) -> Generator[Ints | None]:
    """Yield choices by greedy adding, for radii by bisection: where more than the number of sites is limited."""
    rule, price = centers.rule, np.ones(len(centers.rule))
    levels = np.unique(centers.near.distance[centers.near.distance >= centers.least])
    low, high = 0, len(levels)
    while low < high and not clock.over():
        middle = (low + high) // 2
        matrix, _ = centers.reach(float(levels[middle]))
        cover = everybody(matrix) if np.diff(matrix.indptr).all() else None
        chosen = [] if cover is None else pruned(cover, rule, greedy(cover, rule, until_covered=True), price)
        if cover is not None and complete(cover, chosen) and rule.keeps(chosen):
            high = min(middle, int(np.searchsorted(levels, centers.ways(chosen)[0].max())))
            yield np.array(chosen, np.intp)
        else:
            low = middle + 1
            yield None


def _shortened(
    centers: Centers, chosen: Ints, most: float, clock: Clock, stop: float, later: float
) -> Generator[Ints | None]:
    """Yield choices with ever smaller radii, by :func:`~layers.siting.solver.p_center_search.exchange`, until it has
    failed `stop` times in a row, or `later` times once it has found one.
    """
    rule, random = centers.rule, centers.random
    if not 0 < rule.limit < len(rule) or rule.forced.sum() >= rule.limit:
        return
    others = np.setdiff1d(np.arange(len(rule)), chosen)
    chosen = np.append(chosen, random.choice(others, rule.limit - len(chosen), replace=False))
    rows = np.arange(centers.near.demands)
    many = len(rows) > SOME
    if many and centers.reach(most)[0].nnz > WHOLE:
        rows = np.union1d(random.choice(rows, SOME, replace=False), centers.beyond(chosen))
    shorter, failures = SHORTER, 0
    while failures < stop and most > centers.least and not clock.over():
        radius = min(max(most * (1 - shorter), centers.least), centers.next_level(most, below=True))
        matrix, asked = centers.reach(radius, rows)
        rounds, begin = TRIES * (1 + failures), chosen
        if many and shorter < FINE:
            rounds = LONG
            if failures % 2:
                start = np.array(rule.start, np.intp)
                others = np.setdiff1d(np.arange(len(rule)), start)
                begin = np.append(start, random.choice(others, rule.limit - len(start), replace=False))
        found, whole, weight = exchange(Reach(matrix), begin, rule.forced[begin], random, rounds, clock)
        centers.hardness[asked] += weight - 1
        left = centers.beyond(found, radius) if whole else rows[:0]
        if len(left):
            chosen, rows = found, np.union1d(rows, left)
        elif whole:
            chosen, failures, stop = found, 0, later
            most = float(centers.ways(found)[0].max())
        else:
            shorter, failures = max(shorter * LESS, LEAST), failures + 1
        yield found if whole and not len(left) else None


def _closed_in(centers: Centers, best: Ints | None, most: float, clock: Clock) -> Generator[Step]:
    """Yield bounds, and better answers, until no radius is left below the one of the best answer.

    Every radius is asked of the relaxation first, then in whole sites with more and more patience.
    """
    rule, low, ceiling, patience = centers.rule, centers.least, most, 0.0
    hard = np.argsort(-centers.hardness, kind="stable")[: HARDEST * max(rule.limit, 1)]
    asked = np.union1d(centers.beyond(rule.start if best is None else best), hard[centers.hardness[hard] > 0])
    large = centers.near.demands > SOME
    failures, longer = (OF_MANY, 1.0) if large else (FAILURES, LONGER)
    with Highs(clock) as highs:
        if large and rule.plain and best is not None:
            low = yield from raised(centers, low, most, highs, clock)
            ceiling = low  # the search comes first
        while low < most and not clock.over():
            near = centers.between(low, low + NEXT * (ceiling - low)) if large and patience else None
            radius = centers.between(low, ceiling) if near is None else near
            if radius is None or low * NARROW > ceiling < most:
                if rule.plain and best is not None:
                    until = clock.within(SEARCH_PART) if large else clock
                    for found in _shortened(centers, best, most, until, failures, max(failures, OF_MANY)):
                        if found is not None:
                            best, most = found, float(centers.ways(found)[0].max())
                            centers.narrow(most)
                        yield Step("exact", None if found is None else rule.sites[found])
                ceiling, patience, failures = most, max(PATIENCE, patience * longer), failures * MORE
                continue
            asked, kept, found = yield from _decided(centers, asked, radius, highs, patience)
            reached = np.inf if found is None else float(centers.ways(found)[0].max())
            if reached < most:
                best, most = found, reached
                centers.narrow(most)
                yield Step("exact", rule.sites[best])
            if kept is False:
                low, ceiling = centers.next_level(radius, below=False), most
            else:
                ceiling = most if kept else low if large and patience else radius
            yield Step("exact", bound=min(low, most) if np.isfinite(low) else None)
    if low >= most:
        yield Step("done", done=True)


def _decided(
    centers: Centers, asked: Ints, radius: float, highs: Highs, patience: float
) -> Generator[Step, None, tuple[Ints, bool | None, Ints | None]]:
    """Decide whether an allowed choice keeps a radius; yields steps.

    Parameters
    ----------
    patience : float
        Seconds for each question in whole sites; 0: ask the relaxation only.

    Returns
    -------
    asked : ndarray of int
        The demand that has been asked.
    kept : bool or None
        Whether the radius can be kept; None: not known.
    chosen : ndarray of int or None
        The last choice that served those who were asked.
    """
    rule, chosen = centers.rule, None
    matrix, rows = centers.reach(radius)
    if not np.diff(matrix.indptr).all():
        return asked, False, None
    whole, together = False, not patience and len(rows) > SOME and matrix.nnz <= WHOLE
    while True:
        among = np.arange(len(rows)) if together else np.flatnonzero(np.isin(rows, asked))
        cover, able, place = smallest(everybody(matrix[among]), rule)
        if whole:
            found = yield from highs.solve(program(cover, able, True), patience, gap=1.0)
        else:
            relaxed = program(cover, replace(able, limit=len(able)), False)
            found = yield from highs.solve(relaxed, interior=together)
        if found.status == "infeasible":
            return asked, False, None
        if found.blocks is None or (not whole and found.status != "optimal"):
            return asked, None, chosen
        share = np.zeros(len(rule))
        share[place] = found.blocks[0]
        if not whole and share.sum() > rule.limit + SLACK:
            return asked, False, None
        picked = np.flatnonzero(share > 0.5)
        if rule.keeps(picked) and (matrix[among] @ (share > 0.5) > 0.5).all():
            chosen = picked
            left = centers.beyond(chosen, radius)
            if not len(left):
                return asked, True, chosen
        elif whole:  # a tolerance let it through
            return asked, None, chosen
        if together:  # whom to ask in whole sites: those that no more than one serves in all
            return np.union1d(asked, rows[matrix @ share < 1 + SLACK]), None, chosen
        if not whole:
            left = rows[_unserved(matrix, share)]
        if not len(left) and not patience:
            return asked, None, chosen
        asked, whole = np.union1d(asked, left), not len(left)


def _unserved(matrix: sparse.csr_array, share: Floats) -> Ints:
    """Return the rows that too small a share of the sites serves: of those that go to the same one, the worst."""
    served = matrix @ share
    rows = np.flatnonzero(served < 1 - SLACK)
    if not len(rows):
        return rows
    spots = spans(matrix, rows)
    owner = np.repeat(rows, np.diff(matrix.indptr)[rows])
    order = np.lexsort((-share[matrix.indices[spots]], owner))
    _, first = np.unique(owner[order], return_index=True)
    group = np.full(len(served), -1)
    group[rows] = matrix.indices[spots][order[first]]
    return farthest_of_each(-served, group, rows)


def _farthest_first(centers: Centers) -> Ints | None:
    """Return the choice that always adds the site nearest to whoever has farthest to go (Gonzalez 1985);
    None when none keeps the rule.
    """
    rule, near, chosen = centers.rule, centers.near, centers.rule.start
    nearest = centers.ways(chosen)[0]
    columns = None if near.table else centers.by_site()
    while len(chosen) < rule.limit:
        last = int(np.argmax(nearest))
        mine = slice(int(near.start[last]), int(near.start[last + 1]))
        at = centers.place[near.site[mine]]
        able = np.flatnonzero((at >= 0) & rule.addable(chosen)[at])
        able = able[near.distance[mine][able] < nearest[last]]
        if not len(able):
            break
        chosen.append(int(at[able[np.argmin(near.distance[mine][able])]]))
        site = int(rule.sites[chosen[-1]])
        if columns is None:
            nearest = np.minimum(nearest, near.distance[site :: near.sites])
        else:
            start, rows, distance = columns
            mine = slice(int(start[site]), int(start[site + 1]))
            nearest[rows[mine]] = np.minimum(nearest[rows[mine]], distance[mine])
    return np.array(chosen, np.intp) if rule.keeps(chosen) else None
