"""Which column of the table a stranger's header means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from geodata.codes import shipped_rows
from geodata.errors import N_
from geodata.importing.report import Problem, Unreadable, named, shown
from geodata.importing.sheets import Sheet
from geodata.schema import TABLES, TableSchema

SEARCHED_ROWS = 15  # titles and remarks stand above the header, hardly more of them
DBF_NAME_BYTES = 10
POSITIONS = ("lon", "lat", "lonlat", "x", "y", "wkt")
PLACES = ("county", "city", "province")  # columns that tell the place of a row beside its code
STATED = "crs"  # a column in which every row states the coordinate system
_BRACKETS = re.compile(r"[(\[【〔（][^)\]】〕）]*[)\]】〕）]?")
_DATUMS = (
    ("gcj02", re.compile(r"gcj-?_?02|火星|高德|腾讯|amap")),
    ("bd09", re.compile(r"bd-?_?09|百度|baidu")),
    ("cgcs2000", re.compile(r"cgcs-?_?2000|国家2000|2000坐标|大地2000")),
    ("wgs84", re.compile(r"wgs-?_?(?:19)?84|gps")),
)
_REMARK = re.compile(
    r"(?:本页)?(?:合\s*计|总\s*计|小\s*计|共计|累计|汇总)\s*[:：]?\s*(?:共?\s*\d+\s*[个处家座行条人]?)?$|"
    r"(?:填表人?|填报人?|填报单位|填[表报](?:日期|时间)|制表人?|制表(?:日期|时间)|审核人?|审批人|负责人|单位负责人|分管领导|经办人|联系人|联系电话|数据来源|统计(?:日期|时间)|备注|附?注|说明)\s*[:：]"
)
_HEADING = re.compile(
    r"[(（]?(?:[一二三四五六七八九十]{1,3}|\d{1,2})[)）]?\s*[、.．](?!\d)|.{2,20}[(（]共?\s*\d+\s*[个处家座][)）]$"
)
_NOUN = re.compile(r"^(?:户外劳动者|工会|服务|智慧)*(?:站点|驿站|点位)(?:的|所在)?")
_MONEY = re.compile(r"单位\s*[:：]\s*((?:万|千|亿)元)")
_ACROSS = re.compile(r"([A-Z]+)(\d+):([A-Z]+)\2")
_SHAPE_PART = re.compile(r"(图形|wkt|geometry|geom)(\d*)")


@dataclass(slots=True)
class Layout:
    """How a sheet is to be read.

    Attributes
    ----------
    columns : dict
        Column of the table (or a name of :data:`POSITIONS`) → where it stands; ``wkt`` may be spread over several.
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


def one_line(header: Any) -> str:
    """Return a header as it is shown: broken over lines in its cell, it is one word all the same."""
    text = re.sub(r"(?<=[^\x00-\x7f])\s*[\r\n]+\s*|\s*[\r\n]+\s*(?=[^\x00-\x7f])", "", str(header))
    return re.sub(r"\s+", " ", text).strip()


def simple(header: Any) -> str:
    """Return a header as it is compared: half-width, lower case, without blanks and marks."""
    text = unicodedata.normalize("NFKC", str(header)).lower()
    return re.sub(r"[\s_*:'\"“”·.]|（|）|\ufeff", "", text)


