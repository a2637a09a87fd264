"""Work that is handed to other processes, of this machine or of a Dask cluster, by one way, and comes back whole.

Either is an executor of :mod:`concurrent.futures`. What is handed out is bounded, so that what is not yet in work takes
no memory. When a process dies, what it had in work is handed out again; only what ends processes again and again, or a
cluster without workers, is an error.
"""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from geodata.errors import N_, AtlasError
from geodata.processes import ROOT

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

#: How often, one after the other, processes may die before any work comes back.
RETRIES = 3
#: Pieces of work that are handed out for each process: one in work, one ready.
AHEAD = 2
#: Seconds for a cluster to answer, and between two looks whether it has any workers while nothing comes back.
PATIENCE_SECONDS = 30.0
#: Folders of the program whose code the workers of a cluster must have.
FLOORS = ("geodata", "layers")


class Lost(Exception):  # noqa: N818 - it is not shown to anybody
    """A process died, and what it had in work with it."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Who does the work.

    Attributes
    ----------
    dask : str
        Address of the scheduler of a Dask cluster (``tcp://HOST:PORT``); empty: processes of this machine.
    count : int or None
        How many of these, one for each core when not given; 0: this process does it itself.
    """

    dask: str = ""
    count: int | None = None

    def results(self, function: Callable[[T], R], items: Iterable[T]) -> Generator[R]:
        """Give what `function` returns for each of `items`, as it comes; both may be pickled.

        Raises
        ------
        AtlasError
            The cluster does not answer, has no workers or another program; or processes end before they have done
            anything.
        """
        if not self.dask and self.count == 0:
            yield from map(function, items)
            return
        coming, again, deaths = iter(items), [], 0
        while True:
            running: dict[Future[R], T] = {}
            try:
                with self._members() as (executor, size, look):
                    for future in _through(executor, function, size, look, coming, again, running):
                        deaths = 0
                        yield future.result()
                return
            except (BrokenExecutor, Lost) as error:
                deaths += 1
                log.warning("a process ended before its work was done, which is handed out again: %s", error)
                if deaths > RETRIES:
                    raise AtlasError(
                        N_(
                            "计算进程接连 {count} 次中途结束，没有结果：多半是内存不够。"
                            "请关掉别的程序，或换内存更大的机器再试。"
                        ),
                        count=deaths,
                    ) from error
                again = [*running.values(), *again]
            except (ImportError, RuntimeError) as error:  # Dask's own, where a scheduler cannot read what is handed out
                if self.dask and (isinstance(error, ImportError) or "deserialization" in str(error)):
                    raise _of_another_program(self.dask) from error
                raise

    @contextmanager
    def _members(self) -> Generator[tuple[Executor, int, Callable[[], None]]]:
        """Give an executor, how many work for it, and what says when none do any more."""
        if self.dask:
            with _cluster(self.dask) as found:
                yield found
            return
        size = self.count or _cores()
        # a process of many threads (a server) is not to be forked
        executor = ProcessPoolExecutor(size, mp_context=multiprocessing.get_context("spawn"))
        try:
            yield executor, size, lambda: None
        finally:
            executor.shutdown(cancel_futures=True)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _through(
    executor: Executor,
    function: Callable[[T], R],
    size: int,
    look: Callable[[], None],
    coming: Iterator[T],
    again: list[T],
    running: dict[Future[R], T],
) -> Generator[Future[R]]:
    """Give each future that is done and has a result; `running` holds what was handed out and is not yet given."""
    while True:
        while len(running) < AHEAD * size:
            item = again.pop() if again else next(coming, None)
            if item is None:
                break
            try:
                running[executor.submit(function, item)] = item
            except BrokenExecutor:
                again.append(item)
                raise
        if not running:
            return
        done, _ = wait(running, PATIENCE_SECONDS, FIRST_COMPLETED)
        if not done:
            look()
        for future in done:
            error = Lost("cancelled") if future.cancelled() else future.exception()
            if error is not None:
                raise Lost(error) if type(error).__name__ in _OF_A_CLUSTER else error
            del running[future]
            yield future


#: What Dask says of work that was lost with its worker; not named by class, since Dask need not be there.
_OF_A_CLUSTER = frozenset({"KilledWorker", "CancelledError", "FutureCancelledError", "CommClosedError"})


@contextmanager
def _cluster(address: str) -> Generator[tuple[Executor, int, Callable[[], None]]]:
    try:
        client_of = import_module("distributed").Client
    except ImportError as error:
        raise AtlasError(
            N_("用 Dask 集群计算要先安装 distributed：请运行 pip install -r requirements-dask.txt，或不设 ATLAS_DASK。")
        ) from error

    def nobody() -> AtlasError:
        return AtlasError(
            N_("Dask 集群 {address} 没有可用的计算进程：请先启动 dask worker，或不设 ATLAS_DASK。"), address=address
        )

    def unanswered() -> AtlasError:
        return AtlasError(
            N_("Dask 调度器 {address} 没有应答：请检查地址，并确认 dask scheduler 已启动，或不设 ATLAS_DASK。"),
            address=address,
        )

    try:
        client = client_of(address, timeout=PATIENCE_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise unanswered() from error
    try:
        try:
            client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
        except TimeoutError as error:
            raise nobody() from error

        def look() -> None:
            try:
                there = client.scheduler_info(n_workers=-1)["workers"]
            except (OSError, TimeoutError) as error:
                raise unanswered() from error
            if not there:
                raise nobody()

        size = sum(client.nthreads().values())
        yield _Checked(client.get_executor(pure=False), address), size, look
    finally:
        client.close()


class _Checked(Executor):
    """The executor of a cluster, whose workers do nothing unless their program is this one."""

    def __init__(self, executor: Executor, address: str) -> None:
        self._executor, self._address = executor, address

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand out a call."""
        return self._executor.submit(done_by_same, self._address, program(), fn, *args, **kwargs)


def done_by_same(address: str, wanted: str, function: Callable[..., R], *given: Any) -> R:
    """Return what `function` returns, if the program here is the one whose sum is `wanted`.

    Raises
    ------
    AtlasError
        It is another.
    """
    if program() != wanted:
        raise _of_another_program(address)
    return function(*given)


def _of_another_program(address: str) -> AtlasError:
    return AtlasError(
        N_("Dask 集群 {address} 用的不是这一版程序：调度器和计算进程都要在与本机相同的一版程序的文件夹里启动。"),
        address=address,
    )


@cache
def program() -> str:
    """Return a sum over the code of the lower floors, as it is on disk when first asked."""
    found = hashlib.blake2b(digest_size=16)
    for path in sorted(one for floor in FLOORS for one in (ROOT / floor).rglob("*.py")):
        found.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()
