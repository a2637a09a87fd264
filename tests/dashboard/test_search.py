"""``/search`` over HTTP: small answers whose addresses show what was found."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import date
from urllib.parse import urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.app import create_app
from dashboard.server.search import MAX_BYTES, Indexes
from dashboard.settings import Settings
from dashboard.state import parse
from geodata.importing.check import check_file
from geodata.store import FILE_NAME, open_store
from layers.search import Index


def asked(client, text: str, lang: str = "zh", **more: str) -> list[dict]:
    for _ in range(60):
        answer = client.get("/search?" + urlencode({"q": text, "lang": lang} | more, errors="replace"))
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
    assert asked(client, "dwk", "en")[0] == {
        "kind": "place",
        "name": "Dawukou District",
        "where": "Shizuishan",
        "to": "/?place=640202&lang=en",
    }


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


def test_a_past_day_finds_what_was_there_then_and_its_links_keep_the_day(atlas_home, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    shutil.copyfile(atlas_home / FILE_NAME, home / FILE_NAME)
    (tmp_path / "s.csv").write_text("站点名称,经度,纬度\n白鹭洲驿站,118.0945,24.4712\n", "utf-8")
    store = open_store(home)
    batch = store.apply("stations", check_file(tmp_path / "s.csv", "stations", store, "wgs84").frame)
    with closing(sqlite3.connect(home / FILE_NAME)) as database, database:
        database.execute("UPDATE atlas_meta SET value = '2026-01-05T00:00:00+00:00' WHERE key = 'built_at'")
        database.execute(
            "UPDATE batches SET time = '2026-06-15T03:00:00.000000+00:00' WHERE batch_id = ?", [batch.batch_id]
        )
    own = create_app(Settings(home=home)).server.test_client()
    assert [hit["name"] for hit in asked(own, "白鹭洲驿站")] == ["白鹭洲驿站"]
    assert asked(own, "白鹭洲驿站", asof="2026-06-14") == []  # nor is the index of now asked while that of then is made
    then = asked(own, "示意驿站 01", asof="2026-06-14")[0]  # which gave way to a real one since
    assert parse(then["to"].partition("?")[2]).filters.as_of == date(2026, 6, 14) and asked(own, "示意驿站 01") == []
    assert [hit["name"] for hit in asked(own, "白鹭洲驿站", asof="2026-06-15")] == ["白鹭洲驿站"]
    assert asked(own, "白鹭洲驿站", asof="no day")[0]["to"].count("asof") == 0
