"""Work regions 产改区域: parks, streets, industries or themes that hold grids.

A region is its grids (membership is the truth, shape the picture): all its
figures are sums over them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from layers import places
from layers.atlas import Atlas
from layers.filters import Filters
from layers.grids import FIGURES, share, with_activities
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
    whole = places.scope(atlas, filters.having(grid=None, region=here.region_id)) if here.grid_id else here
    lon, lat = atlas.inner_points("regions")
    mask = places.table_mask(atlas, whole, "regions") & atlas.of_provenance("regions", filters.provenance)
    rows = np.flatnonzero(mask & places.in_area(filters, lon, lat))
    frame = pd.DataFrame(atlas.regions.iloc[rows].drop(columns="geometry", errors="ignore"))
    counted = atlas.grids[atlas.of_provenance("grids", filters.provenance)]
    groups = counted.groupby("region_id")
    frame["grids"] = frame["region_id"].map(groups.size()).fillna(0).astype(int)
    sums = groups[list(FIGURES)].sum(min_count=1)
    for column in FIGURES:
        frame[column] = frame["region_id"].map(sums[column])
    kinds = counted.groupby("region_id")["provenance"].agg(mix)
    frame["figures_provenance"] = pd.Series(
        [kinds.get(region) for region in frame["region_id"]], index=frame.index, dtype=object
    )
    frame["strengthened_share"] = share(frame["enterprises_strengthened"], frame["enterprises"])
    frame["lon"], frame["lat"] = lon[rows], lat[rows]
    return with_activities(atlas, filters.having(region=here.region_id, grid=None), frame, "region_id")
