"""Coverage against an oracle that knows no index and no projection: geodesic distances of all pairs."""

import tracemalloc
from datetime import date

import geopandas as gpd
import h3
import numpy as np
import pytest
from pyproj import Geod

from geodata.errors import AtlasError
from geodata.schema import TABLES
from layers import coverage, demand, stations
from layers.atlas import Atlas
from layers.filters import Filters

WGS84 = Geod(ellps="WGS84")


def riders(lon, lat, cells, weight):
    """Return demand of riders in Siming at points, one cell each."""
    return gpd.GeoDataFrame(
        {
            "demand_id": [f"d{i}" for i in range(len(lon))],
            "cell": cells,
            "adcode": "350203",
            "zone": None,
            "weight": weight,
            "worker_group": "rider",
            "provenance": "derived",
            "source_id": "OSM",
            "batch_id": "b",
        },
        geometry=gpd.points_from_xy(lon, lat),
        crs=4326,
    )


def oracle(atlas, filters, serving, needed=1):
    """Return (weight covered, weight, cells covered, cells) by brute force, for demand with the filters' adcode."""
    rows = atlas.demand[atlas.demand["adcode"] == filters.place]
    if filters.worker_group:
        rows = rows[rows["worker_group"] == filters.worker_group]
    cells = rows.groupby("cell").agg(weight=("weight", "sum"), geometry=("geometry", "first"))
    posts = atlas.stations[serving]
    lon, lat = gpd.GeoSeries(cells["geometry"]).x.to_numpy(), gpd.GeoSeries(cells["geometry"]).y.to_numpy()
    reached = np.zeros(len(cells), dtype=int)
    for point in posts.geometry:
        _, _, metres = WGS84.inv(lon, lat, np.full(len(lon), point.x), np.full(len(lon), point.y))
        reached += np.asarray(metres) * filters.detour <= filters.radius
    covered = reached >= needed
    weight = cells["weight"].to_numpy()
    return weight[covered].sum(), weight.sum(), covered.sum(), len(cells)


def check(atlas, filters):
    offered = stations.service(atlas, filters)
    found = coverage.measure(atlas, filters)
    for serving, weighted, unweighted, needed in (
        (offered.nominal, found.nominal_weighted, found.nominal_unweighted, 1),
        (offered.effective, found.effective_weighted, found.effective_unweighted, 1),
        (offered.effective, found.backup_weighted, None, 2),
    ):
        part, whole, cells, count = oracle(atlas, filters, serving, needed)
        assert weighted.part == pytest.approx(part, rel=1e-3)
        assert weighted.whole == pytest.approx(whole)
        if unweighted is not None:
            assert unweighted.part == pytest.approx(cells, rel=1e-3)
            assert unweighted.whole == count
    return found


def test_small_case_counted_by_hand(small, siming):
    found = coverage.measure(small, siming)  # 500 m of way are 384.6 m straight
    # c1 by S1, c2 by S2, c3 by S3 (app), c4 by S4, c5 by S6 across the county line, c6 by nobody
    assert found.nominal_weighted == coverage.Share(1.5 + 3 + 4.5 + 6 + 7.5, 28.5)
    assert found.effective_weighted == coverage.Share(1.5 + 3 + 6 + 7.5, 28.5)
    assert found.nominal_unweighted == coverage.Share(5, 6)
    assert found.effective_unweighted == coverage.Share(4, 6)
    assert found.backup_weighted.part == 0
    assert (found.stations_nominal, found.stations_effective, found.stations_serving) == (4, 3, 4)
    assert (found.radius_m, found.detour_factor, found.epsg) == (500, 1.3, (4548,))
    assert found.as_of == date(2024, 10, 31)
    assert found.provenance == "illustrative"
    assert found.source_ids == ("OSM", "SAMPLE")


def test_backup_needs_two_effective_stations(small, siming):
    # 1,300 m of way are 1,000 m straight: c1 reaches S1 (100 m), S2 (1,000 m) and, behind its app, S3
    wide = siming.having(radius=1310)
    assert coverage.measure(small, wide).backup_weighted.part == pytest.approx(1.5 + 3.0)
    assert coverage.measure(small, wide.having(hour=22)).backup_weighted.part == 0


@pytest.mark.parametrize("group", [None, "rider", "courier"])
@pytest.mark.parametrize("radius", [150, 500, 1500, 6000])
def test_small_atlas_equals_the_oracle(small, radius, group):
    check(small, Filters(place="350203", radius=radius, worker_group=group, hour=20))


