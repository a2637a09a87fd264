"""What a reader sees when something breaks under an open page."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Browser

from dashboard import ids
from tests.browser.atlas_page import TIMEOUT_MS, AtlasPage
from tests.browser.conftest import serving


def test_a_store_that_breaks_gets_a_word_and_the_page_stays(browser: Browser, atlas_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(atlas_home, home)
    with serving(home, tmp_path / "log", may_fail=True) as address:
        page = AtlasPage(browser.new_page(viewport={"width": 1920, "height": 1080}), address)
        page.go("?place=640200")
        before = page.title(ids.chart("coverage"))
        (home / "atlas.gpkg").write_bytes(b"something else")
        page.page.locator(f"#{ids.control('radius')} label", has_text="1000").click()
        word = page.page.locator(".notice-bad").first
        word.wait_for(timeout=TIMEOUT_MS)
        assert "atlas.gpkg" in word.inner_text()
        assert "Traceback" not in page.page.content()
        assert page.title(ids.chart("coverage")) == before
        # the file comes back, and so does the service
        shutil.copy(atlas_home / "atlas.gpkg", home / "atlas.gpkg")
        there = page.query()
        page.page.locator(f"#{ids.control('radius')} label", has_text="300").click()
        page.changed(there)
        assert "radius=300" in page.query()
        page.page.close()
