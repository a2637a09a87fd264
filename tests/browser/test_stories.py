"""The eight views in a browser, held against reported_facts.csv, qualifiers included."""

from __future__ import annotations

import csv

from playwright.sync_api import Browser

from geodata.facts import format_reported
from tests.browser.conftest import ROOT

WANTED = ("6 万余", "近万", "140 余")


def test_each_story_shows_its_facts(browser: Browser, address: str) -> None:
    facts = list(csv.DictReader((ROOT / "geodata/reported_facts.csv").open(encoding="utf-8")))
    page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        page.goto(f"{address}/stories")
        page.locator(".story-card").first.wait_for()
        links = page.locator(".story-name a").evaluate_all("cards => cards.map(card => card.getAttribute('href'))")
        assert len(links) == 8
        for link in links:
            page.goto(address + link)
            page.locator(".fact-value").first.wait_for()
            story = link[-2:]
            shown = dict(page.locator("[id^=fact-]").evaluate_all("all => all.map(one => [one.id.slice(5), one.innerText])"))
            assert shown == {one["id"]: format_reported(float(one["value"]), one["qualifier"], one["unit"]) for one in facts if one["system"] == story}
            if story == "S1":
                text = page.locator(".facts").first.inner_text()
                assert all(one in text for one in WANTED)
        assert errors == []
    finally:
        page.context.close()
