"""A warning that names the rows it is of, sheet by sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.importing.report import MAX_ROWS_NAMED, Problem, Report
from geodata.importing.rows import Rows
from geodata.in_parts import Table, taken


def name_rows(
    report: Report,
    rows: Rows,
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
    for group in rows.by_sheet(of):
        named = group[:MAX_ROWS_NAMED]
        numbers = tuple(rows.numbers[one] for one in named)
        pairs = (
            ()
            if places is None
            else tuple(
                (row, *pair)
                for row, pair in zip(numbers, places[[of[one] for one in named]].round(8).tolist(), strict=True)
            )
        )
        more = example(of[group[0]]) if example else {}
        report.warn(
            Problem(
                msgid,
                {"count": len(group), **params, **more},
                **rows.where(group[0], column),
                rows=numbers,
                positions=pairs,
                code=code,
            )
        )


def names_of(frame: Table, at: NDArray[np.intp]) -> list[Any]:
    """Return the names of the rows of `frame` at the positions `at`."""
    return taken(frame, at)["name"].tolist() if len(at) else []
