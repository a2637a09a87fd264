"""Exports of places from Amap and Baidu: known by their columns, which mean other things there than elsewhere.

Both services give flat tables of the answers of their web services (or of tools over them). ``area`` is a district
in one and a size in any other table; ``business_area`` is a quarter, not a size; ``[]`` stands for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from geodata.errors import N_
from geodata.importing.report import Problem
from geodata.importing.sheets import Sheet

SEARCHED_ROWS = 3  # exports have no titles above their header
EMPTY = {"[]", "{}", "None", "null", "nan"}


class Service(NamedTuple):
    """A service whose exports are known.

    Attributes
    ----------
    name : dict
        Names for people.
    needs : tuple of set
        Of each set the export has at least one column.
    crs : str
        Coordinate system of what the service gives.
    district : str
        Column that names the district; `above`: those that name what it lies in, the largest first.
    code : str
        Column with the code of the district.
    means : dict
        Column → what it means to the atlas, as a header that the atlas knows.
    spare : frozenset
        Columns that give way where another means the same.
    """

    name: dict[str, str]
    needs: tuple[set[str], ...]
    crs: str
    district: str
    above: tuple[str, ...]
    code: str
    means: dict[str, str]
    spare: frozenset[str]


AMAP = Service(
    {"zh": "高德 POI 导出", "en": "an export of places from Amap"},
    ({"location"}, {"adname", "typecode", "pname", "cityname"}),
    "gcj02",
    "adname",
    ("pname", "cityname"),
    "adcode",
    {
        "location": "lonlat",
        "adname": "区县",
        "opentime2": "营业时间",
        "opentime_week": "营业时间",
        "biz_ext.open_time": "营业时间",
        "biz_ext.opentime2": "营业时间",
        "business.opentime_week": "营业时间",
        "business_area": "商圈",
        "business.business_area": "商圈",
        "id": "poi_id",
        "type": "poi_type",
    },
    frozenset({"区县", "营业时间"}),
)
BAIDU = Service(
    {"zh": "百度 POI 导出", "en": "an export of places from Baidu"},
    (
        {"lat", "location.lat", "location_lat"},
        {"lng", "location.lng", "location_lng"},
        {"uid", "street_id", "detail_info"},
    ),
    "bd09",
    "area",
    ("province", "city"),
    "adcode",
    {
        "location.lng": "lng",
        "location_lng": "lng",
        "location.lat": "lat",
        "location_lat": "lat",
        "area": "区县",
        "detail_info.shop_hours": "营业时间",
        "shop_hours": "营业时间",
        "status": "poi_status",
        "type": "poi_type",
    },
    frozenset({"区县", "营业时间"}),
)
SERVICES = (AMAP, BAIDU)


def prepared(sheet: Sheet) -> tuple[Sheet, Service | None]:
    """Return a sheet with the columns of a known export named for what they mean,
    and the service; others as they are.
    """
    if sheet.geometry is not None:
        return sheet, None
    if sheet.header is not None:
        found = _service(sheet.header)
        if found is not None:
            sheet.header = _renamed(sheet, sheet.header, 0, found)
            _take_over(sheet, found)
        return sheet, found
    for at, row in enumerate(sheet.rows[:SEARCHED_ROWS]):
        if found := _service(row):
            sheet.rows[at] = _renamed(sheet, row, at + 1, found)
            _take_over(sheet, found)
            return sheet, found
    return sheet, None


def _service(row: Sequence[Any]) -> Service | None:
    said = {cell.strip().lower() for cell in row if isinstance(cell, str)}
    return next((one for one in SERVICES if all(said & some for some in one.needs)), None)


def _renamed(sheet: Sheet, header: Sequence[Any], first: int, service: Service) -> list[Any]:
    """Return the header by what it means; on the way empty cells become empty, and districts say where they lie."""
    said = [cell.strip().lower() if isinstance(cell, str) else cell for cell in header]
    place = {name: at for at, name in reversed(list(enumerate(said)))}
    whole = service.district in place and service.code not in place
    above = [place[name] for name in service.above if name in place]
    district = place.get(service.district, -1)
    for at in range(first, len(sheet.rows)):
        row = [None if isinstance(cell, str) and cell.strip() in EMPTY else cell for cell in sheet.rows[at]]
        if whole and district < len(row) and isinstance(row[district], str):
            # many districts are called Gulou: what they lie in leaves no doubt
            parts: list[Any] = [row[one] for one in above if one < len(row) and isinstance(row[one], str)]
            row[district] = "".join(map(str, dict.fromkeys([*parts, row[district]])))
        sheet.rows[at] = row
    return [
        service.means.get(name, cell) if isinstance(name, str) else cell
        for name, cell in zip(said, header, strict=True)
    ]


def _take_over(sheet: Sheet, service: Service) -> None:
    sheet.crs = sheet.crs or service.crs
    sheet.spare = sheet.spare | service.spare


def told(sheet: Sheet, service: Service, warn: Callable[[Problem], Any]) -> None:
    """Say what was taken for granted about an export whose coordinates could be of another system."""
    if service is BAIDU and sheet.crs == BAIDU.crs:
        warn(
            Problem(
                N_("这看来是百度的 POI 导出，坐标按 BD-09 读取；取数时要的是 gcj02 的，请说明 --crs gcj02。"),
                sheet=sheet.name,
                code="crs",
            )
        )
