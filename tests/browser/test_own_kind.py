"""A kind of a union's own on screen: in the list to choose from with its icon,
in the chart in its colour, its fields where a day is listed.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from dashboard import ids
from dashboard.pages.analysis import names
from geodata.importing.check import check_file
from geodata.store import FILE_NAME, open_store
from tests.browser.atlas_page import TIMEOUT_MS, AtlasPage
from tests.browser.conftest import serving
from tests.browser.tabs import Tabs
from tests.browser.whole import whole
from tests.dashboard.test_own_kind import DONE, ROW


@whole
def test_a_kind_added_by_a_row_is_chosen_drawn_and_listed(tabs: Tabs, atlas_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / FILE_NAME).write_bytes((atlas_home / FILE_NAME).read_bytes())
    store = open_store(home)
    for table, text in (("kinds", ROW), ("activities", DONE)):
        (tmp_path / f"{table}.csv").write_text(text, "utf-8")
        store.apply(table, check_file(tmp_path / f"{table}.csv", table, store, "wgs84").frame)
    with serving(home, tmp_path / "log", ATLAS_WORKERS="1") as address, tabs.lent(address) as take:
        page = take(once=True)
        atlas = AtlasPage(page, address)
        atlas.go("?place=350203")
        page.locator(f"#{ids.control('kinds')}").click()
        option = page.get_by_role("option", name="职工读书会").locator("visible=true")
        option.locator("img").scroll_into_view_if_needed()
        assert option.locator("img").evaluate(
            "one => one.complete && one.naturalWidth > 0"
        )  # a picture that the policy lets in
        option.click()
        atlas.until("location.search.includes('kinds=reading_club')")
        atlas.wait()
        bars = [trace for trace in atlas.chart(ids.chart("months"))["data"] if trace["name"] == "职工读书会"]
        assert bars[0]["marker"]["color"] == "#B234B2" and sum(bars[0]["y"]) == 2
        page.goto(f"{address}/analysis?place=350203&kinds=reading_club&on=2024-09-12&lang=en")
        day = page.locator(f"#{names.DAY}")
        expect(day).to_contain_text("Reading club", timeout=TIMEOUT_MS)
        expect(day).to_contain_text("Books given 1,200")
        assert day.locator("img.kind-icon").first.evaluate("one => one.complete && one.naturalWidth > 0")
