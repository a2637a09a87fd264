"""The filter rail: what to look at, in the order in which one asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import html

from dashboard import ids
from dashboard.as_of import today
from dashboard.components.controls import NONE_OF_THEM, Control
from dashboard.components.kind_options import kind_options
from dashboard.components.term_marks import pieces
from dashboard.words import Words
from geodata.frames import rows_of
from layers import places, way
from layers.atlas import LEVELS, Atlas
from layers.filters import FLOOR, LAYERS, NATION, NETWORK, PROVENANCES, PROXIES, STRAIGHT, Filters

RADII_M = (300, 500, 1000)
#: Places that a list offers because something is recorded there; of more it leaves out the smallest.
MOST_OPTIONS = 600
INSPECTED_DAYS = (30, 90, 180)


def place_options(atlas: Atlas, filters: Filters, words: Words) -> list[dict[str, Any]]:
    """Return where one can go from here: the nation, the way up, what lies below, and where something is recorded."""
    tree = atlas.tree
    here = places.scope(atlas, filters)
    way_up = [crumb.place for crumb in here.crumbs if crumb.region is None and crumb.grid is None]
    below = [row.unit_id for row in rows_of(places.children(atlas, here)) if row.unit_kind == "place"]

    served = atlas.once("recorded places", lambda: _recorded(atlas))
    column = "name" if words.lang == "zh" else "name_en"
    labels = atlas.once(("labels of places", column), lambda: _labels(atlas, column))
    offered = {code for code in (NATION, *way_up, *served, *below) if tree.position(code) >= 0}
    return [{"value": code, "label": labels[code]} for code in sorted(offered)]


def _recorded(atlas: Atlas) -> tuple[str, ...]:
    """Return the places in which something is recorded and those above them; of very many only down to where they are
    few: from there the way leads on.
    """
    tree = atlas.tree
    rows = np.unique(np.concatenate([atlas.place_rows(name) for name in ("grids", "stations", "fairs", "activities")]))
    every = np.unique(tree.ancestors[rows[rows >= 0]])
    every = every[every >= 0]
    for deepest in range(len(LEVELS) - 1, 1, -1):
        if len(every) <= MOST_OPTIONS:
            break
        every = every[tree.level[every] < deepest]
    return tuple(str(tree.codes[row]) for row in every)


def _labels(atlas: Atlas, column: str) -> dict[str, str]:
    """Return what each place is called in a list: the name first, so that a narrow box still shows it; then what it
    lies in.
    """
    names = atlas.places[column].astype(str).tolist()
    found = {}
    for code, name, chain in zip(atlas.tree.codes, names, atlas.tree.ancestors.tolist(), strict=True):
        above = [names[up] for up in chain if up >= 0][1:][-2:]
        found[str(code)] = " · ".join(reversed(above)) or name
    return found


def _options(labels: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"value": code, "label": label} for code, label in labels.items()]


def group(title: str, *children: Any) -> html.Div:
    """Return controls under a title."""
    return html.Div(
        [html.H2(title, className="rail-title"), *children],
        className="rail-group",
        role="group",
        **{"aria-label": title},
    )


def _chips(field: str, labels: dict[str, str], value: Sequence[str]) -> html.Div:
    return html.Div(
        dmc.ChipGroup(
            [dmc.Chip(label, value=code, size="xs", radius="sm", variant="outline") for code, label in labels.items()],
            id=ids.control(field),
            multiple=True,
            value=list(value),
        ),
        className="chips",
    )


def select(id: Any, options: list, value: Any, label: str, **more: Any) -> dmc.Select:
    """Return a list of which one is chosen."""
    return dmc.Select(
        id=id,
        data=options,
        value=value,
        size="xs",
        allowDeselect=False,
        comboboxProps={"zIndex": 1000},
        **{"aria-label": label},
        **more,
    )


def _many(
    field: str, options: list | dict, value: Sequence[str], label: str, hint: str, nothing: str
) -> dmc.MultiSelect:
    about = options if isinstance(options, dict) else {"data": options}
    return dmc.MultiSelect(
        id=ids.control(field),
        **about,
        value=list(value),
        size="xs",
        placeholder=hint,
        clearable=True,
        searchable=True,
        nothingFoundMessage=nothing,
        comboboxProps={"zIndex": 1000},
        **{"aria-label": label},
    )


def _segments(field: str, options: list, value: str) -> dmc.SegmentedControl:
    return dmc.SegmentedControl(id=ids.control(field), data=options, value=value, size="xs", fullWidth=True)


def way_options(words: Words) -> list[dict[str, str]]:
    """Return the ways that one may choose."""
    return [
        {"value": "", "label": words("自动")},
        {"value": NETWORK, "label": words("沿路网")},
        {"value": STRAIGHT, "label": words("直线")},
    ]


def way_offered(atlas: Atlas, filters: Filters) -> bool:
    """Return whether there is a walking network here, so that there is a choice."""
    return way.ground(atlas, filters) is not None


def way_hint(atlas: Atlas, filters: Filters, words: Words) -> list:
    """Return how a way is measured here, and why not along a network where it is not."""
    if way.along(atlas, filters):
        return [words("步行距离 = 沿路网的最短路程，两端走直线上下路网")]
    straight = pieces(words("步行距离 = 直线 × 绕行系数 {detour}").format(detour=filters.detour), words)
    why = way.why_straight(atlas, filters)
    return [*straight, *([html.Br(), why.text(words.gettext)] if why else [])]


def proxy_choice(atlas: Atlas, id: str, chosen: str, words: Words) -> html.Div:
    """Return the choice of what demand is weighed by, which is hidden where nothing is known of floor area."""
    names = words.codes("demand_proxy")
    return html.Div(
        select(id, [{"value": one, "label": names[one]} for one in PROXIES], chosen, words("需求按什么推算")),
        hidden=FLOOR not in atlas.coded("demand", "proxy")[1].tolist() and chosen != FLOOR,
    )


def rail(atlas: Atlas, filters: Filters, listed: Sequence[Control], words: Words) -> list:
    """Return the groups of the rail, set to `filters`."""
    value = {control.id: control.show(filters) for control in listed}

    def now(field: str) -> Any:
        return value[ids.control(field)]

    everything = {"value": "", "label": words("不限")}
    hours = [everything, *({"value": str(hour), "label": f"{hour:02d}:00"} for hour in range(24))]
    days = [
        {"value": "3", "label": words("工作日")},
        {"value": "6", "label": words("周六")},
        {"value": "7", "label": words("周日")},
    ]
    nothing = words("没有匹配的选项")
    groups = words.codes("worker_group")
    wanted = atlas.coded("demand", "worker_group")[1].tolist()
    sectors = words.codes("sector")
    fair_sectors = dict.fromkeys(
        one for text in atlas.coded("fairs", "sectors")[1].tolist() for one in str(text).split(";") if one
    )
    provenances = words.codes("provenance")
    return [
        group(
            words("地点"),
            select(
                ids.control("place"),
                place_options(atlas, filters, words),
                now("place"),
                words("地点"),
                searchable=True,
                nothingFoundMessage=nothing,
            ),
        ),
        group(words("图层"), _chips("layers", {one: words(name) for one, name in LAYERS.items()}, now("layers"))),
        group(
            words("驿站开放"),
            html.Div(
                [
                    select(ids.control("hour"), hours, now("hour"), words("开放时刻")),
                    _segments("day", days, now("day")),
                ],
                className="rail-pair",
            ),
            _many(
                "facilities",
                _options(words.codes("facility")),
                now("facilities"),
                words("设施"),
                words("需具备的设施"),
                nothing,
            ),
            html.Div(
                [
                    dmc.Switch(id=ids.control("always"), label=words("只看 24 小时"), checked=now("always"), size="xs"),
                ],
                className="rail-switch",
            ),
            select(
                ids.control("inspected_days"),
                [
                    {"value": "", "label": words("巡检时间不限")},
                    *(
                        {"value": str(one), "label": words("{days} 天内巡检过").format(days=one)}
                        for one in INSPECTED_DAYS
                    ),
                ],
                now("inspected_days"),
                words("巡检"),
            ),
        ),
        group(
            words("服务半径（步行，米）"),
            _segments("radius", [{"value": str(one), "label": str(one)} for one in RADII_M], now("radius")),
            html.Div(
                _segments("way", way_options(words), now("way")),
                id=ids.WAY_CHOICE,
                hidden=not way_offered(atlas, filters),
            ),
            html.P(way_hint(atlas, filters, words), id=ids.WAY_HINT, className="rail-hint"),
            select(
                ids.control("worker_group"),
                [
                    {"value": "", "label": words("全部服务对象")},
                    *({"value": one, "label": groups.get(one, one)} for one in wanted),
                ],
                now("worker_group"),
                words("服务对象"),
            ),
            proxy_choice(atlas, ids.control("proxy"), now("proxy"), words),
        ),
        group(
            words("覆盖率口径"),
            _segments(
                "measure",
                [
                    {"value": "auto", "label": words("自动")},
                    {"value": "enterprises", "label": words("企业")},
                    {"value": "stations", "label": words("驿站")},
                ],
                now("measure"),
            ),
        ),
        group(
            words("招聘会"),
            _segments(
                "mode",
                [everything, *_options({one: words.codes("mode")[one] for one in ("onsite", "livestream")})],
                now("mode"),
            ),
            _many(
                "sectors",
                [
                    *({"value": one, "label": sectors.get(one, one)} for one in fair_sectors),
                    {"value": NONE_OF_THEM, "label": words("一项也不选")},
                ],
                now("sectors"),
                words("行业"),
                words("任一行业"),
                nothing,
            ),
        ),
        group(
            words("活动类型"),
            _many("kinds", kind_options(words), now("kinds"), words("活动类型"), words("全部类型"), nothing),
        ),
        group(
            words("数据来源"), _chips("provenance", {one: provenances[one] for one in PROVENANCES}, now("provenance"))
        ),
        html.Details(
            [
                html.Summary(words("更多"), className="rail-title"),
                html.Div(
                    [
                        dmc.DatesProvider(
                            settings={"locale": "zh-cn" if words.lang == "zh" else "en", "firstDayOfWeek": 1},
                            children=dmc.DateInput(
                                id=ids.control("as_of"),
                                value=now("as_of"),
                                valueFormat="YYYY-MM-DD",
                                label=words("查看过去某天的图册"),
                                placeholder=words("现在"),
                                clearable=True,
                                maxDate=today().isoformat(),
                                size="xs",
                                debounce=True,
                                popoverProps={"zIndex": 1000},
                            ),
                        ),
                        html.P(words("当天结束时（北京时间）的样子；之后的导入和撤销都不算。"), className="rail-hint"),
                    ],
                    className="rail-group",
                ),
            ],
            open=filters.as_of is not None,
        ),
        html.Div(
            [
                html.Button(words("清除套索范围"), id=ids.CLEAR_AREA, className="button", type="button"),
                html.Button(words("全部重置"), id=ids.RESET, className="button", type="button"),
            ],
            className="rail-buttons",
        ),
    ]
