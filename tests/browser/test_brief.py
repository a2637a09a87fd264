"""Briefs with a browser: the engine's limits,
the page from the first click to the file, sheets on paper and on a phone.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageColor
from playwright.sync_api import Browser

from dashboard import theme
from dashboard.export import chromium
from dashboard.export.engine import Engine
from dashboard.export.order import Order
from dashboard.export.studio import Studio
from dashboard.settings import Settings
from geodata.errors import AtlasError
from tests.browser import gallery
from tests.browser.atlas_page import TIMEOUT_MS
from tests.browser.conftest import ROOT, serving
from tests.browser.paper import colors, holds, sheets
from tests.browser.tabs import FEW_PIXELS
from tests.browser.whole import first_alone
from tests.dashboard.export.pptx_reader import opened, pictures, texts

WATER = ImageColor.getrgb(theme.WATER)


# -- the engine -------------------------------------------------------------------


def test_a_stuck_page_is_given_up_and_the_next_one_is_made(brief_home: Path) -> None:
    stuck = threading.Event()

    def application(environ: dict, start_response: Callable) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html")])
        body = (
            b"<html data-ready='1'>ready</html>" if environ["PATH_INFO"] == "/good" else b"<script>for(;;){}</script>"
        )
        stuck.set()
        return [body]

    engine = Engine(application, Settings(home=brief_home, picture_seconds=10))
    try:
        assert engine.picture("/good", 200, 100, 1)[:4] == b"\x89PNG"
        mark = engine._driver._mark
        began = time.monotonic()
        with pytest.raises(AtlasError, match="ATLAS_PICTURE_SECONDS"):
            engine.picture("/bad", 200, 100, 1)
        assert time.monotonic() - began < 15
        assert chromium.browser_of(mark) is None
        assert engine.picture("/good", 200, 100, 1)[:4] == b"\x89PNG"
        profile, leader = engine._driver._profile, engine._driver._leader
        assert profile is not None and profile.exists() and chromium.group(leader)
    finally:
        engine.close()
    assert not chromium.group(leader)
    assert not profile.exists()


def test_nobody_else_may_ask_the_engines_server(brief_home: Path) -> None:
    import urllib.error
    import urllib.request

    engine = Engine(
        lambda environ, start: (start("200 OK", [("Content-Type", "text/html")]), [b"<html data-ready='1'>"])[1],
        Settings(home=brief_home),
    )
    try:
        engine.picture("/", 100, 100, 1)
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(engine._driver._address + "/", timeout=5)
    finally:
        engine.close()


def test_a_warm_browser_makes_way_for_another_process(brief_home: Path) -> None:
    def application(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/html")])
        return [b"<html data-ready='1'>"]

    one, other = (Engine(application, Settings(home=brief_home, browsers=1)) for _ in range(2))
    # the locks are those of open files: two engines of one process are as two processes to them
    try:
        one.picture("/", 100, 100, 1)
        assert other.picture("/", 100, 100, 1)[:4] == b"\x89PNG"
        assert one._driver is None
    finally:
        one.close()
        other.close()


@pytest.fixture(scope="module")
def siming(studio: Studio) -> bytes:
    """A picture made with the network there."""
    return studio.make(Order(query="place=350203", format="png", scale=1)).content


# a route to everywhere through the loopback: what is sent there is dropped, so whoever asks waits for ever
NETS = {"refused": "ip link set lo up", "hanging": "ip link set lo up && ip route add default dev lo"}


@pytest.mark.skipif(
    subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode != 0,
    reason="needs a network of its own",
)
@pytest.mark.parametrize("net", first_alone(NETS))
def test_with_no_network_the_pictures_are_the_same(siming: bytes, brief_home: Path, tmp_path: Path, net: str) -> None:
    out = tmp_path / "x.png"
    command = [
        sys.executable,
        "-m",
        "dashboard",
        "brief",
        "--query",
        "place=350203",
        "--format",
        "png",
        "--scale",
        "1",
        "--out",
        str(out),
        "--json",
    ]
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", f'{NETS[net]} && exec "$@"', "sh", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, "ATLAS_HOME": str(brief_home), "ATLAS_PUBLIC_URL": "https://atlas.example.org"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["place"] == "思明区"
    with Image.open(out) as there, Image.open(io.BytesIO(siming)) as here:
        assert there.size == here.size
        assert ImageChops.difference(there.convert("RGB"), here.convert("RGB")).getbbox() is None  # to the last pixel


# -- the page ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(brief_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(brief_home, tmp_path_factory.mktemp("server") / "log") as one:
        yield one


READY = """() => { const one = document.querySelector('#briefing-preview'), inner = one && one.contentDocument
  && one.contentDocument.documentElement;
  return Boolean(inner && inner.dataset.ready === '1') }"""


def test_from_the_page_to_the_file(browser: Browser, served: str, tmp_path: Path) -> None:
    page = browser.new_context(viewport={"width": 1600, "height": 900}, device_scale_factor=FEW_PIXELS).new_page()
    page.set_default_timeout(TIMEOUT_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"{served}/briefing?place=640200")
    page.wait_for_function(READY)
    # the view speaks for itself; a light page makes a dark brief, and a dark page a light one
    spoken = page.locator("#briefing-sentence").input_value()
    assert (
        "27 个（报道）" in spoken
        and page.frame_locator("#briefing-preview").locator("[data-frame=sentence]").inner_text().strip() == spoken
    )
    dressed = """() => { const inner = document.querySelector('#briefing-preview')?.contentDocument?.documentElement;
      return [document.documentElement.dataset.theme, inner?.dataset.theme].join(' ') }"""
    page.locator("#briefing-paper").get_by_text("深色简报").click()
    page.wait_for_function(f"() => location.search.includes('paper=dark') && ({dressed})() === 'light dark'")
    page.click("#theme")
    page.wait_for_function(f"() => ({dressed})() === 'dark dark'")
    page.locator("#briefing-paper").get_by_text("浅色简报").click()
    page.wait_for_function(
        f"() => location.search.includes('theme=dark&paper=light') && ({dressed})() === 'dark light'"
    )
    page.click("#theme")
    page.wait_for_function(f"() => ({dressed})() === 'light light'")
    page.wait_for_function(READY)
    page.locator("#briefing-title").fill("三季度简报")
    page.locator("#briefing-title").blur()
    page.wait_for_function("() => location.search.includes('title=')")
    page.frame_locator("#briefing-preview").locator("h1:has-text('三季度简报')").wait_for()
    page.click("#briefing-keep")
    page.locator(".kept-row").wait_for()
    page.locator(".button-main").click()
    page.locator(".job .button-save").wait_for()
    with page.expect_download() as download:
        page.locator(".job .button-save").click()
    assert download.value.suggested_filename == "三季度简报.pptx"
    download.value.save_as(tmp_path / "x.pptx")
    slide = opened((tmp_path / "x.pptx").read_bytes()).slides[0]
    assert texts(slide)["title"] == "三季度简报" and "map" in pictures(slide)
    page.click("#briefing-shorten")
    page.locator("#briefing-short a").click()
    page.wait_for_url("**/briefing?place=640200*")
    page.wait_for_function(READY)
    assert page.locator("#briefing-title").input_value() == "三季度简报"
    # kept views one after another on the wall
    page.goto(f"{served}/present?view=place%3D350203&seconds=5")
    page.wait_for_function("() => document.documentElement.dataset.at === '0'")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.documentElement.dataset.at === '1'")
    assert "640200" in page.frame_locator("#stage iframe.here").locator("[data-frame=link] a").get_attribute("href")
    assert page.frame_locator("#stage iframe.here").locator("html").get_attribute("data-theme") == "dark"
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => document.documentElement.dataset.at === '0'")
    page.keyboard.press("f")
    page.wait_for_function("() => Boolean(document.fullscreenElement)")
    # by itself to the next one, nothing but the page to be seen
    page.wait_for_function(
        "() => document.documentElement.dataset.at === '1' && document.getElementById('present-word').hidden"
    )
    assert page.locator("button, input, select, .modebar").count() == 0
    page.keyboard.press(" ")
    assert page.locator("html").get_attribute("data-playing") == "false"
    assert errors == []
    page.context.close()


@pytest.mark.parametrize(
    ("place", "words"),
    [("?place=640200", ("377",)), ("", ("377", "南海诸岛", "总数的分项15"))],
    ids=["city", "country"],
)
def test_the_overview_prints_on_one_sheet_with_its_map(browser: Browser, served: str, place: str, words: tuple) -> None:
    page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
    page.set_default_timeout(TIMEOUT_MS)
    page.goto(f"{served}/{place}")
    page.wait_for_function(
        "() => { const box = document.documentElement, map = window.atlasMap && window.atlasMap();"
        "return box.dataset.drawn && box.dataset.drawn === box.dataset.asked && map && "
        "map.loaded() && document.querySelectorAll('.panel-graph .main-svg').length > 2 }"
    )
    found = sheets(page.pdf(prefer_css_page_size=True, print_background=True))
    page.context.close()
    assert len(found) == 1
    assert found[0].size == pytest.approx((595.3, 841.9), abs=1)
    # paper cuts no words off, and the country has the South China Sea in its inset
    text = found[0].text.replace("\r", "").replace("\n", "")
    assert [one for one in words if one not in text] == [] and "筛选" not in text
    width, height = found[0].picture.size
    assert colors(found[0].picture.crop((width // 3, height // 4, width * 2 // 3, height // 2))) > 40
    assert holds(found[0].picture, WATER) == (not place)  # the sea is of the country alone


#: One of each template, the longer words of English among them; `make sheets` walks the others
SHEETS = (
    *(gallery.BRIEFS[name] for name in ("one-english.pptx", "map.pptx", "compare-english-dark.pptx", "report.pptx")),
    Order("place=350203&lang=en", template="report"),
)


CUT = """() => [...document.querySelectorAll('.frame')].filter(one => one.scrollHeight > one.clientHeight + 2
  || one.scrollWidth > one.clientWidth + 2)
  .map(one => [one.dataset.frame, one.scrollHeight, one.clientHeight, one.scrollWidth, one.clientWidth])"""
#: of each map: whether its legend is cut, whether it fills its box, where it stands
MAPS = """() => [...document.querySelectorAll('iframe')].map(one =>
  { const inner = one.contentDocument, legend = inner.querySelector('.maplegend'),
  box = inner.querySelector('#map').getBoundingClientRect(), map = one.contentWindow.atlasMap(), seen = map.getCanvas()
    .getBoundingClientRect();
  return [legend.scrollHeight > legend.clientHeight + 1, Math.abs(box.width - seen.width) < 2
    && Math.abs(box.height - seen.height) < 2,
          [map.getZoom(), map.getCenter().lng, map.getCenter().lat].map(number => number.toFixed(4)).join(' ')] })"""
LEGENDS = """() => [...document.querySelectorAll('.plot')].filter(one => { const legend = one.querySelector('.legend'),
  bars = one.querySelector('.barlayer .bars');
  return legend && bars && legend.getBoundingClientRect()
    .bottom > Math.min(...[...one.querySelectorAll('.barlayer .point')]
    .map(bar => bar.getBoundingClientRect()).filter(bar => bar.height).map(bar => bar.top)) + 1 }).map(one => one.id)"""


def test_nothing_is_cut_on_a_sheet_and_a_phone_shows_the_same(browser: Browser, served: str) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 720}, device_scale_factor=FEW_PIXELS).new_page()
    page.set_default_timeout(TIMEOUT_MS)
    for order in SHEETS:
        page.goto(served + order.path())
        page.wait_for_function("() => document.documentElement.dataset.ready === '1'")
        maps = page.evaluate(MAPS)
        assert page.evaluate(CUT) == [] and page.evaluate(LEGENDS) == [], order
        assert [(cut, fills) for cut, fills, _ in maps] == [(False, True)] * len(maps), order
    # the last of them as a phone shows it: the very page, smaller
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    page.wait_for_function("() => document.documentElement.dataset.ready === '1'")
    assert page.evaluate(MAPS) == maps and page.evaluate(CUT) == [] and page.evaluate(LEGENDS) == []
    assert page.evaluate("() => document.querySelector('.page').getBoundingClientRect().width") == pytest.approx(
        390, abs=1
    )
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    page.context.close()
