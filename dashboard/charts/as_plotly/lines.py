"""Figures of lines: over hours, months, seconds, numbers of sites, shares of demand."""

from __future__ import annotations

from html import escape
from typing import Any

from dashboard import theme
from dashboard.charts import reference_lines
from dashboard.charts.as_plotly.parts import keys_of, percent, ticks
from dashboard.charts.chart import Chart
from dashboard.words import Words

#: Mark of a line's points → the same before its name.
MARKS = {"circle": "●", "square": "■", "diamond": "◆"}
CURVE_LABEL_AT = 32  # of 51 points: where Lorenz curves lie far from the line and from each other
DOTTED = {"color": theme.RED, "width": 1.4, "dash": "dot"}


def steps(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - it has hours
    """Return two lines around the clock: what is to be held against, and what is."""
    against, held = chart.series
    faint, values = percent(against.values), percent(held.values)
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
                "customdata": keys_of(held),
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


def lines(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - names stand at the ends of lines
    """Return a line a series over months, dashed where anything is made up, its name at its end."""
    traces: list[dict[str, Any]] = []
    ends, tops = [], [100.0 if chart.is_share else 1.0]
    for one in chart.series:
        values = percent(one.values) if chart.is_share else list(one.values)
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
            way = zip(chart.positions, percent(one.guide), strict=True)
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
                **ticks(chart),
                "showgrid": False,
            },
            yaxis={**({"ticksuffix": "%"} if chart.is_share else {}), "rangemode": "tozero", "nticks": 4},
        ),
    }


def progress(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - names stand at the ends
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


def curve(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - its names are numbers
    """Return a line through numbers, the chosen one a spot with its words."""
    (series,) = chart.series
    here = [] if chart.chosen is None else [chart.chosen]
    spots = [float(one) for one in chart.positions]
    rises = (series.values[-1] or 0) >= (series.values[0] or 0)
    head, tail = chart.category_format.split("{}")
    keys = series.keys or ((None, None),) * len(series.values)
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
                "customdata": [[note, *key] for note, key in zip(series.notes, keys, strict=True)],
                "hovertemplate": (
                    f"{head}%{{x:,~f}}{tail}<br>%{{y:.4~g}}{chart.unit} · %{{customdata[0]}}<extra></extra>"
                ),
            },
            {
                "type": "scatter",
                "mode": "markers",
                "x": [chart.positions[at] for at in here],
                "y": [series.values[at] for at in here],
                "marker": {"size": 11, "color": theme.RED},
                "hoverinfo": "skip",
                "cliponaxis": False,
            },
        ],
        "layout": theme.chart_layout(
            annotations=[
                {
                    "text": f"{head}{_number(spots[at])}{tail}  {series.values[at]:.4g}{chart.unit}",
                    "font": {"color": theme.RED, "size": theme.SMALL},
                    "showarrow": False,
                    "xref": "paper",
                    "yref": "paper",
                    "y": 0,
                    "yanchor": "bottom",
                    # in the lower corner that the line leaves empty
                    **({"x": 1, "xanchor": "right"} if rises else {"x": 0, "xanchor": "left"}),
                }
                for at in here
            ],
            xaxis={"tickprefix": head, "ticksuffix": tail, "tickformat": ",~f"}
            | ({"dtick": 2 if len(chart.positions) > 8 else 1} if head == "+" else {"nticks": 6}),
            yaxis={"ticksuffix": chart.unit, "nticks": 5},
            uirevision=chart.id,
        ),
    }


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def lorenz(chart: Chart, words: Words, whole: bool) -> dict[str, Any]:  # noqa: ARG001 - names stand at the curves
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
