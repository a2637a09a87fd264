"""How far a search has come: what engines report, how long they may run, what the caller sees."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from geodata.message import Message

#: Relative floating-point noise below which an answer and its bound are the same number.
SAME = 1e-9
Result = TypeVar("Result")
Told = TypeVar("Told")


class Clock:
    """Time that is left, and whether the caller still wants an answer.

    Parameters
    ----------
    seconds : float or None
        How long the search may run; None: until it is done.
    cancelled : callable or None
        Asked often; True ends the search with what it has.
    seed : int
        Of whatever is random in the search.
    """

    def __init__(
        self, seconds: float | None = None, cancelled: Callable[[], bool] | None = None, seed: int = 0
    ) -> None:
        self.seed = seed
        self._begun = time.monotonic()
        self._seconds = np.inf if seconds is None else float(seconds)
        self._cancelled = cancelled or (lambda: False)

    @property
    def passed(self) -> float:
        """Seconds since the search began."""
        return time.monotonic() - self._begun

    @property
    def left(self) -> float:
        """Seconds that are left, never negative."""
        return max(0.0, self._seconds - self.passed)

    @property
    def cancelled(self) -> bool:
        """Whether the caller has had enough."""
        return self._cancelled()

    def within(self, part: float) -> Self:
        """Return a clock for a part of the time that is left; who cancels this one cancels it."""
        return type(self)(part * self.left if np.isfinite(self.left) else None, self._cancelled, self.seed)

    def over(self) -> bool:
        """Return whether to stop now."""
        return self.passed >= self._seconds or self._cancelled()


@dataclass(frozen=True, slots=True)
class Reason:
    """One condition that cannot be met, and what would suffice.

    Attributes
    ----------
    condition : str
        ``reach``, ``new``, ``budget``, ``spacing``, ``capacity`` or ``together``.
    message : Message
        What fails and what would suffice; its values are machine readable.
    """

    condition: str
    message: Message

    @property
    def told(self) -> Message:
        """The message as it is written: 50 yuan, not 50.0."""
        params = self.message.params.items()
        return Message(
            self.message.msgid,
            {name: int(one) if isinstance(one, float) and one.is_integer() else one for name, one in params},
        )

    def text(self, gettext: Callable[[str], str] = lambda msgid: msgid) -> str:
        """Return the message in the language of `gettext`."""
        return self.told.text(gettext)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What an engine has just found; each field may be missing.

    Attributes
    ----------
    sites : ndarray of int64 or None
        New sites of an answer that keeps every condition.
    bound : float or None
        No answer can be better than this.
    done : bool
        The search was exhaustive: the best answer told so far is the optimum
        or, when none was told, there is none.
    waiting : bool
        Others are computing; this search waits for its turn.
    reasons : tuple of Reason
        Why there is no answer.
    assigned : ndarray of int64 or None
        Where a site serves a demand point as a whole: which one, −1 where none does.
    """

    stage: str
    sites: NDArray[np.int64] | None = None
    bound: float | None = None
    done: bool = False
    waiting: bool = False
    reasons: tuple[Reason, ...] = ()
    assigned: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """An answer that stands, and how good it is at worst.

    Attributes
    ----------
    status : str
        ``proved`` (no answer is better), ``gap`` (at most `gap` better) or
        ``infeasible`` (there is none; see `reasons`).
    sites : ndarray of int64
        New sites, ascending.
    objective : float or None
        Covered weight (``mclp``), number or cost of new sites (``lscp``),
        Σ weight × distance (``pmedian``), greatest distance (``pcenter``);
        None as long as there is no answer.
    bound : float or None
        Upper for ``mclp``, lower for the others.
    stage : str
        ``greedy``, ``interchange``, ``bound``, ``exact`` or ``done``.
    seconds : float
        Since the search began.
    waiting : bool
        Whether it waits for other searches to end.
    reasons : tuple of Reason
        Why it is infeasible.
    assigned : ndarray of int64 or None
        Where a site serves a demand point as a whole: which one, −1 where none does.
    """

    status: str
    sites: NDArray[np.int64]
    objective: float | None
    bound: float | None
    stage: str
    seconds: float
    waiting: bool = False
    reasons: tuple[Reason, ...] = ()
    assigned: NDArray[np.int64] | None = None

    @property
    def gap(self) -> float | None:
        """``|bound − objective| / |objective|``:
        0 when proved, None without an answer or a bound, or when the answer is 0.
        """
        return gap_of(self.status, self.objective, self.bound)


def gap_of(status: str, objective: float | None, bound: float | None) -> float | None:
    """Return ``|bound − objective| / |objective|``;
    0 when proved, None without an answer or a bound, or when the answer is 0 and the bound is not.
    """
    if status == "proved":
        return 0.0
    if objective is None or bound is None:
        return None
    apart = abs(bound - objective)
    return apart / abs(objective) if objective else (0.0 if apart == 0 else None)


def telling(search: Generator[Step, Any, Result], tell: Callable[[Step], Told | None]) -> Generator[Told, None, Result]:
    """Run a search to its end, yielding what `tell` makes of each step, if anything; return its result."""
    while True:
        try:
            step = next(search)
        except StopIteration as end:
            return end.value
        if (told := tell(step)) is not None:
            yield told


def ended(search: Generator[Step, Any, Result]) -> Result:
    """Run a search to its end and return its result."""
    while True:
        try:
            next(search)
        except StopIteration as end:
            return end.value
