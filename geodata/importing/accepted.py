"""The rows of a file that come in: one frame, or frames of some of them where they are many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geodata.importing.packed import PackedColumn, is_long
from geodata.importing.points import Shapes
from geodata.importing.rows import Rows
from geodata.in_parts import InParts, Table
from geodata.schema import TableSchema


class AcceptedRows(InParts):
    """Rows of a file as frames of some of them; the columns stay packed.

    Parameters
    ----------
    values : dict
        Column → one value per row of the file.
    at : ndarray of int
        Positions of the accepted rows, ascending.
    shapes : ndarray or PackedPoints
        Where each row of the file lies.
    schema : TableSchema
    """

    def __init__(self, values: dict[str, Any], at: NDArray[np.intp], shapes: Shapes, schema: TableSchema) -> None:
        known = {column.name for column in schema.columns}
        self._values = {name: cells for name, cells in values.items() if name in known}
        self._at, self._shapes, self._schema = at, shapes, schema

    def __len__(self) -> int:
        return len(self._at)

    def take(self, at: ArrayLike, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the rows at these positions as a frame, of all columns or of some of them."""
        places = self._at[np.asarray(at, np.intp)]
        together = (
            len(places) > 0 and int(places[-1] - places[0]) == len(places) - 1 and bool((np.diff(places) > 0).all())
        )

        def values_of() -> Iterator[tuple[str, pd.Series]]:
            for name, cells in self._values.items():
                if columns is not None and name not in columns:
                    continue
                if together and isinstance(cells, PackedColumn):
                    values: list[Any] = []
                    for some in cells.blocks(range(int(places[0]), int(places[-1]) + 1)):
                        values += some
                else:
                    values = [cells[one] for one in places.tolist()]
                yield name, pd.Series(values, dtype=object)

        if columns is None:
            return self._schema.assembled(values_of(), len(places), self._shapes[places])
        shapes = self._shapes[places] if "geometry" in columns else None
        return self._schema.some(values_of(), len(places), columns, shapes)

    def cell(self, column: str, at: int) -> object:
        """Return one value."""
        return self._values[column][int(self._at[at])]


def accepted(rows: Rows, shapes: Shapes, keep: NDArray[np.bool_]) -> Table:
    """Return the rows that `keep` marks in the types of the schema; their values move into it, `rows` loses them."""
    at = np.flatnonzero(keep)
    values, rows.values = rows.values, {}
    rows.raw.clear()
    if is_long(len(at)):
        return AcceptedRows(values, at, shapes, rows.schema)
    whole = len(at) == len(rows)

    def columns() -> Iterator[tuple[str, pd.Series]]:
        while values:
            name, cells = values.popitem()
            yield name, pd.Series(list(cells) if whole else [cells[one] for one in at.tolist()], dtype=object)

    return rows.schema.assembled(columns(), len(at), shapes[at])
