"""Along the streets on the pages: the town on the river (tests/layers/towns.py), its isochrones, and what is said."""

from __future__ import annotations

import argparse
import json

import numpy as np
import pytest
import shapely
from pyproj import Geod

from dashboard import ids, state
from dashboard.charts import coverage
from dashboard.commands.coverage import asked, measured, straight
from dashboard.components import rail
from dashboard.components.controls import controls, taken
from dashboard.filters_in_words import words_of_filters
from dashboard.locale import load_words
from dashboard.maps import isochrones
from dashboard.maps.fills import cell_fill
from dashboard.maps.overview import map_figure
from dashboard.validation import validated
from dashboard.words import Words
from layers import way
from layers.atlas import Atlas
from layers.coverage import by_unit, measure
from layers.filters import NETWORK, STRAIGHT, Filters
from tests.layers.hand_counted import META, at
from tests.layers.towns import CELLS, STATIONS, on_the_river, river_atlas, river_frames

HERE = Filters(place="350203", radius=500)
GEOD = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def river() -> Atlas:
    return river_atlas()


def words_of(lang: str = "zh") -> Words:
    return Words(lang, load_words()[lang])


def traces_of(atlas: Atlas, filters: Filters) -> dict:
    return {one["name"]: one for one in map_figure(atlas, filters, words_of())["data"]}


def area_of(trace: dict, number: int) -> shapely.Geometry:
    return shapely.from_geojson(json.dumps(trace["geojson"]["features"][number]["geometry"]))


def test_the_way_is_in_the_address() -> None:
    for chosen, query in ((None, ""), (NETWORK, "?way=network"), (STRAIGHT, "?way=straight")):
        assert state.write(Filters(way=chosen)) == query
        assert state.parse(query).filters.way == chosen
    bad = state.parse("?way=crow")
    assert bad.filters.way is None and "way=crow" in bad.notices[0].text()


def test_the_way_is_said_wherever_filters_are(river) -> None:
    assert words_of_filters(river, HERE, words_of())[-1] == "服务半径 500 米（沿路网步行（2026-11-01））"
    english = words_of_filters(river, HERE, words_of("en"))[-1]
    assert english == "Service radius 500 m (walked along the network (2026-11-01))"
    straight = words_of_filters(river, HERE.having(way=STRAIGHT), words_of())[-1]
    assert straight == "服务半径 500 米（步行，绕行系数 1.3）"
    assert "沿路网步行" in cell_fill(river, HERE, words_of()).title
    assert "绕行系数 1.3" in cell_fill(river, HERE.having(way=STRAIGHT), words_of()).title


def test_the_way_is_offered_where_there_is_a_network(river) -> None:
    assert rail.way_offered(river, HERE) and "沿路网" in rail.way_hint(river, HERE, words_of())[0]
    without = Atlas.from_frames(river_frames(), META)
    assert not rail.way_offered(without, HERE)
    assert "没有路网：导入 OpenStreetMap 数据后可沿路网计算。" in rail.way_hint(without, HERE, words_of())
    assert "省级以上按直线计算；到市、县可沿路网。" in rail.way_hint(river, Filters(), words_of())
    listed = controls(("2024-01",))
    values = [control.show(HERE) for control in listed]
    position = next(i for i, one in enumerate(listed) if one.id == ids.control("way"))
    for value, chosen in ((STRAIGHT, STRAIGHT), (NETWORK, NETWORK), ("", None)):
        values[position] = value
        assert taken(HERE.having(way="straight" if chosen is None else None), values, listed).way == chosen


def test_a_click_on_a_station_shows_its_isochrones(river) -> None:
    traces = traces_of(river, HERE.having(station="T1"))
    minutes, radius = traces["walk_minutes"], traces["walk_radius"]
    assert len(minutes["locations"]) == 3 and len(radius["locations"]) == 1
    assert not len(traces["disc"]["lon"]) and not traces["reach_open"]["locations"]
    # T1 stands 10 m off the north street, 250 m east of the bridge: 500 m end 490 m along it, and over the bridge
    # 120 m farther at 120 m on the south street
    reached = area_of(radius, 0)
    for east, north, inside in (
        (735, 60, True),
        (765, 60, False),
        (0, -60, True),
        (110, -60, True),
        (150, -60, False),
        (300, 0, False),
    ):
        assert shapely.contains_xy(reached, at(east, north).x, at(east, north).y) == inside, (east, north)
    # 15, 10 and 5 minutes at 80 m a minute, one in the other
    areas = [area_of(minutes, number) for number in range(3)]
    for area, metres in zip(areas, (1200, 800, 400), strict=True):
        inside, outside = at(250 + metres - 15, 60), at(250 + metres + 15, 60)
        assert shapely.contains_xy(area, inside.x, inside.y) and not shapely.contains_xy(area, outside.x, outside.y)
    # straight, and where nobody walks, it is the disc as ever
    discs = traces_of(river, HERE.having(station="T1", way=STRAIGHT))
    assert (
        len(discs["disc"]["lon"]) and not discs["walk_minutes"]["locations"] and not discs["walk_radius"]["locations"]
    )
    # one too far from every street has none
    assert not traces_of(river, HERE.having(station="T5"))["walk_radius"]["locations"]


