"""As many exact searches at once as there are cores; later ones wait for their turn.

The slots are lock files, so that they hold across threads and across the
processes of a web server, and are free again when a process dies.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows: no queue
    fcntl = None


class Slot:
    """One place in the queue; `with` or :meth:`free` gives it back."""

    def __init__(self, slots: int | None = None, folder: Path | None = None) -> None:
        self._slots = slots or os.cpu_count() or 1
        uid = os.getuid() if hasattr(os, "getuid") else 0
        self._folder = folder or Path(tempfile.gettempdir()) / f"union-atlas-siting-{uid}"
        self._held: IO[bytes] | None = None

    def take(self) -> bool:
        """Try to take a slot, without waiting; return whether it is held now."""
        if self._held or fcntl is None:
            return True
        self._folder.mkdir(mode=0o700, exist_ok=True)
        for number in range(self._slots):
            handle = (self._folder / f"{number}.lock").open("wb")
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                handle.close()
            else:
                self._held = handle
                return True
        return False

    def free(self) -> None:
        """Give the slot back."""
        if self._held:
            self._held.close()
            self._held = None

    def __enter__(self) -> Slot:
        return self

    def __exit__(self, *_: object) -> None:
        self.free()
