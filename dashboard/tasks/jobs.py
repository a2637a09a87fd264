"""The jobs of one folder: begun in a thread or in a process, waiting for their turn, stopped by anybody, swept when
they are old.
"""

from __future__ import annotations

import hashlib
import math
import re
import secrets
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from dashboard.access import audit, doors, owning
from dashboard.tasks.job import (
    CUT,
    INTERRUPTED,
    LOOK_SECONDS,
    QUEUED,
    RUNNING,
    STOPPED,
    Job,
    State,
    age,
    read_json,
    write_json,
)
from geodata import processes
from geodata.errors import N_, AtlasError
from geodata.locking import Slots, hold
from geodata.message import Message

KEPT_ANSWERS = 200
TURNS = "turns"  # a file a reader, touched when a turn of his begins
#: Deeds of the register that stand in the trail when a job of theirs begins, and what they are called there.
_TOLD = {"solve": "plan-asked"}
_ID = re.compile(r"[0-9a-f]{24}\Z")
Work = Callable[[Job], None]


class _Turn(threading.Thread):
    """The thread that does a job."""

    def __init__(self, job: Job, work: Callable[[], None]) -> None:
        super().__init__(target=work, name=f"job-{job.id}", daemon=True)
        self.job = job


def interrupt() -> None:
    """Have every job that this process does end soon, with what it has."""
    for turn in _turns():
        turn.job.interrupt()


def hand_back(seconds: float) -> None:
    """Wait until every job that this process does has ended; of one that has not in `seconds` say that it was cut off.

    Whoever asks about it then hears why, and not that it got lost.
    """
    interrupt()
    until = time.monotonic() + seconds
    for turn in _turns():
        turn.join(max(until - time.monotonic(), 0.0))
    for turn in _turns():
        turn.job.enter(INTERRUPTED, CUT)


def _turns() -> list[_Turn]:
    return [one for one in threading.enumerate() if isinstance(one, _Turn)]


