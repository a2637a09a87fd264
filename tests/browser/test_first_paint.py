"""What is seen before the scripts have run: the same figures, at the same place, over a picture of the same map."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from dashboard import ids
from tests.browser.atlas_page import AtlasPage
from tests.browser.tabs import Tabs, listening
from tests.browser.test_accessibility import objections
from tests.browser.whole import first_alone
from tests.sheets.views import QUERIES, WINDOWS

#: What says a figure or a finding, on any page; charts and what is asked of the server later have none yet.
TOLD = (
    ".kpi-value, .kpi-of, .said, .panel-title, .panel-subtitle, .notice, .crumb, "
    ".legend-title, .an-head, .an-table td, .an-list li, .plan-title, .plan-value, "
    ".fact-value, .story-name, .view-place, .quality-total, .holdings-sum, .sources-figure, .data-title, .way"
)
#: What everything else stands in or under: nothing may jump.
FRAMES = (
    ".header, .kpis, .said, .map-box, .charts, .panel, .an-box, "
    ".plan-right, .data-main, .sources-part, .story-card, .briefing-form"
)
READ = """([root, selector]) => [...document.querySelectorAll(`${root} :is(${selector})`)].filter(one =>
  one.getClientRects().length).map(one => one.textContent)"""
BOXES = """([root, selector]) => [...document.querySelectorAll(`${root} :is(${selector})`)].map(one =>
  one.getBoundingClientRect()).filter(box => box.width)
  .map(box => [box.x, box.y, box.width, box.height])"""
OPENED = """async () => {
  const tables = [...document.querySelectorAll("details.panel-table")];
  for (const open of [true, false]) {
    tables.forEach((one) => { one.open = open; });
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
}"""
NEAR_PX = 4
#: What stands for a control, and the control: as tall as each other by assets/controls.css.
CONTROLS = (
    (".first-field", ".mantine-InputWrapper-root:not(.mantine-RadioGroup-root)"),
    (".first-segments", ".mantine-SegmentedControl-root"),
    (".first-radios", ".mantine-RadioGroup-root"),
    (".first-tabs", ".mantine-Tabs-list"),
    (".first-slider", ".mantine-RangeSlider-root"),
    (".search-box", ".search-box"),
)
SAME_PX = 0.5
#: Every animation frame in which a reader would see no figure,
#: or a map without its colours, once there was something to see.
WATCH = """(() => {
  const seen = window.blank = { frames: 0, bare: [], unpainted: [], pictured: 0, told: 0 };
  const has = (root, selector) => [...document.querySelectorAll(root + " " + selector)].some(one =>
    one.getClientRects().length && one.textContent);
  const painted = () => { const map = window.atlasMap && window.atlasMap();
    return map && map.loaded() && map.getStyle().layers.some(one => one.id.startsWith("plotly-")); };
  const complete = one => one.complete && one.naturalWidth > 0;
  (function look() {
    const first = document.querySelector(".first"), now = performance.now();
    if (first && !seen.told) seen.told = now;
    if (seen.told) {
      seen.frames += 1;
      if (!first && !has("#page", ".kpi-value")) seen.bare.push(now);
      const pictures = [...document.querySelectorAll(".map-first")];
      if (pictures.some(complete)) seen.pictured = seen.pictured || now;
      if (seen.pictured && !pictures.some(complete) && !painted()) seen.unpainted.push(now);
    }
    requestAnimationFrame(look);
  })();
})()"""


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page as nobody has opened it before; none may complain."""
    opened: list[Any] = []
    wrong: list[str] = []

    def take(width: int = 1920, heard: bool = True, **context: Any) -> Page:
        opened.append(browser.new_context(viewport={"width": width, "height": WINDOWS[width]}, **context))
        page = opened[-1].new_page()
        page.add_init_script("localStorage.setItem('atlas-tour', '1')")
        if heard:
            listening(page, address, wrong)
        return page

    yield take
    for one in opened:
        one.close()
    assert not wrong, wrong


@pytest.mark.parametrize("path", first_alone(QUERIES))
def test_without_a_script_a_page_says_what_it_says_with_them_and_where(
    tab: Callable[..., Page], tabs: Tabs, address: str, path: str
) -> None:
    lang, width = ("en", 390) if path in ("/analysis", "/data", "/stories") else ("zh", 1920)
    url = f"{address}{path}?{QUERIES[path]}&lang={lang}"
    early = tab(width, heard=False, bypass_csp=True)
    early.route("**/*.js*", lambda route: route.abort())
    early.goto(url)
    first, boxes = (early.evaluate(what, [".first", which]) for what, which in ((READ, TOLD), (BOXES, FRAMES)))
    stand_ins = [early.evaluate(BOXES, [".first", which]) for which, _ in CONTROLS]
    assert objections(early) == []
    early.context.close()
    with tabs.lent(address) as take:
        page = take(width, WINDOWS[width])
        page.goto(url)
        AtlasPage(page, address).quiet()
        assert page.locator(".first, .map-first").count() == 0
        page.evaluate(OPENED)  # tables are laid out once somebody opens them
        later, frames = (page.evaluate(what, ["#page", which]) for what, which in ((READ, TOLD), (BOXES, FRAMES)))
        controls = [page.evaluate(BOXES, ["#page", which]) for _, which in CONTROLS]
    assert len(first) > 6 and len(boxes) > 1
    # what comes later comes on its own: charts' legends and answers that are asked for
    assert first == [one for one in later if one in first], [one for one in first if one not in later]
    assert len(later) - len(first) <= len(later) // 5
    for before, after in zip(boxes, frames, strict=True):
        assert before[0] == pytest.approx(after[0], abs=NEAR_PX) and before[2] == pytest.approx(after[2], abs=NEAR_PX)
        if width > 1000:  # on a phone what comes later pushes what lies below it, out of sight
            assert before[1] == pytest.approx(after[1], abs=NEAR_PX), (before, after)
    if width > 1000:
        for (name, _), before, after in zip(CONTROLS, stand_ins, controls, strict=True):
            assert [box[3] for box in before] == pytest.approx([box[3] for box in after], abs=SAME_PX), name
    assert sum(map(len, stand_ins)) > 0 or width <= 1000


def test_while_scripts_are_on_their_way_figures_and_map_are_seen_and_links_lead_on(
    tab: Callable[..., Page], address: str
) -> None:
    page, held = tab(), []
    page.route("**/dash_mantine_components*", lambda route: held.append(route))
    page.goto(f"{address}/?place=350203&hour=22", wait_until="commit")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.first .map-first')].some(one => one.complete && one.naturalWidth > 0)"
    )
    assert page.locator(".first .kpi-value").first.is_visible()
    assert page.locator(f"#{ids.PAGE}").count() == 0  # nothing of the page itself is there
    link = page.locator(".first .said .figure-link")
    assert "fact=" in str(link.get_attribute("href"))
    page.unroute("**/dash_mantine_components*")
    link.click()
    page.wait_for_url("**/sources?**")
    assert page.locator(".sources-trail").first.is_visible()
    for route in held:
        _let(route)


