"""The map of what happened: one month in spots, drawn by the player or as a picture."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from dashboard import theme
from dashboard.activity_kinds import colours, kind_names
from dashboard.maps import canvas, map_style, nation
from dashboard.maps.marks import packed
from dashboard.theme import tokens
from dashboard.words import Words
from layers import places
from layers.atlas import Atlas

TRACES = ("ring", "spots")
HOLLOW = tokens.value("hollow")
RING_PX = 4  # that the ring is larger than the spot over it
SEVERAL = theme.ACTIVITY


def spots(frame: pd.DataFrame, words: Words) -> dict[str, Any]:
    """Return the values of one frame: where, how large, and each colour and text once with its position per spot.

    A spot is a ring of its kind's colour; where something is reported it is filled, else hollow.
    """
    names, colour = kind_names(words), colours(words)
    count = frame["count"].to_numpy(dtype=float)
    own = [colour.get(next(iter(kinds)), SEVERAL) if len(kinds) == 1 else SEVERAL for kinds in frame["kinds"]]
    text = [
        (f"<b>{escape(str(name))}</b><br>" if held == 1 else "")
        + "<br>".join(f"{names.get(kind, kind)} {number} {words('项')}" for kind, number in sorted(kinds.items()))
        + f"<br>{words.provenance(origin)}"
        for name, held, kinds, origin in zip(
            frame["name"], frame["count"], frame["kinds"], frame["provenance"], strict=True
        )
    ]
    palette, texts = list(dict.fromkeys(own)), list(dict.fromkeys(text))
    at_color, at_text = {one: i for i, one in enumerate(palette)}, {one: i for i, one in enumerate(texts)}
    return {
        "lon": packed(frame["lon"])["bdata"],
        "lat": packed(frame["lat"])["bdata"],
        "size": np.round(np.clip(9 + 5 * np.log2(np.maximum(count, 1)), 9, 40)).astype(int).tolist(),
        "solid": (frame["reported"].to_numpy(dtype=int) > 0).astype(int).tolist(),
        "palette": palette,
        "color": [at_color[one] for one in own],
        "texts": texts,
        "text": [at_text[one] for one in text],
    }


def map_figure(atlas: Atlas, here: places.Scope, words: Words) -> dict[str, Any]:
    """Return the map without any event: style, geometry by address, two empty traces that frames fill."""
    bounds = nation.bounds(here)
    traces = [
        {
            "type": "scattermap",
            "name": name,
            "mode": "markers",
            "below": map_style.BELOW_POINTS,
            "lon": [],
            "lat": [],
            "hovertext": [],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "hoverinfo": "skip" if name == "ring" else "text",
            "marker": {"size": [], "color": [], "opacity": 0.85},
        }
        for name in TRACES
    ]
    traces[0].pop("hovertemplate")
    return {
        "data": traces,
        "layout": canvas.layout(
            map_style.style(atlas, words.lang),
            canvas.standing(bounds, 3),
            images=nation.images(atlas, here, words),
            dragmode="pan",
            meta={"bounds": list(bounds), **nation.told(atlas, here)},
        ),
    }


def picture_figure(atlas: Atlas, here: places.Scope, frame: pd.DataFrame, words: Words) -> dict[str, Any]:
    """Return the map with the events of `frame` drawn as assets/analysis.js draws them."""
    figure, drawn = map_figure(atlas, here, words), spots(frame, words)
    rings = [drawn["palette"][at] for at in drawn["color"]]
    fills = [ring if solid else HOLLOW for ring, solid in zip(rings, drawn["solid"], strict=True)]
    places_of = {"lon": frame["lon"].tolist(), "lat": frame["lat"].tolist()}
    for trace, sizes, colors in zip(
        figure["data"], ([size + RING_PX for size in drawn["size"]], drawn["size"]), (rings, fills), strict=True
    ):
        trace |= places_of | {"marker": trace["marker"] | {"size": sizes, "color": colors}}
    figure["data"][1]["hovertext"] = [drawn["texts"][at] for at in drawn["text"]]
    return figure
