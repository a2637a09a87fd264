"""Enterprises on the map: points, in the colour of their industry where one looks at a county with industries."""

from __future__ import annotations

from html import escape
from typing import Any

from dashboard import theme
from dashboard.maps.layer import Drawn, Layer, Mark, Scene
from dashboard.maps.marks import points
from geodata.errors import N_
from layers import disclosure, selection


def traces(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return the trace of enterprises; an empty one where a province or more is looked at."""
    atlas, filters, here, words = scene.atlas, scene.filters, scene.here, scene.words
    if not (scene.shows("enterprises") and scene.near):
        return _drawn(scene, ([], []), [], [], theme.ENTERPRISE, [])
    mask = selection.mask(atlas, filters, "enterprises")
    rows, (lon, lat) = atlas.enterprises[mask], atlas.lonlat("enterprises")
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
    named: list[list[str]] = []
    regions = atlas.regions
    industries = regions[(regions["category"] == "industry") & (regions["adcode"] == here.adcode)]
    if len(industries) and here.level in ("county", "region", "grid"):
        palette = dict(zip(industries["region_id"], theme.CATEGORIES, strict=False))
        color = [palette.get(one, theme.ENTERPRISE) for one in rows["region_id"]]
        seen = set(rows["region_id"])
        named = [
            [name, palette[one]]
            for one, name in zip(
                industries["region_id"], industries["name" if words.lang == "zh" else "name_en"], strict=True
            )
            if one in palette and one in seen
        ]
    return _drawn(scene, (lon[mask], lat[mask]), rows["enterprise_id"].tolist(), text, color, named)


def _drawn(
    scene: Scene, at: tuple[Any, Any], ids: list[str], text: list[str], color: Any, named: list[list[str]]
) -> dict[str, dict[str, Any]]:
    size = 4.5 if scene.here.level == "city" else 7
    keys = [["enterprise", one] for one in ids]
    dots = points("enterprises", *at, keys, text, size=size, color=color, opacity=0.75)
    return {"enterprises": {"meta": {"named": named}} | dots}


def _industries(drawn: Drawn) -> list[tuple[str, str]]:
    return [(name, color) for name, color in drawn.traces["enterprises"]["meta"]["named"]]


LAYER = Layer(
    "enterprises",
    {"enterprises": 60},
    traces,
    marks=(
        Mark(
            "enterprise",
            N_("企业（示意点位）"),
            150,
            lambda drawn: drawn.has_marks("enterprises"),
            above=_industries,
        ),
    ),
    counted={"enterprises": N_("企业")},
    listed=("enterprises",),
)
