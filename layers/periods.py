"""When something happened, as exactly as it is known: a day, or only a month or a year."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.atlas import Atlas, kept_once
from layers.filters import Filters

_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """First and last day per row of a table.

    Attributes
    ----------
    first, last : ndarray of datetime64[D]
        Inclusive; NaT when nothing is known.
    dated : ndarray of bool
        Whether the days themselves are known, and not just a period that holds them.
    month : ndarray of datetime64[M]
        The month it began in; NaT when only a longer period is known.
    """

    first: NDArray[np.datetime64]
    last: NDArray[np.datetime64]
    dated: NDArray[np.bool_]
    month: NDArray[np.datetime64]

    def of(self, rows: NDArray[np.intp]) -> Spans:
        """Return those of `rows` (positions), in their order."""
        return Spans(self.first[rows], self.last[rows], self.dated[rows], self.month[rows])


@kept_once
def spans(atlas: Atlas, table: str) -> Spans:
    """Return when each row of `table` (with ``start``, ``end`` or ``date``, and ``period``) happened."""
    frame = atlas.table(table)
    first = pd.to_datetime(frame["start" if "start" in frame else "date"]).to_numpy(dtype="datetime64[D]").copy()
    last = pd.to_datetime(frame["end" if "end" in frame else "date"]).to_numpy(dtype="datetime64[D]").copy()
    dated = ~np.isnat(first)
    last = np.where(np.isnat(last), first, last)
    month = first.astype("datetime64[M]")
    for row in np.flatnonzero(~dated):
        text = frame["period"].iloc[row] if "period" in frame else None
        found = _DATE.findall(text) if isinstance(text, str) else []
        if not found:
            continue
        (year, mon, day), (to_year, to_mon, to_day) = found[0], found[-1]
        first[row] = np.datetime64(f"{year}-{mon or '01'}-{day or '01'}")
        to_mon = to_mon or "12"
        end_day = to_day or f"{calendar.monthrange(int(to_year), int(to_mon))[1]:02d}"
        last[row] = np.datetime64(f"{to_year}-{to_mon}-{end_day}")
        if mon and found[0][:2] == found[-1][:2]:
            month[row] = np.datetime64(f"{year}-{mon}", "M")
    return Spans(first, last, dated, month)


def touching(when: Spans, filters: Filters) -> NDArray[np.bool_]:
    """Return which rows may have happened, in part at least, between the dates asked."""
    fine = np.ones(len(when.first), dtype=bool)
    if filters.start is not None:
        fine &= when.last >= np.datetime64(filters.start)
    if filters.end is not None:
        fine &= when.first <= np.datetime64(filters.end)
    return fine


def within(when: Spans, filters: Filters) -> NDArray[np.bool_]:
    """Return which rows surely happened between the dates asked.

    A dated row does when it touches them; one known by its period only when
    the whole period lies inside. Without dates asked every row does.
    """
    fine = np.ones(len(when.first), dtype=bool)
    if filters.start is None and filters.end is None:
        return fine
    if filters.start is not None:
        fine &= when.dated | (when.first >= np.datetime64(filters.start))
    if filters.end is not None:
        fine &= when.dated | (when.last <= np.datetime64(filters.end))
    return fine & touching(when, filters)
