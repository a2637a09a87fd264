"""Section 导入: choose, drop, check, look, confirm."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard.components.values import table_name
from dashboard.context import Context
from dashboard.pages.data import names, report
from dashboard.pages.data.holdings import holdings
from dashboard.pages.data.questions import answered
from dashboard.pages.data.systems import EPSG_CHOICE, systems
from dashboard.pages.data.writing import signed
from dashboard.polling import POLL_MS, one_at_a_time
from dashboard.server.guard import editing, require_editing
from dashboard.server.uploading import TEMPLATE, UPLOAD
from dashboard.tasks.import_worker import report_of
from dashboard.tasks.job import DONE
from dashboard.tasks.uploads import APPLY, CHECK, Task, Upload, Uploads
from dashboard.words import Words
from geodata.errors import AtlasError
from geodata.schema import TABLES
from layers.atlas import Atlas
from layers.filters import Filters

ACCEPTED = (
    ".xlsx,.xlsm,.xls,.et,.xlsb,.ods,.csv,.txt,.tsv,.html,.htm,.mht,.mhtml,.xml,"
    ".geojson,.json,.geojsonl,.ndjson,.geojsons,.gpkg,.zip,.kml,.kmz,.ovkml,.gpx,.fgb"
)


def section(context: Context, atlas: Atlas, filters: Filters, said: dict, words: Words) -> list:  # noqa: ARG001 - as every section
    """Return the section."""
    if not editing(context.settings):
        return [
            html.Div(
                [
                    html.H2(words("导入文件"), className="data-title"),
                    html.P(
                        words("这个图册没有开放网页改动。可以下载模板、查看历史、数据行和质量报告。"),
                        className="data-hint",
                    ),
                    _templates(said["table"], words),
                    holdings(context, filters, words),
                ],
                className="data-steps",
            )
        ]
    steps = html.Section(
        [
            _step(
                1,
                words("选择数据表"),
                dmc.Select(
                    id=names.TABLE,
                    value=said["table"],
                    data=[{"value": one, "label": table_name(one, words)} for one in names.ORDERED],
                    allowDeselect=False,
                    searchable=True,
                    size="sm",
                    nothingFoundMessage=words("没有匹配的选项"),
                    **{"aria-label": words("数据表")},
                ),
                html.Div(_template_link(said["table"], words), id=names.TEMPLATE),
            ),
            _step(
                2,
                words("坐标系"),
                dmc.Select(
                    id=names.CRS,
                    value="",
                    data=systems(words),
                    allowDeselect=False,
                    size="sm",
                    **{"aria-label": words("坐标系")},
                ),
                dmc.TextInput(
                    id=names.EPSG,
                    placeholder="EPSG:4548",
                    size="sm",
                    debounce=600,
                    style={"display": "none"},
                    **{"aria-label": words("EPSG 代码")},
                ),
                html.P(
                    words("高德、百度的坐标与 GPS 相差数百米，图册不替您猜。表头或“坐标系”一列已写明的，可不选。"),
                    className="data-hint",
                ),
            ),
            _step(
                3,
                words("放入文件"),
                html.Div(
                    [
                        html.Div(words("把文件拖到这里，或点击选择"), className="drop-title"),
                        html.Div(
                            words(
                                "Excel 和 WPS 表格（.xlsx、.xls、.xlsb、.et、"
                                ".ods）、.csv、KML、GPX、GeoJSON、GeoPackage、"
                                "FlatGeobuf、压缩的 Shapefile；高德、百度导出的也可以；最大 {limit} MB"
                            ).format(limit=f"{context.settings.max_upload_bytes / 2**20:.3g}"),
                            className="data-hint",
                        ),
                        html.Div(id="data-sending", className="drop-sending", role="status"),
                    ],
                    id=names.DROP,
                    className="drop",
                    tabIndex=0,
                    role="button",
                    **{
                        "data-address": f"{UPLOAD}?lang={words.lang}",
                        "data-accept": ACCEPTED,
                        "data-limit": str(context.settings.max_upload_bytes),
                        "data-sending": words("正在上传 {share}%"),
                        "data-lost": words("上传没有完成：请检查与服务器的连接，再试一次。"),
                        "data-large": words(
                            "文件超过 {limit} MB：请分成几个文件，或请管理员调大 ATLAS_MAX_UPLOAD_BYTES。"
                        ).format(limit=f"{context.settings.max_upload_bytes / 2**20:.3g}"),
                    },
                ),
            ),
        ],
        className="data-steps",
    )
    return [
        html.Div(
            [
                steps,
                html.Section(
                    [
                        html.Div(
                            id=names.PROGRESS, className="data-progress", role="status", **{"aria-live": "polite"}
                        ),
                        html.Div(_empty(context, filters, words), id=names.REPORT, className="data-report"),
                    ],
                    className="data-outcome",
                    **{"aria-label": words("核对结果")},
                ),
            ],
            className="data-import",
        ),
        dcc.Store(id=names.RUN),
        dcc.Interval(id=names.POLL, interval=POLL_MS, disabled=True),
    ]


def _step(number: int, title: str, *children: Any) -> html.Div:
    return html.Div(
        [html.H2([html.Span(str(number), className="step-number"), title], className="step-title"), *children],
        className="step",
    )


def _template_link(table: str, words: Words) -> html.A:
    return html.A(
        words("下载“{table}”的填报模板").format(table=table_name(table, words)),
        href=f"{TEMPLATE}/{table}.xlsx?lang={words.lang}",
        className="data-link",
        download="",
    )


def _templates(table: str, words: Words) -> html.Div:  # noqa: ARG001 - all of them are offered
    return html.Div([html.Div(_template_link(one, words)) for one in names.ORDERED])


def _empty(context: Context, filters: Filters, words: Words) -> html.Div:
    return html.Div(
        [
            html.Section(
                [
                    html.H2(words("导入之前先核对"), className="data-title"),
                    html.Ol(
                        [
                            html.Li(
                                words("逐格核对：每处错误写明工作表、行、列、内容和改法，可下载标出问题的工作簿。")
                            ),
                            html.Li(words("地图预览：看清每一行会落在哪里，坐标系选错时画出两个位置。")),
                            html.Li(
                                words(
                                    "确认之前说清会新增、更改哪些行，哪些示意数据会退出；确认后整批生效，随时可以撤销。"
                                )
                            ),
                        ]
                    ),
                    html.P(words("核对不会改动图册。"), className="data-hint"),
                ],
                className="data-promise",
            ),
            holdings(context, filters, words),
        ],
        className="data-empty-import",
    )


def register(app: Dash, context: Context) -> None:
    """Add the section's callbacks to `app`."""
    uploads = Uploads(context.settings)

    def empty(search: str | None) -> html.Div:
        return _empty(context, *names.read(context, search))

    @app.callback(
        Output(names.TEMPLATE, "children"),
        Input(names.TABLE, "value"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def offer(table: str, search: str | None) -> html.A:
        """Offer the template of the chosen table."""
        if table not in TABLES:
            raise PreventUpdate
        return _template_link(table, names.read(context, search)[1])

    @app.callback(Output(names.EPSG, "style"), Input(names.CRS, "value"))
    def ask_code(crs: str | None) -> dict:
        """Show the box for an EPSG code where one is wanted."""
        return {} if crs == EPSG_CHOICE else {"display": "none"}

    @app.callback(
        Output(names.RUN, "data"),
        Output(names.POLL, "disabled"),
        Output(names.PROGRESS, "children"),
        Output(names.REPORT, "children"),
        Output(names.TABLE, "value"),
        Output(names.CRS, "value"),
        Input(names.UPLOAD, "data"),
        Input(names.TABLE, "value"),
        Input(names.CRS, "value"),
        Input(names.EPSG, "value"),
        Input({"type": "data-recheck", "at": ALL}, "n_clicks"),
        State({"type": "data-map", "at": ALL}, "value"),
        State({"type": "data-map", "at": ALL}, "id"),
        State({"type": "data-doubt", "at": ALL}, "value"),
        State({"type": "data-doubt", "at": ALL}, "id"),
        State(names.URL, "search"),
    )
    def check(
        given: dict | None,
        table: str,
        crs: str | None,
        epsg: str | None,
        again: list,
        columns: list,
        headers: list,
        chosen: list,
        doubts: list,
        search: str | None,
    ) -> tuple:
        """Start a check of what was given; a choice that changes starts it anew."""
        (_, words), cause = names.read(context, search), ctx.triggered_id
        if given and given.get("message"):
            return None, True, _bad(given["message"]), empty(search), no_update, no_update
        upload = uploads.get((given or {}).get("id"))
        if upload is None:
            return None, True, None, empty(search), no_update, no_update
        resumed = upload.task() if cause in (None, names.UPLOAD) else None
        if resumed:  # the page was opened again: go on where it stood
            return _run(upload, resumed), False, _progress(upload, words), [], resumed.table, resumed.crs or ""
        if isinstance(cause, dict) and not any(again):
            raise PreventUpdate
        if crs == EPSG_CHOICE and not epsg:
            return (
                None,
                True,
                html.P(words("请填写 EPSG 代码，如 EPSG:4548。"), className="data-hint"),
                [],
                no_update,
                no_update,
            )
        before = upload.task()
        same_table = before is not None and before.table == table
        mapping = dict(before.mapping) if before and same_table else {}
        answers, another = (before.answers, before.another) if before and same_table else ([], False)
        if isinstance(cause, dict):
            found = upload.found(before.run if before and before.action == CHECK else "")
            if cause["at"] == "headers":
                known = list((found or {}).get("headers", ()))
                mapping = {
                    known[one["at"]]: value or ""
                    for one, value in zip(headers, columns, strict=True)
                    if one["at"] < len(known)
                }
            elif found and before:
                given_answers = {one["at"]: value for one, value in zip(doubts, chosen, strict=True)}
                answers, another = answered(report_of(found), before, cause["at"], given_answers)
        try:
            require_editing(context.settings)
            task = uploads.start(
                upload,
                CHECK,
                table,
                crs=(epsg if crs == EPSG_CHOICE else crs) or None,
                mapping=mapping,
                answers=answers,
                another=another,
            )
        except AtlasError as error:
            return None, True, _bad(error.text(words.gettext)), [], no_update, no_update
        return _run(upload, task), False, _progress(upload, words), [], no_update, no_update

    @app.callback(
        Output(names.PROGRESS, "children", allow_duplicate=True),
        Output(names.REPORT, "children", allow_duplicate=True),
        Output(names.POLL, "disabled", allow_duplicate=True),
        Input(names.POLL, "n_intervals"),
        State(names.RUN, "data"),
        State(names.URL, "search"),
        prevent_initial_call=True,
        running=one_at_a_time(names.POLL),
    )
    def follow(_: int, run: dict | None, search: str | None) -> tuple:
        """Say how far it is; show what was found."""
        words = names.read(context, search)[1]
        theme = context.look(search)[1].filters.theme
        upload = uploads.get((run or {}).get("id"))
        task = upload.task() if upload else None
        if upload is None or task is None:
            return None, empty(search), True
        if task.run != (run or {}).get("run"):
            raise PreventUpdate  # a newer choice is on its way
        state = upload.state()
        if state is None or not state.over:
            return _progress(upload, words), no_update, False
        if state.phase != DONE:
            found = upload.found(task.of) if task.action == APPLY else None
            shown = report.outcome(context, upload, found, task, words, theme) if found else []
            return _bad(state.message.text(words.gettext)), shown, True
        if task.action == APPLY:
            return (
                None,
                report.applied(context, upload, state.told.get("batch_id", ""), upload.found(task.of), words, theme),
                True,
            )
        found = upload.found(task.run)
        return None, report.outcome(context, upload, found, task, words, theme) if found else [], True

    @app.callback(
        Output(names.RUN, "data", allow_duplicate=True),
        Output(names.POLL, "disabled", allow_duplicate=True),
        Output(names.PROGRESS, "children", allow_duplicate=True),
        Output(names.REPORT, "children", allow_duplicate=True),
        Input({"type": "data-confirm", "at": ALL}, "n_clicks"),
        State(names.UPLOAD, "data"),
        State(names.AUTHOR, "value"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def confirm(clicks: list, given: dict | None, author: str | None, search: str | None) -> tuple:
        """Apply what was checked."""
        if not any(clicks):
            raise PreventUpdate
        _, words = names.read(context, search)
        upload = uploads.get((given or {}).get("id"))
        try:
            name = signed(context, author)
            task = upload.task() if upload else None
            if upload is None or task is None or task.run != ctx.triggered_id["at"]:
                raise PreventUpdate
            started = uploads.start(
                upload,
                APPLY,
                task.table,
                author=name,
                of=task.run,
                crs=task.crs,
                mapping=task.mapping,
                answers=task.answers,
                another=task.another,
            )
        except AtlasError as error:
            return no_update, no_update, _bad(error.text(words.gettext)), no_update
        return _run(upload, started), False, _progress(upload, words), []

    @app.callback(
        Output(names.UPLOAD, "data", allow_duplicate=True),
        Input({"type": "data-cancel", "at": ALL}, "n_clicks"),
        State(names.UPLOAD, "data"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def cancel(clicks: list, given: dict | None, search: str | None) -> dict | None:
        """Call a check off and take the file away."""
        if not any(clicks):
            raise PreventUpdate
        upload = uploads.get((given or {}).get("id"))
        try:
            if upload:
                require_editing(context.settings)
                uploads.cancel(upload)
        except AtlasError as error:
            return {"message": error.text(names.read(context, search)[1].gettext)}
        return None

    report.register(app, context, uploads)


def _run(upload: Upload, task: Task) -> dict[str, str]:
    return {"id": upload.id, "run": task.run}


def _bad(text: str) -> html.P:
    return html.P(text, className="data-bad", role="alert")


def _progress(upload: Upload, words: Words) -> html.Div | None:
    """Return the bar of what is being done, with the way to call it off."""
    task, state = upload.task(), upload.state()
    if task is None or state is None or state.over:
        return None
    share = round(100 * state.share)
    return html.Div(
        [
            html.Div(
                [
                    html.Span(words(state.message.msgid or "正在核对单元格")),
                    html.Span(f"{share}%", className="data-share"),
                ],
                className="data-progress-text",
            ),  # no key - a key of the check
            html.Div(
                html.Div(className="bar-fill", style={"width": f"{share}%"}),
                className="bar",
                role="progressbar",
                **{
                    "aria-valuenow": str(share),
                    "aria-valuemin": "0",
                    "aria-valuemax": "100",
                    "aria-label": words("进度"),
                },
            ),
            html.Div(
                [
                    html.Span(upload.file.name, className="data-file"),
                    html.Button(
                        words("取消"), id=names.numbered("data-cancel", "running"), className="button", type="button"
                    )
                    if task.action != APPLY
                    else None,
                ],
                className="data-progress-foot",
            ),
        ]
    )
