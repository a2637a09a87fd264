"""Trails 来历: every figure that a page shows, with its formula, the rows it was made from and their sources.

A figure is either a reported fact (then its trail is the fact) or one of
:data:`FIGURES`: a formula over rows of the atlas under one choice of filters.
A page marks each figure with ``data-figure``: fact ids joined by ``;``, or an
id of :data:`FIGURES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError
from geodata.schema import TABLES
from geodata.withheld import told
from layers import (
    activities,
    coverage,
    demand,
    fairs,
    grids,
    kpis,
    periods,
    regions,
    selection,
    stations,
    unplaced,
    way,
)
from layers.atlas import Atlas
from layers.filters import PROVENANCES, STRAIGHT, Filters
from layers.provenance import mix, sources
from layers.qualifiers import BELOW

Rows = NDArray[np.intp]


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
    rows: Rows
    value: float | None
    counts: Mapping[str, int]
    source_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trail:
    """Where a figure comes from, in one view.

    Attributes
    ----------
    id, label, formula : str
        Name of the figure; messages in Chinese: what it is, and how it is computed.
    value : float or None
        What the formula gives over the parts; None when it is the answer of a plan, or nothing is there.
    shown : KeyFigure or None
        The figure as the strip of this view has it.
    fact : str or None
        The reported fact that is shown instead of what the rows come to.
    parts : tuple of Part
    provenance : str or None
        Of the figure shown; of the rows when it is not in the strip.
    source_ids : tuple of str
    """

    id: str
    label: str
    formula: str
    value: float | None
    shown: kpis.KeyFigure | None
    fact: str | None
    parts: tuple[Part, ...]
    provenance: str | None
    source_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One entry of the register: how a figure is called, how it is computed, and from which rows.

    Attributes
    ----------
    label, formula : str
        Messages in Chinese.
    parts : callable
        Atlas and filters → parts.
    value : callable
        Values of the parts → value of the figure; None for the answer of a plan, which needs more than filters.
    metric : str or None
        Metric of the reported fact that may stand in its place.
    """

    label: str
    formula: str
    parts: Callable[[Atlas, Filters], tuple[Part, ...]]
    value: Callable[..., float | None] | None = None
    metric: str | None = None


def trail(atlas: Atlas, filters: Filters, id: str) -> Trail:
    """Return the trail of the figure `id` as it stands under `filters`.

    Raises
    ------
    AtlasError
        There is no such figure, or the place is not in the atlas.
    """
    if id not in FIGURES:
        raise AtlasError(N_("没有名为“{got}”的数字：请从页面上的数字点进来。"), got=id[:40])
    spec = FIGURES[id]
    shown = next((one for one in kpis.every(atlas, filters) if one.id == id), None)
    parts = spec.parts(atlas, filters)
    value = (
        spec.value(*(one.value for one in parts))
        if spec.value and parts and all(_is_known(one, spec) for one in parts)
        else None
    )
    fact = _fact_of(atlas, shown, spec)
    found = tuple(sorted({one for part in parts for one in part.source_ids}))
    origin = mix({code for part in parts for code in part.counts})
    return Trail(
        id,
        spec.label,
        spec.formula,
        value,
        shown,
        fact,
        parts,
        shown.provenance if shown else origin,
        shown.source_ids if fact and shown else found,
    )


def check(atlas: Atlas, mark: str) -> tuple[str, ...]:
    """Return what a ``data-figure`` mark names: fact ids or one id of :data:`FIGURES`.

    Raises
    ------
    AtlasError
        It names a fact or a figure that is not there.
    """
    if mark in FIGURES:
        return (mark,)
    told = tuple(part.strip() for part in mark.split(";") if part.strip())
    known = set(atlas.facts["id"])
    strange = [one for one in told if one not in known]
    if strange or not told:
        raise AtlasError(N_("没有名为“{got}”的数字：请从页面上的数字点进来。"), got=mark[:40])
    return told


