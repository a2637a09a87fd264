"""A chart as data: what it says, of what, in which unit and on whose word. A maker fills it once.

All that shows it reads it from here.

A maker is a pure function of an atlas, filters and a language; :mod:`dashboard.charts.register` names them all.
:mod:`~dashboard.charts.as_plotly`, :mod:`~dashboard.charts.as_table`, :mod:`~dashboard.charts.as_pptx` and
:mod:`~dashboard.charts.as_text` draw and write what they make, and compute no figure of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from layers.provenance import mix

#: How a chart is drawn: bars lie, columns stand; ``share_bar`` has its values beside its names, ``step`` the hours of
#: a day, ``progress``, ``curve`` and ``lorenz`` numbers along their axis.
Kind = Literal[
    "share_bar",
    "bar",
    "grouped_bar",
    "stacked_bar",
    "stacked_column",
    "step",
    "line",
    "dots",
    "calendar",
    "progress",
    "curve",
    "lorenz",
    "none",
]
#: Where a chart stands, and so how much room it has: the column of the overview, a box of /analysis, the text of a
#: story, a page of a brief.
Room = Literal["panel", "box", "text", "paper"]
LYING = frozenset({"share_bar", "bar", "grouped_bar", "stacked_bar"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A line to hold a chart against (a mean, the whole).

    Its value in the unit of the chart, and what it is, with its figure.
    """

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a chart.

    Attributes
    ----------
    name : str
        As heads of a table and a data sheet have it.
    values : tuple of float or None
        One for each category, in the unit of the chart; None: not known.
    color : str
    provenance : str or None
        Of all its values.
    colors, origins : tuple
        Colour and provenance of each value, where they differ.
    texts : tuple of str
        Each value in words, where it has a qualifier or a unit of its own ("150 余 家").
    notes : tuple of str
        What else there is to say of each value: what it was divided by, what was counted with it.
    keys : tuple of (str, str or int)
        What a click on each value chooses: kind of unit and its id.
    legend : str
        Its name in the legend where it shares an entry with others: a kind, reported and made up.
    short : str
        Its name at the end of its line.
    symbol : str
        Mark of the points of its line, as plotly.js names it.
    guide : tuple of float or None
        A made-up straight way to hold its values against.
    """

    name: str
    values: tuple[float | None, ...]
    color: str
    provenance: str | None = None
    colors: tuple[str, ...] = ()
    origins: tuple[str | None, ...] = ()
    texts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    keys: tuple[tuple[str, str | int], ...] = ()
    legend: str = ""
    short: str = ""
    symbol: str = "circle"
    guide: tuple[float | None, ...] = ()

    def origin(self, at: int) -> str | None:
        """Return the provenance of its value at a position."""
        return self.origins[at] if self.origins else self.provenance

    def color_of(self, at: int) -> str:
        """Return the colour of its value at a position."""
        return self.colors[at] if self.colors else self.color

    def is_below(self, at: int) -> bool:
        """Return whether its value at a position is a count that is withheld: its text says below how many it is."""
        return self.values[at] is None and bool(self.texts) and self.texts[at].startswith("<")


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    Attributes
    ----------
    id : str
        As the register names it.
    title, subtitle : str
        The answer as a sentence; what the figures are of: denominator, weighting, unit, time.
    provenance : str or None
        Of all figures shown.
    kind : str
        How it is drawn, see :data:`Kind`; ``none``: not at all.
    categories : tuple of str
        Whole names, in the order of tables and data sheets; whoever has no room for them shortens them.
    series : tuple of Series
    unit : str
        What is counted, behind a value; of shares nothing.
    number_format : str
        As Excel writes it. With ``%`` values are ratios.
    labels : bool
        Whether each value stands at its bar in a native chart.
    positions : tuple of str or float
        Where each category stands on an axis that counts months or hours; without, they stand under each other.
    ticks : tuple of str
        Names of the categories at such an axis; an empty one has no room.
    category_format : str
        How a category is written as words: ``{}:00``.
    head : str
        What the categories are: the head of the first column.
    top_down : bool
        Whether the first of lying bars stands on top.
    reference : Reference or None
    chosen : int or None
        Position of the category that the reader chose.
    span : float or None
        Where the axis of the values ends; of dots, how many stand in a row.
    listed_every : int
        Its table has each so-manieth category: of a curve of many points nobody reads all.
    drawn : (int, int) or None
        First position that the picture has room for and the first after them; the table has all.
    legend : bool
        Whether colours are named beside the chart.
    room : str
        Where it stands, see :data:`Room`.
    grow : float
        Share of the column's height that it asks for.
    empty : str
        Why there is nothing and what to loosen; then nothing is drawn.
    """

    id: str
    title: str
    subtitle: str
    provenance: str | None
    kind: Kind = "none"
    categories: tuple[str, ...] = ()
    series: tuple[Series, ...] = ()
    unit: str = ""
    number_format: str = "#,##0"
    labels: bool = True
    positions: tuple[str | float, ...] = ()
    ticks: tuple[str, ...] = ()
    category_format: str = "{}"
    head: str = ""
    top_down: bool = False
    reference: Reference | None = None
    chosen: int | None = None
    span: float | None = None
    listed_every: int = 1
    drawn: tuple[int, int] | None = None
    legend: bool = False
    room: Room = "panel"
    grow: float = 1.0
    empty: str = ""

    @property
    def is_share(self) -> bool:
        """Whether its values are ratios, told as percentages."""
        return self.number_format.endswith("%")

    @property
    def digits(self) -> int:
        """Decimals of its values as its number format has them."""
        return len(self.number_format.partition(".")[2].rstrip("%"))

    @property
    def is_lying(self) -> bool:
        """Whether it is of bars under each other."""
        return self.kind in LYING

    @property
    def weight(self) -> float:
        """How much height it wants beside others on paper: many bars under each other want more."""
        return max(1.0, len(self.categories) / 8) if self.is_lying and len(self.series) < 4 else 1.0

    def origin(self, at: int) -> str | None:
        """Return the provenance of what its category `at` holds.

        Where it holds nothing that of the chart, none where each has its own.
        """
        own = any(one.origins for one in self.series)
        held = [one.origin(at) or "" for one in self.series if one.values[at] or own]
        return mix(filter(None, held)) or (None if own else self.provenance)


@dataclass(frozen=True, slots=True)
class Charts:
    """The charts of a view that have something to show, and why the others have not."""

    shown: tuple[Chart, ...]
    empty: tuple[str, ...]
