"""Expected cover: attendance falls with distance, and a station is found open with a probability.

Gradual cover (Berman & Krass 2002; Berman, Krass & Drezner 2003): a demand point counts by a part that does not grow
with the distance to the nearest station. Expected cover (Daskin 1983): each station is open with the same probability,
independently, and whoever finds it closed goes to the next. Both together are one maximal covering problem: with the
parts v₁ > v₂ > … that a point may count by, Σ_l (v_l − v_{l+1}) (1 − (1 − p)^n_l) is its expectation, where n_l
stations are near enough for v_l. For p = 1 each term is an element to be covered once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geodata.errors import N_, AtlasError
from layers.distance import NOISE, Pairs
from layers.siting.solver.constraints import Rule
from layers.siting.solver.highs import Highs, Program, scale_of
from layers.siting.solver.infeasibility import after_search, at_once
from layers.siting.solver.instance import Instance
from layers.siting.solver.progress import SAME, Clock, Progress, ended, telling
from layers.siting.solver.reduction import merged
from layers.siting.solver.search import solve

Floats = NDArray[np.float64]
#: Distance → the part of the demand that still comes, 0 to 1.
Attendance = Callable[[Floats], Floats]
#: Beyond so many pairs of element and site the problem is not built.
MOST_PAIRS = 20_000_000


def linear(near: float, far: float) -> Attendance:
    """Return attendance that is whole up to `near` and falls in a straight line to nothing at `far`, metres.

    Raises
    ------
    AtlasError
        The numbers are not 0 ≤ near ≤ far, far above 0.
    """
    if not (0 <= near <= far and 0 < far < np.inf):
        raise AtlasError(N_("到场的近 {near} 米和远 {far} 米不可用：请给 0 ≤ 近 ≤ 远，远大于 0。"), near=near, far=far)
    wide = max(far - near, far * NOISE)  # without a slope: all within, none beyond
    return lambda away: np.where(away <= near * (1 + NOISE), 1.0, np.clip((far - away) / wide, 0.0, 1.0))


def exponential(scale: float) -> Attendance:
    """Return attendance that falls as exp(−distance ÷ `scale`).

    Raises
    ------
    AtlasError
        The scale is not above 0.
    """
    if not 0 < scale < np.inf:
        raise AtlasError(N_("到场的衰减距离 {got} 米不可用：请给大于 0 的米数。"), got=scale)
    return lambda away: np.exp(-away / scale)


def layered(instance: Instance, attendance: Attendance) -> Instance:
    """Return the maximal covering problem whose elements are the parts by which each demand point may count.

    Raises
    ------
    AtlasError
        It is no plain maximal covering problem, or would be too large.
    """
    if instance.model != "mclp" or instance.capacity is not None or instance.cover != 1:
        raise AtlasError(N_("到场随距离减少、以及遇到关门，只用于不限容量、覆盖一次的 mclp。"))
    pairs = instance.pairs
    part = np.asarray(attendance(pairs.distance), np.float64)
    pairs, part = pairs.kept(part > 0), part[part > 0]
    owner = pairs.demand()
    order = np.lexsort((pairs.site, -part, owner))
    owner, site, part = owner[order], pairs.site[order], part[order]
    last = np.ones(len(owner), bool)  # of those that a point may count by alike
    last[:-1] = (owner[1:] != owner[:-1]) | (part[1:] != part[:-1])
    end = np.flatnonzero(last)
    below = np.append(part[end[1:]], 0.0) if len(end) else np.empty(0)
    final = np.ones(len(end), bool)
    final[:-1] = owner[end[1:]] != owner[end[:-1]]
    step = part[end] - np.where(final, 0.0, below)
    size = end + 1 - pairs.start[owner[end]]
    if size.sum() > MOST_PAIRS:
        raise AtlasError(
            N_("到场的级数太多（{got} 对，至多 {limit}）：请缩小服务半径，或加大备选点的间距。"),
            got=int(size.sum()),
            limit=MOST_PAIRS,
        )
    # an element has all sites that are at least so near: the first `size` of its point
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    which = np.repeat(pairs.start[owner[end]] - start[:-1], size) + np.arange(start[-1])
    weight = instance.weight[owner[end]] * step
    if not len(end):  # nobody comes to anywhere
        start, weight = np.zeros(2, np.int64), np.zeros(1)
    near = Pairs(start, site[which], np.zeros(len(which)), pairs.sites, False)
    return instance.having(pairs=near, weight=weight, demand_ids=(), radius=1.0, farther=None)


def attended(instance: Instance, sites: NDArray[np.int64], attendance: Attendance, open_share: float = 1.0) -> Floats:
    """Return the expected part of each demand point that comes and finds a station open, shape (m,), 0 to 1.

    By the nearest stations one after the other: the k-th is reached where the k − 1 before it are closed.
    """
    owner, _, found = _arrivals(instance, sites, attendance, open_share)
    return np.bincount(owner, found, instance.pairs.demands).astype(np.float64, copy=False)


def attended_by_site(
    instance: Instance, sites: NDArray[np.int64], attendance: Attendance, open_share: float = 1.0
) -> Floats:
    """Return the demand weight expected to come to each site, shape (n,): their sum is that of all points."""
    owner, site, found = _arrivals(instance, sites, attendance, open_share)
    return np.bincount(site, instance.weight[owner] * found, instance.pairs.sites).astype(np.float64, copy=False)


def _arrivals(
    instance: Instance, sites: NDArray[np.int64], attendance: Attendance, open_share: float
) -> tuple[NDArray[np.integer], NDArray[np.integer], Floats]:
    """Return demand point, station and expected part of each pair of them, the nearest first."""
    there = instance.existing.copy()
    there[sites] = True
    pairs = instance.pairs.kept(there[instance.pairs.site])
    part = np.asarray(attendance(pairs.distance), np.float64)
    owner = pairs.demand()
    order = np.lexsort((-part, owner))
    rank = np.arange(len(order)) - pairs.start[owner[order]]
    found = np.asarray(part[order] * open_share * (1.0 - open_share) ** rank, np.float64)
    return owner[order], pairs.site[order], found


def expected(
    instance: Instance, attendance: Attendance, open_share: float = 1.0, clock: Clock | None = None
) -> Iterator[Progress]:
    """Yield plans whose expected attendance improves, each with its bound; the objective is Σ weight × expected part.

    Parameters
    ----------
    instance : Instance
        ``mclp``; its radius is how far anybody looks.
    attendance : callable
        As :func:`linear` and :func:`exponential` give it; must not grow with distance.
    open_share : float
        Probability that a station is found open, above 0, at most 1.

    Raises
    ------
    AtlasError
        The probability cannot be used, or as :func:`layered`.
    """
    if not 0 < open_share <= 1:
        raise AtlasError(N_("遇到开门的概率 {got} 不可用：请给大于 0、不超过 1 的数（0.8 即 80%）。"), got=open_share)
    clock = clock or Clock()
    parts = layered(instance, attendance)
    if open_share == 1.0:
        yield from solve(parts, clock.left if np.isfinite(clock.left) else None, clock.seed, lambda: clock.cancelled)
        return
    nothing = np.empty(0, np.int64)
    reasons = at_once(parts)
    if reasons:
        yield Progress("infeasible", nothing, None, None, "done", clock.passed, reasons=reasons)
        return
    yield from _often_closed(instance, parts, attendance, open_share, clock)


def _often_closed(
    instance: Instance, parts: Instance, attendance: Attendance, open_share: float, clock: Clock
) -> Iterator[Progress]:
    """Yield the answers where stations may be closed: a whole program, since further stations still add."""
    rule, closed = Rule.of(parts), 1.0 - open_share
    m, pairs = parts.pairs.demands, parts.pairs
    rows = sparse.csr_array((np.ones(len(pairs.site)), pairs.site, pairs.start), shape=(m, pairs.sites))[:, rule.sites]
    missing = closed ** pairs.counts(parts.existing)
    left = parts.weight * missing
    able = np.flatnonzero((np.diff(rows.indptr) > 0) & (left > 0))
    one = merged(
        rows[able], left[able], np.ones(len(able)), np.ones(len(able), np.int64), float(parts.weight.sum() - left.sum())
    )

    def worth(sites: NDArray[np.int64]) -> float:
        return float(instance.weight @ attended(instance, sites, attendance, open_share))

    bound, held, best = float(parts.weight.sum()), None, -np.inf
    chosen = rule.start
    if rule.keeps(chosen):
        while len(chosen) < rule.limit:
            gain = np.where(rule.addable(chosen), one.columns @ (one.weight * closed ** one.counts(chosen)), 0.0)
            if not len(gain) or gain.max() <= 0:
                break
            chosen = [*chosen, int(np.argmax(gain))]
        held = np.sort(rule.sites[chosen])
        best = worth(held)
        yield Progress("gap", held, best, bound, "greedy", clock.passed)
    if held is not None and not len(rule):  # nothing may be chosen: what stands is the answer
        yield Progress("proved", held, best, best, "done", clock.passed)
        return
    program, scale = _program(one.rows, one.weight, rule, open_share)
    with Highs(clock) as highs:
        found = yield from telling(
            highs.solve(program),
            lambda step: (
                None if held is None else Progress("gap", held, best, bound, "exact", clock.passed, step.waiting)
            ),
        )
    if found.status == "infeasible":
        reasons = ended(after_search(parts, clock))
        yield Progress("infeasible", np.empty(0, np.int64), None, None, "done", clock.passed, reasons=reasons)
        return
    if found.blocks is not None:
        sites = np.sort(rule.sites[np.flatnonzero(found.blocks[0] > 0.5)])
        if (now := worth(sites)) > best:
            held, best = sites, now
    if np.isfinite(found.bound):
        bound = min(bound, one.base - found.bound / scale)
    if held is None:
        yield Progress("gap", np.empty(0, np.int64), None, bound, "done", clock.passed)
        return
    close = abs(bound - best) <= (1e-7 if found.status == "optimal" else SAME) * max(abs(bound), 1.0)
    yield Progress("proved" if close else "gap", held, best, best if close else max(bound, best), "done", clock.passed)


def _program(rows: sparse.csr_array, weight: Floats, rule: Rule, open_share: float) -> tuple[Program, float]:
    e, f = rows.shape
    most = np.minimum(np.diff(rows.indptr), rule.limit).astype(np.int64)
    of = np.repeat(np.arange(e), most)
    rank = np.arange(len(of)) - np.repeat(np.cumsum(most) - most, most)
    gain = weight[of] * open_share * (1.0 - open_share) ** rank
    scale, program = scale_of(gain), Program()
    x = program.block(np.zeros(f), rule.forced.astype(float), 1.0, integer=True)
    z = program.block(-gain * scale, 0.0, 1.0, integer=False)
    if e:
        each = sparse.csr_array((np.ones(len(of)), (of, np.arange(len(of)))), shape=(e, len(of)))
        program.row({z: each, x: -rows}, -np.inf, 0.0)
    program.rule(x, rule)
    return program, scale
