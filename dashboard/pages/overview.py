"""The overview: filter rail, map, key figures, charts that answer to both."""

from __future__ import annotations

from functools import partial
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.charts.register import OVERVIEW
from dashboard.components.controls import Control, controls, taken
from dashboard.components.crumbs import crumbs
from dashboard.components.headline import said
from dashboard.components.illustrative import illustrative_text
from dashboard.components.kpis import kpis
from dashboard.components.legend import legend
from dashboard.components.masthead import framed, masthead, past_banner, ways
from dashboard.components.panels import PARTS, filled, graph_config, panel
from dashboard.components.rail import place_options, rail, way_hint, way_offered
from dashboard.components.still import first_path, still, still_path
from dashboard.components.trail import figure_link, source_link
from dashboard.components.ways_out import ways_out
from dashboard.context import Context
from dashboard.drill_down import clicked
from dashboard.maps import basemap
from dashboard.maps import overview as map_figures
from dashboard.maps.layer import Scene
from dashboard.maps.tiles import onto, trace_onto
from dashboard.pages import in_view
from dashboard.prefill import Place, fill, or_left_open, outputs
from dashboard.state import State as Said
from dashboard.state import View
from dashboard.theme import blank
from dashboard.theme.recolour import themed
from dashboard.tiles import GCJ02, Tiles
from dashboard.words import Words
from geodata.datum import gcj02_to_wgs84
from geodata.errors import N_
from layers import kpis as key_figures
from layers import places
from layers.atlas import Atlas, kept_once
from layers.filters import MAX_AREA_VERTICES, Filters
from layers.sentence import sentence

PATH, TITLE = "/", N_("总览")
SPEC, MARKS = "map-spec", "map-marks"
TIME = "time-value"
AREA_DECIMALS = 5
MAP_PARTS: tuple[Place, ...] = ((SPEC, "data"), (ids.LEGEND, "children"))
FRAME_PARTS: tuple[Place, ...] = (
    (ids.CRUMBS, "children"),
    (ids.KPIS, "children"),
    (ids.NOTICES, "children"),
    (ids.LANGUAGE, "href"),
    (ids.WAYS, "children"),
    (ids.PAST, "children"),
    (TIME, "children"),
    (ids.SENTENCE, "children"),
    (ids.WAY_CHOICE, "hidden"),
    (ids.WAY_HINT, "children"),
)
CHARTS = tuple(ids.chart(one.id) for one in OVERVIEW)
CHART_PARTS: tuple[Place, ...] = tuple((chart + end, prop) for end, prop in PARTS for chart in CHARTS)
#: What is drawn of the choice alone, each by a callback of its own whose answers are kept (server/answers.py).
CACHED = (MAP_PARTS, FRAME_PARTS, CHART_PARTS)


@kept_once
def months(atlas: Atlas) -> tuple[str, ...]:
    """Return every month from the first thing that happened to the data date, ``YYYY-MM``."""
    dates = pd.concat([pd.to_datetime(atlas.table(name)["start"]) for name in ("fairs", "activities")]).dropna()
    first = dates.min() if len(dates) else pd.Timestamp(atlas.data_date)
    last = max(dates.max() if len(dates) else first, pd.Timestamp(atlas.data_date))
    return tuple(pd.period_range(first, last, freq="M").astype(str))


