"""What lies between paper and data: the streets of a base map, or online tiles, under every map in the same place.

The browser adds it once the map stands (``assets/basemap.js``), from a style of its own by address: it is neither in
the figure nor in the style of the atlas, so no first paint waits for it, and to switch it does not draw the map anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dashboard import theme
from dashboard.basemap import RASTER, BaseMap
from dashboard.context import Context
from dashboard.maps.map_style import FONTS
from dashboard.theme import tokens
from dashboard.theme.recolour import themed
from dashboard.tiles import GCJ02, Tiles
from dashboard.words import Words
from layers.filters import Filters

PIXELS = 256  # side of a tile that is a picture
SEE_THROUGH = 0.7  # opacity of areas over a base map, of what they have without
LEAST_SHARE = 0.05  # of what a map shows, that a base map covers where it is shown unasked
#: What of the base map lies above which layer of the atlas's style, lowest first.
GROUND, WAYS, NAMES = "shore", "county-sea-line", "dash-line"
#: Layers of the style that tell of water what every base map tells better.
WATERS = ("lake", "river", "great-river", "label-lake", "label-river")
#: Those that would hide pictures beside them: our own sea and shore.
HIDDEN = ("sea", "shore-line", "county-sea-line", *WATERS)
ONLINE = "online"
NAME = ["coalesce", *(["get", one] for one in ("name:zh-Hans", "name:zh", "name_zh", "name"))]
NAME_EN = ["coalesce", *(["get", one] for one in ("name:en", "name_en", "name"))]

GREEN, BUILDING, STREET, MAIN, RAIL, NAMED = (
    tokens.value(f"base-{one}") for one in ("green", "building", "street", "main", "rail", "name")
)


def _is(key: str, *values: str) -> list[Any]:
    return ["in", ["get", key], ["literal", list(values)]]


@dataclass(frozen=True, slots=True)
class Schema:
    """Where the parts of a base map stand in the tiles of a schema: layer of the tiles, and which of its features."""

    water: tuple[str, Any]
    waterway: tuple[str, Any]
    green: tuple[str, Any]
    building: tuple[str, Any]
    streets: str
    rail: Any
    metro: Any
    big: Any
    main: Any
    middle: Any
    minor: Any
    small: Any
    foot: Any
    tunnel: Any
    street_name: str
    quarter: tuple[str, Any]
    station: tuple[str, Any]


_LINE, _POLYGON = (["==", ["geometry-type"], one] for one in ("LineString", "Polygon"))
SCHEMAS: Mapping[str, Schema] = {
    "shortbread": Schema(
        ("water_polygons", True),
        ("water_lines", _is("kind", "river", "canal", "stream", "ditch", "drain")),
        (
            "land",
            _is(
                "kind",
                *("green", "forest", "park", "garden", "grass", "meadow", "scrub", "grassland", "heath"),
                *("village_green", "recreation_ground", "golf_course", "cemetery"),
            ),
        ),
        ("buildings", True),
        "streets",
        _is("kind", "rail", "narrow_gauge"),
        _is("kind", "subway", "light_rail", "monorail", "tram", "funicular"),
        _is("kind", "motorway", "trunk"),
        _is("kind", "primary", "secondary"),
        _is("kind", "tertiary"),
        _is("kind", "unclassified", "residential", "living_street", "busway", "pedestrian"),
        _is("kind", "service", "track"),
        _is("kind", "footway", "path", "cycleway", "bridleway", "steps"),
        ["==", ["get", "tunnel"], True],
        "street_labels",
        ("place_labels", _is("kind", "town", "suburb", "borough", "village", "quarter", "neighbourhood", "hamlet")),
        ("public_transport", _is("kind", "station", "halt")),
    ),
    "openmaptiles": Schema(
        ("water", True),
        ("waterway", True),
        ("landcover", _is("class", "wood", "grass")),
        ("building", True),
        "transportation",
        _is("class", "rail"),
        _is("class", "transit"),
        _is("class", "motorway", "trunk"),
        _is("class", "primary", "secondary"),
        _is("class", "tertiary"),
        _is("class", "minor", "busway"),
        _is("class", "service", "track"),
        _is("class", "path"),
        ["==", ["get", "brunnel"], "tunnel"],
        "transportation_name",
        ("place", _is("class", "town", "suburb", "village", "quarter", "neighbourhood", "hamlet")),
        ("poi", ["all", _is("class", "railway"), _is("subclass", "station", "subway", "halt")]),
    ),
    "protomaps": Schema(
        ("water", _POLYGON),
        ("water", _LINE),
        (
            "landuse",
            _is(
                "kind",
                *("forest", "wood", "park", "garden", "grass", "meadow", "scrub", "grassland", "nature_reserve"),
                *("village_green", "recreation_ground", "golf_course", "cemetery"),
            ),
        ),
        ("buildings", True),
        "roads",
        ["all", _is("kind", "rail"), ["!", _is("kind_detail", "subway", "light_rail", "monorail", "tram")]],
        ["all", _is("kind", "rail"), _is("kind_detail", "subway", "light_rail", "monorail", "tram")],
        ["any", _is("kind", "highway"), _is("kind_detail", "trunk")],
        _is("kind_detail", "primary", "secondary"),
        _is("kind_detail", "tertiary"),
        ["all", _is("kind", "minor_road"), ["!", _is("kind_detail", "service", "track")]],
        _is("kind_detail", "service", "track"),
        _is("kind", "path"),
        ["==", ["get", "is_tunnel"], True],
        "roads",
        ("places", _is("kind_detail", "town", "suburb", "borough", "village", "quarter", "neighbourhood", "hamlet")),
        ("pois", _is("kind", "station", "train_station")),
    ),
}


def _by_zoom(*stops: float) -> list[Any]:
    return ["interpolate", ["exponential", 1.6], ["zoom"], *stops]


def _layer(name: str, kind: str, source_layer: str, above: str, chosen: Any, **more: Any) -> dict[str, Any]:
    made = {
        "id": f"base-{name}",
        "type": kind,
        "source": "base",
        "source-layer": source_layer,
        "metadata": {"above": above},
        **more,
    }
    return made if chosen is True else made | {"filter": chosen}


def _way(name: str, schema: Schema, chosen: Any, color: str, width: list[Any], **more: Any) -> dict[str, Any]:
    paint = {
        "line-color": color,
        "line-width": width,
        "line-opacity": ["case", schema.tunnel, 0.45, 1],
        **more.pop("paint", {}),
    }
    return _layer(
        name,
        "line",
        schema.streets,
        WAYS,
        chosen,
        paint=paint,
        layout={"line-cap": more.pop("cap", "round"), "line-join": "round"},
        **more,
    )


def _named(name: str, source_layer: str, chosen: Any, size: Any, lang: str, **more: Any) -> dict[str, Any]:
    layout = {
        "text-field": NAME_EN if lang == "en" else NAME,
        "text-font": FONTS,
        "text-size": size,
        **more.pop("layout", {}),
    }
    paint = {"text-color": NAMED, "text-halo-color": theme.LABEL_HALO, "text-halo-width": 1.2}
    return _layer(name, "symbol", source_layer, NAMES, chosen, layout=layout, paint=paint, **more)


def layers(schema: Schema, lang: str) -> list[dict[str, Any]]:
    """Return the layers of a base map in paper colours, lowest first.

    ``metadata.above`` says above which layer of the atlas's style one lies.
    """
    along = {"symbol-placement": "line", "text-letter-spacing": 0.06, "symbol-spacing": 380, "text-padding": 6}
    big = ["any", schema.big, schema.main]
    return [
        _layer("green", "fill", schema.green[0], GROUND, schema.green[1], paint={"fill-color": GREEN}),
        _layer("water", "fill", schema.water[0], GROUND, schema.water[1], paint={"fill-color": theme.WATER}),
        _layer(
            "waterway",
            "line",
            schema.waterway[0],
            GROUND,
            schema.waterway[1],
            paint={"line-color": theme.SHORE_LINE, "line-width": _by_zoom(8, 0.5, 13, 1.2, 17, 5)},
        ),
        _layer(
            "building",
            "fill",
            schema.building[0],
            GROUND,
            schema.building[1],
            minzoom=14,
            paint={"fill-color": BUILDING, "fill-opacity": ["interpolate", ["linear"], ["zoom"], 14, 0.4, 15, 1]},
        ),
        _way(
            "foot",
            schema,
            schema.foot,
            MAIN,
            _by_zoom(14, 0.5, 18, 1.8),
            minzoom=14.5,
            cap="butt",
            paint={"line-dasharray": [2, 1.5]},
        ),
        _way("small", schema, schema.small, STREET, _by_zoom(13.5, 0.5, 15, 1.2, 18, 6), minzoom=13.5),
        _way("minor", schema, schema.minor, STREET, _by_zoom(12.5, 0.5, 15, 2.4, 18, 11), minzoom=12.5),
        _way("middle", schema, schema.middle, STREET, _by_zoom(10.5, 0.6, 14, 2.4, 18, 14)),
        _way("main", schema, schema.main, MAIN, _by_zoom(8, 0.5, 12, 1.4, 15, 3.6, 18, 16)),
        _way("big", schema, schema.big, MAIN, _by_zoom(6, 0.6, 10, 1.3, 13, 2.6, 15, 4.4, 18, 18)),
        _way("metro", schema, schema.metro, RAIL, _by_zoom(11, 0.7, 15, 1.4, 18, 2.4), minzoom=11, cap="butt"),
        _way("rail", schema, schema.rail, RAIL, _by_zoom(7, 0.5, 12, 1.1, 15, 2.2, 18, 4), cap="butt"),
        _way(
            "sleepers",
            schema,
            schema.rail,
            theme.LAND,
            _by_zoom(12, 0.6, 15, 1.2, 18, 2.6),
            minzoom=12,
            cap="butt",
            paint={"line-dasharray": [4, 4]},
        ),
        _layer(
            "station",
            "circle",
            schema.station[0],
            NAMES,
            schema.station[1],
            minzoom=11.5,
            paint={
                "circle-radius": _by_zoom(11.5, 1.6, 15, 3.2),
                "circle-color": theme.PAPER,
                "circle-stroke-color": RAIL,
                "circle-stroke-width": 1,
            },
        ),
        _named("minor-name", schema.street_name, ["!", big], 10, lang, minzoom=14.5, layout=along),
        _named("main-name", schema.street_name, big, 11, lang, minzoom=12.5, layout=along),
        _named(
            "station-name",
            *schema.station,
            10,
            lang,
            minzoom=13,
            layout={"text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 0.6}
            | {"text-max-width": 6, "text-padding": 4},
        ),
        _named(
            "quarter-name",
            *schema.quarter,
            ["interpolate", ["linear"], ["zoom"], 12, 10, 15, 12],
            lang,
            minzoom=12.5,
            layout={"text-letter-spacing": 0.1, "text-max-width": 6, "text-padding": 8},
        ),
    ]


@lru_cache(maxsize=64)
def base_style(base: BaseMap, mode: str, lang: str) -> str:
    """Return source and layers of a base map as JSON, in the colours of `mode` with the names of `lang`."""
    tiles = base.tiles
    source: dict[str, Any] = {
        "type": "raster" if base.schema == RASTER else "vector",
        "tiles": [f"/base/{tiles.key}/{{z}}/{{x}}/{{y}}"],
        "minzoom": tiles.zooms[0],
        "maxzoom": tiles.zooms[1],
        "bounds": list(tiles.bounds),
    }
    if base.schema == RASTER:
        return _as_json(source | {"tileSize": PIXELS}, [_picture(mode)])
    return _as_json(source, themed(layers(SCHEMAS[base.schema], lang), mode))


@lru_cache(maxsize=8)
def online_style(tiles: Tiles, mode: str) -> str:
    """Return source and layer of online tiles as JSON."""
    return _as_json({"type": "raster", "tiles": [tiles.url], "tileSize": PIXELS}, [_picture(mode)])


def _picture(mode: str) -> dict[str, Any]:
    dark = {"raster-brightness-max": 0.45} if mode == "dark" else {}
    paint = {"raster-saturation": -0.4, **dark}
    return {"id": "base-picture", "type": "raster", "source": "base", "metadata": {"above": GROUND}, "paint": paint}


def _as_json(source: Mapping[str, Any], made: Sequence[Mapping[str, Any]]) -> str:
    hides = HIDDEN if source["type"] == RASTER else WATERS
    return json.dumps({"source": source, "layers": made, "hides": hides}, ensure_ascii=False, separators=(",", ":"))


def address(key: str, mode: str, lang: str, style: str) -> str:
    """Return where a style is asked for; another one has another address, so it is kept for ever."""
    return f"/base/{key}/{mode}.{lang}.json?{hashlib.blake2b(style.encode(), digest_size=6).hexdigest()}"


# -- under a map ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ground:
    """What may lie under a map.

    Attributes
    ----------
    key, style : str
        Name and content of its style.
    credit : str
        Whose it is, in the reader's words.
    bounds : tuple of float, optional
        What it covers, degrees; None: everything.
    pictures : bool
        Whether it is made of pictures, which hide everything below.
    """

    key: str
    style: str
    credit: str
    bounds: tuple[float, float, float, float] | None
    pictures: bool


def ground(context: Context, words: Words, mode: str, online: bool = True, moves: bool = False) -> Ground | None:
    """Return what may lie under a map of this server; None when there is nothing.

    Parameters
    ----------
    context : Context
    words : Words
        The reader's language.
    mode : str
        Theme of the map: ``light``, ``dark`` or ``print``.
    online : bool
        Whether the map may ask another host: one that is printed may not.
    moves : bool
        Whether the map can be shifted onto tiles in GCJ-02.
    """
    tiles, base = context.settings.tiles, context.base_maps.current()
    if tiles and online and (moves or tiles.datum != GCJ02):
        return Ground(ONLINE, online_style(tiles, mode), tiles.attribution, None, True)
    if base is None:
        return None
    credit = f"{base.credit} · {words.date(base.day)}" if base.day else base.credit
    return Ground(base.tiles.key, base_style(base, mode, words.lang), credit, base.tiles.bounds, base.schema == RASTER)


def online_tiles(context: Context, filters: Filters) -> Tiles | None:
    """Return the online tiles that lie under a map that may ask for them; None when there are none."""
    return context.settings.tiles if filters.base != "paper" else None


def is_on(found: Ground, filters: Filters, shown: Sequence[float]) -> bool:
    """Return whether `found` lies under a map that shows the box `shown` (degrees), or the point:
    as it was chosen, else where it covers it.
    """
    if filters.base != "auto":
        return filters.base == "streets"
    if (held := found.bounds) is None:
        return True
    if len(shown) == 2:
        return held[0] <= shown[0] <= held[2] and held[1] <= shown[1] <= held[3]
    wide, high = (max(0.0, min(held[at + 2], shown[at + 2]) - max(held[at], shown[at])) for at in (0, 1))
    return wide * high >= LEAST_SHARE * (shown[2] - shown[0]) * (shown[3] - shown[1])


def credit_of(context: Context, filters: Filters, words: Words, shown: Sequence[float]) -> str:
    """Return whose the streets are under a printed map of the box `shown` (degrees); empty where there are none."""
    found = ground(context, words, "print", online=False)
    return found.credit if found and is_on(found, filters, shown) else ""


def over(
    figure: Mapping[str, Any],
    context: Context,
    filters: Filters,
    words: Words,
    mode: str = "",
    online: bool = True,
    moves: bool = False,
    choice: bool = True,
    kept: bool = True,
) -> Mapping[str, Any]:
    """Return the map `figure` as it is drawn over what lies under it; as it is where there is nothing to lie there.

    Parameters
    ----------
    figure : mapping
        Of plotly.js, in paper colours.
    mode : str
        Theme of the map; empty: that of `filters`.
    online, moves : bool
        As :func:`ground` takes them.
    choice : bool
        Whether the reader can choose on the map between streets and paper.
    kept : bool
        Whether the page reads the choice from the address; else it is one of the browser alone.
    """
    mode = mode or filters.theme
    found = ground(context, words, mode, online, moves)
    layout = figure["layout"]
    meta, centre = layout.get("meta", {}), layout["map"]["center"]
    if found is None:
        if not online or online_tiles(context, filters) is None:
            return figure
        told = words("在线底图是 GCJ-02，与数据相差数百米：只用在总览，这里不画。")
        base = {"style": "", "credit": told, "said": None}
        return {**figure, "layout": {**layout, "meta": {**meta, "base": base}}}
    shown = meta.get("bounds") or (centre["lon"], centre["lat"])
    on = is_on(found, filters, shown)
    # where there are no streets there is nothing to choose
    offered = choice and (on or is_on(found, filters.having(base="auto"), shown))
    streets = {"style": address(found.key, mode, words.lang, found.style), "credit": found.credit}
    said = {"label": words("底图"), "paper": words("纸面"), "streets": words("街道")} if offered else None
    base: dict[str, Any] = {**(streets if on else {"style": "", "credit": ""}), "said": said}
    more: dict[str, Any] = {"base": base if kept or not offered else base | {"local": streets}}
    if on and found.pictures:
        more["off"] = [*meta.get("off", ()), *HIDDEN]
    traces = [seen_through(one) for one in figure["data"]] if on else figure["data"]
    return {**figure, "data": traces, "layout": {**layout, "meta": {**meta, **more}}}


def seen_through(trace: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a trace as it is drawn over streets: areas let them through, plain ground gives way to them."""
    if trace["type"] != "choroplethmap" or trace["name"] not in ("areas", "cells"):
        return trace
    plain = all(color == theme.LAND for _, color in trace["colorscale"])
    opacity = 0 if plain else trace["marker"]["opacity"] * SEE_THROUGH
    return {
        **trace,
        "marker": {**trace["marker"], "opacity": opacity},
        "selected": {"marker": {"opacity": opacity}},
        "unselected": {"marker": {"opacity": opacity}},
    }
