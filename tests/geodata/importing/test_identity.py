"""The same row is the same row: what a second file of a ledger changes, adds and asks;
and the county of rows that do not say.
"""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import pytest
from shapely import Point

from geodata.importing.check import Checked, check_file
from geodata.store import GeoPackageStore

HEAD = "站点名称,所属区,地址,开放时间,经度,纬度\n"
FIRST = HEAD + (
    "湖滨路甲站,思明区,湖滨南路1号一楼,8:00-20:00,118.0945,24.4712\n"
    "文园路乙站,思明区,文园路20号,8:00-18:00,118.0965,24.4722\n"
)


@pytest.fixture
def checked_in(own: GeoPackageStore, tmp_path: Path):
    """Check a text against an atlas that may be written to; `bring` applies it."""

    def run(text: str, bring: bool = False, name: str = "f.csv", **more) -> Checked:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        found = check_file(path, "stations", own, "gcj02" if "经度" in text else None, **more)
        if bring:
            own.apply("stations", found.frame)
        return found

    run.store = own
    return run


def effect_of(store: GeoPackageStore, found: Checked) -> tuple[int, int]:
    from geodata.importing.effect import effect

    plan = effect(store, "stations", found.frame)
    return plan.added, plan.changed


@pytest.mark.parametrize(
    "second",
    [
        FIRST.replace("118.0945", "118.0955"),
        FIRST.replace("湖滨路甲站", "湖滨路甲工会驿站"),
        FIRST.replace("湖滨路甲站", "思明区湖滨路甲户外劳动者服务站点"),
        FIRST.replace("湖滨路甲站", "湖滨路 甲站").replace("1号一楼", "１号（1层）"),
        FIRST.replace("湖滨南路1号", "福建省厦门市思明区湖滨南路1号"),
        FIRST.replace("站点名称,", "驿站编号,站点名称,").replace("\n湖", "\nX1,湖").replace("\n文", "\nX2,文"),
        HEAD + "".join(reversed(FIRST.splitlines(keepends=True)[1:])),
        "站点名称,所属区,地址\n湖滨路甲站,思明区,湖滨南路1号一楼\n文园路乙站,思明区,文园路20号\n",
        "站点名称,所属区\n湖滨路甲站,思明区\n文园路乙站,思明区\n",
    ],
    ids=["moved", "suffix", "district and suffix", "width", "address", "ids later", "order", "no points", "no address"],
)
def test_a_second_file_of_a_ledger_doubles_nothing(checked_in, second):
    checked_in(FIRST, bring=True)
    found = checked_in(second)
    added, _ = effect_of(checked_in.store, found)
    assert (added, found.report.doubts, found.report.errors, len(found.frame)) == (0, [], [], 2)
    assert found.frame.geometry.notna().all()  # a row without a position keeps the one that the atlas has


def test_an_id_that_came_later_is_remembered(checked_in):
    checked_in(FIRST, bring=True)
    with_ids = FIRST.replace("站点名称,", "驿站编号,站点名称,").replace("\n湖", "\nX1,湖").replace("\n文", "\nX2,文")
    checked_in(with_ids, bring=True)
    found = checked_in(with_ids.replace("湖滨路甲站", "全新的名字").replace("湖滨南路1号一楼", "别处3号"))
    assert effect_of(checked_in.store, found) == (0, 1)


@pytest.mark.parametrize(
    "second",
    [
        "湖滨路甲站,思明区,厦禾路9号,8:00-20:00,118.0985,24.4712\n",
        "白鹭洲丁站,思明区,湖滨南路1号1楼,8:00-20:00,118.0945,24.4712\n",
    ],
    ids=["other address", "other name"],
)
def test_what_is_not_sure_is_asked_and_the_answer_counts(checked_in, second):
    checked_in(FIRST, bring=True)
    found = checked_in(HEAD + second)
    (doubt,) = found.report.doubts
    assert len(found.frame) == 0 and doubt.row == 2 and doubt.there[0]["name"] == "湖滨路甲站"
    assert [(one.row, one.code) for one in found.report.left_out] == [(2, "unsure")]
    key = doubt.there[0]["key"]
    assert checked_in(HEAD + second, same={2: key}).frame["station_id"].tolist() == [key]
    for answer in ({"same": {2: None}}, {"another": True}):
        found = checked_in(HEAD + second, **answer)
        assert effect_of(checked_in.store, found) == (1, 0) and found.report.doubts == []


