"""Other processes of this program: started one way, and killed at any moment without a trace of them."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
#: The greatest niceness there is.
LEAST_EAGER = 19
_BEHIND: ContextVar[bool] = ContextVar("behind", default=False)


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
    child = subprocess.Popen(  # noqa: S603 - our own modules, by our own interpreter
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **(more or {})},
        stdin=stdin,
        stdout=out,
        stderr=errors,
        start_new_session=lock is not None,
        pass_fds=[lock.fileno()] if lock is not None and os.name == "posix" else [],
    )
    if _BEHIND.get():
        give_way([child.pid])
    return child


@contextmanager
def behind() -> Generator[None]:
    """Have the processes that are started within the block give way to whoever looks at a page (:func:`give_way`)."""
    before = _BEHIND.set(True)
    try:
        yield
    finally:
        _BEHIND.reset(before)


def give_way(pids: Iterable[int], nice: int = LEAST_EAGER) -> None:
    """Have processes leave the machine to whatever else wants it, and get little of it meanwhile; it cannot be undone.

    They, and what they start from now on, become nice, and on Linux ``SCHED_BATCH``: they take nobody's place when they
    wake up. ``SCHED_IDLE`` is not for them: on a busy machine what is computed would never come to its end. Being nice
    counts only among the processes of one session where the kernel groups by session (``sched_autogroup_enabled``):
    there a process that leads one is made nice with all of it.

    Parameters
    ----------
    pids : iterable of int
        One that is gone is passed over.
    nice : int
        1 to 19, see nice(2).
    """
    for pid in pids:
        with suppress(OSError, AttributeError):  # it is gone, or this system has no such thing
            for thread in Path(f"/proc/{pid}/task").iterdir():
                os.setpriority(os.PRIO_PROCESS, int(thread.name), nice)
                os.sched_setscheduler(int(thread.name), os.SCHED_BATCH, os.sched_param(0))
            if os.getsid(pid) == pid:
                Path(f"/proc/{pid}/autogroup").write_text(str(nice), "ascii")


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
