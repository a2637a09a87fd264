"""The strip of key figures: at most six, each with its unit, its source and what it is of.

A figure that the newspaper reports for exactly the place looked at is shown as
reported, qualifier and all, as long as no filter narrows what it counts.
Every other figure is counted from rows and is as good as they are. Reported
and illustrative rows are never added up without the mark ``mixed``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.errors import N_
from geodata.facts import format_reported
from geodata.frames import rows_of
from geodata.message import Message, joined
from geodata.withheld import told
from layers import activities, coverage, fairs, grids, places, qualifiers, regions, stations, unplaced
from layers.atlas import LEVELS, Atlas
from layers.filters import PROVENANCES, Filters
from layers.provenance import mix, sources

MOST = 6
UNKNOWN = "—"  # stands where a figure is not known; what it is of then says why
REPORTED = PROVENANCES[0]

#: Facts that stay true further up when every row of their table lies in the place they tell of.
CONTAINED = {
    "regions": "regions",
    "grids": "grids",
    "enterprises_covered": "grids",
    "enterprises_strengthened": "grids",
    "workers_covered": "grids",
    "team_members": "grids",
    "stations": "stations",
    "stations_planned": "stations",
}

#: Facts shown as they are at their own place: metric, label, unit.
EXTRAS = (
    ("competitions", N_("劳动和技能竞赛"), "event"),
    ("wishes_granted", N_("实现微心愿"), "person"),
    ("people_insured", N_("获赠意外伤害险"), "visit"),
    ("heat_relief_events", N_("高温慰问"), "event"),
    ("people_examined", N_("移动体检"), "person"),
    ("contestants", N_("快递员竞赛选手"), "person"),
    ("courier_companies", N_("参赛快递企业"), "enterprise"),
    ("workers_placed", N_("招工帮扶到岗"), "person"),
    ("trainees_per_year", N_("每年工匠培育对象"), "person"),
    ("funding_per_trainee", N_("每名培育经费"), "yuan"),
    ("facilities_renewed", N_("新建改建职工设施"), "site"),
    ("retirees_present", N_("参加欢送会的退休职工"), "person"),
    ("enterprise_visits", N_("进企业活动"), "event"),
    ("theme_activities", N_("主题活动"), "event"),
    ("volunteer_lawyers", N_("志愿值班律师"), "person"),
)


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One figure of the strip.

    Attributes
    ----------
    id : str
        Stable name, e.g. ``grids``.
    label : str
        Message in Chinese (msgid): what is counted.
    value : float or None
        The number; shares are 0 to 1; None when it is not known: `of` then says why; and of a count that is withheld.
    text_zh, text_en : str
        The number as each reader writes it, with its qualifier, without its unit.
    unit : str
        Code of the vocabulary ``unit``, or ``""`` for a share.
    of : Message or None
        The denominator, or what else belongs to the figure.
    provenance : str or None
        ``reported``, ``derived``, ``illustrative`` or ``mixed``.
    source_ids : tuple of str
        Facts or sources behind it.
    adcode : str or None
        The place the figure was reported for, when that is not the place
        looked at but the only one in it that has any such row.
    """

    id: str
    label: str
    value: float | None
    text_zh: str
    text_en: str
    unit: str
    of: Message | None
    provenance: str | None
    source_ids: tuple[str, ...]
    adcode: str | None = None


# What is dropped first when there are more than six: the largest number. Shown in the order of this table.
_RANK = {
    "regions": 7.0,
    "grids": 1.0,
    "enterprises": 8.5,
    "strengthened": 2.0,
    "workers": 5.0,
    "team_members": 8.0,
    "stations": 3.0,
    "planned": 6.2,
    "coverage": 3.5,
    "positions": 4.0,
    "intents": 6.5,
    "fair_enterprises": 6.6,
    "livestream": 6.7,
    "activities": 6.0,
}
_EXTRA_RANK, _NEXT_RANK, _SHADED_RANK = 5.8, 8.2, 9.0


