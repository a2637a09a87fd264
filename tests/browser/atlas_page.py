"""The overview as a person meets it: waits for what is shown, reads figures, clicks places on the map."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page

from dashboard import ids

TIMEOUT_MS = 45_000
DRAWN = """() => {
  const box = document.getElementById('map'), map = window.atlasMap && window.atlasMap();
  return Boolean(box && box.dataset.idle === '1' && map && map.loaded() && map.areTilesLoaded() && document.querySelector('.kpi'));
}"""
SETTLED = "() => !document.querySelector('[data-dash-is-loading=true]')"


class AtlasPage:
    """One open page."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    def go(self, query: str = "") -> None:
        """Open the atlas at `query` and wait until the map stands still."""
        self.page.goto(f"{self.address}/{query}")
        self.wait()

    def wait(self) -> None:
        """Wait until everything asked for is drawn."""
        self.page.wait_for_load_state("networkidle", timeout=TIMEOUT_MS)
        self.page.wait_for_function(SETTLED, timeout=TIMEOUT_MS)
        self.page.wait_for_function(DRAWN, timeout=TIMEOUT_MS)

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
            "layers => window.atlasMap().queryRenderedFeatures({ layers }).map(f => ({ id: f.id, layer: f.layer.id, properties: f.properties }))",
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
              const seen = new Set(map.queryRenderedFeatures({ layers: own }).map(f => JSON.stringify([f.id, f.geometry.type === 'Point' ? f.geometry.coordinates : f.properties])));
              return { given: (full.locations || full.lon || []).length, rendered: seen.size };
            }""",
            name,
        )

    def pixel_of(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where on the page a point of the map is, CSS pixels."""
        x, y = self.page.evaluate(
            """([lon, lat]) => { const map = window.atlasMap(), at = map.project([lon, lat]), box = map.getCanvas().getBoundingClientRect();
              return [box.left + at.x, box.top + at.y] }""",
            [lon, lat],
        )
        return x, y

    def click_map(self, lon: float, lat: float) -> None:
        """Click the map at a point and wait for the answer."""
        x, y = self.pixel_of(lon, lat)
        self.page.mouse.move(x - 3, y - 3)
        self.page.mouse.move(x, y)
        self.page.wait_for_timeout(250)  # plotly.js only clicks what it has hovered, and it hovers on the next frame
        self.page.mouse.click(x, y)
        self.page.wait_for_timeout(150)
        self.wait()
