"""Coordinates that stand in the wrong column, beyond all bounds, or in three columns: the row comes in all the same."""

from __future__ import annotations

import pytest
import shapely

from geodata.importing import misplaced
from geodata.importing.check import check_record
from tests.geodata.importing.test_structure import book

POINT = (118 + 5 / 60 + 40.2 / 3600, 24 + 28 / 60 + 16.3 / 3600)
CELLS = [118, 5, 40.2, 24, 28, 16.3]


def points(found) -> list[list[float] | None]:
    return [None if one is None else shapely.get_coordinates(one)[0].tolist() for one in found.frame.geometry]


@pytest.mark.parametrize(
    "head",
    [
        [["经度", None, None, "纬度", None, None], ["度", "分", "秒", "度", "分", "秒"]],
        [["经度度", "经度分", "经度秒", "纬度度", "纬度分", "纬度秒"]],
        [["东经（度）", "东经（分）", "东经（秒）", "北纬（度）", "北纬（分）", "北纬（秒）"]],
        [["lon_deg", "lon_min", "lon_sec", "lat_deg", "lat_min", "lat_sec"]],
        [["度", "分", "秒", "度", "分", "秒"]],
    ],
)
def test_degrees_minutes_and_seconds_in_columns_of_their_own(checked, head):
    top = [[*(("名称", "所属区") if at == 0 else (None, None)), *row] for at, row in enumerate(head)]
    merges = ("C1:E1", "F1:H1", "A1:A2", "B1:B2") if len(head) == 2 else ()
    rows = [*top, ["甲", "思明区", *CELLS], ["乙", "思明区", *[None] * 6], ["丙", "思明区", 118, None, 40, 24, 28, 1]]
    found = checked(book(("台账", rows, merges)), name="t.xlsx")
    assert found.report.errors == [] and len(found.frame) == 3
    assert found.report.own_fields == []
    assert points(found)[0] == pytest.approx(POINT, abs=1e-9)
    assert points(found)[1:] == [None, None]
    assert [one.row for one in found.report.warnings if one.code == "position"] == [len(head) + 3]


def test_west_and_south_count_where_the_headings_name_them(checked):
    head = "名称,所属区,西经度,西经分,南纬度,南纬分\n"
    found = checked(head + "甲,思明区,70,30,33,15\n")
    assert points(found) == [[-70.5, -33.25]]


@pytest.mark.parametrize("crs", ["wgs84", "gcj02"])
def test_degrees_in_each_others_column_are_changed_over_and_told(checked, crs):
    head = "名称,所属区,经度,纬度\n"
    right = checked(head + "甲,思明区,118.0945,24.4712\n", crs=crs)
    wrong = checked(head + "甲,思明区,24.4712,118.0945\n乙,思明区,118.0945,24.4712\n", crs=crs)
    assert wrong.report.errors == [] and points(wrong) == [points(right)[0]] * 2
    (told,) = [one for one in wrong.report.warnings if one.code == "swapped"]
    assert told.rows == (2,) and told.positions[0][1:3] == (24.4712, 118.0945)


def test_degrees_that_are_none_cost_the_position_and_not_the_row(checked, store):
    head = "名称,所属区,经度,纬度\n"
    found = checked(head + "甲,思明区,118.0945,124.4712\n乙,思明区,1180.945,24.4712\n丙,思明区,118.0945,24.4712\n")
    assert found.report.errors == [] and [one is None for one in points(found)] == [True, True, False]
    assert [(one.row, one.column) for one in found.report.warnings if one.code == "position"] == [
        (2, "纬度"),
        (3, "经度"),
    ]
    values = {"name": "甲", "adcode": "思明区", "lon": "118.0945", "lat": "95"}
    by_hand = check_record(values, "stations", store, "wgs84")  # who fills in a row can mend it at once
    assert [one.code for one in by_hand.report.errors] == ["position"]


def test_very_many_coordinates_that_cannot_be_read_leave_room_for_other_words(checked):
    rows = "".join(f"站{at},思明区,118.0945,甲{at}\n" for at in range(6_000))
    report = checked("名称,所属区,经度,纬度\n" + rows).report
    assert report.unplaced == 6_000
    assert {one.params["count"] for one in report.warnings if one.code in ("position", "unplaced") and one.params} >= {
        5_800,
        6_000,
    }


def test_another_datum_is_seen_by_some_rows_of_a_long_table_and_told_of_all(checked, tables, monkeypatch):
    there = tables["stations"].dropna(subset="geometry")
    text = "站点名称,县区代码,经度,纬度\n" + "".join(
        f"{row.name}{at},{row.adcode},{row.geometry.x + 0.011},{row.geometry.y + 0.0035}\n"
        for at, row in enumerate(there[["name", "adcode", "geometry"]].itertuples(index=False))
    )
    whole = checked(text)
    monkeypatch.setattr(misplaced, "DATUM_SAMPLE", 40)
    some = checked(text)
    told = [[one for one in found.report.warnings if one.code == "datum"] for found in (whole, some)]
    assert told[0] and told[0] == told[1]
