"""A chart of a story as it stands on the page:
the answer, what it is of, the picture, and the same figures as a table.
"""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.charts import as_plotly
from dashboard.charts.chart import Chart
from dashboard.charts.register import TRAILS
from dashboard.components.badge import badge
from dashboard.components.chart_table import opening
from dashboard.components.panels import graph_config
from dashboard.theme.recolour import themed
from dashboard.words import Words

ROW_PX, HEAD_PX, DOTS_PX = 30, 24, 240  # heights of a bar, of what is around bars, of a chart of dots


def story_chart(chart: Chart, cited: Sequence[Component | str], theme: str, words: Words) -> html.Section:
    """Return the chart with the links `cited` to its facts, in the colours of `theme`."""
    return html.Section(
        [
            html.H3([chart.title, badge(chart.provenance, words), *cited]),
            html.P(chart.subtitle, className="story-said"),
            html.Div(
                dcc.Graph(
                    figure=themed(as_plotly.figure(chart, words), theme),
                    config=graph_config(words.lang),
                    responsive=True,
                    style={"height": "100%"},
                ),
                style={"height": DOTS_PX if chart.kind == "dots" else HEAD_PX + ROW_PX * len(chart.categories)},
            ),
            opening(words, chart),
        ],
        className="story-chart",
        **{"data-figure": ";".join(TRAILS[chart.id])},
    )
