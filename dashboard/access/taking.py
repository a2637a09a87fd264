"""Which rows a reader may take out: those of the reader's places; what is public anyway, everybody."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dashboard.access.judging import SCENARIOS
from dashboard.access.reader import Reader, current_reader
from geodata.errors import N_, AtlasError
from geodata.quality import RULES, STALE_DAYS
from geodata.schema import TABLES
from layers import quality, rows
from layers.atlas import Atlas
from layers.filters import Filters

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


def listed(
    atlas: Atlas,
    table: str,
    filters: Filters,
    text: str = "",
    rule: str | None = None,
    days: int = STALE_DAYS,
    order: Mapping[str, str] | None = None,
) -> NDArray[np.intp]:
    """Return the rows of a table that the data page lists for who asks, as positions.

    Parameters
    ----------
    text : str
        As :func:`layers.rows.select` has it.
    rule : str, optional
        Of the report of quality: only rows that break it. `days` is what it takes for stale.
    order : mapping, optional
        ``colId`` and ``sort`` (``asc`` or ``desc``), as the grid has them.
    """
    among = quality.bad_rows(atlas, rule, table, days).tolist() if rule and table in RULES[rule].tables else None
    known = {column.name for column in TABLES[table].columns}
    sort = order["colId"] if order and order.get("colId") in known else None
    found = rows.select(atlas, table, filters, text, among, sort, bool(order) and order.get("sort") == "desc")
    return found if current_reader().everywhere else found[theirs(atlas, table)[found]]


def require_theirs(atlas: Atlas, table: str, at: NDArray[np.integer] | list[int]) -> None:
    """Refuse to go on unless who asks may take out all of the rows `at`.

    Raises
    ------
    AtlasError
        Says what the reader's places are.
    """
    if not theirs(atlas, table)[at].all():
        raise elsewhere()


def elsewhere() -> AtlasError:
    """Return the error of who asks for rows of other places."""
    return AtlasError(
        N_("这里有不在您负责的地方的行，不能取出：您负责 {places}；合计和图表各处都能看。"),
        places="、".join(current_reader().places),
    )
