"""Without any network: by rows of the same address or name that the atlas has already, by what an extract of
OpenStreetMap knows, and by street zones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geodata.geocoding.base import ADDRESS, ZONE, Answer, Query, tidy
from geodata.own_fields import values_of
from geodata.schema import OWN

if TYPE_CHECKING:
    from geodata.osm.addresses import ExtractAddresses

ILLUSTRATIVE = "illustrative"
#: How sure a point of the same address, of the same name, and of the middle of a street's zone is; 0 to 1.
SAME_ADDRESS, SAME_NAME, IN_ZONE = 0.9, 0.6, 0.2
APART_DEGREES = 0.001  # about 100 m: rows of one address that are further apart leave it open which is meant
ADDRESS_LABELS = ("地址", "详细地址", "所在地址", "Address")
_WHOLE = "街道"  # after 湖滨 in an address; what else follows makes another name of it (湖滨路, 湖滨巷)
_GOES_ON = "路街道大巷里东南西北中"

Found = tuple[float, float, float, str]  # lon, lat, confidence, what was matched
Index = dict[tuple[str, str], list[Found]]


class Offline:
    """What the atlas knows, asked like a service. Makes its indices when first asked.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Point tables to look for the same address and name in; illustrative rows are passed over.
    zones : DataFrame
        Street zones.
    places : DataFrame
        For the names before an address.
    extract : ExtractAddresses, optional
        House numbers, premises, roads and quarters of an extract.
    """

    name, datum = "offline", "wgs84"

    def __init__(
        self,
        tables: Mapping[str, pd.DataFrame],
        zones: pd.DataFrame,
        places: pd.DataFrame,
        extract: ExtractAddresses | None = None,
    ) -> None:
        self._tables, self._zones, self._places, self._extract = tables, zones, places, extract
        self._made: tuple[Index, Index, dict[str, list[tuple[str, Answer]]]] | None = None

    def locate(self, queries: Sequence[Query]) -> Iterator[Answer]:
        """Yield one answer a query, in order: the same address,
        else the same name, else what the extract knows, else the zone that the address names.
        """
        if self._made is None:
            self._made = self._made_up()
        addresses, titles, zones = self._made
        for query in queries:
            address = bare(query.address, query.city, query.county)
            found = addresses.get((query.adcode, address)) if address else None
            found = found or (titles.get((query.adcode, tidy(query.name))) if query.name else None)
            if found:
                yield _of_rows(found, self.name)
                continue
            known = self._extract.find(query, address, self.name) if self._extract else None
            yield known or _of_zones(address, zones.get(query.adcode, ()), self.name)

    def _made_up(self) -> tuple[Index, Index, dict[str, list[tuple[str, Answer]]]]:
        addresses: Index = {}
        titles: Index = {}
        names = names_above(self._places)
        for frame in self._tables.values():
            rows = frame[_real(frame)]
            lon, lat = shapely.get_x(rows.geometry.to_numpy()), shapely.get_y(rows.geometry.to_numpy())
            called = rows["name"].fillna("").tolist() if "name" in rows else [""] * len(rows)
            for code, address, title, x, y in zip(
                rows["adcode"].tolist(), addresses_of(rows), called, lon.tolist(), lat.tolist(), strict=True
            ):
                county, city = names.get(code, ("", ""))
                if key := bare(address, city, county):
                    addresses.setdefault((code, key), []).append((x, y, SAME_ADDRESS, address))
                if key := tidy(title):
                    titles.setdefault((code, key), []).append((x, y, SAME_NAME, title))
        return addresses, titles, self._by_county()

    def _by_county(self) -> dict[str, list[tuple[str, Answer]]]:
        found: dict[str, list[tuple[str, Answer]]] = {}
        if not len(self._zones):
            return found
        points = shapely.point_on_surface(self._zones.geometry.to_numpy())
        for code, name, drawn, point in zip(
            self._zones["adcode"], self._zones["name"], self._zones["geometry_provenance"], points, strict=True
        ):
            answer = Answer(
                round(point.x, 6),
                round(point.y, 6),
                self.name,
                ZONE,
                "",
                IN_ZONE,
                name,
                illustrative=drawn == ILLUSTRATIVE,
            )
            found.setdefault(code, []).append((tidy(name), answer))
        return found


def _real(frame: pd.DataFrame) -> np.ndarray:
    """Return which rows have a point that somebody reported, or that follows from what was reported."""
    held = frame.geometry.notna().to_numpy() & (frame["provenance"] != ILLUSTRATIVE).to_numpy(bool)
    if "geometry_provenance" in frame:
        held &= (frame["geometry_provenance"] != ILLUSTRATIVE).to_numpy(bool)
    return held


def _of_rows(found: list[Found], provider: str) -> Answer:
    lon, lat, confidence, matched = found[0]
    apart = sum(abs(x - lon) > APART_DEGREES or abs(y - lat) > APART_DEGREES for x, y, *_ in found[1:])
    return Answer(lon, lat, provider, ADDRESS, "", confidence, matched, apart)


def _of_zones(address: str, zones: Sequence[tuple[str, Answer]], provider: str) -> Answer:
    named = [answer for name, answer in zones if _names(address, name)]
    if not named:
        return Answer(None, None, provider)
    return replace(named[0], others=len(named) - 1)


def _names(address: str, zone: str) -> bool:
    """Return whether an address names a zone: wholly, or at its beginning without 街道."""
    if zone and zone in address:
        return True
    short = zone.removesuffix(_WHOLE)
    after = address[len(short) : len(short) + 1]
    return len(short) > 1 and address.startswith(short) and after != "" and after not in _GOES_ON


def bare(address: str, city: str = "", county: str = "") -> str:
    """Return an address as it is compared: :func:`geodata.geocoding.base.tidy`, without what it lies in before it."""
    rest = tidy(address)
    for part in (city, county):
        rest = rest.removeprefix(part) if part else rest
    return rest


def names_above(places: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return adcode → name of the place and of what it lies in (empty at the top)."""
    names = dict(zip(places["adcode"], places["name"], strict=True))
    return {
        code: (names[code], names.get(up, "") if isinstance(up, str) else "")
        for code, up in zip(places["adcode"], places["parent"], strict=True)
    }


def addresses_of(rows: pd.DataFrame) -> list[str]:
    """Return the address of each row: of its column, else of an own field that is one; empty where there is none."""
    said = rows["address"].fillna("").tolist() if "address" in rows else [""] * len(rows)
    if OWN not in rows:
        return said
    return [
        one or (_own_address(own) if isinstance(own, str) and own else "")
        for one, own in zip(said, rows[OWN].tolist(), strict=True)
    ]


def _own_address(own: str) -> str:
    values = values_of(own)
    return next((str(values[label]) for label in ADDRESS_LABELS if label in values), "")
