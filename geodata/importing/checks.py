"""What the cells of a row cannot show one by one: rows that look wrong beside others, or beside what is known."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata import datum
from geodata.errors import N_
from geodata.importing.duplicates import duplicates
from geodata.importing.identity import THINGS
from geodata.importing.misplaced import known_positions, likely_datum, out_of_place
from geodata.importing.report import named, shown
from geodata.importing.rows import Rows
from geodata.importing.totals import totals
from geodata.in_parts import Table, parts, taken

ORDERED = (
    ("start", "end"),
    ("opened_on", "last_inspected"),
    ("opened_on", "valid_to"),
    ("valid_from", "valid_to"),
    ("period_start", "period_end"),
)
#: 甲站等3个, 甲站（共 3 处）, 甲站×3, 甲驿站、乙驿站
_SEVERAL = re.compile(
    r"[等共计]\s*(?:[2-9]|[1-9]\d+|[两二三四五六七八九十]+)\s*[个处家座所]|[×xX*]\s*\d+$|"
    r"(?<![车交铁运油电])站(?:点|\([^()]*\)|（[^（）]*）)?[、，,；;/和及与].*站(?:点|（[^（）]*）)?$"
)


def warnings_of(
    rows: Rows,
    frame: Table,
    positions: NDArray[np.intp],
    given: NDArray[np.float64],
    crs: str | None,
) -> None:
    """Add every warning about the accepted rows.

    Parameters
    ----------
    rows : Rows
        All rows of the file.
    frame : DataFrame or InParts
        The accepted ones, in the types of the schema.
    positions : ndarray of int
        Position in `rows` of each row of `frame`.
    given : ndarray, shape (len(rows), 2)
        Points as the file gives them, NaN where there is none.
    crs : str or None
        Coordinate system in which they were read.
    """
    _order(rows, frame, positions)
    _several(rows, frame, positions)
    turned = np.array(sorted(rows.turned - rows.wrong), np.intp)
    if len(turned):
        mended = np.column_stack(datum.to_wgs84(*given[turned].T, crs or "wgs84"))
        rows.warn(
            turned,
            N_("{count} 行的经度和纬度写反了，已对调读取（如 {example}）：请核对。"),
            "swapped",
            places=np.hstack([given[turned, ::-1], mended]),
            example=lambda at: {
                "example": "{:.6g}, {:.6g} → {:.6g}, {:.6g}".format(*given[turned[at]][::-1], *given[turned[at]])
            },
        )
    if rows.schema.geometry == "point" and len(frame):
        held, adcodes, xy = _points_of(frame)
        if len(held):
            out_of_place(rows, positions[held], adcodes, xy)
            if crs:
                likely_datum(
                    rows,
                    known_positions(frame, rows.schema, rows.ground)[held],
                    positions[held],
                    given,
                    adcodes,
                    xy,
                    crs,
                )
            duplicates(rows, frame, held, positions[held], xy)
    totals(frame, rows.schema, rows.ground, rows.report)


def _points_of(frame: Table) -> tuple[NDArray[np.intp], NDArray[np.object_], NDArray[np.float64]]:
    """Return the positions of the rows with a point, their places and the points."""
    held, adcodes, xy = [], [], []
    for start, part in parts(frame, ("adcode", "geometry")):
        at = np.flatnonzero(part.geometry.notna().to_numpy())
        held.append(start + at)
        adcodes.append(part["adcode"].astype(object).to_numpy()[at])
        xy.append(shapely.get_coordinates(part.geometry.to_numpy()[at]))
    return np.concatenate(held), np.concatenate(adcodes), np.vstack(xy)


def _order(rows: Rows, frame: Table, positions: NDArray[np.intp]) -> None:
    names = {column.name: named(column) for column in rows.schema.columns}
    wrong: dict[tuple[str, str], list[NDArray[np.intp]]] = {}
    for start, part in parts(frame, [name for name in dict.fromkeys(sum(ORDERED, ())) if name in names]):
        for first, last in ORDERED:
            if first in part and last in part:
                early, late = part[first], part[last]
                if early.dtype != late.dtype:  # a date, and ISO text
                    early, late = (pd.to_datetime(one, errors="coerce", format="ISO8601") for one in (early, late))
                found = start + np.flatnonzero((late < early).fillna(False).to_numpy(bool))
                wrong.setdefault((first, last), []).append(positions[found])
    for (first, last), found in wrong.items():
        rows.warn(
            np.concatenate(found),
            N_("{count} 行的“{last}”早于“{first}”：请核对。"),
            "order",
            last,
            first=names[first],
            last=names[last],
        )


def _several(rows: Rows, frame: Table, positions: NDArray[np.intp]) -> None:
    """Tell of names that name several things: a row is one of them, whatever its name says."""
    if rows.schema.name not in THINGS:
        return
    found = [
        start + np.flatnonzero(part["name"].str.contains(_SEVERAL).fillna(False).to_numpy(bool))
        for start, part in parts(frame, ("name",))
    ]
    at = np.concatenate(found) if found else np.empty(0, np.intp)
    named_so = taken(frame, at)["name"].tolist() if len(at) else []
    names = {int(positions[one]): name for one, name in zip(at, named_so, strict=True)}
    rows.warn(
        names,
        N_("{count} 行的名称像是把几个写在了一行（如“{name}”）：一行只算一个，请一行写一个。"),
        "several",
        "name",
        example=lambda one: {"name": shown([*names.values()][one])},
    )
