"""Figures lead to where they come from: pages are walked, marks resolved, a figure clicked."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from geodata.facts import format_reported, reported_facts
from geodata.store import open_store
from layers import trails
from layers.atlas import Atlas
from tests.browser.atlas_page import TIMEOUT_MS

MARKS = "() => [...document.querySelectorAll('[data-figure]')].map(one => [one.dataset.figure, one.innerText])"
UNMARKED = """() => ['.kpi-value', '.panel', '.fact-value', '.story-figures strong', '.sources-value', '.an-box',
  '.quality-total', '.plan-value'].flatMap(kind =>
  [...document.querySelectorAll(kind)].filter(one => one.getClientRects().length
    && !one.closest('[data-figure], [data-trail]') && !one.querySelector('[data-figure]'))
  .map(one => `${kind}: ${one.innerText.slice(0, 40)}`))"""


@pytest.fixture(scope="module")
def atlas(atlas_home) -> Atlas:
    return Atlas.load(open_store(atlas_home))


def test_a_figure_leads_to_its_trail_and_every_mark_resolves(open_page, address, atlas):
    at = open_page("?place=640200")
    page, seen = at.page, set()

    def walk() -> None:
        assert page.evaluate(UNMARKED) == []
        for mark, _ in page.evaluate(MARKS):
            trails.check(atlas, mark)
            seen.add(mark)

    walk()
    assert {"strengthened", "coverage_by_unit", "activities_by_month"} <= seen
    figure = page.locator("[data-figure=strengthened] a")
    figure.focus()
    page.keyboard.press("Enter")
    trail = page.locator("[data-trail=strengthened]")
    expect(trail.locator(".sources-value")).to_have_text("377 家", timeout=TIMEOUT_MS)
    expect(trail.locator("tbody tr")).to_have_count(2, timeout=TIMEOUT_MS)
    walk()
    trail.get_by_role("link", name="F010").first.click()
    expect(page.locator("[data-trail=F010] .sources-value")).to_have_text("377 家", timeout=TIMEOUT_MS)

    page.goto(f"{address}/sources")
    rows = page.locator(".sources-part .sources-figure")
    facts = reported_facts()
    expect(rows).to_have_count(len(facts), timeout=TIMEOUT_MS)
    said = [format_reported(row.value, row.qualifier, row.unit) for row in facts.itertuples()]
    assert rows.all_inner_texts() == said and "6 万余名" in said
    walk()
    assert set(trails.FIGURES) <= seen
    page.get_by_label("在报道数字中查找").fill("微心愿")
    expect(rows).to_have_count(2, timeout=TIMEOUT_MS)
    page.goto(f"{address}/sources?figure=no_such&fact=%3Cb%3E&lang=en")
    expect(page.locator("main .notice-bad")).to_have_count(1, timeout=TIMEOUT_MS)

    page.goto(f"{address}/sources")
    page.locator("#search").wait_for()
    page.keyboard.press("Control+k")
    page.keyboard.type("石zs")
    expect(page.locator("#search-list [role=option]").first).to_contain_text("石嘴山市", timeout=TIMEOUT_MS)
    assert page.locator("#search").get_attribute("aria-activedescendant") == "search-0"
    page.locator("#search").fill("F032")
    expect(page.locator("#search-list [role=option]")).to_have_count(1, timeout=TIMEOUT_MS)
    page.locator("#search").fill("石zs")  # Enter before its answer is there: what the text before found is not meant
    page.keyboard.press("Enter")
    page.wait_for_url("**/?place=640200*")
    expect(page.locator(".crumb-here")).to_have_text("石嘴山市", timeout=TIMEOUT_MS)
    page.locator("body").press("/")
    page.keyboard.type("qqqq")
    expect(page.locator(".search-said")).to_contain_text("没有找到", timeout=TIMEOUT_MS)
    page.keyboard.press("Escape")

    page.goto(f"{address}/stories?story=S8")
    page.locator(".fact-value a").first.wait_for()
    walk()
    assert "F080" in seen
    page.locator("#fact-F080 a").press("Enter")
    expect(page.locator("[data-trail=F080]")).to_be_visible(timeout=TIMEOUT_MS)
    page.locator(".sources-bar").get_by_text(
        "示意", exact=True
    ).click()  # what is illustrative is left out, and the address says so
    page.wait_for_url("**provenance=derived.reported*")

    page.goto(f"{address}/analysis?place=640200&on=2024-06-18")
    expect(page.locator(".said-sources")).to_contain_text("F010", timeout=TIMEOUT_MS)
    page.locator("[data-figure=against_plan] .source-link").wait_for()
    walk()
    page.locator("[data-figure=taking_part] .source-link").press("Enter")
    expect(page.locator("[data-trail=taking_part]")).to_be_visible(timeout=TIMEOUT_MS)
    page.goto(f"{address}/data?section=quality")
    page.locator(".quality-total").first.wait_for()
    walk()
    assert {"activities_by_day", "taking_part", "quality"} <= seen
