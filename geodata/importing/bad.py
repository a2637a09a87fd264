"""A cell that cannot be used, and the text of a cell."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from geodata.errors import N_

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# what has no shape of its own: it turns the order of what follows, or makes two names look alike
_INVISIBLE = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]")
_MAY_MEAN_MORE = " '=#"  # at the beginning of a cell
_LINE_ENDS = re.compile(r"[\u2028\u2029]")
_SCIENTIFIC = re.compile(r"\d(?:\.(?P<digits>\d{0,14}))?[eE]\+?(?P<power>\d{1,2})")
LONGEST_EXACT = 1e15  # a spreadsheet keeps fifteen digits of a number, and writes zeros for the rest
_EXCEL_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
# the wide ones count in East Asian Excel; blanks and line ends before one are dropped by some readers of text tables
_FORMULA = re.compile(r"'*(?:[\t\r\n]|[\s\x00-\x20\u200b\u2060\ufeff]*[=+\-@＝＋－＠])")


class BadValue(ValueError):  # noqa: N818 - named for what it says of the cell
    """A value that cannot be used: message template, its values,
    what was expected (template and values); `partly` is what of it can.
    """

    def __init__(
        self,
        msgid: str,
        params: dict[str, Any],
        expected_msgid: str,
        expected_params: dict[str, Any] | None = None,
        partly: Any = None,
    ) -> None:
        super().__init__(msgid)
        self.partly = partly
        self.msgid, self.params = msgid, params
        self.expected_msgid, self.expected_params = expected_msgid, expected_params or {}


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet may compute a cell of `text`; apostrophes before it do not count."""
    return bool(_FORMULA.match(text))


def unmarked(text: str) -> str:
    """Return `text` without the apostrophe that our own exports put before what a spreadsheet would compute."""
    return text[1:] if text.startswith("'") and is_formula(text) else text


def visible(text: str) -> str:
    """Return `text` without characters that nobody sees: zero widths, and those that turn the direction of writing.

    Separators of lines and paragraphs become line ends.
    """
    return _LINE_ENDS.sub("\n", _INVISIBLE.sub("", text))


def whole(number: float) -> str:
    """Return a whole number as digits, as many as its float holds and zeros behind them."""
    return str(int(number)) if abs(number) < LONGEST_EXACT else format(Decimal(repr(number)), "f")


def lost_digits(cell: Any) -> bool:
    """Return whether a cell that is to be a text is a number of more digits than a spreadsheet keeps, or is cut short:
    110105199001011234 as a number, 1.10105E+17.
    """
    if isinstance(cell, str):
        if not ("E+" in cell or "e+" in cell or "E1" in cell or "e1" in cell):
            return False  # nearly all: quicker than the pattern
        match = _SCIENTIFIC.fullmatch(cell.strip())
        return match is not None and max(len(match["digits"] or ""), 9) < int(match["power"])
    return isinstance(cell, int | float) and not isinstance(cell, bool) and LONGEST_EXACT <= abs(cell) < math.inf


def checked_text(value: Any) -> str:
    """Return the text of a cell as it is seen, without blanks around it.

    Raises
    ------
    BadValue
        When it holds control characters, an error value of Excel, or a formula.
    """
    if isinstance(value, str):
        if value.isprintable() and value[:1] not in _MAY_MEAN_MORE and value[-1:] != " ":
            return value  # nearly all: what nobody sees is not printable
        text = value
    elif isinstance(value, float) and value.is_integer():
        text = whole(value)
    elif isinstance(value, datetime):
        text = value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="minutes")
    elif isinstance(value, date):
        text = value.isoformat()
    else:
        text = str(value)
    text = text.strip(" \u3000\u00a0\ufeff")
    if (plain := unmarked(text)) != text:  # our own export: as it was
        return plain
    text = visible(text).strip(" \u3000\u00a0")
    if _CONTROL.search(text):
        raise BadValue(N_("含有控制字符或损坏的文字：请重新输入。"), {}, N_("可以显示的文字"))
    if text in _EXCEL_ERRORS:
        raise BadValue(N_("这是 Excel 的出错值：请改正公式或填上内容。"), {}, N_("数值或文字"))
    if text.startswith("="):
        raise BadValue(N_("以等号开头的内容像公式，不导入：请改为文字或数值。"), {}, N_("不以等号开头的文字"))
    return text
