"""Rows that look like one thing twice: near each other, of the same name but for a number or a few letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.errors import N_
from geodata.importing import limits
from geodata.importing.misplaced import EARTH_M
from geodata.importing.report import MAX_ROWS_NAMED, Problem, shown
from geodata.importing.rows import Rows
from geodata.in_parts import InParts, Table, parts

NEAR_M, SIMILAR, NEIGHBOURS = 20.0, 0.7, 4
PAIR_BLOCK = 5_000  # points asked for their neighbours at once
MAX_COMPARED = 20_000  # pairs of names
COMPARED_LETTERS = 60
_NUMBERS = re.compile(r"\d+|[一二三四五六七八九十]+(?=[号站期])")


def duplicates(
    rows: Rows,
    frame: Table,
    held: NDArray[np.intp],
    positions: NDArray[np.intp],
    xy: NDArray[np.float64],
) -> None:
    """Warn of rows near a row of the file or of the atlas whose names are all but the same.

    Parameters
    ----------
    held, positions : ndarray of int
        Position of each point in `frame`, and in `rows`.
    xy : ndarray, shape (len(held), 2)
        The points, degrees (WGS 84).
    """
    if not any(column.name == "name" for column in rows.schema.columns) or rows.schema.name in (
        "activities",
        "fairs",
        "enterprises",
    ):
        return  # several may well take place at, or be registered at, one spot
    there = rows.ground.table(rows.schema.name)
    there = there[there.geometry.notna() & (there["provenance"] != "illustrative")]
    for _, part in parts(frame, (rows.schema.key,)) if len(there) else ():
        there = there[~there[rows.schema.key].isin(part[rows.schema.key])]

    theirs = there["name"].to_numpy(dtype=object)
    mine: Any = None if isinstance(frame, InParts) else frame["name"].to_numpy(dtype=object)

    def name_of(at: int) -> str:
        if at >= len(xy):
            return str(theirs[at - len(xy)])
        return str(frame.cell("name", held[at]) if isinstance(frame, InParts) else mine[held[at]])

    every = np.vstack([xy, shapely.get_coordinates(there.geometry.to_numpy())]) if len(there) else xy
    told = 0
    for compared, (one, other, metres) in enumerate(_close_pairs(every, len(xy))):
        if compared >= MAX_COMPARED:
            rows.report.warn(
                Problem(
                    N_("相距 20 米以内的行太多，只比较了前 {count} 对：请先核对坐标。"),
                    {"count": MAX_COMPARED},
                    code="similar",
                )
            )
            return
        name, another = name_of(one), name_of(other)
        if similar(name, another):
            told += 1
            if told <= MAX_ROWS_NAMED:
                inside = other < len(xy)
                which = rows.numbers[positions[other]] if inside else there[rows.schema.key].iloc[other - len(xy)]
                apart = inside and rows.apart(positions[one], positions[other])
                rows.report.warn(
                    Problem(
                        N_(
                            "“{name}”与工作表“{over}”第 {which} 行的“{other}”相距 {metres} 米、名称相近，"
                            "可能重复：请核对。"
                        )
                        if apart
                        else N_("“{name}”与第 {which} 行的“{other}”相距 {metres} 米、名称相近，可能重复：请核对。")
                        if inside
                        else N_("“{name}”与图册里的“{other}”（{which}）相距 {metres} 米、名称相近，可能重复：请核对。"),
                        {
                            "name": shown(name),
                            "other": shown(another),
                            "which": which,
                            "over": rows.sheets[positions[other]] if inside else "",
                            "metres": round(metres, 1),
                        },
                        **rows.where(positions[one], "name"),
                        value=shown(name),
                        code="similar",
                    )
                )


def _close_pairs(xy: NDArray[np.float64], count: int) -> Iterator[tuple[int, int, float]]:
    """Yield pairs of rows within :data:`NEAR_M` and their distance in metres, each pair once;
    the first is below `count`.

    Rows at one spot count as one point, or a file with the same point in every row would be compared with itself
    square by square; of each spot :data:`NEIGHBOURS` rows are compared.
    """
    from scipy.spatial import cKDTree  # ty: ignore[missing-module-member] - it is there, from C

    order = np.lexsort(xy.T[::-1])  # by x, then y; rows at one spot in the order of the file
    first = np.ones(len(xy), bool)
    first[1:] = (xy[order[1:]] != xy[order[:-1]]).any(axis=1)
    starts = np.append(np.flatnonzero(first), len(xy))
    of = np.empty(len(xy), np.intp)
    of[order] = np.cumsum(first) - 1
    spots = order[starts[:-1]]
    unit = np.empty((len(spots), 3))
    for at in range(0, len(spots), limits.TREE_BLOCK):
        lon, lat = np.radians(xy[spots[at : at + limits.TREE_BLOCK]]).T
        unit[at : at + limits.TREE_BLOCK] = EARTH_M * np.column_stack(
            [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
        )
    tree, many = cKDTree(unit), min(NEIGHBOURS, len(unit))
    crowded = np.diff(starts) > 1
    for at in range(0, len(unit), limits.TREE_BLOCK):
        near, _ = tree.query(unit[at : at + limits.TREE_BLOCK], k=many, distance_upper_bound=NEAR_M)
        crowded[at : at + limits.TREE_BLOCK] |= np.isfinite(near.reshape(-1, many)[:, 1:]).any(axis=1)
    rows = np.flatnonzero(crowded[of[:count]])
    for at in range(0, len(rows), PAIR_BLOCK):
        some = rows[at : at + PAIR_BLOCK]
        near, index = tree.query(unit[of[some]], k=many, distance_upper_bound=NEAR_M)
        for one, metres, around in zip(some, near.reshape(-1, many), index.reshape(-1, many), strict=True):
            for distance, spot in zip(metres, around, strict=True):
                if np.isfinite(distance):
                    held = order[starts[spot] : starts[spot + 1]]
                    for other in held[np.searchsorted(held, one, "right") :][:NEIGHBOURS]:
                        yield int(one), int(other), float(distance)


def similar(one: str, other: str) -> bool:
    """Return whether two names may mean the same thing: alike in letters, and with the same numbers."""
    one, other = one[:COMPARED_LETTERS], other[:COMPARED_LETTERS]
    if _NUMBERS.findall(one) != _NUMBERS.findall(other):
        return False
    one, other = (re.sub(r"[\s()（）·\-]|工会|驿站|服务站点?|户外劳动者", "", name) for name in (one, other))
    return one == other or (
        bool(one)
        and bool(other)
        and (one in other or other in one or SequenceMatcher(None, one, other).ratio() >= SIMILAR)
    )
