"""``coverage``: who is within reach, nominal and effective, weighted and not."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime
from typing import Any

from dashboard.as_of import day_of
from geodata.errors import N_, AtlasError
from layers import coverage, places
from layers.atlas import Atlas
from layers.coverage import Share
from layers.filters import NATION, NETWORK, STRAIGHT, Filters


def asked(
    radius: int,
    detour: float,
    at: str | None,
    place: str | None,
    as_of: str | None = None,
    way: str | None = None,
) -> Filters:
    """Return the filters of the command's options.

    Raises
    ------
    AtlasError
        An option holds a value that cannot be used.
    """
    day = day_of(as_of) if as_of else None
    filters = Filters(radius=radius, detour=detour, place=place or NATION, as_of=day, way=way)
    if at:
        try:
            when = datetime.fromisoformat(at)
        except ValueError as error:
            raise AtlasError(N_("时刻“{got}”不可用：请按 2024-10-15T22:00 的样子给出日期和整点。"), got=at) from error
        filters = filters.having(hour=when.hour, day=when.isoweekday())
    return filters


def one_radius(options: argparse.Namespace) -> int:
    """Return the one radius of a command that measures within one.

    Raises
    ------
    AtlasError
        There are several.
    """
    if len(options.radius) > 1:
        raise AtlasError(
            N_("给了 {count} 个半径：几个半径一起算要加 --by county，否则请只给一个。"), count=len(options.radius)
        )
    return options.radius[0]


def straight(options: argparse.Namespace) -> str | None:
    """Return the way that a detour factor asks for: straight, since along a network there is none."""
    return STRAIGHT if options.detour is not None else None


def measured(atlas: Atlas, filters: Filters, gettext: Callable[[str], str] = lambda msgid: msgid) -> dict[str, Any]:
    """Return the coverage of `filters` with every denominator named.

    ``apart`` is None where the way is straight: who along the network is told apart, and covered by none.
    A share that nobody can tell is None, with the code of its reason in ``why``; ``note`` says in words, in the
    language of `gettext`, which stations are not counted.
    """
    found = coverage.measure(atlas, filters)
    note, apart = found.note(filters), found.apart
    here = places.scope(atlas, filters)

    def share(one: Share, unit: str) -> dict[str, Any]:
        known = {"covered": one.part if one.why is None else None, "denominator": one.whole, "unit": unit}
        return known | {"share": one.ratio} | ({} if one.why is None else {"why": one.why})

    weight, cells = "demand weight", "demand cells"
    return {
        "place": here.adcode,
        "name": here.name,
        "radius_m": found.radius_m,
        "way": STRAIGHT if apart is None else NETWORK,
        "detour_factor": found.detour_factor if apart is None else None,
        "straight_radius_m": filters.straight_radius if apart is None else None,
        "apart": None
        if apart is None
        else {
            "cells_far": int(apart.far.sum()),
            "cells_cut_off": int(apart.cut.sum()),
            "roads_cut_off": list(apart.roads),
            "stations_far": atlas.stations["station_id"].iloc[apart.stations].tolist(),
        },
        "straight": {"effective": {"weighted": share(found.straight_weighted, weight)}}
        if found.straight_weighted
        else None,
        "at": {"weekday": filters.day, "hour": filters.hour} if filters.hour is not None else None,
        "as_of": found.as_of.isoformat(),
        "epsg": list(found.epsg),
        "stations": {
            "nominal": found.stations_nominal,
            "effective": found.stations_effective,
            "unplaced": found.stations_unplaced,
            "unknown_hours": found.stations_unknown_hours,
        },
        "note": note.text(gettext) if note else None,
        "nominal": {
            "weighted": share(found.nominal_weighted, weight),
            "unweighted": share(found.nominal_unweighted, cells),
        },
        "effective": {
            "weighted": share(found.effective_weighted, weight),
            "unweighted": share(found.effective_unweighted, cells),
        },
        "backup": {"weighted": share(found.backup_weighted, weight)},
        "provenance": found.provenance,
        "data_version": atlas.version,
    }
