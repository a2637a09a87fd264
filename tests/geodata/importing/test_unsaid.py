"""What a ledger does not say is not known; what its numbers have lost is said."""

from __future__ import annotations

import pytest

from geodata.exporting import export
from tests.geodata.importing.test_structure import book

HEAD = "驿站名称,所属区,地址"


def told(found, code: str):
    return [one for one in found.report.warnings if one.code == code]


def test_a_station_that_does_not_say_whether_it_is_smart_may_be(checked):
    found = checked(
        HEAD + ",智能化\n甲站,思明区,一路,是\n乙站,思明区,二路,\n丙站,思明区,三路,否\n丁站,思明区,四路,部分\n"
    )
    assert found.report.errors == [] and found.frame["smart"].isna().tolist() == [False, True, False, True]
    assert found.frame["smart"].dropna().tolist() == [True, False]
    (one,) = told(found, "unsaid")
    assert one.params["count"] == 2 and "智能化" in one.text()
    (none,) = told(checked(HEAD + "\n甲站,思明区,一路\n"), "unsaid")
    assert none.params["count"] == 1


def test_a_fair_that_does_not_say_its_form_is_of_none(checked):
    found = checked(
        "名称,城市,开始日期,形式\n甲会,厦门市,2024-05-01,线上\n乙会,厦门市,2024-05-02,\n", table="fairs", crs=None
    )
    assert found.report.errors == [] and found.frame["mode"].fillna("").tolist() == ["livestream", ""]
    assert [one.params["count"] for one in told(found, "unsaid")] == [1]


def test_a_ledger_without_statuses_lists_what_is_open_and_says_so(checked):
    found = checked(HEAD + "\n甲站,思明区,一路\n")
    assert found.frame["status"].tolist() == ["open"]
    assert any("状态" in one.text() for one in told(found, "filled"))


def test_a_blank_status_beside_others_is_unknown_and_not_open(checked):
    head = HEAD + ",状态\n"
    found = checked(head + "甲站,思明区,一路,开放\n乙站,思明区,二路,\n丙站,思明区,三路,停用\n")
    assert found.report.errors == [] and found.frame["status"].tolist() == ["open", "unknown", "closed"]
    (one,) = [one for one in told(found, "unsaid") if "状态" in one.text()]
    assert one.rows == (3,)
    assert checked(head + "甲站,思明区,一路,\n").frame["status"].tolist() == ["open"]  # as without the column


def test_only_the_sheet_that_has_statuses_has_blanks_among_them(checked):
    head = ["驿站名称", "所属区", "地址"]
    found = checked(
        book(
            ("一", [[*head, "状态"], ["甲站", "思明区", "一路", "开放"], ["乙站", "思明区", "二路", None]], ()),
            ("二", [head, ["丙站", "思明区", "三路"]], ()),
        ),
        name="t.xlsx",
    )
    assert found.frame["status"].tolist() == ["open", "unknown", "open"]


@pytest.mark.parametrize(
    ("name", "several"),
    [
        ("甲站等3个", True),
        ("甲站（共 12 处）", True),
        ("甲驿站×3", True),
        ("甲驿站、乙驿站", True),
        ("甲驿站和乙驿站（新）", True),
        ("火车站、汽车站驿站", False),
        ("平等路驿站", False),
        ("3号驿站", False),
        ("三个和尚驿站", False),
        ("甲驿站（一期）", False),
    ],
)
def test_a_name_of_several_is_one_row_and_told(checked, name, several):
    found = checked(f"{HEAD}\n{name},思明区,一路\n")
    assert found.report.errors == [] and found.frame["name"].tolist() == [name]
    assert [one.rows for one in told(found, "several")] == ([(2,)] if several else [])


def test_counted_visits_are_no_persons(checked):
    head = "活动名称,类别,县区代码,日期,"
    row = "\n送清凉,competition,350203,2024-07-01,120\n"
    for title, unit in (("参与人次", "visit"), ("参与人数", "person")):
        found = checked(head + title + row, table="activities", crs=None)
        assert found.report.errors == [] and found.frame["participants_unit"].tolist() == [unit]


@pytest.mark.parametrize(
    ("cells", "short"),
    [
        (["1.10105E+17", "110105199001011234"], [2]),
        (["1.38E+10", "13800138000"], [2]),
        (["1.23456789012E+11", "1E5"], []),
    ],
)
def test_a_number_cut_short_in_a_text_is_told_and_kept(checked, cells, short):
    found = checked(HEAD + ",证件号\n" + "".join(f"站{at},思明区,{at} 号,{one}\n" for at, one in enumerate(cells)))
    assert [row for one in told(found, "digits") for row in one.rows] == short
    assert all(cell in own for cell, own in zip(cells, found.frame["own"], strict=True))


