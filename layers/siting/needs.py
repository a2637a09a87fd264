"""What planning needs of a place, and which of it is not there yet: demand, a walking network, stations.

Demand is what no plan can do without. Without a network the way is straight, without stations every site is the first:
both can be planned with, and are better known.
"""

from __future__ import annotations

from dataclasses import dataclass

from layers import demand as demands
from layers import unplaced, way
from layers.atlas import Atlas
from layers.filters import Filters
from layers.places import scope


@dataclass(frozen=True, slots=True)
class Needs:
    """What of it there is.

    Attributes
    ----------
    cells : int
        Demand cells of the place.
    network : bool or None
        Whether there is a walking network here; None from the province up, where none is used.
    placed, unplaced : int
        Open stations of the place, with and without a position.
    """

    cells: int
    network: bool | None
    placed: int
    unplaced: int

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return bool(self.cells and self.network is not False and self.placed and not self.unplaced)


def needs(atlas: Atlas, filters: Filters) -> Needs:
    """Return what planning finds in the place looked at; the lasso and other filters do not count.

    Raises
    ------
    AtlasError
        When the place, region or grid is not in the atlas.
    """
    plain = filters.having(area=(), worker_group=None, hour=None)
    above = scope(atlas, plain).level in way.ABOVE
    standing = unplaced.standing(atlas, plain)
    return Needs(
        cells=len(demands.select(atlas, plain).rows),
        network=None if above else way.ground(atlas, plain) is not None,
        placed=standing.placed,
        unplaced=standing.unplaced,
    )
