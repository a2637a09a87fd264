"""Job fairs 招聘会: which took place, and how many of their positions met a person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import periods, qualifiers, selection
from layers.atlas import Atlas
from layers.filters import PROVENANCES, Filters
from layers.provenance import sources

STAGES = {"enterprises": "enterprises", "positions": "positions", "intents": "hiring_intents"}
FUNNEL_COLUMNS = ("stage", "value", "qualifier", "provenance", "fairs", "left_out", "source_ids")
BOTH = "both"


def select(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return the fairs in the place (and lasso) looked at that fit dates, sectors, mode and provenance.

    A fair held both ways fits either mode. A fair known by its period only is
    kept when no dates are asked or its whole period lies inside them;
    :func:`undated` counts those left out. Place means the city of the fair: at
    a county, region or grid there are none.

    Returns
    -------
    DataFrame
        The columns of ``atlas.fairs`` without ``geometry``, and ``lon``,
        ``lat`` (degrees, WGS-84). The index is the row in ``atlas.fairs``.
    """
    rows = np.flatnonzero(_choice(atlas, filters) & periods.within(periods.spans(atlas, "fairs"), filters))
    lon, lat = atlas.lonlat("fairs")
    frame = pd.DataFrame(atlas.fairs.iloc[rows].drop(columns="geometry", errors="ignore"))
    frame["lon"], frame["lat"] = lon[rows], lat[rows]
    return frame


def undated(atlas: Atlas, filters: Filters) -> int:
    """Return how many fairs may belong to the dates asked but are left out, their day not being known."""
    when = periods.spans(atlas, "fairs")
    left = _choice(atlas, filters) & periods.touching(when, filters) & ~periods.within(when, filters)
    return int(left.sum())


def funnel(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return enterprises → positions → hiring intents, apart for each provenance.

    The stages can be compared only over the same fairs, so a fair that does not
    give all three is left out when another of its provenance does; it is
    counted. With ``filters.fair`` the funnel is of that fair alone.

    Returns
    -------
    DataFrame
        ``stage`` (``enterprises``, ``positions``, ``intents``), ``value``
        (sum; None when no fair gives it), ``qualifier`` of the sum,
        ``provenance``, ``fairs`` (number of fairs summed), ``left_out``
        (fairs of that provenance without all stages), ``source_ids`` (tuple,
        of the fairs summed). Three rows per provenance that the selection holds, reported first; reported and
        illustrative are never added together.
    """
    chosen = select(atlas, filters)
    if filters.fair is not None:
        chosen = chosen[chosen["fair_id"] == filters.fair]
    rows: list[dict[str, Any]] = []
    for provenance in PROVENANCES:
        held = chosen[chosen["provenance"] == provenance]
        if not len(held):
            continue
        whole = held[list(STAGES.values())].notna().all(axis=1)
        summed = held[whole] if whole.any() else held
        for stage, column in STAGES.items():
            given = summed[summed[column].notna()]
            rows.append(
                {
                    "stage": stage,
                    "value": int(given[column].sum()) if len(given) else None,
                    "qualifier": qualifiers.combine(qualifiers.of_column(t, column) for t in given["qualifiers"]),
                    "provenance": provenance,
                    "fairs": len(given),
                    "left_out": len(held) - len(summed),
                    "source_ids": sources(given),
                }
            )
    table = pd.DataFrame(rows, columns=list(FUNNEL_COLUMNS))
    table["value"] = pd.Series([row["value"] for row in rows], dtype=object)  # None stays None, 136 an integer
    return table


def _choice(atlas: Atlas, filters: Filters) -> NDArray[np.bool_]:
    mask = selection.mask(atlas, filters, "fairs")
    if filters.mode is not None:
        mask = mask & (atlas.holds("fairs", "mode", filters.mode) | atlas.holds("fairs", "mode", BOTH))
    if filters.sectors is not None:
        fits = np.zeros(len(atlas.fairs), dtype=bool)
        for sector in filters.sectors:
            fits |= atlas.holds("fairs", "sectors", sector)
        mask = mask & fits
    return mask
