"""``serve``: gunicorn in place of this process."""

from __future__ import annotations

import os
import shutil
import socket
import sys

from dashboard.server.headers import MAX_LINE
from dashboard.server.metrics import FOLDER, SHARED
from dashboard.settings import Settings
from geodata.errors import N_, AtlasError

#: Of each process: many wait for a query, few compute at one time.
THREADS = 16
#: Seconds for which a connection stays open between two requests; it holds no thread meanwhile. Longer than proxies
#: keep theirs, so that none of them asks on one that is just being closed.
KEEP_ALIVE_SECONDS = 75
#: Open files of a process: its connections, and as many again for what it reads.
FILES = 8_192
#: What keeps sixteen threads from hoarding memory that each of them has freed: few heaps, and Arrow's among them.
FRUGAL = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}


def free(settings: Settings) -> None:
    """Make sure that nobody else listens where the server is to listen.

    Raises
    ------
    AtlasError
        Somebody does, or this machine has no such address.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except OSError as error:
        raise AtlasError(
            N_("{host} 的 {port} 端口用不了（{said}）：可能图册已在运行，或别的程序占着它；请换一个 ATLAS_PORT 再试。"),
            host=settings.host,
            port=settings.port,
            said=error.strerror or error,
        ) from error


def become(settings: Settings) -> None:
    """Become the server; does not return."""
    if settings.metrics_networks:
        shared = settings.home / FOLDER
        shutil.rmtree(shared, ignore_errors=True)  # of processes that are gone
        shared.mkdir(mode=0o700, parents=True)
        os.environ[SHARED] = str(shared.resolve())
    files = _many_files()
    for name, value in FRUGAL.items():
        os.environ.setdefault(name, value)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    os.execv(  # noqa: S606 - this very interpreter
        sys.executable,
        [
            *(sys.executable, "-m", "gunicorn", "dashboard.wsgi:server", "--bind", f"{host}:{settings.port}"),
            *("--workers", str(settings.workers), "--threads", str(THREADS)),
            *("--keep-alive", str(KEEP_ALIVE_SECONDS), "--worker-connections", str(files // 2)),
            *("--worker-class", "dashboard.server.worker.TimedWorker"),
            # the application refuses long addresses itself, in words (server/headers.py); a line beyond is cut off
            *("--limit-request-line", str(MAX_LINE)),
            *("--log-level", "warning", "--logger-class", "dashboard.server.worker.ServerLog"),
        ],
    )


def _many_files() -> int:
    """Let this process and its workers open :data:`FILES` files, or as many as the system grants; return how many."""
    if os.name != "posix":
        return FILES
    import resource  # there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
