"""What a layer of the map is: its traces, what the legend and the lists say of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from dashboard.maps.fills import AreaFill, Fill, area_fill, cell_fill
from dashboard.words import Words
from layers import places
from layers.atlas import Atlas
from layers.filters import Filters

NATION_BOUNDS = (73.3, 3.2, 135.3, 53.8)
Trace = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """What a map is asked to show.

    Attributes
    ----------
    atlas : Atlas
    filters : Filters
    words : Words
        The reader's language.
    box : tuple of float, optional
        West, south, east, north of what is visible, degrees (WGS-84); None: the place.
    zoom : float, optional
        Zoom of the map as MapLibre counts it.
    """

    atlas: Atlas
    filters: Filters
    words: Words
    box: tuple[float, float, float, float] | None = None
    zoom: float | None = None

    @cached_property
    def here(self) -> places.Scope:
        """The place that is looked at."""
        return places.scope(self.atlas, self.filters)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the place, degrees."""
        return NATION_BOUNDS if self.here.level == "country" else self.here.bounds

    @property
    def near(self) -> bool:
        """Whether a city or what lies within one is looked at."""
        return self.here.level not in ("country", "province")

    @cached_property
    def fill(self) -> AreaFill:
        """What the areas are coloured by."""
        return area_fill(self.atlas, self.filters, self.here, self.words)

    @cached_property
    def cells(self) -> Fill:
        """What the cells of demand are coloured by."""
        return cell_fill(self.atlas, self.filters, self.words, self.box)

    @property
    def seen(self) -> tuple[float, float, float, float]:
        """West, south, east, north of what is visible, degrees: of the place, as long as nobody has said."""
        return self.box or self.bounds

    def shows(self, layer: str) -> bool:
        """Return whether the reader has `layer` switched on."""
        return layer in self.filters.layers


@dataclass(frozen=True, slots=True)
class Drawn:
    """A map as it is drawn, for who tells what is on it.

    Its traces by their names, in paper colours, and its ``meta``.
    """

    traces: Mapping[str, Mapping[str, Any]]
    meta: Mapping[str, Any]

    @classmethod
    def of(cls, figure: Mapping[str, Any]) -> Self:
        """Return what the map `figure` draws."""
        return cls({trace["name"]: trace for trace in figure["data"]}, figure["layout"]["meta"])

    def has_marks(self, trace: str) -> bool:
        """Return whether `trace` has anything to click."""
        return bool(self.traces[trace].get("customdata"))

    def has_points(self, trace: str) -> bool:
        """Return whether `trace` has points, packed or not."""
        lon = self.traces[trace]["lon"]
        return bool(lon["bdata"]) if isinstance(lon, Mapping) else len(lon) > 0

    def has_areas(self, trace: str) -> bool:
        """Return whether `trace` has areas."""
        return bool(self.traces[trace]["locations"])

    def has_colour(self, trace: str, colour: str) -> bool:
        """Return whether a mark of `trace` has this colour."""
        colors = self.traces[trace]["marker"]["color"]
        return self.has_marks(trace) and colour in (colors if isinstance(colors, list) else [colors])

    def has_ground(self, layer: str) -> bool:
        """Return whether `layer` of the style is not switched off."""
        return layer not in self.meta["off"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the legend.

    Attributes
    ----------
    name : str
        Of the mark; its look is the class ``mark-NAME`` of assets/overview.css, or `colour`.
    label : str or callable
        Its words: a message id, or what makes them of the filters.
    at : int
        Place in the legend; smaller comes first.
    seen : callable
        Whether a map draws it.
    note : str
        Message id of what is said once under the marks that share it.
    colour : str
        Colour of its spot, where no style sheet has one.
    above : callable, optional
        Lines of their own before it, as name and colour.
    """

    name: str
    label: str | Callable[[Filters, Words], str]
    at: int
    seen: Callable[[Drawn], bool]
    note: str = ""
    colour: str = ""
    above: Callable[[Drawn], Sequence[tuple[str, str]]] | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer that a reader switches on and off.

    Attributes
    ----------
    name : str
        Its key, of :data:`layers.filters.LAYERS`, where its name for people stands.
    heights : mapping of str to int
        Name of each of its traces → how high it lies: what is higher covers what is lower.
    make : callable
        Makes these traces for a scene: all of them always, empty ones where there is nothing to draw.
    marks : sequence of Mark
        Its lines of the legend.
    counted : mapping of str to str
        Trace whose marks are counted where the map is told in words → message id of what they are.
    listed : sequence of str
        Of these, the traces whose marks a reader can follow from the list of what is in view.
    ground : str
        Group of :data:`dashboard.maps.map_style.SWITCHED` that is drawn with it.
    """

    name: str
    heights: Mapping[str, int]
    make: Callable[[Scene], dict[str, Trace]]
    marks: Sequence[Mark] = ()
    counted: Mapping[str, str] | None = None
    listed: Sequence[str] = ()
    ground: str = ""
