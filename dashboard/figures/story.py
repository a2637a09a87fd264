"""The small map of a story: the atlas's own map, at the place of the story and with the layers it tells of."""

from __future__ import annotations

from typing import Any

from dashboard.figures.map import map_figure
from dashboard.figures.preview import spot
from dashboard.state import View
from dashboard.words import Words
from layers import places, stories
from layers.atlas import Atlas
from layers.filters import Filters

SIZE = (370, 330)  # CSS pixels that the map has at least


def filters_of(filters: Filters, story: str, adcode: str) -> Filters:
    """Return what the overview shows of a story: its place and its layers, in the reader's language and theme."""
    return filters.at_place(stories.WHERE.get(story, adcode)).having(layers=stories.LAYERS_OF[story])


def story_figure(atlas: Atlas, filters: Filters, story: str, adcode: str, words: Words) -> dict[str, Any]:
    """Return the figure, fitted to the cities of the story where it has several, else to its place."""
    shown = filters_of(filters, story, adcode)
    cities = [at for at in atlas.tree.positions(list(stories.CITIES_OF.get(story, ()))) if at >= 0]
    if cities:
        lon, lat = (atlas.places[axis].iloc[cities] for axis in ("lon", "lat"))
        box = (lon.min() - 0.5, lat.min() - 0.4, lon.max() + 0.5, lat.max() + 0.4)
    else:
        box = places.scope(atlas, shown).bounds
    stand = spot([box[0], box[2]], [box[1], box[3]], SIZE)
    figure = map_figure(atlas, shown, words, View(stand["center"]["lon"], stand["center"]["lat"], stand["zoom"]), box, stand["zoom"])
    return figure | {"layout": figure["layout"] | {"clickmode": "none", "dragmode": False}}
