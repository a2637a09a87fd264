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
from numpy.typing import NDArray

from geodata import datum
from geodata.errors import N_, AtlasError
from geodata.importing import checks, filling, headers, kinds, own_values, place_hints, positions, remarks
from geodata.importing.cells import Rows, read_cells
from geodata.importing.ground import Ground
from geodata.importing.reading import read_file
from geodata.importing.report import Problem, Report, Unreadable
from geodata.importing.sheets import Sheet
from geodata.importing.values import is_blank
from geodata.own_fields import PREFIX, usable_label
from geodata.schema import TABLES, TableSchema
from geodata.store.base import AtlasStore

DECLARED = "file"

Progress = Callable[[float, str], None]


@dataclass(slots=True, eq=False)
class Checked:
    """What came of a check.

    Attributes
    ----------
    report : Report
        What is wrong, and what to look at.
    frame : DataFrame
        The accepted rows, in the types of the schema; ``batch_id`` is ``pending``.
    file_name, file_hash : str
        Name of the file and SHA-256 of its bytes.
    """

    report: Report
    frame: pd.DataFrame
    file_name: str
    file_hash: str


def _silent(share: float, message: str) -> None:
    """Take progress and tell nobody."""


def check_file(
    path: Path,
    table: str,
    store: AtlasStore,
    crs: str | None = None,
    mapping: Mapping[str, str] = MappingProxyType({}),
    progress: Progress = _silent,
) -> Checked:
    """Read a stranger's file and check it against a table. Nothing is written.

    Parameters
    ----------
    path : Path
        .xlsx, .csv, GeoJSON, GeoPackage or zipped Shapefile.
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

    Returns
    -------
    Checked
        A file that cannot be read at all has one error and no rows.

    Raises
    ------
    AtlasError
        When there is no such table or coordinate system.
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
        _check(sheets, schema, stated, mapping, Ground(store), checked, progress)
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
            [sheet],
            schema,
            None if crs is None else datum.named(crs),
            dict(zip(header, values, strict=True)),
            ground,
            checked,
            _silent,
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
    sheets: list[Sheet],
    schema: TableSchema,
    stated: str | None,
    mapping: Mapping[str, str],
    ground: Ground,
    checked: Checked,
    progress: Progress,
) -> None:
    progress(0.45, N_("正在核对单元格"))
    rows, declared = _gather(sheets, schema, mapping, ground, checked.file_name, checked.report)
    checked.report.rows = len(rows)
    try:
        if len(rows):
            _finish(rows, schema, stated, declared, ground, checked, progress)
    finally:
        checked.report.in_order([sheet.name for sheet in sheets])


def _gather(
    sheets: list[Sheet], schema: TableSchema, mapping: Mapping[str, str], ground: Ground, file_name: str, report: Report
) -> tuple[Rows, str | None]:
    """Read every sheet that has the table's headers; the rest of a workbook is somebody's notes."""
    titles = kinds.titles(schema.name, ground)
    remarks.tell_hidden(sheets, report)
    sheets = [sheet for sheet in sheets if not sheet.hidden]
    layouts = [headers.understand(sheet, schema, mapping, kinds.own_headers(schema.name, ground)) for sheet in sheets]
    for layout in layouts:
        report.headers |= {said: column for said, column in layout.listed if report.headers.get(said) is None}
    most = max((_meant(layout) for layout in layouts), default=0)
    if not most and any(sheet.rows or sheet.header for sheet in sheets):
        raise headers.nothing_known(schema, next(sheet for sheet in sheets if sheet.rows or sheet.header))
    named = any("name" in layout.columns for layout in layouts)
    rows, declared = Rows(titles={"wkt": "图形"} | {column.name: column.zh for column in schema.columns} | titles), None
    for sheet, layout in zip(sheets, layouts, strict=True):
        if _meant(layout) < max(1, most / 2) or (named and not {"name", schema.key} & set(layout.columns)):
            report.warn(
                Problem(
                    N_("工作表“{sheet}”没有这张表的表头，没有导入。"),
                    {"sheet": sheet.name or ""},
                    sheet=sheet.name,
                    code="sheet",
                )
            )
            continue
        for problem in layout.problems:
            report.error(problem)
        for problem in layout.warnings:
            report.warn(problem)
        left = remarks.take_out(sheet, layout, schema)
        remarks.tell_left(sheet, left, report)
        start = len(rows)
        read_cells(rows, sheet, layout, left, schema, report, ground.kinds)
        titles_above = [*layout.above, sheet.title or ""]
        known = {
            heading: place_hints.hints_of(heading, sheet.name, titles_above, file_name)
            for heading in {None, *left.headings.values()}
        }
        rows.hints |= {at: known[left.headings.get(layout.first + at - start)] for at in range(start, len(rows))}
        report.columns |= {said: column for column, said in layout.headers.items()}
        found = layout.crs or sheet.crs
        if declared and found and found != declared:
            raise Unreadable(
                N_("各工作表的坐标系不一致（{one}、{other}）：请分成几个文件导入。"),
                code="crs",
                one=declared,
                other=found,
            )
        declared = declared or found
    if not len(rows):
        report.warn(Problem(N_("文件里只有表头，没有数据行：导入它不会改变图册。"), code="empty"))
    return rows, declared


def _meant(layout: headers.Layout) -> int:
    """Return how many columns of a sheet the table has a field for."""
    free = sum(name.startswith(PREFIX) for name in layout.columns)
    return len(layout.columns) - free + len(layout.ticks) + len(layout.hours)


def _finish(
    rows: Rows,
    schema: TableSchema,
    stated: str | None,
    declared: str | None,
    ground: Ground,
    checked: Checked,
    progress: Progress,
) -> None:
    report = checked.report
    shapes = np.full(len(rows), None, dtype=object)
    given = np.full((len(rows), 2), np.nan)
    crs = None
    if schema.geometry and positions.has_positions(rows):
        crs = _coordinate_system(rows, stated, _stated_in_rows(rows) or declared, report)
        if crs is None:
            return
        crs = positions.zone_of(rows, crs, report)
        shapes, given = positions.place(rows, schema, crs, report)
    report.crs = crs
    filling.keep(rows, shapes, schema, ground, report)
    progress(0.6, N_("正在核对位置和编号"))
    if schema.geometry in ("polygon", "line"):
        _need_shapes(rows, shapes, report)
    if schema.name == "activities":
        kinds.gather(rows, ground, report)
    elif schema.name == kinds.TABLE:
        kinds.complete(rows, ground, report)
    filling.fill(rows, shapes, schema, ground, checked.file_name, report)
    checks.unique_keys(rows, schema, report)
    checks.references(rows, schema, ground, report)
    own_values.gather(rows, schema, ground, report)
    if schema.name == kinds.TABLE:
        kinds.agree(rows, ground, report)
    keep = np.ones(len(rows), bool)
    keep[list(rows.wrong)] = False
    try:
        frame = filling.frame_of(rows, shapes, schema, keep)
        if len(frame):
            progress(0.75, N_("正在查找可疑之处"))
            frame = schema.validate(frame)
        checks.warnings_of(rows, frame, np.flatnonzero(keep), given, schema, crs, ground, report)
    except AtlasError as error:  # what the schema refuses and no check above has named
        report.error(Problem(error.msgid, error.params, code="schema"))
        return
    report.accepted = len(frame) if not any(problem.row is None for problem in report.errors) else 0
    checked.frame = frame


def _stated_in_rows(rows: Rows) -> str | None:
    """Return what the column 坐标系 says, when there is one; all rows have to say the same."""
    said = {str(cell).strip() for cell in rows.raw.get(headers.STATED, ()) if not is_blank(cell)}
    try:
        names = {datum.named(one) for one in list(said)[:20]}
    except AtlasError as error:
        raise Unreadable(error.msgid, code="crs", **error.params) from error
    if len(names) > 1:
        raise Unreadable(
            N_("各行的坐标系不一致（{names}）：请分成几个文件导入。"), code="crs", names="、".join(sorted(names))
        )
    return names.pop() if names else None


def _coordinate_system(rows: Rows, stated: str | None, declared: str | None, report: Report) -> str | None:
    if stated == DECLARED:
        stated = None
        if declared is None and rows.shapes is not None and rows.raw.get("wkt") is None:
            declared = "wgs84"  # RFC 7946
    crs = stated or declared
    if crs is None:
        report.error(
            Problem(
                N_(
                    "这个文件的坐标是哪个坐标系？请说明：GPS 是 wgs84，高德、腾讯是 gcj02，百度是 bd09，测绘成果是 cgcs2000 或三度带（如 EPSG:4548）。"
                ),
                value=None,
                column=rows.headers.get("lon") or rows.headers.get("lonlat") or rows.headers.get("x"),
                expected_msgid=N_("--crs wgs84 | gcj02 | bd09 | cgcs2000 | EPSG:4548 | file"),
                code="crs",
            )
        )
    elif stated and declared and stated != declared and {stated, declared} != {"wgs84", "cgcs2000"}:
        report.warn(
            Problem(
                N_("文件自称坐标系是 {declared}，已按您说的 {stated} 读取：请核对。"),
                {"declared": declared, "stated": stated},
                code="crs",
            )
        )
    return crs


def _need_shapes(rows: Rows, shapes: NDArray[np.object_], report: Report) -> None:
    for at in range(len(rows)):
        if shapes[at] is None and at not in rows.wrong:
            rows.wrong.add(at)
            report.error(
                Problem(
                    N_(
                        "这一行没有图形，图册里也没有这个编号：请用 GeoJSON、GeoPackage 或 Shapefile 导入，或补上“图形”一列。"
                    ),
                    **rows.where(at, "wkt"),
                    expected_msgid=N_("必填"),
                    code="missing",
                )
            )


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Unreadable(N_("文件 {path} 打不开（{detail}）。"), path=path, detail=error.strerror or error) from error
