"""What every map of the atlas is drawn on: its paper, its hover boxes, where it stands at first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard import theme
from dashboard.state import View


def layout(style: dict[str, Any], spot: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the layout of a map figure over `style`, standing at `spot` (see :func:`standing`), with `more` keys."""
    return {
        "map": {"style": style, **spot},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "showlegend": False,
        "paper_bgcolor": theme.WATER,
        "font": {"family": theme.FONT},
        "hoverlabel": {
            "bgcolor": theme.PAPER,
            "bordercolor": theme.HAIRLINE,
            "align": "left",
            "font": {"family": theme.FONT, "size": theme.BODY, "color": theme.INK},
        },
        **more,
    }


def standing(bounds: Sequence[float], zoom: float, view: View | None = None) -> dict[str, Any]:
    """Return centre and zoom: those of `view`, else the middle of `bounds` (degrees) at `zoom`."""
    if view is not None:
        return {"center": {"lon": view.lon, "lat": view.lat}, "zoom": view.zoom}
    return {"center": {"lon": (bounds[0] + bounds[2]) / 2, "lat": (bounds[1] + bounds[3]) / 2}, "zoom": zoom}
