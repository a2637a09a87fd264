"""Demand on the map: hexagons, reached or not, in three thirds of weight; outlined where the straight line deceives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard import theme
from dashboard.maps import map_style
from dashboard.maps.addresses import geo
from dashboard.maps.areas import steps
from dashboard.maps.layer import Layer, Mark, Scene
from geodata.errors import N_
from layers.atlas import Atlas

#: Name of the geometry of the cells, as in :mod:`dashboard.server.geometry`.
GEOMETRY = "cells"
#: Rows of demand from which on the cells come place by place: those of a nation are a hundred megabytes.
MANY = 50_000


def shapes(atlas: Atlas, adcode: str, drawn: Sequence[str], resolution: int | None = None) -> str | dict[str, Any]:
    """Return the address of the geometry of the cells of the place `adcode`, or of all where they are few.

    With a `resolution` it is that of the hexagons which hold them. Where none is `drawn` the geometry is empty:
    plotly.js asks for what an empty trace names too, and all cells of a nation are a hundred megabytes.
    """
    if not len(drawn):
        return {"type": "FeatureCollection", "features": []}
    if resolution is not None:
        return geo(atlas, f"{GEOMETRY}-{adcode}-{resolution}")
    return geo(atlas, GEOMETRY if len(atlas.demand) <= MANY else f"{GEOMETRY}-{adcode}")


def traces(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return the trace of the cells; an empty one where they would be smaller than a pixel."""
    fill = scene.cells
    cells = {
        "type": "choroplethmap",
        "name": "cells",
        "below": map_style.BELOW_CELLS,
        "geojson": shapes(scene.atlas, scene.here.adcode, fill.ids, fill.resolution),
        "featureidkey": "id",
        "locations": fill.ids,
        "z": fill.classes,
        "zmin": -0.5,
        "zmax": len(fill.colors) - 0.5,
        "colorscale": steps(fill.colors),
        "showscale": False,
        "hovertext": fill.hover,
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {"opacity": 0.82, "line": {"width": 0.5, "color": theme.PAPER}},
        "selected": {"marker": {"opacity": 0.82}},
        "unselected": {"marker": {"opacity": 0.82}},
    }
    beyond = {
        **cells,
        "name": "only_straight",
        "locations": fill.marked,
        "z": [0] * len(fill.marked),
        "colorscale": steps([theme.CLEAR]),
        "zmax": 0.5,
        "hoverinfo": "skip",
        "hovertext": [],
        "hovertemplate": None,
        "marker": {"opacity": 1, "line": {"width": 1.6, "color": theme.INK}},
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }
    return {"cells": cells, "only_straight": beyond}


LAYER = Layer(
    "demand",
    {"cells": 10, "only_straight": 12},
    traces,
    marks=(
        Mark("only-straight", N_("按直线够得到，沿路够不到"), 60, lambda drawn: bool(drawn.has_areas("only_straight"))),
    ),
    ground="zones",
)
