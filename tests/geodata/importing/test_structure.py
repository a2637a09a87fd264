"""Ledgers of the shapes in which they come: headers of several rows,
ticks, seasons, sums, notes, hidden parts, places named elsewhere.

Every expectation is written by hand beside the sheet it is of.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill

from geodata import hours
from geodata.importing.check import Checked
from geodata.own_fields import values_of

CASES = Path(__file__).parents[2] / "data" / "ledgers"
HEAD = ["序号", "站点名称", "所属区", "地址"]
Rows = Sequence[Sequence[Any]]


def book(*sheets: tuple[str, Rows, Sequence[str]], after: Callable[[Workbook], None] | None = None) -> bytes:
    """Return a workbook of sheets: name, rows, merged cells."""
    made, held = Workbook(), io.BytesIO()
    made.remove(made.active)
    for name, rows, merged in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for ref in merged:
            sheet.merge_cells(ref)
    if after:
        after(made)
    made.save(held)
    return held.getvalue()


def one(rows: Rows, *merged: str) -> bytes:
    return book(("台账", rows, merged))


def told(found: Checked, code: str) -> list:
    return [problem for problem in found.report.warnings if problem.code == code]


def facilities(found: Checked) -> list[set[str]]:
    return [set() if pd.isna(one) else set(one.split(";")) for one in found.frame["facilities"]]


def own(found: Checked) -> list[dict[str, Any]]:
    return [values_of(text) for text in found.frame["own"]]


@pytest.fixture
def case(checked):
    """Check one of the cases from the field."""
    return lambda name, crs="gcj02": checked((CASES / name).read_bytes(), crs=crs, name=name)


def test_case_two_row_header(case):
    found = case("two_row_header.xlsx", None)
    assert found.report.errors == [] and found.frame["name"].tolist() == ["湖滨路甲站", "文园路乙站", "禾祥街丙站"]
    assert found.frame["opened_on"].dt.strftime("%Y-%m-%d").tolist()[1:] == ["2022-06-18", "2024-03-01"]
    assert pd.isna(found.frame["opened_on"].iloc[0]) and own(found)[0]["启用日期原文"] == "2023年5月"
    assert found.frame["area_m2"].tolist() == [30, 25, 40]
    assert facilities(found) == [{"water", "microwave"}, {"water"}, {"water", "microwave"}]
    assert found.frame["adcode"].tolist() == ["350203"] * 3 and found.frame.geometry.isna().all()
    assert [values["联系电话"] for values in own(found)] == ["05921234567", "05921234568", "0592-1234569"]
    assert told(found, "remark")[0].rows == (8, 9, 10) and told(found, "sum") == []
    assert [(each.header, each.personal) for each in found.report.own_fields if each.header == "联系电话"] == [
        ("联系电话", True)
    ]


def test_case_tick_columns(case):
    found = case("tick_columns.xlsx")
    assert facilities(found) == [{"water", "microwave", "charging"}, {"water", "aircon", "charging"}]
    assert found.report.accepted == 2


def test_case_season_columns(case):
    found = case("season_columns.xlsx")
    (kept,) = found.frame["opening_hours"]
    half_past_seven = [hours.open_matrix([kept], month)[0] for month in (7, 1)]
    assert half_past_seven[0][:, 19].all() and not half_past_seven[1][:, 19].any()
    assert found.frame["opening_hours_text"].tolist() == ["夏季 7:00-20:00，冬季 8:00-18:00"]


def test_case_sheet_per_district(case):
    found = case("sheet_per_district.xlsx", None)
    assert found.report.errors == [] and found.frame["adcode"].tolist() == ["350203", "350206"]
    assert [problem.sheet for problem in told(found, "county") if "工作表" in problem.text()] == ["思明区", "湖里区"]


def test_case_sheets_with_summary(case):
    found = case("sheets_with_summary.xlsx")
    assert found.frame["name"].tolist() == ["甲站", "乙站", "丙站"]
    assert {problem.sheet for problem in told(found, "sheet")} == {"汇总", "旧表"}


def test_case_hidden_rows(case):
    found = case("hidden_rows.xlsx")
    rows, column = told(found, "hidden")
    assert rows.rows == (4, 5) and "第 4、5 行" in rows.text() and "导入" in rows.text()
    assert column.column == "地址" and found.report.accepted == 5


def test_case_plain_addresses_keeps_phone_and_remark(case):
    found = case("plain_addresses.csv", None)
    assert [(each.header, each.personal) for each in found.report.own_fields] == [("联系电话", True), ("备注", False)]


def test_headings_of_three_rows(checked):
    found = checked(
        one(
            [
                ["驿站情况统计表"],
                ["序号", "基本情况", None, None, "设施配备情况", None, None, "开放时间"],
                [None, "站点名称", "所属区", "地址", "生活设施", None, "其他", None],
                [None, None, None, None, "饮水机", "微波炉", "雨伞架", None],
                [1, "甲站", "思明区", "湖滨南路1号", "√", "×", "有3把", "8:00-20:00"],
                [2, "乙站", "思明区", "文园路2号", "×", "√", None, "全天"],
            ],
            *("A1:H1", "A2:A4", "B2:D2", "E2:G2", "H2:H4", "B3:B4", "C3:C4", "D3:D4", "E3:F3"),
        ),
        crs=None,
        name="t.xlsx",
    )
    assert found.report.errors == [] and found.frame["name"].tolist() == ["甲站", "乙站"]
    assert found.frame["address"].tolist() == ["湖滨南路1号", "文园路2号"]
    assert facilities(found) == [{"water"}, {"microwave"}]
    assert own(found) == [{"雨伞架": "有3把"}, {}] and found.frame["opening_hours"].tolist() == ["08:00-20:00", "24/7"]


def test_headings_without_merges_in_a_text(checked):
    found = checked(
        "户外劳动者服务站点台账,,,,,,\n"
        "基本信息,,,位置（高德）,,服务,\n"
        "名称,区县,地址,经度,纬度,开放时间,设施\n"
        "甲站,思明区,湖滨南路,118.0945,24.4712,全天,饮水机\n",
        crs=None,
    )
    assert found.report.errors == [] and found.report.crs == "gcj02" and found.frame["name"].tolist() == ["甲站"]


def test_a_row_of_units_and_a_row_of_numbers_below_the_header(checked):
    found = checked(
        "名称,区县,面积,经费\n,,（平方米）,（万元）\n甲,乙,1,2\n甲站,思明区,30,1.5\n乙站,思明区,0.1亩,2\n", crs=None
    )
    assert found.frame["name"].tolist() == ["甲站", "乙站"] and found.frame["area_m2"].round(2).tolist() == [30, 66.67]
    assert own(found) == [{"经费(万元)": 1.5}, {"经费(万元)": 2}]


def test_the_datum_may_stand_in_a_title(checked):
    found = checked("驿站坐标表（坐标系：BD-09）,,,\n名称,区县,经度,纬度\n甲站,思明区,118.1056,24.4752\n", crs=None)
    assert found.report.errors == [] and found.report.crs == "bd09"


@pytest.mark.parametrize(
    ("cells", "offered"),
    [
        (("√", "×", None), {"water"}),
        (("有", "无", "有"), {"water", "aircon"}),
        (("是", "否", "是"), {"water", "aircon"}),
        ((1, 0, 1), {"water", "aircon"}),
        (("○", "×", "○"), {"water", "aircon"}),
        (("●", "○", "●"), {"water", "aircon"}),  # beside a full circle an empty one is no tick
        (("有（2台）", "没有", "3台"), {"water", "aircon"}),
        (("Y", "N", "y"), {"water", "aircon"}),
        ((True, False, True), {"water", "aircon"}),
    ],
)
def test_ticks_as_people_make_them(checked, cells, offered):
    found = checked(
        one([[*HEAD, "饮水机", "是否有微波炉", "空调（台）"], [1, "甲", "思明区", "路", *cells]]),
        crs=None,
        name="t.xlsx",
    )
    assert found.report.errors == [] and facilities(found) == [offered] and told(found, "unknown") == []


def test_a_tick_that_nobody_can_tell_is_none_and_is_named(checked):
    found = checked("名称,区县,空调,饮水机\n甲,思明区,√,√\n乙,思明区,维修中,√\n丙,思明区,×,○\n", crs=None)
    assert facilities(found) == [{"aircon", "water"}, {"water"}, set()]
    assert {(problem.row, problem.column, problem.value) for problem in told(found, "unknown")} == {
        (3, "空调", "维修中"),
        (4, "饮水机", "○"),  # beside √ an empty circle may mean either
    }


def test_ticks_join_what_is_listed_in_words(checked):
    found = checked("名称,区县,设施,空调,法律咨询\n甲,思明区,饮水机、微波炉,√,√\n", crs=None)
    assert facilities(found) == [{"water", "microwave", "aircon"}] and found.frame["services"].tolist() == [
        "legal_advice"
    ]


def test_a_column_called_like_a_facility_that_holds_something_else_is_kept(checked):
    found = checked("名称,区县,阅读\n甲,思明区,每周三读书会\n乙,思明区,周末朗诵\n", crs=None)
    assert facilities(found) == [set(), set()] and own(found)[0] == {"阅读": "每周三读书会"}


def test_a_facility_nobody_knows_takes_nothing_from_the_others(checked):
    found = checked("名称,区县,设施\n甲,思明区,饮水机、擦鞋机、空调\n", crs=None)
    assert facilities(found) == [{"water", "aircon"}] and own(found) == [{"设施原文": "饮水机、擦鞋机、空调"}]
    (problem,) = told(found, "unknown")
    assert (problem.row, problem.column) == (2, "设施") and "擦鞋机" in problem.text()


@pytest.mark.parametrize(
    ("head", "cells", "text"),
    [
        (["开放时间(夏季)", "开放时间(冬季)"], ["7:00-20:00", "8:00-18:00"], "夏季 7:00-20:00，冬季 8:00-18:00"),
        (["夏季", "冬季"], ["7:00-20:00", "8:00-18:00"], "夏季 7:00-20:00，冬季 8:00-18:00"),
        (["工作日开放时间", "周末开放时间"], ["8:00-18:00", "9:00-17:00"], "工作日 8:00-18:00，周末 9:00-17:00"),
        (["开门时间", "关门时间"], ["8:00", "20:00"], "8:00-20:00"),
    ],
)
def test_opening_hours_over_several_columns(checked, head, cells, text):
    found = checked(",".join(["名称", "区县", *head]) + "\n甲,思明区," + ",".join(cells) + "\n", crs=None)
    assert found.report.errors == [] and found.frame["opening_hours_text"].tolist() == [text]
    assert isinstance(found.frame["opening_hours"].iloc[0], str) and own(found) == [{}]


def test_seasons_under_one_heading(checked):
    rows = [
        ["站点名称", "所在区", "开放时间", None],
        [None, None, "夏季", "冬季"],
        ["甲", "思明区", "8:00-20:00", "8:30-18:00"],
    ]
    found = checked(one(rows, "A1:A2", "B1:B2", "C1:D1"), crs=None, name="t.xlsx")
    assert found.frame["opening_hours_text"].tolist() == ["夏季 8:00-20:00，冬季 8:30-18:00"]
    assert found.frame["opening_hours"].tolist() == ["May-Oct 08:00-20:00; Nov-Apr 08:30-18:00"]


def test_sums_are_left_out_and_held_against_their_rows(checked):
    found = checked(
        one(
            [
                ["序号", "站点名称", "所属区", "面积", "饮用人次"],
                [1, "甲", "思明区", 30, 100],
                [2, "乙", "思明区", 20, 50],
                ["小计", None, "2个", 50, 160],
                [3, "丙", "湖里区", 40, 10],
                ["小计", None, "1个", 45, 10],
                ["总计", None, "4个", 90, 160],
                ["注：每季度报送。"],
            ]
        ),
        crs=None,
        name="t.xlsx",
    )
    assert found.frame["name"].tolist() == ["甲", "乙", "丙"] and told(found, "remark")[0].rows == (4, 6, 7, 8)
    # 100 + 50 is not 160; 40 is not 45; three rows are not four
    assert {(problem.row, problem.column) for problem in told(found, "sum")} == {
        (4, "饮用人次"),
        (6, "面积"),
        (7, None),
    }


def test_numbered_rows_without_anything_and_headers_repeated_are_no_rows(checked):
    found = checked(
        one(
            [
                HEAD,
                [1, "甲", "思明区", "路"],
                HEAD,
                [2, "乙", "思明区", "路"],
                [3],
                [4],
                ["经办人（签字）：", None, "审核人："],
            ]
        ),
        crs=None,
        name="t.xlsx",
    )
    assert found.report.errors == [] and found.frame["name"].tolist() == ["甲", "乙"]
    assert [problem.rows for problem in told(found, "remark")] == [(3, 7), (5, 6)]


def test_a_heading_between_the_rows_names_their_place(checked):
    found = checked(
        one(
            [
                ["序号", "站点名称", "地址"],
                ["一、思明区（1个）"],
                [1, "甲", "路"],
                ["二、湖里区（1个）"],
                [2, "乙", "路"],
            ],
            "A2:C2",
            "A4:C4",
        ),
        crs=None,
        name="厦门市.xlsx",
    )
    assert found.report.errors == [] and found.frame["adcode"].tolist() == ["350203", "350206"]


@pytest.mark.parametrize(
    ("sheet", "title", "file", "place"),
    [
        ("Sheet1", "厦门市思明区工会驿站台账（2024年）", "台账.xlsx", "350203"),
        ("Sheet1", "工会驿站台账", "湖里区驿站台账.xlsx", "350206"),
        ("3.湖里区", "思明区工会驿站台账", "t.xlsx", "350206"),  # the sheet is nearer than the title
    ],
)
def test_where_no_column_names_the_place(checked, sheet, title, file, place):
    rows = [[title], ["序号", "站点名称", "地址"], [1, "甲", "路"]]
    found = checked(book((sheet, rows, ["A1:C1"])), crs=None, name=file)
    assert found.report.errors == [] and found.frame["adcode"].tolist() == [place]
    assert len([problem for problem in told(found, "county") if problem.rows == (3,)]) == 1


def test_a_title_that_names_no_county_names_none(checked):
    found = checked(one([["主城区工会驿站台账"], ["站点名称", "地址"], ["甲", "路"]]), crs=None, name="t.xlsx")
    assert [(problem.column, problem.code) for problem in found.report.errors] == [("县区代码", "adcode")]


def test_what_is_merged_downwards_holds_for_every_row_but_names_and_figures(checked):
    found = checked(
        one(
            [
                ["所属区", "站点名称", "面积", "负责人"],
                ["思明区", "甲", 60, "张三"],
                [None, "乙", None, None],
                [None, "丙", 5, "李四"],
            ],
            "A2:A4",
            "C2:C3",
            "D2:D3",
        ),
        crs=None,
        name="t.xlsx",
    )
    assert found.report.errors == [] and found.frame["adcode"].tolist() == ["350203"] * 3
    assert found.frame["area_m2"].fillna(-1).tolist() == [60, -1, 5]
    assert [values["负责人"] for values in own(found)] == ["张三", "张三", "李四"]
    assert {problem.column for problem in told(found, "merged")} == {"所属区", "面积", "负责人"}


def test_fill_and_bold_choose_between_rows_that_say_the_same(checked):
    def paint(made: Workbook) -> None:
        for cell in made["台账"][2]:
            cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDDDDD")

    rows = [["名称", "地址", "区县"], ["站点名称", "地址", "区县"], ["甲", "路", "思明区"]]
    found = checked(book(("台账", rows, ()), after=paint), crs=None, name="t.xlsx")
    assert found.frame["name"].tolist() == ["甲"] and found.report.columns["站点名称"] == "name"


def test_an_unknown_state_is_neither_open_nor_closed(checked):
    found = checked("名称,区县,状态\n甲,思明区,停业整顿\n乙,思明区,运营中\n", crs=None)
    assert found.report.errors == [] and found.frame["status"].tolist() == ["unknown", "open"]
    assert own(found)[0] == {"状态原文": "停业整顿"}


@pytest.mark.parametrize(
    ("column", "cell", "label"),
    [
        ("启用日期", "2023年", "启用日期原文"),
        ("面积", "一间房", "面积原文"),
        ("面积", "约50平", "面积原文"),  # the number comes in, the 约 has no column
        ("依托单位", "某某银行大厦", "依托单位原文"),
        ("区域编号", "天上区域", None),
    ],
)
def test_no_cell_costs_its_row_and_its_text_is_kept(checked, column, cell, label):
    if label is None:
        found = checked(
            f"活动名称,类别,活动日期,行政区划,{column}\n慰问,高温慰问,2024-07-01,惠农区,{cell}\n",
            "activities",
            crs=None,
        )
        assert found.report.errors == [] and own(found) == [{"区域编号原文": cell}]
        return
    found = checked(f"名称,区县,{column}\n甲,思明区,{cell}\n", crs=None)
    assert found.report.errors == [] and own(found) == [{label: cell}]
    assert any(problem.rows == (2,) and problem.column == column for problem in found.report.warnings)


def test_a_row_without_a_name_is_the_only_one_left_out(checked):
    found = checked("名称,区县,面积\n甲,思明区,大\n,思明区,20\n", crs=None)
    assert [(problem.row, problem.code) for problem in found.report.errors] == [(3, "missing")]
    assert found.frame["name"].tolist() == ["甲"]


@pytest.mark.parametrize("count", ["3个", "共 3 个", "3"])
def test_a_count_under_the_name_in_a_row_of_sums_is_no_name(checked, count):
    """序号 says 合计 and the column of names how many there are: a sum, not a station called 3个."""
    rows = "".join(f"{at},站{at},思明区湖滨南路 {at} 号\n" for at in (1, 2, 3))
    found = checked(f"序号,站点名称,地址\n{rows}合计,{count},\n")
    assert found.frame["name"].tolist() == ["站1", "站2", "站3"]
    assert [(one.row, one.code) for one in found.report.left_out] == [(5, "remark")]
    assert not [one for one in found.report.warnings if one.code == "sum"]


@pytest.mark.parametrize(
    ("summer", "winter"),
    [
        ("夏令时(5.1-9.30)", "冬令时(10.1-4.30)"),
        ("夏季（5月1日—9月30日）", "冬季（10月1日—次年4月30日）"),
        ("夏季\n(5月至9月)", "冬季\n(10月至次年4月)"),
    ],
)
def test_seasons_may_be_dated_in_their_headers(checked, summer, winter):
    rows = [[*HEAD, "开放时间", None], [None, None, None, None, summer, winter]]
    rows.append([1, "甲站", "思明区", "湖滨南路1号", "7:30-20:00", "8:00-18:00"])
    found = checked(book(("台账", rows, ("E1:F1",))), name="f.xlsx")
    assert found.frame["opening_hours"].tolist() == ["May-Sep 07:30-20:00; Oct-Apr 08:00-18:00"]


@pytest.mark.parametrize("numeral", [True, False])
def test_a_row_that_names_a_place_and_no_more_is_a_heading(checked, numeral):
    rows = [
        ["序号", "站点名称", "地址"],
        ["一", "思明区"],
        [1, "甲站", "湖滨南路1号"],
        ["二", "湖里区（1个）"],
        [2, "丙站", "枋湖路1号"],
    ]
    rows = [row if numeral else row[1:] for row in rows]
    found = checked(book(("台账", [["厦门市工会驿站"], *rows], ())), name="f.xlsx")
    assert dict(zip(found.frame["name"], found.frame["adcode"], strict=True)) == {"甲站": "350203", "丙站": "350206"}
    assert [one["row"] for one in found.report.as_dict()["left_out"]] == [3, 5]


def test_a_region_may_be_called_what_a_heading_would_be(checked):
    rows = [["产改区域", "所属区"], ["滨海片区"], ["环岛片区", "思明区"]]
    found = checked(book(("表", rows, ())), table="regions", name="f.xlsx")
    assert found.report.rows == 2


def test_a_district_may_be_written_with_its_street(checked):
    rows = [
        HEAD,
        [1, "甲站", "思明区筼筜街道", "一路"],
        [2, "乙站", "厦门市湖里区禾山街道", "二路"],
        [3, "丙站", "思明区、湖里区", "三路"],
    ]
    found = checked(book(("台账", rows, ())), name="f.xlsx")
    assert found.frame["adcode"].tolist() == ["350203", "350206"] and [one.row for one in found.report.errors] == [4]
