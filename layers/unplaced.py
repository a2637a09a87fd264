"""Stations that are open but of which nobody has said where: they are counted apart, never as out of reach.

A station without a position cannot be within reach of anything, nor can it be
said not to be. So coverage is that of the placed ones, and says so; a place
whose open stations are all unplaced has no coverage at all: not zero, none;
and a city's is that of its other counties.
A planned station without a position is no such case: it serves nobody yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.errors import N_
from geodata.message import Message
from layers import places, stations
from layers.atlas import LEVELS, Atlas
from layers.filters import Filters

#: Why a share is not given (``Share.why``).
UNPLACED = "unplaced"
EVENING, MORNING = 20, 7  # the hours between are the night

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Standing:
    """How many of the open stations of a place have a position.

    Attributes
    ----------
    placed : int
        Open stations of the place of which it is known where.
    unplaced : int
        Open stations of the place of which it is not. Below the county: those that may lie in the region, zone or
        grid looked at, since a row without a position seldom names one.
    elsewhere : bool
        Whether some of the unplaced may as well lie in another part of the county.
    lost : bool
        Whether nothing can be said of coverage here: there are open stations, and none of those that count has a
        position.
    """

    placed: int
    unplaced: int
    elsewhere: bool = False
    lost: bool = False

    @property
    def why(self) -> str | None:
        """Return :data:`UNPLACED` where no share can be given, else None."""
        return UNPLACED if self.lost else None

    def note(self) -> Message | None:
        """Return what is to be said beside a share, or in its place; None where every open station has a position."""
        if not self.unplaced:
            return None
        counts = {"placed": f"{self.placed:,}", "count": f"{self.unplaced:,}"}
        if self.elsewhere:
            return Message(N_("所在县区有 {count} 个驿站尚无位置，未计入"), counts)
        if self.lost or not self.placed:
            return Message(N_("{count} 个驿站尚无位置，未计入"), counts)
        return Message(N_("只计有位置的 {placed} 个驿站，另有 {count} 个尚无位置"), counts)


def masks(atlas: Atlas, filters: Filters) -> tuple[Mask, Mask]:
    """Return which stations of the atlas are open, count by provenance and have a position, and which lack it."""

    def compute() -> tuple[Mask, Mask]:
        running = atlas.holds("stations", "status", stations.OPEN) & atlas.of_provenance("stations", filters.provenance)
        nowhere = np.isnan(atlas.lonlat("stations")[0])
        return running & ~nowhere, running & nowhere

    return atlas.recent(("unplaced", filters.provenance), compute)


def standing(atlas: Atlas, filters: Filters) -> Standing:
    """Return how many open stations of the place looked at have a position; the lasso does not count.

    Raises
    ------
    AtlasError
        When the place, region or grid is not in the atlas.
    """
    scope = places.scope(atlas, filters)
    placed, nowhere = masks(atlas, filters)
    inside = places.table_mask(atlas, scope, "stations")
    known, named = int((placed & inside).sum()), int((nowhere & inside).sum())
    if scope.level in LEVELS or not nowhere.any():
        return Standing(known, named, lost=bool(named and not known))
    count = int(here(atlas, filters).sum())
    county = atlas.tree.under(atlas.tree.position(scope.adcode), atlas.place_rows("stations"))
    lost = bool(count and not (placed & county).any()) or bool(named and not known)
    return Standing(known, count, elsewhere=count > named, lost=lost)


def here(atlas: Atlas, filters: Filters) -> Mask:
    """Return which stations of the atlas :attr:`Standing.unplaced` counts.

    Below the county a row without a position is here unless it names another zone.
    """
    scope = places.scope(atlas, filters)
    nowhere = masks(atlas, filters)[1]
    inside = places.table_mask(atlas, scope, "stations")
    if scope.level in LEVELS or not nowhere.any():
        return nowhere & inside
    county = atlas.tree.under(atlas.tree.position(scope.adcode), atlas.place_rows("stations"))
    return nowhere & county & (inside | atlas.stations["zone"].isna().to_numpy(bool) | (not scope.zone))


def lost_units(atlas: Atlas, filters: Filters, kind: str, units: NDArray[np.object_]) -> tuple[Mask, NDArray[np.intp]]:
    """Return of which units nothing can be said, and how many unplaced stations name each.

    Parameters
    ----------
    kind : {'place', 'zone'}
        What the units are: counties, or street zones.
    units : ndarray of str
        Their ids.

    Returns
    -------
    ndarray of bool, ndarray of int
        One entry per unit. A zone is lost with its county too.
    """
    placed, nowhere = masks(atlas, filters)
    names = pd.Index(units, dtype=object)

    def counted(column: str, ids: pd.Index, mask: Mask) -> NDArray[np.intp]:
        codes, values = atlas.coded("stations", column)
        # one more than there are values: what no station names is found at -1, which counts none
        each = np.append(np.bincount(codes[mask & (codes >= 0)], minlength=len(values)), 0)
        return each[pd.Index(values, dtype=object).get_indexer(ids)]

    if not nowhere.any() or not len(names):
        return np.zeros(len(names), bool), np.zeros(len(names), np.intp)
    if kind == "place":
        missing = counted("adcode", names, nowhere)
        return (missing > 0) & (counted("adcode", names, placed) == 0), missing
    missing = counted("zone", names, nowhere)
    lost = (missing > 0) & (counted("zone", names, placed) == 0)
    rows = atlas.rows_by("zones", "zone_id")
    owners = atlas.zones["adcode"].to_numpy(dtype=object)
    county = np.array([owners[rows[one]] if one in rows else None for one in names], dtype=object)
    return lost | lost_units(atlas, filters, "place", county)[0], missing


def unsaid_hours(count: int, hour: int | None) -> Message | None:
    """Return what is said of `count` stations whose opening hours are not known beside coverage at `hour`.

    Parameters
    ----------
    hour : int or None
        The hour asked; None: around the clock.
    """
    if not count:
        return None
    if hour is not None and (hour >= EVENING or hour < MORNING):
        return Message(N_("另有 {count} 个开放时间不详，夜间不计为开放"), {"count": f"{count:,}"})
    return Message(N_("另有 {count} 个开放时间不详，不计为开放"), {"count": f"{count:,}"})
