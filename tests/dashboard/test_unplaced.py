"""What pages, files and pictures say of stations without a position: never a percentage, always the reason."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from dashboard import theme
from dashboard.app import create_app
from dashboard.charts import coverage as figures
from dashboard.charts.register import charts
from dashboard.components.ways_out import ways_out
from dashboard.context import Context
from dashboard.export import plans, scenario
from dashboard.maps.fills import area_fill, cell_fill
from dashboard.maps.overview import map_figure
from dashboard.maps.stations import station_hover
from dashboard.scenario_in_words import input_names, input_text
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from layers import activities, fairs, places, stations
from layers.siting.scenario import dumps_answer
from tests.dashboard.export.two_plans import keep_two
from tests.unplaced_home import LOST, LOST_STATIONS, MISSING, MIXED, UNSAID, unplaced_home

APART = f"{LOST_STATIONS} 个驿站尚无位置，未计入"
ONLY = f"只计有位置的 {28 - MISSING} 个驿站，另有 {MISSING} 个尚无位置"


@pytest.fixture(scope="module")
def server(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory):
    return create_app(Settings(home=unplaced_home(atlas_home, tmp_path_factory.mktemp("unplaced") / "home"))).server


@pytest.fixture(scope="module")
def context(server) -> Context:
    return server.extensions["atlas"]


def page(server, address: str) -> str:
    """Return what stands on a page before a script has run."""
    text = server.test_client().get(address).get_data(as_text=True)
    found = re.search(r'<div class="first">(.*)</div><script', text, re.S)
    assert found
    return re.sub(r"<[^>]+>", "\n", found[1])


def test_the_first_paint_has_no_percentage_of_such_a_place(server) -> None:
    said = page(server, f"/?place={LOST}")
    assert APART in said and "驿站尚无位置，暂无覆盖率" in said and "够不够得到" not in said
    assert "%" not in said
    assert f"stations without a position, not counted: {LOST_STATIONS}" in page(server, f"/?place={LOST}&lang=en")


def test_a_mixed_place_says_which_are_counted_and_whose_hours_are_not_known(server) -> None:
    said = page(server, f"/?place={MIXED}&hour=22")
    assert said.count(ONLY) >= 4  # key figure, sentence, both charts
    assert f"另有 {UNSAID} 个开放时间不详，夜间不计为开放" in said


def test_charts_of_briefs_say_why_there_is_none(context: Context) -> None:
    words = context.words("zh")
    atlas, said = context.look(f"place={LOST}")
    found = charts(atlas, said.filters, words)
    assert not [one for one in found.shown if one.id in ("coverage", "hours")]
    assert [one for one in found.empty if APART in one]
    assert figures.by_hour(atlas, said.filters, words) is None  # the other chart has said it
    links = ways_out(atlas, said.filters, context, words)
    assert links[0].children == "给驿站补上位置" and "rule=point" in links[0].href


def test_a_city_names_the_county_that_is_left_out(context: Context) -> None:
    words = context.words("zh")
    atlas, said = context.look("place=350200")
    panel = figures.by_unit(atlas, said.filters, words)
    assert "湖里区的驿站尚无位置，不计覆盖率" in panel.subtitle
    assert panel.categories and [name for name in panel.categories if "湖里" in name] == []


def test_the_map_has_a_colour_of_its_own(context: Context) -> None:
    words = context.words("zh")
    atlas, said = context.look(f"place={LOST}&layers=stations.demand")
    cells = cell_fill(atlas, said.filters, words)
    assert {cells.colors[one] for one in cells.classes} <= set(theme.UNPLACED)
    assert cells.apart == ("驿站尚无位置",) and "距离不详" in cells.hover[0] and "够不够得到不详" in cells.hover[0]
    atlas, said = context.look("place=350200&layers=stations.demand")
    areas = area_fill(atlas, said.filters, places.scope(atlas, said.filters), words)
    at = areas.ids.index(LOST)
    assert areas.colors[areas.classes[at]] == theme.UNPLACED[1] and areas.apart == ("驿站尚无位置",)
    assert f"{LOST_STATIONS} 个驿站尚无位置，未计入覆盖率" in areas.hover[at]
    assert areas.colors[areas.classes[areas.ids.index(MIXED)]] != theme.UNPLACED[1]


def test_the_sample_is_told_as_before(atlas_home: Path) -> None:
    context = create_app(Settings(home=atlas_home)).server.extensions["atlas"]
    atlas, said = context.look(f"place={MIXED}&hour=22")
    words = context.words("zh")
    cells = cell_fill(atlas, said.filters, words)
    assert len(cells.colors) == 9 and cells.steps[0] == "够不到任何驿站" and not cells.apart
    assert "尚无位置" not in json.dumps(map_figure(atlas, said.filters, words), ensure_ascii=False)
    assert "不详" not in figures.by_hour(atlas, said.filters, words).subtitle


@pytest.mark.parametrize("path", ["/planning", "/briefing", "/analysis", "/stories"])
def test_no_other_page_gives_one(server, path: str) -> None:
    text = page(server, f"{path}?place={LOST}")
    assert "0.0%" not in text and "覆盖 0" not in text


def test_a_point_set_by_hand_reads_as_derived(context: Context) -> None:
    atlas, said = context.look(f"place={MIXED}")
    rows = (
        stations.select(atlas, said.filters)
        .iloc[:2]
        .assign(provenance="reported", point_provenance=["derived", "reported"])
    )
    hand, own = station_hover(rows, context.words("zh"))
    assert hand.endswith("报道 · 位置：推算") and "位置：" not in own


def test_an_empty_choice_draws_and_counts_nothing(server, context: Context) -> None:
    words = context.words("zh")
    atlas, said = context.look(f"place={MIXED}&kinds=none&sectors=none")
    assert not len(activities.select(atlas, said.filters)) and not len(fairs.select(atlas, said.filters))
    assert "一项也不选" in page(server, f"/?place={MIXED}&kinds=none")
    atlas, said = context.look("layers=none")
    drawn = map_figure(atlas, said.filters, words)
    assert not [
        trace["name"]
        for trace in drawn["data"]
        if trace["name"] in ("stations", "activities") and trace.get("customdata")
    ]
    atlas, said = context.look(f"place={MIXED}&provenance=none")
    assert context.write(said.filters) == f"?place={MIXED}&provenance=none"
    assert not charts(atlas, said.filters, words).shown


def test_a_plan_kept_says_which_stations_it_does_not_count(context: Context, atlas_home: Path, tmp_path: Path) -> None:
    words = context.words("zh")
    home = unplaced_home(atlas_home, tmp_path / "home")
    keep_two(home)
    atlas = AtlasSource(home).atlas()
    kept = plans.scenario_of(atlas, "SC-DAY")
    assert kept.answer is not None and kept.answer.unplaced.unplaced == MISSING
    assert ONLY in plans.said_of(kept, words)
    rests_on = dict(scenario.assumptions(kept, input_names(words), input_text, words))
    assert rests_on["未计入"] == ONLY
    whole = tmp_path / "whole"
    shutil.copytree(atlas_home, whole)
    keep_two(whole)
    complete = plans.scenario_of(AtlasSource(whole).atlas(), "SC-DAY")
    assert "unplaced" not in dumps_answer(complete.answer)
    assert not any("尚无位置" in one for one in plans.said_of(complete, words))
