"""From a question to an answer: found again, computed while one watches, or placed by hand.

No component, no callback.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from dashboard.access.reader import current_reader
from dashboard.context import Context
from dashboard.pages.planning.controls import Question
from dashboard.tasks.job import Job
from dashboard.tasks.jobs import Jobs, digest
from geodata.message import Message
from layers.atlas import Atlas
from layers.siting import evidence, questions
from layers.siting.answer import Answer, placed
from layers.siting.ask import DECIMALS, FAIR, point_of
from layers.siting.case import Case, basis, case
from layers.siting.front import COST, NUMBER, ZONE, Point, front
from layers.siting.reorganising import numbered, zone_of_cells
from layers.siting.scenario import Inputs, Scenario, dumps_answer, dumps_inputs, inputs_filters, loads_answer, of_row
from layers.siting.solver import Clock, solve

#: A search from the page takes at most so long, and each point of a curve; seconds.
SECONDS, CURVE_SECONDS = 120.0, 10.0
#: News are written at most so often, seconds.
TELL_SECONDS = 0.05
FURTHER, LONGEST_CURVE = 6, 24
#: A front of two aims has so many points, and takes at most so long, seconds.
FRONT_POINTS, FRONT_SECONDS = 8, 60.0
MOST_HISTORY = 400
BY_JOB, BY_HAND, BY_SCENARIO, BY_KEPT, FAILED = "job", "hand", "scenario", "kept", "failed"
SAME_DEGREES = 10.0**-DECIMALS


def inputs_of(atlas: Atlas, question: Question, found: Case | None = None, query: str = "") -> Inputs:
    """Return what a question depends on, as a scenario keeps it."""
    return Inputs(
        filters=inputs_filters(question.filters),
        ask=question.plan.ask,
        data_version=atlas.version,
        basis=basis(atlas),
        planned=found.planned if found else (),
        query=query,
    )


def key_of(atlas: Atlas, question: Question) -> str:
    """Return what tells two questions apart: the same key, the same answer."""
    return dumps_inputs(replace(inputs_of(atlas, question), data_version=""))


def case_of(atlas: Atlas, question: Question) -> Case:
    """Return the case of a question, kept ready while one looks at it.

    Raises
    ------
    AtlasError
        As :func:`layers.siting.case.case`.
    """
    # a mark on a candidate that is no longer offered is left out: the source may have been changed since
    found = atlas.recent(
        ("siting case", key_of(atlas, unmarked(question))),
        lambda: case(atlas, inputs_filters(question.filters), unmarked(question).plan.ask),
    )
    known = set(found.candidates.ids)
    ask = question.plan.ask
    force, forbid = (tuple(one for one in marks if one in known) for marks in (ask.force, ask.forbid))
    return replace(found, ask=ask, wish=replace(found.wish, force=force, forbid=forbid))


def unmarked(question: Question) -> Question:
    """Return the question without marks on candidates, which change the answer and not the case."""
    return replace(question, plan=question.plan.having(ask=question.plan.ask.having(force=(), forbid=())))


def place_of(found: Case, site: str) -> tuple[float, float] | None:
    """Return where a candidate is, degrees; None when there is no such candidate."""
    rows = {one: at for at, one in enumerate(found.candidates.ids)}
    if site in rows:
        lon, lat = found.candidates.located.xy[rows[site]]
        return float(lon), float(lat)
    return point_of(site)


def by_hand(atlas: Atlas, found: Case, sites: Sequence[tuple[float, float]]) -> Answer:
    """Return what sites at these points amount to, numbered in this order; one that did not move keeps its id."""
    spots = np.column_stack([found.offered.lon, found.offered.lat])
    named = []
    for number, (lon, lat) in enumerate(sites, 1):
        near = np.flatnonzero((np.abs(spots - (lon, lat)) < SAME_DEGREES).all(axis=1)) if len(spots) else []
        named.append((found.offered.ids[int(near[0])] if len(near) else f"moved-{number}", lon, lat))
    made = placed(atlas, found, _distinct(named))
    order = {(site[1], site[2]): number for number, site in reversed(list(enumerate(named, 1)))}
    kept = sorted((replace(one, number=order[one.lon, one.lat]) for one in made.sites), key=lambda one: one.number)
    return made.having(sites=tuple(kept))


def _distinct(named: list[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """Return the sites with ids that are their own: two may have been moved onto one candidate."""
    seen: set[str] = set()
    found = []
    for number, (one, lon, lat) in enumerate(named, 1):
        found.append((f"moved-{number}" if one in seen else one, lon, lat))
        seen.add(one)
    return found


def search(atlas: Atlas, jobs: Jobs, question: Question, seconds: float = SECONDS) -> Callable[[Job], None]:
    """Return the work that answers a question, telling objective, bound and sites as they come."""
    key = key_of(atlas, question)

    def work(job: Job) -> None:
        found = case_of(atlas, question).bounded()
        teller, last = _Teller(job, found), None
        for last in questions.search(atlas, found, seconds, job.cancelled):
            teller.tell(last)
        if last is None:
            return
        teller.tell(last, always=True)
        came = last.progress
        end: dict[str, Any] = {
            "status": came.status,
            "reasons": [one.told.as_json() for one in came.reasons],
        }
        if came.objective is not None and came.status != "infeasible":
            end["answer"] = dumps_answer(questions.answer(atlas, found, last))
        job.say(**end)
        if questions.finished(found, last):
            jobs.keep(key, {**end, "history": teller.history, "total": teller.total})

    return work


class _Teller:
    """Writes news of a search: what changed, and not more often than anybody reads."""

    def __init__(self, job: Job, found: Case) -> None:
        self.history: list[list[float | None]] = []
        self.total: float | None = None
        self._job, self._found, self._told = job, found, 0.0
        self._where = {
            one: tuple(map(float, spot))
            for one, spot in zip(found.candidates.ids, found.candidates.located.xy, strict=True)
        }

    def tell(self, told: questions.Told, always: bool = False) -> None:
        now, ids = told.progress, told.prepared.instance.site_ids
        if self.total is None:
            self.total = questions.whole_of(self._found, told.prepared)
            self._job.say(total=self.total)
        news = [now.seconds, now.objective, now.bound]
        changed = not self.history or self.history[-1][1:] != news[1:]
        if changed or always:
            self.history.append(news)
            if len(self.history) > MOST_HISTORY:
                self.history = self.history[::2]
        clock = time.monotonic()
        if not always and (clock - self._told < TELL_SECONDS or not (changed or now.waiting)):
            return
        self._told = clock
        self._job.say(
            status=now.status,
            stage=now.stage,
            waiting=now.waiting,
            objective=now.objective,
            bound=now.bound,
            gap=now.gap,
            seconds=now.seconds,
            history=self.history,
            sites=[self._where[ids[j]] for j in now.sites if ids[j] in self._where],
            closed=list(told.closed),
            upgraded=list(told.upgraded),
        )


def curve(atlas: Atlas, jobs: Jobs, question: Question, present: int) -> Callable[[Job], None]:
    """Return the work that finds the best plan for each number of new sites up to some beyond the `present` one."""
    key, aim = curve_key(atlas, question), aim_of(question)

    def trade(job: Job) -> None:
        found = case_of(atlas, question).bounded()
        prepared = found.prepared()
        zone, _ = numbered(zone_of_cells(atlas, found))
        clock = Clock(FRONT_SECONDS, job.cancelled)
        end: dict[str, Any] = {"rows": [], "total": float(prepared.instance.weight.sum())}
        for told in front(prepared.instance, aim, zone[prepared.point], FRONT_POINTS, clock):
            end["rows"] = [_row(one, aim) for one in told]
            job.say(**end, done=len(told), of=FRONT_POINTS)
        if not job.cancelled() and end["rows"] and all(row["status"] == "proved" for row in end["rows"]):
            jobs.keep(key, end)

    def work(job: Job) -> None:
        prepared = case_of(atlas, question).bounded().prepared()
        instance = prepared.instance
        least = int((instance.forced & ~instance.existing).sum())
        most = min(max(present + FURTHER, least), LONGEST_CURVE + least, int(instance.free.sum()))
        rows: list[dict[str, Any]] = []
        plans = []
        total = float(instance.weight.sum())
        for count in range(least, most + 1):
            answers = solve(
                instance.having(new=count, farther=instance.farther), CURVE_SECONDS, cancelled=job.cancelled
            )
            last = deque(answers, maxlen=1)[0]
            if job.cancelled():
                break
            if last.objective is not None and last.status != "infeasible":
                rows.append({"new": count, "objective": last.objective, "bound": last.bound, "status": last.status})
                plans.append(last.sites)
            job.say(rows=rows, of=most - least + 1, done=count - least + 1, total=total)
        nested, broken = evidence.nests(plans)
        end: dict[str, Any] = {
            "rows": rows,
            "total": total,
            "nests": nested,
            "nests_until": None if broken is None else rows[broken - 1]["new"],
        }
        job.say(**end)
        if not job.cancelled() and all(row["status"] == "proved" for row in rows):
            jobs.keep(key, end)

    return work if aim == NUMBER else trade


def aim_of(question: Question) -> str:
    """Return against what the curve of a question shows coverage: new sites, yuan under a budget, the worst zone."""
    ask = question.plan.ask
    return ZONE if ask.question == FAIR else COST if ask.budget is not None and ask.model == "mclp" else NUMBER


def _row(one: Point, aim: str) -> dict[str, Any]:
    # the condition that gives this plan again, in as many digits as an address holds
    at = np.floor(one.other * 1e6) / 1e6 if aim == ZONE else one.other
    return {
        "new": len(one.sites),
        "other": one.other,
        "at": float(at),
        "objective": one.weight,
        "bound": one.bound,
        "status": one.status,
    }


def curve_key(atlas: Atlas, question: Question) -> str:
    """Return what tells two curves apart: all that is asked but the condition by which its points differ, so that
    whoever looks at one point after the other keeps the curve.
    """
    open_: dict[str, Any] = {NUMBER: {"new": 1}, ZONE: {"zone_share": 0.0}, COST: {"budget": 1.0}}[aim_of(question)]
    plan = question.plan.having(ask=question.plan.ask.having(**open_))
    return f"curve {aim_of(question)} {key_of(atlas, replace(question, plan=plan))}"


def curve_kept(atlas: Atlas, jobs: Jobs, question: Question, present: int) -> dict[str, Any] | None:
    """Return a curve that was found before; None where it ends before the `present` number of new sites."""
    told = jobs.kept(curve_key(atlas, question))
    short = told is not None and aim_of(question) == NUMBER and all(row["new"] < present for row in told["rows"])
    return None if short else told


@dataclass(frozen=True, slots=True)
class Found:
    """An answer and where it came from.

    Attributes
    ----------
    answer : Answer or None
        None while there is none, and when there cannot be one.
    by : str or None
        ``job``, ``kept``, ``hand`` or ``scenario``.
    reasons : tuple of Message
        Why there can be none.
    history : list
        Objective and bound over time.
    total : float
        All demand weight.
    """

    answer: Answer | None = None
    by: str | None = None
    reasons: tuple[Message, ...] = ()
    history: tuple[tuple[float | None, ...], ...] = ()
    total: float = 0.0


def of_told(told: Mapping[str, Any], by: str) -> Found:
    """Return what a job has told (or an answer that was kept) as what was found."""
    answer = loads_answer(told["answer"]) if isinstance(told.get("answer"), str) else None
    reasons = tuple(Message.from_json(one) for one in told.get("reasons", ()))
    return Found(
        answer, by, reasons, tuple(tuple(one) for one in told.get("history", ())), float(told.get("total", 0.0))
    )


def scenario_of(atlas: Atlas, scenario_id: str) -> Scenario | None:
    """Return a scenario of the atlas, None when there is none of that id."""
    row = atlas.rows_by("scenarios", "scenario_id").get(scenario_id)
    return None if row is None else of_row(plans_of(atlas).iloc[row].to_dict())


def plans_of(atlas: Atlas) -> pd.DataFrame:
    """Return the rows of the plans that are kept; who kept them is told to who makes plans."""
    return (atlas.exact if current_reader().may("planner") else atlas).scenarios


def answer_of(context: Context, jobs: Jobs, atlas: Atlas, question: Question, ref: dict[str, Any] | None) -> Found:  # noqa: ARG001 - as a page has them
    """Return the answer that `ref` points at; nothing when it is an answer to another question or gone by now.

    The browser holds only where an answer is, never the answer: what it sends back cannot change a figure.
    """
    if not ref:
        return Found()
    by = ref.get("by")
    if by == FAILED and isinstance(ref.get("error"), dict):
        return Found(reasons=(Message.from_json(ref["error"]),))
    if by == BY_SCENARIO:
        kept = scenario_of(atlas, question.plan.scenario or "")
        return Found(kept.answer, BY_SCENARIO) if kept is not None and kept.answer is not None else Found()
    if by == BY_HAND:
        if not question.plan.sites:
            return Found()
        return Found(
            atlas.recent(
                ("by hand", key_of(atlas, question), question.plan.sites),
                lambda: by_hand(atlas, case_of(atlas, question), question.plan.sites),
            ),
            BY_HAND,
        )
    key = key_of(atlas, question)
    if ref.get("for") != digest(key):
        return Found()
    state = jobs.state(ref.get("id")) if by == BY_JOB else None
    told = state.told if state else {}
    if "answer" not in told and not told.get("reasons"):
        told = jobs.kept(key) or {}
    return of_told(told, by if by in (BY_JOB, BY_KEPT) else BY_KEPT) if told else Found()
