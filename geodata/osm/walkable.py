"""Which ways a person may walk: the table ``walkable.csv``, read from above, the first rule that fits decides.

A way that no rule fits is not walked. Ways are walked in both directions; times of day (``foot:conditional``) and gates
are not read; an area (a square, a platform) is walked along its rim.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from geodata.codes import shipped_rows

TABLE = "osm/walkable.csv"
#: Keys of which a way must have one for the rules to look at it, and the values that count; none: any.
KINDS: Mapping[str, frozenset[str]] = {
    "highway": frozenset(),
    "route": frozenset({"ferry"}),
    "railway": frozenset({"platform"}),
    "public_transport": frozenset({"platform"}),
    "man_made": frozenset({"pier"}),
}
CONDITIONAL = "foot:conditional"


class Rule(NamedTuple):
    """One rule: a way with one of `values` at `key` is walked or not; `zh` and `en` say so."""

    name: str
    key: str
    values: frozenset[str]
    walk: bool
    zh: str
    en: str


@cache
def rules() -> tuple[Rule, ...]:
    """Return the rules in the order in which they are asked."""
    return tuple(
        Rule(row["rule"], row["key"], frozenset(row["values"].split()), row["walk"] == "yes", row["zh"], row["en"])
        for row in shipped_rows(TABLE)
    )


def is_way(tags: Mapping[str, str]) -> bool:
    """Return whether the rules are to look at a way with these tags at all."""
    return any(key in tags and (not values or tags[key] in values) for key, values in KINDS.items())


def decided(tags: Mapping[str, str]) -> Rule | None:
    """Return the rule that decides on a way with these tags; None where none fits, and the way is not walked."""
    if not is_way(tags):
        return None
    return next((rule for rule in rules() if tags.get(rule.key) in rule.values), None)
