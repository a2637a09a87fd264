"""Rest stations 工会驿站: which there are, which serve at the time and in the way asked.

*Nominal*: status open, and it is known where. *Effective*: nominal, and open
at the hour asked, reachable by anybody (not behind an app), with every
facility asked for, inspected within the time asked. See DESIGN.md §4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata import hours
from layers import hexes, selection
from layers.atlas import Atlas, kept_once
from layers.filters import PROVENANCES, Filters

OPEN, PLANNED = "open", "planned"
APP = "app"
WHY_NOT = ("unknown", "hour", "access", "facility", "inspection")
POINT_LIMIT = 2000
CELL_LIMIT = 400

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """What every station of the atlas offers under a choice, one entry per row of ``atlas.stations``.

    Attributes
    ----------
    nominal : ndarray of bool
        Open by status, of a provenance that counts, and placed.
    accessible, equipped, inspected : ndarray of bool
        Not behind an app; has all facilities asked for; inspected in time.
    clock : ndarray of uint32
        Bit h is set when the station is open at h:00 on ``filters.day``.
        Under ``filters.always`` a station that ever closes has no bit.
    on_time : ndarray of bool
        Open at the hour asked, or no hour asked (then also with hours unknown).
    known : ndarray of bool
        Whether its opening hours are known; where they are not it is neither open at an hour nor said to be closed.
    """

    nominal: Mask
    accessible: Mask
    equipped: Mask
    inspected: Mask
    clock: NDArray[np.uint32]
    on_time: Mask
    known: Mask

    @property
    def effective(self) -> Mask:
        """Which stations truly serve."""
        return self.nominal & self.on_time & self.able

    @property
    def able(self) -> Mask:
        """Which stations would serve when open."""
        return self.accessible & self.equipped & self.inspected

    def why_not(self) -> NDArray[Any]:
        """Return per station the first reason, of :data:`WHY_NOT`, why a nominal one is not effective."""
        reason = np.full(len(self.nominal), None, dtype=object)
        for code, fine in reversed(
            list(
                zip(
                    WHY_NOT,
                    (self.on_time | self.known, self.on_time, self.accessible, self.equipped, self.inspected),
                    strict=True,
                )
            )
        ):
            reason[self.nominal & ~fine] = code
        return reason


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What to draw of the stations in a box.

    Attributes
    ----------
    kind : str
        ``points``: one row per station; ``cells``: one row per H3 cell.
    frame : DataFrame
        Points: the columns of :func:`select`. Cells: ``cell`` (H3 index, hexadecimal), ``resolution``,
        ``count``, ``nominal``, ``effective`` (numbers of stations), ``lon``, ``lat`` (their mean,
        degrees), ``provenance`` (of the count; ``mixed`` when unlike).
    total : int
        Stations in the box under the filters.
    """

    kind: str
    frame: pd.DataFrame
    total: int


def asks(filters: Filters) -> bool:
    """Return whether any filter that only stations know is set (then charts speak of effective coverage)."""
    return filters.hour is not None or filters.always or bool(filters.facilities) or filters.inspected_days is not None


def service(atlas: Atlas, filters: Filters) -> Service:
    """Return what every station of the atlas offers under `filters`, in any place and any lasso."""
    key = (
        "service",
        filters.hour,
        filters.day,
        filters.facilities,
        filters.always,
        filters.inspected_days,
        filters.provenance,
    )
    return atlas.recent(key, lambda: _service(atlas, filters))


