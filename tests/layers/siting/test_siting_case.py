"""A case from the atlas against counts that know no planner: geodesic distances of all pairs, hour by hour."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from dashboard.__main__ import main
from geodata.errors import AtlasError
from geodata.hours import parse
from geodata.schema import TABLES
from layers import coverage
from layers.atlas import Atlas
from layers.filters import Filters
from layers.siting import evidence
from layers.siting.ask import Ask, hours_of, hours_text, point_id, point_of
from layers.siting.candidates import candidates
from layers.siting.case import case
from layers.siting.solver import best

WGS84 = Geod(ellps="WGS84")
NIGHT = (22, 23, 0, 1, 2, 3, 4, 5)
NONE = np.empty(0, np.int64)


def table(table_name, columns, **constant):
    spots = gpd.points_from_xy(columns.pop("lon"), columns.pop("lat"))
    frame = gpd.GeoDataFrame({**columns, **constant}, geometry=spots, crs=4326)
    return TABLES[table_name].coerce(frame.assign(provenance="illustrative", source_id="SAMPLE", batch_id="b"))


@pytest.fixture
def town(frames):
    """Return an atlas of Siming with random demand that has hours,
    and stations of which some close, some need an app.
    """
    rng = np.random.default_rng(3)
    n, k = 60, 9
    lon, lat = 118.08 + rng.random(n) * 0.06, 24.43 + rng.random(n) * 0.05
    weight = rng.integers(1, 40, n) / 4
    profile = np.array(["", ";".join(["1"] * 12 + ["3"] * 12), ";".join(["4"] * 6 + ["0.5"] * 18)])[
        rng.integers(3, size=n)
    ]
    demand = table(
        "demand",
        {
            "demand_id": [f"d{i}" for i in range(n)],
            "cell": [h3.latlng_to_cell(y, x, 9) + str(i) for i, (x, y) in enumerate(zip(lon, lat, strict=True))],
            "weight": weight,
            "hour_profile": np.where(profile == "", None, profile),
            "lon": lon,
            "lat": lat,
        },
        adcode="350203",
        zone=None,
        worker_group="rider",
    )
    hours = np.array(["24/7", "08:00-22:00", "20:00-02:00"])[rng.integers(3, size=k)]
    stations = table(
        "stations",
        {
            "station_id": [f"S{i}" for i in range(k)],
            "opening_hours": hours,
            "access": np.where(np.arange(k) % 4 == 3, "app", "open"),
            "status": np.where(np.arange(k) == 8, "closed", "open"),
            "lon": 118.08 + rng.random(k) * 0.06,
            "lat": 24.43 + rng.random(k) * 0.05,
        },
        name="驿站",
        adcode=["350203"] * 7 + ["350206"] * 2,
        smart=False,
    )
    offered = table(
        "candidates",
        {
            "candidate_id": [f"C{i}" for i in range(12)],
            "lon": 118.08 + rng.random(12) * 0.06,
            "lat": 24.43 + rng.random(12) * 0.05,
            "cost_yuan": rng.integers(1, 9, 12) * 1e4,
        },
        name="备选",
        adcode="350203",
        rule="free",
    )
    return Atlas.from_frames(
        {**frames, "demand": demand, "stations": stations, "candidates": offered},
        {"data_version": "t", "data_date": "2024-10-31"},
    )


def reached(atlas, filters, points):
    """Return which demand (rows) each of the points (columns) reaches, by geodesics."""
    d = np.column_stack([atlas.demand.geometry.x, atlas.demand.geometry.y])
    spots = np.asarray(points, float).reshape(-1, 2)
    away = [WGS84.inv(d[:, 0], d[:, 1], np.full(len(d), lon), np.full(len(d), lat))[2] for lon, lat in spots]
    return (
        np.column_stack([np.array(one) * filters.detour <= filters.radius for one in away])
        if len(spots)
        else np.zeros((len(d), 0), bool)
    )


def counted(atlas, filters, hours, sites):
    """Return covered weight and all weight, the mean over the hours asked, hour by hour."""
    s = atlas.stations[(atlas.stations["status"] == "open") & ((hours is None) | (atlas.stations["access"] != "app"))]
    near, new = (
        reached(atlas, filters, np.column_stack([s.geometry.x, s.geometry.y])),
        reached(atlas, filters, sites).any(axis=1),
    )
    curve = np.array(
        [
            [float(x) for x in one.split(";")] if isinstance(one, str) else [1.0] * 24
            for one in atlas.demand["hour_profile"]
        ]
    )
    curve = curve / curve.mean(axis=1, keepdims=True) * atlas.demand["weight"].to_numpy()[:, None]
    if hours is None:
        return float(curve.mean(axis=1)[near.any(axis=1) | new].sum()), float(curve.mean(axis=1).sum())
    served = 0.0
    for hour in hours:
        up = np.array([parse(one).open_at(filters.day, hour * 60) for one in s["opening_hours"]])
        served += curve[near[:, up].any(axis=1) | new, hour].sum() / len(hours)
    return float(served), float(curve[:, list(hours)].mean(axis=1).sum())


@pytest.mark.parametrize("hours", [None, NIGHT, (9,), (1, 9, 21)])
def test_the_best_plan_is_the_best_of_all_plans_counted_one_by_one(town, siming, hours) -> None:
    filters = siming.having(radius=900)
    found = case(town, filters, Ask(new=2, hours=hours, source="table"))
    prepared = found.prepared()
    answer = best(prepared.instance)
    c = town.candidates
    spots = dict(zip(c["candidate_id"], zip(c.geometry.x, c.geometry.y, strict=True), strict=True))
    every = {
        pair: counted(town, filters, hours, [spots[one] for one in pair])[0]
        for pair in itertools.combinations(spots, 2)
    }
    assert answer.status == "proved"
    assert answer.objective == pytest.approx(max(every.values()))
    chosen = tuple(prepared.instance.site_ids[j] for j in answer.sites)
    assert every[chosen] == pytest.approx(answer.objective)
    before = evidence.covered(prepared.instance, NONE)
    assert (before.weight, before.weight_of) == pytest.approx(counted(town, filters, hours, []))


@pytest.mark.parametrize(("hours", "hour"), [(None, None), ((22,), 22), ((3,), 3), ((14,), 14)])
def test_what_stands_covers_as_much_as_the_overview_says(shipped, siming, hours, hour) -> None:
    found = case(shipped, siming, Ask(hours=hours))
    before = evidence.covered(found.prepared().instance, NONE)
    said = coverage.measure(shipped, siming.having(hour=hour))
    weighted = said.nominal_weighted if hour is None else said.effective_weighted
    cells = said.nominal_unweighted if hour is None else said.effective_unweighted
    assert (before.weight, before.weight_of) == pytest.approx((weighted.part, weighted.whole))
    assert (before.points, len(found.cells)) == (cells.part, cells.whole)


def test_the_eight_planned_stations_are_named_and_never_serve(shipped, siming) -> None:
    found = case(shipped, siming, Ask())
    assert found.planned == tuple(f"SM-P0{one}" for one in range(1, 9))
    assert found.standing == len(found.serving) == 28
    assert found.provenance == "illustrative"


def test_a_site_moved_to_where_it_stood_covers_the_same(shipped, siming) -> None:
    found = case(shipped, siming, Ask(new=3, hours=NIGHT))
    prepared = found.prepared()
    answer = best(prepared.instance)
    moved = found.at(prepared.places.xy[answer.sites])
    assert moved.instance.site_ids[:3] == ["new 1", "new 2", "new 3"]
    assert evidence.covered(moved.instance, np.arange(3)).weight == pytest.approx(answer.objective)


@pytest.mark.parametrize("step", [200, 700])
def test_a_grid_lies_on_land_and_keeps_its_ids_in_a_lasso(shipped, siming, step) -> None:
    whole = candidates(shipped, siming, Ask(source="grid", step=step))
    lasso = siming.having(area=((118.08, 24.43), (118.12, 24.43), (118.12, 24.47), (118.08, 24.47)))
    part = candidates(shipped, lasso, Ask(source="grid", step=step))
    place = shipped.places.set_index("adcode").geometry["350203"]
    land = shapely.union_all(shipped.land[shipped.land["kind"] == "shore"].geometry.to_numpy())
    assert shapely.contains_xy(place, whole.lon, whole.lat).all()
    assert shapely.contains_xy(land, whole.lon, whole.lat).all()
    # as many as the land has room for, within the edge's share
    metric = gpd.GeoSeries([shapely.intersection(place, land)], crs=4326).to_crs(4548).iloc[0]
    assert abs(len(whole) - metric.area / step**2) < metric.length / step
    where = dict(zip(whole.ids, zip(whole.lon, whole.lat, strict=True), strict=True))
    inside = {one for one, (x, y) in where.items() if 118.08 < x < 118.12 and 24.43 < y < 24.47}
    assert set(part.ids) == inside
    assert all(where[one] == spot for one, spot in zip(part.ids, zip(part.lon, part.lat, strict=True), strict=True))


def test_a_station_that_stands_but_does_not_serve_still_keeps_its_distance(town, siming) -> None:
    # S3 needs an app: at night it serves nobody, and yet no new station goes next to it
    stand = town.stations.set_index("station_id").geometry["S3"]
    beside = (round(stand.x, 5), round(stand.y, 5))
    found = case(town, siming, Ask(new=1, hours=NIGHT, spacing=300, points=(beside,), source="table"))
    assert "S3" not in found.existing.ids
    rule = dict(zip(found.candidates.ids, found.candidates.rules(), strict=True))
    assert rule[point_id(*beside)] == "forbidden"
    free = case(town, siming, Ask(new=1, hours=NIGHT, points=(beside,), source="table"))
    assert dict(zip(free.candidates.ids, free.candidates.rules(), strict=True))[point_id(*beside)] == "free"


def test_refusals_say_what_is_missing(shipped, town, siming) -> None:
    for atlas, filters, ask, word in (
        (shipped, Filters(place="640202"), Ask(), "需求"),
        (shipped, siming, Ask(budget=1e6), "费用"),
        (shipped, siming, Ask(source="table"), "备选点"),
        (shipped, siming, Ask(source="points"), "点出"),
        (shipped, siming, Ask(source="enterprises"), "企业"),
    ):
        with pytest.raises(AtlasError, match=word):
            case(atlas, filters, ask)
    for wrong in (
        {"model": "x"},
        {"new": -1},
        {"step": 3},
        {"hours": (24,)},
        {"cover": 0},
        {"spacing": float("nan")},
        {"opening": "always"},
    ):
        with pytest.raises(AtlasError):
            Ask(**wrong)


@given(st.lists(st.integers(0, 23), min_size=1, max_size=24, unique=True))
def test_hours_survive_being_written(hours) -> None:
    assert hours_of(hours_text(tuple(hours))) == tuple(hours)


def test_a_day_that_begins_where_another_ends_is_written_out() -> None:
    round_the_clock = (*range(8, 24), *range(8))
    assert hours_text(round_the_clock) == "8-24,0-8"
    assert hours_of("8-24,0-8") == round_the_clock


@pytest.mark.parametrize("text", ["8-8", "0-0", "9-12,22-22"])
def test_hours_that_end_where_they_begin_are_asked_about(text) -> None:
    with pytest.raises(AtlasError, match="0-24"):
        hours_of(text)


@given(st.floats(73, 135), st.floats(4, 53))
def test_a_point_set_by_hand_is_named_after_its_place(lon, lat) -> None:
    assert point_of(point_id(lon, lat)) == pytest.approx((lon, lat), abs=0.51e-5)
    assert point_of("g250-1-2") is None


def test_the_command_line_plans_a_place(atlas_home: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(atlas_home))
    assert main(["plan", "--place", "350203", "--new", "8", "--radius", "500", "--hours", "22-6", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["status"] == "proved"
    assert len(said["sites"]) == len(said["places"]) == 8
    assert said["case"]["stations_standing"] == 28
    assert said["case"]["provenance"] == "illustrative"
    assert said["case"]["detour_factor"] == 1.3
    assert main(["plan", "--place", "350203", "--demand", "x.csv", "--new", "1"]) == 1
    assert main(["plan", "--new", "1"]) == 1
