"""Fields that a kind of activity has beside those of all:
how they are written in one cell, and their values in another.

A cell ``赠书册数=Books given:整数:册；主讲人=Speaker`` names two: a label, its English, what it holds (文字 unless
said), its unit. The values of one activity are a JSON object by label, ``{"主讲人": "…", "赠书册数": 120}``, in the
order of the labels' letters so that the same values are the same text.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from geodata.errors import N_
from geodata.importing.bad import BadValue, checked_text
from geodata.schema import OWN, Column

MAX_FIELDS = 20
LONGEST_LABEL = 60
EXPECTED = N_("项目，如 赠书册数=Books given:整数:册；主讲人=Speaker")
PREFIX = f"{OWN}."
_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "文字": "str",
        "文本": "str",
        "str": "str",
        "text": "str",
        "整数": "int",
        "int": "int",
        "integer": "int",
        "数字": "float",
        "小数": "float",
        "float": "float",
        "number": "float",
        "是否": "bool",
        "bool": "bool",
        "yes/no": "bool",
        "日期": "date",
        "date": "date",
    }
)
_LABEL = re.compile(r"[^\s=:;|,\"'<>&{}\\]+(?: [^\s=:;|,\"'<>&{}\\]+)*")
_PLAIN: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,), "date": (str,)}
)


@dataclass(frozen=True, slots=True)
class OwnField:
    """One field of a kind's own.

    Attributes
    ----------
    label, label_en : str
        Its name in both languages; the Chinese one is its key.
    dtype : str
        ``str``, ``int``, ``float``, ``bool`` or ``date``.
    unit : str
        In which it is counted, as people say it; may be empty.
    """

    label: str
    label_en: str
    dtype: str
    unit: str

    @property
    def column(self) -> Column:
        """The field as a column that a file may have, named ``own.LABEL``."""
        return Column(PREFIX + self.label, self.dtype, self.label, self.label_en, "", (), True, "")


def read_fields(value: Any) -> str:
    """Return a cell that names fields as the atlas keeps it.

    Raises
    ------
    BadValue
        When a label, its English, its type or its unit cannot be used; names the part.
    """
    return text_of(parse(checked_text(value)))


def parse(text: str) -> tuple[OwnField, ...]:
    """Return the fields that a text names."""
    found: list[OwnField] = []
    for part in re.split(r"[;\n\r]+", unicodedata.normalize("NFKC", text)):
        if not part.strip():
            continue
        names, *rest = (one.strip() for one in part.split(":"))
        label, _, english = (one.strip() for one in names.partition("="))
        said, unit = (*rest, "", "")[:2]
        dtype = _TYPES.get(said.lower() or "str")
        if (
            len(rest) > 2
            or not _usable(label)
            or (english and not _usable(english))
            or (unit and not _usable(unit, 10))
        ):
            raise BadValue(
                N_("项目“{part}”读不懂：请写成 名称=English:类型:单位。"), {"part": part.strip()[:30]}, EXPECTED
            )
        if dtype is None:
            raise BadValue(
                N_("项目“{label}”的类型“{got}”不认识：请用 文字、整数、数字、是否、日期 之一。"),
                {"label": label, "got": said[:10]},
                EXPECTED,
            )
        if label in {one.label for one in found}:
            raise BadValue(N_("项目“{label}”写了两次：请只留一个。"), {"label": label}, EXPECTED)
        found.append(OwnField(label, english or label, dtype, unit))
    if len(found) > MAX_FIELDS:
        raise BadValue(
            N_("项目太多（{got} 个，最多 {limit} 个）：请减少。"), {"got": len(found), "limit": MAX_FIELDS}, EXPECTED
        )
    return tuple(found)


def text_of(fields: tuple[OwnField, ...]) -> str:
    """Return the text that :func:`parse` reads as `fields`."""
    return ";".join(f"{one.label}={one.label_en}:{one.dtype}:{one.unit}".rstrip(":") for one in fields)


def values_of(text: Any) -> dict[str, Any]:
    """Return the values that a row keeps; none for a missing text or one that is no such object."""
    if not isinstance(text, str) or not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return (
        {str(key): value for key, value in found.items() if isinstance(value, str | int | float)}
        if isinstance(found, dict)
        else {}
    )


def as_text(values: Mapping[str, Any]) -> str | None:
    """Return values as a row keeps them; None where there are none."""
    return json.dumps(dict(sorted(values.items())), ensure_ascii=False, allow_nan=False) if values else None


def fits(field: OwnField, value: Any) -> bool:
    """Return whether a kept value is of the field's type."""
    return isinstance(value, _PLAIN[field.dtype]) and (field.dtype == "bool" or not isinstance(value, bool))


def usable_label(header: str) -> str:
    """Return the label under which a column of a file is kept,
    by its header: one line, without what a page or a file would trip over.
    """
    text = unicodedata.normalize("NFC", header)
    text = re.sub(r"[\s<>&{}\\\"']+", " ", "".join(one for one in text if one.isprintable())).strip()
    return text[:LONGEST_LABEL].strip() or "—"


def _usable(text: str, longest: int = 30) -> bool:
    return len(text) <= longest and _LABEL.fullmatch(text) is not None and text.isprintable()
