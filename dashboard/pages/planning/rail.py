"""The planner's rail: where, for whom, when, from which candidates, by which measure, under which conditions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import html

from dashboard.components.rail import group, proxy_choice, select, way_hint, way_offered, way_options
from dashboard.components.term_marks import explained
from dashboard.pages.planning import names
from dashboard.pages.planning.controls import OTHER, Control, Question
from dashboard.planning_questions import CARDS
from dashboard.scenario_in_words import demand_name, question_names
from dashboard.words import Words
from layers import stations
from layers.atlas import Atlas, kept_once
from layers.filters import DETOUR, FLOOR, PROXIES, RADIUS_M
from layers.siting.ask import (
    ACTIVITIES,
    ATTENDANCE,
    AUTO,
    CAPACITY,
    CHANGE,
    DEMANDS,
    ENTERPRISES,
    FAIR,
    GRID,
    MOST_CHANGED,
    MOST_DEMANDS,
    MOST_DRAWS,
    MOST_NEW,
    POINTS,
    STAGES,
    STEP_M,
    SURE,
    TABLE,
    UPGRADE,
)

OPENINGS = ("24/7", "08:00-22:00", "06:00-24:00", "22:00-06:00")


@kept_once
def demand_places(atlas: Atlas) -> tuple[str, ...]:
    """Return the places that hold demand, and those they lie in below the nation; the one with most first."""
    rows = [
        int(row)
        for row in atlas.tree.positions(atlas.demand["adcode"].value_counts().index.to_numpy(dtype=object))
        if row >= 0
    ]
    ups = [int(up) for row in rows for up in atlas.tree.ancestors[row][2:3] if up >= 0]
    return tuple(str(atlas.tree.codes[row]) for row in dict.fromkeys([*rows, *ups]))


def _place_options(atlas: Atlas, present: str, words: Words) -> list[dict[str, str]]:
    column = atlas.places["name" if words.lang == "zh" else "name_en"]
    options = []
    for code in dict.fromkeys([*demand_places(atlas), present]):
        row = atlas.tree.position(code)
        if row >= 0:
            chain = [int(up) for up in atlas.tree.ancestors[row] if up >= 0][1:][-2:] or [row]
            options.append({"value": code, "label": " · ".join(str(column.iloc[up]) for up in reversed(chain))})
    return options


def _number(
    name: str, value: Any, label: str, low: float, high: float, step: float, hint: str = "", unit: str = ""
) -> dmc.NumberInput:
    return dmc.NumberInput(
        id=names.control(name),
        value=value,
        min=low,
        max=high,
        step=step,
        size="xs",
        debounce=True,
        label=label,
        placeholder=hint,
        suffix=f" {unit}" if unit else "",
        thousandSeparator=",",
        clampBehavior="blur",
        allowNegative=False,
    )


def _days(question: Question, words: Words) -> list[dict[str, str]]:
    known = {"3": words("工作日"), "6": words("周六"), "7": words("周日")}
    every = words.weekdays
    present = str(question.filters.day)
    return [
        {"value": code, "label": label} for code, label in ({present: every[question.filters.day - 1]} | known).items()
    ]


def _other_demands(atlas: Atlas, question: Question, groups: Sequence[str], words: Words) -> list[dict[str, str]]:
    """Return the demands that may be added: a group of workers that doubles or halves, floor area; those asked for."""
    other = [one for one in PROXIES if one != question.filters.proxy]
    known = [f"{one}*{times}" for one in groups for times in ("2", "0.5")]
    if FLOOR in atlas.coded("demand", "proxy")[1].tolist():
        known += other
    return [
        {"value": one, "label": demand_name(one, words)} for one in dict.fromkeys([*known, *question.plan.ask.demands])
    ]


def rail(atlas: Atlas, question: Question, listed: Sequence[Control], words: Words) -> list:
    """Return the groups of the rail, set to `question`."""
    value = {control.id: control.show(question) for control in listed}

    def now(name: str) -> Any:
        return value[names.control(name)]

    groups = words.codes("worker_group")
    wanted = list(dict.fromkeys(atlas.demand["worker_group"]))
    metres, yuan = words("米"), words("元")
    opening = now("opening")
    shown = CARDS[question.plan.ask.question].parts

    def part(name: str, *children: Any, style: str | None = None) -> html.Div:
        return html.Div(list(children), id=names.part(name), className=style, hidden=name not in shown)

    return [
        group(
            words("问什么"),
            html.Div(
                dmc.ChipGroup(
                    [
                        dmc.Chip(label, value=name, size="xs", radius="sm", variant="outline")
                        for name, label in question_names(words).items()
                        if name in CARDS
                    ],
                    id=names.control("question"),
                    value=now("question"),
                ),
                className="chips plan-cards-row",
            ),
            html.P(words(CARDS[question.plan.ask.question].asks), id=names.QUESTION, className="plan-question"),
        ),
        group(
            words("地点"),
            select(
                names.control("place"),
                _place_options(atlas, question.filters.place, words),
                now("place"),
                words("地点"),
                searchable=True,
                nothingFoundMessage=words("没有匹配的选项"),
            ),
        ),
        part(
            "model",
            group(
                words("目标"),
                dmc.RadioGroup(
                    [
                        dmc.Radio(label=explained(label, words), value=code, size="xs")
                        for code, label in (
                            ("mclp", words("覆盖最多的需求")),
                            ("lscp", words("全部覆盖，站点最少")),
                            ("pmedian", words("平均最近")),
                            ("pcenter", words("最远者最近")),
                        )
                    ],
                    id=names.control("model"),
                    value=now("model"),
                    size="xs",
                    className="plan-models",
                ),
            ),
        ),
        part(
            CHANGE,
            _number("close", now("close"), words("撤并几处"), 0, MOST_CHANGED, 1),
            _number("move", now("move"), words("至多迁移几处"), 0, MOST_CHANGED, 1),
            _number("move_within", now("move_within"), words("迁移不超过"), 0, 50_000, 100, words("不限"), metres),
            dmc.MultiSelect(
                id=names.control("keep"),
                data=keepable(atlas, question, words),
                value=now("keep"),
                label=words("不得撤迁的驿站"),
                searchable=True,
                limit=50,
                size="xs",
                comboboxProps={"zIndex": 1000},
            ),
            style="rail-group plan-numbers",
        ),
        part(
            UPGRADE,
            _number("upgrade", now("upgrade"), words("至多升级几处"), 0, MOST_CHANGED, 1),
            _number("upgrade_cost", now("upgrade_cost"), words("升级每处费用"), 0, 1e12, 10_000, words("未定"), yuan),
            style="rail-group plan-numbers",
        ),
        part(
            FAIR,
            _number("zone_share", now("zone_share"), words("每个街道至少"), 0, 100, 5, words("先抬最低的"), "%"),
            html.P(words("清空：不设下限，先抬最低的街道，再抬次低的。"), className="rail-hint"),
            style="rail-group",
        ),
        part(
            STAGES,
            dmc.TextInput(
                id=names.control("stages"),
                value=now("stages"),
                label=words("各期新建几处"),
                placeholder="3,3,2",
                size="xs",
                debounce=True,
            ),
            style="rail-group plan-numbers",
        ),
        part(
            CAPACITY,
            _number("capacity", now("capacity"), words("每处容量"), 0, 1e9, 5, unit=words("需求权重")),
            dmc.Checkbox(
                id=names.control("single_source"),
                label=words("每格只由一处服务（不勾：几处可分摊）"),
                checked=now("single_source"),
                size="xs",
            ),
            html.P(words("现有和新建的每处都按这个容量；坐不下的算没有服务。"), className="rail-hint"),
            style="rail-group",
        ),
        part(
            ATTENDANCE,
            html.Div(
                [
                    _number("near", now("near"), words("多近都会来"), 0, RADIUS_M[1], 50, words("半径内都来"), metres),
                    _number("open_share", now("open_share"), words("遇到开门的可能"), 1, 100, 5, unit="%"),
                ],
                className="plan-numbers",
            ),
            html.P(words("从这里到半径，来的人按直线减少到没有；关着就去下一处。"), className="rail-hint"),
            style="rail-group",
        ),
        part(
            DEMANDS,
            dmc.MultiSelect(
                id=names.control("demands"),
                data=_other_demands(atlas, question, wanted, words),
                value=now("demands"),
                label=words("还要顾到的需求"),
                maxValues=MOST_DEMANDS,
                size="xs",
                comboboxProps={"zIndex": 1000},
            ),
            dmc.Checkbox(
                id=names.control("least_regret"),
                label=words("离各自最优最多差的最小（不勾：最差的一种覆盖最多）"),
                checked=now("least_regret"),
                size="xs",
            ),
            html.P(words("现在的需求总在其中；覆盖的比例各占自己的合计。"), className="rail-hint"),
            style="rail-group",
        ),
        part(
            SURE,
            _number("draws", now("draws"), words("需求重抽几次"), 1, MOST_DRAWS, 50),
            style="rail-group plan-numbers",
        ),
        html.Div(
            [
                part("new", _number("new", now("new"), words("新建站数"), 0, MOST_NEW, 1, words("不限"))),
                _number("radius", now("radius"), words("服务半径（步行）"), *RADIUS_M, 50, unit=metres),
                _number("detour", now("detour"), words("绕行系数"), *DETOUR, 0.1),
                part(
                    "spacing",
                    _number("spacing", now("spacing"), words("最小间距"), 0, 20_000, 50, words("不限"), metres),
                ),
            ],
            className="rail-group plan-numbers",
        ),
        html.Div(
            [
                html.Div(
                    dmc.SegmentedControl(
                        id=names.control("way"), data=way_options(words), value=now("way"), size="xs", fullWidth=True
                    ),
                    id=names.WAY_CHOICE,
                    hidden=not way_offered(atlas, question.filters),
                ),
                html.P(way_hint(atlas, question.filters, words), id=names.WAY_HINT, className="rail-hint"),
            ],
            className="rail-group",
        ),
        group(
            words("时段"),
            select(
                names.control("hours"),
                [
                    {"value": "", "label": words("不分时刻（只看有没有站）")},
                    {"value": "day", "label": words("白天 8–20 时")},
                    {"value": "night", "label": words("夜间 22–6 时")},
                    {"value": "all", "label": words("全天 0–24 时")},
                    {"value": OTHER, "label": words("自定时段")},
                ],
                now("hours"),
                words("时段"),
            ),
            dmc.TextInput(
                id=names.control("hours-text"),
                value=now("hours-text"),
                size="xs",
                debounce=True,
                placeholder=words("如 22-6 或 8-12,14-18"),
                **{"aria-label": words("自定时段")},
            ),
            dmc.SegmentedControl(
                id=names.control("day"), value=now("day"), size="xs", fullWidth=True, data=_days(question, words)
            ),
        ),
        group(
            words("需求"),
            select(
                names.control("group"),
                [
                    {"value": "", "label": words("全部服务对象")},
                    *({"value": one, "label": groups.get(one, one)} for one in wanted),
                ],
                now("group"),
                words("服务对象"),
            ),
            proxy_choice(atlas, names.control("proxy"), now("proxy"), words),
        ),
        part(
            "candidates",
            group(
                words("备选点"),
                select(
                    names.control("source"),
                    [
                        {"value": AUTO, "label": words("自动：有表用表，否则网格")},
                        {"value": TABLE, "label": words("备选点表")},
                        {"value": GRID, "label": words("陆地网格")},
                        {"value": ENTERPRISES, "label": words("现有企业")},
                        {"value": ACTIVITIES, "label": words("活动场所")},
                        {"value": POINTS, "label": words("只用地图上点出的")},
                    ],
                    now("source"),
                    words("备选点"),
                ),
                _number("step", now("step"), words("网格间距"), *STEP_M, 50, unit=metres),
                html.P(id=names.MARKS, className="rail-hint"),
                html.Button(words("清除锁定、排除和点出的点"), id=names.CLEAR_MARKS, className="button", type="button"),
            ),
        ),
        html.Details(
            [
                html.Summary(words("更多条件")),
                html.Div(
                    [
                        _number("budget", now("budget"), words("预算上限"), 0, 1e12, 10_000, words("不限"), yuan),
                        part(
                            "cost",
                            _number("cost", now("cost"), words("每站费用"), 0, 1e12, 10_000, words("未定"), yuan),
                        ),
                    ],
                    className="plan-numbers",
                ),
                part(
                    "backup",
                    dmc.Checkbox(
                        id=names.control("backup"),
                        label=words("至少两站可达才算覆盖（备份）"),
                        checked=now("backup"),
                        size="xs",
                    ),
                ),
                dmc.Checkbox(
                    id=names.control("always"), label=words("现有驿站只算 24 小时的"), checked=now("always"), size="xs"
                ),
                part(
                    "opening",
                    html.Span(words("新站开放时间"), className="rail-title"),
                    select(
                        names.control("opening"),
                        [{"value": one, "label": words.hours(one)} for one in dict.fromkeys([*OPENINGS, opening])],
                        opening,
                        words("新站开放时间"),
                    ),
                ),
            ],
            className="rail-group plan-more",
            open=question.plan.ask.budget is not None or question.plan.ask.cover > 1 or question.filters.always,
        ),
        html.Div(
            [
                html.Button(words("求解"), id=names.RUN, className="button button-main", type="button"),
                html.Button(words("停止"), id=names.STOP, className="button", type="button", disabled=True),
            ],
            className="rail-buttons",
        ),
        html.Div(id=names.STATUS, className="plan-status", role="status", **{"aria-live": "polite"}),
        dmc.Switch(id=names.control("swipe"), label=words("前后对比（拖动分界）"), checked=now("swipe"), size="xs"),
        html.P(words("点击备选点：必选 → 排除 → 恢复；拖动红点试算。"), className="rail-hint"),
        html.Div(
            html.Button(words("全部重置"), id=names.RESET, className="button", type="button"), className="rail-buttons"
        ),
    ]


def keepable(atlas: Atlas, question: Question, words: Words) -> list[dict[str, str]]:
    """Return the stations of the place that a plan may keep from closing, with those that are chosen."""
    if question.plan.ask.question != CHANGE:
        return []
    rows = np.flatnonzero(stations.chosen(atlas, question.filters) & stations.service(atlas, question.filters).nominal)
    table = atlas.stations
    known = dict(zip(table["station_id"].iloc[rows], table["name"].iloc[rows], strict=True))
    known |= {one: one for one in question.plan.ask.keep if one not in known}
    return [{"value": one, "label": words.called(name)} for one, name in known.items()]


def marks_text(question: Question, candidates: int | None, words: Words) -> str:
    """Return how many candidates there are and how many are marked."""
    ask = question.plan.ask
    said = [words("备选点 {count} 个").format(count=words.number(candidates))] if candidates is not None else []
    for count, text in (
        (len(ask.force), words("必选 {count}")),
        (len(ask.forbid), words("排除 {count}")),
        (len(ask.points), words("点出 {count}")),
    ):
        if count:
            said.append(text.format(count=count))
    return " · ".join(said)
