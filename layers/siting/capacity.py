"""How many people a station can hold: a case in which every station serves so much demand and no more.

Demand may be shared by several stations (Current & Storbeck 1988) or be served by one as a whole (Ross & Soland 1977).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError
from geodata.message import Message
from layers.siting.case import Case
from layers.siting.solver import COVERAGE_MODELS, Instance, Reason, loads, value
from layers.siting.tables import PointTable


def with_capacity(found: Case) -> Case:
    """Return the case in which every station, standing or new, serves at most the capacity asked.

    Raises
    ------
    AtlasError
        No capacity, or none that anybody fits in; says what would do.
    """
    ask = found.ask
    if not ask.capacity:
        total = sum(found.demand.numbers("weight", 1.0))
        raise AtlasError(
            N_("没有写每处容量：请给大于 0 的需求权重。全部需求权重为 {total}，现有驿站 {stand} 处。"),
            total=round(float(total), 1),
            stand=len(found.serving),
        )
    existing = None if found.existing is None else limited(found.existing, ask.capacity)
    return replace(
        found,
        candidates=limited(found.candidates, ask.capacity),
        existing=existing,
        wish=replace(found.wish, single_source=ask.single_source),
    )


def limited(table: PointTable, capacity: float) -> PointTable:
    """Return sites with this capacity where they name none of their own."""
    frame = table.frame.copy()
    own = frame["capacity"] if "capacity" in frame else np.full(len(frame), "")
    frame["capacity"] = [repr(float(capacity)) if not str(one).strip() else one for one in own]
    return replace(table, frame=frame)


def room(instance: Instance, sites: NDArray[np.int64]) -> tuple[float | None, NDArray[np.float64]]:
    """Return the demand weight that `sites` (with those that stand) serve under capacity, and that of each site.

    ``mclp`` and ``lscp`` within the radius; the others wherever it is. None where they cannot serve as they must.
    """
    found = loads(instance, sites)
    return (None, np.zeros(instance.pairs.sites)) if found is None else (float(found.sum()), found)


def served_before(instance: Instance) -> float | None:
    """Return the demand weight that those serve that stand, within the radius; None where no radius is asked."""
    if instance.model not in COVERAGE_MODELS:
        return None
    most = instance.having(model="mclp", new=0, forced=None, backup=False, by_cost=False)
    return value(most, np.empty(0, np.int64))


def each_at_least(instance: Instance) -> Reason | None:
    """Return the capacity that each site needs at least where everybody has to be served and all have the same;
    None where that is not the reason.
    """
    if instance.model == "mclp" or instance.new is None:
        return None
    sites = int(instance.existing.sum()) + instance.new
    least = float(instance.weight.sum()) / sites if sites else np.inf
    if instance.single_source:
        least = max(least, float(instance.weight.max(initial=0.0)))
    if not np.isfinite(least) or float(instance.limits.max(initial=0.0)) >= least:
        return None
    suffices = float(np.ceil(least * 10) / 10)
    return Reason("capacity", Message(N_("其他条件不变，每处容量至少要 {suffices}。"), {"suffices": suffices}))


def load_of(ids: Sequence[str], instance: Instance, held: NDArray[np.float64]) -> dict[str, float]:
    """Return the load of the sites named `ids`."""
    at = {one: j for j, one in enumerate(instance.site_ids)}
    return {one: float(held[at[one]]) for one in ids if one in at}
