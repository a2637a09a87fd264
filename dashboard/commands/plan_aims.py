"""``plan`` with two aims (``--front``), with attendance that falls (``--attendance``, ``--open-share``), for several
demands at once (``--demands``).
"""

from __future__ import annotations

import argparse
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from dashboard.locale import Gettext
from geodata.errors import N_, AtlasError
from layers.atlas import Atlas
from layers.siting.case import Case
from layers.siting.demands import weights_of
from layers.siting.front import AIMS, ZONE, front
from layers.siting.prepare import Prepared
from layers.siting.reorganising import numbered
from layers.siting.solver import (
    REGRET,
    WORST,
    Attendance,
    Clock,
    Progress,
    attended,
    expected,
    exponential,
    linear,
    robust,
)
from layers.siting.tables import PointTable

_FALL = re.compile(r"(linear|exp):(\d{1,7}(?:\.\d{1,3})?)\Z")


def add_options(one: argparse.ArgumentParser, words: Gettext) -> None:
    """Add the options."""
    one.add_argument(
        "--front",
        choices=AIMS,
        help=words("前沿：覆盖对 number 新增处数 · cost 费用 · zone 最低的片区 · walk 平均步行"),
    )
    one.add_argument(
        "--front-points", type=int, default=12, metavar="N", help=words("前沿上的点数，默认 12；0 为全部的点")
    )
    one.add_argument(
        "--attendance",
        metavar="F",
        help=words("到场随距离减少：linear:近（近处以内全到，到服务半径处为 0）或 exp:米（e 的 −距离÷米 次方）"),
    )
    one.add_argument(
        "--open-share", type=float, metavar="P", help=words("遇到开门的概率（0 到 1）：关着就去下一处（mclp）")
    )
    one.add_argument(
        "--demands",
        action="append",
        metavar="D",
        help=words("另一种需求，可多次给出：人群*1.5、poi 或 floor、表 id,weight；求对现在和这些都好的一个方案"),
    )
    one.add_argument(
        "--robust",
        choices=(WORST, REGRET),
        default=WORST,
        help=words("几种需求：worst 最差的一种覆盖最多（默认）· regret 最大的遗憾最小"),
    )


def asked(options: argparse.Namespace) -> str | None:
    """Return which of the three is asked.

    Raises
    ------
    AtlasError
        More than one is, or beside what they do not go with.
    """
    names = {
        "--front": options.front,
        "--attendance": options.attendance or options.open_share,
        "--demands": options.demands,
    }
    given = [name for name, value in names.items() if value is not None]
    if not given:
        return None
    if options.demands is not None and options.hours:
        raise AtlasError(N_("几种需求一起考虑时不分时刻：请不要选时段（--hours）。"))
    others = [
        f"--{name.replace('_', '-')}"
        for name in ("stages", "stage_budgets", "draws", "capacity", "backup")
        if getattr(options, name)
    ]
    if len(given) + len(others) > 1:
        raise AtlasError(N_("{options} 不能同时给：请只留一个。"), options=", ".join(given + others))
    return given[0]


def attendance_of(options: argparse.Namespace) -> Attendance:
    """Return how attendance falls; without an option it is whole within the radius.

    Raises
    ------
    AtlasError
        It cannot be read.
    """
    radius = float(options.radius) if options.radius else 500.0
    if options.attendance is None:
        return linear(radius, radius)
    found = _FALL.match(options.attendance)
    if not found:
        raise AtlasError(N_("到场“{got}”读不懂：请写成 linear:300 或 exp:400 的样子。"), got=options.attendance)
    return linear(float(found[2]), radius) if found[1] == "linear" else exponential(float(found[2]))


def solved(
    asked_for: str,
    prepared: Prepared,
    demand: PointTable,
    options: argparse.Namespace,
    found: Case | None,
    atlas: Atlas | None,
    zones: Callable[[], list[str]],
    waiting: Callable[[], None],
) -> tuple[Progress, dict[str, Any]]:
    """Return the plan and what is told of it beside."""
    clock = Clock(options.time_limit, seed=options.seed)
    if asked_for == "--front":
        return _front(prepared, options, zones, clock)
    if asked_for == "--demands":
        names, weights = weights_of(options.demands, prepared, demand, found, atlas)
        return _robust(prepared, names, weights, options.robust, clock)
    return _expected(prepared, options, _told(waiting), clock)


def _told(waiting: Callable[[], None]) -> Callable[[Iterator[Progress]], Progress]:
    def last(steps: Iterator[Progress]) -> Progress:
        found: Any = None  # there is always one
        for found in steps:
            if found.waiting:
                waiting()
        return found

    return last


def _expected(
    prepared: Prepared, options: argparse.Namespace, last: Callable[[Iterator[Progress]], Progress], clock: Clock
) -> tuple[Progress, dict[str, Any]]:
    instance, fall = prepared.instance, attendance_of(options)
    open_share = 1.0 if options.open_share is None else options.open_share
    answer = last(expected(instance, fall, open_share, clock))
    if answer.objective is None:
        return answer, {}
    total = float(instance.weight.sum())
    before = float(instance.weight @ attended(instance, np.empty(0, np.int64), fall, open_share))
    after = float(instance.weight @ attended(instance, answer.sites, fall, open_share))
    return answer, {
        "attendance": {
            "function": options.attendance or "radius",
            "open_share": open_share,
            "expected_weight": after,
            "expected_share": after / total if total else None,
            "expected_weight_before": before,
        }
    }


def _robust(
    prepared: Prepared, names: Sequence[str], weights: np.ndarray, aim: str, clock: Clock
) -> tuple[Progress, dict[str, Any]]:
    last = deque(robust(prepared.instance, weights, aim, clock, names), maxlen=1)[0]
    answer = Progress(last.status, last.sites, last.objective, last.bound, "done", clock.passed, reasons=last.reasons)
    if last.objective is None:
        return answer, {}
    ids = prepared.instance.site_ids
    return answer, {
        "robust": {
            "aim": aim,
            "demands": {
                name: {
                    "weight": float(weight.sum()),
                    "covered_share": float(share),
                    "best_share": float(most),
                    "regret": float(most - share),
                    "best_sites": [ids[j] for j in alone.sites],
                    "best_status": alone.status,
                }
                for name, weight, share, most, alone in zip(
                    names, weights, last.shares, last.best, last.alone, strict=True
                )
            },
        }
    }


def _front(
    prepared: Prepared, options: argparse.Namespace, zones: Callable[[], list[str]], clock: Clock
) -> tuple[Progress, dict[str, Any]]:
    zone = numbered(zones())[0] if options.front == ZONE else None
    points = options.front_points or None
    (told,) = deque(front(prepared.instance, options.front, zone, points, clock), maxlen=1) or ((),)
    if not told:
        raise AtlasError(N_("没有一个方案满足这些条件：请先不带 --front 求解，看是哪一项。"))
    ids, total = prepared.instance.site_ids, float(prepared.instance.weight.sum())
    rows = [
        {
            "covered_weight": one.weight,
            "covered_share": one.weight / total,
            options.front: one.other,
            "sites": [ids[j] for j in one.sites],
            "status": one.status,
            "bound": one.bound,
            "gap": one.gap,
            "limit": one.limit,
        }
        for one in told
    ]
    top = told[-1]
    objective, bound = (top.weight, top.bound) if prepared.instance.model == "mclp" else (top.other * total, None)
    answer = Progress(top.status, top.sites, objective, bound, "done", clock.passed)
    return answer, {"front": {"aim": options.front, "points": rows}}
