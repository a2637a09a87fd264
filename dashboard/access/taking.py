"""Which rows a reader may take out: those of the reader's places; what is public anyway, everybody."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dashboard.access.judging import SCENARIOS
from dashboard.access.reader import Reader, current_reader
from geodata.errors import N_, AtlasError
from layers.atlas import Atlas

#: Tables of what every newspaper and every map has: places, reported totals, kinds.
PUBLIC = frozenset({"places", "lines", "land", "kinds", "facts", "parts", "zones"})


def theirs(atlas: Atlas, table: str, reader: Reader | None = None) -> NDArray[np.bool_]:
    """Return which rows of a table `reader` (who asks now, without one) may take out."""
    reader = reader or current_reader()
    count = len(atlas.table(table))
    if reader.everywhere or table in PUBLIC:
        return np.ones(count, dtype=bool)
    if table == SCENARIOS:  # a plan is of who kept it
        return atlas.exact.table(table)["author"].eq(reader.account).to_numpy(bool)
    found = np.zeros(count, dtype=bool)
    lie = atlas.place_rows(table)
    for code in reader.places:
        at = atlas.tree.position(code)
        if at >= 0:
            found |= atlas.tree.under(at, lie)
    return found


def require_theirs(atlas: Atlas, table: str, rows: NDArray[np.integer] | list[int]) -> None:
    """Refuse to go on unless who asks may take out all of `rows`.

    Raises
    ------
    AtlasError
        Says what the reader's places are.
    """
    if not theirs(atlas, table)[rows].all():
        raise elsewhere()


def elsewhere() -> AtlasError:
    """Return the error of who asks for rows of other places."""
    return AtlasError(
        N_("这里有不在您负责的地方的行，不能取出：您负责 {places}；合计和图表各处都能看。"),
        places="、".join(current_reader().places),
    )
