"""Which rows of a file the atlas has already: the same row is the same row, however it is written this time.

A row stands on its normalised name, its county and its address, never on where its point lies. What is sure is taken as
the same; what may be is asked (:class:`geodata.importing.report.Doubt`) and waits for the answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError
from geodata.importing.alike import addresses, bare, light
from geodata.importing.ground import Ground
from geodata.importing.packed import is_long
from geodata.importing.pairing import paired
from geodata.importing.points import Shapes
from geodata.importing.report import MAX_ROWS_NAMED, Doubt, Problem, named, shown
from geodata.importing.rows import Rows
from geodata.in_parts import PART
from geodata.merging import ILLUSTRATIVE
from geodata.own_fields import as_text, values_of
from geodata.schema import OWN, TableSchema

#: Tables whose rows are things that stand somewhere:
#: two of one name and address are one. Of what takes place there may be two.
THINGS = ("stations", "enterprises", "candidates")
FURTHER = (
    "kind",
    "date",
    "activity_id",
    "fact_id",
    "split_by",
)  # what else tells rows of one name apart, and when it was
ALIAS = "来表编号"  # own field that keeps the id of a file for a row that the atlas knows by another
MAX_ASKED = 1_000
MAX_THERE = 5  # rows of the atlas in one question
MADE = re.compile(r"[A-Z]{2}-[0-9a-f]{10}(-\d+)?")
_REASONS = {
    "name": N_("“{name}”与图册里的“{other}”同县区、同名，地址或位置不同：是同一个，还是另一个？"),
    "address": N_("“{name}”与图册里的“{other}”同县区、同地址，名称不同：是同一个，还是另一个？"),
    "near": N_("“{name}”与图册里的“{other}”同名，相距不到 100 米，县区不同：是同一个，还是另一个？"),
    "key": N_("“{name}”与图册里的“{other}”编号相同，名称和县区都不同：是同一个，还是另一个？"),
}
_UNSAID = object()

Answers = Mapping[Any, str | None]


@dataclass(slots=True)
class Identities:
    """What matching found.

    Attributes
    ----------
    another : set of int
        Rows that are none of the atlas's, though they are called the same.
    aliases : dict of int to str
        Row → the id that the file gives it, where the atlas knows it by another.
    """

    another: set[int] = field(default_factory=set)
    aliases: dict[int, str] = field(default_factory=dict)


def match(
    rows: Rows,
    shapes: Shapes,
    answers: Answers,
    another: bool = False,
) -> Identities:
    """Give rows that the atlas has the keys that they have there, in place; ask where that is not sure.

    Parameters
    ----------
    rows, shapes
        As in :func:`geodata.importing.filling.keep`; the counties are known.
    answers : mapping
        Row number, or (sheet, row number) → key of the row of the atlas that it is, None for another.
    another : bool
        Whether rows without an answer are other ones; else they are left out.

    Raises
    ------
    AtlasError
        When an answer names a key that the atlas has not.
    """
    found = Identities()
    names = {column.name for column in rows.schema.columns}
    if not {"name", "adcode"} <= names or rows.schema.key == "adcode" or "name" not in rows.values:
        return found
    keys = rows.column(rows.schema.key)
    there = rows.ground.table(rows.schema.name)
    usable = _usable(rows, np.zeros(len(rows), bool) if answers else _strange(keys, there, rows.schema.key))
    if is_long(len(usable)) and not answers:
        usable = _near_another(rows, shapes, usable, keys, there)
    mine = _mine(rows, shapes, usable)
    if rows.schema.name in THINGS:
        mine = _once(rows, mine, keys)
    if not len(mine) or not len(there):
        return found
    known = pd.Index(there[rows.schema.key])
    stated = {at for at in mine.index if keys[at] is not None}
    theirs = _theirs(there, set(mine["adcode"].str[:4]), bool(mine["made_up"].any()), rows.schema, rows.ground)
    _by_alias(theirs, stated, keys, known, found)
    said = _answered(answers, rows, mine, keys, known, found) if answers else set()
    doubts = _strangers(mine, there, keys, known, said, rows.schema, rows.ground) if rows.schema.name in THINGS else {}
    for with_id in (True, False):
        open_ = [
            at
            for at in mine.index
            if at not in said and at not in doubts and (keys[at] is not None) == with_id and at not in found.aliases
        ]
        if with_id:
            open_ = [
                at
                for at, there_is in zip(open_, known.get_indexer([keys[at] for at in open_]), strict=True)
                if there_is < 0
            ]
        free = theirs[~theirs["key"].isin({key for key in keys if key is not None}).to_numpy(bool)]
        if with_id:  # an id that comes later meets one that was made up for want of it; two that people gave are two
            free = free[free["key"].map(lambda key: MADE.fullmatch(key) is not None).to_numpy(bool)]
        if not open_ or not len(free):
            continue
        wanted = mine.loc[open_]
        sure, unsure = paired(wanted, free, ask=rows.schema.name in THINGS)
        for one, other in zip(*sure, strict=True):
            at = int(wanted.index[one])
            if with_id:
                found.aliases[at] = keys[at]
            keys[at] = free["key"].iat[other]
        for one, (why, others) in unsure.items():
            doubts[int(wanted.index[one])] = (why, free.index[others[:MAX_THERE]].tolist())
    if another:
        _as_others(doubts, keys, found)
    else:
        _ask(doubts, rows, mine, there)
    _tell(rows, mine, stated, keys, known)
    return found


def remember(rows: Rows, found: Identities) -> None:
    """Keep the id that a file gives a row which the atlas knows by another,
    so that the next file finds it by that too.
    """
    if OWN not in {column.name for column in rows.schema.columns}:
        return
    keys = rows.values.get(rows.schema.key) or [None] * len(rows)
    there = rows.ground.table(rows.schema.name)
    held = there[there[OWN].str.contains(ALIAS, regex=False).fillna(False).to_numpy(bool)]
    before = {
        key: said
        for key, own in zip(held[rows.schema.key], held[OWN], strict=True)
        if (said := values_of(own).get(ALIAS)) is not None
    }
    if not found.aliases and not before:
        return
    own = rows.column(OWN)
    for at, key in enumerate(keys):
        alias = found.aliases.get(at) or before.get(key)
        if alias is not None:
            own[at] = as_text(values_of(own[at]) | {ALIAS: alias})


def _strange(keys: Any, there: pd.DataFrame, key: str) -> NDArray[np.bool_]:
    """Return rows with an id that the atlas has not, where no row of the atlas could be one of them.

    None has an id made up for it.

    Most rows of a first import are such; nothing of them need be compared.
    """
    none = np.zeros(len(keys), bool)
    made = there[key].str.fullmatch(MADE.pattern).fillna(False)
    named = there[OWN].str.contains(ALIAS, regex=False).fillna(False) if OWN in there else made
    if made.any() or named.any():
        return none
    known = set(there[key])
    return np.fromiter((one is not None and one not in known for one in keys), bool, len(keys))


def _usable(rows: Rows, apart: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the positions of rows that can be compared, but for the rows `apart`."""
    held = (rows.values.get(name) or repeat(None, len(rows)) for name in ("name", "adcode"))
    usable = np.fromiter((bool(name and code) for name, code in zip(*held, strict=True)), bool, len(rows)) & ~apart
    usable[[*rows.wrong, *rows.left]] = False
    return np.flatnonzero(usable)


