"""Coordinate systems as a keeper of tables knows them: by where the coordinates were taken."""

from __future__ import annotations

from dashboard.words import Words

EPSG_CHOICE = "epsg"


def systems(words: Words) -> list[dict[str, str]]:
    """Return the coordinate systems as a keeper of tables knows them."""
    return [
        {"value": "", "label": words("请选择：坐标是从哪里来的？")},
        {"value": "gcj02", "label": words("高德、腾讯地图上取的（GCJ-02）")},
        {"value": "bd09", "label": words("百度地图上取的（BD-09）")},
        {"value": "wgs84", "label": words("GPS、手机定位、天地图（WGS-84）")},
        {"value": "cgcs2000", "label": words("测绘成果，经纬度（CGCS2000）")},
        {"value": EPSG_CHOICE, "label": words("测绘成果，以米为单位（EPSG 代码）")},
        {"value": "file", "label": words("以文件自己的声明为准")},
    ]


def crs_name(code: str, words: Words) -> str:
    """Return the name of a coordinate system, its code where it has no other."""
    return next((one["label"] for one in systems(words) if one["value"] == code), code)
