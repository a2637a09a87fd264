"""Better bounds on set covers: of any three demand points no site serves all but those that count twice.

Half the sum of three rows, rounded up (Chvátal 1973, *Discrete Mathematics* 4; zero-half cuts: Caprara & Fischetti
1996, *Mathematical Programming* 74): sites that serve one or two of the three count once, those that serve all three
twice, and that comes to two at least. Among points of a plane, where two can often be served together and three not,
this closes much of what the linear relaxation leaves open.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.siting.solver.progress import SAME

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
#: By how much an inequality must be violated, how many are taken of a first point, and with one point in all.
VIOLATED, OF_ONE, WITH_ONE = 0.03, 40, 6
#: Rows that are served by so much more than one site are not looked at, nor pairs that less than this serves together.
SLACK, TOGETHER = 1e-4, 0.05


def halves(rows: sparse.csr_array, triples: Ints) -> sparse.csr_array:
    """Return the inequalities of some triples of rows, shape (t, f): at least two each.

    Parameters
    ----------
    rows : csr_array, shape (e, f)
        1 where a site serves a demand point.
    triples : ndarray of int, shape (t, 3)
    """
    e, t = rows.shape[0], len(triples)
    member = sparse.csr_array((np.ones(3 * t), (np.repeat(np.arange(t), 3), triples.ravel())), shape=(t, e))
    found = sparse.csr_array(member @ rows)
    found.data = np.ceil(found.data / 2.0 - SAME)
    return found


def violated(rows: sparse.csr_array, share: Floats, most: int) -> Ints:
    """Return triples of rows of which too little is served twice, those violated most first, few with the same row.

    Parameters
    ----------
    share : ndarray of float64, shape (f,)
        How much of each site is chosen; every row is served by one in all.
    most : int
        Triples at most.
    """
    served = rows @ share
    tight = np.flatnonzero(served < 1.0 + SLACK)
    some = np.flatnonzero(share > SAME)
    reach = rows[tight][:, some].toarray().astype(np.float64)
    share, spare = share[some], served[tight] - 1.0
    pair = (reach * share) @ reach.T
    np.fill_diagonal(pair, 0.0)
    triples, excess = [np.empty((0, 3), np.intp)], [np.empty(0)]
    for i in range(len(tight) - 2):
        near = i + 1 + np.flatnonzero(pair[i, i + 1 :] > TOGETHER)
        # a site that serves all three counts three times here, and twice below
        total = pair[np.ix_(near, near)] + (pair[i, near] - spare[near])[:, None] + (pair[i, near] - spare[near])
        j, k = np.nonzero(np.triu(total > 1.0 + VIOLATED + spare[i], 1))
        if not len(j):
            continue
        mine = np.flatnonzero(reach[i])
        all_three = (reach[np.ix_(near, mine)] * share[mine]) @ reach[np.ix_(near, mine)].T
        over = total[j, k] - 2.0 * all_three[j, k] - 1.0 - spare[i]
        best = np.argsort(-over, kind="stable")[:OF_ONE]
        best = best[over[best] > VIOLATED]
        triples.append(np.column_stack([np.full(len(best), i), near[j[best]], near[k[best]]]))
        excess.append(over[best])
    found, over = np.concatenate(triples), np.concatenate(excess)
    uses, kept = np.zeros(len(tight), np.intp), []
    for one in found[np.argsort(-over, kind="stable")]:
        if len(kept) == most:
            break
        if (uses[one] < WITH_ONE).all():
            uses[one] += 1
            kept.append(one)
    return tight[np.array(kept, np.intp).reshape(-1, 3)]
