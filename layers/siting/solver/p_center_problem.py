"""A p-center problem as its search and its bound see it: who reaches whom within the radii that still matter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.distance import Pairs, row_min
from layers.siting.solver.constraints import Rule
from layers.siting.solver.instance import Instance

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
#: What is ruled out is mostly not farther below the answer than this share of it: there the bisection begins.
FAR = 0.85


class Centers:
    """A p-center problem within the greatest radius that still matters."""

    def __init__(self, instance: Instance, rule: Rule, seed: int) -> None:
        self.rule = rule
        self.stand = instance.pairs.nearest(instance.existing)
        self.usable = instance.existing.copy()
        self.usable[rule.sites] = True
        pairs = instance.pairs
        self.least = float(row_min(np.where(self.usable[pairs.site], pairs.distance, np.inf), pairs.start).max())
        self.place = np.full(pairs.sites, -1)
        self.place[rule.sites] = np.arange(len(rule))
        self.near, self.owner = pairs, pairs.demand()
        self.random = np.random.default_rng(seed)
        self.hardness = np.zeros(pairs.demands)

    def narrow(self, radius: float) -> None:
        """Forget the pairs that are farther apart than `radius`."""
        self.near = self.near.kept((self.near.distance <= radius) & self.usable[self.near.site])
        self.owner = self.near.demand()

    def next_level(self, radius: float, below: bool) -> float:
        """Return the next distance that occurs below, or above, a radius; endless when there is none."""
        levels = self.near.distance
        found = levels[levels < radius] if below else levels[levels > radius]
        return float(found.max(initial=-np.inf) if below else found.min(initial=np.inf))

    def between(self, low: float, high: float) -> float | None:
        """Return the distance that occurs from `low` to below `high` and parts them best; None when there is none."""
        levels = np.unique(self.near.distance[(self.near.distance >= low) & (self.near.distance < high)])
        if not len(levels):
            return None
        if np.isinf(high):
            return float(levels[len(levels) // 2])
        middle = (max(low, FAR * high) + high) / 2
        return float(levels[max(0, int(np.searchsorted(levels, middle, side="right")) - 1)])

    def by_site(self) -> tuple[Ints, NDArray[np.int32], Floats]:
        """Return where each site's pairs begin, their demand and distance."""
        order = np.argsort(self.near.site, kind="stable")
        start = np.searchsorted(self.near.site[order], np.arange(self.near.sites + 1))
        return start, self.owner[order], self.near.distance[order]

    def reach(self, radius: float, rows: Ints | None = None) -> tuple[sparse.csr_array, Ints]:
        """Return who of `rows` (None: all) is in whose reach, without those that what stands reaches,
        and who is left.
        """
        rows = np.arange(self.near.demands) if rows is None else rows
        rows = rows[self.stand[rows] > radius]
        pairs: Pairs = self.near if len(rows) == self.near.demands else self.near.of(rows)
        pairs = pairs.kept((pairs.distance <= radius) & (self.place[pairs.site] >= 0))
        size = len(rows), len(self.rule)
        return sparse.csr_array((np.ones(len(pairs.site)), self.place[pairs.site], pairs.start), shape=size), rows

    def ways(self, chosen: Ints | list[int]) -> tuple[Floats, Ints]:
        """Return how far each demand point has to go to what stands and `chosen`, endless beyond what is kept, and to
        which of these it goes (−1: to what stands, or nowhere).
        """
        there = np.zeros(self.near.sites, bool)
        there[self.rule.sites[chosen]] = True
        mine = np.flatnonzero(there[self.near.site])
        mine = mine[np.lexsort((self.near.distance[mine], self.owner[mine]))]
        rows, first = np.unique(self.owner[mine], return_index=True)
        far, to = self.stand.copy(), np.full(len(self.stand), -1)
        closer = self.near.distance[mine[first]] < far[rows]
        far[rows[closer]] = self.near.distance[mine[first[closer]]]
        to[rows[closer]] = self.near.site[mine[first[closer]]]
        return far, to

    def beyond(self, chosen: Ints | list[int], radius: float = -np.inf) -> Ints:
        """Return the demand beyond `radius`, the farthest that goes to each site."""
        far, to = self.ways(chosen)
        return farthest_of_each(far, to, np.flatnonzero(far > radius))


def farthest_of_each(far: Floats, group: Ints, rows: Ints) -> Ints:
    """Return the one of `rows` that is farthest, in each group."""
    order = rows[np.argsort(-far[rows], kind="stable")]
    return np.sort(order[np.unique(group[order], return_index=True)[1]])
