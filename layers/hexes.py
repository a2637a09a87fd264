"""Points counted in H3 hexagons, fast enough for every station of the nation.

Each point gets its cell of resolution 9 once; a coarser cell is a matter of
bits (an H3 index holds its resolution in bits 52-55 and one octal digit per
resolution, 7 meaning "not used"), so grouping is numpy all the way. Points are
kept in the order of their cells, which is the order of all their parents too.
"""

from __future__ import annotations

from dataclasses import dataclass

import h3
import numpy as np
from h3.api import basic_int
from numpy.typing import NDArray

from layers.atlas import Atlas
from layers.provenance import MIXED

FINEST = 9
#: A hexagon is drawn at least so many pixels along its edge.
EDGE_PIXELS = 20.0
#: Metres per pixel at zoom 0 with 512-pixel tiles, at 35° north (the middle of China).
METRES_PER_PIXEL = 78271.5 * 0.819


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Rows of a table grouped by H3 cell.

    Attributes
    ----------
    cells : ndarray of uint64, shape (k,)
        The cells.
    resolution : int
        Their resolution.
    rows : ndarray of int, shape (n,)
        The grouped rows, cell after cell.
    starts : ndarray of int, shape (k,)
        Where each cell begins in `rows`.
    """

    cells: NDArray[np.uint64]
    resolution: int
    rows: NDArray[np.intp]
    starts: NDArray[np.intp]

    @property
    def counts(self) -> NDArray[np.intp]:
        """Number of rows per cell."""
        return np.diff(self.starts, append=len(self.rows))

    def sum(self, values: NDArray) -> NDArray:
        """Return the sum of `values` (one per row of the whole table) per cell."""
        picked = values[self.rows]
        return np.add.reduceat(picked.astype(np.int64) if picked.dtype == bool else picked, self.starts)

    def label(self, coded: tuple[NDArray[np.intp], NDArray]) -> NDArray:
        """Return per cell the value that all its rows share, or ``mixed``; `coded` as of ``Atlas.coded``."""
        codes, values = coded[0][self.rows], np.append(coded[1], None)  # ty: ignore[no-matching-overload] - of objects
        low = np.minimum.reduceat(codes, self.starts)
        return np.where(low == np.maximum.reduceat(codes, self.starts), values[low], MIXED)

    def names(self) -> list[str]:
        """Return the cells as H3 reads and writes them."""
        return [h3.int_to_str(int(cell)) for cell in self.cells]


def resolution_for(zoom: float) -> int:
    """Return the finest resolution (0 to 9) whose hexagons are easy to see and hit at `zoom`."""
    smallest = EDGE_PIXELS * METRES_PER_PIXEL / 2.0**zoom
    for resolution in range(FINEST, 0, -1):
        if h3.average_hexagon_edge_length(resolution, unit="m") >= smallest:
            return resolution
    return 0


def index(lon: NDArray[np.float64], lat: NDArray[np.float64], resolution: int = FINEST) -> NDArray[np.uint64]:
    """Return the H3 cell of each point (degrees, WGS-84); 0 for a point without coordinates."""
    to_cell = basic_int.latlng_to_cell
    cells = [0 if x != x else to_cell(y, x, resolution) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    return np.array(cells, dtype=np.uint64)


def parents(cells: NDArray[np.uint64], resolution: int) -> NDArray[np.uint64]:
    """Return the parent of each cell at a coarser `resolution`."""
    unused = (1 << 3 * (15 - resolution)) - 1
    keep = np.uint64(~(0xF << 52) & 0xFFFF_FFFF_FFFF_FFFF)
    return (cells & keep) | np.uint64(resolution << 52) | np.uint64(unused)


def group(
    atlas: Atlas,
    table: str,
    rows: NDArray[np.intp],
    resolution: int,
    limit: int,
    points: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> Groups:
    """Group `rows` of a point table by cell, as fine as `resolution` and at most `limit` cells.

    Parameters
    ----------
    points : (ndarray, ndarray), optional
        Longitude and latitude of each row of the table, degrees, where they are not its own; always the same of one
        table.
    rows : ndarray of int
        Rows of the table that have a point.
    resolution : int
        Finest resolution wanted, 0 to 9.
    limit : int
        Resolution is coarsened until no more cells are left (resolution 0 has
        122 in the whole world and is never exceeded).

    Returns
    -------
    Groups
    """
    key = ("h3", table, points is None)
    cells, order = atlas.once(key, lambda: _sorted_cells(*(points or atlas.lonlat(table))))
    chosen = np.zeros(len(cells), dtype=bool)
    chosen[rows] = True
    kept = np.flatnonzero(chosen[order])
    fine = cells[kept]
    starts = _first_of_each(fine, resolution)
    while len(starts) > limit and resolution > 0:
        resolution -= 1
        # what begins a cell begins one of its children too
        starts = starts[_first_of_each(fine[starts], resolution)]
    return Groups(parents(fine[starts], resolution), resolution, order[kept], starts)


def _first_of_each(cells: NDArray[np.uint64], resolution: int) -> NDArray[np.intp]:
    """Return where each parent at `resolution` begins among sorted `cells` of :data:`FINEST`."""
    upper = cells >> np.uint64(3 * (15 - resolution))
    return np.flatnonzero(np.concatenate([[True], upper[1:] != upper[:-1]])) if len(upper) else np.empty(0, np.intp)


def _sorted_cells(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
    """Return the cells of points in their order, and the row of each."""
    cells = index(lon, lat)
    order = np.argsort(cells, kind="stable")
    return cells[order], order
