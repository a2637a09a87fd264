"""Which of the stations that stand would be missed least: the demand that only each of them reaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from layers import stations
from layers.atlas import Atlas
from layers.siting.case import Case
from layers.siting.solver import COVERAGE_MODELS, missed


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What closing one station would cost.

    Attributes
    ----------
    row : int
        Of ``atlas.stations``.
    alone : float
        Demand weight that no other serving station reaches, mean of the hours asked.
    of : float
        Demand weight of the place.
    """

    row: int
    alone: float
    of: float

    @property
    def share(self) -> float | None:
        """What coverage would lose, 0 to 1 of the whole demand; None where there is no demand."""
        return self.alone / self.of if self.of else None


def closings(atlas: Atlas, found: Case) -> list[Closing]:
    """Return the serving stations of the place, the one that would be missed least first.

    Empty where the question does not arise: for models of distance, where a point counts only when several reach it,
    and where open stations have no position, so that nobody knows what else reaches.
    """
    wish = found.wish
    if wish.model not in COVERAGE_MODELS or wish.cover != 1 or found.placing.unplaced or not len(found.serving):
        return []
    prepared = found.at(np.empty((0, 2)))
    weight = float(prepared.instance.weight.sum())
    row_of = {
        one: int(row) for one, row in zip(found.existing.ids if found.existing else (), found.serving, strict=True)
    }
    inside = stations.chosen(atlas, found.filters)
    ids = prepared.instance.site_ids
    told = [Closing(row=row_of[ids[site]], alone=alone, of=weight) for site, alone in missed(prepared.instance)]
    return [one for one in told if inside[one.row]]
