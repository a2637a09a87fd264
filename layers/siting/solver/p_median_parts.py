"""Better answers of a p-median in a plane: a few sites that lie together, chosen anew among the candidates there.

Taillard (2003), *Journal of Heuristics* 9(1): the rest of the answer stays as it is, and says how far the demand of
the part goes at most. Where nothing around a site became better, it is left until something near it changes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree  # ty: ignore[missing-module-member] - it is there, from C
from scipy.spatial.distance import cdist

from layers.siting.solver import p_median
from layers.siting.solver.constraints import Rule
from layers.siting.solver.progress import SAME, Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
#: Sites of a part, candidates in it for each (those worth most to the bound), and demand at most.
SITES, CANDIDATES, DEMAND = 10, 25, 4_000


def improved(
    demand: Floats,
    weight: Floats,
    cap: Floats,
    sites: Floats,
    rule: Rule,
    chosen: Ints,
    worth: Floats,
    clock: Clock,
) -> Generator[Ints]:
    """Yield ever better choices, until no part has one.

    Parameters
    ----------
    demand, sites : ndarray of float64, shape (m, 2) and (n, 2)
        Where they are.
    cap : ndarray of float64, shape (m,)
        Way of each demand point to what stands.
    rule : Rule
        Without budget and spacing.
    worth : ndarray of float64, shape (n,)
        What the multipliers of a bound think of each candidate.
    """
    random = np.random.default_rng(clock.seed)
    chosen = np.array(chosen, np.intp)
    if len(chosen) < 2:
        return
    queue = deque(random.permutation(chosen).tolist())
    waits = set(queue)
    tree = cKDTree(sites)
    to = _ways(demand, cap, sites, chosen)[1]
    while queue and not clock.over():
        seed = queue.popleft()
        waits.discard(seed)
        if seed not in chosen:
            continue
        near = np.atleast_1d(cKDTree(sites[chosen]).query(sites[seed], min(SITES, len(chosen)))[1])
        rows = np.flatnonzero(np.isin(to, near))
        if len(rows) > DEMAND or not len(rows):
            continue
        rest = np.delete(chosen, near)
        most = _ways(demand[rows], cap[rows], sites, rest)[0]
        inside = np.unique(tree.query(demand[rows])[1])
        some = inside[np.argsort(-worth[inside], kind="stable")[: CANDIDATES * len(near)]]
        able = np.union1d(some[~np.isin(some, rest)], chosen[near])
        part = _part(demand[rows], weight[rows], most, sites[able])
        small = replace(rule.kept(able, np.empty(0, np.intp)), limit=rule.limit - len(rest))
        now = np.searchsorted(able, chosen[near]).tolist()
        trial = p_median.interchange(part, small, now, clock)
        trial = p_median.kicks(part, small, trial, clock)
        if part.value(trial) < part.value(now) * (1 - SAME):
            chosen = np.append(rest, able[trial])
            to = _ways(demand, cap, sites, chosen)[1]
            again = np.unique(to[rows])
            for one in [*able[trial].tolist(), *chosen[again[again >= 0]].tolist()]:
                if one not in waits:
                    waits.add(one)
                    queue.append(one)
            yield chosen


def _ways(demand: Floats, cap: Floats, sites: Floats, chosen: Ints) -> tuple[Floats, Ints]:
    """Return the way of each demand point to what stands or is chosen, and to which of these (−1: what stands)."""
    if not len(chosen):
        return cap, np.full(len(cap), -1)
    far, to = cKDTree(sites[chosen]).query(demand)
    stays = cap <= far
    return np.where(stays, cap, far), np.where(stays, -1, to)


def _part(demand: Floats, weight: Floats, most: Floats, sites: Floats) -> p_median.Median:
    """Return the p-median of a part, whose demand goes no farther than `most`."""
    far = cdist(demand, sites)
    most = np.minimum(most, 2.0 * far.max() + 1.0)
    keep = far < most[:, None]
    row, column = np.nonzero(keep)
    start = np.concatenate([[0], np.cumsum(keep.sum(axis=1))])
    return p_median.Median(
        row.astype(np.int32),
        column.astype(np.int32),
        start,
        weight[row] * far[keep],
        weight * most,
        np.zeros(len(most), bool),
        0.0,
        len(sites),
    )
