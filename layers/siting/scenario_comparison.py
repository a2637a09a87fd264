"""Up to four scenarios side by side: figures, inputs that differ, sites in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geodata.errors import N_, AtlasError
from layers.distance import Points, measure
from layers.siting.scenario import FILTER_FIELDS, LATER, Scenario

MOST = 4
#: Sites of two scenarios nearer to each other than this count as the same place, metres.
SAME_M = 60.0
FIGURES = (
    "sites",
    "share_before",
    "share_after",
    "cell_share_after",
    "weight_gained",
    "night_before",
    "night_after",
    "mean_m",
    "gini",
    "cost",
    "gap",
)


def figures(scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """Return the figures of each scenario.

    Returns
    -------
    DataFrame
        One row per name of :data:`FIGURES`, one column per scenario id. Shares
        are of demand weight (``cell_share_after``: of demand cells), 0 to 1; ``weight_gained`` in demand
        weight; ``mean_m`` metres; ``cost`` yuan; ``gap`` 0 when proved, NaN when not known.

    Raises
    ------
    AtlasError
        There are fewer than two or more than :data:`MOST`.
    """
    if not 2 <= len(scenarios) <= MOST:
        raise AtlasError(N_("一次比较 2 到 {most} 个方案，选了 {got} 个。"), most=MOST, got=len(scenarios))
    columns = {}
    for one in scenarios:
        answer = one.answer
        columns[one.scenario_id] = (
            [np.nan] * len(FIGURES)
            if answer is None
            else [
                len(answer.sites),
                answer.before.share,
                answer.after.share,
                answer.after.cell_share,
                np.nan if answer.before.lost else answer.after.weight - answer.before.weight,
                answer.night_before.share,
                answer.night_after.share,
                answer.after.mean_m,
                answer.after.gini,
                answer.cost,
                answer.gap,
            ]
        )
    return pd.DataFrame(columns, index=list(FIGURES)).astype("float64")


def inputs_differ(scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """Return the inputs in which the scenarios are not alike: one row an input, one column a scenario id."""
    rows = {}
    for name in (
        *FILTER_FIELDS,
        "model",
        "new",
        "budget",
        "cost",
        "spacing",
        "cover",
        "hours",
        "opening",
        "source",
        "step",
        "points",
        "force",
        "forbid",
        *LATER,
        "basis",
    ):
        values = []
        for one in scenarios:
            holder = (
                None
                if one.inputs is None
                else one.inputs
                if name == "basis"
                else one.inputs.filters
                if name in FILTER_FIELDS
                else one.inputs.ask
            )
            values.append(None if holder is None else getattr(holder, name))
        if any(value != values[0] for value in values):
            rows[name] = values
    return pd.DataFrame.from_dict(rows, orient="index", columns=[one.scenario_id for one in scenarios], dtype=object)


def sites(scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """Return every place that some scenario builds at; sites within :data:`SAME_M` of each other are one place.

    Returns
    -------
    DataFrame
        ``lon``, ``lat`` (degrees), ``name``, ``shared`` (number of scenarios) and, per scenario id, the number of
        its site there (0: none). Places of most scenarios first.
    """
    found: list[dict] = []
    for one in scenarios:
        for site in one.answer.sites if one.answer else ():
            at = Points(np.array([[site.lon, site.lat]]), degrees=True)
            same = None
            free = [place for place in found if one.scenario_id not in place]
            if free:
                there = Points(np.array([[place["lon"], place["lat"]] for place in free]), degrees=True)
                ways = measure(at, np.zeros(len(free), int), there, np.arange(len(free)))
                same = free[int(np.argmin(ways))] if ways.min() <= SAME_M else None
            if same is None:
                same = {"lon": site.lon, "lat": site.lat, "name": site.name}
                found.append(same)
            same[one.scenario_id] = site.number
    ids = [one.scenario_id for one in scenarios]
    frame = pd.DataFrame(found, columns=["lon", "lat", "name", *ids])
    frame[ids] = frame[ids].fillna(0).astype(int)
    frame.insert(3, "shared", (frame[ids] > 0).sum(axis=1))
    last = frame[ids].where(frame[ids] > 0, np.iinfo(np.int64).max).assign(shared=-frame["shared"])
    return frame.loc[last.sort_values(["shared", *ids], kind="stable").index].reset_index(drop=True)
