"""What the cells cannot show one by one: keys that repeat, references that lead nowhere, rows that look wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata import datum
from geodata.codes import shipped_rows
from geodata.errors import N_
from geodata.facts import format_reported
from geodata.importing.ground import Ground
from geodata.importing.identity import THINGS
from geodata.importing.own_values import has_own, text_label
from geodata.importing.report import MAX_ROWS_NAMED, Problem, Report, named, shown
from geodata.importing.rows import Rows
from geodata.in_parts import InParts, Table, parts, taken
from geodata.merging import applied, merge
from geodata.schema import TABLES, TableSchema

NEAR_M, SIMILAR, NEIGHBOURS = 20.0, 0.7, 4
TREE_BLOCK, PAIR_BLOCK = 100_000, 5_000  # points asked for their neighbours at once
MAX_COMPARED = 20_000  # pairs of names
DATUM_SAMPLE = 50_000  # rows by which another datum is tried: on all rows of a long table that is a fifth of its check
COMPARED_LETTERS = 60
EARTH_M = 6_371_008.8
KNOWN_FAR_M, KNOWN_NEAR_M = 100.0, 40.0
REFERENCES = {
    "region_id": ("regions",),
    "grid_id": ("grids",),
    "zone": ("zones",),
    "activity_id": ("activities",),
    "fact_id": ("facts",),
}
LOOSE = ("zone", "activity_id", "fact_id")  # what they name may come later: kept, and said
ORDERED = (
    ("start", "end"),
    ("opened_on", "last_inspected"),
    ("opened_on", "valid_to"),
    ("valid_from", "valid_to"),
    ("period_start", "period_end"),
)
LIKELY = {
    "wgs84": N_(
        "坐标看来是 GPS 的（wgs84），不是 {stated}：按它读取，"
        "{count} 行会回到所属县区、岸上或已知位置（如第 {row} 行 {before} → {after}）。请核对坐标系。"
    ),
    "gcj02": N_(
        "坐标看来是高德、腾讯的（gcj02），不是 {stated}：按它读取，"
        "{count} 行会回到所属县区、岸上或已知位置（如第 {row} 行 {before} → {after}）。请核对坐标系。"
    ),
    "bd09": N_(
        "坐标看来是百度的（bd09），不是 {stated}：按它读取，"
        "{count} 行会回到所属县区、岸上或已知位置（如第 {row} 行 {before} → {after}）。请核对坐标系。"
    ),
}
ALTERNATIVES = tuple(LIKELY)
#: 甲站等3个, 甲站（共 3 处）, 甲站×3, 甲驿站、乙驿站
_SEVERAL = re.compile(
    r"[等共计]\s*(?:[2-9]|[1-9]\d+|[两二三四五六七八九十]+)\s*[个处家座所]|[×xX*]\s*\d+$|"
    r"(?<![车交铁运油电])站(?:点|\([^()]*\)|（[^（）]*）)?[、，,；;/和及与].*站(?:点|（[^（）]*）)?$"
)
_NUMBERS = re.compile(r"\d+|[一二三四五六七八九十]+(?=[号站期])")


def unique_keys(rows: Rows, schema: TableSchema, report: Report) -> None:
    """Refuse rows whose key has been seen before in the file."""
    keys = rows.values.get(schema.key, ())
    first: dict[Any, int] = {}
    for at in _suspects(keys):
        key = keys[at]
        seen = first.setdefault(key, at)
        if seen != at:
            rows.wrong.add(at)
            report.error(
                Problem(
                    N_("“{key}”与工作表“{over}”第 {other} 行重复：请改正编号，或删去一行。")
                    if rows.apart(at, seen)
                    else N_("“{key}”与第 {other} 行重复：请改正编号，或删去一行。"),
                    {"key": shown(key), **rows.named(seen)},
                    **rows.where(at, schema.key),
                    value=shown(key),
                    expected_msgid=N_("不重复的编号"),
                    code="duplicate",
                )
            )


def _suspects(keys: Sequence[Any]) -> list[int]:
    """Return the positions of keys of which another may be the same.

    Their hashes are, which take a tenth of the memory.
    """
    hashes, waiting = np.empty(len(keys), np.int64), iter(keys)
    for start in range(0, len(keys), TREE_BLOCK):
        some = list(islice(waiting, TREE_BLOCK))
        hashes[start : start + len(some)] = [hash(one) for one in some]
    order = np.argsort(hashes, kind="stable")
    again = np.flatnonzero(hashes[order[1:]] == hashes[order[:-1]])
    found = np.unique(np.concatenate([order[again], order[again + 1]]))
    return [at for at in found.tolist() if keys[at] is not None]


def references(rows: Rows, schema: TableSchema, ground: Ground, report: Report) -> None:
    """Turn names of regions, grids and the like into their ids, and refuse rows that name what the atlas does not hold.

    Membership is the truth of the atlas, so a name counts only where one thing bears it, if need be within the row's
    place.
    """
    own = has_own(schema)
    nullable = {column.name: column for column in schema.columns if column.nullable}
    for column, tables in REFERENCES.items():
        if column not in rows.values or schema.key == column:
            continue
        if schema.name == "activities" and column == "region_id":
            tables = (*tables, "zones")
        known, strange = set().union(*(ground.ids(table) for table in tables)), []
        unknown: list[tuple[int, str]] = []
        codes = rows.values.get("adcode", [None] * len(rows))
        for at, said in enumerate(rows.values[column]):
            if said is None or said in known:
                continue
            found = [key for table in tables for key in ground.keys_of(table, said, codes[at])]
            if len(found) == 1:
                rows.values[column][at] = found[0]
            elif column in LOOSE:
                strange.append(at)
            elif not found and own and nullable.get(column):
                rows.own.setdefault(at, {})[text_label(nullable[column])] = said
                rows.values[column][at] = None
                unknown.append((at, said))
            else:
                rows.wrong.add(at)
                report.error(
                    Problem(
                        N_("有 {count} 个名为“{value}”的{table}：请写编号，如 {key}。")
                        if found
                        else N_("“{value}”不是图册里的编号或名称：请先导入表 {table}，或改正。"),
                        {
                            "value": shown(said),
                            "table": named(TABLES[tables[0]]),
                            "count": len(found),
                            "key": found[0] if found else "",
                        },
                        **rows.where(at, column),
                        value=shown(said),
                        expected_msgid=N_("已有的编号或名称"),
                        code="reference",
                    )
                )
        said_of = dict(unknown)
        _name_rows(
            report,
            rows,
            list(said_of),
            N_(
                "{count} 行写的（如“{value}”）不是图册里{table}的编号或名称，"
                "按不知道处理，原文随行保存：请改正，或先导入表 {table}。"
            ),
            "unknown",
            column,
            table=named(TABLES[tables[0]]),
            example=lambda at, said_of=said_of: {"value": shown(list(said_of.values())[at])},
        )
        _name_rows(
            report,
            rows,
            strange,
            N_(
                "{count} 行写的（如“{value}”）不是图册里{table}的编号或名称，照原样保存：请改正，或随后导入表 {table}。"
            ),
            "reference",
            column,
            table=named(TABLES[tables[0]]),
            example=lambda at, column=column, strange=strange: {"value": shown(rows.values[column][strange[at]])},
        )


def warnings_of(
    rows: Rows,
    frame: Table,
    positions: NDArray[np.intp],
    given: NDArray[np.float64],
    schema: TableSchema,
    crs: str | None,
    ground: Ground,
    report: Report,
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
    _order(rows, frame, positions, schema, report)
    _several(rows, frame, positions, schema, report)
    turned = np.array(sorted(rows.turned - rows.wrong), np.intp)
    if len(turned):
        mended = np.column_stack(datum.to_wgs84(*given[turned].T, crs or "wgs84"))
        _name_rows(
            report,
            rows,
            turned,
            N_("{count} 行的经度和纬度写反了，已对调读取（如 {example}）：请核对。"),
            "swapped",
            places=np.hstack([given[turned, ::-1], mended]),
            example=lambda at: {
                "example": "{:.6g}, {:.6g} → {:.6g}, {:.6g}".format(*given[turned[at]][::-1], *given[turned[at]])
            },
        )
    if schema.geometry == "point" and len(frame):
        held, adcodes, xy = _points_of(frame)
        if len(held):
            _out_of_place(rows, positions[held], adcodes, xy, ground, report)
            if crs:
                _likely_datum(
                    rows,
                    _known_positions(frame, schema, ground)[held],
                    positions[held],
                    given,
                    adcodes,
                    xy,
                    crs,
                    ground,
                    report,
                )
            _duplicates(rows, frame, held, positions[held], xy, schema, ground, report)
    _totals(frame, schema, ground, report)


def _points_of(frame: Table) -> tuple[NDArray[np.intp], NDArray[np.object_], NDArray[np.float64]]:
    """Return the positions of the rows with a point, their places and the points."""
    held, adcodes, xy = [], [], []
    for start, part in parts(frame, ("adcode", "geometry")):
        at = np.flatnonzero(part.geometry.notna().to_numpy())
        held.append(start + at)
        adcodes.append(part["adcode"].astype(object).to_numpy()[at])
        xy.append(shapely.get_coordinates(part.geometry.to_numpy()[at]))
    return np.concatenate(held), np.concatenate(adcodes), np.vstack(xy)


def _name_rows(
    report: Report,
    rows: Rows,
    at: Iterable[int],
    msgid: str,
    code: str,
    column: str | None = None,
    places: NDArray[np.float64] | None = None,
    example: Callable[[int], dict[str, Any]] | None = None,
    **params: Any,
) -> None:
    """Warn of the rows `at`, sheet by sheet;
    `places` has longitude and latitude of each as read and as mended, shape (n, 4).

    `example` gives what the message names of one row, by its place in `at`.
    """
    of = {int(one): place for place, one in enumerate(at)}
    for group in rows.by_sheet(of):
        named = group[:MAX_ROWS_NAMED]
        numbers = tuple(rows.numbers[one] for one in named)
        pairs = (
            ()
            if places is None
            else tuple(
                (row, *pair)
                for row, pair in zip(numbers, places[[of[one] for one in named]].round(8).tolist(), strict=True)
            )
        )
        more = example(of[group[0]]) if example else {}
        report.warn(
            Problem(
                msgid,
                {"count": len(group), **params, **more},
                **rows.where(group[0], column),
                rows=numbers,
                positions=pairs,
                code=code,
            )
        )


def _order(rows: Rows, frame: Table, positions: NDArray[np.intp], schema: TableSchema, report: Report) -> None:
    names = {column.name: named(column) for column in schema.columns}
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
        _name_rows(
            report,
            rows,
            np.concatenate(found),
            N_("{count} 行的“{last}”早于“{first}”：请核对。"),
            "order",
            last,
            first=names[first],
            last=names[last],
        )


def _several(rows: Rows, frame: Table, positions: NDArray[np.intp], schema: TableSchema, report: Report) -> None:
    """Tell of names that name several things: a row is one of them, whatever its name says."""
    if schema.name not in THINGS:
        return
    found = [
        start + np.flatnonzero(part["name"].str.contains(_SEVERAL).fillna(False).to_numpy(bool))
        for start, part in parts(frame, ("name",))
    ]
    at = np.concatenate(found) if found else np.empty(0, np.intp)
    names = {int(positions[one]): rows_name for one, rows_name in zip(at, _names(frame, at), strict=True)}
    _name_rows(
        report,
        rows,
        names,
        N_("{count} 行的名称像是把几个写在了一行（如“{name}”）：一行只算一个，请一行写一个。"),
        "several",
        "name",
        example=lambda one: {"name": shown([*names.values()][one])},
    )


def _names(frame: Table, at: NDArray[np.intp]) -> list[Any]:
    return taken(frame, at)["name"].tolist() if len(at) else []


def _out_of_place(
    rows: Rows,
    positions: NDArray[np.intp],
    adcodes: NDArray[np.object_],
    xy: NDArray[np.float64],
    ground: Ground,
    report: Report,
) -> None:
    outside = np.flatnonzero(ground.outside(adcodes, *xy.T))
    if len(outside):
        _name_rows(
            report,
            rows,
            positions[outside],
            N_("{count} 行的坐标不在所写的行政区划（如 {name}）之内：请核对坐标、坐标系和代码。"),
            "outside",
            "adcode",
            example=lambda at: {"name": ground.adcodes.get(adcodes[outside[at]], adcodes[outside[at]])},
        )
    wet = np.flatnonzero(ground.in_sea(*xy.T))
    if len(wet):
        _name_rows(report, rows, positions[wet], N_("{count} 行的坐标落在海里：请核对坐标和坐标系。"), "sea")


def _likely_datum(
    rows: Rows,
    known: NDArray[np.float64],
    positions: NDArray[np.intp],
    given: NDArray[np.float64],
    adcodes: NDArray[np.object_],
    xy: NDArray[np.float64],
    crs: str,
    ground: Ground,
    report: Report,
) -> None:
    """Warn when another datum would put the points right: in their county, ashore, on rows of the same name."""
    stated = "wgs84" if crs == "cgcs2000" else crs
    some = np.unique(np.linspace(0, len(positions) - 1, min(len(positions), DATUM_SAMPLE)).astype(np.intp))
    if stated not in ALTERNATIVES or not np.isfinite(given[:, 0])[positions].all():
        return

    def read_as(name: str, at: NDArray[np.intp] = some) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        misplaced, away = np.empty(len(at), bool), np.empty(len(at))
        for start in range(0, len(at), TREE_BLOCK):  # what comes in between takes twenty times what is found
            here = slice(start, start + TREE_BLOCK)
            lon, lat = datum.to_wgs84(*given[positions[at[here]]].T, name)
            misplaced[here] = ground.outside(adcodes[at[here]], lon, lat, exact=True) | ground.in_sea(lon, lat)
            away[here] = _distance(np.column_stack([lon, lat]), known[at[here]])
        return misplaced, away

    bad, away = read_as(stated)
    far = float(np.nanmedian(away)) if np.isfinite(away).any() else 0.0
    if far <= KNOWN_FAR_M and bad.sum() < max(2, 0.01 * len(bad)):
        return  # as they are read they lie well: no other datum can be likelier
    found = {name: (bad, away) if name == stated else read_as(name) for name in ALTERNATIVES}
    best = min(
        (name for name in ALTERNATIVES if name != stated),
        key=lambda name: (np.nan_to_num(np.nanmedian(found[name][1])) if far else 0.0, int(found[name][0].sum())),
    )
    nearer = float(np.nanmedian(found[best][1])) if far else 0.0
    by_name = far > KNOWN_FAR_M and nearer < KNOWN_NEAR_M
    if not by_name and (bad.sum() < max(2, 0.01 * len(bad)) or found[best][0].sum() > 0.25 * bad.sum()):
        return
    every = np.arange(len(positions))
    (bad, away), (better, after) = (
        (found[one] if len(some) == len(every) else read_as(one, every)) for one in (stated, best)
    )
    moved = np.flatnonzero((away > KNOWN_FAR_M) & (after < KNOWN_NEAR_M) if by_name else bad & ~better)
    now = xy[moved]
    mended = np.column_stack(datum.to_wgs84(*given[positions[moved]].T, best))
    _name_rows(
        report,
        rows,
        positions[moved],
        LIKELY[best],
        "datum",
        "lon",
        np.hstack([now, mended]),
        likely=best,
        stated=crs,
        example=lambda at: {
            "row": rows.numbers[positions[moved[at]]],
            "before": "{:.6f},{:.6f}".format(*now[at]),
            "after": "{:.6f},{:.6f}".format(*mended[at]),
        },
    )


def _known_positions(frame: Table, schema: TableSchema, ground: Ground) -> NDArray[np.float64]:
    """Return where the atlas has a row of the same key, or of the same name in the same place.

    NaN where it has none.
    """
    there = ground.table(schema.name)
    there = there[there.geometry.notna()]
    xy = shapely.get_coordinates(there.geometry.to_numpy()) if len(there) else np.empty((0, 2))
    keys, once = pd.Index(there[schema.key]), {}
    if "name" in there:
        names = there["adcode"].astype(str) + "|" + there["name"].astype(str)
        single = ~names.duplicated(keep=False)
        once = dict(zip(names[single], np.flatnonzero(single), strict=True))
    known = np.full((len(frame), 2), np.nan)
    for start, part in parts(frame, (schema.key, "adcode", "name")):
        at = keys.get_indexer(part[schema.key])
        if once:
            said = zip(part["adcode"].tolist(), part["name"].tolist(), strict=True)
            named = np.fromiter((once.get(f"{code}|{name}", -1) for code, name in said), np.intp, len(part))
            at = np.where(at >= 0, at, named)
        known[start + np.flatnonzero(at >= 0)] = xy[at[at >= 0]]
    return known


def _distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance in metres, flat earth: for shifts of a few hundred metres."""
    mean = np.radians((a[:, 1] + b[:, 1]) / 2)
    return EARTH_M * np.hypot(np.radians(a[:, 0] - b[:, 0]) * np.cos(mean), np.radians(a[:, 1] - b[:, 1]))


