"""The legend names what the map draws, all of it and nothing else; discs of reach are one area."""

from __future__ import annotations

import json
import re
from datetime import date

import numpy as np
import pytest
import shapely

from dashboard.components.legend import legend
from dashboard.export.markup import markup
from dashboard.maps.fills import area_fill, cell_fill
from dashboard.maps.overview import map_figure
from dashboard.words import Words
from geodata.crs import metric_epsg, to_metric
from geodata.schema import TABLES
from layers import disc, places, stations
from layers.atlas import Atlas
from layers.filters import Filters

SIMING, SHIZUISHAN, HULUDAO = "350203", "640200", "211400"
STATIONS, HOLLOW, SKETCHED, FAIRS, FAIRS_SAMPLE = (
    "可用驿站",
    "此条件下不可用",
    "驿站点位为示意",
    "招聘会：报道",
    "招聘会：示意",
)
FLOWS, FLOWS_SAMPLE, NOMINAL, ENTERPRISES, ACTIVITIES = (
    "跨市就业：报道",
    "跨市就业：示意",
    "名义服务范围（全部开放驿站）",
    "企业（示意点位）",
    "活动（越大越多）",
)
GRIDS, ZONES, DISC, CHOSEN = "网格边界为示意", "街道片区边界为示意", "选中驿站的服务范围", "选中"


def named(atlas: Atlas, filters: Filters, words: Words) -> list[str]:
    """Return the words of the marks of the legend."""
    here = places.scope(atlas, filters)
    text = markup(
        legend(
            area_fill(atlas, filters, here, words),
            cell_fill(atlas, filters, words),
            map_figure(atlas, filters, words),
            filters,
            words,
        )
    )
    return re.findall(r'legend-inline"><span[^>]*></span>([^<]+)<', text)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(layers=frozenset()), []),
        (Filters(layers=frozenset({"fairs"})), [FAIRS, FAIRS_SAMPLE]),
        (Filters(layers=frozenset({"fairs"}), provenance=frozenset({"reported"})), [FAIRS]),
        (Filters(place=HULUDAO, layers=frozenset({"fairs", "flows"})), [FAIRS_SAMPLE, FLOWS, FLOWS_SAMPLE]),
        (Filters(place=HULUDAO, layers=frozenset({"flows"}), start=date(2024, 9, 1)), [FLOWS_SAMPLE]),
        (Filters(layers=frozenset({"stations"}), hour=22), [STATIONS, HOLLOW, SKETCHED]),
        (
            Filters(place=SIMING, layers=frozenset({"stations"}), hour=22),
            [STATIONS, HOLLOW, "22:00 可用驿站服务范围", NOMINAL, ZONES, SKETCHED],
        ),
        (Filters(place=SIMING, layers=frozenset({"stations"}), station="SM-01"), None),
        (
            Filters(place=SHIZUISHAN, layers=frozenset({"grids", "enterprises", "activities"})),
            [ACTIVITIES, ENTERPRISES, GRIDS],
        ),
        (Filters(place=SHIZUISHAN, layers=frozenset({"grids"}), provenance=frozenset({"reported"})), []),
    ],
)
def test_the_legend_names_what_is_drawn_and_nothing_else(
    atlas: Atlas, words: Words, filters: Filters, expected: list[str] | None
) -> None:
    if expected is None:
        filters = filters.having(station=str(atlas.stations["station_id"].iloc[3]))
        assert {DISC, CHOSEN} <= set(named(atlas, filters, words))
        return
    assert named(atlas, filters, words) == expected


def test_enterprises_coloured_by_industry_are_named_by_it(atlas: Atlas, words: Words) -> None:
    found = named(atlas, Filters(place="640202", layers=frozenset({"enterprises"})), words)
    regions = atlas.regions[atlas.regions["adcode"] == "640202"]
    assert found == [*regions[regions["category"] == "industry"]["name"], ENTERPRISES]


def test_a_grid_that_the_union_drew_is_not_hatched(atlas: Atlas, words: Words) -> None:
    grids = atlas.grids.copy()
    grids.loc[grids["adcode"] == "640202", "geometry_provenance"] = "reported"
    other = Atlas.from_frames({name: atlas.table(name) for name in TABLES} | {"grids": grids}, atlas.meta)
    hatched = map_figure(other, Filters(place=SHIZUISHAN), words)["layout"]["meta"]["hatched"]
    assert set(hatched) == set(grids["grid_id"][grids["adcode"] != "640202"])
    assert GRIDS not in named(other, Filters(place="640202"), words)


def test_merged_discs_are_the_union_that_metres_give() -> None:
    """Oracle: buffers of 64 segments a quarter in the metric system of the place."""
    dice = np.random.default_rng(3)
    lon, lat = dice.uniform(118.07, 118.16, 40), dice.uniform(24.43, 24.50, 40)
    epsg = metric_epsg(118.1)
    circles = shapely.buffer(shapely.points(to_metric(lon, lat, epsg)), 600, quad_segs=64)
    expected = shapely.union_all(circles)
    area = disc.merged(lon, lat, 600, corners=36)
    got = shapely.transform(area, lambda degrees: to_metric(degrees[:, 0], degrees[:, 1], epsg))
    assert shapely.is_valid(area)
    assert got.symmetric_difference(expected).area < 0.012 * expected.area
    assert expected.area < 0.9 * shapely.area(circles).sum()  # they did overlap
    assert len(shapely.get_parts(got)) == len(shapely.get_parts(expected))


def test_discs_around_a_gap_leave_it_open_and_none_makes_nothing() -> None:
    turn = np.radians(np.arange(0, 360, 30))
    ring = disc.merged(118.1 + 0.01 * np.cos(turn), 24.45 + 0.01 * np.sin(turn), 400)
    assert ring.geom_type == "Polygon" and len(ring.interiors) == 1
    assert disc.merged([], [], 400).is_empty


@pytest.mark.parametrize(
    "filters", [Filters(place=SIMING), Filters(place=SIMING, hour=22), Filters(place="350200", hour=12, radius=1000)]
)
def test_open_reach_lies_in_nominal_reach_and_both_around_their_stations(
    atlas: Atlas, words: Words, filters: Filters
) -> None:
    traces = {trace["name"]: trace for trace in map_figure(atlas, filters, words)["data"]}
    nominal, effective = (
        shapely.from_geojson(json.dumps(traces[name]["geojson"]["features"][0]["geometry"]))
        for name in ("reach_nominal", "reach_open")
    )
    assert shapely.difference(effective, nominal).area < 1e-4 * effective.area
    rows = stations.select(atlas, filters)
    serving = rows["effective"].to_numpy(dtype=bool)
    inside = shapely.contains_xy(effective, rows["lon"], rows["lat"])
    assert inside[serving].all() and not inside.all()
    assert shapely.contains_xy(nominal, rows["lon"], rows["lat"])[rows["nominal"].to_numpy(dtype=bool)].all()
    size = len(json.dumps([traces[name] for name in ("reach_nominal", "reach_open")]))
    assert size < 40_000


def test_from_afar_and_without_stations_there_is_no_reach(atlas: Atlas, words: Words) -> None:
    for filters in (
        Filters(),
        Filters(place="350000"),
        Filters(place=SIMING, layers=frozenset({"demand"})),
        Filters(place="640200"),
    ):
        traces = {trace["name"]: trace for trace in map_figure(atlas, filters, words)["data"]}
        assert traces["reach_open"]["locations"] == traces["reach_nominal"]["locations"] == []
