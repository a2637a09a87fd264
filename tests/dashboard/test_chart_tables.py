"""The table under each chart of the overview: the chart's own figures, each row with its provenance."""

from __future__ import annotations

from pathlib import Path

import pytest
from dash import html

from dashboard.components.chart_table import chart_table
from dashboard.export.charts import charts
from dashboard.locale import load_words
from dashboard.source import AtlasSource
from dashboard.words import Words
from layers import activities, coverage
from layers.filters import Filters


def read(table: html.Table) -> tuple[str, list[str], list[list[str]]]:
    """Return caption, heads and rows of a table as it is shown."""
    caption, head, body = table.children
    return caption.children, [one.children for one in head.children.children], [[cell.children for cell in row.children] for row in body.children]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("filters", [Filters(), Filters(place="640200"), Filters(place="350203", hour=22), Filters(place="210900")])
def test_a_table_has_what_its_chart_draws(atlas_home: Path, filters: Filters, lang: str) -> None:
    atlas, words = AtlasSource(atlas_home).atlas(), Words(lang, load_words()[lang])
    for chart in charts(atlas, filters.having(lang=lang), words).shown:
        caption, heads, rows = read(chart_table(chart, words))
        assert chart.title in caption
        assert len(heads) == len(chart.series) + 2
        assert all(len(row) == len(heads) and row[-1] for row in rows)
        drawn = [trace for trace in chart.figure["data"] if trace.get("mode") != "text"]
        if chart.id == "coverage":
            assert [row[1] for row in rows] == [f"{value:.1f}%" for value in drawn[0]["x"]]
        elif chart.id == "hours":
            assert [row[1:3] for row in rows] == [[f"{a:.1f}%", f"{b:.1f}%"] for a, b in zip(drawn[0]["y"], drawn[1]["y"], strict=True)]
        elif chart.id == "funnel":
            assert [[row[at + 1] for row in rows] for at in range(len(drawn))] == [trace["text"] for trace in sorted(drawn, key=lambda one: heads.index(one["name"]))]
        else:
            axis = "y" if chart.id == "months" else "x"
            assert sorted([int(row[at].replace(",", "")) for row in rows] for at in range(1, len(heads) - 1)) == sorted(map(list, (trace[axis] for trace in drawn)))


def test_the_tables_add_up_to_what_the_layers_count(atlas_home: Path) -> None:
    atlas, words, filters = AtlasSource(atlas_home).atlas(), Words("zh", load_words()["zh"]), Filters(place="640200")
    found = {chart.id: read(chart_table(chart, words))[2] for chart in charts(atlas, filters, words).shown}
    assert sum(int(cell) for row in found["months"] for cell in row[1:-1]) == activities.by_month(atlas, filters)["count"].sum()
    shares = coverage.by_unit(atlas, filters).set_index("name")["share"]
    assert {row[0]: row[1] for row in found["coverage"]} == {name: f"{share:.1%}" for name, share in shares.items()}
