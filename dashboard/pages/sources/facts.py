"""What was reported: every fact, one of them with its uses, and what rows add up to beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.components.badge import badge
from dashboard.components.chinese import chinese, has_chinese
from dashboard.components.trail import PATH as PATH
from dashboard.components.trail import figure_link
from dashboard.components.values import table_name
from dashboard.context import Context
from dashboard.pages.sources.parts import table
from dashboard.words import Words
from geodata.codes import shipped_rows
from geodata.facts import format_reported
from geodata.frames import rows_of
from layers import places, reported_facts
from layers.atlas import Atlas
from layers.filters import NATION, Filters
from layers.provenance import MIXED
from layers.small_counts import HEADS
from layers.stories import derived


def fact(context: Context, atlas: Atlas, filters: Filters, told: tuple[str, ...], words: Words) -> html.Section:
    """Return the facts of the ids `told`: what was reported, by whom, and where the atlas uses it."""
    parts: list[Any] = []
    for row in rows_of(atlas.facts[atlas.facts["id"].isin(told)]):
        uses = reported_facts.uses(atlas, row.id)
        listed = [
            html.Li(
                [
                    table_name(table, words),
                    f" {words.number(len(keys))}: ",
                    chinese(", ".join(keys[:6]), words),
                    "…" if len(keys) > 6 else "",
                ]
            )
            for table, keys in uses.items()
        ]
        there = filters.at_place(row.adcode) if isinstance(row.adcode, str) else None
        parts.append(
            html.Div(
                [
                    html.H2([f"{row.id} ", _subject(row, words), badge("reported", words)], className="data-title"),
                    html.P(_said(row, words), className="sources-value"),
                    html.Dl(
                        [
                            html.Div([html.Dt(name), html.Dd(text)])
                            for name, text in (
                                (words("出处"), html.Span(row.source, lang="zh-CN")),
                                (words("报道的口径"), words.codes("qualifier").get(row.qualifier, row.qualifier)),
                                (words("时期"), _period(row)),
                                (words("地点"), _where(atlas, row, words)),
                                (words("备注"), _note(row, words)),
                            )
                        ],
                        className="sources-terms",
                    ),
                    html.H3(words("图册中用到它的地方"), className="sources-sub"),
                    html.Ul(
                        [
                            *(
                                [
                                    html.Li(
                                        dcc.Link(
                                            words("总览：{place}").format(
                                                place=words.name(places.scope(atlas, there).crumbs[-1])
                                            ),
                                            href="/" + context.write(there),
                                            className="data-link",
                                        )
                                    )
                                ]
                                if there
                                else []
                            ),
                            html.Li(
                                dcc.Link(
                                    words("专题：{story}").format(story=_story(row.system, words)),
                                    href=_story_address(context, filters, row.system),
                                    className="data-link",
                                )
                            ),
                            *_computed_from(context, filters, atlas, row, words),
                            *listed,
                        ],
                        className="sources-list",
                    ),
                ],
                **{"data-trail": row.id},
            )
        )
    return html.Section(parts, className="sources-part sources-trail")


def facts(context: Context, atlas: Atlas, filters: Filters, own: Mapping[str, str], words: Words) -> html.Section:
    """Return the reported facts of the place that hold what is looked for, as a table."""
    facts = reported_facts.find(atlas, filters, own["q"], own["story"])
    rows = [
        [
            figure_link(row.id, row.id, filters, context, words),
            _where(atlas, row, words),
            _subject(row, words),
            figure_link(html.Span(_said(row, words), className="sources-figure"), row.id, filters, context, words),
            _period(row),
            dcc.Link(
                row.system,
                href=_story_address(context, filters, row.system),
                className="data-link",
                title=_story(row.system, words),
            ),
            html.Span(row.source, lang="zh-CN"),
        ]
        for row in rows_of(facts)
    ]
    empty = html.P(
        [
            words("没有符合的报道数字：请改短要找的词，或清除报道与地点的选择。"),
            " ",
            dcc.Link(
                words("看全部报道数字"),
                href=PATH + (context.write(filters.at_place(NATION)) or "?"),
                className="data-link",
            ),
        ],
        className="data-hint",
    )
    return html.Section(
        [
            html.H2(
                [words("报道的数字"), f" {len(facts)} / {len(atlas.facts)}", badge("reported", words)],
                className="data-title",
            ),
            table(
                (words("编号"), words("地点"), words("对象"), words("数"), words("时期"), words("专题"), words("出处")),
                rows,
                words("报道的数字"),
            )
            if rows
            else empty,
        ],
        className="sources-part",
    )


def totals(context: Context, atlas: Atlas, filters: Filters, words: Words) -> html.Section | None:
    """Return what rows add up to beside the total reported; None where none is of the provenance chosen."""
    rows = [
        [
            figure_link(one.fact_id, one.fact_id, filters, context, words),
            _subject(one, words),
            figure_link(_said(one, words), one.fact_id, filters, context, words),
            table_name(one.table, words),
            html.Span(
                (words.persons if one.unit in HEADS else words.number)(one.total), **{"data-figure": one.fact_id}
            ),
            badge(one.provenance, words),
        ]
        for one in reported_facts.totals(atlas)
        if one.provenance == MIXED or one.provenance in filters.provenance
    ]
    if not rows:
        return None
    return html.Section(
        [
            html.H2(words("示意行合计与报道总数"), className="data-title"),
            html.P(words("示意的行加起来等于报道的总数；报道是约数的，行数不低于它。"), className="data-hint"),
            table(
                (words("编号"), words("对象"), words("报道"), words("表"), words("行合计"), words("来源")),
                rows,
                words("示意行合计与报道总数"),
            ),
        ],
        className="sources-part",
    )


def _computed_from(context: Context, filters: Filters, atlas: Atlas, row: Any, words: Words) -> list[html.Li]:
    """Return what is computed from a fact: derived figures of its story,
    and the plan or total that months are held against.
    """
    found = [
        html.Li(words("推算：{figure}（{formula}）").format(figure=words(one.label), formula=words(one.formula)))
        for one in derived(atlas, row.system)
        if row.id in one.facts
    ]
    plan = next((one for one in shipped_rows("plans.csv") if one["fact_id"] == row.id), None)
    if plan:
        there = filters.at_place(plan["adcode"])
        found.append(
            html.Li(
                dcc.Link(
                    words("活动：逐月累计与它对照"),
                    href="/analysis" + (context.write(there) or "?"),
                    className="data-link",
                )
            )
        )
    return found


def _story(story: str, words: Words) -> str:
    return next(
        (f"{one['story']} {one[words.lang]}" for one in shipped_rows("stories.csv") if one["story"] == story), story
    )


def _story_address(context: Context, filters: Filters, story: str) -> str:
    query = context.write(filters.at_place(NATION))
    return f"/stories{query}{'&' if query else '?'}story={story}"


def _where(atlas: Atlas, row: Any, words: Words) -> str | html.Span:
    """Return the place that a fact tells of: as the report names it, in English as the atlas does."""
    at = atlas.tree.position(row.adcode) if isinstance(row.adcode, str) else -1
    return (
        str(atlas.places["name_en"].iloc[at]) if words.lang == "en" and at >= 0 else html.Span(row.place, lang="zh-CN")
    )


def _subject(row: Any, words: Words) -> str:
    """Return what a fact counts: the report's own word, in English the name of the fact."""
    return (
        next(
            (
                one["en"]
                for one in shipped_rows("fact_names.csv")
                if one["id"] == (row.fact_id if isinstance(row, reported_facts.Total) else row.id)
            ),
            row.subject,
        )
        if words.lang == "en"
        else row.subject
    )


def _note(row: Any, words: Words) -> str | html.Span:
    """Return the note of a fact: in Chinese where there is one, else in the language that it was written in."""
    told = (
        next((one["note_zh"] for one in shipped_rows("fact_names.csv") if one["id"] == row.id), "")
        if words.lang == "zh"
        else ""
    )
    if told:
        return told
    return (
        "—"
        if pd.isna(row.note) or not row.note
        else html.Span(row.note, lang="zh-CN" if has_chinese(row.note) else "en")
    )


def _said(row: Any, words: Words) -> str:
    return format_reported(row.value, row.qualifier, row.unit, words.lang)


def _period(row: Any) -> str:
    return " – ".join(dict.fromkeys(str(one) for one in (row.period_start, row.period_end) if not pd.isna(one))) or "—"
