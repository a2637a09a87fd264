"""Codes and their names in both languages: data, not code.

A new facility or sector is a line in ``codes.csv``; kinds of activity are a
table of the atlas (:mod:`geodata.kinds`), of which ``activity_kinds.csv`` is what it is built with.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

from geodata.errors import N_, AtlasError

LANGUAGES = ("zh", "en")


class ActivityKind(NamedTuple):
    """One kind of activity: code, names, sRGB colour ``#RRGGBB`` and place in a legend."""

    kind: str
    zh: str
    en: str
    colour: str
    order: int


def shipped_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a UTF-8 csv file that is shipped beside this module."""
    with files("geodata").joinpath(name).open("r", encoding="utf-8", newline="") as file:  # ty: ignore[no-matching-overload] - as Path.open
        return list(csv.DictReader(file))


@cache
def _codes() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    vocabs: dict[str, dict[str, tuple[str, str]]] = {}
    for row in shipped_rows("codes.csv"):
        vocabs.setdefault(row["vocab"], {})[row["code"]] = (row["zh"], row["en"])
    return MappingProxyType({name: MappingProxyType(codes) for name, codes in vocabs.items()})


@cache
def activity_kinds() -> tuple[ActivityKind, ...]:
    """Return every kind of activity in the order of the legend."""
    rows = (
        ActivityKind(r["kind"], r["zh"], r["en"], r["colour"], int(r["order"]))
        for r in shipped_rows("activity_kinds.csv")
    )
    return tuple(sorted(rows, key=lambda kind: kind.order))


def labels(vocab: str, lang: str = "zh") -> dict[str, str]:
    """Return ``{code: label}`` of a vocabulary, in the order of the file.

    Parameters
    ----------
    vocab : str
        Name in ``codes.csv``, or ``activity_kind``.
    lang : str
        ``zh`` or ``en``.

    Raises
    ------
    AtlasError
        When there is no such vocabulary or language.
    """
    if lang not in LANGUAGES:
        raise AtlasError(N_("没有语言 {got}：请用 {expected}。"), got=lang, expected="zh, en")
    column = LANGUAGES.index(lang)
    if vocab == "activity_kind":
        return {kind.kind: (kind.zh, kind.en)[column] for kind in activity_kinds()}
    if vocab not in _codes():
        raise AtlasError(
            N_("没有代码表 {got}：请用 {expected} 之一。"), got=vocab, expected=", ".join([*_codes(), "activity_kind"])
        )
    return {code: names[column] for code, names in _codes()[vocab].items()}
