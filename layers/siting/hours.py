"""Demand by the hour: a station serves when it is open, so a night open is worth what the night is worth.

Hours at which the same sites are open are one pattern; each demand point counts
once per pattern, with the weight of its hours. So a day of 24 hours makes few
elements more than one, and every model works unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.distance import Pairs


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """Demand spread over patterns of opening.

    Attributes
    ----------
    pairs : Pairs
        Of (demand point, pattern) and site, only where the site is open.
    weight : ndarray of float64
        Weight of the elements: mean over the hours asked, summed over the pattern's hours.
    point : ndarray of int64
        The demand point of each element.
    hours : ndarray of int64
        How many of the hours asked each element stands for.
    """

    pairs: Pairs
    weight: NDArray[np.float64]
    point: NDArray[np.int64]
    hours: NDArray[np.int64]


def spread_over(
    pairs: Pairs,
    weight: NDArray[np.float64],
    profile: NDArray[np.float64] | None,
    is_open: NDArray[np.bool_],
    hours: NDArray[np.intp],
) -> Timed:
    """Return the demand by pattern of opening.

    Parameters
    ----------
    profile : ndarray of float64, shape (m, 24), or None
        Weight of each hour relative to the mean of the day (mean 1); None: flat.
    is_open : ndarray of bool, shape (n, 24)
        Whether each site is open on the hour.
    hours : ndarray of int
        Hours asked, 0 to 23.
    """
    patterns, which = np.unique(is_open[:, hours], axis=1, return_inverse=True)
    m = pairs.demands
    starts, sites, distances, weights = [np.zeros(1, np.int64)], [], [], []
    sizes = np.bincount(which.ravel(), minlength=patterns.shape[1])
    for number in range(patterns.shape[1]):
        mine = hours[which.ravel() == number]
        open_pairs = pairs.kept(patterns[pairs.site, number])
        starts.append(open_pairs.start[1:] + starts[-1][-1])
        sites.append(open_pairs.site)
        distances.append(open_pairs.distance)
        share = np.full(m, len(mine)) if profile is None else profile[:, mine].sum(axis=1)
        weights.append(weight * share / len(hours))
    count = patterns.shape[1]
    joined = Pairs(
        np.concatenate(starts), np.concatenate(sites), np.concatenate(distances), pairs.sites, pairs.complete
    )
    return Timed(joined, np.concatenate(weights), np.tile(np.arange(m), count), np.repeat(sizes, m))
