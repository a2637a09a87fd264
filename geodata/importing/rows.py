"""The rows of a file, column by column, while they are read, placed, completed and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.importing.ground import Ground
from geodata.importing.packed import column_of, is_long
from geodata.importing.report import MAX_ROWS_NAMED, Problem, Report
from geodata.schema import TableSchema


@dataclass(slots=True)
class Rows:
    """Rows of one or more sheets, column by column.

    Attributes
    ----------
    schema : TableSchema
        The table that they are to go into.
    ground : Ground
        The atlas that has it.
    report : Report
        Where what is found of them is told.
    values : dict
        Column → one value (None: missing) per row: a list, or packed (:class:`geodata.importing.packed.PackedColumn`).
    sheets, numbers : list or packed column
        Sheet and row number of each row.
    titles : dict
        Column → its name for people, for columns that the file does not have.
    headers : dict
        Column → header as the file writes it.
    wrong : set of int
        Positions of rows with an error.
    left : set of int
        Positions of rows that stay out without one: the same row twice, a question without an answer.
    raw : dict
        Position column (``lon``, ``wkt`` …), or column of places (``county``, ``city`` …) → raw cells.
    shapes : list or None
        Geometry of each row, in the file's own coordinates.
    own : dict of int to dict
        Position of a row → label → text as written, where no column of the table holds it.
    hints : dict
        Sheet → texts that stand over its rows, in which a place may be named, the surest first.
    headings : dict of int to str
        Position of a row → the heading among the rows that it stands under.
    unread : dict of int to Problem
        Position of a row → what of its coordinates cannot be read.
    turned : set of int
        Positions of rows whose longitude and latitude stood one for the other and have been changed over.
    said : set of (str, str or None)
        Column and sheet where some rows of the sheet say what a blank must not be taken for.
    """

    schema: TableSchema
    ground: Ground
    report: Report
    titles: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    sheets: Any = field(default_factory=list)
    numbers: Any = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    wrong: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    raw: dict[str, Any] = field(default_factory=dict)
    shapes: list[Any] | None = None
    own: dict[int, dict[str, str]] = field(default_factory=dict)
    hints: dict[str | None, tuple[str, ...]] = field(default_factory=dict)
    headings: dict[int, str] = field(default_factory=dict)
    unread: dict[int, Problem] = field(default_factory=dict)
    turned: set[int] = field(default_factory=set)
    said: set[tuple[str, str | None]] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.numbers)

    def column(self, name: str, length: int | None = None, raw: bool = False) -> Any:
        """Return a column of `values` (or `raw`) to be written to, with as many cells as there are rows, or `length`.

        It is made where there is none; cells that it lacks are missing.
        """
        columns, count = (self.raw if raw else self.values), len(self)
        held = columns.get(name, ())
        if isinstance(held, tuple) or (isinstance(held, list) and is_long(count)):
            held = columns[name] = column_of(held, count)
        held.extend(repeat(None, (count if length is None else length) - len(held)))
        return held

    def where(self, at: int, column: str | None = None) -> dict[str, Any]:
        """Return sheet, row and header of a cell, as :class:`Problem` takes them."""
        return {"sheet": self.sheets[at], "row": self.numbers[at], "column": self.title(column)}

    def named(self, other: int) -> dict[str, Any]:
        """Return number and sheet of row `other`, as messages about another row name them."""
        return {"other": self.numbers[other], "over": self.sheets[other] or ""}

    def apart(self, at: int, other: int) -> bool:
        """Return whether two rows stand on different sheets."""
        return self.sheets[at] != self.sheets[other]

    def by_sheet(self, at: Iterable[int]) -> list[list[int]]:
        """Return positions of rows sheet by sheet: a row number says where it is only with its sheet."""
        found: dict[str | None, list[int]] = {}
        for one in at:
            found.setdefault(self.sheets[one], []).append(int(one))
        return list(found.values())

    def refuse(self, at: int, problem: Problem) -> None:
        """Tell of an error of row `at`, which keeps it out."""
        self.wrong.add(at)
        self.report.error(problem)

    def warn(
        self,
        at: Iterable[int],
        msgid: str,
        code: str,
        column: str | None = None,
        places: NDArray[np.float64] | None = None,
        example: Callable[[int], dict[str, Any]] | None = None,
        **params: Any,
    ) -> None:
        """Warn of the rows `at`, sheet by sheet;
        `places` has longitude and latitude of each as read and as mended, shape (n, 4).

        `example` gives what the message names of one row, by its place in `at`.
        """
        of = {int(one): place for place, one in enumerate(at)}
        for group in self.by_sheet(of):
            named = group[:MAX_ROWS_NAMED]
            numbers = tuple(self.numbers[one] for one in named)
            pairs = (
                ()
                if places is None
                else tuple(
                    (row, *pair)
                    for row, pair in zip(numbers, places[[of[one] for one in named]].round(8).tolist(), strict=True)
                )
            )
            more = example(of[group[0]]) if example else {}
            self.report.warn(
                Problem(
                    msgid,
                    {"count": len(group), **params, **more},
                    **self.where(group[0], column),
                    rows=numbers,
                    positions=pairs,
                    code=code,
                )
            )

    def title(self, column: str | None) -> str | None:
        """Return the header of a column in the file, else its name for people."""
        return None if column is None else self.headers.get(column) or self.titles.get(column, column)
