"""Regions, grids, key figures, provenance: every figure with its source and its whole."""

import pytest

from layers import grids, kpis, qualifiers, regions
from layers.filters import Filters
from layers.provenance import mix, sources, weakest


def strip(atlas, **choice):
    return {figure.id: figure for figure in kpis.strip(atlas, Filters(**choice))}


def test_a_region_is_the_sum_of_its_grids(small):
    table = regions.table(small, Filters(place="640202")).set_index("region_id")
    assert table.loc["R1", ["grids", "enterprises", "enterprises_strengthened"]].to_list() == [2, 20, 14]
    assert table.loc["R1", "strengthened_share"] == pytest.approx(0.7)
    assert table.loc["R1", "kinds"] == {"visit": 6}
    assert table.loc["R2", "activities"] == 3
    assert list(table.index) == ["R1", "R2"]


def test_a_region_may_be_reported_while_its_figures_are_not(small):
    row = regions.table(small, Filters(region="R3")).iloc[0]
    assert (row["provenance"], row["figures_provenance"], row["activities_provenance"]) == (
        "reported",
        "illustrative",
        "reported",
    )
    only = regions.table(small, Filters(place="640205", provenance=frozenset({"reported"}))).iloc[0]
    assert only["grids"] == 0
    assert only["figures_provenance"] is None
    assert only[["enterprises", "strengthened_share"]].isna().all()


def test_grids_in_place_and_in_lasso(small):
    table = grids.table(small, Filters(place="640200")).set_index("grid_id")
    assert table["strengthened_share"].to_dict() == pytest.approx({"G1": 0.9, "G2": 0.5, "G3": 1.0, "G4": 0.75})
    assert table.loc["G2", ["activities", "kinds"]].to_list() == [0, {}]
    west = ((106, 38.8), (106.13, 38.8), (106.13, 39.2), (106, 39.2))
    assert list(grids.table(small, Filters(area=west))["grid_id"]) == ["G1"]
    assert list(grids.table(small, Filters(grid="G3"))["region_name"]) == ["轻工食品"]
    assert list(regions.table(small, Filters(grid="G3"))["region_id"]) == ["R2"]


def test_figures_of_the_place_itself_are_the_reported_ones(small):
    found = strip(small, place="640200")
    assert list(found) == ["regions", "grids", "strengthened", "workers", "team_members", "competitions"]
    assert [f.text_zh for f in found.values()] == ["11", "27", "377", "6 万余", "404", "140 余"]
    assert found["workers"].text_en == "over 60,000"
    assert {f.provenance for f in found.values()} == {"reported"}
    assert found["strengthened"].of.text() == "共 421 家企业"
    assert found["workers"].source_ids == ("F007",)


def test_figures_of_another_place_are_counted_and_say_so(small):
    found = strip(small, place="640202")
    assert (found["regions"].text_zh, found["regions"].provenance) == (
        "4",
        "reported",
    )  # F003, though two rows
    assert (found["grids"].value, found["grids"].provenance) == (3, "illustrative")
    assert (found["strengthened"].value, found["strengthened"].of.text()) == (34, "共 40 家企业")


def test_a_filter_that_narrows_turns_a_reported_figure_into_a_count(small):
    assert strip(small, place="350203")["stations"].provenance == "reported"
    narrowed = strip(small, place="350203", hour=20)["stations"]
    assert (narrowed.value, narrowed.provenance) == (2, "illustrative")
    assert narrowed.of.text() == "共 4 个开放驿站"
    lasso = ((106, 38.8), (106.13, 38.8), (106.13, 39.2), (106, 39.2))
    assert strip(small, place="640200", area=lasso)["grids"].value == 1
    assert strip(small, place="640200", provenance=frozenset({"illustrative"}))["grids"].value == 4
    assert "wishes_granted" not in strip(small, place="350203", kinds=frozenset({"heat_relief"}))


def test_siming_shows_what_is_reported_and_what_is_measured(small):
    found = strip(small, place="350203")
    assert found["stations"].value == 28
    assert found["planned"].of.text() == "1 个尚无选址"
    assert found["coverage"].value == pytest.approx(18 / 28.5)
    assert (found["coverage"].text_zh, found["coverage"].provenance) == ("63.2%", "illustrative")
    assert "28.5" in found["coverage"].of.text()
    assert "500" in found["coverage"].of.text()


def test_no_share_of_the_nation_is_made_of_one_county(small):
    found = strip(small)
    assert "coverage" not in found
    assert len(found) == kpis.MOST


def test_mixed_counts_are_marked(small):
    figure = strip(small, place="640000")["activities"]
    assert (figure.value, figure.provenance) == (10, "mixed")
    assert figure.of.text() == "其中报道 1 项，其余 9 项为示意或推算"


def test_positions_of_the_first_fair_stay_as_reported(small):
    found = strip(small, place="210900")
    assert {id: found[id].text_zh for id in ("positions", "intents", "fair_enterprises", "livestream")} == {
        "positions": "3,854",
        "intents": "136",
        "fair_enterprises": "150 余",
        "livestream": "2,000",
    }
    assert "另 2 场示意不计入" in found["positions"].of.text()


def test_a_place_where_nothing_is_known_has_no_figures(small):
    assert kpis.strip(small, Filters(place="110000")) == []


def test_texts_are_translated_with_their_values(small):
    of = strip(small, place="640200")["strengthened"].of
    assert of.text({"共 {whole} 家企业": "of {whole} enterprises"}.get) == "of 421 enterprises"


@pytest.mark.parametrize(
    ("rows", "sum_is", "result_is"),
    [
        ([], None, None),
        (["reported"] * 3, "reported", "reported"),
        (["derived", "illustrative"], "mixed", "illustrative"),
        (["reported", "derived"], "mixed", "derived"),
        (["reported", "mixed"], "mixed", "illustrative"),
    ],
)
def test_provenance_of_sums_and_of_results(rows, sum_is, result_is):
    assert mix(rows) == sum_is
    assert weakest(*rows) == result_is


def test_sources_are_split_and_sorted(small):
    assert sources(small.activities[small.activities["kind"] == "wish"]) == ("F082", "F083")


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([], "exact"),
        (["exact"], "exact"),
        (["exact", "over"], "over"),
        (["over", "at_least"], "at_least"),
        (["over", "nearly"], "about"),
        (["about", "exact"], "about"),
    ],
)
def test_qualifiers_of_sums(parts, whole):
    assert qualifiers.combine(parts) == whole
