"""One job: what is wanted, how far it is, whether anybody still wants it.

Told through files, so that any process can be asked.

A job is a folder:

``task.json``    what is wanted; written last when a job begins, never again
``state.json``   how far it is; written anew in one step
``alive``        locked while the thread or process that does it lives
``queued``       there while it waits for its turn
``reader``       for whom, where that is known: a key, no name
``seen``         touched whenever somebody asks
``cancel``       there when somebody has had enough

What the work leaves beside them goes away with the folder; the folder going away calls the job off.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from geodata.errors import N_, AtlasError
from geodata.locking import is_held
from geodata.message import Message

log = logging.getLogger(__name__)

QUEUED, RUNNING, DONE, STOPPED, FAILED, LOST = "queued", "running", "done", "stopped", "failed", "lost"
INTERRUPTED = "interrupted"
OVER = frozenset({DONE, STOPPED, FAILED, LOST, INTERRUPTED})
CUT = Message(N_("服务停下来了，这一步没有做完，图册没有改动：请再做一次。"))
#: A job that has said nothing for so long is dead, whatever its lock says (Windows cannot tell); seconds.
SILENT = 1_800.0
LOOK_SECONDS = 0.1


class Cancelled(Exception):  # noqa: N818 - it is no error
    """Nobody wants the job any more."""


@dataclass(frozen=True, slots=True)
class State:
    """How far a job is.

    Attributes
    ----------
    phase : {'queued', 'running', 'done', 'stopped', 'failed', 'lost', 'interrupted'}
        ``stopped``: ended with what it had, when somebody had had enough; ``lost``: whoever did it died;
        ``interrupted``: ended with what it had, when the server was stopped.
    share : float
        0 to 1.
    message : Message
        What is being done or, when it failed, what went wrong; without a msgid when there is nothing to say.
    told : mapping
        What the work itself has told.
    ahead : int
        How many go first, while it is queued.
    stopping : bool
        Whether somebody has had enough.
    """

    phase: str = QUEUED
    share: float = 0.0
    message: Message = field(default_factory=lambda: Message(""))
    told: Mapping[str, Any] = field(default_factory=dict)
    ahead: int = 0
    stopping: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.phase in OVER

    @property
    def failed(self) -> bool:
        """Whether it ended for a reason that :attr:`message` tells."""
        return self.phase in (FAILED, INTERRUPTED)


class Job:
    """One job, for who asks how far it is and for who does it.

    Parameters
    ----------
    folder : Path
        It need not be there (any more).
    abandoned : float
        It ends by itself when nobody has asked about it for so long; seconds.
    """

    def __init__(self, folder: Path, abandoned: float = math.inf) -> None:
        self.folder = folder
        self._abandoned = abandoned
        self._state: State | None = None
        self._looked = self._wrote = 0.0
        self._ended = self._interrupted = False

    @property
    def id(self) -> str:
        """Name by which it is asked for; later jobs have greater ones."""
        return self.folder.name

    @property
    def lock(self) -> Path:
        """The file whose lock is held while it is being done."""
        return self.folder / "alive"

    @property
    def present(self) -> bool:
        """Whether it is there, whole."""
        return (self.folder / "task.json").is_file()

    @property
    def alive(self) -> bool:
        """Whether somebody does it, or will."""
        return is_held(self.lock) and age(self.folder / "state.json") < SILENT

    # -- for who asks -------------------------------------------------------------

    def task(self) -> dict[str, Any] | None:
        """Return what is wanted; None when there is no such job (any more)."""
        return read_json(self.folder / "task.json")

    def state(self) -> State | None:
        """Return how far it is; None when there is no such job (any more)."""
        alive = self.alive  # asked first: whoever has ended well has said so before
        state = self._read()
        if state is not None and not state.over and not alive:
            state = replace(state, phase=LOST)
        return state

    def seen(self) -> None:
        """Mark it as asked about."""
        with contextlib.suppress(OSError):
            os.utime(self.folder / "seen")

    def stop(self) -> None:
        """Ask for its end, with what it has."""
        with contextlib.suppress(OSError):
            (self.folder / "cancel").touch()

    def stopped(self) -> bool:
        """Return whether somebody stopped it, or took it away."""
        return (self.folder / "cancel").exists() or not self.folder.exists()

    # -- for who does it ----------------------------------------------------------

    def do(self, work: Callable[[Job], None], broken: str) -> None:
        """Do the work and say how it ended; `broken` is what is said (msgid) when it breaks."""
        phase, message = STOPPED, None
        try:
            self.enter(RUNNING)
            work(self)
            phase = STOPPED if self.stopped() else INTERRUPTED if self._interrupted else DONE
        except Cancelled:
            phase = INTERRUPTED if self._interrupted and not self.stopped() else STOPPED
        except AtlasError as error:
            phase, message = FAILED, error.message
        except Exception:
            log.exception("job %s", self.id)
            phase, message = FAILED, Message(broken)
        self.enter(phase, CUT if phase == INTERRUPTED else message)

    @property
    def interrupted(self) -> bool:
        """Whether it is to end since the server stops."""
        return self._interrupted

    def interrupt(self) -> None:
        """Have it end soon with what it has, since the server stops. Writes nothing: a signal may call it."""
        self._interrupted = True

    def enter(self, phase: str, message: Message | None = None) -> None:
        """Begin or end; what is being done is over when the job is, and said no more."""
        over = phase in OVER
        self._tell(
            phase=phase,
            **({"share": 1.0} if phase == DONE else {}),
            **({"message": message or Message("")} if over or message else {}),
        )

    def say(self, share: float | None = None, msgid: str | None = None, **told: Any) -> None:
        """Tell how far it is, what is being done, and anything else; readers see the last whole telling."""
        news: dict[str, Any] = {} if share is None else {"share": share}
        if msgid is not None:
            news["message"] = Message(msgid)
        self._tell(**news, told={**self._known().told, **told})

    def step(self, share: float, msgid: str) -> None:
        """Tell the next step.

        Raises
        ------
        Cancelled
            Nobody wants it any more.
        """
        if self.cancelled():
            raise Cancelled
        self.say(share, msgid)

    def cancelled(self) -> bool:
        """Return whether somebody stopped it, or nobody looks at it any more. Cheap: ask often."""
        if self._interrupted:
            return True
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS and not self._ended:
            self._looked = now
            self._ended = self.stopped() or age(self.folder / "seen") > self._abandoned
            if now - self._wrote > 1.0 and not self._ended:
                with contextlib.suppress(OSError):
                    os.utime(self.folder / "state.json")
                self._wrote = now
        return self._ended

    # -- inside -------------------------------------------------------------------

    def _known(self) -> State:
        if self._state is None:
            self._state = self._read() or State()
        return self._state

    def _tell(self, **news: Any) -> None:
        self._state = state = replace(self._known(), **news)
        self._wrote = time.monotonic()
        write_json(
            self.folder / "state.json",
            {"phase": state.phase, "share": state.share, "message": state.message.as_json(), "told": state.told},
        )

    def _read(self) -> State | None:
        said = read_json(self.folder / "state.json")
        if said is None:
            return None
        return State(
            said["phase"],
            said["share"],
            Message.from_json(said["message"]),
            said["told"],
            stopping=(self.folder / "cancel").exists(),
        )


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a file that readers see whole or not at all; nothing where its folder is gone."""
    unfinished = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        unfinished.write_text(json.dumps(value, ensure_ascii=False, default=str), "utf-8")
        unfinished.replace(path)
    except FileNotFoundError:
        return
    finally:
        unfinished.unlink(missing_ok=True)


def read_json(path: Path) -> dict[str, Any] | None:
    """Return what a file holds; None when it is not there or no object."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def age(path: Path) -> float:
    """Return how long ago a file was changed, seconds; infinite when it is not there."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return math.inf
