"""Kinds of activity of one atlas, in the order of a legend."""

from __future__ import annotations

from geodata.kinds import GREY, Kind, Kinds, of_frame
from layers.atlas import Atlas


def of(atlas: Atlas) -> Kinds:
    """Return the kinds of `atlas`; one that activities name and no row explains is grey and called by its code."""

    def compute() -> Kinds:
        known = of_frame(atlas.kinds)
        named = [
            code
            for code in atlas.coded("activities", "kind")[1].tolist()
            if isinstance(code, str) and code not in known
        ]
        return Kinds([*known, *(Kind(code, code, code, GREY) for code in sorted(named))])

    return atlas.once("kinds", compute)
