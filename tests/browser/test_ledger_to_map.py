"""The commonest ledger of all, in Chinese: names and addresses come in,
are placed by hand or by a service, counted, taken back.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dashboard import ids
from dashboard.pages.data import names
from dashboard.source import AtlasSource
from geodata import datum
from geodata.store import FILE_NAME, open_store
from tests.browser.atlas_page import AtlasPage
from tests.browser.conftest import caught_up
from tests.browser.data_page import TIMEOUT_MS, DataPage
from tests.browser.placing_page import DRAWN, PlacingPage
from tests.browser.tabs import Tabs
from tests.browser.whole import whole
from tests.geodata.geocoding.services import amap_found

LEDGER = Path(__file__).parents[1] / "data" / "cases" / "ledgers" / "address_only.xlsx"
COUNTY = "350203"
# on land, in 思明区, and more than two radii apart
SPOTS = {"湖滨路甲站": (118.0950, 24.4770), "文园路乙站": (118.0780, 24.4570), "禾祥街丙站": (118.1600, 24.4700)}
WAITING = "个驿站尚无位置，未计入"  # others of the county have none either


@pytest.fixture(scope="module")
def home(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ledger") / "home"
    folder.mkdir()
    shutil.copyfile(atlas_home / FILE_NAME, folder / FILE_NAME)
    return folder


@pytest.fixture
def imported(tabs: Tabs, geocoded: str, home: Path) -> Iterator[Callable[[], PlacingPage]]:
    """Return a function that brings the ledger in through the page and goes on to where its rows are placed."""
    try:
        with tabs.lent(geocoded) as take:
            yield lambda: bring(DataPage(take(), geocoded))
    finally:
        store = open_store(home)
        for batch in store.history():
            if not batch.undone_at:
                store.undo(batch.batch_id)
        caught_up(geocoded, home)


def bring(page: DataPage) -> PlacingPage:
    page.go().by("张敏")
    page.give(LEDGER.name, LEDGER.read_bytes())
    page.verdict("可以导入，请先看提醒")  # nobody asks for a coordinate system where there are no coordinates
    said = page.page.locator(".todo")
    expect(said.filter(has_text="会导入，但缺内容")).to_contain_text(
        "3 行没有位置：会导入，但不画在地图上，不计入覆盖率"
    )
    expect(said.filter(has_text="没有导入的内容")).to_contain_text("合计、小标题或填表说明")
    headers = page.page.locator("details.data-panel", has=page.page.locator("table.headers"))
    headers.evaluate("one => { one.open = true; }")
    expect(headers.locator("tr", has_text="联系电话")).to_contain_text("个人信息")
    expect(page.page.locator(".data-effect")).to_contain_text("工会驿站：新增 3 行，更改 0 行，不变 0 行。")
    page.page.get_by_role("button", name="确认导入").click()
    page.verdict("已导入")
    page.page.get_by_role("link", name="现在去补位置").click()
    shown = PlacingPage(page.page, page.address)
    for name in SPOTS:
        expect(shown.row(name)).to_be_visible(timeout=TIMEOUT_MS)
    shown.page.wait_for_function(DRAWN, timeout=TIMEOUT_MS)
    return shown


def counted(home: Path) -> tuple[int, int]:
    """Return how many stations of the ledger the atlas holds with a position, and how many without."""
    stations = AtlasSource(home).atlas().stations
    placed = stations.geometry[stations["name"].isin(list(SPOTS))].notna()
    return int(placed.sum()), int((~placed).sum())


def overview(shown: PlacingPage) -> str:
    """Return the key figures of the county on the overview."""
    page = AtlasPage(shown.page, shown.address)
    page.go(f"?place={COUNTY}")
    return shown.page.locator(f"#{ids.KPIS}").inner_text()


def counted_and_taken_back(shown: PlacingPage, home: Path, file: str) -> None:
    """The overview counts the three stations;
    without the batch of positions it does not, without the import all is as it was.
    """
    placing, ledger = open_store(home).history()[:2]
    assert (placing.changed, placing.author, placing.file) == (3, "张敏", file) and ledger.file == LEDGER.name
    assert counted(home) == (3, 0)
    strip = overview(shown)
    assert "%" in strip
    shown.undo(placing.batch_id, "张敏")
    assert counted(home) == (0, 3)
    strip = overview(shown)
    assert WAITING in strip and "%" not in strip
    shown.undo(ledger.batch_id, "张敏")
    assert counted(home) == (0, 0)


@whole
def test_from_addresses_by_hand_to_a_coverage_that_counts_them_and_back(imported, home):
    before = open_store(home).meta()["data_version"]
    shown = imported()
    assert counted(home) == (0, 3)
    for at, (name, spot) in enumerate(SPOTS.items(), 1):
        shown.choose(name)
        shown.click(*spot)
        expect(shown.row(name)).to_have_attribute("data-set", "1")
        expect(shown.page.locator(f"#{names.PLACING_SAVE}")).to_have_text(f"保存 {at} 个位置")
    shown.save()
    counted_and_taken_back(shown, home, "网页补位置：手工 3")
    assert open_store(home).meta()["data_version"] == before


def test_from_addresses_by_a_service_to_a_coverage_that_counts_them_and_back(imported, home, service):
    streets = dict(zip(("湖滨南路", "文园路", "禾祥西路"), SPOTS.values(), strict=True))

    def answer(query: dict[str, str]) -> tuple[int, dict]:
        spot = next(one for street, one in streets.items() if street in query["address"])
        lon, lat = datum.from_wgs84([spot[0]], [spot[1]], "gcj02")
        return 200, amap_found(float(lon[0]), float(lat[0]), "门牌号")

    service.answer = answer
    shown = imported()
    shown.page.get_by_role("button", name="同意发送，用高德找").click()
    expect(shown.page.locator(f"#{names.PLACING_PROGRESS}")).to_contain_text("已问 3 / 3，找到 3", timeout=TIMEOUT_MS)
    shown.page.locator(f"#{names.PLACING_ACCEPT}").click()
    expect(shown.page.locator(f"#{names.PLACING_SAVE}")).to_have_text("保存 3 个位置")
    assert counted(home) == (0, 3)  # nothing takes effect before it is saved
    shown.save()
    rows = open_store(home).read("stations").set_index("name")
    for name, spot in SPOTS.items():
        point = rows.loc[name].geometry
        assert (point.x, point.y) == pytest.approx(spot, abs=2e-6)
        assert (rows.loc[name, "provenance"], rows.loc[name, "geometry_provenance"]) == ("reported", "derived")
    counted_and_taken_back(shown, home, "网页补位置：高德 3")
