"""Other processes of this program: started one way, and killed at any moment without a trace of them."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]


def start(
    arguments: Sequence[str],
    *,
    stdin: int = subprocess.DEVNULL,
    out: int | IO[bytes] = subprocess.PIPE,
    errors: int | IO[bytes] = subprocess.DEVNULL,
    more: Mapping[str, str] | None = None,
    lock: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start this Python with `arguments`, in the folder of the program.

    Parameters
    ----------
    arguments : sequence of str
        As on a command line: ``-m``, a module, what it is given.
    stdin, out, errors : int or file
        Where its streams lead; nowhere, a pipe to this process, nowhere when not given.
    more : mapping, optional
        Environment beside that of this process.
    lock : file, optional
        A lock (:func:`geodata.locking.hold`) that passes to it; then it is nobody's child, and outlives this process.
    """
    return subprocess.Popen(  # noqa: S603 - our own modules, by our own interpreter
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **(more or {})},
        stdin=stdin,
        stdout=out,
        stderr=errors,
        start_new_session=lock is not None,
        pass_fds=[lock.fileno()] if lock is not None and os.name == "posix" else [],
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, wait until it is gone, and close what led to it."""
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


@contextmanager
def running(
    arguments: Sequence[str], more: Mapping[str, str] | None = None
) -> Generator[subprocess.Popen[bytes], None, None]:
    """Give a process that writes to this one, and that is gone when the block ends, however it does."""
    process = start(arguments, more=more)
    try:
        yield process
    finally:
        end(process)


def given_back() -> None:
    """Give the system back what this process has freed: after work that took much memory and will not come again."""
    gc.collect()
    with suppress(OSError, AttributeError):  # another C library than glibc keeps what it likes
        ctypes.CDLL(None).malloc_trim(0)
