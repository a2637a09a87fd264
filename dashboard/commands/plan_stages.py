"""``plan`` in stages (``--stages``), and how sure a plan is (``--draws``)."""

from __future__ import annotations

import argparse
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.locale import Gettext
from geodata.errors import N_, AtlasError
from layers.siting.prepare import Prepared
from layers.siting.solver import Clock, Progress, staged
from layers.siting.stability import SPREAD, stability

#: All draws together take no longer, seconds.
DRAWING_SECONDS = 60.0


def add_options(one: argparse.ArgumentParser, words: Gettext) -> None:
    """Add the options."""
    one.add_argument(
        "--stages", metavar="P,P,…", help=words("分期：每期新增几处，如 3,3,2；前一期的都留在后一期（mclp）")
    )
    one.add_argument("--stage-budgets", metavar="YUAN,…", help=words("分期：每期多少元，余下的可用于下一期"))
    one.add_argument(
        "--draws", type=int, metavar="N", help=words("把握：需求重抽 N 次，每处有几成仍在最优方案里（mclp、pmedian）")
    )
    one.add_argument(
        "--spread",
        type=float,
        default=SPREAD,
        metavar="CV",
        help=words("重抽时每个需求点的离散程度（变异系数），默认 0.3"),
    )


def numbers_of(text: str | None, whole: bool) -> list[float] | None:
    """Read the numbers of the stages.

    Raises
    ------
    AtlasError
        One of them is no number, or no whole one where it has to be.
    """
    if text is None:
        return None
    try:
        return [int(one) if whole else float(one) for one in text.replace("，", ",").split(",")]
    except ValueError:
        raise AtlasError(N_("各期的“{got}”读不懂：请写成 3,3,2 的样子。"), got=text) from None


def total(options: argparse.Namespace) -> tuple[int | None, float | None]:
    """Return how many new sites, and how many yuan, all stages have together."""
    numbers, budgets = numbers_of(options.stages, True), numbers_of(options.stage_budgets, False)
    if numbers is None and budgets is None:
        return None, None
    if options.new is not None or options.budget is not None:
        raise AtlasError(N_("分期时不要同时给 --new 或 --budget：请写在 --stages 或 --stage-budgets 里。"))
    if options.model != "mclp":
        raise AtlasError(N_("分期只用于不限容量、覆盖一次的 mclp。"))
    good = [one for one in numbers or () if one > 0]
    return (int(sum(good)) if numbers else None), (max(sum(budgets), 0.0) if budgets else None)


def ordered(prepared: Prepared, options: argparse.Namespace) -> tuple[Progress, dict[str, Any]]:
    """Return the plan of the last stage, and the stages as plain data."""
    numbers = [int(one) for one in numbers_of(options.stages, True) or ()]
    clock = Clock(options.time_limit, seed=options.seed)
    found = staged(prepared.instance, numbers or None, numbers_of(options.stage_budgets, False), clock)
    last = deque(found, maxlen=1)[0]
    ids, rows = prepared.instance.site_ids, []
    for at, (new, worth) in enumerate(zip(last.sites, last.objective, strict=True)):
        free = last.free[at]
        best = max(free.objective or 0.0, worth)
        rows.append(
            {
                "sites": [ids[j] for j in new],
                "objective": worth,
                "cost": float(prepared.instance.cost[new].sum()),
                "free": {"objective": best, "bound": free.bound, "status": free.status},
                "keeping_costs": best - worth,
            }
        )
    chosen: NDArray[np.int64] = np.sort(np.concatenate(last.sites))
    # proved is the order; that no plan of the last stage alone is better, only where it is as good as the best of those
    free = last.free[-1]
    status = "proved" if free.status == "proved" and last.objective[-1] >= (free.objective or 0.0) else "gap"
    whole = Progress(status, chosen, last.objective[-1], free.bound, "done", clock.passed)
    return whole, {
        "stages": rows,
        "stages_status": last.status,
        "stages_objective": sum(last.objective),
        "stages_bound": last.bound,
    }


def drawn(prepared: Prepared, sites: NDArray[np.int64], options: argparse.Namespace) -> dict[str, Any]:
    """Return how often each site stays in the optimum when demand is drawn anew."""
    clock = Clock(DRAWING_SECONDS)
    found = stability(prepared.instance, sites, options.draws, options.spread, options.seed, over=clock.over)
    ids = prepared.instance.site_ids
    return {
        "draws": found.draws,
        "proved": found.proved,
        "spread": options.spread,
        "stays": {ids[j]: float(share) for j, share in zip(sites, found.stays, strict=True)},
        "loss_mean": float(found.loss.mean()) if len(found.loss) else None,
        "loss_worst": float(found.loss.max()) if len(found.loss) else None,
    }
