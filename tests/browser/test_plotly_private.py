"""What plotly.js and MapLibre keep to themselves and the atlas reads: still there in the versions that are pinned."""

from __future__ import annotations

import contextlib

import plotly
from playwright.sync_api import TimeoutError

from tests.browser.atlas_page import TIMEOUT_MS
from tests.browser.tabs import Tabs

#: Each function of assets/plotly-private.js, and whether it gives what the scripts rely on once a map stands.
READ = """() => {
  const gd = document.querySelector('#map .js-plotly-plot'), kept = window.atlasPlotly, map = kept.map(gd);
  const view = kept.view(gd), stations = kept.trace(gd, 'stations');
  return {
    drawn: kept.drawn(gd) && !kept.drawn(null) && !kept.drawn(document.createElement('div')),
    map: Boolean(map) && map.getCanvas() === gd.querySelector('.maplibregl-canvas') && kept.map(null) === null,
    view: Boolean(view) && [view.zoom, view.center.lon, view.center.lat].every(Number.isFinite),
    trace: Boolean(stations) && Number.isFinite(stations.lon[0]) && kept.trace(gd, 'no such trace') === null,
    styled: kept.styled(map) && map.getStyle().layers.length > 0 && !kept.styled(null),
  };
}"""
SPOT = """() => {
  const gd = document.querySelector('#map .js-plotly-plot'), map = window.atlasPlotly.map(gd);
  const box = map.getCanvas().getBoundingClientRect(), stations = window.atlasPlotly.trace(gd, 'stations');
  const spots = Array.from(stations.lon, (lon, at) => map.project([lon, stations.lat[at]]));
  const middle = { x: box.width * 0.6, y: box.height * 0.4 };  // the legend lies over the lower left
  spots.sort((a, b) => Math.hypot(a.x - middle.x, a.y - middle.y) - Math.hypot(b.x - middle.x, b.y - middle.y));
  return [box.left + spots[0].x, box.top + spots[0].y];
}"""
HOVERED = "() => window.atlasPlotly.hovered(document.querySelector('#map .js-plotly-plot'))[0].lon"


def test_what_is_read_of_plotly_js_is_still_there(tabs: Tabs, address: str) -> None:
    mend = f"not there in the plotly.js of plotly {plotly.__version__}: mend assets/plotly-private.js"
    with tabs.lent(address) as take:
        page = take(1366, 768)
        page.goto(f"{address}/?place=350203")
        # not waited for as elsewhere: that reads the same names
        page.locator("#map .maplibregl-canvas").wait_for(timeout=TIMEOUT_MS)
        with contextlib.suppress(TimeoutError):
            page.wait_for_function(f"() => Object.values(({READ})()).every(Boolean)", timeout=TIMEOUT_MS)
        assert [name for name, there in page.evaluate(READ).items() if not there] == [], mend
        x, y = page.evaluate(SPOT)
        page.mouse.move(x - 4, y)
        page.mouse.move(x, y, steps=3)
        page.locator("#map .hoverlayer .hovertext").first.wait_for(timeout=TIMEOUT_MS)
        assert isinstance(page.evaluate(HOVERED), float), mend
