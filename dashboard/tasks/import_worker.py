"""The process that checks or applies one upload, so that the page never waits.

``python -m dashboard.tasks.import_worker JOB``.

It reads what is wanted from the job's folder and writes there what it found.
It ends by itself when the folder goes away, when it is called off, or when its
time is up; the check writes nowhere else, so nothing is left of it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from dashboard.access import owning
from dashboard.access.judging import watched
from dashboard.access.reader import asking
from dashboard.settings import load_settings
from dashboard.source import AtlasSource
from dashboard.tasks.job import CUT, FAILED, INTERRUPTED, Job, write_json
from dashboard.tasks.uploads import APPLY, Task, Upload, task_of
from geodata import processes
from geodata.errors import N_, AtlasError
from geodata.exporting import export
from geodata.importing.check import check_file
from geodata.importing.effect import effect
from geodata.importing.report import Doubt, OwnColumn, Problem, Report
from geodata.in_parts import whole
from geodata.message import Message
from geodata.schema import TABLES

LOOK_SECONDS = 0.2
MAX_SECONDS = 900  # a check that takes longer is stopped
MAX_POINTS = 5_000
NICE = 5
REPORTED = ("table", "rows", "accepted", "headers", "columns", "crs", "taken_for", "unplaced", "unknown_hours")
PROBLEMS = ("errors", "warnings", "left_out")


def main(folder: str) -> None:
    """Do what the job of `folder` wants."""
    job = Job(Path(folder))
    task = task_of(job)
    if task is None:
        return
    threading.Thread(target=_watch, args=(job, task), daemon=True).start()
    # the server stops: what is being written is written to its end, a check may be done again
    signal.signal(signal.SIGTERM, signal.SIG_IGN if task.action == APPLY else lambda *_: _cut_off(job))
    processes.give_way([os.getpid()], NICE)  # whoever looks at the map goes first

    def work(job: Job) -> None:
        settings = load_settings()
        source = AtlasSource(settings.home, settings.database_url, watched(settings.home), settings.small_counts)
        with asking(owning.owner_of(job.folder)):
            (_apply if task.action == APPLY else _check)(job, task, source)

    job.do(work, N_("处理这个文件时出了意外，图册没有改动。请把文件和时间告诉管理员。"))


def _cut_off(job: Job) -> None:
    job.enter(INTERRUPTED, CUT)
    os._exit(0)


def _watch(job: Job, task: Task) -> None:
    """End this process when nobody wants it any more.

    Never while it applies: that is over at once, whole or not at all.
    """
    began = time.monotonic()
    while task.action != APPLY:
        if job.stopped():
            os._exit(0)
        if time.monotonic() - began > MAX_SECONDS:
            minutes = {"minutes": MAX_SECONDS // 60}
            job.enter(FAILED, Message(N_("核对超过 {minutes} 分钟，已停止：请把文件分成几份。"), minutes))
            os._exit(0)
        time.sleep(LOOK_SECONDS)


def _check(job: Job, task: Task, source: AtlasSource) -> None:
    def progress(share: float, msgid: str) -> None:
        job.say(0.9 * share, msgid)

    upload = Upload(job.folder.parent)
    store = source.store()
    same = {(sheet, row): key for sheet, row, key in task.answers}
    found = check_file(
        upload.file, task.table, store, task.crs, task.mapping, progress, same=same, another=task.another
    )
    report, found.frame = found.report, whole(found.frame)
    result: dict[str, Any] = {name: getattr(report, name) for name in REPORTED}
    result |= {
        **{kind: [_as_json(one) for one in getattr(report, kind)] for kind in PROBLEMS},
        "doubts": [_as_json(one) for one in report.doubts],
        "own_fields": [_as_json(one) for one in report.own_fields],
        "file": found.file_name,
        "hash": found.file_hash,
        "preview": preview(found.frame, task.table),
        "county": county_of(found.frame),
        "effect": None,
    }
    if report.accepted:  # rows with an error stay behind, as from the command line
        job.say(0.92, N_("正在计算会有哪些改动"))
        plan = effect(store, task.table, found.frame)
        result["effect"] = {
            "version": plan.version,
            "added": plan.added,
            "changed": plan.changed,
            "unchanged": plan.unchanged,
            "retired": plan.retired,
            "changes": plan.changes,
        }
        keep_rows(job.folder / "rows.gpkg", task.table, found.frame)
    write_json(job.folder / "found.json", result)


def _apply(job: Job, task: Task, source: AtlasSource) -> None:
    upload = Upload(job.folder.parent)
    found = upload.found(task.of)
    if found is None or found["effect"] is None:
        raise AtlasError(N_("这个文件还没有核对通过：请先核对。"))
    job.say(0.2, N_("正在写入图册"))
    frame = kept_rows(upload.folder / task.of / "rows.gpkg", found["table"])
    batch = source.store().apply(
        found["table"],
        frame,
        author=task.author,
        file=found["file"],
        file_hash=found["hash"],
        crs=found["crs"],
        seen=found["effect"]["version"],
    )
    job.say(batch_id=batch.batch_id)


def county_of(frame: pd.DataFrame) -> str | None:
    """Return the adcode in which all rows lie, None where it is not one."""
    codes = frame["adcode"].dropna().unique() if "adcode" in frame else ()
    return str(codes[0]) if len(codes) == 1 else None


def keep_rows(path: Path, table: str, frame: pd.DataFrame) -> None:
    """Keep checked rows as a GeoPackage, so that they are applied as they were shown."""
    export(frame, table, path, "gpkg", spread=False)


def kept_rows(path: Path, table: str) -> pd.DataFrame:
    """Return the rows that :func:`keep_rows` kept, in the types of the schema."""
    import pyogrio
    import pyogrio.errors

    try:
        return TABLES[table].validate(pyogrio.read_dataframe(path, layer=table, use_arrow=False))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise AtlasError(N_("这个文件已不在服务器上（保留一天）：请重新上传。")) from error


def preview(frame: pd.DataFrame, table: str) -> dict[str, Any]:
    """Return where the rows will land: at most :data:`MAX_POINTS` of them, evenly over the file.

    Returns
    -------
    dict
        ``lon``, ``lat`` (degrees, WGS-84), ``name``; ``of``: how many rows have a place; ``box``: west, south,
        east, north of all of them, or None.
    """
    schema = TABLES[table]
    if not schema.geometry or not len(frame):
        return {"lon": [], "lat": [], "name": [], "of": 0, "box": None}
    shapes = frame.geometry.to_numpy()
    held = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    points = shapes if schema.geometry == "point" else shapely.point_on_surface(shapes)
    shown = held[np.linspace(0, len(held) - 1, min(len(held), MAX_POINTS)).astype(int)] if len(held) else held
    names = frame["name"] if "name" in frame else frame[schema.key]
    return {
        "lon": shapely.get_x(points[shown]).round(6).tolist(),
        "lat": shapely.get_y(points[shown]).round(6).tolist(),
        "name": names.iloc[shown].astype(str).tolist(),
        "of": len(held),
        "box": shapely.total_bounds(shapes[held]).tolist() if len(held) else None,
    }


def _as_json(one: Problem | Doubt | OwnColumn) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in fields(one)}


def report_of(found: Mapping[str, Any]) -> Report:
    """Return the report of a check from what :meth:`Upload.found` gives."""
    report = Report(**{name: found[name] for name in REPORTED if name in found})
    report.doubts.extend(Doubt(**one) for one in found["doubts"])
    report.own_fields.extend(OwnColumn(**one) for one in found["own_fields"])
    for kind in PROBLEMS:
        getattr(report, kind).extend(
            Problem(**one | {"rows": tuple(one["rows"]), "positions": tuple(tuple(pair) for pair in one["positions"])})
            for one in found[kind]
        )
    return report


if __name__ == "__main__":
    main(sys.argv[1])
