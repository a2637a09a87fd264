"""How good is what the atlas holds: rules that each say which rows they ask and which of those fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata import datum
from geodata.errors import N_
from geodata.importing.duplicates import NEAR_M, similar
from geodata.importing.ground import Ground
from geodata.importing.misplaced import EARTH_M

Mask = NDArray[np.bool_]
STALE_DAYS = 180
ROUND_DEGREES, ROUND_TOLERANCE = 1e-3, 1e-7
STATIONS = ("stations",)
POINTS = ("stations", "enterprises", "fairs", "activities", "candidates", "demand")
NAMED_SPOTS = ("stations", "candidates")  # several activities may take place at one spot


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rule may look at: the rows of one table, the ground, the day the data speaks of."""

    table: str
    rows: pd.DataFrame
    ground: Ground
    day: date
    days: int = STALE_DAYS


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes
    ----------
    title, text : str
        Message templates (Chinese, in the catalogue): its name, and what exactly it asks; ``{days}``,
        ``{metres}`` and ``{date}`` are filled in.
    of : str
        What the share is of.
    tables : tuple of str
    find : callable
        Gives the rows that are asked and the rows that fail, both masks over the rows of the table.
    """

    title: str
    text: str
    of: str
    tables: tuple[str, ...]
    find: Callable[[Asked], tuple[Mask, Mask]]


def _open(asked: Asked) -> Mask:
    return (asked.rows["status"] == "open").to_numpy(bool)


def _without_hours(asked: Asked) -> tuple[Mask, Mask]:
    every = _open(asked)
    return every, every & (asked.rows["opening_hours"].fillna("").str.strip() == "").to_numpy(bool)


def _without_smart(asked: Asked) -> tuple[Mask, Mask]:
    every = _open(asked)
    return every, every & asked.rows["smart"].isna().to_numpy(bool)


def _without_point(asked: Asked) -> tuple[Mask, Mask]:
    every = _open(asked)
    return every, every & ~_placed(asked.rows)


def _uninspected(asked: Asked) -> tuple[Mask, Mask]:
    every = _open(asked)
    return every, every & asked.rows["last_inspected"].isna().to_numpy(bool)


def _stale(asked: Asked) -> tuple[Mask, Mask]:
    every = _open(asked) & asked.rows["last_inspected"].notna().to_numpy(bool)
    age = (pd.Timestamp(asked.day) - pd.to_datetime(asked.rows["last_inspected"])).dt.days
    return every, every & (age > asked.days).fillna(False).to_numpy(bool)


def _placed(rows: pd.DataFrame) -> Mask:
    shapes = rows.geometry.to_numpy()
    return ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))


def _outside(asked: Asked) -> tuple[Mask, Mask]:
    every = _placed(asked.rows)
    bad = np.zeros(len(every), bool)
    if every.any():
        xy = shapely.get_coordinates(asked.rows.geometry.to_numpy()[every])
        bad[every] = asked.ground.outside(asked.rows["adcode"].astype(object).to_numpy()[every], *xy.T)
    return every, bad


def _alike(asked: Asked) -> tuple[Mask, Mask]:
    every = _placed(asked.rows)
    bad = np.zeros(len(every), bool)
    for one, other in pairs(asked.rows):
        bad[[one, other]] = True
    return every, bad


def pairs(rows: pd.DataFrame) -> list[tuple[int, int]]:
    """Return the positions of rows that may be the same thing: at most 20 m apart and alike in name.

    The rule of the importer (:mod:`geodata.importing.duplicates`), over all rows of a table.
    """
    held = np.flatnonzero(_placed(rows))
    if len(held) < 2:
        return []
    from scipy.spatial import cKDTree  # ty: ignore[missing-module-member] - it is there, from C

    lon, lat = np.radians(shapely.get_coordinates(rows.geometry.to_numpy()[held])).T
    tree = cKDTree(EARTH_M * np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]))
    names = rows["name"].astype(str).to_numpy()
    near = held[tree.query_pairs(NEAR_M, output_type="ndarray")]
    return [(int(one), int(other)) for one, other in near if similar(names[one], names[other])]


def _round(asked: Asked) -> tuple[Mask, Mask]:
    every = _placed(asked.rows)
    if "geometry_provenance" in asked.rows:
        shown_by = asked.rows["geometry_provenance"].fillna(asked.rows["provenance"])
        every &= (shown_by == "reported").to_numpy(bool)  # a place's label point is nobody's measurement
    bad = np.zeros(len(every), bool)
    if every.any():
        lon, lat = shapely.get_coordinates(asked.rows.geometry.to_numpy()[every]).T
        # the atlas keeps WGS-84: a point copied from another map is as round in that map's own datum
        for name in ("wgs84", "gcj02", "bd09"):
            x, y = (lon, lat) if name == "wgs84" else datum.from_wgs84(lon, lat, name)
            bad[every] |= _few_decimals(x) & _few_decimals(y)
    return every, bad


def _few_decimals(degrees: NDArray[np.float64]) -> Mask:
    steps = np.asarray(degrees) / ROUND_DEGREES
    return np.abs(steps - np.round(steps)) * ROUND_DEGREES < ROUND_TOLERANCE


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "hours": Rule(
            N_("开放时间不详"),
            N_("开放中的驿站没有写开放时间，或写的没有读懂（原文照存）：分时段的覆盖率算不到它。"),
            N_("开放中的驿站"),
            STATIONS,
            _without_hours,
        ),
        "point": Rule(
            N_("没有坐标"),
            N_("开放中的驿站没有坐标，地图和覆盖率里都没有它。"),
            N_("开放中的驿站"),
            STATIONS,
            _without_point,
        ),
        "smart": Rule(
            N_("不知道是否智能化"), N_("开放中的驿站没有写是不是智能化。"), N_("开放中的驿站"), STATIONS, _without_smart
        ),
        "outside": Rule(
            N_("坐标不在所属区划"),
            N_("坐标落在所写行政区划之外，且离边界超过边界线本身的误差（详细边界约 120 米，其余约 2 公里）。"),
            N_("有坐标的行"),
            POINTS,
            _outside,
        ),
        "alike": Rule(
            N_("可能重复"),
            N_("两行相距不超过 {metres} 米，名称相近（规则与导入核对相同）。"),
            N_("有坐标的行"),
            NAMED_SPOTS,
            _alike,
        ),
        "stale": Rule(
            N_("巡检过期"),
            N_("最近一次巡检距数据日期 {date} 超过 {days} 天。"),
            N_("有巡检日期的开放驿站"),
            STATIONS,
            _stale,
        ),
        "uninspected": Rule(
            N_("没有巡检日期"), N_("开放中的驿站没有写最近巡检日期。"), N_("开放中的驿站"), STATIONS, _uninspected
        ),
        "round": Rule(
            N_("坐标过于粗略"),
            N_(
                "经度和纬度都不超过 3 位小数（约 100 米），"
                "按 WGS-84、GCJ-02 或 BD-09 任一坐标系看；由地名推得的点不计。"
            ),
            N_("有坐标的行"),
            POINTS,
            _round,
        ),
    }
)


def found(rule: str, asked: Asked) -> tuple[Mask, Mask]:
    """Return which rows `rule` asks and which of them fail, as masks over ``asked.rows``.

    Raises
    ------
    KeyError
        When there is no such rule, or it does not speak of that table.
    """
    if asked.table not in RULES[rule].tables:
        raise KeyError(asked.table)
    return RULES[rule].find(asked)
