"""XML of strangers, read as a stream: no document type, no entities, nothing held that a bound has not let in."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import IO, Any
from xml.parsers import expat

from geodata.errors import N_
from geodata.importing.limits import MAX_PART_ELEMENTS, MAX_TOKEN
from geodata.importing.report import Unreadable, shown

_CHUNK = 2**18
MAIN = ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main")
SEPARATOR = " "  # between namespace and local name: neither may hold one

Start = Callable[[str, dict[str, str]], Any]
End = Callable[[str], Any]
Told = Callable[[float], Any]


def unheard(_share: float) -> None:
    """Take the share read and tell nobody."""


def spaced(name: str, *spaces: str) -> tuple[str, ...]:
    """Return how an element or attribute of each namespace is called by :func:`read_part`."""
    return tuple(space + SEPARATOR + name for space in spaces)


def read_part(
    archive: zipfile.ZipFile,
    name: str,
    start: Start,
    end: End | None = None,
    text: Callable[[str], Any] | None = None,
    told: Told = unheard,
) -> None:
    """Feed one part of an archive to handlers as :mod:`xml.parsers.expat` has them.

    Parameters
    ----------
    archive : ZipFile
    name : str
        Name of the part.
    start, end, text : callable
        Names come as namespace, blank, local name.
    told : callable
        Gets the share of the part read, 0 to 1.

    Raises
    ------
    Unreadable
        When the part is broken, defines a document type, or holds a tag without measure.
    """
    parser = expat.ParserCreate(namespace_separator=SEPARATOR)
    parser.buffer_text = True
    parser.buffer_size = 2**16
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        size = max(archive.getinfo(name).file_size, 1)
        with archive.open(name) as file:
            _feed(parser, file, size, told)
    except (Unreadable, KeyboardInterrupt):
        raise
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise broken_book(error) from error
    except Exception as error:  # zlib.error, lzma's and zipfile's have no common ancestor
        raise broken_archive(error) from error


def _feed(parser: Any, file: IO[bytes], size: int, told: Told) -> None:
    fed = 0
    while chunk := file.read(_CHUNK):
        parser.Parse(chunk, False)
        fed += len(chunk)
        # what the parser has not passed yet it goes over again with every chunk
        if fed - max(parser.CurrentByteIndex, 0) > MAX_TOKEN:
            raise broken_book("XML")
        told(fed / size)
    parser.Parse(b"", True)


def counted(start: Start) -> Start:
    """Return a handler with a bound on how often it is called; beyond it the workbook is broken."""
    left = MAX_PART_ELEMENTS

    def run(tag: str, attributes: dict[str, str]) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise broken_book("XML")
        start(tag, attributes)

    return run


def broken_book(detail: object) -> Unreadable:
    """Return the error of a workbook whose parts make no sense."""
    return Unreadable(
        N_("工作簿读不出来（{detail}）：请在 Excel 或 WPS 里另存为 .xlsx 后再试。"), detail=shown(str(detail)) or "XML"
    )


def broken_archive(detail: object) -> Unreadable:
    """Return the error of an archive that cannot be unpacked."""
    return Unreadable(
        N_("压缩文件打不开或已损坏（{detail}）：请重新保存或重新压缩后再试。"), detail=shown(str(detail)) or "zip"
    )


def _refuse_doctype(*_: Any) -> None:
    raise Unreadable(N_("工作簿里有可疑的 XML 定义，已拒绝：请在 Excel 或 WPS 里另存为 .xlsx 后再试。"))
