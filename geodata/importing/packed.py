"""Rows of a large sheet in little memory: column by column in blocks, each text once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

BLOCK = 10_000  # rows packed at once
FEW = 0.5  # share of different texts up to which a column of a block keeps each once
_TEXTS = np.dtypes.StringDType(na_object=None)


class PackedRows(Sequence[Any]):
    """Rows that are appended and read, each a sequence of cells without the empty ones at its end.

    The cells come back as they went in: text, None, numbers, days. A row that is set anew is kept beside the packed
    ones.
    """

    def __init__(self) -> None:
        self._blocks: list[tuple[list[Any], Any]] = []  # columns, and the widths of the rows (one number: all alike)
        self._open: list[Sequence[Any]] = []
        self._anew: dict[int, Sequence[Any]] = {}
        self._known: dict[str, str] = {}
        self._last: tuple[int, list[Sequence[Any]]] = (-1, [])

    def append(self, row: Sequence[Any]) -> None:
        """Add a row."""
        self._open.append(row)
        if len(self._open) == BLOCK:
            self._blocks.append(self._packed(self._open))
            self._open = []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(_alike, self, other))

    __hash__ = None  # type: ignore[assignment] - as a list has none

    def __len__(self) -> int:
        return len(self._blocks) * BLOCK + len(self._open)

    @overload
    def __getitem__(self, at: int) -> Sequence[Any]: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Sequence[Any]]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return RowsFrom(self, range(len(self))[at])
        at = range(len(self))[at]
        return self._anew[at] if at in self._anew else self._block(at // BLOCK)[at % BLOCK]

    def __setitem__(self, at: int, row: Sequence[Any]) -> None:
        self._anew[range(len(self))[at]] = row

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return self.part(range(len(self)))

    def part(self, places: range) -> Iterator[Sequence[Any]]:
        """Yield the rows of `places`, one after another."""
        for block in range(places.start // BLOCK, -(-places.stop // BLOCK) if len(places) else 0):
            first = block * BLOCK
            rows = self._block(block)[max(places.start - first, 0) : places.stop - first]
            start = max(places.start, first)
            if self._anew:
                rows = [self._anew.get(start + at, row) for at, row in enumerate(rows)]
            yield from rows

    def cells(self, place: int, places: range) -> Iterator[Any]:
        """Yield what stands at `place` in the rows of `places`, None where a row ends before it."""
        for block in range(places.start // BLOCK, -(-places.stop // BLOCK) if len(places) else 0):
            first = block * BLOCK
            if block == len(self._blocks):
                cells = [row[place] if place < len(row) else None for row in self._open]
            else:
                columns, _ = self._blocks[block]
                cells = _unpacked(columns[place]) if place < len(columns) else [None] * BLOCK
            start = max(places.start, first)
            cells = cells[start - first : places.stop - first]
            if self._anew:
                for at in range(len(cells)):
                    if (row := self._anew.get(start + at)) is not None:
                        cells[at] = row[place] if place < len(row) else None
            yield from cells

    def _block(self, block: int) -> list[Sequence[Any]]:
        if block == len(self._blocks):
            return self._open
        if self._last[0] != block:
            columns, widths = self._blocks[block]
            rows: list[Sequence[Any]] = list(zip(*map(_unpacked, columns), strict=True)) if columns else [()] * BLOCK
            if not isinstance(widths, int):
                rows = [row[:width] for row, width in zip(rows, widths.tolist(), strict=True)]
            self._last = block, rows
        return self._last[1]

    def _packed(self, rows: list[Sequence[Any]]) -> tuple[list[Any], Any]:
        sizes = [len(row) for row in rows]
        width, alike = max(sizes), min(sizes) == max(sizes)
        filled = rows if alike else [[*row, *[None] * (width - len(row))] for row in rows]
        columns = [self._column(cells) for cells in zip(*filled, strict=True)]
        return columns, width if alike else np.array(sizes, np.int32)

    def _column(self, cells: tuple[Any, ...]) -> Any:
        kinds = set(map(type, cells))
        if kinds == {float}:
            return np.array(cells, np.float64)
        if not kinds <= {str, type(None)}:
            return cells
        different = set(cells)
        if len(different) > FEW * len(cells):
            try:
                return np.array(cells, _TEXTS)
            except UnicodeEncodeError:  # half a surrogate, which is no text to be kept but one to be told of
                return cells
        known = self._known if len(self._known) < 10 * BLOCK else {}
        texts = [one if one is None else known.setdefault(one, one) for one in different]
        codes = {one: code for code, one in enumerate(texts)}
        return _Coded(np.array(texts, dtype=object), np.array([codes[one] for one in cells], np.uint16))


class RowsFrom(Sequence[Any]):
    """Some rows one after another of :class:`PackedRows`, without a copy of them."""

    def __init__(self, rows: PackedRows, places: range) -> None:
        if places.step != 1:
            raise ValueError("rows are read one after another")
        self.rows, self.places = rows, places

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, at: int | slice) -> Any:
        return RowsFrom(self.rows, self.places[at]) if isinstance(at, slice) else self.rows[self.places[at]]

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return self.rows.part(self.places)


def _alike(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return list(one) == list(other)


class _Coded(NamedTuple):
    """A column of few different texts: these, and which of them stands in each row."""

    texts: NDArray[np.object_]
    codes: NDArray[np.uint16]


def _unpacked(column: Any) -> list[Any]:
    if isinstance(column, _Coded):
        return column.texts[column.codes].tolist()
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


def cells_at(rows: Sequence[Sequence[Any]], place: int) -> Iterator[Any]:
    """Yield what stands at `place` in each of `rows`, None where a row ends before it."""
    if isinstance(rows, PackedRows):
        return rows.cells(place, range(len(rows)))
    if isinstance(rows, RowsFrom):
        return rows.rows.cells(place, rows.places)
    return (row[place] if place < len(row) else None for row in rows)


def some_of(rows: Sequence[Sequence[Any]], places: Sequence[int]) -> Sequence[Sequence[Any]]:
    """Return the rows of `places`, in their order, packed where `rows` are."""
    if not isinstance(rows, PackedRows):
        return [rows[at] for at in places]
    found = PackedRows()
    for at in places:
        found.append(rows[at])
    return found
