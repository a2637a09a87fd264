"""What a map figure really shows: what its legend may name, read from the very traces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard import theme
from dashboard.maps import flows, reach

# of these kinds the colour of a mark says what it is: full or hollow
FULL_AND_HOLLOW = {
    "stations": ("station", "station-off", theme.STATION),
    "fairs": ("fair", "fair-sample", theme.FAIR),
    "stops": ("route", "route-sample", theme.UNREACHED[1]),
}
COUNTED = {"clusters": "cluster", "activities": "activity", "enterprises": "enterprise"}


def drawn(figure: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the marks that are on the map: a kind of which nothing is drawn is not among them.

    Parameters
    ----------
    figure : mapping
        As :func:`dashboard.maps.overview.map_figure` returns it (in paper colours).

    Returns
    -------
    frozenset of str
        ``station``, ``station-off``, ``sample`` (illustrative stations), ``cluster``, ``fair``, ``fair-sample``,
        ``activity``, ``enterprise``, ``flow``, ``flow-sample``, ``route``, ``route-sample``, ``reach_open``, ``reach_nominal``, ``chosen``,
        ``disc``, ``grid-hatch``, ``zone-line``.
    """
    traces = {trace["name"]: trace for trace in figure["data"]}
    meta = figure["layout"]["meta"]
    found = {name for trace, name in COUNTED.items() if traces[trace].get("customdata")}
    for trace, (full, hollow, color) in FULL_AND_HOLLOW.items():
        if not traces[trace].get("customdata"):
            continue
        colors = traces[trace]["marker"]["color"]
        seen = set(colors if isinstance(colors, list) else [colors])
        found |= {name for name, one in ((full, color), (hollow, theme.PAPER), ("chosen", theme.RED)) if one in seen}
    if (traces["stations"].get("meta") or {}).get("illustrative"):
        found.add("sample")
    found |= {name for name in reach.TRACES if traces[name]["locations"]}
    if _has_points(traces["disc"]):
        found |= {"disc"}
    for name, group in (("flow", flows.SOLID), ("flow-sample", flows.DASHED)):
        if any(_has_points(traces[one]) for one in group):
            found.add(name)
    if meta["hatched"] and "hatch" not in meta["off"]:
        found.add("grid-hatch")
    if meta["zones"] and "zone-line" not in meta["off"]:
        found.add("zone-line")
    return frozenset(found)


def _has_points(trace: Mapping[str, Any]) -> bool:
    lon = trace["lon"]
    return bool(lon["bdata"]) if isinstance(lon, Mapping) else len(lon) > 0
