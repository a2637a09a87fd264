"""Kinds of activity of one atlas, in the order of a legend."""

from __future__ import annotations

from geodata.kinds import GREY, Kind, Kinds, of_frame
from layers.atlas import SUMMARIES, Atlas, kept_once

#: A summary of the atlas: the codes of kinds that activities name.
NAMED = "kinds-of-activities"


@kept_once
def of(atlas: Atlas) -> Kinds:
    """Return the kinds of `atlas`; one that activities name and no row explains is grey and called by its code."""
    known = of_frame(atlas.kinds)
    named = [code for code in atlas.summary(NAMED) if code not in known]
    return Kinds([*known, *(Kind(code, code, code, GREY) for code in named)])


def _named(atlas: Atlas) -> list[str]:
    return sorted(code for code in atlas.coded("activities", "kind")[1].tolist() if isinstance(code, str))


SUMMARIES[NAMED] = _named
