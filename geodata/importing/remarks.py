"""Rows of a sheet that are no rows of the table:
sums, headings, notes, signatures, headers repeated, numbers without anything.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from geodata.errors import N_
from geodata.importing.headers import Layout
from geodata.importing.opening_remarks import is_state
from geodata.importing.packed import column_of, some_of
from geodata.importing.report import Problem, Report
from geodata.importing.sheets import Sheet
from geodata.importing.structure import text_of
from geodata.schema import TableSchema

_SUM = r"合\s*计|总\s*计|小\s*计|共\s*计|总\s*数|累\s*计|汇\s*总|(?:grand\s+|sub-?)?totals?|sum"
SUM = re.compile(
    rf"(?:本页|本表|全[市区县省]|.{{0,12}}?)?(?P<what>{_SUM})\s*[:：]?\s*(?P<count>共?\s*\d+\s*[个处家座行条人]?)?$",
    re.IGNORECASE,
)
_COUNT = re.compile(r"共?\s*\d+(?:\.0)?\s*[个处家座行条人]?")  # under a name, in a row of sums: how many there are
_PART = re.compile(r"小\s*计|本页|^sub", re.IGNORECASE)
_ROLES = (
    r"填表人?|填报人?|填报单位|填[表报](?:日期|时间)|制表人?|制表(?:单位|"
    r"日期|时间)|审核人?|审批人?|复核人?|负责人|单位负责人|分管领导|"
    r"经办人|联系人|联系电话|数据来源|统计(?:单位|日期|时间)|"
    r"报送(?:单位|日期|时间)|备\s*注|附?\s*注|说\s*明|填表说明|注意事项"
)
_REMARK = re.compile(
    rf"(?:{_ROLES})\s*(?:[(（][^)）]{{0,10}}[)）])?\s*[:：]|[(（]?\s*(?:盖章|公章|签[字章名])\s*[)）]?|[※*＊]\s*\D"
)
_HEADING = re.compile(
    r"[(（]?(?:[一二三四五六七八九十]{1,3}|\d{1,2})[)）]?\s*[、.．](?!\d)|.{2,20}[(（]共?\s*\d+\s*[个处家座][)）]$"
)
_GROUP = re.compile(r".{1,12}(?:区|县|市|旗|街道|镇|乡)\s*(?:[(（].{0,8}[)）])?\s*[:：]?")
_OF_PLACES = (
    "places",
    "lines",
    "land",
    "zones",
    "regions",
    "grids",
    "parts",
)  # whose rows may be called 滨海片区 and no more
_ORDINAL = re.compile(r"[(（]?[一二三四五六七八九十]{1,3}[)）]?[、.．]?")


@dataclass(frozen=True, slots=True)
class Sum:
    """A row of sums: its row number and cells,
    and between which rows of data it adds up (positions in the sheet as it is left).
    """

    number: int
    cells: Sequence[Any]
    first: int
    last: int
    count: int | None


@dataclass(slots=True)
class Left:
    """What was left out of a sheet.

    Attributes
    ----------
    numbers : list of int
        Row numbers of sums, headings, notes and repeated headers.
    blank : list of int
        Row numbers of rows that hold nothing but their own number.
    sums : list of Sum
    headings : dict of int to str
        Position of a row of data, as the sheet is left → heading that stands over it.
    """

    numbers: list[int] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    headings: dict[int, str] = field(default_factory=dict)


def take_out(sheet: Sheet, layout: Layout, schema: TableSchema) -> Left:
    """Take the rows that are no rows of the table out of a sheet, and return what they were."""
    left = Left()
    if sheet.header is not None:
        return left
    named = {layout.columns[name][0] for name in (schema.key, "name") if name in layout.columns}
    read = layout.used
    wide = {one.top: one for one in sheet.merges if one.right > one.left}
    head = {at: text for row in sheet.rows[max(layout.first - 1, 0) : layout.first] for at, text in _texts(row).items()}
    kept = array("q", range(layout.first))
    heading, since = "", layout.first
    headed = len(layout.columns) > 1 and schema.name not in _OF_PLACES
    for at, row in enumerate(sheet.rows[layout.first :], layout.first):
        full = len(row) > 2 and row[0] and row[1] and row[2]  # as most rows are: more than a group names
        few = not full and len(row) - row.count(None) - row.count("") <= 2
        if headed and few and (said := _group(row) or (_state(row) if schema.name == "stations" else "")):
            heading, since = said, len(kept)
            left.numbers.append(sheet.numbers[at])
            continue
        if _is_named(row, named, head):
            if heading:
                left.headings[len(kept)] = heading
            kept.append(at)
            continue
        first = next((place for place, cell in enumerate(row) if text_of(cell)), None)
        if first is None:
            left.blank.append(sheet.numbers[at])
            continue
        said = text_of(row[first]) if isinstance(row[first], str) else ""
        what = _sum(said)
        # nothing else says which row this is
        counted = what is not None and first not in named
        nameless = all(
            place == first or not (text := _at(row, place)) or (counted and _COUNT.fullmatch(text)) for place in named
        )
        lone = not any(_at(row, place) for place in range(first + 1, len(row)))
        if nameless and what and (lone or first not in named or _numbers_only(row, first)):
            start = since if _PART.search(said) else layout.first
            left.sums.append(Sum(sheet.numbers[at], row, start, len(kept), _count(what["count"], row, first, named)))
            since = len(kept)
        elif nameless and _REMARK.match(said):
            pass
        elif lone and said and len(layout.columns) > 1 and (sheet.numbers[at] in wide or _HEADING.match(said)):
            heading, since = said, len(kept)
        elif said and len(head) > 1 and said == head.get(first) and _texts(row) == head:
            pass
        elif not any(_at(row, place) for place in read) and (lone or not said):
            if lone and first in layout.serials:
                left.blank.append(sheet.numbers[at])
                continue
        else:
            if heading:
                left.headings[len(kept)] = heading
            kept.append(at)
            continue
        left.numbers.append(sheet.numbers[at])
    if len(kept) != len(sheet.rows):
        sheet.rows = some_of(sheet.rows, kept)
        sheet.numbers = column_of((sheet.numbers[at] for at in kept), len(kept))
    return left


def _group(row: Sequence[Any]) -> str:
    """Return the place that a row names and nothing else, but for a numeral before it (``一 | 思明区``).

    Else an empty text.
    """
    texts = list(_texts(row).values())
    lone = len(texts) == 1 or (len(texts) == 2 and _ORDINAL.fullmatch(texts[0]))
    return texts[-1] if lone and _GROUP.fullmatch(texts[-1]) else ""


def _state(row: Sequence[Any]) -> str:
    """Return what a row says of how the stations under it stand, where it holds nothing else; else an empty text."""
    texts = list(_texts(row).values())
    return texts[0] if len(texts) == 1 and is_state(texts[0]) else ""


def _is_named(row: Sequence[Any], named: set[int], head: dict[int, str]) -> bool:
    """Return whether a row has a key or name behind something else, as most rows do: no sum, heading or note has."""
    for place in named:
        cell = row[place] if place < len(row) else None
        if cell is not None and cell != "" and cell != head.get(place) and any(row[:place]):
            said = text_of(cell)
            return said != "" and not (_COUNT.fullmatch(said) and _is_sum(row, place))
    return False


def _is_sum(row: Sequence[Any], place: int) -> bool:
    """Return whether the first cell that holds anything stands before `place` and says that a row is one of sums."""
    first = next((text for cell in row[:place] if (text := text_of(cell))), "")
    return _sum(first) is not None


def _sum(text: str) -> re.Match[str] | None:
    """Return what a text says of being a sum: None where it is none, as nearly all are at a glance."""
    return SUM.fullmatch(text) if "计" in text or "总" in text or text[:1] in "GgSsTt" else None


def _at(row: Sequence[Any], place: int) -> str:
    return text_of(row[place]) if place < len(row) else ""


def _texts(row: Sequence[Any]) -> dict[int, str]:
    return {at: text for at, cell in enumerate(row) if (text := text_of(cell))}


def _numbers_only(row: Sequence[Any], first: int) -> bool:
    """Return whether a row holds, behind its first cell, nothing but numbers and counts (``3个``)."""
    return all(
        not isinstance(cell, str) or re.fullmatch(r"\s*[共约]?\s*[\d,.]*\s*\D{0,3}\s*", cell) is not None
        for cell in row[first + 1 :]
    )


def _count(said: str | None, row: Sequence[Any], first: int, named: set[int]) -> int | None:
    """Return how many rows a sum says that there are: ``合计：3个``,
    or ``3个`` in a cell of its own, or a number under the name.
    """
    texts = [said] + [cell for cell in row[first + 1 :] if isinstance(cell, str)]
    found = next(
        (one for text in texts if text and (one := re.fullmatch(r"\s*共?\s*(\d+)\s*[个处家座行条]\s*", text))), None
    )
    if found:
        return int(found[1])
    cells = [row[place] for place in named if place != first and place < len(row)]
    return next((int(one) for one in cells if isinstance(one, int | float) and not isinstance(one, bool)), None)


def tell_hidden(sheets: list[Sheet], report: Report) -> None:
    """Tell of hidden sheets: they are left out."""
    for sheet in sheets:
        if sheet.hidden:
            report.warn(
                Problem(
                    N_("工作表“{sheet}”是隐藏的，没有导入：要导入的请先取消隐藏。"),
                    {"sheet": sheet.name or ""},
                    sheet=sheet.name,
                    code="sheet",
                )
            )
            report.leave(Problem(N_("工作表是隐藏的。"), sheet=sheet.name, code="sheet"))


def tell_strange(sheet: Sheet, report: Report) -> None:
    """Tell of a sheet, or of a table below or beside another on it, that has not the headers of the table.

    It is left out.
    """
    row = sheet.numbers[0] if sheet.part and sheet.numbers else None
    msgid = (
        N_("工作表“{sheet}”没有这张表的表头，没有导入。") if row is None else N_("第 {row} 行起是另一张表，没有导入。")
    )
    params = {"sheet": sheet.name or "", "row": row}
    report.warn(Problem(msgid, params, sheet=sheet.name, row=row, code="sheet"))
    report.leave(Problem(N_("没有这张表的表头：像是汇总或说明。"), sheet=sheet.name, row=row, code="sheet"))


def tell_form(sheet: Sheet, report: Report) -> None:
    """Tell of a sheet that is a form of one row, its headers below each other: it is left out."""
    msgid = N_("工作表“{sheet}”像是竖排的登记表，没有导入：请改成一行一个，各项写在表头下面。")
    report.warn(Problem(msgid, {"sheet": sheet.name or ""}, sheet=sheet.name, code="sheet"))
    report.leave(Problem(N_("像是竖排的登记表：表头一格一行。"), sheet=sheet.name, code="sheet"))


def tell_left(sheet: Sheet, left: Left, over: list[int], report: Report) -> None:
    """Tell of the rows that were taken out of a sheet, and of those above its header that look like rows of data
    (`over`).
    """
    for numbers, msgid in (
        (over, N_("{count} 行在表头上方，没有导入：是数据的，请移到表头下面。")),
        (left.numbers, N_("{count} 行是合计、小标题或填表说明，没有导入。")),
        (left.blank, N_("{count} 行除了序号什么也没有写，没有导入。")),
    ):
        if numbers:
            report.warn(
                Problem(
                    msgid,
                    {"count": len(numbers)},
                    sheet=sheet.name,
                    row=numbers[0],
                    rows=tuple(numbers[:200]),
                    code="remark",
                )
            )
        why = N_("在表头上方。") if numbers is over else N_("合计、小标题或填表说明。")
        for number in numbers:
            report.leave(Problem(why, sheet=sheet.name, row=number, code="remark"))