def select(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return the stations in the place (and lasso) looked at, whatever their status.

    Returns
    -------
    DataFrame
        The columns of ``atlas.stations`` without ``geometry``; ``lon``, ``lat``
        (degrees, WGS-84; NaN for a station without a point); ``point_provenance`` (of the point: that of the
        row unless it says otherwise); ``nominal`` and
        ``effective`` (bool); ``why_not``: for a nominal station that is not
        effective the first of ``unknown`` (hours), ``hour``, ``access``, ``facility``,
        ``inspection``, else None. The index is the row in ``atlas.stations``.
    """
    return _frame(atlas, filters, np.flatnonzero(chosen(atlas, filters)))


def in_view(
    atlas: Atlas,
    filters: Filters,
    bbox: tuple[float, float, float, float],
    zoom: float,
    limit: int = POINT_LIMIT,
) -> View:
    """Return what to draw of the stations in the visible box.

    Parameters
    ----------
    bbox : tuple of float
        West, south, east, north in degrees (WGS-84).
    zoom : float
        Zoom of the map (512-pixel tiles), which sets the size of the cells.
    limit : int
        Up to so many stations are returned one by one; more are counted in
        H3 cells, at most :data:`CELL_LIMIT` of them.

    Returns
    -------
    View
    """
    lon, lat = atlas.lonlat("stations")
    west, south, east, north = bbox
    mask = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    rows = np.flatnonzero(mask & chosen(atlas, filters))
    if len(rows) <= limit:
        return View("points", _frame(atlas, filters, rows), len(rows))
    offered = service(atlas, filters)
    groups = hexes.group(atlas, "stations", rows, hexes.resolution_for(zoom), CELL_LIMIT)
    frame = pd.DataFrame(
        {
            "cell": groups.names(),
            "resolution": groups.resolution,
            "count": groups.counts,
            "nominal": groups.sum(offered.nominal),
            "effective": groups.sum(offered.effective),
            "lon": groups.sum(lon) / groups.counts,
            "lat": groups.sum(lat) / groups.counts,
            "provenance": groups.label(atlas.coded("stations", "provenance")),
        }
    )
    return View("cells", frame, len(rows))


def hours_known(atlas: Atlas) -> Mask:
    """Return of which stations of the atlas it is known when they are open."""
    codes, texts = atlas.coded("stations", "opening_hours")
    return np.array([bool(str(text).strip()) for text in texts] + [False])[codes]


def point_provenance(atlas: Atlas) -> NDArray[np.object_]:
    """Return per station of the atlas where its point is from:
    by hand or by a geocoder ``derived`` on a reported row too.

    A row that says nothing of its point speaks of it as of the rest; so does one without a point.
    """
    return np.asarray((*PROVENANCES, None), dtype=object)[_ranks(atlas)[1]]


def provenance_of(atlas: Atlas, rows: NDArray[Any]) -> list[str]:
    """Return the provenances of `rows` (positions or a mask)
    as far as they are measured from: row or point, the weaker; each once.
    """
    found = np.unique(provenance_ranks(atlas)[rows])
    return [PROVENANCES[one] for one in found if one < len(PROVENANCES)]


def provenance_ranks(atlas: Atlas) -> NDArray[np.intp]:
    """Return per station the rank in ``PROVENANCES`` of its row or its point, the weaker; one more than there are where
    unknown.
    """
    return np.maximum(*_ranks(atlas))


def chosen(atlas: Atlas, filters: Filters) -> Mask:
    """Return which stations of the atlas :func:`select` returns."""
    key = ("stations", selection.where(filters))
    return selection.kept(atlas, key, lambda: selection.mask(atlas, filters, "stations"))


# -- inside -----------------------------------------------------------------------


@kept_once
def _ranks(atlas: Atlas) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return per station the rank in ``PROVENANCES`` of its row and of its point;
    one more than there are where unknown.
    """
    unknown = len(PROVENANCES)

    def ranked(values: Any) -> NDArray[np.intp]:
        at = pd.Index(PROVENANCES).get_indexer(pd.Index(values, dtype=object))
        return np.where(at < 0, unknown, at)

    own = ranked(atlas.stations["provenance"])
    if "geometry_provenance" not in atlas.stations:
        return own, own
    point = ranked(atlas.stations["geometry_provenance"])
    return own, np.where((point == unknown) | np.isnan(atlas.lonlat("stations")[0]), own, point)


@kept_once
def _week(atlas: Atlas) -> tuple[Mask, NDArray[np.intp]]:
    # Hours repeat: 186,100 stations hold a few dozen texts. The last row is "unknown": never open.
    codes, texts = pd.factorize(atlas.stations["opening_hours"].to_numpy(dtype=object))
    # in the week of the day that the atlas speaks of: hours may go by season, by days of months
    week = (
        hours.open_matrix(pd.Series(texts, dtype=object), week_of=atlas.data_date)
        if len(texts)
        else np.zeros((0, 7, 24), dtype=bool)
    )
    return np.concatenate([week, np.zeros((1, 7, 24), dtype=bool)]), codes


def _service(atlas: Atlas, filters: Filters) -> Service:
    frame = atlas.stations
    lon, _ = atlas.lonlat("stations")
    week, codes = _week(atlas)
    works = week.all(axis=(1, 2)) if filters.always else np.ones(len(week), dtype=bool)
    bits = (week[:, filters.day - 1, :] * (1 << np.arange(24, dtype=np.uint32))).sum(axis=1, dtype=np.uint32)
    bits[~works] = 0
    clock = bits[codes]
    on_time = works[codes] if filters.hour is None else clock >> np.uint32(filters.hour) & 1 == 1  # ty: ignore[not-subscriptable] - one for each week
    equipped = np.ones(len(frame), dtype=bool)
    for facility in filters.facilities:
        equipped = equipped & atlas.holds("stations", "facilities", facility)
    inspected = np.ones(len(frame), dtype=bool)
    if filters.inspected_days is not None:
        since = np.datetime64(atlas.data_date - timedelta(days=filters.inspected_days), "D")
        inspected = pd.to_datetime(frame["last_inspected"]).to_numpy(dtype="datetime64[D]") >= since
    nominal = (
        atlas.holds("stations", "status", OPEN) & ~np.isnan(lon) & atlas.of_provenance("stations", filters.provenance)
    )
    return Service(
        nominal, ~atlas.holds("stations", "access", APP), equipped, inspected, clock, on_time, known=codes >= 0
    )


def _frame(atlas: Atlas, filters: Filters, rows: NDArray[np.intp]) -> pd.DataFrame:
    offered = service(atlas, filters)
    lon, lat = atlas.lonlat("stations")
    frame = pd.DataFrame(atlas.stations.iloc[rows].drop(columns="geometry", errors="ignore"))
    frame["lon"], frame["lat"] = lon[rows], lat[rows]
    frame["nominal"], frame["effective"] = offered.nominal[rows], offered.effective[rows]
    frame["point_provenance"] = point_provenance(atlas)[rows]
    frame["why_not"] = pd.Series(offered.why_not()[rows], index=frame.index, dtype=object)  # None stays None
    return frame
