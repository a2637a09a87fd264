"""Small mixed-integer programs, solved by HiGHS in a process that can be killed."""

from __future__ import annotations

import os
import select
import struct
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from geodata import processes
from geodata.locking import Slots
from layers.siting.solver import highs_process
from layers.siting.solver.constraints import Rule
from layers.siting.solver.progress import Clock, Step

Floats = NDArray[np.float64]
#: Programs up to this size are solved here, at once: starting a process would take longer.
TINY_VARIABLES, TINY_ENTRIES, TINY_SECONDS = 1_500, 8_000, 1.5
#: Programs beyond this size are not given to HiGHS: it would fill the memory before it has a bound.
HUGE_ENTRIES = 6_000_000
#: HiGHS once overran its limit by minutes: it is killed so many seconds after it.
GRACE = 1.0
EARLY = 0.5
#: Objectives are scaled so that HiGHS' absolute tolerances (1e-6) are far below any difference that counts.
SCALE = 1e6


@dataclass(slots=True, eq=False)
class Program:
    """A mixed-integer program under construction: minimise ``c @ x``.

    Variables come in blocks; rows name the blocks that they touch.
    """

    c: list[Floats] = field(default_factory=list)
    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    integer: list[Floats] = field(default_factory=list)
    rows: list[tuple[dict[int, Any], Floats, Floats]] = field(default_factory=list)

    def block(self, c: ArrayLike, lower: ArrayLike, upper: ArrayLike, integer: bool) -> int:
        """Add variables and return the number of their block."""
        c = np.asarray(c, np.float64)
        self.c.append(c)
        self.lower.append(np.broadcast_to(np.asarray(lower, np.float64), c.shape))
        self.upper.append(np.broadcast_to(np.asarray(upper, np.float64), c.shape))
        self.integer.append(np.full(c.shape, float(integer)))
        return len(self.c) - 1

    def rule(self, y: int, rule: Rule) -> None:
        """Add the side conditions on the choice in block `y`."""
        f = len(rule)
        if rule.limit < f:
            self.row({y: sparse.csr_array(np.ones((1, f)))}, -np.inf, [float(rule.limit)])
        if np.isfinite(rule.budget):
            unit = 1000.0 / rule.budget if rule.budget else 1000.0
            self.row({y: sparse.csr_array(rule.cost[None, :] * unit)}, -np.inf, [rule.budget * unit])
        if rule.near is not None:
            upper = sparse.triu(rule.near).tocoo()
            q = len(upper.data)
            i = np.concatenate([np.arange(q)] * 2)
            self.row(
                {y: sparse.csr_array((np.ones(2 * q), (i, np.concatenate(upper.coords))), shape=(q, f))},
                -np.inf,
                np.ones(q),
            )

    def row(self, parts: dict[int, Any], low: ArrayLike, high: ArrayLike) -> None:
        """Add rows ``low ≤ Σ parts[block] @ x[block] ≤ high``."""
        count = next(iter(parts.values())).shape[0]
        self.rows.append(
            (
                parts,
                np.broadcast_to(np.asarray(low, np.float64), (count,)),
                np.broadcast_to(np.asarray(high, np.float64), (count,)),
            )
        )

    def task(self) -> dict[str, Any]:
        """Return the program as :func:`layers.siting.solver.highs_process.milp` takes it."""
        sizes = [len(c) for c in self.c]
        stacked = [
            sparse.hstack(
                [parts.get(k, sparse.csr_array((len(low), size))) for k, size in enumerate(sizes)], format="csr"
            )
            for parts, low, _ in self.rows
        ]
        matrix = sparse.vstack(stacked, format="csc") if stacked else sparse.csc_array((1, sum(sizes)))
        return {
            "c": np.concatenate(self.c),
            "matrix": sparse.csc_array(matrix),
            "low": np.concatenate([low for _, low, _ in self.rows]) if stacked else np.array([-np.inf]),
            "high": np.concatenate([high for _, _, high in self.rows]) if stacked else np.array([np.inf]),
            "lower": np.concatenate(self.lower),
            "upper": np.concatenate(self.upper),
            "integer": np.concatenate(self.integer),
        }

    def split(self, x: Floats) -> list[Floats]:
        """Return the values of each block."""
        return np.split(x, np.cumsum([len(c) for c in self.c])[:-1])


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What HiGHS said.

    Attributes
    ----------
    status : str
        ``optimal``, ``infeasible``, ``limit`` (stopped with what it had) or
        ``lost`` (killed, or it failed).
    blocks : sequence of ndarray or None
        Values per block.
    bound : float
        Least possible objective; minus infinity when unknown.
    duals : ndarray of float64 or None
        What a unit of each row's limit is worth, where the interior-point method was asked.
    """

    status: str
    blocks: Sequence[Floats] | None = None
    bound: float = -np.inf
    duals: Floats | None = None


class Highs:
    """HiGHS at hand for one search; a process is started when first needed and killed at the end."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._child: subprocess.Popen[bytes] | None = None
        self._slots = slots()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill the process and give the slot back."""
        if self._child:
            processes.end(self._child)
            self._child = None
        self._slots.free()

    def solve(
        self, program: Program, seconds: float = np.inf, gap: float = 0.0, interior: bool = False
    ) -> Generator[Step, None, Found]:
        """Solve `program`; yields while it waits or computes, returns a :class:`Found` (``yield from``).

        It is called optimal when it is within a relative `gap`: at 1, any solution is. With `interior` a linear program
        is solved by the interior-point method, which is the faster one where many rows are as hard as each other.
        """
        task: dict[str, Any] = {**program.task(), "gap": gap, "interior": interior}
        limit = min(seconds, self._clock.left)
        if self._clock.over() or limit <= 0 or task["matrix"].nnz > HUGE_ENTRIES:
            return Found("lost")
        if len(task["c"]) <= TINY_VARIABLES and task["matrix"].nnz <= TINY_ENTRIES:
            found = _read(program, highs_process.milp({**task, "seconds": min(TINY_SECONDS, limit)}))
            if found.status in ("optimal", "infeasible") or limit <= TINY_SECONDS:
                return found
        while not self._slots.take():
            yield Step("exact", waiting=True)
            if self._clock.over():
                return Found("lost")
            select.select([], [], [], 0.1)
        limit = min(limit, self._clock.left)
        # what it has found is lost when it is killed: it is told a little less than it has
        told = limit - min(EARLY, limit / 10) if np.isfinite(limit) else None
        answer = yield from self._asked({**task, "seconds": told}, limit)
        if answer is None:
            self.close()
            return Found("lost")
        return _read(program, answer)

    def _asked(self, task: dict[str, Any], limit: float) -> Generator[Step, None, dict[str, Any] | None]:
        child = self._child = self._child or processes.start(
            ["-P", str(Path(highs_process.__file__).resolve()), str(os.getpid())], stdin=subprocess.PIPE
        )
        assert child.stdin and child.stdout
        until = self._clock.passed + min(2 * limit, self._clock.left) + GRACE
        try:
            highs_process.send(child.stdin, task)
        except BrokenPipeError:
            return None
        got, size, told = bytearray(), None, self._clock.passed
        stream = child.stdout.fileno()
        while size is None or len(got) < size:
            if wait([stream], 0.05):  # unlike select it takes any number of open files
                part = os.read(stream, 1 << 20)
                if not part:
                    return None
                got += part
                if size is None and len(got) >= 8:
                    size = 8 + struct.unpack("<Q", got[:8])[0]
            elif self._clock.cancelled or self._clock.passed > until:
                return None
            elif self._clock.passed > told + 0.25:
                told = self._clock.passed
                yield Step("exact")
        return highs_process.loads(bytes(got[8:]))


def at_once(program: Program, seconds: float | None = None) -> Found:
    """Solve a small `program` in this process, which cannot be stopped before `seconds`."""
    return _read(program, highs_process.milp({**program.task(), "seconds": seconds}))


def slots() -> Slots:
    """Return the slots of this user's searches: as many at once as there are cores, over all threads and processes."""
    uid = os.getuid() if hasattr(os, "getuid") else 0
    return Slots(Path(tempfile.gettempdir()) / f"union-atlas-siting-{uid}")


def scale_of(values: Floats) -> float:
    """Return the factor by which to scale an objective whose sum of coefficients is that of `values`."""
    total = float(np.abs(values).sum())
    whole = bool((values == np.rint(values)).all())
    return 1.0 if total == 0 or (whole and total <= 1e9) else SCALE / total


def _read(program: Program, answer: dict[str, Any]) -> Found:
    status = {0: "optimal", 1: "limit", 2: "infeasible"}.get(answer["status"], "lost")
    bound = answer["bound"]
    bound = -np.inf if bound is None or not np.isfinite(bound) else float(bound)
    blocks = None if answer["x"] is None else program.split(np.asarray(answer["x"]))
    if status == "optimal" and blocks is None:
        status = "lost"
    return Found(status, blocks, bound, answer.get("duals"))