def strip(atlas: Atlas, filters: Filters) -> list[KeyFigure]:
    """Return the key figures of the place looked at, at most six, in the order to show them.

    Raises
    ------
    AtlasError
        When the place, region or grid is not in the atlas.
    """
    found = every(atlas, filters)
    extras = [figure for figure in found if figure.id not in _RANK]
    rank = dict(_RANK)
    rank.update({figure.id: _NEXT_RANK + 0.01 * i for i, figure in enumerate(extras)})
    rank.update({figure.id: _EXTRA_RANK for figure in extras[:1]})
    if extras:  # what was reported of this place says more than a count of sample rows
        rank["activities"] = _SHADED_RANK
    kept = {figure.id for figure in sorted(found, key=lambda figure: rank[figure.id])[:MOST]}
    return [figure for figure in found if figure.id in kept]


def every(atlas: Atlas, filters: Filters) -> list[KeyFigure]:
    """Return all key figures of the place looked at, also those for which the strip has no room."""
    # how it looks changes no figure: strip, sentence and comparison of one choice share them
    asked = filters.having(layers=frozenset(), station=None, measure="auto", lang="zh", theme="light", base="auto")
    return list(atlas.recent(("key figures", asked), lambda: _every(atlas, asked)))


def _every(atlas: Atlas, filters: Filters) -> tuple[KeyFigure, ...]:
    here = places.scope(atlas, filters)
    found = [*_work(atlas, filters, here), *_stations(atlas, filters, here), *_fairs(atlas, filters)]
    return (*found, *_extras(atlas, filters, here), *_activities(atlas, filters))


# -- inside -----------------------------------------------------------------------


def _figure(
    id: str,
    label: str,
    value: float,
    unit: str,
    provenance: str | None,
    source_ids: tuple[str, ...],
    of: Message | None = None,
    qualifier: str = "exact",
    adcode: str | None = None,
) -> KeyFigure:
    number, counted = told(value)
    qualifier = qualifiers.of_sum(counted, [qualifier])
    return KeyFigure(
        id,
        label,
        None if counted == qualifiers.BELOW else number,
        format_reported(number, qualifier, "", "zh"),
        format_reported(number, qualifier, "", "en"),
        unit,
        of,
        provenance,
        source_ids,
        adcode,
    )


def _elsewhere(here: places.Scope, fact: Any) -> str | None:
    """Return the place that `fact` tells of when it is not the one looked at."""
    return None if fact.adcode == here.adcode else fact.adcode


def reported(atlas: Atlas, filters: Filters, here: places.Scope) -> dict[str, Any]:
    """Return the reported facts of exactly this place by metric; none when reports do not count."""
    if here.level not in LEVELS or REPORTED not in filters.provenance or filters.area:
        return {}
    return atlas.recent(("facts", here.adcode), lambda: _facts_of(atlas, here.adcode))


def _facts_of(atlas: Atlas, adcode: str) -> dict[str, Any]:
    rows = atlas.facts[(atlas.facts["adcode"] == adcode) & (atlas.facts["adcode_level"] != "flow")]
    own = {row.metric: row for row in rows_of(rows)}
    return {**_facts_below(atlas, adcode), **own}


def _facts_below(atlas: Atlas, adcode: str) -> dict[str, Any]:
    """Return the facts of :data:`CONTAINED` told of a smaller place that alone holds rows of their table."""
    tree, found = atlas.tree, {}
    place = tree.position(adcode)
    rows = atlas.facts[atlas.facts["metric"].isin(CONTAINED) & (atlas.facts["adcode_level"] != "flow")]
    for row in rows_of(rows):
        told = tree.position(row.adcode) if isinstance(row.adcode, str) else -1
        if told < 0 or not tree.under(place, np.array([told]))[0]:
            continue
        held = atlas.place_rows(CONTAINED[row.metric])
        held = held[tree.under(place, held)]
        if len(held) and tree.under(told, held).all():
            found[row.metric] = row
    return found


