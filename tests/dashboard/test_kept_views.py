"""Kept views are an account's own: it finds them again in any browser, and nobody else ever does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from dash import Dash
from flask.testing import FlaskClient

from dashboard.access import accounts, sessions
from dashboard.app import create_app
from dashboard.settings import Settings

ANNA, BO = "place=350203", "place=640200"


@pytest.fixture
def app(own_home: Path) -> Dash:
    for name in ("anna", "bo"):
        accounts.add(own_home, name, "viewer", ("100000",), password="correct horse battery staple")
    return create_app(Settings(home=own_home, chromium="none", sign_in="on"))


def signed_in(app: Dash, home: Path, name: str) -> FlaskClient:
    """Return a browser in which `name` has signed in."""
    account, client = accounts.found(home, name), app.server.test_client()
    assert account
    client.set_cookie("atlas-session", sessions.begin(home, account, "127.0.0.1"))
    return client


def pressed(
    client: FlaskClient, view: str, drop: str = "", sent: object = None, found: object = None
) -> list[dict[str, str]] | None:
    """Return what the page keeps once the button that keeps `view` is pressed, or the one that drops `drop`; or the
    browser was found to keep some.
    """
    button = {"type": "briefing-drop", "query": drop}
    changed = "briefing-found.data" if found else "briefing-keep.n_clicks"
    changed = f"{json.dumps(button, separators=(',', ':'))}.n_clicks" if drop else changed
    call = {
        "output": "briefing-kept.data",
        "outputs": {"id": "briefing-kept", "property": "data"},
        "inputs": [
            {"id": "briefing-keep", "property": "n_clicks", "value": None if drop else 1},
            [{"id": button, "property": "n_clicks", "value": 1}] if drop else [],
            {"id": "briefing-found", "property": "data", "value": found},
        ],
        "state": [
            {"id": "briefing-view", "property": "data", "value": view},
            {"id": "briefing-lang", "property": "data", "value": "zh"},
            {"id": "briefing-kept", "property": "data", "value": sent},
        ],
        "changedPropIds": [changed],
    }
    answer = client.post("/_dash-update-component", json=call, headers={"Origin": "http://localhost"})
    return answer.json["response"]["briefing-kept"]["data"] if answer.status_code == 200 else None


def shown(client: FlaskClient) -> tuple[list[str], list[str]]:
    """Return which views the page of briefs begins with, and which are presented."""
    call = {
        "output": "page.children",
        "outputs": {"id": "page", "property": "children"},
        "inputs": [{"id": "site", "property": "pathname", "value": "/briefing"}],
        "state": [{"id": "site", "property": "search", "value": ""}],
        "changedPropIds": ["site.pathname"],
    }
    page = client.post("/_dash-update-component", json=call, headers={"Origin": "http://localhost"}).json

    def store(part: object) -> dict | None:
        if isinstance(part, dict):
            if part.get("id") == "briefing-kept":
                return part
            part = list(part.values())
        return next((one for each in part if (one := store(each))), None) if isinstance(part, list) else None

    found = store(page)
    assert found
    presented = re.search(r'id="present">(.*?)</script>', client.get("/present").text)
    assert presented
    return [one["query"] for one in found.get("data") or []], json.loads(presented[1])["views"]


def test_each_account_gets_its_own_back_and_never_another_s(app: Dash, own_home: Path) -> None:
    anna = signed_in(app, own_home, "anna")
    assert [one["name"] for one in pressed(anna, ANNA) or []] == ["思明区"]
    bo = signed_in(app, own_home, "bo")
    assert shown(bo) == ([], [])
    # what the browser sends of another's is neither kept nor told again
    assert [one["query"] for one in pressed(bo, BO, sent=[{"query": ANNA, "name": "思明区"}]) or []] == [BO]
    assert pressed(bo, BO, drop=ANNA) is not None
    assert shown(bo) == ([BO], [BO])
    page = anna.get("/account").text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    anna.post("/sign-out", data={"token": token[1], "everywhere": "1"})
    assert anna.get("/present").status_code != 200
    again = signed_in(app, own_home, "anna")
    assert shown(again) == ([ANNA], [ANNA])
    assert pressed(again, ANNA, drop=ANNA) == [] and shown(again) == ([], [])


def test_what_the_browser_kept_before_is_taken_over_once(app: Dash, own_home: Path) -> None:
    anna = signed_in(app, own_home, "anna")
    pressed(anna, ANNA)
    hostile = ["x", {"query": 3}, {"query": "<script>" * 1_000, "name": ["x"] * 400}]
    kept = pressed(anna, "", found=[{"query": BO, "name": "石嘴山市"}, {"query": ANNA, "name": "另一个"}, *hostile])
    assert [one["query"][:12] for one in kept or []] == [BO[:12], "<script><scr", ANNA[:12]]
    assert max(len(one["query"]) for one in kept or []) == 4_000 and (kept or [])[-1]["name"] == "思明区"


def test_they_go_with_the_account_and_the_oldest_with_the_twenty_fifth(app: Dash, own_home: Path) -> None:
    anna = signed_in(app, own_home, "anna")
    for hour in range(24):
        pressed(anna, f"{ANNA}&hour={hour}")
    assert len(pressed(anna, ANNA) or []) == 24 and shown(anna)[0][0] == f"{ANNA}&hour=1"
    accounts.remove(own_home, "anna")
    accounts.add(own_home, "anna", "viewer", ("100000",), password="correct horse battery staple")
    assert shown(signed_in(app, own_home, "anna")) == ([], [])


def test_where_nobody_signs_in_the_browser_keeps_them(own_home: Path) -> None:
    client = create_app(Settings(home=own_home, chromium="none")).server.test_client()
    before = [{"query": BO, "name": "石嘴山市"}]
    assert [one["query"] for one in pressed(client, ANNA, sent=before) or []] == [BO, ANNA]
    assert '"kept": true' in client.get("/present").text and shown(client) == ([], [])
