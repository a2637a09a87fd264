"""The door: a file and a table → a report and the rows that can be used."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from geodata import datum
from geodata.errors import N_, AtlasError
from geodata.importing import (
    counties,
    filling,
    headers,
    identity,
    kinds,
    outcome,
    own_values,
    poi,
    positions,
    remarks,
    signatures,
    systems,
    tables,
)
from geodata.importing.accepted import accepted
from geodata.importing.cells import read_cells
from geodata.importing.checks import warnings_of
from geodata.importing.ground import Ground
from geodata.importing.packed import give_back, is_long
from geodata.importing.points import Shapes
from geodata.importing.reading import read_file
from geodata.importing.references import references, unique_keys
from geodata.importing.report import MAX_ROWS_NAMED, Problem, Report, Unreadable
from geodata.importing.rows import Rows
from geodata.importing.sheets import Sheet
from geodata.in_parts import Table, parts
from geodata.own_fields import PREFIX, usable_label
from geodata.schema import TABLES, TableSchema
from geodata.store.base import AtlasStore

DECLARED = systems.DECLARED

Progress = Callable[[float, str], None]


@dataclass(slots=True, eq=False)
class Checked:
    """What came of a check.

    Attributes
    ----------
    report : Report
        What is wrong, and what to look at.
    frame : DataFrame or InParts
        The accepted rows, in the types of the schema; ``batch_id`` is ``pending``. Of very many they are given in
        parts.
    file_name, file_hash : str
        Name of the file and SHA-256 of its bytes.
    """

    report: Report
    frame: Table
    file_name: str
    file_hash: str


@dataclass(frozen=True, slots=True)
class _Said:
    """What somebody answered: see :func:`check_file`."""

    same: identity.Answers
    another: bool
    place: str | None


def _silent(share: float, message: str) -> None:
    """Take progress and tell nobody."""


def check_file(
    path: Path,
    table: str,
    store: AtlasStore,
    crs: str | None = None,
    mapping: Mapping[str, str] = MappingProxyType({}),
    progress: Progress = _silent,
    *,
    same: identity.Answers = MappingProxyType({}),
    another: bool = False,
    place: str | None = None,
) -> Checked:
    """Read a stranger's file and check it against a table. Nothing is written.

    Parameters
    ----------
    path : Path
        As :func:`geodata.importing.reading.read_file` takes it.
    table : str
        Name of a table of :data:`geodata.schema.TABLES`.
    store : AtlasStore
        The atlas it is to go into.
    crs : str, optional
        What :func:`geodata.datum.named` understands, or ``file`` for what the
        file itself declares (GeoJSON without any word means WGS-84 then).
        Missing: the file must declare it, in its format or its headers.
    mapping : mapping of str to str, optional
        Header → column, set by hand.
    progress : callable
        Gets the share done (0 to 1) and a message template in Chinese.
    same : mapping
        Answers to the doubts of an earlier check: row number, or (sheet, row number) → key of the row of the atlas that
        it is, None for another.
    another : bool
        Whether rows in doubt without an answer are other ones; else they are left out.
    place : str, optional
        Adcode or name of the place of rows that do not say in which county they lie.

    Returns
    -------
    Checked
        A file that cannot be read at all has one error and no rows.

    Raises
    ------
    AtlasError
        When there is no such table, coordinate system, place or row.
    """
    if table not in TABLES:
        raise AtlasError(N_("图册里没有表 {got}：请用 {expected} 之一。"), got=table, expected=", ".join(TABLES))
    stated = crs if crs in (None, DECLARED) else datum.named(crs)
    schema, report = TABLES[table], Report(table)
    empty = _no_rows(schema)
    checked = Checked(report, empty, path.name, "")
    try:
        checked.file_hash = _hash(path)
        progress(0.05, N_("正在读文件"))
        sheets = read_file(
            path,
            lambda text: headers.recognised(text, table),
            lambda share: progress(0.05 + 0.4 * share, N_("正在读文件")),
        )
        ground = Ground(store)
        said = _Said(same, another, counties.place_of(place, ground))
        _check(Rows(schema, ground, report), sheets, stated, mapping, checked, progress, said)
    except Unreadable as error:
        report.errors.append(error.problem)
        report.accepted, checked.frame = 0, empty
    report.close()
    progress(1.0, N_("核对完毕"))
    return checked


def check_record(
    values: Mapping[str, str | None],
    table: str,
    store: AtlasStore,
    crs: str | None = None,
    *,
    shape: Any = None,
    titles: Mapping[str, str] = MappingProxyType({}),
    name: str = "",
) -> Checked:
    """Check one row, as a person filled it in, by the very rules of a file. Nothing is written.

    Parameters
    ----------
    values : mapping of str to str
        Column of the table, or ``lon`` and ``lat`` → what was written; empty or None: nothing.
    table, store, crs
        As in :func:`check_file`; `crs` is that of ``lon`` and ``lat``.
    shape : geometry, optional
        Where the row lies, EPSG:4326; instead of ``lon`` and ``lat``.
    titles : mapping of str to str
        Column → its name in the form, for problems to name; missing: its Chinese header.
    name : str
        What stands in place of a file's name.

    Raises
    ------
    AtlasError
        When there is no such table, column or coordinate system.
    """
    if table not in TABLES:
        raise AtlasError(N_("图册里没有表 {got}：请用 {expected} 之一。"), got=table, expected=", ".join(TABLES))
    schema = TABLES[table]
    ground = Ground(store)
    known = (
        {column.name: column.zh for column in schema.columns}
        | {"lon": "lon", "lat": "lat"}
        | kinds.titles(table, ground)
        | dict(titles)
    )
    strange = [one for one in values if one not in known and not (own_values.has_own(schema) and _is_own(one))]
    if strange:
        raise AtlasError(N_("表 {table} 没有列 {got}。"), table=schema.zh, got="、".join(strange))
    header = [known.get(one, one.removeprefix(PREFIX)) for one in values]
    sheet = Sheet(None, [[cell or None for cell in values.values()]], [1], header)
    if shape is not None:
        sheet.geometry, sheet.crs = np.array([shape], dtype=object), "wgs84"
    checked = Checked(Report(table), _no_rows(schema), name, "")
    try:
        _check(
            Rows(schema, ground, checked.report),
            [sheet],
            None if crs is None else datum.named(crs),
            dict(zip(header, values, strict=True)),
            checked,
            _silent,
            None,
        )
    except Unreadable as error:
        checked.report.error(error.problem)
        checked.report.accepted, checked.frame = 0, _no_rows(schema)
    checked.report.close()
    return checked


def _is_own(name: str) -> bool:
    return name.startswith(PREFIX) and name.removeprefix(PREFIX) == usable_label(name.removeprefix(PREFIX))


def _no_rows(schema: TableSchema) -> pd.DataFrame:
    return schema.coerce(pd.DataFrame({column.name: pd.Series(dtype=object) for column in schema.columns}))


def _check(
    rows: Rows,
    sheets: list[Sheet],
    stated: str | None,
    mapping: Mapping[str, str],
    checked: Checked,
    progress: Progress,
    said: _Said | None,
) -> None:
    progress(0.45, N_("正在核对单元格"))
    found = _gather(rows, sheets, mapping)
    checked.report.rows = len(rows)
    try:
        if len(rows):
            _finish(rows, stated, found, checked, progress, said)
    finally:
        outcome.left_out(rows)
        checked.report.in_order([sheet.name for sheet in sheets])


def _gather(rows: Rows, sheets: list[Sheet], mapping: Mapping[str, str]) -> list[systems.Part]:
    """Read every sheet that has the table's headers; the rest of a workbook is somebody's notes."""
    schema, ground, report = rows.schema, rows.ground, rows.report
    sheets, services = map(list, zip(*map(poi.prepared, sheets), strict=True))
    report.taken_for = signatures.name_of(sheets[0].format)
    for sheet, service in zip(sheets, services, strict=True):
        if service is not None:
            report.taken_for = service.name
            poi.told(sheet, service, report.warn)
    remarks.tell_hidden(sheets, report)
    sheets = [part for sheet in sheets if not sheet.hidden for part in tables.apart(sheet, schema.name)]
    layouts = [headers.understand(sheet, schema, mapping, kinds.own_headers(schema.name, ground)) for sheet in sheets]
    for layout in layouts:
        report.headers |= {said: column for said, column in layout.listed if report.headers.get(said) is None}
    most = max((_meant(layout) for layout in layouts), default=0)
    if not most and any(sheet.rows or sheet.header for sheet in sheets):
        raise headers.nothing_known(schema, next(sheet for sheet in sheets if sheet.rows or sheet.header))
    named = any("name" in layout.columns for layout in layouts)
    rows.titles = {"wkt": "图形"} | {column.name: column.zh for column in schema.columns}
    rows.titles |= kinds.titles(schema.name, ground)
    sheet_parts: list[systems.Part] = []
    for sheet, layout in zip(sheets, layouts, strict=True):
        if _meant(layout) < max(1, most / 2) or (named and not {"name", schema.key} & set(layout.columns)):
            remarks.tell_strange(sheet, report)
            continue
        if tables.is_form(sheet, layout, schema.name):
            remarks.tell_form(sheet, report)
            continue
        for problem in sheet.problems:
            if problem.row is None:  # of the whole sheet; those of cells count where a column is used
                report.warn(problem)
        for problem in layout.problems:
            report.error(problem)
        for problem in layout.warnings:
            report.warn(problem)
        left = remarks.take_out(sheet, layout, schema)
        remarks.tell_left(sheet, left, layout.over, report)
        start = len(rows)
        read_cells(rows, sheet, layout, left)
        if sheet.part and layout.above:
            rows.headings |= dict.fromkeys(range(start, len(rows)), " ".join(layout.above))
        rows.hints.setdefault(sheet.name, counties.hints_of(sheet, layout))
        sheet.rows = []  # they are read: a long file need not be held twice
        for at, heading in left.headings.items():
            rows.headings[start + at - layout.first] = heading
        report.columns |= {said: column for column, said in layout.headers.items()}
        if is_long(len(rows)):
            give_back()
        sheet_parts.append(systems.Part(start, len(rows), sheet.name, layout.crs or sheet.crs, sheet.means))
    if not len(rows):
        report.warn(Problem(N_("文件里只有表头，没有数据行：导入它不会改变图册。"), code="empty"))
    return sheet_parts


def _meant(layout: headers.Layout) -> int:
    """Return how many columns of a sheet the table has a field for."""
    free = sum(name.startswith(PREFIX) for name in layout.columns)
    return len(layout.columns) - free + len(layout.ticks) + len(layout.hours)


def _finish(
    rows: Rows,
    stated: str | None,
    sheets: list[systems.Part],
    checked: Checked,
    progress: Progress,
    said: _Said | None,
) -> None:
    """Complete the rows and check them as a whole;
    `said` is None for a row that a person fills in: it is what it says.
    """
    report = checked.report
    shapes: Shapes = np.full(len(rows), None, dtype=object)
    given = np.full((len(rows), 2), np.nan)
    crs = None
    if rows.schema.geometry and positions.has_positions(rows):
        found = systems.placed(rows, sheets, stated)
        if found is None:
            return
        crs, shapes, given = found
    report.crs = crs
    progress(0.6, N_("正在核对位置和编号"))
    counties.resolve(rows, shapes, checked.file_name if said else "", said.place if said else None)
    _tell_unread(rows, by_hand=said is None)
    if said:
        found = identity.match(rows, shapes, said.same, said.another)
    else:
        found = identity.Identities(set(range(len(rows))))
    filling.keep(rows, shapes, whole=said is None)
    if rows.schema.geometry in ("polygon", "line"):
        _need_shapes(rows, shapes)
    if rows.schema.name == "activities":
        kinds.gather(rows)
    elif rows.schema.name == kinds.TABLE:
        kinds.complete(rows)
    filling.fill(rows, shapes, checked.file_name, found.another)
    if said:
        identity.remember(rows, found)
    unique_keys(rows)
    references(rows)
    own_values.gather(rows)
    if rows.schema.name == kinds.TABLE:
        kinds.agree(rows)
    keep = np.ones(len(rows), bool)
    keep[[*rows.wrong, *rows.left]] = False
    try:
        frame = accepted(rows, shapes, keep)
        if len(frame):
            progress(0.75, N_("正在查找可疑之处"))
            for _, part in parts(frame):  # no key stands twice: that is seen to above
                rows.schema.checked(part)
        one = crs if crs and "、" not in crs else None  # of several systems none can be likelier than the others
        warnings_of(rows, frame, np.flatnonzero(keep), given, one)
    except AtlasError as error:  # what the schema refuses and no check above has named
        report.error(Problem(error.msgid, error.params, code="schema"))
        return
    outcome.without_positions(rows, frame, np.flatnonzero(keep))
    report.accepted = 0 if outcome.of_the_file(rows) else len(frame)
    checked.frame = frame


def _tell_unread(rows: Rows, by_hand: bool) -> None:
    """Tell of coordinates that cannot be read: who fills in a row (`by_hand`) can mend it at once, a file comes in."""
    for problem in [*rows.unread.values()][: None if by_hand else MAX_ROWS_NAMED]:
        (rows.report.error if by_hand else rows.report.warn)(problem)
    if by_hand:
        rows.wrong |= rows.unread.keys()
        return
    more = sorted(rows.unread)[MAX_ROWS_NAMED:]
    rows.warn(more, N_("另有 {count} 行的坐标读不懂：这些行照样导入，没有位置。"), "position")


def _need_shapes(rows: Rows, shapes: Shapes) -> None:
    for at in range(len(rows)):
        if shapes[at] is None and at not in rows.wrong:
            rows.refuse(
                at,
                Problem(
                    N_(
                        "这一行没有图形，图册里也没有这个编号："
                        "请用 GeoJSON、GeoPackage 或 Shapefile 导入，或补上“图形”一列。"
                    ),
                    **rows.where(at, "wkt"),
                    expected_msgid=N_("必填"),
                    code="missing",
                ),
            )


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Unreadable(N_("文件 {path} 打不开（{detail}）。"), path=path, detail=error.strerror or error) from error