def _duplicates(
    rows: Rows,
    frame: Table,
    held: NDArray[np.intp],
    positions: NDArray[np.intp],
    xy: NDArray[np.float64],
    schema: TableSchema,
    ground: Ground,
    report: Report,
) -> None:
    if not any(column.name == "name" for column in schema.columns) or schema.name in (
        "activities",
        "fairs",
        "enterprises",
    ):
        return  # several may well take place at, or be registered at, one spot
    there = ground.table(schema.name)
    there = there[there.geometry.notna() & (there["provenance"] != "illustrative")]
    for _, part in parts(frame, (schema.key,)) if len(there) else ():
        there = there[~there[schema.key].isin(part[schema.key])]

    theirs = there["name"].to_numpy(dtype=object)
    mine: Any = None if isinstance(frame, InParts) else frame["name"].to_numpy(dtype=object)

    def name_of(at: int) -> str:
        if at >= len(xy):
            return str(theirs[at - len(xy)])
        return str(frame.cell("name", held[at]) if isinstance(frame, InParts) else mine[held[at]])

    every = np.vstack([xy, shapely.get_coordinates(there.geometry.to_numpy())]) if len(there) else xy
    told = 0
    for compared, (one, other, metres) in enumerate(_close_pairs(every, len(xy))):
        if compared >= MAX_COMPARED:
            report.warn(
                Problem(
                    N_("相距 20 米以内的行太多，只比较了前 {count} 对：请先核对坐标。"),
                    {"count": MAX_COMPARED},
                    code="similar",
                )
            )
            return
        name, another = name_of(one), name_of(other)
        if similar(name, another):
            told += 1
            if told <= MAX_ROWS_NAMED:
                inside = other < len(xy)
                which = rows.numbers[positions[other]] if inside else there[schema.key].iloc[other - len(xy)]
                apart = inside and rows.apart(positions[one], positions[other])
                report.warn(
                    Problem(
                        N_(
                            "“{name}”与工作表“{over}”第 {which} 行的“{other}”相距 {metres} 米、名称相近，"
                            "可能重复：请核对。"
                        )
                        if apart
                        else N_("“{name}”与第 {which} 行的“{other}”相距 {metres} 米、名称相近，可能重复：请核对。")
                        if inside
                        else N_("“{name}”与图册里的“{other}”（{which}）相距 {metres} 米、名称相近，可能重复：请核对。"),
                        {
                            "name": shown(name),
                            "other": shown(another),
                            "which": which,
                            "over": rows.sheets[positions[other]] if inside else "",
                            "metres": round(metres, 1),
                        },
                        **rows.where(positions[one], "name"),
                        value=shown(name),
                        code="similar",
                    )
                )


