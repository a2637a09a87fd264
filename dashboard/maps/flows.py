"""Hires across cities on the map: arcs as wide as the persons are many, reported whole, illustrative dashed.

A line of a map has one width and no dash, so each width and provenance has a trace of its own, and a dashed arc is
drawn as pieces. A dot near the end says where it leads: full when reported, hollow when illustrative.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np

from dashboard import theme
from dashboard.maps import map_style
from dashboard.maps.layer import Drawn, Layer, Mark, Scene
from dashboard.maps.marks import halo, packed, points
from geodata.errors import N_
from geodata.frames import rows_of
from layers import flows

CLASSES = ((1, 2.0), (10, 3.6), (50, 6.0))  # from how many persons, width in pixels
SOLID = tuple(f"flows_whole_{at}" for at in range(len(CLASSES)))
DASHED = tuple(f"flows_dashed_{at}" for at in range(len(CLASSES)))
HEIGHTS = {name: at for at, name in enumerate((*SOLID, *DASHED, "flows_halo", "flows"), 90)}
HOW_WIDE = N_("线越粗，人数越多")


def traces(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return the traces of :data:`HEIGHTS`; empty ones when the layer is off."""
    atlas, words = scene.atlas, scene.words
    rows = flows.totals(atlas, scene.filters) if scene.shows("flows") else flows.summed(atlas.flows.iloc[:0])
    at = atlas.tree.positions(rows["from_adcode"]), atlas.tree.positions(rows["to_adcode"])
    names = atlas.places["name" if words.lang == "zh" else "name_en"]
    lon, lat = atlas.places["lon"].to_numpy(dtype=float), atlas.places["lat"].to_numpy(dtype=float)
    lines: dict[str, list] = {name: [] for name in (*SOLID, *DASHED)}
    tips, said, color, keys = [], [], [], []
    for row, start, end in zip(rows_of(rows), *at, strict=True):
        if start < 0 or end < 0 or start == end:
            continue  # an end outside the places of the atlas cannot be drawn; the table of the story still has it
        curve = flows.arc(lon[start], lat[start], lon[end], lat[end])
        made_up = row.provenance == "illustrative"
        width = max(at for at, (least, _) in enumerate(CLASSES) if row.persons >= least or at == 0)
        lines[(DASHED if made_up else SOLID)[width]] += [flows.broken(curve) if made_up else curve, [[np.nan, np.nan]]]
        tips.append(flows.tip(curve))
        color.append(theme.PAPER if made_up else theme.FLOW)
        keys.append(["flow", f"{row.from_adcode}-{row.to_adcode}"])
        said.append(
            f"<b>{escape(str(names.iloc[start]))} → {escape(str(names.iloc[end]))}</b><br>{words('跨市就业')} · "
            f"{words('{count} 人').format(count=words.persons(row.persons))}"
            f"<br>{words.provenance(row.provenance)} · {escape(str(row.source_id))}"
        )
    dots = points(
        "flows", [one[0] for one in tips], [one[1] for one in tips], keys, said, size=7, color=color or theme.FLOW
    )
    found = {
        name: _line(name, lines[name], CLASSES[order % len(CLASSES)][1]) for order, name in enumerate((*SOLID, *DASHED))
    }
    return {**found, "flows_halo": halo("flows_halo", dots, 4, theme.FLOW), "flows": dots}


def _line(name: str, pieces: list, width: float) -> dict[str, Any]:
    lonlat = np.concatenate(pieces) if pieces else np.empty((0, 2))
    return {
        "type": "scattermap",
        "name": name,
        "mode": "lines",
        "below": map_style.BELOW_POINTS,
        "hoverinfo": "skip",
        "lon": packed(lonlat[:, 0]),
        "lat": packed(lonlat[:, 1]),
        "line": {"color": theme.FLOW, "width": width},
    }


def _any(names: tuple[str, ...]) -> Callable[[Drawn], bool]:
    return lambda drawn: any(drawn.has_points(one) for one in names)


LAYER = Layer(
    "flows",
    HEIGHTS,
    traces,
    marks=(
        Mark("flow", N_("跨市就业：报道"), 110, _any(SOLID), HOW_WIDE),
        Mark("flow-sample", N_("跨市就业：示意"), 120, _any(DASHED), HOW_WIDE),
    ),
    counted={"flows": N_("跨市就业")},
)
