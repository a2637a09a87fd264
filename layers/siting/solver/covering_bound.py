"""Bounds on covering problems by Lagrangian relaxation of the rows that link demand to sites.

Galvão & ReVelle (1996), *European Journal of Operational Research* 88:
with multipliers u, 0 ≤ u ≤ weight / need, what a choice can cover is at most
Σ (weight − need u) + max over allowed choices of Σ reach × u. The least such
value equals the linear relaxation; subgradient steps (Held, Wolfe & Crowder
1974) with a fixed number of rounds make it deterministic.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.siting.solver.constraints import Rule
from layers.siting.solver.progress import SAME, Clock
from layers.siting.solver.reduction import Cover

Floats = NDArray[np.float64]
PATIENCE, LEAST_STEP, ROUNDS = 12, 1e-3, 600
#: Of set covering: the first step, by what it shrinks, and how much of the last direction stays in the next one.
FIRST_STEP, SHRINK, MOMENTUM = 1.5, 0.7, 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """A state of the relaxation.

    Attributes
    ----------
    bound : float
        Valid bound: upper for maximal covering, lower for set covering.
    multipliers : ndarray of float64, shape (e,)
        Those of the bound.
    loss : ndarray of float64, shape (f,)
        By how much the bound worsens when a candidate changes sides.
    chosen : ndarray of bool, shape (f,)
        The candidates of the bound.
    worth : ndarray of float64, shape (f,)
        What the multipliers think of each candidate.
    last : bool
        No more rounds follow.
    """

    bound: float
    multipliers: Floats
    loss: Floats
    chosen: NDArray[np.bool_]
    worth: Floats
    last: bool


def relax_weight(
    cover: Cover,
    rule: Rule,
    target: float,
    clock: Clock,
    multipliers: Floats | None = None,
    rounds: int = ROUNDS,
    every: int = 30,
) -> Generator[Relaxed, float | None]:
    """Yield ever better upper bounds on the weight that an allowed choice can cover.

    Parameters
    ----------
    target : float
        Weight of the best answer known; ``send`` a better one when there is one.
    multipliers : ndarray or None
        Where to start; default: each demand's weight shared by those that could serve it.
    """
    weight, need = cover.weight, cover.need
    needs = need.astype(np.float64)
    most = weight / needs
    degree = np.maximum(np.diff(cover.rows.indptr), 1)
    u = most / np.sqrt(degree) if multipliers is None else np.clip(multipliers, 0.0, most)
    best: Relaxed | None = None
    best_state = None
    theta, idle, total = 1.0, 0, float(weight.sum())
    momentum = np.zeros(len(u))
    noise = SAME * max(abs(target), total, 1e-300)
    for turn in range(1, rounds + 1):
        worth = cover.columns @ u
        value, chosen, loss = rule.most(worth)
        bound = cover.base + total - float(needs @ u) + value
        if best_state is None or bound < best_state[0] - 1e-7 * max(best_state[0] - target, 0.0):
            idle = 0
        else:
            idle += 1
        if best_state is None or bound < best_state[0]:
            best_state = (bound, u, loss, chosen, worth)
        last = best_state[0] - target <= noise or theta < LEAST_STEP or turn == rounds or clock.over()
        if last or turn % every == 0:
            best = Relaxed(*best_state, last)
            told = yield best
            target = max(target, told) if told is not None else target
            if last:
                return
        if idle >= PATIENCE:
            theta, idle, u = theta * 0.6, 0, best_state[1]
            momentum[:] = 0.0
            worth, chosen = best_state[4], best_state[3]
        reach = cover.rows @ chosen.astype(np.float64)
        slope = reach - needs
        full = u >= most
        slope[full] = np.maximum(slope[full], 0.0)
        slope[(u <= 0) & (slope > 0)] = 0.0
        momentum = slope + 0.6 * momentum
        size = float((most * momentum) @ momentum)
        if size <= 0:
            theta = 0.0
            continue
        step = theta * max(best_state[0] - target, noise) / size
        u = np.clip(u - step * most * momentum, 0.0, most)


def relax_sites(
    cover: Cover,
    price: Floats,
    target: float,
    clock: Clock,
    rounds: int = 400,
    every: int = 40,
    forced: NDArray[np.bool_] | None = None,
) -> Generator[Relaxed, float | None]:
    """Yield ever better lower bounds on the price of meeting every need (set covering; Beasley 1987).

    Parameters
    ----------
    price : ndarray of float64, shape (f,)
        Price of each candidate.
    target : float
        Price of the best answer known.
    """
    needs = cover.need.astype(np.float64)
    forced = np.zeros(len(price), bool) if forced is None else forced
    size = np.maximum(np.diff(cover.columns.indptr), 1)
    share = price / size
    # start: each need priced at the cheapest share that serves it
    u = np.full(len(needs), np.inf)
    if len(needs):
        np.minimum.at(u, np.repeat(np.arange(len(needs)), np.diff(cover.rows.indptr)), share[cover.rows.indices])
    best_state, theta, idle = None, FIRST_STEP, 0
    momentum = np.zeros(len(needs))
    noise = SAME * max(abs(target), 1e-300)
    for turn in range(1, rounds + 1):
        worth = cover.columns @ u
        left = price - worth
        chosen = (left < 0) | forced
        bound = float(needs @ u) + float(left[chosen].sum())
        gains = best_state is None or bound > best_state[0] + 1e-5 * (target - best_state[0])
        idle = 0 if gains else idle + 1
        if best_state is None or bound > best_state[0]:
            loss = np.abs(left)
            loss[forced] = np.inf
            best_state = (bound, u, loss, chosen, worth)
        last = target - best_state[0] <= noise or theta < LEAST_STEP or turn == rounds or clock.over()
        if last or turn % every == 0:
            told = yield Relaxed(*best_state, last)
            target = min(target, told) if told is not None else target
            if last:
                return
        if idle >= PATIENCE:
            theta, idle, u = theta * SHRINK, 0, best_state[1]
            momentum[:] = 0.0
            continue
        slope = needs - cover.rows @ chosen.astype(np.float64)
        slope[(u <= 0) & (slope < 0)] = 0.0
        momentum = slope + MOMENTUM * momentum
        length = float(momentum @ momentum)
        if length <= 0:
            theta = 0.0
            continue
        u = np.maximum(u + theta * max(target - bound, noise) / length * momentum, 0.0)


def decided(
    relaxed: Relaxed, target: float, upper: bool, forced: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which candidates may still be chosen, and which of them must be, in any answer better than `target`.

    Reduced-cost fixing (Balas & Martin 1980): a candidate on whose other side the
    bound is no better than the answer at hand stays on its side.
    """
    room = relaxed.bound - target if upper else target - relaxed.bound
    noise = SAME * max(abs(target), abs(relaxed.bound))
    settled = relaxed.loss >= room + noise
    open_to = ~settled | relaxed.chosen | forced
    return np.flatnonzero(open_to), np.flatnonzero((settled & relaxed.chosen) | forced)
