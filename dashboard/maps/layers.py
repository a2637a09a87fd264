"""The register of the map's layers: each stands here once, and map, legend, lists and pictures are made from it.

A layer is a module beside this one with a ``LAYER`` (:class:`dashboard.maps.layer.Layer`); its key and its name for
people stand in :data:`layers.filters.LAYERS`, since an address says which are on. docs/recipes.md adds one step by
step.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dashboard import theme
from dashboard.maps import activities, areas, cells, enterprises, fairs, flows, map_style, stations
from dashboard.maps.layer import Layer, Mark, Scene, Trace
from geodata.errors import N_
from layers.filters import Filters

#: Every layer, in the order in which what they draw is told in words.
REGISTER: tuple[Layer, ...] = (
    areas.LAYER,
    stations.LAYER,
    fairs.LAYER,
    activities.LAYER,
    enterprises.LAYER,
    cells.LAYER,
    flows.LAYER,
)
CHOOSABLE = ("stations", "fairs", "stops")  # traces of which a click chooses one mark
#: Names of the traces of the map, lowest first; always all of them, so that an update is a change of values.
TRACES: tuple[str, ...] = tuple(
    name for _, name in sorted((height, name) for layer in REGISTER for name, height in layer.heights.items())
)
#: The lines of the legend that say what marks are, in its order.
MARKS: tuple[Mark, ...] = tuple(
    sorted(
        (
            *(mark for layer in REGISTER for mark in layer.marks),
            # of no layer alone
            Mark("chosen", N_("选中"), 40, lambda drawn: any(drawn.has_colour(one, theme.RED) for one in CHOOSABLE)),
            Mark(
                "zone-line",
                N_("街道片区边界为示意"),
                160,
                lambda drawn: bool(drawn.meta["zones"]) and drawn.has_ground("zone-line"),
            ),
        ),
        key=lambda mark: mark.at,
    )
)
#: Trace whose marks are told in words → message id of what they are.
COUNTED: Mapping[str, str] = MappingProxyType(
    {trace: text for layer in REGISTER for trace, text in (layer.counted or {}).items()}
)
#: Traces that a reader can follow from the list of what is in view, in its order.
LISTED: tuple[str, ...] = tuple(trace for layer in REGISTER for trace in layer.listed)


def traces(scene: Scene) -> list[Trace]:
    """Return the traces of a map, in the order of :data:`TRACES`."""
    made = {name: trace for layer in REGISTER for name, trace in layer.make(scene).items()}
    return [made[name] for name in TRACES]


def ground_off(filters: Filters) -> list[str]:
    """Return the layers of the style that are not drawn.

    Those that no layer brings which is on, and what is made up where that is not wanted.
    """
    brought = {layer.ground for layer in REGISTER if layer.name in filters.layers}
    if "illustrative" not in filters.provenance:
        brought -= map_style.MADE_UP
    return [name for group, names in map_style.SWITCHED.items() if group not in brought for name in names]
