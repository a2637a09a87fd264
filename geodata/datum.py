"""From the datums of Chinese web maps and surveys to WGS-84 and back.

GCJ-02 (Amap, Tencent) and BD-09 (Baidu) shift every point of the mainland by
300 to 1,200 m; the forward formulas are the published ones (Krasovsky 1940:
a = 6378245 m, e² = 0.00669342162296594323). They have no closed inverse, so
the inverse is a fixed point over whole arrays: the shift's derivative is below
0.01, so each round gains two digits and a dozen reach rounding error.
CGCS2000 and WGS-84 differ by centimetres and are taken as one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geodata.crs import FIRST_EPSG, FIRST_MERIDIAN, LAST_MERIDIAN
from geodata.errors import N_, AtlasError

Degrees = NDArray[np.float64]
Pair = tuple[Degrees, Degrees]

DATUMS = ("wgs84", "gcj02", "bd09", "cgcs2000")
SEMI_MAJOR, ECCENTRICITY2 = 6378245.0, 0.00669342162296594323
SHIFTED_LON, SHIFTED_LAT = (72.004, 137.8347), (0.8293, 55.8271)  # where Chinese maps shift at all
_BD_PI = np.pi * 3000.0 / 180.0
_ROUNDS = 14
_WITH_ZONE_EPSG = 4513  # the same 21 zones with their number (25 to 45) before the easting
_WRITTEN = {
    "wgs84": "wgs84",
    "wgs1984": "wgs84",
    "84": "wgs84",
    "gps": "wgs84",
    "crs84": "wgs84",
    "ogc:crs84": "wgs84",
    "epsg:4326": "wgs84",
    "gcj02": "gcj02",
    "gcj": "gcj02",
    "mars": "gcj02",
    "amap": "gcj02",
    "tencent": "gcj02",
    "高德": "gcj02",
    "腾讯": "gcj02",
    "火星": "gcj02",
    "国测局": "gcj02",
    "bd09": "bd09",
    "bd09ll": "bd09",
    "baidu": "bd09",
    "百度": "bd09",
    "cgcs2000": "cgcs2000",
    "天地图": "cgcs2000",
    "国家2000": "cgcs2000",
    "2000国家": "cgcs2000",
    "国家大地2000": "cgcs2000",
    "大地2000": "cgcs2000",
    "epsg:4490": "cgcs2000",
}


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Return GCJ-02 degrees of WGS-84 degrees; points outside the shifted box stay where they are."""
    lon, lat = _arrays(lon, lat)
    inside = (lon >= SHIFTED_LON[0]) & (lon <= SHIFTED_LON[1]) & (lat >= SHIFTED_LAT[0]) & (lat <= SHIFTED_LAT[1])
    dlon, dlat = _gcj_shift(lon, lat)
    return np.where(inside, lon + dlon, lon), np.where(inside, lat + dlat, lat)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Return WGS-84 degrees of GCJ-02 degrees, to better than 1e-8 degrees."""
    return _inverse(wgs84_to_gcj02, lon, lat)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Return BD-09 degrees of GCJ-02 degrees."""
    lon, lat = _arrays(lon, lat)
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BD_PI)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BD_PI)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Return GCJ-02 degrees of BD-09 degrees, to better than 1e-8 degrees."""
    return _inverse(gcj02_to_bd09, lon, lat)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Return BD-09 degrees of WGS-84 degrees."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """Return WGS-84 degrees of BD-09 degrees, to better than 1e-8 degrees."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def named(text: str) -> str:
    """Return the one name of a coordinate system that people write in many ways.

    Parameters
    ----------
    text : str
        ``wgs84``, ``gcj02``, ``bd09``, ``cgcs2000`` in any spelling; ``EPSG:4547`` or any
        code that pyproj knows; ``cgcs2000-117`` or ``cgcs2000-117e`` for the 3-degree zone with that
        central meridian, ``cgcs2000-zone39`` for the one whose eastings begin with its number.

    Returns
    -------
    str
        A name of :data:`DATUMS` or ``EPSG:`` and a number.

    Raises
    ------
    AtlasError
        When it is none of these.
    """
    key = re.sub(r"[\s_]", "", unicodedata.normalize("NFKC", str(text))).lower()
    key = re.sub(r"(?<=[\u4e00-\u9fff\d])(?:地图)?(?:大地)?(?:坐标系?|经纬度)$|(?<=高德|百度|腾讯)地图$", "", key)
    plain = key.replace("-", "")
    if key in _WRITTEN or plain in _WRITTEN:
        return _WRITTEN.get(key) or _WRITTEN[plain]
    if match := re.fullmatch(r"cgcs2000[-/](zone)?(\d{2,3})e?", key):
        number = int(match[2])
        zone = number - 25 if match[1] else (number - FIRST_MERIDIAN) // 3
        exact = match[1] or (FIRST_MERIDIAN <= number <= LAST_MERIDIAN and number % 3 == 0)
        if exact and 0 <= zone <= 20:
            return f"EPSG:{(_WITH_ZONE_EPSG if match[1] else FIRST_EPSG) + zone}"
    if match := re.fullmatch(r"(?:urn:ogc:def:crs:)?epsg:+(?:[\d.]+:)?(\d{4,6})", key):
        try:
            _crs(int(match[1]))
        except CRSError:
            pass
        else:
            return _WRITTEN.get(f"epsg:{match[1]}", f"EPSG:{match[1]}")
    if key.endswith("crs84"):
        return "wgs84"
    raise AtlasError(
        N_("不认识坐标系“{got}”：请用 {expected}，或三度带如 cgcs2000-117、EPSG:4548。"),
        got=str(text)[:60],
        expected=" | ".join(DATUMS),
    )


