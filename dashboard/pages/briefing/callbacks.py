"""What the page does: preview, orders, kept views, short links."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.access import kept_views
from dashboard.access.reader import current_reader
from dashboard.components.chart_table import chart_table
from dashboard.context import Context
from dashboard.export import plans
from dashboard.export.order import THEMES
from dashboard.export.orders import Ordered, Orders
from dashboard.limits import BRIEFS, LINKS
from dashboard.pages.briefing.names import FIELDS, FORMATS, KEPT, MOST_JOBS, MOST_KEPT, PATH, SPOKEN, named
from dashboard.pages.briefing.ordering import drafted, name_of, own_keys, page_query, taken, view_query
from dashboard.polling import one_at_a_time
from dashboard.server.limited import take
from dashboard.words import Words
from geodata.errors import N_, AtlasError


def register(app: Dash, context: Context) -> None:
    """Add the page's callbacks to `app`."""

    def orders() -> Orders:
        return app.server.extensions["briefs"]

    @app.callback(
        Output(named("preview"), "src"),
        Output(named("url"), "search"),
        Output(named("against-box"), "hidden"),
        Output(named("present"), "href"),
        Output(named("print"), "href"),
        Output(ids.LANGUAGE, "href", allow_duplicate=True),
        Output(named("short"), "children"),
        Output(named("spoken"), "data"),
        Output(named("tables"), "children"),
        *[Output(named(name), prop) for name in SPOKEN for prop in ("value", "placeholder")],
        Output(ids.NOTICES, "children", allow_duplicate=True),
        *[Input(named(name), "value") for name in FIELDS],
        State(named("view"), "data"),
        State(named("page-theme"), "data"),
        State(named("spoken"), "data"),
        prevent_initial_call="initial_duplicate",
    )
    def preview(
        template: str | None,
        paper: str | None,
        against: str | None,
        title: str | None,
        sentence: str | None,
        footnote: str | None,
        view: str,
        theme: str,
        before: dict[str, str] | None,
    ) -> tuple:
        """Show what is set, and keep it in the address; texts that nobody wrote follow what the view says now."""
        fields = template, paper, against, title, sentence, footnote
        filters = context.look(plans.without(view))[1].filters.having(theme=theme)
        before = before or dict.fromkeys(SPOKEN, "")  # the page knows none yet
        try:
            order = taken(view, fields, before)
            spoken, charts = drafted(order, context)
        except AtlasError as error:
            return (
                *[no_update] * (9 + 2 * len(SPOKEN)),
                [html.P(error.text(context.words(filters.lang).gettext), className="notice notice-bad")],
            )
        own = own_keys(order)
        search = page_query(view, filters.theme, own)
        other = view_query(
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
            "/briefing?" + page_query(other, filters.theme, own),
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
        Output(named("job-ids"), "data"),
        Output(ids.NOTICES, "children", allow_duplicate=True),
        Output(named("tick"), "disabled", allow_duplicate=True),
        Input({"type": "briefing-make", "format": ALL}, "n_clicks"),
        *[State(named(name), "value") for name in FIELDS],
        State(named("view"), "data"),
        State(named("spoken"), "data"),
        State(named("lang"), "data"),
        State(named("job-ids"), "data"),
        prevent_initial_call=True,
    )
    def make(
        clicks: list[int | None],
        template: str | None,
        paper: str | None,
        against: str | None,
        title: str | None,
        sentence: str | None,
        footnote: str | None,
        view: str,
        spoken: dict[str, str],
        lang: str,
        known: list[str] | None,
    ) -> tuple:
        """Order a file."""
        if not any(clicks) or not isinstance(ctx.triggered_id, dict) or ctx.triggered_id["format"] not in FORMATS:
            raise PreventUpdate
        fields = template, paper, against, title, sentence, footnote
        words = context.words(lang)
        kind, _, scale = ctx.triggered_id["format"].partition("-")
        try:
            order = replace(
                taken(view, fields, spoken or dict.fromkeys(SPOKEN, "")), format=kind, scale=int(scale or 2)
            )
            if order.template == "compare" and not order.against:
                raise AtlasError(N_("对比模板需要两个视图：请再给一个（--against 或在简报页选择）。"))
            name = order.title or name_of(context, view, words)[0]
            made = orders().submit(order, name, take(context.settings, BRIEFS))
        except AtlasError as error:
            return no_update, [html.P(error.text(words.gettext), className="notice notice-bad")], no_update
        return [made, *(known or [])][:MOST_JOBS], [], False

    @app.callback(
        Output(named("jobs"), "children"),
        Output(named("tick"), "disabled"),
        Input(named("tick"), "n_intervals"),
        Input(named("job-ids"), "data"),
        State(named("lang"), "data"),
        running=one_at_a_time(named("tick")),
    )
    def poll(_ticks: int | None, known: list[str] | None, lang: str) -> tuple:
        """Say how far each order is."""
        found = [one for id in known or [] if (one := orders().find(id)) is not None]
        return [_job_row(one, context.words(lang)) for one in found], not any(one.active for one in found)

    @app.callback(
        Output(named("tick"), "disabled", allow_duplicate=True),
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
        Input(named("keep"), "n_clicks"),
        Input({"type": "briefing-drop", "query": ALL}, "n_clicks"),
        Input(named("found"), "data"),
        State(named("view"), "data"),
        State(named("lang"), "data"),
        State(KEPT, "data"),
        prevent_initial_call=True,
    )
    def keep(
        _clicks: int | None, dropped: list[int | None], found: list | None, view: str, lang: str, kept: list | None
    ) -> list[dict]:
        """Keep the view, or let one go: of the account, where there is one, else of the browser."""
        home, account = context.settings.home, current_reader().account
        if isinstance(ctx.triggered_id, dict) and not any(dropped):
            raise PreventUpdate
        if isinstance(ctx.triggered_id, dict) and account:
            return kept_views.drop(home, account, str(ctx.triggered_id["query"]))
        if ctx.triggered_id == named("found"):
            if not account:
                raise PreventUpdate
            return kept_views.take_over(home, account, views_of(found), MOST_KEPT)
        kept = views_of(kept)
        if isinstance(ctx.triggered_id, dict):
            return [one for one in kept if one["query"] != ctx.triggered_id["query"]]
        name = " · ".join(name_of(context, view, context.words(lang)))
        if account:
            return kept_views.keep(home, account, view, name, MOST_KEPT)
        return [*(one for one in kept if one["query"] != view), {"query": view, "name": name}][-MOST_KEPT:]

    app.clientside_callback(
        ClientsideFunction("access", "takeOver"), Output(named("found"), "data"), Input(named("owned"), "data")
    )

    @app.callback(Output(named("kept-list"), "children"), Input(KEPT, "data"), State(named("lang"), "data"))
    def list_kept(kept: list[dict] | None, lang: str) -> Any:
        """List the kept views."""
        words = context.words(lang)
        return [
            html.Div(
                [
                    html.A(one["name"], href=f"/briefing?{one['query']}", className="kept-name"),
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
            for one in views_of(kept)
        ]

    @app.callback(
        Output(named("short"), "children", allow_duplicate=True),
        Input(named("shorten"), "n_clicks"),
        State(named("url"), "search"),
        State(named("lang"), "data"),
        prevent_initial_call=True,
    )
    def shorten(clicks: int | None, search: str | None, lang: str) -> Any:
        """Give the page's short link."""
        if not clicks:
            raise PreventUpdate
        words = context.words(lang)
        try:
            take(context.settings, LINKS)
            key = app.server.extensions["links"].keep(PATH + (search or ""))
        except AtlasError as error:
            return html.P(error.text(words.gettext), className="notice-bad")
        link = f"{context.base_url}/s/{key}"
        return [html.A(link, href=f"/s/{key}"), dcc.Clipboard(content=link, title=words("复制"), className="copy")]


def views_of(sent: list | None) -> list[dict[str, str]]:
    """Return the views in what a browser keeps, passing over what is none."""
    return [
        {"query": one["query"], "name": str(one.get("name", ""))}
        for one in sent or []
        if isinstance(one, dict) and isinstance(one.get("query"), str)
    ]


def _job_row(job: Ordered, words: Words) -> html.Div:
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
