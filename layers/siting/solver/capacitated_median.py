"""The p-median under capacity as a table: sites settled, demand assigned as a whole, parts of it as programs.

Sites are settled by location and allocation in turn (Cooper 1964; Mulvey & Beck 1984),
demand is assigned by :mod:`~layers.siting.solver.generalized_assignment`, the bound is
that of :mod:`~layers.siting.solver.lagrangian_bound`, whose choices are tried as answers,
and parts of the answer are solved anew as small exact models (Stefanello, de Araújo &
Müller 2015, *International Transactions in Operational Research* 22(1)).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from layers.siting.solver import generalized_assignment as gap
from layers.siting.solver.constraints import Rule
from layers.siting.solver.highs import Program
from layers.siting.solver.instance import Instance
from layers.siting.solver.lagrangian_bound import Knapsacks, Relaxed
from layers.siting.solver.progress import SAME, Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Pairs of demand and site that the bound looks at, at most: the nearest sites of each demand.
MOST_PAIRS = 4_000_000
#: Sweeps of location and allocation.
SWEEPS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A capacitated p-median as a table.

    Attributes
    ----------
    rows : ndarray of int64, shape (m,)
        Demand with weight, as positions in the instance.
    columns : ndarray of int64, shape (n,)
        Sites, as positions in the instance: those that stand, then the candidates of the rule.
    standing : int
        How many of them stand.
    cost : ndarray of float64, shape (m, n)
        Weight × distance; infinite for a pair that cannot be.
    load, room : ndarray of float64
        Weight of each demand and capacity of each site.
    """

    rows: Ints
    columns: Ints
    standing: int
    cost: Floats
    load: Floats
    room: Floats
    rule: Rule

    @classmethod
    def of(cls, instance: Instance, rule: Rule) -> Self:
        """Return the table of an instance."""
        rows, stand = np.flatnonzero(instance.weight > 0), np.flatnonzero(instance.existing)
        columns = np.concatenate([stand, rule.sites])
        pairs, load = instance.pairs, instance.weight[rows]
        if pairs.table:
            cost = pairs.distance.reshape(pairs.demands, pairs.sites)[np.ix_(rows, columns)]
        else:
            place = np.full(pairs.sites, -1)
            place[columns] = np.arange(len(columns))
            row = np.full(pairs.demands, -1)
            row[rows] = np.arange(len(rows))
            owner = pairs.demand()
            mine = (row[owner] >= 0) & (place[pairs.site] >= 0)
            cost = np.full((len(rows), len(columns)), np.inf)
            cost[row[owner[mine]], place[pairs.site[mine]]] = pairs.distance[mine]
        cost *= load[:, None]
        return cls(rows, columns, len(stand), cost, load, instance.limits[columns], rule)

    def open(self, chosen: list[int]) -> Ints:
        """Return the columns that are there with `chosen` (positions in the rule)."""
        return np.concatenate([np.arange(self.standing), self.standing + np.asarray(chosen, np.int64)])

    def total(self, site: Ints) -> float:
        """Return the cost of an assignment."""
        return float(self.cost[np.arange(len(site)), site].sum())

    def fits(self, site: Ints) -> bool:
        """Return whether everybody is served and nobody beyond its room."""
        return bool(
            (site >= 0).all()
            and np.isfinite(self.cost[np.arange(len(site)), site]).all()
            and not gap.overdrawn(self.load, self.room, site).any()
        )

    def held(self, relaxed: Relaxed) -> Ints:
        """Return who is whole in which knapsack of a bound, in the cheapest one where in several; −1: in none."""
        site = np.full(len(self.rows), -1)
        order = np.argsort(-self.cost[relaxed.row, relaxed.column], kind="stable")
        site[relaxed.row[order]] = relaxed.column[order]
        return site

    def assigned(
        self, chosen: list[int], clock: Clock, before: Ints | None = None, held: Ints | None = None
    ) -> Ints | None:
        """Return a good assignment to `chosen`, beginning with `before`, or with who is `held` already (−1: nowhere);
        None where somebody reaches none of them.
        """
        there = self.open(chosen)
        if not len(there):
            return None if len(self.rows) else np.empty(0, np.int64)
        cost, room = self.cost[:, there], self.room[there]
        near = gap.nearest_of(cost)
        place = np.full(len(self.columns) + 1, -1)
        place[there] = np.arange(len(there))
        if before is None:
            site = gap.placed(cost, self.load, room, near, None if held is None else place[held])
        else:
            site = place[before]
        if (site < 0).any() or not np.isfinite(cost[np.arange(len(site)), site]).all():
            return None
        return there[gap.improved(cost, self.load, room, near, site, clock)]

    def scattered(self, random: np.random.Generator, beside: list[int] | None = None) -> list[int]:
        """Return a choice of sites far from each other: each the best of a demand that is drawn by what it costs as
        things stand, squared (Arthur & Vassilvitskii 2007, *SODA*).

        Parameters
        ----------
        beside : list of int or None
            Sites that are chosen already, the forced ones among them; None: those alone.
        """
        chosen = self.rule.start if beside is None else list(beside)
        far = float(self.cost.max(initial=0.0, where=np.isfinite(self.cost)))
        least = self.cost[:, self.open(chosen)].min(axis=1, initial=far)
        taken = np.zeros(len(self.rule), bool)
        taken[chosen] = True
        while len(chosen) < self.rule.limit and (total := float(least @ least)) > 0:
            one = int(random.choice(len(least), p=least**2 / total))
            able = ~taken if self.rule.plain else self.rule.addable(chosen)
            worth = np.where(able, self.cost[one, self.standing :], np.inf)
            best = int(np.argmin(worth))
            if not np.isfinite(worth[best]):
                break
            chosen.append(best)
            taken[best] = True
            least = np.minimum(least, self.cost[:, self.standing + best])
            least[one] = 0.0  # not drawn again
        return chosen

    def settled(
        self, chosen: list[int], clock: Clock, sweeps: int = SWEEPS, held: Ints | None = None
    ) -> tuple[list[int], Ints] | None:
        """Move each site to where it serves its own demand best and assign anew, in turn."""
        site = self.assigned(chosen, clock, held=held)
        if site is None:
            return None
        for _ in range(sweeps):
            moved, chosen_now, site_now = self._moved(chosen, site)
            if not moved or clock.over():
                break
            found = self.assigned(chosen_now, clock, site_now)
            if found is None:
                break
            chosen, site = chosen_now, found
        return chosen, site

    def _moved(self, chosen: list[int], site: Ints) -> tuple[int, list[int], Ints]:
        chosen, site, moved = list(chosen), site.copy(), 0
        taken = np.zeros(len(self.columns), bool)
        taken[self.open(chosen)] = True
        load = np.bincount(site, self.load, minlength=len(self.columns))
        order = np.argsort(site, kind="stable")
        begin = np.searchsorted(site[order], np.arange(len(self.columns) + 1))
        for k, one in enumerate(chosen):
            column = self.standing + one
            mine = order[begin[column] : begin[column + 1]]
            if self.rule.forced[one] or not len(mine):
                continue
            worth = self.cost[mine].sum(axis=0)
            able = ~taken & (self.room >= min(load[column], self.room[column]))
            if not self.rule.plain:
                rest = [other for other in chosen if other != one]
                able[self.standing :] &= self.rule.addable(rest)
            best = int(np.argmin(np.where(able, worth, np.inf)))
            if able[best] and worth[best] < worth[column] * (1 - SAME):
                taken[column], taken[best] = False, True
                chosen[k] = best - self.standing
                site[mine] = best
                moved += 1
        return moved, chosen, site

    def knapsacks(self, whole: bool) -> Knapsacks:
        """Return the pairs that the bound looks at."""
        m, n = self.cost.shape
        most = max(1, len(self.rule) and self.rule.limit + self.standing)
        count = n if m * n <= MOST_PAIRS // 4 else int(np.clip(4 * n // most, 60, max(60, MOST_PAIRS // max(m, 1))))
        beyond = np.full(m, np.inf)
        keep = np.isfinite(self.cost)
        if count < n:
            part = np.partition(self.cost, count, axis=1)
            beyond = part[:, count].copy()
            keep &= self.cost < beyond[:, None]
            del part
        column, row = np.nonzero(keep.T)
        return Knapsacks(
            row.astype(np.int32),
            column.astype(np.int32),
            self.cost[row, column],
            self.load,
            self.room,
            beyond,
            np.arange(n) < self.standing,
            whole,
        )

    def part(self, rows: Ints, columns: Ints, chosen: list[int]) -> Self:
        """Return the problem of some of the demand and sites; what is `chosen` beside them stays as it is."""
        picked = columns[columns >= self.standing] - self.standing
        stand = columns[columns < self.standing]
        inside = np.zeros(len(self.rule), bool)
        inside[picked] = True
        others = [one for one in chosen if not inside[one]]
        rule = self.rule
        if not rule.plain:
            able = rule.addable(others)
            picked = picked[able[picked]]
        near = None if rule.near is None else rule.near[picked][:, picked]
        rule = replace(
            rule,
            sites=self.columns[self.standing + picked],
            limit=rule.limit - len(others),
            cost=rule.cost[picked],
            budget=rule.budget * (1 + SAME) - float(rule.cost[others].sum()),
            forced=rule.forced[picked],
            near=near if near is not None and near.nnz else None,
        )
        columns = np.concatenate([stand, self.standing + picked])
        return type(self)(
            rows, columns, len(stand), self.cost[np.ix_(rows, columns)], self.load[rows], self.room[columns], rule
        )

    def program(self, keep: NDArray[np.bool_], whole: bool, scale: float) -> Program:
        """Return the mixed-integer program with the pairs of `keep` only: block 0 the candidates, block 1 the pairs."""
        (m, n), f, e = self.cost.shape, len(self.rule), self.standing
        row, column = np.nonzero(keep)
        q = len(row)
        program = Program()
        y = program.block(np.zeros(f), self.rule.forced.astype(float), 1.0, integer=True)
        x = program.block(self.cost[row, column] * scale, 0.0, 1.0, integer=whole)
        program.row({x: sparse.csr_array((np.ones(q), (row, np.arange(q))), shape=(m, q))}, 1.0, 1.0)
        new = np.flatnonzero(column >= e)
        if len(new):
            k = np.arange(len(new))
            program.row(
                {
                    x: sparse.csr_array((np.ones(len(new)), (k, new)), shape=(len(new), q)),
                    y: sparse.csr_array((-np.ones(len(new)), (k, column[new] - e)), shape=(len(new), f)),
                },
                -np.inf,
                0.0,
            )
        finite = np.flatnonzero(np.isfinite(self.room))
        if len(finite) and q:
            place = np.full(n, -1)
            place[finite] = np.arange(len(finite))
            held = np.flatnonzero(place[column] >= 0)
            unit = 1.0 / max(float(self.load.max(initial=0.0)), 1e-300)
            load = sparse.csr_array((self.load[row[held]] * unit, (place[column[held]], held)), shape=(len(finite), q))
            own = np.flatnonzero(finite >= e)
            room = sparse.csr_array((-self.room[finite[own]] * unit, (own, finite[own] - e)), shape=(len(finite), f))
            program.row({x: load, y: room}, -np.inf, np.where(finite < e, self.room[finite] * unit, 0.0))
        program.rule(y, self.rule)
        return program

    def read(self, keep: NDArray[np.bool_], blocks: list[Floats]) -> tuple[list[int], Ints]:
        """Return the choice and the assignment that the blocks of :meth:`program` hold."""
        row, column = np.nonzero(keep)
        site = np.full(len(self.rows), -1)
        picked = blocks[1] > 0.5
        site[row[picked]] = column[picked]
        return np.flatnonzero(blocks[0] > 0.5).tolist(), site
