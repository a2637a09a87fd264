"""Fairs and activities: when, which, how many, and what is never added up."""

from datetime import date

import pytest

from layers import activities, fairs
from layers.filters import Filters

FUXIN = Filters(place="210900")


def ids(atlas, filters):
    return list(fairs.select(atlas, filters)["fair_id"])


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({}, ["J1", "J2", "J3", "J4"]),
        ({"mode": "onsite"}, ["J1", "J2", "J4"]),
        ({"mode": "livestream"}, ["J1", "J3"]),
        ({"sectors": frozenset({"machinery"})}, ["J1", "J4"]),
        ({"sectors": frozenset({"machinery", "health"})}, ["J1", "J3", "J4"]),
        ({"provenance": frozenset({"reported"})}, ["J1", "J2"]),
        ({"start": date(2024, 5, 25), "end": date(2024, 5, 25)}, ["J1"]),
        ({"start": date(2024, 6, 9)}, ["J3", "J4"]),  # the second of its two days
        ({"end": date(2024, 6, 8)}, ["J1", "J3"]),
        ({"start": date(2024, 1, 1), "end": date(2024, 12, 31)}, ["J1", "J2", "J3", "J4"]),  # all of 2024
        ({"area": ((121, 42), (122, 42), (122, 43), (121, 43))}, ["J1", "J2", "J3", "J4"]),
        ({"area": ((100, 42), (101, 42), (101, 43))}, []),
    ],
)
def test_fairs_fit_every_filter(small, choice, expected):
    assert ids(small, FUXIN.having(**choice)) == expected


@pytest.mark.parametrize(
    ("start", "end", "left"),
    [
        (None, None, 0),
        (date(2024, 1, 1), date(2024, 12, 31), 0),
        (date(2024, 5, 1), None, 1),
        (None, date(2024, 6, 30), 1),
        (date(2025, 1, 1), None, 0),
    ],
)
def test_fairs_known_by_their_year_only_are_counted_when_left_out(small, start, end, left):
    assert fairs.undated(small, FUXIN.having(start=start, end=end)) == left


def test_the_funnel_is_what_the_page_reports(small):
    steps = fairs.funnel(small, FUXIN.having(provenance=frozenset({"reported"})))
    assert list(steps["stage"]) == ["enterprises", "positions", "intents"]
    assert list(steps["value"]) == [150, 3854, 136]  # not 137: the other fair's one hire had no positions
    assert list(steps["qualifier"]) == ["over", "exact", "exact"]
    assert list(steps["left_out"]) == [1, 1, 1]
    assert steps["source_ids"][2] == ("F031", "F032", "F033", "F034")


def test_the_funnel_never_adds_reported_to_illustrative(small):
    steps = fairs.funnel(small, FUXIN)
    positions = steps[steps["stage"] == "positions"].set_index("provenance")["value"]
    assert positions.to_dict() == {"reported": 3854, "illustrative": 1200}


def test_the_funnel_of_one_fair(small):
    steps = fairs.funnel(small, FUXIN.having(fair="J2"))
    assert list(steps["value"]) == [None, None, 1]
    assert list(steps["fairs"]) == [0, 0, 1]
    assert fairs.funnel(small, FUXIN.having(fair="nothing")).empty
    assert fairs.funnel(small, Filters(place="640200")).empty


def test_months_hold_what_began_in_them(small):
    table = activities.by_month(small, Filters(place="640202"))
    assert table[["month", "kind", "count", "participants"]].values.tolist() == [
        ["2024-01", "visit", 2, 20.0],
        ["2024-02", "visit", 2, 20.0],
        ["2024-03", "competition", 3, 120.0],
        ["2024-03", "visit", 2, 20.0],
    ]


def test_persons_and_visits_stay_apart(small):
    row = activities.by_month(small, FUXIN).iloc[0]
    assert (row["visits"], row["count"]) == (2000, 1)
    assert row[["participants"]].isna().all()


def test_nobody_counted_is_not_nought(small):
    row = activities.by_month(small, Filters(place="350203")).iloc[0]
    assert row["kind"] == "heat_relief"
    assert row[["participants", "visits"]].isna().all()


def test_every_activity_is_in_a_month_or_counted_as_undated(small):
    for filters in (Filters(), Filters(place="640200"), Filters(kinds=frozenset({"wish", "visit"})), FUXIN):
        months = activities.by_month(small, filters)["count"].sum()
        assert months + activities.undated(small, filters) == len(activities.select(small, filters))


def test_an_activity_known_by_its_month_is_in_that_month(small):
    table = activities.by_month(small, Filters(place="640205"))
    assert table[["month", "provenance"]].values.tolist() == [["2024-03", "reported"]]
    march = Filters(place="640205", start=date(2024, 3, 1), end=date(2024, 3, 31))
    assert len(activities.select(small, march)) == 1
    mid_march = march.having(start=date(2024, 3, 10))
    assert activities.select(small, mid_march).empty
    assert activities.undated(small, mid_march) == 1


def test_activities_say_where_they_are_drawn_and_why(small):
    rows = activities.select(small, Filters()).set_index("activity_id")
    assert rows.loc[["H1", "A0", "W1"], "located"].to_list() == ["point", "grid", "place"]
    assert 106.0 < rows.loc["A0", "lon"] < 106.125
    in_siming = ((118, 24.4), (118.3, 24.4), (118.3, 24.6), (118, 24.6))
    assert set(activities.select(small, Filters(area=in_siming))["activity_id"]) == {"H1", "W1"}


def test_grids_are_ranked_by_what_they_did(small):
    ranked = activities.rank_grids(small, Filters(place="640200"))
    assert ranked[["grid_id", "count", "provenance"]].values.tolist() == [
        ["G1", 6, "illustrative"],
        ["G3", 3, "illustrative"],
        ["G4", 1, "reported"],
    ]
    assert ranked["kinds"][1] == {"competition": 3}
    assert ranked["region_name"][1] == "轻工食品"
    assert list(activities.rank_grids(small, Filters(), top=1)["grid_id"]) == ["G1"]
    assert list(activities.rank_grids(small, Filters(kinds=frozenset({"competition"})))["grid_id"]) == ["G3"]
    assert activities.rank_grids(small, Filters(place="350203")).empty


def test_kinds_are_counted_with_and_without_a_date(small):
    table = activities.kinds_present(small, Filters(place="350203"))
    assert table.values.tolist() == [["heat_relief", "illustrative", 1], ["wish", "reported", 1]]
