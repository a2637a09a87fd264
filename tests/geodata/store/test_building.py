"""Building in either store: whole or not at all, once however many begin at once, and over imports only when forced."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from geodata import build
from geodata.errors import AtlasError
from tests.geodata.store.atlases import content, rows
from tests.geodata.store.conftest import Place

ROOT = Path(__file__).resolve().parents[3]


def build_and_count(place: Place) -> int:
    messages: list[str] = []
    build.build_atlas(place.home, lambda share, message: messages.append(message), url=place.url)
    return len(messages)


def nothing_is_there(place: Place) -> bool:
    with pytest.raises(AtlasError, match="dashboard build"):
        place.open()
    return place.url is not None or place.leftovers() == []


def test_an_interrupted_build_leaves_nothing(vacant, fresh, monkeypatch):
    monkeypatch.setattr(build, "atlas_frames", lambda progress: fresh)

    def stop(share: float, message: str) -> None:
        if share >= 0.8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build.build_atlas(vacant.home, stop, url=vacant.url)
    assert nothing_is_there(vacant)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_build_leaves_nothing_and_the_next_one_builds(vacant):
    code = (
        "import sys, time; from pathlib import Path; from geodata import build\n"
        "write = build.pour\n"
        "def slow(database, contents):\n"
        "    write(database, contents); print('written', flush=True); time.sleep(60)\n"
        "build.pour = slow\n"
        "build.build_atlas(Path(sys.argv[1]), url=sys.argv[2])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(vacant.home), vacant.url or ""], stdout=subprocess.PIPE, cwd=ROOT
    ) as child:
        assert child.stdout.readline() == b"written\n"
        child.send_signal(signal.SIGKILL)
    if vacant.url is None:
        assert len(vacant.leftovers()) == 1
        with pytest.raises(AtlasError, match="dashboard build"):
            vacant.open()
    else:
        assert nothing_is_there(vacant)
    assert build_and_count(vacant) > 0
    assert vacant.open().tables()["stations"] == 36 and (vacant.url or vacant.leftovers() == [])


def test_two_processes_build_once(vacant, store):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        said = pool.map(build_and_count, [vacant] * 2, chunksize=1)
    assert sorted(said)[0] == 0 and sorted(said)[1] > 0
    built = vacant.open()
    assert content(built) == content(store) and built.meta()["data_version"] == store.meta()["data_version"]


def test_building_by_force_begins_anew_and_building_again_does_nothing(place, fresh, monkeypatch):
    monkeypatch.setattr(build, "atlas_frames", lambda progress: fresh)
    store = place.open()
    before, meta = content(store), store.meta()
    store.apply("stations", rows(store, 3))
    assert build_and_count(place) == 0 and len(store.history()) == 1
    build.build_atlas(place.home, force=True, url=place.url)
    assert content(store) == before and store.history() == []
    assert store.meta() | {"built_at": ""} == meta | {"built_at": ""}
    assert store.apply("stations", rows(store, 3)).added == 3
