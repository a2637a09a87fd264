"""What a place lacks before it can be planned well, and a button to bring each of it."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dashboard.context import Context
from dashboard.query_string import joined
from dashboard.words import Words
from layers import places
from layers.atlas import Atlas
from layers.filters import Filters
from layers.siting.needs import Needs, needs

DATA = "/data"


def lacking(atlas: Atlas, filters: Filters, context: Context, words: Words) -> list:
    """Return the list of what planning needs here, what of it is there, and how to bring the rest.

    Nothing where nothing is missing.
    """
    found = needs(atlas, filters)
    if found.whole:
        return []
    name = words.name(places.scope(atlas, filters).crumbs[-1])
    if found.cells:
        title = words("{place}还可以补上")
        sub = words("不补也能求解；补上以后，路程和覆盖更接近实际。")
    else:
        title = words("{place}还没有服务需求，补上就能选址")
        sub = words(
            "一个 OpenStreetMap 提取文件（.osm.pbf）就够：导入后这里有街道、步行路网、需求和备选点，马上可以求解。"
        )
    return [
        html.H2(title.format(place=name), className="panel-title")
        if found.cells
        else html.H2(title.format(place=name), className="plan-title", id="plan-title"),
        html.P(sub, className="panel-subtitle"),
        html.Ul(
            [_need(*one, words) for one in _needs(found, filters, context, words)],
            className="plan-needs",
        ),
    ]


def _needs(found: Needs, filters: Filters, context: Context, words: Words) -> list[tuple[str, bool, str, Any]]:
    """Return of each need its name, whether it is there, what is to be said, and the way to bring it."""

    def to(label: str, chief: bool = False, section: str = "import", **where: str) -> dcc.Link:
        said = "&".join(f"{key}={value}" for key, value in {"section": section, **where}.items())
        bare = filters.having(area=(), worker_group=None)
        return dcc.Link(
            label,
            href=DATA + joined(context.write(bare), said),
            className="button button-main" if chief else "button",
        )

    listed = [
        (
            words("需求"),
            bool(found.cells),
            words("{count} 格").format(count=words.number(found.cells))
            if found.cells
            else words("没有：从提取文件里的店铺、餐馆、办公等设施推算，或导入自己的需求表。"),
            [
                to(words("从街道文件推算"), chief=True, section="streets"),
                to(words("导入需求表"), table="demand"),
            ],
        )
    ]
    if found.network is not None:
        listed.append(
            (
                words("街道和步行路网"),
                found.network,
                words("有路网")
                if found.network
                else words("没有：地图上没有街道，路程按直线 × 绕行系数。导入提取文件后沿路走。"),
                [to(words("导入街道"), section="streets")],
            )
        )
    if found.unplaced and not found.placed:
        said = words("{count} 个开放的驿站都没有位置，不计入覆盖。").format(count=words.number(found.unplaced))
        way = to(words("去补位置"), section="placing", table="stations")
    elif found.unplaced:
        said = words("{placed} 个有位置，另有 {count} 个没有位置，不计入覆盖。").format(
            placed=words.number(found.placed), count=words.number(found.unplaced)
        )
        way = to(words("去补位置"), section="placing", table="stations")
    else:
        said = (
            words("{count} 个").format(count=words.number(found.placed))
            if found.placed
            else words("没有记录：可以从零选址；已有驿站的，先导入台账，免得重复建。")
        )
        way = to(words("导入驿站台账"), table="stations")
    listed.append((words("现有驿站"), bool(found.placed) and not found.unplaced, said, [way]))
    return listed


def _need(name: str, there: bool, said: str, ways: list, words: Words) -> html.Li:
    state = words("已有") if there else words("缺")
    return html.Li(
        [
            html.Span(
                "✓" if there else "！",
                className="plan-need-sign",
                title=state,
                role="img",
                **{"aria-label": state},
            ),
            html.Div(
                [html.Strong(name), html.Span(said), *([] if there else [html.Div(ways, className="rail-buttons")])]
            ),
        ],
        className="plan-need" if there else "plan-need plan-need-open",
    )
