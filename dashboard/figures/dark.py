"""The dark wall theme: the same figure with its paper colours changed for night ones; what carries data keeps its hue."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dashboard.figures import theme

GROUND = "#111A22"
# paper → wall; every other colour (classes, kinds, provenance) is read on either ground
NIGHT: Mapping[str, str] = MappingProxyType({
    theme.INK: "#EEF2F5", theme.MUTED: "#A9B6C2", theme.FAINT: "#7C8A97", theme.HAIRLINE: "#2C3944", theme.PAPER: "#16212B",
    theme.LAND: "#1D2932", theme.ABROAD: "#18222B", theme.WATER: "#0E161D", theme.NO_DATA: "#2B343B", theme.RED: "#FF5A6E",
    theme.STATION: "#5FB0E5", theme.ENTERPRISE: "#B9C6D2", theme.FAIR: "#F4B6DC", theme.ACTIVITY: "#E0A13C", theme.FLOW: "#E3C2EE", theme.TEAL: "#7CCAD4",
    theme.DEEP: "#5B9BC4", "#A9B8C0": "#5E6E7A", "#7B8794": "#6B7A87", "#A9BCCB": "#41525F", "#9FB3C2": "#3D4D59",
    # a ramp runs from the ground: on the wall what is most is brightest, and the least does not glare
    **dict(zip(theme.SEQUENCE[:4], ("#24404C", "#2D5766", "#3B7787", "#539EAD"), strict=True)),
    theme.SEQUENCE[5]: "#B9E9E4",
    **dict(zip(theme.REACHED, ("#24474D", "#377983", "#62BAC4"), strict=True)),
    **dict(zip(theme.UNREACHED, ("#493722", "#8A612F", "#E39B4B"), strict=True)),
    **dict(zip(theme.NIGHT_ONLY, ("#3A2C50", "#5C5984", "#8C84CC"), strict=True)),
    **dict(zip(theme.NEW, ("#4D2530", "#97404F", "#F07F91"), strict=True)),
    "rgba(255,255,255,0.9)": "rgba(14,22,29,0.9)", theme.REACH_OPEN: "rgba(95,176,229,0.2)", theme.REACH_NOMINAL: "rgba(95,176,229,0.07)",
})
_ALIKE = MappingProxyType({key.lower(): value for key, value in NIGHT.items()})


def color(one: str, mode: str) -> str:
    """Return `one` as the theme `mode` (``light`` or ``dark``) shows it."""
    return _ALIKE.get(one.lower(), one) if mode == "dark" else one


def themed(figure: Any, mode: str) -> Any:
    """Return a copy of a figure, style or any part of one in the colours of `mode`; the light one as it is."""
    if mode != "dark":
        return figure
    if isinstance(figure, str):
        return _ALIKE.get(figure.lower(), figure)
    if isinstance(figure, Mapping):
        # colours of data inside markers: white means "empty inside", which is the ground here
        return {key: themed(value, mode) for key, value in figure.items()}
    if isinstance(figure, list | tuple):
        return [themed(one, mode) for one in figure]
    return figure
