"""A real Dask scheduler with workers, each a process on a free port of loopback, started and ended by the tests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 120
HOW = "no distributed: pip install -r requirements-dask.txt"


class Cluster:
    """A scheduler, and workers of one thread that nobody starts again."""

    def __init__(self, path: Path = ROOT) -> None:
        pytest.importorskip("distributed", reason=HOW)
        self.address, self._path = f"tcp://127.0.0.1:{free_port()}", path
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._started("scheduler", "--host", self.address, "--no-dashboard")

    def _started(self, what: str, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # what lay on a worker that died is given up sooner than after half a minute
            env={**os.environ, "PYTHONPATH": str(self._path), "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "3s"},
            cwd=self._path,
        )

    def add_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker, and return its process; it joins in a moment."""
        more = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--memory-limit", "0", "--host", "127.0.0.1")
        self.workers.append(self._started("worker", self.address, *more))
        return self.workers[-1]

    def wait(self, count: int) -> None:
        """Wait until so many workers are there."""
        from distributed import Client

        until = time.monotonic() + START_SECONDS
        while True:
            try:
                with Client(self.address, timeout=5, set_as_default=False) as client:
                    client.wait_for_workers(count, timeout=START_SECONDS)
                return
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.1)

    def end(self) -> None:
        """End all of it."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@contextmanager
def running(workers: int, path: Path = ROOT) -> Generator[Cluster]:
    """Give a cluster of so many workers."""
    cluster = Cluster(path)
    try:
        for _ in range(workers):
            cluster.add_worker()
        cluster.wait(workers)
        yield cluster
    finally:
        cluster.end()