def _fact_of(atlas: Atlas, shown: kpis.KeyFigure | None, spec: Figure) -> str | None:
    if shown is None or spec.metric is None or shown.provenance != PROVENANCES[0] or len(shown.source_ids) != 1:
        return None
    row = atlas.rows_by("facts", "id").get(shown.source_ids[0])
    return shown.source_ids[0] if row is not None and atlas.facts["metric"].iloc[row] == spec.metric else None


def _is_known(part: Part, spec: Figure) -> bool:
    """Return whether the value of a part is known as well as the formula wants: no ratio is told of a count that is
    withheld.
    """
    return part.value is not None and (spec.value is _first or told(part.value)[1] != BELOW)


# -- parts ------------------------------------------------------------------------


def _part(atlas: Atlas, label: str, table: str, rows: Any, value: float | None = None) -> Part:
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


def _sum_of_grids(column: str, label: str) -> Callable[[Atlas, Filters], tuple[Part, ...]]:
    def parts(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
        rows = grids.chosen(atlas, filters)
        return (_part(atlas, label, "grids", rows, float(atlas.grids[column].to_numpy(dtype=float)[rows].sum())),)

    return parts


def _strengthened(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    done = _sum_of_grids("enterprises_strengthened", N_("各网格强化产改举措的企业之和"))(atlas, filters)
    return (*done, *_sum_of_grids("enterprises", N_("各网格企业之和（分母）"))(atlas, filters))


def _stations(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    running = stations.chosen(atlas, filters) & atlas.holds("stations", "status", stations.OPEN)
    if stations.asks(filters):
        running = running & stations.service(atlas, filters).effective
    return (_part(atlas, N_("状态为开放、符合筛选的驿站"), "stations", running),)


def _planned(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    rows = stations.chosen(atlas, filters) & atlas.holds("stations", "status", stations.PLANNED)
    return (_part(atlas, N_("状态为计划的驿站"), "stations", rows),)


def _demand_rows(atlas: Atlas, filters: Filters) -> NDArray[np.bool_]:
    """Return every row of the demand in scope: a cell has one for each worker group."""
    cells = atlas.demand["cell"].iloc[demand.judged(atlas, filters).rows]
    mask = atlas.demand["cell"].isin(cells).to_numpy() & atlas.of_provenance("demand", filters.provenance)
    mask = mask & selection.by_proxy(atlas, filters)
    return mask & atlas.holds("demand", "worker_group", filters.worker_group) if filters.worker_group else mask


def _coverage(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    share = coverage.measure(atlas, filters).effective_weighted
    rows, offered = _demand_rows(atlas, filters), stations.service(atlas, filters)
    covered = demand.cells(atlas, filters)
    inside = rows & atlas.demand["cell"].isin(covered["cell"][covered["effective"]]).to_numpy()
    return (
        _known(_part(atlas, N_("有效驿站服务半径内的需求权重"), "demand", inside, share.part), share),
        _part(atlas, N_("全部需求权重（分母）"), "demand", rows, share.whole),
        _part(atlas, N_("有效驿站（在任何地方）"), "stations", offered.effective),
        *_straight(atlas, filters, rows),
        *_unplaced(atlas, filters),
    )


def _straight(atlas: Atlas, filters: Filters, rows: NDArray[np.bool_]) -> tuple[Part, ...]:
    """Return, where one walks along a network, what would be covered straight × detour."""
    if way.of(atlas, filters) == STRAIGHT:
        return ()
    filters = filters.having(way=STRAIGHT)
    share, covered = coverage.measure(atlas, filters).effective_weighted, demand.cells(atlas, filters)
    inside = rows & atlas.demand["cell"].isin(covered["cell"][covered["effective"]]).to_numpy()
    return (_known(_part(atlas, N_("对照：按直线 × 绕行系数覆盖的需求权重"), "demand", inside, share.part), share),)


def _known(part: Part, share: coverage.Share) -> Part:
    """Return the part of a share; without a value where nothing can be said of it."""
    return part if share.why is None else replace(part, value=None)


def _unplaced(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    """Return the open stations here that are not counted, since nobody knows where they are."""
    rows = unplaced.here(atlas, filters)
    return (_part(atlas, N_("尚无位置、未计入的驿站"), "stations", rows),) if rows.any() else ()


def _share(part: float, whole: float, *_: float) -> float | None:
    return part / whole if whole else None


def _first(value: float, *_: float) -> float:
    return value


def _by_unit(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    rows = coverage.by_unit(atlas, filters)
    if not len(rows):
        return ()
    if rows["measure"].iloc[0] == "enterprises":
        held = coverage.enterprises(atlas, filters)
        done = held & atlas.enterprises["strengthened"].to_numpy(dtype=bool)
        return (
            _part(atlas, N_("强化产改举措的企业"), "enterprises", done),
            _part(atlas, N_("全部企业（分母）"), "enterprises", held),
        )
    found = coverage.measure(atlas, filters)
    share = found.effective_weighted if stations.asks(filters) else found.nominal_weighted
    held = _demand_rows(atlas, filters)
    cells = demand.cells(atlas, filters)
    inside = (
        held
        & atlas.demand["cell"]
        .isin(cells["cell"][cells["effective" if stations.asks(filters) else "nominal"]])
        .to_numpy()
    )
    return (
        _known(_part(atlas, N_("驿站服务半径内的需求权重"), "demand", inside, share.part), share),
        _part(atlas, N_("全部需求权重（分母）"), "demand", held, share.whole),
        *_unplaced(atlas, filters),
    )


def _fairs(column: str, label: str) -> Callable[[Atlas, Filters], tuple[Part, ...]]:
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
                (_part(atlas, label, "fairs", given.index.to_numpy(), float(given[column].sum())),)
                if len(given)
                else ()
            )
        return ()

    return parts


def _conversion(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    return (
        *_fairs("hiring_intents", N_("达成就业意向"))(atlas, filters),
        *_fairs("positions", N_("提供岗位（分母）"))(atlas, filters),
    )


def _activities(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    return (_part(atlas, N_("符合筛选的活动"), "activities", activities.chosen(atlas, filters)),)


def _dated(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    rows = activities.chosen(atlas, filters)
    return (
        _part(
            atlas, N_("知道月份的活动"), "activities", rows[~np.isnat(periods.spans(atlas, "activities").month[rows])]
        ),
    )


def _of_grids(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    rows = activities.chosen(atlas, filters)
    return (
        _part(
            atlas, N_("记在网格名下的活动"), "activities", rows[atlas.activities["grid_id"].notna().to_numpy()[rows]]
        ),
    )


def _happened(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    found = (_part(atlas, N_("符合筛选的活动"), "activities", activities.chosen(atlas, filters)),)
    return (
        found
        if filters.kinds is not None
        else (*found, _part(atlas, N_("符合筛选的招聘会"), "fairs", fairs.select(atlas, filters).index.to_numpy()))
    )


def _taking_part(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    rows = activities.chosen(atlas, filters)
    stated = atlas.activities[["participants", "funding_yuan"]].notna().any(axis=1).to_numpy()[rows]
    return (
        _part(atlas, N_("给出人数或经费的活动"), "activities", rows[stated]),
        *_sum_of_grids("workers", N_("各网格职工之和（分母）"))(atlas, filters),
    )


def _hires(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    return (
        _part(atlas, N_("跨市就业的记录"), "flows", np.flatnonzero(atlas.of_provenance("flows", filters.provenance))),
    )


def _held(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    return tuple(
        _part(atlas, schema.zh, name, np.flatnonzero(atlas.of_provenance(name, filters.provenance)))
        for name, schema in TABLES.items()
        if len(atlas.table(name))
    )


def _of_plan(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:
    offered = stations.service(atlas, filters)
    return (
        _part(atlas, N_("需求"), "demand", _demand_rows(atlas, filters)),
        _part(atlas, N_("现有驿站"), "stations", offered.nominal),
    )


def _none(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:  # noqa: ARG001 - as every figure
    return ()


def _figures() -> dict[str, Figure]:
    found = {
        "regions": Figure(
            N_("产改区域"),
            N_("所选地方的产改区域个数"),
            lambda atlas, filters: (_part(atlas, N_("产改区域"), "regions", regions.chosen(atlas, filters)),),
            _first,
            "regions",
        ),
        "grids": Figure(
            N_("产改网格"),
            N_("所选地方的产改网格个数"),
            lambda atlas, filters: (_part(atlas, N_("产改网格"), "grids", grids.chosen(atlas, filters)),),
            _first,
            "grids",
        ),
        "enterprises": Figure(
            N_("网格内企业"),
            N_("各网格企业数相加"),
            _sum_of_grids("enterprises", N_("各网格企业之和")),
            _first,
            "enterprises_covered",
        ),
        "strengthened": Figure(
            N_("强化产改举措的企业"),
            N_("各网格强化产改举措的企业数相加；强化率 = 它 ÷ 各网格企业之和"),
            _strengthened,
            _first,
            "enterprises_strengthened",
        ),
        "workers": Figure(
            N_("覆盖职工"),
            N_("各网格职工数相加"),
            _sum_of_grids("workers", N_("各网格职工之和")),
            _first,
            "workers_covered",
        ),
        "team_members": Figure(
            N_("四员队伍"),
            N_("各网格四员人数相加"),
            _sum_of_grids("team_members", N_("各网格四员之和")),
            _first,
            "team_members",
        ),
        "stations": Figure(
            N_("工会驿站"), N_("开放驿站的个数；选了时刻、设施、巡检时只数符合条件的"), _stations, _first, "stations"
        ),
        "planned": Figure(N_("计划新建驿站"), N_("状态为计划的驿站个数"), _planned, _first, "stations_planned"),
        "coverage": Figure(
            N_("有效覆盖率"),
            N_(
                "服务半径内有有效驿站的需求权重 ÷ 全部需求权重；"
                "步行距离 = 直线距离 × 绕行系数，有路网时为沿路网的最短路程"
            ),
            _coverage,
            _share,
        ),
        "positions": Figure(
            N_("招聘岗位"),
            N_("三个环节都有数字的招聘会岗位相加；报道与示意不相加"),
            _fairs("positions", N_("提供岗位")),
            _first,
        ),
        "intents": Figure(
            N_("达成就业意向"),
            N_("三个环节都有数字的招聘会意向相加；报道与示意不相加"),
            _fairs("hiring_intents", N_("达成就业意向")),
            _first,
        ),
        "fair_enterprises": Figure(
            N_("参会企业"),
            N_("三个环节都有数字的招聘会企业相加；报道与示意不相加"),
            _fairs("enterprises", N_("参会企业")),
            _first,
        ),
        "livestream": Figure(
            N_("直播带岗"),
            N_("有直播人次的招聘会相加；报道与示意不相加"),
            _fairs("livestream_attendance", N_("直播人次")),
            _first,
        ),
        "activities": Figure(N_("活动与服务"), N_("符合地方、日期、类型和来源的活动条数"), _activities, _first),
        "coverage_by_unit": Figure(
            N_("各处的覆盖率或强化率"),
            N_("每处：被覆盖的需求权重 ÷ 该处全部需求权重；没有需求时：强化产改举措的企业 ÷ 全部企业"),
            _by_unit,
            _share,
        ),
        "coverage_by_hour": Figure(
            N_("各时刻的覆盖率"), N_("每个整点：此时有开放驿站的需求权重 ÷ 全部需求权重"), _coverage, _share
        ),
        "coverage_by_way": Figure(
            N_("沿路与直线的覆盖率"),
            N_("同一半径、同样的驿站：沿步行路网够得到的需求权重占比，与按直线 × 绕行系数够得到的相比"),
            _coverage,
            _share,
        ),
        "activities_by_month": Figure(N_("每月活动"), N_("按开始的月份和类型数活动；只知道年份的不计"), _dated, _first),
        "fair_funnel": Figure(
            N_("招聘会转化"), N_("转化率 = 达成就业意向 ÷ 提供岗位；报道与示意分列"), _conversion, _share
        ),
        "grid_ranking": Figure(N_("网格活动排名"), N_("每个网格名下的活动条数，从多到少"), _of_grids, _first),
        "activities_by_day": Figure(
            N_("每天的活动"), N_("每天正在进行的活动与招聘会的项数，跨多天的每天都计；只知道年份的不计"), _happened
        ),
        "activities_by_place": Figure(
            N_("各地的活动"), N_("按所选地方的下一级数活动的项数，再按类型分开"), _activities, _first
        ),
        "taking_part": Figure(
            N_("每名覆盖职工的参加与经费"),
            N_("人数、人次、经费各自相加，再 ÷ 覆盖职工数；报道与示意分列，不相加"),
            _taking_part,
        ),
        "against_plan": Figure(
            N_("累计对照计划"),
            N_("计划时段内逐月累计的项数或人数 ÷ 报道的计划数或累计数；点线为按天平均，示意"),
            _activities,
        ),
        "two_places": Figure(N_("两地对照"), N_("同一筛选下两地各自的数字，每个的算法同它单独显示时"), _none),
        "strengthened_by_grid": Figure(
            N_("各网格的强化率"), N_("每个网格强化产改举措的企业 ÷ 该网格企业"), _strengthened, _share
        ),
        "hires": Figure(N_("跨市就业"), N_("每对城市之间就业的人数；报道与示意分列，不相加"), _hires),
        "rows_held": Figure(N_("各表的行数"), N_("每张表里的行，按来源分别计数"), _held),
        "quality": Figure(N_("质量报告"), N_("每条规则不符合的行数；点数字看那些行"), _none),
        "plan_covered": Figure(
            N_("方案的覆盖率"),
            N_("现有与新建站点服务半径内的需求权重 ÷ 全部需求权重；数值取决于当时的方案，见选址页"),
            _of_plan,
        ),
        "plan_twice": Figure(N_("至少两站可达"), N_("至少两个站点服务半径内的需求权重 ÷ 全部需求权重"), _of_plan),
        "plan_walk": Figure(N_("到最近驿站平均步行"), N_("Σ 权重 × 到最近站点的步行距离 ÷ Σ 权重"), _of_plan),
        "plan_gini": Figure(N_("步行距离的基尼系数"), N_("按权重的洛伦茨曲线与均等线之间面积的两倍"), _of_plan),
        "plan_lost": Figure(N_("失去的需求权重"), N_("Σ 权重 × 之前覆盖而之后不再覆盖的份额"), _of_plan),
        "plan_expected": Figure(
            N_("预计到场的需求权重"),
            N_("Σ 权重 × 到场的部分 × 遇到开门的可能；最近的一处关着就去下一处，到半径为止"),
            _of_plan,
        ),
        "plan_served": Figure(
            N_("容量内服务得下的需求权重"),
            N_("各站所服务的权重之和，每站不超过容量；半径内（p-中位和 p-中心不限）"),
            _of_plan,
        ),
        "plan_cost": Figure(N_("方案的新站与费用"), N_("方案中新站的个数与费用之和"), _of_plan),
        "plan_bound": Figure(
            N_("方案的界与差距"),
            N_("任何方案都不能超过的界，由拉格朗日松弛或整数规划给出；差距 = |界 − 目标| ÷ 目标"),
            _of_plan,
        ),
        "plan_curve": Figure(
            N_("新建站数与目标值"), N_("新建 0 处、1 处……各自求解的最优目标值；增益 = 与少建一处之差"), _of_plan
        ),
        "plan_exclusive": Figure(
            N_("只有它覆盖"), N_("去掉该站后失去的需求权重；新增 = 半径内原先没有覆盖的需求权重 ÷ 全部"), _of_plan
        ),
        "plan_uncovered": Figure(N_("够不到的需求"), N_("全部需求权重 − 被覆盖的需求权重"), _of_plan),
    }
    for metric, label, _ in kpis.EXTRAS:
        found[metric] = Figure(label, N_("报道原文的数字，不作计算"), _none, None, metric)
    return found


FIGURES: Mapping[str, Figure] = MappingProxyType(_figures())
"""Every figure that is not itself a fact, by the id that ``data-figure`` names."""
