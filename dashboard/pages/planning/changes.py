"""What an answer changes of what stands, and what it does to each street zone: tables of the planning page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard.pages.planning import names
from dashboard.scenario_in_words import demand_name, kind_names
from dashboard.words import Words
from layers.siting.answer import Answer
from layers.siting.stability import SPREAD


def _table(heads: tuple[str, ...], rows: list[list[Any]], id: str, mark: str) -> html.Table:
    return html.Table(
        [
            html.Thead(html.Tr([html.Th(one, scope="col") for one in heads])),
            html.Tbody([html.Tr([html.Td(one) for one in row]) for row in rows]),
        ],
        className="plan-table",
        id=id,
        **{"data-figure": mark},
    )


def changes_table(answer: Answer, words: Words) -> list:
    """Return the stations that change, each with the demand that only it reaches; nothing where none does."""
    if not answer.changes:
        return []
    kinds = kind_names(words)
    rows: list[list[Any]] = [
        [
            words.called(one.name),
            kinds[one.kind],
            words.number(one.weight, 1),
            words.share(one.weight / answer.after.weight_of if answer.after.weight_of else None),
        ]
        for one in answer.changes
    ]
    return [
        html.H2(words("现有驿站中有 {count} 处要变").format(count=len(rows)), className="panel-title"),
        html.P(
            words("撤并：现在只有它覆盖的需求权重；升级：只靠它改时间才覆盖的。占全部需求。"),
            className="panel-subtitle",
        ),
        _table(
            (words("现有驿站"), words("怎么变"), words("只有它覆盖"), words("占比")),
            rows,
            names.CHANGES,
            "plan_exclusive",
        ),
    ]


def stages_table(answer: Answer, words: Words) -> list:
    """Return every stage with what keeping the earlier sites costs it; nothing where no order was asked for."""
    whole = answer.after.weight_of
    if not answer.stages or not whole:
        return []
    rows: list[list[Any]] = [
        [
            str(at),
            f"+{one.new}",
            words.share(one.weight / whole),
            words.share((one.free - one.weight) / whole) + ("" if one.proved else words("（未证明）")),
        ]
        for at, one in enumerate(answer.stages, 1)
    ]
    costs = max((one.free - one.weight) / whole for one in answer.stages)
    told = words("要留给后面，每期最多少 {share}").format(share=words.share(costs))
    if not all(one.proved for one in answer.stages):
        told = words("要留给后面少多少，还没有证明")
    return [
        html.H2(told, className="panel-title"),
        html.P(words("与那一期单独求的最优相比；占全部需求权重。"), className="panel-subtitle"),
        _table(
            (words("第几期"), words("新建"), words("之后的覆盖"), words("因先后而少")),
            rows,
            names.STAGES,
            "plan_covered",
        ),
    ]


def demands_table(answer: Answer, words: Words) -> list:
    """Return every demand before and after, beside the best for it alone; nothing where only one was asked for."""
    if not answer.demands:
        return []
    rows: list[list[Any]] = [
        [
            demand_name(one.name, words),
            words.share(one.before),
            words.share(one.share),
            words.share(one.best) + ("" if one.proved else words("（未证明）")),
        ]
        for one in answer.demands
    ]
    return [
        html.H2(words("{count} 种需求各覆盖多少").format(count=len(rows)), className="panel-title"),
        html.P(words("各占自己的权重合计；最后一列是只顾它一种的最优。"), className="panel-subtitle"),
        _table((words("需求"), words("之前"), words("之后"), words("只顾它")), rows, names.DEMANDS, "plan_covered"),
    ]


def sure_note(answer: Answer, words: Words) -> list:
    """Return how the plan fares when demand is drawn anew; nothing where nobody asked."""
    if answer.regret is None:
        return []
    told = words(
        "需求重抽 {draws} 次（每格乘以均值 1、变异系数 {spread} 的伽马分布）：这个方案平均比当次的最优少 {loss}。"
    )
    return [html.P(told.format(draws=answer.draws, spread=SPREAD, loss=words.share(answer.regret)), id=names.SURE)]


def zones_table(answer: Answer, street: Mapping[str, str], words: Words) -> list:
    """Return every street zone before and after, the worst first; nothing where zones were not asked for."""
    if not answer.zones:
        return []
    rows: list[list[Any]] = [
        [
            street.get(one.name, one.name),
            words.number(one.weight, 1),
            words.share(one.before),
            words.share(one.after),
        ]
        for one in answer.zones
    ]
    worst = answer.zones[0]
    price = (
        words("公平的代价：不看街道的最优方案多覆盖 {share}。").format(
            share=words.share(answer.price / answer.after.weight_of if answer.after.weight_of else None)
        )
        if answer.price is not None
        else words("公平的代价：不看街道的最优方案还没有证明，不能说多少。")
    )
    return [
        html.H2(
            words("最低的是{name}：{before} → {after}").format(
                name=street.get(worst.name, worst.name),
                before=words.share(worst.before),
                after=words.share(worst.after),
            ),
            className="panel-title",
        ),
        html.P(price, className="panel-subtitle", id=names.PRICE),
        _table((words("街道片区"), words("需求权重"), words("之前"), words("之后")), rows, names.ZONES, "plan_covered"),
    ]
