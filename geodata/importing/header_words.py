"""What a header says: the words that a table's columns go by, datums that it names, how headers are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from geodata.codes import shipped_rows
from geodata.importing.numbers import unit_in_brackets
from geodata.schema import TABLES

DBF_NAME_BYTES = 10
POSITIONS = ("lon", "lat", "lonlat", "x", "y", "wkt")
PLACES = ("county", "city", "province")  # columns that tell the place of a row beside its code
STATED = "crs"  # a column in which every row states the coordinate system
_BRACKETS = re.compile(r"[(\[【〔（][^)\]】〕）]*[)\]】〕）]?")
_DATUMS = (
    ("gcj02", re.compile(r"gcj-?_?02|火星|高德|腾讯|amap")),
    ("bd09", re.compile(r"bd-?_?09|百度|baidu")),
    ("cgcs2000", re.compile(r"cgcs-?_?2000|国家2000|2000坐标|大地2000")),
    ("wgs84", re.compile(r"wgs-?_?(?:19)?84|gps")),
)
_DATUM_WORDS = re.compile("|".join(pattern.pattern for _, pattern in _DATUMS))
_NOUN = re.compile(r"^(?:户外劳动者|工会|服务|智慧)*(?:站点|驿站|点位)(?:的|所在)?")
SHAPE_PART = re.compile(r"(图形|wkt|geometry|geom)(\d*)")


def one_line(header: Any) -> str:
    """Return a header as it is shown: broken over lines in its cell, it is one word all the same."""
    text = re.sub(r"(?<=[^\x00-\x7f])\s*[\r\n]+\s*|\s*[\r\n]+\s*(?=[^\x00-\x7f])", "", str(header))
    return re.sub(r"\s+", " ", text).strip()


def simple(header: Any) -> str:
    """Return a header as it is compared: half-width, lower case, without blanks and marks."""
    text = unicodedata.normalize("NFKC", str(header)).lower()
    return re.sub(r"[\s_*:'\"“”·.]|（|）|\ufeff", "", text)


def bare(header: Any) -> str:
    """Return a header as it is compared, without what stands in brackets."""
    return simple(_BRACKETS.sub("", unit_in_brackets(header)))


def named_datum(text: str) -> str | None:
    """Return the datum that a text names (``坐标（高德）``), None where it names none."""
    said = unicodedata.normalize("NFKC", str(text)).lower()
    return next((name for name, pattern in _DATUMS if pattern.search(said)), None)


def meaning(header: str, known: Mapping[str, str], by_hand: Mapping[str, str], short: bool) -> str | None:
    """Return the column that a header means.

    Parameters
    ----------
    header : str
        As it stands in the file.
    known, by_hand : mapping of str to str
        Header as :func:`simple` gives it → column; `by_hand` goes first, an empty column leaves the header out.
    short : bool
        Whether it may have been cut to ten bytes.
    """
    key = simple(header)
    if key in by_hand:
        return by_hand[key] or None
    plain = bare(header)
    if found := known.get(key) or known.get(plain):
        return found
    if SHAPE_PART.fullmatch(plain):
        return "wkt"
    without = _DATUM_WORDS.sub("", plain)
    if without != plain and without in known and known[without] in POSITIONS:
        return known[without]
    if (noun := _NOUN.sub("", plain)) != plain and noun in known:
        return known[noun]  # 站点详细地址, 驿站经度
    if short:
        # ten bytes of a name: three characters and a broken one, or ten letters
        stem = key.rstrip("\ufffd")
        full = len(str(header).encode()) >= DBF_NAME_BYTES - 2
        fits = {column for name, column in known.items() if name.startswith(stem)} if full and stem else set()
        fits -= {f"{column}_text" for column in fits}  # of a field and its text as written the field is meant
        return fits.pop() if len(fits) == 1 else None
    return None


@cache
def known_headers(table: str) -> Mapping[str, str]:
    """Return every header that files of `table` may have, as :func:`simple` gives it, → column.

    A name of the schema goes before an alias, an alias of the table before one of all.
    """
    schema, known = TABLES[table], {}
    names = {column.name for column in schema.columns}
    positions = {*POSITIONS, STATED} if schema.geometry == "point" else {"wkt", STATED} if schema.geometry else set()
    if any(column.name == "adcode" and not column.nullable for column in schema.columns) and schema.key != "adcode":
        positions |= {*PLACES}
    for column in schema.columns:
        for said in (column.name, column.zh, column.en):
            known.setdefault(simple(said), column.name)
            known.setdefault(bare(said), column.name)
    rows = sorted(shipped_rows("import_headers.csv"), key=lambda row: row["table"] == "*")
    for row in rows:
        if row["table"] in (table, "*") and (row["column"] in names or row["column"] in positions):
            for alias in row["alias"].split(";"):
                known.setdefault(simple(alias), row["column"])
    return MappingProxyType(known)
