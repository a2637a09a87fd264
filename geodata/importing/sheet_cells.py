"""The cells of one worksheet, row by row (ECMA-376 part 1, section 18.3.1)."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from geodata.errors import N_
from geodata.importing.html_tables import THROUGH
from geodata.importing.limits import MAX_CELLS, MAX_COLUMNS, MAX_COMMENTS, MAX_ELEMENTS, MAX_FIELD, MAX_ROWS
from geodata.importing.number_formats import Added
from geodata.importing.packed import PackedColumn, PackedRows
from geodata.importing.report import Problem, Unreadable, shown
from geodata.importing.sheets import Merge, Sheet, too_large
from geodata.importing.xml_parts import MAIN, SEPARATOR, Told, broken_book, read_part

MAX_MERGED, MAX_FORMULAS = 20_000, 1_000
LOOKED_AT = 40  # rows in which a header may stand: of these alone the looks are kept
MAX_ROW_NUMBER = 1_048_576
REMEMBERED = 100_000  # texts kept once however often they stand in a sheet
_NAMES = ("row", "c", "v", "f", "t", "rPh", "mergeCell", "col", "r", "strike")
_ROW, _CELL, _VALUE, _FORMULA, _TEXT, _HINT, _MERGE, _COLUMN, _RUN, _LINE = range(len(_NAMES))
_SAID = (_VALUE, _TEXT)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LETTERS = re.compile(r"[A-Z]{1,3}")
_REF = re.compile(r"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})")
_TRUE, FALSE = ("1", "true"), ("0", "false")


@dataclass(frozen=True, slots=True)
class Styles:
    """What the styles of cells say.

    Attributes
    ----------
    dates, spans : frozenset of str
        Numbers of the styles that show a date, and a span of time.
    emphasis : frozenset of str
        Numbers of the styles that are bold or filled.
    struck : frozenset of str
        Numbers of the styles with a line through the text.
    added : dict of str to Added
        Number of a style → what its number format adds to a number.
    """

    dates: frozenset[str] = frozenset()
    spans: frozenset[str] = frozenset()
    emphasis: frozenset[str] = frozenset()
    struck: frozenset[str] = frozenset()
    added: Mapping[str, Added] = field(default_factory=dict)


@dataclass(slots=True)
class Book:
    """What the sheets of a workbook share, and how much of it has been used up.

    Attributes
    ----------
    strings : list of str
        Shared strings.
    styles : Styles
    from_1904 : bool
        Whether days are counted from 1904, as old Macintoshes do.
    cells, elements : int
        Cells with a value and XML elements still allowed, all sheets together.
    """

    strings: list[str]
    styles: Styles
    from_1904: bool
    cells: int = MAX_CELLS
    elements: int = MAX_ELEMENTS


def unescaped(text: str) -> str:
    """Return text with ``_x000D_`` and its like as the characters they stand for (section 22.9.2.19)."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def read_cells_of(archive: zipfile.ZipFile, name: str, part: str, book: Book, told: Told) -> Sheet:
    """Return one sheet without its empty rows.

    Raises
    ------
    Unreadable
        When it is broken, or larger than the atlas takes.
    """
    sheet = Sheet(name, PackedRows(), PackedColumn())
    kinds = {space + SEPARATOR + tag: kind for space in MAIN for kind, tag in enumerate(_NAMES)}
    columns: dict[str, int] = {}
    known: dict[str, str] = {}
    merged: list[str] = []
    row: list[Any] = []
    pieces: list[str] = []
    number = at = size = plain = 0
    sort, style, formula, hinting, has_value, lined = "n", None, None, False, False, False
    into: list[str] | None = None
    looking = True
    cells, elements, formulas = book.cells, book.elements, 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal number, at, sort, style, formula, into, hinting, elements, size, has_value, plain, looking, lined
        kind = kinds.get(tag)
        if kind == _CELL:
            elements -= 1
            ref = attributes.get("r")
            if ref is None:
                at += 1
            else:
                letters = ref.rstrip("0123456789")
                at = columns.get(letters) or columns.setdefault(letters, column_number(letters))
            sort, style = attributes.get("t", "n"), attributes.get("s")
            formula, has_value, size = None, False, 0
            pieces.clear()
        elif kind in _SAID:
            into = None if hinting else pieces
            has_value = True
            if lined and not hinting:
                pieces.append(THROUGH)
        elif kind == _ROW:
            elements -= 1
            said = attributes.get("r")
            number = number + 1 if said is None else int(said) if len(said) < 9 else 0
            if not 0 < number <= MAX_ROW_NUMBER:
                raise broken_book(said)
            at = plain = 0
            looking = len(sheet.rows) < LOOKED_AT
            row.clear()
            if attributes.get("hidden") in _TRUE:
                sheet.hidden_rows.add(number)
        elif kind == _FORMULA:
            formula = into = []
        elif kind == _MERGE:
            elements -= 1
            if len(merged) < MAX_MERGED:
                merged.append(attributes.get("ref", ""))
        elif kind == _COLUMN:
            elements -= 1
            if attributes.get("hidden") in _TRUE:
                sheet.hidden_columns.update(_places(attributes))
        else:
            elements -= 1
            hinting = hinting or kind == _HINT
            lined = kind == _LINE and attributes.get("val") not in FALSE if kind in (_LINE, _RUN) else lined
        if elements < 0:
            raise Unreadable(N_("工作表太大：请删去数据之外的空行空列后再试。"), sheet=name, code="size")

    def characters(said: str) -> None:
        nonlocal size
        if into is not None:
            size += len(said)
            if size > MAX_FIELD:
                raise broken_book("XML")
            into.append(said)

    def end(tag: str) -> None:
        nonlocal into, hinting, cells, formulas, plain, elements, lined
        kind = kinds.get(tag)
        if kind == _CELL:
            lined = False
            text = pieces[0] if len(pieces) == 1 else "".join(pieces)
            value = _value(text, sort, style, book) if has_value else None
            if value is None or value == "":
                if formula is not None and value is None and formulas < MAX_FORMULAS:
                    formulas += 1
                    sheet.problems.append(_no_value(name, number, at, "".join(formula)))
                    _put(row, at, None)
                return
            if at > MAX_COLUMNS:
                raise too_large(name, N_("列"), at, MAX_COLUMNS)
            cells -= 1
            elements += 1  # what holds something counts among the cells
            if looking:
                plain += style not in book.styles.emphasis
            if style in book.styles.struck and len(sheet.struck) < MAX_COMMENTS:
                sheet.struck.add((number, at - 1))
            if type(value) is str and sort != "s" and len(known) < REMEMBERED:
                value = known.setdefault(value, value)  # shared strings are held once as it is
            if len(row) == at - 1:
                row.append(value)
            else:
                _put(row, at, value)
        elif kind in _SAID or kind == _FORMULA:
            if lined and into is pieces:
                pieces.append(THROUGH)
            into = None
        elif kind == _ROW:
            if row:
                sheet.rows.append(row.copy())
                sheet.numbers.append(number)
                if looking and not plain:
                    sheet.emphasised.add(number)
                if len(sheet.numbers) > MAX_ROWS + 1 or cells < 0:
                    raise too_large(name, N_("行"), len(sheet.rows), MAX_ROWS)
        elif kind == _HINT:
            hinting = False

    read_part(archive, part, start, end, characters, told)
    book.cells, book.elements = cells, elements
    sheet.merges = [_merge(match) for ref in dict.fromkeys(merged) if (match := _REF.fullmatch(ref))]
    return sheet


