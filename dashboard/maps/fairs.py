"""Job fairs on the map: larger with more positions, full when reported, hollow when illustrative."""

from __future__ import annotations

from html import escape
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from dashboard import theme
from dashboard.maps.layer import Layer, Mark, Scene
from dashboard.maps.marks import halo, own_fields, points
from geodata.errors import N_
from geodata.frames import rows_of
from layers import fairs, qualifiers

HEIGHTS = {"fairs_halo": 70, "fairs": 71}
#: So many fairs of one city stand beside each other; more are one mark.
MOST_APART = 12
#: Longitudes, latitudes, what a click carries, hover texts, positions offered, colours.
Marks = tuple[Any, Any, list[list[str]], list[str], Any, list[str]]


def traces(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return the traces of :data:`HEIGHTS`; empty ones when the layer is off."""
    frame = fairs.select(scene.atlas, scene.filters)
    frame = frame[frame["lon"].notna()] if scene.shows("fairs") else frame.iloc[:0]
    apart = frame.groupby("adcode")["fair_id"].transform("size") <= MOST_APART
    made = [_apart(frame[apart], scene), _together(frame[~apart], scene)]
    lon, lat, keys, text, positions, color = (list(chain.from_iterable(parts)) for parts in zip(*made, strict=True))
    size = np.clip(12 + np.sqrt(np.asarray(positions, dtype=float)) / 4, 12, 30)
    dots = points("fairs", lon, lat, keys, text, size=np.round(size, 1).tolist(), color=color)
    return {"fairs_halo": halo("fairs_halo", dots, 4, theme.FAIR), "fairs": dots}


def _apart(frame: pd.DataFrame, scene: Scene) -> Marks:
    """Return a mark for each fair."""
    words = scene.words
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
    lon = frame["lon"].to_numpy(dtype=float) + 0.12 * frame.groupby("adcode").cumcount().to_numpy()
    reported = (frame["provenance"] == "reported").to_numpy(dtype=bool)
    chosen = (frame["fair_id"] == scene.filters.fair).to_numpy(dtype=bool)
    color = np.where(chosen, theme.RED, np.where(reported, theme.FAIR, theme.PAPER))
    keys = [["fair", one] for one in frame["fair_id"]]
    return lon, frame["lat"], keys, text, frame["positions"].fillna(0).to_numpy(dtype=float), color.tolist()


def _together(frame: pd.DataFrame, scene: Scene) -> Marks:
    """Return a mark for all fairs of a city and provenance: in a row they would reach across the next province."""
    words, names = scene.words, scene.atlas.rows_by("places", "adcode")
    found = frame.groupby(["adcode", "provenance"], as_index=False, sort=True).agg(
        lon=("lon", "first"),
        lat=("lat", "first"),
        count=("fair_id", "size"),
        positions=("positions", "sum"),
        known=("positions", "count"),
    )
    text = []
    for row in rows_of(found):
        place = scene.atlas.places["name" if words.lang == "zh" else "name_en"].iloc[names[row.adcode]]
        offered = words("其中 {known} 场有岗位数，共 {positions} 个").format(
            known=words.number(row.known), positions=words.number(row.positions)
        )
        text.append(
            f"<b>{escape(str(place))}</b><br>{words('{count} 场招聘会').format(count=words.number(row.count))}<br>"
            f"{offered}<br>{words.provenance(row.provenance)} · {words('点位为城市代表点')}"
        )
    beside = 0.12 * found.groupby("adcode").cumcount().to_numpy()
    color = [theme.FAIR if one == "reported" else theme.PAPER for one in found["provenance"]]
    keys = [["place", one] for one in found["adcode"]]
    return found["lon"] + beside, found["lat"], keys, text, found["positions"].fillna(0).to_numpy(float), color


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
