"""What is loaded, before anything is imported: rows of each table by where they are from, and the last batches."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dashboard.components.badge import badge
from dashboard.components.trail import source_link
from dashboard.components.values import scrolling, table_name
from dashboard.context import Context
from dashboard.pages.data import names
from dashboard.pages.data.history import local
from dashboard.words import Words
from geodata.store.batch import Batch
from layers import selection
from layers.atlas import Atlas
from layers.filters import PROVENANCES, Filters

LATEST = 6


def holdings(context: Context, filters: Filters, words: Words) -> html.Div:
    """Return both tables, as of now."""
    atlas, history = context.source.atlas(), context.source.store().history()
    return html.Div(
        [
            html.Section(
                [
                    html.H2(
                        [words("现在有什么"), source_link("rows_held", filters, context, words)], className="data-title"
                    ),
                    html.P(
                        words("数据截至 {date}。点表名看它的每一行。").format(date=words.date(atlas.data_date)),
                        className="data-hint",
                    ),
                    _tables(context, atlas, history, filters, words),
                ],
                **{"data-figure": "rows_held"},
            ),
            html.Section(
                [
                    html.H2(words("最近的改动"), className="data-title"),
                    *_batches(context, history[:LATEST], filters, words),
                ]
            ),
        ],
        className="holdings",
    )


def _tables(context: Context, atlas: Atlas, history: list[Batch], filters: Filters, words: Words) -> html.Div:
    last: dict[str, Batch] = {}
    for batch in history:
        if not batch.undone_at:
            last.setdefault(batch.table, batch)
    lines = []
    for table in names.ORDERED:
        held, codes = selection.counts(atlas, table, slice(None), "provenance")
        counts = dict(zip(codes.tolist(), held.tolist(), strict=True))
        link = dcc.Link(
            table_name(table, words), href=names.address(filters, context, "rows", table=table), className="data-link"
        )
        lines.append(
            html.Tr(
                [
                    html.Th(link, scope="row"),
                    html.Td(words.number(sum(counts.values())), className="number holdings-sum"),
                    *(html.Td(_count(counts.get(code, 0), words), className="number") for code in PROVENANCES),
                    html.Td(local(last[table].time) if table in last else "—"),
                ]
            )
        )
    head = html.Tr(
        [
            html.Th(words("表"), scope="col"),
            html.Th(words("行数"), scope="col", className="number"),
            *(html.Th(badge(code, words), scope="col", className="number") for code in PROVENANCES),
            html.Th(words("最近导入"), scope="col"),
        ]
    )
    return scrolling(html.Table([html.Thead(head), html.Tbody(lines)], className="data-table"), words("现在有什么"))


def _count(count: int, words: Words) -> Any:
    return words.number(count) if count else html.Span("·", className="holdings-none")


def _batches(context: Context, batches: list[Batch], filters: Filters, words: Words) -> list:
    if not batches:
        return [html.P(words("还没有导入过：现在的都是随图册带来的。"), className="data-hint")]
    lines = [
        html.Li(
            [
                dcc.Link(
                    words.titled(table_name(batch.table, words), batch.file or "—"),
                    href=names.address(filters, context, "history", batch=batch.batch_id),
                    className="data-link",
                ),
                html.Span(words("已撤销"), className="mark mark-undone") if batch.undone_at else None,
                html.Div(
                    words("{time}　{author}　新增 {added}，更改 {changed}，退出 {retired}").format(
                        time=local(batch.time),
                        author=batch.author or "—",
                        **{name: words.number(getattr(batch, name)) for name in ("added", "changed", "retired")},
                    ),
                    className="data-hint",
                ),
            ]
        )
        for batch in batches
    ]
    return [html.Ul(lines, className="holdings-batches")]
