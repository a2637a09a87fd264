"""Tables of the size of the country, in memory and in seconds: what ``tests.benchmarks.national`` imports, but straight
into an atlas, for who measures pages and not imports.
"""

from __future__ import annotations

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely

from geodata.kinds import shipped
from geodata.schema import TABLES
from layers.atlas import Atlas
from tests.benchmarks.national import ACTIVITIES, ALWAYS, DAYS, FAIRS, FIRST_DAY, RESOLUTION, SEED, STATIONS, spread

DEMAND = 646_735  # points; several of one cell and group are one row
HOURS = ("Mo-Su 08:00-18:00", "Mo-Fr 09:00-17:30", "Mo-Su 08:30-20:00", "Mo-Sa 08:00-12:00,14:00-18:00")
REPORTED = {"provenance": "reported", "batch_id": "national"}


def national(sample: Atlas) -> Atlas:
    """Return `sample` with the nation's stations, fairs, activities and demand beside its own rows."""
    rng, places = np.random.default_rng(SEED), sample.places
    counties = gpd.GeoDataFrame(places[places["level"] == "county"].reset_index(drop=True))
    cities = places[places["level"] == "city"].reset_index(drop=True)
    made = {
        "stations": _stations(counties, rng),
        "fairs": _fairs(cities, rng),
        "activities": _activities(counties, rng),
        "demand": _demand(counties, rng, sample.demand["worker_group"].dropna().unique()),
    }
    frames = {name: pd.DataFrame(sample.table(name)) for name in TABLES if hasattr(sample, name)}
    for name in ("regions", "grids"):
        frames[name] = frames[name].drop(columns="name_en")
    for name, frame in made.items():
        held = frames[name][list(TABLES[name].column_names)]
        frames[name] = pd.concat([held, frame.assign(source_id=f"ledger of {name}")], ignore_index=True)
    frames = {
        name: gpd.GeoDataFrame(frame, geometry="geometry", crs=4326) if TABLES[name].geometry else frame
        for name, frame in frames.items()
    }
    return Atlas.from_frames(frames, {**sample.meta, "data_version": "national"})


def _table(name: str, rows: dict[str, object], points: np.ndarray | None) -> pd.DataFrame:
    frame = pd.DataFrame(rows).assign(**REPORTED, source_id="ledger")
    return TABLES[name].coerce(frame.assign(geometry=points))


def _stations(counties: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    of, points = spread(rng, counties, STATIONS)
    at, always = np.arange(STATIONS), np.zeros(STATIONS, bool)
    always[rng.choice(STATIONS, ALWAYS, replace=False)] = True
    hours = np.array(HOURS, dtype=object)[rng.integers(0, len(HOURS), STATIONS)]
    return _table(
        "stations",
        {
            "station_id": [f"N{one:06d}" for one in at],
            "name": [f"{name}第{one}驿站" for one, name in enumerate(counties["name"].to_numpy()[of])],
            "address": [f"某路{one}号" for one in at],
            "adcode": counties["adcode"].to_numpy()[of],
            "status": "open",
            "opened_on": [f"20{15 + one % 9}-0{1 + one % 9}-1{one % 10}" for one in at],
            "opening_hours": np.where(always, "24/7", hours),
            "smart": (at % 2).astype(bool),
            "facilities": np.where(at % 3, "water;rest", None),
        },
        shapely.points(points),
    )


def _fairs(cities: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    of, positions = rng.integers(0, len(cities), FAIRS), rng.integers(50, 4_000, FAIRS)
    day = np.datetime64(FIRST_DAY) + rng.integers(0, DAYS, FAIRS)
    return _table(
        "fairs",
        {
            "fair_id": [f"F{one:06d}" for one in range(FAIRS)],
            "name": [f"{name}第{one}场招聘会" for one, name in enumerate(cities["name"].to_numpy()[of])],
            "start": day,
            "end": day,
            "period": day.astype(str),
            "adcode": cities["adcode"].to_numpy()[of],
            "mode": "onsite",
            "organisers": "总工会",
            "enterprises": positions // 40 + 1,
            "positions": positions,
            "hiring_intents": positions // 8,
            "geometry_provenance": "derived",
        },
        shapely.points(cities[["lon", "lat"]].to_numpy(float)[of]),
    )


def _activities(counties: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    of, points = spread(rng, counties, ACTIVITIES)
    kinds = np.array([one.kind for one in shipped()][:10], dtype=object)[rng.integers(0, 10, ACTIVITIES)]
    day = np.datetime64(FIRST_DAY) + rng.integers(0, DAYS, ACTIVITIES)
    shapes = shapely.points(points)
    shapes[::4] = None  # three of four are held somewhere that has a point
    return _table(
        "activities",
        {
            "activity_id": [f"A{one:06d}" for one in range(ACTIVITIES)],
            "kind": kinds,
            "name": [f"{name}活动{one}" for one, name in enumerate(counties["name"].to_numpy()[of])],
            "start": day,
            "end": day,
            "period": day.astype(str),
            "adcode": counties["adcode"].to_numpy()[of],
            "participants": rng.integers(1, 301, ACTIVITIES),
            "participants_unit": "person",
        },
        shapes,
    )


def _demand(counties: gpd.GeoDataFrame, rng: np.random.Generator, groups: np.ndarray) -> pd.DataFrame:
    of, points = spread(rng, counties, DEMAND)
    frame = pd.DataFrame(
        {
            "cell": [h3.latlng_to_cell(lat, lon, RESOLUTION) for lon, lat in points.tolist()],
            "adcode": counties["adcode"].to_numpy()[of],
            "worker_group": np.asarray(groups, dtype=object)[rng.integers(0, len(groups), DEMAND)],
        }
    )
    held = frame.groupby(["cell", "adcode", "worker_group"]).size().reset_index(name="weight")
    middle = np.array([h3.cell_to_latlng(cell) for cell in held["cell"]])
    rows = {
        "demand_id": [f"D{one:07d}" for one in range(len(held))],
        **{name: held[name] for name in frame},
        "weight": held["weight"].astype(float),
    }
    return _table("demand", rows, shapely.points(middle[:, ::-1]))
