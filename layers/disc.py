"""The coverage disc of one station, for the eye."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

CORNERS = 72


def disc(lon: float, lat: float, radius: float) -> NDArray[np.float64]:
    """Return the closed ring of points at `radius` metres (geodesic, WGS-84) around a point.

    Parameters
    ----------
    lon, lat : float
        Centre, degrees (WGS-84).
    radius : float
        Straight-line radius, metres.

    Returns
    -------
    ndarray, shape (CORNERS + 1, 2)
        Longitude and latitude in degrees; the last point is the first.
    """
    azimuth = np.linspace(0.0, 360.0, CORNERS + 1)
    count = len(azimuth)
    east, north, _ = Geod(ellps="WGS84").fwd(
        np.full(count, lon), np.full(count, lat), azimuth, np.full(count, radius)
    )
    return np.column_stack([east, north])
