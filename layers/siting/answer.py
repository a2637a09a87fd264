"""What a plan amounts to: figures before and after, each site with its reasons, what stays uncovered.

No language, no map.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from geodata.errors import N_
from geodata.hours import open_matrix
from layers import places
from layers.access import gini
from layers.atlas import Atlas
from layers.distance import Points
from layers.siting import evidence
from layers.siting.case import Case, case
from layers.siting.prepare import Prepared
from layers.siting.solver import Progress, missed, reach_counts, value
from layers.unplaced import Standing

#: The hours that "by night" means.
NIGHT = (22, 23, 0, 1, 2, 3, 4, 5)
MOVED = "moved"
CLOSED, UPGRADED = "closed", "upgraded"
UNCOVERED = 200
EVERY_ONE_PLACED = Standing(0, 0)
Message = tuple[str, dict[str, float | str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Who is within reach, with every denominator; over several hours the mean of them.

    Attributes
    ----------
    weight, weight_of : float
        Demand weight covered, and all of it.
    cells, cells_of : float
        Demand cells covered, and all of them.
    twice : float
        Demand weight that at least two sites reach.
    mean_m, gini : float or None
        Way to the nearest serving site, weighted by demand: mean in metres and
        Gini coefficient (0: everybody walks equally far). None when none serves.
    lost : bool
        Whether nothing can be said, since no open station of the place has a position: then only the wholes count.
    """

    weight: float
    weight_of: float
    cells: float
    cells_of: float
    twice: float
    mean_m: float | None
    gini: float | None
    lost: bool = False

    @property
    def share(self) -> float | None:
        """Share of the demand weight, 0 to 1; None when there is none, or nothing can be said."""
        return self.weight / self.weight_of if self.weight_of and not self.lost else None

    def known(self, name: str) -> float | None:
        """Return a figure by its name; None when nothing can be said of it."""
        return None if self.lost else getattr(self, name)

    @property
    def cell_share(self) -> float | None:
        """Share of the demand cells, 0 to 1."""
        return self.cells / self.cells_of if self.cells_of and not self.lost else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One new site and why it is there.

    Attributes
    ----------
    number : int
        1 for the site that would be missed most.
    site_id, name : str
        Id of the candidate (``moved-2`` once it was moved by hand) and its name, or the street it lies in.
    lon, lat : float
        Degrees (WGS-84).
    reached, exclusive, newly, served, loss : float or None
        As :class:`layers.siting.evidence.SiteEvidence` has them.
    nearest : str or None
        Id of the nearest other site: of a station, or of a new site.
    nearest_m : float or None
        Straight distance to it, metres.
    cost : float
        Yuan.
    forced : bool
    provenance : str
    road : str
        Name of the road where the site comes to the network; empty where there is none, or it has no name.
    stage : int
        In which it is built, from 1; 0 where nobody asked.
    stays : float or None
        In which part of the draws of demand it stays in the best plan, 0 to 1.
    load : float or None
        Demand weight that it serves under a capacity, or that is expected to come to it; None where neither was asked.
    """

    number: int
    site_id: str
    name: str
    lon: float
    lat: float
    reached: float | None
    exclusive: float | None
    newly: float | None
    served: float | None
    loss: float | None
    nearest: str | None
    nearest_m: float | None
    cost: float
    forced: bool
    provenance: str
    road: str = ""
    stage: int = 0
    stays: float | None = None
    load: float | None = None

    def why(self, total: float) -> Message:
        """Return the reason for this site as message and values; `total` is the weight of all demand."""
        if self.exclusive is not None and self.reached is not None and self.newly is not None:
            return N_(
                "半径内需求 {reached}，其中 {newly} 原先没有覆盖；"
                "只靠它覆盖的有 {exclusive}，占全部需求权重的 {share}。"
            ), {
                "reached": plain(self.reached),
                "newly": plain(self.newly),
                "exclusive": plain(self.exclusive),
                "share": f"{self.exclusive / total:.1%}" if total else "—",
            }
        if self.loss is not None:
            return N_("去掉它，目标值变差 {loss}；它是 {served} 需求权重的最近点。"), {
                "loss": plain(self.loss),
                "served": plain(self.served or 0.0),
            }
        return N_("去掉它，有需求点就到不了任何点位。"), {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One station that stands and changes.

    Attributes
    ----------
    station_id, name : str
    lon, lat : float
        Degrees (WGS-84).
    kind : str
        ``closed`` or ``upgraded``.
    weight : float
        Demand weight that nobody else reaches: lost with the one that closes (all others standing), won by the one
        that is upgraded.
    """

    station_id: str
    name: str
    lon: float
    lat: float
    kind: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """One street zone before and after.

    Attributes
    ----------
    name : str
    weight : float
        Its demand weight.
    before, after : float
        Share of it that is covered, 0 to 1.
    """

    name: str
    weight: float
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Demanded:
    """One of several demands that a plan has to be good for.

    Attributes
    ----------
    name : str
        As it was asked for; the present one is :data:`layers.siting.demands.PRESENT`.
    weight : float
        Its sum.
    before, share : float
        The part of it that is covered before and after, 0 to 1.
    best : float
        The most of it that the best plan for it alone covers, as far as is known.
    proved : bool
        Whether that is proved.
    """

    name: str
    weight: float
    before: float
    share: float
    best: float
    proved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of an order.

    Attributes
    ----------
    new : int
        Sites that it adds.
    weight : float
        Demand weight covered after it.
    free : float
        The most that as many sites cover that need not keep those before, as far as is known.
    proved : bool
        Whether nothing covers more than `free`.
    """

    new: int
    weight: float
    free: float
    proved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A plan, complete.

    Attributes
    ----------
    status : str
        ``proved``, ``gap`` or ``moved`` (placed by hand, no bound known).
    objective, bound, gap : float or None
        As :class:`layers.siting.solver.Progress` has them.
    seconds : float
        Of the search; 0 for a plan placed by hand.
    before, after : Figures
        At the hours asked.
    night_before, night_after : Figures
        Of what serves from 22:00 to 6:00, whatever was asked.
    sites : tuple of Site
        By number.
    cost : float
        Yuan.
    uncovered : tuple of (str, float)
        H3 cell and weight (mean of the hours asked) that stay uncovered, heaviest first, at most :data:`UNCOVERED`.
    uncovered_cells : int
    unplaced : Standing
        Open stations of the place with and without a position, those without being in no figure;
        :data:`EVERY_ONE_PLACED` where none is without.
    changes : tuple of Changed
        What changes of the stations that stand, heaviest first.
    lost : float
        Demand weight that was covered before and is not after.
    zones : tuple of Zone
        Where zones were asked for, the worst first.
    price : float or None
        Where zones were asked for: demand weight by which the plan that looks at none covers more.
    stages : tuple of Stage
        Where an order was asked for; `objective` and `bound` are then sums over the stages.
    demands : tuple of Demanded
        Where several were asked for; `objective` and `bound` are then shares.
    draws : int
        How often demand was drawn anew and solved.
    regret : float or None
        Mean part of the best by which the plan falls short in them, 0 to 1.
    served_before, served : float or None
        Where a capacity was asked for: demand weight that has room, before (within the radius) and after.
    expected_before, expected : float or None
        Where attendance was asked for: demand weight that is expected to come, before and after.
    """

    status: str
    objective: float | None
    bound: float | None
    gap: float | None
    seconds: float
    before: Figures
    after: Figures
    night_before: Figures
    night_after: Figures
    sites: tuple[Site, ...]
    cost: float
    uncovered: tuple[tuple[str, float], ...]
    uncovered_cells: int
    unplaced: Standing = EVERY_ONE_PLACED
    changes: tuple[Changed, ...] = ()
    lost: float = 0.0
    zones: tuple[Zone, ...] = ()
    price: float | None = None
    stages: tuple[Stage, ...] = ()
    demands: tuple[Demanded, ...] = ()
    draws: int = 0
    regret: float | None = None
    served_before: float | None = None
    served: float | None = None
    expected_before: float | None = None
    expected: float | None = None

    @property
    def closed(self) -> tuple[str, ...]:
        """Ids of the stations that close."""
        return tuple(one.station_id for one in self.changes if one.kind == CLOSED)

    @property
    def upgraded(self) -> tuple[str, ...]:
        """Ids of the stations that are open round the clock afterwards."""
        return tuple(one.station_id for one in self.changes if one.kind == UPGRADED)

    @property
    def points(self) -> NDArray[np.float64]:
        """Longitude and latitude of the sites, shape (p, 2)."""
        return np.array([(one.lon, one.lat) for one in self.sites], np.float64).reshape(-1, 2)

    def having(self, **changes: object) -> Self:
        """Return a copy with `changes`."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, eq=False)
class CellCover:
    """Each demand cell before and after.

    Attributes
    ----------
    cells : list of str
    weight, before, after : ndarray of float64
        Demand weight (mean of the hours asked), and the share of it that is covered, 0 to 1.
    lost : bool
        Whether nothing can be said of what is not covered: no open station of the place has a position.
    """

    cells: list[str]
    weight: NDArray[np.float64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    lost: bool = False


def plain(number: Any) -> str:
    """Return a figure as reasons write it."""
    return f"{number:,.6g}" if abs(number) < 1e5 else f"{number:,.0f}"


def answered(
    atlas: Atlas,
    found: Case,
    prepared: Prepared,
    last: Progress,
    closed: Collection[str] = (),
    upgraded: Collection[str] = (),
) -> Answer:
    """Return what the answer of a search amounts to, with the stations that close or are upgraded in it."""
    row = {one: at for at, one in enumerate(found.candidates.ids)}
    ids = [one for j in last.sites if (one := prepared.instance.site_ids[j]) in row]
    made = _answer(atlas, found, found.candidates.located.xy[[row[one] for one in ids]], ids, closed, upgraded)
    return made.having(
        status=last.status, objective=last.objective, bound=last.bound, gap=last.gap, seconds=last.seconds
    )


def placed(atlas: Atlas, found: Case, sites: Sequence[tuple[str, float, float]]) -> Answer:
    """Return what a plan amounts to whose sites were set or moved by hand: id, longitude and latitude of each."""
    return _answer(
        atlas, found, np.array([one[1:] for one in sites], np.float64).reshape(-1, 2), [one[0] for one in sites]
    )


def cell_cover(
    found: Case, points: NDArray[np.float64], closed: Collection[str] = (), upgraded: Collection[str] = ()
) -> CellCover:
    """Return each cell before and after a plan with new sites at `points` (degrees), and what changes of the others."""
    after = found.changed(closed, upgraded)
    now = found.at(points)
    return _cell_cover(found, now, now if after is found else after.at(points), len(points))


def _cell_cover(found: Case, now: Prepared, then: Prepared, new: int) -> CellCover:
    """Return the cover of cells by what stands in `now`, and by what stands in `then` and its first `new` sites."""
    count = len(found.cells)

    def whole(prepared: Prepared) -> NDArray[np.float64]:
        return np.bincount(prepared.point, prepared.instance.weight, count).astype(np.float64, copy=False)

    def share(prepared: Prepared, sites: NDArray[np.int64]) -> NDArray[np.float64]:
        there = reach_counts(prepared.instance, sites, found.wish.radius) >= found.wish.cover
        hours = np.bincount(prepared.point, prepared.hours, count)
        by_hours = np.bincount(prepared.point, prepared.hours * there, count) / hours
        reached = np.bincount(prepared.point, prepared.instance.weight * there, count)
        weight = whole(prepared)
        return np.divide(reached, weight, out=by_hours, where=weight > 0)

    return CellCover(
        found.cells,
        whole(now),
        share(now, np.empty(0, np.int64)),
        share(then, np.arange(new)),
        found.placing.lost,
    )


def _answer(
    atlas: Atlas,
    found: Case,
    points: NDArray[np.float64],
    ids: list[str],
    closed: Collection[str] = (),
    upgraded: Collection[str] = (),
) -> Answer:
    cost = _costs(found, ids)
    after = found.changed(closed, upgraded)
    now = found.at(points, ids, cost)
    then = now if after is found else after.at(points, ids, cost)
    chosen = np.arange(len(points))
    none = np.empty(0, np.int64)
    nightly = case(atlas, found.filters, found.ask.having(hours=NIGHT)) if found.wish.hours != NIGHT else found
    nightly_after = nightly.changed(closed, upgraded)
    cover = cell_cover(found, points, closed, upgraded)
    out = np.flatnonzero(cover.after < 1 - 1e-12)
    left = cover.weight[out] * (1 - cover.after[out])
    out = out[np.lexsort((out, -left))]
    spent = (found.ask.upgrade_cost or 0.0) * len(upgraded)
    return Answer(
        status=MOVED,
        objective=value(then.instance, chosen),
        bound=None,
        gap=None,
        seconds=0.0,
        before=_figures(found, now, none, points),
        after=_figures(after, then, chosen, points),
        night_before=_figures(nightly, nightly.at(points, ids), none, points),
        night_after=_figures(nightly_after, nightly_after.at(points, ids), chosen, points),
        sites=_sites(atlas, after, then, chosen, ids, None if then is now else now),
        cost=float(cost.sum()) + spent,
        uncovered=tuple((found.cells[i], float(cover.weight[i] * (1 - cover.after[i]))) for i in out[:UNCOVERED]),
        uncovered_cells=len(out),
        unplaced=found.placing if found.placing.unplaced else EVERY_ONE_PLACED,
        changes=_changes(atlas, found, points, closed, upgraded),
        lost=float((cover.weight * np.maximum(cover.before - cover.after, 0.0)).sum()),
    )


def _changes(
    atlas: Atlas, found: Case, points: NDArray[np.float64], closed: Collection[str], upgraded: Collection[str]
) -> tuple[Changed, ...]:
    """Return the stations that change, each with what its closing alone costs or its upgrade adds to the others."""
    if not (closed or upgraded) or found.existing is None:
        return ()
    alone: dict[str, float] = {}
    if closed:
        now = found.at(np.empty((0, 2)))
        alone = {now.instance.site_ids[site]: weight for site, weight in missed(now.instance)}
    if upgraded:

        def reached(others: Collection[str]) -> float:
            then = found.changed(closed, others).at(points)
            counts = reach_counts(then.instance, np.arange(len(points)), found.wish.radius)
            return float(then.instance.weight[counts >= 1].sum())

        whole = reached(upgraded)
        alone |= {one: whole - reached([other for other in upgraded if other != one]) for one in upgraded}
    row_of = dict(zip(found.existing.ids, found.serving.tolist(), strict=True))
    lon, lat = atlas.lonlat("stations")
    made = [
        Changed(
            station_id=one,
            name=str(atlas.stations["name"].iloc[row_of[one]]),
            lon=float(lon[row_of[one]]),
            lat=float(lat[row_of[one]]),
            kind=CLOSED if one in closed else UPGRADED,
            weight=float(alone[one]),
        )
        for one in (*closed, *upgraded)
    ]
    return tuple(sorted(made, key=lambda one: (one.kind, -one.weight, one.station_id)))


def _costs(found: Case, ids: list[str]) -> NDArray[np.float64]:
    known = dict(zip(found.candidates.ids, found.candidates.numbers("cost", 0.0), strict=True))
    return np.array([known.get(one, found.ask.cost or 0.0) for one in ids], np.float64)


def _figures(found: Case, prepared: Prepared, sites: NDArray[np.int64], points: NDArray[np.float64]) -> Figures:
    counts = reach_counts(prepared.instance, sites, found.wish.radius)
    weight = prepared.instance.weight
    hours = prepared.hours.sum() / max(prepared.points, 1)
    ways, share = ways_to_nearest(found, points[sites] if len(sites) else np.empty((0, 2)))
    known = np.isfinite(ways) & (share > 0)
    lost = found.placing.lost and not len(sites)
    # along a network some can reach nobody at all: they are told apart, and the mean is that of all others
    every = bool(known.any()) and (found.walked is not None or bool(known[share > 0].all())) and not lost
    return Figures(
        weight=float(weight[counts >= found.wish.cover].sum()),
        weight_of=float(weight.sum()),
        cells=float(prepared.hours[counts >= found.wish.cover].sum() / hours),
        cells_of=float(prepared.points),
        twice=float(weight[counts >= 2].sum()),
        mean_m=float(np.average(ways[known], weights=share[known])) if every else None,
        gini=gini(ways[known], share[known]) if every else None,
        lost=lost,
    )


def ways_to_nearest(found: Case, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the way from each cell to the nearest site that serves,
    for each pattern of opening, and the weight of it.
    """
    weight = found.demand.numbers("weight", 1.0)
    stand = found.existing.located.xy if found.existing else np.empty((0, 2))
    sites = np.vstack([points, stand])
    hours = found.wish.hours
    if hours is None:
        return found.nearest(Points(sites, degrees=True)), weight
    texts = [found.ask.opening] * len(points) + (
        [text or None for text in found.existing.frame["opening_hours"]] if found.existing else []
    )
    is_open = open_matrix(texts)[:, found.wish.weekday - 1][:, list(hours)]
    profile = np.ones((len(weight), 24))
    if "hour_profile" in found.demand.frame:
        for at, text in enumerate(found.demand.frame["hour_profile"]):
            if text:
                curve = np.array([float(one) for one in text.split(";")])
                profile[at] = curve / curve.mean()
    patterns, which = np.unique(is_open, axis=1, return_inverse=True)
    ways, share = [], []
    for number in range(patterns.shape[1]):
        up = patterns[:, number]
        ways.append(found.nearest(Points(sites[up], degrees=True)))
        share.append(weight * profile[:, np.array(hours)[which.ravel() == number]].sum(axis=1) / len(hours))
    return np.concatenate(ways), np.concatenate(share)


