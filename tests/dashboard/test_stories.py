"""The eight stories: nothing reported is missing, figures as the page writes them, in both languages."""

from __future__ import annotations

import csv
import re
from html import escape
from pathlib import Path

import pandas as pd
import pytest

from dashboard.charts import as_plotly
from dashboard.charts.chart import Chart
from dashboard.charts.register import standing_at
from dashboard.components.chart_table import chart_table
from dashboard.context import Context
from dashboard.export.markup import markup
from dashboard.locale import load_words
from dashboard.maps.story import story_figure
from dashboard.pages import MENU
from dashboard.pages import stories as page
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from dashboard.words import Words
from geodata.codes import shipped_rows
from geodata.facts import format_reported
from layers import stories
from layers.atlas import Atlas
from layers.filters import Filters

FACTS = list(csv.DictReader((Path(__file__).parents[2] / "geodata/reported_facts.csv").open(encoding="utf-8")))


@pytest.fixture(scope="module")
def context(atlas_home) -> Context:
    return Context(AtlasSource(atlas_home), load_words(), Filters(), Settings(home=atlas_home), MENU)


@pytest.fixture(scope="module")
def shown(context):
    """Return a function: HTML of the page at a query."""

    def show(query: str, atlas: Atlas | None = None) -> str:
        found, said = context.look(query, page.OWN_KEYS)
        body = page.layout(context, atlas or found, said, query).to_plotly_json()["props"]["children"]
        return markup(
            next(one for one in body.children if one.className and "stories-main" in one.className)
            if hasattr(body, "children")
            else body
        )

    return show


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("fact", FACTS, ids=[fact["id"] for fact in FACTS])
def test_every_reported_fact_stands_in_the_view_of_its_story(shown, fact, lang):
    html = shown(f"?lang={lang}&story={fact['system']}")
    start = html.index(">", re.search(rf'<strong class="fact-value"><[^>]*data-figure="{fact["id"]}"', html).start())
    text = re.sub(r"<[^>]*>", "", html[start + 1 : html.index("</strong>", start)])
    assert text == format_reported(float(fact["value"]), fact["qualifier"], fact["unit"], lang)


def test_qualifiers_are_the_newspapers(shown):
    html = shown("?story=S1")
    assert all(text in html for text in ("6 万余", "近万", "140 余"))


def test_the_index_leads_to_each_of_the_eight(shown):
    html = shown("")
    assert [html.count(f"story={story}") for story in stories.STORIES] == [1] * 8


def test_derived_figures_name_formula_and_facts(shown, context):
    atlas = context.source.atlas()
    assert stories.derived(atlas, "S2")[0].value == 2_500_000 and stories.derived(atlas, "S2")[0].qualifier == "about"
    assert stories.derived(atlas, "S8")[0].value == 500
    assert stories.derived(atlas, "S1")[0].value == pytest.approx(0.8955, abs=1e-4)
    assert stories.derived(atlas, "S3")[0].value == pytest.approx(0.0353, abs=1e-4)
    assert "约 250 万" in shown("?story=S2") and "3.5%" in shown("?story=S3") and "89.5%" in shown("?lang=en&story=S1")


def test_the_lagging_grid_has_the_smallest_share(context, shown):
    atlas = context.source.atlas()
    grids = atlas.grids
    share = grids["enterprises_strengthened"] / grids["enterprises"]
    first = stories.matrix(atlas).iloc[0]
    assert len(stories.matrix(atlas)) == 27 and first["share"] == share.min()
    ties = grids[share == share.min()].sort_values(["enterprises", "grid_id"], ascending=[False, True])
    assert first["grid_id"] == ties["grid_id"].iloc[0] and first["name"] in shown("?story=S1")


def test_reported_and_illustrative_flows_are_never_added(context):
    atlas = context.source.atlas()
    told = atlas.flows[atlas.flows["provenance"] == "reported"]
    made_up = told.assign(flow_id="X", persons=7, provenance="illustrative", source_id="SAMPLE")
    both = Atlas.from_frames({"flows": pd.concat([told, made_up])}, atlas.meta)
    assert stories.flows(both)[["provenance", "persons"]].to_numpy().tolist() == [["reported", 1], ["illustrative", 7]]


def test_the_matrix_has_each_hire_in_its_cell_marked_by_its_provenance(shown):
    html = shown("?story=S3")
    table = html[html.index("story-matrix") :]
    assert re.findall(r'hired-reported" title="报道">● (\d+)<', table) == ["1"]
    assert sorted(map(int, re.findall(r'hired-illustrative" title="示意">○ (\d+)<', table))) == [
        3,
        4,
        5,
        7,
        9,
        11,
        12,
        14,
        17,
        24,
    ]
    assert "葫芦岛市的企业招用阜新市的 1 人" in html and "行业至少 5 类，参会企业 150 余家" in html


