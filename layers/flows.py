"""Hires across cities: who came from where to work where, and the arc that shows it on a map."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import periods, places, selection
from layers.atlas import Atlas
from layers.filters import Filters

COLUMNS = ("provenance", "from_adcode", "to_adcode", "persons", "source_id")
STEPS = 32  # even: a dashed arc draws every other one
BOW = 0.16  # height of an arc over its chord, as a share of the chord
TIP = 0.86  # how far along the arc the mark of its direction stands: clear of the fairs at the city itself


def select(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return the hires that begin or end in the place looked at and in the lasso, of the dates and provenances asked.

    A hire known by its period only counts when its whole period lies in the dates. Ends are cities: below a
    city there are none.
    """
    rows = atlas.flows
    mask = atlas.of_provenance("flows", filters.provenance) & periods.within(periods.spans(atlas, "flows"), filters)
    return rows[mask & touching(atlas, places.scope(atlas, filters)) & _in_area(atlas, filters)]


def touching(atlas: Atlas, here: places.Scope) -> NDArray[np.bool_]:
    """Return which hires begin or end in `here`; below a county none does."""
    if here.level == "country":
        return np.ones(len(atlas.flows), bool)
    at = atlas.tree.position(here.adcode)
    home, hires = (atlas.tree.under(at, ends) for ends in _ends(atlas))
    return (home | hires) & (here.level in ("province", "city", "county"))


def _in_area(atlas: Atlas, filters: Filters) -> NDArray[np.bool_]:
    """Return which hires have an end whose mark on the map lies in the lasso; all do when there is none."""
    lon, lat = (
        np.append(atlas.places[axis].to_numpy(dtype=float), np.nan) for axis in ("lon", "lat")
    )  # last: position -1, unknown
    home, hires = (places.in_area(filters, lon[ends], lat[ends]) for ends in _ends(atlas))
    return home | hires


def _ends(atlas: Atlas) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the rows in ``places`` of both ends of each hire; -1 where unknown."""
    return atlas.once(
        "ends of flows",
        lambda: (atlas.tree.positions(atlas.flows["from_adcode"]), atlas.tree.positions(atlas.flows["to_adcode"])),
    )


def totals(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return the hires of :func:`select` as :func:`summed` lists them. Do not alter it."""
    key = ("hires in all", selection.where(filters), filters.start, filters.end)
    return atlas.recent(key, lambda: summed(select(atlas, filters)))


def summed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return hires as an origin-destination list, provenances apart.

    Returns
    -------
    DataFrame
        ``provenance``, ``from_adcode``, ``to_adcode``, ``persons`` (sum) and ``source_id``; reported first.
    """
    if not len(rows):
        return pd.DataFrame(columns=list(COLUMNS))
    found = rows.groupby(["provenance", "from_adcode", "to_adcode"], as_index=False).agg(
        persons=("persons", "sum"), source_id=("source_id", "first")
    )
    return found.sort_values(
        "provenance", key=lambda one: one.map({"reported": 0, "derived": 1}).fillna(2), kind="stable"
    ).reset_index(drop=True)


def arc(west: float, south: float, east: float, north: float) -> NDArray[np.float64]:
    """Return the arc from one point to another, bowed to the left of the way: there and back lie apart.

    Parameters
    ----------
    west, south, east, north : float
        Longitude and latitude of the start, then of the end, degrees (WGS-84).

    Returns
    -------
    ndarray of float
        ``STEPS + 1`` rows of longitude, latitude.
    """
    shrink = np.cos(np.radians((south + north) / 2))  # a degree of longitude, in degrees of latitude
    along = np.array([(east - west) * shrink, north - south])
    peak = np.array([(west + east) / 2 * shrink, (south + north) / 2]) + 2 * BOW * np.array([-along[1], along[0]])
    part = np.linspace(0, 1, STEPS + 1)[:, None]
    start, end = np.array([west * shrink, south]), np.array([east * shrink, north])
    curve = (1 - part) ** 2 * start + 2 * part * (1 - part) * peak + part**2 * end
    return curve / [shrink, 1]


def tip(curve: NDArray[np.float64]) -> tuple[float, float]:
    """Return where the mark of the direction of an arc stands, longitude and latitude in degrees."""
    lon, lat = curve[round(TIP * (len(curve) - 1))]
    return float(lon), float(lat)


def broken(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an arc as dashes: pairs of points parted by NaN."""
    pairs = curve[:-1].reshape(-1, 2, 2) if len(curve) % 2 else curve.reshape(-1, 2, 2)
    return np.concatenate([pairs, np.full((len(pairs), 1, 2), np.nan)], axis=1).reshape(-1, 2)
