"""Text files: comma, tab or semicolon; UTF-8, UTF-16 or GB18030, with or without BOM."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, Literal, TextIO

from geodata.errors import N_
from geodata.importing.limits import MAX_FIELD, MAX_RECORD, MAX_ROWS, MAX_STRANGE_TEXT, MAX_TABLE_ROWS, MAX_TEXT
from geodata.importing.report import Problem, Unreadable, shown
from geodata.importing.sheets import Sheet, gathered, too_large

DELIMITERS = (",", "\t", ";", "，", "；", "|")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ALLOWED_CONTROLS = {9, 10, 13}
_SAMPLE = 64 * 1024
_LEAST_CELLS = 2  # of a line that is a whole row and no more of the text before it
_LOOSE = N_("{count} 行的双引号没有成对（第 {row} 行等）：这些行按没有引号读取，请核对。")
_BLANK_LINE = re.compile(rb"\n[\r ,;|\t]*(?=\n)")
_PART = 2**20  # bytes looked at together
_LINES_READ = 2**18  # characters whose lines are read together


def encoding_of(file: BinaryIO, looks_right: Callable[[str], bool] = bool) -> str:
    """Return the encoding in which the whole of a file is text.

    Parameters
    ----------
    file : binary file
        Read from its beginning, a part at a time.
    looks_right : callable
        Tells whether a decoding makes sense (known headers appear); the
        encoding is guessed from statistics only when UTF-8 and GB18030 do not.

    Raises
    ------
    Unreadable
        When it is no text, or text in no encoding known.
    """
    file.seek(0)
    head = file.read(_SAMPLE)
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            if (at := _wrong_at(file, encoding)) is not None:
                raise _unknown_encoding(at)
            return encoding
    if b"\x00" in head and (wide := _without_mark(file, looks_right)):
        return wide
    if sum(1 for byte in head if byte < 32 and byte not in _ALLOWED_CONTROLS) > len(head) // 100 or b"\x00" in head:
        raise Unreadable(
            N_("这不是文字表格：请给 .xlsx、.csv、GeoJSON、GeoPackage 或压缩的 Shapefile。"), code="format"
        )
    first = _wrong_at(file, "utf-8")
    if first is None:
        return "utf-8"
    chinese = _wrong_at(file, "gb18030") is None
    if chinese and looks_right(_beginning(file, "gb18030")):
        return "gb18030"
    guess = _guess(head)
    if guess is not None and looks_right(guess[:_SAMPLE]):
        name = _guessed_name(head)
        if (at := _wrong_at(file, name)) is not None:
            raise _unknown_encoding(at)
        return name
    if chinese:
        return "gb18030"
    raise _unknown_encoding(first)


def _without_mark(file: BinaryIO, looks_right: Callable[[str], bool]) -> str | None:
    """Return which UTF-16 a file without a byte order mark is, None where it is none."""
    for encoding in ("utf-16-le", "utf-16-be"):
        if _wrong_at(file, encoding) is None:
            text = _beginning(file, encoding)
            if looks_right(text) and not any(one < " " and ord(one) not in _ALLOWED_CONTROLS for one in text):
                return encoding
    return None


def _wrong_at(file: BinaryIO, encoding: str) -> int | None:
    """Return the byte from which on a file is no text of an encoding; None where all of it is."""
    decoder, taken = codecs.getincrementaldecoder(encoding)(), 0
    file.seek(0)
    while True:
        part = file.read(_PART)
        waiting = len(decoder.getstate()[0])
        try:
            decoder.decode(part, not part)
        except UnicodeDecodeError as error:
            return taken - waiting + error.start
        if not part:
            return None
        taken += len(part)


def _beginning(file: BinaryIO, encoding: str) -> str:
    file.seek(0)
    return codecs.getincrementaldecoder(encoding)().decode(file.read(4 * _SAMPLE))[:_SAMPLE]


def decoded(data: bytes) -> str:
    """Return the text of the whole of a file, as :func:`encoding_of` has it.

    Raises
    ------
    Unreadable
        When it is no text.
    """
    return data.decode(encoding_of(io.BytesIO(data)))


def read_text(file: BinaryIO, looks_right: Callable[[str], bool] = bool) -> list[Sheet]:
    """Return the one sheet of a text table, read a line at a time.

    Raises
    ------
    Unreadable
        When it cannot be read as a table.
    """
    size = file.seek(0, io.SEEK_END)
    _bound(size, MAX_TEXT)
    encoding = encoding_of(file, looks_right)
    head = _beginning(file, encoding).removeprefix("\ufeff")
    known = looks_right(head)
    _bound(size, MAX_TEXT if known else MAX_STRANGE_TEXT)
    most = MAX_TABLE_ROWS if known else MAX_ROWS
    if encoding != "utf-16" and size > 2 * most and (lines := _lines_with_anything(file)) > most + 1:
        raise too_large(None, N_("行"), lines, most)
    says = head[:4].lower() == "sep=" and len(head) > 4  # Excel's own way of naming the delimiter
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    csv.field_size_limit(MAX_FIELD)
    loose: list[int] = []
    try:
        sheet = gathered(None, _records(text, head[4] if says else delimiter_of(head), says, loose), known)
        if loose:
            sheet.problems.append(Problem(_LOOSE, {"count": len(loose), "row": loose[0]}, code="quotes"))
        return [sheet]
    except csv.Error as error:
        raise Unreadable(N_("表格读不出来（{detail}）：请检查引号是否成对。"), detail=shown(error)) from error
    finally:
        text.detach()


def _bound(size: int, limit: int) -> None:
    if size > limit:
        raise Unreadable(
            N_("文件有 {got} MB，上限 {limit} MB：请分成几个文件导入。"),
            code="size",
            got=round(size / 2**20),
            limit=limit // 2**20,
        )


def _lines_with_anything(file: BinaryIO) -> int:
    """Return how many lines of a text hold anything, a few too few; 0 where quotes may keep several lines in a record.

    Told before any is read: to read as many rows as there may be takes its time.
    """
    file.seek(0)
    found = 0
    while part := file.read(_PART):
        if b'"' in part:
            return 0
        found += part.count(b"\n") - len(_BLANK_LINE.findall(part)) - 1
    return max(found, 0)


def _records(text: TextIO, delimiter: str, says: bool, loose: list[int]) -> Iterator[Sequence[str]]:
    """Yield the records of a table; a record may run over many lines, but not over all of a hostile file.

    `says` is whether the first line names the delimiter: it then counts as an empty one. `loose` gets the row numbers
    of records with a quotation mark that belongs to nothing: it is a mark like others, and swallows no row after it.
    """
    taken, number, width = 0, 0, 0
    parts: list[str] = []
    waiting: deque[str] = deque()
    batches = _batches(text, says)

    def lines() -> Iterator[str]:
        nonlocal taken
        while True:
            if not waiting:
                waiting.extend(next(batches, ()))
            if not waiting:
                return
            line = waiting.popleft()
            taken += len(line)
            if taken > MAX_RECORD:
                raise _too_long()
            parts.append(line)
            yield line

    for batch in batches:
        if not any('"' in line for line in batch):  # then a line is a record, as in nearly all that programs write
            records = list(csv.reader(batch, delimiter=delimiter))
            number, width = number + len(records), max(width, *map(len, records))
            yield from records
            continue
        waiting.extend(batch)
        for record in csv.reader(lines(), delimiter=delimiter):
            found = [record]
            if len(parts) > 1 and _swallowed(parts, delimiter, width):
                loose.append(number + 1)
                found = [_single(parts[0], delimiter, csv.QUOTE_NONE), *csv.reader(parts[1:], delimiter=delimiter)]
            taken, number, width = 0, number + len(found), max(width, len(found[0]))
            parts.clear()
            yield from found
            if not waiting:
                break


def _batches(text: TextIO, says: bool) -> Iterator[list[str]]:
    """Yield the lines of a text, some thousands at a time."""
    begun, first = "", True
    while part := text.read(_LINES_READ):
        lines = io.StringIO(begun + part, newline="").readlines()
        # the last one may go on, and a line end may have its second half before it
        begun = lines.pop()
        if first and lines:
            lines[0], first = "\r\n" if says else lines[0].removeprefix("\ufeff"), False
        if lines and len(lines[0]) > MAX_RECORD:
            raise _too_long()
        if lines:
            yield lines
        if len(begun) > MAX_RECORD:
            raise _too_long()
    if begun:
        yield [begun if not first else "\r\n" if says else begun.removeprefix("\ufeff")]


def _too_long() -> Unreadable:
    return Unreadable(N_("有一行超过 {limit} 个字符：请检查换行和引号是否成对。"), code="size", limit=MAX_RECORD)


def _swallowed(lines: Sequence[str], delimiter: str, width: int) -> bool:
    """Return whether a record of several lines is several rows.

    Its quotation marks are odd, or a line in it is a whole row.
    """
    if "".join(lines).count('"') % 2:
        return True
    return (
        width > _LEAST_CELLS
        and len(_single(lines[0], delimiter, csv.QUOTE_NONE)) == width
        and any(len(_single(line, delimiter, csv.QUOTE_MINIMAL)) == width for line in lines[1:-1])
    )


def _single(line: str, delimiter: str, quoting: Literal[0, 3]) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter, quoting=quoting), [])


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


def _unknown_encoding(at: int) -> Unreadable:
    return Unreadable(N_("文字编码认不出来（第 {at} 字节起）：请另存为 UTF-8 或 GB18030。"), code="encoding", at=at)


def _guessed_name(head: bytes) -> str:
    from charset_normalizer import from_bytes  # slow to import; hardly any file needs it

    best = from_bytes(head).best()
    return best.encoding if best else "gb18030"


def _guess(head: bytes) -> str | None:
    try:
        return head.decode(_guessed_name(head))
    except (UnicodeDecodeError, LookupError):
        return None
