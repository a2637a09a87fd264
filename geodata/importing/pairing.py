"""Rows of two tables that are the same, by what :mod:`geodata.importing.alike` makes of names and addresses.

From the surest to the least: the same name and address; a name that says the same without what every station is called;
the same name with an address that one of the two leaves out, or that says more. What remains alike is not sure.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

EARTH_M = 6_371_008.8
NEAR_M = 100.0  # within which two of one name may be one, whatever their counties
FAR_M = (
    1_000.0  # beyond which a name alone does not make two rows one; twice the widest shift between coordinate systems
)
CROWD = 60  # rows of one name, on both sides together, that are compared one by one
NEIGHBOURS = 4
_NONE = np.array([], dtype=np.intp)

Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]
Unsure = dict[int, tuple[str, NDArray[np.intp]]]


def paired(mine: pd.DataFrame, theirs: pd.DataFrame, ask: bool) -> tuple[Pairs, Unsure]:
    """Return which rows are the same, and which may be.

    Parameters
    ----------
    mine, theirs : DataFrame
        ``scope`` (county and whatever else must agree), ``light`` and ``bare`` name, ``where`` (address, may be empty),
        ``lon`` and ``lat`` (degrees, NaN where there is none).
    ask : bool
        Whether anything less than the same name and address counts: as the same row, or as a question.

    Returns
    -------
    pairs : two ndarrays of int
        Positions in `mine` and `theirs`; each position once.
    unsure : dict
        Position in `mine` → why (``name``, ``address``, ``near``), positions in `theirs`.
    """
    mine, theirs = mine.reset_index(drop=True), theirs.reset_index(drop=True)
    at = np.full(len(mine), -1, dtype=np.intp)
    stages = [(["scope", "light", "where"], False)]
    if ask:
        stages += [(["scope", "bare", "where"], False), (["scope", "light"], True), (["scope", "bare"], True)]
    for columns, loose in stages:
        left = np.flatnonzero(at < 0)
        free = np.setdiff1d(np.arange(len(theirs)), at[at >= 0])
        if len(left) and len(free):
            one, other = _stage(mine.iloc[left], theirs.iloc[free], columns, loose)
            at[left[one]] = free[other]
    sure = np.flatnonzero(at >= 0)
    unsure: Unsure = {}
    if ask:
        left, free = np.flatnonzero(at < 0), np.setdiff1d(np.arange(len(theirs)), at[sure])
        if len(left) and len(free):
            unsure = _unsure(mine.iloc[left], theirs.iloc[free], left, free)
    return (sure, at[sure]), unsure


def _stage(mine: pd.DataFrame, theirs: pd.DataFrame, columns: list[str], loose: bool) -> Pairs:
    one, other, counts = _joined(mine, theirs, columns)
    if not len(one):
        return _NONE, _NONE
    near = _may_be_one(mine, theirs, one, other, loose)
    one, other, counts = one[near], other[near], counts[near]
    alone = (np.bincount(one, minlength=len(mine))[one] == 1) & (np.bincount(other, minlength=len(theirs))[other] == 1)
    first, second = one[alone], other[alone]
    if loose or alone.all():
        return first, second
    # several rows of one name and address on both sides: each the nearest, then each in its turn
    rest = ~alone
    more = _assigned(one[rest], other[rest], _metres(mine, theirs, one[rest], other[rest]))
    return np.concatenate([first, more[0]]), np.concatenate([second, more[1]])


def _joined(
    mine: pd.DataFrame, theirs: pd.DataFrame, columns: list[str]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return positions of rows that agree in `columns`,
    and how many of them agree; crowds one by one, in their order.
    """
    both = pd.concat([mine[columns], theirs[columns]], ignore_index=True)
    group = both.groupby(columns, sort=False, dropna=False).ngroup().to_numpy()
    left = pd.DataFrame({"group": group[: len(mine)], "one": np.arange(len(mine))})
    right = pd.DataFrame({"group": group[len(mine) :], "other": np.arange(len(theirs))})
    size = np.bincount(left["group"], minlength=group.max() + 1) * np.bincount(
        right["group"], minlength=group.max() + 1
    )
    crowded = size > CROWD**2 / 4
    for rows in (left, right):
        rows["turn"] = np.where(crowded[rows["group"]], rows.groupby("group").cumcount() + 1, 0)
    found = left.merge(right, on=["group", "turn"])
    return found["one"].to_numpy(np.intp), found["other"].to_numpy(np.intp), size[found["group"]]


