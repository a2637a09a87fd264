"""The planner's maps: demand before and after, what stands, what could, what is proposed.

The small maps of a comparison.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from dashboard import theme
from dashboard.maps import canvas, map_style, nation
from dashboard.maps.cells import shapes as shapes_of_cells
from dashboard.maps.isochrones import around
from dashboard.maps.marks import packed
from dashboard.state import View
from dashboard.words import Words
from layers import disc, places
from layers.atlas import Atlas
from layers.classification import quantiles
from layers.siting.answer import CLOSED, UPGRADED, CellCover, Changed, Site
from layers.siting.case import Case

TRACES = (
    "cells",
    "discs",
    "new_discs",
    "candidates",
    "forbidden",
    "forced",
    "idle_halo",
    "idle",
    "stations_halo",
    "stations",
    "closed",
    "upgraded",
    "sites_halo",
    "sites",
)
UNREACHED, PARTLY, REACHED, NEWLY = range(4)
UNPLACED = 4  # of a place of whose stations nobody knows where they are
COLORS = (*theme.UNREACHED, *theme.NIGHT_ONLY, *theme.REACHED, *theme.NEW)
AFTER, BEFORE = "after", "before"
FULL = 1.0 - 1e-9
MANY_CANDIDATES = 6_000
MAX_WRITTEN = 60  # characters of opening hours as written that a hover shows
MANY_DISCS = 400
MANY_WALKED = 20  # the same along the streets, which takes long
CORNERS_KEPT = 3  # of the corners of a disc, every third: enough for the eye


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What the map shows.

    Attributes
    ----------
    case : Case or None
        None when the question cannot be asked here; the map then shows the place alone.
    cover : CellCover or None
    sites : sequence of Site
        Numbered sites of the plan.
    forced, forbidden : sequence of (lon, lat, id)
        Candidates that must, or must not, be chosen.
    names : mapping of str to str
        Street → its name in the reader's language.
    changes : sequence of Changed
        Stations that close or are upgraded in the plan.
    candidates : bool
        Whether the question chooses among candidates.
    """

    case: Case | None
    cover: CellCover | None
    sites: Sequence[Site] = ()
    forced: Sequence[tuple[float, float, str]] = ()
    forbidden: Sequence[tuple[float, float, str]] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    changes: Sequence[Changed] = ()
    candidates: bool = True


def colors_of(cover: CellCover | None) -> tuple[str, ...]:
    """Return the colours that :func:`classes` counts in."""
    return (*COLORS, *theme.UNPLACED) if cover is not None and cover.lost else COLORS


def classes(cover: CellCover, phase: str = AFTER) -> NDArray[np.int64]:
    """Return the colour of each cell: out of reach, in part of the hours, reached, newly reached.

    Each in thirds of weight.
    """
    third = quantiles(cover.weight, 3).classes(cover.weight)
    share = cover.after if phase == AFTER else cover.before
    nothing = UNPLACED if cover.lost else UNREACHED
    state = np.where(share >= FULL, REACHED, np.where(share > 0, PARTLY, nothing))
    if phase == AFTER:
        state = np.where(cover.after > cover.before + 1e-9, NEWLY, state)
    return state * 3 + third


def map_figure(
    atlas: Atlas, shown: Shown, place: places.Scope, words: Words, view: View | None, phase: str = AFTER
) -> dict[str, Any]:
    """Return the planner's map as a plotly.js figure dictionary, its traces in the order of :data:`TRACES`."""
    found = shown.case
    after = phase == AFTER
    changes = shown.changes if after else ()
    closed, upgraded = ([one for one in changes if one.kind == kind] for kind in (CLOSED, UPGRADED))
    if found is not None:
        found = found.changed(*({one.station_id for one in some} for some in (closed, upgraded)))
    traces = {
        "cells": _cells(atlas, shown, place, words, phase),
        "discs": _discs(atlas, "discs", _spots(atlas, open_rows(found)), found, theme.STATION, theme.STATION_DISC, 1.0),
        "new_discs": _discs(
            atlas,
            "new_discs",
            [(one.lon, one.lat) for one in shown.sites] if after else [],
            found,
            theme.RED,
            theme.RED_DISC,
            1.6,
        ),
        "candidates": _candidates(found if after and shown.candidates else None, words),
        "forbidden": _marks(
            "forbidden", shown.forbidden if after else (), "×", theme.BARRED, words("已排除，点击恢复")
        ),
        "forced": _marks("forced", shown.forced if after else (), "✓", theme.RED, words("必选，点击改为排除")),
        **_stations(atlas, found, words),
        "closed": _changed("closed", closed, "×", theme.BARRED, words("撤并或迁走")),
        "upgraded": _changed("upgraded", upgraded, "24", theme.STATION, words("改为 24 小时开放")),
        **_sites(shown.sites if after else (), found, shown.names, words),
    }
    bounds = nation.bounds(place)
    key = "plan/" + "/".join(str(part) for part in place.key)
    return {
        "data": [traces[name] for name in TRACES],
        "layout": canvas.layout(
            map_style.style(atlas, words.lang),
            canvas.standing(bounds, 10, view),
            images=nation.images(atlas, place, words),
            clickmode="event",
            dragmode="pan",
            uirevision=key,
            meta={
                "bounds": _bounds(found, bounds),
                "fit": view is None,
                "key": key,
                **nation.told(atlas, place),
            },
        ),
    }


