"""Tables of HTML and of web archives (MHTML), as many programs save what they call .xls: runs apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from geodata.importing.apart_child import NoTables, TooLarge
from geodata.importing.limits import MAX_CELLS, MAX_COLUMNS, MAX_DEPTH, MAX_FIELD, MAX_HTML, MAX_ROWS, MAX_SHEETS

MAX_MERGED = 20_000
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_STRUCK, _STYLED = {"s", "strike", "del"}, {"span", "font"}
_LINE = re.compile(r"text-decoration[^;]{0,60}line-through", re.IGNORECASE)
THROUGH = "~~"  # stands about words with a line through them: they are not what they were
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_CHINESE = {"gb2312", "gbk", "gb18030", "cp936", "x-gbk", "gb_2312-80", "hz-gb-2312"}
_BREAKS = {"br", "p", "div", "li"}
_SILENT = {"style", "script", "title", "head"}


def sheets_of(path: Path) -> Iterator[Any]:
    """Yield every table of a page as a sheet."""
    yield from _tables([decoded_markup(path.read_bytes()[: MAX_HTML + 1])])


def sheets_of_archive(path: Path) -> Iterator[Any]:
    """Yield every table of the pages in a web archive as a sheet."""
    from email import message_from_bytes, policy

    message = message_from_bytes(path.read_bytes()[: MAX_HTML + 1], policy=policy.compat32)
    pages = []
    for part in message.walk():
        if part.get_content_type() == "text/html":
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                pages.append(decoded_markup(content, part.get_content_charset()))
    yield from _tables(pages)


def decoded_markup(data: bytes, charset: str | None = None) -> str:
    """Return the text of HTML or XML: by its mark, its own word, else as UTF-8 or GB18030.

    What the words say is tried first and believed only while the bytes agree: many pages say gb2312 and are UTF-8.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if not data.isascii():
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    said = _DECLARED.search(data[:1000]) or _CHARSET.search(data[:20_000])
    name = (said[1].decode() if said else charset or "gb18030").lower()
    for encoding in ("gb18030" if name in _CHINESE else name, "gb18030"):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("gb18030", "replace")


def _tables(pages: list[str]) -> Iterator[Any]:
    found: list[_Table] = []
    for page in pages:
        reader = _Reader()
        reader.feed(page)
        reader.close()
        found += [table for table in reader.done() if table.rows]
    if not found:
        raise NoTables
    if len(found) > MAX_SHEETS:
        raise ValueError(f"{len(found)} > {MAX_SHEETS}")
    for at, table in enumerate(found, 1):
        yield {"sheet": f"表 {at}" if len(found) > 1 else "表"}  # no key: the file has no name for it
        for number, row in table.rows:
            yield [number, row]
        yield {"merges": table.merges, "hidden_rows": sorted(table.hidden)}


