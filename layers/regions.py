"""Work regions 产改区域: parks, streets, industries or themes that hold grids.

A region is its grids (membership is the truth, shape the picture): all its
figures are sums over them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import places, selection
from layers.atlas import Atlas
from layers.filters import Filters
from layers.grids import FIGURES, figures, share, with_activities
from layers.provenance import mix


def table(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return the regions in the place (and lasso) looked at.

    Returns
    -------
    DataFrame
        The columns of ``atlas.regions`` without ``geometry``; ``grids`` (number
        of its grids under the filters), ``enterprises``,
        ``enterprises_strengthened``, ``workers``, ``team_members`` (sums over
        them; NaN when none counts), ``figures_provenance`` (of the sums: the
        row itself may be reported and its figures illustrative);
        ``strengthened_share``, ``activities``, ``kinds``,
        ``activities_provenance``, ``lon``, ``lat`` as in
        :func:`layers.grids.table`. At a grid: the region of the grid. The
        index is the row in ``atlas.regions``.
    """
    here = places.scope(atlas, filters)
    rows = chosen(atlas, filters)
    lon, lat = atlas.inner_points("regions")
    frame = pd.DataFrame(atlas.regions.iloc[rows].drop(columns="geometry", errors="ignore"))
    held = np.flatnonzero(atlas.of_provenance("grids", filters.provenance))
    codes, names = atlas.coded("grids", "region_id")
    home = pd.Index(names).get_indexer(frame["region_id"])  # -1: a region without grids
    size = len(names) + 1
    counts = np.bincount(codes[held], minlength=size)
    frame["grids"] = counts[home]
    values = figures(atlas)
    for position, column in enumerate(FIGURES):
        sums = np.bincount(codes[held], values[held, position], size)
        frame[column] = np.where(counts > 0, sums, np.nan)[home]
    origins = [mix(atlas.distinct("grids", "provenance", held[codes[held] == code])) for code in home]
    frame["figures_provenance"] = pd.Series(origins, index=frame.index, dtype=object)
    frame["strengthened_share"] = share(frame["enterprises_strengthened"], frame["enterprises"])
    frame["lon"], frame["lat"] = lon[rows], lat[rows]
    return with_activities(atlas, filters.having(region=here.region_id, grid=None), frame, "region_id")


def chosen(atlas: Atlas, filters: Filters) -> NDArray[np.intp]:
    """Return the rows of ``atlas.regions`` that :func:`table` returns."""
    here = places.scope(atlas, filters)
    whole = filters.having(grid=None, region=here.region_id) if here.grid_id else filters
    return np.flatnonzero(selection.mask(atlas, whole, "regions"))
