"""The eight views in a browser, held against reported_facts.csv, qualifiers included."""

from __future__ import annotations

import csv
from contextlib import suppress

from playwright.sync_api import Browser, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from geodata.facts import format_reported
from tests.browser.conftest import ROOT
from tests.browser.tabs import FEW_PIXELS, TAKEN_AWAY, TAKEN_OVER, TIMEOUT_MS

MAP = "window.atlasPlotly.map(document.querySelector('.story-map .js-plotly-plot'))"
WANTED = ("6 万余", "近万", "140 余")


def test_each_story_shows_its_facts(browser: Browser, address: str) -> None:
    facts = list(csv.DictReader((ROOT / "geodata/reported_facts.csv").open(encoding="utf-8")))
    page = browser.new_context(viewport={"width": 1920, "height": 1080}, device_scale_factor=FEW_PIXELS).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)) if TAKEN_AWAY not in str(error) else None)
    try:
        page.goto(f"{address}/stories")
        page.wait_for_function(TAKEN_OVER, timeout=TIMEOUT_MS)  # what was painted first has links of its own
        page.locator(".story-card").first.wait_for()
        links = page.locator(".story-name a").evaluate_all("cards => cards.map(card => card.getAttribute('href'))")
        assert len(links) == 8
        page.evaluate("window.unreloaded = true")
        for link in links:
            # the first from its card, the others from the list above: the page is not loaded anew
            page.locator(f".story-name a[href='{link}'], .story-nav a[href='{link}']").first.click()
            story = link[-2:]
            page.wait_for_function(
                (
                    "story => location.search.includes(`story=${story}`) && "
                    "(document.querySelector('.story-nav .story-here') || {}).innerText?.startsWith(story)"
                ),
                arg=story,
                timeout=TIMEOUT_MS,
            )
            expected = {
                one["id"]: format_reported(float(one["value"]), one["qualifier"], one["unit"])
                for one in facts
                if one["system"] == story
            }
            # the list above says the story before the facts of it are there:
            # the page's word is what it shows in the end
            with suppress(PlaywrightTimeout):
                page.wait_for_function(
                    "wanted => { const all = [...document.querySelectorAll('[id^=fact-]')];"
                    " return all.length === Object.keys(wanted).length && "
                    "all.every(one => wanted[one.id.slice(5)] === one.innerText); }",
                    arg=expected,
                    timeout=TIMEOUT_MS,
                )
            assert expected == dict(
                page.locator("[id^=fact-]").evaluate_all("all => all.map(one => [one.id.slice(5), one.innerText])")
            )
            page.wait_for_function(
                "() => { const title = document.getElementById('stories-title');"
                " return title && document.title.startsWith(title.innerText) && document.activeElement === title; }",
                timeout=TIMEOUT_MS,
            )
            if story == "S1":
                page.wait_for_function(
                    "wanted => { const facts = document.querySelector('.facts');"
                    " return facts && wanted.every(one => facts.innerText.includes(one)); }",
                    arg=WANTED,
                    timeout=TIMEOUT_MS,
                )
                page.wait_for_function(
                    (
                        f"() => {{ const map = {MAP}; return map && map.getLayer('hatch') && "
                        f"map.getLayoutProperty('hatch', 'visibility') !== 'none' && "
                        f"map.getFilter('hatch')[2][1].length === 27; }}"
                    ),
                    timeout=TIMEOUT_MS,
                )
            if story == "S4":
                page.wait_for_function(
                    (
                        f"() => {{ const map = {MAP}; return map && map.getStyle().layers.filter(one => "
                        f"one.id.startsWith('plotly-') && one.id.endsWith('-symbol') && "
                        f"one.layout.visibility === 'visible').length; }}"
                    ),
                    timeout=TIMEOUT_MS,
                )
                expect(page.locator(".stop-sample")).to_have_count(8, timeout=TIMEOUT_MS)
        page.go_back()
        page.wait_for_function(
            "() => (document.querySelector('.story-nav .story-here') || {}).innerText?.startsWith('S7')",
            timeout=TIMEOUT_MS,
        )
        assert page.evaluate("window.unreloaded") is True
        page.locator("#ways a").first.click()
        page.wait_for_function(
            "() => location.pathname === '/' && document.title === '工会服务一张图'", timeout=TIMEOUT_MS
        )
        assert errors == []
    finally:
        page.context.close()
