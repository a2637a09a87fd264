"""Coverage of every county at every hour and within several radii: cut into blocks, measured by whoever is given, kept.

What a county's figures follow from is cut out of the tables (:func:`cut`): its demand, and the stations in reach of
it, whichever county they are in. So an import changes the key of the county that it touches, and of those whose demand
its stations may reach, and no other is measured again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.derived import Measures, key_of
from geodata.pools import Pool
from layers import coverage_block, demand, places, selection, stations, unplaced, way
from layers.atlas import LEVELS, Atlas
from layers.coverage_block import ANY, BITS, HOURS, NOMINAL, Block, Measured
from layers.filters import NATION, NETWORK, PROVENANCES, STRAIGHT, Filters
from layers.provenance import MIXED, weakest

#: Blocks that are handed out together, at most, and their bytes.
TOGETHER, TOGETHER_BYTES = 32, 4 * 2**20
#: Up to so many blocks, and without networks up to so many cells, are measured by this process, unless it is told who
#: measures: to start others would take longer. A second of processor measures 50,000 cells straight, or starts one.
FEW, FEW_CELLS = 2, 200_000
#: Name of a network that has none.
UNNAMED = "unnamed"
#: What is kept of a :class:`~layers.coverage_block.Measured`, beside its unit.
FIGURES = (
    *("walked", "whole", "nominal", "effective", "cells", "cells_nominal", "cells_effective"),
    *("origins", "site_origins"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Counties:
    """The coverage of counties; n of them, r radii. Columns of 25 are 0:00 to 23:00, and last whatever hour.

    Attributes
    ----------
    filters : Filters
        What was measured; its radius and hour do not count.
    radii : tuple of int
        Along the way, metres, ascending.
    units : tuple of str
        Codes, ascending.
    walked : ndarray of bool, shape (n,)
        Whether along a network.
    whole : ndarray of float64, shape (n, 25)
        Demand weight.
    nominal, effective : ndarray of float64, shape (n, r, 25)
        Of it, what open stations reach, and what those that serve at the hour do.
    cells : ndarray of int64, shape (n,)
    cells_nominal, cells_effective : ndarray of int64, shapes (n, r), (n, r, 25)
    stations : ndarray of int64, shape (n, 25)
        Stations of the county that serve.
    stations_nominal, unknown_hours, missing : ndarray of int64, shape (n,)
        Open stations of the county; those of which nobody knows when; those of which nobody knows where.
    lost : ndarray of bool, shape (n,)
        Of which nothing can be said: there are open stations, and nobody knows where any of them is.
    provenance : tuple of tuple of str or None
        Of the shares of a county, radius by radius.
    anew : int
        How many were measured now; the others were kept.
    """

    filters: Filters
    radii: tuple[int, ...]
    units: tuple[str, ...]
    walked: NDArray[np.bool_]
    whole: NDArray[np.float64]
    nominal: NDArray[np.float64]
    effective: NDArray[np.float64]
    cells: NDArray[np.int64]
    cells_nominal: NDArray[np.int64]
    cells_effective: NDArray[np.int64]
    stations: NDArray[np.int64]
    stations_nominal: NDArray[np.int64]
    unknown_hours: NDArray[np.int64]
    missing: NDArray[np.int64]
    lost: NDArray[np.bool_]
    provenance: tuple[tuple[str | None, ...], ...]
    anew: int

    def totals(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return demand weight (25,), and what of it is reached nominally and effectively (r, 25 each), of all counties
        of which something can be said.
        """
        known = ~self.lost
        return tuple(one[known].sum(axis=0) for one in (self.whole, self.nominal, self.effective))

    def origin(self) -> tuple[str | None, ...]:
        """Return the provenance of :meth:`totals`, radius by radius."""
        known = [one for one, lost in zip(self.provenance, self.lost, strict=True) if not lost]
        return tuple(weakest(*(one[at] for one in known)) for at in range(len(self.radii)))


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """The blocks of counties, and what of these needs no measuring."""

    radii: tuple[int, ...]
    blocks: tuple[Block, ...]
    unknown_hours: NDArray[np.int64]
    missing: NDArray[np.int64]
    lost: NDArray[np.bool_]


