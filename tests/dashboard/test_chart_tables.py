"""The table under each chart of the overview: the chart's own figures, each row with its provenance."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from dash import html

from dashboard.charts import as_plotly, planning
from dashboard.charts.coverage import by_unit
from dashboard.charts.register import charts
from dashboard.components.chart_table import FOLDED, chart_table, opening, unfolded
from dashboard.locale import load_words
from dashboard.pages.analysis import tables
from dashboard.source import AtlasSource
from dashboard.words import Words
from geodata.schema import TABLES
from layers import activities, coverage
from layers.analysis import timeline
from layers.atlas import Atlas
from layers.filters import NATION, Filters
from layers.siting.fairness import STEPS, Fairness, Side
from layers.trails import check


def read(table: html.Table) -> tuple[str, list[str], list[list[str]]]:
    """Return caption, heads and rows of a table as it is shown."""
    caption, head, body = table.children
    return (
        caption.children,
        [one.children for one in head.children.children],
        [[cell.children for cell in row.children] for row in body.children],
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "filters", [Filters(), Filters(place="640200"), Filters(place="350203", hour=22), Filters(place="210900")]
)
def test_a_table_has_what_its_chart_draws(atlas_home: Path, filters: Filters, lang: str) -> None:
    atlas, words = AtlasSource(atlas_home).atlas(), Words(lang, load_words()[lang])
    for chart in charts(atlas, filters.having(lang=lang), words).shown:
        caption, heads, rows = read(chart_table(chart, words))
        assert chart.title in caption
        assert len(heads) == len(chart.series) + 2
        assert all(len(row) == len(heads) and row[-1] for row in rows)
        drawn = [trace for trace in as_plotly.figure(chart, words)["data"] if trace.get("mode") != "text"]
        if chart.id == "coverage":
            assert [row[1] for row in rows] == [f"{value:.1f}%" for value in drawn[0]["x"]]
        elif chart.id == "hours":
            assert [row[1:3] for row in rows] == [
                [f"{a:.1f}%", f"{b:.1f}%"] for a, b in zip(drawn[0]["y"], drawn[1]["y"], strict=True)
            ]
        elif chart.id == "funnel":
            assert [[row[at + 1] for row in rows] for at in range(len(drawn))] == [trace["text"] for trace in drawn]
        else:
            axis = "y" if chart.id == "months" else "x"
            assert sorted([int(row[at].replace(",", "")) for row in rows] for at in range(1, len(heads) - 1)) == sorted(
                map(list, (trace[axis] for trace in drawn))
            )


def test_the_tables_add_up_to_what_the_layers_count(atlas_home: Path) -> None:
    atlas, words, filters = AtlasSource(atlas_home).atlas(), Words("zh", load_words()["zh"]), Filters(place="640200")
    found = {chart.id: read(chart_table(chart, words))[2] for chart in charts(atlas, filters, words).shown}
    assert (
        sum(int(cell) for row in found["months"] for cell in row[1:-1])
        == activities.by_month(atlas, filters)["count"].sum()
    )
    shares = coverage.by_unit(atlas, filters).set_index("name")["share"]
    assert {row[0]: row[1] for row in found["coverage"]} == {name: f"{share:.1%}" for name, share in shares.items()}


def cells(table: html.Table) -> list[list[str]]:
    return [[cell.children for cell in row.children] for row in table.children[2].children]


def within(box: html.Details) -> list[html.Table]:
    """Return the tables that `box` opens, as the browser lays them out (assets/tables.js)."""
    return unfolded(getattr(box.children[1], FOLDED))


def test_what_a_chart_of_a_plan_draws_is_what_its_table_and_title_say() -> None:
    words = Words("zh", load_words()["zh"])
    search = planning.progress([[0, 100.0, None], [1.5, 190.0, 200.0]], "mclp", 200.0, "illustrative", words)
    assert search.title == "目前最好 95%、上下界 100%"
    assert cells(chart_table(search, words)) == [["0 秒", "—", "50%", "示意"], ["1.5 秒", "100%", "95%", "示意"]]
    bound, best = as_plotly.figure(search, words)["data"]
    assert (bound["y"], best["y"], best["x"]) == ([None, 100.0], [50.0, 95.0], [0.0, 1.5])

    rows = [{"new": 1, "objective": 100.0, "status": "proved"}, {"new": 2, "objective": 150.0, "status": "gap"}]
    curve = planning.by_number(rows, 1, "mclp", 200.0, "derived", words)
    assert curve.title == "第 2 站起，每站增益不到 25.1 个百分点"
    assert cells(chart_table(curve, words)) == [["+1", "50%", "推算"], ["+2", "75%", "推算"]]
    drawn = as_plotly.figure(curve, words)
    line, chosen = drawn["data"]
    assert (line["x"], line["y"]) == ([1, 2], [50.0, 75.0])
    # a click on a point asks for its plan
    assert line["customdata"] == [["已证明最优", "front", "new:1"], ["未证明", "front", "new:2"]]
    assert (chosen["x"], [one["text"] for one in drawn["layout"]["annotations"]]) == ([1], ["+1  50%"])

    half = Side(STEPS**2, 0.33, None, None, None)
    fair = planning.lorenz(Fairness([], np.empty(0), half, Side(STEPS, 0.0, None, None, None)), "derived", words)
    assert fair.title == "步行远近更接近：基尼系数 0.33 → 0.00"
    listed = cells(chart_table(fair, words))
    assert [row[0] for row in listed] == [f"{at}%" for at in range(0, 101, 10)]
    assert listed[5] == ["50%", "25%", "50%", "推算"]
    _, before, after = as_plotly.figure(fair, words)["data"]
    assert (before["y"][25], after["y"][25], before["line"]["dash"], after["line"]["dash"]) == (25, 50, "dash", "solid")
    nobody = planning.lorenz(None, "derived", words)
    assert as_plotly.figure(nobody, words)["data"] == []
    assert chart_table(nobody, words) is None is opening(words, None)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("place", ["640200", "350203", "100000"])
def test_every_chart_of_the_analysis_has_its_table_and_its_source(atlas_home: Path, place: str, lang: str) -> None:
    atlas, words, filters = (
        AtlasSource(atlas_home).atlas(),
        Words(lang, load_words()[lang]),
        Filters(place=place, lang=lang),
    )
    days = timeline.by_day(atlas, filters)
    for head, figure, *_ in (
        tables.calendar_parts(atlas, filters, None, lambda mark: mark, words),
        tables.plan_parts(atlas, filters, lambda mark: mark, words),
        tables.kinds_parts(atlas, filters, lambda mark: mark, words),
    ):
        title, _, box = head
        assert check(atlas, title.children[2]), "its trail is known"
        (folded,) = within(box)
        assert title.children[0] == read(folded)[0], "the answer is title and caption"
        table = cells(folded)
        if figure["data"][0]["type"] == "heatmap":
            assert sum(int(count) for _, said in table for count in re.findall(r" (\d+)", said)) == days["count"].sum()
        elif figure["data"][0]["type"] == "bar":
            assert [sum(map(int, row[1:-1])) for row in table] == [int(text) for text in figure["data"][-1]["text"]][
                ::-1
            ]
    other = tables.comparison(atlas, filters, "640100", words)
    kinds, months = within(other[2])
    assert len(cells(months)) == len(timeline.by_month(atlas, filters))
    assert [sum(map(int, row[1:-1])) for row in cells(kinds)] == [
        len(activities.chosen(atlas, one)) for one in (filters, filters.at_place("640100"))
    ]


def test_a_mean_stands_beside_what_it_is_a_mean_of(atlas_home: Path) -> None:
    atlas, words, filters = AtlasSource(atlas_home).atlas(), Words("zh", load_words()["zh"]), Filters(place="640200")
    said = {
        chart.id: [one["text"] for one in as_plotly.figure(chart, words)["layout"].get("annotations", ())]
        for chart in charts(atlas, filters, words).shown
    }
    assert said["ranking"] == [f"27 个网格平均 {377 / 27:.1f} 项"]
    assert said["months"] == [f"月均 {377 / 8:.1f} 项"]
    assert said["coverage"] == ["石嘴山市 89.5%"]


@pytest.mark.parametrize(("lang", "name", "nation"), [("zh", "石嘴山市", "全国"), ("en", "Shizuishan", "China")])
def test_a_share_of_one_city_is_not_called_the_nations(atlas_home: Path, lang: str, name: str, nation: str) -> None:
    atlas, words = AtlasSource(atlas_home).atlas(), Words(lang, load_words()[lang])
    counted = atlas.enterprises
    assert set(counted["adcode"].str[:4]) == {"6402"}  # every one of them lies there
    share = f"{counted['strengthened'].mean():.1%}"
    for place in (NATION, "640000", "640200"):
        panel = by_unit(atlas, Filters(place=place, lang=lang), words)
        assert name in panel.title and share in panel.title and nation not in panel.title, place
        assert [one["text"] for one in as_plotly.figure(panel, words)["layout"]["annotations"]] == [
            f"{name} {share}"
        ], place
    # as soon as one lies elsewhere it is a share of all there are
    moved = counted.copy()
    moved.loc[moved.index[0], "adcode"] = "110101"
    other = Atlas.from_frames({name: atlas.table(name) for name in TABLES} | {"enterprises": moved}, atlas.meta)
    panel = by_unit(other, Filters(lang=lang), words)
    assert name not in panel.title and nation in panel.title
