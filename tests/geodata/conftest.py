"""Tables of the one built atlas, read once per worker."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from geodata.build import atlas_frames
from geodata.store import AtlasStore, open_store


@pytest.fixture(scope="session")
def store(atlas_home: Path) -> AtlasStore:
    return open_store(atlas_home)


@pytest.fixture(scope="session")
def tables(store: AtlasStore) -> dict[str, pd.DataFrame]:
    return {name: store.read(name) for name in store.tables()}


@pytest.fixture(scope="session")
def fresh() -> dict[str, pd.DataFrame]:
    """The tables as a build makes them, made again."""
    return atlas_frames()
