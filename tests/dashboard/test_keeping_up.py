"""A server keeps up with its store: nobody waits long for what is new, and nobody sees it before it is whole."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from dashboard import source as module
from dashboard.access.reader import Reader, asking
from dashboard.app import create_app
from dashboard.backup import served, serving
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from geodata.derived import NAME
from geodata.errors import AtlasError
from geodata.store import FILE_NAME, open_store

KEYS = ("activities", "activity_id")


def remove(home: Path, at: int) -> str:
    """Take an activity out, as another process would, and return the version that there is then."""
    store = open_store(home)
    store.remove(KEYS[0], [store.read(KEYS[0])[KEYS[1]].iloc[at]])
    return store.meta()["data_version"]


def until(there: Callable[[], bool], seconds: float = 60.0) -> float:
    """Wait for something as long as a busy machine takes, and return how long that was."""
    began = time.monotonic()
    while not there():
        assert time.monotonic() - began < seconds
        time.sleep(0.01)
    return time.monotonic() - began


@pytest.fixture
def keeping(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[AtlasSource, threading.Event, list]]:
    """A source that keeps up; its warming waits for the event, and notes the version that it sees."""
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(module, "WARMING_SECONDS", 600.0)
    source, go, warmed = AtlasSource(own_home), threading.Event(), []
    source.atlas()

    def warm() -> None:
        warmed.append(source.atlas().stored_version)
        go.wait(60)

    thread = source.keep_up(warm)
    yield source, go, warmed
    go.set()
    source.leave_off()
    thread.join(60)


def test_what_is_in_memory_is_served_until_the_new_one_is_warm(
    keeping: tuple[AtlasSource, threading.Event, list], own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, go, warmed = keeping
    before = source.atlas()
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.2)
    after = remove(own_home, 0)
    until(lambda: warmed == [after])  # nobody has asked
    until(lambda: source.atlas() is before)
    assert sum(1 for _ in range(50) if source.atlas() is before) == 50  # each at once: the patience is over
    go.set()
    until(lambda: source.atlas().stored_version == after)
    assert len(source.atlas().activities) == len(before.activities) - 1 and warmed == [after]


def test_a_reader_waits_for_what_will_be_there_in_a_moment(
    keeping: tuple[AtlasSource, threading.Event, list], own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, go, _ = keeping
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 600.0)
    go.set()
    after = remove(own_home, 0)
    assert source.atlas().stored_version == after


def test_who_only_reads_does_not_wait_for_it(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(module, "WARMING_SECONDS", 600.0)
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 20.0)
    app = create_app(Settings(home=own_home))
    source, go = app.server.extensions["atlas"].source, threading.Event()
    before = source.atlas()
    thread = source.keep_up(lambda: go.wait(60))
    try:
        after = remove(own_home, 0)
        for role in ("nobody", "viewer"):
            with asking(Reader("林晓", role)):
                assert source.atlas() is before
        threading.Timer(0.3, go.set).start()
        with asking(Reader("林晓", "planner")):
            assert source.atlas().stored_version == after
    finally:
        go.set()
        source.leave_off()
        thread.join(60)


def test_whoever_writes_sees_it_at_once(
    keeping: tuple[AtlasSource, threading.Event, list], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, go, _ = keeping
    go.set()
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.0)
    gone = source.atlas().activities["activity_id"].iloc[0]
    source.store().remove("activities", [gone])
    assert gone not in set(source.atlas().activities["activity_id"])


def test_a_store_that_breaks_is_told_and_one_that_is_mended_is_shown(
    keeping: tuple[AtlasSource, threading.Event, list], own_home: Path
) -> None:
    source, go, _ = keeping
    go.set()
    path = own_home / FILE_NAME
    whole = path.read_bytes()
    path.write_bytes(b"no atlas at all" * 100)
    for _ in range(2):
        with pytest.raises(AtlasError, match="GeoPackage"):
            source.atlas()
    path.write_bytes(whole)
    assert source.atlas().stored_version == open_store(own_home).meta()["data_version"]  # whoever asks next has it


def test_who_imports_beside_a_server_makes_the_files(own_home: Path) -> None:
    source = AtlasSource(own_home)
    gone = open_store(own_home).read("activities")["activity_id"]
    source.store().remove("activities", [gone.iloc[0]])
    assert not served(own_home) and not (own_home / NAME).exists()
    with serving(own_home):
        assert served(own_home)
        source.store().remove("activities", [gone.iloc[1]])
        made = [one for one in (own_home / NAME).iterdir() if one.is_dir()]
        AtlasSource(own_home).atlas()
        assert [one for one in (own_home / NAME).iterdir() if one.is_dir()] == made and len(made) == 1


def test_what_answers_have_freed_is_given_back_from_time_to_time(
    keeping: tuple[AtlasSource, threading.Event, list], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []
    monkeypatch.setattr(module, "given_back", lambda: given.append(time.monotonic()))
    monkeypatch.setattr(module, "GIVES_BACK_SECONDS", 0.2)  # of four looks or more
    until(lambda: len(given) > 2)
    assert all(later - earlier > 0.2 for earlier, later in pairwise(given))