def _work(atlas: Atlas, filters: Filters, here: places.Scope) -> Iterator[KeyFigure]:
    facts = reported(atlas, filters, here)
    rows = grids.chosen(atlas, filters)
    area = regions.chosen(atlas, filters) if here.level in LEVELS else np.empty(0, dtype=np.intp)
    firms, done, workers, team = grids.figures(atlas)[rows].sum(axis=0).tolist()
    firms, done = int(firms), int(done)
    whole = int(facts["enterprises_covered"].value) if "enterprises_covered" in facts else firms
    of_firms = Message(N_("共 {whole} 家企业"), {"whole": f"{whole:,}"})
    specs = (
        ("regions", N_("产改区域"), "region", "regions", len(area), None),
        ("grids", N_("产改网格"), "grid", "grids", 0 if here.level == "grid" else len(rows), None),
        ("enterprises", N_("网格内企业"), "enterprise", "enterprises_covered", firms, None),
        (
            "strengthened",
            N_("强化产改举措的企业"),
            "enterprise",
            "enterprises_strengthened",
            done if firms else None,
            of_firms,
        ),
        ("workers", N_("覆盖职工"), "person", "workers_covered", workers, None),
        ("team_members", N_("四员队伍"), "person", "team_members", team, None),
    )
    for id, label, unit, metric, value, of in specs:
        if metric in facts and (id != "strengthened" or "enterprises_covered" in facts):
            fact = facts[metric]
            yield _figure(id, label, fact.value, unit, REPORTED, (fact.id,), of, fact.qualifier, _elsewhere(here, fact))
        elif value or (id == "strengthened" and value is not None):
            behind = _behind(atlas, *(("regions", area) if id == "regions" else ("grids", rows)))
            yield _figure(id, label, value, unit, *behind, of)


def _stations(atlas: Atlas, filters: Filters, here: places.Scope) -> Iterator[KeyFigure]:
    facts = {} if stations.asks(filters) else reported(atlas, filters, here)
    inside = stations.chosen(atlas, filters)
    running = inside & atlas.holds("stations", "status", stations.OPEN)
    planned = inside & atlas.holds("stations", "status", stations.PLANNED)
    count = int(running.sum())
    nowhere = int((running & unplaced.masks(atlas, filters)[1]).sum())
    apart = Message(N_("{count} 个驿站尚无位置，未计入覆盖率"), {"count": f"{nowhere:,}"}) if nowhere else None
    if "stations" in facts:
        fact = facts["stations"]
        yield _figure(
            "stations",
            N_("工会驿站"),
            fact.value,
            "station",
            REPORTED,
            (fact.id,),
            apart,
            fact.qualifier,
            _elsewhere(here, fact),
        )
    elif count:
        behind = _behind(atlas, "stations", running)
        if stations.asks(filters):
            serving = int((running & stations.service(atlas, filters).effective).sum())
            of = Message(N_("共 {whole} 个开放驿站"), {"whole": f"{count:,}"})
            yield _figure("stations", N_("符合条件的驿站"), serving, "station", *behind, joined(of, apart))
        else:
            yield _figure("stations", N_("开放的工会驿站"), count, "station", *behind, apart)
    nowhere = int((planned & np.isnan(atlas.lonlat("stations")[0])).sum())
    of = Message(N_("{count} 个尚无选址"), {"count": f"{nowhere:,}"}) if nowhere else None
    if "stations_planned" in facts:
        fact = facts["stations_planned"]
        yield _figure(
            "planned",
            N_("计划新建 24 小时驿站"),
            fact.value,
            "station",
            REPORTED,
            (fact.id,),
            of,
            fact.qualifier,
            _elsewhere(here, fact),
        )
    elif planned.any():
        behind = _behind(atlas, "stations", planned)
        yield _figure("planned", N_("计划新建驿站"), int(planned.sum()), "station", *behind, of)
    if here.level in ("country", "province"):
        return  # demand is known in few counties: a share of it would pass for a share of the nation
    cover = coverage.measure(atlas, filters)
    share = cover.effective_weighted
    if share.why is not None and share.whole > 0:
        yield KeyFigure(
            "coverage",
            N_("有效覆盖率"),
            None,
            UNKNOWN,
            UNKNOWN,
            "",
            cover.note(filters),
            cover.provenance,
            cover.source_ids,
        )
    elif share.ratio is not None:
        text = f"{share.ratio:.1%}"
        of = Message(
            N_("需求权重 {whole}，{cells} 个格；服务半径 {radius} 米"),
            {
                "whole": share.whole_text,
                "cells": f"{cover.effective_unweighted.whole:,}",
                "radius": filters.radius,
            },
        )
        yield KeyFigure(
            "coverage",
            N_("有效覆盖率"),
            share.ratio,
            text,
            text,
            "",
            joined(of, cover.note(filters), cover.against_straight()),
            cover.provenance,
            cover.source_ids,
        )


