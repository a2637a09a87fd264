"""Shared by all floors: one built atlas for the whole run, however many workers there are."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from geodata.build import build_atlas
from geodata.store import site
from geodata.store.transfer import move
from tests.postgres import Server, served

# a run in the background (nohup make test &) has Ctrl-C ignored,
# and so would everything that a test starts and interrupts
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

# tests of an atlas with rows of its own look at it as the one who sits at the machine; those of signing in say so
os.environ.setdefault("ATLAS_SIGN_IN", "off")

# how long an example takes says how busy the machine is, not whether the answer is right
settings.register_profile("atlas", deadline=None)
settings.load_profile("atlas")


def pytest_collection_finish() -> None:
    """Have the collector pass over what lives as long as the run: half a million objects of modules and tests, which
    it would look through each time that an atlas is read anew (:func:`geodata.processes.given_back`).
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def atlas_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an atlas as `make run` would build it; read it, never write to it."""
    base = tmp_path_factory.getbasetemp()
    # under xdist each worker has a folder of its own inside that of the run; the builder's lock makes one build of many
    home = (base.parent if base.name.startswith("popen-") else base) / "atlas-home"
    build_atlas(home)
    return home


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server of this worker's own."""
    with served() as server:
        yield server


@pytest.fixture(scope="session")
def built_database(postgres: Server, atlas_home: Path) -> str:
    """Name of a database that holds the atlas of `atlas_home`, to be copied."""
    postgres.run("CREATE DATABASE built")
    move(site(atlas_home), site(atlas_home, postgres.url("built")))
    return "built"


@pytest.fixture
def own_database(postgres: Server, built_database: str) -> Iterator[str]:
    """Address of a database with an atlas that a test may write to."""
    with postgres.database(built_database) as url:
        yield url
