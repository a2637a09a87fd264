"""A first answer to a large problem at once: greedy on some of the demand, drawn at random."""

from __future__ import annotations

import numpy as np

from layers.siting.solver import heuristic, p_median
from layers.siting.solver.constraints import Rule
from layers.siting.solver.instance import Instance
from layers.siting.solver.progress import Clock, Step
from layers.siting.solver.reduction import cover_of

#: With more pairs than `LARGE` the first answer looks at about `SAMPLE` of them.
LARGE, SAMPLE = 1_000_000, 400_000


def first_answer(instance: Instance, clock: Clock) -> Step | None:
    """Return an answer that keeps every condition on the choice; None where the whole can be looked at as fast.

    It may leave demand unserved that a p-median or p-center must serve: who
    takes it in judges it by all demand.
    """
    if (
        instance.model == "lscp"
        or instance.capacity is not None
        or instance.plane is not None
        or len(instance.pairs.site) <= LARGE
    ):
        return None
    random = np.random.default_rng(clock.seed)
    m = instance.pairs.demands
    rows = np.sort(random.choice(m, max(1, min(m, int(m * SAMPLE / len(instance.pairs.site)))), replace=False))
    some = instance.having(
        pairs=instance.pairs.of(rows),
        weight=instance.weight[rows] if instance.model != "pcenter" else np.ones(len(rows)),
        demand_ids=[instance.demand_ids[i] for i in rows],
        farther=instance.farther,
        horizon=None if instance.horizon is None else instance.horizon[rows],
    )
    rule = Rule.of(some)
    if instance.model == "mclp":
        return Step(
            "greedy", rule.sites[heuristic.greedy(cover_of(some, rule)[0], rule)], bound=float(instance.weight.sum())
        )
    return Step("greedy", rule.sites[p_median.greedy(p_median.Median.of(some, rule), rule)], bound=0.0)
