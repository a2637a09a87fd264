"""What sites that are there cost together when demand may be shared: a transportation problem, by its near pairs first.

Pairs are left out until their reduced cost says that they could help (column generation; Dantzig 1951 for the problem).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

Floats = NDArray[np.float64]
NEAR, ROUNDS = 6, 30


def transported(cost: Floats, load: Floats, room: Floats, seconds: float = np.inf) -> float | None:
    """Return the least Σ cost × part with everybody served and nobody beyond its room; None when that cannot be,
    or could not be found in `seconds`.

    Parameters
    ----------
    cost : ndarray of float64, shape (m, s)
        Of each demand served as a whole by each site; infinite where it cannot be.
    """
    m, s = cost.shape
    if not m:
        return 0.0
    if not s or not np.isfinite(cost).any(axis=1).all():
        return None
    keep = np.zeros((m, s), bool)
    near = min(NEAR, s)
    np.put_along_axis(keep, np.argpartition(cost, near - 1, axis=1)[:, :near], True, axis=1)
    keep &= np.isfinite(cost)
    scale = 1e6 / max(float(np.where(np.isfinite(cost), cost, 0.0).max(axis=1).sum()), 1e-300)
    unit = 1.0 / float(load.max())
    finite = np.flatnonzero(np.isfinite(room))
    place = np.full(s, -1)
    place[finite] = np.arange(len(finite))
    for _ in range(ROUNDS):
        row, column = np.nonzero(keep)
        q = len(row)
        held = np.flatnonzero(place[column] >= 0)
        found = linprog(
            cost[row, column] * scale,
            A_ub=sparse.csr_array((load[row[held]] * unit, (place[column[held]], held)), shape=(len(finite), q))
            if len(finite)
            else None,
            b_ub=room[finite] * unit if len(finite) else None,
            A_eq=sparse.csr_array((np.ones(q), (row, np.arange(q))), shape=(m, q)),
            b_eq=np.ones(m),
            bounds=(0, None),
            method="highs",
            options={"time_limit": float(seconds)} if np.isfinite(seconds) else {},
        )
        if found.status == 2 and not keep.all():
            wider = keep.sum(axis=1).max() * 4
            keep = np.isfinite(cost) if wider >= s else keep
            if wider < s:
                np.put_along_axis(keep, np.argpartition(cost, wider - 1, axis=1)[:, :wider], True, axis=1)
                keep &= np.isfinite(cost)
            elif (np.isfinite(cost) <= keep).all() and found.status == 2 and keep.sum() == q:
                return None
            continue
        if found.status != 0:
            return None
        rent = np.zeros(s)
        if len(finite):
            rent[finite] = found.ineqlin.marginals
        short = cost * scale - found.eqlin.marginals[:, None] - rent[None, :] * (load * unit)[:, None] < -1e-7
        new = short & ~keep & np.isfinite(cost)
        if not new.any():
            return float(found.fun) / scale
        keep |= new
    return float(found.fun) / scale
