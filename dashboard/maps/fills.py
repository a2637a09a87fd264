"""What the areas of the map are coloured by, here and now: one measure, few classes, a legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard import theme
from dashboard.words import Words
from geodata.frames import rows_of
from layers import demand, grids, places, records, unplaced, way
from layers.atlas import Atlas
from layers.classification import Scale, fixed, quantiles
from layers.filters import FLOOR, Filters
from layers.provenance import mix

SHARES = fixed((0.80, 0.85, 0.90, 0.95))
RECORDS = fixed((1, 3, 10, 100))
#: Cells of demand of a place that are all drawn as they are; of more, those of the visible box up to so many, and
#: beyond that hexagons that sum them.
CELLS_AT_MOST, IN_BOX, SUMS_AT_MOST = 1_200, 550, 350
BESIDE = 0.01  # degrees: how far beside the visible box the middle of a cell may lie


@dataclass(frozen=True, slots=True)
class Fill:
    """Classes of ids, with what the legend says of them.

    Attributes
    ----------
    ids : list of str
        Feature ids of the geometry.
    classes : list of int
        Position of each id's colour in `colors`.
    hover : list of str
        What a pointer reads over each id.
    colors, steps : sequence of str
        Colour of each class and its words in the legend.
    title : str
        What is measured, of what.
    provenance : str or None
        Provenance of the values.
    scale : Scale or None
        What put the values into classes; the legend names its method.
    apart : sequence of str
        Words of the last colours, which stand apart from the scale.
    marked : list of str
        Ids that are outlined besides: of demand along a network, those that are within reach by straight line alone.
    resolution : int or None
        H3 resolution of hexagons in which others are summed; None: each is as the data has it.
    note : str
        What else the legend says of it.
    """

    ids: list[str]
    classes: list[int]
    hover: list[str]
    colors: Sequence[str]
    steps: Sequence[str]
    title: str
    provenance: str | None
    scale: Scale | None = None
    apart: Sequence[str] = ()
    marked: list[str] = field(default_factory=list)
    resolution: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class AreaFill(Fill):
    """A fill of places or grids.

    Attributes
    ----------
    geometry : str
        Name of the geometry, as in :mod:`dashboard.server.geometry`.
    kind : {'place', 'grid'}
        What a click on it is a click on.
    zones : bool
        Whether what lies below is street zones, not work regions.
    """

    geometry: str = "provinces"
    kind: str = "place"
    opacity: float = 0.9
    line_width: float = 0.6
    line_color: str = theme.PAPER
    zones: bool = field(default=False)

    @classmethod
    def nothing(cls) -> Self:
        """Return a fill of nothing."""
        return cls([], [], [], [theme.NO_DATA], [], "", None)


def area_fill(atlas: Atlas, filters: Filters, here: places.Scope, words: Words) -> AreaFill:
    """Return the fill of the areas of `here`: grids where there are some, else the places below."""
    if "grids" in filters.layers and here.level not in ("country", "province") and not here.zone:
        fill = _grids(atlas, filters, here, words)
        if fill.ids:
            return fill
    if here.level in ("country", "province", "city"):
        return _records(atlas, filters, here, words)
    return AreaFill(
        [here.adcode],
        [0],
        [escape(words.name(here))],
        [theme.LAND],
        [],
        "",
        None,
        geometry=f"units-{here.adcode}",
        opacity=1,
        line_width=2,
        line_color=theme.INK,
        zones=here.zone or bool((atlas.zones["adcode"] == here.adcode).any()),
    )


def _grids(atlas: Atlas, filters: Filters, here: places.Scope, words: Words) -> AreaFill:
    # a grid is read among its neighbours: inside a region the whole county stays in sight
    around = filters.having(region=None, grid=None) if here.level in ("region", "grid") else filters
    rows = grids.table(atlas, around)
    share = rows["strengthened_share"].to_numpy(dtype=float)
    classes = SHARES.classes(share)
    regions = dict(
        zip(atlas.regions["region_id"], atlas.regions["name" if words.lang == "zh" else "name_en"], strict=True)
    )
    tasks = words.codes("task")
    hover = [
        f"<b>{escape(regions.get(row.region_id, ''))} · {escape(words.name(row))}</b><br>"
        + words("企业 {all} 家，已强化 {strong} 家（{share}）").format(
            all=words.number(row.enterprises),
            strong=words.number(row.enterprises_strengthened),
            share=words.share(row.strengthened_share),
        )
        + "<br>"
        + words("职工 {workers} 名 · 四员 {team} 人").format(
            workers=words.persons(row.workers), team=words.persons(row.team_members)
        )
        + f"<br>{words('产改任务')}：{tasks.get(row.task, row.task)}"
        + f"<br>{words.provenance(row.provenance)} · {words('网格边界为示意')}"
        for row in rows_of(rows)
    ]
    edges = [f"{edge:.0%}" for edge in SHARES.limits]
    steps = [f"<{edges[0]}", *(f"{low}–{high}" for low, high in pairwise(edges)), f"≥{edges[-1]}"]
    colors = theme.SEQUENCE[:5]
    if (classes < 0).any():
        # a share of nothing is no share: grey, and neither the lowest nor the highest class
        classes, colors, steps = classes + 1, (theme.NO_DATA, *colors), [words("无数据"), *steps]
    return AreaFill(
        rows["grid_id"].tolist(),
        classes.tolist(),
        hover,
        colors,
        steps,
        words("强化“产改”举措的企业 ÷ 网格内企业（未加权）"),
        mix(rows),
        SHARES,
        geometry="grids",
        kind="grid",
        line_width=0.8,
    )


def _records(atlas: Atlas, filters: Filters, here: places.Scope, words: Words) -> AreaFill:
    rows = records.by_child(atlas, filters, here)
    count = rows["records"].to_numpy(dtype=float)
    classes = RECORDS.classes(count)
    parts = {
        "grids": words("产改网格"),
        "stations": words("工会驿站"),
        "fairs": words("招聘会"),
        "activities": words("活动"),
    }
    hover = []
    for row in rows_of(rows):
        lines = [f"{label} {words.number(getattr(row, key))}" for key, label in parts.items() if getattr(row, key)]
        body = " · ".join(lines) or words("还没有载入服务记录")
        origin = f"<br>{words.provenance(row.provenance)}" if row.provenance else ""
        hover.append(f"<b>{escape(str(row.name_en if words.lang == 'en' else row.name))}</b><br>{body}{origin}")
    colors: Sequence[str] = (theme.NO_DATA, *theme.SEQUENCE[1:5])
    steps: Sequence[str] = (words("无记录"), "1–2", "3–9", "10–99", "≥100")
    apart: Sequence[str] = ()
    if "stations" in filters.layers and len(rows):
        lost, missing = unplaced.lost_units(atlas, filters, "place", rows["adcode"].to_numpy(dtype=object))
        hover = [
            one
            + (
                f"<br>{words('{count} 个驿站尚无位置，未计入覆盖率').format(count=words.number(count))}"
                if count
                else ""
            )
            for one, count in zip(hover, missing, strict=True)
        ]
        if lost.any():  # what is there cannot be drawn: neither little nor much of it
            classes = np.where(lost, len(colors), classes)
            colors, apart = (*colors, theme.UNPLACED[1]), (words("驿站尚无位置"),)
    return AreaFill(
        rows["adcode"].tolist(),
        classes.tolist(),
        hover,
        colors,
        steps,
        words("已载入的服务记录（网格、驿站、招聘会、活动，条）"),
        mix([one for one in rows["provenance"] if one]),
        RECORDS,
        apart,
        geometry="provinces" if here.level == "country" else f"units-{here.adcode}",
    )


def demand_title(walked: way.Ground | None, filters: Filters, words: Words) -> str:
    """Return the title of the demand in a legend: which radius, by which way."""
    of = words("建筑面积（千平方米）") if filters.proxy == FLOOR else words("兴趣点")
    if walked:
        return words("需求权重：推算自{of}；{radius} 米，{way}").format(
            of=of, radius=filters.radius, way=way.said(walked, filters).text(words.gettext)
        )
    return words("需求权重：推算自{of}；{radius} 米步行（绕行系数 {detour}）").format(
        of=of, radius=filters.radius, detour=filters.detour
    )


def gathers(atlas: Atlas, filters: Filters) -> bool:
    """Return whether there are so many cells of demand that the visible box decides which are drawn."""
    near = places.scope(atlas, filters).level not in ("country", "province")
    return near and len(demand.select(atlas, filters).rows) > CELLS_AT_MOST


def cell_fill(
    atlas: Atlas, filters: Filters, words: Words, box: tuple[float, float, float, float] | None = None
) -> Fill:
    """Return the fill of the demand cells: reached or not, in three thirds of weight.

    Of more than :data:`CELLS_AT_MOST` cells those within `box` (west, south, east, north in degrees; None: the place)
    are drawn where they are at most :data:`IN_BOX`, and larger hexagons otherwise, which say that they are sums.
    """
    title = demand_title(way.along(atlas, filters), filters, words)
    colors = (*theme.UNREACHED, *theme.NIGHT_ONLY, *theme.REACHED)
    # a hexagon of 250 m is smaller than a pixel until one looks at a city
    near = places.scope(atlas, filters).level not in ("country", "province")
    rows = demand.cells(atlas, filters) if near and "demand" in filters.layers else None
    if rows is None or not len(rows):
        return Fill([], [], [], colors, (), title, None)
    # thirds of the whole layer, so that a narrower choice does not recolour what stays
    thirds, note = quantiles(rows["weight"].to_numpy(dtype=float), 3), ""
    if len(rows) > CELLS_AT_MOST:
        note = words("远看时几个六边形合为一个：数字为合计，颜色随其中需求最多的一种")
        rows = rows if box is None else rows[_within(rows, box)]
        if len(rows) > IN_BOX:
            return _sums(atlas, filters, words, rows, title, note)
    weight = rows["weight"].to_numpy(dtype=float)
    nominal, effective = rows["nominal"].to_numpy(dtype=bool), rows["effective"].to_numpy(dtype=bool)
    state = np.where(effective, 2, np.where(nominal, 1, 0))
    unknown = rows["unknown"].to_numpy(dtype=bool)
    state = np.where(unknown, 3, state)
    said, colors, apart = _states(atlas, filters, words, unknown=bool(unknown.any()))
    distance = rows["distance_m"].to_numpy(dtype=float)
    only_straight = rows["straight"].to_numpy(dtype=bool) & (state < 2)
    beyond = f"<br>{words('按直线够得到，沿路够不到')}"
    hover = [
        f"<b>{words('需求权重')} {one:.1f}</b><br>{said[kind]}{beyond if far else ''}<br>"
        + (
            words("步行到最近驿站约 {metres} 米").format(metres=words.number(round(metres, -1)))
            if np.isfinite(metres) and kind < 3
            else words("附近没有驿站")
            if kind < 3
            else words("距离不详")
        )
        + f"<br>{words.provenance('derived')} · © OpenStreetMap"
        for one, kind, metres, far in zip(weight, state, distance, only_straight, strict=True)
    ]
    return Fill(
        rows["cell"].tolist(),
        (state * 3 + thirds.classes(weight)).tolist(),
        hover,
        colors,
        said[:3],
        title,
        "derived",
        thirds,
        apart,
        rows["cell"][only_straight].tolist(),
        note=note,
    )


def _states(
    atlas: Atlas, filters: Filters, words: Words, *, unknown: bool
) -> tuple[list[str], tuple[str, ...], tuple[str, ...]]:
    """Return the words of the states of a cell, their colours, and what the legend says apart; `unknown`: of some cells
    nobody knows.
    """
    said = [words("够不到任何驿站"), words("只有名义覆盖：所选条件下无可用驿站"), words("可用驿站够得到")]
    if unplaced.standing(atlas, filters).unplaced:  # which of those might be near is not known
        said[0] = words("够不到任何有位置的驿站")
    colors = (*theme.UNREACHED, *theme.NIGHT_ONLY, *theme.REACHED)
    if not unknown:
        return said, colors, ()
    said.append(words("驿站尚无位置，够不够得到不详"))
    return said, (*colors, *theme.UNPLACED), (words("驿站尚无位置"),)


def _within(rows: pd.DataFrame, box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """Return which cells have their middle in `box`, or beside it: of those a part may be seen."""
    west, south, east, north = box
    lon, lat = rows["lon"].to_numpy(dtype=float), rows["lat"].to_numpy(dtype=float)
    return (lon >= west - BESIDE) & (lon <= east + BESIDE) & (lat >= south - BESIDE) & (lat <= north + BESIDE)


def _sums(
    atlas: Atlas,
    filters: Filters,
    words: Words,
    seen: pd.DataFrame,
    title: str,
    note: str,
) -> Fill:
    """Return the fill of hexagons that sum the cells `seen`, each as the most of its weight is reached."""
    sums, resolution = demand.gathered(seen, SUMS_AT_MOST)
    thirds = quantiles(sums["weight"].to_numpy(dtype=float), 3)
    said, colors, apart = _states(atlas, filters, words, unknown=bool(sums["unknown"].any()))
    parts = sums[["unreached", "nominal", "effective", "unknown"]].to_numpy(dtype=float)
    sum_of, straight = words("{count} 个六边形合计"), words("按直线够得到，沿路够不到")
    hover = [
        f"<b>{words('需求权重')} {row.weight:.1f}</b><br>{sum_of.format(count=words.number(row.cells))}"
        + "".join(f"<br>{text} {one:.1f}" for text, one in zip(said, part, strict=False) if one)
        + (f"<br>{straight} {row.straight:.1f}" if row.straight else "")
        + f"<br>{words.provenance('derived')} · © OpenStreetMap"
        for row, part in zip(rows_of(sums), parts.tolist(), strict=True)
    ]
    return Fill(
        sums["cell"].tolist(),
        (parts.argmax(axis=1) * 3 + thirds.classes(sums["weight"].to_numpy(dtype=float))).tolist(),
        hover,
        colors,
        said[:3],
        title,
        "derived",
        thirds,
        apart,
        resolution=resolution,
        note=note,
    )
