"""Job fairs on the map: larger with more positions, full when reported, hollow when illustrative."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from dashboard import theme
from dashboard.maps.layer import Layer, Mark, Scene
from dashboard.maps.marks import halo, own_fields, points, rows_of
from geodata.errors import N_
from layers import fairs, qualifiers

HEIGHTS = {"fairs_halo": 70, "fairs": 71}


def traces(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return the traces of :data:`HEIGHTS`; empty ones when the layer is off."""
    filters, words = scene.filters, scene.words
    frame = fairs.select(scene.atlas, filters)
    frame = frame[frame["lon"].notna()] if scene.shows("fairs") else frame.iloc[:0]
    spread = frame.groupby("adcode").cumcount().to_numpy()
    positions = frame["positions"].fillna(0).to_numpy(dtype=float)
    size = np.clip(12 + np.sqrt(positions) / 4, 12, 30)
    text = []
    for row in rows_of(frame):
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
        text.append("<br>".join(lines) + own_fields(row, words) + "<br>" + last)
    # two fairs of one city share its representative point: set the later ones beside it
    lon, lat = frame["lon"].to_numpy(dtype=float) + 0.12 * spread, frame["lat"].to_numpy(dtype=float)
    reported = (frame["provenance"] == "reported").to_numpy(dtype=bool)
    color = np.where(
        (frame["fair_id"] == filters.fair).to_numpy(dtype=bool), theme.RED, np.where(reported, theme.FAIR, theme.PAPER)
    ).tolist()
    dots = points(
        "fairs",
        lon,
        lat,
        [["fair", one] for one in frame["fair_id"]],
        text,
        size=np.round(size, 1).tolist(),
        color=color,
    )
    return {"fairs_halo": halo("fairs_halo", dots, 4, theme.FAIR), "fairs": dots}


LAYER = Layer(
    "fairs",
    HEIGHTS,
    traces,
    marks=(
        Mark("fair", N_("招聘会：报道"), 80, lambda drawn: drawn.has_colour("fairs", theme.FAIR)),
        Mark("fair-sample", N_("招聘会：示意"), 90, lambda drawn: drawn.has_colour("fairs", theme.PAPER)),
    ),
    counted={"fairs": N_("招聘会")},
    listed=("fairs",),
)
