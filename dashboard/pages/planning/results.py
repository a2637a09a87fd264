"""What an answer says, in words and tables: the right column of the planning page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dash import html

from dashboard.charts.chart import Chart
from dashboard.components.badge import badge
from dashboard.components.chart_table import opening
from dashboard.components.term_marks import pieces
from dashboard.pages.planning import names
from dashboard.pages.planning.controls import DAY, Question
from dashboard.planning_questions import CARDS, falls, sentence
from dashboard.scenario_in_words import demand_name, proof
from dashboard.tasks.job import LOST, QUEUED, State
from dashboard.words import Words
from geodata.errors import AtlasError
from geodata.message import Message
from layers import way
from layers.atlas import Atlas
from layers.siting.answer import MOVED, NIGHT, Answer, Figures, Site
from layers.siting.ask import ATTENDANCE, CAPACITY, STAGES, SURE, WHERE, hours_text
from layers.siting.case import Case
from layers.siting.closing import Closing
from layers.siting.demands import PRESENT
from layers.siting.fairness import Fairness
from layers.siting.questions import parts_of

MOST_ZONES = 6
MOST_CLOSINGS = 5
BESIDE_M = 150.0
#: A station that serves so much of its capacity is full.
FULL = 1 - 1e-6


def when(hours: tuple[int, ...] | None, words: Words) -> str:
    """Return the hours asked as a title begins: by night, by day, at 9-10."""
    if hours is None:
        return ""
    if hours == NIGHT:
        return words("夜间")
    if hours == DAY:
        return words("白天")
    return words("{hours} 时").format(hours=hours_text(hours))


def measure(model: str, value: float | None, total: float, words: Words) -> str:
    """Return an objective as people read it."""
    if value is None:
        return "—"
    if model == "mclp":
        return words.share(value / total) if total else "—"
    if model == "lscp":
        return words("{count} 站").format(count=words.number(value))
    if model == "pmedian":
        return words("平均 {metres} 米").format(metres=words.number(value / total)) if total else "—"
    return words("最远 {metres} 米").format(metres=words.number(value))


def head(question: Question, found: Case, answer: Answer, words: Words) -> list:
    """Return the answer as a title, with what it is of under it."""
    said = when(found.wish.hours, words)
    title = words("{when}覆盖 {before} → {after}，{proof}").format(
        when=said,
        before=words.share(answer.before.share),
        after=words.share(answer.after.share),
        proof=proof(answer, words),
    )
    ask = question.plan.ask
    model = ask.model
    if ask.question != WHERE:
        title = words.titled(said, sentence(answer, ask, words)) if said else sentence(answer, ask, words)
    elif model in ("pmedian", "pcenter", "lscp") and answer.status != MOVED:
        title = words("{objective}，{proof}").format(
            objective=measure(model, answer.objective, answer.after.weight_of, words), proof=proof(answer, words)
        )
    group = question.filters.worker_group
    of = words.codes("worker_group").get(group, group) if group else words("全部服务对象")
    sub = words("需求加权（{of}），{whole} 中的 {part}；未加权 {cells_before} → {cells_after}（{all} 格）").format(
        of=of,
        whole=words.number(answer.after.weight_of, 1),
        part=words.number(answer.after.weight, 1),
        all=words.number(answer.after.cells_of),
        cells_before=words.share(answer.before.cell_share),
        cells_after=words.share(answer.after.cell_share),
    )
    return [
        html.H2(
            [title, badge(found.provenance, words)],
            className="plan-title",
            id="plan-title",
            **{"data-figure": "plan_covered"},
        ),
        html.P(_with_note(sub, found, words), className="panel-subtitle"),
    ]


def _with_note(said: str, found: Case, words: Words) -> str:
    """Return `said`, and which open stations the plan does not count since nobody knows where they are."""
    note = found.note()
    return said if note is None else words("{first}；{then}").format(first=said, then=note.text(words.gettext))


def _by_way(found: Case, words: Words) -> str:
    """Return what a mean of ways is of: weighted by demand, and how one walks."""
    if found.walked:
        return words("需求加权，{way}").format(way=way.said(found.walked, found.filters).text(words.gettext))
    return words("需求加权，直线 × {detour}").format(detour=found.wish.detour)


def figures(question: Question, found: Case, answer: Answer, words: Words) -> list:
    """Return the key figures as a list of terms."""
    before, after = answer.before, answer.after
    ask = question.plan.ask
    rows = [
        (
            words("新覆盖的需求权重"),
            "—" if before.lost else f"+{words.number(after.weight - before.weight, 1)}",
            words("占全部 {share}").format(share=_points(after, before, words)),
        ),
        (
            words("夜间（22–6 时）有效覆盖"),
            _change(words.share(answer.night_before.share), words.share(answer.night_after.share)),
            words("需求加权"),
        ),
        (
            words("至少两站可达"),
            _change(words.share(_ratio(before.twice, before)), words.share(_ratio(after.twice, after))),
            words("需求加权"),
        ),
        (
            words("到最近驿站平均步行"),
            _change(_metres(before.mean_m, words), _metres(after.mean_m, words)),
            _by_way(found, words),
        ),
        (
            words("步行距离的基尼系数"),
            _change(_digits(before.gini), _digits(after.gini)),
            words("0 为人人一样远；站更近而差距拉大时会升高"),
        ),
    ]
    if answer.closed:
        rows.append(
            (
                words("失去的需求权重"),
                f"−{words.number(answer.lost, 1)}",
                words("原先覆盖、之后不再覆盖的，占全部 {share}").format(
                    share=words.share(answer.lost / after.weight_of if after.weight_of else None)
                ),
            )
        )
    if answer.served is not None:
        before = "—" if answer.served_before is None else words.number(answer.served_before, 1)
        full = sum(1 for one in answer.sites if one.load is not None and one.load >= (ask.capacity or 0.0) * FULL)
        rows.append(
            (
                words("服务得下的需求权重"),
                _change(before, words.number(answer.served, 1)),
                words("全部 {all} 中；新站 {count} 处坐满").format(all=words.number(after.weight_of, 1), count=full),
            )
        )
    if answer.expected is not None:
        rows.append(
            (
                words("预计到场的需求权重"),
                _change(words.number(answer.expected_before or 0.0, 1), words.number(answer.expected, 1)),
                words("全部 {all} 中；{falls}").format(all=words.number(after.weight_of, 1), falls=falls(ask, words)),
            )
        )
    cost = words("{yuan} 元").format(yuan=words.number(answer.cost)) if answer.cost else words("未给费用")
    rows.append((words("新建"), words("{count} 站").format(count=len(answer.sites)), cost))
    if answer.status != MOVED:
        total = parts_of(ask, after.weight_of)
        bound = words("上下界 {bound}").format(bound=measure(ask.model, answer.bound, total, words))
        rows.append((words("求解"), words("{seconds} 秒").format(seconds=f"{answer.seconds:.2f}"), bound))
    lost = (
        *(("plan_lost",) if answer.closed else ()),
        *(("plan_served",) if answer.served is not None else ()),
        *(("plan_expected",) if answer.expected is not None else ()),
    )
    marks = ("plan_covered", "plan_covered", "plan_twice", "plan_walk", "plan_gini", *lost, "plan_cost", "plan_bound")
    marks = marks[: len(rows)]
    return [_terms(rows, marks)]


def _terms(rows: list[tuple[str, str, str]], marks: Sequence[str] = ()) -> html.Dl:
    """Return figures as name, value and what they are of; `marks` name them for whoever reads the page."""
    named: list[dict[str, Any]] = [{"data-figure": mark} for mark in marks] or [{}] * len(rows)
    return html.Dl(
        [
            html.Div(
                [
                    html.Dt(name),
                    html.Dd([html.Span(value, className="plan-value", **mark), html.Span(note, className="plan-of")]),
                ]
            )
            for mark, (name, value, note) in zip(named, rows, strict=True)
        ],
        className="plan-figures",
    )


def _ratio(part: float, of: Figures) -> float | None:
    return part / of.weight_of if of.weight_of and not of.lost else None


def _points(after: Figures, before: Figures, words: Words) -> str:
    return words.share(None if before.lost else _ratio(after.weight - before.weight, after))


def _change(before: str, after: str) -> str:
    return f"{before} → {after}"


def _metres(value: float | None, words: Words) -> str:
    return "—" if value is None else words("{metres} 米").format(metres=words.number(value))


def _digits(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"


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
    header = html.Tr(
        [
            html.Th(words("站号")),
            html.Th(words("位置（为什么）")),
            html.Th(words("只有它覆盖")),
            html.Th(words("新增")),
            *([html.Th(extra[0])] if extra else []),
            html.Th(html.Span(words("操作"), className="plan-unseen")),
        ]
    )
    return [
        html.H2(words("为什么是这 {count} 处").format(count=len(answer.sites)), className="panel-title"),
        html.P(
            words("只有它覆盖 = 去掉后失去的需求权重；新增 = 半径内原先没有覆盖的，占全部需求。"),
            className="panel-subtitle",
        ),
        html.Table(
            [html.Thead(header), html.Tbody(rows)],
            className="plan-table",
            id=names.SITES + "-table",
            **{"data-figure": "plan_exclusive"},
        ),
    ]


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


def left_out(atlas: Atlas, answer: Answer, names_of: Mapping[str, str], words: Words) -> list:
    """Return what stays uncovered, by street, heaviest first; nothing where nobody knows what is covered."""
    if answer.after.lost:
        return []
    left = answer.after.weight_of - answer.after.weight
    zone_of = atlas.once("zone of cell", lambda: dict(zip(atlas.demand["cell"], atlas.demand["zone"], strict=True)))
    zones = dict(zip(atlas.zones["zone_id"], atlas.zones["name"], strict=True)) if len(atlas.zones) else {}
    by_zone: dict[str, float] = {}
    for cell, weight in answer.uncovered:
        name = zones.get(zone_of.get(cell))
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
    header = html.Tr([html.Th(words("现有驿站")), html.Th(words("只有它覆盖")), html.Th(words("覆盖减少"))])
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
        html.Table(
            [html.Thead(header), html.Tbody(rows)],
            className="plan-table",
            id=names.CLOSINGS,
            **{"data-figure": "plan_exclusive"},
        ),
    ]


def chart_head(chart: Chart, words: Words, *beside: Any) -> list:
    """Return what stands over a chart of the plan: its answer, words beside it, its figures as a table."""
    return [
        html.H2([chart.title, badge(chart.provenance, words)], className="panel-title"),
        *beside,
        opening(words, chart),
    ]


def fairness_note(found: Case, got: Fairness, chart: Chart, words: Words) -> html.P:
    """Return how to read the curves of a plan's fairness, and how the stations are shared."""
    before, after = got.before, got.after
    access = words(
        "两步移动搜索法（2SFCA，{radius} 米内）：分不到驿站的需求 {none_before} "
        "→ {none_after}，可达性基尼系数 {gini_before} → {gini_after}。"
    ).format(
        radius=found.filters.radius,
        none_before=words.share(before.without),
        none_after=words.share(after.without),
        gini_before=_digits(before.access_gini),
        gini_after=_digits(after.access_gini),
    )
    said = [chart.subtitle, html.Br()] if chart.subtitle else []
    return html.P([*said, *pieces(access, words)] if said else pieces(access, words), className="panel-subtitle")


