"""From tables and wishes to a checked :class:`~layers.siting.solver.Instance`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError
from geodata.hours import open_matrix
from layers import walking
from layers.demand import profile_of
from layers.distance import (
    ALL_PAIRS,
    Pairs,
    Points,
    all_pairs,
    from_triples,
    measure,
    nearest_distance,
    nearest_pairs,
    not_too_many,
    too_near,
    within_reach,
)
from layers.siting.hours import spread_over
from layers.siting.lines import Lines, in_one_plane
from layers.siting.network import parts_of, ways, ways_on_lines
from layers.siting.solver import COVERAGE_MODELS, Instance
from layers.siting.tables import Edges, Matrix, PointTable, needs
from layers.walking import REACH_M, Graph, Ways

Farther = Callable[[NDArray[np.intp], NDArray[np.bool_], int], NDArray[np.float64]]
#: Sites farther than this from all demand are taken for a mistake in the coordinates, metres.
ABSURD_M = 500_000.0
#: Where all pairs would be too many, a p-median in a plane keeps so many of each demand point: ways are measured when
#: they are asked for.
FEW = 8
#: In degrees, or where more than the number of sites is limited, it looks at so many times as many sites as there are
#: for each that will be open: an answer whose ways end among them mostly exists, and one that goes farther is still
#: judged by its true ways.
NEAR = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked, apart from the tables; see :class:`~layers.siting.solver.Instance`."""

    model: str
    radius: float | None = None
    detour: float = 1.0
    new: int | None = None
    budget: float | None = None
    spacing: float | None = None
    cover: int = 1
    backup: bool = False
    by_cost: bool = False
    single_source: bool = False
    group: str | None = None
    hours: tuple[int, ...] | None = None
    weekday: int = 3
    force: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()

    @property
    def reach(self) -> float:
        """The radius, without end where none is asked."""
        return np.inf if self.radius is None else self.radius


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An instance and what is needed to speak about it.

    Attributes
    ----------
    places : Points or None
        Where the sites are (candidates, then existing).
    point : ndarray of int64
        Demand point of each element of the instance (elements are points unless hours are asked).
    hours : ndarray of int64
        Hours for which each element stands.
    points : int
        Number of demand points.
    dropped : tuple of str
        Candidates that stand already and so were left out.
    unknown : int
        Rows of the cost table about demand or sites that are in no other table.
    parts : int
        In how many parts without connection a network, or cost table, leaves the demand; 1 without one.
    lost : tuple of str
        Demand that can reach no usable site at all on it.
    """

    instance: Instance
    places: Points | None
    point: NDArray[np.int64]
    hours: NDArray[np.int64]
    points: int
    dropped: tuple[str, ...] = field(default=())
    unknown: int = 0
    parts: int = 1
    lost: tuple[str, ...] = field(default=())


def prepare(
    wish: Wish,
    demand: PointTable,
    candidates: PointTable | None,
    existing: PointTable | None,
    matrix: Matrix | None = None,
    edges: Edges | Lines | Graph | None = None,
    access: float = REACH_M,
) -> Prepared:
    """Return the instance of a wish.

    Parameters
    ----------
    edges : Edges or Lines or Graph or None
        A network: by the names of its nodes, as lines on the map, or made ready. A point too far from lines is an
        error; one too far from a network made ready reaches nobody.
    access : float
        Farthest that a point may lie from those lines, metres.

    Raises
    ------
    AtlasError
        The tables contradict each other or the wish; says where and how to mend it.
    """
    _check(wish)
    rows = _group(demand, wish.group)
    ids = [demand.ids[i] for i in rows]
    grouped = "worker_group" in demand.frame and wish.group is None
    if grouped:
        ids = [f"{one}/{group}" for one, group in zip(ids, demand.frame["worker_group"].str.strip(), strict=True)]
    weight = demand.numbers("weight", 1.0)[rows]
    stand = existing.ids if existing else []
    offered = (
        candidates.ids
        if candidates
        else (
            list(dict.fromkeys([*matrix.site.tolist()]))
            if matrix
            else list(dict.fromkeys([*edges.start, *edges.end]))
            if isinstance(edges, Edges)
            else []
        )
    )
    if not offered:
        raise AtlasError(N_("没有备选点：请给 --candidates 或 --cost-matrix。"))
    dropped = _standing_already(offered, stand, candidates, existing)
    keep = np.array([one not in dropped for one in offered])
    names = [one for one in offered if one not in dropped]
    sites = names + stand
    places = _places(candidates, existing, keep)
    unknown, net, horizon, plane = 0, None, None, None
    limit = wish.reach if wish.model in COVERAGE_MODELS else np.inf
    if matrix is not None:
        pairs, unknown = _from_matrix(matrix, [demand.ids[i] for i in rows], sites, stand)
        net = parts_of(pairs)
    elif edges is not None:
        net = (
            ways(edges, [demand.ids[i] for i in rows], sites, limit)
            if isinstance(edges, Edges)
            else _walked(edges, demand, places, rows, limit, access)
            if isinstance(edges, Graph)
            else _along(edges, demand, places, rows, [*(demand.ids[i] for i in rows), *sites], limit, access)
        )
        pairs = net.pairs
    else:
        limited = any(table is not None and "capacity" in table.frame for table in (candidates, existing))
        pairs, horizon, plane = _from_points(wish, demand, places, rows, sites, len(stand), limited)
    n, c = len(sites), len(names)
    forced, forbidden = _marks(wish, sites, candidates, keep, c)
    lost = tuple(ids[i] for i in net.lost(~forbidden)) if net else ()
    cost, capacity = np.zeros(n), None
    if candidates is not None:
        cost[:c] = candidates.numbers("cost", 0.0)[keep]
    if any(table is not None and "capacity" in table.frame for table in (candidates, existing)):
        capacity = np.full(n, np.inf)
        if candidates is not None:
            capacity[:c] = candidates.numbers("capacity", np.inf, infinite=True)[keep]
        if existing is not None:
            capacity[c:] = existing.numbers("capacity", np.inf, infinite=True)
    conflicts, apart = np.empty((0, 2), np.int64), None
    if wish.spacing:
        if places is None:
            raise AtlasError(N_("最小间距需要点位的坐标：请在备选点表中加上 x,y 或 lon,lat。"))
        conflicts = too_near(places, wish.spacing)
        apart = measure(places, conflicts[:, 0], places, conflicts[:, 1])
    point, hours = np.arange(len(rows)), np.ones(len(rows), np.int64)
    if wish.hours is not None:
        timed = spread_over(
            pairs,
            weight,
            _profile(demand, rows),
            _open(candidates, existing, keep, wish.weekday, n),
            np.array(wish.hours),
        )
        pairs, weight, point, hours = timed.pairs, timed.weight, timed.point, timed.hours
        ids = [f"{ids[i]}#{k}" for k, i in enumerate(point)] if len(point) > len(ids) else ids
    farther = None
    if matrix is None and edges is None and wish.hours is None and places is not None:
        farther = farther_sites(demand.located.xy[rows], demand.located.degrees, places, wish.detour)
    instance = Instance(
        model=wish.model,
        weight=weight,
        pairs=pairs,
        demand_ids=ids,
        site_ids=sites,
        existing=np.arange(n) >= c,
        forced=forced,
        forbidden=forbidden,
        cost=cost,
        budget=wish.budget,
        new=wish.new,
        radius=wish.radius,
        capacity=capacity,
        conflicts=conflicts,
        apart=apart,
        cover=wish.cover,
        backup=wish.backup,
        by_cost=wish.by_cost,
        single_source=wish.single_source,
        farther=farther,
        horizon=horizon,
        plane=plane,
    )
    return Prepared(
        instance, places, point, hours, len(rows), tuple(sorted(dropped)), unknown, net.count() if net else 1, lost
    )


def _check(wish: Wish) -> None:
    if wish.radius is not None and not (np.isfinite(wish.radius) and wish.radius > 0):
        raise AtlasError(N_("服务半径 {got} 不可用：请给大于 0 的米数。"), got=wish.radius)
    if wish.radius is None and wish.model in COVERAGE_MODELS:
        raise AtlasError(N_("模型 {model} 需要服务半径：请给 --radius。"), model=wish.model)
    if not (np.isfinite(wish.detour) and 1.0 <= wish.detour <= 3.0):
        raise AtlasError(
            N_("绕行系数 {got} 不可用：请给 {low} 到 {high} 之间的数。"), got=wish.detour, low=1.0, high=3.0
        )
    if wish.spacing is not None and not (np.isfinite(wish.spacing) and wish.spacing >= 0):
        raise AtlasError(N_("最小间距 {got} 不可用：请给不小于 0 的米数。"), got=wish.spacing)


def _group(demand: PointTable, group: str | None) -> NDArray[np.intp]:
    if group is None:
        return np.arange(len(demand.ids))
    needs(demand.path, demand.frame, "worker_group")
    rows = np.flatnonzero(demand.frame["worker_group"].str.strip() == group)
    if not len(rows):
        raise AtlasError(
            N_("{file} 没有人群“{group}”的需求：现有 {groups}。"),
            file=demand.path.name,
            group=group,
            groups=", ".join(sorted(set(demand.frame["worker_group"].str.strip()))),
        )
    return rows


def _standing_already(
    offered: list[str], stand: list[str], candidates: PointTable | None, existing: PointTable | None
) -> set[str]:
    """Return the candidates that are existing sites; the same id at another place is an error."""
    both = set(offered) & set(stand)
    if both and candidates and existing and candidates.points is not None and existing.points is not None:
        for one in sorted(both):
            i, j = candidates.ids.index(one), existing.ids.index(one)
            if np.abs(candidates.points.xy[i] - existing.points.xy[j]).max() > (
                1e-5 if candidates.points.degrees else 1.0
            ):
                raise AtlasError(N_("编号“{id}”既是备选点又是现有点，位置却不同：请改其中一个编号。"), id=one)
    return both


def _places(candidates: PointTable | None, existing: PointTable | None, keep: NDArray[np.bool_]) -> Points | None:
    if candidates is None or candidates.points is None or (existing is not None and existing.points is None):
        return None
    own = Points(candidates.points.xy[keep], candidates.points.degrees)
    if existing is None:
        return own
    if existing.located.degrees != own.degrees:
        raise AtlasError(N_("需求点和备选点的坐标单位不同：一个是度，一个是米。请都用 lon,lat 或都用 x,y。"))
    return Points(np.vstack([own.xy, existing.located.xy]), own.degrees)


def _from_matrix(matrix: Matrix, demand: list[str], sites: list[str], stand: list[str]) -> tuple[Pairs, int]:
    row = {one: k for k, one in enumerate(demand)}
    column = {one: k for k, one in enumerate(sites)}
    missing = set(stand) - set(matrix.site.tolist())
    if missing:
        raise AtlasError(N_("现有点“{id}”在费用表中没有一行：请补上它到各需求点的费用。"), id=min(missing))
    i = np.array([row.get(one, -1) for one in matrix.demand], np.int64)
    j = np.array([column.get(one, -1) for one in matrix.site], np.int64)
    known = (i >= 0) & (j >= 0)
    if not known.any():
        raise AtlasError(N_("费用表里的编号和需求点、备选点的编号一个也对不上：请检查 demand 和 candidate 两列。"))
    return from_triples(i[known], j[known], matrix.cost[known], len(demand), len(sites)), int((~known).sum())


def _from_points(
    wish: Wish,
    demand: PointTable,
    places: Points | None,
    rows: NDArray[np.intp],
    sites: list[str],
    stand: int,
    limited: bool,
) -> tuple[Pairs, NDArray[np.float64] | None, tuple[NDArray[np.float64], NDArray[np.float64]] | None]:
    if demand.points is None or places is None:
        raise AtlasError(N_("没有坐标也没有费用表：请在各表中加上 x,y 或 lon,lat，或给 --cost-matrix。"))
    points = _beside(places, demand, rows)
    away = nearest_distance(places, points)
    worst = int(np.argmax(away))
    if away[worst] > ABSURD_M:
        raise AtlasError(
            N_("点位“{id}”离最近的需求点有 {km} 公里：请检查经纬度的次序、正负号和坐标系。"),
            id=sites[worst],
            km=round(float(away[worst]) / 1000),
        )
    # only demand outside the box of the sites can be that far off
    rim = ABSURD_M / 125_000 if points.degrees else ABSURD_M
    out = np.flatnonzero(
        ((points.xy < places.xy.min(axis=0) - rim) | (points.xy > places.xy.max(axis=0) + rim)).any(axis=1)
    )
    off = nearest_distance(Points(points.xy[out], points.degrees), places)
    if len(out) and off.max() > ABSURD_M:
        raise AtlasError(
            N_("需求点“{id}”离最近的点位有 {km} 公里：请检查经纬度的次序、正负号和坐标系。"),
            id=demand.ids[rows[out[int(np.argmax(off))]]],
            km=round(float(off.max()) / 1000),
        )
    if wish.model in COVERAGE_MODELS:
        return within_reach(points, places, wish.reach, wish.detour), None, None
    if wish.model != "pmedian" or wish.new is None or limited or wish.hours:
        return all_pairs(points, places, wish.detour), None, None
    loose = wish.budget is None and not wish.spacing
    return median_pairs(points, places, stand, wish.new, wish.detour, loose)


def median_pairs(
    demand: Points, sites: Points, stand: int, new: int, detour: float = 1.0, loose: bool = True
) -> tuple[Pairs, NDArray[np.float64] | None, tuple[NDArray[np.float64], NDArray[np.float64]] | None]:
    """Return what a p-median knows of its ways: `pairs`, `horizon` and `plane` of
    :class:`~layers.siting.solver.Instance`.

    Parameters
    ----------
    stand, new : int
        How many of the sites stand, and how many are added.
    loose : bool
        Whether the number alone is limited.

    Raises
    ------
    AtlasError
        There are too many pairs, and no way to do without them.
    """
    if len(demand) * len(sites) > ALL_PAIRS:
        if new and loose and not demand.degrees:
            return *nearest_pairs(demand, sites, FEW, detour), (demand.xy * detour, sites.xy * detour)
        near = -(-NEAR * len(sites) // max(stand + new, 1))
        if near * len(demand) <= ALL_PAIRS:
            return *nearest_pairs(demand, sites, near, detour), None
    return all_pairs(demand, sites, detour), None, None


def farther_sites(xy: NDArray[np.float64], degrees: bool, places: Points, detour: float) -> Farther:
    """Return what :class:`~layers.siting.solver.Instance` calls `farther`, for straight ways from points `xy`."""

    def farther(demand: NDArray[np.intp], usable: NDArray[np.bool_], k: int) -> NDArray[np.float64]:
        """Return the distance to the k-th nearest usable site, for the few points that no radius reached."""
        sites = np.flatnonzero(usable)
        if len(sites) < k:
            return np.full(len(demand), np.inf)
        near = Points(places.xy[sites], degrees)
        points = Points(xy[demand], degrees)
        _, which = near.tree().query(points.searched(), k=[k])
        return measure(points, np.arange(len(points)), near, which[:, 0]) * detour

    return farther


def _along(
    lines: Lines,
    demand: PointTable,
    places: Points | None,
    rows: NDArray[np.intp],
    names: list[str],
    limit: float,
    access: float,
) -> Ways:
    if demand.points is None or places is None:
        raise AtlasError(N_("用线作路网时，各表须有坐标：请加上 lon,lat，或与路网同一平面的 x,y。"))
    drawn, (start, end) = in_one_plane(lines, _beside(places, demand, rows), places)
    return ways_on_lines(drawn, start, end, limit, access, names)


def _beside(places: Points, demand: PointTable, rows: NDArray[np.intp]) -> Points:
    """Return where these rows of demand lie, in the unit of `places`."""
    points = Points(demand.located.xy[rows], demand.located.degrees)
    if points.degrees != places.degrees:
        raise AtlasError(N_("需求点和备选点的坐标单位不同：一个是度，一个是米。请都用 lon,lat 或都用 x,y。"))
    return points


def _walked(
    graph: Graph, demand: PointTable, places: Points | None, rows: NDArray[np.intp], limit: float, access: float
) -> Ways:
    assert demand.points is not None and places is not None  # both from the atlas
    if np.isinf(limit):
        not_too_many(len(rows), len(places))
    return walking.within_reach(graph, Points(demand.located.xy[rows], demand.located.degrees), places, limit, access)


def _marks(
    wish: Wish, sites: list[str], candidates: PointTable | None, keep: NDArray[np.bool_], c: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    forced, forbidden = np.zeros(len(sites), bool), np.zeros(len(sites), bool)
    if candidates is not None:
        rules = np.array(candidates.rules(), dtype=object)[keep]
        forced[:c], forbidden[:c] = rules == "forced", rules == "forbidden"
    place = {one: k for k, one in enumerate(sites[:c])}
    for ids, mark in ((wish.force, forced), (wish.forbid, forbidden)):
        for one in ids:
            if one not in place:
                raise AtlasError(N_("必选或禁选的“{id}”不是备选点：请检查编号。"), id=one)
            mark[place[one]] = True
    return forced, forbidden


def _profile(demand: PointTable, rows: NDArray[np.intp]) -> NDArray[np.float64] | None:
    if "hour_profile" not in demand.frame:
        return None
    profile = np.ones((len(rows), 24))
    for place, row in enumerate(rows):
        text = demand.frame["hour_profile"].iloc[row].strip()
        if text:
            profile[place] = profile_of(text)
    return profile


def _open(
    candidates: PointTable | None, existing: PointTable | None, keep: NDArray[np.bool_], weekday: int, n: int
) -> NDArray[np.bool_]:
    """Return whether each site is open on the hour; without a column of opening hours all always are."""
    found = []
    for table, mask in ((candidates, keep), (existing, None)):
        if table is None:
            continue
        if "opening_hours" in table.frame:
            is_open = open_matrix([one.strip() or None for one in table.frame["opening_hours"]])[:, weekday - 1]
        else:
            is_open = np.ones((len(table.ids), 24), bool)
        found.append(is_open if mask is None else is_open[mask])
    missing = n - sum(len(one) for one in found)
    return np.vstack([np.ones((missing, 24), bool), *found])
