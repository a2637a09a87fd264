"""How equally the way to the nearest station is shared: Lorenz curves before and after a plan."""

from __future__ import annotations

from typing import Any

from dashboard import theme
from dashboard.words import Words
from layers.siting.fairness import STEPS, Fairness

LABEL_AT = 32  # of STEPS: where curves lie far from the line and from each other


def lorenz_figure(got: Fairness | None, words: Words) -> dict[str, Any]:
    """Return the curves, with the line on which everybody would walk equally far.

    Empty where nobody can be told how far.
    """
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [0, 100],
            "y": [0, 100],
            "hoverinfo": "skip",
            "line": {"color": theme.FAINT, "width": 1, "dash": "dot"},
        }
    ]
    for side, name, color, dash in (
        (got.before if got else None, words("之前"), theme.STATION, "dash"),
        (got.after if got else None, words("之后"), theme.RED, "solid"),
    ):
        known = side is not None and side.lorenz is not None
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": (STEPS * 100).tolist() if known else [],
                "y": (side.lorenz * 100).round(2).tolist() if known else [],
                "line": {"color": color, "width": 2, "dash": dash},
                "hovertemplate": words("走得最近的 {people} 需求，占全部步行路程的 {way}").format(
                    people="%{x:.0f}%", way="%{y:.1f}%"
                )
                + f"<extra>{name}</extra>",
            }
        )
    known = [(one, one["y"][LABEL_AT]) for one in traces[1:] if one["y"]]
    # the upper curve's word stands over it, the lower one's under it
    labels = [
        {
            "x": one["x"][LABEL_AT],
            "y": y,
            "text": one["name"],
            "showarrow": False,
            "font": {"size": theme.NOTE, "color": one["line"]["color"]},
            "xanchor": "right" if y == max(value for _, value in known) else "left",
            "yanchor": "bottom" if y == max(value for _, value in known) else "top",
        }
        for one, y in known
    ]
    return {
        "data": traces if got else [],
        "layout": theme.chart_layout(
            annotations=labels if got else [],
            xaxis={"ticksuffix": "%", "nticks": 5, "range": [0, 100]},
            yaxis={"ticksuffix": "%", "nticks": 5, "range": [0, 100]},
            uirevision="lorenz",
        ),
    }
