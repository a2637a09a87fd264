"""What a check found, and what confirming it would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from dashboard.components.panels import graph_config
from dashboard.components.values import change_list, scrolling, size, table_name, title
from dashboard.context import Context
from dashboard.figures.dark import themed
from dashboard.figures.preview import preview_map
from dashboard.pages.data import names
from dashboard.pages.data.systems import crs_name
from dashboard.server.uploading import MARKED
from dashboard.uploads import CHECK, Task, Upload, Uploads
from dashboard.words import Words
from dashboard.working import report_of
from geodata.errors import N_, AtlasError
from geodata.importing.headers import POSITIONS, STATED
from geodata.importing.report import Problem, Report
from geodata.own_fields import PREFIX
from geodata.schema import TABLES

PAGE, LISTED, GROUPS = 50, 60, 40
DOUBTFUL = ("datum", "swapped")
FIRST, LAST = ("datum", "swapped", "sea", "outside", "similar"), ("filled",)
EVERY = "all"


def outcome(
    context: Context, upload: Upload, found: Mapping[str, Any], task: Task, words: Words, theme: str = "light"
) -> list:
    """Return the report of a check: counts, what would change, problems, headers, map in the colours of `theme`."""
    report = report_of(found)
    doubted = [pair for one in report.warnings if one.code in DOUBTFUL for pair in one.positions]
    parts: list[Any] = [_summary(upload, report, words)]
    lower = [_problems(report, words), _headers(report, words)]
    if report.ok and found["effect"]:
        parts.append(_effect(found, task, words))
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
    state = (
        ("bad", words("请先在第 2 步选择坐标系"))
        if unknown
        else ("bad", words("有错误，不能导入"))
        if report.errors
        else ("warn", words("可以导入，请先看提醒"))
        if report.warnings
        else ("good", words("没有问题，可以导入"))
    )
    counts = (
        (words("文件里的行"), report.rows, ""),
        (words("可用"), report.accepted, ""),
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


def asks_crs(report: Report) -> bool:
    """Return whether the file has coordinates and nobody has said in which system."""
    return report.crs is None and any(one.code == "crs" for one in report.errors)


def _effect(found: Mapping[str, Any], task: Task, words: Words) -> html.Section:
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
                            html.P(words("图册里已经是这样，不必导入。"), className="data-hint") if nothing else None,
                        ]
                    ),
                    html.Button(
                        words("确认导入"),
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
                open=False,
            )
            if listed
            else None,
        ],
        className="data-effect",
    )


def _group(problem: Problem, kind: str) -> str:
    return f"{kind}|{problem.column or ''}|{problem.code}|{problem.msgid}"


def by_weight(warnings: list[Problem]) -> list[Problem]:
    """Return warnings with those first that may mean a wrong map, and what was merely filled in last."""
    return sorted(
        warnings, key=lambda one: FIRST.index(one.code) if one.code in FIRST else len(FIRST) + (one.code in LAST)
    )


def groups(report: Report) -> list[tuple[str, str, Problem, int]]:
    """Return problems that are alike (kind, column, message) as (key, kind, first of them, number), errors first, most first."""
    found = []
    for kind, problems in (("error", report.errors), ("warning", by_weight(report.warnings))):
        counted = Counter(_group(one, kind) for one in problems)
        first: dict[str, Problem] = {}
        for one in problems:
            first.setdefault(_group(one, kind), one)
        found += [(key, kind, first[key], count) for key, count in counted.most_common()]
    return found


def _problems(report: Report, words: Words) -> html.Section | None:
    listed = groups(report)
    if not listed:
        return None
    kinds = {"error": words("错误"), "warning": words("提醒")}
    options = [
        {"value": EVERY, "label": words("全部（{count}）").format(count=len(report.errors) + len(report.warnings))}
    ]
    options += [
        {
            "value": str(at),
            "label": f"{kinds[kind]} · {one.column + ' · ' if one.column else ''}{_short(one.text(words.gettext))} × {count}",
        }
        for at, (_, kind, one, count) in enumerate(listed[:GROUPS])
    ]
    table, pages = problem_rows(report, EVERY, 1, words)
    return html.Section(
        [
            html.Div(
                [
                    html.H3(words("错误与提醒"), className="panel-title"),
                    dmc.Select(
                        id=names.PROBLEM_GROUP,
                        data=options,
                        value=EVERY,
                        allowDeselect=False,
                        size="xs",
                        className="problem-group",
                        **{"aria-label": words("归类")},
                    ),
                ],
                className="data-row",
            ),
            scrolling(table, words("错误与提醒"), id=names.PROBLEMS),
            dmc.Pagination(
                id=names.PROBLEM_PAGE,
                total=pages,
                value=1,
                size="sm",
                siblings=1,
                style={} if pages > 1 else {"display": "none"},
            ),
        ],
        className="data-panel",
    )


def _short(text: str) -> str:
    return text if len(text) <= 26 else text[:26] + "…"


def problem_rows(report: Report, group: str, page: int, words: Words) -> tuple[html.Table, int]:
    """Return the table of one page of a group of problems, and the number of pages."""
    listed = groups(report)
    wanted = next((one[0] for at, one in enumerate(listed) if str(at) == group), None)
    every = [("error", one) for one in report.errors] + [("warning", one) for one in by_weight(report.warnings)]
    every = [(kind, one) for kind, one in every if wanted is None or _group(one, kind) == wanted]
    pages = max(1, -(-len(every) // PAGE))
    page = max(1, min(page, pages))
    kinds = {"error": words("错误"), "warning": words("提醒")}
    head = html.Tr(
        [
            html.Th(text, scope="col")
            for text in (
                words("类别"),
                words("工作表"),
                words("行"),
                words("列"),
                words("内容"),
                words("应为"),
                words("说明"),
            )
        ]
    )
    body = [
        html.Tr(
            [
                html.Td(html.Span(kinds[kind], className=f"mark mark-{kind}")),
                _said(words("工作表"), one.sheet),
                _said(words("行"), _rows(one)),
                _said(words("列"), _column(one, report, words)),
                _said(words("内容"), one.value, "cell-value"),
                # the command line's own option is of no use here
                _said(
                    words("应为"), words("第 2 步里选一个坐标系") if one.code == "crs" else one.expected(words.gettext)
                ),
                html.Td(one.text(words.gettext)),
            ]
        )
        for kind, one in every[(page - 1) * PAGE : page * PAGE]
    ]
    return html.Table([html.Thead(head), html.Tbody(body)], className="data-table problems"), pages


def _said(header: str, text: str | None, kind: str = "") -> html.Td:
    """Return a cell that knows its header: on a phone a problem is a card, not a row of seven columns."""
    return html.Td(
        "—" if text is None else text,
        className=f"{kind} nothing".strip() if text is None or text == "" else kind,
        **{"data-header": header},
    )


def _column(problem: Problem, report: Report, words: Words) -> str | None:
    """Return the header as the file has it, or the name of a column that it lacks in the reader's language."""
    if problem.column is None or problem.column in report.headers:
        return problem.column
    return next(
        (
            title(TABLES[report.table], one.name, words)
            for one in TABLES[report.table].columns
            if one.zh == problem.column
        ),
        problem.column,
    )


