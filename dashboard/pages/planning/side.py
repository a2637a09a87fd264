"""The empty right column of the planning page: places for what callbacks fill in."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.components.panels import graph_config
from dashboard.context import Context
from dashboard.pages.planning import names
from dashboard.pages.planning.writing import may_write
from dashboard.theme import blank
from dashboard.words import Words
from layers.filters import Filters


def _graph(name: str, words: Words) -> dcc.Graph:
    return dcc.Graph(
        id=name, config=graph_config(words.lang), responsive=True, figure=blank(), style={"height": "100%"}
    )


def results(words: Words) -> html.Div:
    """Return the panel of the answer."""
    return html.Div(
        [
            html.Div(id=names.HEAD, className="plan-block"),
            html.Div(
                [
                    html.Div(html.H2(words("目前最好与上下界"), className="panel-title"), id=names.GAP_HEAD),
                    html.Div(_graph(names.GAP, words), className="plan-chart"),
                ],
                id=names.GAP_BOX,
                className="plan-block",
                hidden=True,
            ),
            html.Div(id=names.FIGURES, className="plan-block"),
            html.Div(
                [
                    html.Div(id=names.CURVE_HEAD),
                    html.Div(_graph(names.CURVE, words), id=names.CURVE_BOX, className="plan-chart", hidden=True),
                    html.Button(
                        words("画出曲线：点一个点，看那个方案"),
                        id=names.CURVE_RUN,
                        className="button",
                        type="button",
                        disabled=True,
                    ),
                ],
                id=names.part("curve"),
                className="plan-block",
            ),
            html.Div(id=names.SITES, className="plan-block"),
            html.Div(id=names.LEFT_OUT, className="plan-block"),
            html.Div(
                [html.Div(id=names.FAIR_HEAD), html.Div(_graph(names.FAIR, words), className="plan-chart plan-lorenz")],
                id=names.FAIR_BOX,
                className="plan-block",
                hidden=True,
            ),
        ],
        className="plan-panel",
        id="plan-results",
    )


def scenarios(context: Context, filters: Filters, words: Words) -> html.Div:
    """Return the panel of scenarios: the form to save one, and the list."""
    able = may_write(context, filters)
    form: list[Any] = [
        html.Div(
            [
                dmc.TextInput(id=names.SCENARIO_NAME, label=words("方案名称"), size="xs", disabled=not able),
                dmc.TextInput(
                    id=names.SCENARIO_AUTHOR,
                    label=words("作者"),
                    size="xs",
                    disabled=not able,
                    persistence=True,
                    persistence_type="local",
                ),
            ],
            className="plan-numbers",
        ),
        dmc.Textarea(
            id=names.SCENARIO_NOTE,
            label=words("选择的理由"),
            size="xs",
            autosize=True,
            minRows=2,
            maxRows=5,
            disabled=not able,
        ),
        html.Div(
            [
                html.Button(
                    words("存为新方案"),
                    id=names.SAVE_NEW,
                    className="button button-main",
                    type="button",
                    disabled=not able,
                ),
                html.Button(words("存为新版本"), id=names.SAVE, className="button", type="button", disabled=True),
            ],
            className="rail-buttons",
        ),
    ]
    if not able:
        form.append(html.P(words("这个图册只供查看，不能在网页上保存或采用方案。"), className="panel-empty"))
    return html.Div(
        [
            html.Div(id=names.SAID, className="plan-said", role="status", **{"aria-live": "polite"}),
            html.Div([html.H2(words("保存现在的方案"), className="panel-title"), *form], className="plan-block"),
            html.Div(id=names.SCENARIOS, className="plan-block"),
        ],
        className="plan-panel",
        id="plan-scenario-panel",
    )
