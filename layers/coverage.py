"""Coverage 覆盖率: how much of the demand has a station within reach.

A cell counts as covered when the way walked (straight line × detour factor, or
along the walking network: :mod:`layers.way`) to a serving station is at most the
radius: the maximal covering notion of Church and ReVelle (1974), with the demand as given and no decay over distance.
*Nominal* counts every open station, *effective* those that truly serve (see
:mod:`layers.stations`). Demand is that of the place and lasso looked at; a
station serves wherever it lies, so one across the county line counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.errors import N_
from geodata.message import Message, joined
from layers import demand, places, reaching, selection, stations, unplaced, way
from layers.atlas import Atlas
from layers.filters import STRAIGHT, Filters
from layers.provenance import mix
from layers.walking import REACH_M

#: Roads without connection that are named.
NAMED = 3
UNIT_COLUMNS = (
    "unit_id",
    "unit_kind",
    "name",
    "name_en",
    "part",
    "whole",
    "share",
    "parent_share",
    "unplaced",
    "measure",
    "provenance",
)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, with the whole named.

    Attributes
    ----------
    part, whole : float
        In the unit of the measure: demand weight, or number of cells.
    why : str or None
        Why nothing can be said, though there is a whole: :data:`layers.unplaced.UNPLACED`. Then `part` says nothing.
    ratio : float or None
        ``part / whole``; None when there is no whole, or nothing can be said.
    """

    part: float
    whole: float
    why: str | None = None

    @property
    def ratio(self) -> float | None:
        """`part` of `whole`, 0 to 1; None when there is nothing to be a part of, or it is not known."""
        return self.part / self.whole if self.whole > 0 and self.why is None else None

    @property
    def whole_text(self) -> str:
        """The whole as it is told: a digit behind the point only below 100."""
        return f"{self.whole:,.0f}" if self.whole >= 100 else f"{self.whole:,.1f}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who is within reach in the place looked at.

    Attributes
    ----------
    nominal_weighted, effective_weighted : Share
        Demand weight covered, of all demand weight in scope.
    nominal_unweighted, effective_unweighted : Share
        Demand cells covered, of all cells with demand in scope.
    backup_weighted : Share
        Demand weight that at least two effective stations reach.
    stations_nominal, stations_effective : int
        Stations in scope (and lasso).
    stations_serving : int
        Effective stations, in scope or not, that reach some demand in scope.
    stations_unknown_hours : int
        Nominal stations in scope (and lasso) of which nobody knows when they are open: at no hour do they count as
        open.
    standing : Standing
        How many open stations of the place have a position; those that have none are in no figure here.
    radius_m : int
        Service radius along the way, metres.
    detour_factor : float
        Way walked divided by straight line; not used along a network.
    way : Message or None
        Which way was walked; None where there is no network, so that it can only be straight × detour.
    apart : Apart or None
        Who cannot be said to reach anybody along the network; None where the way is straight.
    straight_weighted : Share or None
        What `effective_weighted` would be straight × detour; None where the way is straight.
    epsg : tuple of int
        The 3-degree systems that the demand lies in, for who measures again in a GIS.
    as_of : date
        The data date.
    provenance : str or None
        ``illustrative`` when demand or stations are; None without demand.
    source_ids : tuple of str
        Sources of the demand and of the nominal stations that reach it.
    """

    nominal_weighted: Share
    nominal_unweighted: Share
    effective_weighted: Share
    effective_unweighted: Share
    backup_weighted: Share
    stations_nominal: int
    stations_effective: int
    stations_serving: int
    stations_unknown_hours: int
    standing: unplaced.Standing
    radius_m: int
    detour_factor: float
    way: Message | None
    apart: demand.Apart | None
    straight_weighted: Share | None
    epsg: tuple[int, ...]
    as_of: date
    provenance: str | None
    source_ids: tuple[str, ...]

    @property
    def stations_unplaced(self) -> int:
        """Open stations of the place that are not counted since nobody knows where they are."""
        return self.standing.unplaced

    def note(self, filters: Filters, by_hour: bool = False) -> Message | None:
        """Return what is to be said wherever a share of this is shown, or in its place; None when all is known.

        Parameters
        ----------
        filters : Filters
            What was measured: whether the share is of an hour, or of what is open day and night.
        by_hour : bool
            Whether it is shown around the clock.
        """
        timed = by_hour or filters.always or filters.hour is not None
        hour = None if by_hour else filters.hour
        unsaid = unplaced.unsaid_hours(self.stations_unknown_hours, hour) if timed and not self.standing.lost else None
        nobody = not (self.stations_serving or self.standing.placed or self.standing.unplaced)
        unknown = Message(N_("这里没有开放驿站的记录")) if nobody and self.nominal_weighted.whole else None
        return joined(self.standing.note(), unknown, unsaid, *self.walked())

    def against_straight(self) -> Message | None:
        """Return what the effective share would be straight × detour; None where the way is straight, or no share is
        known.
        """
        if self.straight_weighted is None or self.straight_weighted.ratio is None:
            return None
        share = f"{self.straight_weighted.ratio:.1%}"
        return Message(N_("同一半径按直线 × {detour} 为 {share}"), {"detour": self.detour_factor, "share": share})

    def walked(self) -> tuple[Message, ...]:
        """Return which way was walked, and who is told apart along the network; nothing where there is no network."""
        if self.way is None or self.apart is None:
            return (self.way,) if self.way else ()
        far, cut, away = int(self.apart.far.sum()), int(self.apart.cut.sum()), len(self.apart.stations)
        said = [self.way]
        if far:
            said.append(Message(N_("{count} 个需求格离路网超过 {metres} 米，不计为覆盖"), far_of(far)))
        if cut and self.apart.roads:
            roads = {"roads": "、".join(self.apart.roads[:NAMED])}
            said.append(Message(N_("{count} 个需求格所在的路（{roads}）不通任何驿站"), {"count": f"{cut:,}"} | roads))
        elif cut:
            said.append(Message(N_("{count} 个需求格所在的路不通任何驿站"), {"count": f"{cut:,}"}))
        if away:
            said.append(Message(N_("{count} 个驿站离路网超过 {metres} 米，未计入"), far_of(away)))
        return tuple(said)


def far_of(count: int) -> dict[str, Any]:
    """Return the values of a message on `count` things too far from the network."""
    return {"count": f"{count:,}", "metres": round(REACH_M)}


def measure(atlas: Atlas, filters: Filters) -> Coverage:
    """Return the coverage of the place (and lasso) looked at.

    Raises
    ------
    AtlasError
        When the place, region or grid is not in the atlas.
    """
    return atlas.recent(("coverage", _asked(filters)), lambda: _measure(atlas, filters))


def _measure(atlas: Atlas, filters: Filters) -> Coverage:
    wanted = _judged(atlas, filters)
    near = reaching.pairs(atlas, wanted, filters)
    offered = stations.service(atlas, filters)
    effective = offered.effective
    named, effective_count = reaching.nominal(atlas, wanted, filters), near.counts(effective)
    inside = stations.chosen(atlas, filters)
    known = demand.standing_of(atlas, filters, wanted)
    why = known.why
    apart = demand.apart(atlas, wanted, filters, offered.nominal)
    return Coverage(
        nominal_weighted=_weighted(wanted, named.within, why),
        nominal_unweighted=Share(int(named.within.sum()), len(wanted.rows), why),
        effective_weighted=_weighted(wanted, effective_count > 0, why),
        effective_unweighted=Share(int((effective_count > 0).sum()), len(wanted.rows), why),
        backup_weighted=_weighted(wanted, effective_count > 1, why),
        stations_nominal=int((inside & offered.nominal).sum()),
        stations_effective=int((inside & effective).sum()),
        stations_serving=len(np.unique(near.site[effective[near.site]])),
        stations_unknown_hours=int((inside & offered.nominal & ~stations.hours_known(atlas)).sum()),
        standing=known,
        radius_m=filters.radius,
        detour_factor=filters.detour,
        way=way.note(atlas, filters),
        apart=apart,
        straight_weighted=None if apart is None else measure(atlas, filters.having(way=STRAIGHT)).effective_weighted,
        epsg=named.epsg,
        as_of=atlas.data_date,
        provenance=named.provenance,
        source_ids=named.source_ids,
    )


def measured(atlas: Atlas, filters: Filters) -> str | None:
    """Return what :func:`by_unit` measures: ``stations``, ``enterprises``, or None when there is neither.

    ``filters.measure`` decides; ``auto`` takes what the place holds, and when it holds both
    stations' demand only if a station filter is set.
    """
    if filters.measure != "auto":
        return filters.measure
    has_demand = len(_judged(atlas, filters).rows) > 0
    has_enterprises = bool(enterprises(atlas, filters).any())
    if has_demand and has_enterprises:
        return "stations" if stations.asks(filters) else "enterprises"
    return "stations" if has_demand else "enterprises" if has_enterprises else None


def by_unit(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return the share of each unit below the place looked at, highest first.

    ``stations``: demand weight covered (effectively, when a filter that only
    stations know is set; else nominally), by street zone at a county or zone,
    by county above. ``enterprises``: enterprises strengthened, by county at
    nation and province, by region at city and county, by grid at region and grid.

    Returns
    -------
    DataFrame
        ``unit_id``, ``unit_kind`` (``place``, ``zone``, ``region``, ``grid``:
        goes into :func:`layers.places.drill`), ``name``, ``name_en``,
        ``part``, ``whole`` (demand weight or enterprises), ``share`` (0 to 1),
        ``parent_share`` (the same figure over all of the place; over the
        county at a zone and over the region at a grid, where the unit is the
        place itself), ``unplaced`` (open stations of the unit without a position, which
        count nowhere), ``measure`` (``stations_nominal``,
        ``stations_effective`` or ``enterprises``), ``provenance``. Units
        without a whole are not listed; ties by unit_id. The share is NaN, and the unit last, where
        all of its stations lack a position (``parent_share``: where all of the place do).
    """
    what = measured(atlas, filters)
    if what is None:
        return pd.DataFrame(columns=list(UNIT_COLUMNS))
    if what == "stations":
        return _stations_by_unit(atlas, filters)
    return _enterprises_by_unit(atlas, filters)


