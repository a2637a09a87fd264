"""The GeoPackage: a file that others open too, and what is said of one that is wrong, without touching it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from geodata.errors import AtlasError
from geodata.schema import TABLES
from geodata.store import FILE_NAME, GeoPackageStore, open_store
from geodata.store.bulk import MANY
from tests.geodata.store.atlases import rows


@pytest.fixture
def copy(atlas_home, tmp_path) -> Path:
    return Path(shutil.copy(atlas_home / FILE_NAME, tmp_path / FILE_NAME))


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def test_gdal_opens_the_file_and_lists_every_layer(atlas_home):
    layers = {layer for layer, _ in pyogrio.list_layers(atlas_home / FILE_NAME)}
    assert layers == {*TABLES, "atlas_meta", "batches", "batch_changes"}
    if shutil.which("ogrinfo"):
        done = subprocess.run(["ogrinfo", "-so", "-al", str(atlas_home / FILE_NAME)], capture_output=True, text=True)
        assert done.returncode == 0 and all(f"Layer name: {name}" in done.stdout for name in TABLES)
        assert "ERROR" not in done.stderr


def test_dates_are_kept_as_iso_text(atlas_home):
    with closing(sqlite3.connect(f"file:{atlas_home / FILE_NAME}?mode=ro", uri=True)) as database:
        row = database.execute("SELECT start FROM fairs WHERE positions = 3854").fetchone()
    assert row == ("2024-05-25",)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AtlasError, match="dashboard build") as error:
        open_store(tmp_path)
    assert str(tmp_path / FILE_NAME) in str(error.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a spreadsheet", b"SQLite format 3\x00" + bytes(200)])
def test_another_kind_of_file_is_said_to_be_one(tmp_path, content):
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    with pytest.raises(AtlasError, match="不是 GeoPackage"):
        open_store(tmp_path)
    assert path.read_bytes() == content


def test_a_truncated_file_is_said_to_be_short(copy):
    whole = copy.read_bytes()
    copy.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(AtlasError, match="不完整"):
        GeoPackageStore(copy)
    assert copy.stat().st_size == len(whole) // 2


def test_a_file_damaged_inside_is_said_to_be_unreadable(copy):
    whole = copy.read_bytes()
    copy.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    with pytest.raises(AtlasError, match="读不出来"):
        GeoPackageStore(copy)


def test_another_schema_version_is_refused(copy):
    change(copy, "UPDATE atlas_meta SET value = '0' WHERE key = 'schema_version'")
    before = copy.read_bytes()
    with pytest.raises(AtlasError, match="第 0 版"):
        GeoPackageStore(copy)
    assert copy.read_bytes() == before


def test_a_geopackage_of_somebody_else_is_refused(tmp_path):
    path = tmp_path / FILE_NAME
    pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), path, layer="other", driver="GPKG")
    with pytest.raises(AtlasError, match="atlas_meta"):
        GeoPackageStore(path)


@pytest.mark.parametrize("table", ["facts", "kinds"])
def test_a_missing_table_is_named(copy, table):
    change(copy, f"DROP TABLE {table}")
    with pytest.raises(AtlasError, match=table):
        GeoPackageStore(copy)


def test_an_atlas_from_before_a_table_gets_it_empty_when_it_is_opened(copy):
    former = GeoPackageStore(copy)
    stops, meta = former.read("stops"), former.meta()
    for name in ("stops", "parts"):
        for trigger in pd.read_sql_query(
            f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{name}'", f"sqlite:///{copy}"
        )["name"]:
            change(copy, f'DROP TRIGGER "{trigger}"')
        for sql in (
            f'DROP TABLE IF EXISTS "rtree_{name}_geom"',
            f'DROP TABLE "{name}"',
            *(
                f"DELETE FROM {table} WHERE table_name = '{name}'"
                for table in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_extensions", "gpkg_ogr_contents")
            ),
        ):
            change(copy, sql)
    own = GeoPackageStore(copy)
    assert own.tables()["stops"] == len(own.read("parts")) == 0
    assert pyogrio.read_info(copy, layer="stops")["geometry_type"] == "Point"
    before = copy.read_bytes()
    assert GeoPackageStore(copy).meta() == meta and copy.read_bytes() == before
    batch = own.apply("stops", stops)
    assert batch.added == own.tables()["stops"] == len(stops) and pyogrio.read_info(copy, layer="stops")[
        "features"
    ] == len(stops)
    own.undo(batch.batch_id)
    assert own.tables()["stops"] == 0


def test_reading_changes_nothing(copy):
    before = copy.read_bytes()
    store = GeoPackageStore(copy)
    for name in store.tables():
        store.read(name)
    assert copy.read_bytes() == before and [path.name for path in copy.parent.iterdir()] == [FILE_NAME]


def test_a_store_address_of_an_unknown_kind_is_refused_without_its_password(tmp_path):
    for address in ("mysql://user:secret@127.0.0.1/atlas", "user:secret@127.0.0.1"):
        with pytest.raises(AtlasError, match="postgresql://") as error:
            open_store(tmp_path, address)
        assert "secret" not in str(error.value)


def test_gis_programs_still_open_the_file_and_find_by_box(copy):
    own = GeoPackageStore(copy)
    batch = own.apply("stations", rows(own, 50))
    info = pyogrio.read_info(own.path, layer="stations")
    assert info["features"] == 58 and "batches" in {name for name, _ in pyogrio.list_layers(own.path)}
    own.apply("regions", own.read("regions").iloc[:2].assign(name="改"))
    box = own.read("stations").geometry.iloc[-1].buffer(1e-6).bounds
    found = pyogrio.read_dataframe(own.path, layer="stations", bbox=box)
    assert len(found) >= 1 and set(found["batch_id"]) == {batch.batch_id}
    assert pyogrio.read_info(own.path, layer="stations")["total_bounds"] == pytest.approx(
        shapely.total_bounds(own.read("stations").geometry.dropna().to_numpy())
    )


def test_a_failure_half_way_leaves_the_atlas_as_it_was(copy, monkeypatch):
    own = GeoPackageStore(copy)
    before = own.path.read_bytes()
    monkeypatch.setattr(
        "geodata.store.log.stamp", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(AtlasError, match="没有改动"):
        own.apply("stations", rows(own, 5))
    assert own.path.read_bytes() == before and sorted(path.name for path in own.path.parent.iterdir()) == [
        ".atlas.lock",
        "atlas.gpkg",
    ]


def test_many_rows_at_once_leave_the_file_as_one_after_another_would(copy):
    """The oracle is SQLite's own check of its index, and the triggers of GDAL that each single row runs."""
    store = GeoPackageStore(copy)
    before = layer_of(copy)
    unplaced = rows(store, MANY + 100, "U")
    unplaced.loc[unplaced.index[::7], "geometry"] = None
    batch = store.apply("stations", unplaced)
    after = layer_of(copy)
    held = store.read("stations")
    assert batch.added == MANY + 100 and after.triggers == before.triggers
    assert after.check == "ok" and after.counted == len(held)
    assert after.boxes == {fid: box for fid, box in boxes_of(held, copy).items() if box is not None}
    again = unplaced.assign(name=unplaced["name"] + "改", geometry=unplaced.geometry.translate(0.01, 0))
    assert store.apply("stations", again).changed == MANY + 100
    moved = layer_of(copy)
    assert moved.boxes == {fid: box for fid, box in boxes_of(store.read("stations"), copy).items() if box is not None}
    assert (moved.check, moved.counted, moved.triggers) == ("ok", after.counted, before.triggers)
    for one in store.history():
        store.undo(one.batch_id)
    assert layer_of(copy) == before


