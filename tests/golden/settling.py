"""What of a value is kept: no geometry, no clock, no version; numbers to nine figures."""

from __future__ import annotations

import base64
import re
from datetime import date
from typing import Any

import numpy as np

FIGURES = 9
#: Where things lie and how long they took: counted or left out, not compared.
GEOMETRY = frozenset({"lon", "lat", "z_lon", "z_lat", "coordinates"})
CLOCK = frozenset({"seconds", "history", "trace", "made_at", "uptime_seconds", "built", "read_at", "started"})
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+\d\d:\d\d)?")
#: When a file was changed, the name of a batch, the minute of today at which it came.
_VARYING = re.compile(r"(?<=\?m=)[\d.]+|\b20\d{6}-[0-9a-f]{8}\b|(?<=TODAY )\d\d:\d\d")


def settled(value: Any, version: str) -> Any:
    """Return `value`, JSON, without what may differ from run to run; `version` is that of the atlas."""
    today = date.today()
    names = {
        version: "VERSION",
        today.isoformat(): "TODAY",
        f"{today.year}年{today.month}月{today.day}日": "TODAY",
        f"{today.day} {today:%b %Y}": "TODAY",
    }

    def walk(part: Any) -> Any:
        if isinstance(part, dict):
            if set(part) >= {"dtype", "bdata"}:  # an array as plotly writes it
                return walk(_array(part))
            # Dash writes its wildcard properties (data-…, aria-…) in the order of a set
            pairs = sorted(part.items(), key=lambda pair: pair[0] if "-" in pair[0] else "")
            return {
                key: len(one) if key in GEOMETRY and isinstance(one, list) else walk(one)
                for key, one in ((key, _plain(key, one)) for key, one in pairs)
                if key not in CLOCK
            }
        if isinstance(part, list):
            return [walk(one) for one in part]
        if isinstance(part, float):
            return float(f"{part:.{FIGURES}g}")
        if isinstance(part, str):
            for name, sign in names.items():
                if name:
                    part = part.replace(name, sign)
            return _VARYING.sub("…", _STAMP.sub("MOMENT", part))
        return part

    return walk(value)


def _plain(key: str, part: Any) -> Any:
    return _array(part) if key in GEOMETRY and isinstance(part, dict) and "bdata" in part else part


def _array(part: dict[str, Any]) -> list[Any]:
    shape = [int(one) for one in str(part.get("shape", "-1")).split(",")]
    return np.frombuffer(base64.b64decode(part["bdata"]), dtype=part["dtype"]).reshape(shape).tolist()
