"""Section 历史与撤销: every batch, what it changed, and the way back."""

from __future__ import annotations

from datetime import datetime

from dash import Dash, dcc, html

from dashboard.components.values import change_list, scrolling, table_name
from dashboard.context import Context
from dashboard.pages.data import names
from dashboard.pages.data.systems import crs_name
from dashboard.pages.data.writing import signed
from dashboard.server.guard import editing
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from geodata.store.batch import Batch
from layers.atlas import Atlas
from layers.filters import Filters

LISTED = 200
SHOWN = 300


def section(context: Context, atlas: Atlas, filters: Filters, said: dict, words: Words) -> list:  # noqa: ARG001 - as every section
    """Return the section; the batch that the address names is open."""
    batches = context.source.store().history()
    if not batches:
        return [
            html.Div(
                [
                    html.H2(words("还没有改动过"), className="data-title"),
                    html.P(words("每次导入、修改和删除都是一批，会列在这里，可以逐批撤销。"), className="data-hint"),
                ],
                className="data-empty",
            )
        ]
    may = editing(context.settings)
    head = html.Tr(
        [
            *(html.Th(text, scope="col") for text in (words("时间"), words("操作人"), words("表"), words("来自"))),
            *(
                html.Th(text, scope="col", className="number")
                for text in (words("新增"), words("更改"), words("不变"), words("退出或删除"))
            ),
            html.Th(words("批次"), scope="col"),
            html.Th(words("撤销"), scope="col"),
        ]
    )
    lines = []
    for batch in batches[:SHOWN]:
        lines.append(_line(context, batch, filters, may, words))
        if batch.batch_id == said["batch"]:
            told = _changes(context, batch, words) if may else html.P(words("改动了哪些行，只给维护数据的人看。"))
            lines.append(html.Tr(html.Td(told, colSpan=10), className="batch-open"))
    more = (
        [
            html.P(
                words("只列出最近 {count} 批；全部可用命令行 history 查看。").format(count=SHOWN), className="data-hint"
            )
        ]
        if len(batches) > SHOWN
        else []
    )
    return [
        html.Div(
            [
                html.H2(words("历史与撤销"), className="data-title"),
                html.P(
                    words("最近的在前。撤销一批会恢复到它之前的样子；后面的批次改过同样的行时，须先撤销后面的。"),
                    className="data-hint",
                ),
                None if may else html.P(words("谁导入、谁撤销，只给维护数据的人看。"), className="data-hint"),
                scrolling(
                    html.Table([html.Thead(head), html.Tbody(lines)], className="data-table batches"),
                    words("历史与撤销"),
                ),
                *more,
            ],
            className="data-panel",
        )
    ]


def _line(context: Context, batch: Batch, filters: Filters, may: bool, words: Words) -> html.Tr:
    undone = (
        html.Span(
            words("{author}于 {time} 撤销").format(
                author=(batch.undone_by or "?") if may else "", time=local(batch.undone_at)
            ),
            className="mark mark-undone",
        )
        if batch.undone_at
        else None
    )
    return html.Tr(
        [
            html.Td(local(batch.time)),
            html.Td((batch.author or "—") if may else "—"),  # who works here is nobody else's business
            html.Td(table_name(batch.table, words)),
            html.Td(
                [batch.file or "—", html.Span(crs_name(batch.crs, words), className="data-key") if batch.crs else None]
            ),
            *(
                html.Td(words.number(count), className="number")
                for count in (batch.added, batch.changed, batch.unchanged, batch.retired)
            ),
            html.Td(
                dcc.Link(
                    batch.batch_id,
                    href=names.address(filters, context, "history", batch=batch.batch_id),
                    className="data-link",
                    title=words("看这一批改动了什么"),
                )
            ),
            html.Td(
                undone
                or (
                    html.Button(
                        words("撤销"),
                        id=names.numbered("data-undo", batch.batch_id),
                        className="button",
                        type="button",
                        **{"aria-label": words("撤销批次 {batch}").format(batch=batch.batch_id)},
                    )
                    if may
                    else None
                )
            ),
        ],
        className="batch-undone" if batch.undone_at else "",
    )


def _changes(context: Context, batch: Batch, words: Words) -> html.Div:
    changes = context.source.store().changes(batch.batch_id).to_dict("records")
    return html.Div(
        [
            html.P(
                words("列出 {listed} 行，共 {count} 行。").format(
                    listed=min(len(changes), LISTED), count=words.number(len(changes))
                ),
                className="data-hint",
            ),
            change_list(changes, words, LISTED),
        ]
    )


def local(moment: str | None) -> str:
    """Return a moment (ISO, UTC) in the server's own time, to the minute."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M") if moment else "—"


def question(context: Context, batch_id: str, words: Words) -> list:
    """Return what to ask before a batch is undone."""
    batch = next((one for one in context.source.store().history() if one.batch_id == batch_id), None)
    if batch is None:
        raise AtlasError(N_("没有批次 {batch}：请用 history 查看批次号。"), batch=batch_id)
    return [
        html.H2(words("撤销这一批？"), className="data-title"),
        html.P(
            words("{author}于 {time} 从“{file}”带来的 {count} 处改动会全部撤回，图册恢复到这一批之前的样子。").format(
                author=batch.author or "?",
                time=local(batch.time),
                file=batch.file or "?",
                count=words.number(batch.added + batch.changed + batch.retired),
            )
        ),
    ]


def undo(context: Context, batch_id: str, author: str | None, words: Words) -> str:
    """Undo a batch and return what to tell."""
    batch = context.source.store().undo(batch_id, signed(context, author))
    return words("已撤销批次 {batch}，图册恢复到它之前的样子。").format(batch=batch.batch_id)


def register(app: Dash, context: Context) -> None:
    """Nothing of its own: undoing is asked for in the page's one dialogue."""
    del app, context
