"""Local search for set covers: a site leaves, others come until every need is met, what is hard to meet gains weight.

Gao, Weise & Li (2015), *European Journal of Operational Research* 246(3), here with prices: what counts is the
weighted need a site meets per unit of its price. The search looks at the sites that are cheap to a Lagrangian bound
alone (Caprara, Fischetti & Toth 1999, *Operations Research* 47(5): the core).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.siting.solver.constraints import Rule
from layers.siting.solver.heuristic import pruned, spread
from layers.siting.solver.progress import SAME, Clock
from layers.siting.solver.reduction import Cover

Floats = NDArray[np.float64]
#: The core has so many of the cheapest sites of each element.
CORE = 12
#: The search ends after so many rounds without a better answer.
PATIENCE = 25_000


def core(cover: Cover, left: Floats, chosen: list[int], forced: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the sites that are among the cheapest of an element, and those that are chosen or forced.

    Parameters
    ----------
    left : ndarray of float64, shape (f,)
        Price of each site less what the bound's multipliers make it worth.
    """
    degree = np.diff(cover.rows.indptr)
    owner = np.repeat(np.arange(len(degree)), degree)
    order = np.lexsort((left[cover.rows.indices], owner))
    rank = np.arange(len(order)) - np.repeat(cover.rows.indptr[:-1], degree)
    keep = forced.copy()
    keep[cover.rows.indices[order[rank < CORE * np.repeat(cover.need, degree)]]] = True
    keep[chosen] = True
    return np.flatnonzero(keep)


def cheaper(
    cover: Cover, rule: Rule, price: Floats, chosen: list[int], clock: Clock, patience: int | None = None
) -> list[int]:
    """Return a set cover no dearer than `chosen`, which meets every need.

    Parameters
    ----------
    rule : Rule
        Which sites stay in any case; without a budget and without spacing.
    patience : int or None
        It ends after so many rounds without a better answer; None: :data:`PATIENCE`.
    """
    return _Search(cover, rule, price, chosen, clock).best(PATIENCE if patience is None else patience)


class _Search:
    def __init__(self, cover: Cover, rule: Rule, price: Floats, chosen: list[int], clock: Clock) -> None:
        self._cover, self._rule, self._price, self._clock = cover, rule, price, clock
        self._random = np.random.default_rng(clock.seed)
        self._chosen = list(chosen)
        self._there = np.zeros(len(price), bool)
        self._there[chosen] = True
        self._count = cover.counts(chosen)
        self._weight = np.ones(len(cover.need))
        self._spent = float(price[chosen].sum())
        #: Weight that a site would meet by coming, and that would be lost by its leaving.
        self._gain = cover.columns @ np.where(self._count < cover.need, self._weight, 0.0)
        self._loss = cover.columns @ np.where(self._count <= cover.need, self._weight, 0.0)
        self._since = np.zeros(len(price))
        self._inverse = 1.0 / np.maximum(price, 1e-9 * float(price.max(initial=1e-300)))

    def best(self, patience: int) -> list[int]:
        cover, price = self._cover, self._price
        found, value, idle, last = list(self._chosen), self._spent, 0, -1
        fixed = self._rule.forced
        movable = [one for one in self._chosen if not fixed[one]]
        out = np.flatnonzero(self._count < cover.need)
        now = 0
        while idle < patience and (idle % 64 or not self._clock.over()):
            now, idle = now + 1, idle + 1
            if not len(out):
                better = pruned(cover, self._rule, self._chosen, price)
                spent = float(price[better].sum())
                if spent < value * (1 - SAME):
                    found, value, idle = better, spent, 0
            # one leaves, or as many as it takes to be cheaper than the best
            while True:
                movable = np.array([one for one in self._chosen if not fixed[one] and one != last])
                if not len(movable):
                    return found
                worth = self._loss[movable] * self._inverse[movable]
                least = np.flatnonzero(worth <= worth.min() * (1 + SAME))
                gone = int(movable[least[np.argmin(self._since[movable[least]])]])
                self._flip(gone, now)
                if self._spent < value * (1 - SAME):
                    break
            barred = {gone}
            while len(out := np.flatnonzero(self._count < cover.need)):
                row = int(out[int(self._random.random() * len(out))])
                sites = cover.rows.indices[cover.rows.indptr[row] : cover.rows.indptr[row + 1]]
                able = sites[~self._there[sites] & (self._spent + price[sites] < value * (1 - SAME))]
                able = able[[int(one) not in barred for one in able]] if len(able) else able
                if not len(able):
                    break
                worth = self._gain[able] * self._inverse[able]
                most = np.flatnonzero(worth >= worth.max() * (1 - SAME))
                last = int(able[most[np.argmin(self._since[able[most]])]])
                self._flip(last, now)
            if len(out):
                self._weight[out] += 1.0
                self._gain += spread(cover.rows, out, np.ones(len(out)))
                self._loss += spread(cover.rows, out, np.ones(len(out)))
        return found

    def _flip(self, site: int, now: int) -> None:
        """Let a site come or go."""
        columns, rows, need, weight = self._cover.columns, self._cover.rows, self._cover.need, self._weight
        mine = columns.indices[columns.indptr[site] : columns.indptr[site + 1]]
        count, wanted = self._count[mine], need[mine]
        if self._there[site]:
            opened, tight, sign = mine[count == wanted], mine[count == wanted + 1], 1.0
            self._chosen.remove(site)
        else:
            opened, tight, sign = mine[count == wanted - 1], mine[count == wanted], -1.0
            self._chosen.append(site)
        self._count[mine] += -1 if sign > 0 else 1
        self._there[site] = sign < 0
        self._spent -= sign * self._price[site]
        self._since[site] = now
        if len(opened):
            self._gain += spread(rows, opened, sign * weight[opened])
        if len(tight):
            self._loss += spread(rows, tight, sign * weight[tight])
