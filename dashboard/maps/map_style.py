"""The MapLibre style of the atlas: everything under and over the data, and no other host.

There is no ``glyphs`` key, so labels are drawn from the machine's fonts, and
every source is a path of this server. The style is the same for every filter
and place: a change of filter never reloads it.
"""

from __future__ import annotations

from typing import Any

from dashboard import theme

FONTS = ["Noto Sans CJK SC Regular", "PingFang SC Regular", "Microsoft YaHei Regular", "sans-serif"]
BOLD = ["Noto Sans CJK SC Bold", "PingFang SC Bold", "Microsoft YaHei Bold", "sans-serif"]
BELOW_AREAS = "county-line"
BELOW_CELLS = "hatch"
BELOW_POINTS = "label-grid"
HATCH_IMAGE = "atlas-hatch"
# layers that filters switch on and off, by the key that the figure's meta uses
SWITCHED = {
    "grids": ("hatch", "grid-line", "region-line", "label-grid", "label-region"),
    "zones": ("zone-line", "label-zone"),
}
MADE_UP = {"grids"}  # of these, what is drawn only where what is made up is shown


def _line(name: str, source: str, color: str, width: Any, **more: Any) -> dict[str, Any]:
    paint = {"line-color": color, "line-width": width, **more.pop("paint", {})}
    return {"id": name, "type": "line", "source": source, "paint": paint, "layout": {"line-join": "round"}, **more}


def _labels(
    name: str,
    level: str,
    size: Any,
    minzoom: float,
    maxzoom: float,
    bold: bool = False,
    anchors: tuple[str, ...] = ("center", "top", "bottom"),
    **paint: Any,
) -> dict[str, Any]:
    return {
        "id": name,
        "type": "symbol",
        "source": "labels",
        "minzoom": minzoom,
        "maxzoom": maxzoom,
        "filter": ["==", ["get", "level"], level],
        "layout": {
            "text-field": ["get", "name"],
            "text-font": BOLD if bold else FONTS,
            "text-size": size,
            "text-padding": 4,
            "text-max-width": 7,
            "symbol-sort-key": ["get", "rank"],
            "text-variable-anchor": list(anchors),
            "text-radial-offset": 1.3 if "center" not in anchors else 0,
        },
        "paint": {
            "text-color": theme.INK,
            "text-halo-color": theme.LABEL_HALO,
            "text-halo-width": 1.6,
            **paint,
        },
    }


def style(version: str, lang: str) -> dict[str, Any]:
    """Return the style for the data of `version` with labels in `lang`.

    Parameters
    ----------
    version : str
        Data version; part of each address, so that geometry is cached for ever.
    lang : {'zh', 'en'}
        Language of the labels.
    """

    def source(name: str) -> dict[str, Any]:
        return {"type": "geojson", "data": f"/geo/{version}/{name}.json"}

    return {
        "version": 8,
        "name": "union-service-atlas",
        "sources": {
            "land": source("land"),
            "sea": source("sea"),
            "shore": source("shore"),
            "provinces": source("provinces"),
            "lines": source("lines"),
            "counties": source("counties"),
            "borders": source("borders"),
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
            # county polygons run out to sea: where a shore is known the water goes over them and their line is only
            # hinted
            _line(
                "county-line",
                "counties",
                theme.MUTED,
                ["interpolate", ["linear"], ["zoom"], 7, 0.3, 10, 0.9],
                minzoom=7,
            ),
            # the higher the border, the heavier its line; near, provinces and cities are drawn along the edges of
            # their counties
            _line(
                "city-border",
                "borders",
                theme.INK,
                ["interpolate", ["linear"], ["zoom"], 7, 0.7, 10, 1.4],
                minzoom=7,
                filter=["==", ["get", "kind"], "city"],
            ),
            _line(
                "province-border",
                "borders",
                theme.INK,
                ["interpolate", ["linear"], ["zoom"], 7, 1.3, 10, 2.4],
                minzoom=7.4,
                filter=["==", ["get", "kind"], "province"],
            ),
            {
                "id": "sea",
                "type": "fill",
                "source": "sea",
                "minzoom": 8,
                "paint": {"fill-color": theme.WATER, "fill-opacity": ["interpolate", ["linear"], ["zoom"], 8, 0, 9, 1]},
            },
            _line("shore-line", "sea", theme.SHORE_LINE, 0.6, minzoom=9),
            _line("county-sea-line", "counties", theme.LINE_AT_SEA, 0.8, minzoom=9, paint={"line-dasharray": [2, 4]}),
            # shown by the browser once it has drawn the image: plotly.js asks a CDN for any image it misses
            {
                "id": "hatch",
                "type": "fill",
                "source": "grids",
                "minzoom": 7,
                "layout": {"visibility": "none"},
                "paint": {"fill-pattern": HATCH_IMAGE, "fill-opacity": 0.55},
            },
            _line("zone-line", "zones", theme.MUTED, 0.8, minzoom=10.5, paint={"line-dasharray": [2, 2]}),
            _line("grid-line", "grids", theme.PAPER, 1, minzoom=7, paint={"line-dasharray": [3, 2]}),
            _line("region-line", "regions", theme.MUTED, 1.1, minzoom=7.5, paint={"line-dasharray": [4, 2]}),
            _line(
                "province-line",
                "provinces",
                theme.PROVINCE_LINE,
                ["interpolate", ["linear"], ["zoom"], 3, 0.5, 7, 1.2],
                maxzoom=7.4,
            ),
            _line(
                "dash-line",
                "lines",
                theme.INK,
                ["interpolate", ["linear"], ["zoom"], 3, 1.2, 6, 2],
                filter=["==", ["get", "kind"], "nine_dash"],
            ),
            _labels("label-grid", "grid", 11, 10.6, 24, **{"text-color": theme.MUTED}),
            _labels("label-zone", "zone", 12, 11, 24, **{"text-color": theme.MUTED}),
            _labels("label-region", "region", 12, 8.9, 24),
            _labels(
                "label-county",
                "county",
                ["interpolate", ["linear"], ["zoom"], 8, 12, 11, 17],
                8,
                12,
                bold=True,
                anchors=("bottom", "top", "left", "right"),
            ),  # beside the circle of what is known of the county alone
            _labels(
                "label-city",
                "city",
                ["interpolate", ["linear"], ["zoom"], 5, 11, 8, 15],
                5.2,
                8.6,
                bold=True,
                anchors=("bottom", "top", "left", "right"),
            ),  # beside the fair that stands at the city's point
            _labels(
                "label-province",
                "province",
                ["interpolate", ["linear"], ["zoom"], 3, 11, 6, 15],
                2,
                6,
                anchors=("bottom", "top", "left", "right"),
            ),
            # the cities that the marks of a far view stand in: laid first, so provinces give way to them
            _labels("label-served", "served", 11, 2, 5.2, bold=True, anchors=("right", "left", "top", "bottom")),
        ],
    }
