"""What demand and candidates an OpenStreetMap extract gave a place: how many, of what, by which rule."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from geodata.osm import pois, premises
from layers import places
from layers.atlas import Atlas
from layers.filters import Filters

SOURCE = "OSM"  # what their source begins with


@dataclass(frozen=True, slots=True)
class Proxy:
    """One kind of what was taken.

    Attributes
    ----------
    kind : str
        Code of the vocabulary ``worker_group``, or ``host_type``.
    count : float
        Premises: of demand the sum of its weights, each premises being 1; of candidates the rows.
    cells : int
        Demand cells; 0 for candidates.
    tags : tuple of str
        Tags of OpenStreetMap that make it, ``key=value``.
    """

    kind: str
    count: float
    cells: int
    tags: tuple[str, ...]


def demand(atlas: Atlas, filters: Filters) -> list[Proxy]:
    """Return by worker group what demand of the place looked at came of OpenStreetMap, most first."""
    tags: dict[str, list[str]] = {}
    for key, values in pois.classes().items():
        for value, fclass in values.items():
            if group := pois.groups().get(fclass):
                tags.setdefault(group, []).append(f"{key}={value}")
    return [
        Proxy(str(group), float(own["weight"].sum()), own["cell"].nunique(), tuple(tags.get(str(group), ())))
        for group, own in _grouped(atlas, filters, "demand", "worker_group")
    ]


def candidates(atlas: Atlas, filters: Filters) -> list[Proxy]:
    """Return by kind of host which candidates of the place looked at came of OpenStreetMap, most first."""
    tags: dict[str, list[str]] = {}
    for kind in premises.kinds():
        tags.setdefault(kind.host_type, []).append(f"{kind.key}={kind.value}")
    return [
        Proxy(str(kind), len(own), 0, tuple(tags.get(str(kind), ())))
        for kind, own in _grouped(atlas, filters, "candidates", "host_type")
    ]


def _grouped(atlas: Atlas, filters: Filters, table: str, column: str) -> list[tuple[object, pd.DataFrame]]:
    frame = pd.DataFrame(atlas.table(table).drop(columns="geometry"))
    ours = frame["source_id"].astype(str).str.split(";").str[0] == SOURCE
    found = frame[places.table_mask(atlas, places.scope(atlas, filters), table) & ours.to_numpy(bool)]
    size = found.groupby(column)["weight"].sum() if table == "demand" else found[column].value_counts()
    return [(kind, found[found[column] == kind]) for kind in size.sort_values(ascending=False, kind="stable").index]
