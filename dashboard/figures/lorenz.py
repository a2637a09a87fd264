"""How equally the way to the nearest station is shared: Lorenz curves before and after a plan."""

from __future__ import annotations

from typing import Any

from dashboard.figures import theme
from dashboard.words import Words
from layers.siting.fairness import STEPS, Fairness


def lorenz_figure(got: Fairness | None, words: Words) -> dict[str, Any]:
    """Return the curves, with the line on which everybody would walk equally far; empty where nobody can be told how far."""
    traces: list[dict[str, Any]] = [{"type": "scatter", "mode": "lines", "x": [0, 100], "y": [0, 100], "hoverinfo": "skip",
                                     "line": {"color": theme.FAINT, "width": 1, "dash": "dot"}}]
    for side, name, color, dash in ((got.before if got else None, words("之前"), theme.STATION, "dash"), (got.after if got else None, words("之后"), theme.RED, "solid")):
        known = side is not None and side.lorenz is not None
        traces.append({"type": "scatter", "mode": "lines", "name": name, "x": (STEPS * 100).tolist() if known else [],
                       "y": (side.lorenz * 100).round(2).tolist() if known else [], "line": {"color": color, "width": 2, "dash": dash},
                       "hovertemplate": words("走得最近的 {people} 需求，占全部步行路程的 {way}").format(people="%{x:.0f}%", way="%{y:.1f}%") + f"<extra>{name}</extra>"})
    return {"data": traces if got else [], "layout": theme.chart_layout(
        xaxis={"ticksuffix": "%", "nticks": 5, "range": [0, 100]}, yaxis={"ticksuffix": "%", "nticks": 5, "range": [0, 100]}, uirevision="lorenz")}
