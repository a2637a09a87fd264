"""The register of figures: how each is called, how it is computed, and from which rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_
from layers import activities, grids, kpis, periods, regions, stations
from layers.atlas import Atlas
from layers.filters import Filters
from layers.trail_parts import (
    Part,
    Parts,
    conversion,
    covered_by_unit,
    covered_demand,
    happened,
    held,
    of,
    of_plan,
    open_stations,
    strengthened,
    sum_of_fairs,
    sum_of_grids,
    taking_part,
)


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
    parts: Parts
    value: Callable[..., float | None] | None = None
    metric: str | None = None


def itself(value: float, *_: float) -> float:
    """Return the value of the first part: the figure is what its rows come to."""
    return value


def _share(part: float, whole: float, *_: float) -> float | None:
    return part / whole if whole else None


def _planned(atlas: Atlas, filters: Filters) -> NDArray[np.bool_]:
    return stations.chosen(atlas, filters) & atlas.holds("stations", "status", stations.PLANNED)


def _dated(atlas: Atlas, filters: Filters) -> NDArray[np.intp]:
    rows = activities.chosen(atlas, filters)
    return rows[~np.isnat(periods.spans(atlas, "activities").month[rows])]


def _of_a_grid(atlas: Atlas, filters: Filters) -> NDArray[np.intp]:
    rows = activities.chosen(atlas, filters)
    return rows[atlas.activities["grid_id"].notna().to_numpy()[rows]]


def _hires(atlas: Atlas, filters: Filters) -> NDArray[np.bool_]:
    return atlas.of_provenance("flows", filters.provenance)


def _no_parts(atlas: Atlas, filters: Filters) -> tuple[Part, ...]:  # noqa: ARG001 - as every figure
    return ()


_ACTIVITIES = of(N_("符合筛选的活动"), "activities", activities.chosen)
FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        "regions": Figure(
            N_("产改区域"),
            N_("所选地方的产改区域个数"),
            of(N_("产改区域"), "regions", regions.chosen),
            itself,
            "regions",
        ),
        "grids": Figure(
            N_("产改网格"),
            N_("所选地方的产改网格个数"),
            of(N_("产改网格"), "grids", grids.chosen),
            itself,
            "grids",
        ),
        "enterprises": Figure(
            N_("网格内企业"),
            N_("各网格企业数相加"),
            sum_of_grids("enterprises", N_("各网格企业之和")),
            itself,
            "enterprises_covered",
        ),
        "strengthened": Figure(
            N_("强化产改举措的企业"),
            N_("各网格强化产改举措的企业数相加；强化率 = 它 ÷ 各网格企业之和"),
            strengthened,
            itself,
            "enterprises_strengthened",
        ),
        "workers": Figure(
            N_("覆盖职工"),
            N_("各网格职工数相加"),
            sum_of_grids("workers", N_("各网格职工之和")),
            itself,
            "workers_covered",
        ),
        "team_members": Figure(
            N_("四员队伍"),
            N_("各网格四员人数相加"),
            sum_of_grids("team_members", N_("各网格四员之和")),
            itself,
            "team_members",
        ),
        "stations": Figure(
            N_("工会驿站"),
            N_("开放驿站的个数；选了时刻、设施、巡检时只数符合条件的"),
            open_stations,
            itself,
            "stations",
        ),
        "planned": Figure(
            N_("计划新建驿站"),
            N_("状态为计划的驿站个数"),
            of(N_("状态为计划的驿站"), "stations", _planned),
            itself,
            "stations_planned",
        ),
        "coverage": Figure(
            N_("有效覆盖率"),
            N_(
                "服务半径内有有效驿站的需求权重 ÷ 全部需求权重；"
                "步行距离 = 直线距离 × 绕行系数，有路网时为沿路网的最短路程"
            ),
            covered_demand,
            _share,
        ),
        "positions": Figure(
            N_("招聘岗位"),
            N_("三个环节都有数字的招聘会岗位相加；报道与示意不相加"),
            sum_of_fairs("positions", N_("提供岗位")),
            itself,
        ),
        "intents": Figure(
            N_("达成就业意向"),
            N_("三个环节都有数字的招聘会意向相加；报道与示意不相加"),
            sum_of_fairs("hiring_intents", N_("达成就业意向")),
            itself,
        ),
        "fair_enterprises": Figure(
            N_("参会企业"),
            N_("三个环节都有数字的招聘会企业相加；报道与示意不相加"),
            sum_of_fairs("enterprises", N_("参会企业")),
            itself,
        ),
        "livestream": Figure(
            N_("直播带岗"),
            N_("有直播人次的招聘会相加；报道与示意不相加"),
            sum_of_fairs("livestream_attendance", N_("直播人次")),
            itself,
        ),
        "activities": Figure(N_("活动与服务"), N_("符合地方、日期、类型和来源的活动条数"), _ACTIVITIES, itself),
        "coverage_by_unit": Figure(
            N_("各处的覆盖率或强化率"),
            N_("每处：被覆盖的需求权重 ÷ 该处全部需求权重；没有需求时：强化产改举措的企业 ÷ 全部企业"),
            covered_by_unit,
            _share,
        ),
        "coverage_by_hour": Figure(
            N_("各时刻的覆盖率"), N_("每个整点：此时有开放驿站的需求权重 ÷ 全部需求权重"), covered_demand, _share
        ),
        "coverage_by_way": Figure(
            N_("沿路与直线的覆盖率"),
            N_("同一半径、同样的驿站：沿步行路网够得到的需求权重占比，与按直线 × 绕行系数够得到的相比"),
            covered_demand,
            _share,
        ),
        "activities_by_month": Figure(
            N_("每月活动"),
            N_("按开始的月份和类型数活动；只知道年份的不计"),
            of(N_("知道月份的活动"), "activities", _dated),
            itself,
        ),
        "fair_funnel": Figure(
            N_("招聘会转化"), N_("转化率 = 达成就业意向 ÷ 提供岗位；报道与示意分列"), conversion, _share
        ),
        "grid_ranking": Figure(
            N_("网格活动排名"),
            N_("每个网格名下的活动条数，从多到少"),
            of(N_("记在网格名下的活动"), "activities", _of_a_grid),
            itself,
        ),
        "activities_by_day": Figure(
            N_("每天的活动"), N_("每天正在进行的活动与招聘会的项数，跨多天的每天都计；只知道年份的不计"), happened
        ),
        "activities_by_place": Figure(
            N_("各地的活动"), N_("按所选地方的下一级数活动的项数，再按类型分开"), _ACTIVITIES, itself
        ),
        "taking_part": Figure(
            N_("每名覆盖职工的参加与经费"),
            N_("人数、人次、经费各自相加，再 ÷ 覆盖职工数；报道与示意分列，不相加"),
            taking_part,
        ),
        "against_plan": Figure(
            N_("累计对照计划"),
            N_("计划时段内逐月累计的项数或人数 ÷ 报道的计划数或累计数；点线为按天平均，示意"),
            _ACTIVITIES,
        ),
        "two_places": Figure(N_("两地对照"), N_("同一筛选下两地各自的数字，每个的算法同它单独显示时"), _no_parts),
        "strengthened_by_grid": Figure(
            N_("各网格的强化率"), N_("每个网格强化产改举措的企业 ÷ 该网格企业"), strengthened, _share
        ),
        "hires": Figure(
            N_("跨市就业"),
            N_("每对城市之间就业的人数；报道与示意分列，不相加"),
            of(N_("跨市就业的记录"), "flows", _hires),
        ),
        "rows_held": Figure(N_("各表的行数"), N_("每张表里的行，按来源分别计数"), held),
        "quality": Figure(N_("质量报告"), N_("每条规则不符合的行数；点数字看那些行"), _no_parts),
        "plan_covered": Figure(
            N_("方案的覆盖率"),
            N_("现有与新建站点服务半径内的需求权重 ÷ 全部需求权重；数值取决于当时的方案，见选址页"),
            of_plan,
        ),
        "plan_twice": Figure(N_("至少两站可达"), N_("至少两个站点服务半径内的需求权重 ÷ 全部需求权重"), of_plan),
        "plan_walk": Figure(N_("到最近驿站平均步行"), N_("Σ 权重 × 到最近站点的步行距离 ÷ Σ 权重"), of_plan),
        "plan_gini": Figure(N_("步行距离的基尼系数"), N_("按权重的洛伦茨曲线与均等线之间面积的两倍"), of_plan),
        "plan_lost": Figure(N_("失去的需求权重"), N_("Σ 权重 × 之前覆盖而之后不再覆盖的份额"), of_plan),
        "plan_expected": Figure(
            N_("预计到场的需求权重"),
            N_("Σ 权重 × 到场的部分 × 遇到开门的可能；最近的一处关着就去下一处，到半径为止"),
            of_plan,
        ),
        "plan_served": Figure(
            N_("容量内服务得下的需求权重"),
            N_("各站所服务的权重之和，每站不超过容量；半径内（p-中位和 p-中心不限）"),
            of_plan,
        ),
        "plan_cost": Figure(N_("方案的新站与费用"), N_("方案中新站的个数与费用之和"), of_plan),
        "plan_bound": Figure(
            N_("方案的界与差距"),
            N_("任何方案都不能超过的界，由拉格朗日松弛或整数规划给出；差距 = |界 − 目标| ÷ 目标"),
            of_plan,
        ),
        "plan_curve": Figure(
            N_("新建站数与目标值"), N_("新建 0 处、1 处……各自求解的最优目标值；增益 = 与少建一处之差"), of_plan
        ),
        "plan_exclusive": Figure(
            N_("只有它覆盖"), N_("去掉该站后失去的需求权重；新增 = 半径内原先没有覆盖的需求权重 ÷ 全部"), of_plan
        ),
        "plan_uncovered": Figure(N_("够不到的需求"), N_("全部需求权重 − 被覆盖的需求权重"), of_plan),
        **{
            metric: Figure(label, N_("报道原文的数字，不作计算"), _no_parts, None, metric)
            for metric, label, _ in kpis.EXTRAS
        },
    }
)
"""Every figure that is not itself a fact, by the id that ``data-figure`` names."""
