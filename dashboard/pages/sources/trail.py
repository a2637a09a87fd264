"""Where one figure comes from: formula, rows by provenance, who is cited."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dashboard.components.badge import badge
from dashboard.components.chinese import chinese
from dashboard.components.trail import PATH as PATH
from dashboard.components.values import table_name
from dashboard.context import Context
from dashboard.export.citations import citations
from dashboard.filters_in_words import words_of_filters
from dashboard.pages.sources.parts import address, table
from dashboard.words import Words
from geodata.withheld import told
from layers import places, trails
from layers.atlas import Atlas
from layers.filters import Filters
from layers.small_counts import COUNTED


def _number(trail: trails.Trail, words: Words) -> str:
    if trail.shown is not None:
        return words.measured(trail.shown.text_zh if words.lang == "zh" else trail.shown.text_en, trail.shown.unit)
    if trail.value is None:
        return "—"
    if any(part.table in COUNTED for part in trail.parts) and told(trail.value)[1] != "exact":
        return words.persons(trail.value)
    return words.share(trail.value) if 0 < trail.value < 1 else words.number(trail.value)


def figure_trail(context: Context, atlas: Atlas, filters: Filters, trail: trails.Trail, words: Words) -> html.Section:
    """Return where the figure of `trail` comes from: its value, formula, rows and citations."""
    here = places.scope(atlas, filters)
    rows = [
        [
            words(part.label),
            table_name(part.table, words),
            words.number(len(part.rows)),
            words.persons(part.value)
            if part.table in COUNTED
            else words.number(part.value, 0 if part.value == int(part.value) else 1),
            words.listed(f"{words.provenance(code)} {count:,}" for code, count in part.counts.items()),
            ", ".join(part.source_ids[:8]) + ("…" if len(part.source_ids) > 8 else ""),
            html.A(
                "CSV",
                href=f"{PATH}/rows.csv{address(filters, context, {'figure': trail.id, 'part': str(at)})}",
                className="data-link",
                download=True,  # ty: ignore[invalid-argument-type] - the file's own name
            ),
        ]
        for at, part in enumerate(trail.parts)
        if part.value is not None
    ]
    told: list[Any] = []
    if trail.fact:
        told.append(
            html.P(
                [
                    words("显示的是报道的数字，不是合计："),
                    dcc.Link(
                        trail.fact, href=PATH + address(filters, context, {"fact": trail.fact}), className="data-link"
                    ),
                ]
            )
        )
        if trail.value is not None:
            same = trail.value == trail.shown.value if trail.shown else False
            told.append(
                html.P(
                    (
                        words("图册中的行合计 {value}，与报道一致。")
                        if same
                        else words("图册中的行合计 {value}；报道是约数。")
                    ).format(value=words.persons(trail.value))
                )
            )
    return html.Section(
        [
            html.H2(
                [words("这个数字从哪里来"), "：", words(trail.label), badge(trail.provenance, words)],
                className="data-title",
            ),
            html.P(
                " › ".join(words.name(one) for one in here.crumbs)
                + " · "
                + " · ".join(words_of_filters(atlas, filters, words)),
                className="data-hint",
            ),
            html.P(_number(trail, words), className="sources-value"),
            html.P([html.Strong(words("算法")), " ", words(trail.formula)], className="sources-formula"),
            *told,
            table(
                (
                    words("用到什么"),
                    words("表"),
                    words("行数"),
                    words("合计"),
                    words("来源构成"),
                    words("出处编号"),
                    words("这些行"),
                ),
                rows,
                words("用到什么"),
            )
            if rows
            else None,
            html.Ul(
                [
                    html.Li(
                        [
                            html.Strong(one.name, className="source-name"),
                            " ",
                            chinese(one.text, words),
                            f" {', '.join(one.facts)}" if one.facts else "",
                        ]
                    )
                    for one in citations(atlas, trail.source_ids, words)
                ],
                className="sources-list",
            ),
            dcc.Link(words("回到这个视图"), href="/" + context.write(filters), className="data-link"),
        ],
        className="sources-part sources-trail",
        **{"data-trail": trail.id},
    )
