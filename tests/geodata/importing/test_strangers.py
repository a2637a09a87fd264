"""Tables as offices keep them: titles, headers of two rows,
sums at the foot, zones of surveyors, one feature a line.
"""

from __future__ import annotations

import io
import json
import math
import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from openpyxl import Workbook

from dashboard.locale import load_words
from geodata import datum, hours
from geodata.importing import headers, limits
from geodata.importing.check import check_file
from geodata.importing.day_spans import days_of
from geodata.importing.hours import to_hours
from geodata.importing.numbers import figure
from geodata.importing.sheets import Sheet
from geodata.importing.values import as_date
from geodata.own_fields import values_of
from geodata.schema import TABLES

DOCS = (Path(__file__).parents[3] / "docs" / "importing.md").read_text("utf-8")
LON, LAT = np.array([118.0945, 118.1002]), np.array([24.4712, 24.4755])


def codes(problems) -> set[str]:
    return {problem.code for problem in problems}


@pytest.fixture
def ledger() -> bytes:
    book = Workbook()
    sheet = book.active
    for row in (
        ["思明区工会驿站台账"],
        ["填报单位：思明区总工会", "", "", "填报日期：2026-11-20"],
        [],
        ["序号", "驿站名称", "行政区划", "坐标(高德)", None, "开放时间", "面积", "状态"],
        [None, None, None, "经度", "纬度"],
        [1, "鹭江驿站", "思明区", 118.0945, 24.4712, "8:00-22:00", "约150平方米", "运营中"],
        [2, "白鹭洲驿站", "350203", 118.1002, 24.4755, "全天", 120, "规划中"],
        ["合计", None, None, None, None, None, 270],
        ["填表人：张三"],
    ):
        sheet.append(row)
    for merged in ("A1:H1", "D4:E4", *(f"{letter}4:{letter}5" for letter in "ABCFGH")):
        sheet.merge_cells(merged)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def test_a_ledger_with_titles_a_header_of_two_rows_and_a_sum(checked, ledger):
    found = checked(ledger, crs=None, name="t.xlsx")  # the heading over the coordinates says whose they are
    assert found.report.errors == [] and found.report.crs == "gcj02" and found.report.rows == 2
    assert found.frame["name"].tolist() == ["鹭江驿站", "白鹭洲驿站"] and found.frame["area_m2"].tolist() == [150, 120]
    assert found.frame["status"].tolist() == ["open", "planned"]
    (remark,) = [one for one in found.report.warnings if one.code == "remark"]
    assert remark.rows == (8, 9)


def test_the_lower_row_of_a_header_may_hold_the_more(checked):
    found = checked("名称,位置,,\n,县区,经度,纬度\n甲,思明区,118.0945,24.4712\n")
    assert found.report.errors == [] and found.frame[["name", "adcode"]].to_numpy().tolist() == [["甲", "350203"]]


def test_a_station_may_be_called_what_it_likes(checked):
    found = checked("编号,名称,县区,经度,纬度\nA1,备注：甲,思明区,118.0945,24.4712\nA2,合计,思明区,118.0965,24.4712\n")
    assert found.report.errors == [] and found.frame["name"].tolist() == ["备注：甲", "合计"]


@pytest.mark.parametrize(
    ("written", "said", "read"),
    [
        ("EPSG:4527", "cgcs2000", "EPSG:4527"),
        ("EPSG:4527", "cgcs2000-117", "EPSG:4527"),
        ("EPSG:4527", "EPSG:4527", "EPSG:4527"),
        ("EPSG:4548", "cgcs2000-117", "EPSG:4548"),
        ("EPSG:4548", "cgcs2000-zone39", "EPSG:4548"),
        ("EPSG:4547", "EPSG:4547", "EPSG:4547"),
    ],
)
@pytest.mark.parametrize("northing_first", [True, False])
def test_three_degree_zones_with_and_without_their_number(checked, written, said, read, northing_first):
    x, y = datum.from_wgs84(LON, LAT, written)
    first, second = (y, x) if northing_first else (x, y)  # surveyors call the northing X
    found = checked(
        "名称,县区,X,Y\n"
        + "".join(
            f"站{at},思明区,{one!r},{other!r}\n"
            for at, (one, other) in enumerate(zip(first.tolist(), second.tolist(), strict=True))
        ),
        crs=said,
    )
    assert found.report.errors == [] and found.report.crs == read
    assert np.abs(shapely.get_coordinates(found.frame.geometry.to_numpy()) - np.column_stack([LON, LAT])).max() < 1e-8