def test_the_route_lists_its_stops_in_order_against_the_reported_total(shown):
    html = shown("?story=S4")
    listed = html[html.rindex("服务路线与站次</h3>") if "服务路线与站次</h3>" in html else html.index("stop-sample") :]
    assert re.findall(r"第 (\d) 站</th>", listed) == list("12345678") and html.count("badge-illustrative") >= 8
    assert "各站合计 960 人" in html and "报道 960 名" in html and "2024年10月9日" in html


def story_charts(atlas: Atlas, story: str, words: Words) -> list[tuple[Chart, tuple[str, ...]]]:
    made = [(one.make(atlas, Filters(), words), one.trail) for one in standing_at(f"/stories?story={story}")]
    return [(chart, facts) for chart, facts in made if chart is not None]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("story", stories.STORIES)
def test_each_chart_of_a_story_cites_its_facts_and_has_its_table(context, story, lang):
    atlas, words = context.source.atlas(), context.words(lang)
    own = set(stories.facts(atlas, story)["id"])
    for chart, facts in story_charts(atlas, story, words):
        assert set(facts) <= own and chart.title and chart.subtitle and chart.provenance
        bar = as_plotly.figure(chart, words)["data"][0]
        table = markup(chart_table(chart, words))
        assert all(escape(text) in table for text in bar["text"]) and all(
            escape(name) in table for name in chart.categories
        )
        if bar["type"] == "bar":
            assert len(bar["x"]) == len(bar["text"]) == len(chart.categories) == len(bar["marker"]["pattern"]["shape"])
            made_up = chart.provenance == "illustrative"
            assert ("/" in bar["marker"]["pattern"]["shape"]) == made_up
            assert made_up or "illustrative" not in table


def test_splits_of_a_reported_total_say_so_and_add_up(context):
    atlas, words = context.source.atlas(), context.words("zh")
    known = atlas.facts.set_index("id")["value"]
    drawn = {
        chart.id: (chart, facts) for story in stories.STORIES for chart, facts in story_charts(atlas, story, words)
    }
    for name, fact in (
        ("story-F008-team_kind", "F008"),
        ("story-F031-sector", "F031"),
        ("story-F031-home_city", "F031"),
        ("story-groups", "F040"),
        ("story-stops", "F040"),
    ):
        chart, facts = drawn[name]
        assert (
            facts == (fact,)
            and sum(chart.series[0].values) == known[fact]
            and "示意" in chart.subtitle
            and chart.provenance == "illustrative"
        )
    bare = Atlas.from_frames({"places": atlas.places, "facts": atlas.facts}, atlas.meta)
    assert [chart.id for chart, _ in story_charts(bare, "S4", words)] == [] and [
        chart.id for chart, _ in story_charts(bare, "S1", words)
    ] == ["story-held"]


def test_shared_fairs_keep_their_qualifiers_and_are_not_summed(shown, context):
    html = shown("?story=S3")
    table = html[html.index("五市共办的招聘会") : html.index("跨市就业：从哪里到哪里")]
    rows = [re.sub(r"<[^>]+>", "|", row) for row in re.findall(r"<tr.*?</tr>", table, re.S)[1:]]
    assert len(rows) == len(context.source.atlas().fairs.query("cooperation == '辽西五市'"))
    assert (
        all(text in rows[0] for text in ("首场招聘会", "150 余", "3,854", "136", "3.5%", "2,000", "报道"))
        and "示意" in rows[-1]
        and "未报道" in rows[1]
    )


@pytest.mark.parametrize("story", stories.STORIES)
def test_the_sections_of_a_story_hold_each_fact_once(context, story):
    rows = stories.facts(context.source.atlas(), story)
    parts = stories.sections(rows, story)
    assert sorted(one for _, part in parts for one in part["id"]) == sorted(rows["id"])
    assert len(parts) == (5 if story == "S8" else 1)


@pytest.mark.parametrize(
    ("story", "trace"), [("S1", "enterprises"), ("S3", "flows"), ("S8", "stations"), ("S4", "activities")]
)
def test_the_map_of_a_story_draws_what_it_tells_of(context, story, trace):
    atlas = context.source.atlas()
    row = next(row for row in shipped_rows("stories.csv") if row["story"] == story)
    figure = story_figure(atlas, Filters(), story, row["adcode"], context.words("zh"))
    assert next(one for one in figure["data"] if one["name"] == trace)["customdata"]
    lon, lat = figure["layout"]["map"]["center"].values()
    place = atlas.places.set_index("adcode").loc[row["adcode"]]
    assert abs(lon - place["lon"]) < 1.5 and abs(lat - place["lat"]) < 1.5


def test_an_atlas_without_the_facts_says_so(shown, context):
    atlas = context.source.atlas()
    bare = Atlas.from_frames({"places": atlas.places}, atlas.meta)
    assert "图册里没有这个专题的报道数据" in shown("?story=S5", bare)
    assert shown("?story=S9", atlas).count("story-card") >= 8