def _close_pairs(xy: NDArray[np.float64], count: int) -> Iterator[tuple[int, int, float]]:
    """Yield pairs of rows within :data:`NEAR_M` and their distance in metres, each pair once;
    the first is below `count`.

    Rows at one spot count as one point, or a file with the same point in every row would be compared with itself
    square by square; of each spot :data:`NEIGHBOURS` rows are compared.
    """
    from scipy.spatial import cKDTree  # ty: ignore[missing-module-member] - it is there, from C

    order = np.lexsort(xy.T[::-1])  # by x, then y; rows at one spot in the order of the file
    first = np.ones(len(xy), bool)
    first[1:] = (xy[order[1:]] != xy[order[:-1]]).any(axis=1)
    starts = np.append(np.flatnonzero(first), len(xy))
    of = np.empty(len(xy), np.intp)
    of[order] = np.cumsum(first) - 1
    spots = order[starts[:-1]]
    unit = np.empty((len(spots), 3))
    for at in range(0, len(spots), TREE_BLOCK):
        lon, lat = np.radians(xy[spots[at : at + TREE_BLOCK]]).T
        unit[at : at + TREE_BLOCK] = EARTH_M * np.column_stack(
            [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
        )
    tree, many = cKDTree(unit), min(NEIGHBOURS, len(unit))
    crowded = np.diff(starts) > 1
    for at in range(0, len(unit), TREE_BLOCK):
        near, _ = tree.query(unit[at : at + TREE_BLOCK], k=many, distance_upper_bound=NEAR_M)
        crowded[at : at + TREE_BLOCK] |= np.isfinite(near.reshape(-1, many)[:, 1:]).any(axis=1)
    rows = np.flatnonzero(crowded[of[:count]])
    for at in range(0, len(rows), PAIR_BLOCK):
        some = rows[at : at + PAIR_BLOCK]
        near, index = tree.query(unit[of[some]], k=many, distance_upper_bound=NEAR_M)
        for one, metres, around in zip(some, near.reshape(-1, many), index.reshape(-1, many), strict=True):
            for distance, spot in zip(metres, around, strict=True):
                if np.isfinite(distance):
                    held = order[starts[spot] : starts[spot + 1]]
                    for other in held[np.searchsorted(held, one, "right") :][:NEIGHBOURS]:
                        yield int(one), int(other), float(distance)


def similar(one: str, other: str) -> bool:
    """Return whether two names may mean the same thing: alike in letters, and with the same numbers."""
    one, other = one[:COMPARED_LETTERS], other[:COMPARED_LETTERS]
    if _NUMBERS.findall(one) != _NUMBERS.findall(other):
        return False
    one, other = (re.sub(r"[\s()（）·\-]|工会|驿站|服务站点?|户外劳动者", "", name) for name in (one, other))
    return one == other or (
        bool(one)
        and bool(other)
        and (one in other or other in one or SequenceMatcher(None, one, other).ratio() >= SIMILAR)
    )


def _totals(frame: Table, schema: TableSchema, ground: Ground, report: Report) -> None:
    """Warn where the table, once these rows are in, no longer adds up to what was reported."""
    wanted = [row for row in shipped_rows("fact_totals.csv") if row["table"] == schema.name]
    if not wanted or not len(frame):
        return
    there, facts = ground.table(schema.name), ground.table("facts").set_index("id")
    touched = {code for _, part in parts(frame, ("adcode",)) for code in part["adcode"].dropna().unique()}
    wanted = [
        row
        for row in wanted
        if row["fact_id"] in facts.index and any(_lies_in(code, row["adcode"], ground) for code in touched)
    ]
    if not wanted:
        return
    plan = merge(schema.name, there, frame)
    totals = [0.0] * len(wanted)
    asked = {row["where"].partition("=")[0] for row in wanted} | {row["measure"].removeprefix("sum:") for row in wanted}
    for part in applied(there, frame, plan, schema.key, [schema.key, "adcode", *asked]):
        totals = [total + _total(part, row, ground) for total, row in zip(totals, wanted, strict=True)]
    for row, total in zip(wanted, totals, strict=True):
        before = _total(there, row, ground)
        fact = facts.loc[row["fact_id"]]
        if not _agrees(total, float(fact["value"]), fact["qualifier"]) and total != before:
            report.warn(
                Problem(
                    N_("导入后{place}的{subject}合计 {total}，与报道的 {reported}（{id}）不一致：请核对，或说明口径。"),
                    {
                        "place": {"zh": fact["place"], "en": ground.english.get(row["adcode"], fact["place"])},
                        "subject": {"zh": fact["subject"], "en": schema.en},
                        "total": f"{total:g}",
                        "id": row["fact_id"],
                        "reported": {
                            lang: format_reported(float(fact["value"]), fact["qualifier"], fact["unit"], lang)
                            for lang in ("zh", "en")
                        },
                    },
                    code="total",
                )
            )


def _total(frame: pd.DataFrame, row: dict[str, str], ground: Ground) -> float:
    mask = frame["adcode"].isin([code for code in frame["adcode"].unique() if _lies_in(code, row["adcode"], ground)])
    if row["where"]:
        column, _, value = row["where"].partition("=")
        mask &= frame[column].astype(str) == value
    return (
        float(frame.loc[mask, row["measure"].removeprefix("sum:")].sum())
        if row["measure"] != "count"
        else float(mask.sum())
    )


def _lies_in(code: Any, place: str, ground: Ground) -> bool:
    for _ in range(4):
        if code == place:
            return True
        code = ground.parents.get(code)
    return False


def _agrees(total: float, value: float, qualifier: str) -> bool:
    return {
        "exact": total == value,
        "at_least": total >= value,
        "over": value < total <= 1.2 * value,
        "nearly": 0.9 * value <= total < value,
        "about": abs(total - value) <= 0.1 * value,
    }[qualifier]
