"""The figures of an answer, and of today: before, after, and what each is of."""

from __future__ import annotations

from dash import html

from dashboard.pages.planning.controls import Question
from dashboard.planning_questions import falls
from dashboard.words import Words
from layers import way
from layers.siting.answer import MOVED, Answer, Figures
from layers.siting.case import Case
from layers.siting.questions import parts_of

#: A station that serves so much of its capacity is full.
FULL = 1 - 1e-6


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


def figures(question: Question, found: Case, answer: Answer, words: Words) -> list:
    """Return the key figures as a list of terms."""
    before, after = answer.before, answer.after
    ask = question.plan.ask
    rows = [
        (
            "plan_covered",
            words("新覆盖的需求权重"),
            "—" if before.lost else f"+{words.number(after.weight - before.weight, 1)}",
            words("占全部 {share}").format(share=_points(after, before, words)),
        ),
        (
            "plan_covered",
            words("夜间（22–6 时）有效覆盖"),
            _change(words.share(answer.night_before.share), words.share(answer.night_after.share)),
            words("需求加权；新站开放：{hours}").format(hours=words.hours(ask.opening)),
        ),
        (
            "plan_twice",
            words("至少两站可达"),
            _change(words.share(_ratio(before.twice, before)), words.share(_ratio(after.twice, after))),
            words("需求加权"),
        ),
        (
            "plan_walk",
            words("到最近驿站平均步行"),
            _change(_metres(before.mean_m, words), _metres(after.mean_m, words)),
            _by_way(found, words),
        ),
        (
            "plan_gini",
            words("步行距离的基尼系数"),
            _change(digits(before.gini), digits(after.gini)),
            words("0 为人人一样远；站更近而差距拉大时会升高"),
        ),
    ]
    if answer.closed:
        rows.append(
            (
                "plan_lost",
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
                "plan_served",
                words("服务得下的需求权重"),
                _change(before, words.number(answer.served, 1)),
                words("全部 {all} 中；新站 {count} 处坐满").format(all=words.number(after.weight_of, 1), count=full),
            )
        )
    if answer.expected is not None:
        rows.append(
            (
                "plan_expected",
                words("预计到场的需求权重"),
                _change(words.number(answer.expected_before or 0.0, 1), words.number(answer.expected, 1)),
                words("全部 {all} 中；{falls}").format(all=words.number(after.weight_of, 1), falls=falls(ask, words)),
            )
        )
    cost = words("{yuan} 元").format(yuan=words.number(answer.cost)) if answer.cost else words("未给费用")
    rows.append(("plan_cost", words("新建"), words("{count} 站").format(count=len(answer.sites)), cost))
    if answer.status != MOVED:
        total = parts_of(ask, after.weight_of)
        bound = words("上下界 {bound}").format(bound=measure(ask.model, answer.bound, total, words))
        rows.append(("plan_bound", words("求解"), words("{seconds} 秒").format(seconds=f"{answer.seconds:.2f}"), bound))
    return [_terms(rows)]


def today_figures(found: Case, now: Answer, words: Words) -> list:
    """Return the figures of today, each with what it is of."""
    have = now.before
    whole = words("全部 {all} 中").format(all=words.number(have.weight_of, 1))
    cells = words("全部 {all} 格中").format(all=words.number(have.cells_of))
    rows = [
        (
            "plan_covered",
            words("已覆盖（需求加权）"),
            _counted(have, have.weight, 1, words),
            f"{words.share(have.share)} · {whole}",
        ),
        (
            "plan_uncovered",
            words("未覆盖（需求加权）"),
            _counted(have, have.weight_of - have.weight, 1, words),
            f"{words.share(_rest(have.share))} · {whole}",
        ),
        (
            "plan_covered",
            words("已覆盖（未加权，按格）"),
            _counted(have, have.cells, 0 if float(have.cells).is_integer() else 1, words),
            f"{words.share(have.cell_share)} · {cells}",
        ),
        (
            "plan_uncovered",
            words("未覆盖（未加权，按格）"),
            _counted(have, have.cells_of - have.cells, 0 if float(have.cells).is_integer() else 1, words),
            f"{words.share(_rest(have.cell_share))} · {cells}",
        ),
        ("plan_covered", words("夜间（22–6 时）有效覆盖"), words.share(now.night_before.share), words("需求加权")),
        (
            "plan_walk",
            words("到最近驿站平均步行"),
            _metres(have.mean_m, words),
            _by_way(found, words),
        ),
    ]
    return [_terms(rows)]


def digits(value: float | None) -> str:
    """Return a coefficient with two digits."""
    return "—" if value is None else f"{value:.2f}"


def _by_way(found: Case, words: Words) -> str:
    """Return what a mean of ways is of: weighted by demand, and how one walks."""
    if found.walked:
        return words("需求加权，{way}").format(way=way.said(found.walked, found.filters).text(words.gettext))
    return words("需求加权，直线 × {detour}").format(detour=found.wish.detour)


def _terms(rows: list[tuple[str, str, str, str]]) -> html.Dl:
    """Return figures as name, value and what they are of, each under the mark that names it for whoever asks."""
    return html.Dl(
        [
            html.Div(
                [
                    html.Dt(name),
                    html.Dd(
                        [
                            html.Span(value, className="plan-value", **{"data-figure": mark}),
                            html.Span(note, className="plan-of"),
                        ]
                    ),
                ]
            )
            for mark, name, value, note in rows
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


def _counted(of: Figures, number: float, digits: int, words: Words) -> str:
    return "—" if of.lost else words.number(number, digits)


def _rest(share: float | None) -> float | None:
    return None if share is None else 1 - share
