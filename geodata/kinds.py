"""Kinds of activity 活动类别: rows of a table, each with its names, colour, icon and the fields of its own.

The shipped ones are ``activity_kinds.csv``; a union adds its own by importing rows.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd

from geodata.codes import LANGUAGES, shipped_rows
from geodata.icons import USUAL, picture
from geodata.importing.bad import BadValue
from geodata.own_fields import OwnField, parse

TABLE = "kinds"
SOURCE = "KINDS"
GREY = "#7B8794"  # of a kind that no row explains


class Kind(NamedTuple):
    """One kind of activity.

    Attributes
    ----------
    kind : str
        Its code.
    zh, en : str
        Its names.
    colour : str
        sRGB ``#RRGGBB``, on light and dark ground.
    icon : str
        As :mod:`geodata.icons` keeps it.
    unit : str
        ``person`` or ``visit``, in which participants are counted when a file does not say; may be empty.
    fields : tuple of OwnField
    """

    kind: str
    zh: str
    en: str
    colour: str
    icon: str = USUAL
    unit: str = ""
    fields: tuple[OwnField, ...] = ()

    @property
    def picture(self) -> str:
        """Address of the icon in the kind's colour."""
        return picture(self.icon, self.colour)

    def field(self, label: str) -> OwnField | None:
        """Return the own field of that label."""
        return next((one for one in self.fields if one.label == label), None)


class Kinds:
    """All kinds of one atlas, in the order of a legend.

    Parameters
    ----------
    listed : iterable of Kind
    """

    def __init__(self, listed: Iterable[Kind]) -> None:
        self._listed = tuple(listed)
        self._by_code = MappingProxyType({one.kind: one for one in self._listed})

    def __iter__(self) -> Any:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def get(self, code: str) -> Kind | None:
        """Return the kind of that code."""
        return self._by_code.get(code)

    def labels(self, lang: str) -> Mapping[str, str]:
        """Return code → name in ``zh`` or ``en``."""
        return {one.kind: (one.zh, one.en)[LANGUAGES.index(lang)] for one in self._listed}

    @cached_property
    def named(self) -> Mapping[str, str]:
        """What a kind may be called, folded, → its code."""
        return MappingProxyType(
            {folded(said): one.kind for one in reversed(self._listed) for said in (one.en, one.zh, one.kind)}
        )

    @cached_property
    def fields(self) -> Mapping[str, OwnField]:
        """Label → own field, of all kinds."""
        return MappingProxyType(
            {field.label: field for one in reversed(self._listed) for field in reversed(one.fields)}
        )


def folded(text: str) -> str:
    """Return a name as names are compared."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def of_frame(frame: pd.DataFrame) -> Kinds:
    """Return the kinds of the table ``kinds``; the shipped ones when it is empty, as in a part of an atlas."""
    if not len(frame):
        return shipped()
    ordered = frame.sort_values("position", kind="stable", na_position="last")
    return Kinds(_of_row(row) for row in ordered.to_dict("records"))


@cache
def shipped() -> Kinds:
    """Return the kinds that the atlas is built with."""
    return of_frame(shipped_frame())


def shipped_frame() -> pd.DataFrame:
    """Return the rows of the table ``kinds`` that the atlas is built with, without a batch."""
    return pd.DataFrame(
        [
            {
                "kind": row["kind"],
                "name": row["zh"],
                "name_en": row["en"],
                "colour": row["colour"],
                "icon": row["icon"],
                "unit": None,
                "fields": None,
                "position": int(row["order"]),
                "provenance": "derived",
                "source_id": SOURCE,
                "valid_from": None,
                "valid_to": None,
            }
            for row in shipped_rows("activity_kinds.csv")
        ]
    )


def _of_row(row: Mapping[str, Any]) -> Kind:
    text = {
        name: "" if pd.isna(value) else str(value)
        for name, value in row.items()
        if isinstance(value, str) or pd.isna(value)
    }
    try:
        fields = parse(text.get("fields", ""))
    except BadValue:  # another program may have written the table
        fields = ()
    return Kind(
        text["kind"],
        text["name"],
        text.get("name_en") or text["name"],
        text.get("colour") or GREY,
        text.get("icon") or USUAL,
        text.get("unit", ""),
        fields,
    )
