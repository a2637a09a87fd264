"""Scenarios on the page: save, list, open, compare, export, adopt, take back."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pandas as pd
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate
from flask import Response

from dashboard.access.reader import EVERYWHERE, current_reader
from dashboard.access.taking import elsewhere
from dashboard.components.badge import badge
from dashboard.context import Context
from dashboard.export import scenario as export
from dashboard.pages.planning import names
from dashboard.pages.planning.controls import Question
from dashboard.pages.planning.solving import answer_of, case_of, inputs_of, plans_of, scenario_of
from dashboard.pages.planning.syncing import asked, query_of
from dashboard.pages.planning.writing import may_write, signed
from dashboard.scenario_in_words import input_names, input_text, proof
from dashboard.tasks.jobs import Jobs
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from layers.atlas import Atlas
from layers.siting import scenario_comparison, scenario_store
from layers.siting.case import basis, case
from layers.siting.fairness import Fairness, fairness
from layers.siting.scenario import Scenario, of_frame

MOST_EVENTS = 8


def register(app: Dash, context: Context, jobs: Jobs) -> None:
    """Add the callbacks and the addresses of exports."""

    @app.callback(
        Output(names.SAID, "children"),
        Output(names.CHANGED, "data"),
        Input(names.SAVE_NEW, "n_clicks"),
        Input(names.SAVE, "n_clicks"),
        State(names.SCENARIO_NAME, "value"),
        State(names.SCENARIO_AUTHOR, "value"),
        State(names.SCENARIO_NOTE, "value"),
        State(names.STATE, "data"),
        State(names.RESULT, "data"),
        prevent_initial_call=True,
    )
    def save(
        new: int | None,
        again: int | None,
        name: str | None,
        author: str | None,
        note: str | None,
        stored: dict | None,
        result: dict | None,
    ) -> tuple:
        """Keep what is shown as a scenario, or as a new version of the one that is open."""
        if not (new or again) or not stored:
            raise PreventUpdate
        atlas, question, words = asked(context, stored)
        try:
            who = signed(context, question.filters, author)
            made = _made(
                context,
                jobs,
                atlas,
                question,
                result,
                name or "",
                who,
                note or "",
                as_version=ctx.triggered_id == names.SAVE,
            )
            kept = scenario_store.save(context.source.store(), made)
        except AtlasError as error:
            return _bad(error, words), no_update
        said = words("已保存方案“{name}”（批次 {batch}）。").format(name=kept.name, batch=kept.batch_id)
        return html.P(said, className="plan-good"), {"open": kept.scenario_id, "at": kept.batch_id}

    @app.callback(
        Output(names.SAID, "children", allow_duplicate=True),
        Output(names.CHANGED, "data", allow_duplicate=True),
        Input(names.ACT, "data"),
        State(names.SCENARIO_AUTHOR, "value"),
        State(names.STATE, "data"),
        prevent_initial_call=True,
    )
    def act(event: dict | None, author: str | None, stored: dict | None) -> tuple:
        """Adopt, take back or delete."""
        if not event or not stored:
            raise PreventUpdate
        atlas, question, words = asked(context, stored)
        try:
            said, batch = _acted(
                context,
                atlas,
                str(event.get("act")),
                str(event.get("id")),
                signed(context, question.filters, author),
                words,
            )
        except AtlasError as error:
            return _bad(error, words), no_update
        return html.P(said, className="plan-good"), {"at": batch}

    @app.callback(
        Output(names.SCENARIOS, "children"),
        Output(names.SCENARIOS + "-tab", "children"),
        Output(names.SAVE, "disabled"),
        Output(names.SCENARIO_NAME, "value"),
        Output(names.SCENARIO_NOTE, "value"),
        Input(names.STATE, "data"),
        Input(names.CHANGED, "data"),
        State(names.SCENARIO_NAME, "value"),
        prevent_initial_call=True,
    )
    def show(stored: dict | None, _: dict | None, name: str | None) -> tuple:
        """List the scenarios."""
        atlas, question, words = asked(context, stored)
        listed = of_frame(plans_of(atlas))
        opened = next((one for one in listed if one.scenario_id == question.plan.scenario), None)
        history = context.source.store().history() if listed else []
        cards = [_card(context, atlas, one, question, history, words) for one in listed]
        head = html.H2(words("已存的方案（{count}）").format(count=len(listed)), className="panel-title")
        hint = (
            html.P(
                words("选 2 到 {most} 个方案比较。").format(most=scenario_comparison.MOST), className="panel-subtitle"
            )
            if len(listed) > 1
            else None
        )
        fresh = opened is not None and ctx.triggered_id == names.STATE and name != opened.name
        return (
            [head, hint, *cards]
            if cards
            else [head, html.P(words("还没有方案。求解之后在上面起名保存。"), className="panel-empty")],
            words("方案 {count}").format(count=len(listed)) if listed else words("方案"),
            opened is None or not may_write(context, question.filters),
            opened.name if fresh else no_update,
            opened.note if fresh else no_update,
        )

    @app.server.get(f"{names.PATH}/export/<lang>/<scenario_id>.<fmt>")
    def _export(lang: str, scenario_id: str, fmt: str) -> Response:
        words = context.words(lang if lang in context.catalogues else context.default.lang)
        atlas = context.source.atlas()
        one = scenario_of(atlas, scenario_id)
        if one is None or fmt not in export.FORMATS:
            return Response(
                words("没有方案 {id}：可能已被删除。").format(id=scenario_id[:40]), 404, mimetype="text/plain"
            )
        reader = current_reader()
        there = one.inputs.filters.place if one.inputs else EVERYWHERE
        if one.author != reader.account and not reader.covers(there):
            return Response(elsewhere().text(words.gettext), 403, mimetype="text/plain")
        try:
            body = export.exported(one, fmt, input_names(words), input_text, words, _fairness(atlas, one))
        except AtlasError as error:
            return Response(error.text(words.gettext), 409, mimetype="text/plain")
        name = quote(f"{one.name}-{one.scenario_id}.{fmt}")
        return Response(
            body,
            mimetype=export.FORMATS[fmt],
            headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "no-store"},
        )


def _bad(error: AtlasError, words: Words) -> html.P:
    return html.P(error.text(words.gettext), className="notice notice-bad")


def _made(
    context: Context,
    jobs: Jobs,
    atlas: Atlas,
    question: Question,
    result: dict | None,
    name: str,
    author: str,
    note: str,
    as_version: bool,
) -> Scenario:
    """Return the scenario of what is shown; its answer is the server's own, whatever the browser says."""
    answer = answer_of(context, jobs, atlas, question, result).answer
    if answer is None:
        raise AtlasError(N_("还没有可保存的方案：请先求解，或拖动一个点。"))
    opened = scenario_of(atlas, question.plan.scenario) if question.plan.scenario else None
    if as_version and opened is None:
        raise AtlasError(N_("没有打开的方案：请存为新方案。"))
    found = case_of(atlas, question)
    stale = opened is not None and opened.answer == answer and opened.inputs is not None
    plain = Question(question.filters, question.plan.having(compare=(), scenario=None))
    inputs = opened.inputs if stale else inputs_of(atlas, question, found, query_of(context, plain).removeprefix("?"))
    made = Scenario(
        scenario_id="new",
        name=name,
        author=author,
        note=note,
        created=scenario_store.today(),
        inputs=inputs,
        answer=answer,
        provenance=found.provenance,
        source_ids=found.source_ids,
    )
    identity = (
        opened.scenario_id
        if as_version and opened
        else scenario_store.new_id(made, pd.Timestamp.now(tz="UTC").isoformat())
    )
    return made.having(scenario_id=identity)


