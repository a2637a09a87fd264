"""What the map draws of many things at one spot, and of what lies in each place."""

import pytest
from pyproj import Geod

from layers import activities, activity_spots, places, records
from layers.disc import disc
from layers.filters import Filters


def test_activities_of_one_grid_are_one_spot(small):
    spots = activity_spots.spots(small, Filters(place="640202")).set_index("unit_id")
    assert spots["count"].to_dict() == {"G1": 6, "G3": 3}
    assert spots["kind"].to_dict() == {"G1": "visit", "G3": "competition"}
    assert spots.loc["G1", "name"] == "网格 G1"
    assert set(spots["unit_kind"]) == {"grid"}


def test_a_spot_of_one_activity_bears_its_name_and_no_activity_is_lost(small):
    spots = activity_spots.spots(small, Filters())
    assert spots["count"].sum() == len(activities.select(small, Filters()))
    own = spots[spots["unit_id"] == "H1"].iloc[0]
    assert (own["unit_kind"], own["name"], own["provenance"]) == ("activity", "高温慰问", "illustrative")


def test_a_spot_of_several_kinds_and_sources_says_so(small, frames):
    moved = frames["activities"].copy()
    moved.loc[moved["activity_id"] == "A0", ["provenance", "kind"]] = ["reported", "theme"]
    atlas = type(small).from_frames({**frames, "activities": moved}, small.meta)
    spot = activity_spots.spots(atlas, Filters(grid="G1")).iloc[0]
    assert spot["kind"] is None
    assert spot["provenance"] == "mixed"
    assert activity_spots.spots(small, Filters(place="110000")).empty


def test_places_below_tell_what_they_hold(small):
    nation = records.by_child(small, Filters(), places.scope(small, Filters())).set_index("adcode")
    assert nation.loc["640000", ["grids", "stations", "fairs", "activities", "records"]].to_list() == [4, 0, 0, 10, 14]
    assert nation.loc["640000", "provenance"] == "mixed"
    assert nation.loc["110000", "records"] == 0
    only = Filters(layers=frozenset({"stations"}))
    assert records.by_child(small, only, places.scope(small, only)).set_index("adcode")["records"].to_dict() == {
        "110000": 0,
        "210000": 0,
        "350000": 7,
        "640000": 0,
    }


def test_the_disc_is_round_on_the_ground():
    ring = disc(118.1, 24.46, 384.6)
    count = len(ring)
    metres = Geod(ellps="WGS84").inv([118.1] * count, [24.46] * count, ring[:, 0], ring[:, 1])[2]
    assert metres == pytest.approx([384.6] * count, abs=1e-3)
    assert ring[0] == pytest.approx(ring[-1])
