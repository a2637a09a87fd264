"""The process in which HiGHS runs, so that it can be killed: reads problems from stdin, writes answers to stdout.

Run as a file, not as a module, so that it imports nothing but numpy and scipy
and never the program that started it. It ends when its parent does.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import struct
import sys
from typing import IO, Any, BinaryIO

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux' prctl(2)


def milp(task: dict[str, Any]) -> dict[str, Any]:
    """Solve one mixed-integer problem and return what HiGHS says.

    Parameters
    ----------
    task : dict
        ``c``, ``matrix`` (csc_array), ``low``, ``high`` of the rows, ``lower``,
        ``upper`` of the variables, ``integer`` (0/1 each), ``seconds``, and if not 0 ``gap``;
        with ``interior``, a linear program is solved by the interior-point method.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    if task.get("interior"):
        return _interior(task)
    options = {"mip_rel_gap": float(task.get("gap", 0.0))}
    if task["seconds"] is not None:
        options["time_limit"] = float(task["seconds"])
    found = milp(
        task["c"],
        constraints=LinearConstraint(task["matrix"], task["low"], task["high"]),
        bounds=Bounds(task["lower"], task["upper"]),
        integrality=task["integer"],
        options=options,
    )
    return {"status": int(found.status), "x": found.x, "bound": found.mip_dual_bound, "objective": found.fun}


def _interior(task: dict[str, Any]) -> dict[str, Any]:
    """Solve one linear program by the interior-point method."""
    import numpy as np
    from scipy import sparse
    from scipy.optimize import linprog

    above, below = np.flatnonzero(np.isfinite(task["low"])), np.flatnonzero(np.isfinite(task["high"]))
    rows = task["matrix"].tocsr()
    found = linprog(
        task["c"],
        A_ub=sparse.vstack([-rows[above], rows[below]], format="csc"),
        b_ub=np.concatenate([-task["low"][above], task["high"][below]]),
        bounds=np.column_stack([task["lower"], task["upper"]]),
        method="highs-ipm",
        options={} if task["seconds"] is None else {"time_limit": float(task["seconds"])},
    )
    solved = found.status == 0
    duals = np.zeros(len(task["low"]))
    if solved:
        duals[above] -= found.ineqlin.marginals[: len(above)]
        duals[below] += found.ineqlin.marginals[len(above) :]
    return {
        "status": int(found.status),
        "x": found.x if solved else None,
        "bound": found.fun if solved else None,
        "duals": duals,
    }


def receive(stream: BinaryIO) -> Any:
    """Read one message; None at the end."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    return loads(stream.read(struct.unpack("<Q", head)[0]))


def loads(body: bytes) -> Any:
    """Return the message of `body`, which the other end of our own pipe wrote."""
    return pickle.loads(body)  # noqa: S301 - nobody else writes into the pipe


def send(stream: IO[bytes], message: Any) -> None:
    """Write one message."""
    body = pickle.dumps(message, protocol=5)
    stream.write(struct.pack("<Q", len(body)) + body)
    stream.flush()


def main() -> None:
    """Answer problems until stdin ends."""
    if sys.platform == "linux":
        import ctypes

        parent = int(sys.argv[1])
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever HiGHS prints must not mix with the answers
    with contextlib.suppress(BrokenPipeError):
        while (task := receive(sys.stdin.buffer)) is not None:
            send(answers, milp(task))


if __name__ == "__main__":
    main()
