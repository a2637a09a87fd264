"""Text tables (.csv), and cells that no spreadsheet computes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from geodata.exporting.rows import Rows
from geodata.importing.bad import is_formula


def neutral(value: Any) -> Any:
    """Return a cell that no spreadsheet computes: text that starts like a formula gets an apostrophe."""
    if not isinstance(value, str) or not value:
        return value
    # an apostrophe of its own before such a start is doubled, so that reading takes away exactly one
    return f"'{value}" if is_formula(value) else value


def neutral_all(values: list[Any]) -> list[Any]:
    """Return the cells of a column as :func:`neutral` does, each text looked at once."""
    said = {one: neutral(one) for one in set(values) if isinstance(one, str)}
    return [said.get(one, one) for one in values] if said else values


def write(rows: Rows, path: Path, notes: Mapping[str, str]) -> None:
    """Write a text table with the BOM by which Excel reads it as UTF-8."""
    del notes  # a text table has room for rows only
    with path.open("wb") as file:
        file.writelines(lines(rows))


def lines(rows: Rows) -> Iterator[bytes]:
    """Yield the text of headers and rows, UTF-8, a part at a time."""
    yield "\ufeff".encode()  # with the BOM Excel reads it as UTF-8
    heads: list[Sequence[Any]] = [[neutral(one) for one in rows.heads]]  # own fields are named by whoever made them
    for part in rows.parts():
        text = io.StringIO(newline="")
        columns = [neutral_all(values) for values in rows.told(part)]
        csv.writer(text, lineterminator="\r\n").writerows([*heads, *zip(*columns, strict=True)])
        heads = []
        yield text.getvalue().encode()
