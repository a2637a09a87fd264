"""Which tables an import touched: the pages of the file tell, and no row is read for it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Hashable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from geodata.schema import TABLES
from geodata.store import FILE_NAME, open_store
from geodata.store.gpkg import GeoPackageStore
from geodata.store.sqlite import SqliteDatabase, prepare


def written(home: Path) -> dict[str, Hashable]:
    with GeoPackageStore(home / FILE_NAME).reading() as now:
        return {table: now.written(table) for table in TABLES}


def differing(one: dict[str, Hashable], other: dict[str, Hashable]) -> set[str]:
    return {table for table in TABLES if one[table] != other[table]}


def by_hand(home: Path, *statements: str) -> None:
    with closing(sqlite3.connect(home / FILE_NAME)) as other, other:
        prepare(other)
        for one in statements:
            other.execute(one)


@pytest.mark.parametrize("pages", [True, False])
def test_what_is_touched_is_told_and_nothing_else(
    atlas_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pages: bool
) -> None:
    shutil.copyfile(atlas_home / FILE_NAME, tmp_path / FILE_NAME)

    def refused(*_: Any) -> Any:
        raise sqlite3.OperationalError("no such table: dbstat") if not pages else AssertionError("a row is read")

    monkeypatch.setattr(SqliteDatabase, "rows" if pages else "_pages", refused)
    before, store = written(tmp_path), open_store(tmp_path)
    assert before == written(tmp_path)
    batch = store.apply("fairs", store.read("fairs").head(1).assign(fair_id="N1"), retire=False)
    after = written(tmp_path)
    assert differing(before, after) == {"fairs"}
    store.undo(batch.batch_id)
    assert differing(after, written(tmp_path)) == {"fairs"}
    undone = written(tmp_path)
    by_hand(tmp_path, "UPDATE stations SET name = 'by hand' WHERE adcode = '350203'")
    assert differing(undone, written(tmp_path)) == {"stations"}


def test_what_another_program_keeps_beside_the_file_is_told_too(atlas_home: Path, tmp_path: Path) -> None:
    shutil.copyfile(atlas_home / FILE_NAME, tmp_path / FILE_NAME)
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        prepare(other)
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("UPDATE grids SET name = 'one'")
        before = written(tmp_path)
        other.execute("UPDATE stations SET name = 'by hand' WHERE adcode = '350203'")
        assert (tmp_path / f"{FILE_NAME}-wal").stat().st_size
        assert differing(before, written(tmp_path)) == {"stations"}