def test_the_map_outlines_what_only_the_straight_line_reaches(river) -> None:
    # 63 of 63 are within 500 m straight; along the streets 33, as test_layer_way counts: a, and f over the bridge
    traces = traces_of(river, HERE)
    assert set(traces["only_straight"]["locations"]) == set(CELLS) - {"a", "f"}
    assert set(traces["only_straight"]["locations"]) < set(traces["cells"]["locations"])
    said = dict(zip(traces["cells"]["locations"], traces["cells"]["hovertext"], strict=True))
    assert "沿路够不到" in said["b"] and "沿路够不到" not in said["a"]
    assert not traces_of(river, HERE.having(way=STRAIGHT))["only_straight"]["locations"]


def test_a_chart_holds_the_way_against_the_straight_line(river) -> None:
    chart = coverage.by_way(river, HERE, words_of())
    assert chart is not None
    assert {one.name: one.values for one in chart.series} == {
        "沿路网": (pytest.approx(33 / 63),),
        "直线 × 1.3": (pytest.approx(1.0),),
    }
    assert chart.title == "思明区：直线多算了 47.6 个百分点，沿路走只覆盖 52.4%"
    assert coverage.by_way(river, HERE.having(way=STRAIGHT), words_of()) is None
    assert coverage.by_way(river, Filters(), words_of()) is None


def test_what_is_drawn_for_the_eye_is_small(river) -> None:
    spot = np.array([river.lonlat("stations")]).reshape(2, -1).T[:1]
    area = isochrones.around(river, way.along(river, HERE), spot, (1200.0,))[0]
    assert 4 < shapely.get_num_coordinates(area) < 400 and area.is_valid


def test_the_command_says_which_way_and_who_is_apart(river) -> None:
    found = measured(river, asked(500, 1.3, None, "350203"))
    assert (found["way"], found["detour_factor"]) == (NETWORK, None)
    assert found["nominal"]["weighted"]["covered"] == 33
    assert found["straight"]["effective"]["weighted"]["share"] == 1.0
    assert found["apart"] == {"cells_far": 1, "cells_cut_off": 1, "roads_cut_off": ["孤巷"], "stations_far": ["T5"]}
    straight = measured(river, asked(500, 1.3, None, "350203", way=STRAIGHT))
    assert (straight["way"], straight["detour_factor"], straight["apart"]) == (STRAIGHT, 1.3, None)
    assert straight["nominal"]["weighted"]["covered"] == 63
    assert set(STATIONS) == set(river.stations["station_id"])


def test_a_network_that_is_asked_for_and_is_not_there_is_told(river) -> None:
    asked_for = HERE.having(way=NETWORK)
    assert validated(river, asked_for) == (asked_for, ())
    without = Atlas.from_frames(river_frames(), META)
    kept, told = validated(without, asked_for)
    assert kept.way == NETWORK and [one.text() for one in told] == ["没有路网：导入 OpenStreetMap 数据后可沿路网计算。"]
    assert "省级以上按直线" in validated(river, Filters(way=NETWORK))[1][0].text()
    assert validated(without, HERE) == (HERE, ())


def test_a_detour_factor_asks_for_the_straight_line() -> None:
    assert straight(argparse.Namespace(detour=1.5)) == STRAIGHT
    assert straight(argparse.Namespace(detour=None)) is None


def test_a_county_of_which_no_station_is_known_says_so_and_names_no_road() -> None:
    frames = river_frames()
    frames["stations"] = frames["stations"].iloc[:0]
    frames["demand"] = frames["demand"].assign(zone=None)
    bare = Atlas.from_frames(frames, META, lambda box: on_the_river())
    now = measure(bare, HERE)
    assert "这里没有开放驿站的记录" in now.note(HERE).text()
    assert now.apart is not None and not now.apart.cut.any() and now.apart.far.sum() == 1
    # without street zones the county stands for itself
    rows = by_unit(bare, HERE)
    assert [(row.unit_kind, row.unit_id, row.share) for row in rows.itertuples()] == [("place", "350203", 0.0)]
    assert coverage.by_way(bare, HERE, words_of()) is None
    assert "没有开放驿站的记录" not in measure(river_atlas(), HERE).note(HERE).text()
