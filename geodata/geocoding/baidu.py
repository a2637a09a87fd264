"""百度 (Baidu) web service, geocoding v3: ``GET /geocoding/v3/?address=&city=&output=json&ak=``, answers in BD-09.

As documented: ``status`` 0, ``result.location`` ``{lng, lat}``, ``precise`` 0 or 1, ``confidence`` 0 to 100 (how far
the point may err: 100 under 20 m, 80 under 100 m, 50 under 1 km), ``comprehension``, ``level``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geodata.errors import N_
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
)
from geodata.geocoding.http import quoted

NAME, DATUM, PATH = "baidu", "bd09", "/geocoding/v3/"
URL = "https://api.map.baidu.com"
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
QUOTA, BUSY, REFUSED = (4, 301, 302), (1, 401, 402), (3, 5)
REFUSED_FROM, REFUSED_TO = 101, 299  # 101, 102: key or signature; 2xx: of the application, its address, its service
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
        raise AnswerError(
            N_("{service}的回答里没有结果一项，接口可能变了：请告诉管理员。"), service="百度（Baidu）"
        ) from error
    message = quoted(said.get("message") or said.get("msg") or "")
    if status:
        if NOTHING_MESSAGE in message or status == BAD_PARAMETER:
            return Answer(None, None, NAME, said=message[:40])
        _raise(status, message)
    found = said.get("result")
    place = found.get("location") if isinstance(found, Mapping) else None
    if not isinstance(place, Mapping):
        return Answer(None, None, NAME)
    try:
        point = float(place["lng"]), float(place["lat"])
    except (KeyError, TypeError, ValueError):
        return Answer(None, None, NAME)
    level = found.get("level")
    level = level if isinstance(level, str) else ""
    normal = LEVEL.get(level, HOUSE)
    if normal == HOUSE and str(found.get("precise")) != "1":
        normal = STREET  # it names a door and says that it has not found it: near, and no more
    try:
        confidence = min(1.0, max(0.0, float(found["confidence"]) / 100))
    except (KeyError, TypeError, ValueError):
        confidence = None
    return Answer(*point, NAME, normal, level[:40], confidence)


def _raise(status: int, message: str) -> None:
    detail = {"service": "百度（Baidu）", "code": status, "info": message}
    if status in QUOTA:
        raise QuotaError(N_("{service}的配额用完了（{code} {info}）：已找到的都留着，明天可接着找。"), **detail)
    if status in BUSY:
        raise BusyError(N_("{service}说太忙或请求太频繁（{code} {info}）：请稍后再试，或调小每秒次数。"), **detail)
    if status in REFUSED or REFUSED_FROM <= status <= REFUSED_TO:
        raise KeyRefusedError(
            N_("{service}不认这把密钥（{code} {info}）：请核对密钥和它允许的服务、来源地址。"), **detail
        )
    raise AnswerError(N_("{service}没有给出结果（{code} {info}）：请把这个代码告诉管理员。"), **detail)
