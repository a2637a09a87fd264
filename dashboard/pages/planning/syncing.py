"""Address, controls, clicks and drags brought to one question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from dashboard.context import Context
from dashboard.pages.planning import names
from dashboard.pages.planning.address import OWN_KEYS, SITE_DECIMALS, Plan, parse, whole
from dashboard.pages.planning.controls import Control, Question, controls, taken
from dashboard.pages.planning.rail import demand_places
from dashboard.pages.planning.solving import answer_of, by_hand, case_of, place_of, scenario_of
from dashboard.state import View as MapView
from dashboard.tasks.jobs import Jobs
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from geodata.message import Message
from layers.atlas import Atlas
from layers.filters import NATION
from layers.siting.ask import DECIMALS, WHERE, point_id
from layers.siting.scenario import FILTER_FIELDS

Event = dict[str, Any]


def settled(atlas: Atlas, question: Question) -> Question:
    """Return a question that can be asked:
    at a place with demand when none is named, with the inputs of the scenario that it opens.
    """
    plan = question.plan
    opened = scenario_of(atlas, plan.scenario) if plan.scenario else None
    if opened is not None and opened.inputs is not None:
        kept = {name: getattr(opened.inputs.filters, name) for name in FILTER_FIELDS}
        return Question(question.filters.having(**kept), replace(plan, ask=opened.inputs.ask, sites=()))
    hour = question.filters.hour
    if hour is not None:  # asked on the overview: here hours belong to the question
        ask = plan.ask if plan.ask.hours is not None else plan.ask.having(hours=(hour,))
        question = Question(question.filters.having(hour=None), replace(plan, ask=ask))
        plan = question.plan
    if question.filters.place == NATION and (places := demand_places(atlas)):
        return Question(question.filters.at_place(places[0]), plan)
    return question


def read(context: Context, search: str | None) -> tuple[Atlas, Question, tuple[Message, ...], MapView | None]:
    """Return the atlas of the day that an address names, its question, what of it could not be used, and where the
    map stands.
    """
    atlas, said = context.look(search, OWN_KEYS)
    plan, notices = parse(search or "")
    told = list(said.notices + notices)
    if plan.scenario and scenario_of(atlas, plan.scenario) is None:
        told.append(Message(N_("没有方案 {id}：可能已被删除。"), {"id": plan.scenario}))
        plan = plan.having(scenario=None)
    return atlas, settled(atlas, Question(said.filters, plan)), tuple(told), said.view


def asked(context: Context, stored: dict[str, Any] | None) -> tuple[Atlas, Question, Words]:
    """Return the atlas and the question that the browser keeps (:func:`stored_of`), and the reader's words.

    Raises
    ------
    PreventUpdate
        It keeps none yet.
    """
    if not stored:
        raise PreventUpdate
    atlas, question, _, _ = read(context, stored["query"])
    return atlas, question, context.words(question.filters.lang)


def query_of(context: Context, question: Question, view: MapView | None = None) -> str:
    """Return the query string of a question, with its ``?``."""
    return whole(context.write(question.filters, view), question.plan)


def stored_of(
    context: Context, atlas: Atlas, question: Question, view: MapView | None, told: Sequence[str], again: int = 0
) -> dict[str, Any]:
    """Return what the browser keeps of a question,
    and what everything is drawn from; `again` counts how often it was asked.
    """
    return {
        "query": query_of(context, question),
        "view": [view.lon, view.lat, view.zoom] if view else None,
        "notices": list(told),
        "again": again,
        "version": atlas.version,
    }


#: A point of a front names the condition that gives its plan.
FRONT = {"budget": "budget", "share": "zone_share"}


def changed(
    atlas: Atlas, question: Question, event: Event, sites: tuple[tuple[float, float], ...], ids: tuple[str, ...]
) -> Question:
    """Return the question after a click or a drag.

    Parameters
    ----------
    event : dict
        ``kind`` and ``id``, ``number`` or ``lon`` and ``lat``, as assets/planning.js sends them.
    sites, ids
        The present plan, by number.
    """
    kind, target = event.get("kind"), str(event.get("id", ""))
    if kind in ("move", "ground"):
        lon, lat = float(event["lon"]), float(event["lat"])
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            return question
        if kind == "ground":
            return _marked(question, points=(*question.plan.ask.points, (round(lon, DECIMALS), round(lat, DECIMALS))))
        at = int(event.get("number", 0)) - 1
        if not 0 <= at < len(sites):
            return question
        there = (round(lon, SITE_DECIMALS), round(lat, SITE_DECIMALS))
        placed = tuple(
            there if number == at else (round(x, SITE_DECIMALS), round(y, SITE_DECIMALS))
            for number, (x, y) in enumerate(sites)
        )
        return replace(question, plan=question.plan.having(sites=placed, scenario=None, run=False))
    if kind == "front":
        name, value = target.split(":")
        ask: dict[str, Any] = {"new": int(value)} if name == "new" else {FRONT[name]: float(value)}
        return _marked(question, **ask)
    if kind not in ("site", "candidate", "lock", "bar"):
        return question
    found = case_of(atlas, question)
    if (
        target.startswith("moved-") and target in ids
    ):  # a site between the candidates becomes one before it can be marked
        lon, lat = (round(degree, DECIMALS) for degree in sites[ids.index(target)])
        target = point_id(lon, lat)
        question = _marked(question, points=tuple(dict.fromkeys((*question.plan.ask.points, (lon, lat)))))
    elif place_of(found, target) is None or target not in found.candidates.ids:
        return question
    ask = question.plan.ask
    force, forbid = dict.fromkeys(ask.force), dict.fromkeys(ask.forbid)
    step = "force" if target not in force and target not in forbid else "forbid" if target in force else "free"
    if kind == "lock":
        step = "free" if target in force else "force"
    elif kind == "bar":
        step = "free" if target in forbid else "forbid"
    force.pop(target, None)
    forbid.pop(target, None)
    if step != "free":
        (force if step == "force" else forbid)[target] = None
    return _marked(question, force=tuple(force), forbid=tuple(forbid))


def _marked(question: Question, **changes: Any) -> Question:
    """Return the question with other marks; where an answer was shown, the new one is asked for at once."""
    shown = question.plan.run or question.plan.scenario is not None or bool(question.plan.sites)
    after = question.asking(**changes)
    return replace(after, plan=after.plan.having(run=shown))


def register(app: Dash, context: Context, jobs: Jobs) -> None:
    """Add the callback."""
    listed = controls()
    inputs = [Input(control.id, control.prop) for control in listed]

    @app.callback(
        Output(names.URL, "search"),
        Output(names.STATE, "data"),
        *[Output(control.id, control.prop) for control in listed],
        Input(names.URL, "search"),
        *inputs,
        Input(names.EVENT, "data"),
        Input(names.RUN, "n_clicks"),
        Input(names.RESET, "n_clicks"),
        Input(names.CLEAR_MARKS, "n_clicks"),
        Input(names.CHANGED, "data"),
        State(names.STATE, "data"),
        State(names.RESULT, "data"),
        State(names.VIEWPORT, "data"),
    )
    def sync(search: str | None, *rest: Any) -> tuple:
        """Bring address, controls, clicks and drags to one question."""
        values = rest[: len(listed)]
        event, runs, _, _, done, drawn, result, viewport = rest[len(listed) :]
        atlas, before, notices, view = read(context, search)
        question, told = _next(context, jobs, atlas, before, ctx.triggered_id, values, listed, event, done, result)
        words = context.words(question.filters.lang)
        view = view if question.filters.place == before.filters.place else None
        if viewport and viewport.get("place") == question.filters.place:
            view = MapView(viewport["lon"], viewport["lat"], viewport["zoom"])
        wrong = [one.text(words.gettext) for one in (*(notices if question == before else ()), *told)]
        stored = stored_of(context, atlas, question, view, wrong, runs or 0)
        address = query_of(context, question, view)
        shown = [control.show(question) for control in listed]
        fresh = [
            new if new != old and not (new == "" and old is None) else no_update
            for new, old in zip(shown, values, strict=True)
        ]
        new_address = question != before or (search or "") == "" or "scenario" in (search or "")
        return (
            address if new_address and address != (search or "") else no_update,
            stored if stored != drawn else no_update,
            *fresh,
        )


def _next(
    context: Context,
    jobs: Jobs,
    atlas: Atlas,
    before: Question,
    cause: Any,
    values: tuple,
    listed: tuple[Control, ...],
    event: Event | None,
    done: dict | None,
    result: dict | None,
) -> tuple[Question, list[AtlasError]]:
    """Return the question that follows from what was done, and what was wrong with it."""
    try:
        if cause == names.EVENT and event:
            if event.get("kind") == "move" and before.plan.ask.question != WHERE:
                raise AtlasError(N_("拖动试算只用于“建在哪”：请改条件再求解，或换到那个问题。"))
            answer = answer_of(context, jobs, atlas, before, result).answer
            sites = before.plan.sites or tuple((one.lon, one.lat) for one in (answer.sites if answer else ()))
            ids = tuple(
                one.site_id
                for one in (
                    by_hand(atlas, case_of(atlas, before), sites).sites
                    if before.plan.sites
                    else answer.sites
                    if answer
                    else ()
                )
            )
            return changed(atlas, before, event, sites, ids), []
        if cause == names.RUN:
            return replace(before, plan=before.plan.having(run=True, sites=(), scenario=None, compare=())), []
        if cause == names.RESET:
            return settled(
                atlas,
                Question(
                    context.default.having(
                        lang=before.filters.lang, theme=before.filters.theme, base=before.filters.base
                    ),
                    Plan(),
                ),
            ), []
        if cause == names.CLEAR_MARKS:
            return _marked(before, points=(), force=(), forbid=()), []
        if cause == names.CHANGED and done and done.get("open"):
            return settled(atlas, replace(before, plan=before.plan.having(scenario=done["open"], run=False))), []
        if cause not in (None, names.URL, names.CHANGED):
            return _stale(before, taken(before, values, listed)), []
    except AtlasError as error:
        return before, [error]
    except (KeyError, TypeError, ValueError):
        return before, []  # a value that no control of ours sends
    return before, []


def _stale(before: Question, after: Question) -> Question:
    """Return the changed question; what was found before is no answer to it,
    and a new one is asked for with the button.
    """
    same = (before.filters, before.plan.ask) == (after.filters, after.plan.ask)
    return after if same else replace(after, plan=after.plan.having(run=False))
