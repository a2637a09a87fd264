"""Exchange of sites under capacity: some close where little is lost, as many open where much is won, who is there anew.

Interchange (Teitz & Bart 1968) by estimates of what an opening wins and a closing costs, several pairs at once as long
as they help (Resende & Werneck 2007, *European Journal of Operational Research* 182(1), estimate them likewise without
capacities); every exchange is judged by an assignment of all demand.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from layers.siting.solver import generalized_assignment as gap
from layers.siting.solver.capacitated_median import Problem
from layers.siting.solver.lagrangian_bound import Knapsacks, filled
from layers.siting.solver.progress import SAME, Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: At first this part of the sites is exchanged at once; half as many after each that does not help.
AT_ONCE = 0.1
#: Single exchanges that fail before it ends, each with other sites.
FAILURES = 8
#: Exchanges begin anew once sites have moved in what is theirs, as long as that wins this share.
AGAIN = 2e-3
#: Sites that close at once at most when an answer is kicked, and how many kicks in a row may fail.
KICKED, KICKS = 3, 60
#: With so many sites and more, who is where always stays where it can.
HELD = 40


def exchanged(
    problem: Problem, sacks: Knapsacks, chosen: list[int], site: Ints, clock: Clock
) -> tuple[list[int], Ints]:
    """Return a choice and an assignment that cost no more.

    Parameters
    ----------
    sacks : Knapsacks
        The pairs that are looked at.
    chosen, site
        A choice that keeps a rule without budget and spacing, and who is assigned to which of its sites.
    """
    rule = problem.rule
    if not rule.plain or len(chosen) < rule.limit or not len(site):
        return chosen, site
    total = np.inf
    while (now := problem.total(site)) < total * (1 - AGAIN) and not clock.over():
        total = now
        chosen, site = _better(problem, sacks, chosen, site, clock)
        moved = problem.settled(chosen, clock, held=site)
        if moved is not None and problem.fits(moved[1]) and problem.total(moved[1]) < problem.total(site):
            chosen, site = moved
    return chosen, site


def kicked(problem: Problem, chosen: list[int], site: Ints, clock: Clock) -> Generator[tuple[list[int], Ints]]:
    """Yield ever better answers: a few sites close, others open far from those that stay, and all is settled anew,
    with who was where or from the start; until many times in a row nothing was better.
    """
    rule, random, failures = problem.rule, np.random.default_rng(clock.seed), 0
    while failures < KICKS and not clock.over():
        movable = [one for one in chosen if not rule.forced[one]]
        if len(movable) < 2:
            return
        count = min(int(random.integers(1, KICKED + 1)), len(movable) - 1)
        out = random.choice(movable, count, replace=False)
        trial = problem.scattered(random, [one for one in chosen if one not in out])
        held = None
        if random.random() < len(movable) / HELD:
            held = np.where(np.isin(site, problem.standing + out), -1, site)
        found = problem.settled(trial, clock, held=held)
        better = found is not None and problem.fits(found[1]) and rule.keeps(found[0])
        if found is not None and better and problem.total(found[1]) < problem.total(site) * (1 - SAME):
            (chosen, site), failures = found, 0
            yield found
        else:
            failures += 1


def _better(problem: Problem, sacks: Knapsacks, chosen: list[int], site: Ints, clock: Clock) -> tuple[list[int], Ints]:
    """Exchange until no exchange helps."""
    total, count, failed = problem.total(site), max(1, round(AT_ONCE * len(chosen))), 0
    while failed < FAILURES and not clock.over():
        found = _tried(problem, sacks, chosen, site, count, failed, clock)
        if found is None:
            break
        cost = problem.total(found[1])
        if problem.fits(found[1]) and cost < total * (1 - SAME):
            chosen, site, total, failed = *found, cost, 0
        elif count > 1:
            count //= 2
        else:
            failed += 1
    return chosen, site


def _tried(
    problem: Problem, sacks: Knapsacks, chosen: list[int], site: Ints, count: int, skip: int, clock: Clock
) -> tuple[list[int], Ints] | None:
    """Return the choice after the `count` exchanges that look best, the first `skip` openings left out."""
    there = problem.open(chosen)
    taken = np.zeros(len(problem.columns), bool)
    taken[there] = True
    now = problem.cost[np.arange(len(site)), site]
    worth, row, column = _openings(sacks, now, taken)
    loss = _closings(problem, there, site, now)
    begin = np.searchsorted(column, np.arange(len(worth) + 1))
    opened: list[int] = []
    moving = np.zeros(len(site), bool)
    for one in np.argsort(-worth, kind="stable").tolist():
        if len(opened) == count or worth[one] <= 0:
            break
        mine = row[begin[one] : begin[one + 1]]
        if moving[mine].any():
            continue
        if skip:
            skip -= 1
            continue
        moving[mine] = True
        opened.append(one)
    touched = np.zeros(len(problem.columns), bool)
    touched[site[moving]] = True  # what an opening relieves is no more what it was
    able = [k for k, one in enumerate(chosen) if not problem.rule.forced[one] and not touched[problem.standing + one]]
    able.sort(key=lambda k: loss[problem.standing + chosen[k]])
    closed = {chosen[k] for k in able[: len(opened)]}
    if not opened or len(closed) < len(opened):
        return None
    after = site.copy()
    after[np.isin(site, problem.standing + np.array(sorted(closed)))] = -1
    for one in opened:
        after[row[begin[one] : begin[one + 1]]] = one
    chosen = [*(one for one in chosen if one not in closed), *(one - problem.standing for one in opened)]
    found = problem.assigned(chosen, clock, held=after)
    return None if found is None else (chosen, found)


def _openings(sacks: Knapsacks, now: Floats, taken: NDArray[np.bool_]) -> tuple[Floats, Ints, Ints]:
    """Return what each site that is not there would win, and whom it would serve, ordered by site."""
    saved = now[sacks.row] - sacks.cost
    some = np.flatnonzero((saved > 0) & ~taken[sacks.column] & (sacks.load[sacks.row] <= sacks.room[sacks.column]))
    row, column, saved = sacks.row[some], sacks.column[some], saved[some]
    part = filled(column, saved, sacks.load[row], sacks.room)
    whole = part == 1.0
    worth = np.bincount(column[whole], saved[whole], minlength=len(sacks.room))
    return np.asarray(worth, np.float64), row[whole], column[whole]


def _closings(problem: Problem, there: Ints, site: Ints, now: Floats) -> Floats:
    """Return what each site's demand would pay more elsewhere, each as if it went alone."""
    cost = problem.cost[:, there]
    near = gap.nearest_of(cost)
    left = problem.room - np.bincount(site, problem.load, minlength=len(problem.columns))
    able = (there[near] != site[:, None]) & (left[there[near]] >= problem.load[:, None])
    ways = np.take_along_axis(cost, near, axis=1)
    far = 2.0 * np.where(np.isfinite(ways), ways, 0.0).max(axis=1)
    other = np.where(able, ways, np.inf).min(axis=1)
    return np.asarray(np.bincount(site, np.minimum(other, far) - now, minlength=len(problem.columns)), np.float64)