def by_hour(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return coverage over the 24 hours of ``filters.day``; the hour asked is not a filter here.

    Returns
    -------
    DataFrame
        24 rows: ``hour``; ``nominal`` and ``effective`` (weighted share 0 to
        1; NaN without demand, and where no open station of the place has a
        position; nominal is the same at every hour unless the
        demand has an hour profile);
        ``stations_open`` (stations in scope and lasso that are effective at
        that hour); ``hours_unknown`` (stations in scope and lasso that would
        be, were their hours known; the same at every hour); ``whole`` (demand weight, the denominator);
        ``provenance``.
    """
    asked = filters.having(hour=None)
    return atlas.recent(("coverage by hour", _asked(asked)), lambda: _by_hour(atlas, asked)).copy()


def _by_hour(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    wanted = demand.judged(atlas, filters)
    near = reaching.pairs(atlas, wanted, filters)
    offered = stations.service(atlas, filters)
    bits = np.where(offered.nominal & offered.able, offered.clock, np.uint32(0)).astype(np.uint32)
    inside = stations.chosen(atlas, filters)
    hours = np.arange(24, dtype=np.uint32)
    union = near.union(bits)
    of_any_hour = reaching.nominal(atlas, wanted, filters)
    named = of_any_hour.within
    if wanted.hourly is None:
        whole = np.full(24, wanted.weight.sum())
        # a nation of cells has a few hundred clocks: those are read hour by hour, not the cells
        clocks, which = _distinct(union)
        reached = (clocks[:, None] >> hours) & np.uint32(1)
        nominal = np.full(24, wanted.weight @ named)
        effective = np.bincount(which, wanted.weight, len(clocks)) @ reached
    else:
        reached = (union[:, None] >> hours) & np.uint32(1)
        whole = wanted.hourly.sum(axis=0)
        nominal, effective = named @ wanted.hourly, (wanted.hourly * reached).sum(axis=0)
    if demand.standing_of(atlas, filters, wanted).lost:
        nominal = effective = np.full(24, np.nan)
    return pd.DataFrame(
        {
            "hour": hours.astype(int),
            "nominal": _ratio(nominal, whole),
            "effective": _ratio(effective, whole),
            "hours_unknown": int((offered.nominal & offered.able & ~offered.known & inside).sum()),
            "stations_open": _open_by_hour(bits[inside], hours),
            "whole": whole,
            "provenance": of_any_hour.provenance,
        }
    )


def by_way(atlas: Atlas, filters: Filters) -> pd.DataFrame | None:
    """Return the share of the place looked at and of each unit below it, along the network and straight × detour.

    None where one does not walk along a network, nothing can be said, or either way nobody is reached.

    Returns
    -------
    DataFrame
        ``unit_id`` (None for the whole), ``unit_kind``, ``name``, ``name_en``, ``walked`` and ``straight`` (0 to 1),
        ``whole`` (demand weight) and ``provenance``; the whole first, then those of which the straight line tells most
        too much.
    """
    if way.along(atlas, filters) is None:
        return None
    here = places.scope(atlas, filters)
    effective = stations.asks(filters)
    now, then = measure(atlas, filters), measure(atlas, filters.having(way=STRAIGHT))
    walked, straight = (one.effective_weighted if effective else one.nominal_weighted for one in (now, then))
    if walked.ratio is None or straight.ratio is None or not (walked.part or straight.part):
        return None
    whole = pd.DataFrame(
        {
            "unit_id": [None],
            "unit_kind": [None],
            "name": [here.name],
            "name_en": [here.name_en],
            "walked": [walked.ratio],
            "straight": [straight.ratio],
            "whole": [walked.whole],
            "provenance": [now.provenance],
        }
    )
    units = _stations_by_unit(atlas, filters).rename(columns={"share": "walked"})
    other = _stations_by_unit(atlas, filters.having(way=STRAIGHT)).set_index("unit_id")["share"]
    units["straight"] = other.reindex(units["unit_id"]).to_numpy()
    units = units[units["walked"].notna() & units["straight"].notna()][list(whole.columns)]
    if len(units) < 2:
        return whole
    more = (units["straight"] - units["walked"]).to_numpy()
    return pd.concat([whole, units.iloc[np.argsort(-more, kind="stable")]], ignore_index=True)


def standing(atlas: Atlas, filters: Filters) -> unplaced.Standing:
    """Return the ``standing`` of :func:`measure` without measuring."""
    return demand.standing_of(atlas, filters, _judged(atlas, filters))


def counties(atlas: Atlas, filters: Filters) -> int:
    """Return in how many counties there is demand in the place (and lasso) looked at."""
    return len(atlas.distinct("demand", "adcode", demand.select(atlas, filters.having(hour=None)).rows))


# -- inside -----------------------------------------------------------------------


def _asked(filters: Filters) -> Filters:
    """Return what tells one coverage apart from another: `filters` without what only other layers know."""
    return filters.having(
        layers=frozenset(),
        start=None,
        end=None,
        sectors=None,
        mode=None,
        kinds=None,
        measure="auto",
        station=None,
        fair=None,
        lang="zh",
        theme="light",
        base="auto",
    )


def _judged(atlas: Atlas, filters: Filters) -> demand.Demand:
    return _at_any_hour(demand.judged, atlas, filters)


def _at_any_hour(gather: Callable[[Atlas, Filters], demand.Demand], atlas: Atlas, filters: Filters) -> demand.Demand:
    """Return the demand that `gather` gives, gathered once for all hours where no demand has hours of its own."""
    wanted = gather(atlas, filters.having(hour=None))
    return wanted if wanted.hourly is None or filters.hour is None else gather(atlas, filters)


def _distinct(clocks: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """Return the distinct clocks, and which of them each one is."""
    codes, found = pd.factorize(clocks)
    return np.asarray(found, dtype=np.uint32), codes


def _open_by_hour(clocks: NDArray[np.uint32], hours: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Return how many of the stations with these `clocks` are open at each hour."""
    found, which = _distinct(clocks)
    each = np.bincount(which, minlength=len(found))
    return (each @ ((found[:, None] >> hours) & np.uint32(1))).astype(int)


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _weighted(wanted: demand.Demand, covered: NDArray[np.bool_], why: str | None = None) -> Share:
    return Share(float(wanted.weight[covered].sum()), float(wanted.weight.sum()), why)


def _stations_by_unit(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    key = ("coverage by unit", _asked(filters))
    return atlas.recent(key, lambda: _stations_of_units(atlas, filters)).copy()


def _stations_of_units(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    here = places.scope(atlas, filters)
    wanted = _at_any_hour(demand.select, atlas, filters)
    effective = stations.asks(filters)
    named = reaching.nominal(atlas, wanted, filters)
    covered = named.within
    if effective:
        covered = reaching.pairs(atlas, wanted, filters).counts(stations.service(atlas, filters).effective) > 0
    kind, codes, names = "place", *_units_of(atlas, "adcode", wanted.rows)
    if here.level in ("county", "region", "grid"):
        zones, known_zones = _units_of(atlas, "zone", wanted.rows)
        if (zones >= 0).any():  # a county of which no zones are known stands for itself
            kind, codes, names = "zone", zones, known_zones
    above = measure(atlas, filters.having(place=here.adcode, region=None, grid=None) if here.zone else filters)
    parent = (above.effective_weighted if effective else above.nominal_weighted).ratio
    known = codes >= 0
    whole = np.bincount(codes[known], wanted.weight[known], len(names))
    part = np.bincount(codes[known & covered], wanted.weight[known & covered], len(names))
    lost, missing = unplaced.lost_units(atlas, filters, kind, np.asarray(names, dtype=object))
    return _units(
        atlas,
        kind,
        list(names),
        part,
        whole,
        parent,
        "stations_effective" if effective else "stations_nominal",
        [named.provenance] * len(names),
        lost,
        missing,
    )


def _units_of(atlas: Atlas, column: str, rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Return which unit each of these rows of demand is in, -1 where it names none, and the units that any names."""
    codes, values = atlas.coded("demand", column)
    codes = codes[rows]
    present = np.flatnonzero(np.bincount(codes + 1, minlength=len(values) + 1)[1:])
    slot = np.full(len(values) + 1, -1)  # last: no unit
    slot[present] = np.arange(len(present))
    return slot[codes], values[present]


def enterprises(atlas: Atlas, filters: Filters) -> NDArray[np.bool_]:
    """Return which rows of ``atlas.enterprises`` lie in the place (and lasso) looked at."""
    return selection.mask(atlas, filters, "enterprises")


def _enterprises_by_unit(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    here = places.scope(atlas, filters)
    mask = enterprises(atlas, filters)
    strengthened = atlas.once("strengthened", lambda: atlas.enterprises["strengthened"].to_numpy(dtype=bool))
    if here.level in ("country", "province"):
        kind, column = "place", "adcode"
    else:
        kind, column = ("region", "region_id") if here.level in ("city", "county") else ("grid", "grid_id")
    over = mask
    if here.level == "grid":
        over = enterprises(atlas, filters.having(grid=None, region=here.region_id))
    parent = float(strengthened[over].mean()) if over.any() else None
    codes, names = pd.factorize(atlas.enterprises[column].to_numpy(dtype=object)[mask])
    known = codes >= 0
    done = strengthened[mask] & known
    whole = np.bincount(codes[known], minlength=len(names))
    part = np.bincount(codes[done], minlength=len(names))
    labels = atlas.enterprises["provenance"].to_numpy(dtype=object)[mask]
    provenance = [mix(labels[codes == code]) for code in range(len(names))]
    return _units(atlas, kind, list(names), part, whole, parent, "enterprises", provenance)


def _units(
    atlas: Atlas,
    kind: str,
    ids: list[str],
    part: NDArray,
    whole: NDArray,
    parent: float | None,
    what: str,
    provenance: list[str | None],
    lost: NDArray[np.bool_] | None = None,
    missing: NDArray[np.intp] | None = None,
) -> pd.DataFrame:
    share = _ratio(part, whole)
    if lost is not None:
        share[lost] = np.nan
    table, key = {
        "place": ("places", "adcode"),
        "zone": ("zones", "zone_id"),
        "region": ("regions", "region_id"),
        "grid": ("grids", "grid_id"),
    }[kind]
    frame, rows = atlas.table(table), atlas.rows_by(table, key)
    found = [rows.get(unit) for unit in ids]

    def called(column: str) -> list[str]:
        names = frame[column].to_numpy(dtype=object)
        return [unit if row is None else names[row] for unit, row in zip(ids, found, strict=True)]

    name = called("name")
    name_en = called("name_en") if "name_en" in frame else name
    units = pd.DataFrame(
        {
            "unit_id": ids,
            "unit_kind": kind,
            "name": name,
            "name_en": name_en,
            "part": part,
            "whole": whole,
            "share": share,
            "parent_share": np.nan if parent is None else parent,
            "unplaced": 0 if missing is None else missing,
            "measure": what,
            "provenance": provenance,
        },
        columns=list(UNIT_COLUMNS),
    )
    return units[units["whole"] > 0].sort_values(["share", "unit_id"], ascending=[False, True], ignore_index=True)
