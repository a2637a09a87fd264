"""``export``: the rows of a table that a URL query selects, in any format and coordinate system."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.as_of import before_the_first, clamped, day_of
from dashboard.commands.importing import add_table
from dashboard.commands.parsing import Add
from dashboard.locale import Gettext
from dashboard.source import AtlasSource
from dashboard.state import parse
from geodata.exporting import FORMATS, export
from geodata.exporting.rows import HEADERS, Progress
from geodata.message import Message
from geodata.schema import TABLES
from layers import activities, fairs, flows, kinds, places, selection, stations
from layers.atlas import Atlas
from layers.filters import Filters


def add_parsers(add: Add, words: Gettext) -> None:
    """Add the command."""
    one = add("export", words("导出一张表，可带网址里的筛选"), with_json=True)
    add_table(one, words)
    one.add_argument("--format", required=True, choices=FORMATS, help=words("文件格式"))
    one.add_argument("--out", type=Path, required=True, metavar="FILE", help=words("写到哪个文件"))
    one.add_argument("--query", default="", help=words("网址问号后面的部分，如 place=350203&from=2024-01-01"))
    one.add_argument("--crs", default="wgs84", help=words("坐标系：wgs84、gcj02、bd09、cgcs2000 或 EPSG 代码"))
    one.add_argument(
        "--personal", action="store_true", help=words("连同个人信息（姓名、电话、证件号）一起导出；不写就不导出")
    )
    one.add_argument(
        "--headers",
        choices=HEADERS,
        help=words("xlsx 和 csv 的表头：zh、en，或给程序用的 id（列名和代码）；不写则用所设的语言"),
    )
    one.add_argument("--as-of", metavar="DATE", help=words("按过去某天（含当天，北京时间）的图册，如 2026-11-20"))


def exported(
    options: argparse.Namespace, source: AtlasSource, lang: str = "zh", progress: Progress | None = None
) -> tuple[dict[str, Any], tuple[Message, ...]]:
    """Write the file of the options, with headers in `lang` if none are asked for.

    Return what was written, and notices about the query.
    """
    state = parse(options.query)
    filters = state.filters.having(as_of=day_of(options.as_of)) if options.as_of else state.filters
    filters, unborn = clamped(filters)
    atlas = source.at(filters.as_of).exact
    frame, rows = atlas.table(options.table), selected(atlas, filters, options.table)
    export(
        frame,
        options.table,
        options.out,
        options.format,
        options.crs,
        {
            "query": options.query,
            "data_version": atlas.version,
            "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        kinds.of(atlas),
        personal=options.personal,
        headers=options.headers or lang,
        rows=rows,
        progress=progress,
    )
    counts = frame["provenance"].iloc[rows].value_counts()
    return {
        "table": options.table,
        "format": options.format,
        "path": str(options.out),
        "rows": len(rows),
        "crs": options.crs,
        "provenance": {str(code): int(count) for code, count in counts.items()},
        "data_version": atlas.version,
        "as_of": filters.as_of.isoformat() if filters.as_of else None,
    }, state.notices + unborn + before_the_first(atlas, filters)


def selected(atlas: Atlas, filters: Filters, table: str) -> NDArray[np.intp]:
    """Return the rows of `table` that `filters` select, as positions.

    With a station filter set (hour, facilities, 24 hours, inspection) only the
    stations that truly serve are selected.
    """
    if table == "stations":
        rows = stations.select(atlas, filters) if stations.asks(filters) else None
        return np.flatnonzero(stations.chosen(atlas, filters)) if rows is None else _positions(rows[rows["effective"]])
    if table in ("fairs", "activities"):
        return (fairs if table == "fairs" else activities).chosen(atlas, filters)
    here = places.scope(atlas, filters)
    mask = atlas.of_provenance(table, filters.provenance)
    frame = atlas.table(table)
    if table == "flows":
        mask = mask & flows.touching(atlas, here)
    elif "adcode" in frame:
        mask = mask & places.table_mask(atlas, here, table)
    if filters.area and TABLES[table].geometry == "point":
        mask = mask & places.in_area(filters, *atlas.lonlat(table))
    if table == "demand":
        mask = mask & selection.by_proxy(atlas, filters)
    if table == "demand" and filters.worker_group is not None:
        mask = mask & (frame["worker_group"] == filters.worker_group).to_numpy(bool)
    return np.flatnonzero(mask)


def _positions(rows: pd.DataFrame) -> NDArray[np.intp]:
    return rows.index.to_numpy(dtype=np.intp)
