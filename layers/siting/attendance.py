"""How attendance falls with the way, as a question asks it, and what a plan may expect by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geodata.errors import AtlasError
from layers.siting.answer import Answer
from layers.siting.ask import AMOUNTS
from layers.siting.capacity import load_of
from layers.siting.case import Case
from layers.siting.solver import Attendance, Instance, attended, attended_by_site, linear


def falling(found: Case) -> Attendance:
    """Return how attendance falls in a case: whole up to the way asked for, nothing at the radius.

    Raises
    ------
    AtlasError
        The way is longer than the radius.
    """
    radius = float(found.filters.radius)
    near = radius if found.ask.near is None else found.ask.near
    if near > radius:
        raise AtlasError(AMOUNTS["near"], got=found.ask.near)
    return linear(near, radius)


def expecting(made: Answer, found: Case, instance: Instance, sites: NDArray[np.int64]) -> Answer:
    """Return the answer with the demand weight that is expected to come before and after, and to each site."""
    fall, share = falling(found), found.ask.open_share
    before, after = (
        float(instance.weight @ attended(instance, chosen, fall, share)) for chosen in (np.empty(0, np.int64), sites)
    )
    by_site = load_of([one.site_id for one in made.sites], instance, attended_by_site(instance, sites, fall, share))
    return made.having(
        sites=tuple(replace(one, load=by_site.get(one.site_id)) for one in made.sites),
        expected_before=before,
        expected=after,
    )
