"""百度 (Baidu) web service, geocoding v3: ``GET /geocoding/v3/?address=&city=&output=json&ak=``, answers in BD-09.

As documented: ``status`` 0, ``result.location`` ``{lng, lat}``, ``precise`` 0 or 1, ``confidence`` 0 to 100 (how far
the point may err: 100 under 20 m, 80 under 100 m, 50 under 1 km), ``comprehension``, ``level``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geodata.frames import text_of
from geodata.geocoding.base import (
    COUNTY,
    CROSSING,
    HOUSE,
    STREET,
    UNKNOWN,
    WIDER,
    ZONE,
    Answer,
    AnswerError,
    BusyError,
    KeyRefusedError,
    Query,
    QuotaError,
    no_result,
    refusal,
    share_of,
)
from geodata.geocoding.http import quoted

NAME, DATUM, PATH = "baidu", "bd09", "/geocoding/v3/"
URL = "https://api.map.baidu.com"
SERVICE = "百度（Baidu）"
LEVEL = {
    "国家": WIDER,
    "省": WIDER,
    "城市": WIDER,
    "区县": COUNTY,
    "乡镇": ZONE,
    "村庄": ZONE,
    "商圈": ZONE,
    "工业园区": ZONE,
    "绿地": ZONE,
    "道路": STREET,
    "桥": STREET,
    "交叉路口": CROSSING,
    "地产小区": CROSSING,
    "UNKNOWN": UNKNOWN,
    "": UNKNOWN,
    "门址": HOUSE,
}  # every other word it has (政府机构, 医疗, 购物 …) is a kind of point of interest
KINDS = {
    QuotaError: (4, 301, 302),
    BusyError: (1, 401, 402),
    # 101, 102: key or signature; 2xx: of the application, its address, its service
    KeyRefusedError: (3, 5, *range(101, 300)),
}
NOTHING_MESSAGE = "无相关结果"
BAD_PARAMETER = 2


def parameters(query: Query, key: str) -> dict[str, str]:
    """Return what is asked: the address, and the name of the city to look in."""
    return {"address": query.text, "city": query.city or query.county, "output": "json", "ak": key}


def answer(said: Mapping[str, Any]) -> Answer:
    """Return the answer that the service gives; ``lon`` and ``lat`` still in :data:`DATUM`.

    Raises
    ------
    GeocodingError
        What ``status`` says is wrong.
    """
    try:
        status = int(said["status"])
    except (KeyError, TypeError, ValueError) as error:
        raise no_result(SERVICE) from error
    message = quoted(said.get("message") or said.get("msg") or "")
    if status:
        if NOTHING_MESSAGE in message or status == BAD_PARAMETER:
            return Answer(None, None, NAME, said=message[:40])
        _raise(status, message)
    found: Any = said.get("result")
    try:
        point = float(found["location"]["lng"]), float(found["location"]["lat"])
    except (KeyError, TypeError, ValueError):
        return Answer(None, None, NAME)
    level = text_of(found.get("level"))
    normal = LEVEL.get(level, HOUSE)
    if normal == HOUSE and str(found.get("precise")) != "1":
        normal = STREET  # it names a door and says that it has not found it: near, and no more
    return Answer(*point, NAME, normal, level[:40], share_of(found.get("confidence")))


def _raise(status: int, message: str) -> None:
    kind = next((kind for kind, codes in KINDS.items() if status in codes), AnswerError)
    raise refusal(kind, SERVICE, status, message)
