"""Bounds under capacity: relax the rows that give each demand one whole service, and every site fills its own knapsack.

Pirkul & Schilling (1991), *Management Science* 37(2), do so for maximal covering
with capacities. Demand may be split, so a knapsack is filled exactly by taking the
best per unit of weight first, and the bound equals the linear relaxation in the end;
it holds as well where demand is served as a whole.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.siting.solver.constraints import Rule
from layers.siting.solver.instance import Instance
from layers.siting.solver.progress import SAME, Clock

Floats = NDArray[np.float64]
ROUNDS, EVERY, PATIENCE, LEAST_STEP = 400, 20, 20, 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """A state of the relaxation.

    Attributes
    ----------
    bound : float
        Upper for ``mclp``, lower for ``lscp``.
    chosen, loss : ndarray, shape (f,)
        The candidates of the bound, and by how much it worsens when one changes sides.
    worth : ndarray of float64, shape (f,)
        What each candidate would take in.
    last : bool
        No more rounds follow.
    """

    bound: float
    chosen: NDArray[np.bool_]
    loss: Floats
    worth: Floats
    last: bool


def relax(
    instance: Instance, rule: Rule, target: float, clock: Clock, price: Floats, start: Floats
) -> Generator[Relaxed, float | None]:
    """Yield ever better bounds on what an allowed choice attains under capacity; ``send`` a better `target`.

    Parameters
    ----------
    target : float
        Objective of the best answer known, or a guess at it.
    price : ndarray of float64, shape (f,)
        ``lscp``: price of each candidate.
    start : ndarray of float64, shape (m,)
        Multipliers to begin with: what serving each demand is worth.
    """
    upper = instance.model == "mclp"
    sign = -1.0 if upper else 1.0  # everything is a minimisation inside
    weight = instance.weight
    usable = instance.existing.copy()
    usable[rule.sites] = True
    pairs = instance.pairs.kept(usable[instance.pairs.site])
    owner, site = pairs.demand(), pairs.site
    cost = -weight[owner] if upper else np.zeros(len(owner))
    size = weight[owner]
    scale = (
        np.maximum(weight, 1e-3 * float(weight.max(initial=0.0))) if instance.model != "lscp" else np.ones(len(weight))
    )
    scale = scale / max(float(scale.max(initial=0.0)), 1e-300)
    # serving is worth something (lscp: at least nothing); mclp may leave demand alone
    low, high = np.where(upper, -weight, 0.0), np.full(len(weight), 0.0 if upper else np.inf)
    v = np.clip(start, low, high)
    goal = sign * target
    best: Any = None  # bound, choice, loss, worth and multipliers, from the first round on
    theta, idle, momentum = 1.5, 0, np.zeros(len(weight))
    for turn in range(1, ROUNDS + 1):
        # mclp: v ≤ 0 is the price of the row Σ x ≤ 1; lscp: v ≥ 0 that of Σ x ≥ 1
        profit = v[owner] - cost
        active = np.flatnonzero(profit > 0)
        j, taken = site[active], _filled(site[active], profit[active], size[active], instance.limits)
        inside = np.bincount(j, profit[active] * taken, minlength=pairs.sites)
        worth = inside[rule.sites]
        if instance.model == "lscp":
            left = price - worth
            chosen = (left < 0) | rule.forced
            loss, value = np.where(rule.forced, np.inf, np.abs(left)), -float(left[chosen].sum())
        else:
            value, chosen, loss = rule.most(worth)  # ty: ignore[invalid-argument-type] - weights make it floats
        bound = float(v.sum()) - float(inside[instance.existing].sum()) - value
        idle = 0 if best is None or bound > best[0] + 1e-6 * abs(goal - best[0]) else idle + 1
        if best is None or bound > best[0]:
            best = bound, chosen, loss, worth, v
        last = goal - best[0] <= SAME * max(abs(goal), 1e-300) or theta < LEAST_STEP or turn == ROUNDS or clock.over()
        if last or turn % EVERY == 0:
            told = yield Relaxed(sign * best[0], *best[1:4], last)  # ty: ignore[invalid-argument-type] - choice, loss, worth
            goal = min(goal, sign * told) if told is not None else goal
            if last:
                return
        if idle >= PATIENCE:
            theta, idle, v = theta * 0.6, 0, best[4]
            momentum[:] = 0.0
            continue
        there = instance.existing.copy()
        there[rule.sites[chosen]] = True
        mine = there[j]
        slope = 1.0 - np.bincount(owner[active[mine]], taken[mine], minlength=len(weight))
        slope[(v >= high) & (slope > 0) | (v <= low) & (slope < 0)] = 0.0
        momentum = slope + 0.5 * momentum
        length = float((scale * momentum) @ momentum)
        if length <= 0:
            theta = 0.0
            continue
        v = np.clip(v + theta * max(goal - best[0], SAME * abs(goal)) / length * scale * momentum, low, high)


def _filled(site: NDArray[np.int32], profit: Floats, size: Floats, capacity: Floats) -> Floats:
    """Return which part of each item its site takes:
    the most profitable per unit of weight first, while there is room.
    """
    density = np.divide(profit, size, out=np.full(len(size), np.inf), where=size > 0)
    order = np.lexsort((-density, site))
    amount, where = size[order], site[order]
    before = np.cumsum(amount) - amount
    begins = np.flatnonzero(np.concatenate([[True], where[1:] != where[:-1]])) if len(where) else np.empty(0, np.intp)
    before = before - np.repeat(before[begins], np.diff(np.append(begins, len(where))))
    room = capacity[where] - before
    part = np.clip(np.divide(room, amount, out=np.where(room >= 0, 1.0, 0.0), where=amount > 0), 0.0, 1.0)
    found = np.empty(len(order))
    found[order] = part
    return found
