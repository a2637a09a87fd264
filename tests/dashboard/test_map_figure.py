"""The map's figure: a fixed list of traces, bounded whatever the country holds, in the language asked."""

from __future__ import annotations

import base64
import gzip
import json
import re
from datetime import date
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from dash import html

from dashboard import theme
from dashboard.components.legend import legend
from dashboard.glossary import glossary
from dashboard.maps import overview as map_figures
from dashboard.maps import preview
from dashboard.maps.fills import area_fill, cell_fill
from dashboard.maps.layers import TRACES
from dashboard.maps.placing import placing_map
from dashboard.maps.stations import POINTS_AT_MOST, station_hover
from dashboard.server.geometry import geometry
from dashboard.source import AtlasSource
from dashboard.words import Words
from geodata.build import build_atlas
from geodata.schema import TABLES
from geodata.store import open_store
from layers import stations
from layers.atlas import Atlas
from layers.classification import METHODS
from layers.filters import LAYERS, Filters
from layers.places import scope

NATIONAL = 186_100
CHINA = (75.0, 20.0, 130.0, 50.0)


@pytest.fixture(scope="module")
def national(atlas_home: Path) -> Atlas:
    """The atlas with as many stations as the country has, all over it; made here and shown nowhere."""
    store = open_store(atlas_home)
    frames = {name: store.read(name) for name in store.tables()}
    dice = np.random.default_rng(7)
    some = frames["stations"][frames["stations"]["status"] == "open"]
    many = some.iloc[dice.integers(0, len(some), NATIONAL)].reset_index(drop=True)
    many["station_id"] = [f"N{i:06d}" for i in range(NATIONAL)]
    points = shapely.points(dice.uniform(CHINA[0], CHINA[2], NATIONAL), dice.uniform(CHINA[1], CHINA[3], NATIONAL))
    many = gpd.GeoDataFrame(pd.DataFrame(many.drop(columns="geometry")), geometry=points, crs=4326)
    return Atlas.from_frames({**frames, "stations": many}, {"data_version": "national", "data_date": "2024-10-31"})


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(place="210000"),
        Filters(place="640200"),
        Filters(place="350203", hour=22),
        Filters(place="540000"),
        Filters(layers=frozenset()),
        Filters(place="350203", provenance=frozenset({"reported"})),
    ],
)
def test_the_traces_and_their_order_never_change(atlas: Atlas, words: Words, filters: Filters) -> None:
    figure = map_figures.map_figure(atlas, filters, words)
    assert [trace["name"] for trace in figure["data"]] == list(TRACES)
    json.dumps(figure, allow_nan=False)


def test_the_style_asks_nobody_else_and_is_the_same_for_every_filter(atlas: Atlas, words: Words) -> None:
    one = map_figures.map_figure(atlas, Filters(), words)["layout"]["map"]["style"]
    two = map_figures.map_figure(atlas, Filters(place="640200", layers=frozenset({"fairs"})), words)["layout"]["map"][
        "style"
    ]
    assert one == two
    assert "http" not in json.dumps(one)
    assert "glyphs" not in one
    assert one["sources"]


def test_every_layer_switched_off_sends_no_marks(atlas: Atlas, words: Words) -> None:
    figure = map_figures.map_figure(atlas, Filters(place="640200", layers=frozenset()), words)
    for trace in figure["data"]:
        if trace["name"] in (*LAYERS, "cells", "clusters", "disc"):
            assert not trace.get("customdata")


@pytest.mark.parametrize("filters", [Filters(), Filters(place="350203", layers=frozenset({"stations"}))])
def test_where_no_cell_is_drawn_the_geometry_of_none_is_asked_for(atlas: Atlas, words: Words, filters: Filters) -> None:
    for trace in map_figures.map_figure(atlas, filters, words)["data"]:
        if trace["name"] in ("cells", "only_straight"):
            assert not len(trace["locations"])
            assert trace["geojson"] == {"type": "FeatureCollection", "features": []}


def test_hover_tells_provenance_and_no_missing_value(atlas: Atlas, words: Words) -> None:
    for place in ("100000", "640200", "350203", "210000"):
        for trace in map_figures.map_figure(atlas, Filters(place=place), words)["data"]:
            for text in trace.get("hovertext", ()):
                assert not re.search(r"\b(nan|None|NaT)\b", text), text
            if trace["name"] in ("enterprises", "stations", "fairs", "activities", "cells"):
                assert all(re.search("报道|推算|示意|混合", text) for text in trace["hovertext"])


def test_hover_says_that_hours_are_not_known_and_what_is_written(atlas: Atlas, words: Words) -> None:
    rows = stations.select(atlas, Filters(place="350203", hour=20))
    row = rows[rows["status"] == "open"].head(1)
    assert len(row) == 1
    row = row.assign(opening_hours=None, opening_hours_text="同所在银行<b>", effective=False, why_not="unknown")
    (text,) = station_hover(row, words)
    assert "不计入有效覆盖：开放时间不详" in text and "未知（原文：同所在银行&lt;b&gt;）" in text


def _unpacked(axis: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(axis["bdata"]), dtype="<f4")


def test_hires_are_arcs_from_city_to_city_whole_when_reported_and_dashed_when_made_up(
    atlas: Atlas, words: Words
) -> None:
    figure = map_figures.map_figure(atlas, Filters(place="210000"), words)
    traces = {trace["name"]: trace for trace in figure["data"]}
    where = atlas.places.set_index("adcode")[["lon", "lat"]]
    whole = np.column_stack([_unpacked(traces["flows_whole_0"][axis]) for axis in ("lon", "lat")])
    # the only one reported: one person from 阜新 to 葫芦岛, one line without a gap
    assert np.allclose(whole[0], where.loc["210900"], atol=1e-4) and np.allclose(
        whole[-2], where.loc["211400"], atol=1e-4
    )
    assert np.isnan(whole).any(axis=1).sum() == 1 and np.isnan(whole[-1]).all()
    assert not len(_unpacked(traces["flows_whole_1"]["lon"])) and not len(_unpacked(traces["flows_whole_2"]["lon"]))
    dashed = {order: int(np.isnan(_unpacked(traces[f"flows_dashed_{order}"]["lon"])).sum()) for order in range(3)}
    made_up = atlas.flows[atlas.flows["provenance"] == "illustrative"]["persons"]
    wide = int((made_up >= 10).sum())
    assert dashed[0] > 3 * (len(made_up) - wide) and dashed[1] > 3 * wide and dashed[2] == 0
    hover = dict(zip([key[1] for key in traces["flows"]["customdata"]], traces["flows"]["hovertext"], strict=True))
    assert (
        "阜新市 → 葫芦岛市" in hover["210900-211400"]
        and "1 人" in hover["210900-211400"]
        and "报道" in hover["210900-211400"]
    )
    assert "24 人" in hover["211300-210700"] and "示意" in hover["211300-210700"]
    hollow = [
        color
        for color, key in zip(traces["flows"]["marker"]["color"], traces["flows"]["customdata"], strict=True)
        if key[1] != "210900-211400"
    ]
    assert set(hollow) == {"#FFFFFF"}


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (Filters(), 11),
        (Filters(place="210900"), 4),
        (Filters(place="640000"), 0),
        (Filters(layers=frozenset({"fairs"})), 0),
        (Filters(provenance=frozenset({"reported"})), 1),
        (Filters(start=date(2024, 9, 1)), 4),
        (Filters(area=((121.0, 41.8), (122.5, 41.8), (122.5, 42.6), (121.0, 42.6))), 4),
        (Filters(area=((117.9, 24.3), (118.3, 24.3), (118.3, 24.6))), 0),
    ],
)
def test_arcs_answer_to_place_layer_provenance_and_dates(
    atlas: Atlas, words: Words, filters: Filters, count: int
) -> None:
    traces = {trace["name"]: trace for trace in map_figures.map_figure(atlas, filters, words)["data"]}
    assert len(traces["flows"]["customdata"]) == count


def test_hires_of_one_way_are_never_added_across_provenances(atlas: Atlas, words: Words) -> None:
    more = atlas.flows[atlas.flows["flow_id"] == "FL-01"].assign(
        flow_id="FL-X", persons=70, provenance="illustrative", source_id="SAMPLE"
    )
    both = Atlas.from_frames(
        {"places": atlas.places, "lines": atlas.lines, "flows": pd.concat([atlas.flows, more], ignore_index=True)},
        atlas.meta,
    )
    dots = {trace["name"]: trace for trace in map_figures.map_figure(both, Filters(), words)["data"]}["flows"]
    told = [text for key, text in zip(dots["customdata"], dots["hovertext"], strict=True) if key[1] == "210900-211400"]
    assert len(told) == 2 and "1 人" in told[0] and "报道" in told[0] and "70 人" in told[1] and "示意" in told[1]


def test_a_country_of_stations_stays_small_on_the_wire(national: Atlas, words: Words) -> None:
    assert len(national.stations) == NATIONAL
    figure = map_figures.map_figure(national, Filters(), words)
    traces = dict(zip(TRACES, figure["data"], strict=True))
    assert traces["stations"]["customdata"] == []
    assert 20 < len(traces["clusters"]["customdata"]) <= 400
    assert len(gzip.compress(json.dumps(figure).encode())) < 40_000


@pytest.mark.parametrize(
    ("box", "zoom", "kind"),
    [
        ((73.0, 18.0, 135.0, 54.0), 3.0, "clusters"),
        ((110.0, 30.0, 116.0, 34.0), 6.5, "clusters"),
        ((116.0, 39.0, 116.4, 39.3), 11.0, "stations"),
    ],
)
def test_the_visible_box_gets_what_it_needs_and_no_more(
    national: Atlas, words: Words, box: tuple[float, float, float, float], zoom: float, kind: str
) -> None:
    lon, lat = national.lonlat("stations")
    inside = int(((lon >= box[0]) & (lon <= box[2]) & (lat >= box[1]) & (lat <= box[3])).sum())
    traces = map_figures.marks_in_view(national, Filters(), words, box, zoom)
    by_name = {trace["name"]: trace for trace in traces.values()}
    assert {TRACES[position] for position in traces} == {"stations_halo", "stations", "clusters"}
    if kind == "stations":
        assert len(by_name["stations"]["customdata"]) == inside <= POINTS_AT_MOST
    else:
        assert inside > POINTS_AT_MOST
        assert by_name["stations"]["customdata"] == []
        counted = sum(
            int(re.search(r"[\d,]+", text).group().replace(",", "")) for text in by_name["clusters"]["hovertext"]
        )
        assert counted == inside


@pytest.fixture(scope="module")
def busy(atlas_home: Path) -> Atlas:
    """The atlas with 20,000 activities all over the country, and 300 fairs in two of its cities; shown nowhere."""
    store = open_store(atlas_home)
    known = {name: store.read(name) for name in TABLES}
    dice = np.random.default_rng(8)

    def many(table: str, key: str, count: int) -> gpd.GeoDataFrame:
        frame = known[table].iloc[dice.integers(0, len(known[table]), count)].reset_index(drop=True)
        frame[key] = [f"B{at:06d}" for at in range(count)]
        points = shapely.points(dice.uniform(CHINA[0], CHINA[2], count), dice.uniform(CHINA[1], CHINA[3], count))
        return gpd.GeoDataFrame(pd.DataFrame(frame.drop(columns="geometry")), geometry=points, crs=4326)

    fairs = known["fairs"].iloc[np.arange(300) % len(known["fairs"])].reset_index(drop=True)
    fairs["fair_id"] = [f"B{at}" for at in range(300)]
    fairs["adcode"] = np.where(np.arange(300) < 295, "210700", "211100")
    fairs["geometry"] = [
        shapely.Point(121.1, 41.1) if one == "210700" else shapely.Point(122, 41) for one in fairs["adcode"]
    ]
    more = {"activities": many("activities", "activity_id", 20_000), "fairs": fairs}
    return Atlas.from_frames({**known, **more}, {"data_version": "busy", "data_date": "2024-10-31"})


@pytest.mark.parametrize(
    ("box", "zoom", "gathered"),
    [(None, None, True), ((100.0, 22.0, 125.0, 42.0), 5.0, True), ((110.0, 30.0, 112.0, 31.0), 9.0, False)],
)
def test_many_activities_are_counted_in_cells_and_none_is_lost(
    busy: Atlas, words: Words, box: tuple[float, float, float, float] | None, zoom: float | None, gathered: bool
) -> None:
    filters = Filters(layers=frozenset({"activities"}))
    figure = map_figures.map_figure(busy, filters, words, None, box, zoom)
    (trace,) = (one for one in figure["data"] if one["name"] == "activities")
    lon, lat = busy.lonlat("activities")
    west, south, east, north = box or (-180, -90, 180, 90)
    inside = int(((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)).sum())
    kinds = {kind for kind, _ in trace["customdata"]}
    assert (kinds == {"cluster"}) == gathered and len(trace["customdata"]) <= 800
    counted = [int(re.search(r"([\d,]+) 项活动", text)[1].replace(",", "")) for text in trace["hovertext"]]
    assert sum(counted) == inside > (2_000 if gathered else 0)
    assert len(gzip.compress(json.dumps(figure).encode())) < 60_000


def test_the_box_that_is_seen_brings_its_activities_and_fairs(busy: Atlas, atlas: Atlas, words: Words) -> None:
    near = map_figures.marks_in_view(busy, Filters(), words, (110.0, 30.0, 112.0, 31.0), 9.0)
    assert {TRACES[position] for position in near} == {"activities", "fairs", "fairs_halo"}  # stations are few
    assert map_figures.marks_in_view(busy, Filters(layers=frozenset({"stations"})), words, CHINA, 4.0) == {}
    assert map_figures.marks_in_view(atlas, Filters(), words, CHINA, 4.0) == {}  # all of the sample is there already


def test_fairs_of_a_city_that_has_many_are_one_mark_by_provenance(busy: Atlas, words: Words) -> None:
    figure = map_figures.map_figure(busy, Filters(layers=frozenset({"fairs"})), words)
    (trace,) = (one for one in figure["data"] if one["name"] == "fairs")
    keys = [tuple(key) for key in trace["customdata"]]
    assert keys.count(("place", "210700")) == 2  # reported, and made up
    assert [kind for kind, _ in keys].count("fair") == 5
    assert (
        (busy.fairs["adcode"] == "210700").sum()
        == 295
        == sum(
            int(re.search(r"(\d+) 场招聘会", text)[1])
            for text, (kind, _) in zip(trace["hovertext"], keys, strict=True)
            if kind == "place"
        )
    )


def test_building_twice_gives_the_same_figure(atlas_home: Path, atlas: Atlas, words: Words, tmp_path: Path) -> None:
    build_atlas(tmp_path)
    again = AtlasSource(tmp_path).atlas()
    assert again.version == atlas.version
    assert map_figures.map_figure(again, Filters(place="640200"), words) == map_figures.map_figure(
        atlas, Filters(place="640200"), words
    )


def test_a_route_is_dashed_while_made_up_and_whole_once_told(atlas: Atlas, words: Words) -> None:
    def drawn(known: Atlas, filters: Filters) -> dict:
        return {trace["name"]: trace for trace in map_figures.map_figure(known, filters, words)["data"]}

    traces = drawn(atlas, Filters(place="150100"))
    assert traces["stops"]["text"] == [str(one) for one in range(1, 9)] and set(traces["stops"]["marker"]["color"]) == {
        "#FFFFFF"
    }
    assert (
        "第 1 站" in traces["stops"]["hovertext"][0]
        and "2024年10月9日" in traces["stops"]["hovertext"][0]
        and "示意" in traces["stops"]["hovertext"][0]
    )
    assert np.isnan(_unpacked(traces["routes"]["lon"])).sum() > 3 * 7
    told = Atlas.from_frames(
        {"places": atlas.places, "activities": atlas.activities, "stops": atlas.stops.assign(provenance="reported")},
        atlas.meta,
    )
    traces = drawn(told, Filters(place="150100"))
    assert (
        np.isnan(_unpacked(traces["routes"]["lon"])).sum() == 7 and "#FFFFFF" not in traces["stops"]["marker"]["color"]
    )


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (Filters(place="150102"), 1),
        (Filters(place="640000"), 0),
        (Filters(place="150100", layers=frozenset({"flows"})), 0),
        (Filters(place="150100", end=date(2024, 10, 10)), 2),
        (Filters(place="150100", provenance=frozenset({"reported"})), 0),
        (Filters(place="150100", kinds=frozenset({"wish"})), 0),
        (Filters(), 0),
        (Filters(place="150100", kinds=frozenset({"health_check"})), 8),
        (Filters(place="150100", area=((111.5, 40.7), (111.9, 40.7), (111.9, 41.0), (111.5, 41.0))), 4),
    ],
)
def test_stops_answer_to_the_filters(atlas: Atlas, words: Words, filters: Filters, count: int) -> None:
    traces = {trace["name"]: trace for trace in map_figures.map_figure(atlas, filters, words)["data"]}
    assert len(traces["stops"]["customdata"]) == len(traces["stops"]["text"]) == count


