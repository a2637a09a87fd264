"""Calls of callbacks and addresses that no page of ours sends: refused in words, never a 500, never a trace."""

from __future__ import annotations

import json
import logging
import random
import re
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.access.doors import name_of
from dashboard.app import create_app
from dashboard.server.signatures import takes as takes_of
from dashboard.settings import Settings

PATH = "/_dash-update-component"
#: What differs between two answers that say the same: the word of a form, a mark by which Dash finds its own end.
MADE_ANEW = re.compile(r'name="token" value="[^"]*"|"end_id":"[^"]*"')
#: What stores hold whose callbacks ask for something.
STORED: dict[str, Any] = {
    **{key: {"query": ""} for key in ("filters", "an-state", "plan-state")},
    "briefing-spoken": {"title": "", "sentence": ""},
}
NONSENSE: tuple[Any, ...] = (None, True, 0, -1.5, "", "\x00\r\n", [], {}, [[]], {"id": {"a": ["ALL"]}}, "x" * 5_000)


@pytest.fixture(scope="module")
def app(atlas_home: Path) -> Dash:
    return create_app(Settings(home=atlas_home, chromium="none"))


def well_formed(app: Dash, output: str) -> dict[str, Any]:
    """Return a call of the callback that writes `output`, of the shape in which Dash's renderer sends it,
    with the least that it takes for values.
    """
    known = app.callback_map[output]
    parts = [*known["inputs"], *known["state"]]
    takes = dict(zip(map(str, parts), takes_of(known["callback"].__wrapped__, len(parts)), strict=True))

    def part(one: dict[str, Any]) -> Any:
        if one["id"].startswith("{"):
            return []
        values = (None, STORED.get(one["id"]), "", 0, False)
        value = next(value for value in values if takes[str(one)](value))
        return {"id": one["id"], "property": one["property"], "value": value}

    places = [
        {"id": one.component_id, "property": one.component_property} if isinstance(one.component_id, str) else []
        for one in (known["output"] if isinstance(known["output"], list | tuple) else [known["output"]])
    ]
    return {
        "output": output,
        "outputs": places if output.startswith("..") else places[0],
        "inputs": [part(one) for one in known["inputs"]],
        "state": [part(one) for one in known["state"]],
        "changedPropIds": [],
    }


def called(app: Dash, client: FlaskClient, door: str, changed: str = "", **values: Any) -> TestResponse:
    """Call the callback of a door as its page does; `values` by id of the part, `changed` names the one that did it."""
    output = next(one for one in served(app) if name_of(app.callback_map[one]["callback"]) == door)
    call = well_formed(app, output)
    for part in (*call["inputs"], *call["state"]):
        if isinstance(part, dict):
            part["value"] = values.get(part["id"], part["value"])
    return client.post(PATH, json=call | {"changedPropIds": [changed] if changed else []})


def text_of(answer: TestResponse) -> str:
    """Return what the answer to a call says, in letters: Dash escapes those beyond ASCII."""
    return json.dumps(answer.json, ensure_ascii=False)


def served(app: Dash) -> list[str]:
    """Return the callbacks that run on the server."""
    return sorted(output for output, known in app.callback_map.items() if "callback" in known)


def mutated(body: Any, chance: random.Random) -> Any:
    """Return `body` with one of its parts, at any depth, taken away or replaced by nonsense."""
    if isinstance(body, dict) and body and chance.random() < 0.8:
        key = chance.choice(sorted(body))
        rest = {name: value for name, value in body.items() if name != key}
        return rest if chance.random() < 0.2 else {**rest, key: mutated(body[key], chance)}
    if isinstance(body, list) and body and chance.random() < 0.7:
        at = chance.randrange(len(body))
        return body[:at] + ([] if chance.random() < 0.2 else [mutated(body[at], chance)]) + body[at + 1 :]
    return chance.choice(NONSENSE)


