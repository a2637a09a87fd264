"""Rows that are listed as a file: written by a process of its own, followed, called off, given to who ordered it."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from openpyxl import load_workbook

from dashboard.access import accounts, audit, sessions
from dashboard.access.reader import OPERATOR, asking
from dashboard.app import create_app
from dashboard.pages.data import names
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from dashboard.tasks.export_worker import FORMATS, Exports
from dashboard.tasks.job import DONE, FAILED, STOPPED, State
from geodata.errors import AtlasError
from tests.dashboard.test_calls import called, text_of

SIMING, SECONDS = "350203", 120
WANTED: dict[str, Any] = {
    "table": "stations",
    "query": "",
    "text": "",
    "rule": None,
    "days": 365,
    "order": None,
    "format": "csv",
    "lang": "zh",
    "exact": False,
}


@pytest.fixture(scope="module")
def settings(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("exports")
    (home / "atlas.gpkg").write_bytes((atlas_home / "atlas.gpkg").read_bytes())
    return Settings(home=home, sign_in="on", chromium="none")


@pytest.fixture(scope="module")
def app(settings: Settings) -> Dash:
    return create_app(settings)


def ended(exports: Exports, job: str) -> State:
    for _ in range(SECONDS * 10):
        state = exports.jobs.state(job)
        assert state is not None
        if state.over:
            return state
        time.sleep(0.1)
    raise AssertionError("it goes on and on")


def test_who_asks_gets_the_rows_of_own_places_and_nobody_else_gets_the_file(app: Dash, settings: Settings) -> None:
    """Through the page: ordered, followed to its end, fetched; the rows of the store in the order of the grid."""
    home = settings.home
    near, _ = accounts.add(home, "near", "viewer", [SIMING], password="long enough for all")
    other, _ = accounts.add(home, "other", "viewer", [SIMING], password="long enough for all")
    client, stranger = (app.server.test_client() for _ in range(2))
    for one, account in ((client, near), (stranger, other)):
        one.set_cookie("atlas-session", sessions.begin(home, account, "127.0.0.1"))
    values = {
        names.EXPORT: 1,
        names.EXPORT_FORMAT: "csv",
        names.GRID: {"startRow": 0, "endRow": 9, "sortModel": [{"colId": "name", "sort": "desc"}]},
        names.URL: "?section=rows&table=enterprises&lang=zh",
        names.ROW_TEXT: "",
    }
    answer = called(app, client, "pages.data.taking_out.order", f"{names.EXPORT}.n_clicks", **values)
    job = answer.json["response"][names.EXPORT_JOB]["data"]
    about = next(iter(audit.entries(home, most=1)))
    assert (about.deed, about.account, about.about["what"]) == ("exported", "near", "enterprises.csv")
    told = {names.EXPORT_JOB: job, names.URL: values[names.URL]}
    for _ in range(SECONDS * 10):
        said = called(app, client, "pages.data.taking_out.follow", f"{names.EXPORT_POLL}.n_intervals", **told)
        if said.json["response"][names.EXPORT_POLL]["disabled"]:
            break
        time.sleep(0.1)
    assert f"/data/rows/{job}" in text_of(said)
    assert stranger.get(f"/data/rows/{job}").status_code == 404
    assert client.get("/data/rows/../atlas.gpkg").status_code == 404
    answer = client.get(f"/data/rows/{job}")
    assert answer.status_code == 200 and "no-store" in answer.headers["Cache-Control"]
    rows = AtlasSource(home).store().read("enterprises")
    expected = rows[rows["adcode"] == SIMING].sort_values("name", ascending=False, kind="stable")["name"].tolist()
    found = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert [one["名称"] for one in found] == expected


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_format_holds_the_rows(settings: Settings, fmt: str) -> None:
    exports = Exports(settings)
    with asking(OPERATOR):
        job = exports.start(WANTED | {"table": "activities", "format": fmt, "lang": "id"})
        state = ended(exports, job)
        path = exports.file(job)
    assert state.phase == DONE and path is not None
    atlas = AtlasSource(settings.home, threshold=settings.small_counts).atlas()
    expected = atlas.table("activities")["activity_id"].tolist()
    assert state.told == {"rows": len(expected), "bytes": path.stat().st_size}
    if fmt == "geojson":
        found = [one["properties"]["activity_id"] for one in json.loads(path.read_text("utf-8"))["features"]]
    elif fmt == "xlsx":
        found = [row[0] for row in load_workbook(path).worksheets[0].iter_rows(min_row=2, values_only=True)]
    else:
        found = [one["activity_id"] for one in csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))]
    assert found == expected


def test_called_off_it_leaves_no_file_and_what_cannot_be_written_is_told(settings: Settings) -> None:
    exports = Exports(settings)
    with asking(OPERATOR):
        job = exports.start(WANTED)
        exports.jobs.stop(job)
        assert ended(exports, job).phase == STOPPED and exports.file(job) is None
        found = exports.jobs.find(job)
        assert found is not None and not [*found.folder.glob("*stations*")]
        state = ended(exports, exports.start(WANTED | {"order": {"colId": "name", "sort": "asc"}, "lang": "fr"}))
        assert state.phase == FAILED and "表头" in state.message.text(str)


def test_more_at_once_than_the_machine_bears_are_refused_in_words(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports = Exports(settings)
    monkeypatch.setattr(exports.jobs, "at_work", lambda: 2)
    with asking(OPERATOR), pytest.raises(AtlasError, match="正在导出 2 个"):
        exports.start(WANTED)


def test_the_rows_behind_a_figure_come_part_by_part(settings: Settings) -> None:
    client = create_app(Settings(home=settings.home)).server.test_client()
    answer = client.get("/sources/rows.csv?figure=workers&place=640202", buffered=False)
    assert answer.status_code == 200 and answer.is_streamed
    assert "Content-Length" not in answer.headers
    parts = [*answer.response]
    assert len(parts) > 1 and parts[0] == "\ufeff".encode()
    assert len([*csv.reader(io.StringIO(b"".join(parts).decode("utf-8-sig")))]) > 2
