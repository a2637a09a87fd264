"""A real server with several workers, and a real browser that may talk to nobody else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from dashboard.app import create_app
from dashboard.export import chromium
from dashboard.export.engine import Engine
from dashboard.export.studio import Studio
from dashboard.settings import Settings
from geodata.store import open_store
from tests.browser.atlas_page import AtlasPage
from tests.browser.tabs import TIMEOUT_MS, Tabs
from tests.dashboard.export.two_plans import keep_two
from tests.geodata.geocoding.services import KEY, Service, served
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
START_SECONDS, STOP_SECONDS = 120, 60
IN_A_ROW = 8  # answers, of two workers
expect.set_options(timeout=TIMEOUT_MS)  # five seconds say how busy the machine is, not what the page will show

#: Begun last: while one of them is under way nobody waits long for the other half of the machine
SHORT = ("past", "sources", "filters", "failing", "unplaced", "lost_answers", "analysis", "help", "plotly_private")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long: at the end one of them would run alone."""
    last = {f"test_{name}": at for at, name in enumerate(SHORT, 1)}
    items.sort(key=lambda item: last.get(item.path.stem, 0))


def serve(home: Path, port: int, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start `python -m dashboard serve`, its words in `log`, and wait until it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard", "serve"],
        cwd=ROOT,
        stderr=log.open("wb"),
        env={**os.environ, "ATLAS_HOME": str(home), "ATLAS_PORT": str(port), "ATLAS_WORKERS": "2", **environment},
    )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(log.read_text("utf-8"))
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
                if answer.status == 200:
                    return process
        except OSError:
            time.sleep(0.2)
    process.kill()
    raise TimeoutError(f"no answer within {START_SECONDS} s")


def caught_up(address: str, home: Path) -> None:
    """Wait until every worker of `address` answers from what is stored: before, readers may get the former atlas."""
    wanted, right, deadline = open_store(home).meta()["data_version"], 0, time.monotonic() + START_SECONDS
    while right < IN_A_ROW:
        assert time.monotonic() < deadline, "the server still answers from what was stored before"
        with urllib.request.urlopen(f"{address}/healthz", timeout=START_SECONDS) as answer:
            right = right + 1 if json.load(answer)["data_version"] == wanted else 0


@contextmanager
def serving(home: Path, log: Path, may_fail: bool = False, **environment: str) -> Iterator[str]:
    """Give the address of an atlas served from `home`;
    what the server complains of afterwards fails the test, unless it may.
    """
    port = free_port()
    process = serve(home, port, log, **environment)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
    assert may_fail or "Traceback" not in log.read_text("utf-8")


@pytest.fixture(scope="session")
def address(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a served atlas."""
    with serving(atlas_home, tmp_path_factory.mktemp("server") / "log", ATLAS_DESIGN="1") as one:
        yield one


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield one
        one.close()


@pytest.fixture(scope="session")
def tabs(browser: Browser) -> Tabs:
    return Tabs(browser)


@pytest.fixture
def open_page(tabs: Tabs, address: str) -> Iterator[Callable[..., AtlasPage]]:
    """Return a function that opens the atlas at a query;
    afterwards no page may have spoken to another host or failed.
    """
    with tabs.pages(address, AtlasPage) as open_at:
        yield open_at


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """A geocoder on loopback."""
    with served() as one:
        yield one


@pytest.fixture(scope="module")
def geocoded(home: Path, service: Service) -> Iterator[str]:
    """Address of an atlas of the module's own `home`, with two workers and a geocoder, whose key is in no log."""
    log = home.parent / "log"
    settings = {"KEY": KEY, "URL": service.url, "PER_SECOND": "50"}
    more = {f"ATLAS_GEOCODER_{name}": value for name, value in settings.items()}
    with serving(home, log, ATLAS_GEOCODER="amap", **more) as one:
        yield one
    assert KEY not in log.read_text("utf-8")


@pytest.fixture(scope="module")
def brief_home(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Home of an atlas with two plans, for briefs."""
    made = Path(shutil.copytree(atlas_home, tmp_path_factory.mktemp("brief") / "home"))
    keep_two(made)
    return made


@pytest.fixture(scope="module")
def studio(brief_home: Path) -> Iterator[Studio]:
    """What makes briefs, with a browser of its own; none of it may be left afterwards."""
    settings = Settings(home=brief_home, public_url="https://atlas.example.org", picture_seconds=300)
    app = create_app(settings)
    before = marked()
    engine = Engine(app.server.wsgi_app, settings)
    yield Studio(app.server.extensions["atlas"], engine, settings)
    engine.close()
    assert marked() <= before, "a browser of ours is left running"


def marked() -> set[int]:
    """Return the browsers on this machine that some atlas of this test worker started: whoever is started by it has its
    name in the environment, whoever it is a child of now.
    """
    worker = f"PYTEST_XDIST_WORKER={os.environ.get('PYTEST_XDIST_WORKER', '')}".encode()
    return {
        pid
        for pid in chromium.processes()
        if any(chromium.MARK in one for one in chromium.command_line(pid)) and worker in environment(pid)
    }


def environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes() + b"\0PYTEST_XDIST_WORKER=\0"
    except OSError:  # it has ended meanwhile
        return b""
