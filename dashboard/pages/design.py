"""Every component in every state, for who changes the face: served only where ``ATLAS_DESIGN`` is set.

Nothing here answers: each piece is a copy without the ids that callbacks
listen to, so that pieces of all pages can stand beside each other.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import Dash, html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.access.reader import LOCAL, Reader, asking
from dashboard.charts.chart import Chart
from dashboard.charts.register import charts, standing_at
from dashboard.components import panels
from dashboard.components.badge import badge
from dashboard.components.chart_table import chart_table
from dashboard.components.chinese import chinese
from dashboard.components.controls import controls
from dashboard.components.crumbs import crumbs
from dashboard.components.fair_list import fair_section
from dashboard.components.headline import said as spoken
from dashboard.components.help import help_button, help_dialog
from dashboard.components.illustrative import illustrative_text
from dashboard.components.in_view import in_view_list
from dashboard.components.kind_options import kind_icon
from dashboard.components.kpis import kpis
from dashboard.components.legend import legend
from dashboard.components.masthead import framed, masthead, past_banner
from dashboard.components.plan_legend import plan_legend
from dashboard.components.rail import rail
from dashboard.components.route_list import route_section
from dashboard.components.still import still as still_map
from dashboard.components.story_chart import story_chart
from dashboard.components.term_marks import explained
from dashboard.components.tour import steps
from dashboard.components.trail import figure_link, source_link
from dashboard.components.values import change_list, scrolling
from dashboard.components.ways_out import ways_out
from dashboard.components.who import who
from dashboard.context import Context
from dashboard.maps import overview as map_figures
from dashboard.maps.fills import area_fill, cell_fill
from dashboard.maps.in_view import InView, in_view
from dashboard.state import State as Said
from dashboard.words import Words
from layers import kpis as key_figures
from layers import places
from layers.atlas import Atlas
from layers.filters import PROVENANCES, Filters
from layers.provenance import MIXED
from layers.sentence import sentence
from layers.siting.answer import NIGHT, cell_cover
from layers.siting.ask import Ask
from layers.siting.case import case

PATH = "/design"
#: Properties that name another component's id.
NAMING = ("htmlFor", "aria-labelledby", "aria-describedby", "aria-controls")


@dataclass(frozen=True, slots=True)
class Sample:
    """What samples are made from: two places, one with grids, one with stations by night."""

    context: Context
    atlas: Atlas
    filters: Filters
    words: Words

    @property
    def night(self) -> Filters:
        """Where stations are, at an hour when most are shut."""
        return self.filters.at_place("350203").having(hour=22)

    def drawn(self, filters: Filters) -> tuple[dict, Any]:
        """Return the map of `filters` and the place that it shows."""
        return map_figures.map_figure(self.atlas, filters, self.words), places.scope(self.atlas, filters)


def layout(context: Context, atlas: Atlas, said: Said, _query: str) -> dmc.MantineProvider:
    """Return the gallery in the language and theme of `said`."""
    filters = said.filters.at_place("640200")
    words = context.words(filters.lang)
    one = Sample(context, atlas, filters, words)
    return framed(
        [
            masthead(PATH, filters, context, words),
            html.Div(id=ids.NOTICES, className="notices"),
            html.Main(
                [
                    html.H2(words("设计样张"), className="stories-title"),
                    *[
                        html.Section(
                            [html.H3(name), *[still(part, f"{name}-{at}") for at, part in enumerate(make(one))]],
                            className="design-part",
                            **{"data-component": name},
                        )
                        for name, make in SAMPLES.items()
                    ],
                ],
                className="design-main",
                tabIndex=0,
            ),
        ],
        filters.lang,
        "atlas design-page",
    )


def register(app: Dash, context: Context) -> None:
    """Add nothing: no piece answers."""


def still(part: Component, name: str) -> Component:
    """Return a copy of `part` whose ids are its own, so that no callback takes it for the one of a page."""
    made = copy.deepcopy(part)
    for one in _components(made):
        if getattr(one, "id", None) is not None:
            own = one.id if isinstance(one.id, str) else "-".join(map(str, one.id.values()))
            one.id = f"design-{name}-{own}"
        for prop in NAMING:
            if getattr(one, prop, None):
                setattr(one, prop, f"design-{name}-{getattr(one, prop)}")
    return made


def _state(title: str, *parts: Any, name: str = "") -> html.Div:
    return html.Div(
        [html.P(title, className="design-state"), html.Div(list(parts), className=name or None)],
        className="design-sample",
    )


def _badges(s: Sample) -> list:
    return [_state(s.words.provenance(one), badge(one, s.words)) for one in (*PROVENANCES, MIXED)]


def _kpis(s: Sample) -> list:
    strip = key_figures.strip(s.atlas, s.filters)
    names = dict(zip(s.atlas.places["adcode"], s.atlas.places["name"], strict=True))
    each = [replace(one, provenance=provenance) for one, provenance in zip(strip, (*PROVENANCES, MIXED), strict=False)]
    unknown = replace(strip[-1], value=None, text_zh="—", text_en="—", provenance=None)
    shown = kpis(
        [*each, unknown], names, s.words, lambda text, id: figure_link(text, id, s.filters, s.context, s.words)
    )
    return [
        html.Div(shown, className="kpis"),
        html.Div(kpis([], names, s.words, lambda text, _id: text), className="kpis"),
    ]


def _components(made: Component) -> list[Any]:
    """Return `made` and every component in it."""
    return [one for one in (made, *made._traverse()) if isinstance(one, Component)]


def _panel(s: Sample, said: Chart, **more: Any) -> Component:
    made, chart = panels.panel(said.id, s.words), ids.chart(said.id)
    held = {one.id: one for one in _components(made) if getattr(one, "id", None)}
    for (end, prop), value in zip(
        panels.PARTS, panels.filled(said, s.words, theme=s.filters.theme, **more), strict=True
    ):
        setattr(held[chart + end], prop, value)
    return made


def _panels(s: Sample) -> list:
    source = source_link("coverage_by_unit", s.filters, s.context, s.words)
    each = [*charts(s.atlas, s.filters, s.words).shown, *charts(s.atlas, s.night, s.words).shown]
    shown = {one.id: one for one in each}
    made = [_panel(s, replace(one, grow=1.0), source=source) for one in shown.values()]
    empty = Chart(
        "funnel",
        s.words("没有已知的计划"),
        "",
        None,
        empty=s.words("没有报道给出这里的计划数或累计数，不做对照。"),
    )
    return [
        html.Div(
            [*made, _panel(s, empty, offers=ways_out(s.atlas, s.night, s.context, s.words))], className="design-panels"
        )
    ]


def _chart_table(s: Sample) -> list:
    return [scrolling(chart_table(one, s.words), one.title) for one in charts(s.atlas, s.filters, s.words).shown]


def _controls(s: Sample) -> list:
    words = s.words
    buttons = [
        html.Button(words("求解"), className="button button-main", type="button"),
        html.Button(words("确认导入"), className="button button-chief", type="button"),
        html.Button(words("列表"), className="button", type="button"),
        html.Button(words("列表"), className="button button-on", type="button", **{"aria-pressed": "true"}),
        html.Button(words("停止"), className="button", type="button", disabled=True),
    ]
    inputs = [
        dmc.NumberInput(label=words("新建站数"), value=8, min=0, size="xs"),
        dmc.NumberInput(label=words("新建站数"), value=-1, error=words("没有匹配的选项"), size="xs"),
        dmc.TextInput(label=words("标题"), placeholder=words("标题"), size="xs"),
        dmc.Checkbox(label=words("只看 24 小时"), checked=True, size="xs"),
        dmc.RadioGroup(
            dmc.Radio(label=words("覆盖最多的需求"), value="mclp", size="xs"), value="mclp", label=words("目标")
        ),
    ]
    return [_state("button", *buttons, name="design-row"), _state("input", *inputs, name="design-row")]


def _notices(s: Sample) -> list:
    words = s.words
    text = illustrative_text(s.atlas, s.filters, words)
    bad = words("这一步没有完成，页面仍是上一步的样子。请重试；若再出现，请把当时的地址告诉管理员。")
    past = s.filters.having(as_of=s.atlas.data_date)
    return [
        html.P(text, className="notice"),
        html.P(bad, className="notice notice-bad"),
        html.P(words("已记下，谢谢。"), className="notice notice-good"),
        html.P(bad, className="data-bad"),
        html.Div(past_banner(PATH, past, s.context, words), className="past"),
    ]


def _legend(s: Sample) -> list:
    made = []
    for filters in (s.filters, s.night, Filters(lang=s.filters.lang, theme=s.filters.theme)):
        figure, here = s.drawn(filters)
        made.append(
            html.Details(
                [
                    html.Summary(s.words("图例")),
                    *legend(
                        area_fill(s.atlas, filters, here, s.words),
                        cell_fill(s.atlas, filters, s.words),
                        figure,
                        filters,
                        s.words,
                        s.context.review_number,
                        filters.theme,
                    ),
                ],
                open=True,
                className="legend",
            )
        )
    return [html.Div(made, className="design-row")]


def _plan_legend(s: Sample) -> list:
    asked = case(s.atlas, s.night, Ask(hours=NIGHT))
    cover = cell_cover(asked, np.empty((0, 2)))
    return [html.Div(plan_legend(s.atlas, asked, cover, 3, s.words, mode=s.filters.theme), className="legend")]


def _in_view(s: Sample) -> list:
    figure, here = s.drawn(s.night)
    found = in_view(s.atlas, figure["data"], here.bounds, limit=8)
    return [
        html.Div(in_view_list(one, lambda row: "/" if row.trace == "stations" else None, s.words), className="in-view")
        for one in (found, InView((), {}))
    ]


def _values(s: Sample) -> list:
    row = s.atlas.stations.iloc[0]
    before, after = {"name": str(row["name"]), "smart": False}, {"name": str(row["name"]), "smart": True}
    changes = [
        {
            "what": what,
            "table": "stations",
            "key": str(row["station_id"]),
            "before": before if what != "added" else None,
            "after": after if what != "removed" else None,
        }
        for what in ("added", "changed", "removed", "retired")
    ]
    return [scrolling(change_list(changes, s.words, 10), s.words("改动"))]


def _help(s: Sample) -> list:
    dialog: Any = help_dialog("/", s.words)
    dialog.open = True
    return [help_button(s.words), dialog]


def _who(s: Sample) -> list:
    with asking(Reader("li.wei", "keeper", ("640205",))):
        signed_in = who(s.words)
    with asking(LOCAL):
        return [signed_in, who(s.words)]


def _tour(s: Sample) -> list:
    _, title, text = steps("/", s.words)[0]
    buttons = [
        html.Button(one, className="button", type="button")
        for one in (s.words("上一步"), s.words("下一步"), s.words("结束导览"))
    ]
    return [
        html.Div([html.H4(title), html.P(text), html.Div(buttons, className="tour-buttons")], className="tour"),
        html.Div(text, className="tip"),
    ]


def _still(s: Sample) -> list:
    word: Any = still_map(s.words)[1]
    word.hidden = False
    return [word]


def _masthead(s: Sample) -> list:
    hits = [(s.words("工会驿站"), ((str(one), s.words("思明区")) for one in s.atlas.stations["name"].head(2)))]
    found = [
        part
        for kind, rows in hits
        for part in (
            html.Li(kind, role="presentation", className="search-kind"),
            *[
                html.Li(
                    [html.Span(name, className="search-name"), html.Span(where, className="search-where")],
                    role="option",
                    className="search-hit",
                    **{"aria-selected": str(at == 0).lower()},
                )
                for at, (name, where) in enumerate(rows)
            ],
        )
    ]
    none = s.words("没有找到：可输入中文、拼音、首字母（如 dwk）或行政区划代码。")
    return [
        _state(
            "search",
            html.Ul(found, className="search-list", role="listbox", **{"aria-label": s.words("查找")}),
            html.Div(none, className="search-said"),
            name="design-row",
        )
    ]


#: Module of dashboard/components → its samples.
SAMPLES: Mapping[str, Callable[[Sample], list]] = MappingProxyType(
    {
        "badge": _badges,
        "kpis": _kpis,
        "headline": lambda s: [
            html.P(spoken(sentence(s.atlas, one), s.atlas, one, s.context, s.words), className="said")
            for one in (s.filters, s.night)
        ],
        "panels": _panels,
        "chart_table": _chart_table,
        "legend": _legend,
        "plan_legend": _plan_legend,
        "controls": _controls,
        "rail": lambda s: [
            html.Div(rail(s.atlas, s.night, controls(["2024-03", "2024-10"]), s.words), className="rail")
        ],
        "crumbs": lambda s: [
            html.Div(crumbs(places.scope(s.atlas, s.night), s.night, s.context.default, s.words), className="crumbs")
        ],
        "trail": lambda s: [
            html.P(
                [
                    figure_link("28", "F022", s.night, s.context, s.words),
                    source_link("coverage_by_hour", s.night, s.context, s.words),
                ]
            )
        ],
        "term_marks": lambda s: [
            html.P(explained(f"{s.words('有效覆盖')} · {s.words('绕行系数')} · {s.words('间隙')}", s.words))
        ],
        "illustrative": _notices,
        "ways_out": lambda s: [
            html.P(
                [
                    s.words("没有匹配的选项"),
                    " ",
                    *ways_out(s.atlas, s.night.having(measure="stations"), s.context, s.words),
                ],
                className="panel-empty",
            )
        ],
        "in_view": _in_view,
        "values": _values,
        "story_chart": lambda s: [
            story_chart(chart, (), s.filters.theme, s.words)
            for one in standing_at("/stories?story=S3")
            if (chart := one.make(s.atlas, s.filters, s.words)) is not None
        ],
        "fair_list": lambda s: [fair_section(s.atlas, "S3", s.words)],
        "route_list": lambda s: [route_section(s.atlas, "none", "F014", s.words)],
        "kind_options": lambda s: [
            html.P([html.Span([kind_icon(one), f" {s.words.kinds()[one.kind]} "]) for one in s.words.activity_kinds()])
        ],
        "chinese": lambda s: [html.P([chinese(str(s.atlas.stations["name"].iloc[0]), s.words)])],
        "still": _still,
        "masthead": _masthead,
        "who": _who,
        "help": _help,
        "tour": _tour,
    }
)
