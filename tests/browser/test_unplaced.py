"""A county whose stations all lack a position, in the browser:
no percentage, a colour of its own, the reason in words.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.atlas_page import AtlasPage
from tests.browser.conftest import serving
from tests.browser.whole import first_alone
from tests.unplaced_home import LOST, LOST_STATIONS, MISSING, MIXED, unplaced_home


@pytest.fixture(scope="module")
def lost(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("unplaced")
    with serving(unplaced_home(atlas_home, folder / "home"), folder / "log", ATLAS_WORKERS="1") as one:
        yield one


@pytest.mark.parametrize(("width", "height"), first_alone([(1366, 768), (390, 844)]))
def test_a_leader_reads_why_there_is_no_share(browser: Browser, lost: str, width: int, height: int) -> None:
    page = AtlasPage(browser.new_page(viewport={"width": width, "height": height}), lost)
    page.go(f"?place={LOST}")
    strip = page.page.locator("#kpis").inner_text()
    assert f"{LOST_STATIONS} 个驿站尚无位置，未计入" in strip and "%" not in strip
    assert "%" not in page.page.locator(".said").inner_text()
    assert "驿站尚无位置" in (page.page.locator("#legend-box").text_content() or "")
    assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.turn(f"?place={MIXED}&kinds=none")
    assert f"另有 {MISSING} 个尚无位置" in page.page.locator("#kpis").inner_text()
    assert page.query().endswith("kinds=none")  # the address of an empty choice stays as it is
    page.page.close()
