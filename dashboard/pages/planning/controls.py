"""The controls of the rail, each a two-way reading of one thing that is asked.

As on the overview, a control's value only changes the question when it says
something else than the present question would show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboard.components.controls import Control
from dashboard.pages.planning import names
from dashboard.pages.planning.address import Plan
from dashboard.planning_questions import CARDS
from layers.filters import DETOUR, RADIUS_M, Filters
from layers.siting.answer import NIGHT
from layers.siting.ask import (
    ATTENDANCE,
    CAPACITY,
    CHANGE,
    DEMANDS,
    FAIR,
    MOST_CHANGED,
    MOST_DEMANDS,
    MOST_DRAWS,
    MOST_NEW,
    STAGES,
    STEP_M,
    SURE,
    UPGRADE,
    hours_of,
    hours_text,
    stages_of,
)
from layers.siting.solver import COVERAGE_MODELS

DAY = tuple(range(8, 20))
WHOLE_DAY = tuple(range(24))
PRESETS = {"": None, "all": WHOLE_DAY, "day": DAY, "night": NIGHT}
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Question:
    """Filters and plan together: all that the page's address holds."""

    filters: Filters
    plan: Plan

    def asking(self, **changes: Any) -> Question:
        """Return the question with another Ask; what was found for the old one goes."""
        return replace(self, plan=self.plan.asking(**changes))

    def looking(self, **changes: Any) -> Question:
        """Return the question of other filters; what was found for the old ones goes."""
        return Question(self.filters.having(**changes), self.plan.asking())


def _ask_number(field: str, low: float, high: float, kind: type = int) -> Control:
    """A number that may be left empty."""

    def take(question: Question, value: Any) -> Question:
        if value in ("", None):
            return question.asking(**{field: None})
        return question.asking(**{field: kind(min(max(float(value), low), high))})

    def show(question: Question) -> Any:
        value = getattr(question.plan.ask, field)
        return "" if value is None else value

    return Control(names.control(field), "value", show, take)


def _place() -> Control:
    def take(question: Question, value: str | None) -> Question:
        if not value:
            return question
        # candidates of one place are none of another
        return Question(question.filters.at_place(value), question.plan.asking(points=(), force=(), forbid=()))

    return Control(names.control("place"), "value", lambda question: question.filters.place, take)


def _hours() -> Control:
    def show(question: Question) -> str:
        hours = question.plan.ask.hours
        return next((name for name, one in PRESETS.items() if one == hours), OTHER)

    def take(question: Question, value: str | None) -> Question:
        return question.asking(hours=PRESETS[value]) if value in PRESETS else question

    return Control(names.control("hours"), "value", show, take)


def _hours_text() -> Control:
    def take(question: Question, value: str | None) -> Question:
        return question.asking(hours=hours_of((value or "").strip().replace("，", ",")))

    return Control(names.control("hours-text"), "value", lambda question: hours_text(question.plan.ask.hours), take)


def _choice(field: str) -> Control:
    return Control(
        names.control(field),
        "value",
        lambda question: str(getattr(question.plan.ask, field)),
        lambda question, value: question.asking(**{field: value}) if value else question,
    )


def _model() -> Control:
    def take(question: Question, value: str | None) -> Question:
        if not value:
            return question
        cover = question.plan.ask.cover if value in COVERAGE_MODELS else 1
        # "as few as it takes" has no number given, and the others need one
        new = None if value == "lscp" else question.plan.ask.new if question.plan.ask.new is not None else 8
        return question.asking(model=value, cover=cover, new=new)

    return Control(names.control("model"), "value", lambda question: question.plan.ask.model, take)


def _question() -> Control:
    def take(question: Question, value: str | None) -> Question:
        if value not in CARDS:
            return question
        ask = question.plan.ask.put(value)
        return replace(question, plan=replace(question.plan, ask=ask, sites=(), scenario=None, run=False))

    return Control(names.control("question"), "value", lambda question: question.plan.ask.question, take)


def _own_number(field: str, name: str, high: float, scale: float = 1.0, empty: bool = False) -> Control:
    """A number of one question; it may be left empty where nothing then limits it. `scale`: 100 for percent."""

    def own(question: Question) -> bool:
        return name in CARDS[question.plan.ask.question].parts

    def take(question: Question, value: Any) -> Question:
        if not own(question) or (value in ("", None) and not empty):
            return question
        if value in ("", None):
            return question.asking(**{field: None})
        number = min(max(float(value), 0.0), high)
        return question.asking(**{field: number / scale if empty else int(number)})

    def show(question: Question) -> Any:
        value = getattr(question.plan.ask, field)
        return "" if value is None else round(value * scale, 6) if empty else value

    return Control(names.control(field), "value", show, take)


def _stages() -> Control:
    def take(question: Question, value: str | None) -> Question:
        return question.asking(stages=stages_of(value or "")) if question.plan.ask.question == STAGES else question

    return Control(
        names.control("stages"), "value", lambda question: ",".join(map(str, question.plan.ask.stages)), take
    )


