"""Work grids 产改网格: the units in which unions work, inside a region."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import activities, selection
from layers.atlas import Atlas
from layers.filters import Filters

FIGURES = ("enterprises", "enterprises_strengthened", "workers", "team_members")


def table(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return the grids in the place (and lasso) looked at.

    A grid is in a lasso when a point inside its shape is.

    Returns
    -------
    DataFrame
        The columns of ``atlas.grids`` without ``geometry``, and ``region_name``;
        ``strengthened_share`` (of the grid's enterprises, 0 to 1; NaN when it
        has none); ``activities`` (number under the filters), ``kinds`` (dict
        of kind to number), ``activities_provenance`` (None when there are
        none); ``lon``, ``lat`` (a point inside the shape, degrees). The index
        is the row in ``atlas.grids``.
    """
    rows = chosen(atlas, filters)
    lon, lat = atlas.inner_points("grids")
    frame = pd.DataFrame(atlas.grids.iloc[rows].drop(columns="geometry", errors="ignore"))
    names = dict(zip(atlas.regions["region_id"], atlas.regions["name"], strict=True))
    frame["region_name"] = frame["region_id"].map(names)
    frame["strengthened_share"] = share(frame["enterprises_strengthened"], frame["enterprises"])
    frame["lon"], frame["lat"] = lon[rows], lat[rows]
    return with_activities(atlas, filters, frame, "grid_id")


def chosen(atlas: Atlas, filters: Filters) -> NDArray[np.intp]:
    """Return the rows of ``atlas.grids`` that :func:`table` returns."""
    return np.flatnonzero(selection.mask(atlas, filters, "grids"))


def figures(atlas: Atlas) -> NDArray[np.float64]:
    """Return the columns :data:`FIGURES` of all grids, shape (grids, 4)."""
    return atlas.once("grid figures", lambda: atlas.grids[list(FIGURES)].to_numpy(dtype=np.float64))


def share(part: pd.Series, whole: pd.Series) -> NDArray[np.float64]:
    """Return `part` of `whole`, NaN where there is no whole."""
    top = part.to_numpy(dtype=float, na_value=np.nan)
    bottom = whole.to_numpy(dtype=float, na_value=np.nan)
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)


def with_activities(atlas: Atlas, filters: Filters, frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return `frame` with what the grid or region named by `key` did under the filters."""
    # The lasso chose the rows already; what they did is not cut by it again.
    counted = activities.by_key(atlas, filters.having(area=()), key)
    done = [counted.get(unit, (0, {}, None)) for unit in frame[key]]
    frame["activities"] = [count for count, _, _ in done]
    frame["kinds"] = pd.Series([kinds for _, kinds, _ in done], index=frame.index, dtype=object)
    frame["activities_provenance"] = pd.Series([p for _, _, p in done], index=frame.index, dtype=object)
    return frame
