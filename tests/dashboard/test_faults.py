"""The machine fails under a server that serves: a clear word, nothing lost, healed when the cause is gone."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboard.app import create_app
from dashboard.feedback import keep, kept
from dashboard.links import Links
from dashboard.settings import Settings
from geodata.errors import AtlasError
from geodata.store import FILE_NAME, open_store
from geodata.store.whole import of_database
from tests.repeats import repeats

TIMES = repeats(2)


def content(home: Path) -> tuple:
    with open_store(home).reading() as snapshot:
        found = of_database(snapshot.database)
    return found.rows, found.batches, found.changes


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def removed(path: Path) -> None:
    path.unlink()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def replaced(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE somebody_elses (x)")
        other.commit()


def garbled(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(os.urandom(60_000))


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


FAULTS: tuple[Callable[[Path], None], ...] = (truncated, removed, emptied, replaced, garbled, a_folder)


@pytest.fixture
def client(own_home: Path) -> FlaskClient:
    return create_app(Settings(home=own_home, chromium="none", limits=0)).server.test_client()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_store_fails_and_comes_back(own_home: Path, client: FlaskClient, tmp_path: Path, fault) -> None:
    store, path = open_store(own_home), own_home / FILE_NAME
    batch = store.apply("stations", store.read("stations").iloc[:1].assign(address="记下了"), retire=False)
    acknowledged, safe = content(own_home), tmp_path / "safe"
    shutil.copyfile(path, safe)
    for _ in range(TIMES):
        fault(path)
        for address in ("/", "/planning", "/map.svg", "/search?q=x", "/sources/rows.csv?figure=x"):
            answer = client.get(address)
            assert answer.status_code == 503, (address, answer.status_code)
            assert "Traceback" not in answer.text and "atlas.gpkg" in answer.text
        assert client.get("/readyz").json["store"] is False
        with pytest.raises(AtlasError):
            open_store(own_home)
        if path.is_dir():
            path.rmdir()
        shutil.copyfile(safe, tmp_path / "back")
        (tmp_path / "back").replace(path)
        assert client.get("/").status_code == 200 and client.get("/readyz").json["store"] is True
    assert content(own_home) == acknowledged
    assert batch.batch_id in {one.batch_id for one in open_store(own_home).history()}


@pytest.mark.parametrize("code", [28, 30], ids=["disk full", "read only"])
def test_a_write_that_cannot_be_is_told_and_changes_nothing(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """The system refuses at a moment that chance picks, each time a later one."""
    store = open_store(own_home)
    rows = store.read("stations").iloc[:1].assign(address="不会记下")
    before, chance = content(own_home), random.Random(16)
    for name in ("fsync", "rename", "replace"):
        real = getattr(os, name)

        def refused(*given: object, real=real, name=name, **more: object) -> object:
            if chance.random() < 0.9:
                raise OSError(code, os.strerror(code))
            return real(*given, **more)

        for _ in range(TIMES):
            with monkeypatch.context() as patch:
                patch.setattr(os, name, refused)
                done = None
                try:
                    done = store.apply("stations", rows, retire=False)
                except AtlasError as error:
                    assert "没有改动" in str(error)
            if done is None:
                assert content(own_home) == before
            else:
                open_store(own_home).undo(done.batch_id)
                before = content(own_home)
    assert not [one for one in own_home.iterdir() if "building" in one.name]
    assert open_store(own_home).apply("stations", rows, retire=False).batch_id


def test_a_clock_that_was_put_back_loses_nothing(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    store = open_store(own_home)
    first = store.apply("stations", store.read("stations").iloc[:1].assign(address="一"), retire=False)
    keep(own_home, "一", "/")
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 10 * 86_400)
    second = store.apply("stations", store.read("stations").iloc[:1].assign(address="二"), retire=False)
    keep(own_home, "二", "/")
    key = Links(own_home).keep("/?place=640200")
    assert {one.batch_id for one in open_store(own_home).history()} == {first.batch_id, second.batch_id}
    assert [one["text"] for one in kept(own_home)] == ["一", "二"] and Links(own_home).address(key)
    open_store(own_home).undo(second.batch_id)
    assert set(open_store(own_home).read("stations").iloc[:1]["address"]) == {"一"}
