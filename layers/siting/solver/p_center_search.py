"""Local search for p-centers: so many sites, exchanged one by one until every demand point is in reach.

What stays out of reach gains weight, so that the search leaves where it is stuck, and a site that has just left or
come stays where it is for a moment (Zhang, Lü, Su, Li & Liu 2020, *IJCAI-20*: vertex weighting and tabu search). Each
exchange is the best one among those that reach one uncovered point drawn at random.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.siting.solver.heuristic import spans
from layers.siting.solver.progress import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
#: For how many rounds a site that has left does not come back, and one that has come does not leave.
AWAY, STAYS = 3, 1
#: Neighbourhoods are kept up to so many entries together.
KEPT = 20_000_000
#: Weights are whole numbers: less than that decides between exchanges that are worth the same.
HALF = 0.5


class Reach:
    """Who reaches whom within one radius, by demand and by site.

    Parameters
    ----------
    rows : csr_array
        Demand × sites.
    """

    def __init__(self, rows: sparse.csr_array) -> None:
        self.rows, self.columns = rows, rows.T.tocsr()
        self._kept: dict[int, tuple[Ints, Ints, Ints]] = {}
        self._entries = 0

    def of(self, site: int) -> Ints:
        """Return the demand in reach of a site."""
        return self.columns.indices[self.columns.indptr[site] : self.columns.indptr[site + 1]]

    def around(self, demand: int) -> tuple[Ints, Ints, Ints]:
        """Return the sites that reach a demand point, all demand in their reach, and whose reach that is."""
        found = self._kept.get(demand)
        if found is None:
            sites = self.rows.indices[self.rows.indptr[demand] : self.rows.indptr[demand + 1]]
            size = np.diff(self.columns.indptr)[sites]
            found = sites, self.columns.indices[spans(self.columns, sites)], np.repeat(np.arange(len(sites)), size)
            self._entries += len(found[1])
            if self._entries <= KEPT:
                self._kept[demand] = found
        return found


def exchange(
    reach: Reach,
    chosen: Ints,
    fixed: NDArray[np.bool_],
    random: np.random.Generator,
    rounds: int,
    clock: Clock,
) -> tuple[Ints, bool, Floats]:
    """Exchange sites until all demand is in reach, at most `rounds` times.

    Parameters
    ----------
    chosen : ndarray of int
        Where to start.
    fixed : ndarray of bool
        Which of them stay in any case.

    Returns
    -------
    chosen : ndarray of int
    complete : bool
        Whether they reach everybody.
    weight : ndarray of float64
        How hard each demand point was to reach; 1 at least.
    """
    p, chosen = len(chosen), chosen.copy()
    weight = np.ones(reach.rows.shape[0])
    count, owners = np.zeros(len(weight), np.intp), np.zeros(len(weight), np.intp)
    for place, site in enumerate(chosen.tolist()):
        count[reach.of(site)] += 1
        owners[reach.of(site)] += place
    # the only one that reaches it; p: nobody does; p + 1: several do
    role = np.where(count == 1, owners, np.where(count == 0, p, p + 1))
    stays = np.where(fixed, rounds, -1)
    away = np.full(reach.rows.shape[1], -1)
    noise = random.random(2 * p + 1) * HALF
    for now in range(rounds):
        out = np.flatnonzero(role == p)
        if not len(out) or (now % 32 == 0 and clock.over()):
            return chosen, not len(out), weight
        sites, near, whose = reach.around(int(out[int(random.random() * len(out))]))
        if not len(sites):
            break
        table = np.bincount(whose * (p + 2) + role[near], weight[near], minlength=len(sites) * (p + 2))
        table = table.reshape(len(sites), p + 2)
        alone = np.bincount(role, weight, minlength=p + 2)[:p]
        shift = int(random.random() * (p + 1))
        worth = table[:, :p] + (table[:, p : p + 1] - alone + noise[shift : shift + p])
        worth[away[sites] >= now] = -np.inf
        worth[:, stays >= now] = -np.inf
        best = int(np.argmax(worth))
        if worth.flat[best] < 1.0:
            weight[out] += 1.0
        if worth.flat[best] == -np.inf:
            continue
        place = best % p
        old, new = int(chosen[place]), int(sites[best // p])
        chosen[place] = new
        for site, step in ((old, -1), (new, 1)):
            mine = reach.of(site)
            count[mine] += step
            owners[mine] += step * place
            role[mine] = np.where(count[mine] == 1, owners[mine], np.where(count[mine] == 0, p, p + 1))
        away[old], stays[place] = now + AWAY, now + STAYS
    return chosen, not (role == p).any(), weight
