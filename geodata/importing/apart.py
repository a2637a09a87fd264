"""Readers that others wrote, each run in a process of its own
that can be killed (:mod:`geodata.importing.apart_child`).

What a library does with a hostile file cannot be counted from outside, so it gets so much memory and so much
processor time and no more; when it dies, its file is unreadable and nothing else happens. The process writes what it
found as lines of JSON, which the bounds of :mod:`geodata.importing.limits` count as they arrive.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from geodata import processes
from geodata.errors import N_
from geodata.importing.limits import MAX_CELLS, MAX_COLUMNS, MAX_FIELD, MAX_ROWS
from geodata.importing.report import Problem, Unreadable, shown
from geodata.importing.sheets import Merge, Sheet, too_large

REMEMBERED = 100_000  # texts kept once however often they stand in a file
_LINE = MAX_FIELD * 2
_DATES: dict[str, Callable[[str], Any]] = {
    "d": date.fromisoformat,
    "t": datetime.fromisoformat,
    "h": time.fromisoformat,
    "s": lambda said: timedelta(seconds=float(said)),
}


def read_apart(reader: str, path: Path, broken: Callable[[object], Unreadable], suffix: str = "") -> list[Sheet]:
    """Return the sheets that a reader of :data:`geodata.importing.apart_child.READERS` finds in a file.

    Parameters
    ----------
    reader : str
        Which one.
    path : Path
        File (or folder of files) it is to read.
    broken : callable
        Returns the error of a file that it cannot make sense of, from a detail.
    suffix : str
        What the reader's file has to end in, where the reader goes by names and we by content.

    Raises
    ------
    Unreadable
        When it cannot be read within the bounds.
    """
    with tempfile.TemporaryDirectory() as folder:
        at = path.absolute()
        if suffix:
            at = Path(folder) / f"file{suffix}"
            try:
                at.symlink_to(path.resolve())
            except OSError:  # systems that let nobody make links
                at.write_bytes(path.read_bytes())
        one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
        with processes.running(["-m", "geodata.importing.apart_child", reader, str(at)], one_thread) as child:
            return _collected(child, broken)


def _collected(child: subprocess.Popen[bytes], broken: Callable[[object], Unreadable]) -> list[Sheet]:
    assert child.stdout is not None
    sheets: list[Sheet] = []
    shapes: list[list[Any]] = []
    known: dict[str, str] = {}
    cells, ended = MAX_CELLS, False
    while line := child.stdout.readline(_LINE):
        if not line.endswith(b"\n"):
            break
        found = json.loads(line)
        if isinstance(found, list):
            sheet, number, row = sheets[-1], found[0], found[1]
            row = [_back(cell, known) for cell in row]
            while row and row[-1] in (None, ""):
                row.pop()
            if not row and sheet.header is None:
                continue
            cells -= len(row)
            if len(row) > MAX_COLUMNS:
                raise too_large(sheet.name, N_("列"), len(row), MAX_COLUMNS)
            if len(sheet.rows) > MAX_ROWS or cells < 0:
                raise too_large(sheet.name, N_("行"), len(sheet.rows), MAX_ROWS)
            sheet.rows.append(row)
            sheet.numbers.append(number)
            if len(found) > 2:
                shapes[-1].append(bytes.fromhex(found[2]) if found[2] else None)
        elif "error" in found:
            raise _told(found, broken)
        elif "sheet" in found:
            sheets.append(_opened(found))
            shapes.append([])
        elif "merges" in found:
            sheets[-1].merges = [Merge(*one) for one in found["merges"]]
            sheets[-1].hidden_rows = set(found["hidden_rows"])
        else:
            ended = True
    if not ended:
        child.wait()
        raise (
            Unreadable(
                N_("文件太大或已损坏，读到一半停下了：请删去多余的内容，或另存为 .xlsx、.csv、GeoPackage 后再试。"),
                code="size",
            )
        )
    for sheet, held in zip(sheets, shapes, strict=True):
        if held:
            sheet.geometry = _geometry(held, broken)
    return sheets


def _opened(found: dict[str, Any]) -> Sheet:
    header = found.get("header")
    return Sheet(
        found["sheet"],
        [],
        [],
        header=None if header is None else [str(one) for one in header],
        crs=found.get("crs"),
        hidden=bool(found.get("hidden")),
        problems=[
            Problem(
                N_(
                    "这种格式看不出哪些行是隐藏的，也读不到批注、删除线和数字格式带出的单位（20 显示为“20亩”）："
                    "隐藏的行会一并导入，请核对。"
                ),
                sheet=found["sheet"],
                code="hidden",
            )
        ]
        if found.get("blind")
        else [],
    )


def _geometry(held: list[bytes | None], broken: Callable[[object], Unreadable]) -> Any:
    import shapely

    try:
        return np.asarray(shapely.from_wkb(np.array(held, dtype=object)), dtype=object)
    except (shapely.errors.ShapelyError, ValueError, TypeError) as error:
        raise broken(error) from error


def _told(found: dict[str, Any], broken: Callable[[object], Unreadable]) -> Unreadable:
    if found["error"] == "password":
        return Unreadable(N_("文件有密码保护：请去掉密码后再导入。"))
    if found["error"] == "size":
        return too_large(
            found.get("sheet"), N_("列") if found.get("columns") else N_("行"), found["got"], found["limit"]
        )
    if found["error"] == "tables":
        return Unreadable(N_("网页里没有表格：请把表格复制到 Excel 或 WPS 里，另存为 .xlsx。"), code="format")
    return broken(shown(found["detail"]) or "?")


def _back(cell: Any, known: dict[str, str]) -> Any:
    if isinstance(cell, str):
        return known.setdefault(cell, cell) if len(known) < REMEMBERED else cell
    if isinstance(cell, list):
        with suppress(ValueError, OverflowError):
            return _DATES[cell[0]](cell[1])
        return "#VALUE!"
    return cell
