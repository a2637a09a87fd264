"""Locks between processes that the system frees when their holder dies."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import IO, BinaryIO, Self

try:
    import fcntl
except ImportError:  # Windows: one process serves there
    fcntl = None
    import msvcrt

LOOK_SECONDS = 0.1


@contextlib.contextmanager
def held(path: Path) -> Generator[None]:
    """Hold the lock file at `path`, waiting for whoever holds it now.

    The file itself stays: removing it would let two processes hold two different locks.
    """
    with path.open("a+b") as file:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_EX)
        else:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # ty: ignore[missing-attribute] - on Windows
        yield


def hold(path: Path) -> BinaryIO:
    """Return the lock file at `path`, held until it is closed.

    Given to a process that is started (:func:`geodata.processes.start`), it is held as long as that process lives,
    however it ends.

    Raises
    ------
    BlockingIOError
        Somebody else holds it.
    """
    file = path.open("a+b")
    if fcntl:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise
    return file


def is_held(path: Path) -> bool:
    """Return whether somebody holds the lock file at `path`; where the system cannot tell, he does."""
    if not fcntl:
        return True
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared, so that two who ask do not see each other
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


class Slots:
    """So many may do a thing at one time, over all threads and processes that share a folder.

    This one takes at most one slot.

    Parameters
    ----------
    folder : Path
        Made when it is needed.
    count : int, optional
        How many slots there are. Default: number of cores.
    """

    def __init__(self, folder: Path, count: int | None = None) -> None:
        self._folder = folder
        self._count = count or os.cpu_count() or 1
        self._held: IO[bytes] | None = None

    def take(self, seconds: float | None = 0.0) -> bool:
        """Hold a slot; return False when none came free in `seconds` (None: wait as long as it takes)."""
        if self._held is not None or fcntl is None:
            return True
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            for number in range(self._count):
                with contextlib.suppress(BlockingIOError):
                    self._held = hold(self._folder / f"slot-{number}.lock")
                    return True
            (self._folder / "wanted").touch()
            if deadline is not None and time.monotonic() >= deadline:
                return False
            time.sleep(LOOK_SECONDS)

    def free(self) -> None:
        """Give the slot back."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def wanted_since(self, moment: float) -> bool:
        """Return whether somebody has been waiting for a slot after `moment` (seconds since 1970)."""
        try:
            return (self._folder / "wanted").stat().st_mtime > moment
        except OSError:
            return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.free()
