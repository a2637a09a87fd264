"""Job fairs on the map: larger with more positions, full when reported, hollow when illustrative."""

from __future__ import annotations

from html import escape
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard import theme
from dashboard.maps.layer import Layer, Mark, Scene
from dashboard.maps.marks import halo, own_fields, points
from geodata.errors import N_
from geodata.frames import rows_of
from layers import fairs, qualifiers
from layers.atlas import LEVELS

Rows = NDArray[np.intp]
PROVINCE = LEVELS.index("province")
HEIGHTS = {"fairs_halo": 70, "fairs": 71}
#: So many fairs of one city stand beside each other; more are one mark.
MOST_APART = 12
#: Marks of the visible box; where there would be more, the fairs of a city are one, then those of a province.
FAIRS_AT_MOST = 200
#: Longitudes, latitudes, what a click carries, hover texts, positions offered, colours.
Marks = tuple[Any, Any, list[list[str]], list[str], Any, list[str]]


def traces(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return the traces of :data:`HEIGHTS`; empty ones when the layer is off."""
    made: list[Marks] = [([], [], [], [], [], [])]
    if scene.shows("fairs"):
        single, gathered = _shown(scene)
        if len(single):
            made.append(_apart(fairs.rows_of(scene.atlas, single), scene))
        made += [_together(*one, scene) for one in gathered]
    lon, lat, keys, text, positions, color = (list(chain.from_iterable(parts)) for parts in zip(*made, strict=True))
    size = np.clip(12 + np.sqrt(np.asarray(positions, dtype=float)) / 4, 12, 30)
    dots = points("fairs", lon, lat, keys, text, size=np.round(size, 1).tolist(), color=color)
    return {"fairs_halo": halo("fairs_halo", dots, 4, theme.FAIR), "fairs": dots}


def _shown(scene: Scene) -> tuple[Rows, list[tuple[Rows, NDArray[np.int32]]]]:
    """Return the fairs that have a mark of their own, and those that share one with the place that each of them names.

    As few share as :data:`MOST_APART` and :data:`FAIRS_AT_MOST` allow.
    """
    atlas = scene.atlas
    lon, lat = atlas.lonlat("fairs")
    rows = fairs.chosen(atlas, scene.filters)
    rows = rows[~np.isnan(lon[rows])]
    if len(rows) > FAIRS_AT_MOST:
        west, south, east, north = scene.seen
        x, y = lon[rows], lat[rows]
        rows = rows[(x >= west) & (x <= east) & (y >= south) & (y <= north)]
    at = atlas.place_rows("fairs")
    codes, values = atlas.coded("fairs", "adcode")
    few = np.bincount(codes[rows], minlength=len(values))[codes[rows]] <= MOST_APART
    few |= at[rows] < 0  # of a place that nobody knows there is no mark
    single, rows = rows[few], rows[~few]
    origin, origins = atlas.coded("fairs", "provenance")

    def marks(of: NDArray[np.int32]) -> int:
        return len(np.unique(of * np.int64(len(origins)) + origin[rows]))

    if len(single) + marks(at[rows]) <= FAIRS_AT_MOST:
        return single, [(rows, at[rows])]
    lost = single[at[single] < 0][:FAIRS_AT_MOST]
    rows = np.sort(np.concatenate([rows, single[at[single] >= 0]]))
    if marks(at[rows]) <= FAIRS_AT_MOST:
        return lost, [(rows, at[rows])]
    province = atlas.tree.ancestors[at[rows], PROVINCE]
    return lost, [(rows, np.where(province >= 0, province, at[rows]))]


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
                lines.append(f"{label} {words.persons(value, qualifiers.of_column(row.qualifiers, column))} {unit}")
        last = words.provenance(row.provenance) + " · " + words("点位为城市代表点")
        text.append("<br>".join(lines) + own_fields(row, words) + "<br>" + last)
    # two fairs of one city share its representative point: set the later ones beside it
    lon = frame["lon"].to_numpy(dtype=float) + 0.12 * frame.groupby("adcode").cumcount().to_numpy()
    reported = (frame["provenance"] == "reported").to_numpy(dtype=bool)
    chosen = (frame["fair_id"] == scene.filters.fair).to_numpy(dtype=bool)
    color = np.where(chosen, theme.RED, np.where(reported, theme.FAIR, theme.PAPER))
    keys = [["fair", one] for one in frame["fair_id"]]
    return lon, frame["lat"], keys, text, frame["positions"].fillna(0).to_numpy(dtype=float), color.tolist()


def _together(rows: Rows, at: NDArray[np.int32], scene: Scene) -> Marks:
    """Return a mark for all of these fairs that are of one place (`at`, its row) and provenance: in a row they would
    reach across the next province.
    """
    atlas, words = scene.atlas, scene.words
    origin, origins = atlas.coded("fairs", "provenance")
    code = atlas.tree.codes.to_numpy(dtype=object)
    groups, first, group = np.unique(
        at.astype(np.int64) * len(origins) + origin[rows], return_index=True, return_inverse=True
    )
    of, whose = groups // max(len(origins), 1), [origins[one] for one in groups % max(len(origins), 1)]
    order = sorted(range(len(groups)), key=lambda one: (code[of[one]], whose[one]))
    count = np.bincount(group, minlength=len(groups))
    number = fairs.numbers(atlas, "positions")[rows]
    known = np.bincount(group, ~np.isnan(number), len(groups)).astype(int)
    offered = np.bincount(group, np.nan_to_num(number), len(groups))
    names = atlas.places["name" if words.lang == "zh" else "name_en"].to_numpy(dtype=object)
    gathered = atlas.tree.level[of] == PROVINCE
    # a province stands where its name does: the cities that it gathers lie apart
    gathered &= at[first] != atlas.place_rows("fairs")[rows[first]]
    lon, lat = (own[rows[first]] for own in atlas.lonlat("fairs"))
    lon = np.where(gathered, atlas.places["lon"].to_numpy(dtype=float)[of], lon)
    lat = np.where(gathered, atlas.places["lat"].to_numpy(dtype=float)[of], lat)
    text, beside, before = [], [], {}
    for one in order:
        said = words("其中 {known} 场有岗位数，共 {positions} 个").format(
            known=words.number(int(known[one])), positions=words.number(offered[one])
        )
        where = words("点位为省份代表点") if gathered[one] else words("点位为城市代表点")
        text.append(
            f"<b>{escape(str(names[of[one]]))}</b><br>"
            f"{words('{count} 场招聘会').format(count=words.number(int(count[one])))}<br>"
            f"{said}<br>{words.provenance(whose[one])} · {where}"
        )
        beside.append(0.12 * before.get(of[one], 0))
        before[of[one]] = before.get(of[one], 0) + 1
    color = [theme.FAIR if whose[one] == "reported" else theme.PAPER for one in order]
    keys = [["place", str(code[of[one]])] for one in order]
    return lon[order] + beside, lat[order], keys, text, offered[order], color


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
