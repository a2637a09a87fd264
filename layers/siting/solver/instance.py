"""What is asked of the planner: demand, sites, distances and conditions, checked once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError
from layers.distance import NOISE, Pairs, kth_nearest

MODELS = ("mclp", "lscp", "pmedian", "pcenter")
COVERAGE_MODELS = ("mclp", "lscp")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Instance:
    """A siting problem.

    Attributes
    ----------
    model : str
        ``mclp`` maximal covering (Church & ReVelle 1974), ``lscp`` set covering
        (Toregas et al. 1971), ``pmedian`` and ``pcenter`` (Hakimi 1964).
    weight : ndarray of float64, shape (m,)
        Demand weight, not negative. ``lscp`` and ``pcenter`` serve every
        demand point whatever its weight.
    pairs : Pairs
        Distances of demand and site. Coverage models count those within `radius`.
    demand_ids, site_ids : sequence of str
        Names, without repetition.
    existing, forced, forbidden : ndarray of bool, shape (n,)
        Sites that stand and are kept; candidates that must, or must not, be chosen.
    cost : ndarray of float64, shape (n,)
        Cost of building each site, yuan. Existing sites cost nothing more.
    budget : float or None
        Most that the new sites may cost together, yuan.
    new : int or None
        Most new sites, beyond the existing ones, the forced among them.
    radius : float or None
        Service radius in the unit of the distances; the rim counts.
    capacity : ndarray of float64, shape (n,), or None
        Most weight that a site can serve; infinite where it does not matter.
    single_source : bool
        With `capacity`: one site serves a demand point as a whole. Otherwise
        its weight may be shared by several sites.
    conflicts : ndarray of int64, shape (q, 2)
        Pairs of sites that are too near to each other to be both there
        (pairs of existing sites are disregarded).
    apart : ndarray of float64, shape (q,), or None
        How far apart the two of each conflict are, metres: to say what spacing would suffice.
    cover : int
        In how many sites' reach a demand point must be to count (coverage models).
    backup : bool
        ``lscp`` only: among the answers with the fewest sites, the one with
        the most demand points reached at least twice (Hogan & ReVelle 1986,
        counting truly: a point with one candidate in reach has no backup).
    by_cost : bool
        ``lscp`` only: least cost instead of fewest sites.
    farther : callable or None
        ``(demand, usable, k)`` → distance of each of those demand points to its
        k-th nearest usable site, however far: to say what radius would suffice.
        Known by itself when `pairs` is complete.
    horizon : ndarray of float64, shape (m,), or None
        ``pmedian`` only, where `pairs` are the nearest of too many: no site that a demand point has no pair with is
        nearer than this. `farther` says how far the others are.
    plane : tuple of two ndarray of float64, shape (m, 2) and (n, 2), or None
        With `horizon`, where even the nearest that matter are too many: coordinates of demand and sites, whose straight
        lines are as long as the ways.
    """

    model: str
    weight: NDArray[np.float64]
    pairs: Pairs
    demand_ids: Sequence[str] = ()
    site_ids: Sequence[str] = ()
    existing: NDArray[np.bool_] = None  # ty: ignore[invalid-assignment] - filled below
    forced: NDArray[np.bool_] = None  # ty: ignore[invalid-assignment] - filled below
    forbidden: NDArray[np.bool_] = None  # ty: ignore[invalid-assignment] - filled below
    cost: NDArray[np.float64] = None  # ty: ignore[invalid-assignment] - filled below
    budget: float | None = None
    new: int | None = None
    radius: float | None = None
    capacity: NDArray[np.float64] | None = None
    single_source: bool = False
    conflicts: NDArray[np.int64] = None  # ty: ignore[invalid-assignment] - filled below
    apart: NDArray[np.float64] | None = None
    cover: int = 1
    backup: bool = False
    by_cost: bool = False
    farther: Callable[[NDArray[np.intp], NDArray[np.bool_], int], NDArray[np.float64]] | None = None
    horizon: NDArray[np.float64] | None = None
    plane: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None

    def __post_init__(self) -> None:
        m, n = self.pairs.demands, self.pairs.sites
        fill = object.__setattr__
        if self.model not in MODELS:
            raise AtlasError(
                N_("没有“{got}”这种模型：请用 {allowed} 之一。"), got=self.model, allowed=", ".join(MODELS)
            )
        fill(self, "weight", np.asarray(self.weight, np.float64))
        fill(self, "demand_ids", self.demand_ids if len(self.demand_ids) else [str(i) for i in range(m)])
        fill(self, "site_ids", self.site_ids if len(self.site_ids) else [str(j) for j in range(n)])
        for name in ("existing", "forced", "forbidden"):
            given = getattr(self, name)
            fill(self, name, np.zeros(n, bool) if given is None else np.asarray(given, bool))
        fill(self, "cost", np.zeros(n) if self.cost is None else np.asarray(self.cost, np.float64))
        if self.capacity is not None:
            fill(self, "capacity", np.asarray(self.capacity, np.float64))
        fill(self, "conflicts", np.asarray([] if self.conflicts is None else self.conflicts, np.int64).reshape(-1, 2))
        if self.apart is not None:
            fill(self, "apart", np.asarray(self.apart, np.float64))
        self._check(m, n)
        if self.model in COVERAGE_MODELS:
            if self.farther is None and self.pairs.complete:
                fill(self, "farther", partial(kth_nearest, self.pairs))
            fill(self, "pairs", self.pairs.within(self.radius or np.inf))

    @property
    def gaps(self) -> NDArray[np.float64]:
        """How far apart the two of each conflict are, metres; 0 where it is not known."""
        return np.zeros(len(self.conflicts)) if self.apart is None else self.apart

    @property
    def limits(self) -> NDArray[np.float64]:
        """Capacity of each site, infinite where there is none."""
        return np.full(self.pairs.sites, np.inf) if self.capacity is None else self.capacity

    @property
    def free(self) -> NDArray[np.bool_]:
        """Which sites may be chosen: not standing, not forbidden, not too near to one that stands."""
        barred = self.existing | self.forbidden
        for one, other in ((0, 1), (1, 0)):
            barred[self.conflicts[self.existing[self.conflicts[:, one]], other]] = True
        return ~barred

    def nearest(self, open_sites: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return each demand's distance to the nearest open site, however far; infinite when it reaches none."""
        found = self.pairs.nearest(open_sites)
        if self.horizon is None or self.farther is None:
            return found
        beyond = np.flatnonzero(np.isinf(found))
        found[beyond] = self.farther(beyond, open_sites, 1)
        return found

    def spaced(self, spacing: float) -> Self:
        """Return the problem with a smaller spacing, metres:
        the conflicts of sites at least so far apart fall (needs `apart`).
        """
        kept = self.gaps < spacing * (1 - NOISE)
        return self.having(conflicts=self.conflicts[kept], apart=self.gaps[kept])

    def having(self, **changes: Any) -> Self:
        """Return a copy with `changes`."""
        return replace(self, **changes)

    def _check(self, m: int, n: int) -> None:
        q = len(self.conflicts)
        if not m:
            raise AtlasError(N_("没有需求点：请给出至少一个。"))
        if not n:
            raise AtlasError(N_("没有备选点：请给出至少一个。"))
        for name, got, expected in (
            ("weight", len(self.weight), m),
            ("demand_ids", len(self.demand_ids), m),
            ("site_ids", len(self.site_ids), n),
            ("existing", len(self.existing), n),
            ("forced", len(self.forced), n),
            ("forbidden", len(self.forbidden), n),
            ("cost", len(self.cost), n),
            ("apart", q if self.apart is None else len(self.apart), q),
            ("horizon", m if self.horizon is None else len(self.horizon), m),
            ("capacity", n if self.capacity is None else len(self.capacity), n),
        ):
            if got != expected:
                raise AtlasError(N_("{name} 有 {got} 项，应为 {expected} 项。"), name=name, got=got, expected=expected)
        no_repeats(self.demand_ids, N_("需求点编号“{id}”出现了 {times} 次：编号不能重复。"))
        no_repeats(self.site_ids, N_("点位编号“{id}”出现了 {times} 次：编号不能重复。"))
        not_negative(self.weight, self.demand_ids, N_("需求点 {id} 的权重“{got}”不可用：请给不小于 0 的数。"))
        not_negative(self.cost, self.site_ids, N_("备选点 {id} 的费用“{got}”不可用：请给不小于 0 的元数。"))
        not_negative(self.pairs.distance, None, N_("第 {id} 对的距离“{got}”不可用：请给不小于 0 的数。"))
        if self.capacity is not None:
            not_negative(
                self.capacity, self.site_ids, N_("点位 {id} 的容量“{got}”不可用：请给不小于 0 的数。"), infinite=True
            )
        if self.model in COVERAGE_MODELS and self.radius is None:
            raise AtlasError(N_("模型 {model} 需要服务半径：请给 --radius。"), model=self.model)
        if self.radius is not None and not (np.isfinite(self.radius) and self.radius > 0):
            raise AtlasError(N_("服务半径 {got} 不可用：请给大于 0 的米数。"), got=self.radius)
        if self.model != "lscp" and self.new is None and self.budget is None:
            raise AtlasError(N_("模型 {model} 需要知道最多新增几处：请给 --new 或 --budget。"), model=self.model)
        if self.budget is not None and not self.budget >= 0:
            raise AtlasError(N_("预算 {got} 不可用：请给不小于 0 的元数。"), got=self.budget)
        if self.new is not None and self.new < 0:
            raise AtlasError(N_("新增数 {got} 不可用：请给不小于 0 的整数。"), got=self.new)
        available = int((~self.existing & ~self.forbidden).sum())
        if self.new is not None and self.new > available:
            raise AtlasError(
                N_("要新增 {new} 处，可选的备选点只有 {available} 个：请减少新增数或补充备选点。"),
                new=self.new,
                available=available,
            )
        both = np.flatnonzero(self.forced & self.forbidden)
        if len(both):
            raise AtlasError(N_("备选点 {site} 既必选又禁选：请去掉其中一个。"), site=self.site_ids[int(both[0])])
        if self.cover < 1:
            raise AtlasError(N_("覆盖次数 {got} 不可用：请给不小于 1 的整数。"), got=self.cover)
        if self.cover > 1 and (self.capacity is not None or self.model not in COVERAGE_MODELS):
            raise AtlasError(N_("多重覆盖只用于不限容量的 mclp 和 lscp。"))
        if self.backup and (self.capacity is not None or self.model != "lscp" or self.cover > 1):
            raise AtlasError(N_("“先求最少点位、再求最多备份”只用于不限容量、覆盖一次的 lscp；mclp 请用 --cover 2。"))


def no_repeats(ids: Sequence[str], msgid: str) -> None:
    """Raise an AtlasError of `msgid` (fields ``id``, ``times``) when an id comes twice."""
    if len(set(ids)) < len(ids):
        name, times = Counter(ids).most_common(1)[0]
        raise AtlasError(msgid, id=name, times=times)


def not_negative(values: NDArray[np.float64], ids: Sequence[str] | None, msgid: str, infinite: bool = False) -> None:
    """Raise an AtlasError of `msgid` (fields ``id``, ``got``)
    for a negative, missing or (unless `infinite`) endless value.
    """
    bad = np.flatnonzero(~(values >= 0) | (np.isinf(values) & (not infinite)))
    if len(bad):
        raise AtlasError(msgid, got=float(values[bad[0]]), id=ids[int(bad[0])] if ids is not None else int(bad[0]) + 1)
