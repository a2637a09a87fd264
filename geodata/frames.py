"""Frames of pandas read row by row."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def rows_of(frame: pd.DataFrame) -> Iterable[Any]:
    """Return the rows of `frame`, with its columns as attributes and ``Index``.

    Rows are tuples: columns called ``count`` or ``index`` have to be renamed first.
    """
    made = _row(tuple(str(name) for name in frame.columns))._make
    columns = (column.to_numpy(dtype=object) for _, column in frame.items())  # a text at a time would be slower
    return map(made, zip(frame.index, *columns, strict=True))


@lru_cache(maxsize=256)
def _row(columns: tuple[str, ...]) -> Any:
    """Return the class of a row of `columns`, made once: that takes longer than to read a few rows."""
    return namedtuple("Row", ("Index", *columns), rename=True)


def text_of(value: object) -> str:
    """Return the text of a cell, empty where something else stands."""
    return value if isinstance(value, str) else ""


def factorized(values: pd.Series | NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Return a code for each value, -1 where it is missing, and what the codes stand for, by first appearance.

    Texts that are Arrow's are compared as they are: no object is made for each row.
    """
    codes, distinct = pd.factorize(values if isinstance(values, pd.Series) else np.asarray(values, dtype=object))
    return codes, np.asarray(distinct, dtype=object)
