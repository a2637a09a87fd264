"""As of when the atlas speaks: the latest day that its real rows name."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.frames import factorized
from geodata.schema import TABLES

PERIODS = ("period", "period_start", "period_end", "valid_from")
SILENT = ("scenarios",)  # when a plan was made says nothing of the day its data is from
_DAY = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


def spoken_until(frames: Mapping[str, pd.DataFrame], since: date, loaded: Mapping[str, date]) -> date:
    """Return the latest day that a reported row speaks of; `since`, the day of the build, when none is later.

    Opening, inspection, beginning and end, periods (their last day, once they are over; else their first) and
    ``valid_from`` count. A day after the one on which the row was brought in is a plan or a slip of the pen and
    does not: nobody knows on Monday what an inspection on Friday found.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Tables by name, made to ``geodata.schema``.
    since : date
        Day of which the shipped rows speak; rows of no batch in `loaded` count up to it.
    loaded : mapping of str to date
        Batch → day in China on which it was imported.
    """
    latest = since
    for name, frame in frames.items():
        if name in SILENT or not len(frame):
            continue
        # column by column: of a table of a nation nobody wants a second one
        told = np.flatnonzero((frame["provenance"] == "reported").to_numpy(bool))
        if not len(told):
            continue
        codes, batches = factorized(frame["batch_id"].iloc[told])
        until = np.array([*(loaded.get(str(one), since) for one in batches), since], dtype="datetime64[D]")[codes]
        for column in TABLES[name].columns:
            if column.dtype == "date":
                day = frame[column.name].to_numpy(dtype="datetime64[D]")[told]
            elif column.name in PERIODS:
                day = _days(frame[column.name].iloc[told], until)
            else:
                continue
            known = day[~np.isnat(day) & (day <= until)]
            if len(known):
                latest = max(latest, known.max().astype(date))
    return latest


def _days(values: pd.Series, until: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """Return the last day of each period that is over by `until`, the first of one that is not."""
    codes, texts = factorized(values)  # -1, and so the last: missing
    ends = [_ends(str(text)) for text in texts] + [(None, None)]
    first, last = (np.array([one[at] for one in ends], dtype="datetime64[D]")[codes] for at in (0, 1))
    return np.where(last <= until, last, first)


def _ends(text: str) -> tuple[date | None, date | None]:
    found = _DAY.findall(text)
    try:
        (year, month, day), (to_year, to_month, to_day) = found[0], found[-1]
        closing = int(to_month or 12)
        return (
            date(int(year), int(month or 1), int(day or 1)),
            date(int(to_year), closing, int(to_day or calendar.monthrange(int(to_year), closing)[1])),
        )
    except (IndexError, ValueError, calendar.IllegalMonthError):
        return None, None  # what no calendar knows says nothing
