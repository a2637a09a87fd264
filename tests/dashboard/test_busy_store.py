"""Another program holds the store: that is told as what it is, and who looks at the atlas goes on looking."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from dashboard.source import AtlasSource
from geodata.errors import AtlasError, BusyError
from geodata.store import FILE_NAME, open_store
from geodata.store.gpkg import BUSY_SECONDS


@pytest.fixture
def held(own_home: Path) -> Iterator[Path]:
    """Home of an atlas that another program holds alone for as long as the test lasts."""
    AtlasSource(own_home).atlas()
    with closing(sqlite3.connect(own_home / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield own_home


def test_busy_is_not_told_as_broken(held: Path) -> None:
    with pytest.raises(BusyError, match="另一个程序正在使用，请稍后再试") as told:
        AtlasSource(held).atlas()
    assert "移走" not in str(told.value) and "build" not in str(told.value)


def test_what_is_in_memory_is_served_while_the_store_is_busy(own_home: Path) -> None:
    source = AtlasSource(own_home)
    before, past = source.atlas(), source.at(date(2026, 11, 1))
    path = own_home / FILE_NAME
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        os.utime(path, (0, 0))  # as if it had written already
        began = time.monotonic()
        assert [source.atlas() for _ in range(50)] == [before] * 50
        assert source.at(date(2026, 11, 1)) is past
        assert time.monotonic() - began < 2 * BUSY_SECONDS  # one of them waits, the others do not
    source._busy_until = 0.0
    assert source.atlas() is not before  # it is free again, and read again


def test_only_what_is_proven_broken_is_to_be_built_anew(own_home: Path) -> None:
    path = own_home / FILE_NAME
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xff" * 3996  # the root page of the schema
    path.write_bytes(content)
    with pytest.raises(AtlasError, match="build") as told:
        open_store(own_home)
    assert not isinstance(told.value, BusyError)