def _bounds(found: Case | None, bounds: tuple[float, float, float, float]) -> list[float]:
    """Return the box of the demand (a county runs out to sea), or of the place."""
    if found is None:
        return list(bounds)
    lon, lat = found.demand.located.xy.T
    pad = 0.004
    return [float(lon.min()) - pad, float(lat.min()) - pad, float(lon.max()) + pad, float(lat.max()) + pad]


def _base(name: str, lonlat: NDArray[np.float64], **more: Any) -> dict[str, Any]:
    lonlat = np.asarray(lonlat, np.float64).reshape(-1, 2)
    opacity = more.get("marker", {}).get("opacity", 1)
    return {
        "type": "scattermap",
        "name": name,
        "mode": "markers",
        "below": more.pop("below", map_style.BELOW_POINTS),
        "lon": packed(lonlat[:, 0]),
        "lat": packed(lonlat[:, 1]),
        "hoverinfo": "skip",
        "selected": {"marker": {"opacity": opacity}},
        "unselected": {"marker": {"opacity": opacity}},
        **more,
    }


def _hover(texts: list[str]) -> dict[str, Any]:
    return {"hovertext": texts, "hovertemplate": "%{hovertext}<extra></extra>", "hoverinfo": "text"}


def _cells(atlas: Atlas, shown: Shown, place: places.Scope, words: Words, phase: str) -> dict[str, Any]:
    cover = shown.cover
    ids, codes, texts = [], [], []
    if cover is not None:
        ids, codes = cover.cells, classes(cover, phase).tolist()
        share = cover.after if phase == AFTER else cover.before
        label, reached, unknown = words("需求权重"), words("覆盖"), words("驿站尚无位置，够不够得到不详")
        texts = [
            f"{label} {weight:.1f} · {unknown if cover.lost and not part else f'{reached} {part:.0%}'}"
            for weight, part in zip(cover.weight, share, strict=True)
        ]
    colors = colors_of(cover)
    count = len(colors)
    return {
        "type": "choroplethmap",
        "name": "cells",
        "below": map_style.BELOW_CELLS,
        "geojson": shapes_of_cells(atlas, place.adcode, ids),
        "featureidkey": "id",
        "locations": ids,
        "z": codes,
        "zmin": -0.5,
        "zmax": count - 0.5,
        "showscale": False,
        "colorscale": [[edge / count, color] for at, color in enumerate(colors) for edge in (at, at + 1)],
        "marker": {"opacity": 0.82, "line": {"width": 0.5, "color": theme.PAPER}},
        **_hover(texts),
        "selected": {"marker": {"opacity": 0.82}},
        "unselected": {"marker": {"opacity": 0.82}},
    }


def open_rows(found: Case | None) -> NDArray[np.intp]:
    """Return the rows of the stations that serve in some hour asked."""
    return np.empty(0, np.intp) if found is None else found.serving[found.open_then()]


def shut_rows(found: Case | None) -> NDArray[np.intp]:
    """Return the rows of the stations that stand and serve in no hour asked: closed then, or not for everybody."""
    return np.empty(0, np.intp) if found is None else np.concatenate([found.serving[~found.open_then()], found.idle])


def _spots(atlas: Atlas, rows: NDArray[np.intp]) -> list[tuple[float, float]]:
    lon, lat = atlas.lonlat("stations")
    return list(zip(lon[rows].tolist(), lat[rows].tolist(), strict=True))