@pytest.mark.parametrize("centre", [(118.1, 24.46), (117.0, 36.6), (106.38, 39.0), (118.5, 24.5), (87.6, 43.8)])
def test_dense_case_equals_the_oracle_anywhere_in_china(frames, small, centre):
    rng = np.random.default_rng(int(centre[0] * 100))
    lon, lat = centre[0] + rng.normal(0, 0.05, 1500), centre[1] + rng.normal(0, 0.04, 1500)
    wanted = riders(
        lon,
        lat,
        [f"{h3.latlng_to_cell(y, x, 12)}{i}" for i, (x, y) in enumerate(zip(lon, lat, strict=True))],
        rng.gamma(2, 3, 1500),
    )
    posts = gpd.GeoDataFrame(
        {
            "station_id": [f"s{i}" for i in range(60)],
            "name": "驿站",
            "adcode": "350206",
            "status": "open",
            "opening_hours": np.where(np.arange(60) % 2, "24/7", "08:00-18:00"),
            "access": "open",
            "smart": False,
            "provenance": "illustrative",
            "source_id": "SAMPLE",
            "batch_id": "b",
        },
        geometry=gpd.points_from_xy(centre[0] + rng.normal(0, 0.05, 60), centre[1] + rng.normal(0, 0.04, 60)),
        crs=4326,
    )
    atlas = Atlas.from_frames(
        {**frames, "demand": TABLES["demand"].coerce(wanted), "stations": TABLES["stations"].coerce(posts)},
        small.meta,
    )
    found = check(atlas, Filters(place="350203", radius=1000, hour=22))
    assert 0 < found.effective_weighted.part < found.nominal_weighted.part < found.nominal_weighted.whole


def test_nothing_to_measure_is_none_and_not_zero(small):
    found = coverage.measure(small, Filters(place="640200"))
    for share in (
        found.nominal_weighted,
        found.nominal_unweighted,
        found.effective_weighted,
        found.effective_unweighted,
        found.backup_weighted,
    ):
        assert share.ratio is None
    assert found.provenance is None
    hours = coverage.by_hour(small, Filters(place="640200"))
    assert hours[["nominal", "effective"]].isna().all(axis=None)


def test_demand_without_a_station_is_zero_and_not_none(small, siming):
    found = coverage.measure(small, siming.having(facilities=frozenset({"shower"})))
    assert found.effective_weighted.ratio == 0.0
    assert found.nominal_weighted.ratio > 0


def test_provenance_left_out_is_left_out(small, siming):
    assert coverage.measure(small, siming.having(provenance=frozenset({"illustrative"}))).nominal_weighted.ratio is None
    only_derived = coverage.measure(small, siming.having(provenance=frozenset({"derived"})))
    assert only_derived.nominal_weighted.ratio == 0.0
    assert only_derived.provenance == "derived"


def test_a_lasso_restricts_the_demand_but_not_who_serves(small, siming):
    north = ((118.09, 24.48), (118.11, 24.48), (118.11, 24.499), (118.09, 24.499))
    found = coverage.measure(small, siming.having(area=north))
    assert found.nominal_weighted == coverage.Share(7.5, 7.5)  # S6 lies outside the lasso and the county
    assert found.stations_nominal == 0


def test_a_zone_holds_its_own_demand(small):
    found = coverage.measure(small, Filters(place="350203", region="350203-01"))
    assert found.nominal_weighted == coverage.Share(10.5, 10.5)
    assert found.effective_weighted == coverage.Share(6.0, 10.5)


def test_by_hour_equals_measuring_every_hour(small, siming):
    for extra in (
        {},
        {"facilities": frozenset({"water"})},
        {"inspected_days": 90},
        {"always": True},
        {"day": 7},
    ):
        filters = siming.having(**extra)
        table = coverage.by_hour(small, filters.having(hour=4))
        assert list(table["hour"]) == list(range(24))
        for hour in range(24):
            found = coverage.measure(small, filters.having(hour=hour))
            assert table["effective"][hour] == pytest.approx(found.effective_weighted.ratio)
            assert table["nominal"][hour] == pytest.approx(found.nominal_weighted.ratio)
            assert table["stations_open"][hour] == found.stations_effective
        assert (table["whole"] == 28.5).all()


def test_by_unit_adds_up_to_the_place(small, siming):
    for filters, name, whole in (
        (siming, "stations_nominal", "nominal_weighted"),
        (siming.having(hour=20), "stations_effective", "effective_weighted"),
        (Filters(place="350200", measure="stations"), "stations_nominal", "nominal_weighted"),
    ):
        units = coverage.by_unit(small, filters)
        share = getattr(coverage.measure(small, filters), whole)
        assert set(units["measure"]) == {name}
        assert units["part"].sum() == pytest.approx(share.part)
        assert units["whole"].sum() == pytest.approx(share.whole)
        assert units["parent_share"].iloc[0] == pytest.approx(share.ratio)
        assert units["share"].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("choice", "kind", "expected", "parent"),
    [
        ({}, "place", {"640202": 34 / 40, "640205": 6 / 8}, 40 / 48),
        ({"place": "640200"}, "region", {"R1": 14 / 20, "R2": 1.0, "R3": 6 / 8}, 40 / 48),
        ({"place": "640202"}, "region", {"R1": 14 / 20, "R2": 1.0}, 34 / 40),
        ({"region": "R1"}, "grid", {"G1": 0.9, "G2": 0.5}, 14 / 20),
        ({"grid": "G2"}, "grid", {"G2": 0.5}, 14 / 20),
    ],
)
def test_enterprises_strengthened_by_unit(small, choice, kind, expected, parent):
    units = coverage.by_unit(small, Filters(**choice))
    assert set(units["unit_kind"]) == {kind}
    assert dict(zip(units["unit_id"], units["share"], strict=True)) == pytest.approx(expected)
    assert units["parent_share"].iloc[0] == pytest.approx(parent)
    assert units["share"].is_monotonic_decreasing


