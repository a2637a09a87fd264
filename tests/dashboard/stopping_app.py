"""What gunicorn serves in the test of an orderly stop: an address that begins a job, and says how jobs are."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from dashboard.tasks.job import Job
from dashboard.tasks.jobs import Jobs

FOLDER = Path(os.environ["STOPPING_JOBS"])


def obliging(job: Job) -> None:
    """Work that looks whether it is wanted, as all of ours does."""
    for at in range(600):
        job.step(at / 600, "正在统计")
        time.sleep(0.1)


def deaf(job: Job) -> None:
    """Work that never looks."""
    job.say(0.5, "正在统计")
    time.sleep(60)


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    work = {"/obliging": obliging, "/deaf": deaf}.get(environ["PATH_INFO"])
    name = Jobs(FOLDER, at_once=2).start("brief", work) if work else "alive"
    start("200 OK", [("Content-Type", "text/plain")])
    return [name.encode()]