def _discs(
    atlas: Atlas,
    name: str,
    spots: Sequence[tuple[float, float]],
    found: Case | None,
    color: str,
    fill: str,
    width: float,
) -> dict[str, Any]:
    rings: list[NDArray[np.float64]] = []
    if found is not None and found.walked:
        if 0 < len(spots) <= MANY_WALKED:
            area = around(atlas, found.walked, np.array(spots), (float(found.filters.radius),))[0]
            rings = [
                np.array(ring.coords) for one in shapely.get_parts(area) for ring in (one.exterior, *one.interiors)
            ]
    elif found is not None and len(spots) <= MANY_DISCS:
        rings = [disc.disc(lon, lat, found.filters.straight_radius)[::CORNERS_KEPT] for lon, lat in spots]
    gap = np.full((1, 2), np.nan)
    trace = _base(
        name,
        np.vstack([np.empty((0, 2)), *(part for ring in rings for part in (ring, gap))]),
        mode="lines",
        fill="toself",
        fillcolor=fill,
        line={"color": color, "width": width},
    )
    # the area of streets has holes, which the fill of a line does not know: its outline alone
    return trace | {"fill": "none"} if found is not None and found.walked else trace


def _candidates(found: Case | None, words: Words) -> dict[str, Any]:
    if found is None or len(found.offered) > MANY_CANDIDATES:
        return _base(
            "candidates", np.empty((0, 2)), customdata=[], marker={"size": 3.5, "color": theme.MUTED, "opacity": 0.5}
        )
    offered = found.offered
    names = [f"<b>{escape(name)}</b><br>" if name else "" for name in offered.names]
    hint = words("备选点，点击设为必选")
    return _base(
        "candidates",
        np.column_stack([offered.lon, offered.lat]),
        customdata=[["candidate", one] for one in offered.ids],
        marker={"size": 3.5, "color": theme.MUTED, "opacity": 0.5},
        **_hover([name + hint for name in names]),
    )


def _marks(name: str, marks: Sequence[tuple[float, float, str]], sign: str, color: str, hint: str) -> dict[str, Any]:
    return _base(
        name,
        np.array([mark[:2] for mark in marks], np.float64),
        mode="markers+text",
        text=[sign] * len(marks),
        textfont={"color": theme.PAPER, "size": theme.NOTE},
        marker={"size": 15, "color": color, "opacity": 1, "allowoverlap": True},
        customdata=[["candidate", mark[2]] for mark in marks],
        **_hover([hint] * len(marks)),
    )


def _changed(name: str, changes: Sequence[Changed], sign: str, color: str, said: str) -> dict[str, Any]:
    return _base(
        name,
        np.array([(one.lon, one.lat) for one in changes], np.float64),
        below="",
        mode="markers+text",
        text=[sign] * len(changes),
        textfont={"color": theme.PAPER, "size": theme.SMALL},
        marker={"size": 19, "color": color, "opacity": 1, "allowoverlap": True},
        **_hover([f"<b>{escape(one.name)}</b><br>{said}" for one in changes]),
    )


def _hours(text: Any, written: Any, words: Words) -> str:
    text, written = (one if isinstance(one, str) else "" for one in (text, written))
    return escape(words.hours_as_written(text, written.replace("\n", " ")[:MAX_WRITTEN]))


def _stations(atlas: Atlas, found: Case | None, words: Words) -> dict[str, dict[str, Any]]:
    access = words.codes("access")
    traces = {}
    for name, rows, color, sizes in (
        ("stations", open_rows(found), theme.STATION, (13, 8)),
        ("idle", shut_rows(found), theme.FAINT, (9, 5)),
    ):
        frame = atlas.stations.iloc[rows]
        shut, unknown = (
            (f"<br>{words('此时段不服务')}", f"<br>{words('开放时间不详，不计入此时段')}")
            if name == "idle"
            else ("", "")
        )
        texts = [
            f"<b>{escape(str(one))}</b><br>{words('开放时间')} {_hours(text, written, words)}"
            f" · {access.get(way, '')}{shut if isinstance(text, str) else unknown}"
            f"<br>{words.provenance(origin)}"
            for one, text, written, way, origin in zip(
                frame["name"],
                frame["opening_hours"],
                frame["opening_hours_text"],
                frame["access"],
                frame["provenance"],
                strict=True,
            )
        ]
        spots = np.array(_spots(atlas, rows), np.float64).reshape(-1, 2)
        traces[f"{name}_halo"] = _base(f"{name}_halo", spots, marker={"size": sizes[0], "color": color, "opacity": 1})
        traces[name] = _base(
            name, spots, marker={"size": sizes[1], "color": theme.PAPER, "opacity": 1}, **_hover(texts)
        )
    return traces


