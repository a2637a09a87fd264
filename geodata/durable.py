"""What is said to be on disk is on disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO


def synced(path: Path) -> None:
    """Have a file, or the names of a folder, on disk before anything says that they are there.

    Raises
    ------
    OSError
        The system does not manage it. Of a folder on Windows nothing is asked: it cannot, and does not need it.
    """
    if os.name != "posix" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flushed(file: IO) -> None:
    """Have what was written to an open file on disk.

    Raises
    ------
    OSError
        The system does not manage it.
    """
    file.flush()
    os.fsync(file.fileno())
