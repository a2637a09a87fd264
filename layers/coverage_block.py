"""The coverage of one county at every hour and within several radii, measured at once and from what it is given alone.

A :class:`Block` holds all that a county's coverage follows from, in arrays: it may be measured in this process, in
another, or on another machine, and :meth:`Block.key` tells whether it was measured before. Who reaches whom is sought
once, within the largest radius. What a station offers is a number of 32 bits, one for each hour and two more
(:data:`ANY`, :data:`NOMINAL`), so that what a cell is offered within a radius is those of its stations or-ed together:
26 figures cost what one does.

Figures are those of :func:`layers.coverage.measure` for the county, radius by radius and hour by hour.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from geodata.osm.network import WalkingNetwork
from layers import walking
from layers.distance import FLATTENING_MARGIN, Floats, Pairs, Points, narrowed, within_reach

#: Number of the way in which figures are computed: another whenever they would come out otherwise.
FORM = 1
HOURS = 24
#: Bits of a station, beside one for each hour at which it serves: serves at some hour, or at one that nobody knows; is
#: open at all.
ANY, NOMINAL = 24, 25
BITS = 26
#: Pairs that are held at a time, at most, unless one cell alone has more: about 100 bytes each while they are sought.
MOST_PAIRS = 1_000_000

Bits = NDArray[np.uint32]
Ranks = NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What the coverage of one county follows from.

    Attributes
    ----------
    unit : str
        Its code.
    radii : tuple of int
        Along the way, metres, ascending.
    detour : float
        Way walked divided by straight line, where one walks straight.
    demand : ndarray of float64, shape (cells, 2)
        Longitude and latitude (degrees, WGS-84).
    weight : ndarray of float64, shape (cells,)
        Mean over the day.
    hourly : ndarray of float64, shape (cells, 24), or None
        Weight at each hour; None where it is the same at all.
    origins : ndarray of int8, shape (cells,)
        Rank of the provenance of each, in ``layers.filters.PROVENANCES``; one more than there are where unknown.
    sites : ndarray of float64, shape (sites, 2)
        Longitude and latitude of every open station, whichever county it is in, that may be in reach.
    bits : ndarray of uint32, shape (sites,)
        When it serves.
    site_origins : ndarray of int8, shape (sites,)
        As `origins`.
    stations : ndarray of int64, shape (26,)
        How many stations of the county have each bit.
    forced : bool
        Whether one walks along the network however little of the demand is near it.
    ground : str
        Name of the extract that the network is of; empty where one walks straight.
    spots : ndarray of float64, shape (n, 2), or None
        Where there is demand of any kind, to tell whether it is near the network.
    network : WalkingNetwork or None
        Of the county and its surroundings; None where there is none. It follows from `ground` and `unit`, and is put
        in when the block is measured.
    """

    unit: str
    radii: tuple[int, ...]
    detour: float
    demand: Floats
    weight: Floats
    hourly: Floats | None
    origins: Ranks
    sites: Floats
    bits: Bits
    site_origins: Ranks
    stations: NDArray[np.int64]
    forced: bool = False
    ground: str = ""
    spots: Floats | None = None
    network: WalkingNetwork | None = None

    def key(self) -> str:
        """Return what tells this block apart from another that may give another answer."""
        found = hashlib.blake2b(repr((FORM, walking.REACH_M, walking.ENOUGH)).encode(), digest_size=16)
        for name in (field.name for field in fields(self) if field.name != "network"):
            value = getattr(self, name)
            array = isinstance(value, np.ndarray)
            found.update(repr((name, value.dtype.str, value.shape) if array else (name, value)).encode())
            if array:
                found.update(value.tobytes())
        return found.hexdigest()

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        held = [getattr(self, field.name) for field in fields(self)]
        if self.network is not None:
            held += [getattr(self.network, field.name) for field in fields(self.network)]
        return sum(one.nbytes for one in held if isinstance(one, np.ndarray))


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The coverage of one county; the last column of 25 is any hour, those before it 0:00 to 23:00.

    Attributes
    ----------
    unit : str
    walked : bool
        Whether along the network.
    whole : ndarray of float64, shape (25,)
        Demand weight.
    nominal, effective : ndarray of float64, shape (radii, 25)
        Of it, what open stations reach, and what those that serve at the hour do.
    cells : int
        Cells with demand.
    cells_nominal : ndarray of int64, shape (radii,)
    cells_effective : ndarray of int64, shape (radii, 25)
    origins : int
        Which provenances the demand has, one bit for each rank.
    site_origins : ndarray of int64, shape (radii,)
        Those of the open stations that reach any of it.
    """

    unit: str
    walked: bool
    whole: Floats
    nominal: Floats
    effective: Floats
    cells: int
    cells_nominal: NDArray[np.int64]
    cells_effective: NDArray[np.int64]
    origins: int
    site_origins: NDArray[np.int64]

    def __add__(self, other: Self) -> Self:
        """Return the coverage of both, parts of one county."""
        summed = ("whole", "nominal", "effective", "cells", "cells_nominal", "cells_effective")
        both = {name: getattr(self, name) + getattr(other, name) for name in summed}
        either = {name: getattr(self, name) | getattr(other, name) for name in ("origins", "site_origins")}
        return replace(self, **both, **either)


Reach = Callable[[NDArray[np.intp]], Iterator[Pairs]]


def measured(block: Block) -> Measured:
    """Return the coverage of a county with some demand.

    At most :data:`MOST_PAIRS` pairs of cell and station are held at a time: a county that has more is measured in
    parts.
    """
    points, sites = Points(block.demand, degrees=True), Points(block.sites, degrees=True)
    along = _along(block, points, sites)
    reach, longest = (
        (along, block.radii[-1]) if along else (_straight(block, points, sites), _straight_radii(block)[-1])
    )
    found: Measured | None = None
    for rows in _pieces(points, sites, np.arange(len(points)), longest):
        part = _part(block, rows, reach(rows), along is not None)
        found = part if found is None else found + part
    if found is None:
        raise ValueError(f"{block.unit} has no demand")
    return found


def all_measured(blocks: Sequence[Block]) -> list[Measured]:
    """Return the coverage of each of some counties."""
    return [measured(block) for block in blocks]


# -- inside -----------------------------------------------------------------------


def _straight_radii(block: Block) -> list[float]:
    return [radius / block.detour for radius in block.radii]


def _straight(block: Block, points: Points, sites: Points) -> Reach:
    """Return what gives the pairs of some cells within each radius, straight × detour."""
    *shorter, longest = _straight_radii(block)

    def reach(rows: NDArray[np.intp]) -> Iterator[Pairs]:
        mine = Points(points.xy[rows], degrees=True)
        near = within_reach(mine, sites, longest)
        for radius in shorter:
            yield narrowed(near, mine, sites, radius)
        yield near

    return reach


def _along(block: Block, points: Points, sites: Points) -> Reach | None:
    """Return what gives the pairs of some cells along the network; None where one walks straight."""
    if block.network is None:
        return None
    graph = walking.ready(block.network)
    spots = np.empty((0, 2)) if block.spots is None else block.spots
    if not block.forced and walking.share_near(graph, Points(spots, degrees=True)) < walking.ENOUGH:
        return None
    here, there = walking.connect(graph, points), walking.connect(graph, sites)

    def reach(rows: NDArray[np.intp]) -> Iterator[Pairs]:
        near = walking.ways(graph, walking.some(here, rows), there, block.radii[-1]).pairs
        yield from (near.within(radius) for radius in block.radii)

    return reach


def _pieces(points: Points, sites: Points, rows: NDArray[np.intp], longest: float) -> Iterator[NDArray[np.intp]]:
    """Give the cells `rows` in parts of at most :data:`MOST_PAIRS` pairs within `longest` metres, straight."""
    if len(rows) > 1 and len(rows) * len(sites) > MOST_PAIRS:
        some = Points(points.xy[rows], degrees=True).tree()
        if some.count_neighbors(sites.tree(), longest * FLATTENING_MARGIN) > MOST_PAIRS:
            for half in np.array_split(rows, 2):
                yield from _pieces(points, sites, half, longest)
            return
    if len(rows):
        yield rows


def _part(block: Block, rows: NDArray[np.intp], within: Iterator[Pairs], walked: bool) -> Measured:
    weight, hourly = block.weight[rows], None if block.hourly is None else block.hourly[rows]
    whole = _hours(weight, hourly, np.ones((len(rows), HOURS + 1)))
    each: list[dict[str, Any]] = []
    for near in within:
        offered = near.union(block.bits)
        clocks, which = np.unique(offered, return_inverse=True)
        has = ((clocks[:, None] >> np.arange(BITS, dtype=np.uint32)) & np.uint32(1)).astype(np.int64)
        serving = near.site[block.bits[near.site] >> np.uint32(NOMINAL) & np.uint32(1) == 1]
        cells = np.bincount(which, minlength=len(clocks)) @ has
        if hourly is None:
            covered = np.bincount(which, weight, len(clocks)) @ has
            nominal, effective = np.full(HOURS + 1, covered[NOMINAL]), covered[: HOURS + 1]
        else:
            reached = has[which]
            named = np.broadcast_to(reached[:, NOMINAL, None], (len(rows), HOURS + 1))
            nominal, effective = (_hours(weight, hourly, one) for one in (named, reached[:, : HOURS + 1]))
        each.append(
            {
                "nominal": nominal,
                "effective": effective,
                "cells_nominal": cells[NOMINAL],
                "cells_effective": cells[: HOURS + 1],
                "site_origins": _which(block.site_origins[serving]),
            }
        )
    stacked = {name: np.array([one[name] for one in each]) for name in each[0]}
    return Measured(
        unit=block.unit, walked=walked, whole=whole, cells=len(rows), origins=_which(block.origins[rows]), **stacked
    )


def _hours(weight: Floats, hourly: Floats | None, reached: NDArray[Any]) -> Floats:
    """Return the weight that is reached, at each hour and (last) over the day; `reached` has 25 columns of 0 and 1."""
    each = np.broadcast_to(weight[:, None], (len(weight), HOURS)) if hourly is None else hourly
    # rows that lie in one piece are summed pairwise: a sum of many weights keeps its digits
    return np.ascontiguousarray((np.column_stack([each, weight]) * reached).T).sum(axis=1)


def _which(ranks: Ranks) -> int:
    return int(np.bitwise_or.reduce(np.left_shift(1, ranks.astype(np.int64)), initial=0))
