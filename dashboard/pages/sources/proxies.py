"""How demand and candidates were derived from OpenStreetMap: rule, weights, counts of the place."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html

from dashboard.components.badge import badge
from dashboard.components.trail import PATH as PATH
from dashboard.pages.sources.parts import table
from dashboard.words import Words
from geodata.osm import floors, pois
from layers import places, proxies
from layers.atlas import Atlas
from layers.filters import Filters


def derivation(atlas: Atlas, filters: Filters, words: Words) -> html.Section | None:
    """Return how demand and candidates were derived from OpenStreetMap: rule, weights, counts of the place."""
    demand, offered = proxies.demand(atlas, filters), proxies.candidates(atlas, filters)
    built = proxies.floor_area(atlas, filters)
    if not demand and not offered and not built:
        return None
    here = words.name(places.scope(atlas, filters).crumbs[-1])
    rule = words(
        "有名称的设施按标签归到一个服务对象，每处算 1，同名且相距约 100 米内的只算一次；摊到所在的六边形格（约 0.1 "
        "平方公里）和外两圈，各格之比 {rings}，不到 {least} 的格子略去。它代表设施的疏密，不是人数。"
    ).format(rings=" : ".join(f"{one:g}" for one in pois.RINGS), least=pois.LEAST)
    groups, hosts = words.codes("worker_group"), words.codes("host_type")
    return html.Section(
        [
            html.H2(
                [words("{place}的需求怎么推算").format(place=here), badge("derived", words)], className="data-title"
            ),
            html.P(rule, className="data-hint"),
            table(
                (words("服务对象"), words("设施"), words("格数"), words("算进来的标签")),
                [
                    [
                        groups.get(one.kind, one.kind),
                        words.number(one.count),
                        words.number(one.cells),
                        ", ".join(one.tags),
                    ]
                    for one in demand
                ],
                words("服务对象"),
            )
            if demand
            else None,
            *_floor_area(built, words),
            table(
                (words("可设站的场所"), words("个数"), words("算进来的标签")),
                [[hosts.get(one.kind, one.kind), words.number(one.count), ", ".join(one.tags)] for one in offered],
                words("可设站的场所"),
            )
            if offered
            else None,
        ],
        className="sources-part",
        id="sources-proxies",
    )


def _floor_area(built: Sequence[proxies.Floor], words: Words) -> list:
    """Return how floor area was derived, a second proxy beside premises: rule, counts, and the classes of buildings."""
    if not built:
        return []
    groups = words.codes("worker_group")
    rule = words(
        "另一种推算，按建筑面积：占地面积 × 层数，每栋算在它所在的格子里，权重是千平方米；在“需求按什么推算”里选，"
        "与设施个数从不相加。层数取 building:levels（减去 building:min_level 以下的），没有时按高度每 {storey} 米一层，"
        "再没有时用下表的假定层数，靠它推算的面积单列。下表没有的用途（车库、棚、谷仓等）不计。"
    ).format(storey=f"{floors.STOREY_M:g}")
    return [
        html.P(rule, className="data-hint"),
        table(
            (
                words("服务对象"),
                words("建筑面积（平方米）"),
                words("楼栋"),
                words("写明层数或高度的楼栋"),
                words("按假定层数的面积"),
                words("格数"),
            ),
            [
                [
                    groups.get(one.kind, one.kind),
                    words.number(one.square_metres),
                    words.number(one.buildings),
                    words.number(one.with_storeys),
                    words.share(one.assumed / one.square_metres),
                    words.number(one.cells),
                ]
                for one in built
            ],
            words("建筑面积"),
        ),
        table(
            (words("建筑用途"), words("算进来的标签"), words("服务对象"), words("假定层数")),
            [
                [
                    kind.zh if words.lang == "zh" else kind.en,
                    f"building={kind.building}",
                    groups.get(kind.worker_group, kind.worker_group),
                    words.number(kind.storeys),
                ]
                for kind in floors.kinds()
            ],
            words("建筑用途"),
        ),
    ]
