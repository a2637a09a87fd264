"""What an answer says, in words: the right column of the planning page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboard.charts.chart import Chart
from dashboard.components.badge import badge
from dashboard.components.chart_table import opening
from dashboard.components.term_marks import pieces
from dashboard.pages.planning.controls import DAY, Question
from dashboard.pages.planning.key_figures import digits, measure
from dashboard.planning_questions import CARDS, falls, sentence
from dashboard.scenario_in_words import demand_name, proof
from dashboard.tasks.job import LOST, QUEUED, State
from dashboard.words import Words
from geodata.errors import AtlasError
from geodata.message import Message
from layers.siting.answer import MOVED, NIGHT, Answer
from layers.siting.ask import WHERE, hours_text
from layers.siting.case import Case
from layers.siting.demands import PRESENT
from layers.siting.fairness import Fairness


def head(question: Question, found: Case, answer: Answer, words: Words) -> list:
    """Return the answer as a title, with what it is of under it."""
    said = _when(found.wish.hours, words)
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


def today(question: Question, found: Case, now: Answer, words: Words) -> list:
    """Return who is within reach today, and what pressing the button will do."""
    have, note = now.before, found.note()
    title = words("{when}现有 {count} 个驿站覆盖 {share}").format(
        when=_when(found.wish.hours, words), count=int(found.open_then().sum()), share=words.share(have.share)
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


def refused(reasons: Sequence[AtlasError | Message], words: Words) -> list:
    """Return why there can be no answer, and what would suffice."""
    return [
        html.H2(words("这样的条件下没有方案"), className="plan-title", id="plan-title"),
        html.Ul([html.Li(one.text(words.gettext)) for one in reasons], className="plan-reasons"),
    ]


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
        gini_before=digits(before.access_gini),
        gini_after=digits(after.access_gini),
    )
    said = [chart.subtitle, html.Br()] if chart.subtitle else []
    return html.P([*said, *pieces(access, words)] if said else pieces(access, words), className="panel-subtitle")


def _when(hours: tuple[int, ...] | None, words: Words) -> str:
    """Return the hours asked as a title begins: by night, by day, at 9-10."""
    if hours is None:
        return ""
    if hours == NIGHT:
        return words("夜间")
    if hours == DAY:
        return words("白天")
    return words("{hours} 时").format(hours=hours_text(hours))


def _with_note(said: str, found: Case, words: Words) -> str:
    """Return `said`, and which open stations the plan does not count since nobody knows where they are."""
    note = found.note()
    return said if note is None else words("{first}；{then}").format(first=said, then=note.text(words.gettext))
