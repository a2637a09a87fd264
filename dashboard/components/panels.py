"""The column of chart panels: built once, filled by values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dashboard import ids
from dashboard.charts import as_plotly
from dashboard.charts.chart import Chart
from dashboard.charts.register import TRAILS
from dashboard.components.badge import badge
from dashboard.components.chart_table import FOLDED, folded, region
from dashboard.components.term_marks import explained
from dashboard.theme import blank
from dashboard.theme.recolour import themed
from dashboard.words import Words

GRAPH_CONFIG = {
    "displayModeBar": False,
    "displaylogo": False,
    "responsive": True,
    "plotlyServerURL": "",
    "showSendToCloud": False,
}
NOTHING = Chart("", "", "", None)
NAMED_IN_A_LINE = 3  # colours of a legend beside each other
#: What of a panel is filled: the end of an id that begins with the panel's own, and the property.
PARTS: tuple[tuple[str, str], ...] = (
    ("-title", "children"),
    ("-subtitle", "children"),
    ("-badge", "children"),
    ("-graph", "figure"),
    ("-empty", "children"),
    ("", "style"),
    ("-box", "style"),
    ("-table", FOLDED),
    ("-table-box", "hidden"),
)


def graph_config(lang: str) -> Any:
    """Return the Plotly configuration of charts: no tools, no cloud, the reader's locale."""
    return GRAPH_CONFIG | {"locale": "zh-CN" if lang == "zh" else "en"}


def panel(name: str, words: Words) -> html.Section:
    """Return the empty panel of the chart `name`."""
    chart = ids.chart(name)
    return html.Section(
        [
            html.H2(
                [html.Span(id=f"{chart}-title"), " ", html.Span(id=f"{chart}-badge", className="panel-marks")],
                className="panel-title",
            ),
            html.P(id=f"{chart}-subtitle", className="panel-subtitle"),
            html.P(id=f"{chart}-empty", className="panel-empty"),
            html.Div(
                dcc.Graph(
                    id=ids.graph(chart),
                    config=graph_config(words.lang),
                    responsive=True,
                    figure=blank(),
                    style={"height": "100%"},
                ),
                className="panel-graph",
                id=f"{chart}-box",
            ),
            region(words, outer=f"{chart}-table-box", inner=f"{chart}-table"),
        ],
        id=chart,
        className="panel",
        style={"display": "none"},
        **{"data-figure": ";".join(TRAILS[name])},
    )


def filled(
    chart: Chart | None,
    words: Words,
    offers: Sequence[dcc.Link] = (),
    source: dcc.Link | None = None,
    theme: str = "light",
) -> tuple:
    """Return the values of a panel in the order of :data:`PARTS`; an empty one ends with `offers`, ways out.

    `source` leads to its trail. Without a chart it takes no room.
    """
    one = chart or NOTHING
    # as high as the names of its bars and of its colours need, whatever else stands in the column
    named = {each.legend for each in one.series} if one.legend else ()
    style: dict[str, Any] = {
        "flexGrow": round(one.grow, 2),
        "--rows": len(one.categories) if one.kind in ("share_bar", "stacked_bar") else 0,
        "--legend": -(-len(named) // NAMED_IN_A_LINE),
    }
    if one.empty:
        style = {"flex": "none", "minHeight": 0, "height": "auto", "paddingBottom": 12}
    if chart is None:
        style = {"display": "none"}
    tables = folded(words, chart)
    return (
        one.title,
        explained(one.subtitle, words),
        [badge(one.provenance, words), source],
        themed(as_plotly.figure(one, words), theme),
        [one.empty, html.Br(), *offers] if one.empty else "",
        style,
        {"display": "none"} if one.empty or chart is None else {},
        tables,
        tables is None,
    )
