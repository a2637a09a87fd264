"""What the figures of several kinds of chart share: names of rows, axes, legends, lines to hold against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard import theme
from dashboard.charts import reference_lines
from dashboard.charts.chart import Chart, Series
from dashboard.words import Words

LEGEND = {
    "orientation": "h",
    "x": 0,
    "y": 1.02,
    "yanchor": "bottom",
    "font": {"size": theme.NOTE, "color": theme.MUTED},
    "itemclick": False,
    "itemdoubleclick": False,
    "itemwidth": 30,
    "tracegroupgap": 0,
}
LEGEND_UNDER = {
    "orientation": "h",
    "y": -0.02,
    "yanchor": "top",
    "x": 0,
    "font": {"size": theme.NOTE, "color": theme.MUTED},
}


def row_parts(chart: Chart, words: Words, whole: bool) -> list[tuple[str, str]]:
    """Return the name of each row, and the ratio that has no other place."""
    names = [one if whole or chart.room in ("text", "paper") else theme.brief(one) for one in chart.categories]
    if chart.kind != "share_bar":
        return [(name, "") for name in names]
    return [(name, words.share(value)) for name, value in zip(names, chart.series[0].values, strict=True)]


def percent(values: Sequence[float | None]) -> list[Any]:
    """Return shares as percentages; None stays None."""
    return [None if value is None else value * 100 for value in values]


def keys_of(series: Series) -> list[list[str | int]]:
    """Return what a click on each value of `series` chooses."""
    return [list(one) for one in series.keys]


def comparison(chart: Chart, upright: bool = False) -> dict[str, Any]:
    """Return the line that the values are held against, where there is one."""
    return reference_lines.comparison(chart.reference.value, chart.reference.text, upright) if chart.reference else {}


def ticks(chart: Chart) -> dict[str, list[Any]]:
    """Return the ticks of the axis that have a name."""
    named = [(at, tick) for at, tick in zip(chart.positions, chart.ticks, strict=True) if tick]
    return {"tickvals": [at for at, _ in named], "ticktext": [tick for _, tick in named]}


def row_axis(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:
    """Return the axis of bars under each other, by their names."""
    step = -1 if chart.kind == "stacked_bar" and chart.top_down else 1
    return {
        "tickvals": list(range(len(chart.categories))),
        "ticktext": [f"{name}  <b>{share}</b>" if share else name for name, share in row_parts(chart, words, whole)][
            ::step
        ],
        "showgrid": False,
        "range": theme.rows(len(chart.categories)),
    }
