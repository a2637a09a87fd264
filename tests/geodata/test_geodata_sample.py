"""The sample adds up to what is reported, and stands where such things stand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata import boundaries, hours
from geodata.apportion import apportion
from geodata.codes import labels
from geodata.crs import metric_epsg, to_metric
from geodata.partition import partition

COUNTIES = {"640205": 3, "640202": 4, "640221": 4}


@pytest.fixture(scope="module")
def fact(tables):
    return tables["facts"].set_index("id")["value"]


def test_regions_by_county_are_the_reported_ones(tables, fact):
    regions = tables["regions"]
    assert regions["adcode"].value_counts().to_dict() == COUNTIES
    assert len(regions) == fact["F001"]
    assert (regions["provenance"] == "reported").all() and (regions["geometry_provenance"] == "illustrative").all()
    assert list(COUNTIES.values()) == [fact["F002"], fact["F003"], fact["F004"]]


def test_grids_add_up_exactly(tables, fact):
    grids = tables["grids"]
    assert len(grids) == fact["F005"]
    assert grids["enterprises"].sum() == fact["F006"] == 421
    assert grids["enterprises_strengthened"].sum() == fact["F010"] == 377
    assert grids["team_members"].sum() == fact["F008"] == 404
    assert fact["F007"] < grids["workers"].sum() < 61_000
    assert set(grids["task"]) == set(labels("task"))
    assert {"党建引领", "文化赋能", "技能提薪", "素质提升", "劳动和谐"} <= set(grids["theme"])
    assert "升技提薪" in set(grids.loc[grids["adcode"] == "640202", "theme"])


def test_enterprises_are_the_grids_counted(tables):
    grids, enterprises = tables["grids"].set_index("grid_id"), tables["enterprises"]
    members = enterprises.groupby("grid_id")
    for column, counted in (
        ("enterprises", members.size()),
        ("workers", members["workers"].sum()),
        ("enterprises_strengthened", members["strengthened"].sum()),
    ):
        pd.testing.assert_series_equal(counted.sort_index(), grids[column].sort_index(), check_names=False)
    for column in ("region_id", "adcode"):
        assert (enterprises["grid_id"].map(grids[column]) == enterprises[column]).all()
    assert enterprises["name"].str.startswith("示意").all(), "no name may pass for a real enterprise's"


def test_an_enterprise_stands_in_its_grid_and_a_grid_in_its_region(tables):
    grids, enterprises = tables["grids"].set_index("grid_id").geometry, tables["enterprises"]
    assert shapely.covers(enterprises["grid_id"].map(grids).to_numpy(), enterprises.geometry.to_numpy()).all()
    for region in tables["regions"].itertuples():
        parts = tables["grids"].loc[tables["grids"]["region_id"] == region.region_id].geometry
        assert parts.union_all().symmetric_difference(region.geometry).area < 1e-10


@pytest.mark.parametrize("adcode", COUNTIES)
def test_grids_tile_their_county(tables, adcode):
    county = tables["places"].set_index("adcode").geometry[adcode]
    grids = tables["grids"].loc[tables["grids"]["adcode"] == adcode].geometry.to_numpy()
    assert shapely.coverage_is_valid(grids), "neighbours share edges"
    assert shapely.coverage_union_all(grids).symmetric_difference(county).area < 1e-5 * county.area


def test_enterprises_cluster_around_towns(tables):
    points = shapely.get_coordinates(tables["enterprises"].geometry.to_numpy())
    metres = to_metric(points[:, 0], points[:, 1], metric_epsg(106.5))
    apart = np.hypot(*(metres[:, None] - metres).transpose(2, 0, 1))
    nearest = np.sort(apart, axis=1)[:, 1]
    # 421 points strewn over 5,300 km2 would be 1.8 km apart on average
    assert np.median(nearest) < 500


def test_stations_open_and_planned(tables, fact):
    stations = tables["stations"]
    opened, planned = (stations[stations["status"] == status] for status in ("open", "planned"))
    assert (len(opened), len(planned)) == (fact["F080"], fact["F081"]) == (28, 8)
    assert (opened["provenance"] == "illustrative").all() and opened.geometry.notna().all()
    assert planned.geometry.isna().all(), "nobody has said where they will stand"
    assert (planned["provenance"] == "reported").all() and (planned["source_id"] == "F081").all()
    assert planned["smart"].all() and (planned["opening_hours"] == "24/7").all()


def test_open_stations_differ(tables):
    stations = tables["stations"].query("status == 'open'")
    weekly = [hours.parse(text) for text in stations["opening_hours"]]
    assert 2 <= sum(week.always for week in weekly) <= 5
    assert stations["opening_hours"].nunique() >= 6
    assert set(stations["access"]) == {"open", "scan", "app"}
    ago = (pd.Timestamp("2024-10-31") - stations["last_inspected"]).dt.days
    assert ago.min() >= 0 and ago.max() > 180 and (ago < 90).sum() > len(stations) / 3
    assert (stations["last_inspected"].isna() | (stations["last_inspected"] >= stations["opened_on"])).all()
    assert stations["address"].str.contains("示意").all()


def test_open_stations_stand_on_land_in_their_zone_and_apart(tables):
    stations = tables["stations"].query("status == 'open'")
    zones = tables["zones"].set_index("zone_id").geometry
    assert shapely.covers(stations["zone"].map(zones).to_numpy(), stations.geometry.to_numpy()).all()
    assert set(stations["zone"]) == set(zones.index), "every street has one"
    points = shapely.get_coordinates(stations.geometry.to_numpy())
    metres = to_metric(points[:, 0], points[:, 1], 4548)
    apart = np.hypot(*(metres[:, None] - metres).transpose(2, 0, 1))
    assert np.sort(apart, axis=1)[:, 1].min() > 300
    assert shapely.contains_xy(boundaries.shore(), points[:, 0], points[:, 1]).all()


def test_zones_are_the_land_of_siming(tables):
    zones = tables["zones"]
    assert len(zones) == 10 and (zones["geometry_provenance"] == "illustrative").all()
    siming = tables["places"].set_index("adcode").geometry["350203"]
    ground = siming.intersection(boundaries.shore())
    assert zones.union_all().symmetric_difference(ground).area < 1e-4 * ground.area
    assert shapely.area(zones.geometry.to_numpy()).sum() == pytest.approx(zones.union_all().area, rel=1e-6), (
        "no overlap"
    )
    gulangyu = zones.set_index("name").geometry["鼓浪屿街道"]
    assert gulangyu.bounds[2] < 118.075, "the island alone, no quay of the main island"


def test_demand_is_on_land_and_is_spread(tables):
    demand = tables["demand"]
    cells = demand.drop_duplicates("cell")
    siming = tables["places"].set_index("adcode").geometry["350203"]
    ground = siming.intersection(boundaries.shore()).buffer(1e-6)
    assert shapely.covers(ground, cells.geometry.to_numpy()).all()
    assert len(cells) > 400 and (demand["weight"] > 0).all()
    assert not demand.duplicated(["cell", "worker_group"]).any()
    assert set(demand["worker_group"]) == {"rider", "courier", "driver"}
    assert set(demand["zone"]) == set(tables["zones"]["zone_id"])
    shares = demand.groupby("zone")["weight"].sum() / demand["weight"].sum()
    assert shares.max() < 0.25, "no street holds the county's demand alone"
    island = demand[demand["zone"] == "350203-10"]
    assert "driver" not in set(island.loc[island["weight"] > 0.5, "worker_group"])


def test_fairs_of_the_five_cities(tables):
    fairs = tables["fairs"].set_index("fair_id")
    first = fairs[(fairs["provenance"] == "reported") & (fairs["start"] == "2024-05-25")].iloc[0]
    assert first[["adcode", "mode"]].tolist() == ["210900", "both"]
    assert first[["enterprises", "positions", "hiring_intents", "livestream_attendance"]].tolist() == [
        150,
        3854,
        136,
        2000,
    ]
    assert pd.isna(first["visitors"]) and "enterprises=over" in first["qualifiers"]
    assert len(first["sectors"].split(";")) == 5
    assert len(fairs) >= 5 and set(fairs["adcode"]) == {"210900", "210700", "211400", "211100", "211300"}
    assert (fairs["mode"] == "livestream").any()
    undated = fairs[fairs["start"].isna()]
    assert undated["source_id"].str.contains("F037").all() and (undated["period"] == "2024").all() and len(undated) == 1
    invented = fairs[fairs["provenance"] == "illustrative"]
    assert invented["name"].str.startswith("示意").all()
    assert fairs["hiring_intents"].dropna().le(fairs["positions"].dropna()).all()


def test_activities_of_shizuishan_add_up(tables, fact):
    rows = tables["activities"].query("provenance == 'illustrative' and adcode.str.startswith('6402')")
    counts = rows["kind"].value_counts()
    assert (counts["theme"], counts["visit"], counts["competition"]) == (fact["F011"], fact["F012"], fact["F013"])
    competitors = rows.loc[rows["kind"] == "competition", "participants"].sum()
    assert 9_500 <= competitors < fact["F014"] == 10_000
    assert rows.loc[rows["kind"] == "theme", "grid_id"].is_unique
    grids = tables["grids"].set_index("grid_id")
    assert (rows["grid_id"].map(grids["region_id"]) == rows["region_id"]).all()
    assert shapely.covers(rows["grid_id"].map(grids.geometry).to_numpy(), rows.geometry.to_numpy()).all()


def test_illustrative_activities_fall_on_working_days_with_a_rhythm(tables):
    rows = tables["activities"].query("provenance == 'illustrative'")
    assert rows["name"].str.startswith("示意").all()
    assert (rows["start"].dt.day_of_week < 5).all()
    assert rows["start"].between("2024-03-01", "2024-10-31").all()
    months = rows.loc[rows["kind"] == "competition", "start"].dt.month.value_counts()
    assert months[5] > 2 * months[8]
    heat = rows[rows["kind"] == "heat_relief"]
    assert len(heat) == 30 and set(heat["start"].dt.month) == {6, 7, 8}
    at_stations = set(tables["stations"].query("status == 'open'").geometry.to_wkt())
    assert set(heat.geometry.to_wkt()) <= at_stations


def test_reported_activities_say_what_the_page_says(tables):
    rows = tables["activities"].query("provenance == 'reported'").set_index(["kind", "adcode"])
    expected = {
        ("health_check", "150100"): 960,
        ("retiree_care", "370116"): 14,
        ("competition", "320100"): 120,
        ("wish", "350203"): 210,
        ("insurance", "350203"): 5004,
        ("livestream_hiring", "210900"): 2000,
        ("job_help", "211300"): 20,
        ("craft_training", "410000"): 50,
    }
    assert {key: rows.loc[key, "participants"] for key in expected} == expected
    assert rows.loc[("wish", "350203"), "funding_yuan"] == 105_000
    assert rows.loc[("insurance", "350203"), ["participants_unit", "period"]].tolist() == ["visit", "2022/2024"]
    assert rows.loc[("birthday", "350203")].isna()["participants"]
    dated = rows[rows["start"].notna()]
    assert set(dated["start"].dt.strftime("%m-%d")) == {"10-15", "05-25"}
    assert set(rows.index.get_level_values(0)) | {"visit", "theme", "heat_relief"} == set(labels("activity_kind"))


def test_the_hire_across_cities_is_reported(tables):
    rows = tables["flows"]
    flow = rows[rows["provenance"] == "reported"].squeeze()
    assert flow[["from_adcode", "to_adcode", "persons", "provenance"]].tolist() == ["210900", "211400", 1, "reported"]


def test_illustrative_hires_stay_among_the_five_cities_and_under_the_intents_of_the_fair(tables):
    rows = tables["flows"].query("provenance == 'illustrative'")
    cities = {"210900", "210700", "211400", "211100", "211300"}
    assert len(rows) == 10 and set(rows["from_adcode"]) | set(rows["to_adcode"]) == cities
    assert (rows["from_adcode"] != rows["to_adcode"]).all() and set(rows["source_id"]) == {"SAMPLE"}
    fairs = tables["fairs"].query("provenance == 'illustrative'").set_index("adcode")["hiring_intents"].astype(int)
    hired = rows.groupby("to_adcode")["persons"].sum()
    assert (hired < fairs[hired.index]).all()
    assert not set(zip(rows["from_adcode"], rows["to_adcode"], strict=True)) & {("210900", "211400")}


@given(weights=st.lists(st.floats(0.01, 1e4), min_size=1, max_size=40), total=st.integers(0, 10_000))
def test_apportioned_parts_add_up_and_stay_near_their_share(weights, total):
    parts = apportion(weights, total)
    assert parts.sum() == total and (parts >= 0).all()
    exact = total * np.array(weights) / sum(weights)
    assert (np.abs(parts - exact) < 1 + 1e-6).all()


def test_apportioning_keeps_the_least():
    assert apportion([100, 1, 1], 10, least=2).tolist() == [6, 2, 2]


def test_a_partition_gives_each_point_what_is_nearest():
    area = shapely.box(106, 39, 106.2, 39.1).difference(shapely.box(106.05, 39.02, 106.06, 39.03))
    rng = np.random.default_rng(7)
    points = rng.uniform([106.01, 39.01], [106.19, 39.09], (30, 2))
    owners = [str(index % 4) for index in range(30)]
    shares = partition(area, points, owners)
    assert shapely.coverage_is_valid(np.array(list(shares.values())))
    assert sum(share.area for share in shares.values()) == pytest.approx(area.area, rel=1e-6)
    stretch = np.array([np.cos(np.radians(39.05)), 1])
    for probe in rng.uniform([106, 39], [106.2, 39.1], (200, 2)):
        away = np.sort(np.hypot(*((points - probe) * stretch).T))
        if not shapely.contains_xy(area, *probe) or away[1] - away[0] < 1e-5:
            continue
        owner = owners[np.argmin(np.hypot(*((points - probe) * stretch).T))]
        assert shapely.intersects_xy(shares[owner], *probe)


def test_the_stops_of_the_health_check_add_up_to_its_persons_and_stand_where_they_say(tables, fact):
    stops = tables["stops"]
    assert stops["persons"].sum() == fact["F040"] == 960 and set(stops["provenance"]) == {"illustrative"}
    assert stops["name"].str.startswith("示意").all() and stops["sequence"].tolist() == list(range(1, len(stops) + 1))
    assert stops["date"].is_monotonic_increasing and (stops["date"].dt.day_of_week < 5).all()
    groups = [dict(pair.split("=") for pair in text.split(";")) for text in stops["persons_by_group"]]
    assert [sum(map(int, one.values())) for one in groups] == stops["persons"].tolist()
    activity = tables["activities"].set_index("activity_id").loc["R-02"]
    assert all(set(one) == set(activity["worker_groups"].split(";")) for one in groups)
    county = stops["adcode"].map(tables["places"].set_index("adcode").geometry)
    assert shapely.covers(county.to_numpy(), stops.geometry.to_numpy()).all()


def test_made_up_parts_add_up_to_their_reported_total(tables, fact):
    parts = tables["parts"]
    assert set(parts["provenance"]) == {"illustrative"}
    sums = parts.groupby(["fact_id", "split_by"])["value"].sum()
    assert len(sums) == 3 and all(total == fact[known] for (known, _), total in sums.items())
