"""The briefing page: the view as slide, paper and picture, previewed as it will be, made in the background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import ids, query_string
from dashboard.charts.chart import Chart
from dashboard.components.chart_table import chart_table
from dashboard.components.masthead import framed, masthead
from dashboard.context import Context
from dashboard.export import plans
from dashboard.export.brief import draft
from dashboard.export.order import TEMPLATES, THEMES, Order
from dashboard.export.orders import Ordered, Orders
from dashboard.filters_in_words import bracketed, words_of_filters
from dashboard.state import State as Said
from dashboard.state import View
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from geodata.frames import rows_of
from layers import places
from layers.atlas import Atlas
from layers.filters import Filters

PAPER = "paper"  # light or dark of the brief: `theme` is that of the page
FIELDS = ("template", PAPER, "against", "title", "sentence", "footnote")
SPOKEN = ("title", "sentence")  # what the view says itself as long as nobody writes another
PATH, TITLE = "/briefing", N_("简报")
OWN_KEYS = (*FIELDS, plans.KEY)
KEPT = "briefing-kept"  # assets/present.js reads it from the browser's storage by this name
FORMATS = ("pptx", "pdf", "png-2", "png-4", "svg")
PIECES = {"one": 4, "map": 2, "compare": 4, "report": 4}  # of the small picture of each template
MOST_JOBS, MOST_KEPT = 6, 24


def _id(name: str) -> str:
    return f"briefing-{name}"


def layout(context: Context, atlas: Atlas, said: Said, query: str) -> dmc.MantineProvider:
    """Return the page in the language of `said`, with its controls as `query` says."""
    filters = said.filters
    words = context.words(filters.lang)
    order, wrong = _order(context, said, query)
    spoken, _ = _drafted(order, context)
    said = replace(said, filters=filters.having(theme=THEMES[0]))  # a view has no theme, the page has
    here = places.scope(atlas, filters)
    own = _own(order)
    scenario = plans.named(order.query)
    form = html.Div(
        [
            html.Section(
                [
                    html.H2(words("视图"), className="form-title"),
                    *_said(atlas, filters, here, scenario, words),
                    html.Div(
                        [
                            dcc.Link(words("到选址看方案"), href="/planning?" + order.query, className="button")
                            if scenario
                            else dcc.Link(
                                words("到总览改选"), href="/" + context.write(filters, said.view), className="button"
                            ),
                            html.Button(words("收藏此视图"), id=_id("keep"), className="button", type="button"),
                        ],
                        className="form-row",
                    ),
                    html.Div(id=_id("kept-list"), className="kept"),
                ],
                className="form-part",
            ),
            html.Section(
                [
                    html.H2(words("模板"), className="form-title"),
                    dmc.SegmentedControl(
                        id=_id("template"),
                        value=order.template,
                        fullWidth=True,
                        size="sm",
                        className="templates",
                        data=[
                            {"value": one, "label": _pictured(one, label)} for one, label in _templates(words).items()
                        ],
                    ),
                    html.Div(
                        dmc.Select(
                            id=_id("against"),
                            value=order.against or None,
                            data=_scenarios(atlas, order.query)
                            if plans.named(order.query)
                            else _rivals(context, atlas, said.filters, here, words),
                            size="sm",
                            searchable=True,
                            placeholder=words("与哪里对比"),
                            nothingFoundMessage=words("没有匹配的选项"),
                            comboboxProps={"zIndex": 1000},
                            **{"aria-label": words("与哪里对比")},
                        ),
                        id=_id("against-box"),
                        hidden=order.template != "compare",
                    ),
                    dmc.SegmentedControl(
                        id=_id(PAPER),
                        value=order.theme,
                        fullWidth=True,
                        size="sm",
                        **{"aria-label": words("简报的深浅")},
                        data=[
                            {"value": "light", "label": words("浅色简报")},
                            {"value": "dark", "label": words("深色简报")},
                        ],
                    ),
                ],
                className="form-part",
            ),
            html.Section(
                [
                    html.H2(words("文字（可改；清空则由视图自己说）"), className="form-title"),
                    dmc.TextInput(
                        id=_id("title"),
                        value=order.title or spoken["title"],
                        placeholder=spoken["title"],
                        size="sm",
                        debounce=500,
                        **{"aria-label": words("标题")},
                    ),
                    dmc.Textarea(
                        id=_id("sentence"),
                        value=order.sentence or spoken["sentence"],
                        placeholder=spoken["sentence"],
                        size="sm",
                        autosize=True,
                        minRows=3,
                        maxRows=8,
                        debounce=500,
                        **{"aria-label": words("导语")},
                    ),
                    dmc.Textarea(
                        id=_id("footnote"),
                        value=order.footnote,
                        placeholder=words("脚注（接在来源说明之后）"),
                        size="sm",
                        autosize=True,
                        minRows=2,
                        maxRows=5,
                        debounce=500,
                        **{"aria-label": words("脚注")},
                    ),
                ],
                className="form-part",
            ),
            html.Section(
                [
                    html.H2(words("下载"), className="form-title"),
                    html.Div(
                        [
                            html.Button(
                                label,
                                id={"type": "briefing-make", "format": one},
                                className="button button-main" if one == "pptx" else "button",
                                type="button",
                            )
                            for one, label in _formats(words).items()
                        ],
                        className="downloads",
                    ),
                    html.Div(id=_id("jobs"), className="jobs", role="status", **{"aria-live": "polite"}),
                ],
                className="form-part",
            ),
            html.Details(
                [
                    html.Summary(words("图表数字（可复制）"), className="form-title"),
                    html.Div(
                        id=_id("tables"),
                        className="briefing-tables",
                        tabIndex=0,
                        role="region",
                        **{"aria-label": words("图表数字（可复制）")},
                    ),
                ],
                className="form-part",
            ),
            html.Section(
                [
                    html.H2(words("链接"), className="form-title"),
                    html.Div(
                        [
                            html.Button(words("生成短链接"), id=_id("shorten"), className="button", type="button"),
                            html.A(words("演示"), id=_id("present"), href="#", target="_blank", className="button"),
                            html.A(words("打印此页"), id=_id("print"), href="#", target="_blank", className="button"),
                        ],
                        className="form-row",
                    ),
                    html.Div(id=_id("short"), className="short"),
                ],
                className="form-part",
            ),
        ],
        className="briefing-settings",
    )
    body = html.Main(
        [
            html.Aside(form, className="briefing-form", **{"aria-label": words("简报设置")}),
            html.Section(
                html.Iframe(id=_id("preview"), title=words("预览"), className="preview"),
                className="briefing-preview",
                **{"aria-label": words("预览")},
            ),
        ],
        className="briefing-body",
    )
    told = [notice.text(words.gettext) for notice in said.notices] + wrong
    return framed(
        [
            masthead(
                PATH,
                filters,
                context,
                words,
                query="".join(
                    f"&{part}"
                    for part in (urlencode({plans.KEY: scenario}) if scenario else "", urlencode(own))
                    if part
                ),
            ),
            html.Div(
                [html.P(one, className="notice notice-bad") for one in told],
                id=ids.NOTICES,
                className="notices",
                role="status",
            ),
            body,
            dcc.Location(
                id=_id("url"), refresh=False
            ),  # not the overview's: its callbacks would look for its controls here
            dcc.Store(id=_id("view"), data=order.query),
            dcc.Store(id=_id("lang"), data=filters.lang),
            dcc.Store(id=_id("page-theme"), data=filters.theme),
            dcc.Store(id=_id("spoken"), data=spoken),
            dcc.Store(id=KEPT, storage_type="local"),
            dcc.Store(id=_id("job-ids"), storage_type="session", data=[]),
            dcc.Interval(id=_id("tick"), interval=600, disabled=True),
        ],
        filters.lang,
    )


def register(app: Dash, context: Context) -> None:
    """Add the page's callbacks to `app`."""

    def orders() -> Orders:
        return app.server.extensions["briefs"]

    @app.callback(
        Output(_id("preview"), "src"),
        Output(_id("url"), "search"),
        Output(_id("against-box"), "hidden"),
        Output(_id("present"), "href"),
        Output(_id("print"), "href"),
        Output(ids.LANGUAGE, "href", allow_duplicate=True),
        Output(_id("short"), "children"),
        Output(_id("spoken"), "data"),
        Output(_id("tables"), "children"),
        *[Output(_id(name), prop) for name in SPOKEN for prop in ("value", "placeholder")],
        Output(ids.NOTICES, "children", allow_duplicate=True),
        *[Input(_id(name), "value") for name in FIELDS],
        State(_id("view"), "data"),
        State(_id("page-theme"), "data"),
        State(_id("spoken"), "data"),
        prevent_initial_call="initial_duplicate",
    )
    def preview(*given: Any) -> tuple:
        """Show what is set, and keep it in the address; texts that nobody wrote follow what the view says now."""
        *fields, view, theme, before = given
        filters = context.look(plans.without(view))[1].filters.having(theme=theme)
        try:
            order = _taken(view, fields, before)
            spoken, charts = _drafted(order, context)
        except AtlasError as error:
            return (
                *[no_update] * (9 + 2 * len(SPOKEN)),
                [html.P(error.text(context.words(filters.lang).gettext), className="notice notice-bad")],
            )
        own = _own(order)
        search = _joined(view, filters.theme, own)
        other = _view(
            context,
            filters.having(lang="en" if filters.lang == "zh" else "zh", theme=THEMES[0]),
            None,
            plans.named(view),
        )
        ready = order.template != "compare" or order.against
        path = order.path()
        present = "/present?" + urlencode(
            {"template": order.template if order.template in ("one", "map") else "one", "view": view}
        )
        return (
            path if ready else no_update,
            "?" + search if search else "",
            order.template != "compare",
            present,
            path,
            "/briefing?" + _joined(other, filters.theme, own),
            "",
            spoken,
            [chart_table(one, context.words(filters.lang)) for one in charts],
            *(
                value
                for name in SPOKEN
                for value in (
                    no_update if getattr(order, name) or spoken[name] == before[name] else spoken[name],
                    spoken[name],
                )
            ),
            no_update,
        )

    @app.callback(
        Output(_id("job-ids"), "data"),
        Output(ids.NOTICES, "children", allow_duplicate=True),
        Output(_id("tick"), "disabled", allow_duplicate=True),
        Input({"type": "briefing-make", "format": ALL}, "n_clicks"),
        *[State(_id(name), "value") for name in FIELDS],
        State(_id("view"), "data"),
        State(_id("spoken"), "data"),
        State(_id("lang"), "data"),
        State(_id("job-ids"), "data"),
        prevent_initial_call=True,
    )
    def make(clicks: list[int | None], *given: Any) -> tuple:
        """Order a file."""
        if not any(clicks) or not isinstance(ctx.triggered_id, dict) or ctx.triggered_id["format"] not in FORMATS:
            raise PreventUpdate
        *fields, view, spoken, lang, known = given
        words = context.words(lang)
        kind, _, scale = ctx.triggered_id["format"].partition("-")
        try:
            order = replace(_taken(view, fields, spoken), format=kind, scale=int(scale or 2))
            if order.template == "compare" and not order.against:
                raise AtlasError(N_("对比模板需要两个视图：请再给一个（--against 或在简报页选择）。"))
            name = order.title or _name_of(context, view, words)[0]
            made = orders().submit(order, name)
        except AtlasError as error:
            return no_update, [html.P(error.text(words.gettext), className="notice notice-bad")], no_update
        return [made, *(known or [])][:MOST_JOBS], [], False

    @app.callback(
        Output(_id("jobs"), "children"),
        Output(_id("tick"), "disabled"),
        Input(_id("tick"), "n_intervals"),
        Input(_id("job-ids"), "data"),
        State(_id("lang"), "data"),
    )
    def poll(_ticks: int | None, known: list[str] | None, lang: str) -> tuple:
        """Say how far each order is."""
        found = [one for id in known or [] if (one := orders().find(id)) is not None]
        return [_row(one, context.words(lang)) for one in found], not any(one.active for one in found)

    @app.callback(
        Output(_id("tick"), "disabled", allow_duplicate=True),
        Input({"type": "briefing-cancel", "job": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def cancel(clicks: list[int | None]) -> bool:
        """End an order."""
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            raise PreventUpdate
        orders().cancel(ctx.triggered_id["job"])
        return False

    @app.callback(
        Output(KEPT, "data"),
        Input(_id("keep"), "n_clicks"),
        Input({"type": "briefing-drop", "query": ALL}, "n_clicks"),
        State(_id("view"), "data"),
        State(_id("lang"), "data"),
        State(KEPT, "data"),
        prevent_initial_call=True,
    )
    def keep(
        _clicks: int | None, dropped: list[int | None], view: str, lang: str, kept: list[dict] | None
    ) -> list[dict]:
        """Keep the view, or let one go."""
        kept = [one for one in kept or [] if isinstance(one, dict) and isinstance(one.get("query"), str)]
        if isinstance(ctx.triggered_id, dict):
            if not any(dropped):
                raise PreventUpdate
            return [one for one in kept if one["query"] != ctx.triggered_id["query"]]
        name = " · ".join(_name_of(context, view, context.words(lang)))
        return [*(one for one in kept if one["query"] != view), {"query": view, "name": name}][-MOST_KEPT:]

    @app.callback(Output(_id("kept-list"), "children"), Input(KEPT, "data"), State(_id("lang"), "data"))
    def list_kept(kept: list[dict] | None, lang: str) -> Any:
        """List the kept views."""
        words = context.words(lang)
        return [
            html.Div(
                [
                    html.A(str(one.get("name", "")), href=f"/briefing?{one['query']}", className="kept-name"),
                    html.Button(
                        "×",
                        id={"type": "briefing-drop", "query": one["query"]},
                        className="kept-drop",
                        type="button",
                        title=words("不再收藏"),
                    ),
                ],
                className="kept-row",
            )
            for one in kept or []
            if isinstance(one, dict) and isinstance(one.get("query"), str)
        ]

    @app.callback(
        Output(_id("short"), "children", allow_duplicate=True),
        Input(_id("shorten"), "n_clicks"),
        State(_id("url"), "search"),
        State(_id("lang"), "data"),
        prevent_initial_call=True,
    )
    def shorten(clicks: int | None, search: str | None, lang: str) -> Any:
        """Give the page's short link."""
        if not clicks:
            raise PreventUpdate
        words = context.words(lang)
        try:
            key = app.server.extensions["links"].keep(PATH + (search or ""))
        except AtlasError as error:
            return html.P(error.text(words.gettext), className="notice-bad")
        link = f"{context.base_url}/s/{key}"
        return [html.A(link, href=f"/s/{key}"), dcc.Clipboard(content=link, title=words("复制"), className="copy")]


# -- inside -----------------------------------------------------------------------


def _templates(words: Words) -> dict[str, str]:
    return dict(zip(TEMPLATES, (words("一页"), words("地图"), words("对比"), words("A4 报告")), strict=True))


def _said(atlas: Atlas, filters: Filters, here: places.Scope, scenario: str, words: Words) -> list:
    """Return what is shown: place and filters, or the scenario."""
    if scenario:
        one = plans.scenario_of(atlas, scenario)
        return [
            html.P(one.name, className="view-place"),
            html.P(" · ".join(plans.said_of(one, words)), className="view-words"),
        ]
    return [
        html.P(" › ".join(words.name(one) for one in here.crumbs), className="view-place"),
        html.P(" · ".join(words_of_filters(atlas, filters, words)), className="view-words"),
    ]


def _pictured(template: str, label: str) -> html.Span:
    """Return a choice of template: a small picture of the page over its name."""
    return html.Span(
        [
            html.Span(
                [html.I() for _ in range(PIECES[template])],
                className=f"mini mini-{template}",
                **{"aria-hidden": "true"},
            ),
            label,
        ],
        className="template-choice",
    )


def _formats(words: Words) -> dict[str, str]:
    return dict(zip(FORMATS, ("PPTX", "PDF", "PNG 2×", "PNG 4×", words("SVG 图表")), strict=True))


def _order(context: Context, said: Said, query: str) -> tuple[Order, list[str]]:
    """Return what the address orders, and words about what of it cannot be used."""
    words = context.words(said.filters.lang)
    given = {key: text for key, text in query_string.pairs(query) if key in FIELDS}
    page = (
        said.filters.theme
    )  # a brief begins in the theme of the page, as links from before it had a key of its own mean it
    given["theme"] = given.pop(PAPER, page)
    view = _view(context, said.filters.having(theme=THEMES[0]), said.view, plans.named(query))
    try:
        if plans.named(view):
            plans.scenario_of(context.look(plans.without(view))[0], plans.named(view))
    except AtlasError as error:
        return Order(query=plans.without(view), theme=page), [error.text(words.gettext)]
    try:
        if given.get("template", "one") not in TEMPLATES or given["theme"] not in THEMES:
            return Order(query=view, theme=page), [words("地址中的简报设置不可用，已按默认处理。")]
        return Order.from_fields({**given, "query": view}), []
    except AtlasError as error:
        return Order(query=view, theme=page), [error.text(words.gettext)]


def _view(context: Context, filters: Filters, view: View | None, scenario: str) -> str:
    """Return the query of a view, or of a scenario, without its ``?``."""
    planned = query_string.text({plans.KEY: scenario} if scenario else {})
    return query_string.joined(context.write(filters, view), planned).removeprefix("?")


def _name_of(context: Context, query: str, words: Words) -> tuple[str, ...]:
    """Return what a view or scenario is called, then what else tells it from others."""
    atlas, said = context.look(plans.without(query))
    if scenario := plans.named(query):
        return (plans.scenario_of(atlas, scenario).name,)
    return (
        words.name(places.scope(atlas, said.filters).crumbs[-1]),
        *words_of_filters(atlas, said.filters, words)[:-1],
    )


def _drafted(order: Order, context: Context) -> tuple[dict[str, str], tuple[Chart, ...]]:
    """Return title and sentence as the view says them, and its charts;
    nothing to hold it against: those of the view alone.
    """
    return draft(order if order.template != "compare" or order.against else replace(order, template="one"), context)


def _taken(view: str, values: Sequence[Any], spoken: Mapping[str, str]) -> Order:
    """Return what the controls order; a text that is what the view says itself is nobody's own."""
    given = {
        name: text
        for name, text in zip(FIELDS, values, strict=True)
        if text and not (name in SPOKEN and text.strip() == spoken[name])
    }
    return Order.from_fields({**given, "theme": given.get(PAPER, THEMES[0]), "query": view})


def _own(order: Order) -> dict[str, str]:
    """Return the keys of the page's own: the brief's theme always, or it would turn with that of the page."""
    usual = Order()
    return {
        name: value
        for name in FIELDS
        if (value := getattr(order, "theme" if name == PAPER else name)) != getattr(usual, name, None)
    }


def _joined(view: str, theme: str, own: Mapping[str, str]) -> str:
    """Return the page's query: the view, the theme of the page when it is not the usual, its own keys."""
    own_theme = query_string.text({"theme": theme} if theme != THEMES[0] else {})
    return query_string.joined(view, own_theme, query_string.text(own)).removeprefix("?")


def _rivals(context: Context, atlas: Atlas, filters: Filters, here: places.Scope, words: Words) -> list[dict[str, str]]:
    """Return what the view can be held against: places beside and below it, and itself at night."""
    found: dict[str, str] = {}
    if filters.hour is None:
        found[context.write(filters.having(hour=22))] = words.name(here.crumbs[-1]) + bracketed("22:00", words)
    up = here.crumbs[-2] if len(here.crumbs) > 1 else here.crumbs[-1]
    for above in dict.fromkeys((up, here.crumbs[-1])):
        around = places.scope(atlas, filters.at_place(above.place, above.region, above.grid))
        for row in rows_of(places.children(atlas, around)):
            try:
                there = places.drill(
                    atlas, filters.at_place(above.place, above.region, above.grid), row.unit_kind, row.unit_id
                )
            except AtlasError:
                continue
            found[context.write(there)] = words.name(row)
    own = context.write(filters)
    return [
        {"value": query.removeprefix("?"), "label": name} for query, name in found.items() if query not in (own, "")
    ][:80]


def _scenarios(atlas: Atlas, query: str) -> list[dict[str, str]]:
    """Return the other scenarios that one can be held against."""
    own = plans.named(query)
    return [
        {"value": urlencode({plans.KEY: row.scenario_id}), "label": row.name}
        for row in rows_of(atlas.scenarios)
        if row.scenario_id != own and isinstance(row.result, str)
    ]


def _row(job: Ordered, words: Words) -> html.Div:
    label = f"{job.name} · {job.order.format.upper()}"
    if job.word == "done":
        state: Any = html.A(
            words("保存"),
            href=f"/briefing/file/{job.id}",
            className="button button-save",
            download=True,  # ty: ignore[invalid-argument-type] - the file's own name
        )
    elif job.active:
        state = html.Button(
            words("取消"), id={"type": "briefing-cancel", "job": job.id}, className="button", type="button"
        )
    else:
        state = html.Span(words("已取消") if job.word == "cancelled" else words("未完成"), className="job-ended")
    said = job.message.text(words.gettext)
    return html.Div(
        [
            html.Div([html.Span(label, className="job-name"), state], className="job-head"),
            html.Progress(value=str(round(job.state.share, 2)), max="1") if job.active else None,
            html.P(said or words("在排队") if job.active else said or " ".join(job.told), className="job-said"),
        ],
        className=f"job job-{job.word}",
    )
