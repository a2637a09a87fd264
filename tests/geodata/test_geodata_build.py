"""A build is whole or not at all, happens once, and gives the same atlas every time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from geodata.build import build_atlas, data_version
from geodata.errors import AtlasError
from geodata.store import FILE_NAME, open_store


def remains(home: Path) -> list[str]:
    return sorted(path.name for path in home.iterdir() if path.name != ".atlas.lock")


def build_and_count(home: str) -> int:
    messages: list[str] = []
    build_atlas(Path(home), lambda share, message: messages.append(message))
    return len(messages)


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


def test_an_interrupted_build_leaves_nothing(tmp_path):
    def stop(share: float, message: str) -> None:
        if share >= 0.8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_atlas(tmp_path, stop)
    assert remains(tmp_path) == []


def test_a_killed_build_is_cleaned_up_by_the_next(tmp_path):
    code = ("import sys, time; from pathlib import Path; from geodata import build\n"
            "write = build.pour\n"
            "def slow(database, contents):\n"
            "    write(database, contents); print('written', flush=True); time.sleep(60)\n"
            "build.pour = slow\n"
            "build.build_atlas(Path(sys.argv[1]))\n")
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE,
                             cwd=Path(__file__).parents[2])
    assert child.stdout.readline() == b"written\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert len(remains(tmp_path)) == 1 and FILE_NAME not in remains(tmp_path)
    build_atlas(tmp_path)
    assert remains(tmp_path) == [FILE_NAME]


def test_two_processes_build_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        said = pool.map(build_and_count, [str(tmp_path)] * 2, chunksize=1)
    assert sorted(said)[0] == 0 and sorted(said)[1] > 0
    assert remains(tmp_path) == [FILE_NAME]


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