def is_metric(crs: str) -> bool:
    """Return whether the coordinates of `crs` (from :func:`named`) are lengths, not degrees."""
    return crs not in DATUMS and _crs(int(crs.removeprefix("EPSG:"))).is_projected


def to_wgs84(x: ArrayLike, y: ArrayLike, crs: str) -> Pair:
    """Return WGS-84 longitude and latitude in degrees.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        Longitude and latitude in degrees, or easting and northing in metres.
        NaN stays NaN.
    crs : str
        A name from :func:`named`.
    """
    x, y = _arrays(x, y)
    return _route(crs, inverse=False)(x, y)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, crs: str) -> Pair:
    """Return coordinates in `crs` (x, y): the inverse of :func:`to_wgs84`."""
    lon, lat = _arrays(lon, lat)
    return _route(crs, inverse=True)(lon, lat)


def _route(crs: str, inverse: bool) -> Callable[[Degrees, Degrees], Pair]:
    shifts = {"gcj02": (gcj02_to_wgs84, wgs84_to_gcj02), "bd09": (bd09_to_wgs84, wgs84_to_bd09)}
    if crs in shifts:
        return shifts[crs][inverse]
    if crs in DATUMS:
        return lambda x, y: (x, y)
    return _projected(int(crs.removeprefix("EPSG:")), inverse)


def _projected(epsg: int, inverse: bool) -> Callable[[Degrees, Degrees], Pair]:
    transformer = _transformer(epsg, inverse)

    def run(x: Degrees, y: Degrees) -> Pair:
        known = np.isfinite(x) & np.isfinite(y)
        out_x, out_y = np.full(x.shape, np.nan), np.full(y.shape, np.nan)
        out_x[known], out_y[known] = transformer.transform(x[known], y[known])
        lost = ~(np.isfinite(out_x) & np.isfinite(out_y))  # PROJ answers inf where a projection does not reach
        out_x[lost], out_y[lost] = np.nan, np.nan
        return out_x, out_y

    return run


@lru_cache(maxsize=64)
def _transformer(epsg: int, inverse: bool) -> Transformer:
    # CGCS2000 and WGS-84 are taken as one: the route goes through the projection's own degrees
    ends = (_crs(epsg), CRS("EPSG:4326"))
    return Transformer.from_crs(*(ends[::-1] if inverse else ends), always_xy=True)


@lru_cache(maxsize=64)
def _crs(epsg: int) -> CRS:
    return CRS.from_epsg(epsg)


def _inverse(forward: Callable[[Degrees, Degrees], Pair], lon: ArrayLike, lat: ArrayLike) -> Pair:
    lon, lat = _arrays(lon, lat)
    x, y = lon.copy(), lat.copy()
    for _ in range(_ROUNDS):
        got_x, got_y = forward(x, y)
        step_x, step_y = lon - got_x, lat - got_y
        x, y = x + step_x, y + step_y
        worst = np.nanmax(np.abs(np.concatenate([step_x, step_y])), initial=0.0)
        if worst < 1e-13:
            break
    return x, y


def _gcj_shift(lon: Degrees, lat: Degrees) -> Pair:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    waves = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    dlat = (
        -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + (
            waves
            + 20.0 * np.sin(y * np.pi)
            + 40.0 * np.sin(y / 3.0 * np.pi)
            + 160.0 * np.sin(y / 12.0 * np.pi)
            + 320.0 * np.sin(y * np.pi / 30.0)
        )
        * 2.0
        / 3.0
    )
    dlon = (
        300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + (
            waves
            + 20.0 * np.sin(x * np.pi)
            + 40.0 * np.sin(x / 3.0 * np.pi)
            + 150.0 * np.sin(x / 12.0 * np.pi)
            + 300.0 * np.sin(x / 30.0 * np.pi)
        )
        * 2.0
        / 3.0
    )
    phi = np.radians(lat)
    magic = 1.0 - ECCENTRICITY2 * np.sin(phi) ** 2
    dlat = np.degrees(dlat / ((SEMI_MAJOR * (1.0 - ECCENTRICITY2)) / (magic * np.sqrt(magic))))
    dlon = np.degrees(dlon / (SEMI_MAJOR / np.sqrt(magic) * np.cos(phi)))
    return dlon, dlat


def _arrays(lon: ArrayLike, lat: ArrayLike) -> Pair:
    return np.atleast_1d(np.asarray(lon, "float64")), np.atleast_1d(np.asarray(lat, "float64"))


def shifted(geometry: Any) -> Any:
    """Return a geometry (WGS-84), or an array of them, in GCJ-02 degrees."""
    return shapely.transform(geometry, lambda degrees: np.column_stack(wgs84_to_gcj02(degrees[:, 0], degrees[:, 1])))
