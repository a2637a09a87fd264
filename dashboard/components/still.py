"""Where the picture of a map goes: for good on a machine without WebGL 2, elsewhere until the map is painted."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboard import ids
from dashboard.words import Words

STILL = "map-still"
#: Attribute with the address of the picture that stands until the map is painted (assets/first.js).
FIRST = "data-first"


def still_path(query: str, plain: bool = False) -> str:
    """Return the address of the picture of the view `query`; a `plain` one has no links."""
    path = "/map.svg" + query
    return path + ("&" if query else "?") + "plain=1" if plain else path


def first_path(query: str, version: str) -> str:
    """Return the address of the picture that stands until the map of the view `query` is painted:
    one of this version of the atlas, to look at only.
    """
    return f"{still_path(query, plain=True)}&bare=1&of={version}"


def still(words: Words, path: str = "", said: str = "", first: str = "") -> list[html.Div]:
    """Return the element of the picture and its word, both hidden until a browser needs them;
    they come before the map they replace.

    Parameters
    ----------
    path : str
        Address of the picture, from :func:`still_path`; empty: the browser sets it.
    said : str
        The word; empty: that of a map whose places can be clicked.
    first : str
        Address of the picture that stands until the map is painted, from :func:`first_path`; empty: none.
    """
    told = said or words("此浏览器不支持 WebGL 2：这里是静态地图，点地方即可进入；图表与数据照常。")
    more: dict[str, Any] = ({"data-still": path} if path else {}) | ({FIRST: first} if first else {})
    return [
        html.Div(id=STILL, className="map map-still", hidden=True, **more),
        html.Div(told, id=ids.MAP_STATUS, className="map-status", hidden=True, role="status"),
    ]
