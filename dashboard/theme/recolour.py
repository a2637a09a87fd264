"""The themes of figures: the same figure in the colours of the wall or of paper, and the template it names put in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dashboard.theme import tokens
from dashboard.theme.templates import NAMES, TEMPLATES

HEX = re.compile(r"#[0-9A-Fa-f]{6}")
GROUND = tokens.value("ground", "dark")
# light value → the theme's; every other colour (kinds, provenance) is read on either ground
NIGHT: Mapping[str, str] = MappingProxyType({light: dark for light, dark in tokens.DRAWN.values() if light != dark})
_CHANGED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "light": {},
        "dark": {light.lower(): dark for light, dark in NIGHT.items()},
        "print": {tokens.value(name).lower(): one for name, one in tokens.PAPER.items()},
    }
)


def color(one: str, mode: str) -> str:
    """Return `one` as the theme `mode` (``light``, ``dark`` or ``print``) shows it."""
    return _CHANGED[mode].get(one.lower(), one)


def themed(figure: Any, mode: str) -> Any:
    """Return a figure, style or any part of one in the colours of `mode`, with the template that its layout names."""
    shown = _recolored(figure, mode) if _CHANGED[mode] else figure
    layout = shown.get("layout") if isinstance(shown, Mapping) else None
    if isinstance(layout, Mapping) and layout.get("images"):  # pictures of ours have an address for each theme
        pictures = [one | {"source": one["source"].replace(".light.", f".{mode}.")} for one in layout["images"]]
        layout = {**layout, "images": pictures}
        shown = {**shown, "layout": layout}
    if not isinstance(layout, Mapping) or layout.get("template") != NAMES["light"]:
        return shown
    return {**shown, "layout": {**layout, "template": TEMPLATES[NAMES[mode]]}}


def _recolored(part: Any, mode: str) -> Any:
    if isinstance(part, str):
        # a colour, or a text with coloured words in it
        return HEX.sub(lambda found: color(found[0], mode), part) if "<span" in part else color(part, mode)
    if isinstance(part, Mapping):
        # colours of data inside markers: white means "empty inside", which is the ground here
        return {key: _recolored(value, mode) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_recolored(one, mode) for one in part]
    return part
