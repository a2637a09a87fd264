"""Rows of sums, held against the rows that they add up: a difference is told, never mended."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from geodata.errors import N_
from geodata.importing.bad import BadValue
from geodata.importing.numbers import Figure
from geodata.importing.remarks import Sum
from geodata.importing.report import Problem, Report, shown

MOST_SUMS = 500  # rows of sums of a sheet that are held against its rows


class Sums:
    """The sums of a sheet.

    Parameters
    ----------
    found : list of Sum
    first : int
        Index in ``sheet.rows`` of the first row of data.
    sheet : str or None
        Name of the sheet.
    """

    def __init__(self, found: Sequence[Sum], first: int, sheet: str | None) -> None:
        self._found, self._first, self._sheet = found[:MOST_SUMS], first, sheet
        self._wrong: list[Problem] = []

    def hold(self, place: int, title: str, values: Sequence[Any], read: Callable[[Any], Any]) -> None:
        """Hold a column of figures against its sums.

        Parameters
        ----------
        place : int
            Where the column stands.
        title : str
            Its header.
        values : sequence of float or None
            The figures of the rows of data, as they were read.
        read : callable
            Reads a cell of the column.
        """
        for one in self._found:
            cell = one.cells[place] if place < len(one.cells) else None
            if cell is None or cell == "" or isinstance(cell, bool):
                continue
            try:
                said = read(cell)
            except (BadValue, ValueError, OverflowError):
                continue
            said = said.value if isinstance(said, Figure) else said
            if not isinstance(said, int | float):
                continue
            part = values[one.first - self._first : one.last - self._first]
            figures = [value for value in part if isinstance(value, int | float) and not isinstance(value, bool)]
            total = math.fsum(figures)
            if figures and not math.isclose(said, total, rel_tol=1e-6, abs_tol=0.005):
                lacking = len(part) - len(figures)
                self._tell(
                    one,
                    title,
                    cell,
                    N_("第 {row} 行的合计写“{column}”是 {said}，以上各行相加是 {total}（{lacking} 行没有数）：请核对。")
                    if lacking
                    else N_("第 {row} 行的合计写“{column}”是 {said}，以上各行相加是 {total}：请核对。"),
                    said=f"{said:,.10g}",
                    total=f"{total:,.10g}",
                    lacking=lacking,
                )

    def check(self, rows: int, report: Report) -> None:
        """Hold the counts of rows that sums name against the `rows` of data there are, and tell of every difference."""
        for one in self._found:
            count = min(one.last - self._first, rows) - (one.first - self._first)
            if one.count is not None and one.count != count:
                self._tell(
                    one,
                    None,
                    one.count,
                    N_("第 {row} 行的合计写共 {said} 个，以上有 {total} 行：请核对有没有漏行。"),
                    said=one.count,
                    total=count,
                )
        for problem in self._wrong:
            report.warn(problem)

    def _tell(self, one: Sum, title: str | None, cell: Any, msgid: str, **params: Any) -> None:
        self._wrong.append(
            Problem(
                msgid,
                {"row": one.number, "column": shown(title), **params},
                sheet=self._sheet,
                row=one.number,
                column=title,
                value=shown(cell),
                code="sum",
            )
        )
