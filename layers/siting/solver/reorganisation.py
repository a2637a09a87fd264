"""What stands may change: close, move, upgrade, the fewest for a share, and no zone left behind.

A maximal covering problem (Church & ReVelle 1974) in which existing sites may go as well as new ones come (ReVelle,
Murray & Serra 2007; Wang et al. 2003), its partial set cover (Daskin & Owen 1999), and the lexicographic maximin of
the zones' shares by cumulated ordered outcomes (Ogryczak & Śliwiński 2003). All are one mixed-integer program, given
whole to HiGHS: its bound is the bound.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geodata.errors import N_, AtlasError
from geodata.message import Message
from layers.siting.solver.constraints import CENT
from layers.siting.solver.highs import SCALE, Found, Highs, Program
from layers.siting.solver.instance import Instance
from layers.siting.solver.progress import SAME, Clock, Reason, Step
from layers.siting.solver.reduction import merged

Floats = NDArray[np.float64]
Sites = NDArray[np.int64]
T = TypeVar("T")
#: What is sought: most weight · fewest new sites · least cost · the worst zone first, then the second worst, and so on.
COVER, FEWEST, COST, FAIR = "cover", "fewest", "cost", "fair"
AIMS = (COVER, FEWEST, COST, FAIR)
#: Shares closer than this are the same share.
SHARE = 1e-9
#: Slack of a share that was reached and is to be kept while the next one is raised.
KEPT = 1e-7
#: A search is first given so long, seconds, or this part of the time, and then the rest.
FIRST_SECONDS, FIRST_PART = 4.0, 0.1
#: How long to look for what would suffice, seconds a condition.
REASON_SECONDS = 10.0
NEEDED = ("share", "zones", "new", "budget", "close")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Change:
    """What may change, and what must hold afterwards.

    Attributes
    ----------
    aim : str
        One of :data:`AIMS`.
    close : int
        Most places that close, beside those that move.
    move : int
        Most places that move: one closes, another opens for it (beyond `close` and the new ones).
    moves : ndarray of int64, shape (q, 2), or None
        Existing site and candidate of each move that is allowed; None: anywhere.
    upgrade : int or None
        Most places where another kind takes the place of what stands; None: as many as the budget bears.
    keep : ndarray of bool, shape (n,), or None
        Existing sites that must not close (they may still be upgraded).
    closing : ndarray of float64, shape (n,), or None
        Cost of closing each existing site, yuan; counts in the budget.
    place : ndarray of int64, shape (n,), or None
        Which sites are kinds of the same place: at most one of them is there. With an existing one among them the
        others are upgrades of it. None: each is a place of its own.
    share : float or None
        Least part of the whole demand weight to be reached, 0 to 1.
    zone : ndarray of int64, shape (m,), or None
        Zone of each demand point; negative: none.
    zone_share : float or None
        Least part of the weight of every zone (that has any) to be reached, 0 to 1.
    """

    aim: str = COVER
    close: int = 0
    move: int = 0
    moves: NDArray[np.int64] | None = None
    upgrade: int | None = None
    keep: NDArray[np.bool_] | None = None
    closing: Floats | None = None
    place: NDArray[np.int64] | None = None
    share: float | None = None
    zone: NDArray[np.int64] | None = None
    zone_share: float | None = None

    def having(self, **changes: Any) -> Self:
        """Return a copy with `changes`."""
        return replace(self, **changes)


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
        if self.status == "proved":
            return 0.0
        if self.objective is None or self.bound is None:
            return None
        apart = abs(self.bound - self.objective)
        return apart / abs(self.objective) if self.objective else (0.0 if apart == 0 else None)


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
    problem = _Problem.of(instance, change)
    clock = clock or Clock()
    keeper = _Keeper(problem, clock)
    for first in (problem.nothing, problem.greedy, *((problem.fairest,) if change.zone is not None else ())):
        if keeper.offer(first()):
            yield keeper.told("gap")
    with Highs(clock) as highs:
        search = _fair(problem, highs, keeper) if change.aim == FAIR else _once(problem, highs, keeper)
        status = yield from _telling(search, keeper)
        if status == "infeasible":
            reasons = yield from _telling(_reasons(problem, highs), keeper)
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


def _telling(search: Generator[Step, None, T], keeper: _Keeper) -> Generator[Reorganised, None, T]:
    """Run a search, telling what it finds; returns its result."""
    while True:
        try:
            step = next(search)
        except StopIteration as end:
            return end.value
        yield keeper.told("gap", step.waiting)


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """The program's parts, checked.

    Attributes
    ----------
    rows : csr_array, shape (e, n)
        1 where the site reaches the element; elements are points with the same sites and zone.
    weight, zone : ndarray, shape (e,)
    total : ndarray of float64
        Weight of each zone, all of it.
    stands : ndarray of bool, shape (n,)
        Sites at places where something stands.
    group : csr_array, shape (p, n)
        1 where the site is of the place.
    """

    instance: Instance
    change: Change
    rows: sparse.csr_array
    weight: Floats
    zone: NDArray[np.int64]
    total: Floats
    stands: NDArray[np.bool_]
    group: sparse.csr_array
    standing: NDArray[np.intp]
    whole: float

    @classmethod
    def of(cls, instance: Instance, change: Change) -> Self:
        """Return the problem of a wish, checked."""
        n, m = instance.pairs.sites, instance.pairs.demands
        _check(instance, change)
        place = np.arange(n) if change.place is None else np.unique(change.place, return_inverse=True)[1].ravel()
        group = sparse.csr_array((np.ones(n), (place, np.arange(n))))
        count = group @ instance.existing.astype(float)
        if count.max(initial=0.0) > 1:
            raise AtlasError(N_("同一处有两个现有点：请给它们不同的位置编号。"))
        standing = np.flatnonzero(count > 0)
        zone = np.full(m, -1) if change.zone is None else np.asarray(change.zone, np.int64)
        total = np.bincount(zone[zone >= 0], instance.weight[zone >= 0]).astype(np.float64)
        matrix = sparse.csr_array(
            (np.ones(len(instance.pairs.site)), instance.pairs.site, instance.pairs.start), (m, n)
        )
        useful = np.flatnonzero((np.diff(matrix.indptr) > 0) & (instance.weight > 0))
        # points of different zones must not be merged: the zone takes the place of what else tells elements apart
        cover = merged(matrix[useful], instance.weight[useful], np.ones(len(useful)), zone[useful] + 1, 0.0)
        whole = float(instance.weight.sum())
        stands = (group[standing].T @ np.ones(len(standing))) > 0
        return cls(instance, change, cover.rows, cover.weight, cover.need - 1, total, stands, group, standing, whole)

    @property
    def closing(self) -> Floats:
        """Cost of closing, by standing place."""
        price = self.instance.cost * 0.0 if self.change.closing is None else self.change.closing
        return self.group[self.standing] @ (price * self.instance.existing)

    @property
    def price(self) -> Floats:
        """What each site adds to the cost: an existing one stands already."""
        return np.where(self.instance.existing, 0.0, self.instance.cost)

    def program(self, aim: str, without: frozenset[str] = frozenset(), raised: list[float] | None = None) -> Program:
        """Return the program of an aim, `without` some of :data:`NEEDED`.

        Blocks: sites there, elements reached, moves; for ``fair`` then levels and shortfalls of each rank. The scale
        of the objective is that of :meth:`scale`.
        """
        instance, change = self.instance, self.change
        n, e = instance.pairs.sites, len(self.weight)
        program = Program()
        scale = self.scale(aim)
        opening = np.where(self.stands, 0.0, 1.0)
        closing = self.closing
        shut = self.group[self.standing].T @ closing  # closing a place costs what is saved by being there
        c = {FEWEST: opening, COST: self.price - shut}.get(aim, np.zeros(n)) * scale
        barred = instance.forbidden & ~instance.existing
        y = program.block(c, instance.forced.astype(float), np.where(barred, 0.0, 1.0), integer=True)
        z = program.block(-self.weight * scale if aim == COVER else np.zeros(e), 0.0, 1.0, integer=False)
        if e:
            program.row({z: sparse.eye_array(e, format="csr"), y: -self.rows}, -np.inf, 0.0)
        program.row({y: self.group}, -np.inf, 1.0)
        if change.keep is not None and change.keep.any():
            kept = np.flatnonzero(self.group @ (change.keep & instance.existing) > 0)
            program.row({y: self.group[kept]}, 1.0, 1.0)
        # asked how many new ones would suffice, one that moves is none of them
        x, moved = self._moves(program, y, -1.0 if aim == FEWEST and "new" in without else 0.0)
        count = len(self.standing)
        if instance.new is not None and "new" not in without:
            program.row({y: sparse.csr_array(opening[None, :]), x: -moved}, -np.inf, float(instance.new))
        if count and "close" not in without:
            there = sparse.csr_array(self.stands.astype(float)[None, :])
            program.row({y: there, x: moved}, float(count - change.close), np.inf)
        if change.upgrade is not None:
            other = (self.stands & ~instance.existing).astype(float)
            program.row({y: sparse.csr_array(other[None, :])}, -np.inf, float(change.upgrade))
        if instance.budget is not None and "budget" not in without:
            spent = sparse.csr_array((self.price - shut)[None, :])
            # written within a cent's part, as everywhere
            program.row({y: spent}, -np.inf, instance.budget * (1 + CENT / 2) - float(closing.sum()))
        self._spaced(program, y)
        if change.share is not None and "share" not in without and self.whole:
            part = sparse.csr_array(self.weight[None, :] * (1000.0 / self.whole))
            program.row({z: part}, 1000.0 * (change.share - SHARE), np.inf)
        shares = self.shares()
        if change.zone_share is not None and "zones" not in without and shares.shape[0]:
            program.row({z: shares * 1000.0}, 1000.0 * (change.zone_share - SHARE), np.inf)
        if aim == FAIR:
            self._ordered(program, z, shares, [] if raised is None else raised)
        return program

    def scale(self, aim: str) -> float:
        """Return the factor of the objective, so that absolute tolerances are far below what counts."""
        if aim == FEWEST:
            return 1.0
        whole = self.whole if aim == COVER else float(np.abs(self.price).sum()) + float(self.closing.sum())
        return SCALE / whole if whole and aim != FAIR else 1000.0

    def shares(self) -> sparse.csr_array:
        """Return the matrix that turns elements reached into the shares of the zones that have weight."""
        zones = np.flatnonzero(self.total > 0)
        rank = np.full(len(self.total) + 1, -1)
        rank[zones] = np.arange(len(zones))
        mine = np.flatnonzero((self.zone >= 0) & (rank[self.zone] >= 0))
        values = self.weight[mine] / self.total[self.zone[mine]]
        return sparse.csr_array((values, (rank[self.zone[mine]], mine)), shape=(len(zones), len(self.weight)))

    def _moves(self, program: Program, y: int, worth: float) -> tuple[int, sparse.csr_array]:
        """Add the moves; returns their block and the row that counts them."""
        change = self.change
        if change.moves is None or not change.move:
            x = program.block([worth], 0.0, float(change.move), integer=True)
            one = sparse.csr_array(np.ones((1, 1)))
            stands = self.stands.astype(float)[None, :]
            # what moves closes at one place and opens at another
            program.row({y: sparse.csr_array(stands), x: one}, -np.inf, float(len(self.standing)))
            program.row({y: sparse.csr_array(stands - 1.0), x: one}, -np.inf, 0.0)
            return x, one
        moves = np.asarray(change.moves, np.int64).reshape(-1, 2)
        q = max(len(moves), 1)
        x = program.block(np.full(q, worth), 0.0, 1.0 if len(moves) else 0.0, integer=False)
        if len(moves):
            place = self.group.T.tocsr().indices
            opened = np.flatnonzero(~self.stands[np.unique(moves[:, 1])])
            ends = np.unique(moves[:, 1])[opened]
            row = {int(site): k for k, site in enumerate(ends)}
            use = np.flatnonzero(np.isin(moves[:, 1], ends))
            into = sparse.csr_array(
                (np.ones(len(use)), ([row[int(j)] for j in moves[use, 1]], use)), shape=(len(ends), q)
            )
            program.row({x: into, y: -sparse.eye_array(self.instance.pairs.sites, format="csr")[ends]}, -np.inf, 0.0)
            spot = {int(one): k for k, one in enumerate(self.standing)}
            from_ = sparse.csr_array(
                (np.ones(q), ([spot[int(place[i])] for i in moves[:, 0]], np.arange(q))),
                shape=(len(self.standing), q),
            )
            program.row({x: from_, y: self.group[self.standing]}, -np.inf, 1.0)
            other = np.setdiff1d(np.arange(q), use)
            if len(other):  # what stands cannot be moved to where something stands
                program.row(
                    {x: sparse.csr_array((np.ones(len(other)), (np.zeros(len(other), int), other)), (1, q))}, 0, 0
                )
        counted = sparse.csr_array(np.ones((1, q)))
        program.row({x: counted}, -np.inf, float(change.move))
        return x, counted

    def _spaced(self, program: Program, y: int) -> None:
        pairs = self.instance.conflicts
        pairs = pairs[~self.instance.existing[pairs].all(axis=1)] if len(pairs) else pairs
        if len(pairs):
            q = len(pairs)
            program.row(
                {
                    y: sparse.csr_array(
                        (np.ones(2 * q), (np.repeat(np.arange(q), 2), pairs.ravel())),
                        shape=(q, self.instance.pairs.sites),
                    )
                },
                -np.inf,
                np.ones(q),
            )

    def _ordered(self, program: Program, z: int, shares: sparse.csr_array, raised: list[float]) -> None:
        """Add the cumulated ordered shares: the sum of the k least is k t − Σ max(0, t − share), for its best t."""
        count = shares.shape[0]
        for rank in range(1, len(raised) + 2):
            last = rank == len(raised) + 1
            if rank > count:
                break
            t = program.block([-1000.0 * rank if last else 0.0], 0.0, 1.0, integer=False)
            d = program.block(np.full(count, 1000.0 if last else 0.0), 0.0, 1.0, integer=False)
            ones = sparse.csr_array(np.ones((count, 1)))
            program.row({d: sparse.eye_array(count, format="csr"), z: shares, t: -ones}, 0.0, np.inf)
            if not last:
                least = sparse.csr_array([[float(rank)]])
                program.row({t: least, d: sparse.csr_array(-np.ones((1, count)))}, raised[rank - 1] - KEPT, np.inf)
        if len(raised) >= count:  # every share is as high as it can be: then the most weight
            program.c[z] = -self.weight * (1000.0 / (self.whole or 1.0))

    def nothing(self) -> Sites:
        """Return what stands, and what is forced with it."""
        return np.flatnonzero(self.instance.existing | self.instance.forced)

    def greedy(self) -> Sites:
        """Return what stands with new sites added one by one, each the one that reaches most more."""
        there = np.zeros(self.instance.pairs.sites, bool)
        there[self.nothing()] = True
        columns = self.rows.T.tocsr()
        open_weight = np.where(self.rows @ there.astype(float) > 0, 0.0, self.weight)
        for _ in range(int(self.instance.new if self.instance.new is not None else self.instance.pairs.sites)):
            gain = columns @ open_weight
            gain[there | self.stands | self.instance.forbidden] = 0.0
            for one in np.argsort(-gain, kind="stable").tolist():
                if gain[one] <= 0:
                    return np.flatnonzero(there)
                there[one] = True
                if self.allowed(np.flatnonzero(there), shares=False):
                    open_weight[self.rows[:, [one]].toarray().ravel() > 0] = 0.0
                    break
                there[one] = False
            else:
                break
        return np.flatnonzero(there)

    def fairest(self) -> Sites:
        """Return what stands with new sites added one by one, each the one that leaves the worst zones best."""
        on = np.zeros(self.instance.pairs.sites, bool)
        on[self.nothing()] = True
        shares = self.shares()
        barred = self.stands | self.instance.forbidden
        for _ in range(int(self.instance.new if self.instance.new is not None else self.instance.pairs.sites)):
            reached = self.rows @ on.astype(float) > 0
            now = shares @ reached.astype(float)
            left = sparse.csr_array(
                shares @ sparse.dia_array(((~reached).astype(float)[None, :], [0]), shape=(len(reached),) * 2)
            )
            after = np.sort(now[:, None] + (left @ self.rows).toarray(), axis=0)
            # the last key of lexsort counts most
            order = np.lexsort(after[::-1])[::-1]
            for one in order[~(on | barred)[order]].tolist():
                on[one] = True
                if self.allowed(np.flatnonzero(on), shares=False):
                    break
                on[one] = False
            else:
                break
        return np.flatnonzero(on)

    def allowed(self, there: Sites, shares: bool = True) -> bool:
        """Return whether a choice keeps every condition; judged by itself, without the program."""
        instance, change = self.instance, self.change
        on = np.zeros(instance.pairs.sites, bool)
        on[there] = True
        by_place = self.group @ on.astype(float)
        gone = self.standing[by_place[self.standing] == 0]
        opened = np.flatnonzero(on & ~self.stands)
        if by_place.max(initial=0.0) > 1 or (instance.forced & ~on).any():
            return False
        if (instance.forbidden & ~instance.existing & on).any():
            return False
        if change.keep is not None and (self.group @ (change.keep & instance.existing))[gone].any():
            return False
        moved = self._most_moves(gone, opened)
        most = max(0, len(gone) - change.close), max(0, len(opened) - instance.new) if instance.new is not None else 0
        if max(most) > moved:
            return False
        if change.upgrade is not None and int((on & self.stands & ~instance.existing).sum()) > change.upgrade:
            return False
        if instance.budget is not None and self.spent(there) > instance.budget * (1 + CENT):
            return False
        pairs = instance.conflicts
        if len(pairs) and (on[pairs].all(axis=1) & ~instance.existing[pairs].all(axis=1)).any():
            return False
        if not shares:
            return True
        if change.share is not None and self.reached(there) < self.whole * (change.share - 2 * SHARE):
            return False
        parts = self.zone_shares(there)
        return change.zone_share is None or not (parts < change.zone_share - 2 * SHARE).any()

    def _most_moves(self, gone: NDArray[np.intp], opened: NDArray[np.intp]) -> int:
        change = self.change
        most = min(change.move, len(gone), len(opened))
        if change.moves is None or not most:
            return most
        from scipy.sparse.csgraph import maximum_bipartite_matching

        place = self.group.T.tocsr().indices
        row, column = {int(one): k for k, one in enumerate(gone)}, {int(one): k for k, one in enumerate(opened)}
        links = [(row[int(place[i])], column[int(j)]) for i, j in change.moves if place[i] in row and int(j) in column]
        if not links:
            return 0
        i, j = np.array(links).T
        graph = sparse.csr_array((np.ones(len(links)), (i, j)), shape=(len(gone), len(opened)))
        return min(most, int((maximum_bipartite_matching(graph) >= 0).sum()))

    def reached(self, there: Sites) -> float:
        """Return the weight that the sites reach."""
        on = np.zeros(self.instance.pairs.sites, bool)
        on[there] = True
        return float(self.instance.weight[self.instance.pairs.counts(on) > 0].sum())

    def zone_shares(self, there: Sites) -> Floats:
        """Return the share of each zone that the sites reach; NaN where it has no weight."""
        if self.change.zone is None:
            return np.empty(0)
        on = np.zeros(self.instance.pairs.sites, bool)
        on[there] = True
        mine = (self.instance.pairs.counts(on) > 0) & (self.change.zone >= 0)
        got = np.bincount(self.change.zone[mine], self.instance.weight[mine], len(self.total))
        return np.divide(got, self.total, out=np.full(len(self.total), np.nan), where=self.total > 0)

    def spent(self, there: Sites) -> float:
        """Return what opens and closes costs, yuan."""
        on = np.zeros(self.instance.pairs.sites)
        on[there] = 1.0
        return float(self.price @ on) + float(self.closing[(self.group @ on)[self.standing] == 0].sum())

    def worth(self, there: Sites) -> float:
        """Return the objective of a choice."""
        if self.change.aim == COVER:
            return self.reached(there)
        if self.change.aim == FAIR:
            return float(np.nanmin(self.zone_shares(there)))
        return self.spent(there) if self.change.aim == COST else float((~self.stands[there]).sum())


class _Keeper:
    """Holds the best answer and bound."""

    def __init__(self, problem: _Problem, clock: Clock) -> None:
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


def _once(problem: _Problem, highs: Highs, keeper: _Keeper) -> Generator[Step, None, str]:
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


def _met(problem: _Problem, keeper: _Keeper) -> bool:
    """Return whether the answer that is held is what the program says is the best."""
    assert keeper.there is not None
    worth = problem.worth(keeper.there)
    bound = worth if keeper.bound is None else keeper.bound
    return abs(worth - bound) <= 1e-7 * max(abs(worth), abs(bound), 1.0)


def _fair(problem: _Problem, highs: Highs, keeper: _Keeper) -> Generator[Step, None, str]:
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


def _reasons(problem: _Problem, highs: Highs) -> Generator[Step, None, tuple[Reason, ...]]:
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


def _said(problem: _Problem, name: str, there: Sites, answer: Found) -> Reason:
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


def _check(instance: Instance, change: Change) -> None:
    """Raise an AtlasError for a wish that contradicts itself."""
    n, m, stand = instance.pairs.sites, instance.pairs.demands, int(instance.existing.sum())
    if change.aim not in AIMS:
        raise AtlasError(N_("没有“{got}”这种目标：请用 {allowed} 之一。"), got=change.aim, allowed=", ".join(AIMS))
    if instance.model != "mclp" or instance.capacity is not None or instance.cover != 1:
        raise AtlasError(N_("撤并、迁移、升级、比例和公平只用于不限容量、覆盖一次的 mclp。"))
    for name, got in (("share", change.share), ("zone_share", change.zone_share)):
        if got is not None and not 0 <= got <= 1:
            raise AtlasError(N_("{name} 的比例 {got} 不可用：请给 0 到 1（0% 到 100%）之间的数。"), name=name, got=got)
    for name, count in (("close", change.close), ("move", change.move)):
        if not 0 <= count <= stand:
            raise AtlasError(
                N_("{name} 的处数 {got} 不可用：现有 {stand} 处，请给 0 到 {stand} 的整数。"),
                name=name,
                got=count,
                stand=stand,
            )
    if change.upgrade is not None and change.upgrade < 0:
        raise AtlasError(N_("升级的处数 {got} 不可用：请给不小于 0 的整数。"), got=change.upgrade)
    for name, values, expected in (
        ("keep", change.keep, n),
        ("closing", change.closing, n),
        ("place", change.place, n),
        ("zone", change.zone, m),
    ):
        if values is not None and len(values) != expected:
            raise AtlasError(
                N_("{name} 有 {got} 项，应为 {expected} 项。"), name=name, got=len(values), expected=expected
            )
    if change.closing is not None and not (np.isfinite(change.closing) & (change.closing >= 0)).all():
        raise AtlasError(N_("撤并的费用不可用：请给不小于 0 的元数。"))
    if change.moves is not None and len(change.moves):
        moves = np.asarray(change.moves, np.int64).reshape(-1, 2)
        if not (instance.existing[moves[:, 0]].all() and not instance.existing[moves[:, 1]].any()):
            raise AtlasError(N_("迁移须从现有点到备选点：请检查迁移的各对编号。"))
    zoned = change.zone is not None and bool((np.asarray(change.zone) >= 0).any())
    if (change.aim == FAIR or change.zone_share is not None) and not (
        zoned and instance.weight[np.asarray(change.zone) >= 0].sum() > 0
    ):
        raise AtlasError(N_("按片区求公平需要片区：请给有需求的片区（如街道）。"))
    if change.aim in (FEWEST, COST) and change.share is None and change.zone_share is None:
        raise AtlasError(N_("求最少点位或最少费用时，请说明要达到的比例：全部需求的或每个片区的。"))
