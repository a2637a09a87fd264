"""First answers to covering problems: greedy adding (Church & ReVelle 1974) and interchange (Teitz & Bart 1968)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.siting.solver.constraints import Rule
from layers.siting.solver.progress import SAME, Clock
from layers.siting.solver.reduction import Cover

Floats = NDArray[np.float64]


def spans(matrix: sparse.csr_array, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the positions of the entries of `rows` in a compressed matrix, row after row."""
    begin = matrix.indptr[rows].astype(np.int64)
    size = matrix.indptr[rows + 1] - begin
    before = np.cumsum(size) - size
    return np.repeat(begin - before, size) + np.arange(int(size.sum()))


def spread(matrix: sparse.csr_array, rows: NDArray[np.intp], values: Floats) -> Floats:
    """Return per column the sum of `values` (one per row of `rows`) over the entries of those rows."""
    size = matrix.indptr[rows + 1] - matrix.indptr[rows]
    return np.bincount(matrix.indices[spans(matrix, rows)], np.repeat(values, size), minlength=matrix.shape[1])  # ty: ignore[invalid-explicit-return] - weights make it floats


def greedy(cover: Cover, rule: Rule, by_cost: bool = False, until_covered: bool = False) -> list[int]:
    """Return a choice made by always adding the candidate that gains most.

    Parameters
    ----------
    by_cost : bool
        Gain per yuan instead of gain.
    until_covered : bool
        The gain is the need that is met, whatever the weight, and the search
        ends when all is met (set covering).
    """
    chosen = rule.start
    share = (np.ones(len(cover.need)) if until_covered else cover.weight) / cover.need
    missing = cover.need - cover.counts(chosen)
    gain = cover.columns @ np.where(missing > 0, share, 0.0)
    allowed = rule.addable(chosen)
    nothing = 1e-12 * float(gain.max(initial=0.0))
    while len(chosen) < rule.limit and allowed.any():
        worth = gain / np.maximum(rule.cost, 1e-9) if by_cost else gain
        pick = int(np.argmax(np.where(allowed, worth, -1.0)))
        if gain[pick] <= nothing:
            break
        chosen.append(pick)
        reached = cover.columns.indices[cover.columns.indptr[pick] : cover.columns.indptr[pick + 1]]
        missing[reached] -= 1
        met = reached[missing[reached] == 0]
        gain -= spread(cover.rows, met, share[met])
        allowed[pick] = False
        if not rule.plain:
            allowed = rule.addable(chosen)
    return chosen


def interchange(cover: Cover, rule: Rule, chosen: list[int], clock: Clock, rounds: int = 200) -> list[int]:
    """Return a choice at least as good, improved by adding and by exchanging one site for another.

    Every exchange is the best one for the site that leaves; it ends when no
    exchange helps, at the clock, or after `rounds` sweeps.
    """
    chosen = list(chosen)
    weight, need, columns, rows = cover.weight, cover.need, cover.columns, cover.rows
    counts = cover.counts(chosen)
    noise = SAME * max(1.0, float(weight.sum()))
    noise = min(noise, 0.5 * float(weight[weight > 0].min(initial=np.inf))) if len(weight) else noise
    gain = columns @ np.where(counts == need - 1, weight, 0.0)
    for _ in range(rounds):
        improved = False
        for position in range(len(chosen) - 1, -2, -1):
            if clock.over():
                return chosen
            leaving = chosen[position] if position >= 0 else -1
            if leaving >= 0 and rule.forced[leaving]:
                continue
            rest = [one for one in chosen if one != leaving]
            if len(rest) >= rule.limit:
                continue
            delta, loss = gain, 0.0
            if leaving >= 0:
                mine = columns.indices[columns.indptr[leaving] : columns.indptr[leaving + 1]]
                now = counts[mine]
                change = np.where(now == need[mine], weight[mine], 0.0) - np.where(
                    now == need[mine] - 1, weight[mine], 0.0
                )
                touched = np.flatnonzero(change)
                loss = float(weight[mine][now == need[mine]].sum())
                delta = gain + spread(rows, mine[touched], change[touched])
            delta = np.where(rule.addable(rest), delta, -1.0)
            if leaving >= 0:
                delta[leaving] = -1.0
            best = int(np.argmax(delta)) if len(delta) else -1
            if best < 0 or delta[best] - loss <= noise:
                continue
            chosen = [*rest, best]
            counts = cover.counts(chosen)
            gain = columns @ np.where(counts == need - 1, weight, 0.0)
            improved = True
            if leaving < 0:
                break
        if not improved:
            break
    return chosen


def pruned(cover: Cover, rule: Rule, chosen: list[int], price: Floats) -> list[int]:
    """Return a set cover without the sites that it can spare, the dearest leaving first."""
    counts = cover.counts(chosen)
    kept = list(chosen)
    for one in sorted(chosen, key=lambda j: (-price[j], -chosen.index(j))):
        mine = cover.columns.indices[cover.columns.indptr[one] : cover.columns.indptr[one + 1]]
        if not rule.forced[one] and (counts[mine] > cover.need[mine]).all():
            counts[mine] -= 1
            kept.remove(one)
    return kept


def complete(cover: Cover, chosen: list[int] | NDArray[np.intp]) -> bool:
    """Return whether `chosen` meets every need."""
    return bool((cover.counts(chosen) >= cover.need).all())
