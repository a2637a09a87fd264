"""Where a place is measured in metres: CGCS2000, 3-degree Gauss-Kruger zones.

EPSG:4534 to 4554 are the 21 zones with central meridians 75 E to 135 E
(GB/T 17278). WGS-84 and CGCS2000 differ by centimetres, which is below the
accuracy of everything in the atlas, so no shift is made between them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer

from geodata.errors import N_, AtlasError

FIRST_MERIDIAN, LAST_MERIDIAN, FIRST_EPSG = 75, 135, 4534
WEST, EAST = 72.0, 138.0


#: Mean radius of the Earth (IUGG 1980), metres.
EARTH_M = 6_371_008.8


def metric_epsg(lon: float) -> int:
    """Return the EPSG code of the 3-degree zone in which to measure at `lon`.

    Parameters
    ----------
    lon : float
        Longitude in degrees, 72 to 138 (China and its seas).

    Raises
    ------
    AtlasError
        When `lon` lies outside that span.
    """
    if not WEST <= lon <= EAST:
        raise AtlasError(
            N_("经度 {got} 不在 {west} 到 {east} 之间：请检查坐标的次序和单位。"), got=lon, west=WEST, east=EAST
        )
    # halves go east, so that a point on a zone's edge always falls in the same zone
    meridian = int(np.clip(3 * np.floor(lon / 3 + 0.5), FIRST_MERIDIAN, LAST_MERIDIAN))
    return FIRST_EPSG + (meridian - FIRST_MERIDIAN) // 3


@lru_cache(maxsize=32)
def _transformer(epsg: int, inverse: bool = False) -> Transformer:
    ends = (f"EPSG:{epsg}", "EPSG:4326") if inverse else ("EPSG:4326", f"EPSG:{epsg}")
    return Transformer.from_crs(*ends, always_xy=True)


def to_metric(lon: ArrayLike, lat: ArrayLike, epsg: int) -> NDArray[np.float64]:
    """Return points in metres (easting, northing) in `epsg`, shape (n, 2).

    Parameters
    ----------
    lon, lat : array_like, shape (n,)
        Degrees, WGS-84.
    epsg : int
        Code from :func:`metric_epsg`.
    """
    x, y = _transformer(epsg).transform(
        np.atleast_1d(np.asarray(lon, "float64")), np.atleast_1d(np.asarray(lat, "float64"))
    )
    return np.column_stack([x, y])


def from_metric(x: ArrayLike, y: ArrayLike, epsg: int) -> NDArray[np.float64]:
    """Return points in degrees (longitude, latitude), shape (n, 2): the inverse of :func:`to_metric`."""
    lon, lat = _transformer(epsg, inverse=True).transform(
        np.atleast_1d(np.asarray(x, "float64")), np.atleast_1d(np.asarray(y, "float64"))
    )
    return np.column_stack([lon, lat])
