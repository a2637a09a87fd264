"""A real Redis on a free port of loopback, started and ended by the tests that want one."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from redis import Redis, RedisError

from tests.ports import free_port

START_SECONDS = 60


class Server:
    """A Redis that may be stopped and started again on its port."""

    def __init__(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("no redis-server: run `make test` as root once, or apt-get install redis-server")
        self.port = free_port()
        quiet = ("--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--loglevel", "warning")
        self._command = [program, "--port", str(self.port), *quiet]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, cwd="/")
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                Redis.from_url(self.url).ping()
                return
            except RedisError:
                assert time.monotonic() < until
                time.sleep(0.05)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_SECONDS)
            self._process = None


@contextmanager
def running() -> Generator[Server]:
    """Give a running Redis."""
    server = Server()
    server.start()
    try:
        yield server
    finally:
        server.stop()
