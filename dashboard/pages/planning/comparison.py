"""Up to four scenarios side by side: a small map each, the figures in rows, what differs, which places they share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import numpy as np
from dash import dcc, html

from dashboard.charts.as_table import Table
from dashboard.components.badge import badge
from dashboard.components.chart_table import opening
from dashboard.components.panels import graph_config
from dashboard.components.trail import source_link
from dashboard.context import Context
from dashboard.maps import planning
from dashboard.pages.planning import names
from dashboard.pages.planning.controls import Question
from dashboard.pages.planning.solving import scenario_of
from dashboard.pages.planning.syncing import query_of
from dashboard.scenario_in_words import figure_names, figure_text, input_names, input_text, proof, street_names
from dashboard.theme.recolour import themed
from dashboard.words import Words
from geodata.errors import AtlasError
from layers.atlas import Atlas, kept_once
from layers.siting import scenario_comparison
from layers.siting.answer import cell_cover
from layers.siting.candidates import ground
from layers.siting.case import case
from layers.siting.scenario import Scenario


def comparison(context: Context, atlas: Atlas, question: Question, words: Words) -> list:
    """Return the comparison of the scenarios that the address names; nothing when there are fewer than two."""
    chosen = [
        one
        for name in question.plan.compare
        if (one := scenario_of(atlas, name)) is not None and one.answer is not None
    ]
    if len(chosen) < 2:
        return []
    table = scenario_comparison.figures(chosen)
    where = scenario_comparison.sites(chosen)
    back = dcc.Link(
        words("回到地图"),
        href=names.PATH + query_of(context, Question(question.filters, question.plan.having(compare=()))),
        className="button",
    )
    common = int((where["shared"] == len(chosen)).sum())
    title = words("{count} 个方案：{common} 处相同，共 {all} 处").format(
        count=len(chosen), common=common, all=len(where)
    )
    return [
        html.Div(
            [
                html.H2(
                    [title, source_link("plan_covered", question.filters, context, words)],
                    className="plan-title",
                    id="plan-compare-title",
                ),
                dcc.Link(
                    words("做成对比简报"), className="button", id="plan-compare-brief", href=_brief(chosen, question)
                ),
                back,
            ],
            className="plan-compare-head",
        ),
        html.P(
            words("相距 {metres} 米以内算同一处；深色的点是所有方案共有的。").format(
                metres=int(scenario_comparison.SAME_M)
            ),
            className="panel-subtitle",
        ),
        html.Div(
            [_card(context, atlas, one, where, len(chosen), question, words) for one in chosen], className="plan-cards"
        ),
        _figures(chosen, table, words),
        _inputs(chosen, words),
        _places(chosen, where, atlas, words),
    ]


def _brief(chosen: list[Scenario], question: Question) -> str:
    """Return the address of the brief that holds the first two of the scenarios against each other."""
    pairs = {
        "scenario": chosen[0].scenario_id,
        "template": "compare",
        "against": urlencode({"scenario": chosen[1].scenario_id}),
    }
    return "/briefing?" + urlencode(pairs | ({"lang": "en"} if question.filters.lang == "en" else {}))


def _card(
    context: Context, atlas: Atlas, one: Any, where: Any, count: int, question: Question, words: Words
) -> html.Section:
    shared = set(where.loc[where["shared"] == count, one.scenario_id])
    spots = [(site.lon, site.lat, site.number, site.number in shared) for site in one.answer.sites]
    figure = planning.small_map(
        _cover(atlas, one),
        _centres(atlas),
        spots,
        atlas.recent(
            ("ground", one.inputs.filters.place, one.inputs.filters.area), lambda: ground(atlas, one.inputs.filters)
        ),
    )
    there = Question(question.filters, question.plan.having(scenario=one.scenario_id, compare=(), sites=(), run=False))
    return html.Section(
        [
            html.H3([dcc.Link(one.name, href=names.PATH + query_of(context, there)), badge(one.provenance, words)]),
            html.P(
                " · ".join(part for part in (one.author, words.date(one.created), proof(one.answer, words)) if part),
                className="panel-subtitle",
            ),
            dcc.Graph(
                figure=themed(figure, question.filters.theme),
                config=graph_config(words.lang) | {"staticPlot": True},
                className="plan-small",
                style={"height": 230},
            ),
            opening(words, _sites_table(one, street_names(atlas, words), words)),
            html.P(one.note, className="plan-note") if one.note else None,
        ],
        className="plan-card",
    )


def _sites_table(one: Any, street: Mapping[str, str], words: Words) -> Table:
    """Return what the small map of a scenario draws: each site with its place and what it brings."""
    total = one.answer.after.weight_of
    heads = (words("站号"), words("位置"), words("经度，纬度"), words("只有它覆盖"), words("新增"))
    rows = tuple(
        (
            str(site.number),
            street.get(site.name, site.name),
            f"{site.lon:.4f}, {site.lat:.4f}",
            "—" if site.exclusive is None else words.number(site.exclusive, 1),
            "—" if site.newly is None or not total else f"+{site.newly / total:.1%}",
        )
        for site in one.answer.sites
    )
    return Table(one.name, heads, rows)


def _cover(atlas: Atlas, one: Any) -> Any:
    def compute() -> Any:
        return cell_cover(
            case(atlas, one.inputs.filters, one.inputs.ask.having(force=(), forbid=())),
            one.answer.points,
            one.answer.closed,
            one.answer.upgraded,
        )

    try:
        return atlas.recent(("scenario cover", one.scenario_id, one.batch_id), compute)
    except AtlasError:
        return None  # the place has lost its demand since: sites alone


@kept_once
def _centres(atlas: Atlas) -> dict[str, tuple[float, float]]:
    lon, lat = atlas.lonlat("demand")
    return dict(zip(atlas.demand["cell"], zip(lon.tolist(), lat.tolist(), strict=True), strict=True))


def _figures(chosen: list[Scenario], table: Any, words: Words) -> html.Table:
    rows = []
    for name, label in figure_names(words).items():
        values = table.loc[name]
        first = values.iloc[0]
        cells = []
        for at, value in enumerate(values):
            apart = value - first if at and not np.isnan(value) and not np.isnan(first) and name != "gap" else 0.0
            sign = "" if not at or abs(apart) < 1e-12 else _apart(name, apart, words)
            cells.append(html.Td([figure_text(name, value, words), html.Span(sign, className="plan-apart")]))
        rows.append(html.Tr([html.Th(label, scope="row"), *cells]))
    head = html.Tr(
        [html.Th(words("数字（小字为与第一个方案之差）")), *[html.Th(one.name, scope="col") for one in chosen]]
    )
    return html.Table([html.Thead(head), html.Tbody(rows)], className="plan-table plan-wide", id="plan-compare-figures")


def _apart(name: str, apart: float, words: Words) -> str:
    if name in ("share_before", "share_after", "cell_share_after", "night_before", "night_after"):
        return words("{points} 点").format(points=f"{apart * 100:+.1f}")
    return f"{apart:+.3f}" if name == "gini" else f"{apart:+,.0f}" if name != "weight_gained" else f"{apart:+,.1f}"


def _inputs(chosen: list[Scenario], words: Words) -> html.Div:
    differ = scenario_comparison.inputs_differ(chosen)
    if not len(differ):
        return html.Div(html.P(words("输入完全相同。"), className="panel-subtitle"))
    labels = input_names(words)
    rows = [
        html.Tr(
            [
                html.Th(labels[name], scope="row"),
                *[html.Td(input_text(name, value, words)) for value in differ.loc[name]],
            ]
        )
        for name in differ.index
    ]
    head = html.Tr([html.Th(words("不同的输入")), *[html.Th(one.name, scope="col") for one in chosen]])
    return html.Div(html.Table([html.Thead(head), html.Tbody(rows)], className="plan-table plan-wide"))


def _places(chosen: list[Scenario], where: Any, atlas: Atlas, words: Words) -> html.Table:
    street = street_names(atlas, words)
    rows = [
        html.Tr(
            [
                html.Th(f"{street.get(row['name'], row['name'])} {row['lon']:.4f}, {row['lat']:.4f}", scope="row"),
                *[html.Td(str(row[one.scenario_id]) if row[one.scenario_id] else "—") for one in chosen],
            ]
        )
        for row in where.to_dict("records")
    ]
    head = html.Tr(
        [html.Th(words("位置（数字为该方案中的站号）")), *[html.Th(one.name, scope="col") for one in chosen]]
    )
    return html.Table([html.Thead(head), html.Tbody(rows)], className="plan-table plan-wide")
