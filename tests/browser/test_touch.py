"""By finger, at 200 % and without motion: the map answers, nothing is lost, nothing is too small to be hit."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page
from pyproj import Geod

from dashboard import ids
from dashboard.pages import PAGES
from tests.browser.atlas_page import TIMEOUT_MS, AtlasPage

SIMING = "350203"
LEAST = 24  # CSS pixels, WCAG 2.2 target size (2.5.8)
VIEW = "(() => { const map = window.atlasMap(), at = map.getCenter(); return [at.lng, at.lat, map.getZoom()] })()"
# links inside a sentence are as high as its line, what stands in a label is as large as the label, the steps of a
# number have keys, and a field that holds pills is hit anywhere
SMALL = """least => {
  const found = [];
  const pressed = 'a[href], button, input, select, textarea, summary, [role=button], [role=tab], [role=switch]';
  for (const one of document.querySelectorAll(pressed)) {
    const style = getComputedStyle(one);
    if (style.visibility === 'hidden' || style.display === 'none' || style.display === 'inline'
      || one.closest('[hidden], [inert], svg, .mantine-NumberInput-control')
      || one.matches('.mantine-PillsInputField-field')) continue;
    const boxes = [one, ...(one.labels || [])].map(each => each.getBoundingClientRect());
    const box = boxes.reduce((a, b) => (a.width * a.height > b.width * b.height ? a : b));
    if (box.width > 2 && box.height > 2 && Math.min(box.width, box.height) < least - 0.5)
      found.push(`${one.tagName} ${one.id} ${one.className} ${box.width.toFixed(0)}x${box.height.toFixed(0)}`);
  }
  return [...new Set(found)]; }"""


def too_small(page: Page) -> list[str]:
    """Return what is hit by finger or pointer and is smaller than WCAG 2.2 asks for."""
    return page.evaluate(SMALL, LEAST)


def fingers(page: AtlasPage, *steps: list[tuple[float, float]]) -> None:
    """Put down as many fingers as the first step has points, move them through the others, and lift them."""
    session = page.page.context.new_cdp_session(page.page)
    for kind, points in [("touchStart", steps[0]), *(("touchMove", step) for step in steps[1:]), ("touchEnd", [])]:
        session.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(points)]},
        )
        page.page.wait_for_timeout(40)  # as a finger takes its time


def test_a_phone_pinches_and_drags_the_map_and_every_target_is_large_enough(
    open_page: Callable[..., AtlasPage],
) -> None:
    page = open_page(f"?place={SIMING}&hour=22", width=390, height=844, has_touch=True, is_mobile=True)
    page.page.locator(f"#{ids.MAP}").scroll_into_view_if_needed()
    box = page.page.locator(f"#{ids.MAP} canvas").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + min(box["height"], 844 - box["y"]) / 2
    zoom = page.page.evaluate(VIEW)[2]
    fingers(
        page, [(x - 30, y), (x + 30, y)], *[[(x - 30 - 10 * step, y), (x + 30 + 10 * step, y)] for step in range(1, 7)]
    )
    page.until(f"{VIEW}[2] > {zoom + 0.5}")
    page.wait()
    before = page.page.evaluate(VIEW)
    fingers(page, [(x, y)], *[[(x - 15 * step, y)] for step in range(1, 6)])
    page.until(f"{VIEW}[0] > {before[0]}")
    page.until("window.location.search.includes('v=')")
    # a word, and a badge that is not the first of its kind, explained by a tap, gone by one beside it
    for term in (".panel-subtitle [data-term]", ".panel-title .badge"):
        one = page.page.locator(term).first
        one.scroll_into_view_if_needed()
        one.tap()
        page.page.locator(".tip").wait_for(timeout=TIMEOUT_MS)
        page.page.wait_for_timeout(400)  # the focus, and the mouse that a tap plays, come after it
        assert (
            page.page.locator(".tip").inner_text()
            == page.page.locator(f"#term-{one.get_attribute('data-term')}").text_content()
        )
        page.page.locator(".panel-subtitle").first.tap(position={"x": 2, "y": 2})
        page.page.locator(".tip").wait_for(state="detached", timeout=TIMEOUT_MS)
    small = {}
    for path in PAGES:
        page.page.goto(f"{page.address}{path}?place={SIMING}")
        page.page.locator("main").first.wait_for(timeout=TIMEOUT_MS)
        page.quiet(4 * TIMEOUT_MS)
        small[path] = too_small(page.page)
        assert page.page.evaluate("document.documentElement.scrollWidth") <= 390, path
    small = {path: said for path, said in small.items() if said}
    assert not small, small


def test_at_200_percent_nothing_is_lost_and_without_motion_nothing_is_eased(
    open_page: Callable[..., AtlasPage],
) -> None:
    page = open_page(f"?place={SIMING}&hour=22", width=960, height=540, reduced_motion="reduce")
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 960
    for selector in (
        f"#{ids.RAIL_TOGGLE}",
        f"#{ids.KPIS} .kpi",
        f"#{ids.MAP}",
        f"#{ids.LEGEND}",
        f"#{ids.chart('coverage')}",
        f"#{ids.MONTHS}",
    ):
        one = page.page.locator(selector).first
        one.scroll_into_view_if_needed()
        seen = one.bounding_box()
        assert seen is not None and seen["width"] > 40 and seen["height"] > 8, selector
        assert seen["x"] >= 0 and seen["x"] + seen["width"] <= 960, selector
    # the scale bar is as long as it says, by the geodesic of WGS-84 at the middle of the map
    said, *ends = (
        page.page.evaluate("""() => { const map = window.atlasMap(), middle = map.getCanvas().clientHeight / 2,
          bar = document.getElementById('scale-bar');
      const from = map.unproject([0, middle]), to = map.unproject([bar.getBoundingClientRect().width, middle]);
      return [bar.textContent, from.lng, from.lat, to.lng, to.lat] }""")
    )
    number, unit = said.split()
    assert abs(Geod(ellps="WGS84").inv(*ends)[2] / (float(number) * {"公里": 1000, "米": 1}[unit]) - 1) < 0.01
    moving = page.page.evaluate(
        "[...document.querySelectorAll('*')].filter(one => "
        "!/^(0s|none)/.test(getComputedStyle(one).transition.replace(/^all /, ''))).length"
    )
    assert moving == 0
    # a key of the map goes there at once, and months that are played follow without any easing
    page.page.locator(f"#{ids.MAP} canvas").first.focus()
    zoom = page.page.evaluate(VIEW)[2]
    assert page.page.evaluate("""() => new Promise(done => { const map = window.atlasMap();
          map.once('moveend', () => done([map.getZoom(), moved]));
      let moved = 0; map.on('move', () => { moved += 1; });
        map.getCanvas().dispatchEvent(new KeyboardEvent('keydown', { key: '=', code: 'Equal', keyCode: 187,
        bubbles: true })); })""") == [zoom + 1, 1]
    page.page.goto(f"{page.address}/analysis?place=640200")
    page.page.locator("#an-play").wait_for(timeout=TIMEOUT_MS)
    page.quiet()
    page.until("window.atlasPlayback && window.atlasPlayback.drawn.length > 0")
    first = page.page.evaluate("window.atlasPlayback.drawn.length")
    page.page.locator("#an-play").click()
    page.until(f"window.atlasPlayback.drawn.length > {first + 1}")
    assert page.page.evaluate("document.getAnimations().length") == 0 and not page.page.evaluate(
        "window.analysisMap().isMoving()"
    )