def _may_be_one(
    mine: pd.DataFrame, theirs: pd.DataFrame, one: NDArray[np.intp], other: NDArray[np.intp], loose: bool
) -> NDArray[np.bool_]:
    """Return which pairs of one name may be the same row: not far apart with nothing but the name to go by."""
    here, there = (rows["where"].to_numpy(dtype=object)[at] for rows, at in ((mine, one), (theirs, other)))
    told = (here != "") & (there != "")
    metres = _metres(mine, theirs, one, other)
    with np.errstate(invalid="ignore"):
        near = told | ~(metres > FAR_M)
    if loose:
        near &= np.array([a.startswith(b) or b.startswith(a) for a, b in zip(here, there, strict=True)], bool)
    return near


def _metres(
    mine: pd.DataFrame, theirs: pd.DataFrame, one: NDArray[np.intp], other: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the distance of pairs in metres, flat earth; NaN where either has no point."""
    a, b = mine[["lon", "lat"]].to_numpy(float)[one], theirs[["lon", "lat"]].to_numpy(float)[other]
    mean = np.radians((a[:, 1] + b[:, 1]) / 2)
    return EARTH_M * np.hypot(np.radians(a[:, 0] - b[:, 0]) * np.cos(mean), np.radians(a[:, 1] - b[:, 1]))


def _assigned(one: NDArray[np.intp], other: NDArray[np.intp], metres: NDArray[np.float64]) -> Pairs:
    """Return each row once, the nearest pairs first and those without a point in their order."""
    taken: tuple[set[int], set[int]] = (set(), set())
    first, second = [], []
    for at in np.lexsort((other, one, np.nan_to_num(metres, nan=np.inf))).tolist():
        left, right = int(one[at]), int(other[at])
        if left not in taken[0] and right not in taken[1]:
            taken[0].add(left)
            taken[1].add(right)
            first.append(left)
            second.append(right)
    return np.array(first, dtype=np.intp), np.array(second, dtype=np.intp)


def _unsure(mine: pd.DataFrame, theirs: pd.DataFrame, left: NDArray[np.intp], free: NDArray[np.intp]) -> Unsure:
    found: dict[int, tuple[str, list[int]]] = {}

    def add(why: str, one: NDArray[np.intp], other: NDArray[np.intp]) -> None:
        metres = _metres(mine, theirs, one, other)
        for at in np.lexsort((other, np.nan_to_num(metres, nan=np.inf), one)).tolist():
            reason, held = found.setdefault(int(left[one[at]]), (why, []))
            if reason == why and len(held) < NEIGHBOURS:
                held.append(int(free[other[at]]))

    one, other, _ = _joined(mine, theirs, ["scope", "bare"])
    add("name", one, other)
    one, other, _ = _joined(mine, theirs, ["scope", "where"])
    exact = np.array([_tells(text) for text in mine["where"]], bool)[one] if len(one) else _NONE.astype(bool)
    add("address", one[exact], other[exact])
    one, other = _near(mine, theirs)
    add("near", one, other)
    return {at: (why, np.array(held, dtype=np.intp)) for at, (why, held) in found.items()}


def _tells(address: str) -> bool:
    """Return whether an address is one house's and not a whole street's."""
    return any(sign.isdigit() or sign in "号楼室栋幢座" for sign in address)


def _near(mine: pd.DataFrame, theirs: pd.DataFrame) -> Pairs:
    """Return pairs of one name within :data:`NEAR_M`."""
    held = [np.flatnonzero(rows["lon"].notna().to_numpy()) for rows in (mine, theirs)]
    if not len(held[0]) or not len(held[1]):
        return _NONE, _NONE
    from scipy.spatial import cKDTree  # ty: ignore[missing-module-member] - it is there, from C

    here, there = (
        _on_sphere(rows[["lon", "lat"]].to_numpy(float)[at]) for rows, at in zip((mine, theirs), held, strict=True)
    )
    many = min(NEIGHBOURS, len(there))
    metres, index = (
        found.reshape(len(here), -1) for found in cKDTree(there).query(here, k=many, distance_upper_bound=NEAR_M)
    )
    at, place = np.nonzero(np.isfinite(metres))
    one, other = held[0][at], held[1][index[at, place]]
    same = mine["bare"].to_numpy(dtype=object)[one] == theirs["bare"].to_numpy(dtype=object)[other]
    return one[same], other[same]


def _on_sphere(degrees: NDArray[Any]) -> NDArray[np.float64]:
    lon, lat = np.radians(degrees).T
    return EARTH_M * np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