def test_metres_without_a_zone_are_asked_about_and_mixed_zones_refused(checked):
    head = "名称,县区,X,Y\n"
    plain = checked(head + "甲,思明区,610962.5,2707918.6\n", crs="cgcs2000").report
    assert codes(plain.errors) == {"crs"} and "cgcs2000-117" in plain.errors[0].text()
    mixed = checked(head + "甲,思明区,39610962.5,2707918.6\n乙,思明区,38610962.5,2707918.6\n", crs="cgcs2000").report
    assert codes(mixed.errors) == {"crs"} and "38、39" in mixed.errors[0].text()


def test_one_feature_and_one_feature_a_line(checked):
    feature = {
        "type": "Feature",
        "properties": {"名称": "甲", "县区": "思明区"},
        "geometry": {"type": "Point", "coordinates": [118.0945, 24.4712]},
    }
    assert checked(json.dumps(feature), name="f.geojson").frame["name"].tolist() == ["甲"]
    lines = "\n".join(json.dumps(feature | {"properties": {"名称": name, "县区": "思明区"}}) for name in "乙丙")
    assert checked(lines, name="f.geojsonl").frame["name"].tolist() == ["乙", "丙"]
    assert checked(lines + "\n{", name="f.geojsonl").report.errors


@pytest.mark.parametrize(
    "written",
    ["新城区", "呼和浩特市新城区", "呼和浩特新城区", "内蒙古呼和浩特市新城区", "内蒙古自治区-呼和浩特市-新城区"],
)
def test_a_place_with_what_it_lies_in_or_with_a_point_in_it_is_its_code(checked, written):
    found = checked(f'名称,所属区县,坐标\n甲,{written},"111.66,40.86"\n')
    assert found.report.errors == [] and found.frame["adcode"].tolist() == ["150102"]


def test_a_name_borne_by_several_is_asked_for_with_an_example(checked):
    for written in ("鼓楼区", "厦门市鼓楼区"):  # no point says which, and Xiamen has none
        (problem,) = checked(f"名称,所属区县\n甲,{written}\n", crs=None).report.errors
        assert (problem.row, problem.column, problem.value, problem.code) == (2, "所属区县", written, "adcode")
        assert ("江苏" in problem.text() or "南京市鼓楼区" in problem.text()) == (written == "鼓楼区")
    assert checked("名称,所属区县\n甲,江苏省南京市鼓楼区\n", crs=None).frame["adcode"].tolist() == ["320106"]


@pytest.mark.parametrize(
    "written",
    [
        "118.0945/24.4712",
        "118.0945、24.4712",
        "经度118.0945，纬度24.4712",
        "经度：118.0945 纬度：24.4712",
        "E118.0945,N24.4712",
        "东经118.0945°，北纬24.4712°",
        "lng: 118.0945, lat: 24.4712",
        "(118.0945 24.4712)",
    ],
)
def test_a_pair_of_coordinates_as_maps_show_and_people_copy_it(checked, written):
    found = checked(f'名称,坐标\n甲,"{written}"\n')
    assert found.report.errors == [] and shapely.get_coordinates(found.frame.geometry.iloc[0]).tolist() == [
        [118.0945, 24.4712]
    ]


@pytest.mark.parametrize(
    ("head", "cells", "column", "said"),
    [
        ("经度,纬度", "118.09.45,24.4712", "经度", "118°05′40″"),
        ("经度,纬度", "1180945,24.4712", "经度", "小数点"),
        ("经度,纬度", "118.0945,124.4712", "纬度", "纬度不在"),
        ("X坐标,Y坐标", "39610962.5,2707918.6", "Y坐标", "这是米"),
        ("经度,纬度", "118.7,20.5", "县区代码", "不在任何县区之内"),
    ],
)
def test_a_coordinate_that_cannot_be_used_names_its_cell_and_how_to_mend_it(checked, head, cells, column, said):
    (problem,) = checked(f"名称,{head}\n甲,{cells}\n").report.errors
    assert (problem.row, problem.column) == (2, column) and said in problem.text()


