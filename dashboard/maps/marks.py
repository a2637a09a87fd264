"""Circles of a map: packed coordinates, marks that answer, the rim beneath them, what their hovers share."""

from __future__ import annotations

import base64
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dashboard.maps import map_style
from dashboard.words import Words

OWN_SHOWN, OWN_LONG = 6, 60  # own fields that a hover lists, and characters of each


def packed(values: ArrayLike) -> dict[str, str]:
    """Return `values` as plotly.js typed-array spec, float32 (about 1 m at these longitudes)."""
    data = np.asarray(values, dtype="<f4")
    return {"dtype": "f4", "bdata": base64.b64encode(data.tobytes()).decode()}


def points(name: str, lon: ArrayLike, lat: ArrayLike, customdata: list, text: list[str], **marker: Any) -> dict:
    """Return a trace of circles that answer to hover and click."""
    return {
        "type": "scattermap",
        "name": name,
        "mode": "markers",
        "below": map_style.BELOW_POINTS,
        "lon": packed(lon),
        "lat": packed(lat),
        "customdata": customdata,
        "hovertext": text,
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": marker,
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": marker.get("opacity", 1)}},
    }


def halo(name: str, of: dict, grow: float, color: str) -> dict:
    """Return the trace of wider circles under those of `of`: their rim."""
    size = of["marker"]["size"]
    grown = [one + grow for one in size] if isinstance(size, list) else size + grow
    return {
        "type": "scattermap",
        "name": name,
        "mode": "markers",
        "below": map_style.BELOW_POINTS,
        "lon": of["lon"],
        "lat": of["lat"],
        "hoverinfo": "skip",
        "marker": {"size": grown, "color": color, "opacity": 1},
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }


def own_fields(row: Any, words: Words) -> str:
    """Return what a row says beside the fields of its table, as lines of a hover.

    A few of them, none that is personal.
    """
    text = getattr(row, "own", None)
    said = words.own("", text)[:OWN_SHOWN] if isinstance(text, str) else []
    return "".join(f"<br>{escape(one if len(one) <= OWN_LONG else one[:OWN_LONG] + '…')}" for one in said)
