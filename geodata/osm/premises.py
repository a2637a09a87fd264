"""Premises that could host a station: which tags make them (``premises.csv``), and how they are called."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from geodata.codes import shipped_rows

CLOSED = frozenset({"no", "private", "customers", "employees", "members"})  # toilets that are none of the public's


class Kind(NamedTuple):
    """One kind of premises: the tag that makes it, its code of the vocabulary ``host_type``, its names."""

    key: str
    value: str
    host_type: str
    zh: str
    en: str


@cache
def kinds() -> tuple[Kind, ...]:
    """Return every kind, in the order in which they are asked."""
    return tuple(Kind(**row) for row in shipped_rows("osm/premises.csv"))


def kind_of(tags: Mapping[str, str]) -> Kind | None:
    """Return which kind of premises has these tags; None for none, and for a toilet that is not open to all."""
    found = next((kind for kind in kinds() if tags.get(kind.key) == kind.value), None)
    return None if found and found.value == "toilets" and tags.get("access") in CLOSED else found


def name_of(tags: Mapping[str, str], kind: Kind) -> str:
    """Return how premises are called: 中国银行思明支行, 中国石化（加油站）, 公共厕所."""
    name = tags.get("name") or tags.get("name:zh") or ""
    branch = tags.get("branch", "")
    if name:
        return name if branch in name else f"{name}{branch}"
    owner = tags.get("brand") or tags.get("operator") or ""
    return f"{owner}（{kind.zh}）" if owner else kind.zh
