"""Enterprises on the map: points, in the colour of their industry where one looks at a county with industries."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard import theme
from dashboard.maps.layer import Drawn, Layer, Mark, Scene
from dashboard.maps.marks import points
from geodata.errors import N_
from layers import disclosure, hexes, selection

#: Enterprises of a place that are all drawn; of more, those of the visible box one by one up to so many, and beyond
#: that counted in hexagons, no more of them.
AT_MOST, IN_BOX = 500, 250
GROUPS = "enterprise_groups"


def traces(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return the trace of enterprises; an empty one where a province or more is looked at."""
    atlas, words = scene.atlas, scene.words
    if not (scene.shows("enterprises") and scene.near):
        return _drawn(scene, ([], []), [], [], theme.ENTERPRISE, [])
    chosen, (lon, lat) = _chosen(scene), atlas.lonlat("enterprises")
    named, palette = _industries_of(scene, chosen)
    if len(chosen) > AT_MOST:
        west, south, east, north = scene.seen
        x, y = lon[chosen], lat[chosen]
        chosen = chosen[(x >= west) & (x <= east) & (y >= south) & (y <= north)]
        if len(chosen) > IN_BOX:
            return _together(scene, chosen, named)
    rows = atlas.enterprises.iloc[chosen]
    sectors, coarse = words.codes("sector"), disclosure.is_coarse(rows, "enterprises")
    text = [
        f"<b>{escape(name)}</b><br>{escape(sectors.get(sector, str(sector)))}"
        f" · {words.persons(workers)} {words('名职工')}"
        f"<br>{words('已强化“产改”举措') if strong else words('尚未强化“产改”举措')}<br>{words.provenance(origin)}"
        f"{words('；位置约略到 200 米') if few else ''}"
        for name, sector, workers, strong, origin, few in zip(
            *(rows[one] for one in ("name", "sector", "workers", "strengthened", "provenance")), coarse, strict=True
        )
    ]
    color: Any = theme.ENTERPRISE
    if palette:
        color = [palette.get(one, theme.ENTERPRISE) for one in rows["region_id"]]
    return _drawn(scene, (lon[chosen], lat[chosen]), rows["enterprise_id"].tolist(), text, color, named)


def gathers(scene: Scene) -> bool:
    """Return whether there are so many that the visible box decides what is drawn."""
    return scene.shows("enterprises") and len(scene.atlas.enterprises) > AT_MOST and len(_chosen(scene)) > AT_MOST


def _chosen(scene: Scene) -> NDArray[np.intp]:
    return np.flatnonzero(selection.mask(scene.atlas, scene.filters, "enterprises"))


def _industries_of(scene: Scene, chosen: NDArray[np.intp]) -> tuple[list[list[str]], dict[str, str]]:
    """Return the industries of the county looked at, with their colours for the legend, and the colours by region."""
    here, regions = scene.here, scene.atlas.regions
    industries = regions[(regions["category"] == "industry") & (regions["adcode"] == here.adcode)]
    if not len(industries) or here.level not in ("county", "region", "grid"):
        return [], {}
    palette = dict(zip(industries["region_id"], theme.CATEGORIES, strict=False))
    seen = set(scene.atlas.distinct("enterprises", "region_id", chosen))
    names = industries["name" if scene.words.lang == "zh" else "name_en"]
    named = [
        [name, palette[one]]
        for one, name in zip(industries["region_id"], names, strict=True)
        if one in palette and one in seen
    ]
    return named, palette


def _together(scene: Scene, chosen: NDArray[np.intp], named: list[list[str]]) -> dict[str, dict[str, Any]]:
    """Return the trace of enterprises counted in hexagons: a circle for each, larger with more, opened by a click."""
    words, (lon, lat) = scene.words, scene.atlas.lonlat("enterprises")
    groups = hexes.group(scene.atlas, "enterprises", chosen, hexes.resolution_for(scene.zoom or 9.0), IN_BOX)
    origins = groups.label(scene.atlas.coded("enterprises", "provenance"))
    gathered = words("{count} 家企业，点击放大")
    text = [
        f"{gathered.format(count=words.number(count))}<br>{words.provenance(origin)}"
        for count, origin in zip(groups.counts.tolist(), origins.tolist(), strict=True)
    ]
    at = groups.sum(lon) / groups.counts, groups.sum(lat) / groups.counts
    size = np.round(np.clip(12 + 3 * np.log2(groups.counts), 12, 34), 1).tolist()
    keys = [["cluster", one] for one in groups.names()]
    dots = points(GROUPS, *at, keys, text, size=size, color=theme.ENTERPRISE, opacity=0.6)
    return {**_drawn(scene, ([], []), [], [], theme.ENTERPRISE, named), GROUPS: dots}


def _drawn(
    scene: Scene, at: tuple[Any, Any], ids: list[str], text: list[str], color: Any, named: list[list[str]]
) -> dict[str, dict[str, Any]]:
    size = 4.5 if scene.here.level == "city" else 7
    keys = [["enterprise", one] for one in ids]
    dots = points("enterprises", *at, keys, text, size=size, color=color, opacity=0.75)
    none = points(GROUPS, [], [], [], [], size=12, color=theme.ENTERPRISE, opacity=0.6)
    return {"enterprises": {"meta": {"named": named}} | dots, GROUPS: none}


def _industries(drawn: Drawn) -> list[tuple[str, str]]:
    return [(name, color) for name, color in drawn.traces["enterprises"]["meta"]["named"]]


LAYER = Layer(
    "enterprises",
    {"enterprises": 60, GROUPS: 61},
    traces,
    marks=(
        Mark(
            "enterprise",
            N_("企业（示意点位）"),
            150,
            lambda drawn: drawn.has_marks("enterprises") or drawn.has_marks(GROUPS),
            above=_industries,
        ),
    ),
    counted={"enterprises": N_("企业"), GROUPS: N_("企业群")},
    listed=("enterprises", GROUPS),
)
