"""A store of one's own to import into, and files as strangers make them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from geodata.importing.check import Checked, check_file
from geodata.store import FILE_NAME, GeoPackageStore


@pytest.fixture
def own(atlas_home: Path, tmp_path: Path) -> GeoPackageStore:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copyfile(atlas_home / FILE_NAME, home / FILE_NAME)
    return GeoPackageStore(home / FILE_NAME)


@pytest.fixture
def checked(store: GeoPackageStore, tmp_path: Path) -> Callable[..., Checked]:
    """Check text or bytes as a file against a table of the built atlas."""

    def run(
        content: str | bytes, table: str = "stations", crs: str | None = "wgs84", name: str = "f.csv", **more
    ) -> Checked:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return check_file(path, table, store, crs, **more)

    return run