def _sites(
    atlas: Atlas,
    found: Case,
    prepared: Prepared,
    chosen: NDArray[np.int64],
    ids: list[str],
    before: Prepared | None = None,
) -> tuple[Site, ...]:
    """Return the sites with their reasons; what each newly reaches is judged by what stands in `before`."""
    newly = None if before is None else [one.newly for one in evidence.explain(before.instance, chosen, before.places)]
    names = dict(zip(found.offered.ids, found.offered.names, strict=True))
    origin = dict(zip(found.offered.ids, found.offered.provenance, strict=True))
    lonlat = prepared.places.xy[chosen] if prepared.places is not None and len(chosen) else np.empty((0, 2))
    streets, roads = street_of(atlas, found, lonlat), found.roads(lonlat)
    made = []
    for at, one in enumerate(evidence.explain(prepared.instance, chosen, prepared.places)):
        made.append(
            Site(
                number=one.rank,
                site_id=ids[at],
                name=names.get(ids[at]) or streets[at],
                lon=float(lonlat[at, 0]),
                lat=float(lonlat[at, 1]),
                reached=one.reached,
                exclusive=one.exclusive,
                newly=one.newly if newly is None else newly[at],
                served=one.served,
                loss=one.loss,
                nearest=prepared.instance.site_ids[one.nearest] if one.nearest is not None else None,
                nearest_m=one.nearest_m,
                cost=float(prepared.instance.cost[one.site]),
                forced=ids[at] in found.wish.force,
                provenance=origin.get(ids[at], "derived"),
                road=roads[at],
            )
        )
    return tuple(sorted(made, key=lambda one: one.number))


def street_of(atlas: Atlas, found: Case, lonlat: NDArray[np.float64]) -> list[str]:
    """Return the id of the street zone each point lies in (or is nearest to), else the name of the place."""
    here = places.scope(atlas, found.filters)
    zones = (
        atlas.zones[atlas.tree.under(atlas.tree.position(here.adcode), atlas.place_rows("zones"))]
        if len(atlas.zones)
        else atlas.zones
    )
    if not len(zones) or not len(lonlat):
        return [here.name] * len(lonlat)
    import shapely

    at = shapely.STRtree(zones.geometry.to_numpy()).nearest(shapely.points(lonlat))
    return zones["name"].iloc[at].tolist()
