"""Cells → values in the types of the schema: dates, yes and no, codes by any of their names, opening hours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from geodata.codes import labels, shipped_rows
from geodata.colours import read_colour
from geodata.errors import N_
from geodata.icons import read_icon
from geodata.importing.bad import BadValue, checked_text
from geodata.importing.numbers import LONGEST, chinese, figure
from geodata.kinds import Kinds, folded, shipped
from geodata.own_fields import as_text, read_fields, values_of
from geodata.schema import OWN, Column

MAX_TEXT = 20_000
BLANKS = {"", "-", "--", "—", "——", "/", "\\", "无", "暂无", "不详", "未知", "待定", "n/a", "na", "null", "none", "空"}
UNDECIDED = {"暂无", "不详", "未知", "待定"}
ISO_TEXT = ("valid_from", "valid_to")
PERIODS = ("period", "period_start", "period_end")
ADCODES = ("adcode", "from_adcode", "to_adcode", "parent")
YES = {
    "是的",
    "✅",
    "●",
    "☑",
    "是",
    "有",
    "已",
    "对",
    "√",
    "✓",
    "✔",
    "y",
    "yes",
    "true",
    "t",
    "1",
    "1.0",
    "真",
    "已强化",
    "智能",
    "已完成",
}
NO = {
    "没",
    "❌",
    "☐",
    "╳",
    "否",
    "无",
    "未",
    "不",
    "没有",
    "×",
    "x",
    "✗",
    "n",
    "no",
    "false",
    "f",
    "0",
    "0.0",
    "假",
    "不是",
    "未强化",
    "非智能",
}
_BETWEEN = r"\s*[-/.年月、,·。_\\\s]\s*"
_DATE = re.compile(
    rf"(\d{{4}}){_BETWEEN}(\d{{1,2}}){_BETWEEN}(\d{{1,2}})(?!\d)\s*[日号]?(?P<rest>起|[t\s(上下星周].*)?"
)
_SPAN_OF_DAYS = re.compile(
    rf"\d{{4}}{_BETWEEN}\d{{1,2}}{_BETWEEN}\d{{1,2}}(?!\d)\s*[日号]?(?:\(.*?\))?\s*(?:至|"
    rf"到|~|—|–|-)+\s*(?:\d{{4}}|\d{{1,2}}\s*[-/.月日号]|\d{{1,2}}$)"
)
_NO_DATES = (  # what a cell lacks to be a day, and how to say so
    (
        re.compile(r"\d{4}\s*[-/.年]\s*\d{1,2}\s*月?[底初中]?|\d{4}\s*年?(?:\s*[上下]半年)?"),
        N_("只有年月，没有哪一天：请写成 2024-05-25；不知道哪一天就空着，或不导入这一列。"),
    ),
    (re.compile(r"\d{1,2}\s*[-/.月]\s*\d{1,2}\s*[日号]?"), N_("没有年份：请写成 2024-05-25。")),
    (
        re.compile(r"\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*[日号]?"),
        N_("年份只有两位：请写成四位，如 2024-05-25。"),
    ),
    (re.compile(r"\d{1,2}\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d{4}"), N_("日、月、年的先后分不清：请写成 2024-05-25。")),
)
_MONTH = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?")
_PERIOD = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?(/\d{4}(-\d{2}(-\d{2})?)?)?")
_SERIAL_DAY = date(1899, 12, 30)  # Excel counts days from here, its 29 February 1900 included
_AROUND_CODES = re.compile(r"^(?:配有|配备|设有|备有|提供|包括|内设|有|含)|等(?:设施|设备|服务)?。?$|。$")
_NUMBERED = re.compile(r"^[（(]?\d{1,2}[)）.．]\s*(?=\D)")  # 1.饮水机
_COUNTED = re.compile(
    r"\s*[（(]?[×x*]?\s*(?:[1-9]\d{0,2}|[一二两三四五六七八九十])\s*[台个套张把件部组只处间座][)）]?$"
)  # 饮水机2台
_SPLIT = re.compile(r"[;；、,，/|\n\r\t]+|\s+和\s+")

SEPARATORS = MappingProxyType({"zh": "、", "en": ", "})
RESERVED_KINDS = ("fair", "none")  # what the page calls a job fair, and what an address calls no kind at all
LONGEST_KIND_NAME = 40
_KIND_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")

Reader = Callable[[Any], Any]


def is_blank(value: Any, column: Column | None = None) -> bool:
    """Return whether a cell says nothing; in a column of free text only an empty cell does."""
    if not isinstance(value, str):
        return value is None
    text = value.strip(" \u3000\u00a0\ufeff\t\r\n")
    if not text or text == "[]":  # what map services write where there is nothing
        return True
    if column is not None and column.name == "opening_hours" and text in UNDECIDED:
        return False  # 待定 is news of the hours: it is kept as written
    if column is not None and column.dtype == "bool" and text == "无":
        return False  # under 智能化 it is a no
    return (
        column is None or column.dtype != "str" or bool(column.allowed) or column.name == "opening_hours"
    ) and text.lower() in BLANKS


def reader(table: str, column: Column, kinds: Kinds | None = None, factor: float = 1.0) -> Reader:
    """Return the function that reads a cell of `column`; it raises :class:`BadValue`.

    `kinds` are those of the atlas, else the shipped ones.

    `factor` is what a plain number is worth, by the unit in the header.

    Numbers come as :class:`geodata.importing.numbers.Figure`, dates as
    ``datetime.date``, sets as codes joined by ``;`` in the order of the cell.
    """
    vocab = _vocabularies().get((table, column.name)) or _vocabularies().get(("*", column.name))
    if column.dtype in ("int", "float"):
        return lambda value: _number(value, column, factor)
    if (table, column.name) == ("activities", "kind"):
        return lambda value: _kind(value, kinds or shipped())
    if (table, column.name) in _READERS:
        return _READERS[table, column.name]
    if column.dtype == "date":
        return as_date
    if column.dtype == "bool":
        return _yes_no
    if vocab:
        return (lambda value: _codes(value, vocab)) if column.dtype == "set" else (lambda value: _code(value, vocab))
    if column.name in ISO_TEXT:
        return lambda value: as_date(value).isoformat()
    if column.name in PERIODS:
        return _period
    return free_text


def as_date(value: Any) -> date:
    """Return the day that a cell names: a date, ``2024-05-25``,
    ``2024年5月25日``, ``20240525`` or Excel's day number.
    """
    if isinstance(value, datetime):
        return _plausible(value.date())
    if isinstance(value, date):
        return _plausible(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if 19_000_101 <= value <= 21_991_231 and value == int(value):
            return as_date(f"{int(value):08d}")
        if not 20_000 <= value <= 80_000:  # 1954 to 2119
            raise _no_date(f"{value:g}")
        return _SERIAL_DAY + timedelta(days=int(value))
    text = (
        unicodedata.normalize("NFKC", checked_text(value)[:LONGEST]).lower().strip().lstrip("'").replace("元月", "1月")
    )
    text = re.sub(r"[零〇一二三四五六七八九十]+(?=\s*[年月日号])", lambda match: str(chinese(match[0])), text)
    if re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    elif re.fullmatch(r"\d{5}(\.\d+)?", text):
        return as_date(float(text))
    if _SPAN_OF_DAYS.match(text):
        raise BadValue(
            N_("这是一段日子，不是一天：请把第一天写在这里，最后一天写在结束日期一列。"), {}, N_("日期，如 2024-05-25")
        )
    match = _DATE.fullmatch(text)
    if match is None:
        raise _no_date(text)
    try:
        return _plausible(date(*map(int, match.groups()[:3])))
    except BadValue:
        raise
    except ValueError as error:
        raise BadValue(N_("没有这一天：请核对年、月、日。"), {}, N_("日期，如 2024-05-25")) from error


def _plausible(day: date) -> date:
    if not 1900 <= day.year <= 2200:
        raise _no_date()
    return day


def _no_date(text: str = "") -> BadValue:
    said = next((said for pattern, said in _NO_DATES if pattern.fullmatch(text)), N_("读不出日期：请写成 2024-05-25。"))
    return BadValue(said, {}, N_("日期，如 2024-05-25"))


def _period(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool) and 1900 <= value <= 2200:
        return str(int(value))
    if isinstance(value, date):
        return as_date(value).isoformat()
    text = unicodedata.normalize("NFKC", checked_text(value)[:LONGEST])
    if _PERIOD.fullmatch(text):
        return text
    parts = [_one_period(part) for part in re.split(r"\s*(?:至|到|~|—|–|/(?=\d{4})|-(?=\d{4}))\s*", text)]
    if len(parts) > 2:
        raise _no_period()
    return "/".join(parts)


def _one_period(text: str) -> str:
    text = text.strip()
    if match := re.fullmatch(r"(\d{4})年?", text):
        return match[1]
    if (match := _MONTH.fullmatch(text)) and 1 <= int(match[2]) <= 12:
        return f"{match[1]}-{int(match[2]):02d}"
    try:
        return as_date(text).isoformat()
    except BadValue as error:
        raise _no_period() from error


def _no_period() -> BadValue:
    return BadValue(N_("读不出时期：请写成 2024、2024-05、2024-05-25 或 2024-05/2024-08。"), {}, N_("年、月或日"))


def free_text(value: Any) -> str:
    """Return the text of a cell of which nothing more is asked.

    Raises
    ------
    BadValue
        As :func:`geodata.importing.bad.checked_text`, and where it is too long.
    """
    text = checked_text(value)
    if len(text) > MAX_TEXT:
        raise BadValue(
            N_("文字太长（{got} 个字符，最多 {limit} 个）：请缩短。"),
            {"got": len(text), "limit": MAX_TEXT},
            N_("较短的文字"),
        )
    return text


def _yes_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = unicodedata.normalize("NFKC", checked_text(value)).lower()
    if text in YES or text in NO:
        return text in YES
    raise BadValue(N_("应为是或否：请写 是 或 否。"), {}, N_("是 | 否"))


def _number(value: Any, column: Column, factor: float) -> Any:
    found = figure(value, column.unit, factor)
    if column.dtype == "int" and not found.value.is_integer():  # ty: ignore[missing-union-attribute] - of a float
        raise BadValue(N_("应为整数：请去掉小数。"), {}, N_("整数"))
    if column.unit != "degree" and found.value < 0:
        raise BadValue(N_("不能是负数：请改正。"), {}, N_("不小于 0 的数"))
    return found


def _kind(value: Any, kinds: Kinds) -> str:
    text = checked_text(value)
    found = kinds.named.get(folded(text)) or kinds.named.get(folded(text).replace(" ", ""))
    if found is None:
        raise BadValue(
            N_(
                "“{part}”不是图册里的活动类别：请改用已有的，或先加一行："
                "用表“活动类别”的模板（python -m dashboard template "
                "--table kinds）填上它，导入后再导入这个文件。"
            ),
            {"part": text[:30]},
            N_("{names} 之一"),
            {"names": {lang: mark.join([*kinds.labels(lang).values()][:40]) for lang, mark in SEPARATORS.items()}},
        )
    return found


def _kind_code(value: Any) -> str:
    text = checked_text(value)
    if not _KIND_CODE.fullmatch(text) or text.lower() in RESERVED_KINDS:
        raise BadValue(
            N_("类别代码会写进网址，只能用字母、数字、- 和 _，最多 40 个，不能是 {reserved}：如 reading_club。"),
            {"reserved": "、".join(RESERVED_KINDS)},
            N_("代码，如 reading_club"),
        )
    return text


def _kind_name(value: Any) -> str:
    text = checked_text(value)
    if len(text) > LONGEST_KIND_NAME or any(sign in "<>{}%\n\r" for sign in text):
        raise BadValue(
            N_("类别名称最多 {limit} 个字，不能有 < > {{ }} % 和换行：请改短或改写。"),
            {"limit": LONGEST_KIND_NAME},
            N_("短名称，如 职工读书会"),
        )
    return text


def _own(value: Any) -> str | None:
    text = checked_text(value)
    found = values_of(text)
    if not found and text != "{}":
        raise BadValue(
            N_("自有项目的值读不懂：文件里每个项目请用自己的一列。"),
            {},
            N_("JSON，如 {example}"),
            {"example": '{"赠书册数": 120}'},
        )
    return as_text(found)


def _code(value: Any, vocab: str) -> str:
    text = folded(checked_text(value))
    found = names_of(vocab).get(text) or names_of(vocab).get(text.replace(" ", ""))
    if found is None:
        raise _no_code(text, vocab)
    return found


def _codes(value: Any, vocab: str) -> str:
    text, found, strange = checked_text(value), [], []
    if whole := names_of(vocab).get(folded(text)):
        return whole  # 物流与商贸: a name may hold what would part two
    for part in _SPLIT.split(text):
        if part.strip() and part.strip().lower() not in BLANKS:
            bare = _AROUND_CODES.sub("", part.strip())  # 配有空调、饮水机等设施
            codes = _codes_of(part, vocab) or _codes_of(bare, vocab)
            found, strange = ([*found, *codes], strange) if codes else (found, [*strange, bare or part.strip()])
    codes = ";".join(dict.fromkeys(found))
    if strange:
        error = _no_code(
            "、".join(strange), vocab, N_("“{part}”不在可用的取值里：请改用其中之一，或从这一格里删去它。")
        )
        error.partly = codes or None
        raise error
    return codes


def _codes_of(part: str, vocab: str) -> list[str]:
    """Return the code that a part of a list names, with its number or how many there are, or those between blanks;
    else none.
    """
    names = names_of(vocab)
    for said in (part, _COUNTED.sub("", _NUMBERED.sub("", part))):
        if code := names.get(folded(said)):
            return [code]
    found = [names.get(folded(_COUNTED.sub("", one))) for one in part.split()]
    return [code for code in found if code] if None not in found else []


def _no_code(text: str, vocab: str, msgid: str = N_("“{part}”不在可用的取值里：请用其中之一。")) -> BadValue:
    return BadValue(
        msgid,
        {"part": text[:30]},
        N_("{names} 之一"),
        {"names": {lang: mark.join(list(labels(vocab, lang).values())[:24]) for lang, mark in SEPARATORS.items()}},
    )


@cache
def names_of(vocab: str) -> Mapping[str, str]:
    """Return every way to write a code, folded → code: the code itself, its names in both languages, aliases."""
    names: dict[str, str] = {}
    for said in ({code: code for code in labels(vocab)}, labels(vocab), labels(vocab, "en")):
        for code, name in said.items():
            names.setdefault(folded(name), code)
    for row in shipped_rows("import_codes.csv"):
        if row["vocab"] == vocab:
            for alias in filter(None, row["alias"].split(";")):
                names.setdefault(folded(alias), row["code"])
    return MappingProxyType(names)


@cache
def _vocabularies() -> Mapping[tuple[str, str], str]:
    """Return (table, column) → vocabulary of its allowed values."""
    return MappingProxyType(
        {
            (row["table"], row["name"]): row["allowed"].removeprefix("vocab:")
            for row in shipped_rows("columns.csv")
            if row["allowed"].startswith("vocab:")
        }
    )


def vocabulary(table: str, column: str) -> str | None:
    """Return the vocabulary whose codes `column` holds, or None."""
    return _vocabularies().get((table, column)) or _vocabularies().get(("*", column))


_READERS: Mapping[tuple[str, str], Reader] = MappingProxyType(
    {
        ("kinds", "kind"): _kind_code,
        ("kinds", "name"): _kind_name,
        ("kinds", "name_en"): _kind_name,
        ("kinds", "colour"): read_colour,
        ("kinds", "icon"): read_icon,
        ("kinds", "fields"): read_fields,
        ("activities", OWN): _own,
    }
)
