"""One plan for several demands: the best worst case, or the least regret.

Min-max and min-max regret under scenarios (Kouvelis & Yu 1997; Serra, Ratick & ReVelle 1996 for maximal covering),
whole as one mixed-integer program: every demand is a weight of the same points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geodata.errors import N_, AtlasError
from layers.siting.solver.constraints import Rule
from layers.siting.solver.highs import Highs, Program
from layers.siting.solver.instance import Instance
from layers.siting.solver.progress import Clock, Progress, Reason, telling
from layers.siting.solver.search import best, fill_up

Floats = NDArray[np.float64]
WORST, REGRET = "worst", "regret"
AIMS = (WORST, REGRET)
#: This part of the time is for the best plan of each demand alone.
ALONE_PART = 0.4
#: Shares nearer than this are the same.
EVEN = 1e-7
#: Shares are measured in such parts, so that the solver's absolute tolerances are below any difference that counts.
SCALE = 1e3


@dataclass(frozen=True, slots=True, eq=False)
class Robust:
    """A plan for several demands, and how good it is at worst.

    Attributes
    ----------
    status : str
        ``proved``, ``gap`` or ``infeasible``.
    sites : ndarray of int64
    objective, bound : float or None
        ``worst``: the least share that is covered, and the most that any plan has. ``regret``: the greatest share by
        which it falls short of the best plan of a demand, and the least that any plan has.
    shares, best : ndarray of float64, shape (s,)
        Share of each demand that the plan covers, and that the best plan for it alone covers (or may cover).
    alone : tuple of Progress
        That best plan.
    """

    status: str
    sites: NDArray[np.int64]
    objective: float | None
    bound: float | None
    shares: Floats
    best: Floats
    alone: tuple[Progress, ...]
    reasons: tuple[Reason, ...] = ()


def robust(
    instance: Instance, demands: Floats, aim: str = WORST, clock: Clock | None = None, names: Sequence[str] = ()
) -> Iterator[Robust]:
    """Yield plans for all `demands` at once that improve, each with its bound.

    Parameters
    ----------
    instance : Instance
        ``mclp`` without capacity, each point covered once; its weights are not looked at.
    demands : ndarray of float64, shape (s, m)
        Weight of each point in each of them.
    aim : str
        One of :data:`AIMS`.
    names : sequence of str
        What the demands are called, for what is said of them.

    Raises
    ------
    AtlasError
        A demand sums to nothing, is negative or of another length, or the model is another.
    """
    demands = np.atleast_2d(np.asarray(demands, np.float64))
    _check(instance, demands, aim, names or [str(at + 1) for at in range(len(demands))])
    clock = clock or Clock()
    total = demands.sum(axis=1)
    plain = instance.having(weight=demands.sum(axis=0))
    alone = []
    for at, weight in enumerate(demands):
        left = ALONE_PART * clock.left / (len(demands) - at) if np.isfinite(clock.left) else None
        one = best(instance.having(weight=weight), left, clock.seed)
        if one.status == "infeasible":
            none = np.zeros(len(demands))
            yield Robust("infeasible", one.sites, None, None, none, none, (one,), one.reasons)
            return
        alone.append(one)
    most = np.array([(one.bound if one.bound is not None else of) / of for one, of in zip(alone, total, strict=True)])
    there = np.array([(one.objective or 0.0) / of for one, of in zip(alone, total, strict=True)])

    def shares(sites: NDArray[np.int64]) -> Floats:
        open_sites = instance.existing.copy()
        open_sites[sites] = True
        return demands @ (instance.pairs.counts(open_sites) > 0) / total

    def worth(share: Floats) -> float:
        """More is better: the least share, or the greatest regret with its sign turned."""
        return float(share.min()) if aim == WORST else -float((most - share).max())

    def told(status: str, sites: NDArray[np.int64], limit: float) -> Robust:
        share = shares(sites)
        now, limit = (worth(share), limit) if aim == WORST else (-worth(share), -limit)
        bound = now if status == "proved" else max(limit, now) if aim == WORST else min(limit, now)
        return Robust(status, sites, now, abs(max(bound, 0.0)), share, most, tuple(alone))

    tried = [one.sites for one in alone if one.objective is not None]
    tried.append(best(plain, ALONE_PART * clock.left if np.isfinite(clock.left) else None, clock.seed).sites)
    held = max(tried, key=lambda sites: worth(shares(sites)))
    # no plan covers more of a demand than the best for it alone
    limit = float(most.min()) if aim == WORST else 0.0
    yield told("gap", held, limit)
    rule = Rule.of(instance)
    program = _program(instance, rule, demands / total[:, None], there if aim == REGRET else None)
    with Highs(clock) as highs:
        found = yield from telling(highs.solve(program), lambda _: told("gap", held, limit))
    if found.blocks is not None:
        sites = fill_up(plain, np.sort(rule.sites[np.flatnonzero(found.blocks[0] > 0.5)]))
        if worth(shares(sites)) > worth(shares(held)):
            held = sites
    if np.isfinite(found.bound):
        limit = min(limit, -found.bound / SCALE)
    sure = aim == WORST or all(one.status == "proved" for one in alone)
    close = found.status == "optimal" and sure and abs(limit - worth(shares(held))) <= EVEN
    yield told("proved" if close else "gap", held, limit)


def _check(instance: Instance, demands: Floats, aim: str, names: Sequence[str]) -> None:
    if aim not in AIMS:
        raise AtlasError(N_("没有“{got}”这种目标：请用 {allowed} 之一。"), got=aim, allowed=", ".join(AIMS))
    if instance.model != "mclp" or instance.capacity is not None or instance.cover != 1:
        raise AtlasError(N_("几种需求一起考虑只用于不限容量、覆盖一次的 mclp。"))
    if demands.shape[1] != instance.pairs.demands:
        raise AtlasError(
            N_("{name} 有 {got} 项，应为 {expected} 项。"),
            name="demands",
            got=demands.shape[1],
            expected=instance.pairs.demands,
        )
    for name, weight in zip(names, demands, strict=True):
        if not (np.isfinite(weight).all() and (weight >= 0).all()):
            raise AtlasError(N_("需求“{name}”里有不能用的权重：请给不小于 0 的数。"), name=name)
        if not weight.sum() > 0:
            raise AtlasError(N_("需求“{name}”的权重合计为 0：请去掉它，或给出权重。"), name=name)


def _program(instance: Instance, rule: Rule, part: Floats, there: Floats | None) -> Program:
    """Maximise t: no demand is covered by a smaller share, or by less than its best less −t where `there` is given."""
    pairs, f = instance.pairs, len(rule)
    stand = pairs.counts(instance.existing) > 0
    matrix = sparse.csr_array((np.ones(len(pairs.site)), pairs.site, pairs.start), shape=(pairs.demands, pairs.sites))
    rows = matrix[:, rule.sites]
    able = np.flatnonzero(~stand & (np.diff(rows.indptr) > 0) & (part > 0).any(axis=0))
    rows, e = rows[able], len(able)
    # points with the same candidates in reach are one element
    alike: dict[bytes, int] = {}
    group = np.empty(e, np.int64)
    rows.sort_indices()
    for at in range(e):
        key = rows.indices[rows.indptr[at] : rows.indptr[at + 1]].tobytes()
        group[at] = alike.setdefault(key, len(alike))
    first = np.unique(group, return_index=True)[1] if e else np.empty(0, np.int64)
    weight = np.array([np.bincount(group, one[able], len(alike)) for one in part]).reshape(len(part), len(alike))
    program = Program()
    y = program.block(np.zeros(f), rule.forced.astype(float), 1.0, integer=True)
    z = program.block(np.zeros(len(alike)), 0.0, 1.0, integer=False)
    t = program.block(-np.ones(1), -SCALE, SCALE, integer=False)
    if len(alike):
        program.row({z: sparse.eye_array(len(alike), format="csr"), y: -rows[first]}, -np.inf, 0.0)
    base = part @ stand - (0.0 if there is None else there)
    one = sparse.csr_array(np.ones((len(part), 1)))
    program.row({t: one, z: -sparse.csr_array(weight) * SCALE} if len(alike) else {t: one}, -np.inf, base * SCALE)
    program.rule(y, rule)
    return program
