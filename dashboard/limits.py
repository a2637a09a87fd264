"""How often what costs may be asked for: by one reader, and by all together, over all processes that share a home.

What is asked for is counted for a minute in a small database of the home that need not outlive anything: it is not
synced, and where it cannot be used nobody is refused for it.
"""

from __future__ import annotations

import logging
import math
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from geodata.errors import N_, AtlasError

FILE = ".limits.sqlite3"
SECONDS = 60.0
SOLVES, BRIEFS, UPLOADS, PREVIEWS = "solves", "briefs", "uploads", "previews"
LINKS, FEEDBACK, SEARCHES, EXPORTS = "links", "feedback", "searches", "exports"
#: Kind → how often in a minute, by one reader and by all.
MOST = {
    SOLVES: (30, 240),
    BRIEFS: (12, 60),
    UPLOADS: (20, 120),
    PREVIEWS: (300, 3_000),
    LINKS: (30, 300),
    FEEDBACK: (5, 60),
    SEARCHES: (300, 3_000),
    EXPORTS: (30, 300),
}
TABLES = (
    "CREATE TABLE IF NOT EXISTS asked (kind TEXT NOT NULL, reader TEXT NOT NULL, at REAL NOT NULL)",
    "CREATE INDEX IF NOT EXISTS asked_kind ON asked (kind, at)",
)
log = logging.getLogger(__name__)


class LimitedError(AtlasError):
    """Too often in a minute: the same may be asked for again in :attr:`seconds`."""

    seconds = 1


class Limits:
    """The limits of one home.

    Parameters
    ----------
    home : Path
        Folder of the atlas.
    times : float
        What all of them are multiplied with; 0: there are none.
    clock : callable
        Gives seconds.
    """

    def __init__(self, home: Path, times: float = 1.0, clock: Callable[[], float] = time.time) -> None:
        self._path, self._times, self._clock = home / FILE, times, clock

    def take(self, kind: str, reader: str) -> None:
        """Count that `reader` asks for something of `kind`.

        Raises
        ------
        LimitedError
            That was too often, by this reader or by all; says in how many seconds to come again.
        """
        if not self._times:
            return
        own, every = (max(1, math.ceil(most * self._times)) for most in MOST[kind])
        try:
            with closing(sqlite3.connect(self._path, timeout=2, isolation_level=None)) as store:
                store.execute("PRAGMA synchronous = OFF")
                store.execute("BEGIN IMMEDIATE")
                for statement in TABLES:
                    store.execute(statement)
                # read once nobody else counts: what others counted while this waited would lie in its future
                now = self._clock()
                # a clock that was put back must not keep anybody out
                store.execute("DELETE FROM asked WHERE at <= ? OR at > ?", (now - SECONDS, now))
                for most, whose, values in (
                    (own, "kind = ? AND reader = ?", (kind, reader)),
                    (every, "kind = ?", (kind,)),
                ):
                    (count, first) = store.execute(
                        f"SELECT count(*), min(at) FROM asked WHERE {whose}",  # noqa: S608 - constants
                        values,
                    ).fetchone()
                    if count >= most:
                        raise _limited(first + SECONDS - now, most == own and whose.endswith("reader = ?"))
                store.execute("INSERT INTO asked VALUES (?, ?, ?)", (kind, reader, now))
                store.execute("COMMIT")
        except sqlite3.Error:
            log.warning("limits cannot be counted", exc_info=True)


def _limited(seconds: float, own: bool) -> LimitedError:
    wait = max(1, math.ceil(seconds))
    said = (
        N_("您在一分钟里请求得太多：请过 {seconds} 秒再试。")
        if own
        else N_("服务器正忙，一分钟里的请求太多：请过 {seconds} 秒再试。")
    )
    error = LimitedError(said, seconds=wait)
    error.seconds = wait
    return error
