"""What the atlas knows without a network: rows of the same address or name,
and street zones; nothing made up passes for real.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pytest
import shapely

from geodata.geocoding.base import ADDRESS, ZONE, Answer, Query
from geodata.geocoding.offline import Offline
from geodata.own_fields import as_text

PLACES = gpd.GeoDataFrame(
    {
        "adcode": ["350200", "350203", "350206"],
        "name": ["厦门市", "思明区", "湖里区"],
        "parent": [None, "350200", "350200"],
    },
    geometry=[shapely.box(118, 24, 119, 25)] * 3,
    crs=4326,
)
ZONES = gpd.GeoDataFrame(
    {
        "zone_id": ["Z1", "Z2"],
        "name": ["中华街道", "湖滨街道"],
        "adcode": "350203",
        "geometry_provenance": ["reported", "illustrative"],
    },
    geometry=[shapely.box(118.07, 24.44, 118.09, 24.46), shapely.box(118.09, 24.46, 118.11, 24.48)],
    crs=4326,
)


def stations(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    usual = {
        "name": "某站",
        "address": None,
        "adcode": "350203",
        "provenance": "reported",
        "geometry_provenance": None,
        "own": None,
    }
    made = [usual | one for one in rows]
    points = [None if one.get("at") is None else shapely.Point(one["at"]) for one in made]
    return gpd.GeoDataFrame(
        {name: [one[name] for one in made] for name in usual}, geometry=gpd.GeoSeries(points, crs=4326)
    )


def ask(frame: gpd.GeoDataFrame, address: str, name: str = "", adcode: str = "350203") -> Answer:
    query = Query(address, adcode, "思明区" if adcode == "350203" else "湖里区", "厦门市", name)
    return next(Offline({"stations": frame}, ZONES, PLACES).locate([query]))


HERE = {"address": "湖滨南路 1 号", "at": (118.1, 24.47)}


@pytest.mark.parametrize(
    "written",
    ["湖滨南路1号", "思明区湖滨南路 1 号", "厦门市思明区湖滨南路１号", " 湖滨南路　1号 ", "厦门市湖滨南路1号"],
)
def test_the_same_address_is_the_same_however_it_is_written(written):
    found = ask(stations(HERE), written)
    assert (found.lon, found.lat, found.level, found.others) == (118.1, 24.47, ADDRESS, 0)


@pytest.mark.parametrize("written", ["湖滨南路 11 号", "湖滨南路", "湖滨北路 1 号", ""])
def test_another_address_is_not_the_same(written):
    assert not ask(stations(HERE), written).found


def test_the_same_address_in_another_county_is_another():
    assert not ask(stations(HERE), "湖滨南路 1 号", adcode="350206").found


def test_a_name_is_surer_with_its_address_than_alone():
    frame = stations({**HERE, "name": "甲站"}, {"name": "乙站", "at": (118.08, 24.45)})
    by_address, by_name = ask(frame, "湖滨南路 1 号", "乙站"), ask(frame, "", "乙站")
    assert (by_address.lon, by_name.lon) == (118.1, 118.08)
    assert by_address.confidence > by_name.confidence > ask(frame, "中华街道某处").confidence


def test_rows_of_one_address_far_apart_leave_it_open():
    frame = stations(HERE, {**HERE, "at": (118.1001, 24.4701)}, {**HERE, "at": (118.15, 24.49)})
    assert ask(frame, "湖滨南路 1 号").others == 1


@pytest.mark.parametrize(
    "made_up", [{"provenance": "illustrative"}, {"geometry_provenance": "illustrative"}, {"at": None}]
)
def test_what_is_made_up_or_nowhere_lends_no_point(made_up):
    assert not ask(stations({**HERE, **made_up}), "湖滨南路 1 号").found


def test_an_address_may_be_an_own_field():
    frame = stations({"own": as_text({"地址": "湖滨南路 1 号"}), "at": (118.1, 24.47)})
    assert ask(frame, "湖滨南路 1 号").lon == 118.1


@pytest.mark.parametrize(
    ("address", "zone", "made_up"),
    [
        ("中华街道定安路 3 号", "中华街道", False),
        ("思明区中华 5 号", "中华街道", False),
        ("湖滨街道某号", "湖滨街道", True),
        ("湖滨南路 1 号", None, False),  # a road that is only called like a zone
        ("湖滨路 1 号", None, False),
        ("中华巷 1 号", None, False),
    ],
)
def test_a_zone_is_found_only_where_it_is_named_and_says_when_it_is_a_sketch(address, zone, made_up):
    found = ask(stations(), address)
    assert (found.matched or None, found.illustrative) == (zone, made_up)
    if zone:
        shape = ZONES.geometry[ZONES["name"] == zone].iloc[0]
        assert found.level == ZONE and shape.contains(shapely.Point(found.lon, found.lat))
