"""A lock between processes that the system frees when its holder dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`, waiting for whoever holds it now.

    The file itself stays: removing it would let two processes hold two different locks.
    """
    with path.open("a+b") as file:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_EX)
        else:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        yield


def handed_over(path: Path) -> BinaryIO:
    """Return the lock file at `path`, held, for a process that is about to be started.

    Its descriptor goes to that process (``pass_fds``) and is closed here: the
    lock then lasts as long as that process, however it ends.
    """
    file = path.open("a+b")
    if fcntl:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file


def is_held(path: Path) -> bool:
    """Return whether some process holds the lock file at `path`; where the system cannot tell, it does."""
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
