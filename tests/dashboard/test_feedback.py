"""A line of feedback is kept, bounded, and only taken from the atlas's own pages."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from dashboard.components.term_marks import explained
from dashboard.context import Context
from dashboard.feedback import FILE, MAX_TEXT, MOST_IN_A_MINUTE, keep, kept
from dashboard.glossary import glossary
from dashboard.locale import load_words
from dashboard.server.feedback import add_feedback
from dashboard.server.guard import add_guard
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from dashboard.words import Words
from geodata.errors import AtlasError
from layers.filters import Filters


@pytest.fixture
def server(tmp_path: Path) -> Flask:
    server = Flask(__name__)
    context = Context(AtlasSource(tmp_path), load_words(), Filters(), Settings(home=tmp_path))
    add_feedback(server, context)
    add_guard(server, "elsewhere")
    return server


def test_a_line_is_kept_and_the_command_lists_it(server: Flask, tmp_path: Path) -> None:
    said = {"text": "图例看不清 <b>", "address": "/?place=350203", "lang": "zh"}
    assert server.test_client().post("/feedback", json=said).status_code == 204
    listed = subprocess.run(
        [sys.executable, "-m", "dashboard", "feedback", "--json"],
        capture_output=True,
        check=True,
        env={"ATLAS_HOME": str(tmp_path), "PATH": ""},
        cwd=Path(__file__).parents[2],
    )
    (line,) = json.loads(listed.stdout)["feedback"]
    assert (line["text"], line["address"]) == (said["text"], said["address"])


def test_other_sites_and_nonsense_are_refused_in_words(server: Flask, tmp_path: Path) -> None:
    client = server.test_client()
    assert client.post("/feedback", json={"text": "x"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    for body in (b"", b"[1]", b"{", b'{"text": 5}', b'{"text": " "}', json.dumps({"text": "x" * 30_000}).encode()):
        assert client.post("/feedback", data=body, content_type="application/json").status_code == 400, body[:20]
    long = client.post("/feedback", json={"text": "x" * (MAX_TEXT + 1), "lang": "en"})
    assert (long.status_code, str(MAX_TEXT) in long.text) == (400, True)
    assert not (tmp_path / FILE).exists()


def test_too_many_in_a_minute_wait_and_none_is_lost(tmp_path: Path) -> None:
    def one(number: int) -> bool:
        try:
            keep(tmp_path, f"line {number}", "/")
        except AtlasError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(one, range(MOST_IN_A_MINUTE + 8)))
    assert sum(done) == len(kept(tmp_path)) == MOST_IN_A_MINUTE
    keep(tmp_path, "later", "/", datetime.now(UTC) + timedelta(minutes=2))
    assert kept(tmp_path)[-1]["text"] == "later"


def test_a_line_cut_short_by_a_crash_costs_only_itself(tmp_path: Path) -> None:
    keep(tmp_path, "first", "/")
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"at": "2026-')
    keep(tmp_path, "second", "/")
    assert [one["text"] for one in kept(tmp_path)] == ["first", "second"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_words_of_the_trade_are_marked_once_where_they_stand(lang: str) -> None:
    words = Words(lang, load_words()[lang])
    terms = {one.key: one for one in glossary(words)}
    name = terms["effective"].name
    parts = explained(f"1 {name} 2 {name} 3", words)
    marked = [part for part in parts if not isinstance(part, str)]
    assert [part.children for part in marked] == [name]
    assert "".join(part if isinstance(part, str) else part.children for part in parts) == f"1 {name} 2 {name} 3"
    assert explained("123", words) == "123"
