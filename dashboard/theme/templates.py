"""The templates that charts take by name: ``atlas``, ``atlas-dark``, ``atlas-print``.

Registered in ``plotly.io.templates``, so ``go.Figure(layout_template="atlas")``
of a notebook looks like the atlas. The atlas's own figures are plain
dictionaries that plotly.js reads, and plotly.js knows no names: the name is
replaced where a figure gets its theme (:func:`dashboard.theme.recolour.themed`),
by a dictionary of what differs from plotly.js's defaults and nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dashboard.theme import tokens

NAMES: Mapping[str, str] = MappingProxyType({"light": "atlas", "dark": "atlas-dark", "print": "atlas-print"})


def _template(theme: str) -> dict[str, Any]:
    ink, muted, faint, hairline, paper = (
        tokens.value(one, theme) for one in ("ink", "muted", "faint", "hairline", "paper")
    )
    size = {name: screen for name, (screen, _) in tokens.TYPE.items()}
    axis = {
        "gridcolor": hairline,
        "zeroline": False,
        "showline": True,
        "linecolor": faint,
        "ticks": "",
        "fixedrange": True,
        "tickfont": {"size": size["note"], "color": muted},
        "automargin": True,
    }
    return {
        "layout": {
            "margin": {"l": 4, "r": 8, "t": 4, "b": 4, "pad": 4},
            "font": {"family": tokens.FONT, "size": size["note"], "color": ink},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "showlegend": False,
            "dragmode": False,
            "hovermode": "closest",
            "separators": ".,",
            "hoverlabel": {
                "bgcolor": paper,
                "bordercolor": hairline,
                "align": "left",
                "font": {"family": tokens.FONT, "size": size["small"], "color": ink},
            },
            "colorway": [tokens.value(f"category-{at}", theme) for at in range(1, 7)],
            "xaxis": axis,
            "yaxis": axis,
        }
    }


TEMPLATES: Mapping[str, dict[str, Any]] = MappingProxyType({NAMES[theme]: _template(theme) for theme in tokens.THEMES})


def register() -> None:
    """Put the templates into ``plotly.io.templates``, for figures made by plotly.py."""
    import plotly.io

    for name, held in TEMPLATES.items():
        plotly.io.templates[name] = held
