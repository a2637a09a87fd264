"""The legend of the planner's map, on its page and in a brief."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from dash import html

from dashboard import theme
from dashboard.components.badge import badge
from dashboard.components.legend import more_text, sources_of_the_ground, swatches
from dashboard.components.term_marks import pieces
from dashboard.maps import planning
from dashboard.maps.fills import demand_title
from dashboard.theme.recolour import color
from dashboard.words import Words
from layers.atlas import Atlas
from layers.classification import METHODS, QUANTILES
from layers.siting.answer import CLOSED, UPGRADED, CellCover, Changed
from layers.siting.case import Case


def plan_legend(
    atlas: Atlas,
    found: Case | None,
    cover: CellCover | None,
    sites: int,
    words: Words,
    review: str = "",
    candidates: bool = True,
    mode: str = "light",
    changes: Sequence[Changed] = (),
) -> list:
    """Return the legend of the planner's map.

    `review` is its 审图号, `candidates` whether they are drawn, `mode` its theme, `changes` the stations that close or
    are upgraded.
    """
    parts: list[Any] = []
    if found is not None and cover is not None:
        colors = planning.colors_of(cover)
        beyond = (words("驿站尚无位置"), planning.UNPLACED) if cover.lost else (words("够不到"), planning.UNREACHED)
        steps = [beyond, (words("现有驿站够得到"), planning.REACHED)]
        if found.wish.hours is not None and len(found.wish.hours) > 1:
            steps.insert(1, (words("部分时刻够得到"), planning.PARTLY))
        if sites:
            steps.append((words("新站新覆盖"), planning.NEWLY))
        elif changes:
            steps.append((words("新覆盖"), planning.NEWLY))
        rows = [
            html.Div(
                [html.Span(swatches(colors[3 * kind : 3 * kind + 3], mode), className="legend-swatches"), label],
                className="legend-row",
            )
            for label, kind in steps
        ]
        parts.append(
            html.Div(
                [
                    html.Div(
                        [
                            demand_title(found.walked, found.filters, words),
                            badge("derived", words),
                        ],
                        className="legend-title",
                    ),
                    *rows,
                    html.Div(more_text(words, mode), className="legend-note"),
                    html.Div(pieces(words(METHODS[QUANTILES]), words), className="legend-note"),
                ],
                className="legend-block",
            )
        )
        serving, shut = planning.open_rows(found), planning.shut_rows(found)
        made_up = "illustrative" in atlas.distinct("stations", "provenance", np.concatenate([serving, shut]))
        marks = [
            html.Div(
                [
                    html.Span(className="legend-mark mark-station-off"),
                    words("现有驿站 {count}").format(count=len(serving)),
                    badge("illustrative", words) if made_up else None,
                ],
                className="legend-row legend-inline",
            ),
            html.Div(
                [
                    html.Span(className="legend-mark plan-shut"),
                    words("此时段不服务的驿站 {count}").format(count=len(shut)),
                ],
                className="legend-row legend-inline",
            )
            if len(shut)
            else None,
            *(
                html.Div(
                    [
                        html.Span(className="legend-mark", style={"background": color(shade, mode)}),
                        label.format(count=count),
                    ],
                    className="legend-row legend-inline",
                )
                for kind, shade, label in (
                    (CLOSED, theme.BARRED, words("撤并或迁走 {count}")),
                    (UPGRADED, theme.STATION, words("改为 24 小时开放 {count}")),
                )
                if (count := sum(one.kind == kind for one in changes))
            ),
            html.Div(
                [
                    html.Span(className="legend-mark", style={"background": color(theme.RED, mode)}),
                    words("建议新站 {count}").format(count=sites),
                ],
                className="legend-row legend-inline",
            )
            if sites or not changes
            else None,
            html.Div(
                [
                    html.Span(className="legend-mark plan-dot"),
                    words("备选点 {count}").format(count=words.number(len(found.offered))),
                ],
                className="legend-row legend-inline",
            )
            if candidates
            else None,
        ]
        parts.append(html.Div(marks, className="legend-block"))
    return [*parts, *sources_of_the_ground(review, words)]
