"""A brief of a place with demand and without a station says so, and how much of which demand reaches none."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.app import create_app
from dashboard.settings import Settings
from geodata.store import open_store

#: In 东城区, where the sample has neither demand nor a station, and how many metres apart its points lie.
LON, LAT, APART_M = 116.416, 39.928, 1_400


@pytest.fixture
def home(own_home: Path) -> Path:
    """An atlas with demand in 东城区: two cells of 60 and 20, a third of the first for riders."""
    store = open_store(own_home)
    rows = store.read("demand").iloc[:3].copy()
    rows["demand_id"] = ["d1", "d2", "d3"]
    rows["cell"], rows["zone"], rows["adcode"] = ["c1", "c1", "c2"], None, "110101"
    rows["worker_group"], rows["weight"] = ["courier", "rider", "courier"], [40.0, 20.0, 20.0]
    east = LON + APART_M / 85_000  # a degree of longitude is some 85 km there
    rows = rows.set_geometry(type(rows.geometry).from_xy([LON, LON, east], [LAT] * 3, crs=rows.crs))
    store.apply("demand", rows, retire=False)
    return own_home


def said(home: Path, query: str) -> str:
    answer = create_app(Settings(home=home, chromium="none")).server.test_client().get(f"/sheet?query={query}")
    assert answer.status_code == 200
    return answer.text


def test_a_county_without_a_station_is_told_so_in_both_languages(home: Path) -> None:
    zh = said(home, "place%3D110101")
    assert "没有可说的数字" not in zh
    assert "东城区：没有工会驿站；步行 500 米够不到任何驿站的占需求权重的 100.0%（加权，全部 80.0）（推算）" in zh
    en = said(home, "place%3D110101%26lang%3Den")
    assert (
        "no rest station; 100.0% of the demand weight reaches no station within 500 m on foot (weighted, of 80.0)" in en
    )
    rider = said(home, "place%3D110101%26group%3Drider")
    assert "没有工会驿站" in rider and "需求权重的 100.0%（加权，全部 20.0）" in rider


def test_a_station_next_door_counts_and_one_that_is_closed_at_the_hour_does_not(home: Path) -> None:
    store = open_store(home)
    station = store.read("stations").query("provenance != 'reported'").iloc[:1].copy()
    station["station_id"], station["adcode"], station["status"] = "N1", "110102", "open"
    station["name"], station["opening_hours"] = "邻区驿站", "Mo-Su 08:00-18:00"
    station = station.set_geometry(type(station.geometry).from_xy([LON], [LAT], crs=station.crs))
    store.apply("stations", station, retire=False)
    assert "够不到任何驿站的占需求权重的 25.0%（加权，全部 80.0）" in said(home, "place%3D110101")
    late = said(home, "place%3D110101%26hour%3D23")
    assert "没有符合条件的驿站" in late and "够不到任何驿站的占需求权重的 100.0%" in late
