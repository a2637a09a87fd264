"""Orders of briefs while they are made: jobs of :mod:`dashboard.tasks.jobs` whose file lies in their folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dashboard.export.order import Order, no_such_template
from dashboard.export.studio import Studio
from dashboard.tasks.job import DONE, FAILED, INTERRUPTED, LOST, STOPPED, Job, State
from dashboard.tasks.jobs import Jobs
from geodata.errors import N_
from geodata.message import Message

FOLDER, MADE = "briefs", "brief"
KEPT_SECONDS = 6 * 3600
MOST_KEPT, MOST_WAITING = 60, 12
GONE = Message(N_("制作它的进程已经结束，请重新下单。"))


@dataclass(frozen=True, slots=True)
class Ordered:
    """One order and how far it is.

    Attributes
    ----------
    id : str
    order : Order
    name : str
        What its file is called, without the ending.
    state : State
        One that is to be stopped is stopped; ``told`` of it: what the reader should know of the file, texts.
    path : Path
        Its file, once it is done.
    """

    id: str
    order: Order
    name: str
    state: State
    path: Path

    @property
    def told(self) -> tuple[str, ...]:
        """What the reader should know of the file."""
        return tuple(self.state.told.get("notes", ()))

    @property
    def message(self) -> Message:
        """What is being done, or why there is no file."""
        return GONE if self.state.phase == LOST else self.state.message

    @property
    def word(self) -> str:
        """The phase as style sheets name it: ``waiting``, ``running``, ``done``, ``failed`` or ``cancelled``."""
        phase = STOPPED if self.state.stopping and not self.state.over else self.state.phase
        return {LOST: FAILED, INTERRUPTED: FAILED, STOPPED: "cancelled", "queued": "waiting"}.get(phase, phase)

    @property
    def active(self) -> bool:
        """Whether it is not ended yet, and nobody wants it to."""
        return self.word in ("waiting", "running")


class Orders:
    """The orders of one home.

    Parameters
    ----------
    home : Path
        Folder of the atlas.
    studio : Studio
        Makes them.
    at_once : int
        So many are made at one time, over all processes: what a brief waits for is a browser.
    """

    def __init__(self, home: Path, studio: Studio, at_once: int = 1) -> None:
        self._studio = studio
        self._jobs = Jobs(
            home / FOLDER,
            at_once=at_once,
            waiting=MOST_WAITING,
            full=N_("已有 {count} 份简报在排队：请等几份做好再下单。"),
            broken=N_("这份简报没有做成，请重试；若再出现，请把当时的地址告诉管理员。"),
            kept=KEPT_SECONDS,
            most=MOST_KEPT,
        )

    def submit(self, order: Order, name: str, reader: str = "") -> str:
        """Take an order of a reader (a key) and return its id.

        Raises
        ------
        AtlasError
            Too many are waiting, or the template is a file: an order of the web may name none of this machine's.
        """
        if order.is_file:
            raise no_such_template(order.template)
        return self._jobs.start("brief", self._made(order), {"order": order.to_json(), "name": name}, reader)

    def find(self, id: object) -> Ordered | None:
        """Return the order `id`, None when there is none (any more); whatever a reader's page may send is asked for."""
        state, job = self._jobs.state(id), self._jobs.find(id)
        task = job.task() if job else None
        if state is None or job is None or task is None:
            return None
        order = Order.from_json(task["order"])
        return Ordered(job.id, order, task["name"], state, _file(job, order))

    def cancel(self, id: object) -> None:
        """End an order; nothing when it is ended already, or is none."""
        self._jobs.stop(id)

    def path(self, ordered: Ordered) -> Path | None:
        """Return the file of an order, None while there is none."""
        return ordered.path if ordered.state.phase == DONE and ordered.path.exists() else None

    def _made(self, order: Order) -> Callable[[Job], None]:
        def work(job: Job) -> None:
            job.step(0.01, N_("正在统计"))
            made = self._studio.make(order, job.step)
            job.step(0.95, N_("正在保存"))
            _file(job, order).write_bytes(made.content)
            job.say(notes=made.told)

        return work


def _file(job: Job, order: Order) -> Path:
    return job.folder / f"{MADE}.{order.format}"