def understand(
    sheet: Sheet,
    schema: TableSchema,
    mapping: Mapping[str, str] = MappingProxyType({}),
    own: Mapping[str, str] = MappingProxyType({}),
) -> Layout:
    """Find the header row of a sheet and what its headers mean.

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
    known = {**{simple(said): column for said, column in own.items()}, **_known(schema.name)}
    by_hand = {simple(header): column for header, column in mapping.items()}
    if sheet.header is not None:
        return _layout(sheet, sheet.header, 0, known, by_hand, schema)
    best, most = 0, 0
    for at, row in enumerate(sheet.rows[:SEARCHED_ROWS]):
        score = sum(
            1 for cell in row if isinstance(cell, str) and len(cell) < 60 and _meaning(cell, known, by_hand, False)
        )
        if score > most:
            best, most = at, score
    if not most:
        # most likely the row with most words; whoever maps headers by hand chooses from it
        rows = [[cell for cell in row if isinstance(cell, str) and cell.strip()] for row in sheet.rows[:SEARCHED_ROWS]]
        return Layout({}, {}, 0, None, [], [], [(cell.strip(), None) for cell in max(rows, key=len, default=[])])
    header, last, datum = _one_of_two(sheet, best, known, by_hand)
    layout = _layout(sheet, header, last + 1, known, by_hand, schema)
    layout.crs = layout.crs or datum
    above = next(
        (
            found
            for row in sheet.rows[:last]
            for cell in row
            if isinstance(cell, str) and (found := _MONEY.search(cell))
        ),
        None,
    )
    layout.money = f"({above[1]})" if above else ""
    return layout


def _one_of_two(
    sheet: Sheet, best: int, known: Mapping[str, str], by_hand: Mapping[str, str]
) -> tuple[list[str], int, str | None]:
    """Return the header, its last row, and the datum that a heading over several columns names.

    Headers of two rows are merged downwards, with a heading over what belongs together:
    ``名称 | 坐标(高德) |      `` above `` | 经度 | 纬度``.
    """

    def texts(at: int) -> list[str] | None:
        if not 0 <= at < len(sheet.rows):
            return None
        return ["" if cell is None else str(cell).strip() for cell in sheet.rows[at]]

    def all_known(row: list[str] | None) -> bool:
        cells = [cell for cell in row or () if cell]
        return bool(cells) and all(len(cell) < 60 and _meaning(cell, known, by_hand, False) for cell in cells)

    own, below, above = texts(best) or [], texts(best + 1), texts(best - 1)
    if below and all_known(below) and sheet.numbers[best + 1] == sheet.numbers[best] + 1:
        upper, lower, last = own, below, best + 1
    elif (
        above
        and sheet.numbers[best - 1] == sheet.numbers[best] - 1
        and any(
            _meaning(cell, known, by_hand, False) and not (own[at] if at < len(own) else "")
            for at, cell in enumerate(above)
            if cell and len(cell) < 60
        )
    ):
        upper, lower, last = above, own, best
    else:
        return own, best, None
    width = max(len(upper), len(lower))
    upper, lower = (row + [""] * (width - len(row)) for row in (upper, lower))
    return (
        [low or up for up, low in zip(upper, lower, strict=True)],
        last,
        next((found for up, low in zip(upper, lower, strict=True) if low and (found := _named_datum(up))), None),
    )


def without_remarks(sheet: Sheet, layout: Layout, schema: TableSchema) -> list[int]:
    """Take sums, remarks and headings (``合计``, ``填表人：…``, ``一、鹭江街道（5个）``) out of the rows of a sheet; return their row numbers."""
    if sheet.header is not None:
        return []
    named = {layout.columns[name][0] for name in (schema.key, "name") if name in layout.columns}
    wide = {
        found[2]
        for one in sheet.problems
        if one.code == "merged" and (found := _ACROSS.fullmatch(one.value or "")) and found[1] != found[3]
    }
    kept, left = list(range(layout.first)), []
    for at in range(layout.first, len(sheet.rows)):
        row = sheet.rows[at]
        first = next((place for place, cell in enumerate(row) if cell is not None and str(cell).strip()), None)
        remark = first is not None and isinstance(row[first], str) and _REMARK.match(row[first].strip()) is not None
        alone = (
            first is not None and isinstance(row[first], str) and all(cell in (None, "") for cell in row[first + 1 :])
        )
        # one text over several cells, or numbered and by itself, heads the rows below it
        heading = (
            alone
            and len(layout.columns) > 1
            and (str(sheet.numbers[at]) in wide or _HEADING.match(row[first].strip()) is not None)
        )
        if heading or (
            remark and all(place == first or place >= len(row) or row[place] in (None, "") for place in named)
        ):
            left.append(sheet.numbers[at])
        else:
            kept.append(at)
    if left:
        sheet.rows, sheet.numbers = [sheet.rows[at] for at in kept], [sheet.numbers[at] for at in kept]
    return left


def recognised(text: str, table: str) -> bool:
    """Return whether the first lines of a text hold at least one header of `table`."""
    known = _known(table)
    cells = re.split(r"[,\t;，；|\n\r\"]", text[:4000])
    return any(cell and len(cell) < 60 and _meaning(cell, known, {}, False) for cell in cells)


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


def _layout(
    sheet: Sheet,
    header: Sequence[str],
    first: int,
    known: Mapping[str, str],
    by_hand: Mapping[str, str],
    schema: TableSchema,
) -> Layout:
    row = sheet.numbers[first - 1] if first else None
    layout = Layout({}, {}, first, None, [], [], titles=[one_line(said) for said in header])
    parts: list[tuple[int, int]] = []
    for at, said in enumerate(header):
        if not simple(said):
            continue
        column = _meaning(said, known, by_hand, sheet.short_names)
        if simple(said) not in by_hand:
            column = _place_column(column, said, at, sheet.rows[first:], layout)
        layout.listed.append((one_line(said), column))
        place = {"sheet": sheet.name, "row": row, "column": shown(said)}
        if column is None:
            if simple(said) not in by_hand and simple(said) not in ("fid", "ogcfid", "序号", "id"):
                layout.warnings.append(
                    Problem(N_("列“{column}”不认识，没有导入。"), {"column": shown(said)}, **place, code="column")
                )
            continue
        if column == "wkt":
            parts.append(
                (int(_SHAPE_PART.fullmatch(_bare(said))[2] or 1) if _SHAPE_PART.fullmatch(_bare(said)) else 1, at)
            )
        elif column in layout.columns:
            layout.problems.append(
                Problem(
                    N_("列“{column}”和“{other}”都是{zh}：请只留一列。"),
                    {"column": shown(said), "other": layout.headers[column], "zh": _zh(schema, column)},
                    **place,
                    expected_msgid=N_("每个内容只有一列"),
                    code="column",
                )
            )
            continue
        layout.columns.setdefault(column, []).append(at)
        layout.headers.setdefault(column, one_line(said))
        if column in POSITIONS:
            layout.crs = layout.crs or _named_datum(said)
    if parts:
        layout.columns["wkt"] = [at for _, at in sorted(parts)]
    return layout


def _place_column(column: str | None, said: str, at: int, rows: Sequence[Sequence[Any]], layout: Layout) -> str | None:
    """Return what a column that may tell the place of a row is taken for, seen what else there is and what it holds."""
    if column == "adcode" and column in layout.columns and "county" not in layout.columns:
        return "county"  # a code and a name, as map sites export both
    if column == "area_m2" and simple(said) == "area":
        cells = [str(row[at]) for row in rows[:SEARCHED_ROWS] if at < len(row) and row[at] not in (None, "")]
        if cells and not any(re.search(r"\d", cell) for cell in cells):
            return "county" if "adcode" in layout.columns else "adcode"  # 思明区, as 百度 exports it
    return column


def _meaning(header: str, known: Mapping[str, str], by_hand: Mapping[str, str], short: bool) -> str | None:
    key = simple(header)
    if key in by_hand:
        return by_hand[key] or None
    bare = _bare(header)
    if found := known.get(key) or known.get(bare):
        return found
    if _SHAPE_PART.fullmatch(bare):
        return "wkt"
    without = _DATUM_WORDS.sub("", bare)
    if without != bare and without in known and known[without] in POSITIONS:
        return known[without]
    if (plain := _NOUN.sub("", bare)) != bare and plain in known:
        return known[plain]  # 站点详细地址, 驿站经度
    if short:
        # ten bytes of a name: three characters and a broken one, or ten letters
        stem = key.rstrip("\ufffd")
        full = len(str(header).encode()) >= DBF_NAME_BYTES - 2
        fits = {column for name, column in known.items() if name.startswith(stem)} if full and stem else set()
        return fits.pop() if len(fits) == 1 else None
    return None


_DATUM_WORDS = re.compile("|".join(pattern.pattern for _, pattern in _DATUMS))


def _bare(header: str) -> str:
    return simple(_BRACKETS.sub("", unicodedata.normalize("NFKC", str(header))))


def _named_datum(header: str) -> str | None:
    text = unicodedata.normalize("NFKC", str(header)).lower()
    return next((name for name, pattern in _DATUMS if pattern.search(text)), None)


def _zh(schema: TableSchema, column: str) -> str:
    return next((one.zh for one in schema.columns if one.name == column), column)


def known_headers(table: str) -> Mapping[str, str]:
    """Return every header that files of `table` may have, as :func:`simple` gives it, → column."""
    return _known(table)


@cache
def _known(table: str) -> Mapping[str, str]:
    """Return simple header → column; a name of the schema goes before an alias, an alias of the table before one of all."""
    schema, known = TABLES[table], {}
    names = {column.name for column in schema.columns}
    positions = {*POSITIONS, STATED} if schema.geometry == "point" else {"wkt", STATED} if schema.geometry else set()
    if any(column.name == "adcode" and not column.nullable for column in schema.columns) and schema.key != "adcode":
        positions |= {*PLACES}
    for column in schema.columns:
        for said in (column.name, column.zh, column.en):
            known.setdefault(simple(said), column.name)
            known.setdefault(_bare(said), column.name)
    rows = sorted(shipped_rows("import_headers.csv"), key=lambda row: row["table"] == "*")
    for row in rows:
        if row["table"] in (table, "*") and (row["column"] in names or row["column"] in positions):
            for alias in row["alias"].split(";"):
                known.setdefault(simple(alias), row["column"])
    return MappingProxyType(known)
