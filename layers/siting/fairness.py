"""Who is better off by a plan: the shares of walking, and the service that falls to each cell, before and after."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.hours import open_matrix
from layers.access import gini, lorenz, two_step
from layers.distance import Points
from layers.siting.answer import ways_to_nearest
from layers.siting.case import Case

#: A Lorenz curve is kept at these shares of the demand.
STEPS = np.linspace(0.0, 1.0, 51)
#: Access is told in stations for so much demand weight.
PER = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Before a plan, or after.

    Attributes
    ----------
    lorenz : ndarray, shape (51,), or None
        Share of all walking to the nearest serving site that falls to the shares :data:`STEPS` of the demand, shortest
        ways first. None when some demand has no serving site at all.
    gini : float or None
        Gini coefficient of the way, of that curve unthinned.
    access : ndarray, shape (cells,)
        Stations for each :data:`PER` of demand weight, by the two-step floating catchment area within the radius. None,
        as all the rest, where no open station of the place has a position.
    access_gini : float or None
        Gini coefficient of it, weighted by demand; 0: the same share falls to everybody.
    without : float or None
        Share of the demand weight to which no station falls.
    """

    lorenz: NDArray[np.float64] | None
    gini: float | None
    access: NDArray[np.float64] | None
    access_gini: float | None
    without: float | None


#: The side of which nothing can be said.
NOBODY_KNOWS = Side(None, None, None, None, None)


@dataclass(frozen=True, slots=True, eq=False)
class Fairness:
    """Fairness before and after, cell by cell in the order of the case."""

    cells: list[str]
    weight: NDArray[np.float64]
    before: Side
    after: Side


def fairness(
    found: Case, points: NDArray[np.float64], closed: Collection[str] = (), upgraded: Collection[str] = ()
) -> Fairness:
    """Return how ways and service are shared, before and with new sites at `points` (degrees) and what else changes.

    Each station is one unit of supply, or the share of the hours asked in which
    it is open; the way is that of the case, and demand that of the hours asked.
    Demand outside the place takes no share.
    """
    points = np.asarray(points, np.float64).reshape(-1, 2)
    _, share = ways_to_nearest(found, points)
    weight = share.reshape(-1, len(found.cells)).sum(axis=0)
    before = NOBODY_KNOWS if found.placing.lost else _side(found, np.empty((0, 2)), weight)
    return Fairness(found.cells, weight, before, _side(found.changed(closed, upgraded), points, weight))


def _side(found: Case, points: NDArray[np.float64], weight: NDArray[np.float64]) -> Side:
    ways, share = ways_to_nearest(found, points)
    asked = share > 0
    if found.walked is not None:  # who can reach nobody along the network is told apart
        asked &= np.isfinite(ways)
    whole = bool(asked.any()) and bool(np.isfinite(ways[asked]).all())
    curve = lorenz(ways[asked], share[asked]) if whole else None
    stand = found.existing.located.xy if found.existing else np.empty((0, 2))
    sites = Points(np.vstack([points, stand]), degrees=True)
    near = found.reached(sites)
    access = two_step(weight, _supply(found, len(points)), near, found.wish.reach) * PER
    total = float(weight.sum())
    return Side(
        None if curve is None else np.interp(STEPS, curve[:, 0], curve[:, 1]),
        gini(ways[asked], share[asked]) if whole else None,
        access,
        gini(access, weight) if access.any() else None,
        float(weight[access <= 0].sum()) / total if total else None,
    )


def _supply(found: Case, new: int) -> NDArray[np.float64]:
    stand = [text or None for text in found.existing.frame["opening_hours"]] if found.existing else []
    if found.wish.hours is None:
        return np.ones(new + len(stand))
    return open_matrix([found.ask.opening] * new + stand)[:, found.wish.weekday - 1][:, list(found.wish.hours)].mean(
        axis=1
    )
