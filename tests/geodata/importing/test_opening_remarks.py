"""Remarks beside opening hours: taken into them, or the hours are unknown, or they are about something else.

``opening_remarks.csv`` has remarks beside ``8:00-18:00`` and what must come: rules, ``?`` for unknown, ``=`` where they
stay. The answers were written by hand.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from geodata import hours

CASES = Path(__file__).parents[2] / "data" / "opening_remarks.csv"
HEAD = "驿站名称,所属区,地址,开放时间,备注\n"


def quoted(*cells: str) -> str:
    return ",".join(f'"{one}"' for one in cells) + "\n"


def test_every_remark_of_the_list(checked):
    with CASES.open(encoding="utf-8", newline="") as file:
        cases = list(csv.DictReader(file))
    rows = "".join(quoted(f"站{at}", "思明区", f"{at} 号", "8:00-18:00", one["remark"]) for at, one in enumerate(cases))
    found = checked(HEAD + rows)
    assert found.report.errors == [] and len(found.frame) == len(cases) > 90
    got = {
        one["remark"]: "?" if isinstance(text, float) or text is None else "=" if text == "08:00-18:00" else text
        for one, text in zip(cases, found.frame["opening_hours"], strict=True)
    }
    assert got == {one["remark"]: one["hours"] for one in cases}
    unknown = [at for at, one in enumerate(cases, 2) if one["hours"] == "?"]
    assert found.report.unknown_hours == len(unknown)
    assert [one[1] for one in found.report.unknown_hours_rows] == unknown
    told = {row for one in found.report.warnings if one.code in ("hours", "hours_remark") for row in one.rows}
    assert told == {at for at, one in enumerate(cases, 2) if one["hours"] != "="}


def test_the_list_takes_away_and_never_adds() -> None:
    with CASES.open(encoding="utf-8", newline="") as file:
        read = [one["hours"] for one in csv.DictReader(file) if one["hours"] not in "?="]
    for text in read:
        for month in range(1, 13):
            for day in range(1, 8):
                for hour in range(24):
                    assert 8 <= hour < 18 or not hours.parse(text, month).open_at(day, 60 * hour)


@pytest.mark.parametrize(
    ("label", "said", "want"),
    [
        ("休息日", "周日", "08:00-18:00; Su off"),
        ("休息日", "无", "08:00-18:00"),
        ("休息日", "不固定", None),
        ("闭馆日", "周一", "08:00-18:00; Mo off"),
        ("休息时间", "12:00-14:00", "08:00-12:00,14:00-18:00"),
        ("午休时间", "12:00-14:00", "08:00-12:00,14:00-18:00"),
        ("节假日是否开放", "否", "08:00-18:00; PH off"),
        ("节假日是否开放", "是", "08:00-18:00"),
        ("周末是否开放", "×", "08:00-18:00; Sa,Su off"),
        ("夜间是否开放", "否", None),
        ("remarks", "Closed on Sundays", "08:00-18:00; Su off"),
        ("情况说明", "冬季不开放", "08:00-18:00; Nov-Apr off"),
        ("开放情况", "正常开放", "08:00-18:00"),
    ],
)
def test_a_column_that_speaks_of_opening(checked, label, said, want):
    found = checked(f"驿站名称,所属区,地址,营业时间,{label}\n" + quoted("甲站", "思明区", "一路", "8:00-18:00", said))
    got = found.frame["opening_hours"].iat[0]
    assert (got if isinstance(got, str) else None) == want
    assert found.report.unknown_hours == (want is None)


def test_a_remark_without_a_header_is_held_too(checked):
    found = checked("驿站名称,所属区,地址,,开放时间\n" + quoted("甲站", "思明区", "一路", "周日休息", "8:00-18:00"))
    assert found.frame["opening_hours"].iat[0] == "08:00-18:00; Su off"


def test_what_is_shut_is_neither_open_by_want_of_a_word_nor_in_its_hours(checked):
    head = "驿站名称,所属区,地址,开放时间,备注,状态\n"
    rows = [
        ("甲站", "思明区", "一路", "8:00-18:00", "装修中", ""),
        ("乙站", "思明区", "二路", "8:00-18:00", "暂停开放", "开放"),
        ("丙站（建设中）", "思明区", "三路", "8:00-18:00", "", ""),
        ("丁站", "思明区", "四路", "8:00-18:00", "卫生间装修中", ""),
        ("戊站", "思明区", "五路", "8:00-18:00", "已拆除", "停用"),
    ]
    found = checked(head + "".join(quoted(*one) for one in rows))
    assert found.frame["status"].tolist() == ["unknown", "open", "unknown", "unknown", "closed"]
    assert found.frame["opening_hours"].isna().tolist() == [True, True, True, False, True]
    assert found.frame["opening_hours_text"].str.contains("8:00-18:00").iat[0]
    assert any(one.rows == (3,) and "状态照所写" in one.text() for one in found.report.warnings)


def test_no_telephone_of_a_remark_goes_into_what_is_shown(checked):
    found = checked(HEAD + quoted("甲站", "思明区", "一路", "8:00-18:00", "周日不定时开放找王姐13800138000"))
    assert found.frame["opening_hours"].isna().all() and "138" not in str(found.frame["opening_hours_text"].iat[0])


def test_hours_and_remark_come_back_as_they_went(checked):
    first = checked(HEAD + quoted("甲站", "思明区", "一路", "8:00-18:00", "周日休息")).frame
    head = "驿站名称,所属区,地址,开放时间,开放时间原文,备注\n"
    again = checked(
        head + quoted("甲站", "思明区", "一路", *first.iloc[0][["opening_hours", "opening_hours_text"]], "周日休息")
    )
    assert again.frame["opening_hours"].iat[0] == first["opening_hours"].iat[0]
    assert again.frame["opening_hours_text"].iat[0] == first["opening_hours_text"].iat[0]
    assert not any(one.code == "hours_remark" for one in again.report.warnings)
