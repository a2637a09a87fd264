"""One story: its figures, what is computed of them, its charts and its map."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.charts.register import standing_at
from dashboard.components.badge import badge
from dashboard.components.fair_list import fair_section
from dashboard.components.panels import graph_config
from dashboard.components.route_list import route_section
from dashboard.components.still import first_path, still, still_path
from dashboard.components.story_chart import story_chart
from dashboard.components.trail import figure_link
from dashboard.context import Context
from dashboard.maps import basemap
from dashboard.maps.story import filters_of, story_figure
from dashboard.pages.stories.parts import (
    FEW,
    LONG,
    SHORT,
    Linked,
    address,
    cited,
    heading,
    marks_said,
    name_of,
    place_name,
    value_of,
    when,
)
from dashboard.pages.stories.tables import details, hires, tasks_by_grid
from dashboard.theme.recolour import themed
from dashboard.words import Words
from geodata.codes import shipped_rows
from geodata.facts import format_reported
from geodata.frames import rows_of
from layers import stories
from layers.atlas import Atlas
from layers.filters import Filters


def story(context: Context, atlas: Atlas, filters: Filters, row: dict[str, str], words: Words) -> list:
    """Return the view of the story of `row`."""
    story = row["story"]
    facts = stories.facts(atlas, story)
    there = context.write(filters_of(filters, story, row["adcode"]))
    parts: list[Any] = [
        html.Nav(
            [
                dcc.Link(words("全部专题"), href=address(context, filters)),
                *[
                    html.Span(f"{story} {row[words.lang]}", className="story-here", **{"aria-current": "page"})
                    if one["story"] == story
                    else dcc.Link(f"{one['story']} {one[words.lang]}", href=address(context, filters, one["story"]))
                    for one in shipped_rows("stories.csv")
                ],
            ],
            className="story-nav",
            **{"aria-label": words("专题")},
        ),
        heading(row[words.lang]),
        html.P(
            [
                row[f"said_{words.lang}"],
                " · ",
                dcc.Link(
                    words("在总览地图上看{place}").format(
                        place=place_name(atlas, stories.WHERE.get(story, row["adcode"]), words)
                    ),
                    href="/" + there,
                ),
            ],
            className="story-said",
        ),
    ]

    def linked(text: str, mark: str) -> html.Span:
        return figure_link(text, mark, filters, context, words)

    if not len(facts):
        return [*parts, html.P(words("图册里没有这个专题的报道数据。"), className="story-empty")]
    blocks = [
        html.Div([html.H4(words(title), className="story-block") if title else None, _facts(rows, linked, words)])
        for title, rows in stories.sections(facts, story)
    ]
    computed = stories.derived(atlas, story)
    charts = [
        story_chart(chart, [part for fact in one.trail for part in (cited(fact, words), " ")], filters.theme, words)
        for one in standing_at(f"/stories?story={story}")
        if (chart := one.make(atlas, filters, words)) is not None
    ]
    first = [
        html.Section(
            [
                html.H3([words("报道的数字"), badge("reported", words)]),
                html.Div(blocks, className="story-blocks" if len(blocks) > 1 else ""),
                html.P(
                    words("出处：{source}").format(source=facts["source"].iloc[0]),
                    className="story-source",
                    lang="zh-CN",
                ),
            ]
        ),
        html.Section([html.H3([words("由报道推算"), badge("derived", words)]), _computed(computed, linked, words)])
        if computed
        else None,
    ]
    drawn = html.Div(charts, className="story-charts") if charts else None
    listed = html.Div(details(row["story"], words), className="story-details")
    few = len(facts) <= FEW  # beside one figure there is room for its picture
    told: list[Any] = [
        html.Div([html.Div(first), html.Div([drawn, listed])], className="story-few")
        if few
        else html.Div(first, className="story-first" if computed else ""),
        *(
            [html.Div([drawn, listed], className="story-pair")]
            if not few and len(charts) == 1
            else []
            if few
            else [drawn, _sectors(facts, words) if story == "S3" else None, listed]
        ),
        route_section(atlas, *stories.ROUTES[story], words) if story in stories.ROUTES else None,
    ]
    parts.append(
        html.Div(
            [html.Div(told), _map(context, atlas, filters, row, words)],
            className=" ".join(
                [
                    "story-top",
                    *(["story-tall"] if story not in LONG else []),
                    *(["story-wide"] if story in SHORT else []),
                ]
            ),
        )
    )
    if story == "S1":
        parts.append(tasks_by_grid(stories.matrix(atlas), words))
    if story == "S3":
        parts.append(fair_section(atlas, story, words))
        parts.append(hires(atlas, stories.flows(atlas), words))
    return parts


def _map(context: Context, atlas: Atlas, filters: Filters, row: dict[str, str], words: Words) -> html.Section:
    there = context.write(filters_of(filters, row["story"], row["adcode"]))
    shown = f"?page=stories&story={row['story']}&" + context.write(filters).removeprefix("?")
    figure = story_figure(atlas, filters, row["story"], row["adcode"], words)
    return html.Section(
        [
            html.Div(
                [
                    *still(
                        words,
                        still_path(shown, plain=True),
                        first=first_path(shown, atlas.version),
                        said=words("此浏览器不支持 WebGL 2：这里是静态地图。"),
                    ),
                    html.Div(
                        dcc.Graph(
                            figure=themed(basemap.over(figure, context, filters, words), filters.theme),
                            config=graph_config(words.lang) | {"scrollZoom": False},
                            responsive=True,
                            style={"height": "100%"},
                        ),
                        className="story-plot",
                    ),
                ],
                className="story-map",
            ),
            html.P(
                [marks_said(row["story"], words), " ", dcc.Link(words("在总览中打开"), href="/" + there)],
                className="story-said",
            ),
        ],
        className="story-place",
        **{"aria-label": words("专题地图")},
    )


def _sectors(facts: pd.DataFrame, words: Words) -> html.Section:
    """Say what is known of enterprises by sector: how many sectors and how many enterprises, not how many of each."""
    known = {fact.id: value_of(fact, words) for fact in rows_of(facts)}
    if not {"F036", "F031"} <= set(known):
        return html.Section([])
    return html.Section(
        [
            html.H3([words("分行业的企业"), badge("reported", words), cited("F036", words), cited("F031", words)]),
            html.P(
                words("报道点名行业{sectors}，参会企业 {enterprises}；各行业企业数未报道，图中的拆分为示意。").format(
                    sectors=known["F036"], enterprises=known["F031"]
                ),
                className="story-told",
            ),
        ]
    )


def _facts(facts: pd.DataFrame, linked: Linked, words: Words) -> html.Div:
    return html.Div(
        [
            html.Div(
                [
                    html.Span(name_of(fact, words), className="fact-name"),
                    html.Strong(linked(value_of(fact, words), fact.id), className="fact-value", id=f"fact-{fact.id}"),
                    html.Span([when(fact), " ", cited(fact.id, words)], className="fact-foot"),
                ],
                className="fact",
            )
            for fact in rows_of(facts)
        ],
        className="facts",
    )


def _computed(computed: tuple[stories.Derived, ...], linked: Linked, words: Words) -> html.Div:
    cards = []
    for one in computed:
        text = (
            words.share(one.value) if not one.unit else format_reported(one.value, one.qualifier, one.unit, words.lang)
        )
        cards.append(
            html.Div(
                [
                    html.Span(words(one.label), className="fact-name"),
                    html.Strong(linked(text, ";".join(one.facts)), className="fact-value"),
                    html.Span(
                        [
                            words(one.formula),
                            " · ",
                            *[part for fact in one.facts for part in (cited(fact, words), " ")],
                        ],
                        className="fact-foot",
                    ),
                ],
                className="fact",
            )
        )
    return html.Div(cards, className="facts")
