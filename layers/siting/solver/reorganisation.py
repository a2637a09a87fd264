"""What stands may change: close, move, upgrade, the fewest for a share, and no zone left behind.

A maximal covering problem (Church & ReVelle 1974) in which existing sites may go as well as new ones come (ReVelle,
Murray & Serra 2007; Wang et al. 2003), its partial set cover (Daskin & Owen 1999), and the lexicographic maximin of
the zones' shares by cumulated ordered outcomes (Ogryczak & Śliwiński 2003). All are one mixed-integer program, given
whole to HiGHS: its bound is the bound.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_
from geodata.message import Message
from layers.siting.solver.change import COST, COVER, FAIR, FEWEST, Change
from layers.siting.solver.highs import Found, Highs, Program
from layers.siting.solver.instance import Instance
from layers.siting.solver.progress import SAME, Clock, Reason, Step, gap_of, telling
from layers.siting.solver.reorganisation_program import Reorganisation

Floats = NDArray[np.float64]
Sites = NDArray[np.int64]
#: A search is first given so long, seconds, or this part of the time, and then the rest.
FIRST_SECONDS, FIRST_PART = 4.0, 0.1
#: How long to look for what would suffice, seconds a condition.
REASON_SECONDS = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Reorganised:
    """An answer that stands, and how good it is at worst.

    Attributes
    ----------
    status : str
        ``proved``, ``gap`` or ``infeasible`` (see `reasons`).
    opened, closed : ndarray of int64
        Sites that open (an upgrade opens one and closes the site it stands for), existing sites that go; ascending.
    objective : float or None
        Weight reached (``cover``), new places (``fewest``), yuan (``cost``), share of the worst zone (``fair``).
    bound : float or None
        Upper for ``cover`` and ``fair``, lower for the others.
    zones : ndarray of float64 or None
        Share of each zone that is reached, by its number; NaN where it has no weight.
    seconds : float
        Since the search began.
    """

    status: str
    opened: Sites
    closed: Sites
    objective: float | None
    bound: float | None
    zones: Floats | None
    seconds: float
    waiting: bool = False
    reasons: tuple[Reason, ...] = ()

    @property
    def gap(self) -> float | None:
        """``|bound − objective| / |objective|``; 0 when proved, None where it cannot be said."""
        return gap_of(self.status, self.objective, self.bound)


def reorganise(instance: Instance, change: Change, clock: Clock | None = None) -> Iterator[Reorganised]:
    """Yield answers that improve; the last one is the result.

    Parameters
    ----------
    instance : Instance
        ``mclp`` without capacity, each point covered once. `new` limits the places that open where nothing stands,
        `budget` the cost of all that opens or closes.

    Raises
    ------
    AtlasError
        The wish contradicts itself; says what would do.
    """
    problem = Reorganisation.of(instance, change)
    clock = clock or Clock()
    keeper = _Keeper(problem, clock)
    for first in (problem.nothing, problem.greedy, *((problem.fairest,) if change.zone is not None else ())):
        if keeper.offer(first()):
            yield keeper.told("gap")
    with Highs(clock) as highs:
        search = _fair(problem, highs, keeper) if change.aim == FAIR else _once(problem, highs, keeper)
        status = yield from telling(search, keeper.during)
        if status == "infeasible":
            reasons = yield from telling(_reasons(problem, highs), keeper.during)
            nothing = np.empty(0, np.int64)
            yield Reorganised("infeasible", nothing, nothing, None, None, None, clock.passed, reasons=reasons)
            return
    yield keeper.told(status)


def missed(instance: Instance) -> list[tuple[int, float]]:
    """Return each existing site with the weight that only it reaches, the one that would be missed least first."""
    pairs = instance.pairs
    mask = instance.existing[pairs.site]
    alone = pairs.counts(instance.existing) == 1
    owner = pairs.demand()
    mask &= alone[owner]
    lost = np.bincount(pairs.site[mask], instance.weight[owner[mask]], pairs.sites)
    stand = np.flatnonzero(instance.existing)
    return [(int(stand[k]), float(lost[stand[k]])) for k in np.argsort(lost[stand], kind="stable")]


class _Keeper:
    """Holds the best answer and bound."""

    def __init__(self, problem: Reorganisation, clock: Clock) -> None:
        self._problem, self.clock = problem, clock
        self.more = problem.change.aim in (COVER, FAIR)
        self.there: Sites | None = None
        self.key: tuple[float, ...] = ()
        self.bound: float | None = problem.whole if problem.change.aim == COVER else None

    def offer(self, there: Sites) -> bool:
        """Take a choice if it is allowed and better; return whether it was."""
        if not self._problem.allowed(there):
            return False
        worth = self._problem.worth(there)
        key = (worth if self.more else -worth, self._problem.reached(there))
        if self._problem.change.aim == FAIR:
            shares = self._problem.zone_shares(there)
            key = (*np.sort(shares[~np.isnan(shares)]).tolist(), key[1])
        if self.there is not None and not _above(key, self.key):
            return False
        self.there, self.key = np.sort(there), key
        return True

    def told(self, status: str, waiting: bool = False) -> Reorganised:
        """Return the state of things."""
        problem, nothing = self._problem, np.empty(0, np.int64)
        if self.there is None:
            return Reorganised("gap", nothing, nothing, None, self.bound, None, self.clock.passed, waiting)
        worth = problem.worth(self.there)
        bound = worth if status == "proved" or self.bound is None else self.bound
        if status != "proved" and self.bound is not None:
            bound = max(bound, worth) if self.more else min(bound, worth)
        if status != "proved" and self.bound is None:
            bound = None
        existing = np.flatnonzero(problem.instance.existing)
        return Reorganised(
            status,
            np.setdiff1d(self.there, existing),
            np.setdiff1d(existing, self.there),
            worth,
            bound,
            problem.zone_shares(self.there) if problem.change.zone is not None else None,
            self.clock.passed,
            waiting,
        )

    def during(self, step: Step) -> Reorganised:
        """Return what is told while a search goes on."""
        return self.told("gap", step.waiting)


def _above(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    for mine, its in zip(one, other, strict=True):
        if abs(mine - its) > SAME * max(abs(mine), abs(its), 1e-3):
            return mine > its
    return False


def _chosen(found: Found) -> Sites:
    assert found.blocks is not None
    return np.flatnonzero(found.blocks[0] > 0.5)


def _asked(program: Program, highs: Highs, keeper: _Keeper) -> Generator[Step, None, Found]:
    """Solve a program, a short while first: what a process had found is lost when it is killed; returns a Found."""
    found = Found("lost")
    for seconds in (max(FIRST_SECONDS, FIRST_PART * min(keeper.clock.left, 1e6)), np.inf):
        again = yield from highs.solve(program, seconds)
        if again.blocks is not None and keeper.offer(_chosen(again)):
            yield Step("exact")
        if again.status != "lost":
            found = again
        if again.status in ("optimal", "infeasible") or keeper.clock.over():
            break
    return found


def _once(problem: Reorganisation, highs: Highs, keeper: _Keeper) -> Generator[Step, None, str]:
    """Search the optimum of one aim; returns the status."""
    aim = problem.change.aim
    found = yield from _asked(problem.program(aim), highs, keeper)
    if found.status == "infeasible" and keeper.there is None:
        return "infeasible"
    if np.isfinite(found.bound):
        bound = found.bound / problem.scale(aim)
        bound = {COVER: -bound, COST: bound + float(problem.closing.sum())}.get(aim, float(np.ceil(bound - 1e-6)))
        keeper.bound = bound
    proved = found.status == "optimal" and keeper.there is not None and _met(problem, keeper)
    return "proved" if proved else "gap"


def _met(problem: Reorganisation, keeper: _Keeper) -> bool:
    """Return whether the answer that is held is what the program says is the best."""
    assert keeper.there is not None
    worth = problem.worth(keeper.there)
    bound = worth if keeper.bound is None else keeper.bound
    return abs(worth - bound) <= 1e-7 * max(abs(worth), abs(bound), 1.0)


def _fair(problem: Reorganisation, highs: Highs, keeper: _Keeper) -> Generator[Step, None, str]:
    """Raise the worst zone, then the two worst together, and so on; returns the status."""
    count = int((problem.total > 0).sum())
    raised: list[float] = []
    for rank in range(count + 1):
        found = yield from _asked(problem.program(FAIR, raised=raised), highs, keeper)
        if found.status == "infeasible" and not rank and keeper.there is None:
            return "infeasible"
        if not rank and np.isfinite(found.bound):
            keeper.bound = min(1.0, -found.bound / 1000.0)
        if found.status != "optimal" or found.blocks is None:
            return "gap"
        shares = problem.zone_shares(_chosen(found))
        raised.append(float(np.sort(shares[~np.isnan(shares)])[: rank + 1].sum()))
    return "proved" if keeper.there is not None else "gap"


def _reasons(problem: Reorganisation, highs: Highs) -> Generator[Step, None, tuple[Reason, ...]]:
    """Find what would suffice, one condition at a time with all others kept; returns the reasons."""
    change, instance = problem.change, problem.instance
    found: list[Reason] = []
    tries: list[tuple[str, str, bool]] = [
        ("share", COVER, change.share is not None),
        ("zones", FAIR, change.zone_share is not None),
        ("new", FEWEST, instance.new is not None),
        ("budget", COST, instance.budget is not None),
    ]
    for name, aim, asked in tries:
        if not asked:
            continue
        answer = yield from highs.solve(problem.program(aim, without=frozenset({name})), REASON_SECONDS)
        if answer.status != "optimal" or answer.blocks is None:
            continue
        found.append(_said(problem, name, _chosen(answer), answer))
    if not found:
        message = N_("各项条件合在一起无法满足：请放宽其中几项，例如比例、新增数、预算、撤并数或间距。")
        found.append(Reason("together", Message(message, {})))
    return tuple(found)


def _said(problem: Reorganisation, name: str, there: Sites, answer: Found) -> Reason:
    change, instance = problem.change, problem.instance
    if name == "share":
        suffices = problem.reached(there) / problem.whole
        text = N_("{asked} 的比例达不到：其他条件不变，至多 {suffices}。")
        return Reason(name, Message(text, {"asked": _percent(change.share or 0.0), "suffices": _percent(suffices)}))
    if name == "zones":
        shares = problem.zone_shares(there)
        text = N_("每个片区 {asked} 达不到：其他条件不变，最低的片区至多 {suffices}。")
        params = {"asked": _percent(change.zone_share or 0.0), "suffices": _percent(float(np.nanmin(shares)))}
        return Reason(name, Message(text, params))
    if name == "new":
        moved = round(float(answer.blocks[2].sum())) if answer.blocks is not None else 0
        opened = int((~problem.stands[there]).sum())
        suffices = max(opened - moved, 0)
        text = N_("新增 {new} 处不够：其他条件不变，至少要新增 {suffices} 处。")
        return Reason(name, Message(text, {"new": instance.new or 0, "suffices": suffices}))
    text = N_("预算 {budget} 元不够：其他条件不变，至少要 {suffices} 元。")
    return Reason(name, Message(text, {"budget": instance.budget or 0.0, "suffices": problem.spent(there)}))


def _percent(share: float) -> str:
    """Write a share rounded down, so that what is said to suffice does."""
    return f"{np.floor(share * 1000 + 1e-6) / 10:g}%"
