"""Ledgers in the shapes in which they come, through the command: what each must give stands in tests/data/cases."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from opening_hours import OpeningHours
from shapely import Point

from dashboard.__main__ import main
from geodata.store import open_store
from tests.messages import ROOT

CASES = ROOT / "tests" / "data" / "cases"
LEDGERS = CASES / "ledgers"

Import = Callable[..., dict]


@pytest.fixture
def home(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATLAS_HOME", str(own_home))
    return own_home


@pytest.fixture
def bring(home: Path, capsys: pytest.CaptureFixture[str]) -> Import:
    """Import a ledger into stations with --json; what it says must be JSON, whatever comes of it."""

    def run(name: str | Path, crs: str = "gcj02", *more: str, code: int = 0, command: str = "import") -> dict:
        path = name if isinstance(name, Path) else LEDGERS / name
        got = main([command, str(path), "--table", "stations", "--crs", crs, "--json", *map(str, more)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        found = json.loads(said.out)
        assert got == code, [one["message"] for one in found["errors"]]
        return found

    return run


def stations(home: Path) -> pd.DataFrame:
    """Return the stations that real files brought, in the order of their names."""
    rows = open_store(home).read("stations")
    rows = rows[rows["source_id"].str.startswith("file:")]
    return rows.sort_values("name").reset_index(drop=True)


def told(found: dict, code: str) -> list[dict]:
    return [one for one in found["warnings"] if one["code"] == code]


def own(row: pd.Series) -> dict:
    return json.loads(row["own"]) if isinstance(row["own"], str) else {}


def test_two_row_header(bring, home):
    found = bring("two_row_header.xlsx")
    assert (found["added"], found["unplaced"]) == (3, 3) and len(told(found, "unplaced")) >= 1
    rows = stations(home).set_index("name")
    assert set(rows.index) == {"湖滨路甲站", "文园路乙站", "禾祥街丙站"}
    first = rows.loc["湖滨路甲站"]
    assert rows["opened_on"].iloc[rows.index.get_loc("文园路乙站")].date().isoformat() == "2022-06-18"
    assert first["area_m2"] == 30 and own(first)["启用日期原文"] == "2023年5月"  # a month is no day: kept as written
    assert set(first["facilities"].split(";")) == {"water", "microwave"}
    assert rows.loc["文园路乙站", "facilities"] == "water"
    assert own(first)["联系电话"] == "05921234567" and "联系电话" in found["own_fields"]


def test_address_only(bring, home):
    found = bring("address_only.xlsx", command="check")
    (warning, *_) = told(found, "unplaced")
    assert warning["rows"] == [3, 4, 5] and all(word in warning["message"] for word in ("地图", "覆盖率", "选址"))
    assert (found["added"], found["unplaced"]) == (3, 3)
    found = bring("address_only.xlsx")
    assert (found["added"], found["changed"], found["unplaced"]) == (3, 0, 3)
    assert set(stations(home)["adcode"]) == {"350203"} and stations(home).geometry.isna().all()
    assert {one["row"] for one in found["left_out"]} == {6, 7}


def test_unplaced_stations_are_not_a_coverage_of_nought(bring, home, capsys):
    bring("address_only.xlsx")
    assert main(["coverage", "--radius", "500", "--place", "350203", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    shares = [found[way][of]["share"] for way in ("nominal", "effective") for of in ("weighted", "unweighted")]
    assert shares == [None] * 4 and found["stations"]["unplaced"] == 3


def test_plain_addresses(bring, home):
    found = bring("plain_addresses.csv")
    assert (found["added"], found["unplaced"]) == (3, 3)
    assert any(one["rows"] == [2, 3, 4] and "地址" in one["message"] for one in told(found, "county"))
    rows = stations(home).set_index("name")
    assert set(rows["adcode"]) == {"350203"}
    assert own(rows.loc["鹭江街道骑手之家"]) == {"联系电话": "13800000000", "备注": "含换电"}
    assert {"联系电话", "备注"} <= set(found["own_fields"])


def test_tick_columns(bring, home):
    assert bring("tick_columns.xlsx")["added"] == 2
    rows = stations(home).set_index("name")
    assert set(rows.loc["湖滨路甲站", "facilities"].split(";")) == {"water", "microwave", "charging"}
    assert set(rows.loc["文园路乙站", "facilities"].split(";")) == {"water", "aircon", "charging"}


def test_season_columns(bring, home):
    assert bring("season_columns.xlsx")["added"] == 1
    hours = stations(home)["opening_hours"].iloc[0]
    assert OpeningHours(hours).is_open(datetime(2024, 7, 16, 19, 30))
    assert not OpeningHours(hours).is_open(datetime(2024, 1, 16, 19, 30))


def test_a_sheet_for_each_district(bring, home):
    assert bring("sheet_per_district.xlsx")["added"] == 2
    assert stations(home).set_index("name")["adcode"].to_dict() == {"甲站": "350203", "丙站": "350206"}


def test_sheets_with_a_summary(bring, home):
    found = bring("sheets_with_summary.xlsx")
    assert found["added"] == 3 and set(stations(home)["name"]) == {"甲站", "乙站", "丙站"}
    assert {one["sheet"] for one in found["left_out"] if one["row"] is None} == {"汇总", "旧表"}


def test_hidden_rows_are_named(bring):
    found = bring("hidden_rows.xlsx")
    assert any(set(one.get("rows", ())) >= {4, 5} for one in told(found, "hidden"))


def test_a_ledger_that_comes_again(bring, home):
    counts = [(one["added"], one["changed"]) for one in map(bring, ("later_1.xlsx", "later_2.xlsx", "later_3.xlsx"))]
    assert counts == [(3, 0), (0, 3), (0, 1)]
    assert len(stations(home)) == 3 and stations(home).geometry.notna().all()


def test_a_shapefile_without_prj_is_asked_for_its_system(bring):
    found = bring("no_prj.zip", "file", code=1)
    assert [one["code"] for one in found["errors"]] == ["crs"] and found["batch_id"] is None


def test_layers_each_in_their_own_system(bring, home):
    assert bring("two_crs.gpkg", "file")["added"] == 4
    rows = stations(home).set_index("name")
    assert rows.geometry.loc["丙站"].distance(rows.geometry.loc["乙站"]) < 0.1
    assert set(rows["adcode"]) <= {"350203", "350206"}


@pytest.mark.parametrize(("name", "count"), [("places.kml", 2), ("places.kmz", 2), ("places.gpx", 1)])
def test_places_of_navigation(bring, home, name, count):
    assert bring(name, "file")["added"] == count
    first = stations(home).set_index("name").loc["甲站"]
    assert first.geometry.distance(Point(118.0945, 24.4712)) < 1e-6
    if count == 2:
        assert first["address"] == "湖滨南路某号"


@pytest.mark.parametrize("name", ["html_table.xls", "spreadsheet_2003.xls"])
def test_what_calls_itself_xls(bring, home, capsys, name):
    main(["check", str(LEDGERS / name), "--table", "stations", "--crs", "gcj02", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert not any("认不出表头" in one["message"] for one in found["errors"])
    assert found["accepted"] or found["errors"] or told(found, "empty")


def test_points_of_amap(bring, home):
    assert bring("amap_pois.xlsx")["added"] == 2
    rows = stations(home).set_index("name")
    assert set(rows["adcode"]) == {"350203"} and rows.geometry.notna().all() and rows["opening_hours"].notna().all()
    assert pd.isna(rows.loc["某爱心驿站", "address"])


def test_points_of_baidu(bring, home):
    assert bring("baidu_pois.csv", "bd09")["added"] == 1
    assert stations(home)["adcode"].tolist() == ["350203"]


@pytest.mark.parametrize(
    "case", list(csv.DictReader((CASES / "hours.csv").open(encoding="utf-8"))), ids=lambda one: one["id"]
)
def test_hours(case, bring, home, tmp_path):
    """A probe: open (=1), closed (=0), not known (=?), anything but open (~0)."""
    path = tmp_path / "hours.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("站点名称", "所属区", "开放时间"), ("甲站", "思明区", case["text"])])
    found = bring(path)
    row = stations(home).iloc[0]
    known = isinstance(row["opening_hours"], str)
    assert row["opening_hours_text"] == case["text"] and found["unknown_hours"] == int(not known)
    for probe in case["probes"].split(";"):
        moment, want = probe[:-2], probe[-2:]
        opened = OpeningHours(row["opening_hours"]).is_open(datetime.fromisoformat(moment)) if known else None
        assert {"=1": opened is True, "=0": opened is False, "=?": opened is None, "~0": opened is not True}[want], (
            probe
        )
