"""Which rows of a table a reader chooses: by place, lasso and provenance, as every layer does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geodata.schema import TABLES
from layers import places
from layers.atlas import Atlas
from layers.filters import Filters

Spots = tuple[NDArray[np.float64], NDArray[np.float64]]


def mask(atlas: Atlas, filters: Filters, table: str, spots: Spots | None = None) -> NDArray[np.bool_]:
    """Return which rows of `table` lie in the place and in the lasso of `filters` and are of a provenance asked for.

    Parameters
    ----------
    spots : tuple of ndarray, optional
        Longitudes and latitudes (degrees, WGS-84) that the lasso is held against;
        the points of the rows, or points within their areas.

    Raises
    ------
    AtlasError
        When the place, region or grid is not in the atlas.
    """
    chosen = places.table_mask(atlas, places.scope(atlas, filters), table)
    chosen = chosen & atlas.of_provenance(table, filters.provenance)
    if not filters.area:
        return chosen
    if spots is None:
        spots = atlas.lonlat(table) if TABLES[table].geometry == "point" else atlas.inner_points(table)
    return chosen & places.in_area(filters, *spots)
