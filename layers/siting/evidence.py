"""Why these sites: what each is worth, what a further one would bring, what stays open, who is better off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from layers.access import gini
from layers.distance import NOISE, Points, measure
from layers.siting.solver import Instance, Progress, best, reach_counts, value

Choice = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SiteEvidence:
    """What one new site is worth.

    Attributes
    ----------
    site : int
        Position in the instance.
    reached, exclusive, newly : float or None
        Weight in its reach; weight that counts only because of it; weight in its
        reach that did not count before any new site. None without a radius.
    served : float or None
        Weight for which it is the nearest open site; None in covering models without distances for all.
    loss : float or None
        By how much the objective worsens without it; None: nobody could be served as they must.
    rank : int
        1 for the site that would be missed most.
    nearest : int or None
        The nearest other open site; None when positions are not known.
    nearest_m : float or None
        Straight distance to it, metres.
    """

    site: int
    reached: float | None
    exclusive: float | None
    newly: float | None
    served: float | None
    loss: float | None
    rank: int
    nearest: int | None
    nearest_m: float | None


def explain(instance: Instance, sites: Choice, places: Points | None = None) -> list[SiteEvidence]:
    """Return the evidence for each of the new `sites`, in their order.

    Parameters
    ----------
    places : Points or None
        Where the sites of the instance are.
    """
    sites = np.asarray(sites, np.int64)
    pairs, weight = instance.pairs, instance.weight
    owner = pairs.demand()
    near = pairs.distance <= instance.radius * (1 + 1e-9) if instance.radius is not None else None
    counts = reach_counts(instance, sites, instance.radius) if near is not None else None
    before = reach_counts(instance, np.empty(0, np.int64), instance.radius) if near is not None else None
    there = instance.existing.copy()
    there[sites] = True
    nearest = instance.nearest(there)
    whole = value(instance, sites)
    by_cover = instance.model == "mclp" and instance.capacity is None
    facts, losses = [], []
    for site in sites:
        mine = np.flatnonzero(pairs.site == site)
        serving = owner[mine[pairs.distance[mine] <= nearest[owner[mine]]]]
        if instance.horizon is not None and instance.farther is not None:  # it also serves who has no pair with it
            only = np.arange(pairs.sites) == site
            ways = instance.farther(np.arange(pairs.demands), only, 1)
            serving = np.flatnonzero(ways <= nearest * (1 + NOISE))
        reached = exclusive = newly = None
        if near is not None and counts is not None and before is not None:
            covered = owner[mine[near[mine]]]
            reached = float(weight[covered].sum())
            exclusive = float(weight[covered][counts[covered] == instance.cover].sum())
            newly = float(weight[covered][before[covered] < instance.cover].sum())
        if by_cover:
            loss: float | None = exclusive
        else:
            without = value(instance, sites[sites != site])
            loss = None if without is None or whole is None or instance.model == "lscp" else abs(without - whole)
        losses.append(np.inf if loss is None else loss)
        facts.append((int(site), reached, exclusive, newly, float(weight[serving].sum()), loss))
    order = sorted(range(len(sites)), key=lambda k: (-losses[k], -(facts[k][2] or 0.0), int(sites[k])))
    rank = {k: place + 1 for place, k in enumerate(order)}
    open_sites = np.flatnonzero(there)
    found = []
    for k, site in enumerate(sites):
        others = open_sites[open_sites != site]
        other, way = None, None
        if places is not None and len(others):
            ways = measure(places, np.full(len(others), site), places, others)
            other, way = int(others[np.argmin(ways)]), float(ways.min())
        found.append(SiteEvidence(*facts[k], rank[k], other, way))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Covered:
    """Who is within the radius, with every denominator.

    Attributes
    ----------
    weight, weight_of : float
        Covered weight, and all weight.
    points : int
        Covered demand points.
    backup_weight : float
        Weight reached by at least two open sites.
    """

    weight: float
    weight_of: float
    points: int
    backup_weight: float


def covered(instance: Instance, sites: Choice, times: int = 1) -> Covered:
    """Return who is within the radius of at least `times` open sites."""
    counts = reach_counts(instance, np.asarray(sites, np.int64), instance.radius)
    return Covered(
        float(instance.weight[counts >= times].sum()),
        float(instance.weight.sum()),
        int((counts >= times).sum()),
        float(instance.weight[counts >= 2].sum()),
    )


def uncovered(instance: Instance, sites: Choice) -> NDArray[np.intp]:
    """Return the demand points that stay out of reach (less often than `cover`), heaviest first."""
    out = np.flatnonzero(reach_counts(instance, np.asarray(sites, np.int64), instance.radius) < instance.cover)
    return out[np.lexsort((out, -instance.weight[out]))]


def curve(instance: Instance, upto: int, seconds: float | None = None, seed: int = 0) -> list[Progress]:
    """Return the best answer for each number of new sites from 0 to `upto` (each at most `seconds` long).

    The differences are the marginal gains of each further site.
    """
    least = int((instance.forced & ~instance.existing).sum())
    return [
        best(instance.having(new=count, farther=instance.farther), seconds, seed) for count in range(least, upto + 1)
    ]


def nests(plans: Sequence[Choice]) -> tuple[bool, int | None]:
    """Return whether each plan keeps all sites of the one before, and the first that does not.

    Plans that nest can be built one site after the other without regret.
    """
    for place, (small, large) in enumerate(pairwise(plans)):
        if not set(map(int, small)) <= set(map(int, large)):
            return False, place + 1
    return True, None


@dataclass(frozen=True, slots=True)
class Equity:
    """Distances to the nearest open site over the demand that has one in the pairs, weighted.

    Attributes
    ----------
    gini : float or None
        Gini coefficient of the distance; 0: everybody walks equally far.
    mean : float or None
        Mean distance.
    weight : float
        Weight that was counted; the rest has no open site among its pairs.
    """

    gini: float | None
    mean: float | None
    weight: float


def equity(instance: Instance, sites: Choice) -> Equity:
    """Return how equal the ways to the nearest open site are."""
    there = instance.existing.copy()
    there[np.asarray(sites, np.int64)] = True
    way = instance.nearest(there)
    known = np.isfinite(way)
    weight = instance.weight[known]
    if not weight.sum() > 0:
        return Equity(None, None, 0.0)
    return Equity(gini(way[known], weight), float(np.average(way[known], weights=weight)), float(weight.sum()))
