"""Rows without a point, and the points that somebody gives them.

A row keeps its own provenance; its point has one of its own (``geometry_provenance``): ``derived`` when it was set on a
map or found by an address, ``illustrative`` when it stands on something made up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError
from geodata.geocoding.base import Answer, Query
from geodata.geocoding.offline import addresses_of, names_above
from geodata.importing.ground import Ground
from geodata.importing.positions import CHINA
from geodata.schema import TABLES

DERIVED, ILLUSTRATIVE = "derived", "illustrative"
#: Point tables whose rows say where their point is from, in the order in which a union wants them placed.
PLACED = ("stations", "enterprises", "candidates", "fairs")
DECIMALS = 6  # about 0.1 m
MOST = 500  # points that one batch sets: so many a person can have looked at
#: What may be doubted about a point.
OUTSIDE, IN_SEA = "outside", "sea"


@dataclass(frozen=True, slots=True)
class Spot:
    """A point that is to be given to a row: degrees, WGS-84; ``illustrative``: it stands on something made up."""

    lon: float
    lat: float
    illustrative: bool = False


def unplaced(frame: pd.DataFrame) -> NDArray[np.intp]:
    """Return the positions of the rows without a point:
    those in use before those planned or closed, else as they stand.
    """
    shapes = frame.geometry.to_numpy()
    rows = np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if "status" not in frame or not len(rows):
        return rows
    later = (frame["status"].iloc[rows] != "open").to_numpy(bool)
    return rows[np.argsort(later, kind="stable")]


def queries(frame: pd.DataFrame, places: pd.DataFrame) -> list[Query]:
    """Return what may be asked of each row."""
    above = names_above(places)
    names = frame["name"].fillna("").tolist() if "name" in frame else [""] * len(frame)
    return [
        Query(address, code if isinstance(code, str) else "", *above.get(code, ("", "")), name)
        for address, code, name in zip(addresses_of(frame), frame["adcode"].tolist(), names, strict=True)
    ]


def doubts(ground: Ground, adcodes: list[str | None], lon: Sequence[Any], lat: Sequence[Any]) -> list[str | None]:
    """Return what is doubtful about each point: :data:`OUTSIDE` its county, :data:`IN_SEA`, or None."""
    if not lon:
        return []
    out = ground.outside(np.array(adcodes, dtype=object), lon, lat)
    # outside() takes what lies in no county at all for unknown; of a point somebody sets that is a doubt
    out |= np.array([code is None for code in ground.counties_of(lon, lat)], bool)
    wet = ground.in_sea(lon, lat)
    return [OUTSIDE if away else IN_SEA if sea else None for away, sea in zip(out, wet, strict=True)]


def choosable(answer: Answer, doubt: str | None) -> bool:
    """Return whether an answer may be taken together with others: found, the only one, and where it should be."""
    return answer.found and doubt is None and not answer.others and not answer.illustrative


def placed(table: str, frame: pd.DataFrame, spots: Mapping[str, Spot]) -> pd.DataFrame:
    """Return the rows of `spots` with their points, in the types of the schema, ready for ``apply``.

    Parameters
    ----------
    table : str
        One of :data:`PLACED`.
    frame : DataFrame
        The table as the atlas has it now.
    spots : mapping of str to Spot
        By key of the table.

    Raises
    ------
    AtlasError
        A key is gone or has a point already (somebody was faster), there are too many, or a point is nowhere near
        China.
    """
    schema = TABLES[table]
    if table not in PLACED:
        raise AtlasError(N_("图册里没有表 {got}：请用 {expected} 之一。"), got=table, expected=", ".join(PLACED))
    if len(spots) > MOST:
        raise AtlasError(
            N_("一次最多保存 {limit} 个位置，这里有 {count} 个：请分几次保存。"), limit=MOST, count=len(spots)
        )
    at = pd.Index(frame[schema.key]).get_indexer(list(spots))
    gone = [key for key, row in zip(spots, at, strict=True) if row < 0]
    if gone:
        raise AtlasError(
            N_("表 {table} 里没有 {keys}：可能已被别人删除，请刷新后再试。"), table=schema.zh, keys="、".join(gone[:5])
        )
    rows = frame.iloc[at]
    there = [key for key, shape in zip(spots, rows.geometry, strict=True) if shape is not None and not shape.is_empty]
    if there:
        raise AtlasError(
            N_("{keys} 已经有位置了：可能别人刚刚保存过，请刷新后再试；要改位置请在“数据行”里修改。"),
            keys="、".join(there[:5]),
        )
    lon = np.array([one.lon for one in spots.values()], float).round(DECIMALS)
    lat = np.array([one.lat for one in spots.values()], float).round(DECIMALS)
    west, south, east, north = CHINA
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)  # a NaN is not inside either
    if not inside.all():
        bad = int(np.flatnonzero(~inside)[0])
        raise AtlasError(
            N_("{key} 的位置（{lon}, {lat}）不在中国范围内：请在地图上重新选。"),
            key=list(spots)[bad],
            lon=lon[bad],
            lat=lat[bad],
        )
    told = [ILLUSTRATIVE if one.illustrative else DERIVED for one in spots.values()]
    rows = rows.assign(geometry_provenance=told).set_geometry(shapely.points(lon, lat), crs=frame.crs)
    return schema.validate(rows)
