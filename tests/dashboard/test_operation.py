"""What a keeper relies on: whether it is ready, what it counts, what it logs, and that it stops in order."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dash import Dash

from dashboard.app import create_app
from dashboard.server.health import readiness
from dashboard.server.logs import AsJson
from dashboard.server.warming import warm_beside
from dashboard.settings import Settings
from dashboard.tasks.job import DONE, INTERRUPTED, Job
from dashboard.tasks.jobs import Jobs, hand_back
from geodata.store import FILE_NAME
from tests.browser.conftest import serving
from tests.dashboard.test_logs import record
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


def application(home: Path, **settings: object) -> Dash:
    return create_app(Settings(home=home, chromium="none", **settings))


def test_it_is_ready_when_it_is_warm_and_not_without_its_store(own_home: Path) -> None:
    server = application(own_home).server
    asked = server.test_client().get("/readyz")
    assert asked.status_code == 503
    assert asked.json == {"status": "not ready", "store": True, "home": True, "space": True, "warm": False}
    warm_beside(server).join(120)
    assert server.test_client().get("/readyz").json["status"] == "ready"
    (own_home / FILE_NAME).rename(own_home / "away")
    gone = server.test_client().get("/readyz")
    assert gone.status_code == 503 and gone.json["store"] is False
    (own_home / "away").rename(own_home / FILE_NAME)
    assert server.test_client().get("/readyz").status_code == 200


def test_a_full_disk_is_not_ready(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = application(own_home).server
    monkeypatch.setattr("dashboard.server.health.LEAST_FREE", 2**62)
    assert readiness(server.extensions["atlas"].source, server.extensions["warmed"])["space"] is False


def test_metrics_are_not_there_unless_somebody_may_ask(own_home: Path) -> None:
    assert application(own_home).server.test_client().get("/metrics").status_code == 404
    client = application(own_home, metrics="loopback").server.test_client()
    client.get("/stories")
    told = client.get("/metrics")
    assert told.status_code == 200
    assert 'atlas_requests_total{method="GET",rule="/<path:path>",status="200"} 1.0' in told.text
    assert "atlas_store_up 1.0" in told.text and 'atlas_rows{table="stations"} 36.0' in told.text
    for remote, headers in (
        ("10.0.0.9", {}),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}),
        ("127.0.0.1", {"Via": "p"}),
    ):
        asked = client.get("/metrics", environ_base={"REMOTE_ADDR": remote}, headers=headers)
        assert asked.status_code == 404 and not asked.data


def test_addresses_make_no_series(own_home: Path) -> None:
    client = application(own_home, metrics="loopback").server.test_client()
    for at in range(30):
        client.get(f"/nowhere/{at}?place=secret")
    told = client.get("/metrics").text
    assert "nowhere" not in told and "secret" not in told


@pytest.mark.parametrize("bad", ["10.0.0.0/99", "everybody", "1.2.3"])
def test_networks_that_are_none_are_refused(bad: str) -> None:
    for name in ("proxies", "metrics"):
        with pytest.raises(ValueError, match=name.upper()):
            Settings(**{name: bad})


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operating") / "log"


@pytest.fixture(scope="module")
def base(atlas_home: Path, log: Path) -> Iterator[str]:
    about = {"ATLAS_METRICS": "loopback", "ATLAS_LOG_FORMAT": "json", "ATLAS_ACCESS_LOG": "1"}
    with serving(atlas_home, log, ATLAS_CHROMIUM="none", **about) as address:
        yield address


def test_what_several_processes_count_is_one_sum(base: str) -> None:
    for _ in range(40):
        urllib.request.urlopen(f"{base}/stories", timeout=60).read()
    told = urllib.request.urlopen(f"{base}/metrics", timeout=60).read().decode()
    (line,) = [one for one in told.splitlines() if one.startswith("atlas_requests_total") and '"/<path:path>"' in one]
    assert float(line.split()[-1]) >= 40


def ask(request: str | urllib.request.Request) -> Any:
    """Ask, and once more where a busy machine resets the connection: how often that happens is not asked here."""
    try:
        return urllib.request.urlopen(request, timeout=60)
    except ConnectionResetError:
        return urllib.request.urlopen(request, timeout=60)


def test_every_line_of_the_log_is_an_object_that_names_its_request(base: str, log: Path) -> None:
    asked = urllib.request.Request(f"{base}/stories?place=640200&lang=en", headers={"X-Request-ID": "from-the-proxy-7"})
    answer = ask(asked)
    assert answer.headers["X-Request-ID"] == "from-the-proxy-7"
    with pytest.raises(urllib.error.HTTPError):
        ask(f"{base}/a%0d%0a%7B%22level%22:1%7D")
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(urllib.request.Request(f"{base}/b", headers={"X-Request-ID": "no id\tat all"}))
    assert "at all" not in refused.value.headers["X-Request-ID"]
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines() if line.startswith("{")]
    (mine,) = [one for one in lines if one.get("request_id") == "from-the-proxy-7"]
    assert mine["path"] == "/stories" and mine["status"] == 200 and mine["logger"] == "dashboard.access"
    assert "640200" not in json.dumps(mine)
    assert not [one for one in lines if one.get("level") == 1]


def test_a_trace_stays_on_the_line() -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError as error:
        line = AsJson().format(record("failed\n%s", "x\u2028y", error=error))
    assert len(line.splitlines()) == 1
    told = json.loads(line)
    assert told["error"] == "ValueError" and "second" in told["trace"] and told["level"] == logging.getLevelName(40)


def test_a_job_that_runs_when_the_server_stops_is_interrupted_and_says_so(tmp_path: Path) -> None:
    port, jobs = free_port(), Jobs(tmp_path, at_once=2)
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "tests.dashboard.stopping_app:application"),
            *("--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4", "--log-level", "error"),
            *("--worker-class", "dashboard.server.worker.TimedWorker"),
        ],
        cwd=ROOT,
        env={**os.environ, "STOPPING_JOBS": str(tmp_path)},
    )
    try:
        ids = {}
        until = time.monotonic() + 180
        for work in ("obliging", "deaf", "obliging"):  # the third waits for its turn
            while time.monotonic() < until:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{work}", timeout=5) as answer:
                        ids[len(ids)] = answer.read().decode()
                    break
                except OSError:
                    time.sleep(0.2)
        while time.monotonic() < until and not all((jobs.state(ids[at]) or State0).phase == "running" for at in (0, 1)):
            time.sleep(0.1)
        assert jobs.state(ids[2]).phase == "queued"
    finally:
        server.terminate()
        began = time.monotonic()
        server.wait(60)
    assert time.monotonic() - began < 30
    for name in ids.values():
        state = jobs.state(name)
        assert state.phase == INTERRUPTED and state.failed and state.over
        assert "再做一次" in state.message.text(str)


class State0:
    phase = ""


def test_what_is_done_stays_done(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)

    def quick(job: Job) -> None:
        job.say(1.0, "正在统计")

    name = jobs.start("plan", quick)
    until = time.monotonic() + 30
    while not jobs.state(name).over and time.monotonic() < until:
        time.sleep(0.05)
    hand_back(1)
    assert jobs.state(name).phase == DONE
