"""Coverage discs for the eye: of one station, and of many merged into one area."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod

CORNERS = 72
DECIMALS = 5  # about 1 m
_GEOD = Geod(ellps="WGS84")


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
    return _rings(np.array([lon]), np.array([lat]), radius, CORNERS)[0]


def merged(lon: ArrayLike, lat: ArrayLike, radius: float, corners: int = CORNERS) -> shapely.Geometry:
    """Return what lies within `radius` metres of any of the points, as one area without inner borders.

    Parameters
    ----------
    lon, lat : array_like, shape (n,)
        Centres, degrees (WGS-84).
    radius : float
        Straight-line radius, metres.
    corners : int
        Corners of each disc before they are merged; the area is smaller than that of true circles by
        a share of about ``6.6 / corners**2``.

    Returns
    -------
    Polygon or MultiPolygon
        Degrees, rounded to :data:`DECIMALS`, with the holes that discs leave between them; empty without points.
    """
    rings = _rings(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float), radius, corners)
    if not len(rings):
        return shapely.Polygon()
    area = shapely.union_all(shapely.polygons(rings), grid_size=10.0**-DECIMALS)
    return shapely.transform(area, lambda degrees: np.round(degrees, DECIMALS))


def _rings(lon: NDArray[np.float64], lat: NDArray[np.float64], radius: float, corners: int) -> NDArray[np.float64]:
    azimuth = np.tile(np.linspace(0.0, 360.0, corners + 1), len(lon))
    east, north, _ = _GEOD.fwd(
        np.repeat(lon, corners + 1), np.repeat(lat, corners + 1), azimuth, np.full(len(azimuth), radius)
    )
    rings = np.column_stack([east, north]).reshape(len(lon), corners + 1, 2)
    rings[:, -1] = rings[:, 0]
    return rings
