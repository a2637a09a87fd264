"""The questions that the planning page begins with: what each is called, asks, needs and answers in one sentence.

A further question is an entry here, one of :data:`layers.siting.questions.SEARCHES` and one of
:data:`layers.siting.ask.FIELDS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.scenario_in_words import demand_name, proof
from dashboard.words import Words
from geodata.errors import N_
from layers.siting.answer import Answer
from layers.siting.ask import ATTENDANCE, CAPACITY, CHANGE, DEMANDS, FAIR, STAGES, SURE, UPGRADE, WHERE, Ask

#: A site that stays in so many of the draws is called sure.
SURE_FROM = 0.9
#: The parts of the rail that not every question needs, and the button for the curve.
PARTS = (
    "model",
    "new",
    "spacing",
    "candidates",
    "cost",
    "backup",
    "opening",
    "curve",
    CHANGE,
    UPGRADE,
    FAIR,
    STAGES,
    CAPACITY,
    ATTENDANCE,
    DEMANDS,
    SURE,
)


@dataclass(frozen=True, slots=True)
class Card:
    """One question.

    Attributes
    ----------
    asks : str
        The question in words; what its card is called is in :func:`dashboard.scenario_in_words.question_names`.
    parts : tuple of str
        Of :data:`PARTS`, those that it needs.
    will : str
        What solving does; fields ``candidates``, ``count`` and those of Ask.
    said : callable
        The first half of the sentence of its answer, before its bound: (answer, ask, words) → text.
    """

    asks: str
    parts: tuple[str, ...]
    will: str
    said: Callable[[Answer, Ask, Words], str]


def sentence(answer: Answer, ask: Ask, words: Words) -> str:
    """Return the answer in one sentence, with its bound."""
    return words("{said}，{proof}").format(
        said=CARDS[ask.question].said(answer, ask, words), proof=proof(answer, words)
    )


def _covered(answer: Answer, words: Words) -> str:
    return words("覆盖 {before} → {after}").format(
        before=words.share(answer.before.share), after=words.share(answer.after.share)
    )


def _where(answer: Answer, ask: Ask, words: Words) -> str:  # noqa: ARG001 - as every question
    return _covered(answer, words)


def _change(answer: Answer, ask: Ask, words: Words) -> str:
    gone, opened = len(answer.closed), len(answer.sites)
    moved = max(0, gone - ask.close)
    deeds = [
        text.format(count=count)
        for count, text in (
            (gone - moved, words("撤 {count} 处")),
            (moved, words("迁 {count} 处")),
            (opened - moved, words("新建 {count} 处")),
        )
        if count > 0
    ]
    return words("{deeds}：{covered}").format(
        deeds=words.listed(deeds) if deeds else words("都不动为好"), covered=_covered(answer, words)
    )


def _upgrade(answer: Answer, ask: Ask, words: Words) -> str:  # noqa: ARG001 - as every question
    return words("{count} 处改为 24 小时：{covered}").format(
        count=len(answer.upgraded), covered=_covered(answer, words)
    )


def _fair(answer: Answer, ask: Ask, words: Words) -> str:  # noqa: ARG001 - as every question
    worst = min(answer.zones, key=lambda one: one.after, default=None)
    least = min((one.before for one in answer.zones), default=None)
    return words("最低的片区 {before} → {after}，全部{covered}").format(
        before=words.share(least), after=words.share(worst.after if worst else None), covered=_covered(answer, words)
    )


def _stages(answer: Answer, ask: Ask, words: Words) -> str:  # noqa: ARG001 - as every question
    whole = answer.after.weight_of
    shares = [answer.before.share, *(one.weight / whole if whole else None for one in answer.stages)]
    return words("分 {count} 期（{sites} 处）：覆盖 {shares}").format(
        count=len(answer.stages),
        sites=words.listed(str(one.new) for one in answer.stages),
        shares=" → ".join(words.share(one) for one in shares),
    )


def _capacity(answer: Answer, ask: Ask, words: Words) -> str:
    whole, covered = answer.after.weight_of, _covered(answer, words)
    each = words("每处至多 {capacity} 需求权重，{how}").format(
        capacity=f"{ask.capacity:g}",
        how=words("每格只由一处服务") if ask.single_source else words("可以分摊"),
    )
    if ask.model == "mclp":
        before, after = answer.served_before, answer.served
        told = words("服务得下 {before} → {after}（半径内{covered}）").format(
            before=words.share(None if before is None or not whole else before / whole),
            after=words.share(None if after is None or not whole else after / whole),
            covered=covered,
        )
    elif ask.model == "lscp":
        told = words("新建 {count} 处就人人有位").format(count=len(answer.sites))
    elif ask.model == "pmedian":
        mean = answer.objective / whole if answer.objective is not None and whole else 0.0
        told = words("人人有位，平均步行 {metres} 米").format(metres=words.number(mean))
    else:
        told = words("人人有位，最远步行 {metres} 米").format(metres=words.number(answer.objective or 0.0))
    return words.titled(each, told)


def _attendance(answer: Answer, ask: Ask, words: Words) -> str:  # noqa: ARG001 - as every question
    before, after = (
        words.share(None if one is None or not answer.after.weight_of else one / answer.after.weight_of)
        for one in (answer.expected_before, answer.expected)
    )
    return words("预计到场 {before} → {after}（半径内{covered}）").format(
        before=before, after=after, covered=_covered(answer, words)
    )


def falls(ask: Ask, words: Words) -> str:
    """Return in words how attendance falls with the way, and how often a station is found open."""
    near = (
        words("半径内都来")
        if ask.near is None
        else words("{near} 米以内都来、到半径处没有人来").format(near=f"{ask.near:g}")
    )
    found = (
        words("门总开着")
        if ask.open_share == 1
        else words("每处有 {share} 开着、关着就去下一处").format(share=words.share(ask.open_share))
    )
    return words("{near}，{found}").format(near=near, found=found)


def _demands(answer: Answer, ask: Ask, words: Words) -> str:
    count = len(answer.demands)
    if not count:
        return _covered(answer, words)
    if ask.least_regret:
        worst = max(answer.demands, key=lambda one: one.best - one.share)
        return words("{count} 种需求里，离各自最优最多差 {points} 个百分点（{name}）；{covered}").format(
            count=count,
            points=words.number((worst.best - worst.share) * 100, 2),
            name=demand_name(worst.name, words),
            covered=_covered(answer, words),
        )
    worst = min(answer.demands, key=lambda one: one.share)
    return words("{count} 种需求里最差的（{name}）覆盖 {before} → {after}").format(
        count=count,
        name=demand_name(worst.name, words),
        before=words.share(worst.before),
        after=words.share(worst.share),
    )


def _sure(answer: Answer, ask: Ask, words: Words) -> str:  # noqa: ARG001 - as every question
    sure = sum(1 for one in answer.sites if one.stays is not None and one.stays >= SURE_FROM)
    return words("{count} 处里 {sure} 处在 {draws} 种需求的 {share} 以上仍入选：{covered}").format(
        count=len(answer.sites),
        sure=sure,
        draws=answer.draws,
        share=f"{SURE_FROM:.0%}",
        covered=_covered(answer, words),
    )


CARDS: dict[str, Card] = {
    WHERE: Card(
        N_("新站建在哪里最好？"),
        ("model", "new", "spacing", "candidates", "cost", "backup", "opening", "curve"),
        "",
        _where,
    ),
    CHANGE: Card(
        N_("现有的哪些可以撤、哪些该搬、搬到哪？"),
        (CHANGE, "new", "spacing", "candidates", "cost", "opening"),
        N_("求解将撤并 {close} 处、迁移至多 {move} 处，从 {candidates} 个备选点中选新址，使覆盖的需求最多。"),
        _change,
    ),
    UPGRADE: Card(
        N_("现有的哪些最该改为 24 小时开放？"),
        (UPGRADE,),
        N_("求解将把至多 {upgrade} 处现有驿站改为 24 小时开放，使所选时段覆盖的需求最多。"),
        _upgrade,
    ),
    FAIR: Card(
        N_("怎样建，不落下任何一个街道？"),
        (FAIR, "new", "spacing", "candidates", "cost", "opening", "curve"),
        N_("求解将从 {candidates} 个备选点中选出至多 {count} 处，不落下任何一个街道片区。"),
        _fair,
    ),
    STAGES: Card(
        N_("分几年建，先建哪些？"),
        (STAGES, "spacing", "candidates", "opening"),
        N_("求解将从 {candidates} 个备选点中排出次序（各期 {stages} 处），前一期的都留在后一期，使各期覆盖之和最大。"),
        _stages,
    ),
    CAPACITY: Card(
        N_("一处接得下多少需求？接不下时还要几处？"),
        (CAPACITY, "model", "new", "spacing", "candidates", "cost", "opening"),
        N_("求解将从 {candidates} 个备选点中选址，每处至多服务 {capacity} 需求权重，多出的算没有服务。"),
        _capacity,
    ),
    ATTENDANCE: Card(
        N_("远了来的人少，门也不一定开着：建在哪里，来的人最多？"),
        (ATTENDANCE, "new", "spacing", "candidates", "cost", "opening"),
        N_("求解将从 {candidates} 个备选点中选出至多 {count} 处，使预计到场的需求最多：{falls}。"),
        _attendance,
    ),
    DEMANDS: Card(
        N_("需求有几种说法，哪个方案对每一种都好？"),
        (DEMANDS, "new", "spacing", "candidates", "cost", "opening"),
        N_("求解将从 {candidates} 个备选点中选出至多 {count} 处，同时顾到 {demands}：{aim}。"),
        _demands,
    ),
    SURE: Card(
        N_("需求若不准，方案还站得住吗？"),
        (SURE, "new", "spacing", "candidates", "cost", "opening"),
        N_("求解先选出至多 {count} 处，再把需求重抽 {draws} 次各求最优，看每处有几成仍入选。"),
        _sure,
    ),
}
