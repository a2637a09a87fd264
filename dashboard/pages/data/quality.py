"""Section 质量报告: which rules fail how many rows, of how many, where; each number leads to its rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update

from dashboard import query_string
from dashboard.components.badge import badge
from dashboard.components.values import scrolling, table_name
from dashboard.context import Context
from dashboard.pages.data import names
from dashboard.pages.data.choices import labelled_select, place_select
from dashboard.words import Words
from geodata.frames import rows_of
from geodata.quality import RULES, STALE_DAYS
from layers import quality
from layers.atlas import Atlas
from layers.filters import Filters

DAY_CHOICES = (90, 180, 365)
MOST_LISTED = 50  # of tables and places, the worst first


def section(context: Context, atlas: Atlas, filters: Filters, said: dict, words: Words) -> list:
    """Return the section."""
    days = said["days"]
    frame = quality.report(atlas, filters, days)
    totals = quality.totals(frame) if len(frame) else frame
    by_rule = dict(list(frame.groupby("rule", sort=False))) if len(frame) else {}
    controls = html.Div(
        [
            place_select(names.QUALITY_PLACE, atlas, filters, words),
            labelled_select(
                names.DAYS,
                words("巡检期限"),
                [
                    {"value": str(one), "label": words("{days} 天").format(days=one)}
                    for one in sorted({*DAY_CHOICES, days})
                ],
                str(days),
            ),
        ],
        className="data-controls",
    )
    cards = [_card(context, atlas, filters, rule, by_rule.get(rule), totals, days, words) for rule in RULES]
    return [
        html.Div(
            [
                html.Div(
                    [
                        html.Div(
                            [
                                html.H2(words("质量报告"), className="data-title"),
                                html.P(
                                    words("按图册里现有的行逐条检查，数据截至 {date}。点数字看是哪些行。").format(
                                        date=words.date(atlas.data_date)
                                    ),
                                    className="data-hint",
                                ),
                            ]
                        ),
                        controls,
                    ],
                    className="data-row",
                ),
                html.Div(cards, className="quality-cards", **{"data-figure": "quality"}),
            ],
            className="data-panel",
        )
    ]


def _card(
    context: Context,
    atlas: Atlas,
    filters: Filters,
    rule: str,
    part: pd.DataFrame | None,
    totals: pd.DataFrame,
    days: int,
    words: Words,
) -> html.Section:
    one = RULES[rule]
    text, params = quality.rule_text(rule, atlas.data_date, days)
    children = [
        html.H3(words(one.title), className="panel-title"),
        html.P(words(text).format(**params), className="panel-subtitle"),
    ]
    if part is None:
        return html.Section(
            [*children, html.P(words("这里没有可查的行。"), className="data-hint")],
            className="quality-card",
            id=f"quality-{rule}",
        )
    total = totals[totals["rule"] == rule].iloc[0]
    children.append(
        html.P(
            [
                html.Span(words.number(int(total["bad"])), className="quality-bad" if total["bad"] else "quality-none"),
                html.Span(f"/ {words.number(int(total['of']))} {words(one.of)}", className="quality-of"),
                badge(total["provenance"], words),
            ],
            className="quality-total",
        )
    )
    lines = [
        html.Tr(
            [
                html.Td(table_name(row.table, words)),
                html.Td(row.name if words.lang == "zh" else row.name_en),
                html.Td(
                    dcc.Link(
                        words.number(row.bad),
                        href=_rows(context, filters, row, rule, days),
                        className="data-link",
                        title=words("看这 {count} 行").format(count=row.bad),
                    )
                    if row.bad
                    else "0",
                    className="number",
                ),
                html.Td(words.number(row.of), className="number"),
                html.Td(words.share(row.share), className="number"),
                html.Td(badge(row.provenance, words)),
            ]
        )
        for row in rows_of(part.head(MOST_LISTED))
    ]
    more = len(part) - len(lines)
    head = html.Tr(
        [
            html.Th(words("表"), scope="col"),
            html.Th(words("地点"), scope="col"),
            *(html.Th(one, scope="col", className="number") for one in (words("不合"), words("共"), words("占比"))),
            html.Th(words("来源"), scope="col"),
        ]
    )
    failing = bool(total["bad"])
    children.append(
        html.Details(
            [
                html.Summary(words("按表和地点（{count}）").format(count=len(part))),
                scrolling(html.Table([html.Thead(head), html.Tbody(lines)], className="data-table"), words(one.title)),
                html.P(
                    words("另有 {count} 行没有列出：选一个地点就能看到。").format(count=words.number(more)),
                    className="data-hint",
                )
                if more
                else None,
            ],
            open=failing,
        )
    )
    return html.Section(children, className="quality-card", id=f"quality-{rule}")


def _rows(context: Context, filters: Filters, row: Any, rule: str, days: int) -> str:
    there = filters.at_place(row.adcode)
    return names.address(there, context, "rows", table=row.table, rule=rule, days=days)


def register(app: Dash, context: Context) -> None:
    """Add the section's callback to `app`."""

    @app.callback(
        Output(names.URL, "search", allow_duplicate=True),
        Input(names.QUALITY_PLACE, "value"),
        Input(names.DAYS, "value"),
        State(names.URL, "search"),
        prevent_initial_call=True,
    )
    def choose(place: str | None, days: str | None, search: str | None) -> Any:
        """Bring the choice of place and days into the address."""
        (filters, _), said = names.read(context, search), names.own(search)
        wanted = filters.at_place(place) if place and place != filters.place else filters
        chosen = names.own(query_string.text({"days": days}))["days"] if days else STALE_DAYS
        if ctx.triggered_id is None or (wanted == filters and chosen == said["days"]):
            return no_update
        return names.query(wanted, context, said, days=chosen)
