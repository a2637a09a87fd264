"""Streets in a real browser: drawn under the data on every map, chosen and taken back, and no other host is asked."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from geodata.osm.tiles import build
from tests import made_up_extract, own_tiles
from tests.browser.atlas_page import TIMEOUT_MS
from tests.browser.conftest import serving
from tests.browser.tabs import Tabs
from tests.browser.whole import first_alone
from tests.geodata.osm.test_tiles import HELSINKI, MOST_ON_A_SCREEN
from tests.grounded import stand_on

GRAPH = """[...document.querySelectorAll('.js-plotly-plot')].find(one => one.layout && one.layout.map
  && window.atlasPlotly.map(one))"""
LAID = f"""() => {{ const gd = {GRAPH}, map = gd && window.atlasPlotly.map(gd);
  return Boolean(map && gd.layout.meta && gd.layout.meta.base && gd.layout.meta.base.style
    && window.atlasBase.laid(gd) && map.loaded() && map.areTilesLoaded()); }}"""
BARE = f"""() => {{ const gd = {GRAPH}, map = gd && window.atlasPlotly.map(gd);
  return Boolean(map && map.loaded() && !map.getSource('base')); }}"""
LAYERS = f"() => window.atlasPlotly.map({GRAPH}).getStyle().layers.map(one => one.id)"
DRAWN = f"""() => {{ const map = window.atlasPlotly.map({GRAPH}), found = {{}};
  for (const one of map.getStyle().layers.filter(one => one.source === 'base'))
    found[one.id] = map.queryRenderedFeatures({{ layers: [one.id] }}).length;
  return found; }}"""
PAGES = ("/?place=350203", "/planning?place=350203", "/analysis?place=350203", "/stories?story=S8&place=350203")


@pytest.fixture(scope="module")
def grounded(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """Return what serves an atlas on the ground of an extract."""
    up: list[Any] = []

    def on(extract: Path) -> str:
        folder = tmp_path_factory.mktemp("grounded")
        home = Path(shutil.copytree(atlas_home, folder / "home"))
        (home / "ground" / "made").mkdir(parents=True)
        build(extract, home / "ground" / "made" / "basemap.pmtiles")
        stand_on(home, "made")
        up.append(serving(home, folder / "log"))
        return up[-1].__enter__()

    yield on
    for one in up:
        one.__exit__(None, None, None)


@pytest.fixture(scope="module")
def siming(grounded: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("extract") / "siming.osm.pbf"
    made_up_extract.write(path)
    return grounded(path)


def test_the_streets_of_helsinki_are_drawn_and_no_other_host_is_asked(
    grounded: Callable[[Path], str], tabs: Tabs
) -> None:
    address, sizes = grounded(HELSINKI), []
    with tabs.lent(address) as take:
        page = take(1920, 1080)
        page.on(
            "requestfinished",
            lambda request: sizes.append(request.sizes()["responseBodySize"]) if "/base/" in request.url else None,
        )
        page.goto(f"{address}/?base=streets&v=24.94400_60.17150_14.60")
        page.wait_for_function(LAID, timeout=TIMEOUT_MS)
        drawn = page.evaluate(DRAWN)
        # what is alike in a tile is one feature of it
        assert all(drawn[f"base-{one}"] > 0 for one in ("minor", "main", "foot", "building", "green"))
        assert drawn["base-minor-name"] + drawn["base-main-name"] > 3
        assert page.locator(".map-credit").inner_text() == "© OpenStreetMap contributors, ODbL"
        assert 0 < sum(sizes) <= MOST_ON_A_SCREEN


@pytest.mark.parametrize("path", first_alone(PAGES))
def test_a_reader_chooses_paper_and_streets_on_every_map(siming: str, tabs: Tabs, path: str) -> None:
    with tabs.lent(siming) as take:
        page = take(1366, 768)
        page.goto(siming + path)
        page.wait_for_function(LAID, timeout=TIMEOUT_MS)
        assert chosen(page) == "街道" and "2026年11月20日" in page.locator(".map-credit").first.inner_text()
        page.locator(".base-choice button[data-base=paper]").click()
        page.wait_for_function(BARE, timeout=TIMEOUT_MS)
        assert "base=paper" in page.url and chosen(page) == "纸面" and page.locator(".map-credit").count() == 0
        page.locator(".base-choice button[data-base=streets]").click()
        page.wait_for_function(LAID, timeout=TIMEOUT_MS)
        assert "base=streets" in page.url and chosen(page) == "街道"


def chosen(page: Page) -> str:
    return page.locator(".base-choice button[aria-pressed=true]").inner_text()


def test_no_street_and_no_name_of_one_lies_over_the_data(siming: str, tabs: Tabs) -> None:
    with tabs.lent(siming) as take:
        page = take(1366, 768)
        page.goto(f"{siming}/?place=350203")
        page.wait_for_function(LAID, timeout=TIMEOUT_MS)
        page.locator(".base-choice button[data-base=paper]").click()
        page.wait_for_function(BARE, timeout=TIMEOUT_MS)
        page.go_back()  # so that streets come after the data are drawn
        page.wait_for_function(LAID, timeout=TIMEOUT_MS)
        layers = page.evaluate(LAYERS)
        streets = [at for at, one in enumerate(layers) if one.startswith("base-")]
        names = [at for at in streets if layers[at].endswith("-name")]
        assert streets and names
        marks = [at for at, one in enumerate(layers) if one.startswith("plotly-") and at > layers.index("dash-line")]
        assert len(marks) > 5 and max(names) < min(marks), layers


def test_a_sheet_says_that_it_stands_once_its_streets_are_drawn(siming: str, tabs: Tabs) -> None:
    with tabs.lent(siming) as take:
        page = take(960, 600)
        page.goto(f"{siming}/sheet/map?query=place%3D350203&w=10&h=6.25")
        page.wait_for_function("() => document.documentElement.dataset.ready === '1'", timeout=TIMEOUT_MS)
        assert page.evaluate(LAID) and page.evaluate(DRAWN)["base-main"] > 0
        assert page.locator(".map-credit").is_visible() and page.locator(".base-choice").count() == 0


@pytest.mark.parametrize(("schema", "ending"), first_alone([("openmaptiles", "mbtiles"), ("protomaps", "pmtiles")]))
def test_a_file_of_the_union_is_drawn_thing_by_thing(
    atlas_home: Path, tabs: Tabs, tmp_path: Path, schema: str, ending: str
) -> None:
    path = own_tiles.write(tmp_path / f"own.{ending}", schema)
    with (
        serving(atlas_home, tmp_path / "log", ATLAS_BASEMAP=str(path), ATLAS_WORKERS="1") as address,
        tabs.lent(address) as take,
    ):
        page = take(1366, 768)
        lon, lat = own_tiles.AT
        page.goto(f"{address}/?place=350203&base=streets&layers=none&v={lon:.5f}_{lat:.5f}_15.00")
        page.wait_for_function(LAID, timeout=TIMEOUT_MS)
        drawn = page.evaluate(DRAWN)
        things = (*own_tiles.DRAWN, *own_tiles.DRAWN_NAMES)
        assert [one for one in things if not drawn.get(f"base-{one}")] == [], drawn
        assert page.locator(".map-credit").first.inner_text() == own_tiles.CREDIT


def test_on_a_map_of_the_data_page_paper_and_streets_are_chosen_too(siming: str, tabs: Tabs) -> None:
    with tabs.lent(siming) as take:
        page = take(1366, 768)
        page.goto(f"{siming}/data?section=placing&place=350203")
        page.wait_for_function(LAID, timeout=TIMEOUT_MS)
        before = page.url
        for chosen_base, state in (("paper", BARE), ("streets", LAID)):
            page.locator(f".base-choice button[data-base={chosen_base}]").click()
            page.wait_for_function(state, timeout=TIMEOUT_MS)
            assert page.locator(".map-credit").count() == (chosen_base == "streets")
        assert page.url == before
