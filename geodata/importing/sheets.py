"""What every kind of file becomes before anything is understood: sheets of cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_
from geodata.importing.limits import MAX_COLUMNS, MAX_ROWS, MAX_STRANGE_CELLS, MAX_TABLE_CELLS, MAX_TABLE_ROWS
from geodata.importing.packed import PackedColumn, PackedRows
from geodata.importing.report import Problem, Unreadable


class Merge(NamedTuple):
    """Cells merged into one: first and last row as the file counts them, first and last place counted from 0."""

    top: int
    bottom: int
    left: int
    right: int


Comments = dict[int, dict[int, str]]  # row number → place in the row, counted from 0 → text


@dataclass(slots=True)
class Sheet:
    """One sheet or layer as it stands in the file.

    Attributes
    ----------
    name : str or None
        Name of the sheet or layer; a csv has none.
    rows : list of sequence
        Cells; empty rows are left out.
    numbers : list of int
        Row number of each of `rows`, as the file's own program counts them.
    header : list of str or None
        Headers where the format keeps them apart; None: they are somewhere in the first rows.
    geometry : ndarray of object or None
        A shapely geometry (or None) for each row, in the file's own coordinates.
    crs : str or None
        Coordinate system that the file itself declares, as in :func:`geodata.datum.named`.
    short_names : bool
        Whether headers may have been cut (a Shapefile keeps ten bytes).
    problems : list of Problem
        What is wrong with single cells already: formulas without a value.
    hidden : bool
        Whether the program of the file hides the whole sheet.
    hidden_rows : set of int
        Row numbers (as in `numbers`) that are hidden.
    hidden_columns : set of int
        Places in a row, counted from 0, that are hidden.
    merges : list of Merge
        Cells that are one over several places; its value stands in the first.
    emphasised : set of int
        Row numbers in which every cell that holds anything is bold or filled.
    comments : dict of int to dict of int to str
        Row number → place in the row, counted from 0 → what is written on the cell beside its text.
    struck : set of (int, int)
        Row number and place of cells with a line through them.
    title : str or None
        What the file calls itself where the format keeps that apart from the cells (a layer's description).
    means : str or None
        Coordinate system that the format means where a file declares none (GeoJSON: WGS-84); it counts only when the
        file's own word is asked for.
    spare : frozenset of str
        Headers that every file of this format has: they give way to another column that means the same.
    format : str
        Of ``file_formats.csv``: what the file is taken for.
    part : bool
        Whether another table stands before this one on the sheet of the file.
    """

    name: str | None
    rows: Any  # a list of sequences, or PackedRows of a format that may be long
    numbers: Any  # a list of int, packed as the rows are
    header: list[str] | None = None
    geometry: NDArray[np.object_] | None = None
    crs: str | None = None
    short_names: bool = False
    problems: list[Problem] = field(default_factory=list)
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merges: list[Merge] = field(default_factory=list)
    emphasised: set[int] = field(default_factory=set)
    comments: Comments = field(default_factory=dict)
    struck: set[tuple[int, int]] = field(default_factory=set)
    title: str | None = None
    means: str | None = None
    spare: frozenset[str] = frozenset()
    format: str = "csv"
    part: bool = False


def gathered(name: str | None, rows: Iterable[Sequence[Any]], known: bool = True) -> Sheet:
    """Return the sheet of `rows` (the first is row 1), without its empty rows and within bounds.

    Closer where no header is `known`.

    Raises
    ------
    Unreadable
        When there are more rows, columns or cells than the atlas takes.
    """
    most, most_cells = (MAX_TABLE_ROWS, MAX_TABLE_CELLS) if known else (MAX_ROWS, MAX_STRANGE_CELLS)
    sheet, cells, count = Sheet(name, PackedRows(), PackedColumn()), 0, 0
    append_row, append_number = sheet.rows.append, sheet.numbers.append
    for number, row in enumerate(rows, 1):
        width = len(row)
        while width and (row[width - 1] is None or row[width - 1] == ""):
            width -= 1
        if width == 0:
            if number > 4 * most:
                raise too_large(name, N_("行"), number, most)
            continue
        cells += width
        if width > MAX_COLUMNS:
            raise too_large(name, N_("列"), width, MAX_COLUMNS)
        if count > most or cells > most_cells:
            raise too_large(name, N_("行"), count, most)
        count += 1
        append_row(row if width == len(row) else row[:width])
        append_number(number)
    return sheet


def too_large(name: str | None, what: str, got: int, limit: int) -> Unreadable:
    """Return the error of a sheet with too many rows (``行``) or columns (``列``)."""
    if what == N_("列"):
        return Unreadable(
            N_("表格有 {got} 列，最多 {limit} 列：请删去多余的列。"), sheet=name, code="size", got=got, limit=limit
        )
    return Unreadable(N_("表格超过 {limit} 行：请分成几个文件导入。"), sheet=name, code="size", limit=limit)
