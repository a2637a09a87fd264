"""One set of tokens for page, charts, map and exports:
equal where they are written down, and one colour a thing everywhere.
"""

from __future__ import annotations

import json
import re

import plotly.graph_objects as go
import plotly.io
import pytest

from dashboard import theme
from dashboard.charts import as_plotly, events
from dashboard.charts.register import charts
from dashboard.maps import map_style
from dashboard.maps import overview as map_figures
from dashboard.settings import CODE
from dashboard.theme import templates, tokens
from dashboard.theme.recolour import themed
from dashboard.words import Words
from layers.atlas import Atlas
from layers.filters import Filters


def test_the_style_sheet_is_the_tokens() -> None:
    assert (CODE / "assets" / "tokens.css").read_text("utf-8") == tokens.css(), "python -m dashboard.theme.tokens"


def test_every_token_that_a_style_sheet_asks_for_is_there_and_each_is_asked_for() -> None:
    text = "".join(path.read_text("utf-8") for path in (CODE / "assets").glob("*.[cj]s*"))
    defined = set(re.findall(r"(?<![\w-])(--[\w-]+):", text))
    asked = set(re.findall(r"(?:var\(|getPropertyValue\(\")(--[\w-]+)", text))
    # what a script or a page sets on one element: named there
    set_elsewhere = set(
        re.findall(
            r"(--[\w-]+)",
            "".join(
                path.read_text("utf-8")
                for path in [*(CODE / "assets").glob("*.js"), *(CODE / "dashboard").rglob("*.py")]
            ),
        )
    )
    assert asked - defined - set_elsewhere == set()
    for_figures = {f"--{name}" for name in tokens.DRAWN}
    assert set(re.findall(r"(?m)^  (--[\w-]+):", tokens.css())) - asked - for_figures == set()


def test_in_a_figure_a_colour_is_known_by_its_value() -> None:
    for theme_name in tokens.THEMES:
        seen: dict[str, str] = {}
        for name in tokens.DRAWN:
            shown = tokens.value(name, theme_name)
            assert seen.setdefault(tokens.value(name).lower(), shown) == shown, name


@pytest.mark.parametrize(("mode", "name"), templates.NAMES.items())
def test_charts_take_their_template_by_name(atlas: Atlas, words: Words, mode: str, name: str) -> None:
    templates.register()
    registered = plotly.io.templates[name].layout
    assert (
        registered.font.color
        == tokens.value("ink", mode)
        == go.Figure(layout_template=name).layout.template.layout.font.color
    )
    for chart in charts(atlas, Filters(place="640200"), words).shown:
        figure = as_plotly.figure(chart, words)
        assert figure["layout"]["template"] == "atlas"
        layout = themed(figure, mode)["layout"]
        assert layout["template"] == templates.TEMPLATES[name]
        assert mode != "dark" or tokens.value("ink") not in json.dumps(layout)


def test_a_template_is_a_small_dictionary() -> None:
    assert all(len(json.dumps(one)) < 1_100 for one in templates.TEMPLATES.values())


def test_one_thing_has_one_colour_on_map_charts_and_exports(atlas: Atlas, words: Words) -> None:
    kinds = {words.kinds()[one.kind]: one.colour for one in words.activity_kinds()}
    found: dict[str, set[str]] = {}
    for place in ("640200", "210900"):
        for chart in charts(atlas, Filters(place=place), words).shown:
            if chart.id in ("months", "ranking"):
                for one in chart.series:
                    found.setdefault(one.name.split("（")[0], set()).add(one.color)
                for trace in as_plotly.figure(chart, words)["data"]:
                    if trace["type"] == "bar":
                        found.setdefault(trace["name"], set()).add(trace["marker"]["color"])
    chart = events.by_place(atlas, Filters(), words)
    assert chart is not None
    for trace in as_plotly.figure(chart, words)["data"]:
        if trace["type"] == "bar" and trace["name"] in kinds:
            found.setdefault(trace["name"], set()).add(trace["marker"]["color"])
    assert {name: colours for name, colours in found.items() if colours != {kinds[name]}} == {}
    assert set(found) == set(kinds)
    # what is no kind: the token's name is the thing's, on the map and in the legend's style sheet alike
    legend = " ".join((CODE / "assets" / "atlas-map.css").read_text("utf-8").split())
    figure = {trace["name"]: trace for trace in map_figures.map_figure(atlas, Filters(), words)["data"]}
    for thing, trace in (("station", "clusters"), ("fair", "fairs"), ("activity", "activities")):
        assert f".mark-{'cluster' if thing == 'station' else thing} {{ background: var(--{thing})" in legend
        colours = figure[trace]["marker"]["color"]
        assert tokens.value(thing) in ({colours} if isinstance(colours, str) else set(colours))
    assert (
        theme.WATER == map_style.style(atlas, "zh")["layers"][0]["paint"]["background-color"] == tokens.value("water")
    )
