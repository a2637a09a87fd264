"""``/search`` over HTTP: small answers whose addresses show what was found."""

from __future__ import annotations

import json
import threading
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.app import create_app
from dashboard.server.search import MAX_BYTES, Indexes
from dashboard.settings import Settings
from dashboard.state import parse
from layers.search import Index


@pytest.fixture(scope="module")
def client(atlas_home):
    return create_app(Settings(home=atlas_home)).server.test_client()


def asked(client, text: str, lang: str = "zh") -> list[dict]:
    for _ in range(60):
        answer = client.get("/search?" + urlencode({"q": text, "lang": lang}, errors="replace"))
        assert len(answer.data) <= MAX_BYTES
        said = json.loads(answer.data)
        assert answer.status_code == 200
        if said["state"] == "ready":
            return said["hits"]
        assert said == {"state": "building", "hits": []}
    raise AssertionError("the index was never ready")


def test_a_hit_leads_to_the_view_that_shows_it(client):
    station = asked(client, "示意驿站 01")[0]
    state = parse(station["to"].partition("?")[2])
    assert state.notices == () and state.filters.station and state.filters.place == "350203" and state.view.zoom > 14
    grid = next(hit for hit in asked(client, "升技提薪网格") if hit["kind"] == "grid")
    assert client.get(grid["to"]).status_code == 200 and "grid=" in grid["to"]
    assert asked(client, "F032")[0]["to"].startswith("/sources?fact=F032")
    assert asked(client, "dwk", "en")[0] == {"kind": "place", "name": "Dawukou District", "where": "Shizuishan", "to": "/?place=640202&lang=en"}


def test_nothing_found_is_an_empty_answer(client):
    assert asked(client, "没有这样的地方") == [] and asked(client, "") == []


@settings(max_examples=40)
@given(st.text(max_size=200))
def test_a_hostile_question_gets_a_small_answer(client, text):
    asked(client, text)


def test_a_question_while_the_index_is_made_is_not_kept_waiting(client, monkeypatch):
    atlas = client.application.extensions["atlas"].source.atlas()
    gate = threading.Event()
    made = Index(())
    monkeypatch.setattr(Index, "of", lambda _: gate.wait(30) and made)
    indexes = Indexes()
    assert indexes.of(atlas, patience=0.01) is None
    gate.set()
    assert indexes.of(atlas, patience=30) is made
