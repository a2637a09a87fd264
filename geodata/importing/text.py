"""Text files: comma, tab or semicolon; UTF-8, UTF-16 or GB18030, with or without BOM."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence

from geodata.errors import N_
from geodata.importing.limits import MAX_FIELD, MAX_RECORD, MAX_TEXT
from geodata.importing.report import Unreadable, shown
from geodata.importing.sheets import Sheet, gathered

DELIMITERS = (",", "\t", ";", "，", "；", "|")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ALLOWED_CONTROLS = {9, 10, 13}
_SAMPLE = 64 * 1024


def decoded(data: bytes, looks_right: Callable[[str], bool] = bool) -> str:
    """Return the text of `data`.

    Parameters
    ----------
    data : bytes
        The whole file.
    looks_right : callable
        Tells whether a decoding makes sense (known headers appear); the
        encoding is guessed from statistics only when UTF-8 and GB18030 do not.

    Raises
    ------
    Unreadable
        When it is no text, or text in no encoding known.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(data, encoding)
    head = data[:_SAMPLE]
    if sum(1 for byte in head if byte < 32 and byte not in _ALLOWED_CONTROLS) > len(head) // 100 or b"\x00" in head:
        raise Unreadable(
            N_("这不是文字表格：请给 .xlsx、.csv、GeoJSON、GeoPackage 或压缩的 Shapefile。"), code="format"
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        first = error.start
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        text = None
    if text is not None and looks_right(text[:_SAMPLE]):
        return text
    guess = _guess(head)
    if guess is not None and looks_right(guess[:_SAMPLE]):
        return data.decode(_guessed_name(head), "strict")
    if text is not None:
        return text
    raise Unreadable(N_("文字编码认不出来（第 {at} 字节起）：请另存为 UTF-8 或 GB18030。"), code="encoding", at=first)


def read_text(data: bytes, looks_right: Callable[[str], bool] = bool) -> list[Sheet]:
    """Return the one sheet of a text table.

    Raises
    ------
    Unreadable
        When it cannot be read as a table.
    """
    if len(data) > MAX_TEXT:
        raise Unreadable(
            N_("文件有 {got} MB，上限 {limit} MB：请分成几个文件导入。"),
            code="size",
            got=round(len(data) / 2**20),
            limit=MAX_TEXT // 2**20,
        )
    text = decoded(data, looks_right)
    lines = text.removeprefix("\ufeff")
    delimiter = None
    if lines[:4].lower() == "sep=" and len(lines) > 4:  # Excel's own way of saying it
        delimiter = lines[4]
        lines = "\r\n" + lines.partition("\n")[2]
    csv.field_size_limit(MAX_FIELD)
    try:
        return [gathered(None, _records(lines, delimiter or delimiter_of(lines)))]
    except csv.Error as error:
        raise Unreadable(N_("表格读不出来（{detail}）：请检查引号是否成对。"), detail=shown(error)) from error


def _records(text: str, delimiter: str) -> Iterator[Sequence[str]]:
    """Yield the records of a table; a record may run over many lines, but not over all of a hostile file."""
    taken = 0

    def lines() -> Iterator[str]:
        nonlocal taken
        for line in io.StringIO(text, newline=""):
            taken += len(line)
            if taken > MAX_RECORD:
                raise Unreadable(
                    N_("有一行超过 {limit} 个字符：请检查换行和引号是否成对。"), code="size", limit=MAX_RECORD
                )
            yield line

    for record in csv.reader(lines(), delimiter=delimiter):
        taken = 0
        yield record


def delimiter_of(text: str) -> str:
    """Return the delimiter that the first lines use most evenly; a comma when none is used."""
    counts = {one: [] for one in DELIMITERS}
    for line in _first_lines(text):
        bare = "".join(part for at, part in enumerate(line.split('"')) if at % 2 == 0)  # what is not in quotes
        for one in DELIMITERS:
            counts[one].append(bare.count(one))
    best = max(DELIMITERS, key=lambda one: (sum(1 for count in counts[one] if count), sum(counts[one])))
    return best if any(counts[best]) else ","


def _first_lines(text: str) -> list[str]:
    return [line for line in text[:_SAMPLE].splitlines()[:20] if line.strip()][:8]


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(
            N_("文字编码认不出来（第 {at} 字节起）：请另存为 UTF-8 或 GB18030。"), code="encoding", at=error.start
        ) from error


def _guessed_name(head: bytes) -> str:
    from charset_normalizer import from_bytes  # slow to import; hardly any file needs it

    best = from_bytes(head).best()
    return best.encoding if best else "gb18030"


def _guess(head: bytes) -> str | None:
    try:
        return head.decode(_guessed_name(head))
    except (UnicodeDecodeError, LookupError):
        return None
