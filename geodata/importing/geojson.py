"""GeoJSON and GeoJSON text sequences (RFC 7946, RFC 8142, newline-delimited)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

from geodata.errors import N_
from geodata.importing.limits import MAX_COLUMNS, MAX_JSON, MAX_JSON_MEMORY, MAX_ROWS
from geodata.importing.report import Unreadable, shown
from geodata.importing.sheets import Sheet
from geodata.importing.text import decoded
from geodata.importing.vector import bad_shape, known, plain, too_many_bytes

_BRACKET_BYTES, _COMMA_BYTES = 90, 60  # what a list or dict, and a value in one, take in memory at most
SEPARATOR = b"\x1e"


def read_geojson(data: bytes) -> list[Sheet]:
    """Return the features of a GeoJSON file as one sheet.

    The coordinate system counts as declared only where the file says it (the old ``crs`` member): RFC 7946
    means WGS-84 for all others, but what map sites export as GeoJSON often is not.

    Raises
    ------
    Unreadable
        When it is no FeatureCollection.
    """
    if len(data) > MAX_JSON:
        raise too_many_bytes(len(data), MAX_JSON)
    if _BRACKET_BYTES * (data.count(b"[") + data.count(b"{")) + _COMMA_BYTES * data.count(b",") > MAX_JSON_MEMORY:
        raise Unreadable(N_("GeoJSON 里的内容太多：请简化图形，或分成几个文件导入。"), code="size")
    try:
        found, many = _parsed(data)
    except Unreadable:
        raise
    except json.JSONDecodeError as error:
        raise Unreadable(
            N_("GeoJSON 从第 {line} 行第 {place} 个字符起读不懂：请检查文件是否完整，或用 QGIS 重新导出。"),
            line=error.lineno,
            place=error.colno,
        ) from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(
            N_("GeoJSON 读不出来（{detail}）：请用有效的 FeatureCollection。"), detail=shown(error)
        ) from error
    if isinstance(found, dict) and found.get("type") == "Feature":
        found = {"features": [found]}
    features = found.get("features") if isinstance(found, dict) else None
    places = _places(found) if features is None else None
    if places is not None:
        features = [{"properties": one} for one in places]
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
        raise Unreadable(N_("GeoJSON 读不出来（{detail}）：请用有效的 FeatureCollection。"), detail="features")
    if len(features) > MAX_ROWS:
        raise Unreadable(N_("表格超过 {limit} 行：请分成几个文件导入。"), code="size", limit=MAX_ROWS)
    header: dict[str, int] = {}
    records: list[Any] = [one.get("properties") if isinstance(one.get("properties"), dict) else {} for one in features]
    for record in records:
        for name in record:
            header.setdefault(str(name), len(header))
        if len(header) > MAX_COLUMNS:
            raise Unreadable(
                N_("表格有 {got} 列，最多 {limit} 列：请删去多余的列。"),
                code="size",
                got=len(header),
                limit=MAX_COLUMNS,
            )
    rows = [[plain(record.get(name)) for name in header] for record in records]
    sheet = Sheet(None, rows, list(range(1, len(rows) + 1)), header=list(header))
    if places is None:
        sheet.geometry = np.empty(len(features), dtype=object)
        sheet.geometry[:] = [_shape(one.get("geometry"), at) for at, one in enumerate(features, 1)]
        sheet.crs, sheet.means, sheet.format = _declared(found), "wgs84", "geojsonseq" if many else "geojson"
    else:
        sheet.format = "poijson"
    return [sheet]


def _parsed(data: bytes) -> tuple[Any, bool]:
    """Return what JSON says, and whether it is a sequence of features: each behind a mark (RFC 8142), or one a line."""
    if SEPARATOR in data[:4096]:
        parts = decoded(data.replace(SEPARATOR, b"\n\n\n")).removeprefix("\ufeff").split("\n\n\n")
        return {"features": [json.loads(one, parse_constant=_no_constant) for one in parts if one.strip()]}, True
    text = decoded(data).removeprefix("\ufeff")
    try:
        return json.loads(text, parse_constant=_no_constant), False
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Extra data"):
            raise
        return {"features": list(_by_line(text))}, True


def _by_line(text: str) -> Iterator[Any]:
    start = 0
    for line in text.splitlines(keepends=True):
        try:
            if line.strip():
                yield json.loads(line.rstrip("\r\n"), parse_constant=_no_constant)
        except json.JSONDecodeError as error:  # where it stands in the file, not in the line
            raise json.JSONDecodeError(error.msg, text, start + error.pos) from error
        start += len(line)


def _places(found: Any) -> list[dict[str, Any]] | None:
    """Return the places of an answer of Amap's or Baidu's web service,
    nested values as ``location.lat``; None if it is none.
    """
    held = (found.get("pois") or found.get("results") or found.get("result")) if isinstance(found, dict) else None
    if not isinstance(held, list) or not all(isinstance(one, dict) and "location" in one for one in held):
        return None
    return [_flat(one) for one in held]


def _flat(record: dict[str, Any], before: str = "", depth: int = 0) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict) and depth < 3:
            flat |= _flat(value, f"{before}{name}.", depth + 1)
        else:
            flat[before + str(name)] = value
    return flat


def _declared(found: dict[str, Any]) -> str | None:
    said = found.get("crs")
    said = said.get("properties") if isinstance(said, dict) else None
    name = said.get("name") if isinstance(said, dict) else None
    return known(name) if isinstance(name, str) else None


def _shape(found: Any, row: int) -> Any:
    if found is None:
        return None
    try:
        return shapely.from_geojson(json.dumps(found))
    except (ValueError, TypeError, RecursionError, shapely.errors.ShapelyError) as error:
        raise bad_shape(None, row, error) from error


def _no_constant(name: str) -> Any:
    raise ValueError(name)
