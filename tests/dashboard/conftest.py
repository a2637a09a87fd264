"""The built atlas and the Chinese words, for every test of what the browser shows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboard.app import create_app
from dashboard.locale import load_words
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from dashboard.words import Words
from geodata.store import FILE_NAME
from layers.atlas import Atlas


@pytest.fixture(scope="session")
def atlas(atlas_home: Path) -> Atlas:
    return AtlasSource(atlas_home).atlas()


@pytest.fixture(scope="session")
def words() -> Words:
    return Words("zh", load_words()["zh"])


@pytest.fixture(scope="module")
def client(atlas_home: Path) -> FlaskClient:
    return create_app(Settings(home=atlas_home)).server.test_client()


@pytest.fixture
def own_home(atlas_home: Path, tmp_path: Path) -> Path:
    """Folder of an atlas that a test may write to."""
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copyfile(atlas_home / FILE_NAME, folder / FILE_NAME)
    return folder