class Jobs:
    """The jobs of one folder, over all processes.

    Parameters
    ----------
    folder : Path
        Made when it is needed.
    at_once : int, optional
        So many run in threads at one time; the rest waits in order. Default: number of cores.
    waiting : int
        So many may wait.
    own : int, optional
        So many of one reader may wait. Default: a quarter of `waiting`.
    full : str
        What is said (msgid with ``{count}``) to who comes when so many wait.
    broken : str
        What is said (msgid) when a job breaks.
    kept : float
        A job that nobody has asked about for so long is taken away; seconds.
    most : int
        Of jobs that are over so many are kept, the newest.
    abandoned : float
        A job that nobody has asked about for so long ends; seconds.
    noted : Path, optional
        Home in whose trail of deeds it stands who asked for a plan.
    """

    def __init__(
        self,
        folder: Path,
        *,
        at_once: int | None = None,
        waiting: int = 24,
        own: int | None = None,
        full: str = N_("排队的方案已有 {count} 个：请稍候再试。"),
        broken: str = N_("计算时出了意外，图册没有改动：请重试；若再出现，请把当时的地址告诉管理员。"),
        kept: float = 3_600,
        most: int = 1_000,
        abandoned: float = math.inf,
        noted: Path | None = None,
    ) -> None:
        self._folder, self._noted = folder, noted
        self._at_once, self._waiting, self._full, self._broken = at_once, waiting, full, broken
        self._kept, self._most, self._abandoned = kept, most, abandoned
        self._own = own or max(1, waiting // 4)

    def start(self, door: str, work: Work, task: Mapping[str, Any] | None = None, reader: str = "") -> str:
        """Have a thread of this process do `work` when its turn comes; return the job's id.

        Turns go round: of those that wait, the reader comes first whose last turn is the longest ago.

        Parameters
        ----------
        door : str
            What it is in the register of doors: who asks must be let in there, and asks for all that the work does.
        work : callable
            Gets the :class:`Job`; tells its results through it; ends soon once it is cancelled.
        task : mapping, optional
            What is wanted, for who asks later.
        reader : str
            For whom: a key that tells readers apart; empty: nobody in particular.

        Raises
        ------
        AtlasError
            Too many wait already, of this reader or of all; or who asks may not.
        """
        deed = doors.require("job", door)
        self.sweep()
        queue = self._queue()
        if len(queue) >= self._waiting:
            raise AtlasError(self._full, count=self._waiting)
        if reader and sum(self._reader(name) == reader for name in queue) >= self._own:
            raise AtlasError(N_("您已有 {count} 个在排队：请等它们做好再试。"), count=self._own)
        job, lock = self._begin(task or {}, State(QUEUED), reader)
        if self._noted and deed.name in _TOLD:
            try:
                audit.note(self._noted, _TOLD[deed.name], what=door, **(task or {}))
            except BaseException:  # what cannot be noted is not done
                lock.close()
                shutil.rmtree(job.folder, ignore_errors=True)
                raise
        as_asked = copy_context()
        _Turn(job, lambda: as_asked.run(self._take_turn, job, lock, work)).start()
        return job.id

    def start_process(self, door: str, module: str, task: Mapping[str, Any], environment: Mapping[str, str]) -> str:
        """Have a process do at once what `task` wants: ``python -m MODULE FOLDER-OF-THE-JOB``; return the job's id.

        It may be killed at any moment, and outlives this process; what it writes to its streams goes to ``log``.
        """
        doors.require("job", door)
        job, lock = self._begin(task, State(RUNNING, message=Message(N_("正在准备"))))
        with lock, (job.folder / "log").open("ab") as log:
            processes.start(["-m", module, str(job.folder)], out=log, errors=log, more=environment, lock=lock)
        return job.id

    def find(self, name: object) -> Job | None:
        """Return a job by its id, None when there is none (any more), or it is somebody else's.

        Whatever a reader's page may send is asked for.
        """
        job = Job(self._folder / name, self._abandoned) if isinstance(name, str) and _ID.match(name) else None
        return job if job is not None and job.present and owning.is_ours(job.folder) else None

    def newest(self) -> Job | None:
        """Return the job that was begun last by who asks."""
        return next((job for job in self._all() if job.present and owning.is_ours(job.folder)), None)

    def state(self, name: object) -> State | None:
        """Return how far a job is, and mark it as asked about; None when there is none (any more)."""
        job = self.find(name)
        if job is None:
            return None
        job.seen()
        state = job.state()
        if state is not None and state.phase == QUEUED:
            queue = self._queue()
            state = replace(state, ahead=queue.index(job.id) if job.id in queue else 0)
        return state

    def stop(self, name: object) -> None:
        """Ask a job to end with what it has."""
        if job := self.find(name):
            job.stop()

    def at_work(self) -> int:
        """Return how many are being done or wait, whosever they are."""
        return sum(job.alive for job in self._all())

    def keep(self, key: str, answer: Mapping[str, Any]) -> None:
        """Keep an answer that does not depend on who asked, for :meth:`kept`."""
        folder = self._folder / "answers"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_json(folder / f"{digest(key)}.json", answer)

    def kept(self, key: str) -> dict[str, Any] | None:
        """Return the answer kept under `key`, or None."""
        return read_json(self._folder / "answers" / f"{digest(key)}.json")

    def clear(self) -> int:
        """Take away every job that is over, whosever it is, and the answers that are kept; return how many."""
        gone = [job for job in self._all() if not job.alive]
        for job in gone:
            shutil.rmtree(job.folder, ignore_errors=True)
        shutil.rmtree(self._folder / "answers", ignore_errors=True)
        return len(gone)

    # -- inside -------------------------------------------------------------------

    def _begin(self, task: Mapping[str, Any], state: State, reader: str = "") -> tuple[Job, BinaryIO]:
        """Make the folder of a job, and hold its lock before anybody can see it."""
        job = Job(self._folder / f"{time.time_ns():016x}{secrets.token_hex(4)}", self._abandoned)
        job.folder.mkdir(parents=True, mode=0o700)
        owning.own(job.folder)
        lock = hold(job.lock)
        (job.folder / "seen").touch()
        job.enter(state.phase, state.message)
        if reader:
            (job.folder / "reader").write_text(reader, "utf-8")
        write_json(job.folder / "task.json", task)
        if state.phase == QUEUED:
            (job.folder / "queued").touch()
        return job, lock

    def _take_turn(self, job: Job, lock: BinaryIO, work: Work) -> None:
        marker, slots = job.folder / "queued", Slots(self._folder / "slots", self._at_once)
        with lock:
            try:
                while not ((self._queue() or [job.id])[0] == job.id and slots.take()):
                    if job.cancelled():
                        stopped = job.stopped() or not job.interrupted
                        job.enter(*((STOPPED,) if stopped else (INTERRUPTED, CUT)))
                        return
                    time.sleep(LOOK_SECONDS)
                if reader := self._reader(job.id):
                    (self._folder / TURNS).mkdir(mode=0o700, exist_ok=True)
                    (self._folder / TURNS / reader).touch()
                marker.unlink(missing_ok=True)
                with processes.behind():
                    job.do(work, self._broken)
            finally:
                marker.unlink(missing_ok=True)
                slots.free()

    def _all(self) -> list[Job]:
        """Return every job, the newest first."""
        found = sorted((one for one in self._folder.glob("*") if _ID.match(one.name)), reverse=True)
        return [Job(one) for one in found]

    def _queue(self) -> list[str]:
        """Return the jobs that wait and are alive, the first first: turns go round the readers."""
        waiting = sorted(job.id for marker in self._folder.glob("*/queued") if (job := Job(marker.parent)).alive)
        if len(waiting) < 2:
            return waiting
        turns, seen = [], Counter[str]()
        for name in waiting:
            if reader := self._reader(name):
                seen[reader] += 1  # who waits twice waits the second time behind those who wait once
            turns.append(
                (max(seen[reader], 1), -min(age(self._folder / TURNS / reader), 1e12) if reader else 0.0, name)
            )
        return [name for *_, name in sorted(turns)]

    def _reader(self, name: str) -> str:
        try:
            return (self._folder / name / "reader").read_text("utf-8")
        except OSError:
            return ""

    def sweep(self) -> None:
        """Take away what nobody will ask for any more."""
        for at, job in enumerate(self._all()):
            unseen = min(age(job.folder), age(job.folder / "seen"))  # one that is just being made has nothing yet
            if unseen > self._kept or (at >= self._most and not job.alive):
                shutil.rmtree(job.folder, ignore_errors=True)
        for turn in self._folder.glob(f"{TURNS}/*"):
            if age(turn) > self._kept:
                turn.unlink(missing_ok=True)
        answers = sorted(self._folder.glob("answers/*.json"), key=lambda one: -age(one))
        for one in answers[:-KEPT_ANSWERS]:
            one.unlink(missing_ok=True)


def watched(home: Path, *, abandoned: float = 20.0, **rules: Any) -> Jobs:
    """Return the jobs of an atlas that somebody watches, and that end when nobody does.

    Plans, curves, searches for addresses.
    """
    return Jobs(home / "jobs", abandoned=abandoned, noted=home, **rules)


def digest(text: str) -> str:
    """Return a short name for `text`."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
