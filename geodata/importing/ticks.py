"""Columns of ticks, read as the members of a set: ``√ × 有 无 是 否 ○ 1 0`` under what the set may hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geodata.errors import N_
from geodata.importing.headers import Layout
from geodata.importing.report import MAX_ROWS_NAMED, Problem, Report, shown
from geodata.importing.sheets import Sheet
from geodata.importing.together import Tick, circle_of, is_ticked

_UNSEEN = object()


def ticked(
    ticks: Sequence[Tick],
    cells: Sequence[Any] | None,
    data: Sequence[Sequence[Any]],
    layout: Layout,
    sheet: Sheet,
    report: Report,
) -> list[Any]:
    """Return for each row what is ticked, as a text of codes, after what its own column lists; None where nothing is.

    Parameters
    ----------
    ticks : sequence of Tick
        Columns of one set.
    cells : sequence or None
        Cells of the column that lists the set in words, where the file has one.
    data : sequence of sequence
        Rows of data.

    Notes
    -----
    A cell that is neither a tick nor its contrary counts as no tick, and is told.
    """
    found: list[list[str]] = [[] for _ in data]
    columns = [[row[one.place] if one.place < len(row) else None for row in data] for one in ticks]
    circle = circle_of(cell for column in columns for cell in column)
    for one, column in zip(ticks, columns, strict=True):
        known: dict[Any, bool | None] = {}
        unread: dict[str, list[int]] = {}
        for at, cell in enumerate(column):
            if cell is None or cell == "":
                continue
            key = (type(cell), cell)
            said = known.get(key, _UNSEEN)
            if said is _UNSEEN:
                said = known[key] = is_ticked(cell, circle)
            if said:
                found[at].append(one.code)
            elif said is None:
                unread.setdefault(str(cell), []).append(sheet.numbers[layout.first + at])
        for text, numbers in list(unread.items())[:50]:
            report.warn(
                Problem(
                    N_("“{column}”写的“{value}”看不出有还是没有，按没有填写处理：请写 √ 或 ×。"),
                    {"column": shown(one.title), "value": shown(text)},
                    sheet=sheet.name,
                    row=numbers[0],
                    column=one.title,
                    value=shown(text),
                    rows=tuple(numbers[:MAX_ROWS_NAMED]),
                    code="unknown",
                )
            )
    listed = cells or [None] * len(data)
    return [
        "；".join(filter(None, (None if cell is None else str(cell), *codes))) or None
        for cell, codes in zip(listed, found, strict=True)
    ]
