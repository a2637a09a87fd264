"""A past day on the overview: chosen in the rail, said loudly, left again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard import ids
from geodata.importing.check import check_file
from geodata.store import FILE_NAME, open_store
from tests.browser.atlas_page import TIMEOUT_MS, AtlasPage
from tests.browser.conftest import free_port, serve


@pytest.fixture
def page(browser: Browser, atlas_home: Path, tmp_path: Path) -> Iterator[Page]:
    """A page of an atlas of its own, built in January, with stations imported in June."""
    home = tmp_path / "home"
    home.mkdir()
    (home / FILE_NAME).write_bytes((atlas_home / FILE_NAME).read_bytes())
    (tmp_path / "s.csv").write_text("驿站编号,站点名称,区县,经度,纬度,开放时间\nA,甲站,350203,118.0945,24.4712,夏季8:00-20:00，冬季9:00-18:00，节假日休息\n", "utf-8")
    store = open_store(home)
    store.apply("stations", check_file(tmp_path / "s.csv", "stations", store, "wgs84").frame)
    with closing(sqlite3.connect(home / FILE_NAME)) as database, database:
        database.execute("UPDATE atlas_meta SET value = '2026-01-05T00:00:00+00:00' WHERE key = 'built_at'")
        database.execute("UPDATE batches SET time = '2026-06-15T03:00:00.000000+00:00'")
    port = free_port()
    server = serve(home, port, tmp_path / "log")
    one = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
    one.address = f"http://127.0.0.1:{port}"  # type: ignore[attr-defined]
    yield one
    one.context.close()
    server.terminate()
    server.wait(10)
    assert "Traceback" not in (tmp_path / "log").read_text("utf-8")


def test_a_past_day_is_chosen_said_and_left(page: Page) -> None:
    atlas = AtlasPage(page, page.address)  # type: ignore[attr-defined]
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


def test_the_picker_speaks_chinese(page: Page) -> None:
    atlas = AtlasPage(page, page.address)  # type: ignore[attr-defined]
    atlas.go("?place=350203&asof=2026-06-14")
    expect(page.locator(f"#{ids.PAST}")).to_contain_text("2026年6月14日", timeout=TIMEOUT_MS)
    page.locator(f"#{ids.control('as_of')}").click()
    expect(page.get_by_text("六月").first).to_be_visible()
