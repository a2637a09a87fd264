"""``plan``: where further stations should stand, with a bound, a proof where there is one, and reasons."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.commands import plan_aims, plan_case, plan_change, plan_stages
from dashboard.commands.parsing import Add
from dashboard.locale import Gettext
from geodata.errors import N_, AtlasError
from layers.atlas import Atlas
from layers.filters import PROXIES
from layers.siting import evidence
from layers.siting.answer import plain
from layers.siting.ask import hours_of
from layers.siting.capacity import limited
from layers.siting.lines import Lines, is_lines, read_lines
from layers.siting.network import REACH_M
from layers.siting.prepare import Prepared, Wish, prepare
from layers.siting.reorganising import as_progress, with_upgrades
from layers.siting.solver import MODELS, Instance, Progress, solve
from layers.siting.tables import Edges, read_edges, read_matrix, read_points

#: So long at most, seconds, when nobody says how long.
SECONDS = 120.0
NAMED = 20
#: Under capacity a demand point may be shared by several sites, or one site serves it as a whole.
SOURCING = ("shared", "single")


def add_parsers(add: Add, words: Gettext) -> None:
    """Add the command; options that cannot go together are told when it runs."""
    one = add("plan", words("为新增驿站选址"), with_json=True)
    one.add_argument(
        "--model",
        choices=MODELS,
        default=MODELS[0],
        help=words("mclp 最大覆盖（默认）· lscp 集合覆盖 · pmedian p-中位 · pcenter p-中心"),
    )
    plan_case.add_options(one, words)
    plan_change.add_options(one, words)
    plan_stages.add_options(one, words)
    plan_aims.add_options(one, words)
    one.add_argument(
        "--demand",
        type=Path,
        metavar="CSV",
        help=words("需求点：id,x,y（米）或 id,lon,lat（度），可加 weight、worker_group、hour_profile"),
    )
    one.add_argument(
        "--candidates",
        type=Path,
        metavar="CSV",
        help=words(
            "备选点：id,x,y 或 id,lon,lat，可加 cost（元）、capacity、rule（free、fixed、forbidden）、opening_hours"
        ),
    )
    one.add_argument("--existing", type=Path, metavar="CSV", help=words("现有点，一律保留：列同备选点"))
    one.add_argument(
        "--cost-matrix",
        type=Path,
        metavar="CSV",
        help=words("费用表 demand,candidate,cost，代替坐标；没有的一对视为不可达"),
    )
    one.add_argument(
        "--network",
        type=Path,
        metavar="FILE",
        help=words(
            "步行路网：GeoPackage、GeoJSON 或压缩的 Shapefile 中的线（沿线走，两端走直线上下路网）；"
            "或表 from,to,cost（或 OR-Library 文件），点的编号即节点编号，重复的边以后一行为准"
        ),
    )
    one.add_argument(
        "--access", type=float, default=REACH_M, metavar="M", help=words("点离路网的线最多多少米，默认 500")
    )
    one.add_argument(
        "--radius", type=float, metavar="M", help=words("服务半径（米，或费用表的单位）：等于半径也算覆盖")
    )
    one.add_argument("--detour", type=float, help=words("绕行系数：路程 = 直线距离 × 系数，默认 1；从图册选址默认 1.3"))
    one.add_argument("--new", type=int, metavar="P", help=words("在现有点之外最多新增几处（必选的也算在内）"))
    one.add_argument("--budget", type=float, metavar="YUAN", help=words("新增各处的费用合计不超过多少元"))
    one.add_argument(
        "--spacing", type=float, metavar="M", help=words("任何两处之间直线距离不小于多少米（现有点之间不论）")
    )
    one.add_argument(
        "--cover",
        type=int,
        default=1,
        metavar="K",
        help=words("需求点须在 K 处的半径之内才算覆盖（mclp、lscp），默认 1"),
    )
    one.add_argument(
        "--backup",
        action="store_true",
        help=words("备份覆盖：mclp 等于 --cover 2；lscp 先求最少点位，再求其中至少两次覆盖的需求点最多"),
    )
    one.add_argument(
        "--sourcing",
        choices=SOURCING,
        default=SOURCING[0],
        help=words("有 capacity 时：shared 一个需求点可由几处分摊（默认）· single 一个需求点只由一处服务"),
    )
    one.add_argument(
        "--capacity",
        type=float,
        metavar="W",
        help=words("每处（现有的和新建的）至多服务多少需求权重；表中写明 capacity 的不变"),
    )
    one.add_argument("--by-cost", action="store_true", help=words("lscp：求费用最少，而不是点位最少"))
    one.add_argument("--force", action="append", default=[], metavar="ID", help=words("必选的备选点，可多次给出"))
    one.add_argument("--forbid", action="append", default=[], metavar="ID", help=words("禁选的备选点，可多次给出"))
    one.add_argument("--group", help=words("只计这一人群（worker_group）的需求"))
    one.add_argument(
        "--proxy",
        choices=PROXIES,
        default=PROXIES[0],
        help=words("图册里的需求按什么推算：poi 设施个数（默认）· floor 建筑面积；两种从不相加"),
    )
    one.add_argument("--hours", metavar="H-H", help=words("只计这些整点的需求和营业，如 22-6 或 0-24；不给则不分时刻"))
    one.add_argument(
        "--weekday", type=int, default=3, choices=range(1, 8), metavar="1-7", help=words("星期几的营业时间，默认 3")
    )
    one.add_argument(
        "--time-limit",
        type=float,
        default=SECONDS,
        metavar="S",
        help=words("最多算多少秒，默认 120；到时给出现有的最好答案"),
    )
    one.add_argument("--seed", type=int, default=0, help=words("随机搜索的种子：种子相同，答案相同"))
    one.add_argument("--curve", action="store_true", help=words("另给新增 0 到 P 处各自的最优值，以及方案是否逐个相套"))


def wish_of(options: argparse.Namespace) -> Wish:
    """Return what the options ask for."""
    if options.cost_matrix and options.network:
        raise AtlasError(N_("--cost-matrix 和 --network 只能给一个。"))
    if options.detour is not None and (options.cost_matrix or options.network):
        raise _detour_unused()
    if options.new is not None and options.new < 0:
        raise AtlasError(N_("新增数 {got} 不可用：请给不小于 0 的整数。"), got=options.new)
    double = options.backup and options.model == "mclp"
    return Wish(
        model=options.model,
        radius=options.radius,
        detour=1.0 if options.detour is None else options.detour,
        new=options.new,
        budget=options.budget,
        spacing=options.spacing,
        cover=max(2, options.cover) if double else options.cover,
        backup=options.backup and not double,
        by_cost=options.by_cost,
        single_source=options.sourcing == "single",
        group=options.group,
        hours=hours_of(options.hours),
        weekday=options.weekday,
        force=tuple(options.force),
        forbid=tuple(options.forbid),
    )


def _detour_unused() -> AtlasError:
    return AtlasError(N_("--detour 只用于直线距离，不能与 --network 或 --cost-matrix 同时给：请去掉其中一个。"))


def network_of(options: argparse.Namespace) -> Edges | Lines | None:
    """Return the network that the options name."""
    if not (np.isfinite(options.access) and options.access >= 0):
        raise AtlasError(N_("{name} 的值 {got} 不可用：请给不小于 0 的数。"), name="--access", got=options.access)
    if not options.network:
        return None
    return read_lines(options.network) if is_lines(options.network) else read_edges(options.network)


def plan(
    options: argparse.Namespace, words: Gettext, say: Callable[[str], None], atlas: Callable[[], Atlas] | None = None
) -> dict[str, Any]:
    """Run a plan and return what is known of it.

    Parameters
    ----------
    atlas : callable, optional
        Gives the atlas; asked only when a place is given.

    Returns
    -------
    dict
        As DESIGN §9 has it. ``gap`` is ``|bound − objective| / |objective|``.
        ``covered_share_weighted`` is of all demand weight, ``covered_share_unweighted``
        of all demand points (times hours, when hours are asked);
        ``denominators`` holds both. Shares are between 0 and 1.

    Raises
    ------
    AtlasError
        An input is wrong.
    """
    if options.time_limit is not None and not options.time_limit > 0:
        raise AtlasError(N_("时限 {got} 不可用：请给大于 0 的秒数。"), got=options.time_limit)
    if not options.place and not options.demand:
        raise AtlasError(N_("请给 --place（从图册选址）或 --demand（从文件选址）。"))
    if options.place and options.network and options.detour is not None:
        raise _detour_unused()
    new, budget = plan_stages.total(options)
    in_stages = new is not None or budget is not None
    if in_stages:
        options = argparse.Namespace(**{**vars(options), "new": new, "budget": budget})
    found = plan_case.case_of(options, atlas()) if options.place and atlas else None
    wish = found.wish if found else wish_of(options)
    network = network_of(options)
    demand, candidates, existing = (
        (found.demand, found.candidates, found.existing)
        if found
        else (
            read_points(options.demand),
            read_points(options.candidates) if options.candidates else None,
            read_points(options.existing) if options.existing else None,
        )
    )
    if options.capacity is not None:
        if not (np.isfinite(options.capacity) and options.capacity > 0):
            raise AtlasError(N_("“每处容量”不能是 {got}：请给大于 0 的需求权重。"), got=options.capacity)
        candidates, existing = (limited(one, options.capacity) if one else None for one in (candidates, existing))
    changing = plan_change.asked(options)
    aims = plan_aims.asked(options)
    if changing and aims:
        raise AtlasError(
            N_("{options} 不能同时给：请只留一个。"),
            options=f"{aims}, --close/--move/--upgrade/--share/--zone-share/--fair",
        )
    if aims == "--front" and options.front == "walk":
        wish = replace(wish, model="pmedian")
    if changing and (in_stages or options.draws):
        raise AtlasError(N_("分期和重抽需求不与撤并、迁移、升级、比例或公平同时给：请去掉其中一个。"))
    aim = ""
    if changing:
        if candidates is not None:
            candidates = with_upgrades(candidates, existing, options.upgrade_cost or 0.0, options.upgrade)
        wish, aim = plan_change.wished(wish, options, len(candidates.ids) if candidates else 0)
    if found and candidates is not None:
        prepared = replace(found, wish=wish, candidates=candidates, existing=existing).prepared(network, options.access)
    else:
        matrix = read_matrix(options.cost_matrix) if options.cost_matrix else None
        prepared = prepare(wish, demand, candidates, existing, matrix, network, options.access)
    if prepared.dropped:
        say(
            words("{count} 个备选点已是现有点，不再作为备选：{names}").format(
                count=len(prepared.dropped), names=", ".join(prepared.dropped[:NAMED])
            )
        )
    if prepared.unknown:
        say(words("费用表有 {count} 行的编号不在需求点或点位表中，未计入。").format(count=prepared.unknown))
    _say_apart(prepared, words, say)
    last: Any = None  # there is always one
    told_wait = False

    def waiting() -> None:
        nonlocal told_wait
        if not told_wait:
            told_wait = True
            say(words("其他方案正在计算，本方案在排队。"))

    changed: dict[str, Any] = {}
    if changing:
        zones = plan_change.zones_of(demand, prepared, found, atlas() if found and atlas else None)
        change, names = plan_change.change_of(options, aim, prepared, zones)
        answer, now = plan_change.solved(prepared, change, options, waiting)
        changed = plan_change.told(answer, prepared, now, change, names, aim)
        last, prepared = as_progress(answer), now
    elif aims:
        here = atlas() if found and atlas else None
        last, changed = plan_aims.solved(
            aims,
            prepared,
            demand,
            options,
            found,
            here,
            lambda: plan_change.zones_of(demand, prepared, found, here),
            waiting,
        )
    elif in_stages:
        last, changed = plan_stages.ordered(prepared, options)
    else:
        for last in solve(prepared.instance, options.time_limit, options.seed):
            if last.waiting:
                waiting()
    for reason in last.reasons:
        say(reason.text(words))
    result = described(prepared, last, wish, words) | changed
    if options.curve and last.status != "infeasible" and wish.model != "lscp":
        result.update(_curve(prepared.instance, last, options))
    if options.draws is not None and last.objective is not None:
        result["stability"] = plan_stages.drawn(prepared, last.sites, options)
    if found and atlas:
        result |= {
            "case": plan_case.told(found, atlas(), options.candidates, options.network),
            "places": plan_case.places_of(found, changed.get("opened", result["sites"])),
        }
        plan_case.say_unplaced(found, result, words, say)
        if result["objective"] is not None and not network and not changing:
            result["fairness"] = plan_case.fairness_of(found, list(result["places"].values()))
    return result


def _say_apart(prepared: Prepared, words: Gettext, say: Callable[[str], None]) -> None:
    """Say that a network (or cost table) is not connected, and which demand has no way at all."""
    if prepared.lost:
        say(
            words(
                "路网或费用表不连通：{count} 个需求点（共 {of} 个）没有路到任何可用的点位：{names}。"
                "请补上断开的路段，或在那里补充备选点。"
            ).format(
                count=len(prepared.lost),
                of=prepared.points,
                names=", ".join(prepared.lost[:NAMED]) + (" …" if len(prepared.lost) > NAMED else ""),
            )
        )
    elif prepared.parts > 1:
        say(words("路网或费用表分成互不相通的 {count} 部分，各部分都有可用的点位。").format(count=prepared.parts))


def described(prepared: Prepared, last: Progress, wish: Wish, words: Gettext) -> dict[str, Any]:
    """Return an answer as plain data."""
    instance, ids = prepared.instance, prepared.instance.site_ids
    total = float(instance.weight.sum())
    slots = int(prepared.hours.sum())
    result: dict[str, Any] = {
        "status": last.status,
        "model": wish.model,
        "objective": last.objective,
        "bound": last.bound,
        "gap": last.gap,
        "sites": [ids[j] for j in last.sites],
        "fixed": [ids[j] for j in np.flatnonzero(instance.existing)],
        "forced": [ids[j] for j in np.flatnonzero(instance.forced & ~instance.existing)],
        "covered_weight": None,
        "covered_share_weighted": None,
        "covered_share_unweighted": None,
        "denominators": {
            "demand_weight": total,
            "demand_points": prepared.points,
            "hours": slots // max(prepared.points, 1),
        },
        "cost": float(instance.cost[last.sites].sum()),
        "seconds": last.seconds,
        "why": {},
        "radius": wish.radius,
        "new": wish.new,
        "cover": wish.cover,
    }
    if prepared.parts > 1 or prepared.lost:
        result["disconnected"] = {
            "parts": prepared.parts,
            "unreachable": len(prepared.lost),
            "demand": list(prepared.lost[:NAMED]),
        }
    if instance.capacity is not None:
        result["sourcing"] = SOURCING[instance.single_source]
    if last.assigned is not None:
        who = zip(instance.demand_ids, last.assigned.tolist(), strict=True)
        result["assigned"] = {str(one): ids[site] for one, site in who if site >= 0}
    if last.status == "infeasible":
        result["reasons"] = [
            {"condition": one.condition, "message": one.text(words), **one.message.params} for one in last.reasons
        ]
        return result
    if last.objective is None:
        return result
    if wish.radius is not None:
        result.update(_coverage(prepared, last, wish))
        if instance.capacity is not None and wish.model == "mclp":
            # under capacity, in reach is not served
            result["covered_weight"] = last.objective
            result["covered_share_weighted"] = last.objective / total if total else None
    way = evidence.equity(instance, last.sites)
    before = evidence.equity(instance, np.empty(0, np.int64))
    if wish.model in ("pmedian", "pcenter"):
        result["equity"] = {
            "gini": way.gini,
            "mean_distance": way.mean,
            "gini_before": before.gini,
            "mean_distance_before": before.mean,
        }
    result["why"] = _why(prepared, last, words)
    return result


def _coverage(prepared: Prepared, last: Progress, wish: Wish) -> dict[str, Any]:
    instance = prepared.instance
    found = evidence.covered(instance, last.sites, wish.cover)
    before = evidence.covered(instance, np.empty(0, np.int64), wish.cover)
    counts = evidence.reach_counts(instance, last.sites, instance.radius)
    slots = float(prepared.hours.sum())

    def share(part: float, whole: float) -> float | None:
        return part / whole if whole else None

    points = float(prepared.hours[counts >= wish.cover].sum())
    twice = float(prepared.hours[counts >= 2].sum())
    out = evidence.uncovered(instance, last.sites)
    return {
        "covered_weight": found.weight,
        "covered_share_weighted": share(found.weight, found.weight_of),
        "covered_share_unweighted": share(points, slots),
        "covered_points": points,
        "covered_weight_before": before.weight,
        "backup": {
            "weight": found.backup_weight,
            "share_weighted": share(found.backup_weight, found.weight_of),
            "points": twice,
            "share_unweighted": share(twice, slots),
        },
        "uncovered": {
            "points": len(out),
            "weight": float(instance.weight[out].sum()),
            "heaviest": [{"id": instance.demand_ids[i], "weight": float(instance.weight[i])} for i in out[:NAMED]],
        },
    }


def _why(prepared: Prepared, last: Progress, words: Gettext) -> dict[str, Any]:
    instance = prepared.instance
    total = float(instance.weight.sum())
    why = {}
    for one in evidence.explain(instance, last.sites, prepared.places):
        if one.exclusive is not None:
            text = words(
                "半径内需求 {reached}，其中 {newly} 原先没有覆盖；"
                "只靠它覆盖的有 {exclusive}，占全部需求权重的 {share}。"
            ).format(
                reached=plain(one.reached),
                newly=plain(one.newly),
                exclusive=plain(one.exclusive),
                share=f"{one.exclusive / total:.1%}" if total else "—",
            )
        elif one.loss is not None:
            text = words("去掉它，目标值变差 {loss}；它是 {served} 需求权重的最近点。").format(
                loss=plain(one.loss), served=plain(one.served)
            )
        else:
            text = words("去掉它，有需求点就到不了任何点位。")
        why[instance.site_ids[one.site]] = {
            "reached_weight": one.reached,
            "exclusive_weight": one.exclusive,
            "newly_covered_weight": one.newly,
            "served_weight": one.served,
            "loss_when_removed": one.loss,
            "rank_when_removed": one.rank,
            "nearest_other": instance.site_ids[one.nearest] if one.nearest is not None else None,
            "nearest_other_m": one.nearest_m,
            "cost": float(instance.cost[one.site]),
            "forced": bool(instance.forced[one.site]),
            "text": text,
        }
    return why


def _curve(instance: Instance, last: Progress, options: argparse.Namespace) -> dict[str, Any]:
    upto = len(last.sites)
    plans = evidence.curve(instance, upto, options.time_limit, options.seed)
    able = [one for one in plans if one.objective is not None]
    rows, before = [], None
    for one in able:
        rows.append(
            {
                "new": len(one.sites),
                "objective": one.objective,
                "bound": one.bound,
                "status": one.status,
                "gain": None if before is None else abs(one.objective - before),  # ty: ignore[unsupported-operator] - both have an answer
                "sites": [instance.site_ids[j] for j in one.sites],
            }
        )
        before = one.objective
    nested, broken = evidence.nests([one.sites for one in able])
    return {"curve": rows, "nests": nested, "nests_until": None if broken is None else rows[broken - 1]["new"]}
