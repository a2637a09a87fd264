"""From a county of which nothing is known to a proved plan along its streets and a brief of it, with no other host."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageColor
from playwright.sync_api import Page, expect

from dashboard.pages.data import names as data
from dashboard.pages.planning import names
from dashboard.theme import tokens
from geodata.store import FILE_NAME, open_store
from tests import made_up_extract
from tests.browser.atlas_page import TIMEOUT_MS
from tests.browser.conftest import serving
from tests.browser.plan_page import PlanPage
from tests.browser.tabs import Tabs
from tests.browser.test_brief import READY
from tests.dashboard.export.pptx_reader import opened, pictures, texts

COUNTY = "110105"
#: What only streets of a base map are drawn in, a way at the least so often on a picture of a slide
STREETS, MANY = [ImageColor.getrgb(tokens.value(f"base-{one}")) for one in ("street", "main")], 500


@pytest.fixture(scope="module")
def home(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nothing") / "home"
    folder.mkdir()
    shutil.copyfile(atlas_home / FILE_NAME, folder / FILE_NAME)
    return folder


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[str]:
    stick = home.parent / "stick"
    stick.mkdir()
    made_up_extract.write(stick / "beijing.osm.pbf", county=COUNTY)
    with serving(home, home.parent / "log", ATLAS_EXTRACTS=str(stick)) as one:
        yield one


def test_from_a_county_with_nothing_to_a_proved_plan_along_its_streets_and_a_brief(
    tabs: Tabs, served: str, home: Path, tmp_path: Path
) -> None:
    with tabs.lent(served) as take:  # what asks another host fails the test
        page = take(1600, 900)
        page.set_default_timeout(TIMEOUT_MS)
        missing(page, served)
        brought(page, home)
        planned(page, served)
        slide = opened(brief(page, served, tmp_path / "plan.pptx").read_bytes()).slides[0]
        picture = pictures(slide)["map"].convert("RGB")
        assert street_pixels(picture) > MANY
        assert "OpenStreetMap" in " ".join(texts(slide).values())


def missing(page: Page, served: str) -> None:
    """The page says what there is not, each with a way to bring it."""
    page.goto(f"{served}/planning?place={COUNTY}")
    needs = page.locator(".plan-need")
    expect(needs).to_have_count(3, timeout=TIMEOUT_MS)
    expect(page.locator("#plan-title")).to_contain_text("朝阳区还没有服务需求")
    for at, (name, button) in enumerate(
        (("需求", "从街道文件推算"), ("街道和步行路网", "导入街道"), ("现有驿站", "导入驿站台账"))
    ):
        expect(needs.nth(at)).to_contain_text(name)
        expect(needs.nth(at).get_by_label("缺", exact=True)).to_be_visible()
        expect(needs.nth(at).get_by_role("link", name=button)).to_be_visible()
    needs.first.get_by_role("link", name="从街道文件推算").click()
    page.wait_for_url("**/data?**section=streets**")


def brought(page: Page, home: Path) -> None:
    """One file brings it, by the page alone."""
    expect(page.locator(f"#{data.STREETS_FILE}")).to_have_value("beijing.osm.pbf · 0.1 MB", timeout=TIMEOUT_MS)
    page.get_by_label("操作人").fill("林晓")
    page.locator(f"#{data.STREETS_START}").click()
    told = page.locator(".notice-good")
    expect(told).to_contain_text("已导入 beijing.osm.pbf", timeout=TIMEOUT_MS)
    assert (open_store(home).read("demand")["adcode"] == COUNTY).any()
    told.get_by_role("link", name="现在去选址").click()
    page.wait_for_url("**/planning?**run=1**")


def planned(page: Page, served: str) -> None:
    """It is solved without another word, along the network; the map has streets."""
    plan = PlanPage(page, served)
    plan.answered("已证明最优")
    assert plan.title().startswith("覆盖 0.0% → ")
    expect(page.locator(f"#{names.WAY_HINT}")).to_contain_text("沿路网的最短路程")
    expect(page.locator(".map-credit").first).to_contain_text("© OpenStreetMap contributors, ODbL")
    assert len(plan.sites()) == 8
    # of a site the nearest road is named, where it has a name: half of the made-up ones have
    assert any("边。" in one for one in page.locator(f"#{names.SITES} .plan-why").all_text_contents())
    plan.save("从零到八站", "一份提取文件")


def brief(page: Page, served: str, path: Path) -> Path:
    """A slide of the plan, by the page."""
    said = page.evaluate("new URLSearchParams(window.location.search).get('scenario')")
    page.goto(f"{served}/briefing?scenario={said}")
    page.wait_for_function(READY, timeout=TIMEOUT_MS)
    page.locator(".button-main").click()
    page.locator(".job .button-save").wait_for(timeout=TIMEOUT_MS)
    with page.expect_download() as download:
        page.locator(".job .button-save").click()
    download.value.save_as(path)
    return path


def street_pixels(picture: Image.Image) -> int:
    colours = picture.getcolors(picture.width * picture.height) or []
    return sum(count for count, colour in colours if colour in STREETS)
