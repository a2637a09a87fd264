"""The charts of a search: objective and bound over time, the best objective for each number of sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import theme
from dashboard.charts import reference_lines
from dashboard.words import Words


def gap_figure(history: Sequence[Sequence[float | None]], scale: float, unit: str, words: Words) -> dict[str, Any]:
    """Return objective and bound over time.

    Parameters
    ----------
    history : sequence of (seconds, objective, bound)
        Objective or bound None as long as there is none.
    scale : float
        What an objective is divided by (all demand weight, or 1).
    unit : str
        Behind the figures.
    """
    seconds = [one[0] for one in history]

    def line(at: int, name: str, color: str, dash: str) -> dict[str, Any]:
        return {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": seconds,
            "y": [None if (value := one[at]) is None else value / scale for one in history],
            "line": {"color": color, "width": 2, "shape": "hv", "dash": dash},
            "marker": {"size": 4},
            "hovertemplate": f"%{{x:.2f}} {words('秒')}<br>{name} %{{y:.4~g}}{unit}<extra></extra>",
        }

    traces = [line(2, words("上下界"), theme.FAINT, "dot"), line(1, words("目前最好"), theme.RED, "solid")]
    known = [one for trace in traces for one in trace["y"] if one is not None]
    span = max(known) - min(known) if known else 0.0
    labels = [
        (trace["name"], trace["y"][-1], color)
        for trace, color in zip(traces, (theme.MUTED, theme.RED), strict=True)
        if trace["y"] and trace["y"][-1] is not None
    ]
    return {
        "data": traces,
        "layout": theme.chart_layout(
            annotations=reference_lines.ends(labels, span or 1.0, apart=0.16),
            margin={"l": 4, "r": 60, "t": 4, "b": 4, "pad": 4},
            xaxis={"ticksuffix": " " + words("秒"), "rangemode": "tozero", "nticks": 5},
            yaxis={"ticksuffix": unit, "nticks": 5},
            uirevision="gap",
        ),
    }


def curve_figure(
    rows: Sequence[Mapping[str, Any]], now: int | None, scale: float, unit: str, words: Words
) -> dict[str, Any]:
    """Return the best objective for each number of new sites; `now` is the number of the present plan."""
    x, y = [row["new"] for row in rows], [row["objective"] / scale for row in rows]
    here = [at for at, one in enumerate(x) if one == now]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": words("目标值"),
                "x": x,
                "y": y,
                "line": {"color": theme.DEEP, "width": 2},
                "marker": {"size": 5},
                "customdata": [words("已证明最优") if row["status"] == "proved" else words("未证明") for row in rows],
                "hovertemplate": f"+%{{x}}<br>%{{y:.4~g}}{unit} · %{{customdata}}<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": [x[at] for at in here],
                "y": [y[at] for at in here],
                "marker": {"size": 11, "color": theme.RED},
                "text": [f"+{x[at]}  {y[at]:.4g}{unit}" for at in here],
                "textposition": "bottom right",
                "textfont": {"color": theme.RED, "size": theme.SMALL},
                "hoverinfo": "skip",
                "cliponaxis": False,
            },
        ],
        "layout": theme.chart_layout(
            xaxis={"tickprefix": "+", "dtick": 2 if len(x) > 8 else 1},
            yaxis={"ticksuffix": unit, "nticks": 5},
            uirevision="curve",
        ),
    }
