"""How fairly a service is within reach: floating catchments, Lorenz curve and Gini coefficient."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layers.distance import Pairs

Floats = NDArray[np.float64]


def two_step(
    demand: ArrayLike,
    supply: ArrayLike,
    pairs: Pairs,
    catchment: float,
) -> Floats:
    """Return the access score of each demand point by the two-step floating catchment area method.

    Luo & Wang (2003), *Environment and Planning B* 30: each supply is shared by the
    demand in its catchment, R_j = S_j / Σ_i D_i W(d_ij), and each demand sums up
    the shares in its own, A_i = Σ_j R_j W(d_ij); W is 1 within the catchment.

    Parameters
    ----------
    demand, supply : array_like, shape (m,), (n,)
        Persons (or weight) and service (places, hours …).
    pairs : Pairs
        Distances, at least up to `catchment`.
    catchment : float
        In the unit of the distances; the rim counts.

    Returns
    -------
    ndarray of float64, shape (m,)
        Supply per unit of demand; 0 where no supply is in reach.
    """
    demand, supply = np.asarray(demand, np.float64), np.asarray(supply, np.float64)
    near = pairs.within(catchment)
    owner = near.demand()
    asked = np.bincount(near.site, demand[owner], minlength=len(supply))
    ratio = np.divide(supply, asked, out=np.zeros(len(supply)), where=asked > 0)
    return np.bincount(owner, ratio[near.site], minlength=len(demand)).astype(np.float64)


def lorenz(values: ArrayLike, weights: ArrayLike | None = None) -> Floats:
    """Return the Lorenz curve: cumulated share of weight and of value, poorest first, shape (k + 1, 2), from (0, 0)."""
    values = np.asarray(values, np.float64)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    order = np.argsort(values, kind="stable")
    people, goods = np.cumsum(weights[order]), np.cumsum((values * weights)[order])
    curve = np.zeros((len(values) + 1, 2))
    if len(values) and people[-1] > 0:
        curve[1:, 0] = people / people[-1]
        curve[1:, 1] = goods / goods[-1] if goods[-1] > 0 else curve[1:, 0]
    return curve


def gini(values: ArrayLike, weights: ArrayLike | None = None) -> float | None:
    """Return the Gini coefficient: 0 when all have the same, near 1 when one has all; None without any weight.

    One minus twice the area under the Lorenz curve (Gini 1914).
    """
    weight = np.ones(len(np.asarray(values))) if weights is None else np.asarray(weights, np.float64)
    if not weight.sum() > 0:
        return None
    curve = lorenz(values, weight)
    return float(1.0 - np.sum(np.diff(curve[:, 0]) * (curve[1:, 1] + curve[:-1, 1])))
