"""XML that stands by itself (KML, GPX, SpreadsheetML),
fed to handlers as :mod:`geodata.importing.xml_parts` feeds parts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from geodata.errors import N_
from geodata.importing.html_tables import decoded_markup
from geodata.importing.limits import MAX_DEPTH, MAX_FIELD, MAX_MARKUP, MAX_TOKEN
from geodata.importing.report import Unreadable, shown
from geodata.importing.signatures import name_of

_CHUNK = 2**18
MAX_MARKUP_ELEMENTS = 1_000_000  # eight microseconds each


def feed(
    data: bytes,
    format: str,
    start: Callable[[str, dict[str, str]], Any],
    end: Callable[[str], Any],
    text: Callable[[str], Any],
) -> None:
    """Feed XML to handlers.

    Namespaces are left aside: files of many programs use prefixes that they do not declare.

    Parameters
    ----------
    data : bytes
        The whole file.
    format : str
        Of ``file_formats.csv``, for the errors.
    start, end, text : callable
        As :mod:`xml.parsers.expat` has them; names come without their prefix.

    Raises
    ------
    Unreadable
        When it is broken or too large, defines a document type, or nests beyond measure.
    """
    if len(data) > MAX_MARKUP:
        raise Unreadable(
            N_("文件有 {got} MB，上限 {limit} MB：请分成几个文件导入。"),
            code="size",
            got=round(len(data) / 2**20),
            limit=MAX_MARKUP // 2**20,
        )
    content = decoded_markup(data).removeprefix("\ufeff").lstrip().encode("utf-8", "replace")
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text, parser.buffer_size = True, 2**16
    depth, elements = 0, 0

    def opened(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > MAX_DEPTH:
            raise broken(format, tag)
        if elements > MAX_MARKUP_ELEMENTS:
            raise Unreadable(
                N_("文件太大或已损坏，读到一半停下了：请删去多余的内容，或另存为 .xlsx、.csv、GeoPackage 后再试。"),
                code="size",
            )
        start(tag.rpartition(":")[2], {name.rpartition(":")[2]: value for name, value in attributes.items()})

    def closed(tag: str) -> None:
        nonlocal depth
        depth -= 1
        end(tag.rpartition(":")[2])

    def doctype(*_: Any) -> None:
        raise broken(format, "DOCTYPE")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = opened, closed, text
    parser.StartDoctypeDeclHandler = doctype
    try:
        for at in range(0, len(content), _CHUNK):
            parser.Parse(content[at : at + _CHUNK], False)
            if at + _CHUNK - max(parser.CurrentByteIndex, 0) > MAX_TOKEN:
                raise broken(format, "XML")
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError) as error:
        raise broken(format, error) from error


def broken(format: str, detail: object) -> Unreadable:
    """Return the error of a file that is told as `format` and makes no sense."""
    return Unreadable(
        N_("{format}读不出来（{detail}）：文件已损坏或不完整，请从原来的程序里重新导出。"),
        format=name_of(format),
        detail=shown(str(detail)) or "?",
    )


class Text:
    """The text between two tags, within the bound of a cell."""

    def __init__(self, format: str) -> None:
        self._format, self._size = format, 0
        self._pieces: list[str] | None = None

    def open(self) -> None:
        """Begin to keep what is said."""
        self._pieces, self._size = [], 0

    def add(self, said: str) -> None:
        """Keep text, if any is asked for."""
        if self._pieces is not None:
            self._size += len(said)
            if self._size > MAX_FIELD:
                raise broken(self._format, "XML")
            self._pieces.append(said)

    def take(self) -> str | None:
        """Return what was said, and keep no more; None when nothing was asked for."""
        said = None if self._pieces is None else "".join(self._pieces)
        self._pieces = None
        return said
