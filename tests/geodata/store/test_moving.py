"""A whole atlas from one store into another and back: nothing is lost, or nothing happens."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pandas as pd
import pytest

from geodata.errors import AtlasError
from geodata.schema import TABLES
from geodata.store import FILE_NAME, open_store, site, transfer
from geodata.store.transfer import move
from geodata.store.whole import of_database
from tests.geodata.store.atlases import content, rows


def live_in(place):
    """Return an atlas with imports that stand, one undone and one taken out, and the first of them."""
    store = place.open()
    first = store.apply("stations", rows(store, 3, "A"), author="甲", file="a.csv", file_hash="ff", crs="gcj02")
    store.apply("stations", rows(store, 2, "A").assign(name="新名"))
    store.undo(store.apply("stations", rows(store, 3, "B")).batch_id, "乙")
    store.remove("grids", store.read("grids")["grid_id"].tolist()[:2])
    store.undo(store.apply("grids", store.read("grids").iloc[:2].assign(provenance="reported")).batch_id)
    return store, first


@pytest.fixture
def lived_in(small):
    return live_in(small)


@pytest.fixture
def target(request, tmp_path):
    """A vacant place of the other kind."""
    if request.node.callspec.id == "postgis":
        yield tmp_path / "elsewhere", None
        return
    with request.getfixturevalue("postgres").database() as url:
        yield tmp_path, url


def test_everything_is_there_afterwards_and_goes_on(small, lived_in, target):
    store, first = lived_in
    shares: list[float] = []
    said = move(small.site(), site(*target), progress=lambda share, message: shares.append(share))
    moved = open_store(*target)
    assert moved.name != store.name and shares == sorted(shares) and shares[-1] == 1 and len(shares) > 20
    assert (
        said["tables"] == store.tables() == moved.tables()
        and said["batches"] == 5
        and said["data_version"] == store.meta()["data_version"]
    )
    assert moved.meta() == store.meta() and moved.history() == store.history()
    for name in TABLES:
        left, right = store.read(name), moved.read(name)
        pd.testing.assert_frame_equal(
            pd.DataFrame(left.drop(columns="geometry", errors="ignore")),
            pd.DataFrame(right.drop(columns="geometry", errors="ignore")),
            check_exact=True,
        )
        if "geometry" in left:
            assert [shape and shape.wkb for shape in left.geometry] == [shape and shape.wkb for shape in right.geometry]
    for batch in store.history():
        pd.testing.assert_frame_equal(store.changes(batch.batch_id), moved.changes(batch.batch_id))
    assert content(store.as_of(first.time)) == content(moved.as_of(first.time)) != content(store)
    # both go on from here in the same way: what one refuses the other refuses
    for one in (store, moved):
        with pytest.raises(AtlasError, match=store.history()[3].batch_id):
            one.undo(first.batch_id)
        for batch in one.history():
            if not batch.undone_at:
                one.undo(batch.batch_id, "丙")
    assert (
        content(store) == content(moved)
        and moved.meta()["data_version"] == store.meta()["data_version"] == store.meta()["base_version"]
    )
    assert moved.apply("stations", rows(moved, 2, "C")).added == 2


def test_there_and_back_is_the_same(place, target, tmp_path):
    """The whole of it, with every place of the country."""
    store, _ = live_in(place)
    back = site(tmp_path / "back")
    move(place.site(), site(*target))
    move(site(*target), back)
    with store.reading() as one, back.open().reading() as other:
        left, right = of_database(one.database), of_database(other.database)
    assert (
        left.rows == right.rows
        and left.meta == right.meta
        and (left.batches, left.changes) == (right.batches, right.changes)
    )


def test_a_target_with_an_atlas_is_replaced_only_when_asked(small, lived_in, target):
    store, _ = lived_in
    empty = site(*target)
    move(small.site(), empty)
    moved = empty.open()
    moved.apply("stations", rows(moved, 1, "D"))
    before = content(moved)
    with pytest.raises(AtlasError, match="--replace"):
        move(small.site(), empty)
    assert content(moved) == before
    move(small.site(), empty, replace=True)
    assert content(moved) == content(store) and moved.history() == store.history()
    with pytest.raises(AtlasError, match="同一处"):
        move(small.site(), small.site(), replace=True)


def test_a_move_that_does_not_read_back_the_same_has_not_happened(small, target, monkeypatch):
    def pour(database, contents, progress):
        fid, image = contents.rows["stations"][7]
        original(database, contents, progress)
        database.delete(TABLES["stations"], [fid])
        database.put(TABLES["stations"], [(fid, image | {"name": "换了"})])

    original = transfer.pour
    monkeypatch.setattr(transfer, "pour", pour)
    with pytest.raises(AtlasError, match=r"stations.* 1 "):
        transfer.move(small.site(), site(*target))
    with pytest.raises(AtlasError, match="dashboard build"):
        open_store(*target)


def test_an_interrupted_move_leaves_the_target_as_it_was(small, target):
    move(small.site(), site(*target))
    moved = open_store(*target)
    batch = moved.apply("stations", rows(moved, 1))
    before = content(moved)
    for when in (0.1, 0.55, 0.8):

        def stop(share: float, message: str, when: float = when) -> None:
            if share > when:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            move(small.site(), site(*target), replace=True, progress=stop)
        assert content(moved) == before and moved.history() == [batch]


def test_two_rows_of_one_key_are_told_and_not_lost(atlas_home, postgres, tmp_path):
    path = tmp_path / FILE_NAME
    path.write_bytes((atlas_home / FILE_NAME).read_bytes())
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "INSERT INTO flows SELECT fid + 1000, flow_id, from_adcode, "
            "to_adcode, kind, persons, date, period, own, provenance, source_id,"
            " batch_id, valid_from, valid_to FROM flows LIMIT 1"
        )
        database.commit()
    with postgres.database() as url:
        with pytest.raises(AtlasError, match=r"flows.*flow_id"):
            move(site(tmp_path), site(tmp_path, url))
        with pytest.raises(AtlasError, match="还没有图册"):
            open_store(tmp_path, url)


def test_a_source_without_an_atlas_is_told(tmp_path, own_database):
    with pytest.raises(AtlasError, match="dashboard build"):
        move(site(tmp_path), site(tmp_path, own_database), replace=True)
    assert open_store(tmp_path, own_database).tables()["stations"] == 36