def _near_another(
    rows: Rows,
    shapes: Shapes,
    usable: NDArray[np.intp],
    keys: Any,
    there: pd.DataFrame,
) -> NDArray[np.intp]:
    """Return those of the `usable` rows that another of the file or one of the atlas could be.

    Of a long table hardly any.

    What is compared takes five times the memory of the rows themselves, so it is made of some of them at a time.
    """
    codes, said = rows.values["adcode"], rows.values.get("provenance") or ()
    cities = {codes[at][:4] for at in usable.tolist()}
    theirs = _theirs(there, cities, any(one == ILLUSTRATIVE for one in said), rows.schema, rows.ground)
    ids = {*there[rows.schema.key], *_aliases(theirs)}
    hashes, near = np.empty(len(usable), np.uint64), np.zeros(len(usable), bool)
    for start in range(0, len(usable), PART):
        here = slice(start, start + PART)
        some = _mine(rows, shapes, usable[here])
        hashes[here] = pd.util.hash_pandas_object(some[["scope", "light", "where"]], False)  # ty: ignore[not-callable]
        alike = np.array([keys[at] in ids for at in some.index.tolist()], bool)
        for name in ("light", "bare", "where"):
            alike |= some[name].isin(set(theirs[name]) - {""}).to_numpy(bool)
        near[here] = alike
    return usable[near | pd.Series(hashes).duplicated(keep=False).to_numpy()]


