"""What is still illustrative, where one looks: for the banner that must not promise more than is true."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from layers import places
from layers.atlas import LEVELS, Atlas
from layers.filters import NATION, PROVENANCES, Filters

TABLES = (
    "regions",
    "grids",
    "enterprises",
    "stations",
    "fairs",
    "activities",
    "demand",
    "candidates",
    "zones",
    "flows",
    "stops",
    "parts",
)
MADE_UP = frozenset({PROVENANCES[-1]})
DRAWN = ("regions",)  # a region that is reported may have a shape that is not
CITY, COUNTY = LEVELS.index("city"), LEVELS.index("county")


class Still(NamedTuple):
    """The illustrative rows of one table.

    Attributes
    ----------
    table : str
    count : int
        Illustrative rows in the scope.
    of : int
        All rows of the table in the scope.
    adcodes : tuple of str
        Cities where they lie (counties, when one looks at a city or closer), most rows first.
    """

    table: str
    count: int
    of: int
    adcodes: tuple[str, ...]


def still_illustrative(atlas: Atlas, filters: Filters) -> list[Still]:
    """Return, per table, the illustrative rows in the scope of `filters`; tables without any are left out."""
    here = places.scope(atlas, filters)
    return list(atlas.recent(("still illustrative", here.key), lambda: _still(atlas, here)))


def _still(atlas: Atlas, here: places.Scope) -> tuple[Still, ...]:
    level = CITY if here.level in ("country", "province") or here.adcode == NATION else COUNTY
    found = []
    for table in TABLES:
        rows = atlas.table(table)
        inside = places.table_mask(atlas, here, table)
        made_up = atlas.of_provenance(table, MADE_UP)
        if table in DRAWN:
            made_up = made_up | (rows["geometry_provenance"] == "illustrative").to_numpy(bool)
        made_up = made_up & inside
        if not made_up.any():
            continue
        at = atlas.place_rows(table)[made_up]
        up = np.where(at >= 0, atlas.tree.ancestors[at, level], -1)
        up = np.where(up >= 0, up, at)  # a row of a city, looked at from the city; a county of a municipality
        units, counts = np.unique(up[up >= 0], return_counts=True)
        order = sorted(
            zip(units.tolist(), counts.tolist(), strict=True), key=lambda one: (-one[1], str(atlas.tree.codes[one[0]]))
        )
        found.append(
            Still(table, int(made_up.sum()), int(inside.sum()), tuple(str(atlas.tree.codes[row]) for row, _ in order))
        )
    return tuple(found)