def test_a_zone_is_compared_with_its_county(small):
    units = coverage.by_unit(small, Filters(region="350203-01"))
    assert list(units["unit_id"]) == ["350203-01"]
    assert units["parent_share"][0] == pytest.approx(22.5 / 28.5)


@pytest.mark.parametrize(
    ("choice", "what"),
    [
        ({}, "enterprises"),
        ({"hour": 3}, "stations"),
        ({"place": "350203"}, "stations"),
        ({"place": "640202", "hour": 3}, "enterprises"),
        ({"place": "110000"}, None),
        ({"place": "350203", "measure": "enterprises"}, "enterprises"),
    ],
)
def test_what_is_measured_follows_what_there_is(small, choice, what):
    filters = Filters(**choice)
    assert coverage.measured(small, filters) == what
    units = coverage.by_unit(small, filters)
    assert list(units.columns) == list(coverage.UNIT_COLUMNS)
    if choice.get("measure") or what is None:
        assert units.empty


def test_cells_tell_the_way_to_the_nearest_open_station(small, siming):
    cells = demand.cells(small, siming).set_index("cell")
    assert list(cells.index) == ["c1", "c2", "c3", "c4", "c5", "c6"]
    assert cells["distance_m"].to_dict() == pytest.approx(
        {"c1": 130, "c2": 130, "c3": 130, "c4": 130, "c5": 390, "c6": 2600}, rel=2e-3
    )
    assert cells["nominal"].to_dict() == {
        "c1": True,
        "c2": True,
        "c3": True,
        "c4": True,
        "c5": True,
        "c6": False,
    }
    assert not cells.loc["c3", "effective"]
    riders = demand.cells(small, siming.having(worker_group="courier"))
    assert list(riders["weight"]) == [0.5, 1.0, 1.5, 2.0, 2.5]


def test_no_station_at_all_has_no_distance(small, siming):
    cells = demand.cells(small, siming.having(provenance=frozenset({"derived"})))
    assert len(cells) == 6
    assert cells["distance_m"].isna().all()


def test_memory_grows_with_pairs(many, frames, small):
    atlas = many(40_000)
    rng = np.random.default_rng(3)
    lon, lat = np.clip(rng.normal(114, 7, 20_000), 74, 134), np.clip(rng.normal(32, 6, 20_000), 19, 52)
    wanted = riders(lon, lat, [f"c{i}" for i in range(20_000)], 1.0)
    big = Atlas.from_frames(
        {**frames, "stations": atlas.stations, "demand": TABLES["demand"].coerce(wanted)}, small.meta
    )
    filters = Filters(radius=3000)
    coverage.stations.service(big, filters)
    tracemalloc.start()
    found = coverage.measure(big, filters)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found.epsg) > 15
    assert 0 < found.nominal_unweighted.ratio < 1
    assert peak < 40_000 * 20_000 / 8  # a matrix of even one bit per pair would be more


NIGHT = ";".join(["3"] * 6 + ["0"] * 18)


def test_an_hour_profile_moves_the_weight_to_its_hours(small, frames, siming):
    wanted = frames["demand"].copy()
    wanted.loc[wanted["worker_group"] == "rider", "hour_profile"] = NIGHT  # four times the mean, 0 to 5 o'clock
    atlas = Atlas.from_frames({**frames, "demand": wanted}, small.meta)
    assert coverage.measure(atlas, siming).nominal_weighted == coverage.measure(small, siming).nominal_weighted
    riders, couriers = 21.0, 7.5
    assert coverage.measure(atlas, siming.having(hour=2)).nominal_weighted.whole == pytest.approx(4 * riders + couriers)
    assert coverage.measure(atlas, siming.having(hour=12)).nominal_weighted.whole == pytest.approx(couriers)
    table = coverage.by_hour(atlas, siming)
    for hour in (2, 12, 20):
        found = coverage.measure(atlas, siming.having(hour=hour))
        assert table["whole"][hour] == pytest.approx(found.nominal_weighted.whole)
        assert table["nominal"][hour] == pytest.approx(found.nominal_weighted.ratio)
        assert table["effective"][hour] == pytest.approx(found.effective_weighted.ratio)


@pytest.mark.parametrize("text", ["1;2;3", "a;" * 24, ";".join(["0"] * 24), ";".join(["-1"] * 24)])
def test_a_profile_that_cannot_be_read_is_refused(small, frames, siming, text):
    wanted = frames["demand"].copy()
    wanted.loc[0, "hour_profile"] = text
    with pytest.raises(AtlasError):
        demand.select(Atlas.from_frames({**frames, "demand": wanted}, small.meta), siming)
