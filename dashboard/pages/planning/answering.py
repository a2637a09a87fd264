"""The search on the server and what the page shows of it while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, State, ctx, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import theme
from dashboard.charts import as_plotly, planning
from dashboard.charts.chart import Chart
from dashboard.components.trail import with_source
from dashboard.context import Context
from dashboard.limits import SOLVES
from dashboard.pages.planning import names, results
from dashboard.pages.planning.controls import Question
from dashboard.pages.planning.solving import (
    BY_HAND,
    BY_JOB,
    BY_KEPT,
    BY_SCENARIO,
    FAILED,
    FURTHER,
    aim_of,
    answer_of,
    case_of,
    curve,
    curve_kept,
    curve_key,
    key_of,
    search,
)
from dashboard.pages.planning.syncing import asked
from dashboard.planning_questions import CARDS
from dashboard.polling import one_at_a_time
from dashboard.server.limited import take
from dashboard.tasks.job import DONE, INTERRUPTED, LOST, STOPPED
from dashboard.tasks.job import State as JobState
from dashboard.tasks.jobs import Jobs, digest
from dashboard.theme.recolour import themed
from dashboard.words import Words
from geodata.errors import AtlasError
from layers.atlas import Atlas
from layers.siting.ask import WHERE
from layers.siting.front import NUMBER, ZONE

#: What of an answer is drawn while it is being improved.
LIVE = ("sites", "closed", "upgraded")
EMPTY = themed({"data": [], "layout": theme.chart_layout()}, "light")


def failure(error: AtlasError) -> dict[str, Any]:
    """Return an error as the browser keeps it."""
    return {"by": FAILED, "error": error.message.as_json()}


def kept(atlas: Atlas, jobs: Jobs, question: Question, query: str) -> dict[str, Any] | None:
    """Return where the answer to a question is kept:
    in its address `query`, a scenario, or what was found before; None where it is to be computed.

    Raises
    ------
    AtlasError
        Sites are placed by hand in a case that cannot be made: told at once.
    """
    key = key_of(atlas, question)
    if question.plan.sites:
        case_of(atlas, question)
        return {"by": BY_HAND, "for": digest(key), "sites": query, "id": question.plan.scenario}
    if question.plan.scenario:
        return {"by": BY_SCENARIO, "for": digest(key), "sites": None, "id": question.plan.scenario}
    return {"by": BY_KEPT, "for": digest(key)} if question.plan.run and jobs.kept(key) is not None else None


def named(question: Question) -> dict[str, str]:
    """Return what a question is called in the trail of deeds."""
    ask = question.plan.ask
    return {"place": question.filters.place, "model": ask.model if ask.question == WHERE else ask.question}


def register(app: Dash, context: Context, jobs: Jobs) -> None:
    """Add the callbacks."""

    @app.callback(
        Output(names.RESULT, "data"),
        Output(names.JOB, "data"),
        Output(names.TICK, "disabled"),
        Output(names.STOP, "disabled"),
        Output(names.STATUS, "children"),
        Output(names.LIVE, "data"),
        Input(names.STATE, "data"),
        State(names.JOB, "data"),
        State(names.RESULT, "data"),
        prevent_initial_call=True,
    )
    def answer(stored: Any, job: dict | None, result: dict | None) -> tuple:
        """Find the answer to the question: kept, placed by hand, or asked of a new job."""
        atlas, question, _ = asked(context, stored)
        key = key_of(atlas, question)
        name, again = digest(key), stored.get("again", 0)
        idle = (None, True, True, "", None)
        if (
            job
            and (job.get("for"), job.get("again")) == (name, again)
            and question.plan.run
            and not question.plan.sites
        ):
            raise PreventUpdate  # it is being computed
        if job:
            jobs.stop(job.get("id"))
        try:
            found = kept(atlas, jobs, question, stored["query"])
            if found is not None or not question.plan.run:
                return found, *idle
            if result and result.get("by") == BY_JOB and (result.get("for"), result.get("again")) == (name, again):
                return no_update, *idle
            started = jobs.start(
                "plan", search(atlas, jobs, question), named(question), reader=take(context.settings, SOLVES)
            )
        except AtlasError as error:
            return failure(error), *idle
        words = context.words(question.filters.lang)
        return (
            None,
            {"id": started, "for": name, "again": again},
            False,
            False,
            words("正在求解…"),
            None,
        )

    @app.callback(
        Output(names.RESULT, "data", allow_duplicate=True),
        Output(names.JOB, "data", allow_duplicate=True),
        Output(names.TICK, "disabled", allow_duplicate=True),
        Output(names.STOP, "disabled", allow_duplicate=True),
        Output(names.STATUS, "children", allow_duplicate=True),
        Output(names.LIVE, "data", allow_duplicate=True),
        Output(names.GAP, "figure", allow_duplicate=True),
        Output(names.GAP_HEAD, "children", allow_duplicate=True),
        Output(names.GAP_BOX, "hidden", allow_duplicate=True),
        Input(names.TICK, "n_intervals"),
        State(names.JOB, "data"),
        State(names.STATE, "data"),
        State(names.LIVE, "data"),
        prevent_initial_call=True,
        running=one_at_a_time(names.TICK, names.TICK_MS),
    )
    def poll(_: int, job: dict | None, stored: dict | None, live: dict | None) -> tuple:
        """Show how far the search is."""
        if not job or not stored:
            raise PreventUpdate
        state = jobs.state(job.get("id")) or JobState(LOST)
        atlas, question, words = asked(context, stored)
        news = state.told
        said = results.status_line(state, question.plan.ask.model, words)
        told = {name: news.get(name) or [] for name in LIVE} if any(news.get(name) for name in LIVE) else None
        gap: tuple = no_update, no_update, True
        if news.get("history"):
            total, model = float(news.get("total") or 0.0), question.plan.ask.model
            chart = planning.progress(news["history"], model, total, provenance_of(atlas, question), words)
            gap = (
                themed(as_plotly.figure(chart, words), question.filters.theme),
                progress_head(chart, question, context, words),
                False,
            )
        fresh = told if told is not None and told != live else no_update
        if not state.over:
            return no_update, no_update, no_update, no_update, said, fresh, *gap
        over: Any = {"by": BY_JOB, "id": job["id"], "for": job["for"], "again": job["again"]}
        if state.failed and not news.get("answer"):
            over = {"by": FAILED, "error": state.message.as_json()}
            said = ""
        elif state.phase == LOST or not (news.get("answer") or news.get("reasons")):
            over = None
            said = said if state.phase == LOST else [words("已停止，还没有方案。")]
        elif state.phase in (STOPPED, INTERRUPTED):
            said = [words("已停止。"), " ", *said]
        return over, None, True, True, said, no_update, *gap

    @app.callback(
        Output(names.STATUS, "children", allow_duplicate=True),
        Input(names.STOP, "n_clicks"),
        State(names.JOB, "data"),
        State(names.STATE, "data"),
        prevent_initial_call=True,
    )
    def stop(clicks: int | None, job: dict | None, stored: dict | None) -> Any:
        """End the search with what it has."""
        if not clicks or not job or not stored:
            raise PreventUpdate
        jobs.stop(job.get("id"))
        _, _, words = asked(context, stored)
        return words("正在停止…")

    _register_curve(app, context, jobs)
    _register_front(app)


def _register_curve(app: Dash, context: Context, jobs: Jobs) -> None:
    @app.callback(
        Output(names.CURVE_JOB, "data"),
        Output(names.CURVE_TICK, "disabled"),
        Output(names.CURVE_RUN, "disabled"),
        Input(names.CURVE_RUN, "n_clicks"),
        Input(names.RESULT, "data"),
        State(names.STATE, "data"),
        State(names.CURVE_JOB, "data"),
        prevent_initial_call=True,
    )
    def begin(clicks: int | None, result: dict | None, stored: dict | None, old: dict | None) -> tuple:
        """Begin the curve of coverage against number of sites; an answer to another question makes the old curve go."""
        atlas, question, _ = asked(context, stored)
        found = answer_of(context, jobs, atlas, question, result)
        ask = question.plan.ask
        asks = "curve" in CARDS[ask.question].parts and ask.model != "lscp"
        name = digest(curve_key(atlas, question))
        shown = old if old and old.get("for") == name else None
        if found.answer is None or not asks or question.plan.sites:
            if shown:  # the plan of one of its points is still being found
                raise PreventUpdate
            if old and old.get("id"):
                jobs.stop(old["id"])
            return None, True, True
        present = len(found.answer.sites)
        if shown and shown.get("present") == present:
            raise PreventUpdate
        if curve_kept(atlas, jobs, question, present) is not None:
            return {"for": name, "kept": True, "present": present}, True, True
        if shown and shown.get("id") and present <= shown["present"] + FURTHER:
            return shown | {"present": present}, False, True
        if clicks and (not old or old.get("clicks") != clicks) and _pressed():
            try:
                started = jobs.start(
                    "curve",
                    curve(atlas, jobs, question, present),
                    named(question),
                    reader=take(context.settings, SOLVES),
                )
            except AtlasError:  # too much is going on: the button stays
                return None, True, False
            return {"id": started, "for": name, "present": present, "clicks": clicks}, False, True
        return None, True, False

    @app.callback(
        Output(names.CURVE, "figure"),
        Output(names.CURVE_BOX, "hidden"),
        Output(names.CURVE_HEAD, "children"),
        Output(names.CURVE_TICK, "disabled", allow_duplicate=True),
        Input(names.CURVE_TICK, "n_intervals"),
        Input(names.CURVE_JOB, "data"),
        State(names.STATE, "data"),
        prevent_initial_call=True,
        running=one_at_a_time(names.CURVE_TICK, names.CURVE_TICK_MS),
    )
    def draw(_: int | None, job: dict | None, stored: dict | None) -> tuple:
        """Draw the curve as far as it is known."""
        atlas, question, words = asked(context, stored)
        if not job:
            return EMPTY, True, [], True
        if job.get("kept"):
            state = JobState(DONE, told=curve_kept(atlas, jobs, question, int(job["present"])) or {})
        else:
            state = jobs.state(job.get("id")) or JobState(LOST)
        over, told = state.over, state.told
        rows = told.get("rows") or []
        if not rows:
            return EMPTY, True, [words("正在计算曲线…")] if not over else [], over
        aim, ask, total = aim_of(question), question.plan.ask, float(told.get("total") or 0.0)
        provenance = provenance_of(atlas, question)
        if aim == NUMBER:
            chart = planning.by_number(rows, int(job["present"]), ask.model, total, provenance, words)
            nest = _nesting(told, words) if state.phase == DONE else ""
        else:
            chosen = ask.zone_share if aim == ZONE else ask.budget
            chart = planning.front(rows, aim, chosen, total, provenance, words)
            nest = html.P(chart.subtitle, className="panel-subtitle")
        head = (
            with_source(results.chart_head(chart, words, nest), "plan_curve", question.filters, context, words)
            if over
            else [words("正在计算曲线：{done} / {of}").format(done=told.get("done", 0), of=told.get("of", 0))]
        )
        return themed(as_plotly.figure(chart, words), question.filters.theme), False, head, over


def _register_front(app: Dash) -> None:
    @app.callback(
        Output(names.EVENT, "data", allow_duplicate=True),
        Input(names.CURVE, "clickData"),
        prevent_initial_call=True,
    )
    def choose(clicked: dict | None) -> dict:
        """Tell which plan of the curve was clicked."""
        data = ((clicked or {}).get("points") or [{}])[0].get("customdata")
        if not (isinstance(data, list) and len(data) == 3 and data[1] == "front"):
            raise PreventUpdate
        return {"kind": "front", "id": data[2]}


def progress_head(chart: Chart, question: Question, context: Context, words: Words) -> list:
    """Return what stands over the chart of a search: how far it has come, the way to how bounds are computed."""
    return with_source(results.chart_head(chart, words), "plan_bound", question.filters, context, words)


def provenance_of(atlas: Atlas, question: Question) -> str:
    """Return what the figures of a search rest on: the worst of demand and stations."""
    try:
        return case_of(atlas, question).provenance
    except AtlasError:
        return "derived"  # told beside the map


def _pressed() -> bool:
    return ctx.triggered_id == names.CURVE_RUN


def _nesting(told: Mapping[str, Any], words: Words) -> Any:
    if told.get("nests"):
        text = words("方案逐个相套：可以一站一站地建，不必返工。")
    else:
        text = words("到 {count} 站为止逐个相套；再多建，最优方案会换掉先前的站。").format(
            count=told.get("nests_until")
        )
    return html.P(text, className="panel-subtitle")
