"""The table of a chart on a page, and what opens it."""

from __future__ import annotations

from dash import html

from dashboard.charts import as_table
from dashboard.charts.chart import Chart
from dashboard.words import Words


def chart_table(chart: Chart | None, words: Words) -> html.Table | None:
    """Return the figures of `chart` as a table; None where it has none."""
    made = as_table.table(chart, words) if chart else None
    if made is None:
        return None
    return html.Table(
        [
            html.Caption(made.caption),
            html.Thead(html.Tr([html.Th(text, scope="col") for text in made.heads])),
            html.Tbody(
                [
                    html.Tr([html.Th(first, scope="row"), *[html.Td(text) for text in rest]])
                    for first, *rest in made.rows
                ]
            ),
        ],
        className="chart-table",
    )


def opening(table: html.Table | html.Div | None, words: Words) -> html.Details | None:
    """Return 表格, which opens `table` over its chart; None where there is none."""
    if table is None:
        return None
    told = words("这张图的数字，可以复制")
    return html.Details(
        [
            html.Summary(words("表格"), title=told),
            html.Div(table, className="panel-figures", tabIndex=0, role="region", **{"aria-label": told}),
        ],
        className="panel-table",
    )
