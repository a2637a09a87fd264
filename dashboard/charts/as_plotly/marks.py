"""Figures of marks: a ring for each that there is, a square for each day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from dashboard import theme
from dashboard.charts.chart import Chart
from dashboard.words import Words
from layers.classification import fixed

COUNTS = fixed((1, 2, 4, 7, 11))  # of a calendar's days


def dots(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - nothing is named
    """Return as many rings as there are."""
    (series,) = chart.series
    count, across = int(series.values[0] or 0), int(chart.span or 1)
    y = [at // across + 1 for at in range(count)]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "markers",
                "name": series.name,
                "x": [at % across + 1 for at in range(count)],
                "y": y,
                "hoverinfo": "skip",
                "marker": {"size": 11, "color": theme.PAPER, "line": {"width": 2, "color": series.color}},
                "text": list(series.texts),
            }
        ],
        "layout": theme.chart_layout(
            xaxis={"dtick": 1, "showgrid": False, "range": [0.4, across + 0.6]},
            yaxis={"visible": False, "range": [0.3, max(y, default=1) + 0.7]},
        ),
    }


def calendar(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - it has days
    """Return the heat map of weeks and weekdays; days with something reported carry a ring, the chosen one a frame."""
    all_days, reported = chart.series
    first, after = chart.drawn or (0, len(chart.categories))
    begin, end = (date.fromisoformat(chart.categories[at]) for at in (first, after - 1))
    lead = begin.weekday()
    weeks = (after - first + lead - 1) // 7 + 1
    z: list[list[float | None]] = [[None] * weeks for _ in range(7)]
    text: list[list[str]] = [[""] * weeks for _ in range(7)]
    days: list[list[str]] = [[""] * weeks for _ in range(7)]
    ringed: list[tuple[int, int]] = []
    for at in range(first, after):
        week, row = divmod(at - first + lead, 7)
        count, told = int(all_days.values[at] or 0), int(reported.values[at] or 0)
        z[row][week] = int(COUNTS.classes(count))
        days[row][week] = chart.categories[at]
        text[row][week] = f"{words.date(date.fromisoformat(chart.categories[at]))}<br>" + (
            words("{count} 项，其中报道 {reported} 项").format(count=count, reported=told)
            if count
            else words("没有记录")
        )
        if told:
            ringed.append((week, row))
    colors = (theme.LAND, *theme.SEQUENCE[1:])
    months = pd.period_range(begin, end, freq="M")
    weekdays = words.weekdays
    shapes = []
    if chart.chosen is not None:
        x, y = divmod(chart.chosen - first + lead, 7)
        shapes = [
            {
                "type": "rect",
                "x0": x - 0.5,
                "x1": x + 0.5,
                "y0": y - 0.5,
                "y1": y + 0.5,
                "line": {"color": theme.RED, "width": 2},
            }
        ]
    return {
        "data": [
            {
                "type": "heatmap",
                "z": z,
                "x": list(range(weeks)),
                "y": list(range(7)),
                "customdata": days,
                "hovertext": text,
                "hovertemplate": "%{hovertext}<extra></extra>",
                "zmin": -0.5,
                "zmax": len(colors) - 0.5,
                "colorscale": [[edge / len(colors), color] for at, color in enumerate(colors) for edge in (at, at + 1)],
                "showscale": False,
                "xgap": 2,
                "ygap": 2,
                "hoverongaps": False,
            },
            {
                "type": "scatter",
                "mode": "markers",
                "x": [x for x, _ in ringed],
                "y": [y for _, y in ringed],
                "hoverinfo": "skip",
                "marker": {"symbol": "circle-open", "size": 9, "color": reported.color, "line": {"width": 1.6}},
            },
        ],
        "layout": theme.chart_layout(
            xaxis={
                "tickvals": [((max(month.start_time.date(), begin) - begin).days + lead) // 7 for month in months],
                "ticktext": [words.month(str(month), brief=True) for month in months],
                "showgrid": False,
            },
            yaxis={
                "tickvals": [0, 2, 4, 6],
                "ticktext": [weekdays[at] for at in (0, 2, 4, 6)],
                "autorange": "reversed",
                "showgrid": False,
            },
            shapes=shapes,
        ),
    }