def _acted(context: Context, atlas: Atlas, act: str, target: str, author: str, words: Words) -> tuple[str, str]:
    store = context.source.store()
    if act == "undo":
        batch = store.undo(target, author)
        return words("已撤销批次 {batch}，驿站和方案恢复原样。").format(
            batch=batch.batch_id
        ), batch.batch_id + "-undone"
    one = scenario_of(atlas, target)
    if one is None:
        raise AtlasError(N_("没有方案 {id}：可能已被删除。"), id=target)
    if act == "delete":
        return words("已删除方案“{name}”。").format(name=one.name), scenario_store.remove(
            store, target, author
        ).batch_id
    if act != "adopt":
        raise PreventUpdate
    done = scenario_store.adopt(store, one, author, seen=atlas.stored_version)
    said = words("已采用“{name}”：{filled} 座计划驿站有了推算的位置").format(name=one.name, filled=len(done.filled))
    if done.added:
        said += words("，另增计划驿站 {added} 座").format(added=len(done.added))
    if done.left:
        said += words("，还有 {left} 座没有位置").format(left=len(done.left))
    return said + words("。可以撤销。"), done.batch_id


def _card(
    context: Context, atlas: Atlas, one: Scenario, question: Question, history: list, words: Words
) -> html.Section:
    plan, filters = question.plan, question.filters
    adopted = scenario_store.adoptions(history).get(one.scenario_id)
    compared = one.scenario_id in plan.compare
    picked = (
        tuple(name for name in plan.compare if name != one.scenario_id)
        if compared
        else (*plan.compare, one.scenario_id)
    )
    open_at = names.PATH + query_of(
        context, Question(filters, plan.having(scenario=one.scenario_id, sites=(), compare=(), run=False))
    )
    compare_at = names.PATH + query_of(context, Question(filters, plan.having(compare=picked)))
    able = may_write(context, filters)
    said = (
        one.trouble.text(words.gettext)
        if one.trouble
        else ""
        if one.answer is None
        else words("{before} → {after}，{count} 站，{proof}").format(
            before=words.share(one.answer.before.share),
            after=words.share(one.answer.after.share),
            count=len(one.answer.sites),
            proof=proof(one.answer, words),
        )
    )
    place = (
        atlas.places["name" if words.lang == "zh" else "name_en"].iloc[atlas.tree.position(one.inputs.filters.place)]
        if one.inputs
        else ""
    )
    return html.Section(
        [
            html.H3(
                [
                    dcc.Link(one.name, href=open_at),
                    badge(one.provenance, words),
                    html.Span(words("已采用"), className="badge plan-adopted") if adopted else None,
                ]
            ),
            html.P(
                " · ".join(part for part in (str(place), one.author, words.date(one.created)) if part),
                className="panel-subtitle",
            ),
            html.P(said, className="plan-line"),
            html.P(one.note, className="plan-note") if one.note else None,
            html.Div(
                [
                    dcc.Link(
                        words("移出比较") if compared else words("加入比较"),
                        href=compare_at,
                        className="button" + (" button-on" if compared else ""),
                    )
                    if one.answer and (compared or len(plan.compare) < scenario_comparison.MOST)
                    else None,
                    *[
                        html.A(
                            fmt.upper() if fmt != "geojson" else "GeoJSON",
                            href=f"{names.PATH}/export/{words.lang}/{one.scenario_id}.{fmt}",
                            className="button",
                            download="",
                        )
                        for fmt in export.FORMATS
                        if one.answer
                    ],
                    _button(words("撤销采用"), "undo", adopted, able)
                    if adopted
                    else _button(
                        words("采用方案"),
                        "adopt",
                        one.scenario_id,
                        able and one.answer is not None and not one.answer.changes,
                        main=True,
                    ),
                    None if adopted else _button(words("删除"), "delete", one.scenario_id, able),
                ],
                className="rail-buttons plan-acts",
            ),
            _history(one, history, able, words),
        ],
        className="plan-scenario" + (" plan-open" if one.scenario_id == plan.scenario else ""),
        **{"data-scenario": one.scenario_id},
    )


