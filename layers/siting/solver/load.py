"""How much weight each site serves under capacity, as the answer of a model has it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.siting.solver import capacitated_service
from layers.siting.solver.constraints import Rule
from layers.siting.solver.highs import at_once
from layers.siting.solver.instance import Instance


def loads(instance: Instance, sites: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Return the weight that each site serves, shape (n,), where `sites` are built beside those that stand;
    None when they cannot serve as they must.

    Of several ways to serve equally well it is one.
    """
    sites, weight, n = np.asarray(sites, np.int64), instance.weight, instance.pairs.sites
    if instance.single_source:
        _, site = capacitated_service.assigned(instance, sites)
        if site is None:
            return None
        some = site >= 0
        return np.bincount(site[some], weight[some], n).astype(np.float64, copy=False)
    pairs = instance.pairs
    if instance.model == "pcenter":
        radius = capacitated_service.least_radius(instance, sites)
        if radius is None:
            return None
        pairs = pairs.kept(pairs.distance <= radius)
    program, _, i, j = capacitated_service.program_of(instance, Rule.of(instance), pairs, fixed=sites)
    blocks = at_once(program).blocks
    if blocks is None:
        return None
    return np.bincount(j, weight[i] * blocks[1], n).astype(np.float64, copy=False)
