"""An atlas of derived files is the atlas of the store, table by table, whatever was done to the store."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from geodata import derived
from geodata.derived import Folder, columns
from geodata.schema import TABLES
from geodata.store import FILE_NAME, WritableStore, open_store
from layers import activities, stations
from layers.atlas import FEW_KEYS, Atlas
from layers.filters import Filters
from layers.siting.case import basis

DAY = date(2026, 11, 1)


@pytest.fixture(scope="module", autouse=True)
def _as_of_a_long_table() -> Iterator[None]:
    """Texts of these few rows are Arrow's, as those of many."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(columns, "SHORT", -1)
        yield


@pytest.fixture
def store(atlas_home: Path, tmp_path: Path) -> WritableStore:
    """A copy of the built atlas to write to."""
    shutil.copyfile(atlas_home / FILE_NAME, tmp_path / FILE_NAME)
    return open_store(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / derived.NAME)


def alike(got: Atlas, expected: Atlas, of: Iterable[str] = tuple(TABLES)) -> None:
    """Refuse any difference that a reader of the tables `of` the atlas could see."""
    assert dict(got.meta) == dict(expected.meta) and got.version == expected.version
    assert got.data_date == expected.data_date and got.stored_rows == expected.stored_rows
    for name in of:
        one, other = got.table(name), expected.table(name)
        assert list(one.columns) == list(other.columns), name
        for column in other:
            if column == "geometry":
                shapes = [shapely.to_wkb(frame.geometry.to_numpy()).tolist() for frame in (one, other)]
                assert shapes[0] == shapes[1], name
                continue
            assert {str(one[column].dtype), "str"} >= {str(other[column].dtype)} or one[column].dtype == other[
                column
            ].dtype
            pd.testing.assert_series_equal(one[column].astype(object), other[column].astype(object), obj=name)
        if TABLES[name].geometry == "point":
            np.testing.assert_array_equal(got.lonlat(name), expected.lonlat(name))
        for column in TABLES[name].columns:
            if column.dtype in ("str", "set"):
                decoded = [
                    [values[code] if code >= 0 else None for code in codes]
                    for codes, values in (one.coded(name, column.name) for one in (got, expected))
                ]
                assert decoded[0] == decoded[1], (name, column.name)
                # by first appearance, so that ties break alike
                assert got.coded(name, column.name)[1].tolist() == expected.coded(name, column.name)[1].tolist()
        if "adcode" in other:
            np.testing.assert_array_equal(got.place_rows(name), expected.place_rows(name))
        for wanted in ({"reported"}, {"derived", "illustrative"}):
            np.testing.assert_array_equal(
                got.of_provenance(name, frozenset(wanted)), expected.of_provenance(name, frozenset(wanted))
            )
    # what is made of many columns at once
    for layer in (stations, activities) if {*of} == {*TABLES} else ():
        one, other = (layer.select(atlas, Filters()) for atlas in (got, expected))
        pd.testing.assert_frame_equal(one.astype(object), other.astype(object))


def rows(store: WritableStore, table: str, **other: object) -> pd.DataFrame:
    """Return a few rows of a table as somebody would report them, some of them without what may be missing."""
    schema = TABLES[table]
    frame = store.read(table).head(4).reset_index(drop=True)
    frame[schema.key] = [f"NEW{at}" for at in range(len(frame))]
    frame["provenance"] = "reported"
    for name, value in other.items():
        frame[name] = value
    for column in schema.columns:
        if column.nullable and column.name not in other:
            frame.loc[1, column.name] = None
    return schema.validate(frame)


def test_of_the_sample(atlas_home: Path, folder: Folder) -> None:
    store = open_store(atlas_home)
    for _ in ("made", "found"):
        alike(Atlas.load(store, derived=folder), Atlas.load(store))
    # a plan that was kept is known by this
    assert basis(Atlas.load(store, derived=folder)) == basis(Atlas.load(store))


def test_of_a_past_day(atlas_home: Path, folder: Folder) -> None:
    store = open_store(atlas_home)
    alike(Atlas.load(store, DAY, derived=folder), Atlas.load(store, DAY))


def test_after_imports_and_undoing(store: WritableStore, folder: Folder) -> None:
    """Rows that have gone or do not hold, fields of their own, tables left empty: now and in the past."""
    frame = rows(
        store, "activities", own='{"主讲人": "某人", "赠书册数": 120}', valid_to=["2024-06-30", None, None, None]
    )
    first = store.apply("activities", frame, file="a.csv")
    store.remove("candidates", store.read("candidates")["candidate_id"].tolist()) if store.tables()[
        "candidates"
    ] else None
    store.remove("flows", store.read("flows")["flow_id"].tolist())
    after = Atlas.load(store, derived=folder)
    alike(after, Atlas.load(store))
    assert len(after.flows) == 0 and after.stored_rows["activities"] > len(after.activities)
    second = store.apply("stations", rows(store, "stations", valid_from="2024-11-01"), file="s.csv")
    touched = ("activities", "stations", "flows", "grids")
    alike(Atlas.load(store, derived=folder), Atlas.load(store), touched)
    for day in (date(2024, 10, 31), date(2024, 12, 1)):
        past = store.as_of(first.time)
        alike(Atlas.load(past, day, derived=folder), Atlas.load(past, day), touched)
    store.undo(second.batch_id)
    undone = Atlas.load(store)
    for _ in ("made", "found"):
        alike(Atlas.load(store, derived=folder), undone, touched)


