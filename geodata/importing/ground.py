"""What the atlas already knows of the ground: counties, land, names, and the rows of the table imported into."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from geodata.boundaries import PAGE_CITIES
from geodata.kinds import TABLE, Kinds, of_frame
from geodata.schema import TABLES
from geodata.store.base import AtlasStore

FINE, COARSE = 0.0012, 0.02  # degrees by which simplified county lines may err (about 120 m and 2 km)
SHORE_BOX = (117.95, 24.35, 118.35, 24.65)
_FINE_CITIES = frozenset(PAGE_CITIES)

Mask = NDArray[np.bool_]


class Ground:
    """Reads what a check needs of a store, once and only when asked for.

    Parameters
    ----------
    store : AtlasStore
        The atlas that the file is to go into; never written.
    """

    def __init__(self, store: AtlasStore) -> None:
        self._store = store
        self._tables: dict[str, pd.DataFrame] = {}

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of the atlas as it is now."""
        if name not in self._tables:
            self._tables[name] = self._store.read(name)
        return self._tables[name]

    def ids(self, name: str) -> set[str]:
        """Return the keys of a table."""
        return set(self.table(name)[TABLES[name].key])

    @cached_property
    def kinds(self) -> Kinds:
        """The kinds of activity that the atlas has."""
        return of_frame(self.table(TABLE))

    @cached_property
    def adcodes(self) -> dict[str, str]:
        """Adcode → name of every place."""
        places = self.table("places")
        return dict(zip(places["adcode"], places["name"], strict=True))

    @cached_property
    def levels(self) -> dict[str, str]:
        """Adcode → level of every place."""
        places = self.table("places")
        return dict(zip(places["adcode"], places["level"], strict=True))

    @cached_property
    def parents(self) -> dict[str, str | None]:
        """Adcode → adcode of the place it lies in."""
        places = self.table("places")
        return {code: None if pd.isna(up) else up for code, up in zip(places["adcode"], places["parent"], strict=True)}

    @cached_property
    def named(self) -> dict[str, list[str]]:
        """Name, whole or without its last character, → adcodes that bear it."""
        found: dict[str, list[str]] = {}
        for code, name in self.adcodes.items():
            for said in {name, name[:-1] if len(name) > 2 else name}:
                found.setdefault(said, []).append(code)
        return found

    @cached_property
    def _counties(self) -> tuple[shapely.STRtree, NDArray[np.object_], NDArray[np.object_]]:
        places = self.table("places")
        # a place without places below it is where a point belongs, whatever its level
        leaves = places[~places["adcode"].isin(set(places["parent"].dropna()))]
        shapes = leaves.geometry.to_numpy()
        shapely.prepare(shapes)
        return shapely.STRtree(shapes), leaves["adcode"].to_numpy(dtype=object), shapes

    def counties_of(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.object_]:
        """Return the adcode of the county that each point (degrees, WGS-84) lies in, None outside all."""
        points = shapely.points(np.asarray(lon, float), np.asarray(lat, float))
        found = np.full(len(points), None, dtype=object)
        tree, codes, _ = self._counties
        at, county = tree.query(points, predicate="intersects")
        found[at] = codes[county]
        return found

    @cached_property
    def _by_code(self) -> dict[str, object]:
        places = self.table("places")
        return dict(zip(places["adcode"], places.geometry, strict=True))

    def outside(self, adcodes: ArrayLike, lon: ArrayLike, lat: ArrayLike, exact: bool = False) -> Mask:
        """Return which points lie outside the place they say they are in.

        Parameters
        ----------
        adcodes : array_like of str or None
            None, and codes that the atlas does not know, are inside everything.
        lon, lat : array_like
            Degrees, WGS-84.
        exact : bool
            Go by the line as drawn; else points as near to it as it may err are inside.
        """
        adcodes, lon, lat = np.asarray(adcodes, dtype=object), np.asarray(lon, float), np.asarray(lat, float)
        out = np.zeros(len(adcodes), bool)
        home = self.counties_of(lon, lat)
        known = [isinstance(code, str) and code in self._by_code for code in adcodes]
        # hardly any point is elsewhere, so only those are held against the shape of their place
        elsewhere = np.flatnonzero([here and not self._within(county, code) for here, county, code in zip(known, home, adcodes, strict=True)])
        if exact or not len(elsewhere):
            out[elsewhere] = True
            return out
        codes = adcodes[elsewhere]
        fine = np.array([code in _FINE_CITIES or self.parents.get(code) in _FINE_CITIES for code in codes])
        shapes = np.array([self._by_code[code] for code in codes], dtype=object)
        away = shapely.distance(shapes, shapely.points(lon[elsewhere], lat[elsewhere]))
        out[elsewhere] = ~(away <= np.where(fine, FINE, COARSE))
        return out

    def _within(self, county: str | None, code: str) -> bool:
        while county is not None:
            if county == code:
                return True
            county = self.parents.get(county)
        return False

    @cached_property
    def _shore(self) -> object:
        land = self.table("land")
        shape = shapely.union_all(land[land["kind"] == "shore"].geometry.to_numpy())
        shapely.prepare(shape)
        return shape

    def in_sea(self, lon: ArrayLike, lat: ArrayLike) -> Mask:
        """Return which points lie in water, as far as the atlas knows the shore (county lines run out to sea)."""
        lon, lat = np.asarray(lon, float), np.asarray(lat, float)
        west, south, east, north = SHORE_BOX
        near = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        wet = np.zeros(len(lon), bool)
        if near.any():
            wet[near] = ~shapely.intersects_xy(self._shore, lon[near], lat[near])
        return wet
