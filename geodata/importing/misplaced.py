"""Points outside their place, in the sea, or read in another coordinate system than they were taken in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata import datum
from geodata.errors import N_
from geodata.importing import limits
from geodata.importing.ground import Ground
from geodata.importing.rows import Rows
from geodata.in_parts import Table, parts
from geodata.schema import TableSchema

DATUM_SAMPLE = 50_000  # rows by which another datum is tried: on all rows of a long table that is a fifth of its check
EARTH_M = 6_371_008.8
KNOWN_FAR_M, KNOWN_NEAR_M = 100.0, 40.0
LIKELY = {
    "wgs84": N_(
        "坐标看来是 GPS 的（wgs84），不是 {stated}：按它读取，"
        "{count} 行会回到所属县区、岸上或已知位置（如第 {row} 行 {before} → {after}）。请核对坐标系。"
    ),
    "gcj02": N_(
        "坐标看来是高德、腾讯的（gcj02），不是 {stated}：按它读取，"
        "{count} 行会回到所属县区、岸上或已知位置（如第 {row} 行 {before} → {after}）。请核对坐标系。"
    ),
    "bd09": N_(
        "坐标看来是百度的（bd09），不是 {stated}：按它读取，"
        "{count} 行会回到所属县区、岸上或已知位置（如第 {row} 行 {before} → {after}）。请核对坐标系。"
    ),
}
ALTERNATIVES = tuple(LIKELY)


def out_of_place(
    rows: Rows,
    positions: NDArray[np.intp],
    adcodes: NDArray[np.object_],
    xy: NDArray[np.float64],
) -> None:
    """Warn of rows that lie outside the place they name, and of rows in the sea.

    Parameters
    ----------
    positions : ndarray of int
        Position in `rows` of each point.
    adcodes, xy : ndarray
        The places they name, and the points, degrees (WGS 84).
    """
    outside = np.flatnonzero(rows.ground.outside(adcodes, *xy.T))
    if len(outside):
        rows.warn(
            positions[outside],
            N_("{count} 行的坐标不在所写的行政区划（如 {name}）之内：请核对坐标、坐标系和代码。"),
            "outside",
            "adcode",
            example=lambda at: {"name": rows.ground.adcodes.get(adcodes[outside[at]], adcodes[outside[at]])},
        )
    wet = np.flatnonzero(rows.ground.in_sea(*xy.T))
    if len(wet):
        rows.warn(positions[wet], N_("{count} 行的坐标落在海里：请核对坐标和坐标系。"), "sea")


def likely_datum(
    rows: Rows,
    known: NDArray[np.float64],
    positions: NDArray[np.intp],
    given: NDArray[np.float64],
    adcodes: NDArray[np.object_],
    xy: NDArray[np.float64],
    crs: str,
) -> None:
    """Warn when another datum would put the points right: in their county, ashore, on rows of the same name."""
    stated = "wgs84" if crs == "cgcs2000" else crs
    some = np.unique(np.linspace(0, len(positions) - 1, min(len(positions), DATUM_SAMPLE)).astype(np.intp))
    if stated not in ALTERNATIVES or not np.isfinite(given[:, 0])[positions].all():
        return

    def read_as(name: str, at: NDArray[np.intp] = some) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        misplaced, away = np.empty(len(at), bool), np.empty(len(at))
        for start in range(0, len(at), limits.TREE_BLOCK):  # what comes in between takes twenty times what is found
            here = slice(start, start + limits.TREE_BLOCK)
            lon, lat = datum.to_wgs84(*given[positions[at[here]]].T, name)
            misplaced[here] = rows.ground.outside(adcodes[at[here]], lon, lat, exact=True) | rows.ground.in_sea(
                lon, lat
            )
            away[here] = _distance(np.column_stack([lon, lat]), known[at[here]])
        return misplaced, away

    bad, away = read_as(stated)
    far = float(np.nanmedian(away)) if np.isfinite(away).any() else 0.0
    if far <= KNOWN_FAR_M and bad.sum() < max(2, 0.01 * len(bad)):
        return  # as they are read they lie well: no other datum can be likelier
    found = {name: (bad, away) if name == stated else read_as(name) for name in ALTERNATIVES}
    best = min(
        (name for name in ALTERNATIVES if name != stated),
        key=lambda name: (np.nan_to_num(np.nanmedian(found[name][1])) if far else 0.0, int(found[name][0].sum())),
    )
    nearer = float(np.nanmedian(found[best][1])) if far else 0.0
    by_name = far > KNOWN_FAR_M and nearer < KNOWN_NEAR_M
    if not by_name and (bad.sum() < max(2, 0.01 * len(bad)) or found[best][0].sum() > 0.25 * bad.sum()):
        return
    every = np.arange(len(positions))
    (bad, away), (better, after) = (
        (found[one] if len(some) == len(every) else read_as(one, every)) for one in (stated, best)
    )
    moved = np.flatnonzero((away > KNOWN_FAR_M) & (after < KNOWN_NEAR_M) if by_name else bad & ~better)
    now = xy[moved]
    mended = np.column_stack(datum.to_wgs84(*given[positions[moved]].T, best))
    rows.warn(
        positions[moved],
        LIKELY[best],
        "datum",
        "lon",
        np.hstack([now, mended]),
        likely=best,
        stated=crs,
        example=lambda at: {
            "row": rows.numbers[positions[moved[at]]],
            "before": "{:.6f},{:.6f}".format(*now[at]),
            "after": "{:.6f},{:.6f}".format(*mended[at]),
        },
    )


def known_positions(frame: Table, schema: TableSchema, ground: Ground) -> NDArray[np.float64]:
    """Return where the atlas has a row of the same key, or of the same name in the same place.

    NaN where it has none.
    """
    there = ground.table(schema.name)
    there = there[there.geometry.notna()]
    xy = shapely.get_coordinates(there.geometry.to_numpy()) if len(there) else np.empty((0, 2))
    keys, once = pd.Index(there[schema.key]), {}
    if "name" in there:
        names = there["adcode"].astype(str) + "|" + there["name"].astype(str)
        single = ~names.duplicated(keep=False)
        once = dict(zip(names[single], np.flatnonzero(single), strict=True))
    known = np.full((len(frame), 2), np.nan)
    for start, part in parts(frame, (schema.key, "adcode", "name")):
        at = keys.get_indexer(part[schema.key])
        if once:
            said = zip(part["adcode"].tolist(), part["name"].tolist(), strict=True)
            named = np.fromiter((once.get(f"{code}|{name}", -1) for code, name in said), np.intp, len(part))
            at = np.where(at >= 0, at, named)
        known[start + np.flatnonzero(at >= 0)] = xy[at[at >= 0]]
    return known


def _distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance in metres, flat earth: for shifts of a few hundred metres."""
    mean = np.radians((a[:, 1] + b[:, 1]) / 2)
    return EARTH_M * np.hypot(np.radians(a[:, 0] - b[:, 0]) * np.cos(mean), np.radians(a[:, 1] - b[:, 1]))
