"""The table of a chart: the same figures as words, to be copied and read aloud."""

from __future__ import annotations

from dash import html

from dashboard.export.charts import Chart, Series
from dashboard.words import Words
from layers.provenance import mix


def chart_table(chart: Chart, words: Words) -> html.Table:
    """Return the figures of `chart` as a table: a row a category, a column a series, last the provenance of what the row holds."""
    # figures that keep their qualifier are told in the words of the chart
    told = {trace["name"]: trace["text"] for trace in chart.figure["data"]} if chart.id == "funnel" or chart.id.startswith("story-") else {}
    heads = [words("项目"), *(one.name for one in chart.series), words("数据来源")]
    rows = [
        html.Tr([
            html.Th(_category(chart, category), scope="row"),
            *[html.Td(told[one.name][at] if one.name in told else _value(one, at, chart.number_format, words)) for one in chart.series],
            html.Td(words.provenance(mix([one.provenance for one in chart.series if one.provenance and one.values[at]]) or chart.provenance)),
        ])
        for at, category in enumerate(chart.categories)
    ]
    return html.Table([
        html.Caption(f"{chart.title} — {chart.subtitle}"),
        html.Thead(html.Tr([html.Th(text, scope="col") for text in heads])), html.Tbody(rows),
    ], className="chart-table")


def _category(chart: Chart, category: str) -> str:
    return f"{category}:00" if chart.id == "hours" else category


def _value(series: Series, at: int, number_format: str, words: Words) -> str:
    value = series.values[at]
    if value is None:
        return words("未报道")
    return words.share(value) if number_format.endswith("%") else words.number(value)
