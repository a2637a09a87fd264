"""The column of opening hours: hours where they are understood,
the text as written always, unknown where they are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import Any

from geodata.errors import N_
from geodata.hours import HOLIDAY
from geodata.importing.bad import BadValue, checked_text
from geodata.importing.hours import NotHours, read
from geodata.importing.report import MAX_ROWS_NAMED, Problem, shown
from geodata.importing.rows import Rows
from geodata.importing.values import is_blank
from geodata.schema import Column

HOURS, AS_WRITTEN = "opening_hours", "opening_hours_text"
MAX_KEPT = 2_000  # characters kept of a text
TEXTS_NAMED = 5
#: So many different texts that are not hours, and so large a share of all, and the rest is not tried: the column holds
#: something else, and each costs a tenth of a millisecond.
MOST_UNREAD, HARDLY_ANY = 20_000, 0.9

Found = tuple[str | None, str | None, bool]


def read_hours(rows: Rows, start: int, column: Column, cells: Sequence[Any], texts: Sequence[Any] | None) -> None:
    """Add opening hours, and the text that they are read from, to `rows`; no cell is an error.

    Parameters
    ----------
    rows : Rows
        Takes ``opening_hours`` and ``opening_hours_text``; the rows from `start` on are those of `cells`.
    start : int
    column : Column
        That of ``opening_hours``.
    cells : sequence
        The cells as the file has them.
    texts : sequence, optional
        Cells of the column of texts as written, where the file has one (an export of the atlas does). Such a text is
        kept beside hours that it stands for, or beside none; else the cell of the hours takes its place.
    report : Report
        Gets one warning that names rows and texts that are not understood, and counts them.
    """
    hours, kept = rows.column(HOURS, start), rows.column(AS_WRITTEN, start)
    known: dict[tuple[str, Any, Any], Found] = {}
    unknown: list[int] = []
    holidays: list[int] = []
    seasons: list[int] = []
    unread, hopeless = 0, False
    for at, (cell, text) in enumerate(zip(cells, repeat(None) if texts is None else texts)):  # noqa: B905 - repeated
        if cell is None and text is None:
            hours.append(None)
            kept.append(None)
            continue
        key = (type(cell).__name__, cell, text)
        found = known.get(key)
        if found is None:
            found = (None, _text(cell), False) if hopeless else _read(cell, text, column)
            known[key] = found
            unread += found[0] is None and found[1] is not None
            hopeless = unread > MOST_UNREAD and unread > HARDLY_ANY * len(known)
        said, written, guessed = found
        hours.append(said)
        kept.append(written)
        if said is None:
            if written is not None:
                unknown.append(start + at)
            continue
        if HOLIDAY in said:
            holidays.append(rows.numbers[start + at])
        if guessed:
            seasons.append(rows.numbers[start + at])
    _tell_unknown(rows, unknown)
    if hopeless:
        rows.report.warn(
            Problem(
                N_("这一列有 {count} 多种写法都读不懂，其余的没有再读，也按不详处理：请核对这一列是不是开放时间。"),
                {"count": MOST_UNREAD},
                sheet=rows.sheets[start],
                column=rows.headers.get(HOURS),
                code="hours",
            )
        )
    for told, msgid, code in (
        (holidays, N_("开放时间里的节假日安排已保存；图上按平日计算，不单独计算节假日。"), "holidays"),
        (seasons, N_("开放时间里的夏季按 5 至 10 月、冬季按 11 至次年 4 月处理：如有不同，请写明月份。"), "season"),
    ):
        if told:
            rows.report.warn(
                Problem(
                    msgid,
                    sheet=rows.sheets[start],
                    column=rows.headers.get(HOURS),
                    row=told[0],
                    rows=tuple(told[:MAX_ROWS_NAMED]),
                    code=code,
                )
            )


def _read(cell: Any, text: Any, column: Column) -> Found:
    """Return the hours (None: unknown), the text to keep beside them (None: none), and whether a season was assumed."""
    before = None if text is None or is_blank(text, column) else _text(text)
    if is_blank(cell, column):
        return None, before, False
    now = _text(cell)
    try:
        found = read(now)
    except NotHours:
        return None, now, False
    if before is not None and _means(before) in (found.hours, None):
        now = before
    return found.hours, None if now == found.hours else now, found.guessed


def _means(text: str) -> str | None:
    try:
        return read(text).hours
    except NotHours:
        return None


def _text(cell: Any) -> str:
    """Return the text of a cell; one that no other column would take is kept as far as it can be shown."""
    try:
        text = checked_text(cell)
    except BadValue:
        text = "".join(one if one.isprintable() else " " for one in str(cell)).strip()
    return text[:MAX_KEPT]


def name_unknown(rows: Rows, unknown: Sequence[int]) -> None:
    """Count rows whose hours are unknown in the report, and name the first of them with their texts."""
    rows.report.unknown_hours += len(unknown)
    room = MAX_ROWS_NAMED - len(rows.report.unknown_hours_rows)
    rows.report.unknown_hours_rows += [
        (rows.sheets[at], rows.numbers[at], str(rows.values[AS_WRITTEN][at])) for at in unknown[: max(room, 0)]
    ]


def _tell_unknown(rows: Rows, unknown: list[int]) -> None:
    if not unknown:
        return
    texts = list(dict.fromkeys(str(rows.values[AS_WRITTEN][at]) for at in unknown))
    told = [shown(one) or "" for one in texts[:TEXTS_NAMED]]
    name_unknown(rows, unknown)
    numbers = tuple(rows.numbers[at] for at in unknown[:MAX_ROWS_NAMED])
    rows.report.warn(
        Problem(
            N_("{count} 行的开放时间没有读懂，按“开放时间不详”导入，原文照存、照显示：{texts}。"),
            {"count": len(unknown), "texts": "；".join(told) + ("；…" if len(texts) > len(told) else "")},
            sheet=rows.sheets[unknown[0]],
            row=numbers[0],
            rows=numbers,
            column=rows.headers.get(HOURS),
            value=told[0],
            expected_msgid=N_("开放时间，如 8:00-22:00 或 周一至周五 9:00-18:00"),
            code="hours",
        )
    )
