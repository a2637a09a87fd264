"""Briefs with a browser: golden slides and papers, the engine's limits, the page from the first click to the file."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageChops, ImageColor
from playwright.sync_api import Browser
from pptx.slide import Slide

from dashboard.app import create_app
from dashboard.export import chromium
from dashboard.export.engine import Engine, blank
from dashboard.export.order import Order
from dashboard.export.studio import Made, Studio
from dashboard.figures import theme
from dashboard.settings import Settings
from geodata.errors import AtlasError
from tests.browser import gallery
from tests.browser.conftest import ROOT, serving
from tests.browser.paper import Sheet, colors, sheets, squeezed
from tests.dashboard.export.pptx_reader import boxes, opened, pictures, texts
from tests.dashboard.export.pptx_reader import sheets as data_sheets
from tests.dashboard.export.two_plans import keep_two

EMU_PER_POINT = 12_700
SLACK = 4.0  # points: LibreOffice has other fonts than PowerPoint
INLAND = ("one.pptx", "compare.pptx", "report.pptx")  # views without a sea: what is of its colour there is no map
WATER = ImageColor.getrgb(theme.WATER)


@pytest.fixture(scope="module")
def home(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Path(shutil.copytree(atlas_home, tmp_path_factory.mktemp("brief") / "home"))
    keep_two(made)
    return made


@pytest.fixture(scope="module")
def studio(home: Path) -> Iterator[Studio]:
    settings = Settings(home=home, public_url="https://atlas.example.org")
    app = create_app(settings)
    before = marked()
    engine = Engine(app.server.wsgi_app, settings)
    yield Studio(app.server.extensions["atlas"], engine, settings)
    engine.close()
    assert marked() <= before, "a browser of ours is left running"


def marked() -> set[int]:
    """Return the browsers on this machine that some atlas started."""
    return {pid for pid in chromium.processes() if any(chromium.MARK in one for one in chromium.command_line(pid))}


@pytest.fixture(scope="module")
def golden(studio: Studio) -> dict[str, Made]:
    """One of each, made once: what the gallery shows is what the tests read."""
    return gallery.made(studio)


@pytest.fixture(scope="module")
def papers(golden: dict[str, Made]) -> dict[str, list[Sheet]]:
    return gallery.papers(golden)


def test_the_gallery_shows_one_of_each_as_briefs_are_now(golden: dict[str, Made], papers: dict[str, list[Sheet]]) -> None:
    """Which pictures there are, how large, and which frames a slide has: what they show changes with every new line of data."""
    told = "the gallery is not as briefs are: run `make gallery`"
    now = gallery.pictures(golden, {name: [replace(one, picture=one.picture.copy()) for one in pages] for name, pages in papers.items()})
    kept = {path.name: path for path in gallery.FOLDER.iterdir() if path.suffix != ".md"}
    assert set(kept) == {*now, "one.pptx", "charts.svg"}, told
    for name, picture in now.items():
        with Image.open(kept[name]) as there:
            assert there.width / there.height == pytest.approx(picture.width / picture.height, abs=0.01), f"{name}: {told}"
            assert there.width <= gallery.WIDTH and colors(there.convert("RGB")) > 8, name
    here, there = (opened(content).slides for content in (golden["one.pptx"].content, kept["one.pptx"].read_bytes()))
    frames = [[sorted(boxes(slide)) for slide in slides] for slides in (here, there)]
    assert frames[0] == frames[1], told
    assert kept["charts.svg"].read_text("utf-8").count("<g transform") == len(golden["charts.svg"].brief.charts), told
    page = (gallery.FOLDER / "README.md").read_text("utf-8")
    assert [name for name in kept if f"({name})" not in page] == []


@pytest.mark.parametrize("name", gallery.SLIDES)
def test_every_word_of_a_slide_is_printed_inside_its_frame(golden: dict[str, Made], papers: dict[str, list[Sheet]], name: str) -> None:
    """No text cut, overlapping or without glyphs: all of it is found in the printed page, where its frame is."""
    slides = list(opened(golden[name].content).slides)
    assert len(slides) == len(papers[name])
    for slide, paper in zip(slides, papers[name], strict=True):
        frames = {role: [one / EMU_PER_POINT for one in box] for role, *box in boxes(slide)}
        for role, text in texts(slide).items():
            left, top, right, bottom = frames[role]
            for line in filter(None, map(squeezed, text.splitlines())):
                found = paper.find(line)
                assert found, f"{role}: {line}"
                assert any(left - SLACK <= x0 and x1 <= right + SLACK and top - SLACK <= y0 and y1 <= bottom + SLACK
                           for place in found for x0, y0, x1, y1 in [_around(place)]), f"{role}: {line}"
        for name_of_chart, sheet in data_sheets(slide).items():
            for category in sheet["categories"]:
                assert squeezed(category)[:6] in paper.text
            if _has_bars_of_shares(slide, name_of_chart):
                for share in (one for series, values in sheet.items() if series != "categories" for one in values):
                    assert any(bottom - top < 14 for place in paper.find(f"{share:.1%}") for _, top, _, bottom in [_around(place)]), f"{share:.1%} is broken"


def _has_bars_of_shares(slide: Slide, name: str) -> bool:
    plot = next(shape.chart for shape in slide.shapes if shape.has_chart and shape.name == name).plots[0]
    return plot.has_data_labels and plot.data_labels.number_format == "0.0%"


def _around(place: list[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    seen = [box for box in place if box[2] > box[0]]
    return min(b[0] for b in seen), min(b[1] for b in seen), max(b[2] for b in seen), max(b[3] for b in seen)


@pytest.mark.parametrize("name", gallery.SLIDES)
def test_the_map_is_drawn_fine_and_the_charts_are_seen(golden: dict[str, Made], papers: dict[str, list[Sheet]], name: str) -> None:
    slide = opened(golden[name].content).slides[0]
    paper = papers[name][0]
    scale = paper.picture.width / paper.size[0] / EMU_PER_POINT
    dark = gallery.BRIEFS[name].theme == "dark"
    assert (sum(paper.picture.getpixel((8, 400))) < 200) == dark
    for role, *box in boxes(slide):
        part = paper.picture.crop(tuple(round(one * scale) for one in box))
        if role in ("map", "map2"):
            picture = pictures(slide)[role]
            assert picture.width / ((box[2] - box[0]) / 914_400) == pytest.approx(300, abs=1)  # dots an inch
            assert not blank(_png(picture), [[0, 0, picture.width, picture.height]], 1)
            assert colors(part) > 40
            if name in INLAND:
                assert not _holds(picture, WATER), "the picture is not filled with the map"
        elif role.startswith("chart") and not role.endswith("title"):
            assert colors(part) > 8
    assert zxingcpp.read_barcode(paper.picture.resize((paper.picture.width * 3, paper.picture.height * 3))).text == golden[name].brief.url


def _holds(picture: Image.Image, color: tuple[int, int, int]) -> bool:
    """Return whether a field of the picture, and not only an edge, has that very colour."""
    whole = picture.convert("RGB")
    return sum(count for count, one in whole.getcolors(whole.width * whole.height) if one == color) > whole.height


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def test_what_is_blank_is_known(golden: dict[str, Made]) -> None:
    assert blank(_png(Image.new("RGB", (600, 400), "#E8EEF4")), [[0, 0, 600, 400]], 1)
    assert not blank(_png(pictures(opened(golden["nothing-here.pptx"].content).slides[0])["map"]), [[0, 0, 686, 359]], 3.125)


@pytest.mark.parametrize(("name", "pages"), [("one.pdf", 2), ("report.pdf", 3)])
def test_a_pdf_has_words_for_text_and_the_same_content(golden: dict[str, Made], name: str, pages: int) -> None:
    made = golden[name]
    found = sheets(made.content, 144)
    assert len(found) == pages
    wide = name == "one.pdf"
    assert found[0].size == pytest.approx((960, 540) if wide else (595.3, 841.9), abs=1)
    said = made.brief
    for text in (said.title, said.sentence, said.view, *said.footnote, said.source, *(one.title for one in said.charts[:1])):
        for line in filter(None, text.split("\n")):
            assert squeezed(line) in found[0].text
    for one in said.sides[0].figures:
        assert squeezed(one.value) in found[0].text
    assert all(squeezed(one.text)[:20] in found[-1].text for one in said.citations)
    ways = {fact: said.fact_url(fact) for one in said.citations for fact in one.facts} | {one.text: one.url for one in said.sides[0].trails}
    assert ways and [name for name, url in ways.items() if url.encode() not in made.content] == []
    assert zxingcpp.read_barcode(found[0].picture).text == said.url
    width, height = found[0].picture.size
    assert colors(found[0].picture.crop((width // 4, height // 3 if wide else height * 2 // 5, width // 2, height * 2 // 3))) > 40


def test_a_png_has_the_size_asked_for_and_its_code_is_read(golden: dict[str, Made]) -> None:
    made = golden["one.png"]
    with Image.open(io.BytesIO(made.content)) as picture:
        assert picture.size == (2560, 1440)
        assert zxingcpp.read_barcode(picture.convert("RGB")).text == made.brief.url


def test_an_svg_holds_every_chart_as_text(golden: dict[str, Made]) -> None:
    from lxml import etree

    made = golden["charts.svg"]
    root = etree.fromstring(made.content)
    words = squeezed("".join(root.itertext()))
    assert all(squeezed(one.title) in words for one in made.brief.charts)
    assert squeezed(made.brief.view) in words and made.brief.url in words
    assert len(root.findall(".//{http://www.w3.org/2000/svg}svg")) == len(made.brief.charts)
    assert "河滨区域" in words
    assert b"http" not in made.content.replace(b"http://www.w3.org", b"").replace(made.brief.url.encode(), b"")


# -- the engine -------------------------------------------------------------------


def test_a_stuck_page_is_given_up_and_the_next_one_is_made(home: Path) -> None:
    stuck = threading.Event()

    def application(environ: dict, start_response: Callable) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html")])
        body = b"<html data-ready='1'>ready</html>" if environ["PATH_INFO"] == "/good" else b"<script>for(;;){}</script>"
        stuck.set()
        return [body]

    engine = Engine(application, Settings(home=home, picture_seconds=5))
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


def test_nobody_else_may_ask_the_engines_server(home: Path) -> None:
    import urllib.error
    import urllib.request

    engine = Engine(lambda environ, start: (start("200 OK", [("Content-Type", "text/html")]), [b"<html data-ready='1'>"])[1], Settings(home=home))
    try:
        engine.picture("/", 100, 100, 1)
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(engine._driver._address + "/", timeout=5)
    finally:
        engine.close()


def test_a_warm_browser_makes_way_for_another_process(home: Path) -> None:
    application = lambda environ, start: (start("200 OK", [("Content-Type", "text/html")]), [b"<html data-ready='1'>"])[1]  # noqa: E731
    one, other = (Engine(application, Settings(home=home, browsers=1)) for _ in range(2))
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


@pytest.mark.skipif(subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode != 0, reason="needs a network of its own")
@pytest.mark.parametrize("net", NETS)
def test_with_no_network_the_pictures_are_the_same(siming: bytes, home: Path, tmp_path: Path, net: str) -> None:
    out = tmp_path / "x.png"
    command = [sys.executable, "-m", "dashboard", "brief", "--query", "place=350203", "--format", "png", "--scale", "1", "--out", str(out), "--json"]
    done = subprocess.run(["unshare", "-n", "sh", "-c", f'{NETS[net]} && exec "$@"', "sh", *command], cwd=ROOT, capture_output=True, text=True,
                          timeout=240, check=False, env={**os.environ, "ATLAS_HOME": str(home), "ATLAS_PUBLIC_URL": "https://atlas.example.org"})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["place"] == "思明区"
    with Image.open(out) as there, Image.open(io.BytesIO(siming)) as here:
        assert there.size == here.size
        assert ImageChops.difference(there.convert("RGB"), here.convert("RGB")).getbbox() is None  # to the last pixel


# -- the page ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(home, tmp_path_factory.mktemp("server") / "log") as one:
        yield one


READY = """() => { const one = document.querySelector('#briefing-preview'), inner = one && one.contentDocument && one.contentDocument.documentElement;
  return Boolean(inner && inner.dataset.ready === '1') }"""


def test_from_the_page_to_the_file(browser: Browser, served: str, tmp_path: Path) -> None:
    page = browser.new_context(viewport={"width": 1600, "height": 900}).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"{served}/briefing?place=640200")
    page.wait_for_function(READY)
    # the view speaks for itself; a light page makes a dark brief, and a dark page a light one
    spoken = page.locator("#briefing-sentence").input_value()
    assert "27 个（报道）" in spoken and page.frame_locator("#briefing-preview").locator("[data-frame=sentence]").inner_text().strip() == spoken
    dressed = """() => { const inner = document.querySelector('#briefing-preview')?.contentDocument?.documentElement;
      return [document.documentElement.dataset.theme, inner?.dataset.theme].join(' ') }"""
    page.locator("#briefing-paper").get_by_text("深色简报").click()
    page.wait_for_function(f"() => location.search.includes('paper=dark') && ({dressed})() === 'light dark'")
    page.click("#theme")
    page.wait_for_function(f"() => ({dressed})() === 'dark dark'")
    page.locator("#briefing-paper").get_by_text("浅色简报").click()
    page.wait_for_function(f"() => location.search.includes('theme=dark&paper=light') && ({dressed})() === 'dark light'")
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
    page.locator(".job .button-save").wait_for(timeout=60_000)
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
    page.wait_for_function("() => document.documentElement.dataset.at === '1' && document.getElementById('present-word').hidden")
    assert page.locator("button, input, select, .modebar").count() == 0
    page.keyboard.press(" ")
    assert page.locator("html").get_attribute("data-playing") == "false"
    assert errors == []
    page.context.close()


def test_the_overview_prints_on_one_sheet_with_its_map(browser: Browser, served: str) -> None:
    page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
    page.goto(f"{served}/?place=640200")
    page.wait_for_function("() => { const box = document.documentElement, map = window.atlasMap && window.atlasMap();"
                           "return box.dataset.drawn && box.dataset.drawn === box.dataset.asked && map && map.loaded() && document.querySelectorAll('.panel-graph .main-svg').length > 2 }")
    found = sheets(page.pdf(prefer_css_page_size=True, print_background=True))
    page.context.close()
    assert len(found) == 1
    assert found[0].size == pytest.approx((595.3, 841.9), abs=1)
    assert "377" in found[0].text and "筛选" not in found[0].text
    width, height = found[0].picture.size
    assert colors(found[0].picture.crop((width // 3, height // 4, width * 2 // 3, height // 2))) > 40
    assert not _holds(found[0].picture, WATER)


SHEETS = (*(gallery.BRIEFS[name] for name in gallery.SLIDES), Order("place=350203&lang=en", template="report"))


CUT = """() => [...document.querySelectorAll('.frame')].filter(one => one.scrollHeight > one.clientHeight + 2 || one.scrollWidth > one.clientWidth + 2)
  .map(one => [one.dataset.frame, one.scrollHeight, one.clientHeight, one.scrollWidth, one.clientWidth])"""
#: of each map: whether its legend is cut, whether it fills its box, where it stands
MAPS = """() => [...document.querySelectorAll('iframe')].map(one => { const inner = one.contentDocument, legend = inner.querySelector('.maplegend'),
  box = inner.querySelector('#map').getBoundingClientRect(), map = one.contentWindow.atlasMap(), seen = map.getCanvas().getBoundingClientRect();
  return [legend.scrollHeight > legend.clientHeight + 1, Math.abs(box.width - seen.width) < 2 && Math.abs(box.height - seen.height) < 2,
          [map.getZoom(), map.getCenter().lng, map.getCenter().lat].map(number => number.toFixed(4)).join(' ')] })"""
LEGENDS = """() => [...document.querySelectorAll('.plot')].filter(one => { const legend = one.querySelector('.legend'), bars = one.querySelector('.barlayer .bars');
  return legend && bars && legend.getBoundingClientRect().bottom > Math.min(...[...one.querySelectorAll('.barlayer .point')]
    .map(bar => bar.getBoundingClientRect()).filter(bar => bar.height).map(bar => bar.top)) + 1 }).map(one => one.id)"""


def test_nothing_is_cut_on_a_sheet_and_a_phone_shows_the_same(browser: Browser, served: str) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
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
    assert page.evaluate("() => document.querySelector('.page').getBoundingClientRect().width") == pytest.approx(390, abs=1)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    page.context.close()
