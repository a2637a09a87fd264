"""On an English page names of places, regions, grids and stations stand in pinyin;
what stays Chinese is said to be Chinese.
"""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from plotly.io.json import to_json_plotly

from dashboard.app import create_app
from dashboard.charts import activity, as_plotly, coverage
from dashboard.components.chinese import runs
from dashboard.components.in_view import in_view_list
from dashboard.maps.in_view import in_view
from dashboard.maps.overview import map_figure
from dashboard.maps.stations import POINTS_AT_MOST, station_hover
from dashboard.pages import sources, stories
from dashboard.pages.stories import view
from dashboard.server.geometry import _labels
from dashboard.settings import Settings
from geodata.codes import shipped_rows
from geodata.names import romanised
from layers import places, stations
from layers.filters import Filters

CHINESE = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture(scope="module")
def context(atlas_home):
    return create_app(Settings(home=atlas_home)).server.extensions["atlas"]


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("示意驿站 01（厦港）", "Sketch station 01 (Xiagang)"),
        ("西安路工会驿站", "Xi'anlu rest station"),
        ("Station 5", "Station 5"),
        ("漯河路驿站", "Luohelu station"),
    ],
)
def test_a_name_is_spelt_in_pinyin(name, latin):
    assert romanised(name) == latin


def test_maps_and_charts_in_english_have_names_in_latin_letters(context):
    atlas, words = context.source.atlas(), context.words("en")
    assert not CHINESE.search(_labels(atlas, "en")) and CHINESE.search(_labels(atlas, "zh"))
    for query in ("640200", "640202", "350203"):
        filters = Filters(place=query, lang="en")
        made = (coverage.by_unit(atlas, filters, words), activity.ranking(atlas, filters, words))
        for one in filter(None, made):
            assert not CHINESE.search(
                json.dumps(
                    [
                        one.title,
                        one.subtitle,
                        [
                            {key: value for key, value in trace.items() if key != "customdata"}
                            for trace in json.loads(to_json_plotly(as_plotly.figure(one, words)))["data"]
                        ],
                        json.loads(to_json_plotly(as_plotly.figure(one, words)))["layout"],
                    ],
                    ensure_ascii=False,
                )
            ), query
    hovers = {
        trace["name"]: trace.get("hovertext") or []
        for trace in map_figure(atlas, Filters(place="350203", lang="en"), words)["data"]
    }
    assert (
        "Sketch station 01 (Xiagang) 示意驿站 01（厦港）" in hovers["stations"][0]
    )  # what stands on the spot goes with it
    # however many there are
    many = pd.concat([station_frame(atlas)] * 30)
    assert len(many) > 500 and station_hover(many, words)[-1].startswith("<b>Sketch station")
    region = places.scope(atlas, Filters(place="640205").at_place("640205", atlas.regions["region_id"].iloc[0]))
    assert not CHINESE.search(region.name_en) and region.name == "河滨区域"


def station_frame(atlas):
    bounds = places.scope(atlas, Filters(place="350203")).bounds
    return stations.in_view(atlas, Filters(place="350203"), bounds, 6.0, limit=POINTS_AT_MOST).frame


def test_the_list_of_what_is_in_view_says_what_of_it_is_chinese(context):
    atlas, words, filters = context.source.atlas(), context.words("en"), Filters(place="350203", lang="en")
    found = in_view(atlas, map_figure(atlas, filters, words)["data"], places.scope(atlas, filters).bounds)
    shown = json.loads(to_json_plotly(in_view_list(found, lambda row: "/", words)))
    assert list(untagged(shown)) == []
    assert [
        part if isinstance(part, str) else (part.children, part.lang)
        for part in runs("Sketch station 01 示意驿站 01（厦港）", words)
    ] == ["Sketch station 01 ", ("示意驿站 01（厦港）", "zh-CN")]
    assert runs("示意驿站 01（厦港）", context.words("zh")) == ["示意驿站 01（厦港）"]


def untagged(part, tagged: bool = False):
    """Yield Chinese texts of a page that no element says to be Chinese."""
    if isinstance(part, str):
        if CHINESE.search(part) and not tagged:
            yield part
    elif isinstance(part, list):
        for one in part:
            yield from untagged(one, tagged)
    elif isinstance(part, dict):
        props = part.get("props", {})
        yield from untagged(props.get("children"), tagged or props.get("lang") == "zh-CN")


def test_what_stays_chinese_on_pages_of_text_is_said_to_be(context):
    for page, query in (
        (sources, "?lang=en&fact=F032"),
        *((stories, f"?lang=en&story=S{number}") for number in range(1, 9)),
    ):
        atlas, said = context.look(query, page.OWN_KEYS)
        words = context.words("en")
        if page is sources:
            shown = sources.section(
                context, atlas, said.filters, dict.fromkeys(sources.OWN_KEYS, "") | {"fact": "F032"}, words
            )
        else:
            shown = view.story(
                context,
                atlas,
                said.filters,
                next(row for row in shipped_rows("stories.csv") if row["story"] == query[-2:]),
                words,
            )
        assert list(untagged(json.loads(to_json_plotly(shown)))) == [], query
