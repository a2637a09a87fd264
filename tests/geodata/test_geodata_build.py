"""A build is whole or not at all, happens once, and gives the same atlas every time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from geodata.build import build_atlas, data_version
from geodata.errors import AtlasError
from geodata.store import FILE_NAME, open_store


def remains(home: Path) -> list[str]:
    return sorted(path.name for path in home.iterdir() if path.name != ".atlas.lock")


def test_progress_goes_up_to_the_end_and_a_second_build_does_nothing(tmp_path):
    shares: list[float] = []
    spent = time.process_time()
    path = tmp_path / "new" / "home" / FILE_NAME
    build_atlas(path.parent, lambda share, message: shares.append(share))
    assert time.process_time() - spent < 20, "seconds of one core"
    assert shares == sorted(shares) and shares[-1] == 1 and len(shares) >= 4
    before = path.stat()
    shares.clear()
    build_atlas(path.parent, lambda share, message: shares.append(share))
    assert path.stat().st_mtime_ns == before.st_mtime_ns and path.stat().st_ino == before.st_ino
    assert not shares
    assert remains(path.parent) == [FILE_NAME]


def test_the_same_code_gives_the_same_atlas(store, fresh):
    assert data_version(fresh) == store.meta()["data_version"]


def test_a_change_of_one_value_changes_the_version(tables):
    changed = dict(tables)
    changed["grids"] = tables["grids"].copy()
    before = data_version(changed)
    changed["grids"].loc[3, "team_members"] += 1
    assert data_version(changed) != before


def test_what_is_there_and_unusable_is_left_alone_unless_forced(tmp_path):
    path = tmp_path / FILE_NAME
    path.write_bytes(b"my only copy of something else")
    with pytest.raises(AtlasError, match="GeoPackage"):
        build_atlas(tmp_path)
    assert path.read_bytes() == b"my only copy of something else"
    build_atlas(tmp_path, force=True)
    assert open_store(tmp_path).tables()["stations"] == 36


def test_a_home_that_is_a_file_is_said(tmp_path):
    (tmp_path / "home").write_text("not a folder", encoding="utf-8")
    with pytest.raises(AtlasError, match="home"):
        build_atlas(tmp_path / "home")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_that_cannot_be_written_is_said(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(AtlasError, match="权限"):
        build_atlas(tmp_path)
