"""The map on which points are set: what has a place already, quietly.

What is being set is drawn by the browser over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from dashboard import theme
from dashboard.maps import map_style
from dashboard.maps.preview import marks, spots_figure
from dashboard.words import Words
from layers.atlas import Atlas

#: The names of streets help to find a place; the grids would hide it.
HIDDEN = frozenset(map_style.SWITCHED["grids"])
Box = tuple[float, float, float, float]


def placing_map(
    atlas: Atlas, words: Words, lon: Sequence[float], lat: Sequence[float], names: Sequence[str], box: Box | None
) -> dict[str, Any]:
    """Return the figure.

    Parameters
    ----------
    atlas : Atlas
        Of the geometry beneath.
    lon, lat, names
        Rows that have a place (degrees, WGS-84), and what they are called.
    box : tuple of float, optional
        West, south, east, north, degrees: what is shown at first; China when there is none.
    """
    there = marks(
        "there", lon, lat, [escape(words.both(name)) for name in names], size=7, color=theme.MUTED, opacity=0.6
    )
    corners = ([box[0], box[2]], [box[1], box[3]]) if box else ([], [])
    return spots_figure([there], atlas, words.lang, *corners, hidden=HIDDEN)
