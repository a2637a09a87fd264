"""What goes into the figures of the pages: rows of the atlas under one choice of filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_
from geodata.schema import TABLES
from layers import activities, coverage, demand, fairs, grids, selection, stations, unplaced, way
from layers.atlas import Atlas
from layers.filters import PROVENANCES, STRAIGHT, Filters
from layers.provenance import sources


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One thing that goes into a figure.

    Attributes
    ----------
    label : str
        Message in Chinese: what it is.
    table : str
        Table of the atlas that its rows are in.
    rows : ndarray of int
        Positions in that table.
    value : float or None
        What the rows come to: their number or the sum of a column.
    counts : mapping of str to int
        Rows by provenance.
    source_ids : tuple of str
        Sources of the rows.
    """

    label: str
    table: str
    rows: NDArray[np.intp]
    value: float | None
    counts: Mapping[str, int]
    source_ids: tuple[str, ...]


Parts = Callable[[Atlas, Filters], tuple[Part, ...]]


def part_of(atlas: Atlas, label: str, table: str, rows: Any, value: float | None = None) -> Part:
    """Return the `rows` of `table` (a mask, or positions) as a part; its value is their number when none is given."""
    rows = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows, dtype=np.intp)
    codes = atlas.table(table)["provenance"].to_numpy(dtype=object)[rows]
    counts = {name: int((codes == name).sum()) for name in PROVENANCES}
    return Part(
        label,
        table,
        rows,
        float(len(rows)) if value is None else value,
        {name: n for name, n in counts.items() if n},
        sources(atlas.distinct(table, "source_id", rows)),
    )


def of(label: str, table: str, rows: Callable[[Atlas, Filters], Any]) -> Parts:
    """Return what gives one part: the rows of `table` that `rows` chooses."""
    return lambda atlas, filters: (part_of(atlas, label, table, rows(atlas, filters)),)


