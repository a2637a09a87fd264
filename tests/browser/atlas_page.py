"""The overview as a person meets it: waits for what is shown, reads figures, clicks places on the map."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from playwright.sync_api import Error, Page, Request, TimeoutError

from dashboard import ids
from tests.browser.tabs import TIMEOUT_MS as TIMEOUT_MS

DRAWN = """() => {
  const box = document.documentElement, map = window.atlasMap && window.atlasMap();
  return Boolean(box && box.dataset.asked && box.dataset.asked === box.dataset.drawn
    && map && map.loaded() && map.areTilesLoaded() && !map.isMoving() && document.querySelector('.crumb'));
}"""
# the page's main thread has a moment to spare, what was painted first is gone, and Dash waits for no callback
DONE = """() => new Promise(done => requestIdleCallback(() => {
  if (document.querySelector(".first, .map-first")) return done(false);
  if (!window.store) return done(true);
  const { stored, completed, ...waiting } = window.store.getState().callbacks;
  done(Object.values(waiting).every(one => !one.length));
}, { timeout: 2000 }))"""
QUIET_SECONDS = 0.2
HOVER_MS = 120


class Traffic:
    """What a page asks of its server, counted once however often the page is wrapped."""

    _all: ClassVar[WeakKeyDictionary[Page, Traffic]] = WeakKeyDictionary()

    def __init__(self, page: Page) -> None:
        self.under_way: set[Request] = set()
        self.lost: list[str] = []  # what did not come, or not well: says why a map is not drawn
        self.last_stir = time.monotonic()
        page.on("request", lambda request: self._stir(self.under_way.add, request))
        page.on("requestfinished", lambda request: self._stir(self.under_way.discard, request))
        page.on("requestfailed", lambda request: self._stir(self.under_way.discard, request))
        page.on("requestfailed", lambda request: self.lost.append(f"{request.failure} {request.url}"))
        page.on("response", lambda got: self.lost.append(f"{got.status} {got.url}") if got.status >= 400 else None)
        page.on("console", lambda said: self.lost.append(said.text) if said.text.startswith("map: ") else None)

    @classmethod
    def of(cls, page: Page) -> Traffic:
        """Return that of `page`."""
        if page not in cls._all:
            cls._all[page] = cls(page)
        return cls._all[page]

    def _stir(self, change: Callable[[Request], None], request: Request) -> None:
        if not request.url.startswith(("blob:", "data:")):
            change(request)
            self.last_stir = time.monotonic()


class AtlasPage:
    """One open page."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self._traffic = Traffic.of(page)

    def quiet(self, timeout_ms: int = TIMEOUT_MS) -> None:
        """Wait until the page has nothing left to do, nothing is asked
        of the server and nothing new has been asked for a moment.

        Counted here: Chromium's own `networkidle` now and then never comes on a page with frames or workers.
        """
        deadline = time.monotonic() + timeout_ms / 1000
        since = time.monotonic()  # what came before says nothing: what was just clicked may not have been heard yet
        while True:
            if not self._done():
                since = time.monotonic()
            if not self._traffic.under_way and time.monotonic() - max(since, self._traffic.last_stir) >= QUIET_SECONDS:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"still asked: {[request.url for request in self._traffic.under_way]}")
            self.page.wait_for_timeout(50)  # lets playwright hand over its events

    def _done(self) -> bool:
        try:
            return self.page.evaluate(DONE)
        except Error:  # another page is coming
            return False

    def go(self, query: str = "") -> None:
        """Open the atlas at `query` and wait until the map stands still."""
        self.page.goto(f"{self.address}/{query}")
        self.wait()

    def turn(self, query: str) -> None:
        """Come to `query` as one step back in the history does:
        the page answers to its address, and is not loaded anew.
        """
        self.page.evaluate(
            (
                "query => { history.pushState(null, '', `/${query}`); "
                "window.dispatchEvent(new PopStateEvent('popstate')); }"
            ),
            query,
        )
        self.wait()

    def wait(self) -> None:
        """Wait until everything asked for is drawn."""
        self.quiet()
        try:
            self.page.wait_for_function(DRAWN, timeout=TIMEOUT_MS)
        except TimeoutError as error:
            said = self.page.evaluate("""() => { const box = document.documentElement, map = window.atlasMap
              && window.atlasMap();
              return { data: box && { ...box.dataset }, loaded: map && map.loaded(), tiles: map && map.areTilesLoaded(),
                       crumbs: document.querySelectorAll('.crumb').length } }""")
            raise TimeoutError(f"the map is not drawn: {said}; lost: {self._traffic.lost[-20:]}") from error

    def shot(self, path: str) -> None:
        """Keep a picture of the page."""
        self.page.screenshot(path=path)

    def query(self) -> str:
        """Return the query string in the address bar."""
        return self.page.evaluate("window.location.search")

    def crumbs(self) -> list[str]:
        """Return the steps of the breadcrumb."""
        return self.page.locator(f"#{ids.CRUMBS} .crumb").all_inner_texts()

    def kpi(self, name: str) -> str:
        """Return the key figure `name` as it stands on the screen, with its unit."""
        selector = json.dumps({"id": name, "type": "kpi"}, separators=(",", ":"))
        return " ".join(self.page.locator(f"[id='{selector}']").inner_text().split())

    def chart(self, chart: str) -> dict[str, Any]:
        """Return data and layout of a chart as plotly.js now holds them."""
        return self.page.evaluate(
            "id => { const gd = document.querySelector(`#${id} .js-plotly-plot`);"
            "return { data: JSON.parse(JSON.stringify(gd.data)), layout: JSON.parse(JSON.stringify(gd.layout)) } }",
            ids.graph(chart),
        )

    def title(self, chart: str) -> str:
        """Return the title of a chart panel."""
        return self.page.locator(f"#{chart}-title").inner_text()

    def rendered(self, *layers: str) -> list[dict[str, Any]]:
        """Return what MapLibre rendered of style layers, by their exact ids."""
        return self.page.evaluate(
            (
                "layers => window.atlasMap().queryRenderedFeatures({ layers }).map(f => ({ id: "
                "f.id, layer: f.layer.id, properties: f.properties }))"
            ),
            list(layers),
        )

    def trace(self, name: str) -> dict[str, Any]:
        """Return how many marks or areas the map's trace `name` has, and how many of them MapLibre rendered."""
        return self.page.evaluate(
            """name => {
              const gd = document.querySelector('#map .js-plotly-plot');
              const index = gd._fullData.findIndex(trace => trace.name === name);
              const full = gd._fullData[index], map = window.atlasMap();
              const prefix = 'plotly-trace-layer-' + full.uid;
              const own = map.getStyle().layers.map(layer => layer.id).filter(id => id.startsWith(prefix));
              const seen = new Set(map.queryRenderedFeatures({ layers: own }).map(f =>
                JSON.stringify([f.id, f.geometry.type === 'Point' ? f.geometry.coordinates : f.properties])));
              return { given: (full.locations || full.lon || []).length, rendered: seen.size };
            }""",
            name,
        )

    def pixel_of(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where on the page a point of the map is, CSS pixels."""
        x, y = self.page.evaluate(
            """([lon, lat]) => { const map = window.atlasMap(), at = map.project([lon, lat]), box = map.getCanvas()
              .getBoundingClientRect();
              return [box.left + at.x, box.top + at.y] }""",
            [lon, lat],
        )
        return x, y

    def click_map(self, lon: float, lat: float) -> None:
        """Click the map at a point and wait until the address, and then the map, has answered."""
        x, y = self.pixel_of(lon, lat)
        before = self.query()
        self.page.evaluate("""() => { window.hovered = false;
          document.querySelector('#map .js-plotly-plot').on('plotly_hover', () => { window.hovered = true; }); }""")
        # plotly.js only clicks what it has hovered, and looks under the pointer at most every 50 ms
        deadline = time.monotonic() + TIMEOUT_MS / 1000
        while (
            not self.page.evaluate("window.hovered") and time.monotonic() < deadline
        ):  # moved while the map drew, the pointer is not seen
            self.page.mouse.move(x - 30, y - 30)
            self.page.mouse.move(x, y, steps=3)
            self.page.wait_for_timeout(HOVER_MS)
        assert self.page.evaluate("window.hovered"), "nothing under the pointer"
        self.page.wait_for_timeout(HOVER_MS)
        self.page.mouse.move(x + 1, y)
        self.page.wait_for_timeout(HOVER_MS)
        self.page.mouse.click(x, y)
        self.changed(before)

    def click_bar(self, chart: str, position: int) -> None:
        """Click the bar at `position` (in the order of the data) of a chart and wait for the answer."""
        before = self.query()
        box = self.page.locator(f"#{ids.graph(chart)} .bars .point path").nth(position).bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x - 5, y)
        self.page.mouse.move(x, y, steps=3)
        self.page.locator(f"#{ids.graph(chart)} .hoverlayer .hovertext").first.wait_for(timeout=TIMEOUT_MS)
        self.page.mouse.click(x, y)
        self.changed(before)

    def until(self, condition: str) -> None:
        """Wait until the JavaScript expression `condition` holds."""
        self.page.wait_for_function(f"() => {condition}", timeout=TIMEOUT_MS)

    def changed(self, before: str) -> None:
        """Wait until the address is another than `before`, and everything is drawn."""
        self.page.wait_for_function("before => window.location.search !== before", arg=before, timeout=TIMEOUT_MS)
        self.wait()
