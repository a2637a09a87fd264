"""Degrees as people write them: decimal, with minutes and seconds, with letters that say which axis they are of."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from geodata.errors import N_
from geodata.importing.bad import BadValue, checked_text
from geodata.importing.numbers import LONGEST, figure

LON, LAT = "lon", "lat"
_AXES = {"东": LON, "西": LON, "e": LON, "w": LON, "北": LAT, "南": LAT, "n": LAT, "s": LAT}
_NEGATIVE = {"西", "南", "w", "s"}
_DMS = re.compile(
    r"([东西南北news])?(-?\d{1,3}(?:\.\d+)?)[°度d:](?:(\d{1,2}(?:\.\d+)?)['′分m:](?:(\d{1,2}(?:\.\d+)?)(?:\"|″|''|秒|s)?)?)?([东西南北news])?"
)
_SPACED = re.compile(r"(\d{1,3})[\s-]+(\d{1,2})[\s-]+(\d{1,2}(?:\.\d+)?)")  # 118 05 40
_SIGNS = str.maketrans(
    {"º": "°", "˚": "°", "’": "′", "‘": "′", "＇": "′", "”": "″", "“": "″", "＂": "″"}
)  # what typing and correcting programs make of them
_CORE = r"-?\d{1,3}(?:\.\d+)?\s*[°度d]?(?:\s*\d{1,2}(?:\.\d+)?\s*['′分](?:\s*\d{1,2}(?:\.\d+)?\s*(?:\"|″|''|′′|秒)?)?)?"
_ONE = re.compile(rf"[东西南北news]\s*{_CORE}|{_CORE}\s*[东西南北news]?")
#: A number as nearly all files write it.
PLAIN = re.compile(r"-?[0-9]{1,9}\.[0-9]{1,17}")
_SURE = re.compile(r"[°度东西南北news′″分]")  # whoever writes one of these says where each number begins and ends
_PARTS = re.compile(r"[,，;；、/|\s]+")
_LABELS = re.compile(
    r"(?:经|纬)度?\s*[:：=]\s*|(?<![东西])经度|(?<![南北])纬度|\b(?:lng|lon|lat)(?:itude|gitude)?\s*[:：=]\s*",
    re.IGNORECASE,
)
_NAMES = re.compile(r"(纬|lat)|(经|lng|lon)", re.IGNORECASE)
_WORDS = (("东经", "东"), ("西经", "西"), ("北纬", "北"), ("南纬", "南"))


def with_axis(cell: Any) -> tuple[float, str | None]:
    """Read degrees, and which axis their letter says they are of: ``lon``, ``lat`` or None.

    They may be written ``118.1``, ``118.1°``, ``118°05'36"E``, ``118°5.6′``, ``118 05 36``, ``东经118度5分36秒``.

    Raises
    ------
    BadValue
        When it is none of these.
    """
    if type(cell) is str and PLAIN.fullmatch(cell):
        return float(cell), None  # as nearly all files write them: nothing to make out
    try:
        return _read(cell)
    except BadValue as error:
        raise BadValue(
            N_("读不出经纬度：请写成以度为单位的数，如 118.0945，或 118°05′40″。"), {}, N_("度，如 118.0945")
        ) from error


def _read(cell: Any) -> tuple[float, str | None]:
    if not isinstance(cell, str):
        return figure(cell, "degree").value, None
    text = _plain(checked_text(cell)[:LONGEST]).strip()
    if spaced := _SPACED.fullmatch(text):
        text = "{}°{}′{}″".format(*spaced.groups())
    text = text.replace(" ", "").replace("′′", "″")
    if match := _DMS.fullmatch(text):
        before, whole, minutes, seconds, after = match.groups()
        if before and after:
            raise BadValue(
                N_("读不出经纬度：请写成以度为单位的数，如 118.0945，或 118°05′40″。"), {}, N_("度，如 118.0945")
            )
        if float(minutes or 0) < 60 and float(seconds or 0) < 60:
            value = abs(float(whole)) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
            letter = before or after
            return -value if whole.startswith("-") or letter in _NEGATIVE else value, _AXES.get(letter or "")
    bare = re.sub(r"^[东西南北news]|[东西南北news]$", "", text, count=1)
    letter = text[0] if text[:1] in _AXES else text[-1:]
    value = figure(bare, "degree").value
    return -abs(value) if bare != text and letter in _NEGATIVE else value, _AXES.get(letter) if bare != text else None


def pair(cell: Any) -> tuple[str, str] | None:
    """Return the two parts of a position written in one cell, the longitude first where the cell says which it is.

    None when they are not two.
    """
    found = _both(cell)
    names = [match.lastindex for match in _NAMES.finditer(str(cell))]
    return found[::-1] if found and names[:2] == [1, 2] else found


def _both(cell: Any) -> tuple[str, str] | None:
    text = _LABELS.sub(" ", str(cell)).strip(" ()[]（）")
    said = _plain(text)
    if _SURE.search(said):
        found = [match[0].strip() for match in _ONE.finditer(said)]
        if len(found) == 2 and not _PARTS.sub("", _ONE.sub("", said)).strip("()[]（）"):
            return found[0], found[1]
    parts = [part for part in _PARTS.split(text) if part]
    return (parts[0], parts[1]) if len(parts) == 2 else None


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text.translate(_SIGNS)).lower()
    for words, letter in _WORDS:
        text = text.replace(words, letter)
    return text
