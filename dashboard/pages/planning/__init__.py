"""The planning page 选址: ask, watch the answer come, move, mark, compare, keep, adopt."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from dashboard.components.masthead import framed, masthead
from dashboard.components.panels import graph_config
from dashboard.components.still import first_path, still
from dashboard.context import Context
from dashboard.maps import planning
from dashboard.pages.planning import answering, drawing, keeping, names, side, syncing
from dashboard.pages.planning.address import OWN_KEYS as OWN_KEYS
from dashboard.pages.planning.address import parse, write
from dashboard.pages.planning.controls import Question, controls
from dashboard.pages.planning.rail import rail
from dashboard.prefill import Place, fill
from dashboard.state import State as Said
from dashboard.tasks.jobs import watched
from dashboard.theme import blank
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from layers import places
from layers.atlas import Atlas

PATH, TITLE = names.PATH, N_("选址")


def layout(context: Context, atlas: Atlas, said: Said, query: str) -> dmc.MantineProvider:
    """Return the page in the language and with the question of `query`."""
    words = context.words(said.filters.lang)
    plan, _ = parse(query)
    question = syncing.settled(atlas, Question(said.filters, plan))
    header = masthead(
        PATH,
        question.filters,
        context,
        words,
        middle=html.Nav(id=names.NOTES + "-crumbs", className="crumbs"),
        query=f"&{own}" if (own := write(question.plan)) else "",
    )
    body = html.Main(
        [
            html.Aside(
                rail(atlas, question, controls(), words),
                className="rail plan-rail",
                **{"aria-label": words("求解条件")},
            ),
            html.Section(
                [
                    _map(
                        first_path(
                            "?page=planning&" + syncing.query_of(context, question, said.view).removeprefix("?"),
                            atlas.version,
                        ),
                        words,
                    ),
                    html.Div(id=names.COMPARE, className="plan-compare", hidden=True),
                ],
                className="map-column",
            ),
            html.Div(_right(context, question, words), className="plan-right"),
        ],
        className="body plan-body",
    )
    page = framed(
        [
            header,
            html.Div(id="notices", className="notices", role="status", **{"aria-live": "polite"}),
            html.Div(id=names.NOTES, className="notices", role="status"),
            body,
            dcc.Location(id=names.URL, refresh=False),
            *[
                dcc.Store(id=one)
                for one in (
                    names.STATE,
                    names.RESULT,
                    names.JOB,
                    names.LIVE,
                    names.EVENT,
                    names.SPEC,
                    names.SPEC_BEFORE,
                    names.VIEWPORT,
                    names.CURVE_JOB,
                    names.ACT,
                    names.CHANGED,
                )
            ],
            dcc.Interval(id=names.TICK, interval=names.TICK_MS, disabled=True),
            dcc.Interval(id=names.CURVE_TICK, interval=names.CURVE_TICK_MS, disabled=True),
        ],
        said.filters.lang,
    )
    with suppress(AtlasError):  # then the callbacks say what is wrong, each beside what it could not draw
        fill(page, _told(context, query))
    return page


def _told(context: Context, query: str) -> dict[Place, Any]:
    """Return what can be said before anything is asked of the server.

    Of the answer as far as it is kept. Charts and map are drawn later.
    """
    jobs = watched(context.source.home)
    atlas, question, notices, view = syncing.read(context, query)
    words = context.words(question.filters.lang)
    stored = syncing.stored_of(context, atlas, question, view, [one.text(words.gettext) for one in notices])
    result = answering.kept(atlas, jobs, question, stored["query"])
    values = zip(
        (*drawing.MAP_PARTS, *drawing.RESULT_PARTS, *drawing.FRAME_PARTS),
        (
            *drawing.draw_map(context, jobs, stored, result, None),
            *drawing.draw_results(context, jobs, stored, result, None),
            *drawing.draw_frame(context, stored),
        ),
        strict=True,
    )
    return {
        place: value for place, value in values if place[1] in ("children", "hidden", "href") and value is not no_update
    }


def picture(context: Context, atlas: Atlas, said: Said, query: str) -> dict[str, Any]:  # noqa: ARG001 - as every page
    """Return the map of the question in `query`, with its answer as far as that is kept."""
    atlas, question, _, view = syncing.read(context, query)
    jobs, words = watched(context.source.home), context.words(question.filters.lang)
    try:
        result = answering.kept(atlas, jobs, question, query)
    except AtlasError:  # told beside the map
        result = None
    return planning.map_figure(
        atlas,
        drawing.shown_of(context, jobs, atlas, question, words, result),
        places.scope(atlas, question.filters),
        words,
        view,
    )


def _map(first: str, words: Words) -> html.Div:
    config = graph_config(words.lang) | {"displayModeBar": False, "scrollZoom": True}
    empty = blank()
    return html.Div(
        [
            *still(words, first=first, said=words("此浏览器不支持 WebGL 2：这里是静态地图；移动和标记站点请用表格。")),
            dcc.Graph(id=names.MAP, figure=empty, responsive=True, config=config, className="map plan-layer"),
            html.Div(
                dcc.Graph(id=names.MAP_BEFORE, figure=empty, responsive=True, config=config, className="map"),
                id=names.SWIPE,
                className="plan-layer plan-before",
                hidden=True,
            ),
            html.Div(
                [
                    html.Span(words("之前"), className="plan-side plan-side-before"),
                    html.Span(words("之后"), className="plan-side plan-side-after"),
                    dcc.Input(
                        type="range",
                        min=0,
                        max=100,
                        step=1,
                        value=50,
                        id=names.SWIPE + "-range",
                        className="plan-range",
                    ),
                    html.Div(className="plan-cut", **{"aria-hidden": "true"}),
                ],
                id=names.SWIPE + "-bar",
                className="plan-swipe",
                hidden=True,
                **{"data-label": words("前后分界，左为之前")},
            ),
            html.Button(
                words("＋ 点击地图添加备选点"),
                id="plan-add",
                className="button plan-add",
                type="button",
                **{"aria-pressed": "false"},
            ),
            html.Div(
                "",
                id="plan-hint",
                className="plan-hint",
                role="status",
                hidden=True,
                **{"data-moving": words("点击地图放下第 {number} 站；方向键微调，Esc 取消")},
            ),
            html.Details(
                [html.Summary(words("图例")), html.Div(id=names.LEGEND)], id="legend-box", className="legend", open=True
            ),
            html.Div([html.Span("▲"), html.Span(words("北"))], className="north", **{"aria-hidden": "true"}),
            html.Div(
                id="scale-bar", className="scale-bar", **{"data-kilometres": words("公里"), "data-metres": words("米")}
            ),
        ],
        className="map-box plan-map-box",
        id="plan-map-box",
        **{"data-label": words("选址地图")},
    )


def _right(context: Context, question: Question, words: Words) -> dmc.Tabs:
    return dmc.Tabs(
        [
            dmc.TabsList(
                [
                    dmc.TabsTab(words("结果"), value="result"),
                    dmc.TabsTab(html.Span(words("方案"), id=names.SCENARIOS + "-tab"), value="scenarios"),
                ]
            ),
            dmc.TabsPanel(side.results(words), value="result"),
            dmc.TabsPanel(side.scenarios(context, question.filters, words), value="scenarios"),
        ],
        value="result",
        id="plan-tabs",
        keepMounted=True,
        className="plan-tabs",
    )


def register(app: Dash, context: Context) -> None:
    """Add the page's callbacks (and the addresses of its exports) to `app`."""
    jobs = watched(context.source.home)
    syncing.register(app, context, jobs)
    answering.register(app, context, jobs)
    drawing.register(app, context, jobs)
    keeping.register(app, context, jobs)
    app.clientside_callback(ClientsideFunction("plan", "fit"), Output(names.MAP, "figure"), Input(names.SPEC, "data"))
    app.clientside_callback(
        ClientsideFunction("plan", "before"),
        Output(names.MAP_BEFORE, "figure"),
        Input(names.SPEC_BEFORE, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("plan", "moved"),
        Output(names.VIEWPORT, "data"),
        Input(names.MAP, "relayoutData"),
        State(names.STATE, "data"),
        prevent_initial_call=True,
    )
