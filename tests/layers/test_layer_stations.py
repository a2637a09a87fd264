"""Stations: nominal and effective, and what is drawn of many."""

import h3
import numpy as np
import pytest

from layers import hexes, stations
from layers.filters import Filters

NATION = (73.0, 3.0, 136.0, 54.0)


def serving(atlas, **choice):
    rows = stations.select(atlas, Filters(place="350200", **choice))
    return set(rows["station_id"][rows["effective"]])


def test_nominal_is_open_and_placed(small, siming):
    rows = stations.select(small, siming).set_index("station_id")
    assert list(rows.index[rows["nominal"]]) == ["S1", "S2", "S3", "S4"]
    assert np.isnan(rows.loc["S7", "lon"])
    assert rows.loc["S1", "lat"] == pytest.approx(24.46)


@pytest.mark.parametrize(
    ("choice", "ids"),
    [
        ({}, {"S1", "S2", "S4", "S6"}),  # never behind an app
        ({"hour": 9, "day": 3}, {"S1", "S2", "S4", "S6"}),
        ({"hour": 18, "day": 3}, {"S1", "S4", "S6"}),
        ({"hour": 9, "day": 6}, {"S1", "S4", "S6"}),
        ({"always": True}, {"S1", "S4", "S6"}),
        ({"facilities": frozenset({"water"})}, {"S1", "S2", "S6"}),
        ({"facilities": frozenset({"water", "toilet"})}, {"S1"}),
        ({"facilities": frozenset({"no such thing"})}, set()),
        ({"inspected_days": 30}, {"S1", "S2", "S6"}),
        ({"inspected_days": 29}, set()),  # inspected 2024-10-01, data of 2024-10-31
        ({"provenance": frozenset({"reported"})}, set()),
    ],
)
def test_effective_means_truly_of_use(small, choice, ids):
    assert serving(small, **choice) == ids


def test_the_reason_is_told(small):
    rows = stations.select(small, Filters(place="350203", hour=20, inspected_days=90)).set_index("station_id")
    assert rows["why_not"].to_dict() == {
        "S1": None,
        "S2": "hour",
        "S3": "access",
        "S4": "inspection",
        "S5": None,
        "S7": None,
    }
    rows = stations.select(small, Filters(place="350203", facilities=frozenset({"toilet"}))).set_index("station_id")
    assert rows.loc["S2", "why_not"] == "facility"
    assert rows.loc["S4", "why_not"] is None


def test_hours_unknown_count_until_an_hour_is_asked(small, frames):
    unknown = frames["stations"].copy()
    unknown.loc[unknown["station_id"] == "S1", "opening_hours"] = None
    atlas = type(small).from_frames({**frames, "stations": unknown}, small.meta)
    assert "S1" in serving(atlas)
    assert "S1" not in serving(atlas, hour=10)
    assert "S1" not in serving(atlas, always=True)
    rows = stations.select(atlas, Filters(place="350203", hour=10)).set_index("station_id")
    assert rows.loc["S1", "why_not"] == "unknown" and not rows.loc["S1", "effective"]


def test_a_lasso_chooses_points(small):
    west = ((118.05, 24.4), (118.095, 24.4), (118.095, 24.5), (118.05, 24.5))
    rows = stations.select(small, Filters(place="350203", area=west))
    assert set(rows["station_id"]) == {"S3", "S4"}


def test_few_points_are_drawn_one_by_one(small, siming):
    view = stations.in_view(small, siming, (118.095, 24.4, 118.2, 24.5), 12)
    assert (view.kind, view.total) == ("points", 3)
    assert set(view.frame["station_id"]) == {"S1", "S2", "S5"}


def test_many_points_are_counted_in_cells_and_none_is_lost(many):
    atlas = many(20_000)
    filters = Filters(hour=3)
    view = stations.in_view(atlas, filters, NATION, 3)
    assert view.kind == "cells"
    assert len(view.frame) <= stations.CELL_LIMIT
    assert view.frame["count"].sum() == view.total == 20_000
    every = stations.select(atlas, filters)
    assert view.frame["nominal"].sum() == every["nominal"].sum()
    assert view.frame["effective"].sum() == every["effective"].sum()
    assert 0 < view.frame["effective"].sum() < view.frame["nominal"].sum() < 20_000
    counted = every.groupby(
        [h3.latlng_to_cell(y, x, 9) for x, y in zip(every["lon"], every["lat"], strict=True)]
    ).size()
    resolution = int(view.frame["resolution"].iloc[0])
    parents = counted.groupby([h3.cell_to_parent(cell, resolution) for cell in counted.index]).sum()
    assert dict(zip(view.frame["cell"], view.frame["count"], strict=True)) == parents.to_dict()


def test_cells_say_when_they_mix(many):
    atlas = many(5000)
    half = atlas.stations.copy()
    half.loc[half.index % 2 == 0, "provenance"] = "reported"
    mixed = type(atlas).from_frames({"places": atlas.places, "stations": half}, atlas.meta)
    labels = set(stations.in_view(mixed, Filters(), NATION, 3).frame["provenance"])
    assert "mixed" in labels
    assert labels <= {"mixed", "reported", "illustrative"}
    assert set(stations.in_view(atlas, Filters(), NATION, 3).frame["provenance"]) == {"illustrative"}


def test_the_whole_nation_is_counted(many):
    atlas = many(186_100)
    for hour in range(5):
        view = stations.in_view(atlas, Filters(hour=hour, facilities=frozenset({"water"})), NATION, 3.5)
        assert view.total == view.frame["count"].sum() == 186_100
        assert len(view.frame) <= 400


@pytest.mark.parametrize("resolution", [0, 3, 8, 9])
def test_parents_are_those_of_h3(resolution):
    lon, lat = np.array([74.2, 116.4, 118.1, 134.9]), np.array([39.5, 39.9, 24.46, 48.4])
    cells = hexes.parents(hexes.index(lon, lat), resolution)
    assert [h3.int_to_str(int(c)) for c in cells] == [
        h3.cell_to_parent(h3.latlng_to_cell(y, x, 9), resolution) for x, y in zip(lon, lat, strict=True)
    ]


def test_cells_get_finer_as_one_comes_nearer():
    steps = [hexes.resolution_for(zoom) for zoom in range(16)]
    assert steps == sorted(steps)
    assert steps[0] <= 1
    assert steps[-1] == hexes.FINEST
