"""Stations of which nobody knows where, or when: counted apart, against figures counted by hand (hand_counted.py).

Demand of Siming by cell, both groups together: c1 1.5, c2 3, c3 4.5, c4 6, c5 7.5, c6 6: 28.5. S1 reaches c1, S2 c2, S3
c3, S4 c4, Huli's S6 c5; nobody c6. S5 is closed, S7 planned and without a place: neither is told as unplaced.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hand_counted import META, at

from layers import coverage, demand, kpis, stations, unplaced
from layers.atlas import Atlas
from layers.filters import Filters
from layers.sentence import sentence
from layers.siting.answer import cell_cover, placed
from layers.siting.ask import Ask
from layers.siting.case import case
from layers.siting.fairness import fairness
from layers.siting.scenario import dumps_answer, loads_answer
from layers.trails import trail

WHOLE = 28.5


@pytest.fixture
def without(frames):
    """Return a function that makes the small atlas without the points of some stations,
    and with other columns changed.
    """

    def make(*gone: str, **columns: dict[str, object]) -> Atlas:
        rows = frames["stations"].copy()
        rows.loc[rows["station_id"].isin(gone), "geometry"] = None
        for column, values in columns.items():
            if column not in rows:
                rows[column] = None
            for station, value in values.items():
                rows.loc[rows["station_id"] == station, column] = value
        return Atlas.from_frames({**frames, "stations": rows}, META)

    return make


def shares(found: coverage.Coverage) -> list[float | None]:
    return [
        one.ratio
        for one in (
            found.nominal_weighted,
            found.nominal_unweighted,
            found.effective_weighted,
            found.effective_unweighted,
            found.backup_weighted,
        )
    ]


def test_where_no_station_has_a_position_there_is_no_share(without, siming):
    atlas = without("S1", "S2", "S3", "S4")
    found = coverage.measure(atlas, siming)
    assert shares(found) == [None] * 5
    assert (found.stations_nominal, found.stations_unplaced, found.nominal_weighted.whole) == (0, 4, WHOLE)
    assert found.nominal_weighted.why == unplaced.UNPLACED
    assert found.note(siming).text() == "4 个驿站尚无位置，未计入"
    hours = coverage.by_hour(atlas, siming)
    assert hours[["nominal", "effective"]].isna().all(axis=None) and (hours["whole"] == WHOLE).all()
    units = coverage.by_unit(atlas, siming).set_index("unit_id")
    assert units["unplaced"].to_dict() == {"350203-01": 2, "350203-02": 2}
    assert units["share"].isna().all() and units["parent_share"].isna().all()


def test_the_strip_the_sentence_and_the_trail_say_so(without, siming):
    atlas = without("S1", "S2", "S3", "S4")
    shown = {one.id: one for one in kpis.every(atlas, siming)}["coverage"]
    assert (shown.value, shown.text_zh, shown.text_en) == (None, "—", "—")
    assert shown.of.text() == "4 个驿站尚无位置，未计入"
    counted = {one.id: one for one in kpis.every(atlas, siming.having(provenance=frozenset({"illustrative"})))}
    assert (counted["stations"].value, counted["stations"].of.text()) == (4, "4 个驿站尚无位置，未计入覆盖率")
    said = sentence(atlas, siming)
    assert "4 个驿站尚无位置，未计入" in said.text() and "%" not in said.text().partition("招聘会")[0]
    assert 4.0 in [one.value for one in said.figures]
    found = trail(atlas, siming, "coverage")
    assert found.value is None and len(found.parts[-1].rows) == 4


def test_of_a_mixed_place_the_placed_ones_are_told(without, siming):
    atlas = without("S2")
    found = coverage.measure(atlas, siming)
    assert found.nominal_weighted.ratio == pytest.approx(
        (WHOLE - 6 - 3) / WHOLE
    )  # c6 nobody reaches, c2 none that is placed
    said = "只计有位置的 3 个驿站，另有 1 个尚无位置"
    assert found.note(siming).text() == said
    shown = {one.id: one for one in kpis.every(atlas, siming)}
    assert shown["coverage"].of.text().endswith(said)
    assert shown["coverage"].text_zh == f"{found.effective_weighted.ratio:.1%}"
    assert said in sentence(atlas, siming).text()


def test_a_planned_station_without_a_place_is_no_unplaced_one(small, siming):
    assert small.stations.set_index("station_id").loc["S7", "geometry"] is None
    found = coverage.measure(small, siming)
    assert (found.stations_unplaced, found.note(siming)) == (0, None)
    assert "尚无位置" not in sentence(small, siming).text()


def test_a_street_of_which_all_lack_a_position_is_last_and_has_no_share(without, siming):
    atlas = without("S3", "S4")
    units = coverage.by_unit(atlas, siming)
    assert units["unit_id"].tolist() == ["350203-02", "350203-01"]
    assert units["share"].isna().tolist() == [False, True] and units["unplaced"].tolist() == [0, 2]
    street = siming.having(region="350203-01")
    assert shares(coverage.measure(atlas, street)) == [None] * 5
    assert coverage.measure(atlas, street).note(street).text() == "2 个驿站尚无位置，未计入"
    assert coverage.measure(atlas, siming).nominal_weighted.ratio is not None


def test_below_the_county_a_station_without_a_street_may_lie_anywhere(without, siming):
    atlas = without("S2", zone={"S2": None})
    street = siming.having(region="350203-01")
    found = coverage.measure(atlas, street)
    assert found.nominal_weighted.ratio is not None  # S3 and S4 are there and placed
    assert found.note(street).text() == "所在县区有 1 个驿站尚无位置，未计入"


def test_a_city_whose_demand_all_lies_in_such_a_county_has_no_share_either(without):
    atlas, xiamen = without("S1", "S2", "S3", "S4"), Filters(place="350200")  # Huli's S6 has its position
    found = coverage.measure(atlas, xiamen)
    assert shares(found) == [None] * 5
    assert found.note(xiamen).text() == "4 个驿站尚无位置，未计入"
    assert coverage.by_unit(atlas, xiamen)["share"].isna().all()


def test_what_such_a_county_asks_is_not_told_as_uncovered_of_its_city(without, frames):
    """Two cells of Huli's, 40 and 60, beside Siming's 28.5;
    Huli's one station loses its position, Siming's keep theirs.
    """
    rows = (
        frames["demand"]
        .iloc[:2]
        .assign(adcode="350206", zone=None, demand_id=["h1", "h2"], cell=["h1", "h2"], weight=[40.0, 60.0])
    )
    with_huli = pd.concat(
        [frames["demand"], rows.set_geometry([at(0, 6000), at(0, 9000)], crs=4326)], ignore_index=True
    )
    atlas = Atlas.from_frames({**frames, "stations": without("S6").stations, "demand": with_huli}, META)
    found = coverage.measure(atlas, Filters(place="350200"))
    assert (found.nominal_weighted.part, found.nominal_weighted.whole) == (pytest.approx(15), WHOLE)  # c5 was S6's
    assert found.note(Filters()).text() == "只计有位置的 4 个驿站，另有 1 个尚无位置"
    units = coverage.by_unit(atlas, Filters(place="350200")).set_index("unit_id")
    assert units.loc["350203", ["share", "parent_share"]].tolist() == pytest.approx([15 / WHOLE] * 2)
    assert np.isnan(units.loc["350206", "share"]) and units.loc["350206", ["whole", "unplaced"]].tolist() == [100, 1]
    whole = coverage.by_hour(atlas, Filters(place="350200"))["whole"]
    assert (whole == WHOLE).all()
    assert trail(atlas, Filters(place="350200"), "coverage").parts[1].value == WHOLE


def test_a_provenance_left_out_is_not_told_as_unplaced(without, siming):
    atlas = without("S1", provenance={"S1": "reported"})
    assert coverage.measure(atlas, siming).stations_unplaced == 1
    assert (
        coverage.measure(atlas, siming.having(provenance=frozenset({"illustrative", "derived"}))).stations_unplaced == 0
    )


def test_cells_of_such_a_place_are_unknown_but_where_a_neighbour_reaches(without, siming):
    cells = demand.cells(without("S1", "S2", "S3", "S4"), siming).set_index("cell")
    assert cells["unknown"].to_dict() == {"c1": True, "c2": True, "c3": True, "c4": True, "c5": False, "c6": True}
    assert not demand.cells(without("S2"), siming)["unknown"].any()


def test_unknown_hours_are_never_open_and_are_counted(without, siming):
    atlas = without(opening_hours={"S1": None, "S4": None})
    night = siming.having(hour=23)
    found = coverage.measure(atlas, night)
    assert found.stations_unknown_hours == 2
    assert found.effective_weighted.part == pytest.approx(7.5)  # Huli's S6 alone: S3 needs an app, S2 is closed
    assert found.note(night).text() == "另有 2 个开放时间不详，夜间不计为开放"
    noon = siming.having(hour=12)
    assert coverage.measure(atlas, noon).note(noon).text() == "另有 2 个开放时间不详，不计为开放"
    assert coverage.measure(atlas, siming).note(siming) is None  # no hour asked: nothing hangs on it
    assert coverage.measure(atlas, siming).note(siming, by_hour=True).text() == "另有 2 个开放时间不详，不计为开放"
    assert coverage.by_hour(atlas, siming)["stations_open"].max() == 1  # S2 by day
    assert "另有 2 个开放时间不详，夜间不计为开放" in sentence(atlas, siming).text()


def test_a_point_by_hand_on_a_reported_row_is_derived(without, siming):
    every = dict.fromkeys(("S1", "S2", "S3", "S4", "S6"), "reported")
    plain = without(provenance=every)
    assert coverage.measure(plain, siming).provenance == "derived"  # as the demand is
    only = siming.having(provenance=frozenset({"reported", "derived"}))
    moved = without(provenance=every, geometry_provenance={"S1": "illustrative"})
    assert coverage.measure(moved, only).provenance == "illustrative"
    rows = stations.select(without(provenance=every, geometry_provenance={"S1": "derived"}), siming)
    rows = rows.set_index("station_id")
    assert rows.loc["S1", ["provenance", "point_provenance"]].tolist() == ["reported", "derived"]
    assert rows.loc["S2", ["provenance", "point_provenance"]].tolist() == ["reported", "reported"]


def test_a_plan_says_nothing_of_before(without, siming):
    atlas = without("S1", "S2", "S3", "S4")
    found = case(atlas, siming, Ask(new=1, points=((118.10, 24.46),), source="points"))
    assert found.placing.lost
    now = placed(atlas, found, ())
    assert (now.before.share, now.before.cell_share, now.night_before.share, now.before.known("weight")) == (None,) * 4
    after = placed(atlas, found, [("p", 118.10, 24.46)])
    assert after.before.share is None and after.after.share is not None
    assert loads_answer(dumps_answer(after)) == after
    cover = cell_cover(found, np.empty((0, 2)))
    assert cover.lost
    got = fairness(found, np.array([[118.10, 24.46]]))
    assert (got.before.gini, got.before.without, got.before.access) == (
        None,
        None,
        None,
    ) and got.after.without is not None
