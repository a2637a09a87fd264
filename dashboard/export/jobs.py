"""Orders while they are made: any worker process tells how far one is, and ends it when asked.

A job is a row in a small database of the atlas's home and a file beside it. The
process that took the order makes it, one after another; the others read.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dashboard.export.order import Order, no_such_template
from dashboard.export.studio import Studio
from dashboard.owners import alive, owner
from geodata.errors import N_, AtlasError, UnavailableError

log = logging.getLogger(__name__)

FILE, FOLDER = "briefs.sqlite3", "briefs"
KEPT_SECONDS = 6 * 3600
MOST_KEPT, MOST_WAITING = 60, 12
ENDED = ("done", "failed", "cancelled")
GONE = N_("制作它的进程已经结束，请重新下单。")
_ID = re.compile(r"[A-Za-z0-9_-]{10,40}\Z")


@dataclass(frozen=True, slots=True)
class Job:
    """One order under way.

    Attributes
    ----------
    state : str
        ``waiting``, ``running``, ``done``, ``failed`` or ``cancelled``.
    done : float
        Share of 1.
    said : str
        The present step (msgid), or why it failed, in the reader's language.
    told : tuple of str
        What the reader should know of the file.
    """

    id: str
    order: Order
    name: str
    state: str
    done: float
    said: str
    told: tuple[str, ...]

    @property
    def active(self) -> bool:
        """Whether it is not ended yet."""
        return self.state not in ENDED


class Cancelled(Exception):  # noqa: N818 - it is no error
    """Somebody does not want it any more."""


class Jobs:
    """The jobs of one home.

    Parameters
    ----------
    home : Path
        Folder of the atlas.
    studio : Studio
        Makes them.
    """

    def __init__(self, home: Path, studio: Studio) -> None:
        self._home = home
        self._studio = studio
        self._queue: queue.Queue[tuple[str, Order, str]] = queue.Queue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit(self, order: Order, name: str, lang: str) -> str:
        """Take an order and return its id.

        Raises
        ------
        AtlasError
            Too many are waiting, or the template is a file: an order of the web may name none of this machine's.
        """
        if order.is_file:
            raise no_such_template(order.template)
        id = secrets.token_urlsafe(12)
        with self._open() as store:
            self._sweep(store)  # before counting: what nobody makes any more waits for nobody
            waiting = store.execute("SELECT count(*) FROM jobs WHERE state IN ('waiting', 'running')").fetchone()[0]
            if waiting >= MOST_WAITING:
                raise AtlasError(N_("已有 {count} 份简报在排队：请等几份做好再下单。"), count=waiting)
            store.execute(
                (
                    "INSERT INTO jobs (id, content, name, state, done, said, "
                    "told, owner, at) VALUES (?, ?, ?, 'waiting', 0, '', '', ?, ?)"
                ),
                (id, order.to_json(), name, owner(), time.time()),
            )
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="atlas-briefs", daemon=True)
                self._thread.start()
        self._queue.put((id, order, lang))
        return id

    def find(self, id: object) -> Job | None:
        """Return the job `id`, None when there is none (any more); whatever a reader's page may send is asked for."""
        if not _is_id(id):
            return None
        with self._open() as store:
            row = store.execute(
                "SELECT id, content, name, state, done, said, told, owner FROM jobs WHERE id = ?", (id,)
            ).fetchone()
            if row is None:
                return None
            state, said = row[3], row[5]
            if state not in ENDED and not alive(row[7]):
                state, said = "failed", GONE
                store.execute(*_given_up(id))
        return Job(
            row[0], Order.from_json(row[1]), row[2], state, row[4], said, tuple(filter(None, row[6].split("\n")))
        )

    def cancel(self, id: object) -> None:
        """End a job; nothing when it is ended already, or is none."""
        if not _is_id(id):
            return
        with self._open() as store:
            store.execute(
                "UPDATE jobs SET state = 'cancelled', said = '' WHERE id = ? AND state IN ('waiting', 'running')", (id,)
            )

    def path(self, job: Job) -> Path | None:
        """Return the file of a job, None while there is none."""
        path = self._home / FOLDER / f"{job.id}.{job.order.format}"
        return path if job.state == "done" and path.exists() else None

    # -- inside -------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            id, order, lang = self._queue.get()
            try:
                self._make(id, order, lang)
            except AtlasError:  # the database is gone: there is nobody to tell
                continue
            except Exception:  # of one order; those behind it wait for this thread
                log.exception("brief %s", id)

    def _make(self, id: str, order: Order, lang: str) -> None:
        def progress(done: float, said: str) -> None:
            with self._open() as store:
                found = store.execute(
                    (
                        "UPDATE jobs SET state = 'running', done = ?, "
                        "said = ? WHERE id = ? AND state IN ('waiting', 'running')"
                    ),
                    (done, said, id),
                ).rowcount
            if not found:
                raise Cancelled

        try:
            progress(0.01, N_("正在统计"))
            made = self._studio.make(order, progress)
            progress(0.95, N_("正在保存"))
            folder = self._home / FOLDER
            folder.mkdir(parents=True, exist_ok=True)
            half = folder / f".{id}.part"
            half.write_bytes(made.content)
            half.replace(folder / f"{id}.{order.format}")
            self._end(id, "done", "", "\n".join(made.told))
        except Cancelled:
            return
        except AtlasError as error:
            self._end(id, "failed", error.text(self._studio.words(lang).gettext))
        except Exception:
            self._end(id, "failed", N_("这份简报没有做成，请重试；若再出现，请把当时的地址告诉管理员。"))
            raise

    def _end(self, id: str, state: str, said: str, told: str = "") -> None:
        with self._open() as store:
            store.execute(
                (
                    "UPDATE jobs SET state = ?, done = 1, said = ?, "
                    "told = ? WHERE id = ? AND state IN ('waiting', 'running')"
                ),
                (state, said, told, id),
            )

    def _sweep(self, store: sqlite3.Connection) -> None:
        """Give up what dead processes left,
        and remove old jobs with their files: what is made is taken within hours.
        """
        for id, mark in store.execute("SELECT id, owner FROM jobs WHERE state IN ('waiting', 'running')").fetchall():
            if not alive(mark):
                store.execute(*_given_up(id))
        old = store.execute(
            "SELECT id FROM jobs WHERE at < ? OR id NOT IN (SELECT id FROM jobs ORDER BY at DESC LIMIT ?)",
            (time.time() - KEPT_SECONDS, MOST_KEPT),
        ).fetchall()
        for (id,) in old:
            for path in (self._home / FOLDER).glob(f"{id}.*"):
                path.unlink(missing_ok=True)
            store.execute("DELETE FROM jobs WHERE id = ?", (id,))

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            store = sqlite3.connect(self._home / FILE, timeout=10)
        except sqlite3.Error as error:
            raise UnavailableError(N_("简报的数据库 {path} 打不开：{said}。"), path=FILE, said=error) from error
        try:
            with store:
                store.execute(
                    "CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, content TEXT, "
                    "name TEXT, state TEXT, done REAL, said TEXT, told TEXT,"
                    " owner INTEGER, at REAL)"
                )
                yield store
        except sqlite3.Error as error:
            raise UnavailableError(N_("简报的数据库 {path} 打不开：{said}。"), path=FILE, said=error) from error
        finally:
            store.close()


def _is_id(id: object) -> bool:
    return isinstance(id, str) and bool(_ID.match(id))


def _given_up(id: str) -> tuple[str, tuple[str, str]]:
    return "UPDATE jobs SET state = 'failed', said = ? WHERE id = ? AND state IN ('waiting', 'running')", (GONE, id)
