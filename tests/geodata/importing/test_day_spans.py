"""Days of fairs as one cell says them: a first and a last day, a year that stands in the title."""

from __future__ import annotations

from datetime import date

import pytest

from geodata.importing.day_spans import days_of
from tests.geodata.importing.test_structure import book

D = date


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("2024.4.15-4.16", D(2024, 4, 15), D(2024, 4, 16)),
        ("2024年4月15日至17日", D(2024, 4, 15), D(2024, 4, 17)),
        ("2024年4月15日、16日", D(2024, 4, 15), D(2024, 4, 16)),
        ("2024年4月15、16日", D(2024, 4, 15), D(2024, 4, 16)),
        ("2024-04-15至2024-04-17", D(2024, 4, 15), D(2024, 4, 17)),
        ("2024/4/15-2024/4/17", D(2024, 4, 15), D(2024, 4, 17)),
        ("20240415-20240417", D(2024, 4, 15), D(2024, 4, 17)),
        ("2024年4月15日（周一）至17日（周三）", D(2024, 4, 15), D(2024, 4, 17)),
        ("２０２４年４月１５日—４月１７日", D(2024, 4, 15), D(2024, 4, 17)),
        ("2024-04-15 09:00至2024-04-16 17:00", D(2024, 4, 15), D(2024, 4, 16)),
        ("2024年12月30日-1月2日", D(2024, 12, 30), D(2025, 1, 2)),
        ("2024年4月15日、20日", None, None),  # two days, and none between them
        ("2024.4.15-3.16", None, None),
        ("2024年2月28日-30日", None, None),
        ("2024-4-15-16", None, None),
        ("2024年4月15日9:00-17", None, None),
        ("4月15日-16日", None, None),
    ],
)
def test_a_span_of_days(said, first, last):
    assert days_of(said) == (None if first is None else (first, last))


def fairs(checked, rows, title=None):
    over = [[title]] if title else []
    return checked(
        book(("招聘会", [*over, ["招聘会名称", "举办城市", "举办时间", "岗位数"], *rows], ())),
        table="fairs",
        crs=None,
        name="f.xlsx",
    )


def test_a_fair_of_several_days_comes_in_with_both_ends(checked):
    rows = [
        ["春风行动", "厦门市", "2024.4.15-4.16", 500],
        ["民企招聘", "厦门市", "2024年5月1日", 300],
        ["夏日专场", "厦门市", "2024年6月1日、5日", 200],
    ]
    found = fairs(checked, rows)
    assert [f"{one:%F}" for one in found.frame["start"][:2]] == ["2024-04-15", "2024-05-01"]
    assert [None if one != one else f"{one:%F}" for one in found.frame["end"][:2]] == ["2024-04-16", None]
    assert {one.row for one in (*found.report.errors, *found.report.warnings)} >= {4}  # the days apart are told


def test_the_year_of_a_title_is_that_of_its_days_and_is_told(checked):
    rows = [["春风行动", "厦门市", "4月15日-16日", 500], ["2023年岁末专场", "厦门市", "12月30日", 100]]
    found = fairs(checked, rows, "2024年招聘会台账")
    assert found.report.errors == []
    assert [f"{one:%F}" for one in found.frame["start"]] == ["2024-04-15", "2023-12-30"]
    assert f"{found.frame['end'].iat[0]:%F}" == "2024-04-16"
    assert [one.rows for one in found.report.warnings if one.code == "year"] == [(3, 4)]
    assert fairs(checked, rows[:1]).report.errors  # no year anywhere: which day nobody can know


def test_months_are_no_days_and_are_told(checked):
    found = checked("驿站名称,所属区,地址,建成时间\n甲站,思明区,一路,2023年5月\n")
    assert found.frame["opened_on"].isna().all() and "2023年5月" in found.frame["own"].iat[0]
    assert any(one.value == "2023年5月" and "哪一天" in one.text() for one in found.report.warnings)


def test_what_stands_twice_is_named_with_its_sheet(checked):
    head = ["驿站编号", "站点名称", "所属区", "地址"]
    sheets = (
        ("一季度", [head, ["A1", "甲站", "思明区", "一路"], [None, "乙站", "思明区", "二路"]], ()),
        ("二季度", [head, ["A1", "丙站", "思明区", "三路"], [None, "乙站", "思明区", "二路"]], ()),
    )
    found = checked(book(*sheets), name="f.xlsx")
    said = [one.text() for one in (*found.report.errors, *found.report.warnings)]
    assert sum("工作表“一季度”第" in one for one in said) >= 2
