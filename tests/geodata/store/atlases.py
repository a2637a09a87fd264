"""Rows to import, and what an atlas holds as one word, for the tests of every store."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geodata.build import data_version
from geodata.schema import TABLES
from geodata.store import AtlasStore, WritableStore

TOUCHED = ("stations", "grids", "enterprises", "activities", "candidates")


def content(store: AtlasStore) -> str:
    """Return the hash of every row, in its order, of the tables that these tests touch; of the others their number."""
    return store.at_once(lambda now: data_version({name: now.read(name) for name in TOUCHED}) + str(now.tables()))[1]


def rows(
    store: WritableStore, count: int, prefix: str = "T", provenance: str = "reported", adcode: str = "350203"
) -> pd.DataFrame:
    """Return stations like the sample's under new ids."""
    like = store.read("stations").iloc[:28]
    frame = like.iloc[np.arange(count) % len(like)].reset_index(drop=True)
    return TABLES["stations"].validate(
        frame.assign(
            station_id=[f"{prefix}{at:05d}" for at in range(count)],
            name=[f"{prefix}站{at}" for at in range(count)],
            provenance=provenance,
            adcode=adcode,
        )
    )