def _sites(
    sites: Sequence[Site], found: Case | None, names: Mapping[str, str], words: Words
) -> dict[str, dict[str, Any]]:
    spots = np.array([(one.lon, one.lat) for one in sites], np.float64).reshape(-1, 2)
    total = float(found.demand.numbers("weight", 1.0).sum()) if found is not None and len(sites) else 0.0
    texts = []
    for one in sites:
        message, params = one.why(total)
        texts.append(
            f"<b>{one.number} · {escape(names.get(one.name, one.name))}</b><br>"
            + words(message).format(**params).replace("；", "；<br>")
            + f"<br>{words('拖动试算，点击锁定或排除')}"
        )
    number = [str(one.number) for one in sites]
    return {
        "sites_halo": _base("sites_halo", spots, below="", marker={"size": 25, "color": theme.PAPER, "opacity": 1}),
        # over the names of streets, which would push their numbers away
        "sites": _base(
            "sites",
            spots,
            below="",
            mode="markers+text",
            text=number,
            textfont={"color": theme.PAPER, "size": theme.SMALL},
            marker={"size": 21, "color": theme.RED, "opacity": 1, "allowoverlap": True},
            customdata=[["site", one.number, one.site_id] for one in sites],
            **_hover(texts),
        ),
    }


def small_map(
    cover: CellCover | None,
    cells: Mapping[str, tuple[float, float]],
    sites: Sequence[tuple[float, float, int, bool]],
    ground: shapely.Geometry,
) -> dict[str, Any]:
    """Return a map that fits a card and needs no WebGL: land, covered demand, sites.

    Those shared by all scenarios filled dark.

    Parameters
    ----------
    cells : mapping of str to (float, float)
        Cell → its centre, degrees.
    sites : sequence of (lon, lat, number, shared)
    """
    x, y = _outline(ground)
    west, south, east, north = ground.bounds
    stretch = 1.0 / np.cos(np.radians((south + north) / 2))
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": x,
            "y": y,
            "fill": "toself",
            "fillcolor": theme.LAND,
            "line": {"color": theme.FAINT, "width": 0.8},
            "hoverinfo": "skip",
        }
    ]
    if cover is not None:
        colors = np.array(colors_of(cover))[classes(cover)]
        spots = np.array([cells[one] for one in cover.cells]).reshape(-1, 2)
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": packed(spots[:, 0]),
                "y": packed(spots[:, 1]),
                "hoverinfo": "skip",
                "marker": {"size": 5.5, "color": colors.tolist(), "symbol": "hexagon"},
            }
        )
    traces.append(
        {
            "type": "scatter",
            "mode": "markers+text",
            "x": [one[0] for one in sites],
            "y": [one[1] for one in sites],
            "text": [str(one[2]) for one in sites],
            "textfont": {"color": theme.PAPER, "size": 9},
            "hoverinfo": "skip",
            "marker": {
                "size": 15,
                "color": [theme.INK if one[3] else theme.RED for one in sites],
                "line": {"color": theme.PAPER, "width": 1.5},
            },
        }
    )
    axis = {"visible": False, "showgrid": False}
    return {
        "data": traces,
        "layout": theme.chart_layout(
            margin={"l": 0, "r": 0, "t": 0, "b": 0},
            plot_bgcolor=theme.WATER,
            xaxis={**axis, "range": [west, east]},
            yaxis={**axis, "range": [south, north], "scaleanchor": "x", "scaleratio": stretch},
            annotations=[],
        ),
    }


def _outline(ground: shapely.Geometry) -> tuple[list[float | None], list[float | None]]:
    x: list[float | None] = []
    y: list[float | None] = []
    for part in shapely.get_parts(ground):
        if part.geom_type == "Polygon" and part.area > 1e-6:
            ring = np.asarray(part.exterior.simplify(0.0004).coords)
            x += [*np.round(ring[:, 0], 4).tolist(), None]
            y += [*np.round(ring[:, 1], 4).tolist(), None]
    return x, y
