"""Section 补位置 of the data page as a person meets it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from playwright.sync_api import Locator, Page, expect

from dashboard.pages.data import names
from geodata.schema import TABLES
from geodata.store import open_store
from tests.browser.data_page import TIMEOUT_MS

STATIONS = {
    "T1": ("湖滨南路工会驿站", "思明区湖滨南路 1 号"),
    "T2": ("中山路工会驿站", "思明区中山路 20 号"),
    "T3": ("前埔工会驿站", "思明区前埔中路 3 号"),
}
# where a click goes is known as soon as the map has a view, long before software has drawn it
DRAWN = "() => Boolean(window.placingMap && window.placingMap() && document.querySelector('.placing-marks'))"
ON_SCREEN = """([lon, lat]) => { const map = window.placingMap(), at = map.project([lon, lat]), box = map.getCanvas()
  .getBoundingClientRect();
  return [box.left + at.x, box.top + at.y]; }"""


def without_position(home: Path) -> None:
    """Bring three stations without a position into the atlas at `home`, as a ledger of names and addresses would."""
    rows = pd.DataFrame(
        {
            "station_id": list(STATIONS),
            "name": [name for name, _ in STATIONS.values()],
            "address": [address for _, address in STATIONS.values()],
            "adcode": "350203",
            "status": "open",
            "smart": False,
            "opening_hours": "Mo-Su 08:00-22:00",
            "provenance": "reported",
            "source_id": "file:address_only.xlsx",
            "batch_id": "pending",
        }
    )
    open_store(home).apply("stations", TABLES["stations"].validate(rows), author="测试", file="address_only.xlsx")


class PlacingPage:
    """One open section 补位置."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        page.set_default_timeout(TIMEOUT_MS)

    def undo(self, batch: str, author: str) -> None:
        """Take a batch back on the page."""
        self.page.goto(f"{self.address}/data?section=history&batch={batch}")
        self.by(author)
        self.page.get_by_role("button", name=f"撤销批次 {batch}").click()
        self.page.locator(f"#{names.MODAL_DO}").click()
        expect(self.page.locator(".notice-good")).to_contain_text(f"已撤销批次 {batch}", timeout=TIMEOUT_MS)

    def go(self, query: str = "place=350203") -> PlacingPage:
        """Open the section and wait for its map and list."""
        self.page.goto(f"{self.address}/data?section=placing&{query}")
        expect(self.page.locator("#placing-list > li").first).to_be_visible(timeout=TIMEOUT_MS)
        self.page.wait_for_function(DRAWN, timeout=TIMEOUT_MS)
        return self

    def by(self, name: str) -> PlacingPage:
        """Say who works here."""
        self.page.locator(f"#{names.AUTHOR}").fill(name)
        return self

    def row(self, name: str) -> Locator:
        """Return the item of the list that bears a name."""
        return self.page.locator(".placing-item").filter(has_text=name)

    def choose(self, name: str) -> None:
        """Choose a row of the list."""
        self.row(name).locator(".placing-row").click()
        expect(self.row(name).locator(".placing-row")).to_have_attribute("aria-current", "true")

    def spot(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where a point of the map is on the screen, CSS pixels."""
        x, y = self.page.evaluate(ON_SCREEN, [lon, lat])
        return x, y

    def click(self, lon: float, lat: float) -> None:
        """Click a point of the map."""
        self.page.mouse.click(*self.spot(lon, lat))

    def drag(self, key: str, lon: float, lat: float) -> None:
        """Drag the mark of a row to a point of the map."""
        box = self.page.locator(f".placing-mark[data-key={key}]").bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.down()
        self.page.mouse.move(*self.spot(lon, lat), steps=6)
        self.page.mouse.up()

    def save(self) -> None:
        """Save, and wait until it is told."""
        self.page.locator(f"#{names.PLACING_SAVE}").click()
        expect(self.page.locator(".notice-good")).to_contain_text("个位置，记为批次", timeout=TIMEOUT_MS)
