"""Shared by all floors: one built atlas for the whole run, however many workers there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata.build import build_atlas


@pytest.fixture(scope="session")
def atlas_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an atlas as `make run` would build it; read it, never write to it."""
    base = tmp_path_factory.getbasetemp()
    # under xdist each worker has a folder of its own inside that of the run; the builder's lock makes one build of many
    home = (base.parent if base.name.startswith("popen-") else base) / "atlas-home"
    build_atlas(home)
    return home
