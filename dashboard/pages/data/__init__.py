"""The data page: files in, what they change, the way back, single rows, and how good it all is."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.components.masthead import framed, masthead, ways
from dashboard.context import Context
from dashboard.pages.data import history, importing, names, placing, quality, rows, streets
from dashboard.pages.data.names import OWN_KEYS as OWN_KEYS
from dashboard.prefill import Place, fill, outputs
from dashboard.server.guard import editing
from dashboard.state import State as Said
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from layers.atlas import Atlas
from layers.filters import Filters

PATH, TITLE = names.PATH, N_("数据")
PLACES: tuple[Place, ...] = (
    (names.SECTION, "children"),
    (names.TABS, "children"),
    (ids.LANGUAGE, "href"),
    (ids.WAYS, "children"),
    (ids.NOTICES, "children"),
)
PARTS = {
    "import": importing,
    "history": history,
    "rows": rows,
    "placing": placing,
    "streets": streets,
    "quality": quality,
}


def layout(context: Context, atlas: Atlas, said: Said, query: str) -> dmc.MantineProvider:  # noqa: ARG001 - as every page
    """Return the page in the language of `said`, with the section that `query` names."""
    filters = said.filters
    words = context.words(filters.lang)
    may = editing(context.settings)
    author = dmc.TextInput(
        id=names.AUTHOR,
        size="xs",
        placeholder=words("操作人姓名"),
        persistence="author",
        persistence_type="local",
        inputProps={"maxLength": 40},
        className="data-author",
        disabled=not may,
        **{"aria-label": words("操作人姓名")},
    )
    page = framed(
        [
            masthead(names.PATH, filters, context, words),
            html.Div(
                [
                    html.Nav(id=names.TABS, className="data-tabs", **{"aria-label": words("数据页")}),
                    html.Label(
                        [html.Span(words("操作人")), author],
                        className="data-who",
                        title=words("导入、修改和撤销都会记下操作人。"),
                    )
                    if may
                    else html.Span(
                        [words("只供查看：这个图册没有开放网页改动。"), html.Div(author, hidden=True)],
                        className="data-readonly",
                    ),
                ],
                className="data-bar",
                role="region",
                **{"aria-label": words("数据")},
            ),
            html.Div(id=ids.NOTICES, className="notices", role="status", **{"aria-live": "polite"}),
            html.Main(id=names.SECTION, className="data-main"),
            dmc.Modal(
                [
                    html.Div(id=names.MODAL_TEXT, className="data-modal-text"),
                    html.Div(
                        [
                            html.Button(words("取消"), id=names.MODAL_CLOSE, className="button", type="button"),
                            html.Button(
                                words("确定"), id=names.MODAL_DO, className="button button-chief", type="button"
                            ),
                        ],
                        className="data-buttons",
                    ),
                ],
                id=names.MODAL,
                opened=False,
                withCloseButton=False,
                centered=True,
                transitionProps={"duration": 0},  # ty: ignore[missing-typed-dict-key, invalid-argument-type] - the rest as usual
            ),
            dmc.Drawer(
                html.Div(id=names.FORM),
                id=names.DRAWER,
                opened=False,
                position="right",
                size="min(100vw, 560px)",
                transitionProps={"duration": 0},  # ty: ignore[missing-typed-dict-key, invalid-argument-type] - the rest as usual
                closeButtonProps={"aria-label": words("关闭")},
            ),
            dcc.Location(id=names.URL, refresh=False),
            dcc.Store(id=names.CHANGED),
            dcc.Store(id=names.DOING),
            dcc.Store(id=names.UPLOAD, storage_type="session"),
            dcc.Store(id=names.DRAWN, data=query),
        ],
        filters.lang,
        "atlas data-page",
    )
    with suppress(AtlasError):  # then the callback says what is wrong
        fill(page, dict(zip(PLACES, drawn(context, query), strict=True)))
    return page


def drawn(context: Context, query: str | None) -> tuple:
    """Return the values of :data:`PLACES`:
    the section that the address names, the way to the others, what has to be told.
    """
    atlas = context.source.atlas()
    found = context.read(atlas, query, OWN_KEYS)
    filters, said = found.filters, names.own(query)
    words = context.words(filters.lang)
    other = filters.having(lang="en" if filters.lang == "zh" else "zh")
    return (
        PARTS[said["section"]].section(context, atlas, filters, said, words),
        tabs(context, filters, said["section"], words),
        names.PATH + (names.query(other, context, said) or "?"),
        ways(names.PATH, filters, context, words),
        [
            html.P(notice.text(words.gettext), className="notice notice-bad")
            for notice in (*found.notices, *names.refused(query))
        ],
    )


def register(app: Dash, context: Context) -> None:
    """Add the page's callbacks to `app`."""

    @app.callback(
        *outputs(PLACES, allow_duplicate=True),
        Output(names.DRAWN, "data"),
        Input(names.URL, "search"),
        Input(names.CHANGED, "data"),
        State(names.URL, "pathname"),
        State(names.DRAWN, "data"),
        prevent_initial_call=True,
    )
    def show_section(search: str | None, changed: dict | None, pathname: str | None, last: str | None) -> tuple:
        """Fill the section that the address names, unless the page was laid out with it."""
        after = ctx.triggered_id == names.CHANGED
        if pathname != names.PATH or (not after and (search or "") == last):
            raise PreventUpdate
        *values, told = drawn(context, search)
        if after and changed and changed.get("told"):
            told.append(html.P([changed["told"], *_back(search, changed)], className="notice notice-good"))
        return (*values, told, search or "")

    def _back(search: str | None, changed: dict) -> list:
        """Return the way to a batch that was just made."""
        if not changed.get("batch"):
            return []
        filters, words = names.read(context, search)
        undo = names.address(filters, context, "history", batch=changed["batch"])
        back = [" ", dcc.Link(words("查看或撤销"), href=undo, className="data-link")]
        if changed.get("plan"):
            back = [" ", dcc.Link(words("现在去选址"), href=changed["plan"], className="data-link"), *back]
        return back

    @app.callback(
        Output(names.MODAL, "opened"),
        Output(names.MODAL_TEXT, "children"),
        Output(names.DOING, "data"),
        Input({"type": "data-undo", "at": ALL}, "n_clicks"),
        Input({"type": "data-delete", "at": ALL}, "n_clicks"),
        Input(names.MODAL_CLOSE, "n_clicks"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def ask(undo: list, delete: list, close: int | None, search: str | None) -> tuple:  # noqa: ARG001 - which of them it was is in ctx
        """Ask before anything is taken back or out."""
        cause = ctx.triggered_id
        if cause == names.MODAL_CLOSE:
            return False, no_update, None
        if not isinstance(cause, dict) or not ctx.triggered[0]["value"]:
            raise PreventUpdate
        _, words = names.read(context, search)
        if cause["type"] == "data-undo":
            return True, history.question(context, cause["at"], words), {"undo": cause["at"]}
        table, _, key = cause["at"].partition(":")
        return True, rows.question(context, table, key, words), {"remove": [table, key]}

    @app.callback(
        Output(names.MODAL, "opened", allow_duplicate=True),
        Output(names.MODAL_TEXT, "children", allow_duplicate=True),
        Output(names.CHANGED, "data"),
        Output(names.DRAWER, "opened", allow_duplicate=True),
        Output(names.UPLOAD, "data", allow_duplicate=True),
        Input(names.MODAL_DO, "n_clicks"),
        State(names.DOING, "data"),
        State(names.AUTHOR, "value"),
        State(names.URL, "search"),
        running=[(Output(names.MODAL_DO, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def do(clicks: int | None, doing: dict | None, author: str | None, search: str | None) -> tuple:
        """Take back or out what was asked for."""
        if not clicks or not doing:
            raise PreventUpdate
        _, words = names.read(context, search)
        try:
            told = (
                history.undo(context, doing["undo"], author, words)
                if "undo" in doing
                else rows.remove(context, *doing["remove"], author, words)
            )
        except AtlasError as error:
            return (
                True,
                html.P(error.text(words.gettext), className="data-bad", role="alert"),
                no_update,
                no_update,
                no_update,
            )
        # an import that was just taken back is not shown as done any more
        return False, "", {"told": told, "at": clicks}, False, None if "undo" in doing else no_update

    for part in PARTS.values():
        part.register(app, context)


def tabs(context: Context, filters: Filters, here: str, words: Words) -> list[dcc.Link]:
    """Return the links to the sections."""
    listed = {
        "import": words("导入文件"),
        "history": words("历史与撤销"),
        "rows": words("数据行"),
        "placing": words("补位置"),
        "streets": words("街道"),
        "quality": words("质量报告"),
    }
    return [
        dcc.Link(
            html.Span(name, **dict[str, Any]({"aria-current": "page"} if section == here else {})),
            href=names.address(filters, context, section),
            className="way way-here" if section == here else "way",
        )
        for section, name in listed.items()
    ]