def test_a_call_of_the_right_shape_is_let_through(app: Dash) -> None:
    for output in served(app):
        answer = app.server.test_client().post(PATH, json=well_formed(app, output))
        assert answer.status_code in (200, 204), (output, answer.get_data(as_text=True)[:200])


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b"7", b"\xff", b"not json", b"[" * 60_000 + b"]" * 60_000]
)
def test_what_is_no_call_is_refused_in_words(app: Dash, body: bytes) -> None:
    answer = app.server.test_client().post(PATH, data=body, content_type="application/json")
    assert answer.status_code == 400 and "刷新" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("door", "values"),
    [
        ("pages.analysis.draw", {"an-state": None}),
        ("pages.analysis.draw_chosen", {"an-state": {"query": 7}}),
        ("pages.overview.draw_map", {"filters": {"query": "", "view": [1, 2]}}),
        ("pages.briefing.callbacks.preview", {"briefing-view": None}),
        ("pages.briefing.callbacks.preview", {"briefing-title": 1.5}),
        ("pages.data.report.turn", {"data-upload": "x"}),
        ("pages.data.importing.check", {"data-upload": "x"}),
        ("pages.data.importing.follow", {"data-run": "x"}),
        ("pages.data.rows.fetch", {"data-grid": {"startRow": "x"}}),
        ("pages.planning.syncing.sync", {"plan-viewport": {"lon": 1}}),
        ("pages.overview.sync", {"control-kinds": ["x", None]}),
        ("pages.sources.find", {"sources-text": "\ud800"}),
    ],
)
def test_a_value_that_its_property_cannot_hold_is_refused(app: Dash, door: str, values: dict[str, Any]) -> None:
    client = app.server.test_client()
    assert called(app, client, door).status_code in (200, 204)
    answer = called(app, client, door, **values)
    assert answer.status_code == 400 and "刷新" in answer.get_data(as_text=True)


def test_what_a_call_names_is_of_its_callback(app: Dash) -> None:
    """What was changed, and the parts of one pattern."""
    client, door = app.server.test_client(), "pages.data.importing.check"
    output = next(one for one in served(app) if name_of(app.callback_map[one]["callback"]) == door)
    call = well_formed(app, output)
    ids = [{"type": "data-map", "at": at} for at in range(2)]

    def status(named: list[dict], *changed: str) -> int:
        state = [*call["state"]]
        state[0] = [{"id": one, "property": "value", "value": "x"} for one in ids]
        state[1] = [{"id": one, "property": "id", "value": one} for one in named]
        return client.post(PATH, json=call | {"state": state, "changedPropIds": list(changed)}).status_code

    pressed = '{"at":"headers","type":"data-recheck"}.n_clicks'
    assert status(ids) == status(ids, "data-table.value") == status(ids, pressed) == 200
    for wrong in (ids[:1], ids[::-1], [ids[0], {"type": "data-map"}], [ids[0], {"type": "other", "at": 1}]):
        assert status(wrong) == 400
    for wrong in ("data-url.search", "data-table.data", "x", '{"type":"data-recheck"}.n_clicks', "{.n_clicks"):
        assert status(ids, wrong) == 400


def test_mangled_calls_are_refused_or_answered_and_leave_no_trace_of_dash(
    app: Dash, caplog: pytest.LogCaptureFixture
) -> None:
    chance, client, refused = random.Random(16), app.server.test_client(), 0
    outputs = served(app)
    with caplog.at_level(logging.ERROR, "dashboard.app"):
        for _ in range(600):
            body = json.dumps(mutated(well_formed(app, chance.choice(outputs)), chance))
            answer = client.post(PATH, data=body, content_type="application/json")
            assert answer.status_code in (200, 204, 400), body[:400]
            refused += answer.status_code == 400
    assert refused > 200
    assert not [one for one in caplog.records if one.getMessage().startswith("Exception on")]


@pytest.mark.parametrize(
    "address",
    [
        "/nowhere",
        "/nowhere/deeper?place=640200",
        "/_dash-component-suites/nosuch/x.js",
        "/_dash-component-suites/dash/nosuch.js",
        "/_dash-component-suites/plotly/../../etc/passwd",
        "/assets/nosuch.js",
        "/a%0d%0aINJECTED",
        "/geo/nosuch",
    ],
)
def test_an_unknown_address_is_not_found(app: Dash, address: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = app.server.test_client().get(address)
    assert answer.status_code == 404
    assert "Traceback" not in answer.get_data(as_text=True) and not caplog.records
    assert app.server.test_client().get("/planning").status_code == 200
