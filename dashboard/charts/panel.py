"""What a chart panel says: the answer in its title, what it is of under it, and the chart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from dashboard.theme import blank


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart with its words.

    Attributes
    ----------
    title : str
        The answer, as a sentence.
    subtitle : str
        What the figures are of: denominator, weighting, unit, time.
    provenance : str or None
        Provenance of the figures shown.
    figure : dict
        plotly.js figure.
    weight : float
        Share of the column's height that the panel asks for; 0 hides it.
    empty : str
        Why there is nothing and what to loosen; only then is the chart hidden.
    """

    title: str = ""
    subtitle: str = ""
    provenance: str | None = None
    figure: dict[str, Any] = field(default_factory=blank)
    weight: float = 1.0
    empty: str = ""

    @classmethod
    def hidden(cls) -> Self:
        """Return a panel that takes no room: the question does not arise here."""
        return cls(weight=0)
