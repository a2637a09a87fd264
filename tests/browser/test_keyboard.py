"""Without a pointer: from opening to an exported brief, by keys alone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.atlas_page import TIMEOUT_MS, AtlasPage

MOST_TABS = 120


def tab_to(page: Page, selector: str, back: bool = False) -> None:
    """Press Tab until `selector` has the focus; it must be seen to have it."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached in {MOST_TABS} steps")


def test_from_opening_to_an_exported_brief_without_a_pointer(open_page: Callable[..., AtlasPage]) -> None:
    atlas = open_page("?place=640200")
    page = atlas.page
    # the first stop skips what repeats, and is seen
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.skip") == "main"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top >= 0")
    # a filter
    tab_to(page, "#control-layers input, .chips input")
    before = atlas.query()
    page.keyboard.press("Space")
    atlas.changed(before)
    assert "layers=" in atlas.query()
    # the map: move, closer, back home, into what is in the middle
    tab_to(page, "#map canvas")
    assert page.evaluate("getComputedStyle(document.querySelector('#map')).outlineStyle") == "solid"
    for key in ("ArrowRight", "Equal"):
        before = atlas.query()
        page.keyboard.press(key)
        atlas.changed(before)
        assert "v=" in atlas.query()
    before = atlas.query()
    page.keyboard.press("Home")
    atlas.changed(before)
    page.wait_for_function("() => document.querySelector('#map-said').textContent.length > 4", timeout=TIMEOUT_MS)
    before = atlas.query()
    page.keyboard.press("Enter")
    atlas.changed(before)
    assert len(atlas.crumbs()) == 4
    # the list of what is in view mirrors the map, and leads on
    tab_to(page, "#in-view-toggle")
    page.keyboard.press("Enter")
    page.locator(".in-view-row").first.wait_for(timeout=TIMEOUT_MS)
    tab_to(page, "a.in-view-row")
    before = atlas.query()
    page.keyboard.press("Enter")
    atlas.changed(before)
    assert "region=" in atlas.query() or "grid=" in atlas.query() or "place=" in atlas.query()
    # Escape closes the list and gives the focus back to its button
    tab_to(page, "a.in-view-row")
    page.keyboard.press("Escape")
    assert page.locator("#in-view").is_hidden()
    assert page.evaluate("document.activeElement.id") == "in-view-toggle"
    # a chart by its table: opened, entered and read
    tab_to(page, ".panel-table summary")
    page.keyboard.press("Enter")
    tab_to(page, ".panel-table[open] .panel-figures")
    assert page.locator(".panel-table[open] td").first.inner_text()
    over, panel = (
        page.locator(one).bounding_box() for one in (".panel-table[open] .panel-figures", ".panel:has([open])")
    )
    assert over["x"] >= panel["x"] and over["x"] + over["width"] <= panel["x"] + panel["width"]  # nothing of it is cut
    # the brief of this very view
    page.keyboard.press("Home")
    tab_to(page, "#ways a[href^='/briefing']", back=True)
    query = atlas.query()
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.location.pathname === '/briefing'", timeout=TIMEOUT_MS)
    assert query.split("&v=")[0] in page.evaluate("window.location.search")
    page.locator("main button").first.wait_for(timeout=TIMEOUT_MS)
    tab_to(page, "[id*='briefing-make'], .form .button-chief")
    page.keyboard.press("Enter")
    link = page.locator("main a[href*='/briefing/file/']").first
    link.wait_for(timeout=6 * TIMEOUT_MS)
    tab_to(page, "main a[href*='/briefing/file/']")
    with page.expect_download(timeout=TIMEOUT_MS) as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename
