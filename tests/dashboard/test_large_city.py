"""Demand and enterprises of a large city: bounded on the map, summed from afar, each by itself near; none is lost."""

from __future__ import annotations

import json
import re
from collections import defaultdict

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from dashboard.components.legend import legend
from dashboard.export.markup import markup
from dashboard.maps import overview as map_figures
from dashboard.maps.layer import Scene
from dashboard.maps.layers import TRACES
from dashboard.server.geometry import geometry
from dashboard.words import Words
from geodata.schema import TABLES
from layers.atlas import Atlas
from layers.filters import Filters

HERE = Filters(place="350203")
LON, LAT = 118.11, 24.46
RINGS, ENTERPRISES, STATIONS = 44, 3_000, 90  # 5,941 hexagons
MOST_MARKS, MOST_BYTES = 5_000, 200_000
STREET = (118.105, 24.455, 118.115, 24.465)
NEAR, FAR = (118.10, 24.45, 118.125, 24.47), (117.9, 24.3, 118.3, 24.65)


@pytest.fixture(scope="module")
def city(atlas: Atlas) -> Atlas:
    """The shipped places, and so much in one county as a large city has."""
    dice = np.random.default_rng(44)
    disk = sorted(h3.grid_disk(h3.latlng_to_cell(LAT, LON, 9), RINGS))
    at = [(lon, lat) for lat, lon in (h3.cell_to_latlng(one) for one in disk)]

    def of(table: str, rows: dict[str, object], points: np.ndarray) -> gpd.GeoDataFrame:
        frame = pd.DataFrame(rows | {"batch_id": "b", "source_id": "A", "adcode": HERE.place})
        return TABLES[table].coerce(frame.assign(geometry=shapely.points(points)))

    wanted = of(
        "demand",
        {
            "demand_id": [f"D{one}" for one in range(2 * len(disk))],
            "cell": [*disk, *disk],
            "weight": dice.integers(1, 60, 2 * len(disk)).astype(float),
            "worker_group": ["courier"] * len(disk) + ["rider"] * len(disk),
            "provenance": "derived",
        },
        np.array([*at, *at]),
    )
    firms = of(
        "enterprises",
        {
            "enterprise_id": [f"E{one:04d}" for one in range(ENTERPRISES)],
            "name": [f"企业{one}" for one in range(ENTERPRISES)],
            "sector": "C",
            "workers": 40,
            "strengthened": True,
            "region_id": None,
            "grid_id": None,
            "provenance": "illustrative",
        },
        dice.normal((LON, LAT), 0.03, (ENTERPRISES, 2)),
    )
    posts = of(
        "stations",
        {
            "station_id": [f"S{one}" for one in range(STATIONS)],
            "name": [f"驿站{one}" for one in range(STATIONS)],
            "status": "open",
            "opening_hours": dice.choice(["24/7", "06:00-12:00"], STATIONS),
            "smart": False,
            "provenance": "reported",
        },
        dice.normal((LON, LAT), 0.04, (STATIONS, 2)),
    )
    frames = {name: atlas.table(name) for name in ("places", "lines", "land", "kinds")}
    frames |= {"demand": wanted, "enterprises": firms, "stations": posts}
    return Atlas.from_frames(frames, atlas.meta | {"data_version": "city"})


def drawn(city: Atlas, words: Words, filters: Filters, box: tuple | None, zoom: float) -> dict[str, dict]:
    """Return the traces that a browser has after its map has come to `box`: what is sent for it over what was there."""
    traces = map_figures.map_figure(city, filters, words)["data"]
    if box is not None:
        for position, trace in map_figures.marks_in_view(city, filters, words, box, zoom).items():
            traces[int(position)] = trace
    return {trace["name"]: trace for trace in traces}


def judged(city: Atlas, filters: Filters) -> dict[str, tuple[float, str]]:
    """Return weight and state of each cell, station by station and row by row."""
    weight: dict[str, float] = defaultdict(float)
    for cell, more in zip(city.demand["cell"], city.demand["weight"], strict=True):
        weight[cell] += more
    lon, lat = city.lonlat("stations")
    serves = np.array([filters.hour is None or text == "24/7" for text in city.stations["opening_hours"]])
    found, geod = {}, Geod(ellps="GRS80")
    for cell, own in weight.items():
        y, x = h3.cell_to_latlng(cell)
        near = geod.inv(np.full(STATIONS, x), np.full(STATIONS, y), lon, lat)[2] <= filters.straight_radius
        found[cell] = own, "可用" if (near & serves).any() else "名义" if near.any() else "够不到"
    return found


def sums_of(trace: dict) -> dict[str, dict[str, float]]:
    """Return what the hover texts of the cells of `trace` say of each: its weight, its parts, how many it sums."""
    found = {}
    for cell, text in zip(trace["locations"], trace["hovertext"], strict=True):
        (weight,) = re.findall(r"<b>需求权重 ([\d.]+)</b>", text)
        parts = {name: float(one) for name, one in re.findall(r"<br>(可用|只有名义|够不到)[^<\d]* ([\d.]+)", text)}
        found[cell] = {"weight": float(weight), **parts}
    return found


@pytest.mark.parametrize("filters", [HERE, HERE.having(hour=20)])
def test_from_afar_hexagons_are_sums_of_what_each_holds(city: Atlas, words: Words, filters: Filters) -> None:
    trace = drawn(city, words, filters, None, 0)["cells"]
    resolution = h3.get_resolution(trace["locations"][0])
    truth: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    held: dict[str, int] = defaultdict(int)
    for cell, (weight, state) in judged(city, filters).items():
        parent = h3.cell_to_parent(cell, resolution)
        held[parent] += 1
        truth[parent]["weight"] += weight
        truth[parent][{"名义": "只有名义"}.get(state, state)] += weight
    assert 50 < len(truth) <= 350 and resolution < 9
    assert sums_of(trace) == {cell: dict(parts) for cell, parts in truth.items()}
    assert all(
        f"{held[cell]} 个六边形合计" in text for cell, text in zip(trace["locations"], trace["hovertext"], strict=True)
    )
    name = trace["geojson"].rsplit("/", 1)[1].removesuffix(".json")
    shapes = json.loads(geometry(city, name) or "")["features"]
    assert {one["id"] for one in shapes} == set(truth) and name == f"cells-350203-{resolution}"


def test_near_each_hexagon_is_itself_and_none_in_sight_is_left_out(city: Atlas, words: Words) -> None:
    trace, truth = drawn(city, words, HERE, NEAR, 15.0)["cells"], judged(city, HERE)
    west, south, east, north = NEAR
    inside = {one for one in truth for y, x in [h3.cell_to_latlng(one)] if west <= x <= east and south <= y <= north}
    assert len(inside) > 50 and inside <= set(trace["locations"]) <= set(truth) and len(trace["locations"]) <= 550
    assert {cell: one["weight"] for cell, one in sums_of(trace).items()} == {
        cell: truth[cell][0] for cell in trace["locations"]
    }
    assert trace["geojson"].endswith("/cells.json")


def test_enterprises_are_counted_in_groups_until_few_enough_are_in_sight(city: Atlas, words: Words) -> None:
    lon, lat = city.lonlat("enterprises")
    for box, zoom in ((None, 0), (FAR, 10.0), (STREET, 15.0)):
        west, south, east, north = box or Scene(city, HERE, words).bounds
        inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        traces = drawn(city, words, HERE, box, zoom)
        groups = [int(text.split(" ")[0].replace(",", "")) for text in traces["enterprise_groups"]["hovertext"]]
        single = {one for _, one in traces["enterprises"]["customdata"]}
        if box is STREET:
            assert groups == [] and single == set(city.enterprises["enterprise_id"][inside]) and single
        else:
            assert sum(groups) == inside.sum() > 250 and len(groups) <= 250 and not single


def test_whatever_is_in_sight_the_map_is_bounded(city: Atlas, words: Words) -> None:
    half = 0.2
    boxes = [None, FAR]
    while half > 0.004:
        boxes += [(LON - half + shift, LAT - half, LON + half + shift, LAT + half) for shift in (0, 0.05)]
        half /= 1.6
    seen = set()
    for box in boxes:
        traces = drawn(city, words, HERE, box, 12.0)
        marks = sum(len(one.get("customdata") or one.get("locations") or ()) for one in traces.values())
        assert marks <= MOST_MARKS
        sent = map_figures.marks_in_view(city, HERE, words, box or FAR, 12.0)
        assert {TRACES[one] for one in sent} == {"cells", "only_straight", "enterprises", "enterprise_groups"}
        assert len(json.dumps(sent)) <= MOST_BYTES
        seen.add(h3.get_resolution(next(iter(traces["cells"]["locations"]), "8928308280fffff")))
    assert 9 in seen and len(seen) > 1


def test_the_legend_says_that_hexagons_are_sums_from_afar(city: Atlas, atlas: Atlas, words: Words) -> None:
    def said(of: Atlas) -> str:
        scene = Scene(of, HERE, words)
        figure = map_figures.figure_of(scene)
        told = legend(scene.fill, scene.cells, figure, HERE, words)
        assert figure["layout"]["meta"]["gathers"] == (of is city)
        return "".join(markup(one) for one in told)

    assert "几个六边形合为一个" in said(city) and "几个六边形合为一个" not in said(atlas)
