"""Lower bounds on p-medians under capacity: relax the rows that give each demand one site; every site fills a knapsack.

Mulvey & Beck (1984), *European Journal of Operational Research* 18(3); Lorena & Senne
(2004), *Computers & Operations Research* 31(6). Demand that may be split fills a knapsack
by the most profitable per unit first, and the bound comes to that of the linear
relaxation. Demand that is served as a whole, of whole numbers, fills it by dynamic
programming, and the bound may go beyond (Ceselli & Righini 2005, *Networks* 45(3)).

Every bound told is valid whatever the multipliers: a knapsack is never valued below
what it holds, since its value is that of its linear dual, λ × room + Σ (profit − λ load)⁺.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from layers.siting.solver import knapsack_sets
from layers.siting.solver.constraints import Rule
from layers.siting.solver.progress import SAME, Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
EVERY, PATIENCE, LEAST_STEP = 15, 12, 2e-3
#: The linear bound has settled when steps have become so small.
SETTLED = 0.15
#: Cells of the tables of dynamic programming in one round, at most.
CELLS = 8_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Knapsacks:
    """Which demand could be in which site's knapsack.

    Attributes
    ----------
    row, column : ndarray of int32, shape (q,)
        Demand and site of each pair, ordered by site.
    cost : ndarray of float64, shape (q,)
        Weight × distance.
    load, room : ndarray of float64, shape (m,) and (n,)
        What a demand takes and a site has.
    beyond : ndarray of float64, shape (m,)
        Cost of the cheapest pair of each demand that is not listed; infinite when all are.
    stand : ndarray of bool, shape (n,)
        Sites that are there in any case; the others are the candidates of the rule, in its order.
    whole : bool
        Demand is served as a whole.
    """

    row: NDArray[np.int32]
    column: NDArray[np.int32]
    cost: Floats
    load: Floats
    room: Floats
    beyond: Floats
    stand: NDArray[np.bool_]
    whole: bool


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """A state of the relaxation.

    Attributes
    ----------
    bound : float
        No answer costs less.
    chosen, loss : ndarray, shape (candidates,)
        The candidates of the bound, and by how much it rises when one changes sides.
    price : ndarray of float64, shape (m,)
        What serving each demand is worth: the multipliers.
    rent : ndarray of float64, shape (n,)
        What a unit of each site's room is worth: λ.
    worth, full : ndarray of float64, shape (n,)
        Value of each knapsack as the bound has it, and that of its linear dual.
    row, column : ndarray
        Who is whole in the knapsack of which chosen or standing site.
    last : bool
        No more rounds follow.
    """

    bound: float
    chosen: NDArray[np.bool_]
    loss: Floats
    price: Floats
    rent: Floats
    worth: Floats
    full: Floats
    row: NDArray[np.int32]
    column: NDArray[np.int32]
    last: bool = False


def relax(
    sacks: Knapsacks, rule: Rule, target: float, start: Floats, clock: Clock, rounds: int, seconds: float = np.inf
) -> Generator[Relaxed, float | None]:
    """Yield ever better bounds; ``send`` the cost of a better answer.

    Parameters
    ----------
    target : float
        Cost of the best answer known, or a guess at it.
    start : ndarray of float64, shape (m,)
        Multipliers to begin with.
    """
    until = clock.passed + seconds
    price = np.clip(start, 0.0, sacks.beyond)
    scale = np.maximum(price, 1e-3 * float(price.max(initial=0.0)))
    scale = scale / max(float(scale.max(initial=0.0)), 1e-300)
    scale = np.where(scale > 0, scale, 1.0)
    best: Relaxed | None = None
    theta, idle, momentum = 1.5, 0, np.zeros(len(price))
    exact = False
    for turn in range(1, rounds + 1):
        found, slope = _round(sacks, rule, price, exact)
        idle = 0 if best is None or found.bound > best.bound + 1e-5 * abs(target - best.bound) else idle + 1
        if best is None or found.bound > best.bound:
            best = found
        closed = target - best.bound <= SAME * max(abs(target), 1e-300)
        if theta < SETTLED and not exact and sacks.whole and _small(sacks, best):
            # the linear bound has settled: go on with knapsacks of whole demand
            exact, theta, idle, price = True, 0.5, 0, best.price
            momentum[:] = 0.0
            continue
        last = closed or theta < LEAST_STEP or turn == rounds or clock.over() or clock.passed > until
        if last or turn % EVERY == 0:
            told = yield replace(best, last=last)
            target = min(target, told) if told is not None else target
            if last:
                return
        if idle >= PATIENCE:
            theta, idle, price = theta * 0.6, 0, best.price
            momentum[:] = 0.0
            continue
        slope[(price >= sacks.beyond) & (slope > 0) | (price <= 0) & (slope < 0)] = 0.0
        momentum = slope + 0.5 * momentum
        length = float((scale * momentum) @ momentum)
        if length <= 0:
            theta = 0.0
            continue
        step = theta * max(target - found.bound, SAME * abs(target)) / length
        price = np.clip(price + step * scale * momentum, 0.0, sacks.beyond)


def losses(cost: Floats, load: Floats, standing: int, relaxed: Relaxed) -> Floats:
    """Return by how much the bound rises at least when a demand is served by a site as a whole, pair by pair.

    Parameters
    ----------
    cost : ndarray of float64, shape (m, n)
        Of every pair, listed or not.
    standing : int
        How many sites stand; they come first.
    """
    opening = np.zeros(cost.shape[1])
    opening[standing:] = np.where(relaxed.chosen, 0.0, relaxed.loss)
    forced = np.maximum(relaxed.rent[None, :] * load[:, None] + cost - relaxed.price[:, None], 0.0)
    return np.maximum(forced - (relaxed.full - relaxed.worth)[None, :], 0.0) + opening[None, :]


def filled_whole(sacks: Knapsacks, rule: Rule, price: Floats) -> Relaxed | None:
    """Return the bound of `price` with every knapsack filled by whole demand, those that are not chosen too;
    None where that takes too long.
    """
    if (sacks.load != np.rint(sacks.load)).any() or not sacks.whole or not len(sacks.load):
        return None
    items = np.bincount(sacks.column[price[sacks.row] > sacks.cost], minlength=len(sacks.room))
    width = float(sacks.room.max(initial=0.0, where=np.isfinite(sacks.room)))
    if len(sacks.room) * float(items.max(initial=0)) * width > 4 * CELLS:
        return None
    return _round(sacks, rule, np.clip(price, 0.0, sacks.beyond), True, True)[0]


def _round(sacks: Knapsacks, rule: Rule, price: Floats, exact: bool, every: bool = False) -> tuple[Relaxed, Floats]:
    """Return the bound of `price` and its slope; with `every`, who is in any knapsack rather than in a chosen one."""
    n = len(sacks.room)
    profit = price[sacks.row] - sacks.cost
    active = np.flatnonzero(profit > 0)
    j, profit, load = sacks.column[active], profit[active], sacks.load[sacks.row[active]]
    rent, taken = _linear(j, profit, load, sacks.room)
    # where nothing is short λ is 0, and an endless room is not multiplied with it
    full = np.bincount(j, np.maximum(profit - rent[j] * load, 0.0), minlength=n) + np.where(
        rent > 0, rent * np.where(np.isfinite(sacks.room), sacks.room, 0.0), 0.0
    )
    worth = full.copy()
    solved = np.zeros(n, bool)
    while True:
        value, chosen, loss = rule.most(worth[~sacks.stand])
        there = sacks.stand.copy()
        there[~sacks.stand] = chosen
        open_ = np.flatnonzero((there | every) & ~solved & (rent > 0)) if exact else np.empty(0, np.intp)
        if not len(open_):
            break
        place = np.full(n, -1)
        place[open_] = np.arange(len(open_))
        mine = np.flatnonzero(place[j] >= 0)
        held, taken[mine] = knapsack_sets.best(place[j[mine]], profit[mine], load[mine], sacks.room[open_])
        worth[open_] = np.minimum(worth[open_], held)
        solved[open_] = True
    bound = float(price.sum()) - float(worth[sacks.stand].sum()) - value
    mine = there[j]
    slope = np.asarray(1.0 - np.bincount(sacks.row[active[mine]], taken[mine], minlength=len(price)), np.float64)
    held = np.flatnonzero((mine | every) & (taken == 1.0))
    return Relaxed(bound, chosen, loss, price, rent, worth, full, sacks.row[active[held]], j[held]), slope


def filled(site: NDArray[np.int32], profit: Floats, load: Floats, room: Floats) -> Floats:
    """Return which part of each pair its site takes, the most profitable per unit of load first; ordered by site."""
    return _linear(site, profit, load, room)[1]


def _linear(j: NDArray[np.int32], profit: Floats, load: Floats, room: Floats) -> tuple[Floats, Floats]:
    """Return λ of each site, and which part of each pair is taken, the most profitable per unit first."""
    n = len(room)
    rent, taken = np.zeros(n), np.ones(len(j))
    used = np.bincount(j, load, minlength=n)
    short = used > room
    mine = np.flatnonzero(short[j])
    if not len(mine):
        return rent, taken
    where, size = j[mine], load[mine]
    density = profit[mine] / np.maximum(size, 1e-300)
    begins = np.flatnonzero(np.concatenate([[True], where[1:] != where[:-1]]))
    top = np.repeat(np.maximum.reduceat(density, begins), np.diff(np.append(begins, len(where))))
    order = np.argsort(where + 0.999 * (1.0 - density / top))
    amount = size[order]
    before = np.cumsum(amount) - amount
    before -= np.repeat(before[begins], np.diff(np.append(begins, len(where))))
    left = room[where] - before
    part = np.clip(left / np.maximum(amount, 1e-300), 0.0, 1.0)
    taken[mine[order]] = part
    # λ is the density of the item that breaks: the first that does not fit whole
    broken = np.flatnonzero(part < 1.0)
    first = broken[np.concatenate([[True], where[broken][1:] != where[broken][:-1]])]
    rent[where[first]] = density[order[first]]
    return rent, taken


def _small(sacks: Knapsacks, relaxed: Relaxed) -> bool:
    """Return whether knapsacks of whole demand can be filled exactly, and quickly."""
    if (sacks.load != np.rint(sacks.load)).any() or not len(sacks.load):
        return False
    active = relaxed.price[sacks.row] > sacks.cost
    items = np.bincount(sacks.column[active], minlength=len(sacks.room))
    there = sacks.stand.copy()
    there[~sacks.stand] = relaxed.chosen
    room = np.where(np.isfinite(sacks.room), sacks.room, 0.0)
    return float((items * room)[there].sum()) <= CELLS
