"""Scenario 选址方案: a plan with a name, whole: what was asked, what came out, who says so and why.

A scenario is a row of the table ``scenarios``; its inputs and its result are
JSON with a version, so that a later atlas can still read them or say that it cannot.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from datetime import date
from typing import Any, Self, TypeVar

import pandas as pd

from geodata.errors import N_, AtlasError
from geodata.schema import TABLES
from layers.filters import Filters
from layers.siting.answer import EVERY_ONE_PLACED, Answer, Changed, Demanded, Figures, Site, Stage, Zone
from layers.siting.ask import FIELDS, Ask
from layers.unplaced import Standing

VERSION = 1
#: Fields of Filters that a plan depends on; all others only say how it is looked at.
FILTER_FIELDS = (
    "place",
    "region",
    "grid",
    "day",
    "facilities",
    "always",
    "inspected_days",
    "provenance",
    "worker_group",
    "proxy",
    "radius",
    "detour",
    "area",
    "way",
)
#: Fields of Ask and of Answer that came after the first plans were kept: left out as usual.
LATER = ("question", *(name for names in FIELDS.values() for name in names))
RECORDS = {"changes": Changed, "zones": Zone, "stages": Stage, "demands": Demanded}
NUMBERS = ("lost", "price", "regret", "served_before", "served", "expected_before", "expected")
USUAL = {field.name: field.default for field in fields(Answer) if field.default is not MISSING}
NAME_LENGTH, NOTE_LENGTH = 60, 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What was asked, of which data.

    Attributes
    ----------
    filters : Filters
        With defaults in every field that is not in :data:`FILTER_FIELDS`.
    ask : Ask
    data_version : str
    basis : str
        What of it plans are made from, :func:`layers.siting.case.basis`: the same, and the figures still hold.
    planned : tuple of str
        Planned stations of the place that had no point then: the ones that adopting fills.
    query : str
        Address of the view, without ``?``.
    """

    filters: Filters
    ask: Ask
    data_version: str
    basis: str = ""
    planned: tuple[str, ...] = ()
    query: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario.

    Attributes
    ----------
    scenario_id, name, author, note
        The note says why this plan was chosen.
    created : date
    inputs : Inputs or None
        None when they cannot be read; `trouble` says why.
    answer : Answer or None
    provenance : str
        Of its figures.
    source_ids : tuple of str
        Of the demand and the stations.
    batch_id : str
        The batch that wrote this version.
    trouble : AtlasError or None
    """

    scenario_id: str
    name: str
    author: str
    note: str
    created: date
    inputs: Inputs | None
    answer: Answer | None
    provenance: str = "derived"
    source_ids: tuple[str, ...] = ()
    batch_id: str = "new"
    trouble: AtlasError | None = None

    def having(self, **changes: Any) -> Self:
        """Return a copy with `changes`."""
        return replace(self, **changes)


def inputs_filters(filters: Filters) -> Filters:
    """Return `filters` with only what a plan depends on; an hour of the day belongs to the :class:`Ask`."""
    return Filters(**{name: getattr(filters, name) for name in FILTER_FIELDS})


def frame_of(scenarios: list[Scenario]) -> pd.DataFrame:
    """Return rows of the table ``scenarios``, as its schema has them.

    Raises
    ------
    AtlasError
        A name is missing or a text too long.
    """
    rows = []
    for one in scenarios:
        if not one.name.strip():
            raise AtlasError(N_("方案没有名称：请起一个名字。"))
        for text, limit in ((one.name, NAME_LENGTH), (one.author, NAME_LENGTH), (one.note, NOTE_LENGTH)):
            if len(text) > limit:
                raise AtlasError(N_("“{text}…”太长：最多 {limit} 个字。"), text=text[:20], limit=limit)
        if one.inputs is None:
            raise AtlasError(N_("方案 {name} 的输入读不出来，不能再存。"), name=one.name)
        rows.append(
            {
                "scenario_id": one.scenario_id,
                "name": one.name.strip(),
                "inputs": dumps_inputs(one.inputs),
                "result": dumps_answer(one.answer) if one.answer else None,
                "author": one.author.strip() or None,
                "created": pd.Timestamp(one.created),
                "note": one.note.strip() or None,
                "provenance": one.provenance,
                "source_id": ";".join(one.source_ids) or "SAMPLE",
                "batch_id": one.batch_id,
            }
        )
    return TABLES["scenarios"].validate(
        pd.DataFrame(
            rows,
            columns=[
                "scenario_id",
                "name",
                "inputs",
                "result",
                "author",
                "created",
                "note",
                "provenance",
                "source_id",
                "batch_id",
            ],
        )
    )


def of_row(row: Mapping[str, Any]) -> Scenario:
    """Return the scenario of a row; whatever its JSON holds, it is a scenario with a `trouble` at worst."""

    def text(name: str) -> str:
        return row[name] if isinstance(row.get(name), str) else ""

    made = Scenario(
        scenario_id=text("scenario_id"),
        name=text("name"),
        author=text("author"),
        note=text("note"),
        created=pd.Timestamp(row["created"]).date(),  # ty: ignore[invalid-argument-type] - never empty in a store
        inputs=None,
        answer=None,
        provenance=text("provenance") or "derived",
        source_ids=tuple(one for one in text("source_id").split(";") if one),
        batch_id=text("batch_id"),
    )
    try:
        return made.having(
            inputs=loads_inputs(text("inputs")), answer=loads_answer(text("result")) if text("result") else None
        )
    except AtlasError as error:
        return made.having(trouble=error)


def of_frame(frame: pd.DataFrame) -> list[Scenario]:
    """Return the scenarios of a table, the latest first."""
    made = [of_row(row) for row in frame.to_dict("records")]
    return sorted(made, key=lambda one: (one.created, one.batch_id, one.scenario_id), reverse=True)


# -- inputs and result as JSON ------------------------------------------------------


def dumps_inputs(inputs: Inputs) -> str:
    """Write inputs as JSON, keys in order, so that the same inputs are the same text."""
    return json.dumps(
        {
            "version": VERSION,
            "filters": {
                name: _plain(value)
                for name in FILTER_FIELDS
                # where there is no network the way is not named: such a plan is written as ever
                if (value := getattr(inputs.filters, name)) is not None or name != "way"
            },
            "ask": {
                field.name: _plain(value)
                for field in fields(Ask)
                # what belongs to another question is left out: a plan of before reads, and writes, as it did
                if (value := getattr(inputs.ask, field.name)) != field.default or field.name not in LATER
            },
            "data_version": inputs.data_version,
            "basis": inputs.basis,
            "planned": list(inputs.planned),
            "query": inputs.query,
        },
        ensure_ascii=False,
        sort_keys=True,
        allow_nan=False,
    )


def loads_inputs(text: str) -> Inputs:
    """Read what :func:`dumps_inputs` wrote.

    Raises
    ------
    AtlasError
        It is something else, or of a later version.
    """
    told = _loaded(text)
    try:
        filters, ask = told["filters"], told["ask"]
        looked_at: dict[str, Any] = {name: filters[name] for name in FILTER_FIELDS if name in filters}
        looked_at |= {name: frozenset(filters[name]) for name in ("facilities", "provenance") if name in filters}
        looked_at["area"] = tuple((float(lon), float(lat)) for lon, lat in filters.get("area", ()))
        asked: dict[str, Any] = {field.name: ask[field.name] for field in fields(Ask) if field.name in ask}
        asked["hours"] = None if ask.get("hours") is None else tuple(ask["hours"])
        asked["points"] = tuple((float(lon), float(lat)) for lon, lat in ask.get("points", ()))
        asked["stages"] = tuple(map(int, ask.get("stages", ())))
        asked |= {name: tuple(map(str, ask.get(name, ()))) for name in ("force", "forbid", "keep", "demands")}
        return Inputs(
            filters=Filters(**looked_at),
            ask=Ask(**asked),
            data_version=str(told["data_version"]),
            basis=str(told.get("basis", "")),
            planned=tuple(map(str, told.get("planned", ()))),
            query=str(told.get("query", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable(error) from error


def dumps_answer(answer: Answer) -> str:
    """Write an answer as JSON."""
    told = {field.name: getattr(answer, field.name) for field in fields(Answer)}
    for name in ("before", "after", "night_before", "night_after"):
        told[name] = _record(told[name])
    told["sites"] = [_record(one) for one in answer.sites]
    for name, usual in USUAL.items():  # left out as usual: a plan of before reads, and writes, as it did
        if told[name] == usual:
            del told[name]
        elif name in RECORDS:
            told[name] = [_record(one) for one in told[name]]
        elif name == "unplaced":
            told[name] = _record(told[name])
    return json.dumps({"version": VERSION, **told}, ensure_ascii=False, sort_keys=True, allow_nan=False)


def loads_answer(text: str) -> Answer:
    """Read what :func:`dumps_answer` wrote.

    Raises
    ------
    AtlasError
        It is something else, or of a later version.
    """
    told = _loaded(text)
    try:
        values = {field.name: told[field.name] for field in fields(Answer) if field.default is MISSING}
        values["unplaced"] = _made(Standing, told["unplaced"]) if "unplaced" in told else EVERY_ONE_PLACED
        for name in ("before", "after", "night_before", "night_after"):
            values[name] = _made(Figures, told[name])
        values["sites"] = tuple(_made(Site, one) for one in told["sites"])
        values |= {name: tuple(_made(kind, one) for one in told.get(name, ())) for name, kind in RECORDS.items()}
        values |= {name: float(told[name]) for name in NUMBERS if name in told}
        values["draws"] = int(told.get("draws", 0))
        values["uncovered"] = tuple((str(cell), float(weight)) for cell, weight in told["uncovered"])
        for name in ("objective", "bound", "gap"):
            values[name] = None if told[name] is None else float(told[name])
        return Answer(**values)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable(error) from error


def _loaded(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _unreadable(error) from error
    if not isinstance(told, dict) or not isinstance(told.get("version"), int):
        raise _unreadable("version")
    if told["version"] > VERSION:
        raise AtlasError(
            N_("方案由更新的版本存下（第 {got} 版，这里只读到第 {known} 版）：请升级后再打开。"),
            got=told["version"],
            known=VERSION,
        )
    return told


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _unreadable(detail: object) -> AtlasError:
    return AtlasError(
        N_("方案的内容读不出来（{detail}）：可能被改动过，请从备份或历史版本恢复。"), detail=str(detail)[:80]
    )


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return [list(one) if isinstance(one, tuple) else one for one in value] if isinstance(value, tuple) else value


def _record(thing: Any) -> dict[str, Any]:
    # what is as usual is left out: a scenario of an earlier version reads, and writes, as it did
    return {
        field.name: getattr(thing, field.name)
        for field in fields(thing)
        if field.default is MISSING or getattr(thing, field.name) != field.default
    }


_NUMBERS = {"float", "float | None"}


def _made(kind: type[T], told: Mapping[str, Any]) -> T:
    """Return a record of numbers and texts; a number that is none is refused."""
    values = {}
    for field in fields(kind):  # ty: ignore[invalid-argument-type] - a dataclass
        if field.name not in told and field.default is not MISSING:
            continue
        value = told[field.name]
        if field.type == "bool" and not isinstance(value, bool):
            raise ValueError(field.name)
        if field.type in _NUMBERS and not (value is None and "None" in str(field.type)):
            value = float(value)
            if not math.isfinite(value):
                raise ValueError(field.name)
        elif field.type == "int":
            value = int(value)
        values[field.name] = value
    return kind(**values)
