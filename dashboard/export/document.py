"""A brief as data: its sides, their key figures and charts.

Made by :mod:`dashboard.export.brief`, written by each format.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from dashboard.charts.chart import Chart, Charts
from dashboard.export.citations import Citation, Piece
from dashboard.state import View
from geodata.message import Message
from layers.atlas import Atlas
from layers.filters import Filters
from layers.sentence import Sentence

#: The sign of each provenance, so that it is never told by colour alone.
MARKS = {"reported": "●", "derived": "◆", "illustrative": "▨", "mixed": "◐"}


def mark_of(provenance: str | None) -> str:
    """Return the sign of a provenance; empty where there is none."""
    return MARKS.get(provenance or "", "")


@dataclass(frozen=True, slots=True)
class Figure:
    """One key figure as it is written: value, unit, label, what it is of, and its provenance."""

    id: str
    value: str
    unit: str
    label: str
    of: str
    provenance: str | None

    @property
    def mark(self) -> str:
        """The sign of its provenance, so that it is never told by colour alone."""
        return mark_of(self.provenance)


@dataclass(frozen=True, slots=True)
class Side:
    """One view of a brief: most have one, a comparison has two.

    ``ids`` are the sources of its figures, ``trails`` its figures and charts with the address where each is explained,
    ``sentence`` what the figures say (None: a scenario, which speaks by its chart). A scenario of the planner is a side
    too (``scenario`` is its id): its query names it, its figures are those it was kept with. Of the ``notices`` the
    ``caveats`` are about the figures themselves: they go onto the paper.
    """

    atlas: Atlas
    name: str
    way: str
    query: str
    filters: Filters
    view: View | None
    said: tuple[str, ...]
    figures: tuple[Figure, ...]
    charts: Charts
    notices: tuple[Message, ...]
    ids: tuple[str, ...]
    sentence: Sentence | None = None
    trails: tuple[Piece, ...] = ()
    scenario: str = ""
    caveats: tuple[Message, ...] = ()

    def trail(self, figure: str) -> str:
        """Return the address where a figure is explained, empty when it has none."""
        return next((one.url for one in self.trails if one.figure == figure), "")


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything that an export carries, as texts and tables.

    Attributes
    ----------
    title, sentence : str
        The reader's own, or what the view says itself: the leader's sentence, each clause with its mark of provenance.
    view : str
        Place, filters in words and date of the data.
    footnote : tuple of str
        What is made up and how it is marked; then the reader's own.
    source, credits : str
        The sources in one line; whose map data, and the review number.
    citations : tuple of Citation
        The page of sources.
    fact_url : callable
        Id of a fact → address of its trail.
    url, told : str
        Address that reopens the view; a word when only this machine opens it.
    """

    lang: str
    title: str
    sentence: str
    view: str
    sides: tuple[Side, ...]
    footnote: tuple[str, ...]
    source: str
    credits: str
    citations: tuple[Citation, ...]
    fact_url: Callable[[str], str]
    url: str
    told: str
    made: date
    data_date: date
    data_version: str

    @property
    def charts(self) -> tuple[Chart, ...]:
        """The charts in the order of the pages: those of the view, or one of each side."""
        if len(self.sides) == 1:
            return self.sides[0].charts.shown
        return tuple(one for side in self.sides for one in side.charts.shown[:1])

    def owner(self, chart: Chart) -> Side:
        """Return the side that a chart is of: one without any leaves its place to the other's."""
        return next(side for side in self.sides if any(one is chart for one in side.charts.shown))