def _behind(atlas: Atlas, table: str, rows: NDArray[Any]) -> tuple[str | None, tuple[str, ...]]:
    """Return provenance and sources of a count over some rows (positions or a mask)."""
    return mix(atlas.distinct(table, "provenance", rows)), sources(atlas.distinct(table, "source_id", rows))


def _fairs(atlas: Atlas, filters: Filters) -> Iterator[KeyFigure]:
    chosen = fairs.held(atlas, filters)
    steps = fairs.funnel(atlas, filters)
    if not len(steps):
        return
    best = steps["provenance"].iloc[0]  # reported first
    held = fairs.of_origin(atlas, chosen, best)
    others = len(chosen) - len(held)
    names = {
        "positions": ("positions", N_("招聘岗位"), "position"),
        "intents": ("intents", N_("达成就业意向"), "person"),
        "enterprises": ("fair_enterprises", N_("参会企业"), "enterprise"),
    }
    by_stage = {row.stage: row for row in rows_of(steps[steps["provenance"] == best])}
    for stage, (id, label, unit) in names.items():
        row = by_stage[stage]
        if row.value is not None:
            yield _figure(
                id,
                label,
                row.value,
                unit,
                best,
                row.source_ids,
                _of_fairs(row.fairs, others, best),
                row.qualifier,
            )
    attendance = fairs.numbers(atlas, "livestream_attendance")
    watched = held[~np.isnan(attendance[held])]
    if len(watched):
        yield _figure(
            "livestream",
            N_("直播带岗"),
            float(attendance[watched].sum()),
            "visit",
            best,
            sources(atlas.distinct("fairs", "source_id", watched)),
            _of_fairs(len(watched), others, best),
        )


def _of_fairs(count: int, others: int, provenance: str) -> Message:
    if others and provenance == REPORTED:
        return Message(
            N_("{count} 场有报道的招聘会，另 {others} 场示意不计入"),
            {"count": f"{count:,}", "others": f"{others:,}"},
        )
    return Message(N_("{count} 场招聘会"), {"count": f"{count:,}"})


def _activities(atlas: Atlas, filters: Filters) -> Iterator[KeyFigure]:
    rows = activities.chosen(atlas, filters)
    if not len(rows):
        return
    reported = int(atlas.of_provenance("activities", frozenset({REPORTED}))[rows].sum())
    of = None
    if 0 < reported < len(rows):
        of = Message(
            N_("其中报道 {reported} 项，其余 {others} 项为示意或推算"),
            {"reported": f"{reported:,}", "others": f"{len(rows) - reported:,}"},
        )
    yield _figure("activities", N_("活动与服务"), len(rows), "item", *_behind(atlas, "activities", rows), of)


def _extras(atlas: Atlas, filters: Filters, here: places.Scope) -> Iterator[KeyFigure]:
    if filters.start or filters.end or filters.kinds is not None:
        return
    facts = reported(atlas, filters, here)
    for metric, label, unit in EXTRAS:
        if metric in facts:
            fact = facts[metric]
            yield _figure(metric, label, fact.value, unit, REPORTED, (fact.id,), _when(fact), fact.qualifier)


def _when(fact: Any) -> Message | None:
    known = [p for p in (fact.period_start, fact.period_end) if not pd.isna(p)]
    if not known:
        return None
    period = known[0] if len(set(known)) == 1 else " – ".join(known)
    if fact.adcode_level == "site":  # a figure of one enterprise, not of the county around it
        return Message(N_("{place}，{period}"), {"place": fact.place, "period": period})
    return Message("{period}", {"period": period})
