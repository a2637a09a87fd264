"""Processes that work for a page give way to who looks at one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboard.tasks.job import Job
from dashboard.tasks.jobs import Jobs
from geodata import processes

pytestmark = pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="no such class of scheduling here")
SLEEPS = ("-c", "import time; time.sleep(60)")


def eagerness(pid: int) -> tuple[int, int]:
    return os.sched_getscheduler(pid), os.getpriority(os.PRIO_PROCESS, pid)


def test_who_is_started_behind_gives_way_and_nobody_else() -> None:
    own = eagerness(os.getpid())
    with processes.behind(), processes.running(SLEEPS) as child:
        assert eagerness(child.pid) == (os.SCHED_BATCH, processes.LEAST_EAGER)
    with processes.running(SLEEPS) as child:
        assert eagerness(child.pid) == own
    assert eagerness(os.getpid()) == own


def test_who_is_gone_gives_way_to_everybody() -> None:
    with processes.running(SLEEPS) as child:
        pass
    processes.give_way([child.pid])


def test_what_a_job_starts_gives_way(tmp_path: Path) -> None:
    found = []

    def work(_job: Job) -> None:
        with processes.running(SLEEPS) as child:
            found.append(eagerness(child.pid))

    jobs = Jobs(tmp_path)
    name = jobs.start("plan", work)
    while not jobs.state(name).over:  # ty: ignore[unresolved-attribute] - it is there
        pass
    assert found == [(os.SCHED_BATCH, processes.LEAST_EAGER)]
