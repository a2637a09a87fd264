"""Which condition cannot be met, and what would suffice."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_
from geodata.message import Message
from layers.distance import NOISE, row_min
from layers.siting.solver.capacitated import capacitated
from layers.siting.solver.constraints import Rule
from layers.siting.solver.covering import fewest
from layers.siting.solver.highs import Highs
from layers.siting.solver.instance import COVERAGE_MODELS, Instance
from layers.siting.solver.progress import Clock, Reason, Step
from layers.siting.solver.reduction import cover_of

#: How long to look for the largest spacing that would do, seconds.
WIDEST_SECONDS = 10.0
#: How long to look for what has room for everybody, seconds, each time.
ROOM_SECONDS = 10.0
#: So many demand points are named; the rest is counted.
NAMED = 10


def at_once(instance: Instance) -> tuple[Reason, ...]:
    """Return what can be seen to fail without a search."""
    return tuple(islice(_seen(instance), 4))


def _seen(instance: Instance) -> Iterator[Reason]:
    ids = instance.site_ids
    forced = np.flatnonzero(instance.forced & ~instance.existing)
    close = np.flatnonzero(_bound_to_meet(instance))
    if len(close) and instance.apart is None:
        one, other = instance.conflicts[close[0]]
        yield Reason(
            "spacing",
            Message(
                N_("必须保留的“{one}”与“{other}”小于最小间距：请放宽间距，或取消其中一处必选。"),
                {"one": ids[one], "other": ids[other]},
            ),
        )
    elif len(close):
        nearest = close[instance.gaps[close].argmin()]
        one, other = instance.conflicts[nearest]
        yield Reason(
            "spacing",
            Message(
                N_("必须保留的“{one}”与“{other}”小于最小间距：间距至多 {suffices} 米，或取消其中一处必选。"),
                {"one": ids[one], "other": ids[other], "suffices": rounded_down(instance.gaps[nearest])},
            ),
        )
    if instance.new is not None and len(forced) > instance.new:
        yield Reason(
            "new",
            Message(
                N_("必选 {forced} 处，多于新增数 {new}：新增数至少要 {suffices}。"),
                {"forced": len(forced), "new": instance.new, "suffices": len(forced)},
            ),
        )
    if instance.budget is not None:
        spent = float(instance.cost[forced].sum())
        free = np.flatnonzero(instance.free)
        if spent > instance.budget * (1 + 1e-9):
            yield Reason(
                "budget",
                Message(
                    N_("必选点共需 {suffices} 元，超过预算 {budget} 元：预算至少要 {suffices} 元。"),
                    {"suffices": spent, "budget": instance.budget},
                ),
            )
        elif (
            (instance.new is None or instance.new > 0)
            and not len(forced)
            and len(free)
            and instance.cost[free].min() > instance.budget * (1 + 1e-9)
        ):
            yield Reason(
                "budget",
                Message(
                    N_("最便宜的备选点也要 {suffices} 元，超过预算 {budget} 元：预算至少要 {suffices} 元。"),
                    {"suffices": float(instance.cost[free].min()), "budget": instance.budget},
                ),
            )
    if instance.model != "mclp":
        yield from _beyond(instance)
        yield from _full(instance)


def _bound_to_meet(instance: Instance) -> NDArray[np.bool_]:
    """Return which conflicts are between two sites that are both there in any case,
    not both of them standing already.
    """
    there, stands = (instance.forced | instance.existing)[instance.conflicts], instance.existing[instance.conflicts]
    return there.all(axis=1) & ~stands.all(axis=1)  # ty: ignore[invalid-explicit-return] - an axis is left


def rounded_down(metres: float) -> float:
    """Return a spacing as it is told: whole metres (centimetres below ten), never more than `metres`."""
    unit = 1.0 if metres >= 10 else 100.0
    return float(np.floor(metres * unit * (1 + NOISE)) / unit)


def _beyond(instance: Instance) -> Iterator[Reason]:
    pairs, times = instance.pairs, instance.cover
    usable = instance.existing | instance.free
    lost = pairs.counts(usable) < times
    if instance.horizon is not None:
        lost &= not usable.any()
    if instance.model == "pmedian":
        lost &= instance.weight > 0
    lost = np.flatnonzero(lost)
    if not len(lost):
        return
    if instance.apart is not None and len(instance.conflicts):
        widest = _clear(instance, lost)
        if widest is not None:
            yield Reason(
                "spacing",
                Message(
                    N_("{count} 个需求点够得到的备选点离现有点小于最小间距：间距至多 {suffices} 米才够得到它们。"),
                    {"count": len(lost), "suffices": rounded_down(widest)},
                ),
            )
    named = [str(instance.demand_ids[i]) for i in lost[:NAMED]]
    known = {
        "count": len(lost),
        "of": pairs.demands,
        "times": times,
        "demand": named,
        "names": ", ".join(named),
        "weight": float(instance.weight[lost].sum()),
    }
    if instance.model not in COVERAGE_MODELS:
        yield Reason(
            "reach",
            Message(
                N_(
                    "{count} 个需求点（共 {of} 个）到不了任何可用的点位，如 {names}："
                    "请补上它们的距离或路网，或补充备选点。"
                ),
                known,
            ),
        )
        return
    far = instance.farther(lost, usable, times) if instance.farther else None
    if far is None or not np.isfinite(far).all():
        yield Reason(
            "reach",
            Message(
                N_(
                    "{count} 个需求点（共 {of} 个）在半径 {radius} 内够不到 {times} 个可用的点位，如 {names}："
                    "请补充备选点或去掉这些需求点。"
                ),
                {**known, "radius": instance.radius},
            ),
        )
    else:
        yield Reason(
            "reach",
            Message(
                N_(
                    "{count} 个需求点（共 {of} 个）在半径 {radius} 内够不到 {times} 个可用的点位，如 {names}："
                    "半径至少要 {suffices}，或补充备选点。"
                ),
                {**known, "radius": instance.radius, "suffices": float(far.max())},
            ),
        )


def _clear(instance: Instance, lost: NDArray[np.intp]) -> float | None:
    """Return the largest spacing, metres,
    at which each demand of `lost` reaches enough usable sites; None where none would do.

    Only what stands already is in the way here: it is as much as the spacing
    may be, and may still be too much for what is chosen beside it.
    """
    room = np.full(instance.pairs.sites, np.inf)
    for one, other in ((0, 1), (1, 0)):
        stands = instance.existing[instance.conflicts[:, one]]
        np.minimum.at(room, instance.conflicts[stands, other], instance.gaps[stands])
    room[instance.forbidden] = -np.inf
    room[instance.existing] = np.inf
    start, site, times = instance.pairs.start, instance.pairs.site, instance.cover
    widest = np.inf
    for i in lost:
        held = np.sort(room[site[start[i] : start[i + 1]]])[::-1]
        if len(held) < times or held[times - 1] == -np.inf:
            return None
        widest = min(widest, held[times - 1])
    return float(widest)


def _full(instance: Instance) -> Iterator[Reason]:
    if instance.capacity is None:
        return
    stand = float(instance.limits[instance.existing].sum())
    free = np.sort(instance.limits[instance.free])[::-1]
    most = stand + float(free[: instance.new if instance.new is not None else len(free)].sum())
    total = float(instance.weight.sum())
    if instance.single_source:
        yield from _too_large(instance)
    if most < total * (1 - 1e-9):
        yield Reason(
            "capacity",
            Message(
                N_("点位的容量最多 {most}，需求共 {suffices}：容量还差 {lacking}。"),
                {"most": most, "suffices": total, "lacking": total - most},
            ),
        )


def _too_large(instance: Instance) -> Iterator[Reason]:
    """Tell of demand that no site in its reach has room for as a whole."""
    pairs = instance.pairs
    room = np.where(instance.existing | instance.free, instance.limits, -np.inf)
    most = -row_min(-room[pairs.site], pairs.start)
    lost = np.flatnonzero((instance.weight > most * (1 + 1e-9)) & np.isfinite(most))
    if len(lost):
        worst = int(lost[np.argmax(instance.weight[lost])])
        yield Reason(
            "capacity",
            Message(
                N_(
                    "{count} 个需求点比够得到的任何点位的容量都大，如 {names}：只由一处服务时容量至少要 {suffices}"
                    "，或允许一个点由几处分摊。"
                ),
                {
                    "count": len(lost),
                    "names": ", ".join(str(instance.demand_ids[i]) for i in lost[:NAMED]),
                    "suffices": float(instance.weight[worst]),
                },
            ),
        )


def after_search(instance: Instance, clock: Clock) -> Generator[Step, None, tuple[Reason, ...]]:
    """Search, for a problem without answer, which single condition to loosen; yields steps, returns the reasons."""
    found: list[Reason] = []
    if instance.capacity is not None:
        found += yield from _with_room(instance, clock)
    else:
        reached = instance if instance.model == "lscp" else _as_cover(instance)
        for condition, loose in _loosened(reached):
            reason = yield from _suffices(condition, loose, reached, clock)
            if reason:
                found.append(reason)
    if not found:
        found.append(
            Reason(
                "together",
                Message(
                    N_("各项条件单独都能满足，放在一起不能：请放宽新增数、预算、间距、容量或必选禁选中的一项以上。"), {}
                ),
            )
        )
    return tuple(found)


def _with_room(instance: Instance, clock: Clock) -> Generator[Step, None, list[Reason]]:
    """Search, under capacity, which condition to loosen: demand as a whole, the number, the budget."""
    found: list[Reason] = []
    far = (
        instance.radius if instance.model in COVERAGE_MODELS else float(instance.pairs.distance.max(initial=0.0)) + 1.0
    )
    served = instance.having(model="lscp", radius=far, backup=False)
    if instance.model == "pmedian":  # which does not ask that demand without weight be served
        rows = np.flatnonzero(instance.weight > 0)
        served = served.having(
            pairs=instance.pairs.of(rows),
            weight=instance.weight[rows],
            demand_ids=[instance.demand_ids[i] for i in rows],
            farther=None,
        )
    if instance.single_source:
        fits, _ = yield from _room_for(served.having(single_source=False), clock)
        if fits is not None:
            found.append(
                Reason(
                    "capacity",
                    Message(N_("每个需求点只由一处服务时容量拼不下：其他条件不变，允许一个点由几处分摊就能做到。"), {}),
                )
            )
    for condition, loose in _loosened(served):
        if condition == "spacing":
            continue
        fits, least = yield from _room_for(loose, clock)
        if fits is None:
            continue
        if condition == "new":
            msgid, params = (
                (
                    N_("新增 {new} 处不够：其他条件不变，至少要新增 {suffices} 处。")
                    if least
                    else N_("新增 {new} 处不够：其他条件不变，新增 {suffices} 处可以做到（可能还有更少的）。")
                ),
                {"new": instance.new, "suffices": len(fits)},
            )
        else:
            msgid, params = (
                (
                    N_("预算 {budget} 元不够：其他条件不变，至少要 {suffices} 元。")
                    if least
                    else N_("预算 {budget} 元不够：其他条件不变，{suffices} 元可以做到（可能还有更少的）。")
                ),
                {"budget": instance.budget, "suffices": float(loose.cost[fits].sum())},
            )
        found.append(Reason(condition, Message(msgid, params)))
    return found


def _room_for(instance: Instance, clock: Clock) -> Generator[Step, None, tuple[NDArray[np.int64] | None, bool]]:
    """Search the fewest sites (or the least cost) that have room for everybody;
    returns the best found and whether none is better.
    """
    if any(True for _ in at_once(instance)):
        return None, False
    best, lower, done = None, 0.0, False
    for step in capacitated(instance, Clock(min(clock.left, ROOM_SECONDS), lambda: clock.cancelled, clock.seed)):
        best = best if step.sites is None else step.sites
        lower = lower if step.bound is None else max(lower, step.bound)
        done |= step.done
        if step.waiting:
            yield step
    value = 0.0 if best is None else float(instance.cost[best].sum()) if instance.by_cost else float(len(best))
    return best, done or value <= lower * (1 + 1e-9)


def _as_cover(instance: Instance) -> Instance:
    """Return the covering problem that asks only that every demand reaches some open site."""
    far = float(instance.pairs.distance.max(initial=0.0)) + 1.0
    return instance.having(model="lscp", radius=far, capacity=None)


def _loosened(instance: Instance) -> Iterator[tuple[str, Instance]]:
    if instance.new is not None:
        yield "new", instance.having(new=None)
    if instance.budget is not None:
        yield "budget", instance.having(budget=None, by_cost=True)
    if len(instance.conflicts):
        yield "spacing", instance.having(conflicts=np.empty((0, 2), np.int64), apart=None)


def _suffices(condition: str, loose: Instance, asked: Instance, clock: Clock) -> Generator[Step, None, Reason | None]:
    rule = Rule.of(loose)
    cover, beyond = cover_of(loose, rule)
    if len(beyond):
        return None
    price: NDArray[np.float64] = rule.cost.copy() if loose.by_cost else np.ones(len(rule))
    with Highs(clock) as highs:
        answer = yield from fewest(cover, rule, price, clock, highs, loose.by_cost)
    if not answer or answer[0] is None:
        return None
    chosen = rule.sites[answer[0]]
    if condition == "new":
        return Reason(
            "new",
            Message(
                N_("新增 {new} 处不够：其他条件不变，至少要新增 {suffices} 处。"),
                {"new": asked.new, "suffices": len(chosen)},
            ),
        )
    if condition == "budget":
        return Reason(
            "budget",
            Message(
                N_("预算 {budget} 元不够：其他条件不变，至少要 {suffices} 元。"),
                {"budget": asked.budget, "suffices": float(loose.cost[chosen].sum())},
            ),
        )
    if asked.apart is None:
        return Reason("spacing", Message(N_("最小间距使所有需求无法都被服务：不限间距时可以做到，请放宽间距。"), {}))
    suffices, largest = yield from _widest(
        asked, Clock(min(clock.left, WIDEST_SECONDS), lambda: clock.cancelled, clock.seed)
    )
    if largest:
        return Reason(
            "spacing",
            Message(
                N_("最小间距使所有需求无法都被服务：其他条件不变，间距至多 {suffices} 米。"),
                {"suffices": rounded_down(suffices)},
            ),
        )
    return Reason(
        "spacing",
        Message(
            N_("最小间距使所有需求无法都被服务：其他条件不变，间距 {suffices} 米时可以做到（可能还有更大的）。"),
            {"suffices": rounded_down(suffices)},
        ),
    )


def _widest(asked: Instance, clock: Clock) -> Generator[Step, None, tuple[float, bool]]:
    """Search for the largest spacing with an answer, for a problem that has one without any; yields steps.

    The fewer sites exclude each other, the more can be chosen: what fits at
    one spacing fits at each smaller one, so distances are halved between the
    largest known to do and the smallest known not to.

    Returns
    -------
    tuple of (float, bool)
        Metres, and whether any larger spacing is known not to do.
    """
    levels = np.unique(asked.gaps)  # at the least of them no two sites exclude each other
    low, high = 0, len(levels)
    while high - low > 1:
        middle = (low + high) // 2
        fits = yield from _fits(asked.spaced(levels[middle]), clock)
        if fits is None:
            break
        low, high = (middle, high) if fits else (low, middle)
    return float(levels[low]), high - low == 1


def _fits(instance: Instance, clock: Clock) -> Generator[Step, None, bool | None]:
    """Search for any choice that meets every need and condition;
    returns whether there is one, None when the time was over.
    """
    if _bound_to_meet(instance).any():
        return False
    rule = Rule.of(instance)
    cover, beyond = cover_of(instance, rule)
    if len(beyond):
        return False
    with Highs(clock) as highs:
        search = fewest(cover, rule, np.ones(len(rule)), clock, highs)
        for step in search:
            if step.sites is not None or step.done:
                search.close()
                return step.sites is not None
            yield step
    return None
