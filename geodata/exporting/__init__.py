"""Rows → .xlsx, .csv, GeoJSON or GeoPackage, in a chosen coordinate system.

What is written can be imported again without loss: every column, the
provenance and source of every row, coordinates in full. Workbooks and text
tables speak to people in their language (headers, names for codes), or, if asked,
to machines by the names of the schema, as the other formats do. A cell that a spreadsheet would compute gets an
apostrophe in front.

Rows are read and written :data:`~geodata.in_parts.PART` at a time, twice: first what columns they need, then the
cells. So a million rows take no more memory than a few thousand, where the frame lies over mapped files.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyogrio.errors
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError
from geodata.exporting import spatial, text_tables, workbooks
from geodata.exporting.rows import Progress, Rows
from geodata.kinds import Kinds

WRITERS = {"xlsx": workbooks.write, "csv": text_tables.write, "geojson": spatial.geojson, "gpkg": spatial.gpkg}
FORMATS = tuple(WRITERS)


def export(
    frame: pd.DataFrame,
    table: str,
    path: Path,
    fmt: str,
    crs: str = "wgs84",
    notes: Mapping[str, str] = MappingProxyType({}),
    kinds: Kinds | None = None,
    spread: bool = True,
    personal: bool = False,
    headers: str = "zh",
    rows: NDArray[np.intp] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write rows of a table; the file appears whole or not at all.

    Parameters
    ----------
    frame : DataFrame
        Rows in the types of the schema, EPSG:4326.
    table : str
    path : Path
        Replaced when it is there.
    fmt : str
        One of :data:`FORMATS`.
    crs : str
        As :func:`geodata.datum.named` understands it.
    notes : mapping of str to str
        What to say beside the rows (filters, data version); a workbook has a sheet for it, GeoJSON a member.

    kinds : Kinds, optional
        Kinds of activity of the atlas: their names, and their own fields as columns; else the shipped ones.

    spread : bool
        Whether own fields get a column each; else they stay in the one that the store has.

    personal : bool
        Whether own fields that say something of persons are written too; see :mod:`geodata.personal`.
    headers : str
        One of :data:`geodata.exporting.rows.HEADERS`: language of headers and of names for codes in a workbook or a
        text table.
    rows : ndarray of int, optional
        Positions of the rows to write, in their order; all of them when not given.
    progress : callable, optional
        Called with the share done and a message (msgid) before each part; what it raises ends the writing, and
        nothing is left of it.

    Raises
    ------
    AtlasError
        On a format, language of headers or coordinate system that is not known, or a folder that cannot be written.
    """
    if fmt not in FORMATS:
        raise AtlasError(N_("没有格式 {got}：请用 {expected} 之一。"), got=fmt, expected=", ".join(FORMATS))
    unfinished = path.with_name(f".{path.stem}-{os.getpid()}.writing.{fmt}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        told = Rows(frame, table, rows, crs, kinds, spread, personal, headers, progress)
        notes = dict(notes) | _of_rows(frame, rows)
        if told.left_out:
            notes |= {"left_out": f"personal: {', '.join(told.left_out)}"[:2_000]}
        WRITERS[fmt](told, unfinished, notes)
        unfinished.replace(path)
    except (OSError, pyogrio.errors.DataSourceError) as error:
        raise AtlasError(
            N_("文件 {path} 写不进去（{detail}）：请检查文件夹和权限。"),
            path=path,
            detail=getattr(error, "strerror", None) or error,
        ) from error
    finally:
        for left in path.parent.glob(f"{glob.escape(unfinished.name)}*") if path.parent.is_dir() else ():
            with suppress(OSError):
                left.unlink()
    return path


def csv_parts(
    frame: pd.DataFrame,
    table: str,
    rows: NDArray[np.intp] | None = None,
    kinds: Kinds | None = None,
    headers: str = "zh",
) -> Iterator[bytes]:
    """Yield the text table that :func:`export` writes, without what is personal, some thousand rows at a time.

    What can be wrong is found out before the first of it.
    """
    return text_tables.lines(Rows(frame, table, rows, kinds=kinds, headers=headers))


def _of_rows(frame: pd.DataFrame, rows: NDArray[np.intp] | None) -> dict[str, str]:
    origins, told = (frame[one] if rows is None else frame[one].iloc[rows] for one in ("provenance", "source_id"))
    sources = sorted({one for text in told.dropna().unique() for one in str(text).split(";")})
    return {
        "rows": str(len(origins)),
        "provenance": ", ".join(f"{code} {count}" for code, count in origins.value_counts().items()),
        "sources": ";".join(sources)[:2_000],
    }
