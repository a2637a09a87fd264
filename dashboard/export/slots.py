"""How many may do a thing at one time, over all processes of one home: locks that die with their holder."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows: one process serves there
    fcntl = None  # type: ignore[assignment]

LOOK_SECONDS = 0.1


class Slots:
    """So many slots in a folder; a process holds at most one.

    Parameters
    ----------
    folder : Path
        Made when it is needed.
    count : int
        How many slots there are.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._count = count
        self._held: IO[bytes] | None = None

    def take(self, seconds: float | None = None) -> bool:
        """Wait for a slot and hold it; return False when none came free in `seconds`."""
        if self._held is not None or fcntl is None:
            return True
        self._folder.mkdir(parents=True, exist_ok=True)
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            for number in range(self._count):
                file = (self._folder / f"slot-{number}.lock").open("ab")
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    file.close()
                    continue
                self._held = file
                return True
            self._want()
            if deadline is not None and time.monotonic() > deadline:
                return False
            time.sleep(LOOK_SECONDS)

    def free(self) -> None:
        """Give the slot back."""
        held, self._held = self._held, None
        if held is not None:
            held.close()

    def wanted_since(self, moment: float) -> bool:
        """Return whether somebody has been waiting for a slot after `moment` (seconds since 1970)."""
        try:
            return (self._folder / "wanted").stat().st_mtime > moment
        except OSError:
            return False

    def _want(self) -> None:
        with contextlib.suppress(OSError):
            wanted = self._folder / "wanted"
            wanted.touch()
            os.utime(wanted)
