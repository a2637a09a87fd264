"""A chart as a plotly.js figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

import pandas as pd

from dashboard import theme
from dashboard.charts import reference_lines
from dashboard.charts.as_table import value_text
from dashboard.charts.chart import Chart, Series
from dashboard.words import Words
from layers.classing import fixed

COUNTS = fixed((1, 2, 4, 7, 11))  # of a calendar's days
#: Mark of a line's points → the same before its name.
MARKS = {"circle": "●", "square": "■", "diamond": "◆"}
NARROW_PX, LETTER_PX = 350, 13  # the narrowest chart of a story (a phone's), a Chinese letter
FUNNEL_ROOM, PAPER_ROOM = 1.35, 1.2  # the longest bar and the words behind it, in lengths of that bar
CURVE_LABEL_AT = 32  # of 51 points: where Lorenz curves lie far from the line and from each other
DOTTED = {"color": theme.RED, "width": 1.4, "dash": "dot"}
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
    return [f"{name}  {share}" if share else name for name, share in _row_parts(chart, words, whole)]


def _row_parts(chart: Chart, words: Words, whole: bool) -> list[tuple[str, str]]:
    names = [one if whole or chart.room in ("text", "paper") else theme.brief(one) for one in chart.categories]
    if chart.kind != "share_bar":
        return [(name, "") for name in names]
    return [(name, words.share(value)) for name, value in zip(names, chart.series[0].values, strict=True)]


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


# -- one kind each ----------------------------------------------------------------


def _share_bars(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:
    (series,) = chart.series
    shares = _percent(series.values)
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": shares,
                "y": list(range(len(shares))),
                "customdata": _keys(series),
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
            yaxis=_rows(chart, words, whole),
            **(
                reference_lines.comparison(chart.reference.value * 100, chart.reference.text, upright=True, axis=100.0)
                if chart.reference
                else {"shapes": [], "annotations": []}
            ),
        ),
    }


def _bars(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:
    """Return bars with their figures behind them: in the text of a story, or on paper."""
    (series,) = chart.series
    count, in_text = len(chart.categories), chart.room == "text"
    text = [value_text(series, at, chart, words) for at in range(count)]
    origins = [series.origin(at) for at in range(count)]
    trace: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "name": series.name,
        "x": list(series.values),
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
    axis, largest = _rows(chart, words, whole), max((value or 0.0 for value in series.values), default=0.0)
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


def _grouped_bars(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - its names are short
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


def _stacked_bars(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:
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
            **({"customdata": _keys(one)[::step]} if one.keys else {}),
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
            **_comparison(chart, upright=True),
            barmode="stack",
            bargap=0.3,
            **({"showlegend": chart.legend, "legend": LEGEND_UNDER} if boxed else {}),
            margin={"l": 4, "r": 30, "t": edge, "b": 18 if chart.reference else edge, "pad": 4},
            xaxis={"visible": False, "rangemode": "tozero"},
            yaxis=_rows(chart, words, whole),
        ),
    }


def _stacked_columns(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - it has months
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
                "customdata": _keys(one),
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
            **_comparison(chart),
            barmode="stack",
            bargap=0.3,
            showlegend=chart.legend,
            legend=LEGEND,
            margin={"l": 4, "r": 8, "t": 8, "b": 4, "pad": 4},
            xaxis={"type": "category", "showgrid": False, **_ticks(chart)},
            yaxis={"nticks": 4, "rangemode": "tozero", **({"dtick": 1} if highest < 5 else {})},
        ),
    }


def _steps(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - it has hours
    """Return two lines around the clock: what is to be held against, and what is."""
    against, held = chart.series
    faint, values = _percent(against.values), _percent(held.values)
    known = [one for one in (*faint, *values) if one is not None]
    best = max(range(len(values)), key=lambda at: -1 if values[at] is None else values[at])
    label = {"showarrow": False, "yref": "y", "yanchor": "bottom", "xanchor": "left"}
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "x": list(chart.positions),
                "y": faint,
                "hoverinfo": "skip",
                "line": {"color": against.color, "width": 1.4, "dash": "dash"},
                "name": against.name,
            },
            {
                "type": "scatter",
                "mode": "lines",
                "x": list(chart.positions),
                "y": values,
                "fill": "tozeroy",
                "line": {"color": held.color, "width": 2, "shape": "hv"},
                "fillcolor": theme.STATION_WASH,
                "hovertext": list(held.notes),
                "hovertemplate": "%{hovertext}<extra></extra>",
                "customdata": _keys(held),
                "name": held.name,
            },
        ],
        "layout": theme.chart_layout(
            margin={"l": 4, "r": 10, "t": 8, "b": 4, "pad": 4},
            hovermode="x",
            xaxis={
                "tickvals": [0, 6, 12, 18, 23],
                "ticktext": [chart.category_format.format(hour) for hour in (0, 6, 12, 18, 23)],
                "showgrid": False,
            },
            yaxis={"range": [0, max(10.0, *known) * 1.2], "ticksuffix": "%", "nticks": 5},
            shapes=[
                {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": DOTTED}
                for at in ([] if chart.chosen is None else [chart.chosen])
            ],
            annotations=[
                label
                | {
                    "x": 0,
                    "xref": "paper",
                    "y": faint[-1],
                    "text": against.name,
                    "font": {"size": theme.NOTE, "color": theme.MUTED},
                },
                label
                | {
                    "x": best,
                    "y": values[best],
                    "yanchor": "top",
                    "text": held.name,
                    "font": {"size": theme.NOTE, "color": held.color},
                },
            ],
        ),
    }


def _lines(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - names stand at the ends of lines
    """Return a line a series over months, dashed where anything is made up, its name at its end."""
    traces: list[dict[str, Any]] = []
    ends, tops = [], [100.0 if chart.is_share else 1.0]
    for one in chart.series:
        values = _percent(one.values) if chart.is_share else list(one.values)
        known = [(at, value) for at, value in zip(chart.positions, values, strict=True) if value is not None]
        last = known[-1][1] if known else 0.0
        ends.append((theme.brief(one.short), float(last), one.color))
        tops += [last] if chart.is_share else map(float, (value for _, value in known))
        ring = {"color": theme.PAPER, "line": {"color": one.color, "width": 1.5}} if one.guide else {}
        shown = "%{y:.1f}%" if chart.is_share else f"%{{y}} {chart.unit}"
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": one.name,
                "x": [at for at, _ in known],
                "y": [value for _, value in known],
                "line": {"color": one.color, "width": 1.8, "dash": "solid" if one.provenance == "reported" else "dash"},
                "marker": {"size": 6, "symbol": one.symbol} | ring,
                "hovertemplate": (
                    f"{escape(one.name)}<br>%{{x}} {shown} · {words.provenance(one.provenance)}<extra></extra>"
                ),
            }
        )
        if one.guide:
            way = zip(chart.positions, _percent(one.guide), strict=True)
            straight = [(at, value) for at, value in way if value is not None]
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": [at for at, _ in straight],
                    "y": [value for _, value in straight],
                    "hoverinfo": "skip",
                    "line": {"color": one.color, "width": 1, "dash": "dot"},
                    "opacity": 0.6,
                }
            )
    widest = max((theme.width(name) for name, _, _ in ends), default=0)
    guided = any(one.guide for one in chart.series)
    return {
        "data": traces,
        "layout": theme.chart_layout(
            annotations=reference_lines.ends(
                ends, max(tops), 0.085 if guided else 0.14, [MARKS[one.symbol] for one in chart.series]
            ),
            margin={"l": 4, "r": (28 if guided else 16) + 11 * widest, "t": 4 if guided else 8, "b": 4, "pad": 4},
            xaxis={
                "type": "category",
                # lines that begin in different months
                **({"categoryorder": "array", "categoryarray": list(chart.positions)} if guided else {}),
                **_ticks(chart),
                "showgrid": False,
            },
            yaxis={**({"ticksuffix": "%"} if chart.is_share else {}), "rangemode": "tozero", "nticks": 4},
        ),
    }


def _dots(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - nothing is named
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


def _calendar(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - it has days
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


def _progress(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - names stand at the ends
    """Return the bound dotted and the best objective solid, each holding until the next."""
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": one.name,
            "x": list(chart.positions),
            "y": list(one.values),
            "line": {"color": one.color, "width": 2, "shape": "hv", "dash": dash},
            "marker": {"size": 4},
            "hovertemplate": f"%{{x:.2f}} {words('秒')}<br>{one.name} %{{y:.4~g}}{chart.unit}<extra></extra>",
        }
        for one, dash in zip(chart.series, ("dot", "solid"), strict=True)
    ]
    known = [value for one in chart.series for value in one.values if value is not None]
    labels = [
        (one.name, one.values[-1], color)
        for one, color in zip(chart.series, (theme.MUTED, theme.RED), strict=True)
        if one.values and one.values[-1] is not None
    ]
    return {
        "data": traces,
        "layout": theme.chart_layout(
            annotations=reference_lines.ends(labels, (max(known) - min(known) if known else 0.0) or 1.0, apart=0.16),
            margin={"l": 4, "r": 60, "t": 4, "b": 4, "pad": 4},
            xaxis={"ticksuffix": " " + words("秒"), "rangemode": "tozero", "nticks": 5},
            yaxis={"ticksuffix": chart.unit, "nticks": 5},
            uirevision=chart.id,
        ),
    }


def _curve(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - its names are numbers
    """Return a line through numbers, the chosen one a spot with its words."""
    (series,) = chart.series
    here = [] if chart.chosen is None else [chart.chosen]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": series.name,
                "x": list(chart.positions),
                "y": list(series.values),
                "line": {"color": series.color, "width": 2},
                "marker": {"size": 5},
                "customdata": list(series.notes),
                "hovertemplate": f"+%{{x}}<br>%{{y:.4~g}}{chart.unit} · %{{customdata}}<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": [chart.positions[at] for at in here],
                "y": [series.values[at] for at in here],
                "marker": {"size": 11, "color": theme.RED},
                "text": [f"+{chart.positions[at]}  {series.values[at]:.4g}{chart.unit}" for at in here],
                "textposition": "bottom right",
                "textfont": {"color": theme.RED, "size": theme.SMALL},
                "hoverinfo": "skip",
                "cliponaxis": False,
            },
        ],
        "layout": theme.chart_layout(
            xaxis={"tickprefix": "+", "dtick": 2 if len(chart.positions) > 8 else 1},
            yaxis={"ticksuffix": chart.unit, "nticks": 5},
            uirevision=chart.id,
        ),
    }


def _lorenz(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - names stand at the curves
    """Return Lorenz curves, with the line on which everybody would walk equally far."""
    axis = {"ticksuffix": "%", "nticks": 5, "range": [0, 100]}
    equal = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 100],
        "y": [0, 100],
        "hoverinfo": "skip",
        "line": {"color": theme.FAINT, "width": 1, "dash": "dot"},
    }
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": one.name,
            "x": list(chart.positions),
            "y": list(one.values),
            "line": {"color": one.color, "width": 2, "dash": "solid" if at == len(chart.series) - 1 else "dash"},
            "hovertemplate": words("走得最近的 {people} 需求，占全部步行路程的 {way}").format(
                people="%{x:.0f}%", way="%{y:.1f}%"
            )
            + f"<extra>{one.name}</extra>",
        }
        for at, one in enumerate(chart.series)
    ]
    upper = max((one.values[CURVE_LABEL_AT] or 0.0 for one in chart.series), default=0.0)
    # the upper curve's word stands over it, the lower one's under it
    sides = [("right", "bottom") if one.values[CURVE_LABEL_AT] == upper else ("left", "top") for one in chart.series]
    return {
        "data": [equal, *traces] if traces else [],
        "layout": theme.chart_layout(
            annotations=[
                {
                    "x": chart.positions[CURVE_LABEL_AT],
                    "y": one.values[CURVE_LABEL_AT],
                    "text": one.name,
                    "showarrow": False,
                    "font": {"size": theme.NOTE, "color": one.color},
                    "xanchor": across,
                    "yanchor": up,
                }
                for one, (across, up) in zip(chart.series, sides, strict=True)
            ],
            xaxis=axis,
            yaxis=dict(axis),
            uirevision=chart.id,
        ),
    }


_KINDS: Mapping[str, Callable[[Chart, Words, bool], dict[str, Any]]] = {
    "share_bar": _share_bars,
    "bar": _bars,
    "grouped_bar": _grouped_bars,
    "stacked_bar": _stacked_bars,
    "stacked_column": _stacked_columns,
    "step": _steps,
    "line": _lines,
    "dots": _dots,
    "calendar": _calendar,
    "progress": _progress,
    "curve": _curve,
    "lorenz": _lorenz,
}


# -- inside -----------------------------------------------------------------------


def _percent(values: Sequence[float | None]) -> list[Any]:
    return [None if value is None else value * 100 for value in values]


def _keys(series: Series) -> list[list[str | int]]:
    return [list(one) for one in series.keys]


def _comparison(chart: Chart, upright: bool = False) -> dict[str, Any]:
    return reference_lines.comparison(chart.reference.value, chart.reference.text, upright) if chart.reference else {}


def _ticks(chart: Chart) -> dict[str, list[Any]]:
    named = [(at, tick) for at, tick in zip(chart.positions, chart.ticks, strict=True) if tick]
    return {"tickvals": [at for at, _ in named], "ticktext": [tick for _, tick in named]}


def _rows(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:
    """Return the axis of bars under each other, by their names."""
    step = -1 if chart.kind == "stacked_bar" and chart.top_down else 1
    return {
        "tickvals": list(range(len(chart.categories))),
        "ticktext": [f"{name}  <b>{share}</b>" if share else name for name, share in _row_parts(chart, words, whole)][
            ::step
        ],
        "showgrid": False,
        "range": theme.rows(len(chart.categories)),
    }
