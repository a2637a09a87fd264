"""Trails 来历: every figure that a page shows, with its formula, the rows it was made from and their sources.

A figure is either a reported fact (then its trail is the fact) or one of
:data:`FIGURES`: a formula over rows of the atlas under one choice of filters.
A page marks each figure with ``data-figure``: fact ids joined by ``;``, or an
id of :data:`FIGURES`.
"""

from __future__ import annotations

from dataclasses import dataclass

from geodata.errors import N_, AtlasError
from geodata.withheld import told
from layers import kpis
from layers.atlas import Atlas
from layers.filters import PROVENANCES, Filters
from layers.provenance import mix
from layers.qualifiers import BELOW
from layers.trail_figures import FIGURES, Figure, itself
from layers.trail_parts import Part


@dataclass(frozen=True, slots=True)
class Trail:
    """Where a figure comes from, in one view.

    Attributes
    ----------
    id, label, formula : str
        Name of the figure; messages in Chinese: what it is, and how it is computed.
    value : float or None
        What the formula gives over the parts; None when it is the answer of a plan, or nothing is there.
    shown : KeyFigure or None
        The figure as the strip of this view has it.
    fact : str or None
        The reported fact that is shown instead of what the rows come to.
    parts : tuple of Part
    provenance : str or None
        Of the figure shown; of the rows when it is not in the strip.
    source_ids : tuple of str
    """

    id: str
    label: str
    formula: str
    value: float | None
    shown: kpis.KeyFigure | None
    fact: str | None
    parts: tuple[Part, ...]
    provenance: str | None
    source_ids: tuple[str, ...]


def trail(atlas: Atlas, filters: Filters, id: str) -> Trail:
    """Return the trail of the figure `id` as it stands under `filters`.

    Raises
    ------
    AtlasError
        There is no such figure, or the place is not in the atlas.
    """
    if id not in FIGURES:
        raise AtlasError(N_("没有名为“{got}”的数字：请从页面上的数字点进来。"), got=id[:40])
    spec = FIGURES[id]
    shown = next((one for one in kpis.every(atlas, filters) if one.id == id), None)
    parts = spec.parts(atlas, filters)
    value = (
        spec.value(*(one.value for one in parts))
        if spec.value and parts and all(_is_known(one, spec) for one in parts)
        else None
    )
    fact = _fact_of(atlas, shown, spec)
    found = tuple(sorted({one for part in parts for one in part.source_ids}))
    origin = mix({code for part in parts for code in part.counts})
    return Trail(
        id,
        spec.label,
        spec.formula,
        value,
        shown,
        fact,
        parts,
        shown.provenance if shown else origin,
        shown.source_ids if fact and shown else found,
    )


def check(atlas: Atlas, mark: str) -> tuple[str, ...]:
    """Return what a ``data-figure`` mark names: fact ids or one id of :data:`FIGURES`.

    Raises
    ------
    AtlasError
        It names a fact or a figure that is not there.
    """
    if mark in FIGURES:
        return (mark,)
    told = tuple(part.strip() for part in mark.split(";") if part.strip())
    known = set(atlas.facts["id"])
    strange = [one for one in told if one not in known]
    if strange or not told:
        raise AtlasError(N_("没有名为“{got}”的数字：请从页面上的数字点进来。"), got=mark[:40])
    return told


def _fact_of(atlas: Atlas, shown: kpis.KeyFigure | None, spec: Figure) -> str | None:
    if shown is None or spec.metric is None or shown.provenance != PROVENANCES[0] or len(shown.source_ids) != 1:
        return None
    row = atlas.rows_by("facts", "id").get(shown.source_ids[0])
    return shown.source_ids[0] if row is not None and atlas.facts["metric"].iloc[row] == spec.metric else None


def _is_known(part: Part, spec: Figure) -> bool:
    """Return whether the value of a part is known as well as the formula wants: no ratio is told of a count that is
    withheld.
    """
    return part.value is not None and (spec.value is itself or told(part.value)[1] != BELOW)
