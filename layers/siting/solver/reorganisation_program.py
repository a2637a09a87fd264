"""Sites that may close, move or change as one mixed-integer program, and what a choice of them amounts to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geodata.errors import N_, AtlasError
from layers.siting.solver.change import COST, COVER, FAIR, FEWEST, Change, check
from layers.siting.solver.constraints import CENT
from layers.siting.solver.highs import SCALE, Program
from layers.siting.solver.instance import Instance
from layers.siting.solver.reduction import merged

Floats = NDArray[np.float64]
Sites = NDArray[np.int64]
#: Shares closer than this are the same share.
SHARE = 1e-9
#: Slack of a share that was reached and is to be kept while the next one is raised.
KEPT = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Reorganisation:
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
        check(instance, change)
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
        """Return the program of an aim, `without` some of ``share``, ``zones``, ``new``, ``budget``, ``close``.

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
            if change.least:  # one that moves is none of them
                program.row({y: there, x: moved}, -np.inf, float(count - change.least))
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
        """Return what stands and what is forced, without those that have to close: each time the one missed least."""
        there = self.instance.existing | self.instance.forced
        kept = np.zeros(len(there), bool) if self.change.keep is None else self.change.keep
        for _ in range(self.change.least):
            alone = self.weight * (self.rows @ there.astype(float) == 1)
            able = np.flatnonzero(there & self.instance.existing & ~kept)
            if not len(able):
                break
            there[able[np.argmin((self.rows.T @ alone)[able])]] = False
        return np.flatnonzero(there)

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
        """Return what stands with new sites added one by one, each the one that leaves the worst zones best;
        without demand in any zone only what stands."""
        on = np.zeros(self.instance.pairs.sites, bool)
        on[self.nothing()] = True
        shares = self.shares()
        if not shares.shape[0]:  # nobody lives in a zone: none is worse off than another
            return np.flatnonzero(on)
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
        if max(most) > min(moved, len(gone) - change.least):
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
