"""The process that writes the rows that somebody takes out, so that no page waits and no server's memory grows.

``python -m dashboard.tasks.export_worker JOB``. It reads what is wanted from the job's folder and writes the file
there; called off, or asked about by nobody, it ends at the next part of the rows and leaves no file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dashboard.access import owning
from dashboard.access.judging import watched
from dashboard.access.reader import asking
from dashboard.access.taking import listed
from dashboard.settings import Settings, load_settings
from dashboard.source import AtlasSource
from dashboard.state import parse
from dashboard.tasks.job import DONE, Job
from dashboard.tasks.jobs import Jobs
from dashboard.tasks.uploads import environment_of
from geodata import processes
from geodata.errors import N_, AtlasError
from geodata.exporting import export
from layers import kinds

FOLDER = "exports"
#: Formats that hold a withheld count as people read it, the usual one first.
FORMATS = ("xlsx", "csv", "geojson")
MOST_AT_WORK, MOST_KEPT, KEPT_SECONDS = 2, 8, 3_600
#: An export that nobody has asked about for so long ends, seconds: a browser asks seldom for a page out of sight.
ABANDONED_SECONDS = 180.0
NICE = 5


class Exports:
    """The exports of one home.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.jobs = Jobs(settings.home / FOLDER, kept=KEPT_SECONDS, most=MOST_KEPT)

    def start(self, wanted: Mapping[str, Any]) -> str:
        """Have a process write what is wanted (the arguments of :func:`~dashboard.access.taking.listed`, ``format``,
        ``lang``, and ``exact``: whether counts are written as they are), and return the job's id.

        Raises
        ------
        AtlasError
            Too many are written at this moment.
        """
        self.jobs.sweep()
        if self.jobs.at_work() >= MOST_AT_WORK:
            raise AtlasError(N_("服务器正在导出 {count} 个文件：请等一个做好再试。"), count=MOST_AT_WORK)
        return self.jobs.start_process(
            "export", "dashboard.tasks.export_worker", wanted, environment_of(self._settings)
        )

    def file(self, name: object) -> Path | None:
        """Return the file of an export of who asks; None while there is none."""
        job = self.jobs.find(name)
        state = job.state() if job else None
        task = job.task() if job else None
        if job is None or task is None or state is None or state.phase != DONE:
            return None
        path = file_of(job, task)
        return path if path.is_file() else None


def file_of(job: Job, task: Mapping[str, Any]) -> Path:
    """Return where the file of an export is written."""
    return job.folder / f"{task['table']}.{task['format']}"


def main(folder: str) -> None:
    """Do what the job of `folder` wants."""
    job = Job(Path(folder), ABANDONED_SECONDS)
    task = job.task()
    if task is None:
        return
    processes.give_way([os.getpid()], NICE)  # whoever looks at the map goes first
    job.do(lambda job: _write(job, task), N_("导出时出了意外，没有写成文件：请重试；若再出现，请把时间告诉管理员。"))


def _write(job: Job, task: Mapping[str, Any]) -> None:
    settings = load_settings()
    with asking(owning.owner_of(job.folder)):
        atlas = AtlasSource(settings.home, settings.database_url, watched(settings.home), settings.small_counts).atlas()
        atlas = atlas.exact if task["exact"] else atlas
        rows = listed(
            atlas, task["table"], parse(task["query"]).filters, task["text"], task["rule"], task["days"], task["order"]
        )
        path = export(
            atlas.table(task["table"]),
            task["table"],
            file_of(job, task),
            task["format"],
            notes={
                "query": task["query"],
                "data_version": atlas.version,
                "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
            },
            kinds=kinds.of(atlas),
            headers=task["lang"],
            rows=rows,
            progress=job.step,
        )
        if job.cancelled():
            path.unlink()
        job.say(rows=len(rows), bytes=0 if job.cancelled() else path.stat().st_size)


if __name__ == "__main__":
    main(sys.argv[1])