def test_an_area_where_a_point_is_wanted_is_refused_by_its_row(checked):
    shapes = [
        {"type": "Polygon", "coordinates": [[[118.09, 24.47], [118.1, 24.47], [118.1, 24.48], [118.09, 24.47]]]},
        {"type": "Point", "coordinates": [118.0945, 24.4712]},
    ]
    features = [
        {"type": "Feature", "properties": {"名称": name, "县区": "思明区"}, "geometry": shape}
        for name, shape in zip("甲乙", shapes, strict=True)
    ]
    found = checked(json.dumps({"type": "FeatureCollection", "features": features}), name="f.geojson")
    (problem,) = found.report.errors
    assert (problem.row, problem.value, problem.expected()) == (1, "Polygon", "Point") and found.frame[
        "name"
    ].tolist() == ["乙"]


def book_of(rows: list[list], *merged: str) -> bytes:
    book, held = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    for ref in merged:
        book.active.merge_cells(ref)
    book.save(held)
    return held.getvalue()


def test_headings_between_rows_headers_of_several_lines_and_merged_remarks(checked):
    found = checked(
        book_of(
            [
                ["站点名称", "站点详细地址", "驿站\n经度", "驿站\n纬度", "面积\n(平方米)", "备注"],
                ["一、鹭江街道（2个）"],
                ["甲", "水仙路1号", 118.0945, 24.4712, "３５", "高温季"],
                ["乙", "水仙路2号", 118.0955, 24.4722, "三十多", None],
                ["厦港街道（1个）"],
                ["丙", None, 118.0965, 24.4732, "abc", "x"],
                ["小计 3个"],
                ["填表日期：2026年11月"],
            ],
            "A2:F2",
            "F3:F4",
        ),
        name="t.xlsx",
    )
    assert found.report.errors == []
    (problem,) = [one for one in found.report.warnings if one.code == "unknown" and one.value == "abc"]
    assert (problem.sheet, problem.row, problem.column) == ("Sheet", 6, "面积(平方米)")
    assert found.frame["name"].tolist() == ["甲", "乙", "丙"]
    assert found.frame["address"].tolist()[:2] == ["水仙路1号", "水仙路2号"]
    own = [values_of(text) for text in found.frame["own"]]
    assert own[0] == {"备注": "高温季"} and own[2] == {"备注": "x", "面积原文": "abc"}
    (left,) = [one for one in found.report.warnings if one.code == "remark"]
    assert left.rows == (2, 5, 7, 8)


def test_merged_cells_and_formulas_are_told_by_their_header(checked):
    found = checked(
        book_of(
            [
                ["站名", "所属街道", "经度", "纬度"],
                ["甲", "鹭江街道", 118.0945, 24.4712],
                ["乙", None, 118.0955, 24.4722],
                ["丙", "=A2", 118.0965, 24.4732],
            ],
            "B2:B3",
        ),
        name="t.xlsx",
    )
    assert found.report.errors == []
    told = [(one.rows or one.row, one.column, one.code) for one in found.report.warnings]
    assert ((2, 3), "所属街道", "merged") in told and (4, "所属街道", "formula") in told
    # what is merged over two rows holds for both
    assert found.frame["zone"].tolist()[:2] == ["350203-04", "350203-04"] and pd.isna(found.frame["zone"].iloc[2])


def test_a_comma_within_a_cell_and_a_column_without_a_header_are_told(checked):
    found = checked(
        '站名,经度,纬度,地址\n甲,118.0945,24.4712,水仙路12号,近轮渡\n乙,118.0955,24.4722,"水仙路12号,近轮渡"\n'
    )
    (problem,) = found.report.errors
    assert (
        (problem.row, problem.value) == (2, "近轮渡")
        and "双引号" in problem.text()
        and found.frame["address"].tolist() == ["水仙路12号,近轮渡"]
    )
    found = checked(
        book_of(
            [
                ["站名", None, "经度", "纬度"],
                ["甲", "旧名", 118.0945, 24.4712, "待迁"],
                ["乙", None, 118.0955, 24.4722, "好"],
            ]
        ),
        name="t.xlsx",
    )
    assert found.report.errors == []
    assert [(one.params["at"], one.rows) for one in found.report.warnings if one.code == "column"] == [
        (2, (2,)),
        (5, (2, 3)),
    ]


def test_what_a_row_belongs_to_may_be_named(checked):
    found = checked(
        "名称,所属街道,经度,纬度\n甲,鹭江街道,118.0945,24.4712\n"
        "乙,天上街道,118.0955,24.4722\n丙,天上街道,118.0965,24.4732\n"
    )
    assert found.report.errors == [] and found.frame["zone"].tolist() == ["350203-04", "天上街道", "天上街道"]
    (loose,) = [one for one in found.report.warnings if one.code == "reference"]
    assert loose.rows == (3, 4) and loose.column == "所属街道" and "天上街道" in loose.text()
    found = checked(
        (
            "活动名称,类别,活动日期,行政区划,区域编号\n"
            "慰问,高温慰问,2024-07-01,惠农区,河滨区域\n慰问,高温慰问,2024-07-02,惠农区,没有区域\n"
        ),
        "activities",
    )
    assert found.report.errors == [] and found.frame["region_id"].notna().tolist() == [True, False]
    assert any("没有区域" in one.text() for one in found.report.warnings)


