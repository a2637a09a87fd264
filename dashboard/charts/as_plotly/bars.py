"""Figures of bars and columns: of shares, of amounts, beside each other, stacked."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from dashboard import theme
from dashboard.charts import reference_lines
from dashboard.charts.as_plotly.parts import LEGEND, LEGEND_UNDER, comparison, keys_of, percent, row_axis, ticks
from dashboard.charts.as_table import value_text
from dashboard.charts.chart import Chart
from dashboard.words import Words

NARROW_PX, LETTER_PX = 350, 13  # the narrowest chart of a story (a phone's), a Chinese letter
FUNNEL_ROOM, PAPER_ROOM = 1.35, 1.2  # the longest bar and the words behind it, in lengths of that bar


def share_bars(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:
    """Return bars of shares, held against one of them."""
    (series,) = chart.series
    shares = percent(series.values)
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": shares,
                "y": list(range(len(shares))),
                "customdata": keys_of(series),
                "hovertext": [
                    f"<b>{escape(name)}</b><br>{words.share(value)} = {note}<br>{words.provenance(origin)}"
                    for name, value, note, origin in zip(
                        chart.categories, series.values, series.notes, series.origins, strict=True
                    )
                ],
                "hovertemplate": "%{hovertext}<extra></extra>",
                "marker": theme.coloured(list(series.colors), list(series.origins)),
            }
        ],
        "layout": theme.chart_layout(
            bargap=0.28,
            margin={"l": 4, "r": 12, "t": 20, "b": 4, "pad": 4},
            xaxis={"range": [0, max([100.0, *shares])], "visible": False},
            yaxis=row_axis(chart, words, whole),
            **(
                reference_lines.comparison(chart.reference.value * 100, chart.reference.text, upright=True, axis=100.0)
                if chart.reference
                else {"shapes": [], "annotations": []}
            ),
        ),
    }


def bars(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:
    """Return bars with their figures behind them: in the text of a story, or on paper."""
    (series,) = chart.series
    count, in_text = len(chart.categories), chart.room == "text"
    text = [value_text(series, at, chart, words) for at in range(count)]
    origins = [series.origin(at) for at in range(count)]
    trace: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "name": series.name,
        # a bar of no length has its words behind it, what is not there has none
        "x": [0 if series.is_below(at) else value for at, value in enumerate(series.values)],
        "y": list(range(count)),
        "text": text,
        "textposition": "outside",
        "cliponaxis": False,
        "constraintext": "none",  # a thin bar has figures that can be read all the same
        "hoverinfo": "skip",
        "marker": theme.coloured(list(series.colors), origins)
        if series.colors
        else {"color": series.color, "pattern": theme.hatched(origins)},
    }
    axis, largest = row_axis(chart, words, whole), max((value or 0.0 for value in series.values), default=0.0)
    if not in_text:
        return {
            "data": [trace],
            "layout": theme.chart_layout(
                bargap=0.3, xaxis={"visible": False, "range": [0, max(largest, 1e-9) * PAPER_ROOM]}, yaxis=axis
            ),
        }
    font = {"size": theme.SMALL, "color": theme.INK}
    return {
        "data": [trace | {"textfont": font}],
        "layout": theme.chart_layout(
            bargap=0.34,
            margin={"l": 4, "r": 12, "t": 2, "b": 2, "pad": 6},
            xaxis={"visible": False, "range": [0, _room(series.values, text, chart.categories)]},
            yaxis=axis | {"range": [count - 0.5, -0.5], "tickfont": font},
        ),
    }


def _room(values: Sequence[float | None], text: Sequence[str], names: Sequence[str]) -> float:
    """Return where the axis ends so that the words behind each bar have room in a narrow chart, in the unit of
    `values`.
    """
    plot = max(120.0, NARROW_PX - LETTER_PX * max(map(theme.width, names), default=0))
    return (
        max(
            [
                (value or 0) / max(0.3, 1 - LETTER_PX * (theme.width(one) + 1) / plot)
                for value, one in zip(values, text, strict=True)
            ],
            default=0,
        )
        or 1
    )


def grouped_bars(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - its names are short
    """Return bars beside each other, their figures behind them."""
    largest = max((value or 0 for one in chart.series for value in one.values), default=1) or 1
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "name": one.name,
                "y": list(chart.categories),
                "x": [float(value) if value else 0 for value in one.values],
                "text": list(one.texts),
                "textposition": "outside",
                "cliponaxis": False,
                "textfont": {"size": theme.NOTE, "color": theme.MUTED},
                "constraintext": "none",
                "marker": {"color": one.color, "pattern": theme.hatched(one.provenance)},
                "hovertemplate": f"%{{y}} %{{text}} · {words.provenance(one.provenance)}<extra></extra>",
            }
            for one in chart.series
        ],
        "layout": theme.chart_layout(
            barmode="group",
            bargap=0.2,
            margin={"l": 4, "r": 8, "t": 4, "b": 4, "pad": 4},
            xaxis={"visible": False, "range": [0, largest * FUNNEL_ROOM]},
            yaxis={"autorange": "reversed", "showgrid": False, "type": "category"},
        ),
    }


def stacked_bars(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:
    """Return bars of parts, their sums behind them."""
    step, boxed = -1 if chart.top_down else 1, chart.room == "box"
    rows = list(range(len(chart.categories)))
    totals = [sum(value or 0 for value in values) for values in zip(*(one.values for one in chart.series), strict=True)]
    unit = f" {chart.unit}" if chart.unit else ""
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": one.name,
            "x": list(one.values)[::step],
            "y": rows,
            **({"customdata": keys_of(one)[::step]} if one.keys else {}),
            "marker": {
                "color": one.color,
                "pattern": theme.hatched(list(one.origins)[::step] if one.origins else one.provenance),
            },
            "hovertext": list(chart.categories)[::step],
            "hovertemplate": f"%{{hovertext}}<br>{one.name} %{{x}}{unit}<extra></extra>",
        }
        for one in chart.series
    ]
    traces.append(
        {
            "type": "scatter",
            "mode": "text",
            "x": totals[::step],
            "y": rows,
            "text": [f" {one}" for one in totals][::step],
            "textposition": "middle right",
            "textfont": {"size": theme.NOTE, "color": theme.MUTED},
            "hoverinfo": "skip",
            "cliponaxis": False,
            **({"showlegend": False} if boxed else {}),
        }
    )
    edge = 2 if boxed else 4
    return {
        "data": traces,
        "layout": theme.chart_layout(
            **comparison(chart, upright=True),
            barmode="stack",
            bargap=0.3,
            **({"showlegend": chart.legend, "legend": LEGEND_UNDER} if boxed else {}),
            margin={"l": 4, "r": 30, "t": edge, "b": 18 if chart.reference else edge, "pad": 4},
            xaxis={"visible": False, "rangemode": "tozero"},
            yaxis=row_axis(chart, words, whole),
        ),
    }


def stacked_columns(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - it has months
    """Return columns of parts over months."""
    first = {one.legend: one for one in reversed(chart.series)}
    highest = max(
        sum(value or 0 for value in values) for values in zip(*(one.values for one in chart.series), strict=True)
    )
    return {
        "data": [
            {
                "type": "bar",
                "name": one.legend,
                "x": list(chart.positions),
                "y": list(one.values),
                "customdata": keys_of(one),
                "marker": {"color": one.color, "line": {"width": 0}, "pattern": theme.hatched(one.provenance)},
                "hovertemplate": (
                    f"%{{x}}<br>{one.legend} %{{y}} {chart.unit} · {words.provenance(one.provenance)}<extra></extra>"
                ),
                "showlegend": first[one.legend] is one,
                "legendgroup": one.keys[0][1],
            }
            for one in chart.series
        ],
        "layout": theme.chart_layout(
            **comparison(chart),
            barmode="stack",
            bargap=0.3,
            showlegend=chart.legend,
            legend=LEGEND,
            margin={"l": 4, "r": 8, "t": 8, "b": 4, "pad": 4},
            xaxis={"type": "category", "showgrid": False, **ticks(chart)},
            yaxis={"nticks": 4, "rangemode": "tozero", **({"dtick": 1} if highest < 5 else {})},
        ),
    }
