"""What a check found, and what confirming it would do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html
from dash.exceptions import PreventUpdate

from dashboard.components.panels import graph_config
from dashboard.components.values import change_list, scrolling, size, table_name
from dashboard.context import Context
from dashboard.maps import basemap
from dashboard.maps.preview import preview_map
from dashboard.pages.data import names
from dashboard.pages.data.header_list import header_list
from dashboard.pages.data.problems import EVERY, every_problem, problem_rows, todo_list
from dashboard.pages.data.questions import questions
from dashboard.pages.data.systems import crs_name
from dashboard.server.uploading import LEFT, MARKED
from dashboard.tasks.import_worker import report_of
from dashboard.tasks.uploads import CHECK, Task, Upload, Uploads
from dashboard.theme.recolour import themed
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from geodata.importing.report import Report

LISTED = 300
DOUBTFUL = ("datum", "swapped")


def outcome(
    context: Context, upload: Upload, found: Mapping[str, Any], task: Task, words: Words, theme: str = "light"
) -> list:
    """Return the report of a check: counts, what would change, problems, headers, map in the colours of `theme`."""
    report = report_of(found)
    doubted = [pair for one in report.warnings if one.code in DOUBTFUL for pair in one.positions]
    parts: list[Any] = [_summary(upload, report, words)]
    lower = [
        *todo_list(report, words, questions(report, task, words)),
        every_problem(report, words),
        header_list(report, words),
    ]
    if found["effect"]:
        parts.append(_effect(upload, found, report, task, words))
    beside = [_map(context, found, doubted, words, theme)] if found["preview"]["of"] or doubted else []
    parts.append(
        html.Div(
            [html.Div([one for one in lower if one is not None], className="outcome-list"), *beside],
            className="outcome-columns" if beside else "",
        )
    )
    return parts


def _summary(upload: Upload, report: Report, words: Words) -> html.Div:
    unknown = asks_crs(report)
    left = report.rows - report.accepted if report.accepted else 0
    state = _verdict(report, left, words)
    counts = (
        (words("文件里的行"), report.rows, ""),
        (words("可用"), report.accepted, ""),
        (words("留下"), left, "bad" if left else ""),
        (words("错误数"), len(report.errors), "bad" if report.errors else ""),
        (words("提醒数"), len(report.warnings), "warn" if report.warnings else ""),
    )
    return html.Div(
        [
            html.Div(
                [
                    html.H2(state[1], className=f"verdict verdict-{state[0]}"),
                    html.P(
                        [
                            upload.file.name,
                            " · ",
                            size(upload.file.stat().st_size, words),
                            " · ",
                            words("坐标系：{crs}").format(crs=crs_name(report.crs, words))
                            if report.crs
                            else words("坐标系未选")
                            if unknown
                            else words("没有坐标"),
                        ],
                        className="data-hint",
                    ),
                    html.P(report.taken(words), className="data-hint") if report.taken_for else None,
                ]
            ),
            html.Dl(
                [
                    html.Div([html.Dt(label), html.Dd(words.number(count), className=f"count-{kind}" if kind else "")])
                    for label, count, kind in counts
                ],
                className="data-counts",
            ),
            html.Div(
                [
                    html.A(
                        words("下载标出问题的工作簿"),
                        href=f"{MARKED}/{upload.id}.xlsx?lang={words.lang}",
                        className="button",
                        download="",
                    )
                    if report.errors or report.warnings
                    else None,
                    html.Button(
                        words("放弃这个文件"),
                        id=names.numbered("data-cancel", "report"),
                        className="button",
                        type="button",
                    ),
                ],
                className="data-buttons",
            ),
        ],
        className="data-summary",
    )


def _verdict(report: Report, left: int, words: Words) -> tuple[str, str]:
    """Return the colour and the words of what can be done with the file."""
    if asks_crs(report):
        return "bad", words("请先在第 2 步选择坐标系")
    if left:
        said = words("{count} 行可以导入，{left} 行先留下")
        return "warn", said.format(count=words.number(report.accepted), left=words.number(left))
    if report.errors:
        return "bad", words("有错误，不能导入")
    if report.doubts and not report.accepted:
        return "warn", words("请先回答：是同一个，还是另一个")
    if report.warnings:
        return "warn", words("可以导入，请先看提醒")
    return "good", words("没有问题，可以导入")


def asks_crs(report: Report) -> bool:
    """Return whether the file has coordinates and nobody has said in which system."""
    return report.crs is None and any(one.code == "crs" for one in report.errors)


def _effect(upload: Upload, found: Mapping[str, Any], report: Report, task: Task, words: Words) -> html.Section:
    """Return what confirming would change, the button that does it, and the way to the rows that stay behind."""
    effect = found["effect"]
    table = table_name(found["table"], words)
    said = [
        words("{table}：新增 {added} 行，更改 {changed} 行，不变 {unchanged} 行。").format(
            table=table,
            added=words.number(effect["added"]),
            changed=words.number(effect["changed"]),
            unchanged=words.number(effect["unchanged"]),
        )
    ]
    if effect["retired"]:
        said.append(
            words("将退出的示意行：{list}（撤销后会回来）。").format(
                list=words.listed(
                    f"{table_name(one, words)} {words.number(count)}" for one, count in effect["retired"].items()
                )
            )
        )
    left = report.rows - report.accepted
    nothing = not (effect["added"] or effect["changed"] or effect["retired"])
    count = effect["added"] + effect["changed"] + sum(effect["retired"].values())
    listed = min(len(effect["changes"]), LISTED)
    return html.Section(
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.H3(words("确认后会有的改动"), className="panel-title"),
                            *(html.P(one) for one in said),
                            _left_behind(upload, left, words) if left else None,
                            html.P(words("图册里已经是这样，不必导入。"), className="data-hint") if nothing else None,
                        ]
                    ),
                    html.Button(
                        words("留下 {left} 行，导入其余 {count} 行").format(
                            left=words.number(left), count=words.number(report.accepted)
                        )
                        if left
                        else words("确认导入"),
                        id=names.numbered("data-confirm", task.run),
                        className="button button-chief",
                        type="button",
                        disabled=nothing,
                    ),
                ],
                className="effect-head",
            ),
            html.Details(
                [
                    html.Summary(
                        words("逐行查看（列出 {listed} 行，共 {count} 行）").format(
                            listed=listed, count=words.number(count)
                        )
                    ),
                    change_list(effect["changes"], words, LISTED),
                ],
                # what they have told the atlas before is at stake
                open=bool(effect["changed"]),
            )
            if listed
            else None,
        ],
        className="data-effect",
    )


def _left_behind(upload: Upload, left: int, words: Words) -> html.P:
    """Return where the rows are that do not come in."""
    return html.P(
        [
            words("{count} 行不导入，也不会丢：").format(count=words.number(left)),
            html.A(
                words("下载这些行，改好后再导入"),
                href=f"{LEFT}/{upload.id}.xlsx?lang={words.lang}",
                className="data-link",
                download="",
            ),
        ],
        className="left-behind",
    )


def _map(context: Context, found: Mapping[str, Any], doubted: list, words: Words, theme: str) -> html.Section:
    preview = found["preview"]
    spots = preview_map(context.source.atlas(), words, preview["lon"], preview["lat"], preview["name"], doubted)
    figure = themed(basemap.over(spots, context, context.default, words, theme, kept=False), theme)
    drawn = len(preview["lon"])
    note = words("共 {count} 行有位置。").format(count=words.number(preview["of"]))
    if drawn < preview["of"]:
        note = words("共 {count} 行有位置，图上均匀画出其中 {drawn} 行。").format(
            count=words.number(preview["of"]), drawn=words.number(drawn)
        )
    legend = [html.Span([html.I(className="legend-mark mark-station"), words("会落在这里")], className="legend-row")]
    if doubted:
        legend += [
            html.Span(
                [html.I(className="legend-mark mark-read"), words("存疑：按所选坐标系的位置")], className="legend-row"
            ),
            html.Span(
                [html.I(className="legend-mark mark-mended"), words("存疑：更正后可能的位置")], className="legend-row"
            ),
        ]
    return html.Section(
        [
            html.H3(words("地图预览"), className="panel-title"),
            html.P(
                ("" if words.lang == "zh" else " ").join(
                    [
                        note,
                        *(
                            [words("存疑的 {count} 行画出两个位置，以线相连。").format(count=len(doubted))]
                            if doubted
                            else []
                        ),
                    ]
                ),
                className="panel-subtitle",
            ),
            html.Div(
                dcc.Graph(
                    id="data-map",
                    figure=figure,
                    config=graph_config(words.lang) | {"scrollZoom": True},
                    responsive=True,
                    style={"height": "100%"},
                ),
                className="data-map",
            ),
            html.Div([*legend, html.Span(words("地图为示意图"), className="legend-note")], className="data-legend"),
        ],
        className="data-panel data-preview",
    )


def _still_to_do(
    context: Context,
    table: str,
    upload: Upload,
    found: Mapping[str, Any] | None,
    words: Words,
    theme: str,
) -> list[html.P]:
    """Return what an import leaves to do: rows without a position, rows that stayed behind."""
    report = report_of(found) if found else None
    if report is None:
        return []
    said = []
    if report.unplaced:
        # the map opens where the rows are
        filters = context.default.having(
            lang=words.lang, theme=theme, place=(found or {}).get("county") or context.default.place
        )
        count = words.number(report.unplaced)
        said.append(
            html.P(
                [
                    words("{count} 行还没有位置，不画在地图上。").format(count=count),
                    dcc.Link(
                        words("现在去补位置"),
                        href=names.address(filters, context, "placing", table=table),
                        className="data-link",
                    ),
                ],
                className="left-behind",
            )
        )
    left = report.rows - report.accepted
    return [*said, _left_behind(upload, left, words)] if left else said


def applied(
    context: Context,
    upload: Upload,
    batch_id: str,
    found: Mapping[str, Any] | None,
    words: Words,
    theme: str = "light",
) -> list:
    """Return what a batch that was just applied changed, with the way back;
    `found` is what its check had found; links keep `theme`.
    """
    store = context.source.store()
    batch = next((one for one in store.history() if one.batch_id == batch_id), None)
    if batch is None:
        raise AtlasError(N_("没有批次 {batch}：请用 history 查看批次号。"), batch=batch_id)
    # it was applied to the very version that its effect was worked out on,
    # and the log of a large batch takes seconds to read
    changes = found["effect"]["changes"] if found else store.changes(batch_id).to_dict("records")
    count = batch.added + batch.changed + batch.retired
    return [
        html.Div(
            [
                html.Div(
                    [
                        html.H2(words("已导入"), className="verdict verdict-good"),
                        html.P(
                            words(
                                "{table}：新增 {added} 行，更改 {changed} 行，"
                                "不变 {unchanged} 行，示意行退出 {retired} 行。批次 {batch}。"
                            ).format(
                                table=table_name(batch.table, words),
                                added=words.number(batch.added),
                                changed=words.number(batch.changed),
                                unchanged=words.number(batch.unchanged),
                                retired=words.number(batch.retired),
                                batch=batch_id,
                            )
                        ),
                        *_still_to_do(context, batch.table, upload, found, words, theme),
                    ]
                ),
                html.Div(
                    [
                        dcc.Link(
                            words("在总览里查看"),
                            href="/" + context.write(context.default.having(lang=words.lang, theme=theme)),
                            className="button",
                        ),
                        html.Button(
                            words("撤销这一批"),
                            id=names.numbered("data-undo", batch_id),
                            className="button",
                            type="button",
                        ),
                    ],
                    className="data-buttons",
                ),
            ],
            className="data-summary",
        ),
        html.Section(
            [
                html.H3(words("改动了什么"), className="panel-title"),
                html.P(
                    words("列出 {listed} 行，共 {count} 行。").format(
                        listed=min(len(changes), LISTED), count=words.number(count)
                    ),
                    className="data-hint",
                ),
                scrolling(change_list(changes, words, LISTED), words("改动了什么")),
            ],
            className="data-panel",
        ),
    ]


def register(app: Dash, context: Context, uploads: Uploads) -> None:
    """Add the callbacks of the report to `app`."""

    @app.callback(
        Output(names.PROBLEMS, "children"),
        Output(names.PROBLEM_PAGE, "total"),
        Output(names.PROBLEM_PAGE, "style"),
        Input(names.PROBLEM_GROUP, "value"),
        Input(names.PROBLEM_PAGE, "value"),
        State(names.UPLOAD, "data"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def turn(group: str, page: int, given: dict | None, search: str | None) -> tuple:
        """Show another group or page of the problems."""
        upload = uploads.get((given or {}).get("id"))
        task = upload.task() if upload else None
        found = upload.found(task.run if task.action == CHECK else task.of) if upload and task else None
        if found is None:
            raise PreventUpdate
        _, words = names.read(context, search)
        table, pages = problem_rows(report_of(found), group or EVERY, page or 1, words)
        return table, pages, {} if pages > 1 else {"display": "none"}

    @app.callback(
        Output(names.PROBLEM_GROUP, "value"),
        Output(names.PROBLEM_LIST, "open"),
        Input({"type": "data-group", "at": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def list_group(clicks: list) -> tuple:
        """List the problems of a group one by one."""
        if not any(clicks):
            raise PreventUpdate
        return str(ctx.triggered_id["at"]), True
