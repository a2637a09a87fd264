"""Rows without a position get one, in Chinese:
by hand, by what the atlas knows, by a service on loopback; saved as a batch and undone.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from dashboard.commands.coverage import asked, measured
from dashboard.pages.data import names
from dashboard.source import AtlasSource
from geodata import datum
from geodata.store import FILE_NAME, open_store
from tests.browser.conftest import caught_up, serving
from tests.browser.data_page import TIMEOUT_MS
from tests.browser.placing_page import STATIONS, PlacingPage, without_position
from tests.browser.tabs import FEW_PIXELS, Tabs
from tests.browser.test_accessibility import objections
from tests.browser.whole import first_alone, whole
from tests.geodata.geocoding.services import KEY, Service, amap_error, amap_found

# on land, in 思明区, and more than two radii apart
SPOTS = {"T1": (118.0950, 24.4770), "T2": (118.0780, 24.4570), "T3": (118.1600, 24.4700)}
NAMES = {key: name for key, (name, _) in STATIONS.items()}


@pytest.fixture(scope="module")
def home(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("placing") / "home"
    folder.mkdir()
    shutil.copyfile(atlas_home / FILE_NAME, folder / FILE_NAME)
    without_position(folder)
    return folder


#: Of the network between page and server, but for its latency (ms).
CONDITIONS = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1}


@pytest.fixture
def page(tabs: Tabs, geocoded: str, home: Path) -> Iterator[Callable[..., PlacingPage]]:
    """Return a function that opens the section;
    afterwards every batch but the first is undone and nothing was said wrong.
    """
    first = open_store(home).history()[-1].batch_id
    shutil.rmtree(home / "geocoding", ignore_errors=True)
    try:
        with tabs.lent(geocoded) as take:
            yield lambda query="place=350203", **window: PlacingPage(take(**window), geocoded).go(query)
    finally:
        store = open_store(home)
        for batch in store.history():
            if not batch.undone_at and batch.batch_id != first:
                store.undo(batch.batch_id)
        caught_up(geocoded, home)


def points(home: Path) -> dict[str, tuple[float, float] | None]:
    rows = open_store(home).read("stations").set_index("station_id").geometry.reindex(list(STATIONS))
    return {key: None if shape is None else (shape.x, shape.y) for key, shape in rows.items()}


def covering(home: Path) -> tuple[int, float]:
    """Return how many open stations coverage counts, and the weight of demand that they reach."""
    found = measured(AtlasSource(home).atlas(), asked(500, 1.0, None, "350203", None))
    return found["stations"]["nominal"], found["nominal"]["weighted"]["covered"]


def near(found: tuple[float, float] | None, wanted: tuple[float, float], degrees: float) -> bool:
    return found is not None and abs(found[0] - wanted[0]) < degrees and abs(found[1] - wanted[1]) < degrees


def test_three_stations_are_placed_by_hand_counted_by_coverage_and_taken_back(page, home):
    counted, reached = covering(home)
    assert (counted, reached) == (0, None)  # not zero: nobody knows
    shown = page().by("王林")
    shown.choose(NAMES["T1"])
    shown.click(*SPOTS["T1"])
    expect(shown.row(NAMES["T1"])).to_have_attribute("data-set", "1")
    shown.page.locator(f"#{names.PLACING_BOX}").focus()
    shown.page.keyboard.press("Enter")  # on to the next
    expect(shown.row(NAMES["T2"]).locator(".placing-row")).to_have_attribute("aria-current", "true")
    shown.click(118.09, 24.46)
    expect(shown.row(NAMES["T2"])).to_have_attribute("data-set", "1")
    shown.drag("T2", *SPOTS["T2"])
    shown.page.locator(f"#{names.PLACING_BOX}").focus()
    shown.page.keyboard.press("Enter")
    expect(shown.row(NAMES["T3"]).locator(".placing-row")).to_have_attribute("aria-current", "true")
    shown.click(*SPOTS["T3"])
    expect(shown.page.locator(f"#{names.PLACING_SAVE}")).to_have_text("保存 3 个位置")
    assert points(home) == dict.fromkeys(STATIONS)  # nothing takes effect before it is saved
    shown.save()
    degrees = 0.0015  # two pixels of this view
    found = points(home)
    assert all(near(found[key], spot, degrees) for key, spot in SPOTS.items()), found
    store = open_store(home)
    rows = store.read("stations").set_index("station_id").loc[list(STATIONS)]
    assert set(rows["provenance"]) == {"reported"} and set(rows["geometry_provenance"]) == {"derived"}
    batch = store.history()[0]
    assert (batch.changed, batch.retired, batch.author, batch.file) == (3, 0, "王林", "网页补位置：手工 3")
    counted, reached = covering(home)
    assert counted == 3 and reached > 0
    expect(shown.row(NAMES["T1"])).to_have_count(0)
    shown.undo(batch.batch_id, "王林")
    assert points(home) == dict.fromkeys(STATIONS) and covering(home) == (0, None)


@whole
def test_the_keyboard_alone_places_a_station(page, home):
    shown = page().by("王林")
    shown.row(NAMES["T1"]).locator(".placing-row").focus()
    shown.page.keyboard.press("ArrowDown")
    expect(shown.row(NAMES["T2"]).locator(".placing-row")).to_be_focused()
    shown.page.keyboard.press("Enter")
    expect(shown.page.locator(f"#{names.PLACING_BOX}")).to_be_focused()
    for _ in range(6):
        shown.page.keyboard.press("+")
    shown.page.keyboard.press("Enter")  # under the cross
    expect(shown.row(NAMES["T2"])).to_have_attribute("data-set", "1")
    before = shown.row(NAMES["T2"]).locator(".placing-set").inner_text()
    shown.choose(NAMES["T2"])
    shown.page.locator(f"#{names.PLACING_BOX}").focus()
    shown.page.keyboard.press("ArrowRight")
    expect(shown.row(NAMES["T2"]).locator(".placing-set")).not_to_have_text(before)
    lon, lat = (float(part) for part in before.split(" · ")[0].split(", "))
    now = shown.row(NAMES["T2"]).locator(".placing-set").inner_text().split(" · ")[0].split(", ")
    assert float(now[0]) > lon and float(now[1]) == pytest.approx(lat, abs=2e-5)
    shown.save()
    assert points(home)["T2"] is not None and points(home)["T1"] is None


def test_a_phone_places_a_station_where_it_stands(page, home):
    shown = page(
        width=390,
        height=844,
        has_touch=True,
        permissions=["geolocation"],
        geolocation={"longitude": SPOTS["T3"][0], "latitude": SPOTS["T3"][1], "accuracy": 12},
    ).by("王林")
    shown.choose(NAMES["T3"])
    shown.page.get_by_role("button", name="用我现在的位置").click()
    expect(shown.row(NAMES["T3"])).to_have_attribute("data-set", "1")
    shown.save()
    assert points(home)["T3"] == pytest.approx(SPOTS["T3"], abs=1e-6)
    assert open_store(home).history()[0].file == "网页补位置：设备定位 1"


@whole
def test_what_lies_outside_the_county_is_asked_about_again(page, home):
    shown = page().by("王林")
    shown.choose(NAMES["T1"])
    for _ in range(2):
        shown.page.locator(f"#{names.PLACING_BOX}").press("-")
    shown.click(118.10, 24.60)  # 集美区
    expect(shown.row(NAMES["T1"]).locator(".mark-warning")).to_have_text("不在思明区")
    shown.page.locator(f"#{names.PLACING_SAVE}").click()
    expect(shown.page.locator(".form-warnings")).to_contain_text(f"{NAMES['T1']}：不在思明区")
    assert points(home)["T1"] is None
    shown.page.get_by_role("button", name="仍然保存").click()
    expect(shown.page.locator(".notice-good")).to_contain_text("已保存 1 个位置", timeout=TIMEOUT_MS)
    assert near(points(home)["T1"], (118.10, 24.60), 0.01)


def test_the_geocoder_offers_and_only_what_is_taken_and_saved_takes_effect(page, home, service):
    def answer(query: dict[str, str]) -> tuple[int, dict]:
        told = {
            "湖滨南路": (SPOTS["T1"], "门牌号"),
            "中山路": (SPOTS["T2"], "道路"),
            "前埔": ((118.10, 24.60), "门牌号"),
        }
        spot, level = next(one for word, one in told.items() if word in query["address"])
        lon, lat = datum.from_wgs84([spot[0]], [spot[1]], "gcj02")
        return 200, amap_found(float(lon[0]), float(lat[0]), level)

    service.answer = answer
    service.asked.clear()
    shown = page().by("王林")
    expect(shown.page.locator(f"#{names.PLACING_SENT}")).to_contain_text("发送 3 个地址和所属市、区县，别的都不发送")
    assert service.asked == []  # nothing leaves before it is agreed to
    shown.page.get_by_role("button", name="同意发送，用高德找").click()
    expect(shown.page.locator(f"#{names.PLACING_PROGRESS}")).to_contain_text("已问 3 / 3，找到 3", timeout=TIMEOUT_MS)
    assert sorted(one["address"] for one in service.asked) == [
        "厦门市思明区中山路20号",
        "厦门市思明区前埔中路3号",
        "厦门市思明区湖滨南路1号",
    ]
    expect(shown.row(NAMES["T3"]).locator(".mark-warning")).to_have_text("不在思明区")
    take = shown.page.locator(f"#{names.PLACING_ACCEPT}")
    expect(take).to_have_text("采用这些（1）")  # neither the one that only names a road nor the one outside
    assert not [*shown.page.locator(".placing-item[data-set]").all()]
    take.click()
    expect(shown.row(NAMES["T1"])).to_have_attribute("data-set", "1")
    shown.choose(NAMES["T2"])
    shown.row(NAMES["T2"]).get_by_role("button", name="采用").click()
    shown.row(NAMES["T3"]).get_by_role("button", name="跳过").click()
    expect(shown.row(NAMES["T3"])).to_have_attribute("data-skipped", "1")
    assert points(home) == dict.fromkeys(STATIONS)
    shown.save()
    found = points(home)
    assert found["T1"] == pytest.approx(SPOTS["T1"], abs=2e-6) and found["T2"] == pytest.approx(SPOTS["T2"], abs=2e-6)
    assert found["T3"] is None
    batch = open_store(home).history()[0]
    assert batch.file == "网页补位置：高德 2" and batch.changed == 2
    assert covering(home)[0] == 2
    shown.undo(batch.batch_id, "王林")
    assert points(home) == dict.fromkeys(STATIONS)


def test_a_key_that_is_refused_is_told_and_nothing_is_lost(page, service):
    service.says(amap_error("10001", "INVALID_USER_KEY"))
    shown = page()
    shown.page.get_by_role("button", name="同意发送，用高德找").click()
    bad = shown.page.locator(f"#{names.PLACING_PROGRESS} [role=alert]")
    expect(bad).to_contain_text("不认这把密钥（10001 INVALID_USER_KEY）", timeout=TIMEOUT_MS)
    assert KEY not in shown.page.content()


@pytest.mark.parametrize("away", first_alone([1_500, 0]))
def test_a_search_is_called_off(page, service, away):
    """Also where an answer takes longer than the page waits between two questions."""
    service.says(amap_found(118.1, 24.47))
    shown = page()
    slow = shown.page.context.new_cdp_session(shown.page)
    slow.send("Network.enable")
    slow.send("Network.emulateNetworkConditions", CONDITIONS | {"latency": away})
    service.seconds = 6.0  # of each question: long on a busy machine, and within what the atlas waits for (8 s)
    try:
        shown.page.get_by_role("button", name="同意发送，用高德找").click()
        shown.page.locator(f"#{names.PLACING_PROGRESS}").get_by_role("button", name="取消").click()
        progress = shown.page.locator(f"#{names.PLACING_PROGRESS}")
        expect(progress).to_contain_text("已取消，可接着找", timeout=TIMEOUT_MS)
    finally:
        slow.detach()
        service.seconds = 0.0


def test_an_answer_that_is_lost_is_asked_for_again(browser: Browser, geocoded: str, service: Service) -> None:
    service.says(amap_found(118.1, 24.47))
    lost = []

    def lose(route: Route) -> None:
        asked = route.request.post_data or ""
        if lost or f"{names.PLACING_POLL}.n_intervals" not in asked:
            route.fallback()
        else:
            lost.append(asked)
            route.abort()

    with browser.new_context(viewport={"width": 1366, "height": 768}, device_scale_factor=FEW_PIXELS) as context:
        context.route("**/_dash-update-component*", lose)
        shown = PlacingPage(context.new_page(), geocoded).go()
        shown.page.get_by_role("button", name="同意发送，用高德找").click()
        progress = shown.page.locator(f"#{names.PLACING_PROGRESS}")
        expect(progress).to_contain_text(re.compile(r"已问 (\d+) / \1，"), timeout=TIMEOUT_MS)
    assert lost


@whole
def test_where_editing_is_off_the_list_is_only_read(tabs, home):
    with (
        serving(home, home.parent / "log-readonly", ATLAS_EDITING="0", ATLAS_WORKERS="1") as address,
        tabs.lent(address) as take,
    ):
        shown = PlacingPage(take(), address).go()
        expect(shown.row(NAMES["T1"])).to_be_visible()
        shown.choose(NAMES["T1"])
        shown.click(*SPOTS["T1"])
        expect(shown.page.locator("#placing-hint")).to_contain_text("只供查看")
        expect(shown.page.locator(f"#{names.PLACING_SAVE}")).to_be_hidden()
        expect(shown.page.locator(".placing-mark")).to_have_count(0)


@pytest.mark.parametrize("theme", first_alone(["dark", "light"]))
def test_nothing_to_object_to(page, theme):
    shown = page(f"place=350203&theme={theme}")
    shown.choose(NAMES["T1"])
    shown.click(*SPOTS["T1"])
    expect(shown.row(NAMES["T1"])).to_have_attribute("data-set", "1")
    assert objections(shown.page) == []
