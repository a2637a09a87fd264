"""The small map of a story: the atlas's own map, at the place of the story and with the layers it tells of."""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard.maps.overview import map_figure
from dashboard.maps.preview import spot
from dashboard.state import View
from dashboard.words import Words
from layers import places, routes, stories
from layers.atlas import Atlas
from layers.filters import Filters

LEAST_PX = 34
SIZE = (370, 330)  # CSS pixels that the map has at least


def filters_of(filters: Filters, story: str, adcode: str) -> Filters:
    """Return what the overview shows of a story: its place and its layers, in the reader's language and theme."""
    return filters.at_place(stories.WHERE.get(story, adcode)).having(layers=stories.LAYERS_OF[story])


def _box(atlas: Atlas, shown: Filters, story: str) -> tuple[float, float, float, float]:
    """Return what the map of a story has to hold (degrees).

    Its cities where it has several, its route, else its place.
    """
    cities = [at for at in atlas.tree.positions(np.array(stories.CITIES_OF.get(story, ()), dtype=object)) if at >= 0]
    stops = routes.of_activity(atlas, stories.ROUTES[story][0]) if story in stories.ROUTES else None
    if stops is not None and stops["lon"].notna().any():
        return (stops["lon"].min() - 0.1, stops["lat"].min() - 0.1, stops["lon"].max() + 0.1, stops["lat"].max() + 0.1)
    if cities:
        lon, lat = (atlas.places[axis].iloc[cities] for axis in ("lon", "lat"))
        return (lon.min() - 0.5, lat.min() - 0.4, lon.max() + 0.5, lat.max() + 0.4)
    return places.scope(atlas, shown).bounds


def story_view(atlas: Atlas, filters: Filters, story: str, adcode: str, size: tuple[int, int] = SIZE) -> View:
    """Return where the map of a story stands when it is `size` CSS pixels large."""
    box = _box(atlas, filters_of(filters, story, adcode), story)
    stand = spot([box[0], box[2]], [box[1], box[3]], size)
    return View(stand["center"]["lon"], stand["center"]["lat"], stand["zoom"])


def story_figure(atlas: Atlas, filters: Filters, story: str, adcode: str, words: Words) -> dict[str, Any]:
    """Return the figure, fitted to the cities of the story where it has several, to its route, else to its place; the
    browser fits it again to its own size.
    """
    shown = filters_of(filters, story, adcode)
    box, view = _box(atlas, shown, story), story_view(atlas, filters, story, adcode)
    figure = map_figure(atlas, shown, words, view, box, view.zoom)
    for trace in figure[
        "data"
    ]:  # the one thing that happened here stands at the label of its place: its ring has to show around the name
        if trace["name"] == "activities":
            trace["marker"] |= {"size": [max(one, LEAST_PX) for one in np.atleast_1d(trace["marker"]["size"]).tolist()]}
    # never of the whole country: nothing to keep clear, no inset
    meta = {key: one for key, one in figure["layout"]["meta"].items() if key != "clear"}
    layout = figure["layout"] | {
        "clickmode": "none",
        "dragmode": False,
        "images": [],
        "meta": meta | {"bounds": [float(edge) for edge in box]},
    }
    return figure | {"layout": layout}
