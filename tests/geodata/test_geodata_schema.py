"""The schema refuses what is wrong and says where."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geodata.codes import activity_kinds, labels
from geodata.errors import AtlasError
from geodata.schema import COMMON, TABLES

STATION = {
    "station_id": "S1",
    "name": "驿站",
    "adcode": "350203",
    "status": "open",
    "opening_hours": "24/7",
    "access": "open",
    "smart": True,
    "facilities": "water;rest",
    "last_inspected": "2024-10-01",
    "provenance": "reported",
    "source_id": "F080",
    "batch_id": "t",
    "geometry": shapely.Point(118.1, 24.45),
}


def stations(*rows: dict) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame([STATION | row for row in rows], crs="EPSG:4326")


def test_every_table_has_the_common_columns_headers_and_a_key():
    for schema in TABLES.values():
        names = [column.name for column in schema.columns]
        assert set(COMMON) <= set(names) and schema.key in names and len(names) == len(set(names))
        assert schema.zh and schema.en
        for column in schema.columns:
            assert column.zh and column.en, f"{schema.name}.{column.name}"
            assert column.dtype in {"str", "int", "float", "bool", "date", "set"}
            assert not column.unit or column.unit in labels("unit")


def test_a_good_frame_comes_back_in_the_types_of_the_schema():
    frame = TABLES["stations"].validate(stations({}, {"station_id": "S2", "last_inspected": None, "geometry": None}))
    assert tuple(frame.columns) == TABLES["stations"].column_names
    assert frame["last_inspected"].dtype == "datetime64[s]" and frame["last_inspected"].isna().tolist() == [False, True]
    assert frame["address"].isna().all() and frame.crs == "EPSG:4326"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "half-open"}, ["stations", "S2", "status", "half-open", "planned"]),
        ({"facilities": "water;sauna"}, ["stations", "S2", "facilities", "sauna"]),
        ({"area_m2": -3.0}, ["stations", "S2", "area_m2", "-3"]),
        ({"name": None}, ["stations", "S2", "name", "空着"]),
        ({"last_inspected": "2024-13-40"}, ["stations", "last_inspected", "YYYY-MM-DD"]),
        ({"smart": "maybe"}, ["stations", "smart"]),
        ({"geometry": shapely.LineString([(0, 0), (1, 1)])}, ["stations", "S2", "LineString", "Point"]),
    ],
)
def test_a_bad_value_is_named(change, said):
    with pytest.raises(AtlasError) as error:
        TABLES["stations"].validate(stations({}, {"station_id": "S2"} | change))
    for word in said:
        assert word in str(error.value)


def test_two_rows_of_one_key_are_refused():
    with pytest.raises(AtlasError, match="S1 不止一次"):
        TABLES["stations"].validate(stations({}, {}))


def test_a_missing_column_is_named():
    with pytest.raises(AtlasError, match="status"):
        TABLES["stations"].validate(stations({}).drop(columns="status"))


def test_a_frame_with_an_index_of_its_own_keeps_its_values():
    frame = stations({}, {"station_id": "S2", "facilities": None})
    frame.index = [7, 3]
    checked = TABLES["stations"].validate(frame)
    assert checked["station_id"].tolist() == ["S1", "S2"] and checked["services"].isna().all()


def test_numbers_that_are_not_whole_are_refused_where_things_are_counted():
    row = {
        "flow_id": "1",
        "from_adcode": "210900",
        "to_adcode": "211400",
        "kind": "hire",
        "persons": 1.5,
        "period": "2024",
        "provenance": "reported",
        "source_id": "F037",
        "batch_id": "t",
    }
    with pytest.raises(AtlasError, match="persons"):
        TABLES["flows"].validate(pd.DataFrame([row]))


def test_labels_speak_both_languages():
    assert labels("facility", "zh")["water"] == "饮用水"
    assert labels("facility", "en")["water"] == "Drinking water"
    assert labels("activity_kind")["visit"] == "进企业活动"
    with pytest.raises(AtlasError, match="klingon"):
        labels("facility", "klingon")
    with pytest.raises(AtlasError, match="planets"):
        labels("planets")


def test_kinds_of_activity_have_colours_of_their_own():
    kinds = activity_kinds()
    assert len({kind.colour for kind in kinds}) == len(kinds) >= 14
    assert [kind.order for kind in kinds] == sorted(kind.order for kind in kinds)
