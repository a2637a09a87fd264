"""Excel 2003 XML spreadsheets (SpreadsheetML): one file of XML, often called .xls."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from geodata.errors import N_
from geodata.importing.limits import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, MAX_SHEETS
from geodata.importing.markup import Text, broken, feed
from geodata.importing.report import Unreadable
from geodata.importing.sheets import Merge, Sheet, too_large

_FORMAT = "xml2003"
MAX_ROW_NUMBER, MAX_MERGED, MAX_PLACE = 1_048_576, 20_000, 16_384


def read_spreadsheet(data: bytes) -> list[Sheet]:
    """Return the worksheets of a SpreadsheetML file.

    Raises
    ------
    Unreadable
        When it is broken, or larger than the atlas takes.
    """
    reader = _Reader()
    feed(data, _FORMAT, reader.start, reader.end, reader.text.add)
    return reader.sheets


class _Reader:
    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self.text = Text(_FORMAT)
        self._row: list[Any] = []
        self._number = self._place = self._column = 0
        self._sort = "String"
        self._value: Any = None
        self._spans = (0, 0)
        self._remark = self._in_cell = False
        self._by = ""  # who wrote a comment
        self._cells = MAX_CELLS

    def start(self, tag: str, said: dict[str, str]) -> None:
        if tag == "Worksheet":
            if len(self.sheets) >= MAX_SHEETS:
                raise Unreadable(
                    N_("工作簿有 {got} 张工作表，最多 {limit} 张：请只留下要导入的。"),
                    got=len(self.sheets) + 1,
                    limit=MAX_SHEETS,
                )
            self.sheets.append(Sheet(said.get("Name", ""), [], []))
            self._number = self._column = 0
        elif not self.sheets:
            return
        elif tag == "Row":
            self._number = _index(said, self._number)
            if self._number > MAX_ROW_NUMBER:
                raise broken(_FORMAT, self._number)
            self._row, self._place = [], 0
            if said.get("Hidden") == "1" or _float(said.get("Height")) == 0:
                self.sheets[-1].hidden_rows.add(self._number)
        elif tag == "Column":
            self._column = _index(said, self._column)
            span = _whole(said.get("Span"))
            if said.get("Hidden") == "1":
                self.sheets[-1].hidden_columns |= set(range(self._column - 1, min(self._column + span, MAX_PLACE)))
            self._column += span
        elif tag == "Cell":
            self._place = _index(said, self._place)
            self._value, self._in_cell = None, True
            self._spans = (_whole(said.get("MergeDown")), _whole(said.get("MergeAcross")))
        elif tag == "Comment":
            self._remark, self._by = True, said.get("Author", "")
        elif tag == "Data" and self._in_cell:
            if not self._remark:
                self._sort = said.get("Type", "String")
            self.text.open()
        elif tag == "Visible":
            self.text.open()

    def end(self, tag: str) -> None:
        if not self.sheets:
            return
        sheet = self.sheets[-1]
        if tag == "Data" and self._remark:
            text = (self.text.take() or "").strip()
            if self._by and text.startswith((f"{self._by}:", f"{self._by}：")):
                text = text[len(self._by) + 1 :].strip()
            if text:
                sheet.comments.setdefault(self._number, {})[self._place - 1] = text
        elif tag == "Data":
            self._value = _value(self.text.take() or "", self._sort)
        elif tag == "Comment":
            self._remark = False
        elif tag == "Cell":
            self._put(sheet)
        elif tag == "Row":
            if any(cell is not None for cell in self._row):
                sheet.rows.append(self._row)
                sheet.numbers.append(self._number)
                if len(sheet.rows) > MAX_ROWS + 1 or self._cells < 0:
                    raise too_large(sheet.name, N_("行"), len(sheet.rows), MAX_ROWS)
        elif tag == "Visible":
            sheet.hidden = (self.text.take() or "").strip() in ("SheetHidden", "SheetVeryHidden")

    def _put(self, sheet: Sheet) -> None:
        down, across = self._spans
        self._in_cell = False
        if (down or across) and len(sheet.merges) < MAX_MERGED:
            sheet.merges.append(Merge(self._number, self._number + down, self._place - 1, self._place - 1 + across))
        if self._value is not None:
            if self._place > MAX_COLUMNS:
                raise too_large(sheet.name, N_("列"), self._place, MAX_COLUMNS)
            self._cells -= 1
            self._row += [None] * (self._place - len(self._row))
            self._row[self._place - 1] = self._value
        self._place += across


def _index(said: dict[str, str], before: int) -> int:
    """Return the number that an element says it has, else the one after the last; never one that has been."""
    number = _whole(said["Index"]) if "Index" in said else before + 1
    if number <= before:
        raise broken(_FORMAT, said["Index"])
    return number


def _whole(said: str | None) -> int:
    text = (said or "0").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise broken(_FORMAT, text[:20])
    return int(text)


def _float(said: str | None) -> float | None:
    with suppress(ValueError, TypeError):
        return float(said)  # ty: ignore[invalid-argument-type] - None is suppressed
    return None


def _value(text: str, sort: str) -> Any:
    if not text:
        return None
    if sort == "Number":
        number = _float(text[:400])
        if number is None:
            return text
        return int(number) if abs(number) < 1e15 and number == int(number) else number
    if sort == "Boolean":
        return text.strip() in ("1", "true")
    if sort == "DateTime":
        with suppress(ValueError):
            return datetime.fromisoformat(text.strip().rstrip("Z"))
    return text
