"""What a site may serve as a whole: the best filling of each of many knapsacks, and all that come near it.

The best by dynamic programming over room (Bellman 1957) for all knapsacks at once, those near it by branching on the
items, the most profitable per unit first, cut off by the bound of the linear relaxation (Dantzig 1957).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from layers.siting.solver.progress import SAME

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]
#: Cells of the tables of dynamic programming in the memory at once.
CELLS = 8_000_000


def padded(site: Ints, sites: int) -> tuple[Ints, int]:
    """Return the position of each pair within its site, and the most pairs of a site; pairs ordered by site."""
    count = np.bincount(site, minlength=sites)
    return np.arange(len(site)) - np.repeat(np.cumsum(count) - count, count), int(count.max(initial=0))


def best(site: Ints, profit: Floats, load: Floats, room: Floats) -> tuple[Floats, Floats]:
    """Return the most that each knapsack of whole loads can hold, and 1 for each pair that is in it.

    Parameters
    ----------
    site : ndarray of int64, shape (q,)
        Knapsack of each pair, ascending.
    load : ndarray of float64, shape (q,)
        Whole numbers.
    room : ndarray of float64, shape (s,)
    """
    s = len(room)
    value, taken = np.zeros(s), np.zeros(len(site))
    place, most = padded(site, s)
    size = np.floor(room * (1 + SAME)).astype(np.int64)
    width = int(size.max(initial=0)) + 1
    some = max(1, CELLS // max(1, most * width))
    begin = np.searchsorted(site, np.arange(0, s + some, some))
    for k, first in enumerate(range(0, s, some)):
        mine = slice(int(begin[k]), int(begin[k + 1]))
        last = min(first + some, s)
        value[first:last], taken[mine] = _tables(
            site[mine] - first, place[mine], profit[mine], load[mine].astype(np.int64), size[first:last]
        )
    return value, taken


def _tables(site: Ints, place: Ints, profit: Floats, load: Ints, room: Ints) -> tuple[Floats, Floats]:
    s, most, width = len(room), int(place.max(initial=-1)) + 1, int(room.max(initial=0)) + 1
    gain, need = np.zeros((most, s)), np.zeros((most, s), np.int64)
    gain[place, site], need[place, site] = profit, np.minimum(load, width)
    # room is never overdrawn: what lies before each row of the table is worth nothing
    table = np.full((s, 2 * width), -np.inf)
    table[:, width:] = 0.0
    now = table[:, width:]
    cell = (np.arange(s) * 2 * width + width)[:, None] + np.arange(width)
    better = np.zeros((most, s, width), bool)
    flat = table.ravel()
    for k in range(most):
        more = flat.take(cell - need[k][:, None])
        more += gain[k][:, None]
        np.greater(more, now, out=better[k])
        np.maximum(more, now, out=now)
    value, left, each = now[np.arange(s), room], room.copy(), np.arange(s)
    held = np.zeros((most, s))
    for k in range(most - 1, -1, -1):
        mine = better[k, each, left]
        held[k] = mine
        left -= np.where(mine, need[k], 0)
    return value, held[place, site]


def near_best(
    profit: Floats,
    load: Floats,
    room: Floats,
    least: Floats,
    most: int,
    every: bool = False,
    cuts: tuple[Ints, Floats] | None = None,
) -> tuple[Ints, Marks] | None:
    """Return knapsack and items of the fillings that are worth `least` or more.

    Parameters
    ----------
    profit : ndarray of float64, shape (s, k)
        Of each item in each knapsack; minus infinity where it cannot be. Items of no profit may have to go somewhere.
    load : ndarray of float64, shape (k,)
    room, least : ndarray of float64, shape (s,)
    most : int
        Fillings kept: those that could become best; with `every` None where there are more.
    cuts : tuple of ndarray of int64, shape (t, 3), and of float64, shape (t,), or None
        Items of which two or more together cost something, and what.
    """
    room = room * (1 + SAME)
    noise = SAME * float(np.abs(profit).max(initial=0.0, where=np.isfinite(profit)))
    ahead = _Ahead.of(profit, load)
    # an item in no filling that is worth enough is left out
    spare = ahead.most(np.arange(len(room)), 0, room) - least + noise
    some = np.flatnonzero(spare >= 0)
    ahead = _Ahead.of(np.where(profit >= -spare[:, None], profit, -np.inf)[some], load)
    order, gain, need = ahead.order, ahead.gain, ahead.need
    k = int(np.isfinite(gain).sum(axis=1).max(initial=0))
    site, value, left, least = np.arange(len(some)), np.zeros(len(some)), room[some], least[some] - noise
    held = np.zeros((len(some), k), bool)
    triples, penalty = cuts if cuts is not None else (np.empty((0, 3), np.int64), np.empty(0))
    member = np.zeros((len(load), len(penalty)), bool)
    np.put_along_axis(member, triples.T, True, axis=0)
    once, twice = np.zeros((2, len(some), len(penalty)), bool)
    for item in range(k):
        fits = np.flatnonzero((need[site, item] <= left) & np.isfinite(gain[site, item]))
        there, more = site[fits], held[fits]
        more[:, item] = True
        value = np.concatenate([value, value[fits] + gain[there, item]])
        left = np.concatenate([left, left[fits] - need[there, item]])
        if len(penalty):
            mine = member[order[there, item]]
            both = once[fits] & mine
            value[len(site) :] -= (both & ~twice[fits]) @ penalty
            once, twice = np.concatenate([once, once[fits] | mine]), np.concatenate([twice, twice[fits] | both])
        site, held = np.concatenate([site, there]), np.concatenate([held, more])
        top = value + ahead.most(site, item + 1, left) - least[site]
        kept = np.flatnonzero(top >= 0)
        if len(kept) > most:
            if every:
                return None
            kept = kept[np.argpartition(-top[kept], most)[:most]]
        site, value, left, held = site[kept], value[kept], left[kept], held[kept]
        if len(penalty):
            once, twice = once[kept], twice[kept]
    items = np.zeros((len(site), len(load)), bool)
    np.put_along_axis(items, order[site, :k], held, axis=1)
    return some[site], items


@dataclass(frozen=True, slots=True, eq=False)
class _Ahead:
    """Items of each knapsack, the most profitable per unit first, and what those still ahead may win."""

    order: Ints
    gain: Floats
    need: Floats
    before: Floats
    worth: Floats
    density: Floats

    @classmethod
    def of(cls, profit: Floats, load: Floats) -> Self:
        order = np.argsort(-profit / load, axis=1, kind="stable")
        gain, need = np.take_along_axis(profit, order, axis=1), load[order]
        wins, none = gain > 0, np.zeros((len(gain), 1))
        before = np.concatenate([none, np.cumsum(np.where(wins, need, 0.0), axis=1)], axis=1)
        worth = np.concatenate([none, np.cumsum(np.where(wins, gain, 0.0), axis=1)], axis=1)
        density = np.concatenate([np.where(wins, gain / need, 0.0), none], axis=1)
        return cls(order, gain, need, before, worth, density)

    def most(self, site: Ints, item: int, left: Floats) -> Floats:
        """Return the most that items from `item` on can win in what is left: the linear relaxation."""
        k = self.gain.shape[1]
        reach = self.before[site, item] + np.maximum(left, 0.0)
        reach = np.minimum(reach, self.before[site, -1])  # an endless room
        apart = float(self.before.max(initial=0.0)) + 1.0
        line = (self.before + apart * np.arange(len(self.gain))[:, None]).ravel()
        last = np.searchsorted(line, reach + apart * site, side="right") - 1 - site * (k + 1)
        last = np.clip(last, item, k)
        return (
            self.worth[site, last]
            - self.worth[site, item]
            + (reach - self.before[site, last]) * self.density[site, last]
        )
