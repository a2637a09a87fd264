"""What goes wrong under any address is told in words of the reader's language:
503 without the store, 507 on a full disk.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboard import feedback
from dashboard.app import create_app
from dashboard.settings import Settings
from dashboard.tasks import uploads
from geodata.store import FILE_NAME

OURS = {"Host": "127.0.0.1:8050", "Origin": "http://127.0.0.1:8050"}
VALUES = {
    "version": "x",
    "name": "grids",
    "month": "2024-05",
    "lang": "en",
    "scenario_id": "S",
    "fmt": "json",
    "table": "stations",
    "zoom": "8",
    "key": "k",
    "z": "8",
    "ending": "pmtiles",
    "x": "203",
    "y": "96",
    "mode": "light",
}
ASKED = {
    "/sheet": "query=place%3D640200",
    "/present": "view=place%3D640200",
    "/search": "q=a",
    "/sources/rows.csv": "figure=F1",
}
#: What needs no store: Dash's own addresses and assets, texts of the product, files and links that were
#: made already, accounts and their trail.
WITHOUT = (
    "/_",
    "/assets",
    "/favicon.ico",
    "/metrics",
    "/design",
    "/data/template",
    "/data/marked",
    "/data/left",
    "/data/rows",
    "/briefing/file",
    "/s/",
    "/embed",
    "/sign-in",
    "/account",
    "/audit",
)


@pytest.fixture
def away(own_home: Path) -> Iterator[FlaskClient]:
    """Client of an atlas whose store went away under it."""
    client = create_app(Settings(home=own_home, chromium="none")).server.test_client()
    (own_home / FILE_NAME).rename(own_home / "elsewhere")
    yield client


def test_without_the_store_every_address_says_so_in_words(away: FlaskClient) -> None:
    asked = []
    for rule in away.application.url_map.iter_rules():
        if "GET" not in rule.methods or rule.rule.startswith(WITHOUT) or {"path", "filename"} & rule.arguments:
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: VALUES[found[1]], rule.rule)
        for lang, word in (("zh", "没有图册文件"), ("en", "There is no atlas file")):
            answer = away.get(f"{path}?{ASKED.get(path, '')}&lang={lang}")
            assert answer.status_code == 503, (path, answer.status_code, answer.data[:200])
            if (
                path not in ("/healthz", "/readyz") and "/export/" not in path
            ):  # of which these speak to machines, the other names its language
                assert word in answer.text, (path, lang, answer.text[:200])
                assert answer.headers["Retry-After"]
        asked.append(path)
    assert {"/", "/map.svg", "/search", "/sources/rows.csv", "/geo/x/grids.json", "/analysis/frame/x/2024-05.json"} <= {
        *asked
    }


def test_the_store_comes_back_and_so_do_the_answers(away: FlaskClient, own_home: Path) -> None:
    assert away.get("/map.svg").status_code == 503
    (own_home / "elsewhere").rename(own_home / FILE_NAME)
    assert away.get("/map.svg").status_code == away.get("/").status_code == 200


def test_a_full_disk_is_told(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_app(Settings(home=own_home, chromium="none")).server.test_client()
    monkeypatch.setattr(uploads, "safe_name", lambda _name: "/dev/full")  # where every write finds the disk full
    for lang, word in (("zh", "磁盘已满"), ("en", "disk is full")):
        answer = client.post(f"/data/upload?name=a.csv&lang={lang}", data=b"x" * 100_000, headers=OURS)
        assert answer.status_code == 507 and word in answer.json["message"]
    assert not list((own_home / "uploads").iterdir())

    def full(_file: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(feedback.os, "fsync", full)
    answer = client.post("/feedback", json={"text": "x", "address": "/", "lang": "en"})
    assert answer.status_code == 507 and "disk is full" in answer.text
