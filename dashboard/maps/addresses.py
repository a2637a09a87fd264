"""Addresses of geometry: each holds a version of what the geometry is made of, so that it is kept for ever, and stays
where it is when something else is imported.
"""

from __future__ import annotations

from layers.atlas import SUMMARIES, Atlas

#: A summary of the atlas: the places of which something is recorded itself.
RECORDED_PLACES = "recorded-places"
#: Tables whose places are named on the map.
RECORDED = ("grids", "stations", "fairs", "activities")
_OF = {
    **dict.fromkeys(("land", "sea", "shore"), ("land",)),
    **{name: (name,) for name in ("lines", "grids", "regions", "zones")},
    "cells": ("demand", "places"),
    "labels-": ("places", "regions", "grids", "zones", RECORDED_PLACES),
    "south-china-sea": ("places", "lines", "land"),
}


def recorded(atlas: Atlas) -> frozenset[str]:
    """Return the places of which something is recorded itself."""
    return frozenset(atlas.summary(RECORDED_PLACES))


def _recorded(atlas: Atlas) -> list[str]:
    return sorted({code for table in RECORDED for code in atlas.coded(table, "adcode")[1].tolist()})


SUMMARIES[RECORDED_PLACES] = _recorded


def version(atlas: Atlas, name: str) -> str:
    """Return the version of the geometry `name`; ``…@DAY`` of a past day.

    Parameters
    ----------
    name : str
        As :func:`dashboard.server.geometry.geometry` knows it, or of a tile of the ground, or of the inset.
    """
    parts = next((of for start, of in _OF.items() if name.startswith(start)), ("places",))
    return atlas.once(("version of geometry", parts), lambda: atlas.version_of(*parts))


def geo(atlas: Atlas, name: str) -> str:
    """Return the address of the geometry `name`."""
    return f"/geo/{version(atlas, name)}/{name}.json"
