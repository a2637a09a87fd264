"""Metres are measured in the 3-degree zone of the place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod

from geodata.crs import from_metric, metric_epsg, to_metric
from geodata.errors import AtlasError


@pytest.mark.parametrize("lon", np.arange(73.5, 136.5, 0.37))
def test_the_zone_is_the_nearest_one(lon):
    crs = CRS.from_epsg(metric_epsg(lon))
    meridian = next(p.value for p in crs.coordinate_operation.params if p.name == "Longitude of natural origin")
    assert abs(meridian - lon) <= 1.5
    assert "CGCS2000" in crs.name


def test_xiamen_is_measured_at_117_east():
    assert metric_epsg(118.1) == 4548


@pytest.mark.parametrize("lon", [24.4, -118.1, 71.9, 140.0])
def test_a_longitude_outside_china_is_refused(lon):
    with pytest.raises(AtlasError, match="经度"):
        metric_epsg(lon)


@given(lon=st.floats(74, 135), lat=st.floats(18, 53), east=st.floats(-0.02, 0.02), north=st.floats(-0.02, 0.02))
def test_distances_agree_with_the_ellipsoid(lon, lat, east, north):
    epsg = metric_epsg(lon)
    a, b = to_metric([lon, lon + east], [lat, lat + north], epsg)
    true = Geod(ellps="WGS84").inv(lon, lat, lon + east, lat + north)[2]
    # at the edge of a zone, 1.5 degrees from its meridian, the scale is off by 0.03 % at most
    assert np.hypot(*(a - b)) == pytest.approx(true, rel=4e-4, abs=1e-3)


def test_there_and_back():
    points = np.array([[118.1, 24.45], [118.2, 24.5], [116.0, 23.0]])
    there = to_metric(points[:, 0], points[:, 1], 4548)
    assert there.shape == (3, 2)
    np.testing.assert_allclose(from_metric(there[:, 0], there[:, 1], 4548), points, atol=1e-9)