def _mine(rows: Rows, shapes: Shapes, usable: NDArray[np.intp]) -> pd.DataFrame:
    """Return what tells each of the `usable` rows of the file apart; the index is its position in `rows`."""
    at = usable.tolist()

    def held(name: str) -> list[Any]:
        values = rows.values.get(name)
        return [values[one] for one in at] if values else [None] * len(at)

    frame = pd.DataFrame({name: held(name) for name in ("name", "address", "adcode")}, at)
    further = [held(name) for name in _further(rows.schema)]
    if "period" in _names(rows.schema):
        further.append([one or other for one, other in zip(held("start"), held("period"), strict=True)])
    frame["further"] = (
        ["|".join(str(one or "") for one in told) for told in zip(*further, strict=True)] if further else ""
    )
    frame["made_up"] = [one == ILLUSTRATIVE for one in held("provenance")]
    return _compared(frame, shapes[usable], rows.schema, rows.ground)


def _theirs(there: pd.DataFrame, cities: set[str], made_up: bool, schema: TableSchema, ground: Ground) -> pd.DataFrame:
    """Return the same of the rows of the atlas that rows of these cities could be, and their keys.

    The index is the position.

    In the cities of the rows: what was read into the next county the last time is looked for too. Rows that are made up
    (`made_up`: there are any) can be such rows alone.
    """
    held = there["adcode"].str[:4].isin(cities).to_numpy(bool)
    if not made_up:
        held = held & (there["provenance"] != ILLUSTRATIVE).to_numpy(bool)
    at = np.flatnonzero(held)
    rows = there.iloc[at]

    def texts(name: str) -> NDArray[np.object_]:
        if name not in rows:
            return np.full(len(rows), None, dtype=object)
        values = rows[name].dt.strftime("%Y-%m-%d") if rows[name].dtype.kind == "M" else rows[name]
        return values.astype(object).where(values.notna(), None).to_numpy(dtype=object)

    frame = pd.DataFrame({name: texts(name) for name in ("name", "address", "adcode")}, at)
    further = [texts(name) for name in _further(schema)]
    if "period" in _names(schema):
        start, period = texts("start"), texts("period")
        further.append(np.where(pd.isna(start), period, start))
    frame["further"] = (
        ["|".join(str(part or "") for part in one) for one in zip(*further, strict=True)] if further else ""
    )
    frame["made_up"] = (rows["provenance"] == ILLUSTRATIVE).to_numpy(bool)
    frame["key"] = rows[schema.key].to_numpy(dtype=object)
    frame["own"] = texts(OWN)
    shapes = rows.geometry.to_numpy() if schema.geometry else np.full(len(rows), None, dtype=object)
    return _compared(frame, shapes, schema, ground)


def _names(schema: TableSchema) -> set[str]:
    return {column.name for column in schema.columns}


def _further(schema: TableSchema) -> list[str]:
    return [name for name in FURTHER if name in _names(schema)]


def _compared(frame: pd.DataFrame, shapes: NDArray[Any], schema: TableSchema, ground: Ground) -> pd.DataFrame:
    """Add ``light``, ``bare`` and ``where`` (name twice, address)
    as they are compared, ``scope``, ``lon`` and ``lat``.
    """
    names, codes = frame["name"].tolist(), frame["adcode"].tolist()
    frame["light"] = light(names)
    frame["bare"] = bare(names, codes, ground, schema.name)
    frame["where"] = addresses(frame["address"].tolist(), codes, ground)
    frame["scope"] = frame["adcode"].astype(str) + "|" + frame["further"] + "|" + frame["made_up"].astype(str)
    xy = np.full((len(frame), 2), np.nan)
    points = np.flatnonzero(shapely.get_type_id(np.asarray(shapes, dtype=object)) == 0) if schema.geometry else []
    if len(points):
        xy[points] = np.column_stack([shapely.get_x(shapes[points]), shapely.get_y(shapes[points])])
    frame["lon"], frame["lat"] = xy.T
    return frame