def _rows(problem: Problem) -> str | None:
    if len(problem.rows) > 1:
        return ", ".join(map(str, problem.rows[:5])) + ("…" if len(problem.rows) > 5 else "")
    return None if problem.row is None else str(problem.row)


def _mark(column: str | None, personal: set[str], words: Words) -> html.Span | None:
    """Return what to say of a header beside the column it means."""
    if not column:
        return html.Span(words("没有认出"), className="mark mark-warning")
    if column in personal:
        return html.Span(words("个人信息"), className="mark mark-warning")
    return html.Span(words("照原样保存"), className="mark") if column.startswith(PREFIX) else None


def _headers(report: Report, words: Words) -> html.Details | None:
    if not report.headers:
        return None
    schema = TABLES[report.table]
    zh = words.lang == "zh"
    places = {
        "lon": words("经度"),
        "lat": words("纬度"),
        "lonlat": words("经度,纬度（同一格）"),
        "x": words("东坐标（米）"),
        "y": words("北坐标（米）"),
        "wkt": words("图形(WKT)"),
        STATED: words("坐标系"),
    }
    held = {column.name for column in schema.columns}
    usable = (*POSITIONS, STATED) if schema.geometry == "point" else ("wkt", STATED) if schema.geometry else ()
    options = [
        {"value": "", "label": words("（不导入）")},
        *({"value": one.name, "label": one.zh if zh else one.en} for one in schema.columns if one.name != "batch_id"),
        *({"value": one, "label": places[one]} for one in usable if one not in held),
        *(
            {"value": one, "label": words("自有项目“{label}”").format(label=one.removeprefix(PREFIX))}
            for one in dict.fromkeys(report.headers.values())
            if one and one.startswith(PREFIX)
        ),
    ]
    unknown = [header for header, column in report.headers.items() if not column]
    personal = {PREFIX + one.label for one in report.own_fields if one.personal}
    lines = [
        html.Tr(
            [
                html.Td(header),
                html.Td("→"),
                html.Td(
                    dmc.Select(
                        id=names.numbered("data-map", at),
                        data=options,
                        value=column or "",
                        allowDeselect=False,
                        searchable=True,
                        size="xs",
                        nothingFoundMessage=words("没有匹配的选项"),
                        **{"aria-label": words("“{header}”对应的列").format(header=header)},
                    )
                ),
                html.Td(_mark(column, personal, words)),
            ]
        )
        for at, (header, column) in enumerate(report.headers.items())
    ]
    return html.Details(
        [
            html.Summary(
                [
                    html.Span(words("表头对应"), className="panel-title"),
                    html.Span(
                        words("{known} 列认出，{unknown} 列没有认出").format(
                            known=len(report.headers) - len(unknown), unknown=len(unknown)
                        ),
                        className="data-hint",
                    ),
                ]
            ),
            html.P(words("每个表头对应图册的哪一列；认错的请改，再重新核对。"), className="data-hint"),
            html.Table(html.Tbody(lines), className="data-table headers"),
            html.Button(
                words("按这样的对应重新核对"),
                id=names.numbered("data-recheck", "headers"),
                className="button",
                type="button",
            ),
        ],
        open=bool(unknown) or not report.columns,
        className="data-panel",
    )


