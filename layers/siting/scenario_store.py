"""Scenarios in a store: saved, versioned, taken out, adopted and taken back.

Every write is a batch that can be undone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from geodata.errors import N_, AtlasError
from geodata.schema import CRS, TABLES
from geodata.store.base import WritableStore
from layers.siting.answer import Site
from layers.siting.mark import MARK
from layers.siting.scenario import Inputs, Scenario, frame_of

if TYPE_CHECKING:
    from geodata.store.batch import Batch

TABLE, STATIONS, PLANNED = "scenarios", "stations", "planned"
CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Adopted:
    """What adopting did.

    Attributes
    ----------
    batch_id : str
    filled, added : tuple of str
        Planned stations that took a site, and new rows of status planned.
    left : tuple of str
        Planned stations that got none, because the plan has fewer sites.
    """

    batch_id: str
    filled: tuple[str, ...]
    added: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a scenario.

    Attributes
    ----------
    kind : str
        ``saved``, ``removed`` or ``adopted``.
    time : str
        ISO time, UTC.
    author : str or None
    batch_id : str
    undone_at : str or None
    """

    kind: str
    time: str
    author: str | None
    batch_id: str
    undone_at: str | None


def new_id(scenario: Scenario, moment: str) -> str:
    """Return an id for a scenario that has none: the day and something of its own."""
    digest = hashlib.sha256(f"{moment}{scenario.name}{scenario.author}".encode()).hexdigest()
    return f"SC-{moment[:10].replace('-', '')}-{digest[:8]}"


def save(store: WritableStore, scenario: Scenario, seen: str | None = None) -> Scenario:
    """Keep a scenario, or a new version of one with its id; the old version stays in the history.

    Raises
    ------
    AtlasError
        It has no name, or the store cannot be written.
    """
    batch = store.apply(
        TABLE,
        frame_of([scenario]),
        author=scenario.author or None,
        file=MARK + scenario.scenario_id,
        seen=seen,
        retire=False,
    )
    return scenario.having(batch_id=batch.batch_id)


def remove(store: WritableStore, scenario_id: str, author: str | None = None) -> Batch:
    """Take a scenario out.

    Raises
    ------
    AtlasError
        It is not there, or it is adopted: that has to be undone first.
    """
    if scenario_id in adoptions(store.history()):
        raise AtlasError(N_("方案 {id} 正在采用中：请先撤销采用，再删除。"), id=scenario_id)
    return store.remove(TABLE, [scenario_id], author=author, file=MARK + scenario_id)


def adoptions(history: Sequence[Batch]) -> dict[str, str]:
    """Return scenario → batch of the adoptions that stand: it follows from the history alone."""
    return {
        one.file.removeprefix(MARK): one.batch_id
        for one in reversed(history)
        if one.table == STATIONS and one.file and one.file.startswith(MARK) and not one.undone_at
    }


def events(history: Sequence[Batch], scenario_id: str) -> list[Event]:
    """Return what happened to a scenario, the latest first."""
    found = []
    for one in history:
        if one.file == MARK + scenario_id:
            kind = "adopted" if one.table == STATIONS else "removed" if not one.rows else "saved"
            found.append(Event(kind, one.time, one.author, one.batch_id, one.undone_at))
    return found


