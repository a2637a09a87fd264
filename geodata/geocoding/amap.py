"""高德 (Amap) web service, geocoding: ``GET /v3/geocode/geo?address=&city=&key=``, answers in GCJ-02.

As documented: ``status`` 1 or 0, ``info``, ``infocode``; ``geocodes`` with ``location`` ``"lng,lat"`` and ``level``; a
field without a value is ``[]``. It says nothing of confidence.
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
)
from geodata.geocoding.http import quoted

NAME, DATUM, PATH = "amap", "gcj02", "/v3/geocode/geo"
URL = "https://restapi.amap.com"
SERVICE = "高德（Amap）"
LEVEL = {
    "门牌号": HOUSE,
    "单元号": HOUSE,
    "楼栋号": HOUSE,
    "兴趣点": HOUSE,
    "公交站台、地铁站": HOUSE,
    "公交车站": HOUSE,
    "地铁站": HOUSE,
    "道路交叉路口": CROSSING,
    "热点商圈": ZONE,
    "住宅区": CROSSING,
    "道路": STREET,
    "村庄": ZONE,
    "乡镇": ZONE,
    "开发区": ZONE,
    "区县": COUNTY,
    "市": WIDER,
    "省": WIDER,
    "国家": WIDER,
}
#: no more today, or at all (10010: of this address of ours; 10044:
#: of the account; 40000: the package is used up; 40002: it has ended)
QUOTA = {"10003", "10010", "10029", "10044", "10045", "40000", "40002", "40003"}
#: more than allowed a second (10004 a minute; 10014, 10019, 10020, 10021 a second), or the service itself is at fault
BUSY = {"10004", "10014", "10015", "10016", "10017", "10019", "10020", "10021", "20003"}
#: the key is unknown, of another platform, bound to another address, taken back, or not for this service
REFUSED = {"10001", "10002", "10005", "10006", "10007", "10008", "10009", "10012", "10013", "10026", "10041"}
KINDS = {QuotaError: QUOTA, BusyError: BUSY, KeyRefusedError: REFUSED}
#: the engine has nothing to say of this address; the parameters are at fault for this address alone
NOTHING = {"20800", "20801", "20802", "20803", "20000"}
NOTHING_FROM, NOTHING_TO = 30000, 39999


def parameters(query: Query, key: str) -> dict[str, str]:
    """Return what is asked: the address, and the county's code as the ``city`` to look in."""
    return {"address": query.text, "city": query.adcode, "output": "JSON", "key": key}


def answer(said: Mapping[str, Any]) -> Answer:
    """Return the answer that the service gives; ``lon`` and ``lat`` still in :data:`DATUM`.

    Raises
    ------
    GeocodingError
        What ``infocode`` says is wrong.
    """
    code = str(said.get("infocode") or "")
    if str(said.get("status")) != "1":
        info = quoted(said.get("info") or "")
        _raise(code, info)
        return Answer(None, None, NAME, said=info[:40])
    found = said.get("geocodes")
    if not isinstance(found, list):
        raise no_result(SERVICE)
    if not found:
        return Answer(None, None, NAME)
    first = found[0] if isinstance(found[0], Mapping) else {}
    lon, _, lat = str(first.get("location") or "").partition(",")
    try:
        point = float(lon), float(lat)
    except ValueError:
        return Answer(None, None, NAME)
    level = text_of(first.get("level"))
    return Answer(
        *point,
        NAME,
        LEVEL.get(level, UNKNOWN),
        level[:40],
        None,
        quoted(text_of(first.get("formatted_address"))),
        len(found) - 1,
    )


def _raise(code: str, info: str) -> None:
    kind = next((kind for kind, codes in KINDS.items() if code in codes), AnswerError)
    if kind is AnswerError and (code in NOTHING or (code.isdigit() and NOTHING_FROM <= int(code) <= NOTHING_TO)):
        return
    raise refusal(kind, SERVICE, code or "?", info)
