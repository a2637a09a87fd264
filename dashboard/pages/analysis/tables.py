"""The page's tables and lists in words: months, a day, per worker, plans, two places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import pandas as pd
from dash import dcc, html

from dashboard.activity_kinds import kind_names
from dashboard.charts import as_plotly, events
from dashboard.charts.chart import Chart
from dashboard.charts.register import TRAILS
from dashboard.components.badge import badge
from dashboard.components.chart_table import opening
from dashboard.components.chinese import chinese
from dashboard.components.kind_options import kind_icon
from dashboard.components.panels import graph_config
from dashboard.components.term_marks import explained
from dashboard.components.ways_out import loosened
from dashboard.context import Context
from dashboard.filters_in_words import bracketed
from dashboard.theme.recolour import themed
from dashboard.words import Words
from geodata.codes import shipped_rows
from geodata.facts import format_reported
from geodata.frames import rows_of
from layers import activities, kpis, places
from layers.analysis import plans, timeline, workers
from layers.atlas import Atlas
from layers.filters import NATION, Filters

#: What makes the link to the trail of a figure or of facts.
Source = Callable[[str], Any]
MOST_LISTED = 12
MOST_DAYS = 400  # that the list of days names one by one
BAR_PX = 48  # of the highest month
FEW_BARS, MANY_BARS = "an-box", "an-box an-many"
ROW_PX, FEWEST_ROWS, LEGEND_PX, LEGEND_COLUMNS = 26, 5, 18, 3  # of the kinds by place
HEADS = "名"  # no key - the unit of the fact
UNITS = {workers.PERSONS: "person", workers.VISITS: "visit", workers.FUNDING: "yuan"}


def head(
    title: str,
    subtitle: str,
    provenance: str | None,
    words: Words,
    source: Any = None,
    charts: Sequence[Chart | None] = (),
) -> list:
    """Return title with badge, what it is of under it,
    the way to its trail and its figures as a table where it has them.
    """
    return [
        html.H2([title, badge(provenance, words), source], className="panel-title"),
        html.P(explained(subtitle, words), className="panel-subtitle"),
        opening(words, *charts),
    ]


def chart_head(chart: Chart, source: Source, words: Words) -> list:
    """Return the head of a chart: its answer, what it is of, the way to its trail, its figures as a table."""
    (mark,) = TRAILS[chart.id]
    return head(chart.title, chart.subtitle, chart.provenance, words, source(mark), (chart,))


def nothing(path: str, filters: Filters, context: Context, words: Words) -> html.P:
    """Return why the page at `path` is empty, and links to what is not:
    the choice without one of its conditions, the whole country.
    """
    links = loosened(filters, words)
    if filters.place != NATION:
        links.append((words("看全国"), filters.at_place(NATION)))
    return html.P(
        [
            words("所选地点、时段、类型与来源之下没有活动。放宽一个条件就能看到："),
            " ",
            *[
                dcc.Link(text, href=path + (context.write(there) or "?"), className="notice-way")
                for text, there in links
            ],
        ],
        className="notice",
    )


def month_buttons(months: pd.DataFrame, words: Words) -> list:
    """Return the timeline: one button a month, as high as what happened in it; illustrative ones hatched."""
    most = max(1, int(months["count"].max())) if len(months) else 1
    return [
        html.Button(
            [
                html.Span(
                    className=f"an-bar{'' if row.reported_ == row.count_ else ' an-bar-sample'}",
                    style={"height": f"{BAR_PX * row.count_ / most:.0f}px"},
                ),
                html.Span(words.month(row.month, brief=True), className="an-month-name"),
            ],
            type="button",
            className="an-month",
            **{
                "data-month": row.month,
                "aria-pressed": "false",
                "aria-label": words("{month} {count} 项，其中报道 {reported} 项").format(
                    month=words.month(row.month), count=row.count_, reported=row.reported_
                ),
            },
        )
        for row in rows_of(months.rename(columns={"count": "count_", "reported": "reported_"}))
    ]


def calendar_parts(
    atlas: Atlas, filters: Filters, on: date | None, source: Source, words: Words
) -> tuple[list, dict, list]:
    """Return head and figure of the calendar, and what can be chosen from a list: days, and months of days.

    Of more than :data:`MOST_DAYS` days those that are drawn and those of the month of `on` are listed, of the others
    their months: whoever chooses one comes to a day of it, and to the list of its days.
    """
    chart = events.calendar(atlas, filters, words, on)
    held = [
        (at, date.fromisoformat(day), int(count))
        for at, (day, count) in enumerate(zip(chart.categories, chart.series[0].values, strict=True))
        if count
    ]
    top, first = chart_head(chart, source, words), chart.drawn[0] if chart.drawn else 0
    by_month = len(held) > MOST_DAYS
    if first and by_month:
        top.append(
            html.P(
                words("只画最后一年（自 {day}）：更早有记录的 {count} 天在下面的列表里按月选").format(
                    day=words.date(date.fromisoformat(chart.categories[first])),
                    count=sum(at < first for at, _, _ in held),
                ),
                className="an-cut",
            )
        )
    elif first:
        top.append(
            html.P(
                words("只画最后一年（自 {day}）：更早有记录的 {count} 天在下面的列表里").format(
                    day=words.date(date.fromisoformat(chart.categories[first])),
                    count=sum(at < first for at, _, _ in held),
                ),
                className="an-cut",
            )
        )
    listed = []
    for month, days in groupby(held, lambda one: one[1].isoformat()[:7]):
        own = list(days)
        if by_month and own[-1][0] < first and not (on and on.isoformat().startswith(month)):
            told = bracketed(words("{count} 天有记录").format(count=len(own)), words)
            listed.append({"value": month, "label": words.month(month) + told})
        else:
            listed += [
                {"value": day.isoformat(), "label": words.date(day) + bracketed(str(count), words)}
                for _, day, count in own
            ]
    return top, as_plotly.figure(chart, words), listed


def day_list(atlas: Atlas, filters: Filters, on: date | None, words: Words) -> Any:
    """Return what happened on the day chosen, or on the fullest one until a day is chosen."""
    hint = None
    if on is None:
        days = timeline.by_day(atlas, filters)
        told = words("点日历上的一天，这里列出当天的活动和招聘会。")
        if not len(days):
            return html.P(told, className="panel-empty")
        on, hint = (
            days.loc[days["count"].idxmax(), "day"],
            html.P([words("最多的一天。"), told], className="panel-subtitle"),
        )
    rows = timeline.on_day(atlas, filters, on)
    names, kinds = kind_names(words), words.activity_kinds()
    lines = [
        html.Li(
            [
                kind_icon(kinds.get(row.kind)),
                html.Strong(names.get(row.kind, row.kind)),
                " ",
                chinese(row.name_, words),
                f" · {events.place_name(atlas, row.adcode, words)} ",
                words("{count} 人次").format(count=words.persons(row.participants))
                if row.unit == "visit" and row.participants == row.participants
                else words("{count} 人").format(count=words.persons(row.participants))
                if row.participants == row.participants
                else "",
                " ",
                *(f"· {own} " for own in words.own(row.kind, row.own)),
                badge(row.provenance, words),
            ]
        )
        for row in rows_of(rows.head(MOST_LISTED).rename(columns={"name": "name_"}))
    ]
    more = (
        [html.P(words("另有 {count} 项").format(count=len(rows) - MOST_LISTED), className="panel-subtitle")]
        if len(rows) > MOST_LISTED
        else []
    )
    return [
        html.H3(words("{day}：{count} 项").format(day=words.date(on), count=len(rows)), className="an-day-title"),
        hint,
        html.Ul(lines),
        *more,
    ]


def per_worker(atlas: Atlas, filters: Filters, words: Words) -> list:
    """Return participants and money per worker covered, with what they are divided by."""
    of = workers.covered(atlas, filters)
    found = workers.rates(atlas, filters)
    if of.value is None:
        said = words("分母未知：这里没有覆盖职工数的报道，也没有网格可以相加；只列合计")
    else:
        where = bracketed(events.place_name(atlas, of.adcode, words), words) if of.adcode else ""
        said = words("分母：覆盖职工 {count}{where}，{provenance}；未加权").format(
            count=format_reported(of.value, of.qualifier, HEADS, words.lang),
            where=where,
            provenance=words.provenance(of.provenance),
        )
    labels = {workers.PERSONS: words("参加人数"), workers.VISITS: words("参加人次"), workers.FUNDING: words("经费")}
    units = {workers.PERSONS: words("人"), workers.VISITS: words("人次"), workers.FUNDING: words("元")}
    lines = []
    for one in found:
        rate = (
            "—"
            if one.rate is None
            else words("每名职工 {rate} {unit}").format(rate=f"{one.rate:,.2f}", unit=units[one.measure])
        )
        lines.append(
            html.Tr(
                [
                    html.Td(labels[one.measure]),
                    html.Td(
                        [
                            words.measured(words.qualified(one.total, one.qualifier), UNITS[one.measure]),
                            " ",
                            badge(one.own, words),
                        ]
                    ),
                    html.Td(words("{count} 项给出").format(count=one.of)),
                    html.Td([rate, " ", badge(one.provenance, words) if one.rate is not None else None]),
                ]
            )
        )
    title = words("每名覆盖职工的参加与经费")
    body = (
        html.Table(html.Tbody(lines), className="an-table")
        if lines
        else html.P(words("所选条件下没有给出人数或经费的活动。"), className="panel-empty")
    )
    return [*head(title, said + words("；报道与示意分列，不相加"), None, words), body]


def plan_parts(atlas: Atlas, filters: Filters, source: Source, words: Words) -> tuple[list, dict, Any]:
    """Return head, figure and list of the cumulative figures against plan."""
    chart = events.against_plan(atlas, filters, words)
    if chart is None:
        return (
            head(words("没有已知的计划"), words("没有报道给出这里的计划数或累计数，不做对照。"), None, words),
            as_plotly.nothing(words),
            [],
        )
    found = plans.progress(atlas, filters)
    numbered = events.is_numbered(found)
    lines = [
        html.Tr(
            [
                html.Td(f"{at} {series.name}" if numbered else series.name),
                html.Td([words.persons(one.done[-1]), " ", badge(one.provenance, words)]),
                html.Td(
                    [
                        words.qualified(one.target, one.qualifier),
                        " ",
                        words("计划") if one.nature == plans.PLAN else words("报道累计"),
                    ],
                    title=one.fact_id,
                ),
                html.Td(
                    words.number(one.linear[-1], 0 if round(one.linear[-1], 1).is_integer() else 1)  # ty: ignore[missing-union-attribute] - of a float
                ),  # whole at the end of a period
                html.Td(words("另 {count} 项无月份").format(count=one.undated) if one.undated else ""),
            ]
        )
        for at, (one, series) in enumerate(zip(found, chart.series, strict=True), 1)
    ]
    top = html.Thead(
        html.Tr(
            [
                html.Th(text, scope="col")
                for text in (
                    words("项目"),
                    words("逐月已记"),
                    [words("对照"), " ", badge("reported", words)],
                    [words("按天平均应到"), " ", badge("illustrative", words)],
                    words("另有"),
                )
            ]
        )
    )
    return (
        chart_head(chart, source, words),
        as_plotly.figure(chart, words),
        html.Table([top, html.Tbody(lines)], className="an-table"),
    )


def kinds_parts(atlas: Atlas, filters: Filters, source: Source, words: Words) -> tuple[list, dict, int, str]:
    """Return head and figure of kinds by place, how high it stands (CSS pixels) and the class of its box.

    Few bars are not drawn higher than they need.
    """
    chart = events.by_place(atlas, filters, words)
    if chart is None:
        return (
            head(words("这里没有活动"), words("换一个地点、时段或类型再看。"), None, words),
            as_plotly.nothing(words),
            ROW_PX * FEWEST_ROWS,
            FEW_BARS,
        )
    rows = len(chart.categories)
    height = ROW_PX * max(FEWEST_ROWS, rows) + LEGEND_PX * -(-len(chart.series) // LEGEND_COLUMNS) + LEGEND_PX
    return (
        chart_head(chart, source, words),
        as_plotly.figure(chart, words),
        height,
        MANY_BARS if rows >= FEWEST_ROWS else FEW_BARS,
    )


def _covered_said(of: workers.Covered, atlas: Atlas, words: Words) -> str:
    """Return the denominator of a figure per worker, or that it is not known."""
    if of.value is None:
        return words("分母未知：没有覆盖职工数")
    where = bracketed(events.place_name(atlas, of.adcode, words), words) if of.adcode else ""
    return words("÷ 覆盖职工 {count}{where}，{provenance}").format(
        count=format_reported(of.value, of.qualifier, HEADS, words.lang),
        where=where,
        provenance=words.provenance(of.provenance),
    )


def _rates_of_two(atlas: Atlas, two: tuple[Filters, Filters], words: Words) -> list:
    """Return the lines of two places per worker covered:
    each sum of one provenance, divided by what is said under it.
    """
    of = [workers.covered(atlas, one) for one in two]
    found = [{(one.measure, one.own): one for one in workers.rates(atlas, one)} for one in two]
    labels = {
        workers.PERSONS: words("每名职工的参加人数"),
        workers.VISITS: words("每名职工的参加人次"),
        workers.FUNDING: words("每名职工的经费（元）"),
    }

    def cell(rate: workers.Rate | None, under: workers.Covered) -> html.Td:
        if rate is None:
            return html.Td("—")
        text = "—" if rate.rate is None else f"{rate.rate:,.2f}"
        return html.Td(
            [
                html.Strong(text),
                " ",
                badge(rate.provenance, words) if rate.rate is not None else None,
                html.Div(
                    f"{words.qualified(rate.total, rate.qualifier)} {_covered_said(under, atlas, words)}",
                    className="an-of",
                ),
            ],
            title="; ".join(rate.source_ids),
        )

    return [
        html.Tr(
            [
                html.Th([labels[key[0]], bracketed(words.provenance(key[1]), words)], scope="row"),
                *[cell(rates.get(key), under) for rates, under in zip(found, of, strict=True)],
            ]
        )
        for key in dict.fromkeys([*found[0], *found[1]])
    ]


def comparison(
    atlas: Atlas, filters: Filters, other: str | None, words: Words, towards: Callable[[str], str] | None = None
) -> list:
    """Return two places side by side: kinds, months, figures;
    until one is chosen the places of the stories, where `towards` leads.
    """
    if other is None:
        here = places.scope(atlas, filters).adcode
        near = dict.fromkeys(
            row["adcode"]
            for row in shipped_rows("stories.csv")
            if row["adcode"] != here and atlas.tree.position(row["adcode"]) >= 0
        )
        ways = (
            [
                html.Li(
                    [
                        html.A(events.place_name(atlas, code, words), href=towards(code)),
                        " ",
                        words("活动 {count} 项").format(
                            count=words.number(len(activities.chosen(atlas, filters.at_place(code))))
                        ),
                    ]
                )
                for code in near
            ]
            if towards
            else []
        )
        return [
            *head(
                words("两地对照"),
                words("在上方选一个对照地点，并排看数字、类型和月份；或从专题的地方里选："),
                None,
                words,
            ),
            html.Ul(ways, className="an-ways") if ways else None,
        ]
    two = (filters, filters.at_place(other))
    titles = [words.name(places.scope(atlas, one)) for one in two]
    strips = [
        {figure.id: figure for figure in kpis.every(atlas, one)} for one in two
    ]  # a strip has no room for all, and "—" means that there is none

    def cell(figure: kpis.KeyFigure | None) -> html.Td:
        if figure is None:
            return html.Td("—")
        text = figure.text_zh if words.lang == "zh" else figure.text_en
        of = " · ".join(
            filter(
                None,
                (
                    figure.of.text(words.gettext) if figure.of else "",
                    words("{place}的报道").format(place=events.place_name(atlas, figure.adcode, words))
                    if figure.adcode
                    else "",
                ),
            )
        )
        return html.Td(
            [
                html.Strong(words.measured(text, figure.unit)),
                " ",
                badge(figure.provenance, words),
                html.Div(of, className="an-of") if of else None,
            ],
            title="; ".join(figure.source_ids),
        )

    lines = [
        html.Tr(
            [
                html.Th(words((strips[0].get(key) or strips[1][key]).label), scope="row"),
                cell(strips[0].get(key)),
                cell(strips[1].get(key)),
            ]
        )
        for key in dict.fromkeys([*strips[0], *strips[1]])
    ]
    lines += _rates_of_two(atlas, two, words)
    charts = [make(atlas, filters, words, other) for make in (events.two_by_kind, events.two_by_month)]
    caption = words("{one} 与 {two}").format(one=titles[0], two=titles[1])

    def small(chart: Chart) -> dcc.Graph:
        return dcc.Graph(
            figure=themed(as_plotly.figure(chart, words), filters.theme),
            config=graph_config(words.lang),
            className="an-small",
            responsive=True,
            style={"height": "150px"},
        )

    return [
        *head(
            caption,
            words("同一时段、同一筛选；每个数字各有来源；“—”为没有"),
            None,
            words,
            charts=charts,
        ),
        html.Div([small(chart) for chart in charts], className="an-pair"),  # ty: ignore[invalid-argument-type] - both places have one
        html.Table(
            [
                html.Thead(
                    html.Tr([html.Th(words("项目"), scope="col"), *(html.Th(one, scope="col") for one in titles)])
                ),
                html.Tbody(lines),
            ],
            className="an-table an-two",
        ),
    ]