def measure(
    atlas: Atlas,
    filters: Filters,
    radii: Sequence[int],
    kept: Measures | None = None,
    pool: Pool = Pool(),  # noqa: B008 - frozen
    progress: Callable[[float], None] = lambda _share: None,
) -> Counties:
    """Return the coverage of each county with demand in the place looked at.

    Parameters
    ----------
    atlas : Atlas
    filters : Filters
        Region, grid, lasso, radius and hour do not count.
    radii : sequence of int
        Along the way, metres.
    kept : Measures, optional
        Where figures are kept; those that are there are not computed again.
    pool : Pool
        Who measures; a process for each core when not given, or this one where there is little to do.
    progress : callable
        Told the share that is done.

    Raises
    ------
    AtlasError
        A radius cannot be used, the place is not in the atlas, or the pool fails.
    """
    ascending = tuple(sorted({filters.having(radius=one).radius for one in radii}))
    asked = filters.at_place(filters.place).having(hour=None, radius=ascending[-1])
    found = cut(atlas, asked, ascending)
    if kept is None:
        return _together(asked, found, *_measured(atlas, found, {}, pool, progress))
    question = key_of("coverage by county", atlas.threshold, *_told(asked), ascending)
    with kept.alone():
        known = kept.find(question)
        columns, anew = _measured(atlas, found, known, pool, progress)
        if anew:
            kept.put(question, columns if filters.place == NATION else _kept_too(known, columns))
    return _together(asked, found, columns, anew)


def cut(atlas: Atlas, filters: Filters, radii: tuple[int, ...]) -> Cut:
    """Return what the coverage of each county in the place looked at follows from, without the networks.

    Parameters
    ----------
    radii : tuple of int
        Ascending.
    """
    rows, weight, hourly = _demand(atlas, filters)
    at = atlas.place_rows("demand")[rows]
    starts = np.flatnonzero(np.diff(at, prepend=-1))
    ends = np.append(starts[1:], len(rows))
    units = atlas.tree.codes[at[starts]].to_numpy(dtype=object)
    lon, lat = atlas.lonlat("demand")
    spots, origins = np.column_stack([lon, lat]), _ranks(atlas, "demand")
    order = np.argsort(units)
    bits = _clocks(atlas, filters)
    near = _open_ones(atlas, bits)
    counted, unknown = _counted(atlas, bits, at[starts])
    walked = _walked(atlas, filters, at[starts])
    blocks = []
    for one in order:
        mine = slice(starts[one], ends[one])
        metres = radii[-1] / (1.0 if walked[one] is not None else filters.detour)
        here, each = spots[rows[mine]], None if hourly is None else hourly[mine]
        flat = each is None or bool((each == weight[mine, None]).all())
        reached = near.around(here, metres)
        blocks.append(
            Block(
                unit=str(units[one]),
                radii=radii,
                detour=filters.detour,
                demand=here,
                weight=weight[mine],
                hourly=None if flat else each,
                origins=origins[rows[mine]],
                sites=reached.spots,
                bits=reached.bits,
                site_origins=reached.origins,
                stations=counted[one],
                forced=filters.way == NETWORK,
                ground=(atlas.ground or UNNAMED) if walked[one] is not None else "",
                spots=walked[one],
            )
        )
    lost, missing = unplaced.lost_units(atlas, filters, "place", units[order])
    return Cut(radii, tuple(blocks), unknown[order], missing, lost)


# -- inside -----------------------------------------------------------------------


def _told(filters: Filters) -> tuple[Any, ...]:
    """Return what of `filters` the figures of a county follow from."""
    sets = (tuple(sorted(one)) for one in (filters.facilities, filters.provenance))
    said = (filters.day, filters.always, filters.inspected_days, filters.worker_group, filters.detour, filters.way)
    return *sets, *said, filters.as_of


def _demand(atlas: Atlas, filters: Filters) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64] | None]:
    """Return one row of demand for each cell of each county, county by county, with weight, and weight by hour."""
    mask = selection.mask(atlas, filters, "demand") & ~np.isnan(atlas.lonlat("demand")[0])
    if filters.worker_group:
        mask = mask & atlas.holds("demand", "worker_group", filters.worker_group)
    picked = np.flatnonzero(mask)
    codes, values = atlas.coded("demand", "cell")
    both = atlas.place_rows("demand")[picked].astype(np.int64) * (len(values) + 1) + codes[picked] + 1
    _, first, group = np.unique(both, return_index=True, return_inverse=True)
    weight, hourly = demand.summed(atlas, picked, group, len(first))
    return picked[first], weight, hourly


