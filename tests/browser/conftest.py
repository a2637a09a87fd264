"""A real server with several workers, and a real browser that may talk to nobody else."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.atlas_page import AtlasPage

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def serve(home: Path, port: int, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start `python -m dashboard serve`, its words in `log`, and wait until it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard", "serve"], cwd=ROOT, stderr=log.open("wb"),
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


@pytest.fixture(scope="session")
def address(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a served atlas; whatever the server complains of fails the run."""
    port = free_port()
    log = tmp_path_factory.mktemp("server") / "log"
    process = serve(atlas_home, port, log, ATLAS_DESIGN="1")
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)
    assert "Traceback" not in log.read_text("utf-8")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield one
        one.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., AtlasPage]]:
    """Return a function that opens the atlas at a query; afterwards no page may have spoken to another host or failed."""
    opened: list[tuple[Page, list[str], list[str]]] = []

    def open_at(query: str = "", width: int = 1920, height: int = 1080, **context: object) -> AtlasPage:
        page = browser.new_context(viewport={"width": width, "height": height}, **context).new_page()
        strangers: list[str] = []
        errors: list[str] = []
        page.on("request", lambda request: None if request.url.startswith((address, "blob:", "data:")) else strangers.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        # what plotly.js warns of is a figure that asks for what it cannot have
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" or message.text.startswith("WARN:") else None)
        opened.append((page, strangers, errors))
        atlas = AtlasPage(page, address)
        atlas.go(query)
        return atlas

    yield open_at
    for page, _, _ in opened:
        page.context.close()
    assert [one for _, strangers, _ in opened for one in strangers] == []
    assert [one for _, _, errors in opened for one in errors] == []