def test_an_identity_number_kept_as_a_number_has_lost_digits(checked):
    rows = [
        ["驿站名称", "所属区", "地址", "身份证号", "面积"],
        ["甲站", "思明区", "一路", 110105199001011234.0, 30],
        ["乙站", "思明区", "二路", "110105199001011234", 30],
        ["丙站", "思明区", "三路", 123456789012345, 30],
    ]
    found = checked(book(("台账", rows, ())), name="f.xlsx")
    assert found.report.errors == []
    (one,) = told(found, "digits")
    assert one.rows == (2,) and one.column == "身份证号"
    kept = found.frame["own"].tolist()
    assert "1101051990010112" in kept[0] and "E+" not in kept[0] and "110105199001011234" in kept[1]
    assert found.report.own_fields[0].personal


@pytest.mark.parametrize("fmt", ["csv", "xlsx", "geojson", "gpkg"])
def test_what_is_not_known_goes_out_and_comes_back_as_not_known(checked, tmp_path, fmt):
    first = checked(
        HEAD + ",智能化,经度,纬度\n甲站,思明区,一路,,118.09,24.45\n乙站,思明区,二路,否,118.08,24.45\n"
    ).frame
    path = export(first, "stations", tmp_path / f"out.{fmt}", fmt)
    again = checked(path.read_bytes(), name=f"in.{fmt}")
    assert again.report.errors == [] and again.frame["smart"].isna().tolist() == [True, False]


def test_a_station_of_a_day_that_has_not_come_may_not_be_there(checked):
    found = checked(
        HEAD + ",启用日期,最近巡检日期\n甲站,思明区,一路,2098-01-01,\n乙站,思明区,二路,2023-01-01,2098-01-02\n"
    )
    assert found.report.errors == [] and found.frame["status"].tolist() == ["unknown", "open"]
    assert [one.rows for one in told(found, "order") if "还没有到" in one.text()] == [(2,), (3,)]
    planned = checked(HEAD + ",启用日期,状态\n甲站,思明区,一路,2098-01-01,筹建\n")
    assert planned.frame["status"].tolist() == ["planned"]


@pytest.mark.parametrize(
    ("heading", "status"),
    [
        ("以下已停用：", "unknown"),
        ("二、已关闭驿站", "unknown"),
        ("三、在建驿站（1个）", "unknown"),
        ("筹建中", "unknown"),
        ("拟建", "unknown"),
        ("一、正常开放的驿站", "open"),
        ("以下正常运营：", "open"),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_heading_says_how_the_stations_under_it_stand(checked, heading, status, place):
    title = [None] * 4
    title[place] = heading
    rows = [
        ["序号", "驿站名称", "详细地址", "开放时间"],
        [1, "甲站", "湖滨南路1号", "8:00-20:00"],
        title,
        [2, "乙站", "湖滨南路2号", "8:00-20:00"],
        ["二、思明区"] + [None] * 3,
        [3, "丙站", "湖滨南路3号", "8:00-20:00"],
    ]
    found = checked(book(("思明区", rows, ())), name="t.xlsx")
    assert found.report.errors == [] and found.frame["name"].tolist() == ["甲站", "乙站", "丙站"]
    assert found.frame["status"].tolist() == ["open", status, "open"]
    assert found.frame["opening_hours"].isna().tolist() == [False, status != "open", False]


@pytest.mark.parametrize(("said", "system"), [("高德", "gcj02"), ("百度坐标", "bd09"), ("国家2000坐标系", "cgcs2000")])
def test_systems_by_the_names_that_people_call_them(checked, said, system):
    head = "驿站名称,经度,纬度,坐标系\n"
    found = checked(head + f"甲站,118.09,24.47,{said}\n", crs=None)
    assert found.report.errors == [] and found.report.crs == system
    (error,) = checked(head + "甲站,118.09,24.47,WGS84\n乙站,118.09,24.47,北京54\n", crs=None).report.errors
    assert error.row == 3 and "北京54" in error.text()


def test_a_cell_that_says_only_yes_is_named_as_it_is(checked):
    found = checked(HEAD + ",服务设施\n甲站,思明区,一路,有\n")
    assert any("“有”" in one.text() for one in found.report.warnings)


@pytest.mark.parametrize("text", ["8:00-11:30 14:00-17:30（夏令时14:30-18:00）", "平日 9:00-21:00 假日 10:00-18:00"])
def test_hours_that_may_be_read_two_ways_are_unknown(checked, text):
    found = checked(HEAD + f",开放时间\n甲站,思明区,一路,{text}\n")
    assert found.frame["opening_hours"].isna().all() and found.frame["opening_hours_text"][0] == text
