"""Generalized assignment: every demand to one open site as a whole, nobody beyond its room, at least cost.

Placed by greatest regret (Martello & Toth 1981, *Operational Research '81*), improved by
shifting one demand, by exchanging two and by ejection chains of two shifts (Yagiura,
Ibaraki & Glover 2004, *INFORMS Journal on Computing* 16(2)).
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from layers.siting.solver.progress import SAME, Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Sites that a demand is tried at: its nearest ones.
NEAREST = 8
PASSES = 30


def nearest_of(cost: Floats, count: int = NEAREST) -> Ints:
    """Return the cheapest sites of each demand, cheapest first, shape (m, at most `count`)."""
    count = min(count, cost.shape[1])
    if count < cost.shape[1]:
        near = np.argpartition(cost, count - 1, axis=1)[:, :count]
    else:
        near = np.tile(np.arange(count), (len(cost), 1))
    return np.take_along_axis(near, np.argsort(np.take_along_axis(cost, near, axis=1), axis=1, kind="stable"), axis=1)


def placed(cost: Floats, load: Floats, room: Floats, near: Ints, held: Ints | None = None) -> Ints:
    """Return the site of each demand, those first that lose most by not having their best;
    room is overdrawn only where a demand fits nowhere.

    Parameters
    ----------
    cost : ndarray of float64, shape (m, s)
        Of each demand at each site; infinite where it cannot be.
    load, room : ndarray of float64, shape (m,) and (s,)
        What each demand takes and each site has.
    held : ndarray of int64, shape (m,), or None
        Where demand is from the outset; −1: nowhere yet.
    """
    site = np.full(len(cost), -1) if held is None else held.copy()
    left = room - np.bincount(site[site >= 0], load[site >= 0], minlength=len(room))
    table = np.take_along_axis(cost, near, axis=1)

    def look(i: int) -> tuple[float, int]:
        """Regret and best site of a demand as things stand."""
        able = near[i][(left[near[i]] >= load[i]) & np.isfinite(table[i])]
        if len(able) > 1:
            return float(cost[i, able[1]] - cost[i, able[0]]), int(able[0])
        if len(able):
            return np.inf, int(able[0])
        value = np.where(left >= load[i], cost[i], np.inf)
        best = int(np.argmin(value))
        if np.isfinite(value[best]):
            return np.inf, best
        reached = np.flatnonzero(np.isfinite(cost[i]))
        return np.inf, int(reached[np.argmax(left[reached])]) if len(reached) else -1

    queue = [
        (-regret, -float(load[i]), i, best) for i in np.flatnonzero(site < 0).tolist() for regret, best in [look(i)]
    ]
    heapq.heapify(queue)
    while queue:
        regret, _, i, best = heapq.heappop(queue)
        now = look(i)
        if now != (-regret, best):
            heapq.heappush(queue, (-now[0], -float(load[i]), i, now[1]))
            continue
        site[i] = best
        if best >= 0:
            left[best] -= load[i]
    return site


def overdrawn(load: Floats, room: Floats, site: Ints) -> Floats:
    """Return by how much each site is overdrawn; noise is not."""
    used = np.bincount(site, load, minlength=len(room))
    return np.where(used > room * (1 + SAME), used - room, 0.0)


def improved(cost: Floats, load: Floats, room: Floats, near: Ints, site: Ints, clock: Clock) -> Ints:
    """Return an assignment at least as good as `site`: less overdrawn first, then cheaper."""
    if not len(site) or (site < 0).any():
        return site
    search = _Search(cost, load, room, near, site)
    for _ in range(PASSES):
        if clock.over() or not (search.shift() + search.chain(clock)):
            break
    return search.site


class _Search:
    def __init__(self, cost: Floats, load: Floats, room: Floats, near: Ints, site: Ints) -> None:
        self._cost, self._load, self._near = cost, load, near
        self._room = np.where(np.isfinite(room), room * (1 + SAME), np.inf)
        self.site = site.copy()
        self._used = np.asarray(np.bincount(site, load, minlength=len(room)), np.float64)
        table = np.take_along_axis(cost, near, axis=1)
        most = float(table.max(initial=0.0, where=np.isfinite(table)))
        #: Price of a unit overdrawn: more than any way could save.
        self._fine = 100.0 * (most + 1e-300) * len(site) / max(float(load.sum()), 1e-300)
        self._noise = SAME * max(most, 1e-300)

    def _over(self, used: Floats, site: Ints) -> Floats:
        return np.maximum(used - self._room[site], 0.0)

    def shift(self) -> int:
        """Move single demands to where they are cheaper and fit; returns how many."""
        rows = np.arange(len(self.site))
        here = self.site[:, None]
        load = self._load[:, None]
        fine = self._over(self._used[self._near] + load, self._near) - self._over(self._used[self._near], self._near)
        relief = self._over(self._used[here], here) - self._over(self._used[here] - load, here)
        delta = np.take_along_axis(self._cost, self._near, axis=1) - self._cost[rows, self.site][:, None]
        delta = np.where(self._near == here, 0.0, delta + self._fine * (fine - relief))
        best = delta.min(axis=1)
        moved = 0
        for i in np.argsort(best, kind="stable")[: int((best < -self._noise).sum())].tolist():
            to = int(self._near[i, np.argmin(delta[i])])
            if self._gain(i, to) < -self._noise:
                self._move(i, to)
                moved += 1
        return moved

    def _gain(self, i: int, to: int) -> float:
        at, load = int(self.site[i]), float(self._load[i])
        if at == to:
            return 0.0
        more = max(self._used[to] + load - self._room[to], 0.0) - max(self._used[to] - self._room[to], 0.0)
        less = max(self._used[at] - self._room[at], 0.0) - max(self._used[at] - load - self._room[at], 0.0)
        return float(self._cost[i, to] - self._cost[i, at] + self._fine * (more - less))

    def _move(self, i: int, to: int) -> None:
        self._used[self.site[i]] -= self._load[i]
        self._used[to] += self._load[i]
        self.site[i] = to

    def chain(self, clock: Clock) -> int:
        """Let a demand in where it is cheaper and another go from there, back or on to a third; returns how many."""
        over = self._used > self._room
        found = 0
        members: dict[int, Ints] = {}
        cost = self._cost
        wish = np.take_along_axis(cost, self._near, axis=1) - cost[np.arange(len(self.site)), self.site][:, None]
        wish = np.where(over[self.site][:, None] & (self._near != self.site[:, None]), np.minimum(wish, -1.0), wish)
        for i, k in zip(*(one.tolist() for one in np.nonzero(wish < -self._noise)), strict=True):
            to, at = int(self._near[i, k]), int(self.site[i])
            if to == at:
                continue
            if clock.over():
                break
            gain = self._gain(i, to)
            if to not in members:
                members[to] = np.flatnonzero(self.site == to)
            mine = members[to]
            if not len(mine):
                continue
            load, near = self._load[mine][:, None], self._near[mine]
            # as if i were here already
            used = self._used.copy()
            used[at] -= self._load[i]
            used[to] += self._load[i]
            relief = self._over(used[to] - load, np.full(1, to)) - max(used[to] - self._room[to], 0.0)
            fine = self._over(used[near] + load, near) - self._over(used[near], near)
            delta = np.take_along_axis(cost[mine], near, axis=1) - cost[mine, to][:, None]
            delta = np.where(near == to, np.inf, gain + delta + self._fine * (fine + relief))
            flat = int(np.argmin(delta))
            if delta.flat[flat] < -self._noise:
                other, go = int(mine[flat // delta.shape[1]]), int(near.flat[flat])
                self._move(i, to)
                self._move(other, go)
                for one in (at, to, go):
                    members.pop(one, None)
                found += 1
        return found
