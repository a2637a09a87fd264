"""What everybody may see of a table: the one place where an atlas leaves out what is for who keeps the data alone.

Pages, maps, exports, pictures, searches and commands ask an atlas for its tables, and get them so; who keeps the data
asks for ``Atlas.exact``. Left out are

- small counts of persons (:mod:`layers.small_counts`);
- what own fields of any table say of persons (:mod:`geodata.personal`);
- the exact point of an enterprise in which few persons work: such a place is theirs. It is told as the middle of its
  cell of H3, to some 200 m, and so it is counted in a lasso, whoever asks: two of them would find it else;
- who kept a plan.

Rest stations, fairs, activities and stops of services are places for the public and stay where they are; of demand the
cell is all there is. See docs/decisions/0028.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import h3
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.derived import lonlat
from geodata.derived.shapes import PointShapes
from geodata.own_fields import as_text, values_of
from geodata.personal import open_values
from geodata.schema import OWN
from geodata.store.batches import Versions
from geodata.withheld import told
from layers import small_counts

#: Resolution of H3 to which the place of few persons' work is told: that of demand, edges of some 200 m.
RESOLUTION = 9
#: Tables whose points are places of work, and the column that counts who works there.
WORKPLACES = {"enterprises": "workers"}
#: Columns that say who works for the union with this program.
CLERKS = {"scenarios": "author"}


def shown(
    table: Callable[[str], pd.DataFrame], name: str, threshold: int, versions: Mapping[str, Versions]
) -> pd.DataFrame:
    """Return the rows of a table as everybody may see them.

    Parameters
    ----------
    table : callable
        Gives every table as it is, by its name.
    name : str
    threshold : int
        Fewer persons are not counted out loud, nor is their place of work told exactly; 0: both are.
    versions : mapping of str to dict
        What counts said one after the other, by table.
    """
    frame = small_counts.guarded(table, name, threshold, versions)
    changed: dict[str, Any] = {}
    if name in CLERKS and len(frame):
        changed[CLERKS[name]] = pd.Series(None, index=frame.index, dtype="str")
    if OWN in frame and (own := _open(frame[OWN])) is not None:
        changed[OWN] = own
    if name in WORKPLACES and (few := is_coarse(frame, name)).any():
        lon, lat = (values.copy() for values in lonlat(frame))
        for at in np.flatnonzero(few & np.isfinite(lon)):
            lat[at], lon[at] = h3.cell_to_latlng(h3.latlng_to_cell(lat[at], lon[at], RESOLUTION))
        changed["geometry"] = PointShapes(lon, lat)
        provenance = frame["geometry_provenance"].astype(object)
        changed["geometry_provenance"] = provenance.where(~few, "derived").astype("str")
    return frame.assign(**changed) if changed else frame


def is_coarse(frame: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    """Return of which rows, as everybody may see them, the point is told to a cell."""
    if name not in WORKPLACES:
        return np.zeros(len(frame), bool)
    values = frame[WORKPLACES[name]].to_numpy(dtype=np.float64, na_value=np.nan)
    few = np.zeros(len(frame), bool)
    some = np.flatnonzero((values > 0) & (values < 1))  # a count of which nothing is told but that there are some
    few[some] = [told(one)[1] == "below" for one in values[some]]
    return few


def is_altered(table: str, column: str) -> bool:
    """Return whether texts of a column may be others than those in the store."""
    return (
        column in small_counts.TEXTS
        or CLERKS.get(table) == column
        or (table in WORKPLACES and column == "geometry_provenance")
    )


def _open(texts: pd.Series) -> pd.Series | None:
    """Return own fields without what is personal; None where nothing is."""
    rows = np.flatnonzero(texts.notna().to_numpy(bool))
    changed = {
        at: as_text(kept)
        for at, text in zip(rows.tolist(), texts.iloc[rows], strict=True)
        if len(kept := open_values(text)) != len(values_of(text))
    }
    if not changed:
        return None
    shown = texts.astype(object).to_numpy(copy=True)
    shown[list(changed)] = list(changed.values())
    return pd.Series(shown, index=texts.index, dtype="str")
