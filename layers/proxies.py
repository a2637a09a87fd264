"""What demand and candidates an OpenStreetMap extract gave a place: how many, of what, by which rule."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pandas as pd

from geodata.osm import floors, pois, premises
from layers import places, selection
from layers.atlas import Atlas
from layers.filters import FLOOR, PROXIES, Filters

SOURCE = "OSM"  # what their source begins with


@dataclass(frozen=True, slots=True)
class Proxy:
    """One kind of what was taken.

    Attributes
    ----------
    kind : str
        Code of the vocabulary ``worker_group``, or ``host_type``.
    count : float
        Premises: of demand the sum of its weights, each premises being 1; of candidates the rows; thousands of square
        metres of floor.
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
        for group, own in _grouped(atlas, filters.having(proxy=PROXIES[0]), "demand", "worker_group")
    ]


@dataclass(frozen=True, slots=True)
class Floor:
    """Floor area of the buildings that call one worker group.

    Attributes
    ----------
    kind : str
        Code of the vocabulary ``worker_group``.
    square_metres : float
    cells, buildings, with_storeys : int
        Demand cells; buildings; those of which the extract says storeys or height.
    assumed : float
        Square metres that rest on the storeys which the table assumes.
    """

    kind: str
    square_metres: float
    cells: int
    buildings: int
    with_storeys: int
    assumed: float


def floor_area(atlas: Atlas, filters: Filters) -> list[Floor]:
    """Return by worker group what floor area of the place looked at came of OpenStreetMap, most first."""
    found = []
    for group, own in _grouped(atlas, filters.having(proxy=FLOOR), "demand", "worker_group"):
        said = pd.DataFrame([json.loads(text) for text in own["own"]])
        count, known, assumed = (
            said[name].sum() for name in (floors.BUILDINGS, floors.WITH_STOREYS, floors.ASSUMED_M2)
        )
        cells = own["cell"].nunique()
        found.append(
            Floor(str(group), float(own["weight"].sum()) * 1000, cells, int(count), int(known), float(assumed))
        )
    return found


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
    mask = places.table_mask(atlas, places.scope(atlas, filters), table) & ours.to_numpy(bool)
    found = frame[mask & selection.by_proxy(atlas, filters) if table == "demand" else mask]
    size = found.groupby(column)["weight"].sum() if table == "demand" else found[column].value_counts()
    return [(kind, found[found[column] == kind]) for kind in size.sort_values(ascending=False, kind="stable").index]
