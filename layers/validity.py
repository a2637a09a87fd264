"""Rows that hold on a day: ``valid_from`` and ``valid_to``, both inclusive;
where one is missing there is no such bound.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.frames import factorized


def holds(frame: pd.DataFrame, day: date) -> NDArray[np.bool_]:
    """Return which rows hold on `day`.

    ISO dates in part (``2024``, ``2024-06``) count from their first to their last day.
    """
    mask = np.ones(len(frame), dtype=bool)
    if "valid_from" not in frame:
        return mask
    text = day.isoformat()
    for column, outside in (("valid_from", lambda said: said > text), ("valid_to", lambda said: said + "~" < text)):
        codes, known = factorized(frame[column])  # -1, and so the last: missing
        mask &= ~np.array([*(outside(str(said)) for said in known), False], dtype=bool)[codes]
    return mask


def on(frame: Any, day: date) -> Any:
    """Return the rows of a frame that hold on `day`; the frame itself where all do."""
    mask = holds(frame, day)
    return frame if mask.all() else frame[mask]
