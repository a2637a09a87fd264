"""What a scenario of siting asks and answers, as a person would say it: for the page, the brief and the files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dashboard.words import Words
from layers.atlas import Atlas
from layers.filters import NETWORK
from layers.siting.answer import CLOSED, MOVED, UPGRADED, Answer
from layers.siting.ask import (
    ATTENDANCE,
    CAPACITY,
    CHANGE,
    DEMANDS,
    FAIR,
    GROWTH,
    STAGES,
    SURE,
    UPGRADE,
    WHERE,
    hours_text,
)
from layers.siting.demands import PRESENT


def street_names(atlas: Atlas, words: Words) -> Mapping[str, str]:
    """Return street → its name in the reader's language."""
    if words.lang == "zh" or not len(atlas.zones):
        return {}
    return atlas.once("street names", lambda: dict(zip(atlas.zones["name"], atlas.zones["name_en"], strict=True)))


def proof(answer: Answer, words: Words) -> str:
    """Return how good the answer is, in words that claim no more than is known."""
    if answer.status == "proved":
        return words("已证明最优")
    if answer.status == MOVED:
        return words("手动调整")
    if answer.gap is None:
        return words("尚无上下界")
    return words("距最优最多 {gap}").format(gap=f"{answer.gap:.2%}")


def question_names(words: Words) -> dict[str, str]:
    """Return what each question is called, in the order of its cards."""
    return {
        WHERE: words("建在哪"),
        CHANGE: words("撤并迁移"),
        UPGRADE: words("升级"),
        STAGES: words("分期"),
        FAIR: words("公平"),
        CAPACITY: words("容量"),
        ATTENDANCE: words("到场"),
        DEMANDS: words("几种需求"),
        SURE: words("把握"),
    }


def kind_names(words: Words) -> dict[str, str]:
    """Return what happens to a station that changes, by its kind."""
    return {CLOSED: words("撤并或迁走"), UPGRADED: words("改为 24 小时开放")}


def figure_names(words: Words) -> dict[str, str]:
    """Return the name of each figure of a comparison, in order."""
    return {
        "sites": words("新建站数"),
        "share_before": words("之前的覆盖（需求加权）"),
        "share_after": words("之后的覆盖（需求加权）"),
        "cell_share_after": words("之后的覆盖（未加权，按格）"),
        "weight_gained": words("新覆盖的需求权重"),
        "night_before": words("之前的夜间有效覆盖"),
        "night_after": words("之后的夜间有效覆盖"),
        "mean_m": words("平均步行（米）"),
        "gini": words("步行距离的基尼系数"),
        "cost": words("费用（元）"),
        "gap": words("距最优最多"),
    }


def figure_text(name: str, value: float, words: Words) -> str:
    """Return a figure of a comparison as people read it."""
    if np.isnan(value):
        return "—"
    if name == "cost" and not value:
        return "—"
    if name in ("sites", "cost", "mean_m"):
        return words.number(value)
    if name == "gini":
        return f"{value:.3f}"
    if name == "weight_gained":
        return words.number(value, 1)
    if name == "gap":
        return words("已证明最优") if value == 0 else f"{value:.2%}"
    return words.share(value)


def input_names(words: Words) -> dict[str, str]:
    """Return the name of each input."""
    return {
        "place": words("地点"),
        "region": words("片区"),
        "grid": words("网格"),
        "day": words("星期"),
        "facilities": words("设施"),
        "always": words("只算 24 小时驿站"),
        "inspected_days": words("巡检"),
        "provenance": words("数据来源"),
        "worker_group": words("服务对象"),
        "proxy": words("需求按什么推算"),
        "radius": words("服务半径（米）"),
        "detour": words("绕行系数"),
        "way": words("走法"),
        "area": words("圈选范围"),
        "model": words("目标"),
        "new": words("新建站数上限"),
        "budget": words("预算上限（元）"),
        "cost": words("每站费用（元）"),
        "spacing": words("最小间距（米）"),
        "cover": words("须可达的站数"),
        "hours": words("时段"),
        "opening": words("新站开放时间"),
        "source": words("备选点"),
        "step": words("网格间距（米）"),
        "points": words("点出的备选点"),
        "force": words("必选"),
        "forbid": words("排除"),
        "question": words("问题"),
        "close": words("撤并几处"),
        "move": words("至多迁移几处"),
        "move_within": words("迁移不超过（米）"),
        "keep": words("不得撤迁的驿站"),
        "upgrade": words("至多升级几处"),
        "upgrade_cost": words("升级每处费用（元）"),
        "zone_share": words("每个街道至少"),
        "stages": words("各期新建几处"),
        "capacity": words("每处容量（需求权重）"),
        "single_source": words("每格只由一处服务"),
        "near": words("多近都会来（米）"),
        "open_share": words("遇到开门的可能"),
        "demands": words("别的需求"),
        "least_regret": words("最大的遗憾最小"),
        "draws": words("需求重抽几次"),
        "basis": words("所用数据"),
    }


def demand_name(name: str, words: Words) -> str:
    """Return what one of several demands is called: the present one, a group that grows, another proxy."""
    if name == PRESENT:
        return words("现在的需求")
    growth = GROWTH.match(name)
    if growth:
        group = words.codes("worker_group").get(growth[1], growth[1])
        return words("{group} × {times}").format(group=group, times=f"{float(growth[2]):g}")
    return words.codes("demand_proxy").get(name, name)


def input_text(name: str, value: Any, words: Words) -> str:
    """Return an input as people read it."""
    if name == "way":
        return words("沿路网") if value == NETWORK else words("直线")
    if name == "question":
        return question_names(words)[value]
    if name == "zone_share" and value is None:
        return words("先抬最低的")
    if value is None or value == () or value == "":
        return words("不限") if name != "hours" else words("不分时刻")
    if name == "hours":
        return hours_text(value)
    if name == "provenance":
        return "、".join(words.provenance(one) for one in sorted(value))
    if name == "worker_group":
        return words.codes("worker_group").get(value, value)
    if name == "proxy":
        return words.codes("demand_proxy").get(value, value)
    if name == "opening":
        return words.hours(value)
    if name in ("points", "area"):
        return words("{count} 处").format(count=len(value))
    if name == "demands":
        return words.listed(demand_name(one, words) for one in value)
    if name == "stages":
        return words.listed(map(str, value))
    if name in ("zone_share", "open_share"):
        return words.share(value)
    if isinstance(value, bool):
        return words("是") if value else words("否")
    if isinstance(value, tuple | frozenset):
        return "、".join(sorted(map(str, value)))
    return f"{value:g}" if isinstance(value, float) else str(value)
