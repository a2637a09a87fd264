"""What the atlas already knows of the ground: counties, land, names, and the rows of the table imported into."""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from geodata.boundaries import PAGE_CITIES
from geodata.in_parts import PART
from geodata.kinds import TABLE, Kinds, of_frame
from geodata.schema import TABLES
from geodata.store.base import AtlasStore

FINE, COARSE = 0.0012, 0.02  # degrees by which simplified county lines may err (about 120 m and 2 km)
SHORE_BOX = (117.95, 24.35, 118.35, 24.65)
_FINE_CITIES = frozenset(PAGE_CITIES)

LONGEST_NAME = 60
_BETWEEN_PLACES = re.compile(r"[\s\-—–·/>›,，、|]+|市辖区")
_AUTONOMOUS = re.compile(r"(内蒙古|宁夏|广西|新疆|西藏).*自治区|(..)特别行政区")

Mask = NDArray[np.bool_]


def _short(name: str) -> list[str]:
    """Return how else a place is called: without its last character, an autonomous region by its first word."""
    region = _AUTONOMOUS.fullmatch(name)
    return [name[:-1] if len(name) > 2 else name, *([region[1] or region[2]] if region else [])]


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
        self._meant: dict[str, list[str]] = {}
        self._named_rows: dict[str, dict[str, list[tuple[str, str]]]] = {}

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of the atlas as it is now."""
        if name not in self._tables:
            self._tables[name] = self._store.read(name)
        return self._tables[name]

    def ids(self, name: str) -> set[str]:
        """Return the keys of a table."""
        return set(self.table(name)[TABLES[name].key])

    def keys_of(self, table: str, name: str, adcode: str | None) -> list[str]:
        """Return the keys of the rows of a table that bear a name, those in `adcode` alone where there are any."""
        if table not in self._named_rows:
            rows, named = self.table(table), self._named_rows.setdefault(table, {})
            if "name" in rows and "adcode" in rows:
                for key, said, code in zip(rows[TABLES[table].key], rows["name"], rows["adcode"], strict=True):
                    named.setdefault(said, []).append((key, code))
        found = self._named_rows[table].get(name, [])
        return [key for key, code in found if code == adcode] or [key for key, _ in found]

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
    def english(self) -> dict[str, str]:
        """Adcode → English name of every place."""
        places = self.table("places")
        return dict(zip(places["adcode"], places["name_en"], strict=True))

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
            for said in {name, *_short(name)}:
                found.setdefault(said, []).append(code)
        return found

    def codes_of(self, said: str) -> list[str]:
        """Return the adcodes that a name may mean:
        ``新城区``, ``呼和浩特市新城区``, ``内蒙古自治区呼和浩特市新城区``, ``浙江杭州西湖区``.
        """
        if said not in self._meant:
            text = _BETWEEN_PLACES.sub("", said[:LONGEST_NAME])
            ends = [(text[:-size], code) for size in range(2, len(text)) for code in self.named.get(text[-size:], ())]
            self._meant[said] = (
                self.named.get(said)
                or self.named.get(text)
                or sorted({code for before, code in ends if self._leads(before, code)})
            )
        return self._meant[said]

    def _leads(self, before: str, code: str) -> bool:
        """Return whether `before` is made of names of what the place lies in, nearest last;
        any of them may be left out.
        """
        up = self.parents.get(code)
        while before and up is not None:
            ends = [name for name in (self.adcodes[up], *_short(self.adcodes[up])) if before.endswith(name)]
            before, up = before[: -len(max(ends, key=len))] if ends else before, self.parents.get(up)
        return not before

    def full_name(self, code: str) -> str:
        """Return the name of a place with those of what it lies in before it:
        ``呼和浩特市新城区``; of a province its own.
        """
        up = self.parents.get(code)
        return self.adcodes.get(up or "", "") + self.adcodes[code]

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
        lon, lat = np.asarray(lon, float), np.asarray(lat, float)
        found = np.full(len(lon), None, dtype=object)
        tree, codes, _ = self._counties
        for start in range(0, len(lon), PART):  # a point takes ten times what its numbers do
            here = slice(start, start + PART)
            at, county = tree.query(shapely.points(lon[here], lat[here]), predicate="intersects")
            found[here][at] = codes[county]
        return found

    @cached_property
    def _by_code(self) -> dict[str, object]:
        places = self.table("places")
        return dict(zip(places["adcode"], places.geometry, strict=True))

    def around(self, codes: list[str], point: shapely.Point) -> list[str]:
        """Return those of `codes` that a point (degrees, WGS-84) lies in."""
        (county,) = self.counties_of([point.x], [point.y])
        return [code for code in codes if self._within(county, code)]

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
        known: dict[tuple[str | None, object], bool] = {}  # whether a point of a county may say that it is in a place
        fits = [
            known[pair] if pair in known else known.setdefault(pair, self._may_say(*pair))
            for pair in zip(home.tolist(), adcodes.tolist(), strict=True)
        ]
        # hardly any point is elsewhere, so only those are held against the shape of their place
        elsewhere = np.flatnonzero(~np.array(fits, bool))
        if exact or not len(elsewhere):
            out[elsewhere] = True
            return out
        codes = adcodes[elsewhere]
        fine = np.array([code in _FINE_CITIES or self.parents.get(code) in _FINE_CITIES for code in codes])
        shapes = np.array([self._by_code[code] for code in codes], dtype=object)
        away = shapely.distance(shapes, shapely.points(lon[elsewhere], lat[elsewhere]))
        out[elsewhere] = ~(away <= np.where(fine, FINE, COARSE))
        return out

    def _may_say(self, county: str | None, code: object) -> bool:
        return not isinstance(code, str) or code not in self._by_code or self._within(county, code)

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
