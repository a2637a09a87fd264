"""Work that takes longer than an answer may: in threads, told through files, so that any worker of the server can be asked.

Each job is a folder under ``ATLAS_HOME/jobs``: ``state.json`` (written anew in
one step), ``seen`` (touched whenever somebody asks) and ``cancel`` (there when
somebody has had enough). A job that nobody asks about any more ends by itself;
folders of old jobs are swept when a new one starts.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from geodata.errors import N_, AtlasError
from layers.siting.solver import Slot

log = logging.getLogger(__name__)

QUEUED, RUNNING, DONE, STOPPED, FAILED, LOST = "queued", "running", "done", "stopped", "failed", "lost"
OVER = frozenset({DONE, STOPPED, FAILED, LOST})
#: A job that nobody has asked about for so long ends; one that has said nothing for so long is dead. Seconds.
ABANDONED, SILENT = 20.0, 30.0
WAITING_AT_MOST = 24
KEPT_SECONDS, KEPT_ANSWERS = 3_600, 200
LOOK_SECONDS = 0.1
_ID = re.compile(r"[0-9a-f]{24}\Z")
State = dict[str, Any]


class Job:
    """One job, as the thread that does it sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._state: State = {"phase": QUEUED}
        self._looked = self._wrote = 0.0
        self._ended = False

    def say(self, **news: Any) -> None:
        """Tell how far it is; readers see the last whole telling."""
        self._state |= news
        self._wrote = time.monotonic()
        write_json(self.folder / "state.json", self._state)

    def cancelled(self) -> bool:
        """Return whether somebody stopped it, or nobody looks at it any more. Cheap: ask often."""
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS and not self._ended:
            self._looked = now
            self._ended = self.stopped() or _age(self.folder / "seen") > ABANDONED
            if now - self._wrote > 1.0 and not self._ended:
                with contextlib.suppress(OSError):
                    os.utime(self.folder / "state.json")
                self._wrote = now
        return self._ended

    def stopped(self) -> bool:
        """Return whether somebody stopped it (or swept it away)."""
        return (self.folder / "cancel").exists() or not self.folder.exists()


Work = Callable[[Job], None]


class Jobs:
    """The jobs of one atlas home.

    Parameters
    ----------
    home : Path
        Folder of the atlas.
    slots : int, optional
        So many run at once over all workers; the rest waits. Default: number of cores.
    """

    def __init__(self, home: Path, slots: int | None = None) -> None:
        self._folder = home / "jobs"
        self._slots = slots or os.cpu_count() or 1

    def start(self, work: Work, about: State | None = None) -> str:
        """Start `work` in a thread of this process and return the job's id.

        Parameters
        ----------
        work : callable
            Gets the :class:`Job`; says its results through it; ends soon once it is cancelled.
        about : dict, optional
            First words of its state.

        Raises
        ------
        AtlasError
            Too many wait already.
        """
        self._sweep()
        if len(self._queue()) >= WAITING_AT_MOST:
            raise AtlasError(N_("排队的方案已有 {count} 个：请稍候再试。"), count=WAITING_AT_MOST)
        name = f"{time.time_ns():016x}{secrets.token_hex(4)}"
        folder = self._folder / name
        folder.mkdir(parents=True, mode=0o700)
        (folder / "seen").touch()
        job = Job(folder)
        job.say(**(about or {}), phase=QUEUED)
        (folder / "queued").touch()
        threading.Thread(target=self._run, args=(job, work), name=f"job-{name}", daemon=True).start()
        return name

    def state(self, name: str) -> State | None:
        """Return how far a job is, and mark it as looked at; None when there is no such job.

        ``phase`` is one of this module's; while it is queued ``ahead`` says how many go first.
        """
        folder = self._of(name)
        if folder is None:
            return None
        with contextlib.suppress(OSError):
            os.utime(folder / "seen")
        state = read_json(folder / "state.json")
        if state is None:
            return None
        if state.get("phase") not in OVER and _age(folder / "state.json") > SILENT:
            state["phase"] = LOST
        if state.get("phase") == QUEUED:
            state["ahead"] = sum(1 for other in self._queue() if other < name)
        return state

    def stop(self, name: str) -> None:
        """Ask a job to end with what it has."""
        folder = self._of(name)
        if folder is not None:
            with contextlib.suppress(OSError):
                (folder / "cancel").touch()

    def keep(self, key: str, answer: State) -> None:
        """Keep an answer that does not depend on who asked, for :meth:`kept`."""
        folder = self._folder / "answers"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_json(folder / f"{digest(key)}.json", answer)

    def kept(self, key: str) -> State | None:
        """Return the answer kept under `key`, or None."""
        return read_json(self._folder / "answers" / f"{digest(key)}.json")

    def _of(self, name: str) -> Path | None:
        folder = self._folder / name if _ID.match(name or "") else None
        return folder if folder is not None and folder.is_dir() else None

    def _queue(self) -> list[str]:
        """Return the jobs that wait and are alive, the first first."""
        waiting = []
        for marker in self._folder.glob("*/queued"):
            if _age(marker.parent / "state.json") < SILENT:
                waiting.append(marker.parent.name)
        return sorted(waiting)

    def _run(self, job: Job, work: Work) -> None:
        marker = job.folder / "queued"
        slot = Slot(self._slots, self._folder / "slots")
        try:
            while not ((self._queue() or [job.folder.name])[0] == job.folder.name and slot.take()):
                if job.cancelled():
                    job.say(phase=STOPPED)
                    return
                time.sleep(LOOK_SECONDS)
            marker.unlink(missing_ok=True)
            job.say(phase=RUNNING)
            work(job)
            job.say(phase=STOPPED if job.stopped() else DONE)
        except AtlasError as error:
            self._failed(job, error.msgid, error.params)
        except Exception:
            log.exception("job %s", job.folder.name)
            self._failed(job, N_("计算时出了意外，图册没有改动：请重试；若再出现，请把当时的地址告诉管理员。"), {})
        finally:
            marker.unlink(missing_ok=True)
            slot.free()

    @staticmethod
    def _failed(job: Job, msgid: str, params: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # swept away meanwhile
            job.say(
                phase=FAILED, error={"msgid": msgid, "params": {name: _plain(value) for name, value in params.items()}}
            )

    def _sweep(self) -> None:
        """Take away what nobody will ask for any more."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in self._folder.iterdir():
            if _ID.match(folder.name) and _age(folder / "seen") > KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        answers = sorted(self._folder.glob("answers/*.json"), key=lambda one: -_age(one))
        for one in answers[:-KEPT_ANSWERS]:
            one.unlink(missing_ok=True)


def digest(text: str) -> str:
    """Return a short name for `text`."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def write_json(path: Path, told: State) -> None:
    """Write a file that readers see whole or not at all."""
    unfinished = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        unfinished.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_json(path: Path) -> State | None:
    """Return what a file holds; None when it is not there or no object."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("inf")


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
