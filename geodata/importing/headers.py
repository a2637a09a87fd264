"""How a sheet is to be read: which column of the table each header means, and what becomes of those that mean none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from geodata.errors import N_
from geodata.importing import structure, together
from geodata.importing.degree_columns import DegreeParts, degree_columns
from geodata.importing.header_words import (
    POSITIONS,
    SHAPE_PART,
    STATED,
    bare,
    known_headers,
    meaning,
    named_datum,
    one_line,
    simple,
)
from geodata.importing.report import Problem, Unreadable, named, shown
from geodata.importing.sheets import Sheet
from geodata.importing.structure import SEARCHED_ROWS
from geodata.own_fields import PREFIX, usable_label
from geodata.schema import OWN, TableSchema

__all__ = ["POSITIONS", "STATED", "Layout", "known_headers", "nothing_known", "one_line", "recognised", "simple"]
_MONEY = re.compile(r"单位\s*[:：]\s*((?:万|千|亿)元)")
#: Headers of columns that number the rows of the file itself; they say nothing of what a row is about.
SERIALS = frozenset({"fid", "ogcfid", "序号", "id", "行号", "序", "排序", "no", "#", "objectid", "編號"})
POSITIONED = {"lon", "lat"}


@dataclass(slots=True)
class Layout:
    """How a sheet is to be read.

    Attributes
    ----------
    columns : dict
        Column of the table (or a name of :data:`POSITIONS`, or ``own.LABEL``) → where it stands; ``wkt`` may be
        spread over several.
    headers : dict
        The same → header as it stands in the file.
    first : int
        Index in ``sheet.rows`` of the first row of data.
    crs : str or None
        Coordinate system that the headers name.
    problems, warnings : list of Problem
        Headers that cannot be used, and such as are not known.
    listed : list of (str, str or None)
        Every header as it stands in the file, and what it was understood as.
    titles : list of str
        Header of each place of a row; empty where there is none.
    money : str
        Unit of sums of money that stands above the header for the whole table (``单位：万元``), in brackets.
    above : list of str
        Texts above the header: titles, and who filled it in.
    over : list of int
        Row numbers above the header that look like rows of data, which are not read.
    ticks : list of Tick
        Columns that tick members of a set column.
    hours : list of HoursPart
        Columns that hold the opening hours together.
    own : dict of str to int
        Label of a field of the file's own → where it stands.
    serials : set of int
        Places that number the rows.
    degrees : dict of str to DegreeParts
        ``lon`` and ``lat`` where degrees, minutes and seconds have columns of their own.
    """

    columns: dict[str, list[int]]
    headers: dict[str, str]
    first: int
    crs: str | None
    problems: list[Problem]
    warnings: list[Problem]
    listed: list[tuple[str, str | None]] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    money: str = ""
    above: list[str] = field(default_factory=list)
    over: list[int] = field(default_factory=list)
    ticks: list[together.Tick] = field(default_factory=list)
    hours: list[together.HoursPart] = field(default_factory=list)
    own: dict[str, int] = field(default_factory=dict)
    serials: set[int] = field(default_factory=set)
    degrees: dict[str, DegreeParts] = field(default_factory=dict)

    @property
    def used(self) -> set[int]:
        """Places that are read."""
        return {at for places in self.columns.values() for at in places} | {
            one.place for one in (*self.ticks, *self.hours)
        }


def understand(
    sheet: Sheet,
    schema: TableSchema,
    mapping: Mapping[str, str] = MappingProxyType({}),
    own: Mapping[str, str] = MappingProxyType({}),
) -> Layout:
    """Find the header of a sheet and what its headers mean.

    Parameters
    ----------
    sheet : Sheet
        As a reader gives it.
    schema : TableSchema
        Table the rows are for.
    mapping : mapping of str to str
        Header in the file → column, set by hand; goes before everything else.
        An empty column leaves that header out.
    own : mapping of str to str
        Header → column, for columns that the table has in this atlas alone.

    Returns
    -------
    Layout
        ``columns`` is empty when no header is known.
    """
    known = {**{simple(said): column for said, column in own.items()}, **known_headers(schema.name)}
    by_hand = {simple(header): column for header, column in mapping.items()}
    if sheet.header is not None:
        paths: list[tuple[str, ...]] = [(said,) if simple(said) else () for said in sheet.header]
        block = structure.Block(paths, {}, -1, 0, [])
        return _layout(sheet, block, known, by_hand, schema)
    block = structure.find(sheet, lambda said: _is_known(said, known, by_hand, schema))
    if block is None:
        # most likely the row with most words; whoever maps headers by hand chooses from it
        rows = [[cell for cell in row if isinstance(cell, str) and cell.strip()] for row in sheet.rows[:SEARCHED_ROWS]]
        return Layout({}, {}, 0, None, [], [], [(cell.strip(), None) for cell in max(rows, key=len, default=[])])
    layout = _layout(sheet, block, known, by_hand, schema)
    layout.crs = layout.crs or next((named_datum(said) for said in block.above if "坐标" in said), None)
    above = next((found for said in block.above if (found := _MONEY.search(said))), None)
    layout.money = f"({above[1]})" if above else ""
    return layout


def recognised(text: str, table: str) -> bool:
    """Return whether the first lines of a text hold at least one header of `table`."""
    known = known_headers(table)
    cells = re.split(r"[,\t;，；|\n\r\"]", text[:4000])
    return any(cell and len(cell) < 60 and meaning(cell, known, {}, False) for cell in cells)


def nothing_known(schema: TableSchema, sheet: Sheet) -> Unreadable:
    """Return the error of a file none of whose headers is known."""
    seen = sheet.header if sheet.header is not None else (sheet.rows[0] if sheet.rows else [])
    some = schema.columns[:6]
    chinese, english = "、".join(one.zh for one in some), ", ".join(one.en for one in some)
    return Unreadable(
        N_("认不出表头：表 {table} 的列如 {expected}，文件里是 {got}。请改表头，或下载模板。"),
        sheet=sheet.name,
        code="header",
        table=named(schema),
        expected={"zh": chinese, "en": f"{english} ({chinese})"},
        got=shown("、".join(str(one) for one in list(seen)[:8] if one is not None)),
    )


def _is_known(said: str, known: Mapping[str, str], by_hand: Mapping[str, str], schema: TableSchema) -> bool:
    return (
        meaning(said, known, by_hand, False) is not None
        or together.tick_of((said,), 0, known, schema) is not None
        or (together.HOURS in known.values() and together.hours_part((said,), 0, known) is not None)
    )


def _layout(
    sheet: Sheet,
    block: structure.Block,
    known: Mapping[str, str],
    by_hand: Mapping[str, str],
    schema: TableSchema,
) -> Layout:
    titles = _titles(block)
    layout = Layout({}, {}, block.first, None, [], [], titles=titles, above=block.above, over=block.over)
    row = sheet.numbers[block.last] if block.last >= 0 else None
    names = {column.name for column in schema.columns}
    shapes: list[tuple[int, int]] = []
    hours: list[tuple[together.HoursPart, str | None]] = []
    means = {
        at: _means(path, titles[at], known, by_hand, sheet.short_names) for at, path in enumerate(block.paths) if path
    }
    if {*known.values()} >= POSITIONED:
        layout.degrees = degree_columns(block.paths)
    of_degrees = {at: axis for axis, parts in layout.degrees.items() for at in parts.places}
    firm = {column for at, column in means.items() if titles[at] not in sheet.spare}
    for at, path in enumerate(block.paths):
        if not path:
            continue
        title = titles[at]
        place = {"sheet": sheet.name, "row": row, "column": shown(title)}
        ruled = simple(title) in by_hand or simple(path[-1]) in by_hand
        cells = _Cells(sheet, block.first, at)
        column = means[at] if ruled else of_degrees.get(at) or _place_column(means[at], title, cells, layout)
        if not ruled and at not in of_degrees:
            part = together.hours_part(path, at, known) if together.HOURS in names else None
            if part and together.looks_like_hours(cells.some):
                hours.append((part, column))
                continue
            tick = together.tick_of(path, at, known, schema) if column is None or len(path) > 1 else None
            if tick and together.looks_ticked(cells.some):
                layout.ticks.append(tick)
                layout.listed.append((title, tick.column))
                continue
        if column is None:
            _without_column(layout, title, at, ruled, schema, place)
        elif column == "wkt":
            found = SHAPE_PART.fullmatch(bare(path[-1]))
            shapes.append((int(found[2] or 1) if found else 1, at))
            layout.listed.append((title, column))
            _take(layout, column, at, title)
        elif title in sheet.spare and column in firm | set(layout.columns):
            _without_column(layout, title, at, ruled, schema, place)
        elif column in layout.columns and at not in of_degrees:
            _twice(layout, column, at, title, schema, place)
        else:
            layout.listed.append((title, column))
            _take(layout, column, at, title)
        if column in POSITIONS and layout.columns.get(column, [None])[0] == at:
            layout.crs = layout.crs or next((found for said in reversed(path) if (found := named_datum(said))), None)
    _take_hours(layout, hours, titles)
    if shapes:
        layout.columns["wkt"] = [at for _, at in sorted(shapes)]
    return layout


class _Cells:
    """The first cells of a column, looked at only when asked for."""

    def __init__(self, sheet: Sheet, first: int, place: int) -> None:
        self._sheet, self._first, self._place = sheet, first, place

    @property
    def some(self) -> Sequence[Any]:
        rows = self._sheet.rows[self._first : self._first + 200]
        return [row[self._place] if self._place < len(row) else None for row in rows]


def _place_column(column: str | None, title: str, cells: _Cells, layout: Layout) -> str | None:
    """Return what a column that may tell the place of a row is taken for, seen what else there is and what it holds."""
    if column == "adcode" and column in layout.columns and "county" not in layout.columns:
        return "county"  # a code and a name, as map sites export both
    if column == "area_m2" and simple(title) == "area":
        said = [str(cell) for cell in cells.some[:SEARCHED_ROWS] if cell not in (None, "")]
        if said and not any(re.search(r"\d", cell) for cell in said):
            return "county" if "adcode" in layout.columns else "adcode"  # 思明区, as 百度 exports it
    return column


def _titles(block: structure.Block) -> list[str]:
    """Return the header of each place: its lowest heading,
    with those over it where several are called alike, and its unit.
    """
    leaves = [one_line(path[-1]) if path else "" for path in block.paths]
    titles = [
        one_line("·".join(path)) if path and len(path) > 1 and leaves.count(leaves[at]) > 1 else leaves[at]
        for at, path in enumerate(block.paths)
    ]
    return [f"{one}({block.units[at]})" if one and at in block.units else one for at, one in enumerate(titles)]


def _means(
    path: tuple[str, ...], title: str, known: Mapping[str, str], by_hand: Mapping[str, str], short: bool
) -> str | None:
    """Return the column that the headings of a place mean: what is set by hand, all of them as one word, the lowest."""
    if simple(title) in by_hand:
        return by_hand[simple(title)] or None
    if len(path) > 1:
        for said in ("".join(path), "".join(path[-2:])):
            if found := known.get(bare(said)):
                return found
    found = meaning(path[-1], known, by_hand, short)
    if found is None and len(path) > 1:
        # 建设情况 over 时间: what is said of another thing than the row keeps its heading
        return None
    return found


def _take(layout: Layout, column: str, at: int, title: str) -> None:
    layout.columns.setdefault(column, []).append(at)
    layout.headers.setdefault(column, title)


def _take_hours(layout: Layout, found: list[tuple[together.HoursPart, str | None]], titles: list[str]) -> None:
    """Put the parts of the opening hours together; one part that says no more than the whole is the whole."""
    parts = [part for part, _ in found]
    lonely = [part for part in parts if part.role and not {"from", "to"} <= {one.role for one in parts}]
    for part, column in found:
        if part in lonely and column not in (None, together.HOURS):
            parts.remove(part)
            if column not in layout.columns:
                _take(layout, column or "", part.place, part.title)
                layout.listed.append((titles[part.place], column))
    if not parts:
        return
    whole = layout.columns.pop(together.HOURS, None)
    if whole:
        parts.insert(0, together.HoursPart(whole[0], "", "", layout.headers[together.HOURS]))
    layout.hours = parts
    layout.headers[together.HOURS] = "、".join(dict.fromkeys(titles[part.place] for part in parts))
    layout.listed += [(titles[part.place], together.HOURS) for part in parts if whole is None or part.place != whole[0]]


def _without_column(
    layout: Layout, title: str, at: int, ruled: bool, schema: TableSchema, place: Mapping[str, Any]
) -> None:
    """Keep a column that no field takes as an own field, where the table has such; else say that it is left out."""
    if simple(title) in SERIALS and not ruled:
        layout.serials.add(at)
        layout.listed.append((title, None))
        return
    if ruled:
        layout.listed.append((title, None))
        return
    if OWN not in {column.name for column in schema.columns}:
        layout.listed.append((title, None))
        layout.warnings.append(
            Problem(N_("列“{column}”不认识，没有导入。"), {"column": shown(title)}, **place, code="column")
        )
        return
    keep_own(layout, title, at)


def keep_own(layout: Layout, title: str, at: int) -> str:
    """Keep the column at a place as an own field under a label of its own; return the label."""
    label = stem = usable_label(title)
    count = 1
    while label in layout.own:
        count += 1
        label = f"{stem}{count}"
    layout.own[label] = at
    layout.listed.append((title, PREFIX + label))
    _take(layout, PREFIX + label, at, title)
    return label


def _twice(layout: Layout, column: str, at: int, title: str, schema: TableSchema, place: Mapping[str, Any]) -> None:
    """Take the first of two columns that mean the same and keep the other as it is;
    where points lie two are no answer.
    """
    params = {"column": shown(title), "other": layout.headers[column], "zh": _zh(schema, column)}
    if column in POSITIONS or column == STATED or OWN not in {one.name for one in schema.columns}:
        layout.listed.append((title, column))
        layout.problems.append(
            Problem(
                N_("列“{column}”和“{other}”都是{zh}：请只留一列。"),
                params,
                **place,
                expected_msgid=N_("每个内容只有一列"),
                code="column",
            )
        )
        return
    keep_own(layout, title, at)
    layout.warnings.append(
        Problem(
            N_("列“{column}”和“{other}”都像是{zh}：用了“{other}”，“{column}”照原样保存为自有项目。请核对。"),
            params,
            **place,
            code="column",
        )
    )


def _zh(schema: TableSchema, column: str) -> str:
    return next((one.zh for one in schema.columns if one.name == column), column)