def _places(attributes: dict[str, str]) -> range:
    """Return the places in a row, counted from 0, that a ``col`` element is about."""
    first, last = (attributes.get(name, "") for name in ("min", "max"))
    if not (first.isdigit() and last.isdigit() and len(first) < 9 and len(last) < 9):
        return range(0)
    return range(max(int(first) - 1, 0), min(int(last), MAX_COLUMNS))


def _merge(match: re.Match[str]) -> Merge:
    left, top, right, bottom = match.groups()
    return Merge(int(top), int(bottom), column_number(left) - 1, column_number(right) - 1)


def _put(row: list[Any], at: int, value: Any) -> None:
    if at <= MAX_COLUMNS:
        row += [None] * (at - len(row))
        row[at - 1] = value


def column_number(letters: str) -> int:
    """Return the number of a column, ``A`` 1.

    Raises
    ------
    Unreadable
        When they are no letters of a column.
    """
    if not _LETTERS.fullmatch(letters):
        raise broken_book(letters)
    found = 0
    for one in letters:
        found = 26 * found + ord(one) - 64
    return found


def _value(text: str, sort: str, style: str | None, book: Book) -> Any:
    if sort == "s":
        at = int(text)
        if at < 0:
            raise broken_book(text)
        return book.strings[at]
    if sort in ("inlineStr", "str", "e"):
        return unescaped(text)
    text = text.strip()
    if not text:
        return None
    if sort == "b":
        return text in ("1", "true")
    if sort == "d":
        with suppress(ValueError):
            return datetime.fromisoformat(text.replace("Z", ""))
        return text
    if len(text) > 400:
        raise broken_book(text)
    value = float(text) if not text.lstrip("-").isdigit() else int(text)
    if style is None:
        return value
    styles = book.styles
    if style in styles.dates or style in styles.spans:
        return _moment(value, style in styles.spans, book.from_1904)
    return styles.added[style].to(value) if style in styles.added else value


def _moment(value: float, span: bool, from_1904: bool) -> Any:
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

    try:
        return from_excel(value, MAC_EPOCH if from_1904 else WINDOWS_EPOCH, timedelta=span)
    except (ValueError, OverflowError):
        return "#VALUE!"  # as Excel shows a day before its first or after its last


def _no_value(sheet: str, row: int, at: int, formula: str) -> Problem:
    from openpyxl.utils import get_column_letter

    return Problem(
        N_("公式没有保存结果：请在 Excel 里打开并保存一次，或改为粘贴数值。"),
        sheet=sheet,
        row=row,
        column=get_column_letter(min(at, 18_278)),
        value=shown("=" + formula),
        expected_msgid=N_("数值或文字"),
        code="formula",
    )
