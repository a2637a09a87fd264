"""What a cell says of the cell above it, or leaves to it; and headings that clerks write another way."""

from __future__ import annotations

import pytest

from geodata.personal import is_personal_label
from tests.geodata.importing.test_structure import book


def told(found, code: str) -> list:
    return [one for one in found.report.warnings if one.code == code]


def test_ditto_is_what_stands_above_and_told(checked):
    head = "驿站名称,所属区,地址,开放时间\n"
    found = checked(
        head
        + "甲站,思明区,一路1号,8:00-18:00\n乙站,同上,二路2号,同上\n丙站,〃,同上,〃\n丁站,湖里区,四路4号,9:00-17:00\n"
    )
    assert found.report.errors == [] and found.frame["adcode"].tolist() == ["350203"] * 3 + ["350206"]
    assert found.frame["opening_hours"].tolist() == ["08:00-18:00"] * 3 + ["09:00-17:00"]
    assert found.frame["address"].tolist()[2] == "二路2号"
    assert {(one.column, one.rows) for one in told(found, "merged")} == {
        ("所属区", (3, 4)),
        ("地址", (4,)),
        ("开放时间", (3, 4)),
    }


def test_a_name_is_no_other_ones(checked):
    found = checked("驿站名称,所属区,地址\n甲站,思明区,一路\n同上,思明区,二路\n")
    assert found.frame["name"].tolist() == ["甲站", "同上"] and told(found, "merged") == []


def test_a_county_in_the_first_row_of_each_group_holds_for_the_group(checked):
    rows = [
        ["县区", "驿站名称", "地址"],
        ["思明区", "甲站", "一路1号"],
        [None, "乙站", "二路1号"],
        [None, "丙站", "集美区三路1号"],
        ["湖里区", "丁站", "四路1号"],
        [None, "戊站", "五路1号"],
    ]
    found = checked(book(("台账", rows, ())), name="t.xlsx")
    assert found.report.errors == []
    assert found.frame["adcode"].tolist() == ["350203", "350203", "350211", "350206", "350206"]
    assert any(one.rows == (3, 6) for one in told(found, "county"))


def test_one_county_forgotten_among_many_is_nobodys(checked):
    rows = "甲站,思明区\n乙站,思明区\n丙站,\n丁站,湖里区\n"
    found = checked("驿站名称,县区\n" + rows)
    assert [one.row for one in found.report.errors] == [4]


def test_days_as_headings_are_hours(checked):
    found = checked("驿站名称,所属区,周一,周二,周六\n甲站,思明区,8-18,8:00-12:00,休\n乙站,思明区,8-18,,\n")
    assert found.report.errors == [] and found.report.own_fields == []
    assert found.frame["opening_hours"].tolist() == ["Mo 08:00-18:00; Tu 08:00-12:00; Sa off", "Mo 08:00-18:00"]
    duty = checked("驿站名称,所属区,周一,周二\n甲站,思明区,张三,李四\n")
    assert duty.frame["opening_hours"].isna().all()


@pytest.mark.parametrize(
    ("header", "cell", "area"),
    [("建筑面积/㎡", "30", 30.0), ("面积：平方米", "30", 30.0), ("面积/亩", "0.3", 200.0), ("面积（㎡）", "30", 30.0)],
)
def test_a_unit_after_a_stroke_is_one(checked, header, cell, area):
    found = checked(f"驿站名称,所属区,{header}\n甲站,思明区,{cell}\n")
    assert found.frame["area_m2"].tolist() == pytest.approx([area])


def test_a_question_of_the_status_that_nobody_answers_is_no_yes(checked):
    found = checked(
        "驿站名称,所属区,地址,是否正常开放\n甲站,思明区,一路,是\n乙站,思明区,二路,否\n丙站,思明区,三路,未知\n丁站,思明区,四路,\n"
    )
    assert found.frame["status"].tolist() == ["open", "unknown", "unknown", "unknown"]


@pytest.mark.parametrize("label", ["网格长", "楼长", "分管领导", "联络员", "捐赠人", "牵头人", "组长"])
def test_roles_are_persons(label):
    assert is_personal_label(label)


@pytest.mark.parametrize(
    "label", ["服务时长", "道路边长", "会员", "服务人群", "受益人数", "职工人数", "同比增长", "个人", "单位"]
)
def test_lengths_and_crowds_are_none(label):
    assert not is_personal_label(label)
