"""What stands may change: upgrades as candidates, zones of the demand, moves near enough, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.atlas import Atlas
from layers.distance import Points, measure
from layers.siting.ask import ALWAYS
from layers.siting.case import Case
from layers.siting.prepare import Prepared
from layers.siting.solver import Instance, Progress, Reorganised
from layers.siting.tables import PointTable

#: What is added to the id of a site to name its upgraded kind.
UPGRADED = "@24/7"


def with_upgrades(candidates: PointTable, existing: PointTable | None, cost: float, most: int | None) -> PointTable:
    """Return the candidates with the 24-hour kind of each existing site that has other hours."""
    if not most or existing is None or existing.points is None or candidates.points is None:
        return candidates
    hours = existing.frame.get("opening_hours", pd.Series([""] * len(existing.ids)))
    able = np.flatnonzero((hours != ALWAYS).to_numpy(bool))
    names = [existing.ids[at] + UPGRADED for at in able]
    rows = pd.DataFrame({"id": names, "cost": [repr(cost)] * len(names), "opening_hours": [ALWAYS] * len(names)})
    frame = pd.concat([candidates.frame, rows], ignore_index=True)
    for column in frame.columns.difference(["id", "cost", "opening_hours"]):
        frame[column] = frame[column].where(frame[column].notna(), "free" if column == "rule" else "")
    if "opening_hours" not in candidates.frame:
        frame.loc[: len(candidates.ids) - 1, "opening_hours"] = ""
    if "cost" not in candidates.frame:
        frame.loc[: len(candidates.ids) - 1, "cost"] = "0"
    points = Points(np.vstack([candidates.points.xy, existing.points.xy[able]]), candidates.points.degrees)
    return PointTable(candidates.path, [*candidates.ids, *names], points, frame)


def zone_of_cells(atlas: Atlas, found: Case) -> list[str]:
    """Return the id of the street zone of each demand row of a case; empty where it lies in none."""
    row = {cell: at for at, cell in enumerate(atlas.demand["cell"])}
    column = atlas.demand["zone"].to_numpy(dtype=object)
    return [str(column[row[cell]] or "") for cell in found.cells]


def numbered(names: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Return the number of each zone, negative where it has no name, and the names by number."""
    known = sorted(set(names) - {""})
    number = {one: at for at, one in enumerate(known)}
    return np.array([number.get(one, -1) for one in names], np.int64), known


def places_of_sites(instance: Instance) -> NDArray[np.int64]:
    """Return which sites are kinds of the same place: an upgrade and what it upgrades have the same number."""
    place = {one: at for at, one in enumerate(instance.site_ids)}
    return np.array([place.get(one.removesuffix(UPGRADED), at) for one, at in place.items()])


def moves_within(places: Points, instance: Instance, metres: float) -> NDArray[np.int64]:
    """Return the pairs of existing site and candidate that are no farther apart, straight, than so many metres."""
    stand, free = np.flatnonzero(instance.existing), np.flatnonzero(~instance.existing)
    i, j = (one.ravel() for one in np.meshgrid(stand, free, indexing="ij"))
    near = measure(places, i, places, j) <= metres
    return np.column_stack([i[near], j[near]])


def changed_ids(last: Reorganised, ids: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Return the ids of the sites that open where nothing stood, of those that close, of those that are upgraded."""
    upgraded = [ids[j].removesuffix(UPGRADED) for j in last.opened if ids[j].endswith(UPGRADED)]
    opened = [ids[j] for j in last.opened if not ids[j].endswith(UPGRADED)]
    return opened, [ids[j] for j in last.closed if ids[j] not in upgraded], upgraded


def afterwards(prepared: Prepared, last: Reorganised) -> Prepared:
    """Return the instance in which what closes is gone: there the sites of the answer are judged."""
    gone = np.zeros(prepared.instance.pairs.sites, bool)
    gone[last.closed] = True
    now = prepared.instance.having(
        existing=prepared.instance.existing & ~gone, forbidden=prepared.instance.forbidden | gone, new=len(last.opened)
    )
    return replace(prepared, instance=now)


def as_progress(last: Reorganised) -> Progress:
    """Return an answer as the other models give theirs."""
    return Progress(
        last.status, last.opened, last.objective, last.bound, "done", last.seconds, last.waiting, last.reasons
    )