def test_a_grid_without_enterprises_is_grey_and_no_class_of_the_scale(atlas: Atlas, words: Words) -> None:
    known = area_fill(atlas, Filters(place="640205"), scope(atlas, Filters(place="640205")), words)
    grids = atlas.grids.copy()
    first = grids["grid_id"] == known.ids[0]
    grids.loc[first, ["enterprises", "enterprises_strengthened"]] = 0
    other = Atlas.from_frames({name: atlas.table(name) for name in TABLES} | {"grids": grids}, atlas.meta)
    fill = area_fill(other, Filters(place="640205"), scope(other, Filters(place="640205")), words)
    painted = {one: (fill.colors[kind], fill.steps[kind]) for one, kind in zip(fill.ids, fill.classes, strict=True)}
    assert painted[known.ids[0]] == (theme.NO_DATA, words("无数据"))
    assert {one: painted[one] for one in known.ids[1:]} == {
        one: (known.colors[kind], known.steps[kind]) for one, kind in zip(known.ids[1:], known.classes[1:], strict=True)
    }
    assert fill.scale is not None and words(fill.scale.name) == "固定分级"


@pytest.mark.parametrize(
    ("filters", "key"),
    [(Filters(), "fixed"), (Filters(place="640200"), "fixed"), (Filters(place="350203"), "quantiles")],
)
def test_the_legend_names_how_its_classes_were_made_and_explains_it(
    atlas: Atlas, words: Words, filters: Filters, key: str
) -> None:
    figure, here = map_figures.map_figure(atlas, filters, words), scope(atlas, filters)
    parts = html.Div(
        legend(area_fill(atlas, filters, here, words), cell_fill(atlas, filters, words), figure, filters, words)
    )
    terms = {getattr(one, "data-term", None): one.children for one in parts._traverse() if isinstance(one, html.Span)}
    assert terms[key] == words(METHODS[key])
    assert {one.key for one in glossary(words)} >= set(terms) - {None}


def test_every_layer_of_a_map_of_spots_has_its_source_and_every_trace_its_place(atlas: Atlas, words: Words) -> None:
    for figure in (
        preview.spots_figure([], atlas, "zh", [118.1], [24.4]),
        placing_map(atlas, words, [118.1], [24.4], ["甲"], None),
    ):
        style = figure["layout"]["map"]["style"]
        layers = {layer["id"]: layer for layer in style["layers"]}
        assert len(layers) == len(style["layers"])
        assert {one["source"] for one in layers.values() if "source" in one} <= style["sources"].keys()
        assert {trace["below"] for trace in figure["data"]} <= layers.keys()


def test_a_cell_across_an_edge_of_the_icosahedron_is_drawn_with_its_more_corners(atlas: Atlas) -> None:
    cells = ("8930980054bffff", "8930980054fffff")  # in Suzhou: one of seven corners, one of six
    frames = {name: atlas.table(name) for name in TABLES if hasattr(atlas, name)}
    demand = frames["demand"].iloc[:2].assign(cell=cells)
    odd = Atlas.from_frames({**frames, "demand": demand}, atlas.meta)
    features = {one["id"]: one for one in json.loads(str(geometry(odd, "cells")))["features"]}
    for cell in cells:
        ring = [[round(lon, 5), round(lat, 5)] for lat, lon in h3.cell_to_boundary(cell)]
        assert features[cell]["geometry"]["coordinates"] == [[*ring, ring[0]]]
    assert sorted(len(one["geometry"]["coordinates"][0]) for one in features.values()) == [7, 8]
