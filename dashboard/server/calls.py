"""Calls of callbacks are looked at before Dash takes them apart: one that no page of ours can have sent gets a 400.

Dash answers such a call with 500 and a trace of its own insides. What a *value* means the callback judges; here
the shape counts: that there is such a callback, that inputs, states and outputs are those of its definition, and that a
value is of the kind that its property holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dash import Dash
from flask import Response, request

from dashboard.context import Context
from dashboard.server.trouble import told
from geodata.errors import N_, AtlasError

PATH = "/_dash-update-component"
MALFORMED = N_("这个请求不是图册的页面发出的，没有处理：请从页面上操作，或刷新后再试。")
DEEPEST = 64  # levels of lists and objects in one call
#: Property → whether a value that is there can be one of it; others hold anything.
KINDS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("search", "pathname", "hash", "href"), lambda value: isinstance(value, str)),
    **dict.fromkeys(("n_clicks", "n_intervals", "n_submit"), lambda value: type(value) is int and 0 <= value < 2**53),
    **dict.fromkeys(("clickData", "selectedData", "getRowsRequest"), lambda value: isinstance(value, dict)),
    "checked": lambda value: isinstance(value, bool),
    "value": lambda value: all(not isinstance(one, list | dict) for one in (value if _is_list(value) else [value])),
}
#: The same of what a store of a page holds, by its id: state that is an address, or a text.
STORES: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(
        ("filters", "plan-state", "an-state"),
        lambda value: isinstance(value, dict) and isinstance(value.get("query"), str),
    ),
    **dict.fromkeys(
        ("briefing-view", "briefing-lang", "briefing-page-theme", "sources-drawn", "data-drawn"),
        lambda value: isinstance(value, str),
    ),
    **dict.fromkeys(("plan-job", "plan-result", "plan-curve-job"), lambda value: isinstance(value, dict)),
    "briefing-job-ids": lambda value: _is_list(value) and all(isinstance(one, str) for one in value),
}


def add_calls(app: Dash, context: Context) -> None:
    """Refuse calls of callbacks that are malformed."""

    @app.server.before_request
    def _well_formed() -> Response | None:
        if request.path != PATH or request.method != "POST":
            return None
        try:
            called = is_call(request.get_json(silent=True), app.callback_map)
        except RecursionError:  # brackets without end
            called = False
        return None if called else told(context, AtlasError(MALFORMED))


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
    changed = body.get("changedPropIds", [])
    return (
        known is not None
        and "callback" in known  # others run in the browser
        and isinstance(changed, list)
        and all(isinstance(one, str) for one in changed)
        and _fits(body.get("inputs", []), known["inputs"])
        and _fits(body.get("state", []), known["state"])
        and (known["no_output"] or _are_outputs(body.get("outputs"), known["output"]))
    )


def _fits(given: Any, wanted: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the parts `given` are those `wanted`; one whose id is a pattern stands for any number."""
    return (
        isinstance(given, list)
        and len(given) == len(wanted)
        and all(_is_part(part, definition) for part, definition in zip(given, wanted, strict=True))
    )


def _is_part(part: Any, wanted: Mapping[str, Any]) -> bool:
    if isinstance(wanted["id"], str) and not wanted["id"].startswith("{"):
        return _names(part, wanted["property"]) and part.get("id") == wanted["id"]
    return all(
        _names(one, wanted["property"]) and isinstance(one.get("id"), dict)
        for one in (part if isinstance(part, list) else [part])
    )


def _names(part: Any, wanted: str) -> bool:
    """Return whether `part` names the property `wanted` and holds a value of its kind, or none;
    behind an @ stands which of its writers is meant.
    """
    named = part.get("property") if isinstance(part, dict) else None
    if not isinstance(named, str) or named.partition("@")[0] != wanted:
        return False
    value, whose = part.get("value"), part.get("id")
    kind = STORES.get(whose) if wanted == "data" and isinstance(whose, str) else KINDS.get(wanted)
    return value is None or kind is None or kind(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _are_outputs(given: Any, wanted: Any) -> bool:
    """Return whether `given` are the places that a callback writes to."""
    several = isinstance(wanted, list | tuple)
    places = [{"id": one.component_id, "property": one.component_property} for one in (wanted if several else [wanted])]
    return _fits(given if several else [given], places)


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