def refused(reasons: Sequence[AtlasError | Message], words: Words) -> list:
    """Return why there can be no answer, and what would suffice."""
    return [
        html.H2(words("这样的条件下没有方案"), className="plan-title", id="plan-title"),
        html.Ul([html.Li(one.text(words.gettext)) for one in reasons], className="plan-reasons"),
    ]


def today(question: Question, found: Case, now: Answer, words: Words) -> list:
    """Return who is within reach today, and what pressing the button will do."""
    have, note = now.before, found.note()
    title = words("{when}现有 {count} 个驿站覆盖 {share}").format(
        when=when(found.wish.hours, words), count=int(found.open_then().sum()), share=words.share(have.share)
    )
    if have.lost:
        title = words("驿站尚无位置，暂无覆盖率")
    sub = words("在左边选好目标和条件，按“求解”：先给出一个方案，随后给出它离最优最多差多少。")
    asked = question.plan.ask
    card = CARDS[asked.question]
    will = (
        words(card.will)
        if card.will
        else {
            "mclp": words("求解将从 {candidates} 个备选点中选出至多 {count} 处，使覆盖的需求最多。"),
            "lscp": words("求解将从 {candidates} 个备选点中选出最少的点位，覆盖全部需求。"),
            "pmedian": words("求解将从 {candidates} 个备选点中选出至多 {count} 处，使平均步行最短。"),
            "pcenter": words("求解将从 {candidates} 个备选点中选出至多 {count} 处，使最远的步行最短。"),
        }[asked.model]
    ).format(
        candidates=words.number(len(found.candidates.ids)),
        count=words("任意") if asked.new is None else asked.new,
        close=asked.close,
        move=asked.move,
        upgrade=asked.upgrade,
        stages=words.listed(map(str, asked.stages)),
        draws=asked.draws,
        capacity=f"{asked.capacity or 0:g}",
        falls=falls(asked, words),
        demands=words.listed(demand_name(one, words) for one in (PRESENT, *asked.demands)),
        aim=words("离各自最优最多差的最小") if asked.least_regret else words("最差的一种覆盖最多"),
    )
    return [
        html.H2(
            [title, badge(found.provenance, words)],
            className="plan-title",
            id="plan-title",
            **{"data-figure": "plan_covered"},
        ),
        html.P(
            [will, html.Br(), sub, *([html.Br(), note.text(words.gettext)] if note else [])], className="panel-subtitle"
        ),
    ]


