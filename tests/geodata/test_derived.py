"""Derived files: what is read of them is what was put, and what is not whole is never read."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.derived import Folder, InMemory, columns
from geodata.derived.folder import GRACE_SECONDS, MANIFEST, MOST, UNFINISHED, Making
from geodata.schema import TABLES

KEY = "aaa-1"


@pytest.fixture(scope="module", autouse=True)
def _as_of_a_long_table() -> Iterator[None]:
    """Texts of these few rows are Arrow's, as those of many."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(columns, "SHORT", -1)
        yield


def alike(got: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Refuse another column, type, order or value; how texts are kept in memory is not asked."""
    assert list(got.columns) == list(expected.columns)
    assert type(got) is type(expected)
    for name in expected:
        one, other = got[name], expected[name]
        if name == "geometry":
            assert one.crs == other.crs
            assert (
                shapely.to_wkb(np.asarray(one, object)).tolist() == shapely.to_wkb(np.asarray(other, object)).tolist()
            )
            continue
        assert one.dtype == other.dtype or {str(one.dtype), str(other.dtype)} == {"str"}, name
        pd.testing.assert_series_equal(one.astype(object), other.astype(object), check_index_type=False)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_comes_back_as_it_was_put(tables: dict[str, pd.DataFrame], name: str) -> None:
    for frame in (tables[name], tables[name].iloc[:0]):
        memory = InMemory()
        memory.put(name, frame)
        alike(memory.tables()[name], frame)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(columns, "SHORT", len(frame))
            pd.testing.assert_frame_equal(pd.DataFrame(memory.tables()[name]), pd.DataFrame(frame))


def some_of(name: str, draw: st.DataObject) -> pd.DataFrame:
    """Return a few rows of a table with anything in them, and with nothing wherever that may be."""
    schema, count = TABLES[name], draw.draw(st.integers(0, 6))
    kinds = {
        "str": st.text(max_size=8),
        "set": st.sampled_from(["a", "a;b", "；"]),
        "int": st.integers(0, 2**40),
        "float": st.floats(allow_nan=False, allow_infinity=False),
        "bool": st.booleans(),
        "date": st.dates(date(1950, 1, 1), date(2050, 1, 1)).map(str),
    }
    columns = {
        column.name: draw.draw(
            st.lists(
                st.none() | kinds[column.dtype] if column.nullable else kinds[column.dtype],
                min_size=count,
                max_size=count,
            )
        )
        for column in schema.columns
    }
    frame = pd.DataFrame({one: pd.Series(values, dtype=object) for one, values in columns.items()})
    if schema.geometry:
        degrees = st.floats(-180, 180)
        point = st.builds(shapely.Point, degrees, degrees)
        shape = point if schema.geometry == "point" else point.map(lambda one: one.buffer(0.1))
        shapes = draw.draw(st.lists(st.none() | shape, min_size=count, max_size=count))
        frame = gpd.GeoDataFrame(frame, geometry=shapes)
    return schema.coerce(frame)


@settings(max_examples=15)
@given(st.data(), st.sampled_from(["stations", "activities", "parts", "grids"]))
def test_anything_comes_back(draw: st.DataObject, name: str) -> None:
    frame = some_of(name, draw)
    memory = InMemory()
    memory.put(name, frame)
    tables = memory.tables()
    alike(tables[name], frame)
    for column in TABLES[name].columns:
        if column.dtype in ("str", "set"):
            codes, values = tables.codes(name, column.name)
            assert [values[code] if code >= 0 else None for code in codes] == [
                one if isinstance(one, str) else None for one in frame[column.name]
            ]


def test_shapes_are_made_of_the_rows_that_are_asked_for(tables: dict[str, pd.DataFrame]) -> None:
    """Every way in which rows are picked gives what geopandas gives."""
    dice = np.random.default_rng(1)
    for name in ("stations", "places"):
        memory = InMemory()
        memory.put(name, tables[name])
        got, expected = memory.tables()[name].geometry, tables[name].geometry
        count = len(expected)
        at = dice.integers(0, count, 20)
        picks = (at, at - count, np.arange(count) % 3 == 0, slice(3, 9), slice(None, None, -2), slice(0, 0), [])
        for one in picks:
            assert shapely.to_wkb(got.array[one]._data).tolist() == shapely.to_wkb(expected.array[one]._data).tolist()
            assert got.array[one].isna().tolist() == expected.array[one].isna().tolist()
        assert got.iloc[-1] == expected.iloc[-1] or (got.iloc[-1] is None and expected.iloc[-1] is None)
        with pytest.raises(IndexError):
            got.array[count]
        np.testing.assert_array_equal(got.bounds, expected.bounds)
        np.testing.assert_array_equal(got.total_bounds, expected.total_bounds)
        assert got.is_empty.tolist() == expected.is_empty.tolist() and got.isna().tolist() == expected.isna().tolist()
        for made in (
            lambda one: one.reindex([2, 1, len(one) + 5]),
            lambda one: pd.concat([one, one.iloc[:2]]),
            lambda one: pickle.loads(pickle.dumps(one)),
            lambda one: one.copy(),
        ):
            assert shapely.to_wkb(made(got).to_numpy()).tolist() == shapely.to_wkb(made(expected).to_numpy()).tolist()
        with pytest.raises(TypeError, match="read only"):
            got.array[0] = shapely.Point(0, 0)


# -- files ------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "derived")


@pytest.fixture
def few(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {name: tables[name] for name in ("stations", "grids", "flows")}


def put(making: Making, frames: dict[str, pd.DataFrame]) -> dict[str, int]:
    for name, frame in frames.items():
        making.put(name, frame)
    return {"known": len(frames)}


def test_a_set_is_made_once_and_mapped_after(folder: Folder, few: dict[str, pd.DataFrame]) -> None:
    assert folder.find(KEY) is None
    for found in (folder.made(KEY, lambda making: put(making, few)), folder.find(KEY), folder.made(KEY, pytest.fail)):
        assert found is not None and found.facts == {"known": 3} and {*found} == {*few}
        for name, frame in few.items():
            alike(found[name], frame)
    assert {one.name for one in folder.path.iterdir()} == {".lock", KEY}


def cut(at: Path) -> None:
    with (at / "grids.arrow").open("rb+") as file:
        file.truncate((at / "grids.arrow").stat().st_size // 2)


def emptied(at: Path) -> None:
    (at / "stations.arrow").write_bytes(b"")


def one_bit(at: Path) -> None:
    path = at / "stations.arrow"
    held = bytearray(path.read_bytes())
    held[len(held) // 2] ^= 1
    path.unlink()  # the file itself may be mapped by this test
    path.write_bytes(held)


def exchanged(at: Path) -> None:
    (at / "flows.arrow").unlink()
    shutil.copyfile(at / "grids.arrow", at / "flows.arrow")


def without_a_file(at: Path) -> None:
    (at / "flows.arrow").unlink()


def without_manifest(at: Path) -> None:
    (at / MANIFEST).unlink()


def said_otherwise(at: Path) -> None:
    path = at / MANIFEST
    path.write_text(path.read_text("utf-8").replace('"known": 3', '"known": 4'), "utf-8")


def half_said(at: Path) -> None:
    path = at / MANIFEST
    path.write_text(path.read_text("utf-8")[:-40], "utf-8")


def of_another_version(at: Path) -> None:
    """A whole one that another program has written well, under a name that is ours."""
    import hashlib

    path = at / MANIFEST
    said = json.dumps(json.loads(path.read_text("utf-8").split("\n")[1]) | {"form": -1})
    path.write_text(f"{hashlib.sha256(said.encode()).hexdigest()}\n{said}\n", "utf-8")


def of_another_key(at: Path) -> None:
    other = Folder(at.parent / "other")
    other.made("bbb-2", lambda making: {})
    shutil.copyfile(other.path / "bbb-2" / MANIFEST, at / MANIFEST)
    shutil.rmtree(other.path)


@pytest.mark.parametrize(
    "spoil",
    [
        *(cut, emptied, one_bit, exchanged, without_a_file, without_manifest),
        *(said_otherwise, half_said, of_another_version, of_another_key),
    ],
)
def test_what_is_not_whole_is_made_anew(folder: Folder, few: dict[str, pd.DataFrame], spoil) -> None:
    folder.made(KEY, lambda making: put(making, few))
    spoil(folder.path / KEY)
    assert folder.find(KEY) is None
    again = folder.made(KEY, lambda making: put(making, few))
    for name, frame in few.items():
        alike(again[name], frame)
    assert folder.find(KEY) is not None


def test_who_fails_or_dies_in_the_middle_leaves_nothing_to_read(folder: Folder, few: dict[str, pd.DataFrame]) -> None:
    def fails(making: Making) -> dict:
        put(making, few)
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        folder.made(KEY, fails)
    dead = folder.path / f"{UNFINISHED}1"
    dead.mkdir()
    (dead / "grids.arrow").write_bytes(b"half")
    assert folder.find(KEY) is None
    folder.made(KEY, lambda making: put(making, few))
    assert {one.name for one in folder.path.iterdir()} == {".lock", KEY}


def test_two_at_once_make_it_once(folder: Folder, few: dict[str, pd.DataFrame]) -> None:
    begun, made, found = threading.Barrier(4), [], []

    def make(making: Making) -> dict:
        made.append(1)
        time.sleep(0.1)
        return put(making, few)

    def work() -> None:
        begun.wait()
        found.append(folder.made(KEY, make))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(made) == 1 and [len(one["stations"]) for one in found] == [len(few["stations"])] * 4


def test_former_sets_are_swept_and_who_has_one_open_keeps_it(folder: Folder, few: dict[str, pd.DataFrame]) -> None:
    def old(name: str, by: float) -> None:
        moment = time.time() - GRACE_SECONDS - by
        os.utime(folder.path / name, (moment, moment))

    former = folder.made("aaa-1", lambda making: put(making, few))
    days = [f"bbb-{at}" for at in range(MOST + 2)]
    for at, name in enumerate(days):  # days of another atlas, the later the younger
        folder.made(name, lambda making: {})
        old(name, 100 - at)
    old("aaa-1", 1)
    (folder.path / "stray").write_text("of nobody")
    old("stray", 1)
    folder.made("bbb-now", lambda making: {})
    kept = {*days[-(MOST - 1) :], "bbb-now", ".lock"}
    assert {one.name for one in folder.path.iterdir()} == kept
    alike(former["grids"], few["grids"])  # laid out after its file was gone
