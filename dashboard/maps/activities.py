"""Activities on the map, and the routes of those that travel."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from dashboard import theme
from dashboard.maps import routes
from dashboard.maps.layer import Layer, Mark, Scene
from dashboard.maps.marks import points
from dashboard.words import Words
from geodata.errors import N_
from geodata.frames import rows_of
from geodata.kinds import Kind
from layers import activities, activity_spots

HEIGHTS = {"activities": 50, "routes": 100, "stops_halo": 101, "stops": 102}
ON_ROUTES = N_("数字是第几站；直线相连，不是行车路线")


def traces(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return the traces of :data:`HEIGHTS`; empty ones when the layer is off."""
    return {"activities": spots(scene), **routes.traces(scene)}


def spots(scene: Scene) -> dict[str, Any]:
    """Return activities gathered by where they are: one circle a point, a place or a cell, sized by how many."""
    words = scene.words
    frame = None
    if scene.shows("activities"):
        frame = _spots(scene)
    if frame is None or not len(frame):
        return points("activities", [], [], [], [], size=8, color=theme.ACTIVITY)
    count = frame["count"].to_numpy(dtype=float)
    # an activity held at a station lies under its mark: near, it stands out around it
    beside = scene.shows("stations") and scene.near and scene.here.level != "city"
    least = 24 if beside else 12
    kinds, gathered = words.activity_kinds(), words("{count} 项活动，点击放大")
    text = [
        f"{gathered.format(count=words.number(row.count))}<br>{words.provenance(row.provenance)}"
        if row.unit_kind == activity_spots.CLUSTER
        else f"<b>{escape(str(words.name(row)))}</b>"
        f"<br>{_kind_in_hover(kinds.get(row.kind), words) if row.kind else words('多类活动')}"
        f" · {words.number(row.count)} {words('项活动')}"
        f"{''.join('<br>' + escape(said) for said in words.own(row.kind, row.own))}"
        f"<br>{words.provenance(row.provenance)}"
        for row in rows_of(frame)
    ]
    return points(
        "activities",
        frame["lon"],
        frame["lat"],
        [[kind, id] for kind, id in zip(frame["unit_kind"], frame["unit_id"], strict=True)],
        text,
        size=np.round(np.clip(least + 3 * np.log2(count), least, 34), 1).tolist(),
        color=theme.ACTIVITY,
        opacity=0.42,
    )


def _spots(scene: Scene) -> pd.DataFrame:
    asked = scene.atlas, scene.filters, scene.seen, scene.zoom or 6.0
    if scene.box is not None:  # another at each move
        return activity_spots.spots(*asked)
    key = "spots", scene.here.key, scene.zoom, *activities.asked(scene.filters)
    return scene.atlas.recent(key, lambda: activity_spots.spots(*asked))


def _kind_in_hover(kind: Kind | None, words: Words) -> str:
    return (
        ""
        if kind is None
        else f'<span style="color:{kind.colour}">●</span> {escape(kind.zh if words.lang == "zh" else kind.en)}'
    )


LAYER = Layer(
    "activities",
    HEIGHTS,
    traces,
    marks=(
        Mark("activity", N_("活动（越大越多）"), 100, lambda drawn: drawn.has_marks("activities")),
        Mark(
            "route", N_("巡回服务：报道"), 130, lambda drawn: drawn.has_colour("stops", theme.UNREACHED[1]), ON_ROUTES
        ),
        Mark(
            "route-sample", N_("巡回服务：示意"), 140, lambda drawn: drawn.has_colour("stops", theme.PAPER), ON_ROUTES
        ),
    ),
    counted={"activities": N_("活动")},
    listed=("activities",),
)
