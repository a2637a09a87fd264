"""In which coordinate system the rows of a file are:
as whoever imports it says, else as each of its sheets declares.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geodata import datum
from geodata.errors import N_, AtlasError
from geodata.importing import headers, positions
from geodata.importing.packed import is_long
from geodata.importing.points import PackedPoints, Shapes
from geodata.importing.report import Problem, Unreadable
from geodata.importing.rows import Rows
from geodata.importing.values import is_blank

PART = 50_000  # rows of a long table placed at once
DECLARED = "file"
SAME = {"wgs84", "cgcs2000"}


class Part(NamedTuple):
    """Rows of one sheet or layer.

    Attributes
    ----------
    start, stop : int
        Where its rows stand in :class:`Rows`.
    name : str or None
        Name of the sheet.
    declared : str or None
        System that its headers or the file declare for it.
    means : str or None
        System that the format means where none is declared: counts only when the file's own word is asked for.
    """

    start: int
    stop: int
    name: str | None
    declared: str | None
    means: str | None


def placed(rows: Rows, parts: list[Part], stated: str | None) -> tuple[str, Shapes, NDArray[np.float64]] | None:
    """Return where the rows lie; every layer is read in its own system.

    Parameters
    ----------
    rows, schema, report
        As in :func:`geodata.importing.positions.place`.
    parts : list of Part
        All rows, sheet by sheet.
    stated : str or None
        What whoever imports it says, ``file`` for the file's own word.

    Returns
    -------
    tuple or None
        The system (several are joined by ``、``), then shapes (EPSG:4326) and given points as
        :func:`geodata.importing.positions.place` gives them. None when a system has to be asked for: an error of the
        report.
    """
    in_rows = _stated_in_rows(rows)
    asked = [one for one in parts if len(parts) == 1 or positions.has_positions(_rows_of(rows, one))]
    systems = [_system(rows, one, stated, in_rows) for one in asked]
    known = [one for one in systems if one is not None]
    if len(known) < len(systems):
        return None
    long = rows.schema.geometry == "point" and is_long(len(rows))
    if len(set(known)) == 1:
        read = [positions.zone_of(rows, known[0])] * len(known)
        if not long:
            return read[0], *positions.place(rows, read[0])
    else:
        read = [positions.zone_of(_rows_of(rows, one), of) for one, of in zip(asked, known, strict=True)]
    shapes = PackedPoints(len(rows)) if long else np.full(len(rows), None, dtype=object)
    given = np.full((len(rows), 2), np.nan)
    for part, system in zip(asked, read, strict=True):
        for some in _parts_of(part, PART if long else len(rows)):
            own, at = _rows_of(rows, some), slice(some.start, some.stop)
            shapes[at], given[at] = positions.place(own, system)
            rows.wrong |= {some.start + one for one in own.wrong}
            rows.turned |= {some.start + one for one in own.turned}
            rows.unread |= {some.start + one: problem for one, problem in own.unread.items()}
    return "、".join(dict.fromkeys(read)), shapes, given


def _parts_of(part: Part, count: int) -> list[Part]:
    """Return a part cut into parts of at most `count` rows."""
    return [
        part._replace(start=start, stop=min(start + count, part.stop))
        for start in range(part.start, part.stop, max(count, 1))
    ]


def _rows_of(rows: Rows, part: Part) -> Rows:
    """Return the rows of one part, as far as positions are concerned."""
    at = slice(part.start, part.stop)
    return Rows(
        rows.schema,
        rows.ground,
        rows.report,
        titles=rows.titles,
        sheets=rows.sheets[at],
        numbers=rows.numbers[at],
        headers=rows.headers,
        raw={name: cells[at] for name, cells in rows.raw.items()},
        shapes=None if rows.shapes is None else rows.shapes[at],
    )


def _stated_in_rows(rows: Rows) -> str | None:
    """Return what the column 坐标系 says, when there is one; all rows have to say the same."""
    said: dict[str, int] = {}
    for at, cell in enumerate(rows.raw.get(headers.STATED, ())):
        if not is_blank(cell):
            said.setdefault(str(cell).strip(), at)
    names = set()
    for one, at in list(said.items())[:20]:
        try:
            names.add(datum.named(one))
        except AtlasError as error:
            raise Unreadable(
                error.msgid, sheet=rows.sheets[at], row=rows.numbers[at], code="crs", **error.params
            ) from error
    if len(names) > 1:
        raise Unreadable(
            N_("各行的坐标系不一致（{names}）：请分成几个文件导入。"), code="crs", names="、".join(sorted(names))
        )
    return names.pop() if names else None


def _system(rows: Rows, part: Part, stated: str | None, in_rows: str | None) -> str | None:
    declared = in_rows or part.declared
    if stated == DECLARED:
        stated, declared = None, declared or part.means
    crs = stated or declared
    if crs is None:
        rows.report.error(
            Problem(
                N_(
                    "这个文件的坐标是哪个坐标系？请说明：GPS 是 wgs84，高德、腾讯是 gcj02，"
                    "百度是 bd09，测绘成果是 cgcs2000 或三度带（如 EPSG:4548）。"
                ),
                value=None,
                sheet=part.name,
                column=rows.headers.get("lon") or rows.headers.get("lonlat") or rows.headers.get("x"),
                expected_msgid=N_("--crs wgs84 | gcj02 | bd09 | cgcs2000 | EPSG:4548 | file"),
                code="crs",
            )
        )
    elif stated and declared and stated != declared and {stated, declared} != SAME:
        rows.report.warn(
            Problem(
                N_("文件自称坐标系是 {declared}，已按您说的 {stated} 读取：请核对。"),
                {"declared": declared, "stated": stated},
                sheet=part.name,
                code="crs",
            )
        )
    return crs
