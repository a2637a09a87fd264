"""Counts of which a part is withheld: what is known to be there, and that there is more.

Where few persons are counted (:mod:`layers.small_counts`), their number is not told. What stands in its place is a
number too, so that sums over a million rows stay sums: its whole part is how many there are at least, and its fraction,
in units of :data:`UNIT`, how many more there may be where the whole part is nought. A count that has no fraction is
told whole.
"""

from __future__ import annotations

import math

#: Small enough that a million withheld counts of up to :data:`MOST` come to less than one, large enough that a float64
#: holds it beside 2**28 persons exactly.
UNIT = 2.0**-24
#: Fewer persons than so many are not told where nothing else is set, and the most that may be set.
THRESHOLD, MOST = 5, 10


def withheld(at_least: float, more: int) -> float:
    """Return what stands for a count of `at_least` or more; of at most `more` where `at_least` is 0."""
    return at_least + more * UNIT


def told(value: float) -> tuple[float, str]:
    """Return what may be told of a count: a whole number and its qualifier.

    ``exact``; ``at_least``; or ``below``, where nothing is known but that there are some, fewer than the number.
    """
    if not math.isfinite(value):
        return value, "exact"
    whole = math.floor(value)
    if value == whole:
        return value, "exact"
    return (float(whole), "at_least") if whole else (float(round((value - whole) / UNIT) + 1), "below")


def plotted(value: float) -> float | None:
    """Return what is drawn of a count, and divided: how many there are at least; None where the count is withheld."""
    number, qualifier = told(value)
    return None if qualifier == "below" else number


def written(value: float) -> str:
    """Return a count for a file: 1234, <5, ≥100."""
    number, qualifier = told(value)
    return {"exact": "", "at_least": "≥", "below": "<"}[qualifier] + f"{number:.0f}"