def today_figures(found: Case, now: Answer, words: Words) -> list:
    """Return the figures of today, each with what it is of."""
    have = now.before
    whole = words("全部 {all} 中").format(all=words.number(have.weight_of, 1))
    cells = words("全部 {all} 格中").format(all=words.number(have.cells_of))
    rows = [
        (words("已覆盖（需求加权）"), _counted(have, have.weight, 1, words), f"{words.share(have.share)} · {whole}"),
        (
            words("未覆盖（需求加权）"),
            _counted(have, have.weight_of - have.weight, 1, words),
            f"{words.share(_rest(have.share))} · {whole}",
        ),
        (
            words("已覆盖（未加权，按格）"),
            _counted(have, have.cells, 0 if float(have.cells).is_integer() else 1, words),
            f"{words.share(have.cell_share)} · {cells}",
        ),
        (
            words("未覆盖（未加权，按格）"),
            _counted(have, have.cells_of - have.cells, 0 if float(have.cells).is_integer() else 1, words),
            f"{words.share(_rest(have.cell_share))} · {cells}",
        ),
        (words("夜间（22–6 时）有效覆盖"), words.share(now.night_before.share), words("需求加权")),
        (
            words("到最近驿站平均步行"),
            _metres(have.mean_m, words),
            _by_way(found, words),
        ),
    ]
    return [
        _terms(rows, ("plan_covered", "plan_uncovered", "plan_covered", "plan_uncovered", "plan_covered", "plan_walk"))
    ]


def _counted(of: Figures, number: float, digits: int, words: Words) -> str:
    return "—" if of.lost else words.number(number, digits)


def _rest(share: float | None) -> float | None:
    return None if share is None else 1 - share


def status_line(state: State, model: str, words: Words) -> list:
    """Return how far a search is."""
    news = state.told
    if state.phase == QUEUED:
        return [words("在排队，前面还有 {count} 个方案。").format(count=state.ahead)]
    if state.phase == LOST:
        return [words("求解中断了（服务器重启），请再按一次“求解”。")]
    if news.get("waiting"):
        return [words("其他方案正在计算，本方案在排队。")]
    told = news.get("objective")
    if told is None:
        return [words("正在求解…")]
    total = float(news.get("total") or 0.0)
    gap = news.get("gap")
    near = (
        words("已证明最优")
        if news.get("status") == "proved"
        else words("距最优最多 {gap}").format(gap=f"{gap:.2%}")
        if gap is not None
        else words("尚无上下界")
    )
    return [
        f"{measure(model, told, total, words)} · {near} · "
        + words("{seconds} 秒").format(seconds=f"{news.get('seconds') or 0:.1f}")
    ]
