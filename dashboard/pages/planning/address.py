"""Plan ↔ URL query string, both ways, total: the keys of the planning page beside those of Filters."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self

from dashboard import query_string
from dashboard.query_string import NOTHING, Codec, Points, flag, one_of, points, points_text, within
from dashboard.state import MAX_NOTICES, MAX_QUERY
from geodata.errors import AtlasError
from geodata.message import Message
from layers.filters import RADIUS_M
from layers.siting.ask import (
    DECIMALS,
    FIELDS,
    MOST_CHANGED,
    MOST_DRAWS,
    MOST_NEW,
    MOST_POINTS,
    SOURCES,
    STEP_M,
    WHERE,
    Ask,
    hours_of,
    hours_text,
    stages_of,
)
from layers.siting.scenario_comparison import MOST as MOST_COMPARED
from layers.siting.solver import MODELS

SITE_DECIMALS = 6
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,40}\Z")


@dataclass(frozen=True, slots=True)
class Plan:
    """What the planning page shows, beside :class:`~layers.filters.Filters`.

    Attributes
    ----------
    ask : Ask
    run : bool
        Whether the answer is asked for: an address with it opens with the answer.
    sites : tuple of (float, float)
        Sites placed by hand, degrees; they take the place of the answer.
    scenario : str or None
        The scenario that is open: its answer is shown as it was saved.
    compare : tuple of str
        Scenarios side by side.
    swipe : bool
        Whether before and after lie one over the other.
    """

    ask: Ask = field(default_factory=Ask)
    run: bool = False
    sites: Points = ()
    scenario: str | None = None
    compare: tuple[str, ...] = ()
    swipe: bool = False

    def having(self, **changes: Any) -> Self:
        """Return a copy with `changes`."""
        return replace(self, **changes)

    def asking(self, **changes: Any) -> Self:
        """Return a copy that asks something else: what was found for the old question goes."""
        return replace(self, ask=self.ask.having(**changes), sites=(), scenario=None)


def _id(text: str) -> str:
    if not _ID.match(text):
        raise ValueError(text)
    return text


def _ids(text: str) -> tuple[str, ...]:
    if text in ("", NOTHING):
        return ()
    return tuple(dict.fromkeys(_id(part) for part in text.split("~")))


def _hours(text: str) -> tuple[int, ...] | None:
    return None if text in ("", NOTHING) else hours_of(text)


def _demands(text: str) -> tuple[str, ...]:
    if text in ("", NOTHING):
        return ()
    return tuple(dict.fromkeys(text.split("~")))


def _ids_text(ids: tuple[str, ...]) -> str:
    text = "~".join(ids) or NOTHING
    return f"{text}~{text}" if ids and text == NOTHING else text


def _number(value: float) -> str:
    return f"{value:.15g}"


def _text_of(write: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: NOTHING if value is None else write(value)


def _maybe(read: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: None if text == NOTHING else read(text)


_YUAN = within(0, 1e12, float)
ASKED: dict[str, Codec] = {
    "question": Codec("question", one_of(*FIELDS)),
    "model": Codec("model", one_of(*MODELS)),
    "new": Codec("new", _maybe(within(0, MOST_NEW, int)), _text_of(str)),
    "budget": Codec("budget", _YUAN, _number),
    "cost": Codec("cost", _YUAN, _number),
    "spacing": Codec("spacing", within(0, 20_000, float), _number),
    "cover": Codec("cover", within(1, 5, int)),
    "hours": Codec("hours", _hours, _text_of(hours_text)),
    "opening": Codec("opening", str),
    "candidates": Codec("source", one_of(*SOURCES)),
    "step": Codec("step", within(*STEP_M, int)),
    "points": Codec("points", points(1, MOST_POINTS), points_text(DECIMALS)),
    "force": Codec("force", _ids, _ids_text),
    "forbid": Codec("forbid", _ids, _ids_text),
    "close": Codec("close", within(0, MOST_CHANGED, int)),
    "move": Codec("move", within(0, MOST_CHANGED, int)),
    "within": Codec("move_within", _maybe(within(0, 50_000, float)), _text_of(_number)),
    "keep": Codec("keep", _ids, _ids_text),
    "upgrade": Codec("upgrade", within(0, MOST_CHANGED, int)),
    "each": Codec("upgrade_cost", _maybe(_YUAN), _text_of(_number)),
    "stages": Codec("stages", stages_of, lambda stages: ",".join(map(str, stages))),
    "capacity": Codec("capacity", _maybe(_YUAN), _text_of(_number)),
    "single": flag("single_source"),
    "near": Codec("near", _maybe(within(0, RADIUS_M[1], float)), _text_of(_number)),
    "open": Codec("open_share", within(0.01, 1, float), _number),
    "also": Codec("demands", _demands, _ids_text),
    "regret": flag("least_regret"),
    "draws": Codec("draws", within(0, MOST_DRAWS, int)),
    "share": Codec("zone_share", _maybe(within(0, 1, float)), _text_of(_number)),
}
SHOWN: dict[str, Codec] = {
    "run": flag("run"),
    "sites": Codec("sites", points(1, MOST_POINTS), points_text(SITE_DECIMALS)),
    "scenario": Codec("scenario", _id),
    "compare": Codec("compare", _ids, _ids_text),
    "swipe": flag("swipe"),
}
OWN_KEYS = (*ASKED, *SHOWN)


def parse(query: str) -> tuple[Plan, tuple[Message, ...]]:
    """Return the plan that `query` says, with a notice for each value of the page's own keys that was ignored."""
    if len((query or "").removeprefix("?")) > MAX_QUERY:
        return Plan(), ()  # told by the reader of Filters
    parts = query_string.pairs(query)
    asked, notices = query_string.read(parts, ASKED)
    shown, bad = query_string.read(parts, SHOWN)
    notices += bad
    compared = shown.get("compare", ())
    if len(compared) > MOST_COMPARED:
        shown["compare"] = compared[:MOST_COMPARED]
    ask = _ask(asked, notices)
    if ask.question != WHERE:  # sites are set by hand to see where, and no other question is answered so
        shown.pop("sites", None)
    return Plan(ask, **shown), tuple(notices[:MAX_NOTICES])


def _ask(values: dict[str, Any], notices: list[Message]) -> Ask:
    """Return the Ask of `values`; those that do not go together are left out one after the other, and told."""
    made = Ask().put(values.get("question", WHERE))
    for codec in ASKED.values():
        if codec.field in values and codec.field != "question":
            try:
                made = made.having(**{codec.field: values[codec.field]})
            except AtlasError as error:
                notices.append(error.message)
    both = set(made.force) & set(made.forbid)
    return made.having(forbid=tuple(one for one in made.forbid if one not in both)) if both else made


def write(plan: Plan) -> str:
    """Return the keys of `plan` that differ from the defaults, as ``key=value&…``, without a leading sign."""
    # a question begins as its card does, and its address says what differs from that
    default = Plan(Ask().put(plan.ask.question))
    asked = query_string.written({"question": ASKED["question"]}, plan.ask, Ask())
    return query_string.text(
        [*asked, *query_string.written(ASKED, plan.ask, default.ask), *query_string.written(SHOWN, plan, default)]
    ).removeprefix("?")


def whole(filters_query: str, plan: Plan) -> str:
    """Return the query string, with its ``?``, of filters (as the context writes them) and plan."""
    return query_string.joined(filters_query, write(plan))