def _ranks(atlas: Atlas, table: str) -> NDArray[np.int8]:
    codes, values = atlas.coded(table, "provenance")
    known = pd.Index(PROVENANCES).get_indexer(pd.Index(values, dtype=object))
    return np.append(np.where(known < 0, len(PROVENANCES), known), len(PROVENANCES))[codes].astype(np.int8)


@dataclass(frozen=True, slots=True, eq=False)
class _Sites:
    """Open stations, by latitude: where they are, when they serve, and of what provenance they are."""

    spots: NDArray[np.float64]
    bits: NDArray[np.uint32]
    origins: NDArray[np.int8]

    def around(self, spots: NDArray[np.float64], metres: float) -> _Sites:
        """Return those that may lie within so many metres of any of `spots`: all that do, and some more."""
        west, south, east, north = way.box((*spots.min(axis=0), *spots.max(axis=0)), metres)
        first = int(np.searchsorted(self.spots[:, 1], south, side="left"))
        last = int(np.searchsorted(self.spots[:, 1], north, side="right"))
        lon = self.spots[first:last, 0]
        within = (lon >= west) & (lon <= east)
        if west < -180 or east > 180:
            within[:] = True  # across the line where 180° east is 180° west
        rows = first + np.flatnonzero(within)
        return _Sites(self.spots[rows], self.bits[rows], self.origins[rows])


def _clocks(atlas: Atlas, filters: Filters) -> NDArray[np.uint32]:
    """Return per station of the atlas when it serves, as bits; 0 unless it is open and placed."""
    offered = stations.service(atlas, filters)
    bits = np.where(offered.nominal & offered.able, offered.clock, np.uint32(0)).astype(np.uint32)
    for bit, mask in ((ANY, offered.effective), (NOMINAL, offered.nominal)):
        bits |= mask.astype(np.uint32) << np.uint32(bit)
    return bits


def _open_ones(atlas: Atlas, bits: NDArray[np.uint32]) -> _Sites:
    rows, spots = np.flatnonzero(bits), np.column_stack(atlas.lonlat("stations"))
    ranks = stations.provenance_ranks(atlas).astype(np.int8)
    # in an order of their own: where a row stands in its table changes with every import
    known = rows[np.lexsort((ranks[rows], bits[rows], spots[rows, 0], spots[rows, 1]))]
    return _Sites(spots[known], bits[known], ranks[known])


