"""Participants and money per worker covered, each with what it is divided by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geodata.withheld import told
from layers import activities, grids, kpis, places, qualifiers
from layers.atlas import Atlas
from layers.filters import PROVENANCES, Filters
from layers.provenance import mix, sources, weakest
from layers.qualifiers import BELOW

PERSONS, VISITS, FUNDING = "persons", "visits", "funding"


@dataclass(frozen=True, slots=True)
class Covered:
    """Workers covered: the denominator.

    ``value`` is None when nobody has said how many there are; ``adcode`` names the place it was told of when that is a
    smaller one than the place looked at; ``qualifier`` is that of the report (6 万余 is ``over``).
    """

    value: float | None
    qualifier: str
    provenance: str | None
    source_ids: tuple[str, ...]
    adcode: str | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """One sum over activities of one provenance, and how much of it comes to a worker covered.

    Attributes
    ----------
    measure : str
        ``persons``, ``visits`` (人次) or ``funding`` (yuan), never added together.
    total : float
    qualifier : str
        Of the sum: a sum with 50 万余 in it is ``over``.
    of : int
        Activities that state it.
    rate : float or None
        Per worker covered; None when the denominator is not known.
    own : str
        Provenance of the sum; never mixed.
    provenance : str
        Of the rate: the weaker of sum and denominator.
    """

    measure: str
    total: float
    qualifier: str
    of: int
    rate: float | None
    own: str
    provenance: str
    source_ids: tuple[str, ...]


def covered(atlas: Atlas, filters: Filters) -> Covered:
    """Return the workers covered in the place looked at:
    reported where a report says so, else the sum over its grids.
    """
    here = places.scope(atlas, filters)
    fact = kpis.reported(atlas, filters, here).get("workers_covered")
    if fact is not None:
        return Covered(
            float(fact.value),
            fact.qualifier,
            "reported",
            (fact.id,),
            None if fact.adcode == here.adcode else fact.adcode,
        )
    rows = grids.chosen(atlas, filters)
    summed = float(grids.figures(atlas)[rows].sum(axis=0)[grids.FIGURES.index("workers")]) if len(rows) else 0.0
    total, qualifier = told(summed)
    if not total or qualifier == BELOW or here.level in ("country", "province"):
        return Covered(None, "exact", None, ())
    return Covered(
        total,
        qualifier,
        mix(atlas.distinct("grids", "provenance", rows)),
        sources(atlas.distinct("grids", "source_id", rows)),
    )


def rates(atlas: Atlas, filters: Filters) -> list[Rate]:
    """Return persons, visits and funding per worker covered, reported and illustrative apart.

    Where the denominator was told of a smaller place, only what was done there is summed.
    """
    of = covered(atlas, filters)
    rows = activities.mask(atlas, filters.at_place(of.adcode) if of.adcode else filters)
    visits, participants = activities.as_visits(atlas), activities.participants(atlas)
    funding = atlas.once(
        "funding", lambda: atlas.activities["funding_yuan"].to_numpy(dtype=np.float64, na_value=np.nan)
    )
    found = []
    for provenance in PROVENANCES:
        own = rows & atlas.of_provenance("activities", frozenset({provenance}))
        if not own.any():
            continue
        for measure, part, column, numbers in (
            (PERSONS, own & ~visits, "participants", participants),
            (VISITS, own & visits, "participants", participants),
            (FUNDING, own, "funding_yuan", funding),
        ):
            given = np.flatnonzero(part & ~np.isnan(numbers))
            if not len(given):
                continue
            total, counted = told(float(numbers[given].sum()))
            # what says nothing of its number is exact, and exact adds nothing
            said = atlas.distinct("activities", "qualifiers", given)
            found.append(
                Rate(
                    measure,
                    total,
                    qualifiers.of_sum(counted, (qualifiers.of_column(one, column) for one in said)),
                    len(given),
                    total / of.value if of.value and counted != BELOW else None,
                    provenance,
                    weakest(provenance, of.provenance) or provenance,
                    tuple(sorted({*sources(atlas.distinct("activities", "source_id", given)), *of.source_ids})),
                )
            )
    return found
