"""The search for maximal covering (``mclp``) and set covering (``lscp``): start, bound, fix, prove."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.siting.solver.constraints import Rule
from layers.siting.solver.covering_bound import Relaxed, decided, relax_sites, relax_weight
from layers.siting.solver.heuristic import complete, greedy, interchange, pruned
from layers.siting.solver.highs import Highs, Program, scale_of
from layers.siting.solver.instance import Instance
from layers.siting.solver.progress import SAME, Clock, Step
from layers.siting.solver.reduction import Cover, cover_of, taken, without_dominated, without_implied
from layers.siting.solver.row_weighting import cheaper, core

Floats = NDArray[np.float64]
#: Random kicks tried when the first bound leaves a gap.
KICKS = 12
#: What a bound leaves open of a set cover is given so many seconds before the local search,
#: which has at most this part of the rest.
QUICK, SEARCH_PART = 1.0, 0.25
#: Up to so many entries, twofold covering gets the stronger rows.
STRONG_ENTRIES = 400_000


def maximal(instance: Instance, clock: Clock) -> Generator[Step]:
    """Yield answers and upper bounds of a maximal covering problem."""
    rule = Rule.of(instance)
    cover, _ = cover_of(instance, rule)
    starts = [greedy(cover, rule)]
    if np.isfinite(rule.budget):
        starts.append(greedy(cover, rule, by_cost=True))
    best = max(starts, key=cover.value)
    value = cover.value(best)
    yield Step("greedy", rule.sites[best], bound=float(cover.base + cover.weight.sum()))
    best = interchange(cover, rule, best, clock)
    value = cover.value(best)
    yield Step("interchange", rule.sites[best])
    now, able = cover, rule
    place = np.arange(len(rule))  # candidates of `able`, as positions in `rule`
    upper, kicked = np.inf, False
    whole = bool((instance.weight == np.rint(instance.weight)).all())

    def settled() -> bool:
        return upper - value < (1 - 1e-6 if whole else 0.0) + SAME * abs(value)

    for _ in range(8):
        search = relax_weight(now, able, value, clock)
        relaxed = next(search)
        while True:
            upper = min(upper, max(relaxed.bound, value))
            improved = _from_bound(cover, rule, place, relaxed, value, clock)
            if improved is not None:
                best, value = improved, cover.value(improved)
            yield Step("bound", rule.sites[best] if improved is not None else None, bound=upper)
            if settled():
                yield Step("done", bound=value, done=True)
                return
            columns, ones = decided(relaxed, value, True, able.forced)
            if relaxed.last or clock.over() or len(columns) <= 0.6 * len(able):
                break
            relaxed = search.send(value)
        search.close()
        if clock.over():
            return
        if not kicked:
            kicked = True
            better = kicks(cover, rule, best, clock)
            if cover.value(better) > value:
                best, value = better, cover.value(better)
                yield Step("interchange", rule.sites[best])
                columns, ones = decided(relaxed, value, True, able.forced)
        if len(ones) > able.limit or not able.affords(able.cost[ones].sum()):
            yield Step("done", bound=value, done=True)  # nothing allowed could be better
            return
        fewer = len(able) - len(columns)
        place = place[columns]
        now, able = now.kept(columns), able.kept(columns, ones)
        now = taken(now, able)
        if fewer < 0.05 * (fewer + len(able)):
            break
    columns = without_dominated(now, able)
    now, able, place = now.kept(columns), able.kept(columns, np.empty(0, np.intp)), place[columns]
    with Highs(clock) as highs:
        found = yield from highs.solve(_weight_program(now, able))
    if found.blocks is not None:
        answer = place[np.flatnonzero(found.blocks[0] > 0.5)].tolist()
        if rule.keeps(answer) and cover.value(answer) > value:
            best, value = answer, cover.value(answer)
    if found.status in ("optimal", "infeasible"):
        # what was left out could not beat the answer that stood then, which is no better than this one
        yield Step("done", rule.sites[best], bound=value, done=True)
    else:
        rest = now.base - found.bound / scale_of(now.weight)
        yield Step("exact", rule.sites[best], bound=max(value, min(upper, rest)))


def _from_bound(
    cover: Cover, rule: Rule, place: NDArray[np.intp], relaxed: Relaxed, value: float, clock: Clock
) -> list[int] | None:
    """Return the choice that a bound suggests, improved, when it beats `value`."""
    picked = place[np.flatnonzero(relaxed.chosen)].tolist()
    if not rule.keeps(picked):
        return None
    if cover.value(picked) < 0.97 * value:
        return None
    picked = interchange(cover, rule, picked, clock, rounds=20)
    return picked if cover.value(picked) > value * (1 + 1e-12) else None


def kicks(cover: Cover, rule: Rule, chosen: list[int], clock: Clock) -> list[int]:
    """Return the best of some repeated searches, each after a few sites have been thrown out at random."""
    random = np.random.default_rng(clock.seed)
    best, value = chosen, cover.value(chosen)
    movable = [one for one in chosen if not rule.forced[one]]
    if len(movable) < 3:
        return best
    for _ in range(KICKS):
        if clock.over():
            break
        movable = [one for one in best if not rule.forced[one]]
        out = set(random.choice(movable, size=min(max(2, len(movable) // 3), len(movable) - 1), replace=False).tolist())
        trial = [one for one in best if one not in out]
        addable = np.flatnonzero(rule.addable(trial))
        if len(addable) and len(trial) < rule.limit:
            trial.append(int(random.choice(addable)))
        trial = interchange(cover, rule, trial, clock, rounds=30)
        if cover.value(trial) > value:
            best, value = trial, cover.value(trial)
    return best


def _weight_program(cover: Cover, rule: Rule) -> Program:
    program = Program()
    y = program.block(np.zeros(len(rule)), rule.forced.astype(float), 1.0, integer=True)
    z = program.block(-cover.weight * scale_of(cover.weight), 0.0, 1.0, integer=not cover.simple)
    e = len(cover.weight)
    if e:
        program.row(
            {z: sparse.dia_array((cover.need[None, :].astype(float), [0]), shape=(e, e)).tocsr(), y: -cover.rows},
            -np.inf,
            0.0,
        )
        twice = cover.need == 2
        degree = np.diff(cover.rows.indptr)
        if twice.any() and int((degree[twice].astype(np.int64) ** 2).sum()) <= STRONG_ENTRIES:
            _strong_rows(program, cover, y, z, np.flatnonzero(twice))
    program.rule(y, rule)
    return program


def _strong_rows(program: Program, cover: Cover, y: int, z: int, twice: NDArray[np.intp]) -> None:
    """Add ``z ≤ Σ y without one``, for each one that reaches the element: twofold cover outlives any of its sites."""
    rows, columns, owner = [], [], []
    count = 0
    for element in twice.tolist():
        sites = cover.rows.indices[cover.rows.indptr[element] : cover.rows.indptr[element + 1]]
        for one in range(len(sites)):
            rest = np.delete(sites, one)
            rows.append(np.full(len(rest), count))
            columns.append(rest)
            owner.append(element)
            count += 1
    i, j = np.concatenate(rows), np.concatenate(columns)
    program.row(
        {
            z: sparse.csr_array((np.ones(count), (np.arange(count), owner)), shape=(count, len(cover.weight))),
            y: sparse.csr_array((-np.ones(len(i)), (i, j)), shape=(count, cover.rows.shape[1])),
        },
        -np.inf,
        0.0,
    )


def covering(instance: Instance, clock: Clock) -> Generator[Step]:
    """Yield answers and lower bounds of a set covering problem; the caller has seen that each need can be met."""
    rule = Rule.of(instance)
    cover, _ = cover_of(instance, rule)
    price = rule.cost.copy() if instance.by_cost else np.ones(len(rule))
    with Highs(clock) as highs:
        found = yield from fewest(cover, rule, price, clock, highs, instance.by_cost)
        if found is None:
            return
        best, proved = found
        if not instance.backup:
            if proved:
                yield Step("done", done=True)
            return
        if proved:
            yield from _most_backup(instance, rule, cover, best, highs)


def fewest(
    cover: Cover, rule: Rule, price: Floats, clock: Clock, highs: Highs, by_cost: bool = False
) -> Generator[Step, None, tuple[list[int], bool] | None]:
    """Search for the cheapest choice that meets every need; yields steps.

    Returns
    -------
    tuple of (list of int, bool) or None
        The choice and whether none is cheaper; None when there is none or
        the clock ran out before one was found (``Step.done`` tells which).
    """
    unlimited = Rule(rule.sites, len(rule), rule.cost, np.inf, rule.forced, rule.near)
    tries = [pruned(cover, unlimited, greedy(cover, unlimited, until_covered=True), price)]
    if by_cost:
        tries.append(pruned(cover, unlimited, greedy(cover, unlimited, by_cost=True, until_covered=True), price))
    tries = [one for one in tries if complete(cover, one)]
    fits = [one for one in tries if rule.keeps(one)]
    best = min(fits, key=lambda one: float(price[one].sum())) if fits else None
    value = float(price[best].sum()) if best is not None else np.inf
    whole = bool((price == np.rint(price)).all())
    yield Step("greedy", rule.sites[best] if best is not None else None)
    guess = min((float(price[one].sum()) for one in tries), default=float(price.sum()))
    lower = 0.0
    search = relax_sites(cover, price, guess, clock, forced=rule.forced)
    relaxed = next(search)
    while True:
        lower = max(lower, np.ceil(relaxed.bound - 1e-6) if whole else relaxed.bound)
        picked = np.flatnonzero(relaxed.chosen).tolist()
        trial = _repaired(cover, unlimited, picked, price, relaxed)
        if complete(cover, trial) and rule.keeps(trial) and price[trial].sum() < value - SAME * abs(lower):
            best, value = trial, float(price[trial].sum())
        yield Step("bound", rule.sites[best] if best is not None else None, bound=min(lower, value))
        if relaxed.last or value <= lower * (1 + SAME):
            break
        relaxed = search.send(min(guess, value))
    search.close()
    if best is not None and value <= lower * (1 + SAME):
        return best, True
    if clock.over():
        return (best, False) if best is not None else None
    search_too = rule.plain and best is not None
    quick = QUICK if search_too else np.inf
    settled, rest, answer = yield from _programmed(cover, rule, price, relaxed, value, highs, quick)
    if search_too and not settled and not clock.over():
        if answer is not None and price[answer].sum() < value:
            best, value = answer, float(price[answer].sum())
        lower = max(lower, min(rest, value))
        yield Step("exact", rule.sites[best], bound=lower)
        found = _searched(cover, rule, price, relaxed, best, clock.within(SEARCH_PART))
        if price[found].sum() < value * (1 - SAME):
            best, value = found, float(price[found].sum())
        yield Step("interchange", rule.sites[best], bound=min(lower, value))
        settled, rest, answer = yield from _programmed(cover, rule, price, relaxed, value, highs)
    if answer is not None and price[answer].sum() < value:
        best, value = answer, float(price[answer].sum())
    if best is None:
        if settled:
            yield Step("done", done=True)
        return None
    yield Step("exact", rule.sites[best], bound=value if settled else min(value, max(lower, rest)))
    return best, settled


def _programmed(
    cover: Cover, rule: Rule, price: Floats, relaxed: Relaxed, value: float, highs: Highs, seconds: float = np.inf
) -> Generator[Step, None, tuple[bool, float, list[int] | None]]:
    """Give what a bound leaves open to the solver.

    Parameters
    ----------
    value : float
        Price of the best answer; infinite without one.

    Returns
    -------
    settled : bool
        Whether nothing is better than the answer or, without one, than `value`.
    bound : float
        No answer is cheaper, unless one of `value` is there.
    answer : list of int or None
        One that keeps every condition.
    """
    whole = bool((price == np.rint(price)).all())
    columns, ones = np.arange(len(rule)), np.flatnonzero(rule.forced)
    if np.isfinite(value):
        # keep the answers that tie with the one at hand out of it: only better ones matter
        columns, ones = decided(relaxed, value - (1 - 1e-6 if whole else 0.0), False, rule.forced)
    now, able = cover.kept(columns), rule.kept(columns, ones)
    if float(now.points.sum()) < float(cover.points.sum()) or not len(columns):
        # a need could not be met without what is ruled out: nothing better exists
        return True, value, None
    place = columns
    for _ in range(10):
        before = now.rows.shape
        now = without_implied(now)
        keep = without_dominated(now, able) if (price == price[:1]).all() else np.arange(len(able))
        now, able, place = now.kept(keep), able.kept(keep, np.empty(0, np.intp)), place[keep]
        if now.rows.shape == before:
            break
    if not len(place):  # whoever is left needs no site
        return True, 0.0, []
    program = Program()
    y = program.block(price[place] * scale_of(price[place]), able.forced.astype(float), 1.0, integer=True)
    if len(now.need):
        program.row({y: now.rows}, now.need.astype(float), np.inf)
    program.rule(y, able)
    found = yield from highs.solve(program, seconds)
    answer = None
    if found.blocks is not None:
        picked = place[np.flatnonzero(found.blocks[0] > 0.5)].tolist()
        answer = picked if rule.keeps(picked) and complete(cover, picked) else None
    rest = found.bound / scale_of(price[place])
    rest = np.ceil(rest - 1e-6) if whole and np.isfinite(rest) else rest
    return found.status == "infeasible" or (found.status == "optimal" and answer is not None), rest, answer


def _searched(cover: Cover, rule: Rule, price: Floats, relaxed: Relaxed, chosen: list[int], clock: Clock) -> list[int]:
    """Return an answer no dearer, found by local search among the sites that look cheap to the bound."""
    columns = core(cover, price - relaxed.worth, chosen, rule.forced)
    place = np.full(len(price), -1)
    place[columns] = np.arange(len(columns))
    some = rule.kept(columns, np.empty(0, np.intp))
    found = cheaper(cover.kept(columns), some, price[columns], place[chosen].tolist(), clock)
    answer = columns[found].tolist()
    return answer if complete(cover, answer) and rule.keeps(answer) else chosen


def _repaired(cover: Cover, rule: Rule, picked: list[int], price: Floats, relaxed: Relaxed) -> list[int]:
    """Return `picked` made complete by the candidates that look cheapest to the bound, then pruned."""
    chosen = list(dict.fromkeys([*rule.start, *picked]))
    missing = cover.need - cover.counts(chosen)
    for element in np.flatnonzero(missing > 0).tolist():
        while missing[element] > 0:
            sites = cover.rows.indices[cover.rows.indptr[element] : cover.rows.indptr[element + 1]]
            sites = [int(one) for one in sites if one not in chosen]
            if not sites:
                return chosen
            one = min(sites, key=lambda j: (price[j] - relaxed.worth[j], j))
            chosen.append(one)
            missing[cover.columns.indices[cover.columns.indptr[one] : cover.columns.indptr[one + 1]]] -= 1
    return pruned(cover, rule, chosen, price)


def _most_backup(instance: Instance, rule: Rule, cover: Cover, best: list[int], highs: Highs) -> Generator[Step]:
    """Among answers as small as `best`, search the one with the most points reached at least twice."""
    double, _ = cover_of(instance, rule, need=2)
    price = rule.cost if instance.by_cost else np.ones(len(rule))
    program = Program()
    y = program.block(np.zeros(len(rule)), rule.forced.astype(float), 1.0, integer=True)
    z = program.block(-double.points, 0.0, 1.0, integer=True)
    if len(cover.need):
        program.row({y: cover.rows}, 1.0, np.inf)
    if len(double.need):
        e = len(double.need)
        program.row(
            {z: sparse.dia_array((double.need[None, :].astype(float), [0]), shape=(e, e)).tocsr(), y: -double.rows},
            -np.inf,
            0.0,
        )
    unit = 1000.0 / max(float(price[best].sum()), 1e-9)
    program.row({y: sparse.csr_array(price[None, :] * unit)}, -np.inf, float(price[best].sum()) * unit * (1 + SAME))
    program.rule(y, rule)
    found = yield from highs.solve(program)
    if found.blocks is not None:
        answer = np.flatnonzero(found.blocks[0] > 0.5)
        if rule.keeps(answer) and complete(cover, answer):
            yield Step("exact", rule.sites[answer])
    if found.status == "optimal":
        yield Step("done", done=True)
