"""Job fairs 招聘会: which took place, and how many of their positions met a person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import activities, periods, qualifiers, selection
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
    return rows_of(atlas, chosen(atlas, filters))


def rows_of(atlas: Atlas, rows: NDArray[np.intp]) -> pd.DataFrame:
    """Return `rows` of ``atlas.fairs`` as :func:`select` does."""
    lon, lat = atlas.lonlat("fairs")
    frame = activities.plain(atlas, "fairs").iloc[rows].copy()
    frame["lon"], frame["lat"] = lon[rows], lat[rows]
    return frame


def chosen(atlas: Atlas, filters: Filters) -> NDArray[np.intp]:
    """Return the rows of ``atlas.fairs`` that :func:`select` returns."""
    return np.flatnonzero(mask(atlas, filters))


def mask(atlas: Atlas, filters: Filters) -> NDArray[np.bool_]:
    """Return which rows of ``atlas.fairs`` :func:`select` returns."""
    return selection.kept(
        atlas,
        ("fairs", *asked(filters)),
        lambda: _choice(atlas, filters) & periods.within(periods.spans(atlas, "fairs"), filters),
    )


def asked(filters: Filters) -> tuple[Any, ...]:
    """Return what tells the fairs chosen apart."""
    return selection.where(filters), filters.mode, filters.sectors, filters.start, filters.end


def held(atlas: Atlas, filters: Filters) -> NDArray[np.intp]:
    """Return the rows that figures are of: the fair chosen alone, else those of :func:`select`."""
    if filters.fair is None:
        return chosen(atlas, filters)
    row = atlas.rows_by("fairs", "fair_id").get(filters.fair)
    return np.array([] if row is None or not mask(atlas, filters)[row] else [row], dtype=np.intp)


def numbers(atlas: Atlas, column: str) -> NDArray[np.float64]:
    """Return a column of numbers of all fairs; NaN where nobody counted."""
    return atlas.once(
        ("numbers of fairs", column), lambda: atlas.fairs[column].to_numpy(dtype=np.float64, na_value=np.nan)
    )


def of_origin(atlas: Atlas, rows: NDArray[np.intp], origin: str) -> NDArray[np.intp]:
    """Return those of `rows` that are of the provenance `origin`."""
    return rows[atlas.of_provenance("fairs", frozenset({origin}))[rows]]


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
    shown = held(atlas, filters)
    rows: list[dict[str, Any]] = []
    for provenance in PROVENANCES:
        own = of_origin(atlas, shown, provenance)
        if not len(own):
            continue
        known = {column: ~np.isnan(numbers(atlas, column)[own]) for column in STAGES.values()}
        whole = np.logical_and.reduce(list(known.values()))
        summed = whole if whole.any() else np.ones(len(own), bool)
        for stage, column in STAGES.items():
            given = own[summed & known[column]]
            said = atlas.distinct("fairs", "qualifiers", given)  # what says nothing is exact, and exact adds nothing
            rows.append(
                {
                    "stage": stage,
                    "value": _whole(numbers(atlas, column)[given].sum()) if len(given) else None,
                    "qualifier": qualifiers.combine(qualifiers.of_column(text, column) for text in said),
                    "provenance": provenance,
                    "fairs": len(given),
                    "left_out": len(own) - int(summed.sum()),
                    "source_ids": sources(atlas.distinct("fairs", "source_id", given)),
                }
            )
    table = pd.DataFrame(rows, columns=list(FUNNEL_COLUMNS))
    table["value"] = pd.Series([row["value"] for row in rows], dtype=object)  # None stays None, 136 an integer
    return table


def _whole(total: float) -> float:
    """Return a sum as an integer where no part of it is withheld."""
    return int(total) if total == int(total) else float(total)


def _choice(atlas: Atlas, filters: Filters) -> NDArray[np.bool_]:
    fits = selection.mask(atlas, filters, "fairs")
    if filters.mode is not None:
        fits = fits & (atlas.holds("fairs", "mode", filters.mode) | atlas.holds("fairs", "mode", BOTH))
    if filters.sectors is not None:
        asked = np.zeros(len(atlas.fairs), dtype=bool)
        for sector in filters.sectors:
            asked |= atlas.holds("fairs", "sectors", sector)
        fits = fits & asked
    return fits
