"""Frames of pandas read row by row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd


def rows_of(frame: pd.DataFrame) -> Iterable[Any]:
    """Return the rows of `frame`, with its columns as attributes and ``Index``.

    Rows are tuples: columns called ``count`` or ``index`` have to be renamed first.
    """
    return frame.itertuples()


def text_of(value: object) -> str:
    """Return the text of a cell, empty where something else stands."""
    return value if isinstance(value, str) else ""
