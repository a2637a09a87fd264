"""Rows of a table that are too many to be held as one frame: frames of some of them, made when they are asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

PART = 20_000  # rows made at once


class InParts(ABC):
    """Rows in the types of a table's schema, kept in less memory than a frame of them takes."""

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of rows."""

    @abstractmethod
    def take(self, at: ArrayLike, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the rows at these positions as a frame, of all columns or of some of them."""

    @abstractmethod
    def cell(self, column: str, at: int) -> object:
        """Return one value, as it stands in a frame."""


Table = pd.DataFrame | InParts


def parts(table: Table, columns: Sequence[str] | None = None) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield the rows of a table as frames, each with the position of its first row.

    `columns` are those that are asked for, where making the others would be in vain.
    """
    if isinstance(table, InParts):
        for start in range(0, len(table), PART):
            yield start, table.take(np.arange(start, min(start + PART, len(table))), columns)
    else:
        yield 0, table


def taken(table: Table, at: ArrayLike) -> pd.DataFrame:
    """Return the rows at these positions as a frame."""
    return table.take(at) if isinstance(table, InParts) else table.iloc[np.asarray(at, np.intp)]


def whole(table: Table) -> pd.DataFrame:
    """Return all rows as one frame."""
    return table.take(np.arange(len(table))) if isinstance(table, InParts) else table
