"""Columns that are one field together: a tick for each facility, opening hours by season, day or half of the day."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from geodata.importing.bad import BadValue
from geodata.importing.header_words import bare, simple
from geodata.importing.numbers import figure
from geodata.importing.values import NO, YES, is_blank, names_of, vocabulary
from geodata.schema import TableSchema

HOURS = "opening_hours"
_WHETHER = re.compile(r"^(?:是否|有无|有没有)?(?:配备|配有|设有|提供|具备|安装|有)?|(?:数量|数|情况|配备|设施|设备)?$")
_DAY = r"\d{1,2}(?:月\d{1,2}[日号]?|\.\d{1,2})"
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})")
_QUALIFIER = (
    rf"{_DAY}[至到\-~—]+(?:次年|翌年)?{_DAY}|"
    r"夏令时|冬令时|夏令|冬令|夏季|冬季|春夏季?|秋冬季?|高温季|"
    r"(?:法定)?工作日|双休日|休息日|周末|(?:法定)?节假日|平时|平日|上午|下午|晚上|夜间|"
    r"(?:周|星期)[一二三四五六日天](?:[至到\-~—]|[、和及,])(?:周|星期)?[一二三四五六日天]|(?:周|星期)[一二三四五六日天]|"
    r"\d{1,2}月?[至到\-~—](?:次年|翌年)?\d{1,2}月"
)
_QUALIFIERS = re.compile(_QUALIFIER)
_ROLES = (
    ("from", re.compile(r"(?:开门|开始|起始|开放|营业开始|上班|开馆|起)(?:时间|时刻)?")),
    ("to", re.compile(r"(?:关门|关闭|结束|终止|打烊|下班|闭馆|关馆|止)(?:时间|时刻)?")),
)
_TIMES = ("", "时间", "时段", "开放", "营业", "服务", "作息", "作息时间", "开放时间")
_LIKE_HOURS = re.compile(r"\d\s*[:：点时.]|\d\s*[-–—~至到]\s*\d|全天|24|休|闭|不开放|照常|无")


@dataclass(frozen=True, slots=True)
class Tick:
    """A column of ticks:
    where it stands, the set that it belongs to (``facilities``), the code that a tick means, its header.
    """

    place: int
    column: str
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class HoursPart:
    """A column that holds a part of the opening hours:
    where it stands, when it holds (``夏季``), ``from`` or ``to`` for one end of them.
    """

    place: int
    label: str
    role: str
    title: str


def tick_of(path: tuple[str, ...], place: int, known: Mapping[str, str], schema: TableSchema) -> Tick | None:
    """Return the tick column that headings name: one under ``服务设施``,
    or headed by what a set of the table may hold.
    """
    leaf = bare(path[-1])
    for column in schema.columns:
        vocab = vocabulary(schema.name, column.name) if column.dtype == "set" else None
        if not vocab or (len(path) > 1 and known.get(bare(path[-2]), column.name) != column.name):
            continue
        for said in (leaf, _WHETHER.sub("", leaf)):
            if code := names_of(vocab).get(said):
                return Tick(place, column.name, code, path[-1])
    return None


def is_ticked(cell: Any, circle: bool | None = True) -> bool | None:
    """Return whether a cell ticks; None where nobody can tell.

    `circle` is what an empty circle means, see :func:`circle_of`.
    """
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, int | float):
        return cell > 0 if cell >= 0 else None
    text = unicodedata.normalize("NFKC", str(cell)).strip().lower()
    if text in ("○", "〇", "o", "⭕", "◯"):
        return circle
    if text in ("●", "■", "★", "▲", "v", "☑", "✔"):
        return True
    if text in ("□", "-", "--", "—", "/", "\\", "△"):
        return False if text != "△" else None
    if text in YES or text in NO:
        return text in YES
    if re.match(r"(?:没有|没|无|未|不|缺)", text):
        return False if len(text) <= 6 else None
    if re.fullmatch(r"(?:有|已配|配备|已安装|具备)(?:[\s(（,，:：]*(?:约?\d+\s*\D{0,2}|齐全|完好|正常))?[)）]?", text):
        return True
    try:
        return figure(text).value > 0
    except BadValue:
        return None


def circle_of(cells: Iterable[Any]) -> bool | None:
    """Return what an empty circle means among these cells: a tick;
    beside a full one its contrary; beside other ticks nobody knows.
    """
    signs = {cell.strip() for cell in cells if isinstance(cell, str)}
    if signs & {"●", "■"}:
        return False
    return None if signs & {"√", "✓", "✔", "☑", "V", "v"} else True


def looks_ticked(cells: Sequence[Any]) -> bool:
    """Return whether cells are ticks, as far as the first of them show."""
    said = [cell for cell in cells if not (cell is None or cell == "")][:200]
    told = sum(is_ticked(cell) is not None for cell in said)
    return bool(said) and told * 2 > len(said)


def hours_part(path: tuple[str, ...], place: int, known: Mapping[str, str]) -> HoursPart | None:
    """Return the part of the opening hours that headings name:
    ``夏季开放时间``, ``冬季`` under ``开放时间``, ``工作日``.
    """
    leaf, heads = path[-1], path[:-1]
    # what stands in the brackets of 开放时间（夏季） says when, as what stands before it does
    said = [re.sub(r"\s", "", unicodedata.normalize("NFKC", one)) for one in path]
    labels = [found for one in said for found in _QUALIFIERS.findall(one)]
    rest = re.sub(r"[()的\-·/:]", "", _QUALIFIERS.sub("", said[-1]))
    under = any(
        known.get(simple(re.sub(r"[()]", "", _QUALIFIERS.sub("", one)))) == HOURS or known.get(bare(one)) == HOURS
        for one in said[:-1]
    )
    means = known.get(simple(rest)) == HOURS
    role = next((name for name, pattern in _ROLES if rest and pattern.fullmatch(rest)), "")
    label = _DOTTED.sub(r"\1月\2日", "".join(dict.fromkeys(labels)))
    if under and (means or role or rest in _TIMES):
        return HoursPart(place, label, role, leaf) if label or role else None
    if label and (means or (rest in _TIMES and (rest or heads or _stands_alone(label)))):
        return HoursPart(place, label, "" if rest in _TIMES else role, leaf)
    if role and ("门" in rest or "营业" in rest):
        return HoursPart(place, label, role, leaf)
    return None


def _stands_alone(label: str) -> bool:
    """Return whether a heading is one of hours by itself, if the cells are: 夏季, 周一."""
    return re.match(r"夏|冬|春|秋|高温|\d|周[一二三四五六日天]$|星期[一二三四五六日天]$", label) is not None


def looks_like_hours(cells: Sequence[Any]) -> bool:
    """Return whether cells hold times of the day, as far as the first of them show."""
    said = [cell for cell in cells if not is_blank(cell)][:200]
    return bool(said) and 2 * sum(
        isinstance(cell, time | datetime) or _LIKE_HOURS.search(str(cell)) is not None for cell in said
    ) > len(said)


def joined_hours(parts: Sequence[HoursPart], row: Sequence[Any]) -> str | None:
    """Return the opening hours of a row as one text:
    ``夏季 8:00-20:00，冬季 8:30-18:00``; None where all its parts are blank.
    """
    by_label: dict[str, dict[str, str]] = {}
    for part in parts:
        cell = row[part.place] if part.place < len(row) else None
        if not is_blank(cell):
            by_label.setdefault(part.label, {})[part.role] = _clock(cell)
    said = []
    for label, roles in by_label.items():
        text = roles.get("") or "-".join(filter(None, (roles.get("from"), roles.get("to"))))
        said.append(f"{label} {text}" if label and label not in text else text)
    if not said:
        return None
    return ("；" if any(re.search(r"[,，;；]", one) for one in said) else "，").join(said)


def _clock(cell: Any) -> str:
    if isinstance(cell, datetime | time):
        return f"{cell.hour}:{cell.minute:02d}"
    return str(cell).strip()