@pytest.mark.parametrize(
    ("head", "cell", "value"),
    [
        ("经费（万元）", "1.1", 11_000),
        ("经费(元)", "1.1", 1.1),
        ("经费（万元）", "2000元", 2000),
        ("经费（单位：万元）", "１.5", 15_000),
        ("经费（万元）", "约3", 30_000),
        ("经费（必填）", "12", 12),
    ],
)
def test_the_unit_in_a_header_counts_for_plain_numbers(checked, head, cell, value):
    found = checked(f"活动名称,类别,活动日期,行政区划,{head}\n送清凉,高温慰问,2024-07-01,思明区,{cell}\n", "activities")
    assert found.report.errors == [] and found.frame["funding_yuan"].tolist() == [value]
    assert ("unit" in codes(found.report.warnings)) == ("万元" in head)


@pytest.mark.parametrize(
    ("head", "cell", "area"),
    [
        ("面积（平方英尺）", "200", 18.580608),
        ("Area (sqft)", "200", 18.580608),
        ("面积（ft²）", "200", 18.580608),
        ("面积（坪）", "10", 33.0578512),
        ("占地面积（km²）", "0.002", 2000),
        ("面积（m²）", "20", 20),
        ("面积（建筑）", "20", 20),
        ("面积（间）", "3", None),
        ("Area (sq in)", "3000", None),
        ("面积（间）", "20㎡", 20),
    ],
)
def test_an_area_in_another_unit_is_converted_or_unknown(checked, head, cell, area):
    found = checked(f"驿站名称,所属区,地址,{head}\n甲站,思明区,湖滨南路 1 号,{cell}\n")
    assert found.report.errors == []
    got = found.frame["area_m2"][0]
    if area is None:
        assert math.isnan(got) and cell in found.frame["own"][0] and "unit" in codes(found.report.warnings)
    else:
        assert got == pytest.approx(area)


def test_money_in_another_currency_is_not_taken_for_ours(checked):
    found = checked(
        "活动名称,类别,活动日期,行政区划,经费（美元）\n送清凉,高温慰问,2024-07-01,思明区,120\n", "activities"
    )
    assert found.report.errors == [] and found.frame["funding_yuan"].isna().all()
    assert {"unit", "unknown_kept"} <= set(codes(found.report.warnings))


@pytest.mark.parametrize("said", ["Total", "SUBTOTAL", "Grand total: 2", "Sum"])
def test_sums_in_english_are_no_stations(checked, said):
    found = checked(f"Name,District,Address,Area\nA stop,思明区,1 Road,20\nB stop,思明区,2 Road,30\n{said},,,50\n")
    assert list(found.frame["name"]) == ["A stop", "B stop"]


def test_ditto_below_merged_cells_is_what_they_hold(checked):
    rows = [
        ["驿站名称", "所属区", "地址", "开放时间"],
        ["甲站", "思明区", "1 号", "8:00-18:00"],
        ["乙站", "思明区", "2 号", None],
        ["丙站", "思明区", "3 号", "〃"],
    ]
    found = checked(book_of(rows, "D2:D3"), name="t.xlsx")
    assert list(found.frame["opening_hours"]) == ["08:00-18:00"] * 3


def test_a_unit_above_the_whole_table_counts_for_its_money(checked):
    rows = [
        ["慰问经费表", None, None, None, "单位：万元"],
        ["活动名称", "类别", "活动日期", "行政区划", "经费", "参加人数"],
        ["送清凉", "高温慰问", "2024-07-01", "思明区", 1.5, 60],
    ]
    found = checked(book_of(rows), "activities", name="t.xlsx")
    assert (
        found.report.errors == []
        and found.frame[["funding_yuan", "participants"]].to_numpy().tolist() == [[15_000, 60]]
        and "unit" in codes(found.report.warnings)
    )


