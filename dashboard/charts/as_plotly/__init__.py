"""A chart as a plotly.js figure: what is asked for here, one kind after another in the modules beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboard import theme
from dashboard.charts.as_plotly import bars, lines, marks
from dashboard.charts.as_plotly.parts import row_parts
from dashboard.charts.chart import Chart
from dashboard.words import Words

_KINDS: Mapping[str, Callable[[Chart, Words, bool], dict[str, Any]]] = {
    "share_bar": bars.share_bars,
    "bar": bars.bars,
    "grouped_bar": bars.grouped_bars,
    "stacked_bar": bars.stacked_bars,
    "stacked_column": bars.stacked_columns,
    "step": lines.steps,
    "line": lines.lines,
    "dots": marks.dots,
    "calendar": marks.calendar,
    "progress": lines.progress,
    "curve": lines.curve,
    "lorenz": lines.lorenz,
}


def figure(chart: Chart, words: Words, whole: bool = False) -> dict[str, Any]:
    """Return the figure of `chart` in the light theme, its template by name.

    Parameters
    ----------
    whole : bool
        Whether there is room for whole names of the rows.
    """
    return _KINDS[chart.kind](chart, words, whole) if chart.kind in _KINDS else theme.blank()


def row_names(chart: Chart, words: Words, whole: bool = False) -> list[str]:
    """Return what stands beside each bar, as text.

    Its name, shortened where there is no room for the `whole`, and a ratio that has no other place.
    """
    return [f"{name}  {share}" if share else name for name, share in row_parts(chart, words, whole)]


def nothing(words: Words) -> dict[str, Any]:
    """Return a figure of nothing, which says so."""
    return {
        "data": [],
        "layout": theme.chart_layout(
            xaxis={"visible": False},
            yaxis={"visible": False},
            annotations=[
                {
                    "text": words("没有可画的数据"),
                    "xref": "paper",
                    "yref": "paper",
                    "x": 0.5,
                    "y": 0.5,
                    "showarrow": False,
                    "font": {"size": theme.BODY, "color": theme.MUTED},
                }
            ],
        ),
    }