def _let(route: Route) -> None:
    try:
        route.continue_()
    except Exception:  # the page that asked is gone
        return


@pytest.mark.parametrize("width", first_alone([1920, 390]))
def test_nothing_goes_blank_between_the_first_paint_and_the_page(
    tab: Callable[..., Page], address: str, width: int
) -> None:
    page = tab(width)
    page.add_init_script(WATCH)
    page.goto(f"{address}/?place=640200")
    AtlasPage(page, address).wait()
    seen = page.evaluate("window.blank")
    assert seen["frames"] > 3 and 0 < seen["told"] <= seen["pictured"]
    assert seen["bare"] == [] and seen["unpainted"] == []


def test_the_picture_goes_when_the_map_is_touched_before_it_is_painted(tab: Callable[..., Page], address: str) -> None:
    page, held = tab(), []
    page.route("**/geo/**", lambda route: held.append(route))  # the map stays without its places
    page.goto(f"{address}/?place=350203")
    page.wait_for_function("() => !document.querySelector('.first') && document.querySelector('#map .map-first')")
    page.locator("#rail .mantine-Chip-label").first.click()
    page.wait_for_function("() => !document.querySelector('.map-first')")
    page.unroute("**/geo/**")
    for route in held:
        _let(route)
    AtlasPage(page, address).wait()


def test_a_map_reached_by_a_link_has_its_picture_too(tab: Callable[..., Page], address: str) -> None:
    page, held = tab(), []
    page.goto(f"{address}/sources?place=350203")
    AtlasPage(page, address).quiet()
    page.route("**/geo/**", lambda route: held.append(route))
    page.locator(".way", has_text="总览").click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('#map .map-first')].some(one => one.complete && one.naturalWidth > 0)"
    )
    page.unroute("**/geo/**")
    for route in held:
        _let(route)
    AtlasPage(page, address).wait()
    assert page.locator(".map-first").count() == 0
