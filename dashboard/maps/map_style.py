"""The MapLibre style of the atlas: everything under and over the data, and no other host.

There is no ``glyphs`` key, so labels are drawn from the machine's fonts, and
every source is a path of this server. The style is the same for every filter
and place: a change of filter never reloads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dashboard import theme
from dashboard.maps import ground
from dashboard.maps.addresses import geo, version
from layers.atlas import Atlas

FONTS = ["Noto Sans CJK SC Regular", "PingFang SC Regular", "Microsoft YaHei Regular", "sans-serif"]
BOLD = ["Noto Sans CJK SC Bold", "PingFang SC Bold", "Microsoft YaHei Bold", "sans-serif"]
BELOW_AREAS = "lake"
BELOW_CELLS = "hatch"
BELOW_POINTS = "label-grid"
HATCH_IMAGE = "atlas-hatch"
# size of names on the map of the country by zoom: on a wall of 1920 × 1080 (zoom 3.4) 18 px are 11 mm on 55 inches,
# which three metres ask for; on a desk and a phone the country is smaller, and so are they
FAR = ["interpolate", ["linear"], ["zoom"], 1.9, 9, 3.1, 12, 3.45, 18, 6, 20]
# layers that filters switch on and off, by the key that the figure's meta uses
SWITCHED = {
    "grids": ("hatch", "grid-line", "region-line", "label-grid", "label-region"),
    "zones": ("zone-line", "label-zone"),
}
#: Layers of the names of places, of which those beyond the place looked at are quieter, and by how much.
PLACES, QUIET = ("label-county", "label-city", "label-province", "label-marked"), 0.55
#: The layer of the name of the county looked at, on a map that shows no other county's.
OWN = "label-own"
MADE_UP = {"grids"}  # of these, what is drawn only where what is made up is shown

#: Pixels by which outlines may be drawn off where they are, at whole zooms; with the 0.375 of MapLibre the country has
#: two thirds more triangles, and software WebGL draws each frame of it in a fifth more time or longer.
TOLERANCE = 1.0


def address(style: Mapping[str, Any], layer: Mapping[str, Any], zoom: float) -> str:
    """Return the address of the geometry of a layer of `style` at `zoom`, for who draws it whole and not by tiles."""
    source = style["sources"][layer["source"]]
    return source["data"] if source["type"] == "geojson" else f"{layer['source-layer']}@{int(zoom)}"


def within(adcode: str) -> list[int]:
    """Return from which code on, and before which, those of a place and of all in it are; ``layout.meta`` says it."""
    step = next(step for step in (10_000, 100, 1) if int(adcode) % step == 0)
    return [int(adcode), int(adcode) + step]


def _ground(layer: str, kind: str = "") -> dict[str, Any]:
    """Return what of the ground a layer draws: all of `layer`, or what of it is of one kind."""
    return {"source": ground.NAME, "source-layer": layer} | ({"filter": ["==", ["get", "kind"], kind]} if kind else {})


def _line(name: str, color: str, width: Any, **more: Any) -> dict[str, Any]:
    paint = {"line-color": color, "line-width": width, **more.pop("paint", {})}
    return {"id": name, "type": "line", "paint": paint, "layout": {"line-join": "round"}, **more}


def _labels(
    name: str,
    level: str,
    size: Any,
    minzoom: float,
    maxzoom: float,
    bold: bool = False,
    anchors: tuple[str, ...] = ("center", "top", "bottom"),
    source: Mapping[str, Any] = MappingProxyType({"source": "labels"}),
    field: str = "name",
    away: float = 1.3,
    **paint: Any,
) -> dict[str, Any]:
    return {
        "id": name,
        "type": "symbol",
        **source,
        "minzoom": minzoom,
        "maxzoom": maxzoom,
        "filter": ["==", ["get", "kind" if "source-layer" in source else "level"], level],
        "layout": {
            "text-field": ["get", field],
            "text-font": BOLD if bold else FONTS,
            "text-size": size,
            "text-padding": 4,
            "text-max-width": 7,
            "symbol-sort-key": ["coalesce", ["get", "rank"], 0],  # waters have none
            "text-variable-anchor": list(anchors),
            "text-radial-offset": away if "center" not in anchors else 0,
        },
        "paint": {
            "text-color": theme.INK,
            "text-halo-color": theme.LABEL_HALO,
            "text-halo-width": 1.6,
            **paint,
        },
    }


def style(atlas: Atlas, lang: str) -> dict[str, Any]:
    """Return the style for the places of `atlas` with labels in `lang`.

    Parameters
    ----------
    atlas : Atlas
    lang : {'zh', 'en'}
        Language of the labels.
    """

    def source(name: str) -> dict[str, Any]:
        return {"type": "geojson", "data": geo(atlas, name), "tolerance": TOLERANCE}

    return {
        "version": 8,
        "name": "union-service-atlas",
        "sources": {
            "land": source("land"),
            "sea": source("sea"),
            "shore": source("shore"),
            "provinces": source("provinces"),
            "lines": source("lines"),
            ground.NAME: {
                "type": "vector",
                "tiles": [f"/geo/{version(atlas, ground.NAME)}/{ground.NAME}/{{z}}/{{x}}/{{y}}.pbf"],
                "minzoom": ground.LEAST_ZOOM,
                "maxzoom": ground.MOST_ZOOM,
                "bounds": list(ground.BOX),
            },
            "grids": source("grids"),
            "regions": source("regions"),
            "zones": source("zones"),
            "labels": source(f"labels-{lang}"),
        },
        "layers": [
            {"id": "water", "type": "background", "paint": {"background-color": theme.WATER}},
            {"id": "land", "type": "fill", "source": "land", "paint": {"fill-color": theme.ABROAD}},
            {"id": "nation", "type": "fill", "source": "provinces", "paint": {"fill-color": theme.LAND}},
            # where a shore is known, the land is that of the shore: the straight edges of the world's land end under it
            {
                "id": "shore",
                "type": "fill",
                "source": "shore",
                "minzoom": 8,
                "paint": {"fill-color": theme.LAND, "fill-opacity": ["interpolate", ["linear"], ["zoom"], 8, 0, 9, 1]},
            },
            # over the areas that are coloured, as on printed maps; nearer than zoom 12 their error would be seen
            {
                "id": "lake",
                "type": "fill",
                **_ground(ground.LAKES),
                "maxzoom": 12,
                "paint": {"fill-color": theme.LAKE, "fill-opacity": 0.85},
            },
            *(
                _line(
                    name,
                    theme.RIVER,
                    ["interpolate", ["linear"], ["zoom"], 3, near / 4, 8, near],
                    maxzoom=12,
                    **_ground(ground.RIVERS, kind),
                )
                for name, kind, near in (("river", "river", 1.2), ("great-river", "great", 2.6))
            ),
            # county polygons run out to sea: where a shore is known the water goes over them and their line is only
            # hinted
            _line(
                "county-line",
                theme.MUTED,
                ["interpolate", ["linear"], ["zoom"], 7, 0.3, 10, 0.9],
                minzoom=ground.COUNTIES_FROM,
                **_ground(ground.BORDERS),
            ),
            # the higher the border, the heavier its line; near, provinces and cities are drawn along the edges of
            # their counties
            _line(
                "city-line",
                theme.MUTED,
                ["interpolate", ["linear"], ["zoom"], 5, 0.3, 7, 0.7],
                minzoom=5,
                maxzoom=ground.COUNTIES_FROM,
                **_ground(ground.BORDERS, "city"),
            ),
            _line(
                "city-border",
                theme.INK,
                ["interpolate", ["linear"], ["zoom"], 7, 0.7, 10, 1.4],
                minzoom=ground.COUNTIES_FROM,
                **_ground(ground.BORDERS, "city"),
            ),
            _line(
                "province-border",
                theme.INK,
                ["interpolate", ["linear"], ["zoom"], 7, 1.3, 10, 2.4],
                minzoom=7.4,
                **_ground(ground.BORDERS, "province"),
            ),
            {
                "id": "sea",
                "type": "fill",
                "source": "sea",
                "minzoom": 8,
                "paint": {"fill-color": theme.WATER, "fill-opacity": ["interpolate", ["linear"], ["zoom"], 8, 0, 9, 1]},
            },
            _line("shore-line", theme.SHORE_LINE, 0.6, source="sea", minzoom=9),
            _line(
                "county-sea-line",
                theme.LINE_AT_SEA,
                0.8,
                minzoom=9,
                paint={"line-dasharray": [2, 4]},
                **_ground(ground.BORDERS),
            ),
            # shown by the browser once it has drawn the image: plotly.js asks a CDN for any image it misses
            {
                "id": "hatch",
                "type": "fill",
                "source": "grids",
                "minzoom": 7,
                "layout": {"visibility": "none"},
                "paint": {"fill-pattern": HATCH_IMAGE, "fill-opacity": 0.55},
            },
            _line("zone-line", theme.MUTED, 0.8, source="zones", minzoom=10.5, paint={"line-dasharray": [2, 2]}),
            _line("grid-line", theme.PAPER, 1, source="grids", minzoom=7, paint={"line-dasharray": [3, 2]}),
            _line("region-line", theme.MUTED, 1.1, source="regions", minzoom=7.5, paint={"line-dasharray": [4, 2]}),
            _line(
                "province-line",
                theme.PROVINCE_LINE,
                ["interpolate", ["linear"], ["zoom"], 3, 0.5, 7, 1.2],
                source="provinces",
                maxzoom=7.4,
            ),
            _line(
                "dash-line",
                theme.INK,
                ["interpolate", ["linear"], ["zoom"], 3, 1.2, 6, 2],
                source="lines",
                filter=["==", ["get", "kind"], "nine_dash"],
            ),
            # below the marks: data lies over the names of waters
            *(
                _labels(
                    f"label-{kind}",
                    kind,
                    ["interpolate", ["linear"], ["zoom"], 4, 10, 9, 13],
                    least,
                    12,
                    anchors=anchors,
                    source=_ground(ground.NAMES),
                    field="name" if lang == "zh" else "name_en",
                    away=0.5,
                    **{"text-color": theme.NAME_WATER},
                )
                for kind, least, anchors in (
                    ("river", 4.4, ("top", "bottom", "left", "right")),
                    ("lake", 5, ("center", "top", "bottom")),
                )
            ),
            _labels("label-grid", "grid", 11, 10.6, 24, **{"text-color": theme.MUTED}),
            _labels("label-zone", "zone", 12, 11, 24, **{"text-color": theme.MUTED}),
            _labels("label-region", "region", 12, 8.9, 24),
            _labels(
                "label-county",
                "county",
                ["interpolate", ["linear"], ["zoom"], 7, 11, 11, 17],
                ground.COUNTIES_FROM,
                12,
                bold=True,
                anchors=("bottom", "top", "left", "right"),
            ),  # beside the circle of what is known of the county alone
            # of a county so large that it is seen from afar: the browser asks for the one looked at (assets/map.js)
            _labels(OWN, "none", 15, 2, ground.COUNTIES_FROM, bold=True),
            _labels(
                "label-city",
                "city",
                ["interpolate", ["linear"], ["zoom"], 5, 11, 8, 15],
                5.2,
                8.6,
                bold=True,
                anchors=("bottom", "top", "left", "right"),
            ),  # beside the fair that stands at the city's point
            _labels("label-province", "province", FAR, 2, 6, anchors=("center", "bottom", "top", "left", "right")),
            # beside the mark of what is known of the province alone
            _labels("label-marked", "marked", FAR, 2, 6, anchors=("bottom", "top", "left", "right")),
            # the cities that the marks of a far view stand in: laid first, so provinces give way to them
            _labels("label-served", "served", FAR, 2, 5.2, bold=True, anchors=("right", "left", "top", "bottom")),
        ],
    }
