"""Which sites and why, what stays out of reach, which stations would be missed least."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dash import html

from dashboard.components.badge import badge
from dashboard.pages.planning import names
from dashboard.words import Words
from layers.atlas import Atlas
from layers.siting.answer import MOVED, Answer, Site
from layers.siting.ask import ATTENDANCE, CAPACITY, STAGES, SURE, WHERE
from layers.siting.case import Case
from layers.siting.closing import Closing

MOST_ZONES = 6
MOST_CLOSINGS = 5
BESIDE_M = 150.0


def sites_table(
    found: Case, answer: Answer, names_of: Mapping[str, str], station_names: Mapping[str, str], words: Words
) -> list:
    """Return the sites with why each: what only it covers, what it adds, what is next to it."""
    if not answer.sites:
        return [] if answer.changes else [html.P(words("没有新站。"), className="panel-empty")]
    total = answer.after.weight_of
    extra = _own_column(found, words)
    rows: list[Any] = []
    for one in answer.sites:
        message, params = one.why(total)
        why = [
            words("在{road}边。").format(road=one.road) if one.road else "",
            words(message).format(**params),
            " ",
            words("重要性第 {rank}。").format(rank=one.number) if answer.status != MOVED and not answer.stages else "",
            _beside(one, found, station_names, words),
        ]
        rows.append(
            html.Tr(
                [
                    html.Td(html.Span(str(one.number), className="plan-number")),
                    html.Td(
                        html.Details(
                            [
                                html.Summary(names_of.get(one.name, one.name)),
                                html.P([part for part in why if part], className="plan-why"),
                            ]
                        )
                    ),
                    html.Td("—" if one.exclusive is None else words.number(one.exclusive, 1)),
                    html.Td("—" if one.newly is None or not total else f"+{one.newly / total:.1%}"),
                    *([html.Td(extra[1](one))] if extra else []),
                    html.Td(
                        [
                            _button(
                                "✓", "lock", one, words("锁定第 {number} 站"), words("锁定 / 解除"), pressed=one.forced
                            ),
                            _button("×", "bar", one, words("排除第 {number} 站"), words("排除")),
                            _button(
                                "↔",
                                "move",
                                one,
                                words("移动第 {number} 站"),
                                words("移动：再点击地图上的新位置，或用方向键"),
                            )
                            if found.ask.question == WHERE
                            else None,
                        ],
                        className="plan-marks",
                    ),
                ]
            )
        )
    heads = [
        words("站号"),
        words("位置（为什么）"),
        words("只有它覆盖"),
        words("新增"),
        *([extra[0]] if extra else []),
        html.Span(words("操作"), className="plan-unseen"),
    ]
    return [
        html.H2(words("为什么是这 {count} 处").format(count=len(answer.sites)), className="panel-title"),
        html.P(
            words("只有它覆盖 = 去掉后失去的需求权重；新增 = 半径内原先没有覆盖的，占全部需求。"),
            className="panel-subtitle",
        ),
        _table(heads, rows, names.SITES + "-table"),
    ]


def left_out(atlas: Atlas, answer: Answer, names_of: Mapping[str, str], words: Words) -> list:
    """Return what stays uncovered, by street, heaviest first; nothing where nobody knows what is covered."""
    if answer.after.lost:
        return []
    left = answer.after.weight_of - answer.after.weight
    row_of, zone_of = atlas.rows_by("demand", "cell"), atlas.demand["zone"].array
    zones = dict(zip(atlas.zones["zone_id"], atlas.zones["name"], strict=True)) if len(atlas.zones) else {}
    by_zone: dict[str, float] = {}
    for cell, weight in answer.uncovered:
        row = row_of.get(cell)
        name = zones.get(zone_of[row]) if row is not None else None
        if name:
            by_zone[name] = by_zone.get(name, 0.0) + weight
    shown = sorted(by_zone.items(), key=lambda one: -one[1])[:MOST_ZONES]
    partial = (
        words("最重的 {count} 格按街道：").format(count=len(answer.uncovered))
        if answer.uncovered_cells > len(answer.uncovered)
        else words("按街道：")
    )
    return [
        html.H2(
            words("还有 {cells} 格、{weight} 需求权重够不到").format(
                cells=words.number(answer.uncovered_cells), weight=words.number(left, 1)
            ),
            className="panel-title",
            **{"data-figure": "plan_uncovered"},
        ),
        html.P(
            (
                words("占全部 {share}；地图上灰色的格子：现有驿站尚无位置，是否够得到不详。")
                if answer.before.lost
                else words("占全部 {share}；地图上橙色的格子。")
            ).format(share=words.share(left / answer.after.weight_of if answer.after.weight_of else None))
            + (partial if shown else ""),
            className="panel-subtitle",
        ),
        html.Ul(
            [
                html.Li([html.Span(names_of.get(name, name)), html.Span(words.number(weight, 1))])
                for name, weight in shown
            ],
            className="plan-left",
        ),
    ]


def closing_table(atlas: Atlas, found: Case, listed: Sequence[Closing], words: Words) -> list:
    """Return the stations whose closing would cost least coverage, and what it would cost; nothing where none stands.

    The demand that several of them reach is nobody's alone: what closing two costs may be more than the sum.
    """
    if not listed:
        return []
    shown = listed[:MOST_CLOSINGS]
    name_of = atlas.stations["name"]
    rows = [
        html.Tr(
            [
                html.Td(words.called(name_of.iloc[one.row])),
                html.Td(words.number(one.alone, 1)),
                html.Td("—" if one.share is None else words.share(one.share)),
            ]
        )
        for one in shown
    ]
    first = shown[0]
    return [
        html.H2(
            [
                words("撤并先看：{name}，覆盖少 {share}").format(
                    name=words.called(name_of.iloc[first.row]), share=words.share(first.share)
                ),
                badge(found.provenance, words),
            ],
            className="panel-title",
            **{"data-figure": "plan_exclusive"},
        ),
        html.P(
            words(
                "现有 {count} 处开放驿站中影响最小的 {shown} 处；占全部需求权重，只撤这一处时。"
                "同时撤两处，少的可能比两者之和多。"
            ).format(count=words.number(len(listed)), shown=len(shown)),
            className="panel-subtitle",
        ),
        _table([words("现有驿站"), words("只有它覆盖"), words("覆盖减少")], rows, names.CLOSINGS),
    ]


def _table(heads: Sequence[Any], rows: list[Any], id: str) -> html.Table:
    return html.Table(
        [html.Thead(html.Tr([html.Th(one) for one in heads])), html.Tbody(rows)],
        className="plan-table",
        id=id,
        **{"data-figure": "plan_exclusive"},
    )


def _own_column(found: Case, words: Words) -> tuple[str, Callable[[Site], str]] | None:
    """Return the column of the table of sites that the question alone has: its head, and what it says of a site."""
    if found.ask.question == STAGES:
        return words("第几期"), lambda one: str(one.stage)
    if found.ask.question == CAPACITY:
        return words("服务"), lambda one: "—" if one.load is None else words.number(one.load, 1)
    if found.ask.question == ATTENDANCE:
        return words("预计到场"), lambda one: "—" if one.load is None else words.number(one.load, 1)
    return (words("仍入选"), lambda one: words.share(one.stays)) if found.ask.question == SURE else None


def _button(sign: str, act: str, one: Site, label: str, hint: str, pressed: bool = False) -> html.Button:
    """Return a button that assets/planning.js listens to."""
    return html.Button(
        sign,
        className="plan-mark",
        type="button",
        title=hint,
        **{
            "data-act": act,
            "data-id": one.site_id,
            "data-number": str(one.number),
            "aria-label": label.format(number=one.number),
            "aria-pressed": str(pressed).lower(),
        },
    )


def _beside(one: Site, found: Case, station_names: Mapping[str, str], words: Words) -> str:
    """Return what stands next to a site; a station that is closed when it is needed could be opened longer instead."""
    if one.nearest is None or one.nearest_m is None:
        return ""
    metres = words.number(one.nearest_m)
    if one.nearest in station_names:
        name = station_names[one.nearest]
        said = words("最近的现有驿站是{name}，{metres} 米。").format(name=name, metres=metres)
        if one.nearest_m <= BESIDE_M and found.wish.hours is not None:
            said += words("可考虑延长它的开放时间。")
        return said
    return words("最近的是另一处新站，{metres} 米。").format(metres=metres)