def test_what_a_file_has_no_column_for_stays_and_nothing_made_up_passes_into_a_real_row(checked, tables):
    stations, grids = tables["stations"].set_index("station_id"), tables["grids"].set_index("grid_id")
    found = checked("驿站编号,驿站名称,开放时间,数据来源,设施\nSM-S01,甲,全天,示意,\n", crs=None)
    old, new = stations.loc["SM-S01"], found.frame.iloc[0]
    assert (
        found.report.errors == []
        and (new["name"], new["opening_hours"]) == ("甲", "24/7")
        and pd.isna(new["facilities"])
    )  # an empty cell says so
    assert all(
        new[one] == old[one]
        for one in (
            "address",
            "host_type",
            "opened_on",
            "area_m2",
            "access",
            "smart",
            "last_inspected",
            "adcode",
            "geometry",
        )
    )
    assert any("地址" in one.text() and "保留" in one.text() for one in found.report.warnings)
    real = checked("驿站编号,驿站名称,县区,经度,纬度\nSM-S01,甲,思明区,118.0945,24.4712\n").frame.iloc[
        0
    ]  # the same id, now reported
    assert (
        real["provenance"] == "reported"
        and real[["address", "host_type", "opened_on", "area_m2", "facilities"]].isna().all()
    )
    grid = checked(
        (
            "grid_id,name,所属区域,区县,enterprises,enterprises_strengthened,workers,team_members,theme,task\n"
            "640205-01-01,新名,河滨区域,惠农区,12,10,900,15,新,ideology\n"
        ),
        "grids",
        crs=None,
    )
    assert grid.report.errors == [] and grid.frame.geometry.iloc[0].equals(grids.geometry["640205-01-01"])
    assert grid.frame[["provenance", "geometry_provenance"]].to_numpy().tolist() == [
        ["reported", "illustrative"]
    ]  # its shape is still a drawing of ours


def test_a_stop_of_a_service_that_is_not_there_is_told(checked):
    head = "活动编号,站次名称,行政区划,服务日期,经度,纬度\n"
    assert "reference" not in codes(
        checked(head + "R-02,甲站,150102,2024-10-08,111.69,40.86\n", "stops").report.warnings
    )
    found = checked(head + "R-99,甲站,150102,2024-10-08,111.69,40.86\n", "stops")
    (loose,) = [one for one in found.report.warnings if one.code == "reference"]
    assert (
        found.report.errors == []
        and loose.rows == (2,)
        and "R-99" in loose.text()
        and found.frame["activity_id"].tolist() == ["R-99"]
    )


def test_warnings_of_several_sheets_name_theirs_and_errors_go_down_the_file(store, tmp_path):
    book = Workbook()
    for name, rows in {
        "筼筜": [["甲", "思明区", 118.0945, 39.9, "x"], ["乙", "思明区", 118.0955, 24.4722, 5]],
        "莲前": [["丙", "思明区", 118.1, 39.9, "y"]],
    }.items():
        sheet = book.create_sheet(name)
        for row in [["站名", "区县", "经度", "纬度", "面积"], *rows]:
            sheet.append(row)
        sheet.append(["丁", "没有区", 118.1, 39.9, 1])
    del book["Sheet"]
    book.save(tmp_path / "t.xlsx")
    report = check_file(tmp_path / "t.xlsx", "stations", store, "wgs84").report
    assert report.errors == []  # a name that no place bears: by the point, and told
    told = [(one.sheet, one.row) for one in report.warnings if one.code == "county" and "没有区" in one.text()]
    assert told == [("筼筜", 4), ("莲前", 3)]
    for sheet in ("筼筜", "莲前"):
        (cell,) = [one for one in report.warnings if one.sheet == sheet and one.code == "unknown"]
        assert (cell.row, cell.column) == (2, "面积")
    found = check_file(tmp_path / "t.xlsx", "stations", store, "wgs84", {"面积": ""}).report.warnings
    assert [(one.sheet, one.rows) for one in found if one.code == "outside"] == [("筼筜", (2,)), ("莲前", (2,))]


def test_facilities_as_they_are_told_and_a_station_closed_before_it_opened(checked):
    found = checked(
        "名称,县区,经度,纬度,设施,启用日期,停用日期\n"
        "甲,思明区,118.0945,24.4712,配有空调、饮水机等设施,2024-05-01,2024-01-01\n"
    )
    assert found.report.errors == [] and set(found.frame["facilities"].iloc[0].split(";")) == {"aircon", "water"}
    (late,) = [one for one in found.report.warnings if one.code == "order"]
    assert late.rows == (2,) and late.column == "停用日期"