def test_of_a_database(own_database: str, tmp_path: Path) -> None:
    """Rows that somebody wrote by SQL alone are seen too: no stamp tells of them."""
    from sqlalchemy import text

    store, folder = open_store(tmp_path, own_database), Folder(tmp_path / derived.NAME, "there")
    alike(Atlas.load(store, derived=folder), Atlas.load(store))
    with store.address.engine().begin() as connection:  # type: ignore[attr-defined]
        connection.execute(text("UPDATE stations SET name = 'by hand' WHERE fid = (SELECT min(fid) FROM stations)"))
        connection.execute(text("DELETE FROM fairs WHERE fid = (SELECT max(fid) FROM fairs)"))
    again = Atlas.load(open_store(tmp_path, own_database), derived=folder)
    alike(again, Atlas.load(store), ("stations", "fairs"))
    assert "by hand" in set(again.stations["name"])


def test_a_row_written_by_another_program_is_seen(store: WritableStore, folder: Folder, tmp_path: Path) -> None:
    """Also while it still stands beside the file, in the log of a writer who has not put it in."""
    import sqlite3
    from contextlib import closing

    from geodata.store.sqlite import prepare

    Atlas.load(store, derived=folder)
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        prepare(other)
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("PRAGMA wal_autocheckpoint = 0")
        Atlas.load(store, derived=folder)
        other.execute("UPDATE stations SET name = 'by hand' WHERE fid = (SELECT min(fid) FROM stations)")
        again = Atlas.load(store, derived=folder)
        alike(again, Atlas.load(store), ("stations",))
        assert "by hand" in set(again.stations["name"])


@contextmanager
def unwritable(folder: Folder) -> Iterator[None]:
    """Put a file where the folder would be: whoever runs the test, nothing can be written into it."""
    folder.path.write_text("not a folder")
    yield
    folder.path.unlink()


def test_where_nothing_can_be_written_it_is_read_from_the_store(
    store: WritableStore, folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    expected = Atlas.load(store)
    with unwritable(folder), caplog.at_level(logging.WARNING):
        alike(Atlas.load(store, derived=folder), expected)
    assert "read from its store" in caplog.text and str(folder.path) in caplog.text


def test_no_space_left_is_no_reason_to_show_nothing(
    store: WritableStore, folder: Folder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    expected = Atlas.load(store)
    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING):
        patched.setattr("os.fsync", full)
        alike(Atlas.load(store, derived=folder), expected, ("stations", "grids"))
    assert "No space left" in caplog.text
    assert [one.name for one in folder.path.iterdir()] == [".lock"]
    alike(Atlas.load(store, derived=folder), expected, ("stations", "grids"))


def test_keys_of_a_long_table_are_found_as_in_a_dict(atlas_home: Path, folder: Folder) -> None:
    known = Atlas.load(open_store(atlas_home), derived=folder)
    dice = np.random.default_rng(3)
    many = known.stations.iloc[dice.integers(0, len(known.stations), 2 * FEW_KEYS)].reset_index(drop=True)
    keys = [f"站{at}" if at % 7 else f"s{at % 100}" for at in dice.permutation(2 * FEW_KEYS)]
    many["station_id"] = keys
    many.loc[[3, 500], "station_id"] = None
    expected = {key: row for row, key in enumerate(many["station_id"].tolist()) if isinstance(key, str)}
    memory = derived.InMemory()
    memory.put("stations", many)
    for frame in (many, memory.tables()["stations"]):
        found = Atlas.from_frames({"stations": frame}, known.meta).rows_by("stations", "station_id")
        assert not isinstance(found, dict) and dict(found) == expected and len(found) == len(expected)
        for strange in ("", "s", "s1000000", "站", "\U0010ffff", None, 3):
            assert strange not in found and found.get(strange) is None


def test_what_an_import_does_not_touch_is_not_written_again(store: WritableStore, folder: Folder) -> None:
    """Files of a former set are taken where rows, order and fields are the same, and where they are whole."""

    def files() -> dict[str, int]:
        newest = max((one for one in folder.path.iterdir() if one.is_dir()), key=lambda one: one.stat().st_ctime_ns)
        return {one.stem: one.stat().st_ino for one in newest.glob("*.arrow")}

    Atlas.load(store, derived=folder)
    before = files()
    store.apply("stations", rows(store, "stations"), file="s.csv", retire=False)
    alike(Atlas.load(store, derived=folder), Atlas.load(store), ("stations", "activities"))
    after = files()
    assert {name for name in TABLES if before[name] != after[name]} == {"stations"}
    for one in folder.path.glob("*/activities.arrow"):
        with one.open("r+b") as file:
            file.seek(-200, 2)
            file.write(b"altered")
    store.remove("flows", store.read("flows")["flow_id"].head(1).tolist())
    alike(Atlas.load(store, derived=folder), Atlas.load(store), ("stations", "activities", "flows"))
    assert {name for name in TABLES if after[name] != files()[name]} == {"activities", "flows"}
