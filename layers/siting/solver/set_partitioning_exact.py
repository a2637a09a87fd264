"""Small set partitioning problems in this process: the linear relaxation, then every answer within what it leaves open.

A set matters only where its reduced cost is within what the answer lies above the relaxation (Baldacci, Christofides
& Mingozzi 2008, *Mathematical Programming* 115(2)); of those that are left, disjoint ones are put together row by row,
as long as their reduced costs together are within it. Starting a mixed-integer solver takes longer for a part of an
answer than this does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from layers.siting.solver.progress import SAME

Floats = NDArray[np.float64]
#: Sets that are put together at most before it gives up.
NODES = 20_000
#: Answers are looked for within these parts of what is open, one after the other.
PARTS = (0.1, 0.3, 1.0)


def cheapest(
    items: NDArray[np.bool_], site: NDArray[np.int64], cost: Floats, counted: NDArray[np.bool_], count: int, now: float
) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None]:
    """Return the sets of the cheapest answer found that costs less than `now`, and those of which a cheaper one would
    be made: None where the search came to its end.

    Parameters
    ----------
    items : ndarray of bool, shape (q, m)
        The demand in each set; an answer holds each demand once.
    site : ndarray of int64, shape (q,)
        An answer holds one set of a site at most.
    cost : ndarray of float64, shape (q,)
    counted : ndarray of bool, shape (q,)
        An answer holds `count` of these sets at most.
    """
    q, m = items.shape
    used, place = np.unique(site, return_inverse=True)
    one = sparse.csr_array((np.ones(q), (place, np.arange(q))), shape=(len(used), q))
    scale = 1e3 / now if now > 0 else 1.0
    found = linprog(
        cost * scale,
        A_ub=sparse.vstack([one, sparse.csr_array(counted[None, :].astype(np.float64))], format="csc"),
        b_ub=np.append(np.ones(len(used)), float(count)),
        A_eq=sparse.csc_array(items.T.astype(np.float64)),
        b_eq=np.ones(m),
        bounds=(0.0, None),
        method="highs",
    )
    if found.status != 0:
        return None, None if found.status == 2 else np.arange(q)
    value, upper = found.fun / scale, found.ineqlin.marginals
    left = cost * scale - items @ found.eqlin.marginals - upper[place] - upper[-1] * counted
    left = np.maximum(left / scale, 0.0)
    best, below = None, now * (1 - SAME)
    room = below - value
    for part in PARTS:
        within = min(part * room, below - value)
        some = np.flatnonzero(left < within)
        if within <= 0 or not items[some].any(axis=0).all():
            continue
        better, ended = _joined(
            items[some], place[some], cost[some], left[some], counted[some], count, value, below, within
        )
        if better is not None:
            best, below = some[better], float(cost[some[better]].sum())
        if not ended:
            return best, np.flatnonzero(left < below - value)
        if below - value <= within:
            break
    return best, None


def _joined(
    items: NDArray[np.bool_],
    place: NDArray[np.int64],
    cost: Floats,
    left: Floats,
    counted: NDArray[np.bool_],
    count: int,
    relaxed: float,
    below: float,
    room: float,
) -> tuple[NDArray[np.int64] | None, bool]:
    """Return the sets of the cheapest answer, by depth-first search, the demand first that the fewest sets hold."""
    m = items.shape[1]
    items = items[:, np.argsort(items.sum(axis=0), kind="stable")]
    first = items.argmax(axis=1)
    masks = [sum(1 << one for one in np.flatnonzero(row).tolist()) for row in items]
    masks = [mask | 1 << (m + k) for mask, k in zip(masks, place.tolist(), strict=True)]
    # a set whose first row is not the first that is open holds a row that is taken
    by_row: list[list[tuple[float, int, int]]] = [[] for _ in range(m)]
    for k in np.argsort(left, kind="stable").tolist():
        by_row[first[k]].append((float(left[k]), masks[k], k))
    everybody, nodes, best = (1 << m) - 1, 0, None
    # what each has spent of the room, whom it holds, and its sets
    stack: list[tuple[float, int, tuple[int, ...]]] = [(0.0, 0, ())]
    while stack:
        spent, held, sets = stack.pop()
        if spent >= room:
            continue
        open_ = ~held & everybody
        if not open_:
            chosen = list(sets)
            total = float(cost[chosen].sum())
            if total < below and int(counted[chosen].sum()) <= count:
                room = min(room, total - relaxed)
                best, below = np.array(chosen), total
            continue
        nodes += 1
        if nodes > NODES:
            return best, False
        more = []
        for less, mask, k in by_row[(open_ & -open_).bit_length() - 1]:
            if spent + less >= room:
                break
            if not mask & held:
                more.append((spent + less, held | mask, (*sets, k)))
        stack.extend(reversed(more))
    return best, True
