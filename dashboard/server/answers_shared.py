"""Where all processes of a home find answers: in files beside the atlas, or in a Redis."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from geodata.derived import ANSWERS, NAME
from geodata.locking import hold

log = logging.getLogger(__name__)

#: Seconds that Redis keeps an answer nobody has asked for anew.
REDIS_SECONDS = 86_400
#: Seconds within which Redis has to answer, and for which it is left alone when it has not.
REDIS_PATIENCE, REDIS_REST = 0.25, 5.0
#: Bytes of answers in files, and bytes that a process writes between two times that it looks.
MOST_IN_FILES, LOOKED_AFTER = 128 * 2**20, 16 * 2**20
#: Seconds for which a process waits for an answer that another one is making, and between two looks.
PATIENCE, LOOK = 3.0, 0.01


class Shared(Protocol):
    """Bytes by key, of all processes."""

    def get(self, key: str) -> bytes | None:
        """Return what is kept under `key`."""
        ...

    def set(self, key: str, content: bytes) -> None:
        """Keep `content` under `key`."""
        ...


class InRedis:
    """Bytes by key in a Redis; while it does not answer there are none, and nobody waits for it.

    Parameters
    ----------
    url : str
        ``redis://…``, ``rediss://…`` or ``unix://…``.
    """

    def __init__(self, url: str) -> None:
        from redis import Redis, RedisError  # where nobody names one, no process needs its client

        waits = {"socket_timeout": REDIS_PATIENCE, "socket_connect_timeout": REDIS_PATIENCE}
        self._redis = Redis.from_url(url, retry=None, **waits)
        self._trouble, self._away_until = RedisError, 0.0  # monotonic seconds

    def get(self, key: str) -> bytes | None:
        """Return what is kept under `key`."""
        return self._asked(lambda: self._redis.get(key))

    def set(self, key: str, content: bytes) -> None:
        """Keep `content` under `key`."""
        self._asked(lambda: self._redis.set(key, content, ex=REDIS_SECONDS))

    def _asked(self, ask: Callable[[], Any]) -> Any:
        if time.monotonic() < self._away_until:
            return None
        try:
            return ask()
        except self._trouble as error:
            log.warning("Redis does not answer, the atlas goes on without: %s", type(error).__name__)
            self._away_until = time.monotonic() + REDIS_REST
            return None


class InFiles:
    """Bytes by key in files of a home; where none can be written there are none.

    Parameters
    ----------
    home : Path
    """

    def __init__(self, home: Path) -> None:
        self._folder, self._written = home / NAME / ANSWERS, 0

    def get(self, key: str) -> bytes | None:
        """Return what is kept under `key`."""
        with suppress(OSError):
            path = self._path(key)
            found = path.read_bytes()
            os.utime(path)  # asked for
            return found
        return None

    def set(self, key: str, content: bytes) -> None:
        """Keep `content` under `key`; what was asked for least lately goes once there is too much."""
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished = self._folder / f".{os.getpid()}-{time.monotonic_ns()}"
            unfinished.write_bytes(content)
            unfinished.replace(self._path(key))
            self._written += len(content)
            if self._written > LOOKED_AFTER:
                self._written = 0
                self._sweep()

    @contextmanager
    def alone(self, key: str, wait: Callable[[], bool]) -> Generator[bool]:
        """Give whether it falls to this one to make the answer of `key`: nobody else is at it, or is for too long.

        Parameters
        ----------
        wait : callable
            Asked again and again while somebody else is at it; what it says ends the waiting once it is false.
        """
        lock, until = None, time.monotonic() + PATIENCE
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            while lock is None:
                try:
                    lock = hold(self._folder / f".lock-{key[-2:]}")  # freed when its holder dies
                except BlockingIOError:
                    if not wait() or time.monotonic() > until:
                        break
                    time.sleep(LOOK)
        try:
            yield lock is not None
        finally:
            if lock is not None:
                lock.close()

    def _path(self, key: str) -> Path:
        return self._folder / key.rpartition(":")[2]

    def _sweep(self) -> None:
        found = []
        for one in self._folder.iterdir():
            with suppress(OSError):
                if not one.name.startswith(".lock-"):
                    status = one.stat()
                    found.append((status.st_mtime, status.st_size, one))
        total = sum(size for _, size, _ in found)
        for _, size, one in sorted(found):
            if total <= MOST_IN_FILES:
                break
            with suppress(OSError):
                one.unlink()
            total -= size
