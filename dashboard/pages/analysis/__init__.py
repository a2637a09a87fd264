"""The page 活动: what happened when and where, for how many, against which plan, here and elsewhere."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update

from dashboard import ids
from dashboard.components.controls import chosen_of, listed
from dashboard.components.headline import said as spoken
from dashboard.components.kind_options import kind_options
from dashboard.components.masthead import framed, masthead, ways
from dashboard.components.panels import graph_config
from dashboard.components.rail import place_options
from dashboard.components.still import first_path, still
from dashboard.components.trail import source_link, with_source
from dashboard.context import Context
from dashboard.filters_in_words import words_of_filters
from dashboard.maps import basemap
from dashboard.maps import events as event_map
from dashboard.pages.analysis import names, tables
from dashboard.pages.analysis.address import OWN_KEYS, Own, parse, write
from dashboard.prefill import Place, fill, or_left_open, outputs
from dashboard.query_string import values
from dashboard.state import State as Said
from dashboard.theme import blank
from dashboard.theme.recolour import themed
from dashboard.words import Words
from geodata.errors import N_
from layers import places
from layers.analysis import timeline
from layers.atlas import Atlas
from layers.filters import PROVENANCES, Filters
from layers.sentence import sentence

PATH, TITLE = "/analysis", N_("活动")
SPEEDS = (1, 2, 4)  # frames a second
PARTS: tuple[Place, ...] = (
    (names.SENTENCE, "children"),
    (ids.NOTICES, "children"),
    (names.SPEC, "data"),
    (names.MONTHS, "children"),
    (names.WORKERS, "children"),
    (names.PLANS_HEAD, "children"),
    (names.PLANS, "figure"),
    (names.PLANS_LIST, "children"),
    (names.KINDS_HEAD, "children"),
    (names.KINDS, "figure"),
    (names.KINDS_PLACE, "style"),
    (names.KINDS_BOX, "className"),
    (ids.WAYS, "children"),
)
CHOSEN_PARTS: tuple[Place, ...] = (
    (names.CALENDAR_HEAD, "children"),
    (names.CALENDAR, "figure"),
    (names.DAY, "children"),
    (names.DAYS, "data"),
    (names.DAYS, "value"),
    (names.COMPARE, "children"),
    (ids.LANGUAGE, "href"),
)
#: What is drawn of the choice alone, each by a callback of its own whose answers are kept (server/answers.py).
CACHED = (PARTS, CHOSEN_PARTS)
CONTROLS = (
    names.PLACE,
    names.WITH,
    names.FIRST,
    names.LAST,
    names.CHOSEN_KINDS,
    names.PROVENANCE,
)  # in the order of _shown


def layout(context: Context, atlas: Atlas, said: Said, query: str) -> dmc.MantineProvider:
    """Return the page in the language and with the choice of `query`."""
    filters, own = said.filters, parse(query, atlas)
    words = context.words(filters.lang, filters.as_of)
    header = masthead(PATH, filters, context, words, query=f"&{text}" if (text := write(own)) else "")
    page = framed(
        [
            header,
            html.Div(id=ids.NOTICES, className="notices", role="status", **{"aria-live": "polite"}),
            _controls(atlas, filters, own, words),
            html.Section(html.P(id=names.SENTENCE, className="said"), **{"aria-label": words("一句话说明")}),
            html.Main(
                [
                    html.Section(
                        [_map(_first_map(context, atlas, filters), words), _player(words)], className="an-left"
                    ),
                    html.Section(
                        [
                            _box(
                                names.CALENDAR_HEAD, "activities_by_day", _graph(names.CALENDAR, words, "an-calendar")
                            ),
                            html.Div(
                                [
                                    dmc.Select(
                                        id=names.DAYS,
                                        data=[],
                                        size="xs",
                                        searchable=True,
                                        clearable=True,
                                        placeholder=words("选择一天"),
                                        comboboxProps={"zIndex": 1000},
                                        **{"aria-label": words("选择一天")},
                                    ),
                                    html.Div(
                                        id=names.DAY,
                                        className="an-list",
                                        role="status",
                                        tabIndex=0,
                                        **{"aria-label": words("当天的活动"), "data-figure": "activities_by_day"},
                                    ),
                                ],
                                className="an-box an-day",
                            ),
                            _box(
                                names.PLANS_HEAD,
                                "against_plan",
                                _graph(names.PLANS, words, "an-plans"),
                                html.Div(
                                    id=names.PLANS_LIST,
                                    className="an-list",
                                    role="region",
                                    tabIndex=0,
                                    **{"aria-label": words("累计与计划的数字")},
                                ),
                            ),
                        ],
                        className="an-column",
                    ),
                    html.Section(
                        [
                            html.Div(id=names.WORKERS, className="an-box", **{"data-figure": "taking_part"}),
                            _box(
                                names.KINDS_HEAD,
                                "activities_by_place",
                                _graph(names.KINDS, words, "an-kinds", names.KINDS_PLACE),
                                id=names.KINDS_BOX,
                            ),
                            html.Div(
                                id=names.COMPARE,
                                className="an-box an-compare",
                                tabIndex=0,
                                role="region",
                                **{"aria-label": words("两地对照"), "data-figure": "two_places"},
                            ),
                        ],
                        className="an-column",
                    ),
                ],
                className="an-body",
            ),
            dcc.Location(id=names.URL, refresh=False),
            dcc.Store(id=names.STATE),
            dcc.Store(id=names.SPEC),
        ],
        filters.lang,
    )
    stored = _stored(context, filters, own, [one.text(words.gettext) for one in said.notices])
    with or_left_open():
        fill(
            page,
            {
                (names.STATE, "data"): stored,
                **dict(
                    zip((*PARTS, *CHOSEN_PARTS), (*draw(context, stored), *draw_chosen(context, stored)), strict=True)
                ),
            },
        )
    return page


def _graph(name: str, words: Words, style: str, place: str | None = None) -> html.Div:
    return html.Div(
        dcc.Graph(id=name, figure=blank(), responsive=True, config=graph_config(words.lang), style={"height": "100%"}),
        className=style,
        **dict[str, Any]({"id": place} if place else {}),
    )


def _box(head: str, figure: str, *children: Any, **named: Any) -> html.Div:
    return html.Div(
        [html.Div(id=head, className="an-head"), *children],
        className="an-box",
        **dict[str, Any]({"data-figure": figure} | named),
    )


def _map(first: str, words: Words) -> html.Div:
    return html.Div(
        [
            *still(
                words,
                first=first,
                said=words("此浏览器不支持 WebGL 2：这里是全部月份活动的静态地图；逐月的数字请看日历和图表。"),
            ),
            dcc.Graph(
                id=names.MAP,
                figure=blank(),
                responsive=True,
                className="map",
                config=graph_config(words.lang) | {"scrollZoom": True},
            ),
            html.Div(
                [
                    html.Span([html.Span(className="legend-mark an-solid"), words("含报道")]),
                    html.Span([html.Span(className="legend-mark an-hollow"), words("全为示意或推算")]),
                    html.Span(words("越大越多；颜色是类型；示意图")),
                ],
                className="an-legend",
            ),
        ],
        className="map-box an-map-box",
    )


def _first_map(context: Context, atlas: Atlas, filters: Filters) -> str:
    """Return the address of the picture of the first month in which something happened: the player begins there."""
    months = timeline.by_month(atlas, filters)
    first = months["month"].iloc[int((months["count"] > 0).to_numpy().argmax())]
    return first_path(f"?page=analysis&month={first}&" + context.write(filters).removeprefix("?"), atlas.version)


def picture(context: Context, atlas: Atlas, said: Said, query: str) -> dict[str, Any]:
    """Return the map of the month that the key ``month`` names, of all months without."""
    filters = said.filters
    known = timeline.months(atlas, filters)
    month = values(query).get("month", "")
    frame = timeline.frame(atlas, filters, month if month in known else known[-1], up_to=month not in known)
    return event_map.picture_figure(
        atlas, places.scope(atlas, filters), frame, context.words(filters.lang, filters.as_of)
    )


def _player(words: Words) -> html.Div:
    def button(name: str, sign: str, label: str, **more: Any) -> html.Button:
        return html.Button(
            sign, id=name, className="button", type="button", title=label, **{"aria-label": label}, **more
        )

    return html.Div(
        [
            html.Div(
                [
                    button("an-back", "‹", words("上一月（←）")),
                    button("an-play", "▶", words("播放或暂停（空格）"), **{"aria-pressed": "false"}),
                    button("an-next", "›", words("下一月（→）")),
                    button(
                        "an-speed",
                        "2×",
                        words("速度：每秒 2 个月"),
                        **{"data-speeds": ".".join(map(str, SPEEDS)), "data-label": words("速度：每秒 {count} 个月")},
                    ),
                    button("an-sum", words("累计"), words("从第一个月累计"), **{"aria-pressed": "false"}),
                    html.Span(id=names.CAPTION, className="an-caption", role="status", **{"aria-live": "polite"}),
                ],
                className="an-buttons",
            ),
            html.Div(id=names.MONTHS, className="an-months", role="group", **{"aria-label": words("时间轴")}),
        ],
        className="an-player",
        id="an-player",
    )


def _month_options(atlas: Atlas, words: Words) -> list[dict[str, str]]:
    known = timeline.months(atlas, Filters())
    listed = pd.period_range(f"{known[0][:4]}-01", f"{known[-1][:4]}-12", freq="M").astype(str)
    return [{"value": one, "label": words.month(one)} for one in listed]


def _controls(atlas: Atlas, filters: Filters, own: Own, words: Words) -> html.Section:
    def select(name: str, data: list, value: Any, label: str, **more: Any) -> dmc.Select:
        return dmc.Select(
            id=name,
            data=data,
            value=value,
            size="xs",
            label=label,
            searchable=True,
            nothingFoundMessage=words("没有匹配的选项"),
            comboboxProps={"zIndex": 1000},
            **more,
        )

    where, other = place_options(atlas, filters, words), _others(atlas, filters, own, words)
    months = _month_options(atlas, words)
    return html.Section(
        [
            select(names.PLACE, where, filters.place, words("地点"), allowDeselect=False),
            select(
                names.WITH, other, own.other, words("对照地点"), clearable=True, placeholder=words("选择另一个地方")
            ),
            select(
                names.FIRST,
                months,
                f"{filters.start:%Y-%m}" if filters.start else None,
                words("起始月"),
                clearable=True,
                placeholder=words("最早"),
            ),
            select(
                names.LAST,
                months,
                f"{filters.end:%Y-%m}" if filters.end else None,
                words("截止月"),
                clearable=True,
                placeholder=words("最近"),
            ),
            dmc.MultiSelect(
                id=names.CHOSEN_KINDS,
                **kind_options(words),
                value=listed(filters.kinds),
                size="xs",
                label=words("活动类型"),
                placeholder=words("全部类型"),
                clearable=True,
                searchable=True,
                comboboxProps={"zIndex": 1000},
            ),
            dmc.MultiSelect(
                id=names.PROVENANCE,
                data=[{"value": one, "label": words.provenance(one)} for one in PROVENANCES],
                value=[one for one in PROVENANCES if one in filters.provenance],
                size="xs",
                label=words("数据来源"),
                comboboxProps={"zIndex": 1000},
            ),
        ],
        className="an-controls",
        **{"aria-label": words("筛选")},
    )


def _others(atlas: Atlas, filters: Filters, own: Own, words: Words) -> list[dict[str, Any]]:
    """Return the places to compare with, the one chosen among them."""
    where = place_options(atlas, filters, words)
    other = (
        where
        if own.other is None or any(one["value"] == own.other for one in where)
        else [*where, *place_options(atlas, filters.at_place(own.other), words)]
    )
    return list({one["value"]: one for one in other}.values())


def _shown(filters: Filters, own: Own) -> tuple:
    """Return the values of the controls, in the order of the callback."""
    return (
        filters.place,
        own.other,
        f"{filters.start:%Y-%m}" if filters.start else None,
        f"{filters.end:%Y-%m}" if filters.end else None,
        listed(filters.kinds),
        [one for one in PROVENANCES if one in filters.provenance],
    )


def changed(filters: Filters, own: Own, values: Sequence[Any]) -> tuple[Filters, Own]:
    """Return the choice after the controls were set to `values`; what they cannot show stays as it is."""
    place, other, first, last, kinds, provenance = values
    before = _shown(filters, own)
    if place and place != before[0]:
        filters = filters.at_place(place)
    start = filters.start if first == before[2] else _day_one(first)
    end = filters.end if last == before[3] else _last_day(_day_one(last))
    if start and end and start > end:
        start, end = end.replace(day=1), _last_day(start)
    filters = filters.having(start=start, end=end, kinds=chosen_of(kinds), provenance=frozenset(provenance or ()))
    return filters, Own(other or None, own.on)


def _day_one(month: Any) -> date | None:
    """Return the first day of a month as the controls write it; None where it is none."""
    try:
        return date.fromisoformat(f"{month}-01") if month else None
    except ValueError:
        return None


def _last_day(day: date | None) -> date | None:
    return day and day.replace(day=monthrange(day.year, day.month)[1])


def _address(context: Context, filters: Filters, own: Own) -> str:
    return "?" + "&".join(filter(None, (context.write(filters).removeprefix("?"), write(own))))


def _day(atlas: Atlas, filters: Filters, chosen: str) -> str:
    """Return the day `chosen` from the list (``YYYY-MM-DD``), or the fullest of a month (``YYYY-MM``)."""
    days = timeline.by_day(atlas, filters)
    own = days[[day.isoformat().startswith(str(chosen)) for day in days["day"]]]
    return own.loc[own["count"].idxmax(), "day"].isoformat() if len(own) else chosen


def _stored(context: Context, filters: Filters, own: Own, told: list[str]) -> dict[str, Any]:
    """Return what the browser keeps of a choice, and what everything is drawn from."""
    return {"query": _address(context, filters, own), "notices": told}


def draw(context: Context, stored: dict) -> tuple:
    """Return the values of :data:`PARTS`: what follows from the filters."""
    atlas, said = context.look(stored["query"], OWN_KEYS)
    filters = said.filters
    words = context.words(filters.lang, filters.as_of)
    here = places.scope(atlas, filters)
    months = timeline.by_month(atlas, filters)
    query = context.write(filters)
    spec = {
        "figure": themed(
            basemap.over(event_map.map_figure(atlas, here, words), context, filters, words), filters.theme
        ),
        "months": months["month"].tolist(),
        "counts": months["count"].tolist(),
        "query": query.removeprefix("?"),
        "version": atlas.version,
        # what the map stands on is drawn anew, what happens on it is not
        "key": "/".join(str(one) for one in (*here.key, filters.base)),
    }
    told = [html.P(text, className="notice notice-bad") for text in stored.get("notices") or []]
    if (
        filters.area or filters.sectors is not None or filters.mode
    ):  # chosen elsewhere, and not to be seen in the controls here
        told.append(html.P(words.listed(words_of_filters(atlas, filters, words), heavy=True), className="notice"))
    if not months["count"].sum():
        told.append(tables.nothing(PATH, filters, context, words))
    source = partial(source_link, filters=filters, context=context, words=words)
    plan_head, plan_figure, plan_list = tables.plan_parts(atlas, filters, source, words)
    kinds_head, kinds_figure, kinds_height, kinds_box = tables.kinds_parts(atlas, filters, source, words)
    return (
        spoken(sentence(atlas, filters), atlas, filters, context, words),
        told,
        spec,
        tables.month_buttons(months, words),
        with_source(tables.per_worker(atlas, filters, words), "taking_part", filters, context, words),
        plan_head,
        themed(plan_figure, filters.theme),
        plan_list,
        kinds_head,
        themed(kinds_figure, filters.theme),
        {"height": f"{kinds_height}px"},
        kinds_box,
        ways(PATH, filters, context, words),
    )


def draw_chosen(context: Context, stored: dict) -> tuple:
    """Return the values of :data:`CHOSEN_PARTS`: what also follows from the day and the other place chosen."""
    atlas, said = context.look(stored["query"], OWN_KEYS)
    filters, own = said.filters, parse(stored["query"], atlas)
    words = context.words(filters.lang, filters.as_of)
    source = partial(source_link, filters=filters, context=context, words=words)
    head, figure, listed = tables.calendar_parts(atlas, filters, own.on, source, words)
    other = filters.having(lang="en" if filters.lang == "zh" else "zh")
    compared = tables.comparison(
        atlas, filters, own.other, words, lambda code: PATH + _address(context, filters, Own(code, own.on))
    )
    return (
        head,
        themed(figure, filters.theme),
        tables.day_list(atlas, filters, own.on, words),
        listed,
        own.on.isoformat() if own.on else None,
        with_source(compared, "two_places", filters, context, words),
        PATH + _address(context, other, own),
    )


def register(app: Dash, context: Context) -> None:
    """Add the page's callbacks to `app`."""

    @app.callback(
        Output(names.URL, "search"),
        Output(names.STATE, "data"),
        Output(names.PLACE, "data"),
        Output(names.WITH, "data"),
        *(Output(one, "value") for one in CONTROLS),
        Input(names.URL, "search"),
        *(Input(one, "value") for one in CONTROLS),
        Input(names.CALENDAR, "clickData"),
        Input(names.DAYS, "value"),
        State(names.STATE, "data"),
    )
    def sync(search: str | None, *rest: Any) -> tuple:
        """Bring address, controls and calendar to one choice:
        after a link or a step back the controls follow the address.
        """
        values, clicked, day, drawn = rest[:6], *rest[6:]
        atlas, said = context.look(search, OWN_KEYS)
        filters, own = said.filters, parse(search, atlas)
        cause = ctx.triggered_id
        if cause == names.CALENDAR:
            point = ((clicked or {}).get("points") or [{}])[0].get("customdata")
            own = parse(write(Own(own.other)) + (f"&on={point}" if isinstance(point, str) and point else ""), atlas)
        elif cause == names.DAYS:
            if day or own.on:
                own = parse(write(Own(own.other)) + (f"&on={_day(atlas, filters, day)}" if day else ""), atlas)
        elif cause not in (None, names.URL):
            filters, own = changed(filters, own, values)
        address = _address(context, filters, own)
        words = context.words(filters.lang, filters.as_of)
        same = (filters, own) == (said.filters, parse(search, atlas))
        stored = _stored(context, filters, own, [one.text(words.gettext) for one in said.notices] if same else [])
        followed = (
            cause == names.URL and (drawn or {}).get("query") != address
        )  # else it is the echo of a control, and another may have been set since
        shown = _shown(filters, own) if followed else [no_update] * len(CONTROLS)
        return (
            no_update if same else address,
            stored if stored != drawn else no_update,
            place_options(atlas, filters, words),
            _others(atlas, filters, own, words),
            *shown,
        )

    for places_of, drawing in zip(CACHED, (draw, draw_chosen), strict=True):
        app.callback(*outputs(places_of), Input(names.STATE, "data"), prevent_initial_call=True)(
            partial(drawing, context)
        )

    app.clientside_callback(
        ClientsideFunction("analysis", "fit"), Output(names.MAP, "figure"), Input(names.SPEC, "data")
    )
