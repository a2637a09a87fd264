"""The data page as a person meets it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
from playwright.sync_api import Page, expect

from dashboard.pages.data import names
from geodata import datum
from geodata.store import open_store
from tests.browser.tabs import TIMEOUT_MS as TIMEOUT_MS

SHOWN = """() => { const gd = document.querySelector('#data-map .js-plotly-plot');
  const map = window.atlasPlotly.map(gd);
  return Boolean(map && map.loaded() && map.areTilesLoaded()); }"""


def workbook(home: Path, crs: str, header: str = "站点名称", **cells: Any) -> bytes:
    """Return the stations of the atlas at `home` as somebody's own workbook, with points in `crs`; `cells` spoil it."""
    stations = open_store(home).read("stations")
    stations = stations[stations.geometry.notna()]
    points = np.column_stack([stations.geometry.x, stations.geometry.y])
    if crs != "wgs84":
        points = np.column_stack(datum.from_wgs84(points[:, 0], points[:, 1], crs))
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "驿站台账"
    sheet.append([header, "行政区划", "经度", "纬度", "开放时间", "面积"])
    for at, (name, (x, y)) in enumerate(zip(stations["name"], points, strict=True)):
        sheet.append([name, "思明区", float(x), float(y), "8:00-22:00", 20 + at])
    for cell, value in cells.items():
        sheet[cell] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class DataPage:
    """One open data page."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        page.set_default_timeout(TIMEOUT_MS)

    def go(self, query: str = "") -> DataPage:
        """Open the page and wait until its section is there."""
        self.page.goto(f"{self.address}/data{query}")
        expect(self.page.locator(".data-tabs [aria-current=page]")).to_be_visible()
        return self

    def by(self, name: str) -> DataPage:
        """Say who works here."""
        self.page.locator(f"#{names.AUTHOR}").fill(name)
        return self

    def choose(self, control: str, option: str) -> None:
        """Choose an option of a select."""
        self.page.locator(f"#{control}").click()
        self.page.get_by_role("option").filter(has_text=option).click()

    def give(self, name: str, content: bytes) -> None:
        """Give a file through the file chooser."""
        with self.page.expect_file_chooser() as chooser:
            self.page.locator(f"#{names.DROP}").click()
        chooser.value.set_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})

    def drop(self, name: str, content: bytes) -> None:
        """Drop a file on the box."""
        handle = self.page.evaluate_handle(
            (
                "([name, bytes]) => { const data = new DataTransfer(); "
                "data.items.add(new File([new Uint8Array(bytes)], name)); return data; }"
            ),
            [name, list(content)],
        )
        self.page.dispatch_event(f"#{names.DROP}", "drop", {"dataTransfer": handle})

    def verdict(self, text: str) -> None:
        """Wait until the check says `text`."""
        expect(self.page.locator(".verdict")).to_have_text(text, timeout=TIMEOUT_MS)

    def problems(self) -> list[list[str]]:
        """Return the cells of the problems, opening their list."""
        self.page.locator(f"#{names.PROBLEM_LIST}").evaluate("one => { one.open = true; }")
        return [row.locator("td").all_inner_texts() for row in self.page.locator(f"#{names.PROBLEMS} tbody tr").all()]

    def map(self) -> dict[str, dict[str, int]]:
        """Return, for each trace of the preview, how many points it was given and how many MapLibre drew."""
        self.page.wait_for_function(SHOWN, timeout=TIMEOUT_MS)
        return self.page.evaluate("""() => { const gd = document.querySelector('#data-map .js-plotly-plot'),
          map = window.atlasPlotly.map(gd);
          return Object.fromEntries(gd._fullData.map(trace => {
            const own = map.getStyle().layers.map(layer => layer.id).filter(id =>
              id.startsWith('plotly-trace-layer-' + trace.uid));
            const seen = new Set(map.queryRenderedFeatures({ layers: own }).map(one =>
              JSON.stringify(one.geometry.coordinates)));
            return [trace.name, { given: (trace.lon || []).filter(one => one !== null).length, drawn: seen.size }]; }));
              }""")

    def rows(self) -> None:
        """Wait until the grid shows rows."""
        expect(self.page.locator(".ag-row").first).to_be_visible()
        expect(self.page.locator(".ag-row .ag-cell").first).not_to_have_text("")
