"""Where the answer that is shown is kept:
in a job, in what was found before, in a scenario, or in the address itself.
"""

from __future__ import annotations

from typing import Any

from dashboard.context import Context
from dashboard.pages.planning.controls import Question
from dashboard.pages.planning.solving import (
    BY_HAND,
    BY_JOB,
    BY_KEPT,
    BY_SCENARIO,
    Found,
    by_hand,
    case_of,
    key_of,
    of_told,
)
from dashboard.tasks.jobs import Jobs, digest
from geodata.message import Message
from layers.atlas import Atlas
from layers.siting.scenario import of_row

FAILED = "failed"


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
        row = atlas.rows_by("scenarios", "scenario_id").get(question.plan.scenario or "")
        kept = None if row is None else of_row(atlas.scenarios.iloc[row].to_dict())
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
    if ref.get("for") != name_of(key):
        return Found()
    state = jobs.state(ref.get("id")) if by == BY_JOB else None
    told = state.told if state else {}
    if "answer" not in told and not told.get("reasons"):
        told = jobs.kept(key) or {}
    return of_told(told, by if by in (BY_JOB, BY_KEPT) else BY_KEPT) if told else Found()


def name_of(key: str) -> str:
    """Return the short name of a key, for the browser."""
    return digest(key)