class _Table:
    """One table while it is read."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, list[Any]]] = []
        self.merges: list[list[int]] = []
        self.hidden: set[int] = set()
        self.number = 0
        self.row: list[Any] | None = None
        self.covered: dict[int, int] = {}  # place → rows still covered by a cell above
        self.cell: list[str] | None = None
        self.size = 0
        self.spans = (1, 1)
        self.exact: str | None = None
        self.struck = False

    def open_row(self, hidden: bool) -> None:
        self.close_row()
        self.number += 1
        self.row = []
        if hidden:
            self.hidden.add(self.number)

    def close_row(self) -> None:
        self.close_cell()
        if self.row is None:
            return
        self.covered = {place: left - 1 for place, left in self.covered.items() if left > 1}
        if any(cell is not None for cell in self.row):
            self.rows.append((self.number, self.row))
        if self.number > 4 * MAX_ROWS or len(self.rows) > MAX_ROWS + 20:
            raise TooLarge(None, self.number, MAX_ROWS, False)
        self.row = None

    def open_cell(self, spans: tuple[int, int], exact: str | None, struck: bool) -> None:
        self.close_cell()
        if self.row is None:
            self.open_row(False)
        self.cell, self.size, self.spans, self.exact, self.struck = [], 0, spans, exact, struck

    def close_cell(self) -> int:
        """Put the cell where it belongs; return whether it holds anything."""
        if self.cell is None or self.row is None:
            return 0
        text = tidy("".join(self.cell))
        value: Any = f"{THROUGH}{text}{THROUGH}" if text and self.struck else text or None
        if not self.struck and self.exact is not None and _NUMBER.fullmatch(self.exact):
            number = float(self.exact)
            value = int(number) if number.is_integer() and abs(number) < 1e15 else number
        self.cell = None
        place = len(self.row)
        while place in self.covered:
            place += 1
        down, across = self.spans
        if place + across > MAX_COLUMNS:
            if value is None:
                return 0
            raise TooLarge(None, place + across, MAX_COLUMNS, True)
        self.row += [None] * (place - len(self.row)) + [value] + [None] * (across - 1)
        if down > 1:
            self.covered |= dict.fromkeys(range(place, place + across), down)
        if (down > 1 or across > 1) and len(self.merges) < MAX_MERGED:
            self.merges.append([self.number, self.number + down - 1, place, place + across - 1])
        return int(value is not None)


class _Reader(HTMLParser):
    """Gathers the cells of every table; a table within a cell is a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[_Table] = []
        self._done: list[_Table] = []
        self._silent = 0
        self._cells = MAX_CELLS
        self._lined: list[bool] = []  # of the open elements that may draw a line: whether they do

    def done(self) -> list[_Table]:
        while self._open:
            self._end_table()
        return self._done

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:  # ty: ignore[lost-keyword-for-regular-parameter] - nobody names them
        if tag in _SILENT:
            self._silent += tag != "head"
        if tag == "table":
            if len(self._open) >= MAX_DEPTH:
                raise ValueError("table")
            self._open.append(_Table())
            self._done.append(self._open[-1])
        elif not self._open:
            return
        elif tag == "tr":
            said = dict(attributes)
            self._open[-1].open_row("hidden" in said or bool(_HIDDEN.search(said.get("style") or "")))
        elif tag in ("td", "th"):
            said = dict(attributes)
            table = self._open[-1]
            struck = _LINE.search(said.get("style") or "") is not None
            table.open_cell((_span(said.get("rowspan")), _span(said.get("colspan"))), said.get("x:num"), struck)
            self._lined.clear()
            self._cells -= 1
            if self._cells < -MAX_CELLS:
                raise TooLarge(None, MAX_ROWS, MAX_ROWS, False)
        elif tag in _BREAKS:
            self._said("\n")
        elif tag in _STRUCK | _STYLED and len(self._lined) < MAX_DEPTH:
            self._lined.append(tag in _STRUCK or _LINE.search(dict(attributes).get("style") or "") is not None)
            self._said(THROUGH if self._lined[-1] else "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and tag != "head":
            self._silent = max(self._silent - 1, 0)
        if not self._open:
            return
        if tag == "table":
            self._end_table()
        elif tag == "tr":
            self._open[-1].close_row()
        elif tag in ("td", "th"):
            self._open[-1].close_cell()
        elif tag in _STRUCK | _STYLED and self._lined:
            self._said(THROUGH if self._lined.pop() else "")

    def handle_data(self, data: str) -> None:
        self._said(re.sub(r"\s+", " ", data) if data.isascii() or "\n" in data else data)

    def _said(self, data: str) -> None:
        if self._silent or not self._open or (cell := self._open[-1].cell) is None:
            return
        self._open[-1].size += len(data)
        if self._open[-1].size > MAX_FIELD:
            raise ValueError("cell")
        cell.append(data)

    def _end_table(self) -> None:
        self._open.pop().close_row()


def _span(said: str | None) -> int:
    text = (said or "").strip()
    return min(max(int(text), 1), 1_000_000) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def tidy(text: str) -> str:
    """Return text without blanks at its ends and between its lines, and one where there were several."""
    lines = (re.sub(r"[ \t\r\f\v\u00a0]+", " ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
