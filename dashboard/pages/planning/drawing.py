"""Map, legend and figures of the present question and its answer."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from dash import Dash, Input, State, dcc, html, no_update

from dashboard import ids
from dashboard.charts import as_plotly
from dashboard.charts import planning as planning_charts
from dashboard.components.masthead import past_banner, ways
from dashboard.components.plan_legend import plan_legend
from dashboard.components.rail import way_hint, way_offered
from dashboard.components.trail import with_source
from dashboard.context import Context
from dashboard.maps import basemap, planning
from dashboard.pages.planning import changes, key_figures, names, results, site_tables
from dashboard.pages.planning.answering import progress_head, provenance_of
from dashboard.pages.planning.comparison import comparison
from dashboard.pages.planning.controls import Question
from dashboard.pages.planning.lacking import lacking
from dashboard.pages.planning.rail import demand_places, keepable, marks_text
from dashboard.pages.planning.solving import Found, answer_of, case_of, key_of, place_of, scenario_of
from dashboard.pages.planning.syncing import asked, query_of
from dashboard.planning_questions import CARDS, PARTS
from dashboard.prefill import Place, outputs
from dashboard.scenario_in_words import street_names
from dashboard.state import View
from dashboard.tasks.jobs import Jobs
from dashboard.theme.recolour import themed
from dashboard.words import Words
from geodata.errors import AtlasError
from layers import places
from layers.atlas import Atlas
from layers.siting.answer import CLOSED, UPGRADED, CellCover, Changed, Site, cell_cover, placed
from layers.siting.case import Case, basis
from layers.siting.closing import closings
from layers.siting.fairness import fairness
from layers.siting.needs import needs

MAP_PARTS: tuple[Place, ...] = (
    (names.SPEC, "data"),
    (names.SPEC_BEFORE, "data"),
    (names.LEGEND, "children"),
    (names.MARKS, "children"),
    (names.SWIPE, "hidden"),
    (names.SWIPE + "-bar", "hidden"),
)
RESULT_PARTS: tuple[Place, ...] = (
    (names.HEAD, "children"),
    (names.FIGURES, "children"),
    (names.SITES, "children"),
    (names.LEFT_OUT, "children"),
    (names.GAP, "figure"),
    (names.GAP_HEAD, "children"),
    (names.GAP_BOX, "hidden"),
    (names.FAIR_HEAD, "children"),
    (names.FAIR, "figure"),
    (names.FAIR_BOX, "hidden"),
)
FRAME_PARTS: tuple[Place, ...] = (
    (names.NOTES, "children"),
    (names.NOTES + "-crumbs", "children"),
    (ids.LANGUAGE, "href"),
    (ids.WAYS, "children"),
    (ids.PAST, "children"),
    (names.COMPARE, "children"),
    (names.COMPARE, "hidden"),
    ("plan-map-box", "hidden"),
    (names.WAY_CHOICE, "hidden"),
    (names.WAY_HINT, "children"),
    (names.QUESTION, "children"),
    ("plan-add", "hidden"),
    (names.control("keep"), "data"),
    *((names.part(one), "hidden") for one in PARTS),
)


def register(app: Dash, context: Context, jobs: Jobs) -> None:
    """Add the callbacks."""
    state, result = Input(names.STATE, "data"), Input(names.RESULT, "data")
    app.callback(*outputs(MAP_PARTS), state, result, Input(names.LIVE, "data"), prevent_initial_call=True)(
        partial(draw_map, context, jobs)
    )
    app.callback(*outputs(RESULT_PARTS), state, result, State(names.JOB, "data"), prevent_initial_call=True)(
        partial(draw_results, context, jobs)
    )
    app.callback(*outputs(FRAME_PARTS, allow_duplicate=True), state, prevent_initial_call=True)(
        partial(draw_frame, context)
    )


def draw_map(context: Context, jobs: Jobs, stored: dict, result: dict | None, live: dict | None) -> tuple:
    """Return the values of :data:`MAP_PARTS`: the map, and what was before under it when both are asked for."""
    atlas, question, words = asked(context, stored)
    shown = shown_of(context, jobs, atlas, question, words, result, live)
    found, cover, sites = shown.case, shown.cover, shown.sites
    view = View(*stored["view"]) if stored.get("view") else None
    here = places.scope(atlas, question.filters)
    swipe = question.plan.swipe and bool(sites or shown.changes)
    figure = planning.map_figure(atlas, shown, here, words, view)
    before = planning.map_figure(atlas, shown, here, words, view, planning.BEFORE) if swipe else no_update
    marks = marks_text(question, len(found.offered) if found else None, words)
    mode = question.filters.theme

    def laid(one: Any) -> Any:
        return themed(basemap.over(one, context, question.filters, words), mode)

    return (
        laid(figure),
        before if before is no_update else laid(before),
        plan_legend(
            atlas,
            found,
            cover,
            len(sites),
            words,
            context.review_number,
            candidates=shown.candidates,
            mode=mode,
            changes=shown.changes,
        ),
        marks,
        not swipe,
        not swipe,
    )


def shown_of(
    context: Context,
    jobs: Jobs,
    atlas: Atlas,
    question: Question,
    words: Words,
    result: dict | None,
    live: dict | None = None,
) -> planning.Shown:
    """Return what the map shows of a question: of the answer that `result` points at, or of the best sites so far."""
    found = _case(atlas, question)
    got = answer_of(context, jobs, atlas, question, result)
    sites = _numbered(got, live)
    changing = got.answer.changes if got.answer is not None else _changing(atlas, live)
    cover = _cover(atlas, found, question, [(one.lon, one.lat) for one in sites], changing)
    return planning.Shown(
        found,
        cover,
        sites,
        _marks(found, question.plan.ask.force),
        _marks(found, question.plan.ask.forbid),
        street_names(atlas, words),
        changing,
        "candidates" in CARDS[question.plan.ask.question].parts,
    )


def draw_results(context: Context, jobs: Jobs, stored: dict, result: dict | None, job: dict | None) -> tuple:
    """Return the values of :data:`RESULT_PARTS`: the figures, the sites and their reasons."""
    atlas, question, words = asked(context, stored)
    found = answer_of(context, jobs, atlas, question, result)
    mode = question.filters.theme
    provenance = provenance_of(atlas, question)
    nobody = planning_charts.lorenz(None, provenance, words)
    unfair = [], themed(as_plotly.figure(nobody, words), mode), True
    search = planning_charts.progress(found.history or [], question.plan.ask.model, found.total, provenance, words)
    searched = themed(as_plotly.figure(search, words), mode), progress_head(search, question, context, words)

    def sourced(block: list, mark: str | None) -> list:
        return with_source(block, mark, question.filters, context, words) if mark else block

    try:
        made = case_of(atlas, question)
    except AtlasError as error:
        nothing = not needs(atlas, question.filters).cells
        return (
            lacking(atlas, question.filters, context, words) if nothing else results.refused((error,), words),
            _offers(context, atlas, question, words),
            [],
            [],
            *searched,
            True,
            *unfair,
        )
    answer = found.answer
    # while a search runs its own telling draws the chart
    gap = (no_update, no_update) if job and not found.history else searched
    hidden = False if found.history else no_update if job else True
    if answer is None:
        if not job and not found.reasons:
            now = atlas.recent(("today", key_of(atlas, question)), lambda: placed(atlas, made, ()))
            least = atlas.recent(("closings", key_of(atlas, question)), lambda: closings(atlas, made))
            closing = site_tables.closing_table(atlas, made, least, words)
            return (
                sourced(results.today(question, made, now, words), "plan_covered"),
                key_figures.today_figures(made, now, words),
                lacking(atlas, question.filters, context, words),
                [
                    *sourced(site_tables.left_out(atlas, now, street_names(atlas, words), words), "plan_uncovered"),
                    *([html.Div(sourced(closing, "plan_exclusive"), className="plan-closing")] if closing else []),
                ],
                *gap,
                hidden,
                *unfair,
            )
        head = results.refused(found.reasons, words) if found.reasons else no_update
        gone = [] if found.reasons else no_update
        return head, gone, gone, gone, *gap, hidden, *unfair
    street = street_names(atlas, words)
    stations = dict(zip(atlas.stations["station_id"], atlas.stations["name"].map(words.called), strict=True))
    got = atlas.recent(
        ("fairness", key_of(atlas, question), answer.points.tobytes(), answer.changes),
        lambda: fairness(made, answer.points, answer.closed, answer.upgraded),
    )
    curves = planning_charts.lorenz(got, provenance, words)
    return (
        sourced(results.head(question, made, answer, words), "plan_covered"),
        key_figures.figures(question, made, answer, words),
        [
            *sourced(changes.zones_table(answer, street, words), "plan_covered" if answer.zones else None),
            *sourced(changes.stages_table(answer, words), "plan_covered" if answer.stages else None),
            *sourced(changes.demands_table(answer, words), "plan_covered" if answer.demands else None),
            *changes.sure_note(answer, words),
            *sourced(changes.changes_table(answer, words), "plan_exclusive" if answer.changes else None),
            *sourced(
                site_tables.sites_table(made, answer, street, stations, words),
                "plan_exclusive" if answer.sites else None,
            ),
        ],
        sourced(site_tables.left_out(atlas, answer, street, words), "plan_uncovered"),
        *gap,
        hidden,
        sourced(results.chart_head(curves, words, results.fairness_note(made, got, curves, words)), "plan_gini"),
        themed(as_plotly.figure(curves, words), mode),
        False,
    )


def draw_frame(context: Context, stored: dict) -> tuple:
    """Return the values of :data:`FRAME_PARTS`: breadcrumb, notices, the ways to other pages;
    scenarios side by side when some are chosen.
    """
    atlas, question, words = asked(context, stored)
    filters = question.filters
    here = places.scope(atlas, filters)
    crumbs = [
        html.Span(words.name(here.crumbs[-1]), className="crumb crumb-here"),
        html.Span("·", className="crumb-arrow"),
        html.Span(words("选址"), className="crumb", **{"aria-current": "page"}),
    ]
    other = Question(filters.having(lang="en" if filters.lang == "zh" else "zh"), question.plan)
    compared = comparison(context, atlas, question, words)
    return (
        _notices(context, atlas, question, stored, words),
        crumbs,
        names.PATH + query_of(context, other),
        ways(names.PATH, filters, context, words),
        past_banner(names.PATH, filters, context, words),
        compared,
        not compared,
        bool(compared),
        not way_offered(atlas, filters),
        way_hint(atlas, filters, words),
        words(CARDS[question.plan.ask.question].asks),
        "candidates" not in CARDS[question.plan.ask.question].parts,
        keepable(atlas, question, words),
        *(one not in CARDS[question.plan.ask.question].parts for one in PARTS),
    )


def _case(atlas: Atlas, question: Question) -> Case | None:
    try:
        return case_of(atlas, question)
    except AtlasError:
        return None  # told beside the map


def _numbered(found: Found, live: dict | None) -> list[Site]:
    """Return the sites to draw: of the answer, or of the best one so far while the search runs."""
    if found.answer is not None:
        return list(found.answer.sites)
    spots = live.get("sites", []) if live else []
    none: dict[str, Any] = {
        "reached": None,
        "exclusive": None,
        "newly": None,
        "served": None,
        "loss": 0.0,
        "nearest": None,
        "nearest_m": None,
    }
    return [
        Site(
            number=number,
            site_id="",
            name="",
            lon=float(lon),
            lat=float(lat),
            cost=0.0,
            forced=False,
            provenance="derived",
            **none,
        )
        for number, (lon, lat) in enumerate(spots, 1)
    ]


def _changing(atlas: Atlas, live: dict | None) -> tuple[Changed, ...]:
    """Return the stations that change in the best answer so far."""
    row_of, (lon, lat) = atlas.rows_by("stations", "station_id"), atlas.lonlat("stations")
    return tuple(
        Changed(
            station_id=one,
            name=str(atlas.stations["name"].iloc[row]),
            lon=float(lon[row]),
            lat=float(lat[row]),
            kind=kind,
            weight=0.0,
        )
        for kind in (CLOSED, UPGRADED)
        for one in (live or {}).get(kind, ())
        if (row := row_of.get(one)) is not None
    )


def _cover(
    atlas: Atlas,
    found: Case | None,
    question: Question,
    spots: list[tuple[float, float]],
    changes: tuple[Changed, ...] = (),
) -> CellCover | None:
    if found is None:
        return None
    return atlas.recent(
        ("cell cover", key_of(atlas, question), tuple(spots), changes),
        lambda: cell_cover(
            found,
            np.array(spots, np.float64).reshape(-1, 2),
            *([one.station_id for one in changes if one.kind == kind] for kind in (CLOSED, UPGRADED)),
        ),
    )


def _marks(found: Case | None, marked: tuple[str, ...]) -> list[tuple[float, float, str]]:
    if found is None:
        return []
    return [(*spot, one) for one in marked if (spot := place_of(found, one)) is not None]


def _offers(context: Context, atlas: Atlas, question: Question, words: Words) -> list:
    """Return ways to places where there is something to plan."""
    column = atlas.places.set_index("adcode")["name" if words.lang == "zh" else "name_en"]
    listed = [code for code in demand_places(atlas)[:3] if code != question.filters.place]
    links = [
        dcc.Link(
            str(column[code]),
            href=names.PATH
            + query_of(
                context, Question(question.filters.at_place(code), question.plan.asking(points=(), force=(), forbid=()))
            ),
        )
        for code in listed
    ]
    return [html.P([words("已有需求的地方："), *links], className="panel-empty")] if links else []


def _notices(context: Context, atlas: Atlas, question: Question, stored: dict, words: Words) -> list:
    told = [html.P(text, className="notice notice-bad") for text in stored.get("notices") or []]
    opened = scenario_of(atlas, question.plan.scenario) if question.plan.scenario else None
    if opened is not None:
        if opened.trouble is not None:
            told.append(html.P(opened.trouble.text(words.gettext), className="notice notice-bad"))
        elif opened.inputs is not None and opened.inputs.basis != basis(atlas):
            told.append(
                html.P(
                    words(
                        "方案“{name}”保存之后图册有改动：数字是保存时的，地图按现在的数据画。按“求解”可重算。"
                    ).format(name=opened.name),
                    className="notice",
                )
            )
    if question.filters.area:
        whole = names.PATH + query_of(context, question.looking(area=()))
        told.append(
            html.P(
                [words("只计算地图上圈选的范围。"), " ", dcc.Link(words("清除套索范围"), href=whole)],
                className="notice",
            )
        )
    found = _case(atlas, question)
    if found is not None and found.provenance in ("illustrative", "mixed"):
        told.append(
            html.P(
                words(
                    "需求是由 OpenStreetMap 兴趣点推算的，现有驿站点位为示意："
                    "方案用来演示方法，据此决策前请导入真实的驿站和需求。"
                ),
                className="notice",
            )
        )
    return told
