"""Who is within reach of whom: distances between demand and sites, kept as pairs only.

Coverage and siting ask here alike.

Coverage needs the pairs within the radius and nothing else, so memory grows
with the pairs and never with demand × sites. Points are in metres of one plane,
or in degrees (WGS-84) and then measured on the ellipsoid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod
from scipy import sparse
from scipy.spatial import cKDTree  # ty: ignore[missing-module-member] - it is there, from C

from geodata.crs import EARTH_M
from geodata.errors import N_, AtlasError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: A distance counts as within a limit when it exceeds it by no more than this share (floating-point noise).
NOISE = 1e-9
#: All pairs are measured without asking for a limit up to so many of them.
ALL_PAIRS = 30_000_000
FLATTENING_MARGIN = 1.007
SEMI_MAJOR, ECCENTRICITY2 = 6_378_137.0, 0.0066943799901413165
#: The middle-latitude formula errs by about (way × tan φ / radius)² / 24: by 1.2e-6 at most up to both of these
#: (measured). Beyond, the geodesic is measured itself; the second comes first from 57° on.
SHORT_M, STEEP_M = 20_000.0, 31_000.0
#: What the middle-latitude formula may err by: so near the rim, the geodesic decides.
RIM = 2e-6
CHUNK = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Where things are.

    Attributes
    ----------
    xy : ndarray of float64, shape (n, 2)
        Metres in a plane, or longitude and latitude in degrees (WGS-84).
    degrees : bool
        Which of the two.
    """

    xy: Floats
    degrees: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "xy", np.asarray(self.xy, dtype=np.float64).reshape(-1, 2))
        if not np.isfinite(self.xy).all():
            row = int(np.flatnonzero(~np.isfinite(self.xy).all(axis=1))[0])
            raise AtlasError(N_("第 {row} 个点的坐标不是有限的数：请补上或删去这一行。"), row=row + 1)
        if self.degrees and len(self.xy) and (np.abs(self.xy) > (180.0, 90.0)).any():
            row = int(np.flatnonzero((np.abs(self.xy) > (180.0, 90.0)).any(axis=1))[0])
            raise AtlasError(
                N_(
                    "第 {row} 个点（{x}，{y}）不是经纬度：经度应在 ±180 之间，"
                    "纬度应在 ±90 之间；以米计的坐标请用 x,y 作列名。"
                ),
                row=row + 1,
                x=float(self.xy[row, 0]),
                y=float(self.xy[row, 1]),
            )

    def __len__(self) -> int:
        return len(self.xy)

    def tree(self) -> cKDTree:
        """Return a search tree in metres: of the plane, or of chords through the sphere."""
        return cKDTree(sphere(self.xy) if self.degrees else self.xy)

    def searched(self) -> Floats:
        """Return the points as :meth:`tree` holds them."""
        return sphere(self.xy) if self.degrees else self.xy


def sphere(lonlat: Floats) -> Floats:
    """Return points in degrees as metres in space on a sphere, shape (n, 3)."""
    lam, phi = np.radians(lonlat[:, 0]), np.radians(lonlat[:, 1])
    return EARTH_M * np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


def measure(one: Points, i: NDArray, other: Points, j: NDArray) -> Floats:
    """Return the distance in metres between ``one[i]`` and ``other[j]``, entry by entry.

    In degrees: the middle-latitude formula on the WGS-84 ellipsoid (Bomford,
    *Geodesy*, 1980, §2.16) up to 20 km (less from 57° of latitude on), the geodesic of Karney (2013) beyond.
    """
    if not one.degrees:
        delta = one.xy[i] - other.xy[j]
        return np.hypot(delta[:, 0], delta[:, 1])
    a, b = one.xy[i], other.xy[j]
    phi = np.radians((a[:, 1] + b[:, 1]) / 2)
    sine, cosine = np.sin(phi), np.cos(phi)
    w2 = 1 - ECCENTRICITY2 * sine**2
    turn = (a[:, 0] - b[:, 0] + 180.0) % 360.0 - 180.0
    east = SEMI_MAJOR / np.sqrt(w2) * cosine * np.radians(turn)
    north = SEMI_MAJOR * (1 - ECCENTRICITY2) / (w2 * np.sqrt(w2)) * np.radians(a[:, 1] - b[:, 1])
    found = np.hypot(east, north)
    far = np.flatnonzero((found > SHORT_M) | (found * np.abs(sine) > STEEP_M * cosine) | (np.abs(a[:, 1]) > 80.0))
    if len(far):
        found[far] = _geodesic(a[far], b[far])
    return found


