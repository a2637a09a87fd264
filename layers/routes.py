"""Mobile services: the route from stop to stop, its days, and whom it served at each."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import periods, selection
from layers.atlas import Atlas, kept_once
from layers.filters import Filters
from layers.small_counts import groups_of

PIECES = 12  # dashes from one stop to the next: every other one is drawn


def select(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return the stops in the place looked at, of the dates, kinds and provenances asked, in the order of their route.

    Returns
    -------
    DataFrame
        The rows of ``stops`` with ``lon`` and ``lat`` (degrees, WGS-84) and ``kind`` (of the activity; missing when it
        is not known).
    """
    rows = atlas.stops
    lon, lat = atlas.lonlat("stops")
    rows = rows.assign(lon=lon, lat=lat, kind=rows["activity_id"].map(_kinds(atlas)).astype(object))
    mask = selection.mask(atlas, filters, "stops") & periods.within(periods.spans(atlas, "stops"), filters)
    if filters.kinds is not None:
        mask = mask & rows["kind"].isin(filters.kinds).to_numpy(bool)
    return rows[mask].sort_values(
        ["activity_id", "sequence", "date", "stop_id"], na_position="last", kind="stable", ignore_index=True
    )


def of_activity(atlas: Atlas, activity: str) -> pd.DataFrame:
    """Return every stop of one service, in the order of its route."""
    rows = select(atlas, Filters())
    return rows[rows["activity_id"] == activity].reset_index(drop=True)


def by_group(rows: pd.DataFrame) -> dict[str, float]:
    """Return worker group → persons over the stops `rows`, as far as the stops tell it."""
    found: dict[str, float] = {}
    for text in rows["persons_by_group"]:
        for group, persons in groups_of(text).items():
            found[group] = found.get(group, 0) + persons
    return found


def lines(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Return the way through the stops as longitude and latitude (degrees), parts parted by NaN.

    The leg between two stops is whole when both are told by somebody, and in dashes when one of them is made up.
    A leg is a straight line: which streets the service took nobody has said.
    """
    pieces = []
    for _, route in rows[rows["lon"].notna()].groupby("activity_id", sort=False):
        at, made_up = (
            route[["lon", "lat"]].to_numpy(dtype=float),
            (route["provenance"] == "illustrative").to_numpy(bool),
        )
        for one in range(len(at) - 1):
            leg = np.linspace(at[one], at[one + 1], 2 * PIECES)
            parts = leg.reshape(-1, 2, 2) if made_up[one] or made_up[one + 1] else leg[[0, -1]].reshape(1, 2, 2)
            pieces.append(np.concatenate([parts, np.full((len(parts), 1, 2), np.nan)], axis=1).reshape(-1, 2))
    return np.concatenate(pieces) if pieces else np.empty((0, 2))


@kept_once
def _kinds(atlas: Atlas) -> dict[str, str]:
    named = atlas.activities["activity_id"].isin(atlas.stops["activity_id"].unique()).to_numpy(bool)
    rows = atlas.activities[["activity_id", "kind"]][named]
    return dict(zip(rows["activity_id"], rows["kind"], strict=True))
