"""The rows that are listed as a file: ordered, followed, called off, fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard.access import audit
from dashboard.context import Context
from dashboard.limits import EXPORTS
from dashboard.pages.data import names
from dashboard.polling import POLL_MS, one_at_a_time
from dashboard.server.guard import editing
from dashboard.server.limited import take
from dashboard.server.taking_out import PATH
from dashboard.tasks import job as jobs_
from dashboard.tasks.export_worker import FORMATS, Exports
from dashboard.words import Words
from geodata.errors import AtlasError

Asked = Callable[[str | None], tuple[Any, Any, dict, Words]]


def controls(words: Words) -> html.Div:
    """Return the choice of a format, the buttons, and the place where it is told how far the file is."""
    return html.Div(
        [
            dmc.Select(
                id=names.EXPORT_FORMAT,
                value=FORMATS[0],
                data=[
                    {"value": one, "label": label}
                    for one, label in zip(FORMATS, ("Excel (.xlsx)", "CSV", "GeoJSON"), strict=True)
                ],
                allowDeselect=False,
                size="xs",
                className="data-format",
                **{"aria-label": words("文件格式")},
            ),
            html.Button(words("导出这些行"), id=names.EXPORT, className="button", type="button"),
            html.Button(words("取消导出"), id=names.EXPORT_STOP, className="button", type="button", disabled=True),
            html.Div(id=names.EXPORT_TOLD, className="data-exported", role="status", **{"aria-live": "polite"}),
            dcc.Store(id=names.EXPORT_JOB, storage_type="session"),
            dcc.Interval(id=names.EXPORT_POLL, interval=POLL_MS, disabled=True),
        ],
        className="data-export",
    )


def register(app: Dash, context: Context, asked: Asked) -> None:
    """Add the callbacks to `app`; `asked` gives atlas, filters, own keys and words of an address."""
    exports = Exports(context.settings)

    @app.callback(
        Output(names.EXPORT_JOB, "data"),
        Output(names.EXPORT_TOLD, "children", allow_duplicate=True),
        Input(names.EXPORT, "n_clicks"),
        State(names.EXPORT_FORMAT, "value"),
        State(names.ROW_TEXT, "value"),
        State(names.GRID, "getRowsRequest"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def order(clicks: int | None, fmt: str | None, text: str | None, shown: dict | None, search: str | None) -> tuple:
        """Have the rows that are listed written, in the order in which they are."""
        if not clicks or fmt not in FORMATS:
            raise PreventUpdate
        _, filters, said, words = asked(search)
        wanted = {
            "table": said["table"],
            "query": context.write(filters).removeprefix("?"),
            "text": text or "",
            "rule": said["rule"],
            "days": said["days"],
            "order": next(iter((shown or {}).get("sortModel") or ()), None),
            "format": fmt,
            "lang": words.lang,
            "exact": editing(context.settings),
        }
        try:
            take(context.settings, EXPORTS)
            audit.note(context.settings.home, "exported", what=f"{said['table']}.{fmt}", place=filters.place)
            return exports.start(wanted), None
        except AtlasError as error:
            return no_update, html.P(error.text(words.gettext), className="data-bad", role="alert")

    @app.callback(
        Output(names.EXPORT_TOLD, "children"),
        Output(names.EXPORT_POLL, "disabled"),
        Output(names.EXPORT_STOP, "disabled"),
        Input(names.EXPORT_POLL, "n_intervals"),
        Input(names.EXPORT_JOB, "data"),
        State(names.URL, "search"),
        prevent_initial_call=True,
        running=one_at_a_time(names.EXPORT_POLL),
    )
    def follow(_: int | None, job: str | None, search: str | None) -> tuple:
        """Say how far the file is, and give it."""
        words = asked(search)[3]
        state, found = exports.jobs.state(job), exports.jobs.find(job)
        if state is None or found is None:
            return None, True, True
        return _told(found.id, state, found.task() or {}, words), state.over, state.over or state.stopping

    @app.callback(
        Output(names.EXPORT_STOP, "disabled", allow_duplicate=True),
        Input(names.EXPORT_STOP, "n_clicks"),
        State(names.EXPORT_JOB, "data"),
        prevent_initial_call=True,
    )
    def stop(clicks: int | None, job: str | None) -> bool:
        """Call it off."""
        if not clicks:
            raise PreventUpdate
        exports.jobs.stop(job)
        return True


def _told(name: str, state: jobs_.State, task: Mapping[str, Any], words: Words) -> Any:
    if state.failed:
        return html.P(state.message.text(words.gettext), className="data-bad", role="alert")
    if state.phase == jobs_.DONE:
        size = words.number(state.told["bytes"] / 2**20, 1)
        return html.P(
            [
                html.A(
                    words("保存 {file}").format(file=f"{task['table']}.{task['format']}"),
                    href=f"{PATH}/{name}",
                    className="data-link",
                    download=True,  # ty: ignore[invalid-argument-type] - the file's own name
                ),
                " ",
                words("{count} 行，{size} MB").format(count=words.number(state.told["rows"]), size=size),
            ],
            className="data-hint",
        )
    if state.over:
        lost = state.phase == jobs_.LOST
        told = words("导出中断了，没有文件：请再试一次。") if lost else words("已取消导出，没有留下文件。")
        return html.P(told, className="data-hint")
    said = words("正在取消") if state.stopping else state.message.text(words.gettext)
    return html.Div(
        [
            dmc.Progress(value=round(state.share * 100), **{"aria-label": said}),
            html.P(f"{said} · {state.share:.0%}", className="data-hint"),
        ]
    )
