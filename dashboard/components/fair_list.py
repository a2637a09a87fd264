"""The fairs that several cities share, in words:
when, where, how much was offered and what came of it, each with its source.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash import html

from dashboard.components.badge import badge
from dashboard.components.chinese import chinese
from dashboard.words import Words
from geodata.frames import rows_of
from geodata.withheld import plotted
from layers import qualifiers, stories
from layers.atlas import Atlas

COUNTED = ("enterprises", "positions", "hiring_intents", "livestream_attendance")


def fair_section(atlas: Atlas, story: str, words: Words) -> html.Section:
    """Return the fairs of the cities of `story`, reported ones first; nothing is summed over them."""
    rows = stories.fairs(atlas, story)
    title = words("五市共办的招聘会")
    if not len(rows):
        return html.Section([html.H3(title), html.P(words("没有这些城市的招聘会。"), className="story-empty")])
    heads = (
        words("招聘会"),
        words("日期"),
        words("城市"),
        words("参会企业"),
        words("提供岗位"),
        words("达成就业意向"),
        words("转化率"),
        words("直播观看"),
        words("数据来源"),
    )
    names = atlas.places.set_index("adcode")["name" if words.lang == "zh" else "name_en"]
    body = []
    for row in rows_of(rows.rename(columns={"name": "name_"})):
        told = [
            words.persons(value, qualifiers.of_column(row.qualifiers, column))
            if pd.notna(value := getattr(row, column))
            else words("未报道")
            for column in COUNTED
        ]
        body.append(
            html.Tr(
                [
                    html.Th(chinese(row.name_, words), scope="row"),
                    html.Td(_when(row, words)),
                    html.Td(names.get(row.adcode, row.adcode)),
                    *map(html.Td, told[:3]),
                    html.Td(_conversion(row, words), title=words("达成就业意向人数 ÷ 提供岗位数")),
                    html.Td(told[3]),
                    html.Td(badge(row.provenance, words)),
                ],
                className="stop-sample" if row.provenance == "illustrative" else "",
            )
        )
    return html.Section(
        [
            html.H3([title, badge(stories.origin(rows), words)]),
            html.P(words("转化率为推算：达成就业意向人数 ÷ 提供岗位数；各场不相加。"), className="story-said"),
            html.Div(
                html.Table(
                    [html.Thead(html.Tr([html.Th(text, scope="col") for text in heads])), html.Tbody(body)],
                    className="story-table",
                    **{"data-figure": "fair_funnel"},
                ),
                className="story-scroll",
                tabIndex=0,
                role="region",
                **{"aria-label": title},
            ),
        ]
    )


def _conversion(row: Any, words: Words) -> str:
    met = plotted(row.hiring_intents)
    return words.share(met / row.positions if row.positions and met is not None else None)


def _when(row: Any, words: Words) -> str:
    return words.date(row.start) if pd.notna(row.start) else row.period
