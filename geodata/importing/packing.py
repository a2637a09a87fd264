"""The cells of one column, some thousands of them, in little memory: each way of packing for what stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_SHARED = 100_000  # texts that several blocks have, each kept once
FEW = 0.5  # share of different texts up to which a column of a block keeps each once
_TEXTS = np.dtypes.StringDType(na_object=None)
_NONE = "\x00"  # stands for None among texts, none of which holds it
_MOST_BYTES = 2**31 - 1


class _Coded(NamedTuple):
    """A column of few different cells: these, and which of them stands in each row."""

    cells: NDArray[np.object_]
    codes: NDArray[np.unsignedinteger[Any]]


class _Same(NamedTuple):
    """A column of one cell over and over."""

    cell: Any
    count: int


class _Gaps(NamedTuple):
    """A column of numbers, NaN where there is none."""

    numbers: NDArray[np.float64]


class _Texts:
    """A column of many different texts, None between them: one after another, in half the time and place of an array.

    Parameters
    ----------
    data : bytes
        The texts, each with a line end before it, the last with one behind.
    gaps : bool
        Whether :data:`_NONE` stands for None among them.
    """

    __slots__ = ("_data", "_ends", "_gaps")

    def __init__(self, data: bytes, gaps: bool) -> None:
        self._data, self._gaps = data, gaps
        self._ends: NDArray[np.int32] | None = None

    @classmethod
    def of(cls, cells: Sequence[str | None]) -> _Texts | None:
        """Return the texts packed; None where they hold what parts them."""
        gaps = None in cells
        texts = [_NONE if cell is None else cell for cell in cells] if gaps else cells
        lines = "\n".join(("", *texts, ""))  # ty: ignore[no-matching-overload] - no gaps, no None
        if lines.count("\n") != len(cells) + 1 or (gaps and lines.count(_NONE) != cells.count(None)):
            return None
        data = lines.encode()
        return None if len(data) > _MOST_BYTES else cls(data, gaps)

    def tolist(self) -> list[str | None]:
        """Return the texts."""
        texts: list[Any] = self._data.decode().split("\n")[1:-1]
        return [None if one == _NONE else one for one in texts] if self._gaps else texts

    def __getitem__(self, at: int) -> str | None:
        if self._ends is None:
            self._ends = np.flatnonzero(np.frombuffer(self._data, np.uint8) == ord("\n")).astype(np.int32)
        text = self._data[self._ends[at] + 1 : self._ends[at + 1]].decode()
        return None if self._gaps and text == _NONE else text


def packed_cells(cells: Sequence[Any], known: dict[str, str]) -> Any:
    """Return the cells of a column packed; `known` holds texts that other blocks have too, and grows."""
    kinds = set(map(type, cells))
    filled = kinds - {type(None)}
    if not filled:
        return _Same(None, len(cells))
    if len(filled) > 1:
        return tuple(cells)
    if filled == {float}:
        if len(kinds) == 1:
            return np.array(cells, np.float64)
        return tuple(cells) if any(one != one for one in cells) else _Gaps(np.array(cells, np.float64))
    if kinds == {int}:
        try:
            return np.array(cells, np.int64)
        except OverflowError:
            return tuple(cells)
    if not filled <= {str, date, bool}:
        return tuple(cells)
    different = set(cells)
    if len(different) == 1:
        return _Same(cells[0], len(cells))
    if len(different) > FEW * len(cells):
        if filled != {str}:
            return tuple(cells)
        try:
            return _Texts.of(cells) or np.array(cells, _TEXTS)
        except UnicodeEncodeError:  # half a surrogate, which is no text to be kept but one to be told of
            return tuple(cells)
    known = known if len(known) < MOST_SHARED else {}
    every = [known.setdefault(one, one) if type(one) is str else one for one in different]
    codes = {one: code for code, one in enumerate(every)}
    width = np.uint8 if len(every) <= 256 else np.uint16
    return _Coded(np.array([*every, None], dtype=object)[:-1], np.array([codes[one] for one in cells], width))


def unpacked_cells(column: Any) -> list[Any]:
    """Return the cells of a packed column."""
    if isinstance(column, np.ndarray | _Texts):
        return column.tolist()
    if isinstance(column, _Coded):
        return column.cells[column.codes].tolist()
    if isinstance(column, _Same):
        return [column.cell] * column.count
    if isinstance(column, _Gaps):
        return [None if one != one else one for one in column.numbers.tolist()]
    return list(column)


def one_cell(column: Any, at: int) -> Any:
    """Return one cell of a packed column."""
    if isinstance(column, np.ndarray):
        return column[at] if column.dtype.kind == "T" else column[at].item()
    if isinstance(column, _Coded):
        return column.cells[column.codes[at]]
    if isinstance(column, _Same):
        return column.cell
    if isinstance(column, _Gaps):
        return None if (one := column.numbers[at].item()) != one else one
    return column[at]  # of texts, or a tuple