@pytest.mark.parametrize(
    ("table", "text", "count"),
    [
        (
            "flows",
            "来源地代码,去向地代码,人数,日期\n石嘴山市,银川市,约120人,2024-05-25\n石嘴山市,厦门市,1.2万,2024年6月1日\n",
            2,
        ),
        (
            "demand",
            "需求点编号,经度,纬度,权重,职工群体\nd1,118.0945,24.4712,3.5,外卖员\nd2,118.1002,24.4755,２,快递小哥\n",
            2,
        ),
        (
            "candidates",
            "备选点名称,经度,纬度,造价,规则\n甲,118.0945,24.4712,5万元,必建\n乙,118.1002,24.4755,￥80000,可建\n",
            2,
        ),
        (
            "facts",
            (
                "编号,地点,行政区划,地点级别,对象,指标,数值,单位,出处\n"
                "X1,石嘴山市,石嘴山市,city,招聘会,场次,140余场,场,某报\n"
            ),
            1,
        ),
        (
            "zones",
            (
                "分区编号,街道名称,县区,图形\n"
                'z1,中华街道,思明区,"POLYGON((118.08 24.46,118.09 24.46,118.09 24.47,118.08 24.46))"\n'
            ),
            1,
        ),
        (
            "places",
            (
                "行政区划代码,名称,级别,上级代码,图形\n"
                '350299,测试区,县级,350200,"POLYGON((118.08 24.46,118.09 24.46,118.09 24.47,118.08 24.46))"\n'
            ),
            1,
        ),
        (
            "activities",
            "活动名称,类别,活动日期,行政区划,参与人数,经费\n送清凉,高温慰问,2024年7月1日,思明区,近200人,1.5万元\n",
            1,
        ),
        (
            "stops",
            (
                "活动编号,站次名称,行政区划,服务日期,服务人数,分群体人数,经度,纬度\n"
                "H-1,甲站,150102,2024年10月8日,120人,rider=50;courier=70,111.69,40.86\n"
            ),
            1,
        ),
        (
            "parts",
            "报道编号,按什么拆分,行政区划,名称,数值\nF031,行业,阜新市,机械制造,46\nF031,行业,阜新市,医疗卫生,104\n",
            2,
        ),
        ("fairs", '招聘会,城市,举办日期,岗位,意向人数\n春风行动,石嘴山市,2024-03-01,"3,854个",约150人\n', 1),
    ],
)
def test_other_tables_written_by_hand(checked, table, text, count):
    found = checked(text, table)
    assert [(one.column, one.value, one.text()) for one in found.report.errors] == [] and len(found.frame) == count


def documented(title: str) -> list[str]:
    (row,) = re.findall(rf"^\| {title} \|(.*)\|$", DOCS, re.M)
    return re.findall(r"`([^`]+)`", row)


def test_what_the_documentation_says_can_be_written_can_be_read():
    said = documented("开放时间")
    assert len(said) > 12
    for text in said:
        hours.parse(to_hours(text if any(map(str.isdigit, text)) or "天" in text else f"9:00-18:00，{text}"))
    assert [figure(text).value for text in documented("数字")[:6]] == [12_000, 120, 3854, 128_000, 120, 150]
    days = documented("日期")
    assert len({as_date(text) for text in days[:4]}) == 1
    assert [days_of(text, 2024) for text in days[4:]] == [(date(2024, 4, 15), date(2024, 4, 16))] * 2
    for bound in (limits.MAX_ROWS, limits.MAX_TABLE_ROWS, limits.MAX_COLUMNS):
        assert f"{bound:,}" in DOCS
    for megabytes in (limits.MAX_BYTES, limits.MAX_TEXT, limits.MAX_JSON, limits.MAX_SHAPEFILE):
        assert f" {megabytes // 2**20} MB" in DOCS


def test_a_file_of_unknown_headers_is_told_those_of_the_readers_language():
    for name, schema in TABLES.items():
        error = headers.nothing_known(schema, Sheet("x", [["foo", "bar"]], [1]))
        some = schema.columns[:6]
        chinese, english = (error.text(load_words()[lang]) for lang in ("zh", "en"))
        assert "、".join(one.zh for one in some) in chinese and "foo" in chinese and schema.zh in chinese
        assert english.index(some[0].en) < english.index(some[0].zh) and schema.en in english and "foo" in english
        # what it lists is accepted
        for one in some:
            known = headers.known_headers(name)
            assert known[headers.simple(one.en)] == known[headers.simple(one.zh)] == one.name, (name, one.name)
        assert error.problem.text() == chinese
