"""Whole numbers that add up: the largest-remainder method."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def apportion(weights: ArrayLike, total: int, least: int = 0) -> NDArray[np.int64]:
    """Split `total` into whole parts in proportion to `weights`, each at least `least`.

    Hamilton's largest-remainder method on what is left after every part got `least`;
    of equal remainders the earlier wins. Shape (n,), sum exactly `total`.
    """
    weights = np.asarray(weights, "float64")
    rest = total - least * len(weights)
    exact = rest * weights / weights.sum()
    parts = np.floor(exact).astype("int64")
    order = np.argsort(parts - exact, kind="stable")
    parts[order[: rest - parts.sum()]] += 1
    return parts + least