def _button(text: str, act: str, target: str, able: bool, main: bool = False) -> html.Button:
    return html.Button(
        text,
        className="button" + (" button-main" if main else ""),
        type="button",
        disabled=not able,
        **{"data-act": act, "data-id": target},
    )


def _history(one: Scenario, history: list, able: bool, words: Words) -> Any:
    events = scenario_store.events(history, one.scenario_id)
    if not events:
        return None
    kinds = {"saved": words("保存"), "removed": words("删除"), "adopted": words("采用")}
    rows = []
    for event in events[:MOST_EVENTS]:
        time = pd.Timestamp(event.time).tz_convert("Asia/Shanghai").strftime("%Y-%m-%d %H:%M")
        undone = words("（已撤销）") if event.undone_at else ""
        rows.append(html.Li(f"{time} {kinds[event.kind]} {event.author or ''} {undone}".strip()))
    latest = next((event for event in events if not event.undone_at), None)
    versions = sum(event.kind == "saved" and not event.undone_at for event in events)
    back = (
        _button(words("退回上一版"), "undo", latest.batch_id, able)
        if latest and latest.kind == "saved" and versions > 1
        else None
    )
    return html.Details(
        [html.Summary(words("历史（{count}）").format(count=len(events))), html.Ul(rows), back],
        className="plan-history",
    )


def _fairness(atlas: Atlas, one: Scenario) -> Fairness | None:
    """Return how a scenario shares ways and stations, as long as what it was made from is as it was."""
    if one.answer is None or one.inputs is None or one.inputs.basis != basis(atlas):
        return None
    found, answer = case(atlas, one.inputs.filters, one.inputs.ask), one.answer
    return fairness(found, answer.points, answer.closed, answer.upgraded)
