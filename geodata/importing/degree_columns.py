"""Degrees, minutes and seconds in columns of their own: one coordinate of the three."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from geodata.importing.degrees import LAT, LON
from geodata.importing.header_words import simple

_SIGNS = ("°", "′", "″")
_PART = re.compile(
    r"(?:.*?(?:(?P<lon>[东西]?经度?|longitude|lng|lon)|(?P<lat>[南北]?纬度?|latitude|lat))[(\[-]?)?"
    r"(?:(?P<degrees>度数?|°|degrees?|deg|d)|(?P<minutes>分|′|minutes?|min|m)|(?P<seconds>秒|″|seconds?|sec|s))[)\]]?"
)
_WRITTEN = " °度º′'’分″\"”秒"


@dataclass(frozen=True, slots=True)
class DegreeParts:
    """Columns that are one coordinate.

    Attributes
    ----------
    places : tuple of int
        Where degrees, minutes and, if there are any, seconds stand.
    letter : str
        ``东``, ``西``, ``南`` or ``北``, where the headings name it; else empty.
    """

    places: tuple[int, ...]
    letter: str

    def written(self, row: Sequence[Any]) -> str | None:
        """Return what a row says as one coordinate (``118°5′40″``); None where it says nothing."""
        cells = [row[at] if at < len(row) else None for at in self.places]
        said = ["" if cell is None else str(cell).strip(_WRITTEN) for cell in cells]
        if not any(said):
            return None
        return self.letter + "".join(one + sign for one, sign in zip(said, _SIGNS, strict=False) if one)


def degree_columns(paths: Iterable[tuple[str, ...]]) -> dict[str, DegreeParts]:
    """Return ``lon`` and ``lat`` → the columns that hold them in parts; empty unless both are in parts.

    Headings that name no axis (``度 分 秒 度 分 秒``) are the longitude, then the latitude, as people say them.

    Parameters
    ----------
    paths : iterable of tuple of str
        The headings over each place, the lowest last.
    """
    found: dict[str, dict[str, int]] = {LON: {}, LAT: {}}
    letters: dict[str, str] = {}
    for at, path in enumerate(paths):
        match = _PART.fullmatch(simple("".join(path[-2:]))) or _PART.fullmatch(simple(path[-1])) if path else None
        if match is None:
            continue
        part = next(name for name in ("degrees", "minutes", "seconds") if match[name])
        axis = LON if match["lon"] else LAT if match["lat"] else LON if part not in found[LON] else LAT
        if part in found[axis]:
            return {}
        found[axis][part] = at
        said = match["lon"] or match["lat"] or ""
        letters[axis] = said[:1] if said[:1] in tuple("东西南北") else ""
    if not all({"degrees", "minutes"} <= set(parts) for parts in found.values()):
        return {}
    return {
        axis: DegreeParts(
            tuple(parts[name] for name in ("degrees", "minutes", "seconds") if name in parts), letters[axis]
        )
        for axis, parts in found.items()
    }
