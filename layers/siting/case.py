"""A siting case straight from the atlas: demand of a place, stations that stand, candidates → tables the planner takes.

What counts as demand and as a serving station is what :mod:`layers.coverage`
counts, so that a plan's "before" is the coverage that the overview shows: open
stations (nominal), or, once an hour or anything else that only stations know is
asked, those that anybody may enter and that have what is asked (effective).
Stations across the county line serve too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree  # ty: ignore[missing-module-member] - it is there, from C

from geodata.errors import N_, AtlasError
from geodata.hours import open_matrix
from geodata.message import Message, joined
from layers import demand as demands
from layers import stations, walking, way
from layers.atlas import Atlas, kept_once
from layers.distance import Pairs, Points, nearest_distance, sphere, within_reach
from layers.filters import Filters
from layers.provenance import mix, sources, weakest
from layers.siting.ask import ALWAYS, Ask
from layers.siting.candidates import Candidates, candidates
from layers.siting.lines import Lines
from layers.siting.mark import MARK
from layers.siting.prepare import Prepared, Wish, prepare
from layers.siting.solver import COVERAGE_MODELS
from layers.siting.tables import Edges, PointTable
from layers.unplaced import Standing
from layers.walking import REACH_M, Connectors

CHORD_MARGIN = 1.01
#: Pairs of demand and sites that a question from the page may have; one takes about 56 bytes while it is solved.
MOST_PAIRS = 6_000_000
#: Rows of a table that are summed at one time.
BLOCK = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """What a plan is made from.

    Attributes
    ----------
    filters, ask
        What was asked.
    wish : Wish
        The same, as the planner takes it.
    demand, candidates, existing : PointTable
        As :func:`layers.siting.prepare.prepare` takes them; `existing` is None where no station serves.
    offered : Candidates
        The candidates with names and provenance.
    cells : list of str
        H3 cell of each demand row.
    serving : ndarray of int
        Rows of ``atlas.stations`` in `existing`.
    idle : ndarray of int
        Rows of the open stations in the place (and lasso) that do not serve as asked: behind an app, without a facility
        asked for.
    standing : int
        Open stations in the place (and lasso), whether or not they serve as asked.
    placing : Standing
        How many open stations of the place have a position: those that have none are not in the case, and where none
        has nothing can be said of "before".
    planned : tuple of str
        Planned stations of the place that have no point yet, or have one from a scenario.
    provenance : str
        Of every figure of the plan: the weakest of demand, stations and candidates.
    source_ids : tuple of str
    data_version : str
    walked : Ground or None
        The network along which one walks; None: straight × detour.
    cells_on : Connectors or None
        How the demand comes to it.
    """

    filters: Filters
    ask: Ask
    wish: Wish
    demand: PointTable
    candidates: PointTable
    existing: PointTable | None
    offered: Candidates
    cells: list[str]
    serving: NDArray[np.intp]
    idle: NDArray[np.intp]
    standing: int
    placing: Standing
    planned: tuple[str, ...]
    provenance: str
    source_ids: tuple[str, ...]
    data_version: str
    walked: way.Ground | None = None
    cells_on: Connectors | None = None

    @property
    def apart(self) -> NDArray[np.intp]:
        """Demand rows that are too far from the network, or in a part of it where no site stands or may be chosen."""
        if self.walked is None or self.cells_on is None:
            return np.empty(0, np.intp)
        graph, barred = self.walked.graph, set(self.wish.forbid)
        usable = np.array([one not in barred for one in self.candidates.ids], bool)
        if "rule" in self.candidates.frame:
            usable &= self.candidates.frame["rule"].to_numpy(dtype=object) != "forbidden"
        there = [
            Points(self.candidates.located.xy[usable], degrees=True),
            *([self.existing.located] if self.existing else []),
        ]
        part = np.concatenate([walking.parts(graph, walking.connect(graph, one)) for one in there])
        return np.flatnonzero(~np.isin(walking.parts(graph, self.cells_on), part[part >= 0]))

    def note(self) -> Message | None:
        """Return what is to be said beside every figure of the plan: stations that are not counted, which way is
        walked, and how much demand nobody can reach along it.
        """
        walked = way.said(self.walked, self.filters) if self.filters.way else None
        return joined(self.placing.note(), walked, _apart_note(self))

    def nearest(self, sites: Points) -> NDArray[np.float64]:
        """Return the way in metres from each demand row to the nearest of `sites`; infinite when it reaches none."""
        if self.walked is None or self.cells_on is None:
            return nearest_distance(self.demand.located, sites, self.wish.detour)
        graph = self.walked.graph
        return walking.nearest(graph, self.cells_on, walking.connect(graph, sites))

    def reached(self, sites: Points) -> Pairs:
        """Return the pairs of demand and `sites` within the radius."""
        if self.walked is None or self.cells_on is None:
            return within_reach(self.demand.located, sites, self.wish.reach, self.wish.detour)
        graph = self.walked.graph
        return walking.ways(graph, self.cells_on, walking.connect(graph, sites), self.wish.reach).pairs

    def roads(self, lonlat: NDArray[np.float64]) -> list[str]:
        """Return the name of the road where each point (degrees) comes to the network; empty where none is known."""
        network = self.walked.graph.network if self.walked else None
        if self.walked is None or network is None:
            return [""] * len(lonlat)
        edges = walking.connect(self.walked.graph, Points(lonlat, degrees=True)).edge
        names = np.append(network.name, np.int32(-1))[edges]  # last: too far from every edge
        return [network.names[one] if one >= 0 else "" for one in names]

    def open_then(self) -> NDArray[np.bool_]:
        """Return which of the serving stations are open in at least one of the hours asked."""
        if self.existing is None or self.wish.hours is None:
            return np.ones(len(self.serving), bool)
        texts = [text or None for text in self.existing.frame["opening_hours"]]
        return open_matrix(texts)[:, self.wish.weekday - 1][:, list(self.wish.hours)].any(axis=1)  # ty: ignore[invalid-explicit-return] - an axis is left

    def changed(self, closed: Collection[str] = (), upgraded: Collection[str] = ()) -> Case:
        """Return the case after some stations have closed and others are open round the clock, by id."""
        if self.existing is None or not (closed or upgraded):
            return self
        table = self.existing
        kept = np.flatnonzero([one not in closed for one in table.ids])
        if not len(kept):
            return replace(self, existing=None, serving=self.serving[kept])
        frame = table.frame.iloc[kept].reset_index(drop=True)
        always = frame["id"].isin(list(upgraded))
        frame["opening_hours"] = frame["opening_hours"].mask(always, ALWAYS)
        points = Points(table.located.xy[kept], table.located.degrees)
        return replace(
            self,
            existing=PointTable(table.path, [table.ids[row] for row in kept], points, frame),
            serving=self.serving[kept],
        )

    def prepared(self, network: Edges | Lines | None = None, access: float = REACH_M) -> Prepared:
        """Return the checked instance, measured straight, along the network of the atlas, or along another (from
        which no point lies farther than `access` metres).

        Demand that nobody can serve on the network of the atlas is left out where all of it has to be served.

        Raises
        ------
        AtlasError
            The wish cannot be met by what there is; says which and how to mend it.
        """
        demand = self.demand
        if network is None and self.wish.model != "mclp" and len(apart := self.apart):
            kept = np.setdiff1d(np.arange(len(demand.ids)), apart)
            points = Points(demand.located.xy[kept], demand.located.degrees)
            frame = demand.frame.iloc[kept].reset_index(drop=True)
            demand = replace(demand, ids=[demand.ids[row] for row in kept], points=points, frame=frame)
        return prepare(self.wish, demand, self.candidates, self.existing, edges=network or self._graph, access=access)

    def bounded(self, most: int = MOST_PAIRS) -> Case:
        """Return this case when it has at most `most` pairs of demand and sites, counted before one of them is made.

        Raises
        ------
        AtlasError
            It may have more: says how to ask for less.
        """
        pairs = len(self.demand.ids) * len(self.candidates.ids)
        if pairs > most and self.wish.model in COVERAGE_MODELS and self.wish.radius is not None:
            # along a network nobody comes farther than straight
            straight = self.wish.radius / (1.0 if self.walked else self.wish.detour)
            trees = [cKDTree(one.searched()) for one in (self.demand.located, self.candidates.located)]
            pairs = int(trees[0].count_neighbors(trees[1], straight * CHORD_MARGIN))
        if pairs > most:
            raise AtlasError(
                N_("这个问题有 {got} 对需求与备选点，超过 {limit} 对：请加大网格间距，缩小服务半径，或缩小范围。"),
                got=pairs,
                limit=most,
            )
        return self

    @property
    def _graph(self) -> walking.Graph | None:
        return self.walked.graph if self.walked else None

    def at(
        self, lonlat: NDArray[np.float64], ids: Sequence[str] = (), cost: NDArray[np.float64] | None = None
    ) -> Prepared:
        """Return the instance in which new sites stand at exactly these points: a plan found, moved by hand or kept.

        The sites come first, in the order given.

        Parameters
        ----------
        lonlat : ndarray, shape (p, 2)
            Degrees (WGS-84).
        ids : sequence of str
            Names of the sites; missing: ``new 1``, ``new 2``, …
        cost : ndarray, shape (p,), or None
            Yuan each.
        """
        points = np.asarray(lonlat, np.float64).reshape(-1, 2)
        wish = Wish(
            model=self.wish.model,
            radius=self.wish.radius,
            detour=self.wish.detour,
            new=len(points),
            cover=self.wish.cover,
            hours=self.wish.hours,
            weekday=self.wish.weekday,
        )
        if not len(points):
            free = self.candidates.frame.drop(columns="rule", errors="ignore")
            return prepare(wish, self.demand, replace(self.candidates, frame=free), self.existing, edges=self._graph)
        names = list(ids) or [f"new {number + 1}" for number in range(len(points))]
        table = _points(
            "candidates",
            names,
            points[:, 0],
            points[:, 1],
            {
                "opening_hours": [self.ask.opening] * len(names),
                "cost": [repr(float(one)) for one in (np.zeros(len(names)) if cost is None else np.nan_to_num(cost))],
            },
        )
        return prepare(wish, self.demand, table, self.existing, edges=self._graph)


def case(atlas: Atlas, filters: Filters, ask: Ask) -> Case:
    """Return the case of a place.

    Parameters
    ----------
    filters : Filters
        Place, lasso, worker group, radius, detour; ``hour`` counts when ``ask.hours`` is not given;
        facilities, ``always`` and inspection restrict the stations that serve.
    ask : Ask

    Raises
    ------
    AtlasError
        No demand here, no candidates, or a cost that is missing under a budget.
    """
    hours = ask.hours if ask.hours is not None else (filters.hour,) if filters.hour is not None else None
    filters = way.settled(atlas, filters)
    walked = way.along(atlas, filters)
    wanted = demands.judged(atlas, filters.having(hour=None))
    if not len(wanted.rows):
        raise AtlasError(N_("所选地点没有服务需求数据：请换一个地点，或先导入需求。"))
    served = [part[wanted.rows] for part in atlas.lonlat("demand")]
    offered = candidates(atlas, filters, ask, np.column_stack(served))
    choice = stations.service(atlas, filters.having(hour=None))
    effective = hours is not None or stations.asks(filters.having(hour=None))
    serves = choice.nominal & choice.able & choice.on_time if effective else choice.nominal
    lon, lat = atlas.lonlat("stations")
    inside = stations.chosen(atlas, filters) & choice.nominal
    rows = _near(lon, lat, serves, inside, wanted, offered, filters, ask, hours, choice, walked)
    frame = atlas.stations
    existing = (
        _points(
            "existing",
            frame["station_id"].iloc[rows].tolist(),
            lon[rows],
            lat[rows],
            {
                "opening_hours": [text if isinstance(text, str) else "" for text in frame["opening_hours"].iloc[rows]],
            },
        )
        if len(rows)
        else None
    )
    barred = _barred(lon, lat, choice.nominal & ~serves, offered, ask.spacing)
    # one that another scenario has placed is still meant: adopting says that this has to be taken back first
    unplaced = np.isnan(lon) | frame["source_id"].astype(str).str.contains(f";{MARK}", regex=False).to_numpy(bool)
    planned = np.flatnonzero(
        stations.chosen(atlas, filters.having(area=())) & atlas.holds("stations", "status", stations.PLANNED) & unplaced
    )
    needing = _demand_table(wanted)
    return Case(
        filters,
        ask,
        _wish(filters, ask, hours),
        needing,
        _candidate_table(offered, barred, ask),
        existing,
        offered,
        atlas.demand["cell"].iloc[wanted.rows].tolist(),
        rows,
        np.flatnonzero(inside & ~serves),
        int(inside.sum()),
        demands.standing_of(atlas, filters.having(hour=None), wanted),
        tuple(sorted(frame["station_id"].iloc[planned])),
        weakest(
            mix(atlas.distinct("demand", "provenance", wanted.rows)),
            mix(atlas.distinct("stations", "provenance", rows)),
            mix(offered.provenance),
        )
        or "derived",
        sources([*atlas.distinct("demand", "source_id", wanted.rows), *atlas.distinct("stations", "source_id", rows)]),
        atlas.version,
        walked,
        walking.connect(walked.graph, needing.located) if walked else None,
    )


@kept_once
def basis(atlas: Atlas) -> str:
    """Return a short hash of what plans are made from: open stations, demand, candidates, land, places.

    Unlike the data version it stays when a scenario is saved or adopted, so that the same question keeps its answer.
    """
    found = hashlib.sha256(atlas.ground.encode())
    for table in ("demand", "stations", "candidates", "enterprises", "activities"):
        frame = atlas.table(table)
        if table == "stations":
            frame = frame[frame["status"] == stations.OPEN]
        found.update(table.encode())
        # a block of rows at a time: as texts and shapes a table of a nation takes half a gigabyte
        blocks = [frame.iloc[start : start + BLOCK] for start in range(0, len(frame), BLOCK)]
        for block in blocks:
            plain = pd.DataFrame(block.drop(columns=["geometry", "batch_id"], errors="ignore")).astype(str)
            found.update(pd.util.hash_pandas_object(plain, index=False).to_numpy().tobytes())  # ty: ignore[not-callable] - it is a function
        for at, block in enumerate(blocks if "geometry" in frame else []):
            shapes = shapely.to_wkb(block["geometry"].to_numpy())
            found.update(b"|" * (at > 0) + b"|".join(shape or b"-" for shape in shapes))
    for table in ("places", "land", "zones", "grids", "regions"):
        frame = atlas.table(table)
        found.update(
            table.encode()
            + np.asarray(frame.total_bounds if len(frame) else 0.0, np.float64).tobytes()
            + str(len(frame)).encode()
        )
    return found.hexdigest()[:16]


def _wish(filters: Filters, ask: Ask, hours: tuple[int, ...] | None) -> Wish:
    return Wish(
        model=ask.model,
        radius=float(filters.radius),
        detour=filters.detour,
        new=ask.new,
        budget=ask.budget,
        spacing=ask.spacing or None,
        cover=ask.cover,
        hours=hours,
        weekday=filters.day,
        force=ask.force,
        forbid=ask.forbid,
    )


def _points(
    name: str, ids: list[str], lon: NDArray[np.float64], lat: NDArray[np.float64], columns: dict[str, list[str]]
) -> PointTable:
    return PointTable(
        Path(name),
        ids,
        Points(np.column_stack([lon, lat]), degrees=True),
        pd.DataFrame({"id": ids, **columns}, dtype=object),
    )


def _demand_table(wanted: demands.Demand) -> PointTable:
    columns = {"weight": [repr(one) for one in wanted.weight.tolist()]}
    if wanted.hourly is not None:
        texts = [";".join(map(repr, row)) for row in wanted.hourly.tolist()]
        columns["hour_profile"] = [
            text if total > 0 else "" for text, total in zip(texts, wanted.hourly.sum(axis=1), strict=True)
        ]
    # cells are numbered rather than named by their H3 index: a row stands for all groups of a cell
    return _points("demand", [str(one) for one in range(len(wanted.rows))], wanted.lon, wanted.lat, columns)


def _candidate_table(offered: Candidates, barred: NDArray[np.bool_], ask: Ask) -> PointTable:
    cost = np.where(np.isnan(offered.cost), np.nan if ask.cost is None else ask.cost, offered.cost)
    missing = np.flatnonzero(np.isnan(cost))
    if len(missing) and ask.budget is not None:
        raise AtlasError(
            N_("备选点“{id}”等 {count} 处没有费用：有预算时请给出每处的费用。"),
            id=offered.ids[missing[0]],
            count=len(missing),
        )
    rule = ["forbidden" if no else one for one, no in zip(offered.rule, barred, strict=True)]
    return _points(
        "candidates",
        offered.ids,
        offered.lon,
        offered.lat,
        {
            "cost": [repr(one) for one in np.nan_to_num(cost).tolist()],
            "rule": rule,
            "opening_hours": [ask.opening] * len(offered),
        },
    )


def _near(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    serves: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    wanted: demands.Demand,
    offered: Candidates,
    filters: Filters,
    ask: Ask,
    hours: tuple[int, ...] | None,
    choice: stations.Service,
    walked: way.Ground | None,
) -> NDArray[np.intp]:
    """Return the rows of the serving stations that matter:
    in the place, in reach of its demand, nearest to it, too near to a candidate.
    """
    pool = np.flatnonzero(serves)
    if not len(pool):
        return pool
    keep = inside[pool].copy()
    if walked:
        keep |= np.isin(pool, walked.rows)
    cells = sphere(np.column_stack([wanted.lon, wanted.lat]))
    there = sphere(np.column_stack([lon[pool], lat[pool]]))
    away, _ = cKDTree(cells).query(there, distance_upper_bound=filters.straight_radius * CHORD_MARGIN)
    keep |= np.isfinite(away)
    if ask.spacing:
        away, _ = cKDTree(sphere(np.column_stack([offered.lon, offered.lat]))).query(
            there, distance_upper_bound=ask.spacing * CHORD_MARGIN
        )
        keep |= np.isfinite(away)
    if ask.model not in COVERAGE_MODELS:
        for hour in hours or (None,):
            up = np.arange(len(pool)) if hour is None else np.flatnonzero(choice.clock[pool] >> np.uint32(hour) & 1)
            if len(up):
                keep[up[np.unique(cKDTree(there[up]).query(cells)[1])]] = True
    return pool[keep]


def _apart_note(found: Case) -> Message | None:
    if not (count := len(found.apart)):
        return None
    counts = {"count": f"{count:,}", "of": f"{len(found.cells):,}", "metres": round(REACH_M)}
    return Message(
        N_("{count} 个需求格（共 {of} 个）离路网超过 {metres} 米，或所在的路不通任何站点，不计为覆盖"), counts
    )


def _barred(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    idle: NDArray[np.bool_],
    offered: Candidates,
    spacing: float | None,
) -> NDArray[np.bool_]:
    """Return which candidates are too near to a station that stands but does not serve as asked."""
    rows = np.flatnonzero(idle)
    if not spacing or not len(rows):
        return np.zeros(len(offered), bool)
    away, _ = cKDTree(sphere(np.column_stack([lon[rows], lat[rows]]))).query(
        sphere(np.column_stack([offered.lon, offered.lat]))
    )
    return away < spacing
