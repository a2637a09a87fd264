"""Calls of callbacks are looked at before Dash takes them apart: one that no page of ours can have sent gets a 400.

Dash answers such a call with 500 and a trace of its own insides. Here it is seen that there is such a callback, that
inputs, states and outputs are those of its definition, and that every value is one that its property can hold
(:data:`KINDS`), that its store holds (:mod:`dashboard.stores`) and that the callback's own annotation takes
(:mod:`dashboard.server.signatures`). What a value *means* the callback judges. It takes some 15 µs a call, 80 of the
one with 39 parts (two cores, Python 3.11).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from dash import Dash
from flask import Response, request

from dashboard.context import Context
from dashboard.server.signatures import Check, check_of, takes
from dashboard.server.trouble import told
from dashboard.stores import STORES, Clicked, Control, Lassoed, RowsRequest
from geodata.errors import N_, AtlasError

PATH = "/_dash-update-component"
MALFORMED = N_("这个请求不是图册的页面发出的，没有处理：请从页面上操作，或刷新后再试。")
DEEPEST = 64  # levels of lists and objects in one call
#: Property → what it holds, where there is a value; others hold anything.
KINDS: Mapping[str, Check] = {
    **dict.fromkeys(("search", "pathname", "hash", "href"), check_of(str)),
    **dict.fromkeys(("n_clicks", "n_intervals", "n_submit"), lambda value: type(value) is int and 0 <= value < 2**53),
    "clickData": check_of(Clicked),
    "selectedData": check_of(Lassoed),
    "getRowsRequest": check_of(RowsRequest),
    "selectedRows": check_of(list[dict]),
    "checked": check_of(bool),
    "value": check_of(Control),
    "id": check_of(dict[str, str | int | float | bool]),
}
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_STORES: Mapping[str, Check] = {name: check_of(kind) for name, kind in STORES.items()}


def add_calls(app: Dash, context: Context) -> None:
    """Refuse calls of callbacks that are malformed."""

    @app.server.before_request
    def _well_formed() -> Response | None:
        if request.path != PATH or request.method != "POST":
            return None
        try:
            body = request.get_json(silent=True)
            called = _is_text(request.get_data(), body) and is_call(body, app.callback_map)
        except RecursionError:  # brackets without end
            called = False
        return None if called else told(context, AtlasError(MALFORMED))


def _is_text(sent: bytes, body: Any) -> bool:
    """Return whether the texts of `body` can be written: half of a surrogate pair cannot, and comes escaped alone."""
    if not _SURROGATE.search(sent):
        return True
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def is_call(body: Any, callbacks: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether `body` calls one of `callbacks` with as many inputs, states and outputs as it has.

    Parameters
    ----------
    body : object
        JSON as it came.
    callbacks : mapping
        ``Dash.callback_map``.
    """
    if not isinstance(body, dict) or not isinstance(body.get("output"), str) or _depth(body) > DEEPEST:
        return False
    known = callbacks.get(body["output"])
    if known is None or "callback" not in known:  # others run in the browser
        return False
    wanted, given = (*known["inputs"], *known["state"]), [body.get("inputs", []), body.get("state", [])]
    return (
        all(map(_is_list, given))
        and len(given[0]) == len(known["inputs"])
        and _fits(parts := [*given[0], *given[1]], wanted)
        and _are_changes(body.get("changedPropIds", []), known["inputs"])
        and _are_taken(parts, known["callback"])
        and (known["no_output"] or _are_outputs(body.get("outputs"), known["output"]))
    )


def _fits(given: Sequence[Any], wanted: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the parts `given` are those `wanted`; one whose id is a pattern stands for any number,
    and for the same ones wherever it stands.
    """
    if len(given) != len(wanted):
        return False
    found: dict[str, list[Any]] = {}
    for part, definition in zip(given, wanted, strict=True):
        pattern = _pattern(definition["id"])
        if pattern is None:
            if not _names(part, definition["property"]) or part.get("id") != definition["id"]:
                return False
            continue
        named = part if _is_list(part) else [part]
        if not all(_names(one, definition["property"]) and _matches(one.get("id"), pattern) for one in named):
            return False
        listed = [one["id"] for one in named]
        if found.setdefault(str(definition["id"]), listed) != listed:
            return False
    return True


def _pattern(wanted: str | Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the pattern that an id is, with lists for what is open; None where it is a plain one."""
    if isinstance(wanted, str):
        return _read(wanted) if wanted.startswith("{") else None
    return {name: one if isinstance(one, str | int | float) else [] for name, one in wanted.items()}


_read = lru_cache(1024)(json.loads)


def _matches(given: Any, pattern: Mapping[str, Any]) -> bool:
    return (
        KINDS["id"](given)
        and given.keys() == pattern.keys()
        and all(_is_list(one) or given[name] == one for name, one in pattern.items())
    )


def _names(part: Any, wanted: str) -> bool:
    """Return whether `part` names the property `wanted` and holds a value of its kind, or none;
    behind an @ stands which of its writers is meant.
    """
    named = part.get("property") if isinstance(part, dict) else None
    if not isinstance(named, str) or named.partition("@")[0] != wanted:
        return False
    value, whose = part.get("value"), part.get("id")
    kind = _STORES.get(whose) if wanted == "data" and isinstance(whose, str) else KINDS.get(wanted)
    return value is None or kind is None or kind(value)


def _are_changes(named: Any, inputs: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether `named` lists some of `inputs` as Dash names them: ``id.property``."""
    return _is_list(named) and all(isinstance(one, str) and _is_change(one, inputs) for one in named)


def _is_change(named: str, inputs: Sequence[Mapping[str, Any]]) -> bool:
    id, _, prop = named.rpartition(".")
    if not id.startswith("{"):
        return any(one["id"] == id and one["property"] == prop for one in inputs)
    try:
        given = json.loads(id)
    except (ValueError, RecursionError):
        return False
    patterns = [pattern for one in inputs if one["property"] == prop and (pattern := _pattern(one["id"])) is not None]
    return any(_matches(given, pattern) for pattern in patterns)


def _are_taken(parts: Sequence[Any], callback: Any) -> bool:
    """Return whether `callback`, as Dash has wrapped it, takes the values of `parts`."""
    values = [[one.get("value") for one in part] if _is_list(part) else part.get("value") for part in parts]
    return all(check(one) for check, one in zip(takes(callback.__wrapped__, len(values)), values, strict=True))


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _are_outputs(given: Any, wanted: Any) -> bool:
    """Return whether `given` are the places that a callback writes to."""
    several = isinstance(wanted, list | tuple)
    places = [{"id": one.component_id, "property": one.component_property} for one in (wanted if several else [wanted])]
    listed = given if several else [given]
    return _is_list(listed) and _fits(listed, places)


def _depth(value: Any) -> int:
    """Return how deep lists and objects lie in each other, counted without calling itself."""
    deepest, level = 0, [value]
    while level:
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        deepest += 1
        if deepest > DEEPEST:
            break
    return deepest
