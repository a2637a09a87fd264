"""A past day on the overview: chosen in the rail, said loudly, left again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dashboard import ids
from geodata.importing.check import check_file
from geodata.store import FILE_NAME, open_store
from tests.browser.atlas_page import TIMEOUT_MS, AtlasPage
from tests.browser.conftest import serving
from tests.browser.tabs import Tabs


@pytest.fixture(scope="module")
def atlas(tabs: Tabs, atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtlasPage]:
    """A page of an atlas of its own, built in January, with stations imported in June."""
    folder = tmp_path_factory.mktemp("past")
    home = folder / "home"
    home.mkdir()
    (home / FILE_NAME).write_bytes((atlas_home / FILE_NAME).read_bytes())
    (folder / "s.csv").write_text(
        "驿站编号,站点名称,区县,经度,纬度,开放时间\nA,甲站,350203,118.0945,24.4712,夏季8:00-20:00，冬季9:00-18:00，节假日休息\n",
        "utf-8",
    )
    store = open_store(home)
    store.apply("stations", check_file(folder / "s.csv", "stations", store, "wgs84").frame)
    with closing(sqlite3.connect(home / FILE_NAME)) as database, database:
        database.execute("UPDATE atlas_meta SET value = '2026-01-05T00:00:00+00:00' WHERE key = 'built_at'")
        database.execute("UPDATE batches SET time = '2026-06-15T03:00:00.000000+00:00'")
    with serving(home, folder / "log", ATLAS_WORKERS="1") as address, tabs.lent(address) as take:
        yield AtlasPage(take(once=True), address)


def test_a_past_day_is_chosen_said_and_left(atlas: AtlasPage) -> None:
    page = atlas.page
    atlas.go("?place=350203")
    banner = page.locator(f"#{ids.PAST}")
    expect(banner).to_be_hidden(timeout=TIMEOUT_MS)
    now = page.locator(f"#{ids.KPIS}").inner_text()
    page.get_by_text("更多", exact=True).click()
    field = page.locator(f"#{ids.control('as_of')}")
    field.fill("2026-06-14")
    field.press("Enter")
    expect(banner).to_contain_text("2026年6月14日", timeout=TIMEOUT_MS)
    atlas.until("location.search.includes('asof=2026-06-14')")
    page.wait_for_function("before => document.querySelector('#kpis').innerText !== before", arg=now)
    assert "28" in page.locator(f"#{ids.KPIS}").inner_text()
    page.keyboard.press("Escape")
    banner.get_by_text("回到现在").click()
    expect(banner).to_be_hidden(timeout=TIMEOUT_MS)
    atlas.until("!location.search.includes('asof')")
    page.wait_for_function("before => document.querySelector('#kpis').innerText === before", arg=now)


def test_the_picker_speaks_chinese(atlas: AtlasPage) -> None:
    page = atlas.page
    atlas.go("?place=350203&asof=2026-06-14")
    expect(page.locator(f"#{ids.PAST}")).to_contain_text("2026年6月14日", timeout=TIMEOUT_MS)
    page.locator(f"#{ids.control('as_of')}").click()
    expect(page.get_by_text("六月").first).to_be_visible()
