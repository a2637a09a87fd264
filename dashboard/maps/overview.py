"""The map: a fixed list of traces over the style, ids and values only.

The number and order of traces never change, so that an update is a change of
values. Geometry comes by address; a click carries ``[kind, id]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from dashboard import theme
from dashboard.maps import flows, map_style, reach, routes
from dashboard.maps.fills import AreaFill, area_fill, cell_fill
from dashboard.maps.marks import halo, packed, points
from dashboard.state import View
from dashboard.words import Words
from geodata.kinds import Kind
from layers import disc, fairs, located, places, qualifiers, stations
from layers.atlas import Atlas
from layers.filters import Filters

TRACES = (
    "areas",
    "cells",
    *reach.TRACES,
    "chosen",
    "disc",
    "activities",
    "enterprises",
    "fairs_halo",
    "fairs",
    "stations_halo",
    "stations",
    "clusters",
    *flows.TRACES,
    *routes.TRACES,
)
POINTS_AT_MOST = 2_000
OWN_SHOWN, OWN_LONG = 6, 60  # own fields that a hover lists, and characters of each
MAX_WRITTEN = 60  # characters of opening hours as written that a hover shows
NATION_BOUNDS = (73.3, 3.2, 135.3, 53.8)


def _areas(fill: AreaFill, version: str) -> dict:
    return {
        "type": "choroplethmap",
        "name": "areas",
        "below": map_style.BELOW_AREAS,
        "geojson": f"/geo/{version}/{fill.geometry}.json",
        "featureidkey": "id",
        "locations": fill.ids,
        "z": fill.classes,
        "zmin": -0.5,
        "zmax": len(fill.colors) - 0.5,
        "colorscale": _steps(fill.colors),
        "showscale": False,
        "customdata": [[fill.kind, one] for one in fill.ids],
        "hovertext": fill.hover,
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {"opacity": fill.opacity, "line": {"width": fill.line_width, "color": theme.PAPER}},
        "selected": {"marker": {"opacity": fill.opacity}},
        "unselected": {"marker": {"opacity": fill.opacity}},
    }


def _steps(colors: Sequence[str]) -> list[list]:
    count = len(colors)
    return [[edge / count, color] for i, color in enumerate(colors) for edge in (i, i + 1)]


def _chosen(fill: AreaFill, filters: Filters, version: str) -> dict:
    """Outline of the chosen region, zone or grid; always there, empty when nothing is chosen."""
    if filters.grid:
        name, one = "grids", filters.grid
    elif filters.region:
        name, one = ("zones" if fill.zones else "regions"), filters.region
    else:
        return _nothing_chosen(version)
    return _outline(name, [one], version)


def _nothing_chosen(version: str) -> dict:
    return _outline("regions", [], version)


def _outline(name: str, ids: list[str], version: str) -> dict:
    return {
        "type": "choroplethmap",
        "name": "chosen",
        "below": map_style.BELOW_POINTS,
        "geojson": f"/geo/{version}/{name}.json",
        "featureidkey": "id",
        "locations": ids,
        "z": [0] * len(ids),
        "colorscale": [[0, theme.CLEAR], [1, theme.CLEAR]],
        "showscale": False,
        "hoverinfo": "skip",
        "marker": {"line": {"width": 2.4, "color": theme.RED}},
    }


def _cells(atlas: Atlas, filters: Filters, words: Words) -> dict:
    fill = cell_fill(atlas, filters, words)
    return {
        "type": "choroplethmap",
        "name": "cells",
        "below": map_style.BELOW_CELLS,
        "geojson": f"/geo/{atlas.version}/cells.json",
        "featureidkey": "id",
        "locations": fill.ids,
        "z": fill.classes,
        "zmin": -0.5,
        "zmax": len(fill.colors) - 0.5,
        "colorscale": _steps(fill.colors),
        "showscale": False,
        "hovertext": fill.hover,
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {"opacity": 0.82, "line": {"width": 0.5, "color": theme.PAPER}},
        "selected": {"marker": {"opacity": 0.82}},
        "unselected": {"marker": {"opacity": 0.82}},
    }


def _enterprises(atlas: Atlas, filters: Filters, here: places.Scope, words: Words) -> dict:
    frame = atlas.enterprises
    shown = "enterprises" in filters.layers and here.level not in ("country", "province")
    mask = np.zeros(len(frame), dtype=bool)
    lon, lat = atlas.lonlat("enterprises")
    if shown:
        mask = places.table_mask(atlas, here, "enterprises") & atlas.of_provenance("enterprises", filters.provenance)
        mask = mask & places.in_area(filters, lon, lat)
    rows = frame[mask]
    sectors = words.codes("sector")
    text = [
        f"<b>{escape(name)}</b><br>{escape(sectors.get(sector, str(sector)))} · {words.number(workers)} {words('名职工')}"
        f"<br>{words('已强化“产改”举措') if strong else words('尚未强化“产改”举措')}<br>{words.provenance(origin)}"
        for name, sector, workers, strong, origin in zip(
            rows["name"], rows["sector"], rows["workers"], rows["strengthened"], rows["provenance"], strict=True
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
    return {"meta": {"named": named}} | points(
        "enterprises",
        lon[mask],
        lat[mask],
        [["enterprise", one] for one in rows["enterprise_id"]],
        text,
        size=4.5 if here.level == "city" else 7,
        color=color,
        opacity=0.75,
    )


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


def _text(value: Any) -> str:
    """Return a text cell, empty when it is missing."""
    return value if isinstance(value, str) else ""


def _own(row: Any, words: Words) -> str:
    """Return what a row says beside the fields of its table, as lines of a hover: a few of them, none that is personal."""
    text = getattr(row, "own", None)
    said = words.own("", text)[:OWN_SHOWN] if isinstance(text, str) else []
    return "".join(f"<br>{escape(one if len(one) <= OWN_LONG else one[:OWN_LONG] + '…')}" for one in said)


def _hours(row: Any, words: Words) -> str:
    """Return opening hours for a hover, the text as written behind them."""
    text = _text(getattr(row, "opening_hours_text", None)).replace("\n", " ")
    text = text if len(text) <= MAX_WRITTEN else text[:MAX_WRITTEN] + "…"
    return escape(words.hours_as_written(_text(row.opening_hours), text))


def station_hover(frame: pd.DataFrame, words: Words) -> list[str]:
    """Return the hover text of each station: name, address, hours, access, state now, provenance."""
    reasons = words.codes("why_not")
    access = words.codes("access")
    facilities, statuses = words.codes("facility"), words.codes("status")
    text = []
    for row in frame.itertuples():
        why = reasons.get(row.why_not) or statuses.get(row.status, words("状态未知"))
        state = words("计入有效覆盖") if row.effective else words("不计入有效覆盖：{why}").format(why=why)
        has = "、".join(facilities.get(one, one) for one in _text(row.facilities).split(";") if one)
        text.append(
            f"<b>{escape(words.both(str(row.name)))}</b><br>{escape(_text(row.address))}<br>{words('开放时间')} {_hours(row, words)}"
            f" · {access.get(row.access, '')}<br>{has}<br>{state}{_own(row, words)}<br>{words.provenance(row.provenance)}{_of_point(row, words)}"
        )
    return text


def _of_point(row: Any, words: Words) -> str:
    """Return where the point of a station is from, where that is not where its row is from."""
    if row.point_provenance == row.provenance:
        return ""
    return " · " + words("位置：{provenance}").format(provenance=words.provenance(row.point_provenance))


def _fairs(atlas: Atlas, filters: Filters, words: Words) -> dict:
    frame = fairs.select(atlas, filters)
    frame = frame[frame["lon"].notna()] if "fairs" in filters.layers else frame.iloc[:0]
    spread = frame.groupby("adcode").cumcount().to_numpy()
    positions = frame["positions"].fillna(0).to_numpy(dtype=float)
    size = np.clip(12 + np.sqrt(positions) / 4, 12, 30)
    text = []
    for row in frame.itertuples():
        when = words.date(row.start) if pd.notna(row.start) else words("日期未报道")
        lines = [f"<b>{escape(str(row.name))}</b>", when]
        for column, label, unit in (
            ("enterprises", words("参会企业"), words("家")),
            ("positions", words("提供岗位"), words("个")),
            ("hiring_intents", words("达成就业意向"), words("人")),
            ("livestream_attendance", words("直播观看"), words("人次")),
        ):
            value = getattr(row, column)
            if pd.notna(value):
                lines.append(f"{label} {words.qualified(value, qualifiers.of_column(row.qualifiers, column))} {unit}")
        last = words.provenance(row.provenance) + " · " + words("点位为城市代表点")
        text.append("<br>".join(lines) + _own(row, words) + "<br>" + last)
    # two fairs of one city share its representative point: set the later ones beside it
    lon, lat = frame["lon"].to_numpy(dtype=float) + 0.12 * spread, frame["lat"].to_numpy(dtype=float)
    reported = (frame["provenance"] == "reported").to_numpy(dtype=bool)
    color = np.where(
        (frame["fair_id"] == filters.fair).to_numpy(dtype=bool), theme.RED, np.where(reported, theme.FAIR, theme.PAPER)
    ).tolist()
    return points(
        "fairs",
        lon,
        lat,
        [["fair", one] for one in frame["fair_id"]],
        text,
        size=np.round(size, 1).tolist(),
        color=color,
    )


def _activities(atlas: Atlas, filters: Filters, words: Words) -> dict:
    """Activities gathered by where they are: one circle a point or a place, sized by how many."""
    frame = located.spots(atlas, filters) if "activities" in filters.layers else None
    if frame is None or not len(frame):
        return points("activities", [], [], [], [], size=8, color=theme.ACTIVITY)
    count = frame["count"].to_numpy(dtype=float)
    # an activity held at a station lies under its mark: near, it stands out around it
    least = (
        24
        if "stations" in filters.layers and places.scope(atlas, filters).level not in ("country", "province", "city")
        else 12
    )
    kinds = words.activity_kinds()
    text = [
        f"<b>{escape(str(words.name(row)))}</b><br>{_kind_in_hover(kinds.get(row.kind), words) if row.kind else words('多类活动')}"
        f" · {words.number(row.count)} {words('项活动')}{''.join('<br>' + escape(said) for said in words.own(row.kind, row.own))}<br>{words.provenance(row.provenance)}"
        for row in frame.itertuples()
    ]
    return points(
        "activities",
        frame["lon"],
        frame["lat"],
        [[row.unit_kind, row.unit_id] for row in frame.itertuples()],
        text,
        size=np.round(np.clip(least + 3 * np.log2(count), least, 34), 1).tolist(),
        color=theme.ACTIVITY,
        opacity=0.42,
    )


def _kind_in_hover(kind: Kind | None, words: Words) -> str:
    return (
        ""
        if kind is None
        else f'<span style="color:{kind.colour}">●</span> {escape(kind.zh if words.lang == "zh" else kind.en)}'
    )


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
    if row is not None:
        lon, lat = (axis[row] for axis in atlas.lonlat("stations"))
        if not np.isnan(lon):
            ring = disc.disc(float(lon), float(lat), filters.straight_radius)
            trace |= {"lon": packed(ring[:, 0]), "lat": packed(ring[:, 1])}
    return trace


def map_figure(
    atlas: Atlas,
    filters: Filters,
    words: Words,
    view: View | None = None,
    box: tuple[float, float, float, float] | None = None,
    zoom: float | None = None,
) -> dict[str, Any]:
    """Return the map as a plotly.js figure dictionary.

    Parameters
    ----------
    atlas, filters
        What is known and what to look at.
    words : Words
        The reader's language.
    view : View, optional
        Where the map stands; None fits the place (done in the browser, which
        knows the size of the map, from ``layout.meta.bounds``).
    box : tuple of float, optional
        West, south, east, north of what is visible, degrees; None: the place.
    zoom : float, optional
        Zoom of the map as MapLibre counts it.

    Returns
    -------
    dict
        ``data`` (traces in the order of :data:`TRACES`) and ``layout``.
    """
    here = places.scope(atlas, filters)
    bounds = NATION_BOUNDS if here.level == "country" else here.bounds
    fill = area_fill(atlas, filters, here, words)
    seen = stations_in_view(atlas, filters, box or bounds, zoom)
    station_trace, clusters = _stations(filters, seen, words)
    fair_trace = _fairs(atlas, filters, words)
    traces = {
        "areas": _areas(fill, atlas.version),
        "cells": _cells(atlas, filters, words),
        **reach.traces(atlas, filters),
        "chosen": _chosen(fill, filters, atlas.version),
        "disc": _disc(atlas, filters),
        "enterprises": _enterprises(atlas, filters, here, words),
        "activities": _activities(atlas, filters, words),
        "fairs_halo": halo("fairs_halo", fair_trace, 4, theme.FAIR),
        "fairs": fair_trace,
        "stations_halo": halo("stations_halo", station_trace, 5, theme.STATION),
        "stations": station_trace,
        "clusters": clusters,
        **flows.traces(atlas, filters, words),
        **routes.traces(atlas, filters, words),
    }
    key = place_key(filters)
    spot: dict[str, Any] = {
        "center": {"lon": (bounds[0] + bounds[2]) / 2, "lat": (bounds[1] + bounds[3]) / 2},
        "zoom": 3,
    }
    if view is not None:
        spot = {"center": {"lon": view.lon, "lat": view.lat}, "zoom": view.zoom}
    return {
        "data": [traces[name] for name in TRACES],
        "layout": {
            "map": {"style": map_style.style(atlas.version, filters.lang), **spot},
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "showlegend": False,
            "clickmode": "event",
            "paper_bgcolor": theme.WATER,
            "font": {"family": theme.FONT},
            "hoverlabel": {
                "bgcolor": theme.PAPER,
                "bordercolor": theme.HAIRLINE,
                "align": "left",
                "font": {"family": theme.FONT, "size": theme.BODY, "color": theme.INK},
            },
            "uirevision": key,
            "selectionrevision": repr(filters.area),
            "selections": [],
            "newselection": {"line": {"color": theme.RED, "width": 1.5}},
            "meta": {
                "hatched": _made_up(atlas, fill) if fill.kind == "grid" else [],
                "zones": fill.zones,
                "bounds": list(bounds),
                "fit": view is None,
                "key": key,
                "off": [
                    name
                    for group, names in map_style.SWITCHED.items()
                    for name in names
                    if not _switched_on(group, filters)
                ],
            },
        },
    }


def _made_up(atlas: Atlas, fill: AreaFill) -> list[str]:
    """Return the grids of `fill` whose border is illustrative: those that the union has drawn itself are not hatched."""
    sketched = set(atlas.grids["grid_id"][atlas.grids["geometry_provenance"] == "illustrative"])
    return [one for one in fill.ids if one in sketched]


def _switched_on(group: str, filters: Filters) -> bool:
    if group == "zones":
        return "demand" in filters.layers or "stations" in filters.layers
    return group in filters.layers and "illustrative" in filters.provenance


def place_key(filters: Filters) -> str:
    """Return what tells the places looked at apart: a map is fitted anew when it changes."""
    return "/".join(filter(None, (filters.place, filters.region, filters.grid)))


def stations_in_view(
    atlas: Atlas, filters: Filters, box: tuple[float, float, float, float], zoom: float | None
) -> stations.View | None:
    """Return the stations of the visible box, as points or gathered in cells; None when the layer is off."""
    if "stations" not in filters.layers:
        return None
    return stations.in_view(atlas, filters, box, zoom or 6.0, limit=POINTS_AT_MOST)


def station_traces(
    atlas: Atlas, filters: Filters, words: Words, box: tuple[float, float, float, float], zoom: float
) -> dict[int, dict]:
    """Return the traces of stations for another visible box, by their position in the figure."""
    single, clusters = _stations(filters, stations_in_view(atlas, filters, box, zoom), words)
    rim = halo("stations_halo", single, 5, theme.STATION)
    return {TRACES.index(trace["name"]): trace for trace in (rim, single, clusters)}