class Layer(NamedTuple):
    boxes: dict[int, tuple[float, ...]]
    counted: int
    triggers: list[tuple[str, str]]
    check: str


def layer_of(path: Path) -> Layer:
    with closing(sqlite3.connect(path)) as database:
        boxes = {
            row[0]: row[1:] for row in database.execute("SELECT id, minx, maxx, miny, maxy FROM rtree_stations_geom")
        }
        counted = database.execute("SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = 'stations'")
        triggers = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'stations' ORDER BY name"
        )
        check = database.execute("SELECT rtreecheck('rtree_stations_geom')")
        return Layer(boxes, counted.fetchone()[0], triggers.fetchall(), check.fetchone()[0])


def boxes_of(held: gpd.GeoDataFrame, path: Path) -> dict[int, tuple[float, ...] | None]:
    """Return the box of each row as an index of SQLite's own keeps it: in single precision, rounded outwards."""
    with closing(sqlite3.connect(path)) as database:
        fids = [row[0] for row in database.execute("SELECT fid FROM stations ORDER BY fid")]
        database.execute("CREATE VIRTUAL TABLE temp.one USING rtree(id, minx, maxx, miny, maxy)")
        for fid, shape in zip(fids, held.geometry, strict=True):
            if shape is not None:
                west, south, east, north = shape.bounds
                database.execute("INSERT INTO temp.one VALUES (?, ?, ?, ?, ?)", (fid, west, east, south, north))
        found = {row[0]: row[1:] for row in database.execute("SELECT id, minx, maxx, miny, maxy FROM temp.one")}
    return {fid: found.get(fid) for fid in fids}