def adopt(store: WritableStore, scenario: Scenario, author: str | None = None, seen: str | None = None) -> Adopted:
    """Give the planned stations of the place, which had no point, the sites of a scenario: as *derived*, by its number.

    Sites beyond the planned stations become new rows of status planned. One batch: ``store.undo`` restores what was.

    Raises
    ------
    AtlasError
        It is adopted already, has no sites, changes what stands, or the planned stations it was made for are gone or
        placed by now.
    """
    if scenario.answer is not None and scenario.answer.changes:
        raise AtlasError(
            N_("方案“{name}”要撤并或升级现有驿站，不能采用：请在台账里改好再导入；采用只给计划驿站位置。"),
            name=scenario.name,
        )
    if scenario.inputs is None or scenario.answer is None or not scenario.answer.sites:
        raise AtlasError(N_("方案“{name}”没有点位，不能采用：请先求解。"), name=scenario.name)
    standing = adoptions(store.history())
    if scenario.scenario_id in standing:
        raise AtlasError(
            N_("方案“{name}”已采用（批次 {batch}）。"), name=scenario.name, batch=standing[scenario.scenario_id]
        )
    stations = store.read(STATIONS)
    wanted = list(scenario.inputs.planned[: len(scenario.answer.sites)])
    _refuse_changed(stations, wanted, scenario, standing)
    rows = stations.set_index("station_id", drop=False).loc[wanted].copy()
    sites = scenario.answer.sites
    ids = [f"{scenario.scenario_id}-{one.number:02d}" for one in sites[len(wanted) :]]
    taken = sorted(set(ids) & set(stations["station_id"]))
    if taken:
        raise AtlasError(N_("驿站表里已有编号 {ids}：请先撤销或改名。"), ids="、".join(taken))
    source = MARK + scenario.scenario_id
    filled = rows.assign(
        geometry=gpd.GeoSeries(
            [shapely.Point(one.lon, one.lat) for one in sites[: len(wanted)]], index=rows.index, crs=CRS
        ),
        provenance="derived",
        source_id=[f"{old};{source}" if isinstance(old, str) and old else source for old in rows["source_id"]],
    )
    more = _new_rows(scenario.name, scenario.inputs, sites[len(wanted) :], ids, source)
    frame = pd.concat([one for one in (filled, more) if len(one)], ignore_index=True)
    frame = _with_zones(store, gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS))
    batch = store.apply(STATIONS, TABLES[STATIONS].validate(frame), author=author, file=source, seen=seen, retire=False)
    return Adopted(batch.batch_id, tuple(wanted), tuple(ids), tuple(scenario.inputs.planned[len(sites) :]))


def _refuse_changed(stations: pd.DataFrame, wanted: list[str], scenario: Scenario, standing: dict[str, str]) -> None:
    known = stations.set_index("station_id", drop=False)
    gone = [one for one in wanted if one not in known.index or known.at[one, "status"] != PLANNED]
    if gone:
        raise AtlasError(
            N_(
                "方案“{name}”要用的计划驿站 {ids} 已不在计划中（被删除、"
                "改名或已开放）：请按现在的数据重新求解，另存方案。"
            ),
            name=scenario.name,
            ids="、".join(gone[:5]),
        )
    placed = [one for one in wanted if known.at[one, "geometry"] is not None and not known.at[one, "geometry"].is_empty]
    if placed:
        others = [other for other in standing if other != scenario.scenario_id]
        raise AtlasError(
            N_("计划驿站 {ids} 已经有了位置（{by}）：请先撤销，再采用“{name}”。"),
            name=scenario.name,
            ids="、".join(placed[:5]),
            by="、".join(others[:3]) or "；".join(sorted({str(known.at[one, "source_id"]) for one in placed})[:3]),
        )


def _new_rows(name: str, inputs: Inputs, sites: Sequence[Site], ids: list[str], source: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "station_id": ids,
            "name": [f"{name} {one.number}" for one in sites],
            "adcode": inputs.filters.place,
            "status": PLANNED,
            "opening_hours": inputs.ask.opening,
            "provenance": "derived",
            "source_id": source,
            "batch_id": "new",
            "geometry": [shapely.Point(one.lon, one.lat) for one in sites],
        },
        geometry="geometry",
        crs=CRS,
    )


def _with_zones(store: WritableStore, frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return stations with the street zone (and county) that their new points lie in, where the atlas knows one."""
    zones = store.read("zones")
    if not len(zones):
        return frame
    tree = shapely.STRtree(zones.geometry.to_numpy())
    at = tree.nearest(frame.geometry.to_numpy())
    near = shapely.distance(zones.geometry.to_numpy()[at], frame.geometry.to_numpy()) < CLOSE
    zone, county = zones["zone_id"].to_numpy(dtype=object)[at], zones["adcode"].to_numpy(dtype=object)[at]
    old = frame["zone"] if "zone" in frame else pd.Series([None] * len(frame), index=frame.index)
    return frame.assign(
        zone=[new if hit else before for new, hit, before in zip(zone, near, old, strict=True)],
        adcode=[new if hit else before for new, hit, before in zip(county, near, frame["adcode"], strict=True)],
    )


def today() -> date:
    """Return the day of today in China."""
    return pd.Timestamp.now(tz="Asia/Shanghai").date()
