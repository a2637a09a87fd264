"""``coverage --by county``: every county, every hour of a weekday, several radii, in one go."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from geodata.derived import NAME, Measures
from geodata.derived.measures import NAME as MEASURES
from geodata.errors import N_, AtlasError
from geodata.exporting.text_tables import neutral
from geodata.pools import Pool
from layers import coverage_counties, places
from layers.atlas import Atlas
from layers.coverage_block import HOURS
from layers.coverage_counties import Counties
from layers.filters import NETWORK, STRAIGHT, Filters
from layers.unplaced import UNPLACED

#: Columns of the text table, a row for each county, radius and hour; an hour that is empty is whatever hour.
COLUMNS = (
    *("adcode", "name", "name_en", "radius_m", "hour", "way", "demand_weight", "nominal_weight", "nominal_share"),
    *("effective_weight", "effective_share", "cells", "cells_nominal", "cells_effective", "stations_nominal"),
    *("stations_effective", "stations_unplaced", "stations_unknown_hours", "why", "provenance", "data_version"),
)
ANY_HOUR = HOURS  # last of the columns of a measure


def measures(home: Path) -> Measures:
    """Return where the figures of the atlas of a home are kept."""
    return Measures(home / NAME / MEASURES)


def by_county(
    atlas: Atlas,
    filters: Filters,
    radii: tuple[int, ...],
    kept: Measures,
    pool: Pool,
    out: Path | None,
    progress: Callable[[float, str], None],
) -> dict[str, Any]:
    """Return the coverage of each county of the place looked at; where it goes into a file, that of the whole alone.

    Raises
    ------
    AtlasError
        As :func:`layers.coverage_counties.measure`; the file cannot be written.
    """
    words = N_("正在计算各县区的覆盖率")
    found = coverage_counties.measure(atlas, filters, radii, kept, pool, lambda share: progress(share, words))
    here = places.scope(atlas, filters)
    result: dict[str, Any] = {
        "place": here.adcode,
        "name": here.name,
        "weekday": filters.day,
        "radii_m": list(found.radii),
        "detour_factor": filters.detour,
        "as_of": atlas.data_date.isoformat(),
        "counties": len(found.units),
        "counties_lost": int(found.lost.sum()),
        "measured_anew": found.anew,
        "data_version": atlas.version,
        "total": _total(found),
    }
    if out is None:
        return result | {"by_county": list(_counties(atlas, found))}
    return result | {"path": str(out), "rows": _written(atlas, found, out)}


def _total(found: Counties) -> list[dict[str, Any]]:
    whole, nominal, effective = found.totals()
    return [
        {"radius_m": radius, "provenance": origin, **_shares(whole, nominal[at], effective[at])}
        for at, (radius, origin) in enumerate(zip(found.radii, found.origin(), strict=True))
    ]


def _shares(whole: np.ndarray, nominal: np.ndarray, effective: np.ndarray, known: bool = True) -> dict[str, Any]:
    """Return both shares, whatever the hour, with what they are of; and the effective one hour by hour."""

    def share(part: np.ndarray) -> list[float | None]:
        return [float(a / b) if b > 0 and known else None for a, b in zip(part, whole, strict=True)]

    def told(part: np.ndarray) -> dict[str, Any]:
        return {
            "covered": float(part[ANY_HOUR]) if known else None,
            "denominator": float(whole[ANY_HOUR]),
            "unit": "demand weight",
            "share": share(part)[ANY_HOUR],
        }

    by_hour = {"by_hour": share(effective)[:HOURS]}
    # where the demand has hours of its own, so has what stations reach that are open at all
    varies = {} if (whole == whole[ANY_HOUR]).all() else {"by_hour": share(nominal)[:HOURS]}
    return {"nominal": told(nominal) | varies, "effective": told(effective) | by_hour}


def _named(atlas: Atlas, found: Counties) -> Iterator[tuple[int, str, str, str]]:
    """Give position, code, name and English name of each county."""
    rows = atlas.tree.codes.get_indexer(list(found.units))
    names, english = (atlas.places[column].to_numpy(dtype=object)[rows] for column in ("name", "name_en"))
    yield from zip(range(len(rows)), found.units, names, english, strict=True)


def _counties(atlas: Atlas, found: Counties) -> Iterator[dict[str, Any]]:
    for at, adcode, name, _ in _named(atlas, found):
        lost = bool(found.lost[at])
        yield {
            "adcode": adcode,
            "name": name,
            "way": NETWORK if found.walked[at] else STRAIGHT,
            "cells": int(found.cells[at]),
            "stations": {
                "nominal": int(found.stations_nominal[at]),
                "effective": int(found.stations[at, ANY_HOUR]),
                "by_hour": found.stations[at, :HOURS].tolist(),
                "unplaced": int(found.missing[at]),
                "unknown_hours": int(found.unknown_hours[at]),
            },
            **({"why": UNPLACED} if lost else {}),
            "radii": [
                {
                    "radius_m": radius,
                    "provenance": found.provenance[at][one],
                    **_shares(found.whole[at], found.nominal[at, one], found.effective[at, one], not lost),
                }
                for one, radius in enumerate(found.radii)
            ],
        }


def _rows(atlas: Atlas, found: Counties) -> Iterator[tuple[Any, ...]]:
    for at, adcode, name, english in _named(atlas, found):
        lost, way = bool(found.lost[at]), NETWORK if found.walked[at] else STRAIGHT
        of_county = int(found.missing[at]), int(found.unknown_hours[at]), UNPLACED if lost else ""
        called = adcode, neutral(name), neutral(english)
        for one, radius in enumerate(found.radii):
            origin = found.provenance[at][one]
            for hour in (ANY_HOUR, *range(HOURS)):
                whole = float(found.whole[at, hour])

                def of(part: float, cells: int, whole: float = whole, lost: bool = lost) -> tuple[Any, ...]:
                    return ("", "", "") if lost else (part, part / whole if whole > 0 else "", cells)

                nominal = of(float(found.nominal[at, one, hour]), int(found.cells_nominal[at, one]))
                effective = of(float(found.effective[at, one, hour]), int(found.cells_effective[at, one, hour]))
                yield (
                    *called,
                    radius,
                    "" if hour == ANY_HOUR else hour,
                    way,
                    whole,
                    *nominal[:2],
                    *effective[:2],
                    int(found.cells[at]),
                    nominal[2],
                    effective[2],
                    int(found.stations_nominal[at]),
                    int(found.stations[at, hour]),
                    *of_county,
                    origin or "",
                    atlas.version,
                )


def _written(atlas: Atlas, found: Counties, out: Path) -> int:
    """Write the text table, whole or not at all, and return its number of rows."""
    unfinished = out.with_name(f".{out.name}-{os.getpid()}.writing")
    count = 0
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("x", encoding="utf-8-sig", newline="") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for row in _rows(atlas, found):
                table.writerow(row)
                count += 1
        unfinished.replace(out)
    except OSError as error:
        raise AtlasError(
            N_("文件 {path} 写不进去（{detail}）：请检查文件夹和权限。"), path=out, detail=error.strerror or error
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink()
    return count
