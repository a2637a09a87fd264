"""The areas of the map: grids or places, coloured by one measure, and the outline of the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard import theme
from dashboard.maps import map_style
from dashboard.maps.addresses import geo
from dashboard.maps.fills import AreaFill
from dashboard.maps.layer import Layer, Mark, Scene
from geodata.errors import N_
from layers.atlas import Atlas
from layers.filters import Filters

HEIGHTS = {"areas": 0, "chosen": 30}


def traces(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return the traces of :data:`HEIGHTS`."""
    return {"areas": _areas(scene.fill, scene.atlas), "chosen": _chosen(scene.fill, scene.filters, scene.atlas)}


def _areas(fill: AreaFill, atlas: Atlas) -> dict:
    return {
        "type": "choroplethmap",
        "name": "areas",
        "below": map_style.BELOW_AREAS,
        "geojson": geo(atlas, fill.geometry),
        "featureidkey": "id",
        "locations": fill.ids,
        "z": fill.classes,
        "zmin": -0.5,
        "zmax": len(fill.colors) - 0.5,
        "colorscale": steps(fill.colors),
        "showscale": False,
        "customdata": [[fill.kind, one] for one in fill.ids],
        "hovertext": fill.hover,
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {"opacity": fill.opacity, "line": {"width": fill.line_width, "color": fill.line_color}},
        "selected": {"marker": {"opacity": fill.opacity}},
        "unselected": {"marker": {"opacity": fill.opacity}},
    }


def _chosen(fill: AreaFill, filters: Filters, atlas: Atlas) -> dict:
    """Outline of the chosen region, zone or grid; always there, empty when nothing is chosen."""
    if filters.grid:
        name, one = "grids", filters.grid
    elif filters.region:
        name, one = ("zones" if fill.zones else "regions"), filters.region
    else:
        return _outline("regions", [], atlas)
    return _outline(name, [one], atlas)


def _outline(name: str, ids: list[str], atlas: Atlas) -> dict:
    return {
        "type": "choroplethmap",
        "name": "chosen",
        "below": map_style.BELOW_POINTS,
        "geojson": geo(atlas, name),
        "featureidkey": "id",
        "locations": ids,
        "z": [0] * len(ids),
        "colorscale": [[0, theme.CLEAR], [1, theme.CLEAR]],
        "showscale": False,
        "hoverinfo": "skip",
        "marker": {"line": {"width": 2.4, "color": theme.RED}},
    }


def steps(colors: Sequence[str]) -> list[list]:
    """Return the colour scale of plotly.js that gives each class its colour."""
    count = len(colors)
    return [[edge / count, color] for i, color in enumerate(colors) for edge in (i, i + 1)]


LAYER = Layer(
    "grids",
    HEIGHTS,
    traces,
    marks=(
        Mark(
            "grid-hatch",
            N_("网格边界为示意"),
            170,
            lambda drawn: bool(drawn.meta["hatched"]) and drawn.has_ground("hatch"),
        ),
    ),
    counted={"areas": N_("地方与网格")},
    listed=("areas",),
    ground="grids",
)
