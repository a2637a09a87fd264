"""``plan --place``: a siting case straight from the atlas."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.commands.coverage import straight
from dashboard.locale import Gettext
from geodata.errors import N_, AtlasError
from layers import places
from layers.atlas import Atlas
from layers.filters import DETOUR, NETWORK, STRAIGHT, WAYS, Filters
from layers.siting.ask import AUTO, GRID, SOURCES, STEP_M, Ask, hours_of
from layers.siting.case import Case, case
from layers.siting.fairness import PER, STEPS, Side, fairness
from layers.siting.lines import SUFFIXES, is_lines
from layers.siting.tables import read_points

FILES = ("demand", "existing", "cost_matrix")


def add_options(one: argparse.ArgumentParser, words: Gettext) -> None:
    """Add the options that only a plan from the atlas takes."""
    one.add_argument(
        "--place", metavar="ADCODE", help=words("从图册取这个地点的需求、驿站和陆地（代替 --demand 和 --existing）")
    )
    one.add_argument("--region", metavar="ID", help=words("地点内的产改区域或街道片区"))
    one.add_argument(
        "--candidates-grid",
        type=int,
        metavar="M",
        help=words("备选点取陆地上的方格，间距多少米（{low} 至 {high}）").format(low=STEP_M[0], high=STEP_M[1]),
    )
    one.add_argument("--candidates-from", choices=SOURCES, help=words("备选点的来源，默认有备选点表用表，没有用网格"))
    one.add_argument("--cost", type=float, metavar="YUAN", help=words("没有写明费用的备选点，每处多少元"))
    one.add_argument(
        "--way", choices=WAYS, help=words("走法：沿路网（network）或直线 × 绕行系数（straight）；默认有路网时沿路网")
    )
    one.add_argument("--always", action="store_true", help=words("现有驿站只算全年 24 小时开放的"))
    one.add_argument("--opening", default="24/7", metavar="HOURS", help=words("新站的开放时间，默认 24/7"))


def case_of(options: argparse.Namespace, atlas: Atlas) -> Case:
    """Return the case that the options ask for.

    Raises
    ------
    AtlasError
        An option cannot be used, or not together with ``--place``.
    """
    given = [name for name in FILES if getattr(options, name)]
    if given:
        raise AtlasError(
            N_("--place 从图册取数据，不能同时给 {options}。"),
            options=", ".join(f"--{name.replace('_', '-')}" for name in given),
        )
    if options.network and not is_lines(options.network):
        raise AtlasError(
            N_("与 --place 同用的 --network 须是线（{suffixes}）：图册里的需求没有节点编号。"),
            suffixes=" ".join(SUFFIXES),
        )
    if options.candidates and (options.candidates_grid or options.candidates_from):
        raise AtlasError(N_("备选点的来源只能给一个：--candidates、--candidates-grid 或 --candidates-from。"))
    radius = options.radius if options.radius is not None else Filters().radius
    if radius != int(radius):
        raise AtlasError(N_("服务半径 {got} 不可用：从图册选址请给整数米。"), got=radius)
    # along a network nothing is added to the way
    detour = DETOUR[0] if options.network else options.detour if options.detour is not None else Filters().detour
    if not DETOUR[0] <= detour <= DETOUR[1]:
        raise AtlasError(
            N_("绕行系数 {got} 不可用：请给 {low} 到 {high} 之间的数。"), got=detour, low=DETOUR[0], high=DETOUR[1]
        )
    filters = Filters(
        place=options.place,
        region=options.region,
        radius=int(radius),
        detour=detour,
        # along another network than that of the atlas everything else is measured straight
        way=STRAIGHT if options.network else options.way or straight(options),
        worker_group=options.group,
        proxy=options.proxy,
        always=options.always,
        day=options.weekday,
    )
    table = read_points(options.candidates) if options.candidates else None
    double = options.backup and options.model == "mclp"
    ask = Ask(
        model=options.model,
        new=options.new,
        budget=options.budget,
        cost=options.cost,
        spacing=options.spacing,
        cover=max(2, options.cover) if double else options.cover,
        hours=hours_of(options.hours),
        opening=options.opening,
        source=GRID if options.candidates_grid or table else options.candidates_from or AUTO,
        step=options.candidates_grid or Ask().step,
        force=tuple(options.force),
        forbid=tuple(options.forbid),
    )
    found = case(atlas, filters, ask)
    wish = replace(
        found.wish,
        backup=options.backup and not double,
        by_cost=options.by_cost,
        single_source=options.sourcing == "single",
    )
    return replace(found, wish=wish, candidates=table or found.candidates)


UNKNOWN_BEFORE = {"covered_weight_before", "gini_before", "mean_distance_before"}


def told(found: Case, atlas: Atlas, table: Path | None, network: Path | None) -> dict[str, Any]:
    """Return what the figures of a plan rest on."""
    here = places.scope(atlas, found.filters)
    return {
        "place": here.adcode,
        "name": here.name,
        "data_version": found.data_version,
        "provenance": found.provenance,
        "sources": list(found.source_ids),
        "way": NETWORK if network or found.walked else STRAIGHT,
        "detour_factor": None if network or found.walked else found.filters.detour,
        "extract_date": found.walked.date if found.walked and not network else None,
        "demand_apart": 0 if network else len(found.apart),
        "network": network.name if network else None,
        "worker_group": found.filters.worker_group,
        "proxy": found.filters.proxy,
        "stations_standing": found.standing,
        "stations_serving": len(found.serving),
        "stations_unplaced": found.placing.unplaced,
        "planned_without_place": list(found.planned),
        "candidates": {
            "source": str(table) if table else found.offered.source,
            "count": len(found.candidates.ids),
            "step_m": found.ask.step if found.offered.source == GRID and not table else None,
        },
        "opening": found.ask.opening,
    }


def say_unplaced(found: Case, result: dict[str, Any], words: Callable[[str], str], say: Callable[[str], None]) -> None:
    """Say which stations are not counted and which way is walked;
    where none has a position, take out of `result` what nobody knows of before.
    """
    if note := found.note():
        say(note.text(words))
    if found.placing.lost:
        for part in (result, result.get("equity", {})):
            part |= dict.fromkeys(part.keys() & UNKNOWN_BEFORE)


def places_of(found: Case, sites: list[str]) -> dict[str, list[float]]:
    """Return longitude and latitude (degrees, WGS-84) of the `sites`."""
    row = {one: at for at, one in enumerate(found.candidates.ids)}
    return {one: [float(degree) for degree in found.candidates.located.xy[row[one]]] for one in sites}


def fairness_of(found: Case, points: list[list[float]]) -> dict[str, Any]:
    """Return how ways and service are shared before and after:
    Lorenz curve and Gini coefficient of the way, 2SFCA access of each cell.
    """
    got = fairness(found, np.array(points, np.float64).reshape(-1, 2))

    def both(name: str) -> dict[str, Any]:
        return {"before": getattr(got.before, name), "after": getattr(got.after, name)}

    def each(side: Side) -> list[float | None]:
        return [None] * len(got.cells) if side.access is None else side.access.tolist()

    def listed(curve: np.ndarray | None) -> list[float] | None:
        return None if curve is None else curve.round(6).tolist()

    return {
        "distance": {
            "gini": both("gini"),
            "lorenz": {
                "share_of_demand": STEPS.round(2).tolist(),
                "before": listed(got.before.lorenz),
                "after": listed(got.after.lorenz),
            },
        },
        "access": {
            "method": "2SFCA",
            "catchment": found.filters.radius,
            "unit": f"stations per {PER:g} demand weight",
            "gini": both("access_gini"),
            "share_without": both("without"),
            "cells": [
                {"cell": cell, "weight": weight, "before": before, "after": after}
                for cell, weight, before, after in zip(
                    got.cells, got.weight.tolist(), each(got.before), each(got.after), strict=True
                )
            ],
        },
    }
