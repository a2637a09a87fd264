"""Several demands of one case: as it is, with a group that grows, by another proxy, or as a table has it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError
from layers.atlas import Atlas
from layers.filters import PROXIES
from layers.siting.answer import Answer, Demanded
from layers.siting.ask import GROWTH
from layers.siting.case import Case, case
from layers.siting.prepare import Prepared
from layers.siting.solver import Robust
from layers.siting.tables import PointTable, needs, read_csv

#: What the demand that is planned for anyhow is called.
PRESENT = "now"


def weights_of(
    wanted: list[str], prepared: Prepared, demand: PointTable, found: Case | None = None, atlas: Atlas | None = None
) -> tuple[list[str], NDArray[np.float64]]:
    """Return the names of the demands, the present one first, and the weight of each element in each.

    Parameters
    ----------
    wanted : list of str
        ``GROUP*1.5``: that group weighs so many times as much · ``poi`` or ``floor``: the other proxy ·
        a table ``id,weight``, by H3 cell where the demand is of the atlas.
    prepared : Prepared
        Without hours.

    Returns
    -------
    names : list of str
    weights : ndarray of float64, shape (1 + len(wanted), m)
        Scaled by nothing: shares are of each demand's own sum.

    Raises
    ------
    AtlasError
        Nobody knows such a demand; says which there may be.
    """
    instance = prepared.instance
    by_hours = found is not None and found.wish.hours is not None
    if by_hours or len(instance.demand_ids) != prepared.points or len(set(prepared.point.tolist())) != prepared.points:
        raise AtlasError(N_("几种需求一起考虑时不分时刻：请不要选时段（--hours）。"))
    ids = list(found.cells) if found is not None else [one.split("/")[0] for one in instance.demand_ids]
    made = [instance.weight]
    for text in wanted:
        growth = GROWTH.match(text)
        if growth:
            made.append(
                instance.weight + (float(growth[2]) - 1.0) * _group(growth[1], ids, prepared, demand, found, atlas)
            )
        elif text in PROXIES and found is not None and atlas is not None:
            made.append(_by_cell(case(atlas, found.filters.having(proxy=text), found.ask), ids))
        elif Path(text).suffix.lower() == ".csv":
            made.append(_table(Path(text), ids))
        else:
            raise AtlasError(
                N_("需求“{got}”读不懂：请写成 人群*1.5、poi、floor（与 --place 同用），或表 id,weight 的 .csv 文件。"),
                got=text,
            )
    return [PRESENT, *wanted], np.array(made)


def weighed(made: Answer, names: list[str], weights: NDArray[np.float64], prepared: Prepared, last: Robust) -> Answer:
    """Return the answer with each demand: its sum, what of it is covered before and after, and at best."""
    instance = prepared.instance
    there = instance.pairs.counts(instance.existing) > 0
    return made.having(
        demands=tuple(
            Demanded(
                name=name,
                weight=float(weight.sum()),
                before=float(weight[there].sum() / weight.sum()),
                share=float(share),
                best=float(best),
                proved=alone.status == "proved",
            )
            for name, weight, share, best, alone in zip(names, weights, last.shares, last.best, last.alone, strict=True)
        )
    )


def _group(
    group: str, ids: list[str], prepared: Prepared, demand: PointTable, found: Case | None, atlas: Atlas | None
) -> NDArray[np.float64]:
    if found is not None and atlas is not None:
        groups = sorted({one for one in atlas.demand["worker_group"] if isinstance(one, str)})
        if group not in groups:
            raise _unknown(group, groups)
        return _by_cell(case(atlas, found.filters.having(worker_group=group), found.ask), ids)
    column = demand.frame["worker_group"].str.strip() if "worker_group" in demand.frame else None
    if column is None or group not in set(column):
        raise _unknown(group, sorted(set(column)) if column is not None else [])
    mine = np.array([one.endswith(f"/{group}") for one in prepared.instance.demand_ids])
    return np.where(mine, prepared.instance.weight, 0.0)


def _unknown(group: str, groups: list[str]) -> AtlasError:
    return AtlasError(N_("需求里没有人群“{group}”：现有 {groups}。"), group=group, groups=", ".join(groups) or "—")


def _by_cell(other: Case, ids: list[str]) -> NDArray[np.float64]:
    """Return the weight of each cell in another case; what lies elsewhere is not counted."""
    weight = dict(zip(other.cells, other.demand.numbers("weight", 1.0), strict=True))
    return np.array([weight.get(one, 0.0) for one in ids], np.float64)


def _table(path: Path, ids: list[str]) -> NDArray[np.float64]:
    frame = read_csv(path)
    needs(path, frame, "id", "weight")
    told: dict[str, float] = {}
    for at, (one, text) in enumerate(zip(frame["id"].str.strip(), frame["weight"].str.strip(), strict=True), start=2):
        try:
            told[one] = float(text)
        except ValueError:
            raise AtlasError(N_("{file} 第 {row} 行的权重“{got}”不是数。"), file=path.name, row=at, got=text) from None
    if not set(told) & set(ids):
        raise AtlasError(N_("{file} 的编号和需求点的编号一个也对不上：请检查 id 列。"), file=path.name)
    return np.array([told.get(one, 0.0) for one in ids], np.float64)
