"""The tables of a story: its details, tasks and grids, hires between cities."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pandas as pd
from dash import html

from dashboard.components.badge import badge
from dashboard.pages.stories.parts import CHECKED, cited, place_name
from dashboard.words import Words
from geodata.codes import labels, shipped_rows
from geodata.frames import rows_of
from layers import stories
from layers.atlas import Atlas


def details(story: str, words: Words) -> list:
    """Return the lists of a story, and what changed."""
    rows = [row for row in shipped_rows("story_details.csv") if row["story"] == story]
    parts = []
    for (group, fact), members in groupby(rows, lambda row: (row[f"group_{words.lang}"], row["fact"])):
        listed = list(members)
        title = html.H3([group, badge("reported", words), cited(fact, words)])
        if any(row["before_zh"] for row in listed):
            body: Any = html.Table(
                [
                    html.Thead(html.Tr([html.Th(words("改造前"), scope="col"), html.Th(words("改造后"), scope="col")])),
                    html.Tbody(
                        [html.Tr([html.Td(row[f"before_{words.lang}"]), html.Td(row[words.lang])]) for row in listed]
                    ),
                ],
                className="story-table",
            )
        else:
            steps = listed[0]["zh"].startswith("1.")
            body = html.Ul(
                [html.Li(row[words.lang]) for row in listed],
                className="story-list story-checklist"
                if fact in CHECKED
                else "story-list story-steps"
                if steps
                else "story-list",
            )
        parts.append(html.Section([title, body]))
    return parts


def tasks_by_grid(grids: pd.DataFrame, words: Words) -> html.Section:
    """Return which grid has which task, the one that lags first."""
    if not len(grids):
        return html.Section(
            html.P(words("没有产改网格的数据：导入网格后显示任务与网格的对应。"), className="story-empty")
        )
    tasks = labels("task", words.lang)
    last = grids.iloc[0]
    said = words("落后的是“{name}”：{part} / {whole} 家企业强化（{share}）").format(
        name=last["name" if words.lang == "zh" else "name_en"],
        part=int(last["enterprises_strengthened"]),
        whole=int(last["enterprises"]),
        share=words.share(float(last["share"])),
    )
    listed = list(rows_of(grids.rename(columns={"name": "name_"})))
    lagging = ["story-last" if row.Index == 0 else "" for row in listed]

    def line(label: str, cells: list[str]) -> html.Tr:
        return html.Tr(
            [
                html.Th(label, scope="row"),
                *[html.Td(cell, className=style) for cell, style in zip(cells, lagging, strict=True)],
            ]
        )

    return html.Section(
        [
            html.H3([said, badge(stories.origin(grids), words)]),
            html.P(
                words("规则：强化企业占比最低者为落后；占比相同时企业多者在前。网格承担哪项任务未见报道，为示意。"),
                className="story-said",
            ),
            html.Div(
                html.Table(
                    [
                        html.Thead(
                            html.Tr(
                                [
                                    html.Th(words("任务 ＼ 网格"), scope="col"),
                                    *[
                                        html.Th(
                                            html.Span(row.name_ if words.lang == "zh" else row.name_en),
                                            scope="col",
                                            className=style,
                                        )
                                        for row, style in zip(listed, lagging, strict=True)
                                    ],
                                ]
                            )
                        ),
                        html.Tbody(
                            [
                                *[
                                    line(label, ["●" if row.task == task else "" for row in listed])
                                    for task, label in tasks.items()
                                ],
                                line(
                                    words("强化 / 企业"),
                                    [f"{int(row.enterprises_strengthened)} / {int(row.enterprises)}" for row in listed],
                                ),
                                line(words("占比"), [words.share(float(row.share)) for row in listed]),
                            ]
                        ),
                    ],
                    className="story-table story-tasks",
                    **{"data-figure": "strengthened_by_grid"},
                ),
                className="story-scroll",
                tabIndex=0,
                role="region",
                **{"aria-label": words("任务与网格")},
            ),
        ]
    )


def hires(atlas: Atlas, flows: pd.DataFrame, words: Words) -> html.Section:
    """Return who was hired from where to where."""
    if not len(flows):
        return html.Section(html.P(words("没有跨市就业的数据。"), className="story-empty"))
    cells = stories.crossing(flows)
    cities = list(dict.fromkeys([*stories.CITIES_OF["S3"], *flows["from_adcode"], *flows["to_adcode"]]))
    known = flows[flows["provenance"] == "reported"]
    return html.Section(
        [
            html.H3([words("跨市就业：从哪里到哪里"), badge("reported", words), badge("illustrative", words)]),
            html.P(
                words("行是来自，列是去往；实心为报道，空心为示意，同格也不相加，也不合计。"), className="story-said"
            ),
            html.Div(
                html.Table(
                    [
                        html.Thead(
                            html.Tr(
                                [
                                    html.Th(words("来自 ＼ 去往"), scope="col"),
                                    *[html.Th(place_name(atlas, city, words), scope="col") for city in cities],
                                ]
                            )
                        ),
                        html.Tbody(
                            [
                                html.Tr(
                                    [
                                        html.Th(place_name(atlas, home, words), scope="row"),
                                        *[
                                            html.Td(
                                                [
                                                    _hired(provenance, persons, words)
                                                    for provenance, persons in cells.get((home, hires), ())
                                                ]
                                                or ("—" if home == hires else "")
                                            )
                                            for hires in cities
                                        ],
                                    ]
                                )
                                for home in cities
                            ]
                        ),
                    ],
                    className="story-table story-matrix",
                    **{"data-figure": "hires"},
                ),
                className="story-scroll",
                tabIndex=0,
                role="region",
                **{"aria-label": words("跨市就业矩阵")},
            ),
            html.H3(
                [words("岗位共享"), badge("reported", words), *[cited(fact, words) for fact in known["source_id"]]]
            ),
            html.Ul(
                [
                    html.Li(
                        words("{place}的企业招用{home}的 {count} 人").format(
                            place=place_name(atlas, row.to_adcode, words),
                            home=place_name(atlas, row.from_adcode, words),
                            count=words.persons(row.persons),
                        )
                    )
                    for row in rows_of(known)
                ],
                className="story-list",
            ),
            html.P(words("参会企业各来自哪个市未报道，故没有按市的共享岗位数。"), className="story-said"),
        ]
    )


def _hired(provenance: str, persons: float, words: Words) -> html.Span:
    """Return a cell of the matrix: a full dot before what is reported, a hollow one before what is made up."""
    mark = "○" if provenance == "illustrative" else "●"
    return html.Span(
        f"{mark} {words.persons(persons)}", className=f"hired hired-{provenance}", title=words.provenance(provenance)
    )
