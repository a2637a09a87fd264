"""What of the map lies in the visible box, as rows to read: made from the very traces that the map draws."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.maps.layer import Trace
from dashboard.maps.layers import LISTED
from layers.atlas import Atlas

ROWS_AT_MOST = 200
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing on the map.

    Attributes
    ----------
    trace : str
        Name of its trace, of :data:`dashboard.maps.layers.LISTED`.
    kind, id : str
        What a click on it carries.
    lines : tuple of str
        What a pointer reads over it: its name first.
    lon, lat : float
        Where it is, degrees (WGS-84); of an area the middle of its box.
    """

    trace: str
    kind: str
    id: str
    lines: tuple[str, ...]
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class InView:
    """The rows in view, at most :data:`ROWS_AT_MOST`, and how many there are in all, by trace."""

    rows: tuple[Row, ...]
    counts: Mapping[str, int]

    @property
    def more(self) -> int:
        """How many rows are not listed."""
        return sum(self.counts.values()) - len(self.rows)


def in_view(atlas: Atlas, drawn: Sequence[Trace], box: Box, limit: int = ROWS_AT_MOST) -> InView:
    """Return what a map of the traces `drawn` shows inside `box`.

    Parameters
    ----------
    drawn : sequence of dict
        As :func:`dashboard.maps.layers.traces` returns them.
    box : tuple of float
        West, south, east, north in degrees (WGS-84).
    limit : int
        How many rows to list; the rest is counted.
    """
    traces = {trace["name"]: trace for trace in drawn}
    rows: list[Row] = []
    counts: dict[str, int] = {}
    for name in LISTED:
        trace = traces.get(name)
        keys = trace.get("customdata") or [] if trace else []
        if not trace or not len(keys):
            continue
        west, south, east, north = _area_boxes(atlas, keys) if "locations" in trace else _point_boxes(trace)
        seen = np.flatnonzero((east >= box[0]) & (west <= box[2]) & (north >= box[1]) & (south <= box[3]))
        if not len(seen):
            continue
        counts[name] = len(seen)
        rows += [
            Row(
                name,
                *keys[i],
                lines_of(trace["hovertext"][i]),
                float(west[i] + east[i]) / 2,
                float(south[i] + north[i]) / 2,
            )
            for i in seen[: max(0, limit - len(rows))]
        ]
    return InView(tuple(rows), counts)


def lines_of(hover: str) -> tuple[str, ...]:
    """Return the lines of a hover text as plain text."""
    return tuple(line for part in hover.split("<br>") if (line := unescape(re.sub(r"<[^>]*>", "", part)).strip(" ·●")))


def unpacked(values: Any) -> NDArray[np.float64]:
    """Return coordinates of a trace as numbers."""
    if isinstance(values, Mapping):
        return np.frombuffer(base64.b64decode(values["bdata"]), dtype="<f4").astype(float)
    return np.asarray(values, dtype=float)


def _point_boxes(trace: Mapping[str, Any]) -> tuple[NDArray[np.float64], ...]:
    lon, lat = unpacked(trace["lon"]), unpacked(trace["lat"])
    return lon, lat, lon, lat


def _area_boxes(atlas: Atlas, keys: Sequence[Sequence[str]]) -> tuple[NDArray[np.float64], ...]:
    known = atlas.once("boxes of areas", lambda: _boxes(atlas))
    return tuple(np.array([known.get((kind, key), (np.nan,) * 4) for kind, key in keys]).T)


def _boxes(atlas: Atlas) -> dict[tuple[str, str], Box]:
    found = {}
    for kind, frame, key in (("place", atlas.places, "adcode"), ("grid", atlas.grids, "grid_id")):
        bounds = frame.geometry.bounds.to_numpy()
        found |= {(kind, str(code)): tuple(box) for code, box in zip(frame[key], bounds, strict=True)}
    return found
