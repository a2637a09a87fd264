"""Every store gives back what was put in, the same to the last bit, and shows one moment at a time."""

from __future__ import annotations

import threading

import pandas as pd
import pytest
import shapely

from dashboard.source import AtlasSource
from geodata.errors import AtlasError
from geodata.schema import TABLES
from layers.atlas import Atlas
from tests.geodata.store.atlases import content, rows


def test_everything_is_there(own, place):
    counts = own.tables()
    assert list(counts) == list(TABLES)
    expected = {
        "regions": 11,
        "grids": 27,
        "enterprises": 421,
        "stations": 36,
        "facts": 46,
        "flows": 11,
        "zones": 10,
        "candidates": 0,
        "scenarios": 0,
    }
    assert {name: counts[name] for name in expected} == expected
    assert own.name == place.kind
    assert {"data_version", "data_date", "built_at", "schema_version"} <= set(own.meta())
    assert own.meta()["data_date"] == "2024-10-31"


def test_tables_come_back_as_they_went_in(own, fresh):
    for name, frame in fresh.items():
        back = own.read(name)
        shape = frame.geometry if "geometry" in frame else None
        pd.testing.assert_frame_equal(
            pd.DataFrame(back.drop(columns="geometry", errors="ignore")),
            pd.DataFrame(frame.drop(columns="geometry", errors="ignore")),
        )
        if shape is not None:
            # single polygons come back as multipolygons of one part
            assert (back.geometry.isna() == shape.isna()).all()
            assert shapely.equals(back.geometry.dropna().to_numpy(), shape.dropna().to_numpy()).all()
            assert back.crs == "EPSG:4326"


def test_the_types_are_those_of_the_schema(own):
    for name, schema in TABLES.items():
        frame = own.read(name)
        for column in schema.columns:
            assert str(frame[column.name].dtype) == column.pandas_dtype, f"{name}.{column.name}"


def test_an_unknown_table_is_refused(own):
    with pytest.raises(AtlasError, match="planets"):
        own.read("planets")


def test_both_stores_read_the_same_to_the_last_bit(both):
    left, right = both
    assert left.meta() == right.meta() and list(left.tables().items()) == list(right.tables().items())
    for name, schema in TABLES.items():
        one, other = left.read(name), right.read(name)
        assert type(one) is type(other) and (not schema.geometry or one.crs == other.crs)
        pd.testing.assert_frame_equal(
            pd.DataFrame(one.drop(columns="geometry", errors="ignore")),
            pd.DataFrame(other.drop(columns="geometry", errors="ignore")),
            check_exact=True,
        )
        if schema.geometry:
            assert [shape and shape.wkb for shape in one.geometry] == [shape and shape.wkb for shape in other.geometry]


def test_hard_values_come_back_from_both_stores_as_they_are(own):
    """Quotes, line ends, backslashes, signs beyond the plane,
    tabs, the smallest and longest numbers, the earliest date.
    """
    like = rows(own, 4)
    frame = TABLES["stations"].validate(
        like.assign(
            name=["a\tb\\N\\.", "'\"; DROP TABLE stations; --", "𠮷野家 🚲\r\n:name %s %(a)s", "\\x00{}"],
            address=[None, "", " ", "NULL"],
            area_m2=[5e-324, 1.7976931348623157e308, 0.1 + 0.2, None],
            opened_on=["1678-01-01", None, "2024-02-29", "9999-12-31"],
            geometry=[
                shapely.Point(118.1 + 1e-13, 24.4),
                None,
                shapely.Point(-180, -90),
                shapely.Point(0.1 + 0.2, 1 / 3),
            ],
        ).set_crs("EPSG:4326", allow_override=True)
    )
    batch = own.apply("stations", frame)
    back = own.read("stations").iloc[-4:].reset_index(drop=True)
    plain = [column for column in frame if column not in ("batch_id", "geometry")]
    pd.testing.assert_frame_equal(pd.DataFrame(back[plain]), pd.DataFrame(frame[plain]), check_exact=True)
    assert [shape and shape.wkb for shape in back.geometry] == [shape and shape.wkb for shape in frame.geometry]
    own.undo(batch.batch_id)
    assert (
        own.changes(batch.batch_id).query("what == 'added'")["after"].map(lambda row: row["name"]).tolist()
        == frame["name"].tolist()
    )


def test_the_stamp_is_another_whenever_the_atlas_is(own):
    stamps = [own.stamp(), own.stamp()]
    assert stamps[0] == stamps[1] and hash(stamps[0]) == hash(stamps[1])
    batch = own.apply("stations", rows(own, 1))
    stamps.append(own.stamp())
    own.undo(batch.batch_id)
    stamps.append(own.stamp())  # the rows are as they were, and yet what was yesterday is not
    assert len(set(stamps)) == 3


def test_at_once_shows_one_moment_whoever_imports_meanwhile(place):
    reader, writer = place.open(), place.open()
    before, seen = content(reader), reader.stamp()

    def use(now):
        first = now.read("grids")
        writer.apply("stations", rows(writer, 3))
        assert len(first) == now.tables()["grids"] and now.tables()["stations"] == 36
        past = now.as_of("2000-01-01T00:00:00+00:00")
        assert past.tables()["stations"] == 36 and now.history() == []
        return content(now)

    stamp, held = reader.at_once(use)
    assert (stamp, held) == (seen, before) and reader.tables()["stations"] == 11
    assert reader.stamp() != seen


def test_a_source_gives_the_present_atlas_and_never_a_mixed_one(place):
    """Two importers move stations and fairs together; whoever loads sees both of a pair or none."""
    source, writer = AtlasSource(place.home, place.url), place.open()
    assert source.described()[1:] == (place.kind, writer.tables()) and source.atlas() is source.atlas()
    sizes, stop = [], threading.Event()

    def load() -> None:
        while not stop.is_set():
            atlas = source.atlas()
            sizes.append((len(atlas.stations), atlas.version, atlas.meta["data_version"]))

    thread = threading.Thread(target=load)
    thread.start()
    known = {writer.meta()["data_version"]: 36}
    for _ in range(4):
        batch = writer.apply("stations", rows(writer, 3))
        known[writer.meta()["data_version"]] = 11
        writer.undo(batch.batch_id)
    stop.set()
    thread.join()
    assert {count == known[version] for count, version, _ in sizes} == {True}
    assert len(source.atlas().stations) == 36
    assert Atlas.load(writer.as_of(batch.time)).version != source.atlas().version
