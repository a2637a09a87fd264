"""The route of a mobile service in words: its stops in order,
the day of each, whom it served, against the reported total.
"""

from __future__ import annotations

import pandas as pd
from dash import html

from dashboard.components.badge import badge
from dashboard.components.chinese import chinese
from dashboard.words import Words
from geodata.facts import format_reported
from geodata.frames import rows_of
from layers import routes, stories
from layers.atlas import Atlas
from layers.small_counts import groups_of


def route_section(atlas: Atlas, activity: str, fact: str, words: Words) -> html.Section:
    """Return the stops of `activity` as a table, with the sum of their persons beside the total that `fact` reports."""
    rows = routes.of_activity(atlas, activity)
    if not len(rows):
        return html.Section(
            [
                html.H3(words("服务路线与站次")),
                html.P(words("没有站次的数据：报道未写停靠点和日期，也没有导入。"), className="story-empty"),
            ]
        )
    names = words.codes("worker_group")
    listed = [group for group in names if group in routes.by_group(rows)]
    made_up = (rows["provenance"] == "illustrative").any()
    total = atlas.facts[atlas.facts["id"] == fact]
    said = [words("各站合计 {count} 人").format(count=words.persons(float(rows["persons"].sum())))]
    if len(total):
        one = total.iloc[0]
        said.append(
            words("报道 {figure}").format(
                figure=format_reported(one["value"], one["qualifier"], one["unit"], words.lang)
            )
        )
    if made_up:
        said.append(words("报道未写停靠点、日期和各群体人数：站次为示意，只有合计是报道的"))
    head = [
        words("站次"),
        words("日期"),
        words("地点"),
        *(names[group] for group in listed),
        words("人数"),
        words("数据来源"),
    ]
    body = [
        html.Tr(
            [
                html.Th(words("第 {number} 站").format(number=row.sequence), scope="row"),
                html.Td(words.date(row.date) if pd.notna(row.date) else words("日期未报道")),
                html.Td(chinese(row.name_, words)),
                *(html.Td(words.persons(groups_of(row.persons_by_group).get(group))) for group in listed),
                html.Td(html.Strong(words.persons(row.persons))),
                html.Td(badge(row.provenance, words)),
            ],
            className="stop-sample" if row.provenance == "illustrative" else "",
        )
        for row in rows_of(rows.rename(columns={"name": "name_"}))
    ]
    sums = routes.by_group(rows)
    foot = html.Tr(
        [
            html.Th(words("合计"), scope="row"),
            html.Td(),
            html.Td(),
            *(html.Td(words.persons(sums[group])) for group in listed),
            html.Td(html.Strong(words.persons(float(rows["persons"].sum())))),
            html.Td(badge(stories.origin(rows), words)),
        ]
    )
    return html.Section(
        [
            html.H3([words("服务路线与站次"), badge(stories.origin(rows), words)]),
            html.P(words.listed(said, heavy=True), className="story-said"),
            html.Div(
                html.Table(
                    [
                        html.Thead(html.Tr([html.Th(text, scope="col") for text in head])),
                        html.Tbody(body),
                        html.Tfoot(foot),
                    ],
                    className="story-table",
                    **{"data-figure": fact},
                ),
                className="story-scroll",
                tabIndex=0,
                role="region",
                **{"aria-label": words("服务路线与站次")},
            ),
        ]
    )