def _geodesic(one: Floats, other: Floats) -> Floats:
    return np.asarray(Geod(ellps="WGS84").inv(one[:, 0], one[:, 1], other[:, 0], other[:, 1])[2], np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of demand and site with their distance, ordered by demand (compressed rows).

    Attributes
    ----------
    start : ndarray of int64, shape (demand + 1,)
        Where each demand's pairs begin.
    site : ndarray of int32, shape (pairs,)
        Position of the site.
    distance : ndarray of float64, shape (pairs,)
        Metres, or the unit of the cost matrix.
    sites : int
        Number of sites.
    complete : bool
        Whether a pair that is not here is *unreachable* (True) or only
        farther than was looked (False).
    table : bool
        Whether every demand stands with every site, in their order: a column is then found without looking at the rest.
    """

    start: Ints
    site: NDArray[np.int32]
    distance: Floats
    sites: int
    complete: bool = True
    table: bool = False

    @property
    def demands(self) -> int:
        """Number of demand points."""
        return len(self.start) - 1

    def demand(self) -> NDArray[np.int32]:
        """Return the demand of each pair."""
        return np.repeat(np.arange(self.demands, dtype=np.int32), np.diff(self.start))

    def kept(self, mask: NDArray[np.bool_]) -> Self:
        """Return only the pairs of `mask`."""
        running = np.concatenate([[0], np.cumsum(mask, dtype=np.int64)])
        return type(self)(running[self.start], self.site[mask], self.distance[mask], self.sites, self.complete)

    def within(self, radius: float) -> Self:
        """Return the pairs at most `radius` apart (the rim counts)."""
        if self.distance.max(initial=0.0) <= radius * (1 + NOISE):
            return replace(self, complete=False)
        return replace(self.kept(self.distance <= radius * (1 + NOISE)), complete=False)

    def of(self, rows: NDArray[np.intp]) -> Self:
        """Return the pairs of some of the demand, in their order."""
        size = self.start[rows + 1] - self.start[rows]
        start = np.concatenate([[0], np.cumsum(size)])
        mine = np.repeat(self.start[rows] - start[:-1], size) + np.arange(start[-1])
        return replace(self, start=start, site=self.site[mine], distance=self.distance[mine])

    def counts(self, open_sites: NDArray[np.bool_]) -> Ints:
        """Return how many open sites each demand has among its pairs."""
        if open_sites.all():
            return np.diff(self.start)
        mask = open_sites[self.site]
        if open_sites.mean() < 0.1:
            return np.bincount(
                np.searchsorted(self.start, np.flatnonzero(mask), side="right") - 1, minlength=self.demands
            )
        found = np.zeros(self.demands, np.int64)
        rows = np.flatnonzero(np.diff(self.start))
        if len(rows):
            found[rows] = np.add.reduceat(mask, self.start[rows], dtype=np.int64)
        return found

    def union(self, bits: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Return per demand the bits (one set per site,
        as of the hours at which it is open) that any of its pairs has.
        """
        found = np.zeros(self.demands, np.uint32)
        rows = np.flatnonzero(np.diff(self.start))
        if len(rows):
            found[rows] = np.bitwise_or.reduceat(bits[self.site], self.start[rows])
        return found

    def nearest(self, open_sites: NDArray[np.bool_]) -> Floats:
        """Return each demand's distance to the nearest open site; infinite when it reaches none."""
        if self.table:
            return self.distance.reshape(self.demands, self.sites)[:, np.flatnonzero(open_sites)].min(
                axis=1, initial=np.inf
            )
        return row_min(np.where(open_sites[self.site], self.distance, np.inf), self.start)


def kth_nearest(pairs: Pairs, demand: NDArray[np.intp], usable: NDArray[np.bool_], k: int) -> Floats:
    """Return the distance of each of `demand` to its `k`-th nearest usable site; infinite when it has none."""
    found = np.full(len(demand), np.inf)
    for place, one in enumerate(demand):
        mine = slice(int(pairs.start[one]), int(pairs.start[one + 1]))
        distance = np.sort(pairs.distance[mine][usable[pairs.site[mine]]])
        if len(distance) >= k:
            found[place] = distance[k - 1]
    return found


def row_min(values: Floats, start: Ints) -> Floats:
    """Return the least value of each compressed row; infinite for an empty row."""
    found = np.full(len(start) - 1, np.inf)
    rows = np.flatnonzero(np.diff(start))
    if len(rows):
        found[rows] = np.minimum.reduceat(values, start[rows])
    return found


def from_triples(
    demand: ArrayLike, site: ArrayLike, distance: ArrayLike, demands: int, sites: int, complete: bool = True
) -> Pairs:
    """Return :class:`Pairs` from three columns; no pair may come twice."""
    demand, site = np.asarray(demand, np.int32), np.asarray(site, np.int32)
    matrix = sparse.coo_array((np.asarray(distance, np.float64), (demand, site)), shape=(demands, sites)).tocsr()
    return Pairs(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data, sites, complete)


def within_reach(demand: Points, sites: Points, radius: float, detour: float = 1.0) -> Pairs:
    """Return all pairs at most `radius` metres apart along the way (straight line × `detour`).

    The rim counts, and in degrees it is that of the geodesic on the WGS-84 ellipsoid.

    Raises
    ------
    AtlasError
        One set of points is in degrees and the other in metres.
    """
    _same_unit(demand, sites)
    straight = radius / detour
    rows, columns, values = [], [], []
    if len(demand) and len(sites):
        reach = straight * (FLATTENING_MARGIN if demand.degrees else 1.0) * (1 + 10 * NOISE) + 1e-6
        searched, there = demand.searched(), sites.searched()
        # a county is asked of a country's sites: most are nowhere near
        around = np.flatnonzero(
            ((there >= searched.min(axis=0) - reach) & (there <= searched.max(axis=0) + reach)).all(axis=1)
        )
        tree = cKDTree(there[around], balanced_tree=False)  # asked once: quick to build counts
        for begin, end in _chunks(len(demand)):
            found = cKDTree(searched[begin:end], balanced_tree=False).sparse_distance_matrix(
                tree, reach, output_type="ndarray"
            )
            i, j = found["i"] + begin, around[found["j"]]
            d = measure(demand, i, sites, j)
            if demand.degrees:
                rim = np.flatnonzero(np.abs(d - straight) <= RIM * straight)
                d[rim] = _geodesic(demand.xy[i[rim]], sites.xy[j[rim]])
            near = d <= straight * (1 + NOISE)
            rows.append(i[near].astype(np.int32))
            columns.append(j[near].astype(np.int32))
            values.append(d[near] * detour)
    none = np.empty(0)
    return from_triples(
        np.concatenate(rows) if rows else none,
        np.concatenate(columns) if columns else none,
        np.concatenate(values) if values else none,
        len(demand),
        len(sites),
        complete=False,
    )


def narrowed(pairs: Pairs, demand: Points, sites: Points, radius: float) -> Pairs:
    """Return those of `pairs` (found by :func:`within_reach` in a wider radius, straight line, in degrees) that it
    finds at most `radius` metres apart, with the same distances.
    """
    near = pairs.kept(pairs.distance <= radius * (1 + RIM) * (1 + NOISE))
    distance = near.distance.copy()
    rim = np.flatnonzero(np.abs(distance - radius) <= RIM * radius)
    if len(rim):
        distance[rim] = _geodesic(demand.xy[near.demand()[rim]], sites.xy[near.site[rim]])
    return replace(replace(near, distance=distance).kept(distance <= radius * (1 + NOISE)), complete=False)


def all_pairs(demand: Points, sites: Points, detour: float = 1.0) -> Pairs:
    """Return every pair of demand and site.

    Raises
    ------
    AtlasError
        There are more than :data:`ALL_PAIRS`.
    """
    _same_unit(demand, sites)
    not_too_many(len(demand), len(sites))
    columns = np.arange(len(sites))
    found = np.empty((len(demand), len(sites)))
    step = max(1, 2_000_000 // max(1, len(sites)))
    for begin in range(0, len(demand), step):
        rows = np.arange(begin, min(begin + step, len(demand)))
        i, j = np.repeat(rows, len(sites)), np.tile(columns, len(rows))
        found[rows] = measure(demand, i, sites, j).reshape(len(rows), -1) * detour
    return from_dense(found)


def nearest_pairs(demand: Points, sites: Points, count: int, detour: float = 1.0) -> tuple[Pairs, Floats]:
    """Return the pairs of each demand point with the `count` sites nearest to it,
    and how far every site at least is that it has no pair with.
    """
    _same_unit(demand, sites)
    count = min(count, len(sites))
    tree, site = sites.tree(), np.empty((len(demand), count), np.int32)
    distance = np.empty((len(demand), count))
    searched = demand.searched()
    step = max(1, 2_000_000 // count)
    for begin in range(0, len(demand), step):
        rows = np.arange(begin, min(begin + step, len(demand)))
        found = np.sort(tree.query(searched[rows], k=np.arange(1, count + 1))[1], axis=1)
        site[rows] = found
        distance[rows] = measure(demand, np.repeat(rows, count), sites, found.ravel()).reshape(found.shape) * detour
    # in degrees the nearest are sought on the sphere
    horizon = distance.max(axis=1) / (FLATTENING_MARGIN**2 if demand.degrees else 1 + NOISE)
    if count == len(sites):
        horizon = np.full(len(demand), np.inf)
    start = np.arange(len(demand) + 1, dtype=np.int64) * count
    return Pairs(start, site.ravel(), distance.ravel(), len(sites), complete=count == len(sites)), horizon


def not_too_many(demand: int, sites: int) -> None:
    """Raise an AtlasError when there are more than :data:`ALL_PAIRS` pairs of so many."""
    if demand * sites > ALL_PAIRS:
        raise AtlasError(
            N_("{demand} 个需求点 × {sites} 个点位共 {pairs} 对，超过 {limit} 对：请减少备选点，或改用覆盖模型。"),
            demand=demand,
            sites=sites,
            pairs=demand * sites,
            limit=ALL_PAIRS,
        )


def from_dense(distance: ArrayLike) -> Pairs:
    """Return :class:`Pairs` of a full table (demand × site); infinite entries are pairs that cannot be."""
    distance = np.asarray(distance, np.float64)
    m, n = distance.shape
    full = Pairs(
        np.arange(m + 1, dtype=np.int64) * n, np.tile(np.arange(n, dtype=np.int32), m), distance.ravel(), n, table=True
    )
    return full if np.isfinite(distance).all() else full.kept(np.isfinite(full.distance))


def nearest_distance(demand: Points, sites: Points, detour: float = 1.0) -> Floats:
    """Return each demand's distance in metres to its nearest site; infinite when there is none.

    In degrees, which one is nearest is asked on the sphere: of two whose distances differ by less
    than 0.7 % it may be the farther.
    """
    _same_unit(demand, sites)
    if not len(sites):
        return np.full(len(demand), np.inf)
    _, which = sites.tree().query(demand.searched())
    return measure(demand, np.arange(len(demand)), sites, which) * detour


def too_near(sites: Points, spacing: float) -> Ints:
    """Return the pairs of sites (shape (q, 2), first below second) less than `spacing` metres apart, straight."""
    reach = spacing * (FLATTENING_MARGIN if sites.degrees else 1.0)
    found = sites.tree().query_pairs(reach, output_type="ndarray") if len(sites) > 1 else np.empty((0, 2), np.int64)
    near = measure(sites, found[:, 0], sites, found[:, 1]) < spacing * (1 - NOISE)
    found = np.sort(found[near].astype(np.int64), axis=1)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def _chunks(count: int) -> Iterator[tuple[int, int]]:
    for begin in range(0, count, CHUNK):
        yield begin, min(begin + CHUNK, count)


def _same_unit(one: Points, other: Points) -> None:
    if len(one) and len(other) and one.degrees != other.degrees:
        raise AtlasError(N_("需求点和备选点的坐标单位不同：一个是度，一个是米。请都用 lon,lat 或都用 x,y。"))