def _once(rows: Rows, mine: pd.DataFrame, keys: Any) -> pd.DataFrame:
    """Leave out what the file has twice, and tell it; rows of one name that say different things both stay.

    Rows of one name, county and address are one; without an address they are one where all they say is the same.
    """
    alike = mine.groupby(["scope", "light", "where"], sort=False)
    twice = alike["name"].transform("size").to_numpy() > 1
    again: dict[int, int] = {}
    first: dict[tuple[Any, ...], int] = {}
    telling = [one for name, one in rows.values.items() if name not in ("source_id", "batch_id")]
    for at, scope, name, where, lon, lat in mine.loc[twice, ["scope", "light", "where", "lon", "lat"]].itertuples():
        if keys[at] is not None:
            continue
        place = () if where else (lon, lat, *(str(one[at]) if at < len(one) else None for one in telling))
        seen = first.setdefault((scope, name, where, *(str(one) for one in place)), at)
        if seen != at:
            again[at] = seen
    for group in rows.by_sheet(again):
        rows.report.warn(
            Problem(
                N_(
                    "{count} 行与前面的行是同一个（名称、县区、地址都相同，"
                    "如第 {row} 行与工作表“{over}”第 {other} 行），只导入前一行。"
                )
                if rows.apart(group[0], again[group[0]])
                else N_(
                    "{count} 行与前面的行是同一个（名称、县区、地址都相同，"
                    "如第 {row} 行与第 {other} 行），只导入前一行。"
                ),
                {"count": len(group), "row": rows.numbers[group[0]], **rows.named(again[group[0]])},
                **rows.where(group[0], "name"),
                rows=tuple(rows.numbers[at] for at in group[:MAX_ROWS_NAMED]),
                code="same_row",
            )
        )
    for at, seen in again.items():
        rows.left.add(at)
        rows.report.leave(
            Problem(
                N_("与工作表“{over}”第 {other} 行是同一个：名称、县区、地址都相同。")
                if rows.apart(at, seen)
                else N_("与第 {other} 行是同一个：名称、县区、地址都相同。"),
                rows.named(seen),
                **rows.where(at, "name"),
                code="same_row",
            )
        )
    return mine.drop(index=list(again)) if again else mine


def _by_alias(theirs: pd.DataFrame, stated: set[int], keys: Any, known: pd.Index, found: Identities) -> None:
    """Find rows by an id that an earlier file gave them."""
    of = _aliases(theirs)
    for at in stated if of else ():
        if keys[at] in of and keys[at] not in known:
            found.aliases[at], keys[at] = keys[at], of[keys[at]]


def _aliases(theirs: pd.DataFrame) -> dict[Any, str]:
    held = theirs[theirs["own"].map(lambda own: isinstance(own, str) and ALIAS in own).to_numpy(bool)]
    return {values_of(own).get(ALIAS): key for own, key in zip(held["own"], held["key"], strict=True)}


def _answered(
    answers: Answers, rows: Rows, mine: pd.DataFrame, keys: Any, known: pd.Index, found: Identities
) -> set[int]:
    """Do what was answered; return the rows that it was said of."""
    said = set()
    for at in mine.index:
        number = rows.numbers[at]
        answer = answers.get((rows.sheets[at], number), answers.get(number, _UNSAID))
        if answer is _UNSAID:
            continue
        said.add(at)
        if answer is None:
            keys[at] = None if keys[at] in known else keys[at]
            found.another.add(at)
        elif answer not in known:
            raise AtlasError(
                N_("图册里没有编号 {key}（第 {row} 行的回答）：请重新核对这个文件。"), key=answer, row=number
            )
        else:
            if keys[at] is not None and keys[at] != answer:
                found.aliases[at] = keys[at]
            keys[at] = answer
    return said


