"""Two atlases for the tests of the layers: a small one made by hand, and the real one, built once."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hand_counted import META, tables

from geodata.schema import TABLES
from geodata.store.gpkg import GeoPackageStore
from layers.atlas import Atlas
from layers.filters import Filters


@pytest.fixture(scope="session")
def frames() -> dict[str, pd.DataFrame]:
    """Return the tables of the small atlas; do not alter them."""
    return tables()


@pytest.fixture
def small(frames) -> Atlas:
    """Return a small atlas of thirteen places in which every figure can be counted by hand."""
    return Atlas.from_frames(frames, META)


@pytest.fixture(scope="session")
def many(frames):
    """Return a function that makes an atlas with so many stations all over the nation, most in the east."""

    def make(count: int) -> Atlas:
        rng = np.random.default_rng(7)
        lon = np.clip(rng.normal(114, 7, count), 74, 134)
        lat = np.clip(rng.normal(32, 6, count), 19, 52)
        hours = np.array(["24/7", "Mo-Fr 08:00-18:00", "08:00-22:00", "Mo-Su 20:00-02:00"])
        facilities = np.array(["water", "water;toilet", "water;rest;charging", "toilet;wifi"])
        counties = np.array(["350203", "350206", "640202", "640205", "110101"])
        stations = gpd.GeoDataFrame(
            {
                "station_id": [f"N{i}" for i in range(count)],
                "name": "驿站",
                "adcode": counties[rng.integers(5, size=count)],
                "zone": None,
                "status": np.where(rng.random(count) < 0.95, "open", "closed"),
                "opening_hours": hours[rng.integers(4, size=count)],
                "access": np.where(rng.random(count) < 0.9, "open", "app"),
                "smart": False,
                "facilities": facilities[rng.integers(4, size=count)],
                "last_inspected": pd.Timestamp("2024-10-01"),
                "provenance": "illustrative",
                "source_id": "SAMPLE",
                "batch_id": "b",
            },
            geometry=gpd.points_from_xy(lon, lat),
            crs=4326,
        )
        return Atlas.from_frames({**frames, "stations": TABLES["stations"].coerce(stations)}, META)

    return make


@pytest.fixture(scope="session")
def shipped(atlas_home) -> Atlas:
    """Return the shipped atlas, as `make run` builds it."""
    return Atlas.load(GeoPackageStore(atlas_home / "atlas.gpkg"))


@pytest.fixture
def siming() -> Filters:
    """Return the filters of somebody who looks at Siming with nothing else chosen."""
    return Filters(place="350203")
