"""What is written beside the text of cells: comments (批注), and a line through them.

Neither is part of a value, and both may say that it no longer holds. On a cell of opening hours they are read as if
they stood in brackets behind it; a comment that speaks of opening above such a column is about all its cells. The rest
is kept as an own field of the row, which :mod:`geodata.importing.opening_remarks` holds against hours and status.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from geodata.errors import N_
from geodata.importing.headers import Layout
from geodata.importing.hours_column import HOURS
from geodata.importing.opening_remarks import STRUCK, speaks_of_opening
from geodata.importing.own_values import has_own, written
from geodata.importing.report import MAX_ROWS_NAMED, Problem, shown
from geodata.importing.rows import Rows
from geodata.importing.sheets import Sheet
from geodata.own_fields import PREFIX

LABEL = "批注"


def spread(sheet: Sheet) -> None:
    """Let a comment on merged cells, or a line through them, hold for every row that they cover."""
    if not (sheet.comments or sheet.struck):
        return
    numbers = set(sheet.numbers)
    for merge in sheet.merges:
        said = sheet.comments.get(merge.top, {}).get(merge.left)
        for number in numbers.intersection(range(merge.top + 1, merge.bottom + 1)):
            if said:
                sheet.comments.setdefault(number, {}).setdefault(merge.left, said)
            if (merge.top, merge.left) in sheet.struck:
                sheet.struck.add((number, merge.left))


def beside_hours(cells: Sequence[Any], sheet: Sheet, layout: Layout) -> Sequence[Any]:
    """Return the cells of opening hours, each with what is written on it, or on the header above, in brackets."""
    places = {*layout.columns.get(HOURS, ()), *(one.place for one in layout.hours)}
    over = [said for _, _, said in _comments(sheet, sheet.numbers[: layout.first], places) if speaks_of_opening(said)]
    found = {number: list(over) for number in sheet.numbers[layout.first :]} if over else {}
    for number, _, said in _comments(sheet, sheet.comments, places):
        if speaks_of_opening(said):
            found.setdefault(number, []).append(said)
    for number, place in sheet.struck:
        if place in places:
            found.setdefault(number, []).append("已划掉")  # no key
    if not found:
        return cells
    return [
        f"{cell}（{'；'.join(found[number])}）" if number in found and isinstance(cell, str) and cell.strip() else cell
        for number, cell in zip(sheet.numbers[layout.first :], cells, strict=True)
    ]


def keep(rows: Rows, sheet: Sheet, layout: Layout, start: int) -> None:
    """Keep what is written on the cells of rows as an own field of them, and tell of it, and of what has no row.

    Of a line through a name or key the field says so: whether the row still holds is not known then.
    """
    if not (sheet.comments or sheet.struck):
        return
    texts: dict[int, list[str]] = {}
    for number, _, said in _comments(sheet, sheet.comments):
        texts.setdefault(number, []).append(said)
    names = {at for one in (rows.schema.key, "name") for at in layout.columns.get(one, ())}
    lined: dict[int, list[str]] = {}
    for number, place in sorted(sheet.struck):
        title = layout.titles[place] if place < len(layout.titles) else ""
        lined.setdefault(number, []).append(STRUCK if place in names else f"{title}{STRUCK}")
    data = sheet.numbers[layout.first :]
    on_rows = [at for at, number in enumerate(data) if number in texts]
    struck = [at for at, number in enumerate(data) if number in lined]
    if has_own(rows.schema) and (on_rows or struck):
        values = rows.column(PREFIX + LABEL)
        for at in sorted({*on_rows, *struck}):
            said = [*texts.get(data[at], ()), *lined.get(data[at], ())]
            before = values[start + at]
            values[start + at] = written("；".join([*([] if before is None else [str(before)]), *said]))
    for numbers, msgid in (
        (
            [data[at] for at in on_rows],
            N_("{count} 行的单元格有批注，存为自有项目“批注”；说到何时开放的，已与开放时间和状态对照，如“{text}”。")
            if has_own(rows.schema)
            else N_("{count} 行的单元格有批注，这张表不存批注，没有读入，如“{text}”：请核对。"),
        ),
        (
            [data[at] for at in struck],
            N_("{count} 行有划了删除线的单元格：名称划掉的按“状态不明”，开放时间划掉的按“开放时间不详”处理，请核对。")
            if has_own(rows.schema)
            else N_("{count} 行有划了删除线的单元格，照样导入：不要的请先在文件里删去。"),
        ),
        (
            sorted(texts.keys() - set(data)),
            N_("表头或表外有 {count} 行的批注没有存下，如“{text}”：请核对。"),
        ),
    ):
        if numbers:
            rows.report.warn(
                Problem(
                    msgid,
                    {"count": len(numbers), "text": shown(texts.get(numbers[0], [""])[0]) or ""},
                    sheet=sheet.name,
                    row=numbers[0],
                    rows=tuple(numbers[:MAX_ROWS_NAMED]),
                    code="comment",
                )
            )


def _comments(sheet: Sheet, numbers: Iterable[int], places: set[int] | None = None) -> Iterable[tuple[int, int, str]]:
    """Yield row number, place and text of the comments on rows, those of some places where they are named."""
    for number in sorted(sheet.comments.keys() & set(numbers)):
        for place, said in sorted(sheet.comments[number].items()):
            if places is None or place in places:
                yield number, place, said
