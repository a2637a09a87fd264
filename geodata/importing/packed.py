"""Rows and columns of a large sheet in little memory: column by column in blocks, each text once."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import Any, overload

import numpy as np

from geodata.importing.packing import one_cell, packed_cells, unpacked_cells

BLOCK = 10_000  # rows packed at once
LONG = 100_000  # cells from which on a column is kept packed


class PackedRows(Sequence[Any]):
    """Rows that are appended and read, each a sequence of cells without the empty ones at its end.

    The cells come back as they went in: text, None, numbers, days. A row that is set anew is kept beside the packed
    ones.
    """

    def __init__(self) -> None:
        self.widest = 0  # cells of the longest row that was ever added
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

    def cell(self, at: int, place: int) -> Any:
        """Return what stands at `place` in row `at`, None where the row ends before it."""
        if at // BLOCK == len(self._blocks) or at in self._anew:
            row = self[at]
            return row[place] if place < len(row) else None
        columns, _ = self._blocks[at // BLOCK]
        return one_cell(columns[place], at % BLOCK) if place < len(columns) else None

    def extend(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows."""
        waiting = iter(rows)
        while some := list(islice(waiting, BLOCK - len(self._open))):
            self._open += some
            if len(self._open) == BLOCK:
                self._blocks.append(self._packed(self._open))
                self._open = []

    @property
    def unpacked(self) -> Sequence[Sequence[Any]]:
        """The rows that do not fill a block yet, and those that were set anew."""
        return [*self._open, *self._anew.values()]

    def cells(self, place: int, places: range) -> Iterator[list[Any]]:
        """Yield what stands at `place` in the rows of `places`, None where a row ends before it, block by block."""
        for block in range(places.start // BLOCK, -(-places.stop // BLOCK) if len(places) else 0):
            first = block * BLOCK
            if block == len(self._blocks):
                cells = [row[place] if place < len(row) else None for row in self._open]
            else:
                columns, _ = self._blocks[block]
                cells = unpacked_cells(columns[place]) if place < len(columns) else [None] * BLOCK
            start = max(places.start, first)
            cells = cells[start - first : places.stop - first]
            if self._anew:
                for at in range(len(cells)):
                    if (row := self._anew.get(start + at)) is not None:
                        cells[at] = row[place] if place < len(row) else None
            yield cells

    def _block(self, block: int) -> list[Sequence[Any]]:
        if block == len(self._blocks):
            return self._open
        if self._last[0] != block:
            columns, widths = self._blocks[block]
            rows: list[Sequence[Any]] = (
                list(zip(*map(unpacked_cells, columns), strict=True)) if columns else [()] * BLOCK
            )
            if not isinstance(widths, int):
                rows = [row[:width] for row, width in zip(rows, widths.tolist(), strict=True)]
            self._last = block, rows
        return self._last[1]

    def _packed(self, rows: list[Sequence[Any]]) -> tuple[list[Any], Any]:
        sizes = [len(row) for row in rows]
        width, alike = max(sizes), min(sizes) == max(sizes)
        self.widest = max(self.widest, width)
        filled = rows if alike else [[*row, *[None] * (width - len(row))] for row in rows]
        columns = [packed_cells(cells, self._known) for cells in zip(*filled, strict=True)]
        return columns, width if alike else np.array(sizes, np.int32)


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


class PackedColumn(Sequence[Any]):
    """A long column that is read and written as a list of cells is, but for taking cells out or putting any in between.

    Packed block by block; the block that was written to last is kept open, so that what goes through a column from its
    beginning to its end packs each block once.

    Parameters
    ----------
    cells : iterable
    """

    def __init__(self, cells: Iterable[Any] = ()) -> None:
        self._blocks: list[Any] = []
        self._tail: list[Any] = []  # what does not fill a block yet
        self._at, self._open = -1, []  # the block that is open for writing
        self._known: dict[str, str] = {}
        self.extend(cells)

    def append(self, cell: Any) -> None:
        """Add a cell."""
        self._tail.append(cell)
        if len(self._tail) == BLOCK:
            self._blocks.append(packed_cells(self._tail, self._known))
            self._tail = []

    def extend(self, cells: Iterable[Any]) -> None:
        """Add cells."""
        waiting = iter(cells)
        while some := list(islice(waiting, BLOCK - len(self._tail))):
            self._tail += some
            if len(self._tail) == BLOCK:
                self._blocks.append(packed_cells(self._tail, self._known))
                self._tail = []

    def __iadd__(self, cells: Iterable[Any]) -> PackedColumn:
        self.extend(cells)
        return self

    def __len__(self) -> int:
        return len(self._blocks) * BLOCK + len(self._tail)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(a == b for a, b in zip(self, other))  # noqa: B905 - as long

    __hash__ = None  # type: ignore[assignment] - as a list has none

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> PackedColumn: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            places = range(len(self))[at]
            return PackedColumn(self.part(places) if places.step == 1 else (self[one] for one in places))
        if not 0 <= at < len(self):
            at = range(len(self))[at]
        block, place = divmod(at, BLOCK)
        if block == len(self._blocks):
            return self._tail[place]
        return self._open[place] if block == self._at else one_cell(self._blocks[block], place)

    def __setitem__(self, at: int, cell: Any) -> None:
        if not 0 <= at < len(self):
            at = range(len(self))[at]
        block, place = divmod(at, BLOCK)
        if block == len(self._blocks):
            self._tail[place] = cell
            return
        if block != self._at:
            self._close()
            self._at, self._open = block, unpacked_cells(self._blocks[block])
        self._open[place] = cell

    def __iter__(self) -> Iterator[Any]:
        return self.part(range(len(self)))

    def part(self, places: range) -> Iterator[Any]:
        """Yield the cells of `places`, one after another."""
        return chain.from_iterable(self.blocks(places))

    def blocks(self, places: range | None = None) -> Iterator[list[Any]]:
        """Yield the cells of `places`, all of them where there are none, some thousands at a time."""
        places = range(len(self)) if places is None else places
        for block in range(places.start // BLOCK, -(-places.stop // BLOCK) if len(places) else 0):
            first = block * BLOCK
            yield self._cells(block)[max(places.start - first, 0) : places.stop - first]

    def _cells(self, block: int) -> list[Any]:
        if block == len(self._blocks):
            return self._tail
        return self._open if block == self._at else unpacked_cells(self._blocks[block])

    def _close(self) -> None:
        if self._at >= 0:
            self._blocks[self._at] = packed_cells(self._open, self._known)
        self._at, self._open = -1, []


class _CellsAt(Sequence[Any]):
    """What stands at one place of rows one after another, None where a row ends before it."""

    def __init__(self, rows: PackedRows, places: range, place: int) -> None:
        self._rows, self._places, self._place = rows, places, place

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return _CellsAt(self._rows, self._places[at], self._place)
        return self._rows.cell(self._places[at], self._place)

    def __iter__(self) -> Iterator[Any]:
        return chain.from_iterable(self.blocks())

    def blocks(self) -> Iterator[list[Any]]:
        return self._rows.cells(self._place, self._places)


def is_long(count: int) -> bool:
    """Return whether so many rows are kept packed, and made into frames a part at a time."""
    return count > LONG


def give_back() -> None:
    """Give the system back what a long table left free: the C library of Linux keeps it, a quarter of all there is."""
    with suppress(OSError, AttributeError):  # systems of another make, which do so by themselves
        ctypes.CDLL(None).malloc_trim(0)


def column_of(cells: Iterable[Any], count: int) -> Any:
    """Return a column of cells: a list, packed where there will be `count` of them and that is many."""
    return PackedColumn(cells) if is_long(count) else list(cells)


def cells_at(rows: Sequence[Sequence[Any]], place: int) -> Sequence[Any]:
    """Return what stands at `place` in each of `rows`, None where a row ends before it."""
    if isinstance(rows, PackedRows):
        return _CellsAt(rows, range(len(rows)), place)
    if isinstance(rows, RowsFrom):
        return _CellsAt(rows.rows, rows.places, place)
    return [row[place] if place < len(row) else None for row in rows]


def in_blocks(cells: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the cells of a column some thousands at a time."""
    if isinstance(cells, _CellsAt | PackedColumn):
        yield from cells.blocks()
        return
    waiting = iter(cells)
    while some := list(islice(waiting, BLOCK)):
        yield some


def widest(rows: Sequence[Sequence[Any]]) -> int:
    """Return how many cells the longest of `rows` has, or more: of packed ones, the longest there ever was."""
    if isinstance(rows, PackedRows):
        return max(rows.widest, max(map(len, rows.unpacked), default=0))
    return max(map(len, rows), default=0)


def some_of(rows: Sequence[Sequence[Any]], places: Sequence[int]) -> Sequence[Sequence[Any]]:
    """Return the rows of `places`, in their order, packed where `rows` are."""
    if not isinstance(rows, PackedRows):
        return [rows[at] for at in places]
    found = PackedRows()
    found.extend(rows[at] for at in places)
    return found
