"""``plan`` where what stands may change: close, move, upgrade, the fewest for a share, the worst zone first."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.locale import Gettext
from geodata.errors import N_, AtlasError
from layers.atlas import Atlas
from layers.siting.case import Case
from layers.siting.prepare import Prepared, Wish
from layers.siting.reorganising import (
    afterwards,
    changed_ids,
    moves_within,
    numbered,
    places_of_sites,
    zone_of_cells,
)
from layers.siting.solver import (
    COST,
    COVER,
    FAIR,
    FEWEST,
    Change,
    Clock,
    Reorganised,
    missed,
    reorganise,
)
from layers.siting.tables import PointTable

NAMED = 20


def add_options(one: argparse.ArgumentParser, words: Gettext) -> None:
    """Add the options of a plan in which what stands may change."""
    one.add_argument("--close", type=int, metavar="C", help=words("最多撤并几处现有点（迁移的不算在内）"))
    one.add_argument("--close-least", type=int, metavar="C", help=words("至少撤并几处现有点（迁移的不算在内）"))
    one.add_argument("--move", type=int, metavar="M", help=words("最多迁移几处现有点：一处撤、一处设，不占新增数"))
    one.add_argument("--move-within", type=float, metavar="M", help=words("迁移的直线距离不超过多少米；不给则不限"))
    one.add_argument("--keep", action="append", metavar="ID", help=words("不得撤并或迁移的现有点，可多次给出"))
    one.add_argument("--closing-cost", type=float, metavar="YUAN", help=words("撤并（含迁移）一处多少元，计入预算"))
    one.add_argument(
        "--upgrade", type=int, metavar="K", help=words("最多把几处现有点升级为 24 小时（要同时给 --hours）")
    )
    one.add_argument("--upgrade-cost", type=float, metavar="YUAN", help=words("升级一处多少元，计入预算"))
    one.add_argument(
        "--share", type=float, metavar="X", help=words("至少覆盖全部需求权重的多少（0 到 1）；lscp：达到它的最少点位")
    )
    one.add_argument(
        "--zone-share",
        type=float,
        metavar="Y",
        help=words("每个片区至少覆盖需求权重的多少（0 到 1）；片区是需求点的 zone 列，图册里是街道片区"),
    )
    one.add_argument(
        "--fair", action="store_true", help=words("先抬最低的片区，再抬次低的（字典序最大最小），代替覆盖总量")
    )


def asked(options: argparse.Namespace) -> bool:
    """Return whether the options let what stands change, or ask for a share or fairness."""
    names = ("close", "close_least", "move", "keep", "closing_cost", "upgrade", "upgrade_cost", "share", "zone_share")
    return options.fair or options.move_within is not None or any(getattr(options, one) is not None for one in names)


def wished(wish: Wish, options: argparse.Namespace, candidates: int) -> tuple[Wish, str]:
    """Return the wish as a maximal cover, and the aim.

    Raises
    ------
    AtlasError
        The model, or an option, does not go with it.
    """
    if wish.model not in ("mclp", "lscp") or wish.cover != 1 or wish.backup:
        raise AtlasError(N_("撤并、迁移、升级、比例和公平只用于不限容量、覆盖一次的 mclp 和 lscp。"))
    if options.upgrade and wish.hours is None:
        raise AtlasError(N_("升级为 24 小时要看时段：请同时给 --hours，例如 --hours 0-24。"))
    if options.curve:
        raise AtlasError(N_("--curve 不与撤并、迁移、升级、比例或公平同时给：请去掉其中一个。"))
    if wish.model == "lscp" and options.fair:
        raise AtlasError(N_("--fair 求的是覆盖，与 lscp 不能同时给：请用 mclp，或给 --zone-share。"))
    if wish.model == "lscp":
        return replace(wish, model="mclp", new=wish.new or candidates, by_cost=False), COST if wish.by_cost else FEWEST
    new = 0 if wish.new is None and wish.budget is None else wish.new
    return replace(wish, new=new), FAIR if options.fair else COVER


def zones_of(demand: PointTable, prepared: Prepared, found: Case | None, atlas: Atlas | None) -> list[str]:
    """Return the zone of each element of the instance; empty where none is known."""
    if found is not None and atlas is not None:
        told = zone_of_cells(atlas, found)
    else:
        told = demand.frame["zone"].str.strip().tolist() if "zone" in demand.frame else [""] * len(demand.ids)
    ids = prepared.instance.demand_ids
    place = {one: at for at, one in enumerate(demand.ids)}
    # elements of hours are named id#pattern, those of a group id/group
    return [told[place[one.split("#")[0].split("/")[0]]] for one in ids]


def change_of(options: argparse.Namespace, aim: str, prepared: Prepared, zones: list[str]) -> tuple[Change, list[str]]:
    """Return the change that the options ask for, and the names of the zones.

    Raises
    ------
    AtlasError
        A site to be kept does not stand, or positions are needed.
    """
    instance = prepared.instance
    place = {one: at for at, one in enumerate(instance.site_ids)}
    keep = np.zeros(len(place), bool)
    for one in options.keep or ():
        if one not in place or not instance.existing[place[one]]:
            raise AtlasError(N_("要保留的“{id}”不是现有点：请检查编号。"), id=one)
        keep[place[one]] = True
    zone, names = numbered(zones)
    moves = None
    if options.move_within is not None:
        if prepared.places is None:
            raise AtlasError(N_("--move-within 需要点位的坐标：请在各表中加上 x,y 或 lon,lat。"))
        moves = moves_within(prepared.places, instance, options.move_within)
    change = Change(
        aim=aim,
        close=max(options.close or 0, options.close_least or 0),
        least=options.close_least or 0,
        move=options.move or 0,
        moves=moves,
        upgrade=options.upgrade,
        keep=keep,
        closing=None if options.closing_cost is None else np.full(len(place), options.closing_cost),
        place=places_of_sites(instance),
        share=options.share,
        zone=zone if names else None,
        zone_share=options.zone_share,
    )
    return change, names


def solved(
    prepared: Prepared, change: Change, options: argparse.Namespace, waiting: Callable[[], None]
) -> tuple[Reorganised, Prepared]:
    """Return the answer, and the instance in which what closes is gone: there its sites are judged."""
    last = None
    for last in reorganise(prepared.instance, change, Clock(options.time_limit, seed=options.seed)):
        if last.waiting:
            waiting()
    assert last is not None
    return last, afterwards(prepared, last)


def told(
    last: Reorganised, prepared: Prepared, now: Prepared, change: Change, names: list[str], aim: str
) -> dict[str, Any]:
    """Return what changes and what it does, as plain data: what is won, what is lost, zone by zone."""
    instance, ids = prepared.instance, prepared.instance.site_ids
    standing = [{"id": ids[site], "only_it_reaches": weight} for site, weight in missed(instance)[:NAMED]]
    result: dict[str, Any] = {"aim": aim, "least_missed": standing}
    if last.status == "infeasible" or last.objective is None:
        return result
    there = now.instance.existing.copy()
    there[last.opened] = True
    before = instance.pairs.counts(instance.existing) > 0
    after = instance.pairs.counts(there) > 0
    weight = instance.weight
    opened, closed, upgraded = changed_ids(last, ids)
    result |= {
        "opened": opened,
        "closed": closed,
        "upgraded": upgraded,
        "won_weight": float(weight[after & ~before].sum()),
        "lost_weight": float(weight[before & ~after].sum()),
        "covered_weight_before": float(weight[before].sum()),
        "cost": float(instance.cost[last.opened].sum())
        + (0.0 if change.closing is None else float(sum(change.closing[j] for j in last.closed if ids[j] in closed))),
    }
    if names and change.zone is not None:
        result["zones"] = {
            name: {
                "weight": float(weight[change.zone == at].sum()),
                "share_before": _share(weight, before, change.zone == at),
                "share_after": _share(weight, after, change.zone == at),
            }
            for at, name in enumerate(names)
        }
    return result


def _share(weight: NDArray[np.float64], reached: NDArray[np.bool_], mine: NDArray[np.bool_]) -> float | None:
    whole = float(weight[mine].sum())
    return float(weight[mine & reached].sum()) / whole if whole else None
