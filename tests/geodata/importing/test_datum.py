"""Datums against published points and against a library that shares no code with ours."""

from __future__ import annotations

import geocoordinates_ffi as oracle
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geodata import datum
from geodata.errors import AtlasError

# reference/README.md: WGS-84 → GCJ-02 (latitude, longitude)
VECTORS = [
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
]
CHINA = {"lon": st.floats(74, 134), "lat": st.floats(19, 53)}


@pytest.mark.parametrize(("wgs", "gcj"), VECTORS)
def test_reference_vectors(wgs, gcj):
    lon, lat = datum.wgs84_to_gcj02(wgs[1], wgs[0])
    assert abs(lon[0] - gcj[1]) < 1e-12 and abs(lat[0] - gcj[0]) < 1e-12
    lon, lat = datum.gcj02_to_wgs84(gcj[1], gcj[0])
    assert abs(lon[0] - wgs[1]) < 1e-8 and abs(lat[0] - wgs[0]) < 1e-8


def test_the_published_bd09_point_was_made_with_another_constant():
    """reference/README.md gives (29.199786, 120.019809) → (29.196131605295484, 120.00877901149691).

    That comes from eviltransform, which has pi where Baidu's formula has pi * 3000 / 180: put into the
    formula it gives the point to the last digit. The two differ by 10 m; the oracle agrees with ours.
    """
    x, y = 120.019809 - 0.0065, 29.199786 - 0.006
    radius, angle = np.hypot(x, y) - 2e-5 * np.sin(y * np.pi), np.arctan2(y, x) - 3e-6 * np.cos(x * np.pi)
    gcj = np.array([radius * np.cos(angle), radius * np.sin(angle)])
    there = 2 * gcj - np.ravel(datum.wgs84_to_gcj02(*gcj))
    assert np.abs(there - [120.00877901149691, 29.196131605295484]).max() < 1e-9
    ours = np.ravel(datum.bd09_to_wgs84(120.019809, 29.199786))
    assert Geod(ellps="WGS84").inv(*ours, 120.00877901149691, 29.196131605295484)[2] < 12
    theirs = oracle.bd09_to_wgs84_refined(oracle.Bd09(lat=29.199786, lon=120.019809))
    assert np.abs(ours - [theirs.lon, theirs.lat]).max() < 1e-6


@given(**CHINA)
def test_forward_against_the_oracle(lon, lat):
    gcj, bd = (
        oracle.wgs84_to_gcj02(oracle.Wgs84(lat=lat, lon=lon)),
        oracle.wgs84_to_bd09(oracle.Wgs84(lat=lat, lon=lon)),
    )
    assert np.abs(np.ravel(datum.wgs84_to_gcj02(lon, lat)) - [gcj.lon, gcj.lat]).max() < 1e-10
    assert np.abs(np.ravel(datum.wgs84_to_bd09(lon, lat)) - [bd.lon, bd.lat]).max() < 1e-10


@pytest.mark.parametrize("crs", ["gcj02", "bd09", "cgcs2000", "EPSG:4490"])
def test_there_and_back_to_a_hundred_millionth_of_a_degree(crs):
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(74, 134, 10_000), rng.uniform(19, 53, 10_000)
    back = datum.to_wgs84(*datum.from_wgs84(lon, lat, datum.named(crs)), datum.named(crs))
    assert max(np.abs(back[0] - lon).max(), np.abs(back[1] - lat).max()) < 1e-8


@pytest.mark.parametrize(("crs", "west"), [("cgcs2000-117", 115.5), ("EPSG:4547", 112.5), ("cgcs2000-zone39", 115.5)])
def test_three_degree_zones(crs, west):
    name = datum.named(crs)
    lon, lat = np.array([west + 0.1, west + 2.9]), np.array([24.4, 39.0])
    x, y = datum.from_wgs84(lon, lat, name)
    # easting 500 km on the central meridian, the zone's number before it where it has one; a metre is a metre
    assert ((x % 1e6 > 3.5e5) & (x % 1e6 < 6.5e5)).all() and (x // 1e6 == (39 if "zone" in crs else 0)).all()
    _, _, along = Geod(ellps="GRS80").inv(lon[0], lat[0], lon[0], lat[0] + 0.001)
    north = datum.from_wgs84(lon[:1], lat[:1] + 0.001, name)
    assert abs(np.hypot(north[0][0] - x[0], north[1][0] - y[0]) / along - 1) < 4e-4
    back = datum.to_wgs84(x, y, name)
    assert np.abs(np.concatenate([back[0] - lon, back[1] - lat])).max() < 1e-8


def test_points_abroad_and_missing_points_stay():
    assert np.ravel(datum.wgs84_to_gcj02(2.35, 48.85)) == pytest.approx([2.35, 48.85])
    for crs in ("gcj02", "bd09", "EPSG:4548"):
        assert np.isnan(datum.to_wgs84([np.nan], [np.nan], crs)).all()


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("WGS-84", "wgs84"),
        ("wgs 84", "wgs84"),
        ("84坐标系", "wgs84"),
        ("EPSG:4326", "wgs84"),
        ("GCJ-02", "gcj02"),
        ("amap", "gcj02"),
        ("BD-09", "bd09"),
        ("epsg:4490", "cgcs2000"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "wgs84"),
        ("urn:ogc:def:crs:EPSG::4548", "EPSG:4548"),
    ],
)
def test_names(said, name):
    assert datum.named(said) == name


@pytest.mark.parametrize("said", ["", "mars24", "EPSG:999999", "cgcs2000-118", "cgcs2000-zone50", "西安80"])
def test_unknown_names_are_refused(said):
    with pytest.raises(AtlasError, match="坐标系"):
        datum.named(said)