def _strangers(
    mine: pd.DataFrame,
    there: pd.DataFrame,
    keys: Any,
    known: pd.Index,
    said: set[int],
    schema: TableSchema,
    ground: Ground,
) -> dict[int, tuple[str, list[int]]]:
    """Return rows whose id the atlas has for a row of another name in another county: ledgers that all count from 1."""
    at = np.array([one for one in mine.index if keys[one] is not None and one not in said], int)
    if not len(at):
        return {}
    of = known.get_indexer(pd.Index([keys[one] for one in at], dtype=object))
    at, of = at[of >= 0], of[of >= 0]
    rows, theirs = mine.loc[at], there.iloc[of]
    codes = theirs["adcode"].to_numpy(dtype=object)
    names = bare(theirs["name"].tolist(), codes, ground, schema.name)
    other = (rows["adcode"].to_numpy(dtype=object) != codes) & (rows["bare"].to_numpy(dtype=object) != names)
    other = other & ((theirs["provenance"] != ILLUSTRATIVE).to_numpy(bool) | rows["made_up"].to_numpy(bool))
    return {int(at[one]): ("key", [int(of[one])]) for one in np.flatnonzero(other)}


def _as_others(doubts: Mapping[int, tuple[str, list[int]]], keys: Any, found: Identities) -> None:
    for at, (why, _) in doubts.items():
        found.another.add(at)
        if why == "key":
            keys[at] = None


def _ask(
    doubts: Mapping[int, tuple[str, list[int]]],
    rows: Rows,
    mine: pd.DataFrame,
    there: pd.DataFrame,
) -> None:
    """Leave the rows out of which it is not sure, and put both side by side."""
    names = there["name"].tolist() if doubts else []
    for at in sorted(doubts):
        why, others = doubts[at]
        params = {"name": shown(mine.at[at, "name"]), "other": shown(names[others[0]])}
        rows.left.add(at)
        rows.report.leave(Problem(_REASONS[why], params, **rows.where(at, "name"), code="unsure"))
        if len(rows.report.doubts) < MAX_ASKED:
            given = _row(mine.loc[at], (mine.at[at, "lon"], mine.at[at, "lat"]))
            rows.report.doubts.append(
                Doubt(
                    _REASONS[why],
                    params,
                    rows.sheets[at],
                    rows.numbers[at],
                    given,
                    [_there(there.iloc[one], rows.schema) for one in others[:MAX_THERE]],
                )
            )
    asked = N_("{count} 行可能是图册里已有的行，也可能是另一个：请逐行回答，没有回答的不导入。")
    rows.warn(sorted(doubts), asked, "unsure", "name")


def _row(row: pd.Series, xy: tuple[float, float]) -> dict[str, Any]:
    told = {name: None if pd.isna(row.get(name)) else str(row[name]) for name in ("name", "address", "adcode")}
    lon, lat = (None if np.isnan(one) else round(float(one), 6) for one in xy)
    return {**told, "lon": lon, "lat": lat}


def _there(row: pd.Series, schema: TableSchema) -> dict[str, Any]:
    point = row["geometry"] if schema.geometry == "point" else None
    return {"key": row[schema.key], **_row(row, (np.nan, np.nan) if point is None else (point.x, point.y))}


def _tell(
    rows: Rows,
    mine: pd.DataFrame,
    stated: set[int],
    keys: Any,
    known: pd.Index,
) -> None:
    """Say which rows without a key were found in the atlas."""
    open_ = [at for at in mine.index if at not in stated and keys[at] is not None]
    found = [at for at, one in zip(open_, known.get_indexer([keys[at] for at in open_]), strict=True) if one >= 0]
    key = next(column for column in rows.schema.columns if column.name == rows.schema.key)
    rows.warn(
        found,
        N_("{count} 行没有“{column}”，按名称、县区和地址对上了图册里的行，将更新它们。"),
        "filled",
        rows.schema.key,
        example=lambda _: {"column": named(key)},
    )
