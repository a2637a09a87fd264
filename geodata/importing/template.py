"""The workbook to fill in: headers, lists to choose from, examples and what everything means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from geodata.codes import labels
from geodata.errors import N_, AtlasError
from geodata.importing.values import vocabulary
from geodata.importing.workbook_copy import BY_US, workbook_at
from geodata.kinds import Kinds, shipped
from geodata.own_fields import PREFIX
from geodata.schema import OWN, TABLES, Column

LEFT_OUT = ("batch_id", OWN)
LANGUAGES = ("zh", "en")
ROWS = 2_000  # rows with lists to choose from
_DATUM_NAMES = ("wgs84", "gcj02", "bd09", "cgcs2000")
_EXAMPLES = {
    "str": ("示例文字", "示例文字二"),
    "int": (120, "约150"),
    "float": (35.5, "1.2万"),
    "bool": ("是", "否"),
    "date": ("2024-05-25", "2024年6月1日"),
    "adcode": ("350203", "思明区"),
    "opening_hours": ("8:00-22:00", "周一至周五 9点到18点，周末休息"),
    "lon": (118.0945, 118.1102),
    "lat": (24.4712, 24.4689),
    "crs": ("gcj02", "gcj02"),
    "wkt": ("POLYGON ((118.09 24.46, 118.10 24.46, 118.10 24.47, 118.09 24.46))", ""),
    "period": ("2024-05", "2024"),
    "valid_from": ("2024-01-01", ""),
    "valid_to": ("", ""),
    "source_id": ("工会台账2024", "工会台账2024"),
}
#: What a real ledger has: the first row says everything, the second has an address with its district and no position.
_TABLE_EXAMPLES = {
    "stations": {
        "name": ("湖滨南路工会驿站（示例）", "文园路工会驿站（示例）"),
        "address": ("思明区湖滨南路 1 号一楼", "厦门市思明区文园路 20 号"),
        "adcode": ("思明区", ""),
        "opening_hours": ("夏季 8:00-20:00，冬季 8:30-18:00，法定节假日休息", "周一至周五 8:30-12:00，14:30-18:00"),
        "opening_hours_text": ("", ""),
        "zone": ("", ""),
        "facilities": ("空调、饮水机、微波炉", "饮水机；充电"),
        "lon": (118.0945, ""),
        "lat": (24.4712, ""),
        "geometry_provenance": ("", ""),
    },
    "candidates": {"lon": (118.0945, ""), "lat": (24.4712, ""), "geometry_provenance": ("", "")},
    "enterprises": {"lon": (118.0945, ""), "lat": (24.4712, ""), "geometry_provenance": ("", "")},
}
#: A column that no field takes; it is kept as an own field of the table. On the sheet of examples alone.
_OWN_EXAMPLE = ("建设资金来源（自有项目）", ("区总工会经费", ""))
_KIND_EXAMPLES = {
    "kind": ("reading_club", ""),
    "name": ("职工读书会", "职工文体活动"),
    "name_en": ("Reading club", ""),
    "colour": ("#B234B2", ""),
    "icon": ("book", "M4 12h16M12 4v16"),
    "unit": ("人", "人次"),
    "fields": ("赠书册数=Books given:整数:册；主讲人=Speaker", ""),
    "position": (16, ""),
}
_PLACE_HEADERS = {
    "lon": ("经度", "Longitude"),
    "lat": ("纬度", "Latitude"),
    "wkt": ("图形(WKT)", "WKT"),
    "crs": ("坐标系", "CRS"),
}
_KINDS = {
    "str": "文字",
    "set": "可多选，用顿号或分号隔开",
    "int": "整数",
    "float": "数字",
    "bool": "是或否",
    "date": "日期，如 2024-05-25",
}


def write_template(table: str, path: Path, kinds: Kinds | None = None, lang: str = "zh") -> Path:
    """Write the template of a table as .xlsx.

    Sheets: the table itself (empty, required headers marked ``*``), 示例, 取值
    and 说明; an import reads the first only. A note on every header has its name in
    the other language.

    Parameters
    ----------
    table, path
        Which table, and where to.
    kinds : Kinds, optional
        Kinds of activity that the template of activities lists, with a column for each of their own fields; the
        shipped ones if not given.
    lang : {'zh', 'en'}
        Language of the headers.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    AtlasError
        When there is no such table, or the file cannot be written.
    """
    if table not in TABLES:
        raise AtlasError(N_("图册里没有表 {got}：请用 {expected} 之一。"), got=table, expected=", ".join(TABLES))
    with workbook_at(path) as book:
        _fill(book, table, kinds or shipped(), LANGUAGES.index(lang))
    return path


def _fill(book: Any, table: str, kinds: Kinds, lang: int) -> None:
    schema = TABLES[table]
    columns = [column for column in schema.columns if column.name not in LEFT_OUT]
    if table == "activities":
        columns += [
            replace(
                field.column, unit=field.unit, description="；".join(kind.zh for kind in kinds if kind.field(label))
            )
            for label, field in kinds.fields.items()
        ]
    places = {"point": ("lon", "lat", "crs"), None: ()}.get(schema.geometry, ("wkt", "crs"))
    heads = [(_headers(column), column.name) for column in columns]
    heads += [(_PLACE_HEADERS[one], one) for one in places]
    must = book.add_format({"bold": True, "bg_color": "#C8102E", "font_color": "#FFFFFF", "border": 1})
    may = book.add_format({"bold": True, "bg_color": "#E8EEF4", "border": 1})
    sheet, examples, allowed, about = (book.add_worksheet(name) for name in (schema.zh, "示例", "取值", "说明"))
    lists = _write_allowed(allowed, table, columns, may, kinds)
    for at, (both, name) in enumerate(heads):
        header = both[lang]
        for one in (sheet, examples):
            one.write_string(0, at, header, must if header.endswith("*") else may)
            one.write_comment(0, at, both[1 - lang], BY_US)
            one.set_column(at, at, max(12, 2 * len(header) + 2))
        column = next((one for one in columns if one.name == name), None)
        if name == "crs":
            sheet.data_validation(1, at, ROWS, at, {"validate": "list", "source": list(_DATUM_NAMES)})
        elif column is not None and column.dtype == "bool":
            sheet.data_validation(1, at, ROWS, at, {"validate": "list", "source": ["是", "否"]})
        elif name in lists and column is not None and column.dtype != "set":
            sheet.data_validation(1, at, ROWS, at, {"validate": "list", "source": lists[name]})
        for row, value in enumerate(_example(table, column, name, kinds), 1):
            if value not in (None, ""):
                (examples.write_number if isinstance(value, int | float) else examples.write_string)(row, at, value)
    if any(column.name == OWN for column in schema.columns) and table != "activities":
        header, values = _OWN_EXAMPLE
        examples.write_string(0, len(heads), header, may)
        examples.set_column(len(heads), len(heads), 2 * len(header) + 2)
        for row, value in enumerate(values, 1):
            examples.write_string(row, len(heads), value)
    sheet.freeze_panes(1, 0)
    examples.freeze_panes(1, 0)
    _write_about(about, columns, may)


def _is_needed(column: Column) -> bool:
    return not (column.nullable or column.name in ("provenance", "source_id", "geometry_provenance"))


def _headers(column: Column) -> tuple[str, str]:
    """Return the header of a column in Chinese and in English, marked where it must be filled in."""
    mark = "*" if _is_needed(column) else ""
    return column.zh + mark, column.en + mark


def _example(table: str, column: Column | None, name: str, kinds: Kinds) -> Sequence[Any]:
    if table == "kinds" and name in _KIND_EXAMPLES:
        return _KIND_EXAMPLES[name]
    if name in _TABLE_EXAMPLES.get(table, {}):
        return _TABLE_EXAMPLES[table][name]
    if column is not None and column.name.startswith(PREFIX):
        return ("", "")  # which kind has it stands on the last sheet
    if name in _EXAMPLES or column is None:
        return _EXAMPLES[name]
    names = _allowed_names(table, name, kinds)
    if names:
        return ("、".join(names[:3]), names[-1]) if column.dtype == "set" else (names[0], names[min(1, len(names) - 1)])
    if column.dtype == "str" and name.endswith("_id"):
        return (f"{table[:2].upper()}-001", f"{table[:2].upper()}-002")
    return _EXAMPLES[column.dtype]


def _allowed_names(table: str, name: str, kinds: Kinds) -> list[str]:
    if (table, name) == ("activities", "kind"):
        return list(kinds.labels("zh").values())
    vocab = vocabulary(table, name)
    return list(labels(vocab).values()) if vocab else []


def _write_allowed(sheet: Any, table: str, columns: Sequence[Column], head: Any, kinds: Kinds) -> dict[str, str]:
    """Write the allowed values, one column each, and return column → range for a list to choose from."""
    ranges, at = {}, 0
    for column in columns:
        names = _allowed_names(table, column.name, kinds)
        if not names:
            continue
        sheet.write_string(0, at, column.zh, head)
        for row, name in enumerate(names, 1):
            sheet.write_string(row, at, name)
        letter = chr(ord("A") + at) if at < 26 else f"A{chr(ord('A') + at - 26)}"
        ranges[column.name] = f"='取值'!${letter}$2:${letter}${len(names) + 1}"
        at += 1
    sheet.set_column(0, max(at - 1, 0), 16)
    return ranges


def _write_about(sheet: Any, columns: Sequence[Column], head: Any) -> None:
    units = labels("unit")
    for at, title in enumerate(("列", "Column", "列名", "必填", "内容", "单位", "Description")):
        sheet.write_string(0, at, title, head)
    for row, column in enumerate(columns, 1):
        cells = (
            column.zh,
            column.en,
            column.name,
            "是" if _is_needed(column) else "",
            _KINDS[column.dtype],
            units.get(column.unit, column.unit),
            column.description,
        )
        for at, text in enumerate(cells):
            sheet.write_string(row, at, text)
    said = (
        "第一张表填数据，其余各表只供参考，不导入。",
        "标 * 的列必填；行政区划可写代码或名称，有坐标、或地址以区县开头时可不填。",
        "没有经纬度的行照样导入，标为“尚无位置”，不画在地图上、不计入覆盖率；可在“数据 → 补位置”里补上。",
        "表里没有的列也可以加：照原样保存为自有项目。姓名、电话、证件号不显示，也不导出。",
        "开放时间读不懂时，按“开放时间不详”导入，原文照存。",
        "坐标系一列请写 wgs84（GPS）、gcj02（高德、腾讯）、bd09（百度）或 cgcs2000。",
        "数字可写 1.2万、约150家；开放时间可写 全天、8:00-22:00、周一至周五 9点到18点。",
    )
    for row, text in enumerate(said, len(columns) + 2):
        sheet.write_string(row, 0, text)
    sheet.set_column(0, 6, 22)
