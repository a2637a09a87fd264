"""What the network loses is asked for again: a map is drawn without it, and has it a moment later."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from playwright.sync_api import Browser, Route

from tests.browser.atlas_page import TIMEOUT_MS, AtlasPage
from tests.browser.tabs import FEW_PIXELS
from tests.browser.whole import first_alone

FIRST, LATER = "?place=640200", "?place=350203&hour=22"
HEALED = """() => { const map = window.atlasMap(), drawn = map.getStyle().layers.map(one => one.id);
  return map.querySourceFeatures('ground', { sourceLayer: 'borders' }).length > 0
    && map.querySourceFeatures('zones').length > 0
    && map.queryRenderedFeatures({ layers: drawn.filter(one => /plotly-trace.*circle/.test(one)) }).length > 0; }"""


@pytest.mark.parametrize("lost", first_alone([1, 2]))
def test_a_map_heals(browser: Browser, address: str, lost: int) -> None:
    with browser.new_context(viewport={"width": 1366, "height": 768}, device_scale_factor=FEW_PIXELS) as context:
        asked: Counter[str] = Counter()

        def lose(route: Route) -> None:
            asked[route.request.url] += 1
            route.abort() if asked[route.request.url] <= lost else route.continue_()

        context.route("**/geo/**", lose)
        page = AtlasPage(context.new_page(), address)
        page.go(FIRST)
        assert page.trace("areas")["rendered"] > 0
        page.turn(LATER)
        assert page.crumbs()[-1] == "思明区"
        until = time.monotonic() + TIMEOUT_MS / 1000
        while not page.page.evaluate(HEALED):
            assert time.monotonic() < until, asked
            page.page.wait_for_timeout(100)
        assert page.trace("stations")["rendered"] > 0


def test_what_is_not_there_is_not_asked_for_for_ever(browser: Browser, address: str) -> None:
    with browser.new_context(viewport={"width": 1366, "height": 768}, device_scale_factor=FEW_PIXELS) as context:
        asked: Counter[str] = Counter()

        def refuse(route: Route) -> None:
            asked[route.request.url] += 1
            route.fulfill(status=404, body="")

        context.route("**/ground/**", refuse)
        page = AtlasPage(context.new_page(), address)
        page.go(FIRST)
        page.page.wait_for_timeout(3000)
        assert asked and max(asked.values()) <= 2  # of overlapping views
        assert page.trace("areas")["rendered"] > 0
