"""Colours, type and the shared frame of every chart.

One set of values for map, charts and page; `assets/atlas.css` repeats the
colours as custom properties and a test holds the two together.
"""

from __future__ import annotations

from typing import Any

INK = "#1F2933"
MUTED = "#616E7C"
FAINT = "#9AA5B1"
HAIRLINE = "#E4E7EB"
PAPER = "#FFFFFF"
LAND = "#F7F5F0"
ABROAD = "#EFEDE7"
WATER = "#E8EEF4"
RED = "#C8102E"
TEAL = "#3C8599"
DEEP = "#285E80"
NO_DATA = "#E3E1DA"

# YlGnBu by hand, light to dark; readable with every common colour vision deficiency (tests/dashboard/test_colour_blind.py).
# The last is not quite DEEP: the dark theme has a colour of its own for each.
SEQUENCE = ("#EEF2DC", "#CDE3C6", "#9FCDB9", "#67ABAA", "#3C8599", "#285E7F")
REACHED = ("#CFE6E6", "#8FC4C6", "#4A979F")
UNREACHED = ("#FBE8CF", "#F2BE7E", "#DB8A3A")
NIGHT_ONLY = ("#BDB4D4", "#8A7FB6", "#5A4F90")
NEW = ("#F3CDD3", "#DE8A97", "#C04A5E")
STATION = "#1F5F8B"
REACH_OPEN, REACH_NOMINAL = "rgba(31,95,139,0.14)", "rgba(31,95,139,0.05)"
FAIR = "#C2569F"
ACTIVITY = "#A86A13"
FLOW = "#5B2A6E"
ENTERPRISE = "#3E4C59"
CATEGORIES = ("#2A6C9C", "#D9A03F", "#5F8F4E", "#B77FC7", "#A03C50", "#98A4AE")

FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", sans-serif'
PROVENANCE_PATTERN = {"reported": "", "derived": ".", "illustrative": "/", "mixed": "x"}


def hatched(provenance: str | list[str | None] | None) -> dict[str, Any]:
    """Return the pattern of bars of a provenance (or one each): what is made up is hatched over its colour."""
    codes = provenance if isinstance(provenance, list) else [provenance]
    shapes = [PROVENANCE_PATTERN.get(code or "", "") for code in codes]
    return {
        "shape": shapes if isinstance(provenance, list) else shapes[0], "fillmode": "overlay",
        "fgcolor": "#FFFFFF", "fgopacity": 0.75, "size": 6, "solidity": 0.22,
    }


FEWEST_ROWS = 5


def rows(count: int) -> list[float]:
    """Return the range of an axis of `count` bars, top down: few bars stay bars and do not become walls."""
    return [count - 0.5 - max(count, FEWEST_ROWS), count - 0.5]


def chart_layout(**changes: Any) -> dict[str, Any]:
    """Return the layout that every chart starts from, with `changes` on top."""
    axis = {
        "gridcolor": HAIRLINE, "zeroline": False, "linecolor": FAINT, "fixedrange": True,
        "tickfont": {"size": 11, "color": MUTED}, "automargin": True, "title": None,
    }
    layout = {
        "margin": {"l": 4, "r": 8, "t": 4, "b": 4, "pad": 4},
        "font": {"family": FONT, "size": 11, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False, "dragmode": False, "hovermode": "closest", "autosize": True,
        "hoverlabel": {
            "bgcolor": PAPER, "bordercolor": HAIRLINE, "align": "left",
            "font": {"family": FONT, "size": 12, "color": INK},
        },
        "xaxis": dict(axis), "yaxis": dict(axis),
        "separators": ".,",
    }
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(layout.get(key), dict):
            layout[key] = {**layout[key], **value}
        else:
            layout[key] = value
    return layout