def sum_of_grids(column: str, label: str) -> Parts:
    """Return what gives the sum of a column over the grids looked at."""

    def parts(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
        rows = grids.chosen(atlas, filters)
        return (part_of(atlas, label, "grids", rows, float(atlas.grids[column].to_numpy(dtype=float)[rows].sum())),)

    return parts


def strengthened(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    """Return the strengthened enterprises of the grids, and all of theirs."""
    done = sum_of_grids("enterprises_strengthened", N_("各网格强化产改举措的企业之和"))(atlas, filters)
    return (*done, *sum_of_grids("enterprises", N_("各网格企业之和（分母）"))(atlas, filters))


def open_stations(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    """Return the open stations that fit what is asked of them."""
    running = stations.chosen(atlas, filters) & atlas.holds("stations", "status", stations.OPEN)
    if stations.asks(filters):
        running = running & stations.service(atlas, filters).effective
    return (part_of(atlas, N_("状态为开放、符合筛选的驿站"), "stations", running),)


def _demand_rows(atlas: Atlas, filters: Filters) -> NDArray[np.bool_]:
    """Return every row of the demand in scope: a cell has one for each worker group."""
    cells = atlas.demand["cell"].iloc[demand.judged(atlas, filters).rows]
    mask = atlas.demand["cell"].isin(cells).to_numpy() & atlas.of_provenance("demand", filters.provenance)
    mask = mask & selection.by_proxy(atlas, filters)
    return mask & atlas.holds("demand", "worker_group", filters.worker_group) if filters.worker_group else mask


def covered_demand(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    """Return the demand within reach of effective stations, all demand, and what the share rests on."""
    share = coverage.measure(atlas, filters).effective_weighted
    rows, offered = _demand_rows(atlas, filters), stations.service(atlas, filters)
    return (
        _within_reach(atlas, filters, N_("有效驿站服务半径内的需求权重"), rows, share),
        part_of(atlas, N_("全部需求权重（分母）"), "demand", rows, share.whole),
        part_of(atlas, N_("有效驿站（在任何地方）"), "stations", offered.effective),
        *_straight(atlas, filters, rows),
        *_unplaced(atlas, filters),
    )


def _straight(atlas: Atlas, filters: Filters, rows: NDArray[np.bool_]) -> tuple[Part, ...]:
    """Return, where one walks along a network, what would be covered straight × detour."""
    if way.of(atlas, filters) == STRAIGHT:
        return ()
    filters = filters.having(way=STRAIGHT)
    share = coverage.measure(atlas, filters).effective_weighted
    return (_within_reach(atlas, filters, N_("对照：按直线 × 绕行系数覆盖的需求权重"), rows, share),)


def _within_reach(
    atlas: Atlas, filters: Filters, label: str, rows: NDArray[np.bool_], share: coverage.Share, sense: str = "effective"
) -> Part:
    """Return those of `rows` within reach in this `sense`; without a value where nothing can be said of the `share`."""
    cells = demand.cells(atlas, filters)
    inside = rows & atlas.demand["cell"].isin(cells["cell"][cells[sense]]).to_numpy()
    found = part_of(atlas, label, "demand", inside, share.part)
    return found if share.why is None else replace(found, value=None)


def _unplaced(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    """Return the open stations here that are not counted, since nobody knows where they are."""
    rows = unplaced.here(atlas, filters)
    return (part_of(atlas, N_("尚无位置、未计入的驿站"), "stations", rows),) if rows.any() else ()


def covered_by_unit(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    """Return what the shares by unit are of: demand within reach, or strengthened enterprises."""
    units = coverage.by_unit(atlas, filters)
    if not len(units):
        return ()
    if units["measure"].iloc[0] == "enterprises":
        held = coverage.enterprises(atlas, filters)
        done = held & atlas.enterprises["strengthened"].to_numpy(dtype=bool)
        return (
            part_of(atlas, N_("强化产改举措的企业"), "enterprises", done),
            part_of(atlas, N_("全部企业（分母）"), "enterprises", held),
        )
    found, rows = coverage.measure(atlas, filters), _demand_rows(atlas, filters)
    share, sense = (
        (found.effective_weighted, "effective") if stations.asks(filters) else (found.nominal_weighted, "nominal")
    )
    return (
        _within_reach(atlas, filters, N_("驿站服务半径内的需求权重"), rows, share, sense),
        part_of(atlas, N_("全部需求权重（分母）"), "demand", rows, share.whole),
        *_unplaced(atlas, filters),
    )


def sum_of_fairs(column: str, label: str) -> Parts:
    """Return what gives the sum of a column over the fairs of the most certain provenance that there is."""

    def parts(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
        chosen = fairs.select(atlas, filters)
        if filters.fair is not None:
            chosen = chosen[chosen["fair_id"] == filters.fair]
        for provenance in PROVENANCES:  # never added together: the most certain that there is
            held = chosen[chosen["provenance"] == provenance]
            if not len(held):
                continue
            whole = held[list(fairs.STAGES.values())].notna().all(axis=1)
            summed = held[whole] if whole.any() and column in fairs.STAGES.values() else held
            given = summed[summed[column].notna()]
            return (
                (part_of(atlas, label, "fairs", given.index.to_numpy(), float(given[column].sum())),)
                if len(given)
                else ()
            )
        return ()

    return parts


def conversion(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    """Return the intents and the positions of the fairs."""
    return (
        *sum_of_fairs("hiring_intents", N_("达成就业意向"))(atlas, filters),
        *sum_of_fairs("positions", N_("提供岗位（分母）"))(atlas, filters),
    )


def happened(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    """Return the activities, and the fairs where no kind of activity is asked."""
    found = (part_of(atlas, N_("符合筛选的活动"), "activities", activities.chosen(atlas, filters)),)
    return (
        found
        if filters.kinds is not None
        else (*found, part_of(atlas, N_("符合筛选的招聘会"), "fairs", fairs.select(atlas, filters).index.to_numpy()))
    )


def taking_part(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    """Return the activities that state persons or funding, and the workers of the grids."""
    rows = activities.chosen(atlas, filters)
    stated = atlas.activities[["participants", "funding_yuan"]].notna().any(axis=1).to_numpy()[rows]
    return (
        part_of(atlas, N_("给出人数或经费的活动"), "activities", rows[stated]),
        *sum_of_grids("workers", N_("各网格职工之和（分母）"))(atlas, filters),
    )


def held(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    """Return the rows of every table that has some."""
    return tuple(
        part_of(atlas, schema.zh, name, np.flatnonzero(atlas.of_provenance(name, filters.provenance)))
        for name, schema in TABLES.items()
        if len(atlas.table(name))
    )


def of_plan(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    """Return what every plan rests on: the demand and the stations that stand."""
    offered = stations.service(atlas, filters)
    return (
        part_of(atlas, N_("需求"), "demand", _demand_rows(atlas, filters)),
        part_of(atlas, N_("现有驿站"), "stations", offered.nominal),
    )
