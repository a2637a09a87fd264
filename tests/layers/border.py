"""Two counties of the hand-counted atlas that share a border, with demand and stations thrown at it; and their coverage
counted pair by pair.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from pyproj import Geod

from layers.atlas import Atlas
from tests.layers.hand_counted import META, at, rows_of, tables

COUNTIES = ("350203", "350206")
OTHERS = ("110101", "640202", "640205")
#: What is written as opening hours → the hours of a Wednesday at which that is open; None: nobody knows.
HOURS: dict[str | None, frozenset[int] | None] = {
    "24/7": frozenset(range(24)),
    "08:00-22:00": frozenset(range(8, 22)),
    "Mo-Su 20:00-02:00": frozenset({20, 21, 22, 23, 0, 1}),
    "Sa-Su 08:00-12:00": frozenset(),
    None: None,
}
PROFILE = [0.0] * 6 + [2.0] * 12 + [1.0] * 6
GEOD = Geod(ellps="WGS84")


def thrown(seed: int, cells: int = 40, stations: int = 40) -> dict[str, pd.DataFrame]:
    """Return the tables of an atlas with so many rows, whatever their county, within 1.5 km of one place."""
    rng = np.random.default_rng(seed)

    def spots(count: int) -> list:
        return [at(*one) for one in rng.uniform(-1_500, 1_500, (count, 2))]

    # two groups in some cells, which then weigh together
    cell = [f"c{one}" for one in rng.integers(0, cells, cells)]
    where = dict(zip(dict.fromkeys(cell), spots(len(set(cell))), strict=True))
    county = {one: COUNTIES[int(rng.integers(2))] for one in where}
    profiles = [";".join(map(str, PROFILE)) if rng.random() < 0.3 else None for _ in cell]
    demand = rows_of(
        "demand",
        ["demand_id", "cell", "adcode", "weight", "worker_group", "hour_profile", "geometry"],
        *[
            (f"D{at}", one, county[one], float(rng.integers(1, 100)), "rider", profiles[at], where[one])
            for at, one in enumerate(cell)
        ],
    )
    texts = list(HOURS)
    station = rows_of(
        "stations",
        ["station_id", "name", "adcode", "status", "opening_hours", "access", "smart", "facilities", "geometry"],
        *[
            (
                f"S{one}",
                "驿站",
                COUNTIES[int(rng.integers(2))],
                "open" if rng.random() < 0.9 else "closed",
                texts[int(rng.integers(len(texts)))],
                "open" if rng.random() < 0.8 else "app",
                False,
                "water",
                None if rng.random() < 0.1 else spot,
            )
            for one, spot in enumerate(spots(stations))
        ],
        provenance="reported",
    )
    return {**tables(), "demand": demand, "stations": station}


def thrown_atlas(seed: int, cells: int = 40, stations: int = 40) -> Atlas:
    """Return the atlas of :func:`thrown`."""
    return Atlas.from_frames(thrown(seed, cells, stations), META)


def counted(
    frames: dict[str, pd.DataFrame], county: str, radius: float, detour: float
) -> dict[str, np.ndarray | float]:
    """Return whole, nominal and effective weight of a county, hour by hour and (last) whatever hour, pair by pair."""
    found = {name: np.zeros(25) for name in ("whole", "nominal", "effective")}
    for row in frames["demand"].itertuples():
        if row.adcode != county:
            continue
        profile = [1.0] * 24 if pd.isna(row.hour_profile) else [float(one) for one in row.hour_profile.split(";")]
        weight = row.weight * np.array([*(np.array(profile) / np.mean(profile)), 1.0])
        found["whole"] += weight
        named, serving = False, np.zeros(25, bool)
        for one in frames["stations"].itertuples():
            if one.status != "open" or one.geometry is None:
                continue
            _, _, metres = GEOD.inv(row.geometry.x, row.geometry.y, one.geometry.x, one.geometry.y)
            if metres * detour > radius:
                continue
            named = True
            if one.access != "app":
                hours = HOURS[None if pd.isna(one.opening_hours) else one.opening_hours]
                serving[list(hours or ())] = True
                serving[24] = True
        found["nominal"] += weight * named
        found["effective"] += weight * serving
    return found
