"""The stories of the newspaper page: an index of the eight, and a view of each by the key ``story`` of the address."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import Dash, Input, Output, dcc, html
from dash import State as Known
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.charts.register import standing_at
from dashboard.components.badge import badge
from dashboard.components.fair_list import fair_section
from dashboard.components.masthead import framed, masthead
from dashboard.components.panels import graph_config
from dashboard.components.route_list import route_section
from dashboard.components.still import first_path, still, still_path
from dashboard.components.story_chart import story_chart
from dashboard.components.trail import figure_link
from dashboard.context import Context
from dashboard.maps import basemap
from dashboard.maps.story import filters_of, story_figure, story_view
from dashboard.query_string import values
from dashboard.state import State as Said
from dashboard.theme.recolour import themed
from dashboard.words import Words
from geodata.codes import labels, shipped_rows
from geodata.errors import N_
from geodata.facts import format_reported
from geodata.frames import rows_of
from layers import stories
from layers.atlas import Atlas
from layers.filters import Filters

Linked = Callable[[str, str], html.Span]
OWN_KEYS = ("story",)
PATH, TITLE = "/stories", N_("专题")
URL, MAIN = "stories-url", "stories-main"
SOURCES = "/sources"
FEW = 2
PICTURE = (440, 230)  # CSS pixels of the map on a card
LONG = ("S1", "S3")  # tables follow under figures and map; the map of the others is as high as the window leaves room
SHORT = ("S5", "S6", "S7")  # of which the report tells little: the map takes half of the page
CHECKED = ("F023",)  # conditions that must all hold


def layout(context: Context, atlas: Atlas, said: Said, query: str) -> dmc.MantineProvider:
    """Return the index, or the view of the story that `query` names, in the language of `said`."""
    filters = said.filters
    words = context.words(filters.lang)
    wanted, notices, body = _body(context, atlas, said, query)
    return framed(
        [
            masthead(PATH, filters, context, words, query=f"&story={wanted}" if wanted else ""),
            html.Div(notices, id=ids.NOTICES, className="notices", role="status"),
            html.Main(body, id=MAIN, className="stories-main", tabIndex=0),
            dcc.Location(id=URL, refresh=False),
        ],
        filters.lang,
        "atlas stories-page",
    )


def register(app: Dash, context: Context) -> None:
    """Add what draws another story when the address names one, without loading the page anew."""

    @app.callback(
        Output(MAIN, "children"),
        Output(ids.NOTICES, "children"),
        Output(ids.LANGUAGE, "href"),
        Input(URL, "search"),
        Known(URL, "pathname"),
        prevent_initial_call=True,
    )
    def turn(search: str | None, pathname: str | None) -> tuple:
        """Show what the address asks for."""
        if pathname != PATH:
            raise PreventUpdate
        atlas, said = context.look(search, OWN_KEYS)
        wanted, notices, body = _body(context, atlas, said, search or "")
        other = said.filters.having(lang="en" if said.filters.lang == "zh" else "zh")
        return body, notices, address(context, other, wanted)


def _body(context: Context, atlas: Atlas, said: Said, query: str) -> tuple[str, list, list]:
    """Return the story that `query` names (empty: the index), what has to be told, and what the main part shows."""
    filters, words = said.filters, context.words(said.filters.lang)
    wanted = values(query).get("story", "")
    told = [notice.text(words.gettext) for notice in said.notices]
    one = next((row for row in shipped_rows("stories.csv") if row["story"] == wanted), None)
    if wanted and one is None:
        told.append(words("没有这个专题，显示全部专题。"))
    body = _index(context, atlas, filters, words) if one is None else _view(context, atlas, filters, one, words)
    return "" if one is None else wanted, [html.P(text, className="notice notice-bad") for text in told], body


def address(context: Context, filters: Filters, story: str = "") -> str:
    """Return the address of a story, or of the index."""
    query = context.write(filters)
    return PATH + (f"{query or '?'}{'&' if query else ''}story={story}" if story else query)


def _index(context: Context, atlas: Atlas, filters: Filters, words: Words) -> list:
    cards = []
    for row in shipped_rows("stories.csv"):
        facts = stories.facts(atlas, row["story"])
        chosen = facts[facts["id"].isin(row["figures"].split(";"))]
        cards.append(
            html.Div(
                [
                    html.H2(
                        dcc.Link(row[words.lang], href=address(context, filters, row["story"])), className="story-name"
                    ),
                    html.P(row[f"said_{words.lang}"], className="story-said"),
                    html.Ul(
                        [
                            html.Li(
                                [
                                    html.Strong(figure_link(_value(fact, words), fact.id, filters, context, words)),
                                    html.Span(_name(fact, words)),
                                ]
                            )
                            for fact in rows_of(chosen)
                        ],
                        className="story-figures",
                    ),
                    html.P(
                        [
                            badge("reported" if len(chosen) else None, words),
                            " ",
                            row["story"],
                            " · ",
                            _place(atlas, row["adcode"], words),
                        ],
                        className="story-foot",
                    ),
                    html.Figure(
                        [
                            html.Img(
                                src=_picture(context, atlas, filters, row), alt="", width=PICTURE[0], height=PICTURE[1]
                            ),
                            html.Figcaption(_marks_said(row["story"], words)),
                        ],
                        className="story-picture",
                    ),
                ],
                className="story-card",
            )
        )
    return [_title(words("八个专题，一张报纸版面")), html.Div(cards, className="story-cards")]


def _picture(context: Context, atlas: Atlas, filters: Filters, row: dict[str, str]) -> str:
    """Return the address of the map of a story as a picture, where its own small map stands."""
    view = story_view(atlas, filters, row["story"], row["adcode"], PICTURE)
    return first_path(
        context.write(filters_of(filters, row["story"], row["adcode"]), view), atlas.version
    ) + "&w={}&h={}".format(*PICTURE)


def picture(context: Context, atlas: Atlas, said: Said, query: str) -> dict[str, Any]:
    """Return the map of the story that the key ``story`` names,
    of the first where it names none; it is fitted to the picture.
    """
    rows = {row["story"]: row for row in shipped_rows("stories.csv")}
    row = rows.get(values(query).get("story", ""), next(iter(rows.values())))
    figure = story_figure(atlas, said.filters, row["story"], row["adcode"], context.words(said.filters.lang))
    return figure | {"layout": figure["layout"] | {"meta": figure["layout"]["meta"] | {"fit": True}}}


def _view(context: Context, atlas: Atlas, filters: Filters, row: dict[str, str], words: Words) -> list:
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
        _title(row[words.lang]),
        html.P(
            [
                row[f"said_{words.lang}"],
                " · ",
                dcc.Link(
                    words("在总览地图上看{place}").format(
                        place=_place(atlas, stories.WHERE.get(story, row["adcode"]), words)
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
        story_chart(chart, [part for fact in one.trail for part in (_cited(fact, words), " ")], filters.theme, words)
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
    details = html.Div(_details(story, words), className="story-details")
    few = len(facts) <= FEW  # beside one figure there is room for its picture
    told: list[Any] = [
        html.Div([html.Div(first), html.Div([drawn, details])], className="story-few")
        if few
        else html.Div(first, className="story-first" if computed else ""),
        *(
            [html.Div([drawn, details], className="story-pair")]
            if not few and len(charts) == 1
            else []
            if few
            else [drawn, _sectors(facts, words) if story == "S3" else None, details]
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
        parts.append(_matrix(stories.matrix(atlas), words))
    if story == "S3":
        parts.append(fair_section(atlas, story, words))
        parts.append(_flows(atlas, stories.flows(atlas), words))
    return parts


def _title(text: str) -> html.H2:
    """Return the heading that assets/stories.js names the page after, and moves to when another story is chosen."""
    return html.H2(text, className="stories-title", id="stories-title", tabIndex=-1)


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
                [_marks_said(row["story"], words), " ", dcc.Link(words("在总览中打开"), href="/" + there)],
                className="story-said",
            ),
        ],
        className="story-place",
        **{"aria-label": words("专题地图")},
    )


def _marks_said(story: str, words: Words) -> str:
    """Return what on the map of a story is made up: shape alone says it of hires and fairs only."""
    if story == "S3":
        return words("实心与实线为报道，空心与虚线为示意。")
    if story in stories.ROUTES:
        return words("空心的站点与虚线为示意：报道未写停靠点；报道的活动在该市代表点。")
    if story in stories.UNPLACED:
        return words("报道未写所在的县（市、区）：标在该地的代表点，不是确切位置。")
    return words("企业、驿站的点位与网格边界为示意。") if story in ("S1", "S8") else words("点位为该地代表点。")


def _sectors(facts: pd.DataFrame, words: Words) -> html.Section:
    """Say what is known of enterprises by sector: how many sectors and how many enterprises, not how many of each."""
    known = {fact.id: _value(fact, words) for fact in rows_of(facts)}
    if not {"F036", "F031"} <= set(known):
        return html.Section([])
    return html.Section(
        [
            html.H3([words("分行业的企业"), badge("reported", words), _cited("F036", words), _cited("F031", words)]),
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
                    html.Span(_name(fact, words), className="fact-name"),
                    html.Strong(linked(_value(fact, words), fact.id), className="fact-value", id=f"fact-{fact.id}"),
                    html.Span([_when(fact), " ", _cited(fact.id, words)], className="fact-foot"),
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
                            *[part for fact in one.facts for part in (_cited(fact, words), " ")],
                        ],
                        className="fact-foot",
                    ),
                ],
                className="fact",
            )
        )
    return html.Div(cards, className="facts")


def _details(story: str, words: Words) -> list:
    rows = [row for row in shipped_rows("story_details.csv") if row["story"] == story]
    parts = []
    for (group, fact), members in groupby(rows, lambda row: (row[f"group_{words.lang}"], row["fact"])):
        listed = list(members)
        title = html.H3([group, badge("reported", words), _cited(fact, words)])
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


def _matrix(grids: pd.DataFrame, words: Words) -> html.Section:
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


def _flows(atlas: Atlas, flows: pd.DataFrame, words: Words) -> html.Section:
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
                                    *[html.Th(_place(atlas, city, words), scope="col") for city in cities],
                                ]
                            )
                        ),
                        html.Tbody(
                            [
                                html.Tr(
                                    [
                                        html.Th(_place(atlas, home, words), scope="row"),
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
                [words("岗位共享"), badge("reported", words), *[_cited(fact, words) for fact in known["source_id"]]]
            ),
            html.Ul(
                [
                    html.Li(
                        words("{place}的企业招用{home}的 {count} 人").format(
                            place=_place(atlas, row.to_adcode, words),
                            home=_place(atlas, row.from_adcode, words),
                            count=words.number(int(row.persons)),
                        )
                    )
                    for row in rows_of(known)
                ],
                className="story-list",
            ),
            html.P(words("参会企业各来自哪个市未报道，故没有按市的共享岗位数。"), className="story-said"),
        ]
    )


def _hired(provenance: str, persons: int, words: Words) -> html.Span:
    """Return a cell of the matrix: a full dot before what is reported, a hollow one before what is made up."""
    mark = "○" if provenance == "illustrative" else "●"
    return html.Span(
        f"{mark} {words.number(persons)}", className=f"hired hired-{provenance}", title=words.provenance(provenance)
    )


def _cited(fact: str, words: Words) -> html.A:
    """Return the id of a fact, leading to its trail."""
    return html.A(fact, href=f"{SOURCES}?fact={fact}&lang={words.lang}", title=words("看出处"))


def _value(fact: Any, words: Words) -> str:
    return format_reported(fact.value, fact.qualifier, fact.unit, words.lang)


def _name(fact: Any, words: Words) -> str:
    return next(
        (row[words.lang] for row in shipped_rows("fact_names.csv") if row["id"] == fact.id),
        f"{fact.subject} · {fact.place}",
    )


def _when(fact: Any) -> str:
    known = [one for one in (fact.period_start, fact.period_end) if not pd.isna(one)]
    return " – ".join(dict.fromkeys(known))


def _place(atlas: Atlas, adcode: str, words: Words) -> str:
    at = atlas.tree.position(adcode)
    return adcode if at < 0 else str(atlas.places["name" if words.lang == "zh" else "name_en"].iloc[at])
