"""Rows by place and text, the quality report per table and place, and what is still illustrative."""

from __future__ import annotations

import numpy as np
import pytest
from hand_counted import META, tables

from geodata.errors import AtlasError
from geodata.quality import RULES
from layers import places, quality, rows
from layers.atlas import Atlas
from layers.filters import Filters
from layers.illustrative import still_illustrative

SIMING = Filters(place="350203")


def brute(atlas: Atlas, table: str, text: str) -> list[int]:
    frame = atlas.table(table)
    columns = [
        name
        for name in frame.columns
        if name not in ("geometry", "batch_id") and frame[name].map(lambda one: isinstance(one, str)).any()
    ]
    return [
        at
        for at in range(len(frame))
        if all(
            any(word in str(frame[name].iloc[at]).lower() for name in columns if isinstance(frame[name].iloc[at], str))
            for word in text.lower().split()
        )
    ]


@pytest.mark.parametrize("table", ["stations", "enterprises", "facts", "flows", "places"])
@pytest.mark.parametrize("text", ["", "驿站", "350203", "示意 1", "zzz", "SM"])
def test_text_finds_rows_that_hold_every_word(shipped, table, text):
    assert rows.select(shipped, table, Filters(), text).tolist() == brute(shipped, table, text)


def test_rows_of_a_place_are_those_of_its_scope(shipped):
    here = places.scope(shipped, SIMING)
    assert (
        rows.select(shipped, "stations", SIMING).tolist()
        == np.flatnonzero(places.table_mask(shipped, here, "stations")).tolist()
    )
    assert rows.select(shipped, "facts", Filters(), among=[3, 1, 999]).tolist() == [1, 3]
    assert len(rows.select(shipped, "flows", SIMING)) == 0 and len(rows.select(shipped, "flows", Filters())) == len(
        shipped.flows
    )


def test_a_hire_is_listed_at_both_its_ends(shipped):
    ends = shipped.flows[["from_adcode", "to_adcode"]]
    for city in ("210900", "211400", "210700"):
        assert (
            rows.select(shipped, "flows", Filters(place=city)).tolist()
            == np.flatnonzero((ends == city).any(axis=1)).tolist()
            != []
        )
    assert len(rows.select(shipped, "flows", Filters(place="210000"))) == len(ends)


@pytest.mark.parametrize("descending", [False, True])
def test_sorting_keeps_what_is_missing_last(shipped, descending):
    found = rows.select(shipped, "stations", Filters(), sort="area_m2", descending=descending)
    area = shipped.stations["area_m2"].to_numpy()[found]
    held = area[~np.isnan(area)]
    assert np.isnan(area[len(held) :]).all() and len(held) < len(area)
    assert (np.diff(held) <= 0).all() if descending else (np.diff(held) >= 0).all()


def test_unknown_tables_and_columns_are_refused(shipped):
    with pytest.raises(AtlasError):
        rows.select(shipped, "nothing", Filters())
    with pytest.raises(AtlasError):
        rows.select(shipped, "stations", Filters(), sort="geometry")


def test_one_row_and_who_names_it(shipped):
    key = shipped.stations["station_id"].iloc[0]
    row = rows.record(shipped, "stations", key)
    assert row["name"] == shipped.stations["name"].iloc[0] and rows.record(shipped, "stations", "nobody") is None
    region = shipped.regions["region_id"].iloc[0]
    expected = {
        table: int((shipped.table(table)["region_id"] == region).sum())
        for table in ("grids", "enterprises", "activities")
    }
    assert rows.referring(shipped, "regions", region) == {table: count for table, count in expected.items() if count}
    assert rows.referring(shipped, "stations", key) == {}


def test_the_report_counts_what_its_rules_say_per_place(shipped):
    frame = quality.report(shipped, Filters())
    assert set(frame["rule"]) == set(RULES)
    assert (frame["bad"] <= frame["of"]).all() and (frame["of"] > 0).all()
    for line in frame.itertuples():
        asked, bad = quality.masks(shipped, line.rule, line.table)
        here = (shipped.table(line.table)["adcode"] == line.adcode).to_numpy()
        assert (line.of, line.bad) == ((asked & here).sum(), (bad & here).sum())
    open_ones = shipped.stations[shipped.stations["status"] == "open"]
    age = (np.datetime64(shipped.data_date) - open_ones["last_inspected"].to_numpy("datetime64[D]")).astype(float)
    age[open_ones["last_inspected"].isna().to_numpy()] = np.nan
    stale = frame[frame["rule"] == "stale"].iloc[0]
    assert (stale["bad"], stale["of"]) == ((age > 180).sum(), (~np.isnan(age)).sum()) and stale["bad"] > 0
    looser = quality.report(shipped, Filters(), days=365)
    assert looser[looser["rule"] == "stale"]["bad"].sum() == (age > 365).sum()


def test_a_place_s_report_is_the_nation_s_for_that_place(shipped):
    nation, here = quality.report(shipped, Filters()), quality.report(shipped, SIMING)
    assert here.equals(nation[nation["adcode"] == "350203"].reset_index(drop=True))
    total = quality.totals(nation).set_index("rule")
    assert total.loc["outside", "of"] == nation.loc[nation["rule"] == "outside", "of"].sum()


def test_numbers_lead_to_their_rows(shipped):
    for rule, one in RULES.items():
        for table in one.tables:
            bad = quality.bad_rows(shipped, rule, table)
            assert rows.select(shipped, table, Filters(), among=bad.tolist()).tolist() == bad.tolist()


def test_an_empty_atlas_has_a_report_without_lines():
    frames = tables()
    bare = Atlas.from_frames({"places": frames["places"]}, META)
    assert len(quality.report(bare, Filters())) == 0 and still_illustrative(bare, Filters()) == []


def test_what_is_still_illustrative_is_counted_where_one_looks(shipped):
    found = {one.table: one for one in still_illustrative(shipped, Filters())}
    assert {name: one.count for name, one in found.items() if name in ("grids", "enterprises", "stations")} == {
        "grids": 27,
        "enterprises": 421,
        "stations": 28,
    }
    assert found["stations"].adcodes == ("350200",) and found["stations"].of == 36
    assert found["regions"].count == 11  # the regions are reported, their shapes are not
    here = {one.table: one for one in still_illustrative(shipped, SIMING)}
    assert here["stations"].adcodes == ("350203",) and "grids" not in here
    assert still_illustrative(shipped, Filters(place="110000")) == []


def test_real_rows_take_the_table_off_the_list(shipped):
    stations = shipped.stations[shipped.stations["provenance"] != "illustrative"]
    frames = {name: shipped.table(name) for name in ("places", "activities", "zones")} | {"stations": stations}
    assert "stations" not in {one.table for one in still_illustrative(Atlas.from_frames(frames, META), SIMING)}