def layout(context: Context, atlas: Atlas, said: Said, query: str) -> dmc.MantineProvider:  # noqa: ARG001 - as every page
    """Return the page in the language and with the controls of `said`."""
    filters = said.filters
    words = context.words(filters.lang, filters.as_of)
    listed = controls(months(atlas))
    header = masthead(
        PATH,
        filters,
        context,
        words,
        before=html.Button(
            words("筛选"),
            id=ids.RAIL_TOGGLE,
            className="button rail-toggle",
            type="button",
            **{"aria-controls": ids.RAIL},
        ),
        middle=html.Nav(id=ids.CRUMBS, className="crumbs", **{"aria-label": words("所在位置")}),
        skips={
            f"#{ids.RAIL}": words("跳到筛选"),
            f"#{in_view.TOGGLE}": words("跳到视野列表"),
            ".charts": words("跳到图表"),
        },
    )
    body = html.Main(
        [
            html.Aside(
                rail(atlas, filters, listed, words), id=ids.RAIL, className="rail", **{"aria-label": words("筛选")}
            ),
            html.Section(
                [
                    html.Div(
                        [
                            *still(words, first=first_path(context.write(filters, said.view), atlas.version)),
                            dcc.Graph(
                                id=ids.MAP,
                                figure=blank(),
                                responsive=True,
                                config=_map_config(filters.lang),
                                className="map",
                            ),
                            *in_view.parts(words),
                            html.Details(
                                [html.Summary(words("图例")), html.Div(id=ids.LEGEND)],
                                id="legend-box",
                                className="legend",
                                open=True,
                            ),
                            html.Div(
                                [html.Span("▲"), html.Span(words("北"))], className="north", **{"aria-hidden": "true"}
                            ),
                            html.Div(
                                id="scale-bar",
                                className="scale-bar",
                                **{"data-kilometres": words("公里"), "data-metres": words("米")},
                            ),
                        ],
                        className="map-box",
                    ),
                    _time_slider(atlas, filters, listed, words),
                ],
                className="map-column",
            ),
            html.Div(
                [panel(one.id, words) for one in OVERVIEW],
                className="charts",
                tabIndex=0,
                role="region",
                **{"aria-label": words("图表")},
            ),
        ],
        className="body",
    )
    page = framed(
        [
            header,
            html.Div(id=ids.NOTICES, className="notices", role="status", **{"aria-live": "polite"}),
            html.Section(id=ids.KPIS, className="kpis", **{"aria-label": words("关键数字")}),
            html.Section(html.P(id=ids.SENTENCE, className="said"), **{"aria-label": words("一句话说明")}),
            body,
            dcc.Location(id=ids.URL, refresh=False),
            dcc.Store(id=ids.FILTERS),
            dcc.Store(id=ids.VIEWPORT),
            dcc.Store(id=SPEC),
            dcc.Store(id=MARKS),
        ],
        filters.lang,
    )
    stored = _stored(context, filters, said.view, [notice.text(words) for notice in said.notices])
    with or_left_open():
        fill(
            page,
            {
                (ids.FILTERS, "data"): stored,
                **dict(
                    zip(
                        (*MAP_PARTS, *FRAME_PARTS, *CHART_PARTS),
                        (*draw_map(context, stored), *draw_frame(context, stored), *draw_charts(context, stored)),
                        strict=True,
                    )
                ),
            },
        )
    return page


def _stored(context: Context, filters: Filters, view: View | None, told: list[str]) -> dict[str, Any]:
    """Return what the browser keeps of a choice, and what everything is drawn from."""
    return {"query": context.write(filters), "view": [view.lon, view.lat, view.zoom] if view else None, "notices": told}


def draw_map(context: Context, stored: dict) -> tuple:
    """Return the values of :data:`MAP_PARTS`: the map and its legend."""
    atlas, filters, words = _present(context, stored)
    view = View(*stored["view"]) if stored.get("view") else None
    scene = Scene(atlas, filters, words)
    figure = map_figures.figure_of(scene, view)
    key = legend(
        scene.fill,
        scene.cells,
        figure,
        filters,
        words,
        context.review_number,
        filters.theme,
    )
    figure["layout"]["meta"] |= {"still": still_path(context.write(filters, view)), "query": stored["query"]}
    laid = basemap.over(figure, context, filters, words, moves=True)
    return themed(onto(laid, basemap.online_tiles(context, filters)), filters.theme), key


def draw_frame(context: Context, stored: dict) -> tuple:
    """Return the values of :data:`FRAME_PARTS`: breadcrumb, key figures, notices, ways to other pages, sentence."""
    atlas, filters, words = _present(context, stored)
    here = places.scope(atlas, filters)
    other = filters.having(lang="en" if filters.lang == "zh" else "zh")
    return (
        crumbs(here, filters, context.default, words),
        kpis(
            key_figures.strip(atlas, filters),
            _names(atlas, words),
            words,
            lambda text, id: figure_link(text, id, filters, context, words),
        ),
        _notices(atlas, filters, stored, words),
        context.write(other) or "/",
        ways(PATH, filters, context, words),
        past_banner(PATH, filters, context, words),
        _time(atlas, filters, words),
        said(sentence(atlas, filters), atlas, filters, context, words),
        not way_offered(atlas, filters),
        way_hint(atlas, filters, words),
    )


def draw_charts(context: Context, stored: dict) -> tuple:
    """Return the values of :data:`CHART_PARTS`: every chart with its title and table."""
    atlas, filters, words = _present(context, stored)
    made = [one.make(atlas, filters, words) for one in OVERVIEW]
    offers = ways_out(atlas, filters, context, words) if any(one and one.empty for one in made) else []
    panels = [
        filled(chart, words, offers, source_link(one.trail[0], filters, context, words), filters.theme)
        for one, chart in zip(OVERVIEW, made, strict=True)
    ]
    return tuple(value for part in zip(*panels, strict=True) for value in part)


