"""Addresses by an extract alone: what was found by, how sure it is, and what stays open."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from geodata.geocoding.base import HOUSE, STREET, ZONE, Answer, Query
from geodata.geocoding.offline import Offline
from geodata.osm import extract
from geodata.osm.addresses import HOUSE_NUMBER, IN_QUARTER, ON_ROAD, SAME_NAME, ExtractAddresses
from tests.geodata.osm.made import STEP, Town

PLACES = gpd.GeoDataFrame(
    {
        "adcode": ["640200", "640202", "640205"],
        "name": ["石嘴山市", "大武口区", "惠农区"],
        "parent": [None, *["640200"] * 2],
    },
    geometry=[
        shapely.box(106, 38.5, 107, 39.5),
        shapely.box(106.3, 39, 106.5, 39.1),
        shapely.box(106.6, 39, 106.9, 39.4),
    ],
    crs=4326,
)
NONE = gpd.GeoDataFrame({"zone_id": [], "name": [], "adcode": [], "geometry_provenance": []}, geometry=[], crs=4326)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Offline:
    town, folder = Town(), tmp_path_factory.mktemp("extract")
    town.road(*((x, 0) for x in range(11)), highway="primary", name="游艺街")
    town.road((0, 3), (4, 3), highway="residential", name="游艺西街")
    town.node(2, 1, addr__street="游艺街", addr__housenumber="12")
    town.node(8, 1, addr__street="游艺街", addr__housenumber="80号")
    town.node(3, 3, amenity="library", name="石嘴山市图书馆")
    town.node(4, 9, amenity="bank", name="宁夏银行")
    town.node(9, 9, amenity="bank", name="宁夏银行")
    town.node(6, 6, place="neighbourhood", name="胜利小区")
    (into := folder / "into").mkdir()
    extract.read(town.write(folder / "a.osm.pbf"), into, extract.silent)
    return Offline({}, NONE, PLACES, ExtractAddresses(into, PLACES))


def ask(known: Offline, address: str, name: str = "", adcode: str = "640202") -> Answer:
    return next(known.locate([Query(address, adcode, "大武口区", "石嘴山市", name)]))


def at(answer: Answer) -> tuple[float, float]:
    return (round((answer.lon - 106.4) / STEP, 2), round((answer.lat - 39.02) / STEP, 2))


@pytest.mark.parametrize(
    ("address", "name", "level", "sure", "where"),
    [
        ("石嘴山市大武口区游艺街 12 号", "", HOUSE, HOUSE_NUMBER, (2, 1)),
        ("游艺街80号一楼", "", HOUSE, HOUSE_NUMBER, (8, 1)),
        ("游艺街 99 号", "", STREET, ON_ROAD, (4.5, 0)),
        ("游艺西街 12 号", "", STREET, ON_ROAD, (2, 3)),
        ("", "石嘴山市图书馆", HOUSE, SAME_NAME, (3, 3)),
        ("石嘴山市图书馆", "", HOUSE, SAME_NAME, (3, 3)),
        ("胜利小区 3 栋", "", ZONE, IN_QUARTER, (6, 6)),
    ],
)
def test_what_an_address_is_found_by(known, address, name, level, sure, where) -> None:
    found = ask(known, address, name)
    assert (found.level, found.confidence, found.others) == (level, sure, 0)
    assert at(found) == pytest.approx(where, abs=0.51)


def test_two_of_one_name_leave_it_open(known) -> None:
    assert ask(known, "", "宁夏银行").others == 1


def test_nothing_is_found_elsewhere_or_by_another_number(known) -> None:
    assert not ask(known, "游艺街 12 号", adcode="640205").found
    assert not ask(known, "解放街 1 号").found
    assert not ask(known, "游艺街道办事处").found  # the street is another thing than the road
    assert not ask(known, "游艺街 12 号", adcode="999999").found
    assert ask(known, "游艺街 1 号").level == STREET  # 12 is not 1
