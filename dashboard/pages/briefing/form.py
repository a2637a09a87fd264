"""The settings of a brief: view, template, words, downloads, links."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.context import Context
from dashboard.export import plans
from dashboard.export.order import TEMPLATES, THEMES, Order
from dashboard.filters_in_words import bracketed, words_of_filters
from dashboard.pages.briefing.names import FORMATS, PAPER, PIECES, named
from dashboard.state import State as Said
from dashboard.words import Words
from geodata.errors import AtlasError
from geodata.frames import rows_of
from layers import places
from layers.atlas import Atlas
from layers.filters import Filters


def settings_form(
    context: Context, atlas: Atlas, said: Said, order: Order, spoken: Mapping[str, str], words: Words
) -> html.Div:
    """Return the settings of the brief `order`; `spoken` is what the view says itself."""
    filters, scenario = said.filters, plans.named(order.query)
    here = places.scope(atlas, filters)
    return html.Div(
        [
            html.Section(
                [
                    html.H2(words("视图"), className="form-title"),
                    *_view_said(atlas, filters, here, scenario, words),
                    html.Div(
                        [
                            dcc.Link(words("到选址看方案"), href="/planning?" + order.query, className="button")
                            if scenario
                            else dcc.Link(
                                words("到总览改选"), href="/" + context.write(filters, said.view), className="button"
                            ),
                            html.Button(words("收藏此视图"), id=named("keep"), className="button", type="button"),
                        ],
                        className="form-row",
                    ),
                    html.Div(id=named("kept-list"), className="kept"),
                ],
                className="form-part",
            ),
            html.Section(
                [
                    html.H2(words("模板"), className="form-title"),
                    dmc.SegmentedControl(
                        id=named("template"),
                        value=order.template,
                        fullWidth=True,
                        size="sm",
                        className="templates",
                        data=[
                            {"value": one, "label": _pictured(one, label)} for one, label in _templates(words).items()
                        ],
                    ),
                    html.Div(
                        dmc.Select(
                            id=named("against"),
                            value=order.against or None,
                            data=_scenarios(atlas, order.query)
                            if plans.named(order.query)
                            else _rivals(
                                context, atlas, filters.having(theme=THEMES[0]), here, words
                            ),  # a view has no theme
                            size="sm",
                            searchable=True,
                            placeholder=words("与哪里对比"),
                            nothingFoundMessage=words("没有匹配的选项"),
                            comboboxProps={"zIndex": 1000},
                            **{"aria-label": words("与哪里对比")},
                        ),
                        id=named("against-box"),
                        hidden=order.template != "compare",
                    ),
                    dmc.SegmentedControl(
                        id=named(PAPER),
                        value=order.theme,
                        fullWidth=True,
                        size="sm",
                        **{"aria-label": words("简报的深浅")},
                        data=[
                            {"value": "light", "label": words("浅色简报")},
                            {"value": "dark", "label": words("深色简报")},
                        ],
                    ),
                ],
                className="form-part",
            ),
            html.Section(
                [
                    html.H2(words("文字（可改；清空则由视图自己说）"), className="form-title"),
                    dmc.TextInput(
                        id=named("title"),
                        value=order.title or spoken["title"],
                        placeholder=spoken["title"],
                        size="sm",
                        debounce=500,
                        **{"aria-label": words("标题")},
                    ),
                    dmc.Textarea(
                        id=named("sentence"),
                        value=order.sentence or spoken["sentence"],
                        placeholder=spoken["sentence"],
                        size="sm",
                        autosize=True,
                        minRows=3,
                        maxRows=8,
                        debounce=500,
                        **{"aria-label": words("导语")},
                    ),
                    dmc.Textarea(
                        id=named("footnote"),
                        value=order.footnote,
                        placeholder=words("脚注（接在来源说明之后）"),
                        size="sm",
                        autosize=True,
                        minRows=2,
                        maxRows=5,
                        debounce=500,
                        **{"aria-label": words("脚注")},
                    ),
                ],
                className="form-part",
            ),
            html.Section(
                [
                    html.H2(words("下载"), className="form-title"),
                    html.Div(
                        [
                            html.Button(
                                label,
                                id={"type": "briefing-make", "format": one},
                                className="button button-main" if one == "pptx" else "button",
                                type="button",
                            )
                            for one, label in _formats(words).items()
                        ],
                        className="downloads",
                    ),
                    html.Div(id=named("jobs"), className="jobs", role="status", **{"aria-live": "polite"}),
                ],
                className="form-part",
            ),
            html.Details(
                [
                    html.Summary(words("图表数字（可复制）"), className="form-title"),
                    html.Div(
                        id=named("tables"),
                        className="briefing-tables",
                        tabIndex=0,
                        role="region",
                        **{"aria-label": words("图表数字（可复制）")},
                    ),
                ],
                className="form-part",
            ),
            html.Section(
                [
                    html.H2(words("链接"), className="form-title"),
                    html.Div(
                        [
                            html.Button(words("生成短链接"), id=named("shorten"), className="button", type="button"),
                            html.A(words("演示"), id=named("present"), href="#", target="_blank", className="button"),
                            html.A(words("打印此页"), id=named("print"), href="#", target="_blank", className="button"),
                        ],
                        className="form-row",
                    ),
                    html.Div(id=named("short"), className="short"),
                ],
                className="form-part",
            ),
        ],
        className="briefing-settings",
    )


def _templates(words: Words) -> dict[str, str]:
    """Return the templates by their names."""
    return dict(zip(TEMPLATES, (words("一页"), words("地图"), words("对比"), words("A4 报告")), strict=True))


def _view_said(atlas: Atlas, filters: Filters, here: places.Scope, scenario: str, words: Words) -> list:
    """Return what is shown: place and filters, or the scenario."""
    if scenario:
        one = plans.scenario_of(atlas, scenario)
        return [
            html.P(one.name, className="view-place"),
            html.P(" · ".join(plans.said_of(one, words)), className="view-words"),
        ]
    return [
        html.P(" › ".join(words.name(one) for one in here.crumbs), className="view-place"),
        html.P(" · ".join(words_of_filters(atlas, filters, words)), className="view-words"),
    ]


def _pictured(template: str, label: str) -> html.Span:
    """Return a choice of template: a small picture of the page over its name."""
    return html.Span(
        [
            html.Span(
                [html.I() for _ in range(PIECES[template])],
                className=f"mini mini-{template}",
                **{"aria-hidden": "true"},
            ),
            label,
        ],
        className="template-choice",
    )


def _formats(words: Words) -> dict[str, str]:
    """Return the formats by their names."""
    return dict(zip(FORMATS, ("PPTX", "PDF", "PNG 2×", "PNG 4×", words("SVG 图表")), strict=True))


def _rivals(context: Context, atlas: Atlas, filters: Filters, here: places.Scope, words: Words) -> list[dict[str, str]]:
    """Return what the view can be held against: places beside and below it, and itself at night."""
    found: dict[str, str] = {}
    if filters.hour is None:
        found[context.write(filters.having(hour=22))] = words.name(here.crumbs[-1]) + bracketed("22:00", words)
    up = here.crumbs[-2] if len(here.crumbs) > 1 else here.crumbs[-1]
    for above in dict.fromkeys((up, here.crumbs[-1])):
        around = places.scope(atlas, filters.at_place(above.place, above.region, above.grid))
        for row in rows_of(places.children(atlas, around)):
            try:
                there = places.drill(
                    atlas, filters.at_place(above.place, above.region, above.grid), row.unit_kind, row.unit_id
                )
            except AtlasError:
                continue
            found[context.write(there)] = words.name(row)
    own = context.write(filters)
    return [
        {"value": query.removeprefix("?"), "label": name} for query, name in found.items() if query not in (own, "")
    ][:80]


def _scenarios(atlas: Atlas, query: str) -> list[dict[str, str]]:
    """Return the other scenarios that one can be held against."""
    own = plans.named(query)
    return [
        {"value": urlencode({plans.KEY: row.scenario_id}), "label": row.name}
        for row in rows_of(atlas.scenarios)
        if row.scenario_id != own and isinstance(row.result, str)
    ]
