"""The process in which a reader that others wrote runs: ``python -m geodata.importing.apart_child READER PATH``.

It bounds itself, reads, and writes what it found as lines of JSON: an object opens a sheet or ends it, a list is a
row (its number, its cells, its geometry as hexadecimal WKB where there is one). It imports little: it starts for
every such file.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from geodata.importing.limits import (
    APART_MEMORY,
    APART_SECONDS,
    APART_SECONDS_AT_MOST,
    APART_SECONDS_PER_MIB,
    MAX_FIELD,
)

READERS = {
    "office": "geodata.importing.office:sheets_of",
    "layers": "geodata.importing.gdal_layers:sheets_of",
    "html": "geodata.importing.html_tables:sheets_of",
    "mhtml": "geodata.importing.html_tables:sheets_of_archive",
}


def sent(cell: Any) -> Any:
    """Return a cell as JSON can hold it: dates as a letter and their text."""
    if cell is None or isinstance(cell, str | bool | int):
        return cell
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return str(cell)
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
    if isinstance(cell, datetime):
        return ["t", cell.isoformat()]
    if isinstance(cell, date):
        return ["d", cell.isoformat()]
    if isinstance(cell, time):
        return ["h", cell.isoformat()]
    if isinstance(cell, timedelta):
        return ["s", str(cell.total_seconds())]
    return str(cell)[:MAX_FIELD]


class TooLarge(Exception):  # noqa: N818 - what it says, not that it is wrong
    """A sheet beyond the bounds, seen in the process apart: name, how many, how many at most, whether of columns."""


class Locked(Exception):  # noqa: N818
    """A file with a password."""


class NoTables(Exception):  # noqa: N818
    """A page without a table."""


def main(reader: str, path: str) -> int:
    """Read a file and write what is in it to stdout, within the bounds of a process apart."""
    module, _, name = READERS[reader].partition(":")
    read: Callable[[Path], Iterator[Any]] = getattr(import_module(module), name)
    _bound(Path(path).stat().st_size)
    write = sys.stdout.write
    try:
        for one in read(Path(path)):
            write(json.dumps(one, ensure_ascii=True, separators=(",", ":")) + "\n")
        write('{"end":true}\n')
    except Locked:
        write('{"error":"password"}\n')
    except NoTables:
        write('{"error":"tables"}\n')
    except TooLarge as error:
        sheet, got, limit, columns = error.args
        write(json.dumps({"error": "size", "sheet": sheet, "got": got, "limit": limit, "columns": columns}) + "\n")
    except MemoryError:
        return 1
    except Exception as error:
        write(json.dumps({"error": "broken", "detail": str(error)[:300]}) + "\n")
    sys.stdout.flush()
    return 0


def _bound(size: int) -> None:
    """Bound this process: memory, and processor time by the bytes that it is to read."""
    seconds = APART_SECONDS + min(size * APART_SECONDS_PER_MIB // 2**20, APART_SECONDS_AT_MOST)
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (APART_MEMORY, APART_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    # not the module by this name: its exceptions are another class from those that the readers raise
    from geodata.importing import apart_child

    with suppress(BrokenPipeError):
        sys.exit(apart_child.main(*sys.argv[1:3]))
