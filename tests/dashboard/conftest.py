"""The built atlas and the Chinese words, for every test of what the browser shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.locale import load_words
from dashboard.source import AtlasSource
from dashboard.words import Words
from layers.atlas import Atlas


@pytest.fixture(scope="session")
def atlas(atlas_home: Path) -> Atlas:
    return AtlasSource(atlas_home).atlas()


@pytest.fixture(scope="session")
def words() -> Words:
    return Words("zh", load_words()["zh"])
