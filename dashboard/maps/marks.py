"""Circles of a map: packed coordinates, marks that answer, and the rim beneath them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.maps import map_style


def packed(values: Sequence[float]) -> dict[str, str]:
    """Return `values` as plotly.js typed-array spec, float32 (about 1 m at these longitudes)."""
    data = np.asarray(values, dtype="<f4")
    return {"dtype": "f4", "bdata": base64.b64encode(data.tobytes()).decode()}


def points(
    name: str, lon: Sequence[float], lat: Sequence[float], customdata: list, text: list[str], **marker: Any
) -> dict:
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
