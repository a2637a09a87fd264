"""Places: where one looks, what lies below, where a click goes."""

import pytest

from geodata.errors import AtlasError
from layers import places
from layers.filters import Filters


@pytest.mark.parametrize(
    ("choice", "level", "names"),
    [
        ({}, "country", ["全国"]),
        ({"place": "640200"}, "city", ["全国", "宁夏回族自治区", "石嘴山市"]),
        ({"place": "110101"}, "county", ["全国", "北京市", "东城区"]),
        (
            {"place": "640202", "region": "R1"},
            "region",
            ["全国", "宁夏回族自治区", "石嘴山市", "大武口区", "机械加工"],
        ),
        ({"grid": "G3"}, "grid", ["全国", "宁夏回族自治区", "石嘴山市", "大武口区", "轻工食品", "网格 G3"]),
        (
            {"place": "350203", "region": "350203-02"},
            "region",
            ["全国", "福建省", "厦门市", "思明区", "莲前街道"],
        ),
    ],
)
def test_scope_names_the_whole_chain(small, choice, level, names):
    here = places.scope(small, Filters(**choice))
    assert here.level == level == here.crumbs[-1].level
    assert [crumb.name for crumb in here.crumbs] == names


def test_bounds_are_those_of_the_thing_itself(small):
    assert places.scope(small, Filters(grid="G1")).bounds == (106.0, 38.8, 106.125, 39.2)
    assert places.scope(small, Filters(place="350203")).bounds == (118.05, 24.42, 118.2, 24.5)


@pytest.mark.parametrize(
    "choice",
    [
        {"place": "999999"},
        {"region": "R9"},
        {"grid": "G9"},
        {"place": "640202", "region": "R3"},
        {"place": "640202", "region": "R1", "grid": "G3"},
        {"place": "350203", "grid": "G1"},
    ],
)
def test_what_is_not_there_is_refused_by_name(small, choice):
    with pytest.raises(AtlasError) as caught:
        places.scope(small, Filters(**choice))
    assert list(choice.values())[-1] in str(caught.value)


@pytest.mark.parametrize(
    ("choice", "kind", "ids"),
    [
        ({}, "place", ["110000", "210000", "350000", "640000"]),
        ({"place": "110000"}, "place", ["110101"]),
        ({"place": "640202"}, "region", ["R1", "R2"]),
        ({"place": "350203"}, "zone", ["350203-01", "350203-02"]),
        ({"region": "R1"}, "grid", ["G1", "G2"]),
    ],
)
def test_children_are_one_step_below(small, choice, kind, ids):
    below = places.children(small, places.scope(small, Filters(**choice)))
    assert list(below["unit_id"]) == ids
    assert set(below["unit_kind"]) == {kind}


@pytest.mark.parametrize("choice", [{"grid": "G1"}, {"region": "350203-01"}, {"place": "110101"}])
def test_nothing_lies_below_the_bottom(small, choice):
    below = places.children(small, places.scope(small, Filters(**choice)))
    assert below.empty
    assert tuple(below.columns) == places.UNIT_COLUMNS


def test_clicking_a_grid_again_and_again_goes_down_step_by_step(small):
    filters, seen = Filters(hour=22), []
    for _ in range(6):
        filters = places.drill(small, filters, "grid", "G2")
        seen.append((filters.place, filters.region, filters.grid))
    county = ("640202", None, None)
    assert seen == [
        ("640000", None, None),
        ("640200", None, None),
        county,
        ("640202", "R1", None),
        ("640202", "R1", "G2"),
        ("640202", "R1", "G2"),
    ]
    assert filters.hour == 22


@pytest.mark.parametrize(
    ("start", "kind", "id", "end"),
    [
        ({"place": "350203"}, "place", "350206", ("350206", None, None)),
        ({"region": "R1"}, "grid", "G3", ("640202", "R2", None)),
        ({"place": "640200"}, "enterprise", "G4-03", ("640205", None, None)),
        ({"place": "350203"}, "zone", "350203-01", ("350203", "350203-01", None)),
        ({"place": "350203"}, "place", "350200", ("350203", None, None)),
        ({}, "place", "110101", ("110000", None, None)),
    ],
)
def test_a_click_goes_to_the_first_step_not_shared(small, start, kind, id, end):
    after = places.drill(small, Filters(**start), kind, id)
    assert (after.place, after.region, after.grid) == end


@pytest.mark.parametrize(("kind", "id"), [("enterprise", "X"), ("boat", "1"), ("place", "1"), ("zone", "350203-77")])
def test_a_click_on_nothing_is_an_error(small, kind, id):
    with pytest.raises(AtlasError):
        places.drill(small, Filters(), kind, id)


@pytest.mark.parametrize(
    ("choice", "table", "key", "ids"),
    [
        ({"place": "640200"}, "grids", "grid_id", {"G1", "G2", "G3", "G4"}),
        ({"place": "640202"}, "grids", "grid_id", {"G1", "G2", "G3"}),
        ({"region": "R2"}, "grids", "grid_id", {"G3"}),
        ({"grid": "G3"}, "regions", "region_id", set()),
        ({"place": "350203"}, "stations", "station_id", {"S1", "S2", "S3", "S4", "S5", "S7"}),
        ({"region": "350203-02"}, "stations", "station_id", {"S1", "S2"}),
        ({"place": "350000"}, "stations", "station_id", {"S1", "S2", "S3", "S4", "S5", "S6", "S7"}),
        (
            {"region": "350203-02"},
            "activities",
            "activity_id",
            {"H1"},
        ),  # by its point: it has no zone of its own
        ({"place": "210900"}, "fairs", "fair_id", {"J1", "J2", "J3", "J4"}),
        ({"place": "640000"}, "fairs", "fair_id", set()),
    ],
)
def test_rows_belong_through_the_tree_and_their_ids(small, choice, table, key, ids):
    here = places.scope(small, Filters(**choice))
    frame = small.table(table)
    assert set(frame[key][places.table_mask(small, here, table)]) == ids


def test_a_point_derived_from_its_city_is_in_no_region(small, frames):
    fairs = frames["fairs"].copy()
    fairs["adcode"] = "350203"
    fairs["geometry"] = fairs.geometry.translate(118.11 - 121.75, 24.46 - 42.35)
    atlas = type(small).from_frames({**frames, "fairs": fairs}, small.meta)
    zone = places.scope(atlas, Filters(region="350203-02"))
    assert not places.table_mask(atlas, zone, "fairs").any()
    fairs["geometry_provenance"] = "reported"
    atlas = type(small).from_frames({**frames, "fairs": fairs}, small.meta)
    assert places.table_mask(atlas, zone, "fairs").all()


def test_an_unknown_table_is_refused(small, frames):
    with pytest.raises(AtlasError, match="boats"):
        type(small).from_frames({**frames, "boats": frames["zones"]}, small.meta)


@pytest.mark.parametrize(
    ("codes", "held"),
    [
        (["640202", "640205"], "640200"),
        (["640202", "640202"], "640202"),
        (["640202", "640200"], "640200"),
        (["110101", "110000"], "110000"),  # a municipality has no city between
        (["640202", "350203"], "100000"),
        (["640202", "nowhere"], None),
        ([], None),
    ],
)
def test_the_smallest_place_that_holds_all(small, codes, held):
    assert places.holding(small, codes) == held
