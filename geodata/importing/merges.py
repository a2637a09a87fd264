"""Cells merged over several rows or columns of data: what stands in one of them holds for all that it covers."""

from __future__ import annotations

from geodata.errors import N_
from geodata.importing.headers import Layout
from geodata.importing.packed import cells_at
from geodata.importing.report import MAX_ROWS_NAMED, Problem, Report, shown
from geodata.importing.sheets import Merge, Sheet
from geodata.schema import TableSchema

_FIGURES = ("int", "float")
_DITTO = frozenset({"同上", "同前", "同上一行", "同上行", "〃", "″", "々", "ditto"})


def spread(sheet: Sheet, layout: Layout, schema: TableSchema, report: Report) -> dict[int, Problem]:
    """Let merged cells hold for every row they cover, but for names and figures, and tell of it.

    A name merged over two rows does not say whether they are one thing or two, and a figure may be that of both
    together.

    Returns
    -------
    dict
        Row number → the error of a row that shares its name with the row above it.
    """
    data = {number: at for at, number in enumerate(sheet.numbers) if at >= layout.first} if sheet.merges else {}
    columns = {place: name for name, places in layout.columns.items() for place in places}
    types = {column.name: column.dtype for column in schema.columns}
    filled: dict[int, list[int]] = {}
    kept: dict[int, list[int]] = {}
    wrong: dict[int, Problem] = {}
    for merge in sheet.merges:
        covered = [data[number] for number in range(merge.top, merge.bottom + 1) if number in data]
        places = [place for place in range(merge.left, merge.right + 1) if place in layout.used]
        if not covered or not places or (merge.top not in data):
            continue
        if len(places) > 1:
            _across(sheet, layout, merge, places, report)
        top, place = sheet.rows[covered[0]], places[0]
        value = top[merge.left] if merge.left < len(top) else None
        if value in (None, "") or len(covered) < 2:
            continue
        name = columns.get(place, "")
        if name in (schema.key, "name"):
            wrong |= {sheet.numbers[at]: _shared(sheet, layout, merge, sheet.numbers[at], place) for at in covered[1:]}
            continue
        if types.get(name) in _FIGURES or (not types.get(name) and isinstance(value, int | float)):
            kept.setdefault(place, []).extend(sheet.numbers[at] for at in covered)
            continue
        for at in covered[1:]:
            row = list(sheet.rows[at])
            row += [None] * (place + 1 - len(row))
            row[place] = value
            sheet.rows[at] = row
        filled.setdefault(place, []).extend(sheet.numbers[at] for at in covered)
    for found, msgid in (
        (filled, N_("“{column}”有合并单元格，里面的内容算合并的每一行（共 {count} 行）。")),
        (kept, N_("“{column}”有合并单元格，里面的数只算第一行：它可能是几行合计的（共 {count} 行）。")),
    ):
        for place, numbers in found.items():
            _tell(sheet, layout.titles, place, numbers, msgid, report)
    return wrong


def repeat_above(sheet: Sheet, layout: Layout, schema: TableSchema, report: Report) -> None:
    """Let ``同上`` and ditto marks be what stands in the cell above, and tell of it; a name of its own is nobody's."""
    rows, names = sheet.rows[layout.first :], {at for one in (schema.key, "name") for at in layout.columns.get(one, ())}
    found = [
        (at, place)
        for place in sorted(layout.used - names)
        if not _DITTO.isdisjoint(cells := cells_at(rows, place))  # hardly any column: told without a look at each cell
        for at, cell in enumerate(cells)
        if cell in _DITTO and at
    ]
    for at, place in found:
        above = sheet.rows[layout.first + at - 1]
        row = list(sheet.rows[layout.first + at])
        row[place] = above[place] if place < len(above) else None
        sheet.rows[layout.first + at] = row
    for place in dict.fromkeys(place for _, place in found):
        numbers = [sheet.numbers[layout.first + at] for at, one in found if one == place]
        _tell(
            sheet,
            layout.titles,
            place,
            numbers,
            N_("“{column}”有 {count} 行写着“同上”之类，已按上一行的内容读取：请核对。"),
            report,
        )


def _tell(
    sheet: Sheet, titles: list[str], place: int, numbers: list[int], msgid: str, report: Report, **params: str
) -> None:
    title = titles[place] if place < len(titles) else _letters(place)
    report.warn(
        Problem(
            msgid,
            {"column": shown(title), "count": len(numbers), **params},
            sheet=sheet.name,
            row=numbers[0],
            column=title,
            rows=tuple(numbers[:MAX_ROWS_NAMED]),
            code="merged",
        )
    )


def _across(sheet: Sheet, layout: Layout, merge: Merge, places: list[int], report: Report) -> None:
    numbers = list(range(merge.top, min(merge.bottom + 1, merge.top + MAX_ROWS_NAMED)))
    _tell(
        sheet,
        layout.titles,
        places[0],
        numbers,
        N_("合并单元格 {ref} 跨了几列，内容只算第一列“{column}”的。"),
        report,
        ref=reference(merge),
    )


def _shared(sheet: Sheet, layout: Layout, merge: Merge, number: int, place: int) -> Problem:
    return Problem(
        N_("合并单元格 {ref}：请取消合并，并在每一行写上内容。"),
        {"ref": reference(merge)},
        sheet=sheet.name,
        row=number,
        column=layout.titles[place],
        value=reference(merge),
        expected_msgid=N_("不合并的单元格"),
        code="merged",
    )


def reference(merge: Merge) -> str:
    """Return how a spreadsheet calls merged cells: ``B4:C5``."""
    left, right = _letters(merge.left), _letters(merge.right)
    return f"{left}{merge.top}:{right}{merge.bottom}"


def _letters(place: int) -> str:
    from openpyxl.utils import get_column_letter  # slow to import; hardly any file needs it

    return get_column_letter(place + 1)


def hidden(sheet: Sheet, layout: Layout, report: Report) -> None:
    """Tell of hidden rows and columns.

    They are brought in like the rest, for only a person knows why they were hidden.
    """
    rows = (
        [number for number in sheet.numbers[layout.first :] if number in sheet.hidden_rows] if sheet.hidden_rows else []
    )
    if rows:
        report.warn(
            Problem(
                N_("第 {rows} 行在文件里是隐藏的，照样导入（共 {count} 行）：不要的请先在文件里删去。"),
                {"rows": _listed(rows), "count": len(rows)},
                sheet=sheet.name,
                row=rows[0],
                rows=tuple(rows[:MAX_ROWS_NAMED]),
                code="hidden",
            )
        )
    columns = [layout.titles[at] for at in sorted(sheet.hidden_columns & layout.used) if at < len(layout.titles)]
    if columns:
        report.warn(
            Problem(
                N_("列“{columns}”在文件里是隐藏的，照样导入：不要的请先在文件里删去。"),
                {"columns": "、".join(columns[:20])},
                sheet=sheet.name,
                column=columns[0],
                code="hidden",
            )
        )


def _listed(numbers: list[int]) -> str:
    """Return row numbers as people write them: ``4–6、9``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    said = [
        str(run[0]) if len(run) == 1 else f"{run[0]}{'、' if run[1] == run[0] + 1 else '–'}{run[1]}" for run in runs
    ]
    return "、".join(said[:12]) + ("…" if len(said) > 12 else "")
