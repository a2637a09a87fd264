"""The map: a fixed list of traces over the style, ids and values only.

The number and order of traces never change, so that an update is a change of
values. Geometry comes by address; a click carries ``[kind, id]``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard import theme
from dashboard.maps import activities, canvas, cells, enterprises, fairs, map_style, nation, stations
from dashboard.maps.fills import AreaFill, gathers
from dashboard.maps.layer import Scene, Trace
from dashboard.maps.layers import TRACES, ground_off, traces
from dashboard.state import View
from dashboard.words import Words
from layers import places
from layers.activity_spots import SPOT_LIMIT
from layers.atlas import Atlas
from layers.filters import Filters


def map_figure(
    atlas: Atlas,
    filters: Filters,
    words: Words,
    view: View | None = None,
    box: tuple[float, float, float, float] | None = None,
    zoom: float | None = None,
) -> dict[str, Any]:
    """Return the map as a plotly.js figure dictionary.

    Parameters
    ----------
    atlas, filters
        What is known and what to look at.
    words : Words
        The reader's language.
    view : View, optional
        Where the map stands; None fits the place (done in the browser, which
        knows the size of the map, from ``layout.meta.bounds``).
    box : tuple of float, optional
        West, south, east, north of what is visible, degrees; None: the place.
    zoom : float, optional
        Zoom of the map as MapLibre counts it.

    Returns
    -------
    dict
        ``data`` (traces in the order of :data:`dashboard.maps.layers.TRACES`) and ``layout``.
    """
    return figure_of(Scene(atlas, filters, words, box, zoom), view)


def figure_of(scene: Scene, view: View | None = None) -> dict[str, Any]:
    """Return the map of `scene`, as :func:`map_figure` does."""
    atlas, filters, words = scene.atlas, scene.filters, scene.words
    bounds, key = nation.bounds(scene.here), place_key(filters)
    return {
        "data": traces(scene),
        "layout": canvas.layout(
            map_style.style(atlas, filters.lang),
            canvas.standing(bounds, 3, view),
            images=nation.images(atlas, scene.here, words),
            clickmode="event",
            uirevision=key,
            selectionrevision=repr(filters.area),
            selections=[],
            newselection={"line": {"color": theme.RED, "width": 1.5}},
            meta={
                "hatched": _made_up(atlas, scene.fill) if scene.fill.kind == "grid" else [],
                "zones": scene.fill.zones and _zones_made_up(scene),
                "bounds": list(bounds),
                "fit": view is None,
                "key": key,
                "off": ground_off(filters),
                "gathers": bool(_gathered(scene)),
                **nation.told(atlas, scene.here),
            },
        ),
    }


def _made_up(atlas: Atlas, fill: AreaFill) -> list[str]:
    """Return the grids of `fill` whose border is illustrative.

    Those that the union has drawn itself are not hatched.
    """
    sketched = set(atlas.grids["grid_id"][atlas.grids["geometry_provenance"] == "illustrative"])
    return [one for one in fill.ids if one in sketched]


def _zones_made_up(scene: Scene) -> bool:
    """Return whether a street zone of the place has a shape that nobody has drawn."""
    made_up = (scene.atlas.zones["geometry_provenance"] == "illustrative").to_numpy(bool)
    return bool((made_up & places.table_mask(scene.atlas, scene.here, "zones")).any())


def place_key(filters: Filters) -> str:
    """Return what tells the places looked at apart: a map is fitted anew when it changes."""
    return "/".join(filter(None, (filters.place, filters.region, filters.grid)))


def drawn_in(scene: Scene) -> list[Trace]:
    """Return the traces of the map; where the box does not decide them they are kept while it is moved."""
    filters = scene.filters
    if _gathered(scene):
        return traces(scene)
    return scene.atlas.recent(("traces", filters, scene.words.lang), lambda: traces(scene))


def marks_in_view(
    atlas: Atlas, filters: Filters, words: Words, box: tuple[float, float, float, float], zoom: float
) -> dict[int, dict]:
    """Return the traces of what is drawn by the box for another visible one, by their position in the figure.

    Only of what there is so much that the box decides what is drawn.
    """
    scene = Scene(atlas, filters, words, box, zoom)
    made = {name: trace for traces_of in _gathered(scene) for name, trace in traces_of(scene).items()}
    return {TRACES.index(name): trace for name, trace in made.items()}


def _gathered(scene: Scene) -> list[Callable[[Scene], dict[str, Any]]]:
    """Return what makes the traces of which there is so much that the visible box decides what is drawn."""
    limits: list[tuple[str, int, Callable[[Scene], dict[str, Any]]]] = [
        ("stations", stations.POINTS_AT_MOST, stations.marks),
        ("activities", SPOT_LIMIT, lambda seen: {"activities": activities.spots(seen)}),
        ("fairs", fairs.FAIRS_AT_MOST, fairs.traces),
    ]
    made = [make for name, most, make in limits if scene.shows(name) and len(getattr(scene.atlas, name)) > most]
    if scene.near:
        made += [enterprises.traces] if enterprises.gathers(scene) else []
        made += [cells.traces] if scene.shows("demand") and gathers(scene.atlas, scene.filters) else []
    return made
