"""In which order: new sites by stages, each plan kept in the next, and what that costs at each stage.

The multi-period maximal covering problem with sites that stay (Gunawardane 1982), whole as one mixed-integer program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geodata.errors import N_, AtlasError
from layers.siting.solver.constraints import CENT, Rule
from layers.siting.solver.highs import Highs, Program, scale_of
from layers.siting.solver.instance import Instance
from layers.siting.solver.progress import SAME, Clock, Progress, telling
from layers.siting.solver.reduction import Cover, cover_of
from layers.siting.solver.search import best

#: This part of the time is for the order; the rest for the free optimum of each stage.
ORDER_PART = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Staged:
    """An order of new sites.

    Attributes
    ----------
    status : str
        ``proved`` or ``gap``, of the sum over the stages.
    sites : tuple of ndarray of int64
        The sites that each stage adds.
    objective : tuple of float
        Weight that counts after each stage.
    bound : float or None
        No order has a greater sum of :attr:`objective`.
    free : tuple of Progress
        The best plan of each stage if it need not keep those before: what keeping costs is the difference.
    """

    status: str
    sites: tuple[NDArray[np.int64], ...]
    objective: tuple[float, ...]
    bound: float | None
    free: tuple[Progress, ...] = ()


def staged(
    instance: Instance,
    numbers: Sequence[int] | None = None,
    budgets: Sequence[float] | None = None,
    clock: Clock | None = None,
) -> Iterator[Staged]:
    """Yield orders that improve; the last one has the free optima too.

    The order sought has the greatest sum over the stages of the weight that counts after each: each stage weighs as
    much as any other. Required sites stand by the last stage.

    Parameters
    ----------
    instance : Instance
        ``mclp`` without capacity, each point covered once; its `new` and `budget` are not looked at.
    numbers : sequence of int or None
        New sites of each stage.
    budgets : sequence of float or None
        Yuan of each stage; what a stage leaves may be spent in the next.

    Raises
    ------
    AtlasError
        A stage has nothing to spend, or the stages more sites than there are.
    """
    _check(instance, numbers, budgets)
    clock = clock or Clock()
    count = len(numbers if numbers is not None else budgets or ())
    most = np.cumsum(numbers) if numbers is not None else None
    yuan = np.cumsum(budgets) if budgets is not None else None
    whole = instance.having(
        new=None if most is None else int(most[-1]), budget=None if yuan is None else float(yuan[-1])
    )
    rule = Rule.of(whole)
    cover, _ = cover_of(whole, rule)
    first = _greedy(cover, rule, most, yuan, count)
    worth = tuple(cover.value(np.concatenate(first[: t + 1])) for t in range(count))
    bound: float | None = float(instance.weight.sum()) * count
    held, status = first, "gap"
    able = set(np.flatnonzero(rule.forced).tolist()) <= set(np.concatenate(first).tolist())
    if able:
        yield _told(status, held, worth, bound, rule)
    program, scale = _program(cover, rule, most, yuan, count)
    with Highs(clock) as highs:
        found = yield from telling(
            highs.solve(program, ORDER_PART * clock.left),
            lambda _: _told("gap", first, worth, bound, rule) if able else None,
        )
    if found.status == "infeasible":
        raise AtlasError(N_("各期的处数、费用、必选和间距合在一起无法满足：请放宽其中几项。"))
    if found.blocks is not None:
        there = [np.flatnonzero(found.blocks[t] > 0.5) for t in range(count)]
        added = [there[0], *(np.setdiff1d(now, before) for before, now in pairwise(there))]
        value = tuple(cover.value(one) for one in there)
        if not able or sum(value) >= sum(worth):
            held, worth, able = added, value, True
    if np.isfinite(found.bound):
        bound = -found.bound / scale + cover.base * count
    if found.status == "optimal" and bound is not None and abs(bound - sum(worth)) <= 1e-7 * max(abs(bound), 1.0):
        status, bound = "proved", sum(worth)
    if not able:
        raise AtlasError(N_("到时间还没有找到各期都行的次序：请延长时限，或减少期数、必选和间距。"))
    free = []
    for t in range(count):
        one = whole.having(
            new=None if most is None else int(most[t]),
            budget=None if yuan is None else float(yuan[t]),
            forced=whole.forced if t == count - 1 else None,
        )
        free.append(best(one, max(0.05, clock.left / (count - t)), clock.seed))
    alone = [one.bound for one in free if one.bound is not None]
    if status != "proved" and bound is not None and len(alone) == count:  # in order no stage covers more than alone
        bound = min(bound, sum(alone))
    yield _told(status, held, worth, max(bound or 0.0, sum(worth)) if status != "proved" else bound, rule, tuple(free))


def _check(instance: Instance, numbers: Sequence[int] | None, budgets: Sequence[float] | None) -> None:
    if instance.model != "mclp" or instance.capacity is not None or instance.cover != 1:
        raise AtlasError(N_("分期只用于不限容量、覆盖一次的 mclp。"))
    if not numbers and not budgets:
        raise AtlasError(N_("请给出各期的处数或预算，例如 3,3,2。"))
    if numbers and budgets and len(numbers) != len(budgets):
        raise AtlasError(
            N_("各期的处数有 {numbers} 期，预算有 {budgets} 期：两者要一样多。"),
            numbers=len(numbers),
            budgets=len(budgets),
        )
    for values in (numbers, budgets):
        for at, one in enumerate(values or (), start=1):
            if not (np.isfinite(one) and one > 0):
                raise AtlasError(N_("第 {stage} 期的“{got}”不可用：每期都要给大于 0 的数。"), stage=at, got=one)
    available = int(instance.free.sum())
    if numbers and sum(numbers) > available:
        raise AtlasError(
            N_("各期合计新增 {new} 处，可选的备选点只有 {available} 个：请减少新增数或补充备选点。"),
            new=sum(numbers),
            available=available,
        )


def _greedy(
    cover: Cover, rule: Rule, most: NDArray[np.int64] | None, yuan: NDArray[np.float64] | None, count: int
) -> list[NDArray[np.intp]]:
    """Return an order by always adding what reaches most more."""
    chosen: list[int] = []
    added: list[NDArray[np.intp]] = []
    for t in range(count):
        begun = len(chosen)
        while most is None or len(chosen) < most[t]:
            left = np.where(cover.counts(chosen) > 0, 0.0, cover.weight)
            gain = np.asarray(cover.columns @ left)
            able = rule.addable(chosen)
            if yuan is not None:
                able &= rule.cost[chosen].sum() + rule.cost <= yuan[t] * (1 + CENT)
            gain = np.where(able, gain, -1.0)
            one = int(np.argmax(gain)) if len(gain) else -1
            if one < 0 or gain[one] <= 0:
                break
            chosen.append(one)
        added.append(np.array(chosen[begun:], np.intp))
    return added


def _program(
    cover: Cover, rule: Rule, most: NDArray[np.int64] | None, yuan: NDArray[np.float64] | None, count: int
) -> tuple[Program, float]:
    e, f = len(cover.weight), len(rule)
    program, scale = Program(), scale_of(np.tile(cover.weight, count))
    last = count - 1
    there = [
        program.block(np.zeros(f), rule.forced.astype(float) if t == last else 0.0, 1.0, integer=True)
        for t in range(count)
    ]
    same = sparse.eye_array(f, format="csr")
    for t in range(count):
        z = program.block(-cover.weight * scale, 0.0, 1.0, integer=False)
        if e:
            program.row({z: sparse.eye_array(e, format="csr"), there[t]: -cover.rows}, -np.inf, 0.0)
        if t:
            program.row({there[t]: same, there[t - 1]: -same}, 0.0, np.inf)
        if most is not None:
            program.row({there[t]: sparse.csr_array(np.ones((1, f)))}, -np.inf, float(most[t]))
        if yuan is not None:
            program.row({there[t]: sparse.csr_array(rule.cost[None, :])}, -np.inf, float(yuan[t]) * (1 + CENT / 2))
    if rule.near is not None:
        program.rule(there[last], Rule(rule.sites, f, rule.cost, np.inf, rule.forced, rule.near))
    return program, scale


def _told(
    status: str,
    added: Sequence[NDArray[np.intp]],
    worth: tuple[float, ...],
    bound: float | None,
    rule: Rule,
    free: tuple[Progress, ...] = (),
) -> Staged:
    if bound is not None and abs(bound - sum(worth)) <= SAME * max(abs(bound), 1.0):
        status = "proved"
    return Staged(status, tuple(np.sort(rule.sites[one]) for one in added), worth, bound, free)