def _counted(
    atlas: Atlas, bits: NDArray[np.uint32], units: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many stations of each unit (a row of places) have each bit, and of how many nobody knows when."""
    at, size = atlas.place_rows("stations"), len(atlas.places)
    here = (bits != 0) & (at >= 0)
    has = (here & ((bits >> np.uint32(bit)) & np.uint32(1) == 1) for bit in range(BITS))
    each = np.column_stack([np.bincount(at[one], minlength=size)[units] for one in has])
    return each, np.bincount(at[here & ~stations.hours_known(atlas)], minlength=size)[units]


def _walked(atlas: Atlas, filters: Filters, units: NDArray[np.int32]) -> list[NDArray[np.float64] | None]:
    """Return where there is any demand of each unit (a row of places) in which one may walk along a network, else
    None.
    """
    if not atlas.on_ground or filters.way == STRAIGHT:
        return [None] * len(units)
    at, spots = atlas.place_rows("demand"), np.column_stack(atlas.lonlat("demand"))
    order = np.argsort(at, kind="stable")
    first, last = (np.searchsorted(at[order], units, side=side) for side in ("left", "right"))
    found: list[NDArray[np.float64] | None] = []
    for unit, begin, end in zip(units, first, last, strict=True):
        level = LEVELS[atlas.tree.level[unit]]
        if level == "county":
            mine = spots[order[begin:end]]
            found.append(np.unique(mine[np.isfinite(mine).all(axis=1)], axis=0))
        else:
            found.append(None if level in way.ABOVE else way.spots(atlas, str(atlas.tree.codes[unit])))
    return found


def _measured(
    atlas: Atlas,
    found: Cut,
    known: dict[str, NDArray[Any]],
    pool: Pool,
    progress: Callable[[float], None],
) -> tuple[dict[str, NDArray[Any]], int]:
    """Return the figures of all blocks, those of `known` keys as they are kept, and how many are new."""
    keys = np.array([block.key() for block in found.blocks], dtype="U32")
    row_of = (
        {key: row for row, key in enumerate(known["key"].tolist())} if {*known} == {"key", "unit", *FIGURES} else {}
    )
    new = [at for at, key in enumerate(keys.tolist()) if key not in row_of]
    mine = [row_of[key] for key in keys.tolist() if key in row_of]
    old = [at for at, key in enumerate(keys.tolist()) if key in row_of]
    blocks = [found.blocks[at] for at in new]
    light = not any(one.ground for one in blocks) and sum(len(one.weight) for one in blocks) <= FEW_CELLS
    if len(blocks) <= FEW or (light and pool == Pool()):
        pool = Pool(count=0)
    place = {found.blocks[at].unit: at for at in new}
    measured: list[Measured] = []
    for some in pool.results(coverage_block.all_measured, _handed(atlas, blocks)):
        measured += some
        progress(len(measured) / len(new))
    columns: dict[str, NDArray[Any]] = {"key": keys, "unit": np.array([one.unit for one in found.blocks], dtype="U12")}
    where = [place[one.unit] for one in measured]
    for name in FIGURES:
        fresh = np.array([getattr(one, name) for one in measured])
        like = fresh if measured else known[name] if mine else fresh
        columns[name] = np.zeros((len(keys), *like.shape[1:]), like.dtype)
        if mine:
            columns[name][old] = known[name][mine]
        if measured:
            columns[name][where] = fresh
    return columns, len(new)


def _handed(atlas: Atlas, blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Give blocks to be measured, some together, with the networks that they need."""
    some: list[Block] = []
    size = 0
    for block in blocks:
        whole = replace(block, network=_network(atlas, block)) if block.ground else block
        if some and (len(some) == TOGETHER or size + whole.nbytes > TOGETHER_BYTES):
            yield some
            some, size = [], 0
        some.append(whole)
        size += whole.nbytes
    if some:
        yield some


def _network(atlas: Atlas, block: Block) -> Any:
    bounds = places.scope(atlas, Filters(place=block.unit)).bounds
    margin = next(margin for margin in way.MARGINS if margin >= block.radii[-1])
    return way.network_of(atlas, way.box(bounds, margin))


def _kept_too(known: dict[str, NDArray[Any]], columns: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return `columns`, and the rows of `known` that are of other units."""
    if set(known) != set(columns):
        return columns
    other = ~np.isin(known["unit"], columns["unit"])
    return {name: np.concatenate([known[name][other], columns[name]]) for name in columns}


def _together(filters: Filters, found: Cut, columns: dict[str, NDArray[Any]], anew: int) -> Counties:
    counted = np.array([block.stations for block in found.blocks], np.int64).reshape(-1, BITS)
    radii = found.radii
    shapes = {"whole": (HOURS + 1,), "nominal": (len(radii), HOURS + 1), "effective": (len(radii), HOURS + 1)}
    shapes |= {"cells_nominal": (len(radii),), "cells_effective": (len(radii), HOURS + 1)}
    figures = {
        name: columns[name].reshape(len(found.blocks), *shapes.get(name, ()))
        for name in FIGURES
        if name not in ("origins", "site_origins")
    }
    return Counties(
        filters=filters,
        radii=radii,
        units=tuple(block.unit for block in found.blocks),
        **figures,
        stations=counted[:, : HOURS + 1],
        stations_nominal=counted[:, NOMINAL],
        unknown_hours=found.unknown_hours,
        missing=found.missing,
        lost=found.lost,
        provenance=tuple(
            tuple(weakest(_mixed(of), _mixed(one)) for one in sites)
            for of, sites in zip(columns["origins"].tolist(), columns["site_origins"].tolist(), strict=True)
        ),
        anew=anew,
    )


def _mixed(ranks: int) -> str | None:
    """Return the provenance of a sum over rows of these ranks, one bit for each."""
    found = [one for rank, one in enumerate(PROVENANCES) if ranks >> rank & 1]
    return MIXED if len(found) > 1 else found[0] if found else None
