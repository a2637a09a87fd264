"""What sites that are there serve under capacity: the program, and its answers with demand shared or as a whole."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.distance import Pairs
from layers.siting.solver import single_source
from layers.siting.solver.capacitated_median import Problem
from layers.siting.solver.constraints import Rule
from layers.siting.solver.highs import Found, Program, at_once
from layers.siting.solver.highs_process import milp
from layers.siting.solver.instance import Instance
from layers.siting.solver.progress import Clock, Step, ended
from layers.siting.solver.transportation import transported

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
T = TypeVar("T")
#: Whom given sites serve as a whole is asked of the solver for so many seconds at most, and of p-medians with so many
#: pairs only where the quick way finds nothing.
SECONDS, FEW_ENTRIES = 2.0, 1_000


def program_of(
    instance: Instance, rule: Rule, pairs: Pairs, fixed: NDArray[np.int64] | None = None, model: str | None = None
) -> tuple[Program, float, Ints, Ints]:
    """Return the program of a capacitated model, the scale of its objective, and demand and site of its second block.

    Parameters
    ----------
    pairs : Pairs
        Who may serve whom.
    fixed : ndarray of int64 or None
        Sites that are built; None: to be chosen.
    """
    model = model or instance.model
    weight, capacity = instance.weight, instance.limits
    place = np.full(pairs.sites, -1)
    place[rule.sites] = np.arange(len(rule))
    owner = pairs.demand()
    # a demand without weight takes no capacity, but lscp and pcenter still want it reached
    usable = instance.existing | (place >= 0)
    if fixed is not None:
        usable = instance.existing.copy()
        usable[fixed] = True
    mask = usable[pairs.site]
    if model in ("mclp", "pmedian"):
        mask &= weight[owner] > 0
    i, j, d = owner[mask], pairs.site[mask], pairs.distance[mask]
    q, m, f = len(i), len(weight), len(rule)
    value = {"mclp": -weight[i], "pmedian": weight[i] * d}.get(model, np.zeros(q))
    total = float(np.abs(value).sum()) if model == "mclp" else float((weight * d.max(initial=0.0)).sum())
    scale = 1.0 if model in ("lscp", "pcenter") or total == 0 else 1e6 / total
    program = Program()
    lower, upper = rule.forced.astype(float), np.ones(f)
    if fixed is not None:
        upper = np.zeros(f)
        upper[place[fixed]] = 1.0
        lower = upper
    price = (rule.cost if instance.by_cost else np.ones(f)) if model == "lscp" else np.zeros(f)
    y = program.block(price, lower, upper, integer=fixed is None)
    x = program.block(value * scale, 0.0, 1.0, integer=instance.single_source)
    asked = np.flatnonzero(weight > 0) if model in ("mclp", "pmedian") else np.arange(m)
    rank = np.full(m, -1)
    rank[asked] = np.arange(len(asked))
    if len(asked):
        share = sparse.csr_array((np.ones(q), (rank[i], np.arange(q))), shape=(len(asked), q))
        program.row({x: share}, -np.inf if model == "mclp" else 1.0, 1.0)
    chosen = np.flatnonzero(place[j] >= 0)
    if len(chosen):
        program.row(
            {
                x: sparse.csr_array((np.ones(len(chosen)), (np.arange(len(chosen)), chosen)), shape=(len(chosen), q)),
                y: sparse.csr_array(
                    (-np.ones(len(chosen)), (np.arange(len(chosen)), place[j[chosen]])), shape=(len(chosen), f)
                ),
            },
            -np.inf,
            0.0,
        )
    finite = np.flatnonzero(np.isfinite(capacity) & (instance.existing | (place >= 0)))
    if len(finite) and q:
        order = np.full(pairs.sites, -1)
        order[finite] = np.arange(len(finite))
        held = np.flatnonzero(order[j] >= 0)
        unit = 1.0 / max(float(weight.max()), 1e-300)
        load = sparse.csr_array((weight[i[held]] * unit, (order[j[held]], held)), shape=(len(finite), q))
        new = np.flatnonzero(place[finite] >= 0)
        room = sparse.csr_array((-capacity[finite[new]] * unit, (new, place[finite[new]])), shape=(len(finite), f))
        stand = np.where(instance.existing[finite], capacity[finite] * unit, 0.0)
        program.row({x: load, y: room}, -np.inf, stand)
    if fixed is None:
        program.rule(y, rule)
    return program, scale, i.astype(np.int64), j.astype(np.int64)


def served(instance: Instance, sites: Ints, radius: float | None = None) -> float | None:
    """Return the objective that `sites` (with those that stand) attain under capacity with demand shared;
    None when they cannot serve.

    ``mclp`` weight served · ``pmedian`` Σ weight × distance · ``lscp``, ``pcenter``
    0 when everybody can be served (within `radius` where given).
    """
    rule = Rule.of(instance)
    pairs = instance.pairs if radius is None else instance.pairs.kept(instance.pairs.distance <= radius)
    if instance.model == "pmedian":
        problem = _only(instance, rule, sites)
        return transported(problem.cost, problem.load, problem.room)
    program, scale, _, _ = program_of(instance, rule, pairs, fixed=sites)
    answer = milp({**program.task(), "seconds": None})
    if answer["status"] != 0:
        return None
    total = float(answer["objective"] or 0.0) / scale
    return -total if instance.model == "mclp" else 0.0


def _only(instance: Instance, rule: Rule, sites: Ints) -> Problem:
    """Return the table of a p-median with no other candidates than `sites`."""
    return Problem.of(instance, rule.kept(np.flatnonzero(np.isin(rule.sites, sites)), np.empty(0, np.intp)))


def assigned(
    instance: Instance, sites: Ints, radius: float | None = None, seconds: float = SECONDS
) -> tuple[float | None, Ints | None]:
    """Return what `sites` attain when each demand is served as a whole, and which site serves each;
    the best that is found in `seconds`.
    """
    rule = Rule.of(instance)
    if instance.model == "pmedian" and len(instance.weight) * (len(sites) + 1) > FEW_ENTRIES:
        problem = _only(instance, rule, sites)
        site = problem.assigned(list(range(len(problem.rule))), Clock(seconds))
        if site is not None and problem.fits(site):
            found = np.full(len(instance.weight), -1)
            found[problem.rows] = problem.columns[site]
            return single_source.worth(instance, sites, found), found
    if instance.model == "pcenter" and radius is None:
        least = _least(instance, sites, lambda level: assigned(instance, sites, level, seconds)[1])
        return (None, None) if least is None else least
    pairs = instance.pairs if radius is None else instance.pairs.kept(instance.pairs.distance <= radius)
    program, _, i, j = program_of(instance, rule, pairs, fixed=sites)

    def here(asked: Program) -> Generator[Step, None, Found]:
        return at_once(asked, seconds)
        yield

    if not len(i):
        nobody = np.full(len(instance.weight), -1)
        return single_source.worth(instance, sites, nobody), nobody
    found, site = ended(single_source.exactly(here, program, i, j, instance.weight, instance.limits))
    if site is None:
        return None, None
    return single_source.worth(instance, sites, site), site


def least_radius(instance: Instance, sites: Ints) -> float | None:
    """Return the least greatest distance at which `sites` can serve everybody under capacity with demand shared."""
    found = _least(instance, sites, lambda level: served(instance, sites, level))
    return None if found is None else found[0]


def _least(instance: Instance, sites: Ints, able: Callable[[float], T | None]) -> tuple[float, T] | None:
    """Return the least distance at which `able` gives something, and what it gives."""
    there = instance.existing.copy()
    there[sites] = True
    levels = np.unique(instance.pairs.distance[there[instance.pairs.site]])
    # nobody can go less far than to the nearest of them
    low, high = int(np.searchsorted(levels, instance.pairs.nearest(there).max())), len(levels)
    best = None
    if low < high and (found := able(float(levels[low]))) is not None:
        return float(levels[low]), found
    while low < high:
        middle = (low + high) // 2
        found = able(float(levels[middle]))
        if found is None:
            low = middle + 1
        else:
            best, high = (float(levels[middle]), found), middle
    return best
