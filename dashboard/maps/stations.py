"""Stations on the map: single ones or gathered in cells, what they reach, and the disc of the chosen one."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from dashboard import theme
from dashboard.maps import isochrones, map_style, reach
from dashboard.maps.layer import Layer, Mark, Scene
from dashboard.maps.marks import halo, own_fields, packed, points
from dashboard.words import Words
from geodata.errors import N_
from geodata.frames import rows_of, text_of
from layers import disc, stations, way
from layers.atlas import Atlas
from layers.filters import Filters
from layers.walking import PACE

HEIGHTS = {
    "reach_nominal": 20,
    "reach_open": 21,
    "walk_minutes": 38,
    "walk_radius": 39,
    "disc": 40,
    "stations_halo": 80,
    "stations": 81,
    "clusters": 82,
}
POINTS_AT_MOST = 1_000
MAX_WRITTEN = 60  # characters of opening hours as written that a hover shows


def traces(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return the traces of :data:`HEIGHTS`."""
    areas = {**reach.traces(scene.atlas, scene.filters), **isochrones.traces(scene.atlas, scene.filters)}
    return {**areas, "disc": _disc(scene.atlas, scene.filters), **marks(scene)}


def marks(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return the traces that depend on what of the map is visible: stations, their rim, groups of them."""
    view = None
    if scene.shows("stations"):
        view = stations.in_view(scene.atlas, scene.filters, scene.seen, scene.zoom or 6.0, limit=POINTS_AT_MOST)
    single, clusters = _stations(scene.filters, view, scene.words)
    rim = halo("stations_halo", single, 5, theme.STATION)
    return {"stations_halo": rim, "stations": single, "clusters": clusters}


def _stations(filters: Filters, view: stations.View | None, words: Words) -> tuple[dict, dict]:
    empty = points("stations", [], [], [], [], size=13, color=theme.STATION)
    none = points("clusters", [], [], [], [], size=24, color=theme.STATION)
    none |= {"mode": "markers+text", "text": [], "textfont": {"color": theme.PAPER, "size": theme.TINY}}
    if view is None:
        return empty, none
    frame = view.frame
    if view.kind == "cells":
        # cells stand about 35 pixels apart: no circle is wider, so neighbours touch and do not bury each other
        count = frame["count"].to_numpy(dtype=float)
        size = 13 + 21 * np.sqrt(count / count.max())
        none |= {
            "lon": packed(frame["lon"]),
            "lat": packed(frame["lat"]),
            "text": [words.short(one) if wide >= 20 else "" for one, wide in zip(count, size, strict=True)],
            "customdata": [["cluster", one] for one in frame["cell"]],
            "hovertext": [words("{count} 个驿站，点击放大").format(count=words.number(one)) for one in frame["count"]],
        }
        none["marker"] = {"size": np.round(size, 1).tolist(), "color": theme.STATION, "opacity": 0.85}
        return empty, none
    serving = frame["effective"].to_numpy(dtype=bool)
    chosen = (frame["station_id"] == filters.station).to_numpy(dtype=bool)
    color = np.where(chosen, theme.RED, np.where(serving, theme.STATION, theme.PAPER)).tolist()
    trace = points(
        "stations",
        frame["lon"],
        frame["lat"],
        [["station", one] for one in frame["station_id"]],
        station_hover(frame, words),
        size=10,
        color=color,
    )
    trace["meta"] = {"illustrative": bool((frame["point_provenance"] == "illustrative").any())}
    return trace, none


def station_hover(frame: pd.DataFrame, words: Words) -> list[str]:
    """Return the hover text of each station: name, address, hours, access, state now, provenance."""
    reasons = words.codes("why_not")
    access = words.codes("access")
    facilities, statuses = words.codes("facility"), words.codes("status")
    text = []
    for row in rows_of(frame):
        why = reasons.get(row.why_not) or statuses.get(row.status, words("状态未知"))
        state = words("计入有效覆盖") if row.effective else words("不计入有效覆盖：{why}").format(why=why)
        has = "、".join(facilities.get(one, one) for one in text_of(row.facilities).split(";") if one)
        text.append(
            f"<b>{escape(words.both(str(row.name)))}</b><br>{escape(text_of(row.address))}"
            f"<br>{words('开放时间')} {_hours(row, words)}"
            f" · {access.get(row.access, '')}<br>{has}<br>{state}{own_fields(row, words)}"
            f"<br>{words.provenance(row.provenance)}{_of_point(row, words)}"
        )
    return text


def _hours(row: Any, words: Words) -> str:
    """Return opening hours for a hover, the text as written behind them."""
    text = text_of(getattr(row, "opening_hours_text", None)).replace("\n", " ")
    text = text if len(text) <= MAX_WRITTEN else text[:MAX_WRITTEN] + "…"
    return escape(words.hours_as_written(text_of(row.opening_hours), text))


def _of_point(row: Any, words: Words) -> str:
    """Return where the point of a station is from, where that is not where its row is from."""
    if row.point_provenance == row.provenance:
        return ""
    return " · " + words("位置：{provenance}").format(provenance=words.provenance(row.point_provenance))


def _disc(atlas: Atlas, filters: Filters) -> dict:
    trace = {
        "type": "scattermap",
        "name": "disc",
        "mode": "lines",
        "fill": "toself",
        "fillcolor": theme.RED_WASH,
        "line": {"color": theme.RED, "width": 1.6},
        "hoverinfo": "skip",
        "lon": [],
        "lat": [],
        "below": map_style.BELOW_POINTS,
    }
    row = atlas.rows_by("stations", "station_id").get(filters.station) if filters.station else None
    if row is not None and not way.along(atlas, filters):
        lon, lat = (axis[row] for axis in atlas.lonlat("stations"))
        if not np.isnan(lon):
            ring = disc.disc(float(lon), float(lat), filters.straight_radius)
            trace |= {"lon": packed(ring[:, 0]), "lat": packed(ring[:, 1])}
    return trace


def _reach_label(filters: Filters, words: Words) -> str:
    if filters.hour is None:
        return words("可用驿站服务范围")
    return words("{hour}:00 可用驿站服务范围").format(hour=filters.hour)


def _minutes_label(_filters: Filters, words: Words) -> str:
    minutes = words.listed([str(one) for one in sorted(isochrones.MINUTES)])
    return words("选中驿站沿路步行 {minutes} 分钟（每分钟 {pace} 米）").format(minutes=minutes, pace=round(PACE))


LAYER = Layer(
    "stations",
    HEIGHTS,
    traces,
    marks=(
        Mark("station", N_("可用驿站"), 10, lambda drawn: drawn.has_colour("stations", theme.STATION)),
        Mark("station-off", N_("此条件下不可用"), 20, lambda drawn: drawn.has_colour("stations", theme.PAPER)),
        Mark("cluster", N_("驿站群（数字为个数）"), 30, lambda drawn: drawn.has_marks("clusters")),
        Mark("reach_open", _reach_label, 50, lambda drawn: drawn.has_areas("reach_open")),
        Mark(
            "reach_nominal",
            N_("名义服务范围（全部开放驿站）"),
            60,
            lambda drawn: drawn.has_areas("reach_nominal"),
        ),
        Mark(
            "disc",
            N_("选中驿站的服务范围"),
            70,
            lambda drawn: drawn.has_points("disc") or drawn.has_areas("walk_radius"),
        ),
        Mark("walk_minutes", _minutes_label, 71, lambda drawn: drawn.has_areas("walk_minutes")),
        Mark(
            "sample",
            N_("驿站点位为示意"),
            180,
            lambda drawn: bool((drawn.traces["stations"].get("meta") or {}).get("illustrative")),
        ),
    ),
    counted={"stations": N_("工会驿站"), "clusters": N_("驿站群")},
    listed=("stations", "clusters"),
    ground="zones",
)
