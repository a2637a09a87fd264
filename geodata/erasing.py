"""What is taken out of a row so that nothing in it names a person any more.

A person is known by what somebody gives: a name, a telephone number, an identity number. Values of own fields that
hold it go; with them, unless told otherwise, what else the row says of persons (:mod:`geodata.personal`), since a
number beside a name is that person's as a rule. In other texts what was given gives way to :data:`MARK`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from geodata.errors import N_, AtlasError
from geodata.own_fields import as_text, values_of
from geodata.personal import is_personal, struck
from geodata.schema import OWN, TABLES, TableSchema

MARK = "■"
#: Tables of what every map and every newspaper has: no person's data.
PUBLIC = frozenset({"places", "lines", "land", "zones", "facts", "parts"})
#: Columns by which rows hang together; they are told, and stay.
_FIXED = frozenset({"adcode", "from_adcode", "to_adcode", "zone", "cell", "kind", "batch_id", "provenance"})
_FULL_WIDTH = 0xFF10 - ord("0")
_SHORTEST = {"digits": 5, "other": 2}


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of one text: as it is now, and how much of it went."""

    text: str | None
    count: int


@dataclass(frozen=True)
class Person:
    """Somebody whose data is to go.

    Attributes
    ----------
    terms : tuple of str
        Name, telephone, identity number … as they were given. Digits are found with spaces and hyphens between them and
        never within longer numbers; names with spaces between their characters.
    alone : bool
        Whether what stands beside them, and is personal too, stays.

    Raises
    ------
    AtlasError
        A term is so short that it would be found everywhere, or there is none.
    """

    terms: tuple[str, ...]
    alone: bool = False

    def __post_init__(self) -> None:
        bare = [re.sub(r"[\s-]", "", one) for one in self.terms]
        short = next((one for one in bare if len(one) < _SHORTEST["digits" if one.isdecimal() else "other"]), None)
        if not bare or short is not None:
            raise AtlasError(
                N_("“{got}”太短，到处都会碰到：请给完整的姓名（两个字以上）、电话或证件号（五位以上）。"),
                got=short or "",
            )

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What finds any of the terms in a text."""
        return re.compile("|".join(map(_found, self.terms)), re.IGNORECASE)

    def is_in(self, value: Any) -> bool:
        """Return whether a value, or a text within it, names the person."""
        if isinstance(value, bool) or value is None:
            return False
        return self.pattern.search(str(value)) is not None

    def text(self, text: str | None) -> Erased:
        """Return a text with the person's marks in the place of what was found."""
        if not text or not self.is_in(text):
            return Erased(text, 0)
        kept, count = self.pattern.subn(MARK, text)
        return Erased(kept if self.alone else struck(kept, MARK), count)

    def own(self, text: str | None) -> Erased:
        """Return the own fields of a row, as it keeps them, without what they say of the person."""
        values = values_of(text)
        if not any(self.is_in(one) for pair in values.items() for one in pair):
            return Erased(None, 1) if not values and text and self.is_in(text) else Erased(text, 0)
        kept: dict[str, Any] = {}
        for label, value in values.items():
            beside = not self.alone and is_personal(label, value)
            if self.is_in(label) or beside or (self.is_in(value) and not isinstance(value, str)):
                continue
            kept[label] = self.text(value).text if isinstance(value, str) else value
        return Erased(as_text(kept), sum(kept.get(label) != value for label, value in values.items()))

    def json(self, text: str | None) -> Erased:
        """Return JSON text with the marks in the place of what was found in its texts."""
        try:
            told = json.loads(text or "null")
        except ValueError:
            return self.text(text)
        counts: list[int] = []

        def within(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: within(one) for key, one in value.items()}
            if isinstance(value, list):
                return [within(one) for one in value]
            found = self.text(value) if isinstance(value, str) else Erased(None, 0)
            counts.append(found.count)
            return found.text if found.count else value

        made = within(told)
        return Erased(json.dumps(made, ensure_ascii=False) if any(counts) else text, sum(counts))


@dataclass(frozen=True)
class Expired:
    """Everybody: what rows say of any person at all. For copies that have been kept for long enough."""

    def own(self, text: str | None) -> Erased:
        """Return the own fields of a row without what is personal."""
        values = values_of(text)
        kept = {label: value for label, value in values.items() if not is_personal(label, value)}
        return Erased(as_text(kept), gone) if (gone := len(values) - len(kept)) else Erased(text, 0)

    def text(self, text: str | None) -> Erased:
        """Return a text without telephone and identity numbers and addresses of mail."""
        kept = struck(text, MARK) if text else text
        return Erased(kept, int(kept != text))

    json = text


def columns_of(schema: TableSchema) -> tuple[str, ...]:
    """Return the columns of a table in which somebody may have written of a person."""
    if schema.name in PUBLIC:
        return ()
    return tuple(
        one.name
        for one in schema.columns
        if one.dtype == "str"
        and not one.allowed
        and one.name not in _FIXED
        and (one.name == "source_id" or not one.name.endswith("_id"))
        and one.name != schema.key
    )


def way(whose: Person | Expired, table: str, column: str) -> Callable[[str | None], Erased]:
    """Return what takes out of a column what it says of `whose`."""
    if column == OWN:
        return whose.own
    return whose.json if table == "scenarios" and column in ("inputs", "result") else whose.text


def fixed_of(table: str) -> Sequence[str]:
    """Return the columns of texts that are never changed, since rows hang together by them."""
    known, schema = columns_of(TABLES[table]), TABLES[table]
    if table in PUBLIC:
        return ()
    return [one.name for one in schema.columns if one.dtype == "str" and not one.allowed and one.name not in known]


def _found(term: str) -> str:
    """Return a pattern of one term."""
    bare = re.sub(r"[\s-]", "", term)
    if re.fullmatch(r"\d+[\dXx]?", bare):
        digits = [f"[{one}{chr(ord(one) + _FULL_WIDTH)}]" if one.isdecimal() else "[Xx]" for one in bare]
        return r"(?<!\d)" + r"[\s-]?".join(digits) + r"(?!\d)"
    if bare.isascii():
        words = [re.escape(one) for one in term.split()]
        return r"(?<![A-Za-z0-9])" + r"\s+".join(words) + r"(?![A-Za-z0-9])"
    return r"\s*".join(re.escape(one) for one in bare)