def _map_config(lang: str) -> Any:
    return graph_config(lang) | {
        "displayModeBar": True,
        "scrollZoom": True,
        "modeBarButtonsToRemove": ["sendChartToCloud", "toImage", "resetViewMap"],
    }


def _time_slider(atlas: Atlas, filters: Filters, listed: tuple[Control, ...], words: Words) -> html.Div:
    listed_months = months(atlas)
    last = len(listed_months) - 1
    step = max(1, (last + 1) // 8)
    marks: Any = [
        {
            "value": i,
            "label": words.month(listed_months[i], brief=True),
        }
        for i in range(0, last + 1, step)
    ]
    value = next(control for control in listed if control.id == ids.MONTHS).show(filters)
    return html.Div(
        [
            html.Span(words("时间"), className="time-label"),
            dmc.RangeSlider(
                id=ids.MONTHS,
                min=0,
                max=max(last, 1),
                step=1,
                minRange=0,
                value=value,
                marks=marks,
                size="sm",
                label=None,
                className="time-slider",
                thumbFromLabel=words("起始月"),
                thumbToLabel=words("截止月"),
                updatemode="mouseup",
            ),
            html.Span(id=TIME, className="time-value"),
        ],
        className="time",
    )


def register(app: Dash, context: Context) -> None:
    """Add the page's callbacks to `app`."""
    count = len(controls(("2024-01",)))
    inputs = [Input(control.id, control.prop) for control in controls(("2024-01",))]

    @app.callback(
        Output(ids.URL, "search"),
        Output(ids.FILTERS, "data"),
        *[Output(one.component_id, one.component_property) for one in inputs],
        Output(ids.control("place"), "data"),
        Input(ids.URL, "search"),
        *inputs,
        Input(ids.MAP, "clickData"),
        Input(ids.MAP, "selectedData"),
        *[Input(ids.graph(chart), "clickData") for chart in CHARTS],
        Input(ids.RESET, "n_clicks"),
        Input(ids.CLEAR_AREA, "n_clicks"),
        State(ids.VIEWPORT, "data"),
        State(ids.FILTERS, "data"),
    )
    def sync(search: str | None, *rest: Any) -> tuple:
        """Bring address, controls and clicks to one choice of what to look at."""
        values, (pressed, lasso), bars = rest[:count], rest[count : count + 2], rest[count + 2 : -4]
        viewport, drawn = rest[-2:]
        atlas, said = context.look(search)
        listed = controls(months(atlas))
        before = filters = said.filters
        cause = ctx.triggered_id
        if cause == ids.MAP:
            chosen = lasso if ctx.triggered[0]["prop_id"].endswith("selectedData") else pressed
            filters = (
                _lassoed(filters, chosen, basemap.online_tiles(context, filters))
                if chosen is lasso
                else clicked(atlas, filters, chosen)
            )
        elif cause == ids.RESET:
            filters = context.default.having(lang=filters.lang, theme=filters.theme, base=filters.base)
        elif cause == ids.CLEAR_AREA:
            filters = filters.having(area=())
        elif cause in {ids.graph(chart) for chart in CHARTS}:
            chosen = next(bar for chart, bar in zip(CHARTS, bars, strict=True) if ids.graph(chart) == cause)
            filters = clicked(atlas, filters, chosen, all_the_way=True)
        elif cause not in (None, ids.URL):
            filters = taken(filters, values, listed)
        # who moved the map inside a place keeps that view in the address until another place is looked at
        key = map_figures.place_key(filters)
        view = said.view if key == map_figures.place_key(before) else None
        if viewport and viewport["key"] == key:
            view = View(viewport["lon"], viewport["lat"], viewport["zoom"])
        address = context.write(filters, view)
        # the address keeps a bad value until the next choice rewrites it: until then it is told
        told = [notice.text(context.words(filters.lang)) for notice in said.notices] if filters == before else []
        stored = _stored(context, filters, view, told)
        # a move of the map alone changes nothing that is drawn
        same = drawn is not None and (stored["query"], told) == (drawn["query"], drawn.get("notices"))
        words = context.words(filters.lang, filters.as_of)
        shown = [control.show(filters) for control in listed]
        fresh = [new if new != old else no_update for new, old in zip(shown, values, strict=True)]
        moved = before.place != filters.place or cause in (None, ids.URL)
        return (
            address if filters != before else no_update,
            no_update if same else stored,
            *fresh,
            place_options(atlas, filters, words) if moved else no_update,
        )

    # each on its own, so that the browser asks for them beside each other; what the layout has is not drawn again
    for places_of, draw in zip(CACHED, (draw_map, draw_frame, draw_charts), strict=True):
        app.callback(*outputs(places_of), Input(ids.FILTERS, "data"), prevent_initial_call=True)(partial(draw, context))

    @app.callback(
        Output(MARKS, "data"),
        Input(ids.VIEWPORT, "data"),
        State(ids.FILTERS, "data"),
        prevent_initial_call=True,
    )
    def gather(viewport: dict | None, stored: dict | None) -> dict[str, Any]:
        """Send the marks of the visible box, when there are too many to send them all, and of which choice they are."""
        if not viewport or not stored:
            raise PreventUpdate
        atlas, filters, words = _present(context, stored)
        if viewport["key"] != map_figures.place_key(filters):
            raise PreventUpdate
        marks = map_figures.marks_in_view(atlas, filters, words, tuple(viewport["box"]), viewport["zoom"])
        if not marks:
            raise PreventUpdate
        tiles = basemap.online_tiles(context, filters)
        drawn = {position: themed(trace_onto(trace, tiles), filters.theme) for position, trace in marks.items()}
        return {"query": stored["query"], "key": viewport["key"], "traces": drawn}

    in_view.register(app, context, clicked)
    app.clientside_callback(
        ClientsideFunction("atlas", "fit"), Output(ids.MAP, "figure"), Input(SPEC, "data"), Input(MARKS, "data")
    )
    app.clientside_callback(
        ClientsideFunction("atlas", "moved"),
        Output(ids.VIEWPORT, "data"),
        Input(ids.MAP, "relayoutData"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("atlas", "fold"),
        Output(ids.ROOT, "data-rail"),
        Input(ids.RAIL_TOGGLE, "n_clicks"),
        State(ids.ROOT, "data-rail"),
        prevent_initial_call=True,
    )


def _present(context: Context, stored: dict) -> tuple[Atlas, Filters, Words]:
    if not stored:  # no page of ours sends that
        raise PreventUpdate
    atlas, said = context.look(stored["query"])
    return atlas, said.filters, context.words(said.filters.lang, said.filters.as_of)


def _names(atlas: Atlas, words: Words) -> dict[str, str]:
    column = "name" if words.lang == "zh" else "name_en"
    return atlas.once(("names", column), lambda: dict(zip(atlas.places["adcode"], atlas.places[column], strict=True)))


def _lassoed(filters: Filters, event: dict | None, tiles: Tiles | None) -> Filters:
    """Return the filters inside what was drawn on the map; nothing drawn clears it."""
    if not event:
        return filters.having(area=())
    ring = (event.get("lassoPoints") or {}).get("map")
    box = (event.get("range") or {}).get("map")
    if box:
        (west, north), (east, south) = box
        ring = [(west, south), (east, south), (east, north), (west, north)]
    if not ring or len(ring) < 3:
        return filters
    if tiles and tiles.datum == GCJ02:  # drawn over shifted tiles, kept in WGS-84
        ring = list(zip(*gcj02_to_wgs84(*zip(*ring, strict=True)), strict=True))
    step = -(-len(ring) // MAX_AREA_VERTICES)
    return filters.having(
        area=tuple((round(float(lon), AREA_DECIMALS), round(float(lat), AREA_DECIMALS)) for lon, lat in ring[::step])
    )


def _notices(atlas: Atlas, filters: Filters, stored: dict, words: Words) -> list:
    told = [html.P(text, className="notice notice-bad") for text in stored.get("notices") or []]
    if "illustrative" in filters.provenance:
        text = illustrative_text(atlas, filters, words)
        told.append(html.P(text, className="notice", title=text))  # a phone shows two lines of it
    if filters.area:
        told.append(html.P(words("图表只统计地图上圈选的范围。"), className="notice"))
    return told


def _time(atlas: Atlas, filters: Filters, words: Words) -> str:
    listed = months(atlas)
    first = words.date(filters.start) if filters.start else words.month(listed[0])
    last = words.date(filters.end) if filters.end else words.month(listed[-1])
    return words("{first} 至 {last}").format(first=first, last=last)
