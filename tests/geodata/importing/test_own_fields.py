"""What no column of a table takes is kept with the row, goes out and comes in again;
what is personal is for the keeper alone.
"""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata import personal
from geodata.exporting import FORMATS, export
from geodata.importing.check import check_file, check_record
from geodata.importing.effect import effect
from geodata.own_fields import as_text, values_of

LEDGER = (
    "编号,名称,区县,联系电话,负责人,备注,建设资金（万元）,统一编码,对接\n"
    "A1,甲站,思明区,0592-5551234,张三,含换电,3.5,0012,李四 13800000000\n"
    "A2,乙站,思明区,05925551235,王五,=1+1,12,0013,\n"
)
KEPT = [
    {
        "联系电话": "0592-5551234",
        "负责人": "张三",
        "备注": "含换电",
        "建设资金（万元）": 3.5,
        "统一编码": "0012",
        "对接": "李四 13800000000",
    },
    {"联系电话": "05925551235", "负责人": "王五", "建设资金（万元）": 12, "统一编码": "0013"},
]
PERSONAL = {"联系电话", "负责人", "对接"}


def labels_of(found: dict) -> dict:
    return {label.replace("(", "（").replace(")", "）"): value for label, value in found.items()}


def test_every_column_is_kept_and_named(checked):
    found = checked(LEDGER, crs=None)
    assert found.report.errors == [] and [values_of(text) for text in found.frame["own"]] == KEPT
    assert {one.header: one.personal for one in found.report.own_fields} == {
        label: label in PERSONAL for label in KEPT[0]
    }
    told = found.report.as_dict()
    assert told["own_fields"] == list(KEPT[0]) and set(told["personal_fields"]) == set(PERSONAL)
    # a formula is not brought in, and that is said
    assert any(one.code == "unknown" and one.value == "=1+1" and one.row == 3 for one in found.report.warnings)
    assert found.report.headers["备注"] == "own.备注"


@pytest.mark.parametrize("fmt", FORMATS)
def test_out_and_in_again(store, checked, tmp_path, fmt):
    frame = checked(LEDGER, crs=None).frame
    whole = export(frame, "stations", tmp_path / f"whole.{fmt}", fmt, personal=True)
    again = check_file(whole, "stations", store, "file")
    assert again.report.errors == [] and [labels_of(values_of(text)) for text in again.frame["own"]] == KEPT
    pd.testing.assert_frame_equal(
        again.frame.drop(columns=["batch_id"]), frame.drop(columns=["batch_id"]), check_like=True
    )
    usual = export(frame, "stations", tmp_path / f"usual.{fmt}", fmt)
    assert (
        not any(said.encode() in usual.read_bytes() for said in ("张三", "13800000000", "0592-5551234", "05925551235"))
        or fmt == "xlsx"
    )
    left = check_file(usual, "stations", store, "file")
    assert [set(labels_of(values_of(text))) for text in left.frame["own"]] == [
        set(values) - PERSONAL for values in KEPT
    ]


def test_an_own_field_called_like_a_column_takes_nothing_from_it(checked, tmp_path, store):
    found = checked("驿站名称,name,区县,地址,详细地址\n甲站,别名,思明区,路一,路二\n", crs=None)
    assert found.frame[["name", "address"]].to_numpy().tolist() == [["甲站", "路一"]]
    assert values_of(found.frame["own"].iloc[0]) == {"name": "别名", "详细地址": "路二"}
    path = export(found.frame, "stations", tmp_path / "x.geojson", "geojson")
    (feature,) = json.loads(path.read_text("utf-8"))["features"]
    assert feature["properties"]["name"] == "甲站" and "别名" in feature["properties"].values()


def test_a_later_file_changes_what_it_has_a_column_for_and_keeps_the_rest(own, checked):
    first = checked("编号,名称,区县,备注,建设资金,启用日期\nA1,甲站,思明区,旧,3,2023年\n", crs=None)
    own.apply("stations", first.frame, author="甲")
    assert values_of(own.read("stations").set_index("station_id").loc["A1", "own"])["启用日期原文"] == "2023年"
    later = check_record(
        {"station_id": "A1", "name": "甲站", "adcode": "350203", "own.备注": "新", "opened_on": "2023-05-01"},
        "stations",
        own,
    )
    assert later.report.errors == []
    # 备注 is changed, 建设资金 stays, and the day that can be read now takes the place of the text that could not
    assert values_of(later.frame["own"].iloc[0]) == {"备注": "新", "建设资金": 3}
    assert effect(own, "stations", later.frame).changed == 1


def test_activities_keep_free_columns_beside_those_of_their_kind(checked):
    found = checked(
        "活动名称,类别,活动日期,行政区划,志愿者电话,天气\n慰问,高温慰问,2024-07-01,惠农区,13900000000,晴\n",
        "activities",
        crs=None,
    )
    assert found.report.errors == []
    assert values_of(found.frame["own"].iloc[0]) == {"志愿者电话": "13900000000", "天气": "晴"}
    assert {one.label for one in found.report.own_fields if one.personal} == {"志愿者电话"}


@pytest.mark.parametrize("table", ["enterprises", "fairs"])
def test_other_ledgers_keep_their_columns_too(checked, table):
    text = {
        "enterprises": (
            "编号,企业名称,网格编号,区域编号,县区代码,行业,职工数,已强化,法人代表,注册资本\n"
            "1,甲厂,640205-01-01,640205-01,640205,化工,20,是,某某,500\n"
        ),
        "fairs": (
            "招聘会,城市,举办日期,岗位,意向人数,场地,现场负责人\n春风行动,石嘴山市,2024-03-01,300,150,体育馆,某某\n"
        ),
    }[table]
    found = checked(text, table, crs=None)
    kept = {one.label: one.personal for one in found.report.own_fields}
    assert kept in ({"法人代表": True, "注册资本": False}, {"场地": False, "现场负责人": True})


@pytest.mark.parametrize(
    ("label", "value", "is_personal"),
    [
        ("联系电话", "12351", True),
        ("负责人", "某某", True),
        ("站长姓名", "某某", True),
        ("身份证号", "1", True),
        ("备注", "请打13800000000", True),
        ("备注", "138 0000 0000", True),
        ("备注", 13800000000, True),
        ("备注", "（0592）5551234", True),
        ("备注", "0592-5551234转8", True),
        ("备注", "11010519491231002X", True),
        ("备注", "someone@example.org", True),
        ("备注", "１３８００００００００", True),
        ("备注", "编号20240001", False),
        ("备注", "2024-05-25", False),
        ("备注", "118.0945,24.4712", False),
        ("统一社会信用代码", "91350200MA2XXXXX0Y", False),
        ("建设资金", 1380000, False),
        ("工作人员数", 3, False),
        ("是否配备电话", "是", False),
        ("值班时间", "8:00", False),
        ("依托单位", "某银行", False),
    ],
)
def test_what_is_personal(label, value, is_personal):
    assert personal.is_personal(label, value) is is_personal
    assert (label not in personal.open_values(as_text({label: value}))) is is_personal


@given(
    st.from_regex(r"1[3-9]\d{9}", fullmatch=True), st.text("一二电话 ：，", max_size=6), st.text("号 ，。", max_size=4)
)
def test_a_mobile_number_is_found_within_any_words(number, before, after):
    assert personal.is_personal_value(before + number + after)
    assert not personal.is_personal_value(before + "7" + number + "7" + after)
