"""Routes of mobile services on the map: numbered stops, and the way from one to the next.

A line of a map has no dash, so that a leg with a made-up stop is drawn as pieces. A stop is full when somebody has
told of it, hollow when it is illustrative.
"""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from dashboard import theme
from dashboard.maps import map_style
from dashboard.maps.layer import Scene
from dashboard.maps.marks import halo, packed, points
from dashboard.words import Words
from geodata.frames import rows_of
from layers import routes
from layers.small_counts import groups_of


def traces(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return the traces of routes.

    Empty ones when the layer of activities is off or the stops would lie on one another.
    """
    atlas, words = scene.atlas, scene.words
    rows = routes.select(atlas, scene.filters) if scene.near and scene.shows("activities") else None
    if rows is None or not len(rows):
        lonlat, rows = np.empty((0, 2)), None
    else:
        rows = rows[rows["lon"].notna()]
        lonlat = routes.lines(rows)
    line = {
        "type": "scattermap",
        "name": "routes",
        "mode": "lines",
        "below": map_style.BELOW_POINTS,
        "hoverinfo": "skip",
        "lon": packed(lonlat[:, 0]),
        "lat": packed(lonlat[:, 1]),
        "line": {"color": theme.ACTIVITY, "width": 2.4},
    }
    if rows is None:
        marks = points("stops", [], [], [], [], size=17, color=theme.ACTIVITY)
    else:
        color = [theme.PAPER if one == "illustrative" else theme.UNREACHED[1] for one in rows["provenance"]]
        marks = points(
            "stops",
            rows["lon"],
            rows["lat"],
            [["stop", one] for one in rows["stop_id"]],
            hover(rows, words),
            size=17,
            color=color,
        )
    # over the labels: a name gives way to a number, not the number to the name
    marks |= {
        "below": "",
        "mode": "markers+text",
        "text": [] if rows is None else [str(one) for one in rows["sequence"]],
        "textfont": {"color": theme.INK, "size": 11},
    }
    return {"routes": line, "stops_halo": halo("stops_halo", marks, 4, theme.ACTIVITY), "stops": marks}


def hover(rows: pd.DataFrame, words: Words) -> list[str]:
    """Return the hover text of each stop: which it is, its day, whom it served, where that is from."""
    names = words.codes("worker_group")
    text = []
    for row in rows_of(rows.rename(columns={"name": "name_"})):
        day = words.date(row.date) if pd.notna(row.date) else words("日期未报道")
        served = words.listed(
            f"{names.get(group, group)} {words.persons(count)}"
            for group, count in groups_of(row.persons_by_group).items()
        )
        people = words("{count} 人").format(count=words.persons(row.persons)) if pd.notna(row.persons) else ""
        lines = [
            f"<b>{words('第 {number} 站').format(number=row.sequence)} · {escape(str(row.name_))}</b>",
            " · ".join(filter(None, (day, people))),
            escape(served),
            words.provenance(row.provenance),
        ]
        text.append("<br>".join(filter(None, lines)))
    return text