def test_a_row_twice_in_one_file_comes_in_once_and_is_told(checked_in):
    found = checked_in(FIRST + "湖滨路甲站,思明区,湖滨南路1号1楼,8:00-21:00,118.0945,24.4713\n")
    assert len(found.frame) == 2 and [(one.row, one.code) for one in found.report.left_out] == [(4, "same_row")]


def test_a_row_without_a_position_keeps_a_point_set_by_hand_and_a_later_position_replaces_it(checked_in):
    plain = "站点名称,所属区,地址\n湖滨路甲站,思明区,湖滨南路1号一楼\n"
    found = checked_in(plain, bring=True)
    assert found.report.unplaced == 1
    row = found.frame.copy()
    row["geometry_provenance"] = "derived"
    row = row.set_geometry([Point(118.09, 24.47)], crs="EPSG:4326")
    checked_in.store.apply("stations", row, retire=False)
    again = checked_in(plain).frame
    assert again["geometry_provenance"].tolist() == ["derived"] and again.geometry.iloc[0].x == 118.09
    later = checked_in(FIRST).frame
    assert later["geometry_provenance"].isna().all() and effect_of(checked_in.store, checked_in(FIRST))[0] == 1


@pytest.mark.parametrize(
    ("text", "name", "codes"),
    [
        (
            "站点名称,地址\n甲,福建省厦门市思明区湖滨南路1号\n乙,厦门湖里区某路\n丙,思明区某路\n",
            "f.csv",
            ["350203", "350206", "350203"],
        ),
        ("站点名称,地址\n甲,南京市鼓楼区中山路1号\n乙,福州鼓楼区五四路\n", "f.csv", ["320106", "350102"]),
        ("站点名称,地址\n甲,南京市玄武区某路\n乙,鼓楼区中山路1号\n", "f.csv", ["320102", "320106"]),
        ("站点名称,地址\n甲,思明南路1号\n", "思明区驿站.csv", ["350203"]),
        ("厦门市思明区驿站台账,\n站点名称,地址\n甲,民族路1号\n", "f.csv", ["350203"]),
        ("站点名称,地址\n甲,厦门市民族路1号\n", "f.csv", ["350200"]),
        ("站点名称,区,地址\n甲,市辖区,厦门市思明区某路\n", "f.csv", ["350203"]),
    ],
    ids=["address", "two of one name", "the other rows", "file", "title", "city", "no county"],
)
def test_the_county_is_found_and_told(checked_in, text, name, codes):
    found = checked_in(text, name=name)
    assert found.frame["adcode"].tolist() == codes and found.report.errors == []
    assert any(one.code == "county" and one.rows for one in found.report.warnings)


@pytest.mark.parametrize("address", ["鼓楼区中山路1号", "开发区创业路1号", "思明南路1号", "北京路1号", "中山市场路1号"])
def test_a_county_that_nothing_tells_is_asked_for(checked_in, address):
    found = checked_in(f"站点名称,地址\n甲,{address}\n")
    assert len(found.frame) == 0 and [(one.row, one.code) for one in found.report.left_out] == [(2, "adcode")]
    assert checked_in(f"站点名称,地址\n甲,{address}\n", place="320106").frame["adcode"].tolist() == ["320106"]


def test_matching_holds_at_national_scale():
    """50,000 rows against 186,100, half of them named otherwise: seconds of the pairing alone, on a busy machine."""
    import numpy as np

    from geodata.importing.alike import light
    from geodata.importing.pairing import paired

    count, new = 186_100, 50_000
    names = np.array([f"驿站{at}" for at in range(count)], dtype=object)
    scope = np.array([f"{100000 + at % 2800}||False" for at in range(count)], dtype=object)
    lon, lat = 100 + np.arange(count) % 997 / 50, 25 + np.arange(count) % 991 / 60
    frame = {"scope": scope, "light": light(names), "bare": light(names), "where": names, "lon": lon, "lat": lat}
    theirs = pd.DataFrame(frame)
    mine = theirs.iloc[:new].copy()
    mine.loc[: new // 2, "light"] += "号"
    began = time.process_time()
    (one, other), unsure = paired(mine, theirs, ask=True)
    assert (one == other).all() and len(one) == new and not unsure
    assert time.process_time() - began < 30
