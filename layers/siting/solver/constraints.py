"""Side conditions on the choice itself: how many, for how much money, how far apart, which in any case."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.siting.solver.instance import Instance

Floats = NDArray[np.float64]
BISECTIONS = 25
#: Sums of money may exceed the budget by this share (floating-point noise).
CENT = 2e-9


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """Which choices of candidates are allowed.

    Attributes
    ----------
    sites : ndarray of int64, shape (f,)
        The candidates that may be chosen, as positions in the instance.
    limit : int
        Most of them.
    cost : ndarray of float64, shape (f,)
        Yuan.
    budget : float
        Most yuan together; infinite when nobody asked.
    forced : ndarray of bool, shape (f,)
        Candidates chosen in any case.
    near : csr_array, shape (f, f), or None
        Pairs that exclude each other.
    """

    sites: NDArray[np.int64]
    limit: int
    cost: Floats
    budget: float
    forced: NDArray[np.bool_]
    near: sparse.csr_array | None

    @classmethod
    def of(cls, instance: Instance) -> Self:
        """Return the rule of an instance."""
        free = instance.free
        sites = np.flatnonzero(free)
        place = np.full(len(free), -1)
        place[sites] = np.arange(len(sites))
        pairs = place[instance.conflicts]
        pairs = pairs[(pairs >= 0).all(axis=1)]
        near = None
        if len(pairs):
            both = np.vstack([pairs, pairs[:, ::-1]])
            near = sparse.coo_array((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(len(sites),) * 2).tocsr()
        limit = len(sites) if instance.new is None else min(instance.new, len(sites))
        budget = np.inf if instance.budget is None else float(instance.budget)
        return cls(sites, limit, instance.cost[sites], budget, instance.forced[sites], near)

    def __len__(self) -> int:
        return len(self.sites)

    @property
    def start(self) -> list[int]:
        """The forced candidates."""
        return np.flatnonzero(self.forced).tolist()

    @property
    def plain(self) -> bool:
        """Whether only the number is limited."""
        return self.near is None and np.isinf(self.budget)

    def kept(self, columns: NDArray[np.intp], ones: NDArray[np.intp]) -> Self:
        """Return the rule for candidates `columns` only, with `ones` (of the old positions) forced as well."""
        forced = self.forced.copy()
        forced[ones] = True
        near = None if self.near is None else self.near[columns][:, columns]
        return replace(
            self,
            sites=self.sites[columns],
            cost=self.cost[columns],
            forced=forced[columns],
            near=near if near is not None and near.nnz else None,
        )

    def keeps(self, chosen: NDArray[np.intp] | list[int]) -> bool:
        """Return whether `chosen` keeps every condition."""
        chosen = np.asarray(chosen, dtype=np.int64)
        spaced = self.near is None or not self.near[chosen][:, chosen].nnz
        there = np.zeros(len(self), bool)
        there[chosen] = True
        return bool(
            len(chosen) <= self.limit and self.affords(self.cost[chosen].sum()) and spaced and there[self.forced].all()
        )

    def affords(self, spent: float | Floats) -> bool | NDArray[np.bool_]:
        """Return whether so many yuan stay in the budget."""
        return spent <= self.budget * (1 + CENT)

    def addable(self, chosen: list[int]) -> NDArray[np.bool_]:
        """Return which candidates could be chosen beside `chosen`, the number not considered."""
        open_to = np.asarray(self.affords(self.cost[chosen].sum() + self.cost)).copy()
        open_to[chosen] = False
        if self.near is not None and chosen:
            open_to &= self.near[chosen].sum(axis=0) == 0
        return open_to

    def most(self, worth: Floats) -> tuple[float, NDArray[np.bool_], Floats]:
        """Return an upper bound on the worth of an allowed choice.

        The number is kept exactly; the budget through the best multiplier λ of
        Σ (worth − λ cost) + λ budget; spacing is relaxed. Each is a relaxation,
        so the bound is always valid.

        Parameters
        ----------
        worth : ndarray of float64, shape (f,)
            What each candidate adds.

        Returns
        -------
        bound : float
        chosen : ndarray of bool
            The choice that attains it.
        loss : ndarray of float64
            By how much the bound falls when a candidate is put on the other side.
        """
        best = self._top(worth, 0.0)
        if np.isinf(self.budget) or self.affords(self.cost[best[1]].sum()):
            return best
        priced = self.cost > 0
        low, high = 0.0, float(np.max(worth[priced] / self.cost[priced], initial=0.0))
        high = max(high, 1e-300)
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            found = self._top(worth, middle)
            if found[0] < best[0]:
                best = found
            if self.cost[found[1]].sum() > self.budget:
                low = middle
            else:
                high = middle
        return best

    def _top(self, worth: Floats, price: float) -> tuple[float, NDArray[np.bool_], Floats]:
        net = worth - price * self.cost if price else worth
        chosen = self.forced.copy()
        others = np.flatnonzero(~self.forced)
        room = self.limit - int(chosen.sum())
        edge = after = 0.0
        if room > 0 and len(others):
            values = net[others]
            if len(others) > room:
                order = np.argpartition(-values, room)
                edge, after = float(values[order[:room]].min()), float(values[order[room]])
                picked = others[order[:room]]
            else:
                picked = others
                edge = float(values.min())
            chosen[picked[net[picked] > 0]] = True
            if len(others) <= room or edge <= 0:
                edge = 0.0
            after = max(after, 0.0)
        elif room <= 0:
            edge = np.inf
        loss = np.where(chosen, net - after, np.maximum(edge, 0.0) - net)
        loss[self.forced] = np.inf
        bound = float(net[chosen].sum()) + (price * self.budget if price else 0.0)
        return bound, chosen, loss
