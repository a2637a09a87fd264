"""Addresses that an extract knows: house numbers, names of premises, roads and quarters, county by county.

How sure an answer is is stated by what it was found by: see :data:`HOUSE_NUMBER` and those below it. OpenStreetMap has
few house numbers in China, so that most answers are of a road, and each is for a person to confirm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from geodata.frames import rows_of
from geodata.geocoding.base import HOUSE, STREET, ZONE, Answer, Query, tidy
from geodata.osm import pois
from geodata.osm.network import load

#: How sure a point of the same house number, of premises of the same name, of the middle of the road that an address
#: begins with, and of the quarter that it names is; 0 to 1.
HOUSE_NUMBER, SAME_NAME, ON_ROAD, IN_QUARTER = 0.8, 0.5, 0.3, 0.2
APART_DEGREES = 0.001  # about 100 m: things of one name that are further apart leave it open which is meant
LEAST_NAME = 2  # characters of a road or quarter that is looked for
GOES_ON = tuple("路街道巷")  # what follows makes another name of it: 湖滨街, 湖滨街道
_NUMBER = re.compile(r"^(\d+(?:-\d+)?[a-z]?)(?:号|$)", re.IGNORECASE)

Spots = list[tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class _County:
    """What is known in one county: text as it is compared → where."""

    houses: dict[tuple[str, str], Spots]
    names: dict[str, Spots]
    roads: dict[str, Spots]
    quarters: dict[str, Spots]
    starts: set[str]  # with what an address may begin: roads, and streets of house numbers


class ExtractAddresses:
    """The address index of an extract; that of a county is made when it is first asked of.

    Parameters
    ----------
    folder : Path
        Of the extract (:func:`geodata.osm.ground.current`).
    places : DataFrame
        Counties with their shapes.
    network : str
        Folder of the walking network in it.
    """

    def __init__(self, folder: Path, places: pd.DataFrame, network: str = "network") -> None:
        self._folder, self._network, self._places = folder, network, places
        self._points: pd.DataFrame | None = None
        self._counties: dict[str, _County | None] = {}

    def find(self, query: Query, address: str, provider: str) -> Answer | None:
        """Return where an address is; None where the extract does not know.

        Parameters
        ----------
        query : Query
        address : str
            As it is compared: without county and city before it.
        provider : str
            In whose name the answer is given.
        """
        if query.adcode not in self._counties:
            self._counties[query.adcode] = self._made(query.adcode)
        county = self._counties[query.adcode]
        if county is None:
            return None
        whole, road = tidy(query.address), _longest(address, county.starts)
        number = _NUMBER.match(address.removeprefix(road)) if road else None
        for spots, level, sure, matched in (
            (county.houses.get((road, number[1])) if number else None, HOUSE, HOUSE_NUMBER, address),
            (county.names.get(tidy(query.name)) if query.name else None, HOUSE, SAME_NAME, query.name),
            (county.names.get(whole) or county.names.get(address), HOUSE, SAME_NAME, whole),
            (county.roads.get(road), STREET, ON_ROAD, road),
            (county.quarters.get(quarter := _within(address, county.quarters)), ZONE, IN_QUARTER, quarter),
        ):
            if spots:
                return replace(_answer(spots, provider), level=level, confidence=sure, matched=matched)
        return None

    def _made(self, adcode: str) -> _County | None:
        here = self._places.geometry[self._places["adcode"] == adcode]
        if not len(here):
            return None
        shape = here.iloc[0]
        shapely.prepare(shape)
        if self._points is None:
            columns = ["lon", "lat", "name", "host", "street", "number", "quarter"]
            self._points = pd.read_csv(
                self._folder / pois.POINTS, dtype=str, keep_default_na=False, usecols=columns
            ).astype({"lon": float, "lat": float})
        points = self._points[shapely.contains_xy(shape, self._points["lon"], self._points["lat"])]
        found = _County({}, {}, self._roads(shape), {}, set())
        found.starts.update(found.roads)
        for row in rows_of(points):
            spot = (float(row.lon), float(row.lat))
            if row.number and row.street:
                number = _NUMBER.match(tidy(row.number))
                found.starts.add(tidy(row.street))
                found.houses.setdefault((tidy(row.street), number[1] if number else tidy(row.number)), []).append(spot)
            for name in {tidy(row.name), tidy(row.host)} - {""}:
                (found.quarters if row.quarter else found.names).setdefault(name, []).append(spot)
        return found

    def _roads(self, shape: shapely.Geometry) -> dict[str, Spots]:
        """Return the middle of each road of a county: of its segments the one nearest to the middle of them all."""
        net = load(self._folder / self._network, shape.bounds)
        lon, lat = ((one[net.start] + one[net.end]) / 2 for one in (net.lon, net.lat))
        named = np.flatnonzero((net.name >= 0) & shapely.contains_xy(shape, lon, lat))
        edges = pd.DataFrame(
            {"name": net.name[named], "lon": lon[named], "lat": lat[named], "metres": net.length[named]}
        )
        found: dict[str, Spots] = {}
        for _, own in edges.groupby("name"):
            middle = [np.average(own[side], weights=own["metres"]) for side in ("lon", "lat")]
            nearest = np.hypot(own["lon"] - middle[0], own["lat"] - middle[1]).to_numpy().argmin()
            spot = (float(own["lon"].iloc[nearest]), float(own["lat"].iloc[nearest]))
            found.setdefault(tidy(net.names[own["name"].iloc[0]]), []).append(spot)
        return found


def _answer(spots: Spots, provider: str) -> Answer:
    lon, lat = spots[0]
    apart = sum(abs(x - lon) > APART_DEGREES or abs(y - lat) > APART_DEGREES for x, y in spots[1:])
    return Answer(round(lon, 7), round(lat, 7), provider, others=apart)


def _longest(address: str, names: set[str]) -> str:
    """Return the longest of `names` with which an address begins; empty where there is none."""
    ends = range(len(address), LEAST_NAME - 1, -1)
    fits = (end for end in ends if address[:end] in names and address[end : end + 1] not in GOES_ON)
    return next((address[:end] for end in fits), "")


def _within(address: str, names: Iterable[str]) -> str:
    """Return the longest of `names` that stands in an address; empty where there is none."""
    return max((name for name in names if len(name) >= LEAST_NAME and name in address), key=len, default="")
