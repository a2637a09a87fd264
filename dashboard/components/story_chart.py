"""A chart of a story as it stands on the page:
the answer, what it is of, the picture, and the same figures as a table.
"""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.badge import badge
from dashboard.components.chart_table import chart_table
from dashboard.components.panels import graph_config
from dashboard.figures.dark import themed
from dashboard.figures.story_charts import StoryChart
from dashboard.words import Words


def story_chart(one: StoryChart, cited: Sequence[Component], theme: str, words: Words) -> html.Section:
    """Return the chart with the links `cited` to its facts, in the colours of `theme`."""
    chart = one.chart
    return html.Section(
        [
            html.H3([chart.title, badge(chart.provenance, words), *cited]),
            html.P(chart.subtitle, className="story-said"),
            html.Div(
                dcc.Graph(
                    figure=themed(chart.figure, theme),
                    config=graph_config(words.lang),
                    responsive=True,
                    style={"height": "100%"},
                ),
                style={"height": one.height},
            ),
            html.Details(
                [html.Summary(words("表格"), title=words("这张图的数字，可以复制")), chart_table(chart, words)],
                className="panel-table",
            ),
        ],
        className="story-chart",
        **{"data-figure": ";".join(one.facts)},
    )