def _map(context: Context, found: Mapping[str, Any], doubted: list, words: Words, theme: str) -> html.Section:
    preview = found["preview"]
    figure = themed(
        preview_map(context.source.atlas().version, words, preview["lon"], preview["lat"], preview["name"], doubted),
        theme,
    )
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


def applied(
    context: Context, batch_id: str, found: Mapping[str, Any] | None, words: Words, theme: str = "light"
) -> list:
    """Return what a batch that was just applied changed, with the way back; `found` is what its check had found; links keep `theme`."""
    store = context.source.store()
    batch = next((one for one in store.history() if one.batch_id == batch_id), None)
    if batch is None:
        raise AtlasError(N_("没有批次 {batch}：请用 history 查看批次号。"), batch=batch_id)
    # it was applied to the very version that its effect was worked out on, and the log of a large batch takes seconds to read
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
                                "{table}：新增 {added} 行，更改 {changed} 行，不变 {unchanged} 行，示意行退出 {retired} 行。批次 {batch}。"
                            ).format(
                                table=table_name(batch.table, words),
                                added=words.number(batch.added),
                                changed=words.number(batch.changed),
                                unchanged=words.number(batch.unchanged),
                                retired=words.number(batch.retired),
                                batch=batch_id,
                            )
                        ),
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
        words = context.words(context.read(context.source.atlas(), search, names.OWN_KEYS).filters.lang)
        table, pages = problem_rows(report_of(found), group or EVERY, page or 1, words)
        return table, pages, {} if pages > 1 else {"display": "none"}
