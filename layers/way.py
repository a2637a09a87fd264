"""Which way is walked: along the walking network where there is one, else straight × detour.

Everything that asks who reaches whom asks here first, so that one place has one way at a time: that of its county or
city, or of the county that a region, zone or grid lies in. A province's network would be too large to hold, so from
the province up the way is straight.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_
from geodata.message import Message
from geodata.osm.network import WalkingNetwork
from layers import places
from layers.atlas import Atlas
from layers.distance import Points
from layers.filters import NETWORK, RADIUS_M, STRAIGHT, Filters
from layers.walking import ENOUGH, Connectors, Graph, connect, ready, share_near

#: So far around a place is walked, metres: the first that is no less than the radius.
MARGINS = (2_000, RADIUS_M[1])
#: Networks that are kept, and the largest of them in segments: about 350 bytes each.
KEPT, MOST_SEGMENTS = 2, 1_500_000
ABOVE = ("country", "province")

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The walking network of a place and its surroundings.

    Attributes
    ----------
    key : tuple
        What tells it apart: the place, and how far around it.
    graph : Graph
    rows : ndarray of int
        Rows of ``atlas.stations`` that have a position in the box of the network.
    stations : Connectors
        How these come to it.
    share : float
        Of the demand cells of the place, whatever is filtered, those that come to it; of its stations where there is
        no demand; 0 where there is neither.
    """

    key: tuple[str, int]
    graph: Graph
    rows: NDArray[np.intp]
    stations: Connectors
    share: float

    @property
    def date(self) -> str:
        """Date of the extract, for people; its kind where the file has no date."""
        network = self.graph.network
        return network.extract_date if network and network.extract_date else "OpenStreetMap"


def ground(atlas: Atlas, filters: Filters) -> Ground | None:
    """Return the walking network of the place looked at; None where there is none, or it is too large.

    Raises
    ------
    AtlasError
        When the place, region or grid is not in the atlas, or the network cannot be read.
    """
    if not atlas.on_ground or places.scope(atlas, filters).level in ABOVE:
        return None
    return atlas.once("grounds", _Grounds).of(atlas, filters)


def along(atlas: Atlas, filters: Filters) -> Ground | None:
    """Return the network along which one walks under `filters`; None: the way is straight × detour."""
    if filters.way == STRAIGHT:
        return None
    found = ground(atlas, filters)
    return found if found and (filters.way == NETWORK or found.share >= ENOUGH) else None


def of(atlas: Atlas, filters: Filters) -> str:
    """Return which way is walked under `filters`, of :data:`layers.filters.WAYS`."""
    return NETWORK if along(atlas, filters) else STRAIGHT


def settled(atlas: Atlas, filters: Filters) -> Filters:
    """Return `filters` with the way that is walked named, so that they mean the same where it is another later;
    where there is no network, with none.
    """
    return filters.having(way=of(atlas, filters) if atlas.on_ground else None)


def note(atlas: Atlas, filters: Filters) -> Message | None:
    """Return which way a share was measured by; None where there is no network, so that there is no choice."""
    return said(along(atlas, filters), filters) if atlas.on_ground else None


def said(walked: Ground | None, filters: Filters) -> Message:
    """Return which way is walked, in words: along a network, or straight."""
    if walked:
        return Message(N_("沿路网步行（{date}）"), {"date": walked.date})
    return Message(N_("直线 × {detour}"), {"detour": filters.detour})


def why_straight(atlas: Atlas, filters: Filters) -> Message | None:
    """Return why one does not walk along a network unless it is asked, or cannot; None where one does."""
    if not atlas.on_ground:
        return Message(N_("没有路网：导入 OpenStreetMap 数据后可沿路网计算。"))
    if places.scope(atlas, filters).level in ABOVE:
        return Message(N_("省级以上按直线计算；到市、县可沿路网。"))
    found = ground(atlas, filters)
    if found is None:
        return Message(N_("这里没有路网，或路网过大：按直线计算。"))
    if found.share < ENOUGH:
        return Message(N_("路网只到得了这里 {share} 的需求：默认按直线计算。"), {"share": f"{found.share:.0%}"})
    return None


def box(bounds: Box, metres: float) -> Box:
    """Return `bounds` (west, south, east, north in degrees) and so many `metres` around, or a little more."""
    west, south, east, north = bounds
    up = metres / 110_000
    aside = up / max(0.1, float(np.cos(np.radians(max(abs(south), abs(north))))))
    return west - aside, south - up, east + aside, north + up


def network_of(atlas: Atlas, around: Box) -> WalkingNetwork | None:
    """Return the walking network of a box; None where there is none, or it is too large."""
    network = atlas.walking(around)
    return None if network is None or not 0 < len(network.start) <= MOST_SEGMENTS else network


def spots(atlas: Atlas, adcode: str) -> NDArray[np.float64]:
    """Return where (degrees, WGS-84; shape (n, 2)) a place has demand, whatever is filtered; where there is none, its
    stations.
    """
    place = atlas.tree.position(adcode)
    for table in ("demand", "stations"):
        there = np.column_stack(atlas.lonlat(table))[atlas.tree.under(place, atlas.place_rows(table))]
        there = np.unique(there[np.isfinite(there).all(axis=1)], axis=0)
        if len(there):
            return there
    return np.empty((0, 2))


# -- inside -----------------------------------------------------------------------


class _Grounds:
    """The last networks of one atlas; while one is made ready nobody else makes it too."""

    def __init__(self) -> None:
        self._lock, self._kept = threading.Lock(), OrderedDict[tuple[str, int], Ground | None]()

    def of(self, atlas: Atlas, filters: Filters) -> Ground | None:
        here = places.scope(atlas, filters)
        key = here.adcode, next(margin for margin in MARGINS if margin >= filters.radius)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = _made(atlas, filters.at_place(here.adcode), key)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]


def _made(atlas: Atlas, filters: Filters, key: tuple[str, int]) -> Ground | None:
    around = box(places.scope(atlas, filters).bounds, key[1])
    network = network_of(atlas, around)
    if network is None:
        return None
    graph = ready(network)
    west, south, east, north = around
    lon, lat = atlas.lonlat("stations")
    rows = np.flatnonzero((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
    stations = connect(graph, Points(np.column_stack([lon[rows], lat[rows]]), degrees=True))
    return Ground(key, graph, rows, stations, share_near(graph, Points(spots(atlas, key[0]), degrees=True)))