def _keep() -> Control:
    def take(question: Question, value: Any) -> Question:
        keep = tuple(value or ())
        same = question.plan.ask.question != CHANGE or keep == question.plan.ask.keep
        return question if same else question.asking(keep=keep)

    return Control(names.control("keep"), "value", lambda question: list(question.plan.ask.keep), take)


def _single_source() -> Control:
    def take(question: Question, on: Any) -> Question:
        return question.asking(single_source=bool(on)) if question.plan.ask.question == CAPACITY else question

    return Control(names.control("single_source"), "checked", lambda question: question.plan.ask.single_source, take)


def _open_share() -> Control:
    def take(question: Question, value: Any) -> Question:
        if question.plan.ask.question != ATTENDANCE:
            return question
        share = 100.0 if value in ("", None) else min(max(float(value), 1.0), 100.0)
        return question.asking(open_share=share / 100)

    return Control(
        names.control("open_share"), "value", lambda question: round(question.plan.ask.open_share * 100, 6), take
    )


def _demands() -> Control:
    def take(question: Question, value: Any) -> Question:
        if question.plan.ask.question != DEMANDS:
            return question
        return question.asking(demands=tuple(value or ())[:MOST_DEMANDS])

    return Control(names.control("demands"), "value", lambda question: list(question.plan.ask.demands), take)


def _least_regret() -> Control:
    def take(question: Question, on: Any) -> Question:
        return question.asking(least_regret=bool(on)) if question.plan.ask.question == DEMANDS else question

    return Control(names.control("least_regret"), "checked", lambda question: question.plan.ask.least_regret, take)


def _backup() -> Control:
    return Control(
        names.control("backup"),
        "checked",
        lambda question: question.plan.ask.cover > 1,
        lambda question, on: question.asking(cover=2 if on and question.plan.ask.model in COVERAGE_MODELS else 1),
    )


def _filter_number(field: str, low: float, high: float, kind: type) -> Control:
    def take(question: Question, value: Any) -> Question:
        if value in ("", None):
            return question
        return question.looking(**{field: kind(min(max(float(value), low), high))})

    return Control(names.control(field), "value", lambda question: getattr(question.filters, field), take)


def _day() -> Control:
    return Control(
        names.control("day"),
        "value",
        lambda question: str(question.filters.day),
        lambda question, value: question.looking(day=int(value)) if value else question,
    )


def _group() -> Control:
    return Control(
        names.control("group"),
        "value",
        lambda question: question.filters.worker_group or "",
        lambda question, value: question.looking(worker_group=value or None),
    )


def _always() -> Control:
    return Control(
        names.control("always"),
        "checked",
        lambda question: question.filters.always,
        lambda question, on: question.looking(always=bool(on)),
    )


def _swipe() -> Control:
    return Control(
        names.control("swipe"),
        "checked",
        lambda question: question.plan.swipe,
        lambda question, on: replace(question, plan=question.plan.having(swipe=bool(on))),
    )


def controls() -> tuple[Control, ...]:
    """Return every control, in the order in which callbacks list them."""
    return (
        _question(),
        _place(),
        _group(),
        Control(
            names.control("proxy"),
            "value",
            lambda question: question.filters.proxy,
            lambda question, value: question.looking(proxy=value) if value else question,
        ),
        _hours(),
        _hours_text(),
        _day(),
        _model(),
        _ask_number("new", 0, MOST_NEW),
        _filter_number("radius", *RADIUS_M, int),
        _filter_number("detour", *DETOUR, float),
        Control(
            names.control("way"),
            "value",
            lambda question: question.filters.way or "",
            lambda question, value: question.looking(way=value or None),
        ),
        _choice("source"),
        Control(
            names.control("step"),
            "value",
            lambda question: question.plan.ask.step,
            lambda question, value: (
                question.asking(step=int(min(max(float(value), STEP_M[0]), STEP_M[1])))
                if value not in ("", None)
                else question
            ),
        ),
        _ask_number("spacing", 0, 20_000, float),
        _ask_number("budget", 0, 1e12, float),
        _ask_number("cost", 0, 1e12, float),
        _backup(),
        _choice("opening"),
        _always(),
        _swipe(),
        _own_number("close", CHANGE, MOST_CHANGED),
        _own_number("move", CHANGE, MOST_CHANGED),
        _own_number("move_within", CHANGE, 50_000, empty=True),
        _keep(),
        _own_number("upgrade", UPGRADE, MOST_CHANGED),
        _own_number("upgrade_cost", UPGRADE, 1e12, empty=True),
        _own_number("zone_share", FAIR, 100, scale=100.0, empty=True),
        _stages(),
        _own_number("capacity", CAPACITY, 1e9, empty=True),
        _single_source(),
        _own_number("near", ATTENDANCE, RADIUS_M[1], empty=True),
        _open_share(),
        _demands(),
        _least_regret(),
        _own_number("draws", SURE, MOST_DRAWS),
    )


def taken(question: Question, values: Sequence[Any], listed: Sequence[Control]) -> Question:
    """Return the question with the values of all controls that say something else than it does."""
    changed = question
    for control, value in zip(listed, values, strict=True):
        shown = control.show(question)
        if value != shown and not (value is None and shown == ""):
            changed = control.take(changed, value)
    return changed
