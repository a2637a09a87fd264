"""天地图 (Tianditu) web service, geocoding: ``GET /geocoder?ds={"keyWord":…}&tk=``, answers in CGCS2000.

As documented: ``status`` ``"0"`` found, ``"101"`` nothing found, ``"404"`` an error; ``location`` with ``lon``,
``lat``, ``score`` (0 to 100) and ``level``. What its gateway refuses (key, quota) comes as
``{"code", "msg", "resolve"}``, often with HTTP 403; the numbers are not listed in the manual, so its words tell which
it is.
"""

from __future__ import annotations

import json
import re
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

NAME, DATUM, PATH = "tianditu", "cgcs2000", "/geocoder"
URL = "https://api.tianditu.gov.cn"
SERVICE = "天地图（Tianditu）"
FOUND, NOTHING = "0", "101"
LEVEL = {
    "门址": HOUSE,
    "门牌号": HOUSE,
    "兴趣点": HOUSE,
    "POI": HOUSE,
    "地名地址": HOUSE,
    "道路交叉口": CROSSING,
    "交叉路口": CROSSING,
    "小区": CROSSING,
    "道路": STREET,
    "街巷": STREET,
    "乡镇": ZONE,
    "街道": ZONE,
    "村": ZONE,
    "村庄": ZONE,
    "社区": ZONE,
    "地名": ZONE,  # a name of any kind of place: as close as the widest of them
    "区县": COUNTY,
    "县": COUNTY,
    "市": WIDER,
    "省": WIDER,
}
_QUOTA = re.compile("配额|超限|上限|次数|额度")
_BUSY = re.compile("频繁|频率|并发|QPS|繁忙", re.IGNORECASE)


def parameters(query: Query, key: str) -> dict[str, str]:
    """Return what is asked: the address with city and county before it."""
    return {"ds": json.dumps({"keyWord": query.text}, ensure_ascii=False, separators=(",", ":")), "tk": key}


def answer(said: Mapping[str, Any]) -> Answer:
    """Return the answer that the service gives; ``lon`` and ``lat`` still in :data:`DATUM`.

    Raises
    ------
    GeocodingError
        What the service or its gateway says is wrong.
    """
    status = said.get("status")
    if status is None:
        _refused(said)
    status, message = str(status), quoted(said.get("msg") or "")
    if status == NOTHING:
        return Answer(None, None, NAME)
    if status != FOUND:
        raise refusal(AnswerError, SERVICE, quoted(status), message)
    place: Any = said.get("location")
    try:
        point = float(place["lon"]), float(place["lat"])
    except (KeyError, TypeError, ValueError):
        return Answer(None, None, NAME)
    level = text_of(place.get("level"))
    return Answer(
        *point,
        NAME,
        LEVEL.get(level, UNKNOWN),
        level[:40],
        share_of(place.get("score")),
        quoted(text_of(place.get("keyWord"))),
    )


def _refused(said: Mapping[str, Any]) -> None:
    words = quoted(f"{said.get('msg') or ''} {said.get('resolve') or ''}")
    if "code" not in said and not words:
        raise no_result(SERVICE)
    kind = QuotaError if _QUOTA.search(words) else BusyError if _BUSY.search(words) else KeyRefusedError
    raise refusal(kind, SERVICE, quoted(said.get("code", "?")), words)
