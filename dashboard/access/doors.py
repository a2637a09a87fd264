"""The register of doors: what can be asked of this program, and who may ask it.

``doors.csv`` names every route, callback, job and command with the deed that it is; ``deeds.csv`` says of each deed the
least role and where it holds. A door that is not named is shut, whoever stands before it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from dashboard.access.reader import Reader, current_reader
from geodata.errors import N_, AtlasError
from geodata.message import Message

FOLDER = Path(__file__).parent
KINDS = ("route", "callback", "job", "command")
#: What a deed is bound to beside the role: nothing, what the reader began, rows of the reader's places.
BOUNDS = ("", "own", "places")
#: Names of the roles, for people.
NAMED: Mapping[str, str] = {
    "nobody": N_("未登录的人"),
    "viewer": N_("查看者"),
    "planner": N_("选址员"),
    "keeper": N_("数据管理员"),
    "administrator": N_("系统管理员"),
    "operator": N_("服务器上的人"),
}


class RefusedError(AtlasError):
    """The reader may not do this; signing in as somebody else may help."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that can be done.

    Attributes
    ----------
    name : str
    least : str
        The role that is enough.
    bound : str
        One of :data:`BOUNDS`.
    zh, en : str
        What it is.
    """

    name: str
    least: str
    bound: str
    zh: str
    en: str


@cache
def deeds() -> Mapping[str, Deed]:
    """Return every deed by its name."""
    return {row["deed"]: Deed(*row.values()) for row in _rows("deeds.csv")}


@cache
def doors() -> Mapping[tuple[str, str], Deed]:
    """Return the deed behind every door, by kind and name."""
    return {(row["kind"], row["door"]): deeds()[row["deed"]] for row in _rows("doors.csv")}


def may(kind: str, door: str, reader: Reader | None = None) -> bool:
    """Return whether `reader` (who asks now, without one) may pass a door."""
    deed = doors().get((kind, door))
    return deed is not None and (reader or current_reader()).may(deed.least)


def require(kind: str, door: str, reader: Reader | None = None) -> Deed:
    """Refuse to go on unless `reader` (who asks now, without one) may pass a door; return what is behind it.

    Raises
    ------
    RefusedError
        Says which role it takes, or that nobody passes since the door is not in the register.
    """
    deed = doors().get((kind, door))
    if deed is None:
        raise RefusedError(N_("“{door}”没有登记在门册里，谁也不能用：请管理员告诉开发者。"), door=f"{kind} {door}")
    if not (reader or current_reader()).may(deed.least):
        raise refusal(deed.least)
    return deed


def refusal(least: str) -> RefusedError:
    """Return the error of who would need the role `least`."""
    return RefusedError(N_("这一步需要“{role}”的账号：请换账号登录，或请系统管理员开通。"), role=Message(NAMED[least]))


def name_of(callback: Any) -> str:
    """Return the name of the function behind a callback, as the register has it: module within dashboard, function."""
    seen = callback
    while isinstance(seen, partial) or hasattr(seen, "__wrapped__"):
        seen = seen.func if isinstance(seen, partial) else seen.__wrapped__
    return f"{seen.__module__.removeprefix('dashboard.')}.{seen.__qualname__.rpartition('.')[2]}"


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
