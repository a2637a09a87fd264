"""Their data instead of ours, on the page and in Chinese: import, look, confirm, undo, single rows, quality."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from dashboard import ids
from dashboard.pages.data import names
from dashboard.source import AtlasSource
from geodata.store import FILE_NAME, open_store
from layers import quality
from layers.filters import Filters
from tests.browser.atlas_page import AtlasPage
from tests.browser.conftest import caught_up, serving
from tests.browser.data_page import TIMEOUT_MS, DataPage, workbook
from tests.browser.tabs import Tabs
from tests.browser.test_accessibility import objections
from tests.browser.whole import first_alone

GPS, AMAP = "GPS", "高德"
FINE, LOOK, WRONG, WHICH = "没有问题，可以导入", "可以导入，请先看提醒", "有错误，不能导入", "请先在第 2 步选择坐标系"


@pytest.fixture(scope="module")
def home(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "home"
    folder.mkdir()
    shutil.copyfile(atlas_home / FILE_NAME, folder / FILE_NAME)
    return folder


@pytest.fixture(scope="module")
def own(home: Path) -> Iterator[str]:
    """Address of an atlas of this module's own, with two workers."""
    with serving(home, home.parent / "log") as one:
        yield one


@pytest.fixture
def data(tabs: Tabs, own: str, home: Path) -> Iterator[Callable[..., DataPage]]:
    """Return a function that opens the data page; afterwards every batch is undone and nothing was said wrong."""
    try:
        with tabs.lent(own) as take:
            yield lambda query="", **window: DataPage(take(**window), own).go(query)
    finally:
        store = open_store(home)
        for batch in store.history():
            if not batch.undone_at:
                store.undo(batch.batch_id)
        caught_up(own, home)


def held(home: Path) -> set[str]:
    return {one.name for one in (home / "uploads").iterdir()} if (home / "uploads").is_dir() else set()


def test_the_template_of_the_chosen_table_comes_as_a_workbook(data):
    page = data()
    page.choose(names.TABLE, "招聘会")
    link = page.page.get_by_role("link", name="下载“招聘会”的填报模板")
    with page.page.expect_download() as download:
        link.click()
    book = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert book.sheetnames[0] == "招聘会" and "招聘会" in download.value.suggested_filename


def test_their_stations_take_the_place_of_ours_and_give_it_back(data, home):
    before = open_store(home).meta()["data_version"]
    page = data()
    page.drop("驿站.xlsx", workbook(home, "gcj02"))
    page.verdict(WHICH)  # never guessed
    page.choose(names.CRS, GPS)
    page.verdict(LOOK)
    first = page.problems()[0]
    assert "坐标看来是高德" in first[-1] and first[1] == "驿站台账" and first[2].startswith("2, 3, 4")
    drawn = page.map()
    assert drawn["landed"]["given"] == drawn["read"]["given"] == drawn["mended"]["given"] == 28
    assert (
        drawn["read"]["drawn"] == drawn["mended"]["drawn"] == 28
        and drawn["between"]["given"] == 56
        and drawn["between"]["drawn"] > 0
    )
    page.choose(names.CRS, AMAP)
    expect(page.page.locator(".data-hint", has_text="坐标系：高德")).to_be_visible(timeout=TIMEOUT_MS)
    assert not any("坐标看来是" in row[-1] for row in page.problems())
    drawn = page.map()
    assert (drawn["landed"]["drawn"], drawn["read"]["given"]) == (28, 0)
    effect = page.page.locator(".data-effect")
    expect(effect).to_contain_text("工会驿站：新增 28 行，更改 0 行，不变 0 行。")
    expect(effect).to_contain_text("将退出的示意行：工会驿站 28")
    # nothing is applied until somebody signs for it
    page.page.get_by_role("button", name="确认导入").click()
    expect(page.page.locator(".data-bad")).to_contain_text("操作人姓名")
    assert open_store(home).meta()["data_version"] == before
    page.by("张敏").page.get_by_role("button", name="确认导入").click()
    page.verdict("已导入")
    expect(page.page.locator(".changes tbody tr")).to_have_count(56)
    batch = open_store(home).history()[0]
    assert (batch.author, batch.file, batch.added, batch.retired) == ("张敏", "驿站.xlsx", 28, 28)
    _overview_holds_theirs(page, home)
    _undone(page, home, batch.batch_id, before)


def _overview_holds_theirs(page: DataPage, home: Path) -> None:
    atlas = AtlasPage(page.page, page.address)
    atlas.go("?place=350203")
    notice = page.page.locator(f"#{ids.NOTICES}").inner_text()
    assert "仍为示意" in notice and "活动" in notice and "驿站" not in notice
    shown = page.page.evaluate(
        """() => document.querySelector('#map .js-plotly-plot')._fullData.find(one => one.name === 'stations')
          .customdata.map(one => one[1])"""
    )
    rows = open_store(home).read("stations").set_index("station_id")
    assert len(shown) == 28 and set(rows.loc[shown, "provenance"]) == {"reported"}
    assert atlas.trace("stations")["rendered"] == 28


def _undone(page: DataPage, home: Path, batch_id: str, before: str) -> None:
    page.go("?section=history")
    page.page.get_by_role("link", name=batch_id).click()
    expect(page.page.locator(".batch-open .changes tbody tr")).to_have_count(56)
    page.page.get_by_role("button", name=f"撤销批次 {batch_id}").click()
    expect(page.page.locator(f"#{names.MODAL_TEXT}")).to_contain_text("张敏")
    page.page.locator(f"#{names.MODAL_DO}").click()
    expect(page.page.locator(".notice-good")).to_contain_text("已撤销批次")
    expect(page.page.locator(".mark-undone")).to_contain_text("张敏于")
    store = open_store(home)
    assert (
        store.meta()["data_version"] == before and (store.read("stations")["provenance"] == "illustrative").sum() == 28
    )


def test_bad_cells_are_named_marked_and_mended_and_headers_mapped_by_hand(data, home):
    page = data()
    page.choose(names.CRS, AMAP)
    page.give("驿站.xlsx", workbook(home, "gcj02", header="啥", E5="随便开", F7="很大", C9=11809.45, B9="火星区"))
    page.verdict(WRONG)  # the name of the station is in no column that is known
    assert any("驿站名称" in row[-1] for row in page.problems())
    page.page.get_by_role("textbox", name="“啥”对应的列").click()
    page.page.get_by_role("option", name="驿站名称", exact=True).click()
    page.page.get_by_role("button", name="按这样的对应重新核对").click()
    expect(page.page.locator(".data-counts .count-bad").first).to_have_text("1", timeout=TIMEOUT_MS)
    problems = page.problems()
    assert {tuple(row[1:5]) for row in problems if row[0] == "错误"} == {("驿站台账", "9", "行政区划", "火星区")}
    unknown = {tuple(row[1:5]) for row in problems if row[0] != "错误"}  # told, and costs no row
    assert {
        ("驿站台账", "5", "开放时间", "随便开"),
        ("驿站台账", "7", "面积", "很大"),
        ("驿站台账", "9", "经度", "11809.45"),
    } <= unknown
    with page.page.expect_download() as download:
        page.page.get_by_role("link", name="下载标出问题的工作簿").click()
    sheet = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))["驿站台账"]
    assert {"B9"} == {
        cell.coordinate
        for row in sheet.iter_rows(max_col=6)
        for cell in row
        if cell.comment and cell.fill.fgColor.rgb == "FFF4B6B6"
    }
    assert page.page.get_by_role("button", name="留下 1 行").count() == 1
    # reloaded, the page stands where it stood
    page.page.reload()
    expect(page.page.get_by_role("button", name="留下 1 行")).to_be_visible(timeout=TIMEOUT_MS)
    page.give("驿站2.xlsx", workbook(home, "gcj02"))
    page.verdict(LOOK)


@pytest.mark.parametrize("content", first_alone([b"PK\x03\x04 broken", b"\x00" * 4_000]))
def test_a_hostile_file_gets_words(data, home, content):
    before = open_store(home).meta()["data_version"]
    page = data()
    page.give("<img src=x onerror=alert(1)>.xlsx", content)
    page.verdict(WRONG)
    assert all(row[-1] for row in page.problems()) and "Traceback" not in page.page.content()
    assert open_store(home).meta()["data_version"] == before


def test_calling_a_check_off_leaves_no_trace(data, home):
    before, kept = (home / FILE_NAME).read_bytes(), held(home)
    page = data()
    page.choose(names.CRS, AMAP)
    text = "站点名称,经度,纬度,开放时间\n" + "".join(
        f"驿站{at},{113.5 + at % 500 / 200},{26 + at // 500 / 40},8:00-22:00\n" for at in range(60_000)
    )
    page.give("大.csv", text.encode())
    expect(page.page.get_by_role("progressbar")).to_be_visible()
    page.page.get_by_role("button", name="取消").click()
    expect(page.page.locator(".data-promise")).to_be_visible()
    expect(page.page.get_by_role("progressbar")).to_have_count(0)
    assert held(home) == kept and (home / FILE_NAME).read_bytes() == before


def test_one_row_is_changed_added_and_removed_by_the_rules_of_an_import(data, home):
    page = data("?section=rows&table=stations&place=350203").by("李强")
    page.rows()
    expect(page.page.locator(f"#{names.ROW_COUNT}")).to_have_text("36 行")
    page.page.locator(f"#{names.ROW_TEXT}").fill("SM-S03")
    expect(page.page.locator(f"#{names.ROW_COUNT}")).to_have_text("1 行")
    page.page.locator(".ag-row", has_text="SM-S03").click()
    page.page.locator(f"#{names.EDIT}").click()
    form = page.page.locator(".form")
    form.get_by_label("开放时间").fill("随便")
    save = page.page.get_by_role("button", name="核对并保存")
    save.click()
    expect(page.page.locator(".form-warnings")).to_contain_text("随便")  # hours not understood: told before it is saved
    assert open_store(home).history() == [] or all(batch.undone_at for batch in open_store(home).history())
    form.get_by_label("开放时间").fill("周一至周五 9点到18点")
    save.click()
    expect(page.page.locator(".notice-good")).to_contain_text("已保存")
    row = open_store(home).read("stations").set_index("station_id").loc["SM-S03"]
    assert (row["opening_hours"], row["provenance"], row["source_id"]) == (
        "Mo-Fr 09:00-18:00",
        "illustrative",
        "SAMPLE;EDIT",
    )
    assert (
        open_store(home).read("stations")["provenance"] == "illustrative"
    ).sum() == 28  # one edited row retires nobody
    # a new row says where its coordinates are from
    page.rows()
    page.page.locator(f"#{names.ADD}").click()
    form.get_by_label("驿站名称").fill("白鹭洲驿站")
    form.get_by_label("经度").fill("118.0945")
    form.get_by_label("纬度").fill("24.4712")
    save.click()
    expect(page.page.locator(".form-errors")).to_contain_text("坐标系")
    form.get_by_role("textbox", name="坐标系").click()
    page.page.get_by_role("option", name="高德").click()
    save.click()
    expect(page.page.locator(".form-warnings")).to_contain_text("不一致")  # 29 stations, 28 reported
    before = page.page.locator(".notice-good").inner_text()
    page.page.get_by_role("button", name="仍然保存").click()
    expect(page.page.locator(".notice-good")).not_to_have_text(before)
    added = open_store(home).read("stations").set_index("name").loc["白鹭洲驿站"]
    assert added.geometry.x == pytest.approx(118.0895, abs=2e-4) and (added["adcode"], added["source_id"]) == (
        "350203",
        "EDIT",
    )
    page.rows()
    page.page.locator(f"#{names.ROW_TEXT}").fill("白鹭洲")
    page.page.locator(".ag-row", has_text="白鹭洲驿站").click()
    page.page.get_by_role("button", name="删除").click()
    page.page.locator(f"#{names.MODAL_DO}").click()
    expect(page.page.locator(".notice-good")).to_contain_text("已删除")
    assert "白鹭洲驿站" not in set(open_store(home).read("stations")["name"])
    assert [batch.author for batch in open_store(home).history()[:3]] == ["李强"] * 3


def test_the_numbers_of_the_quality_report_are_the_rules_own_and_lead_to_their_rows(data, home):
    atlas = AtlasSource(home).atlas()
    page = data("?section=quality")
    for rule, line in quality.totals(quality.report(atlas, Filters())).set_index("rule").iterrows():
        said = page.page.locator(f"#quality-{rule} .quality-total").inner_text()
        assert said.split()[0] == f"{line['bad']:,}" and f"/ {line['of']:,} " in said
    page.choose(names.DAYS, "365 天")
    page.page.wait_for_function("() => window.location.search.includes('days=365')")
    fewer = quality.bad_rows(atlas, "stale", "stations", 365)
    expect(page.page.locator("#quality-stale .quality-total")).to_contain_text(f"{len(fewer)} ")
    page.go("?section=quality&place=350203")
    bad = quality.bad_rows(atlas, "stale", "stations")
    page.page.locator("#quality-stale a", has_text=str(len(bad))).click()
    page.rows()
    expect(page.page.locator(f"#{names.ROW_COUNT}")).to_have_text(f"{len(bad)} 行")
    expect(page.page.locator(".data-chosen")).to_contain_text("巡检过期")
    shown = {row.get_attribute("row-id") for row in page.page.locator(".ag-center-cols-container .ag-row").all()}
    assert shown == set(atlas.stations["station_id"].to_numpy()[bad])


def test_an_atlas_to_look_at_offers_nothing_that_writes(tabs, atlas_home, tmp_path):
    with (
        serving(atlas_home, tmp_path / "log", ATLAS_EDITING="0", ATLAS_WORKERS="1") as address,
        tabs.lent(address) as take,
    ):
        page = DataPage(take(once=True), address).go()
        expect(page.page.locator(".data-readonly")).to_contain_text("只供查看")
        assert page.page.locator(f"#{names.DROP}").count() == 0
        page.go("?section=rows")
        page.rows()
        assert page.page.get_by_role("button", name="新增一行").count() == 0


@pytest.mark.parametrize(("lang", "width"), first_alone([("zh", 390), ("en", 1920)]))
def test_axe_objects_to_nothing(data, width, lang):
    page = data(f"?lang={lang}", width=width, height=844, bypass_csp=True)
    for section in names.SECTIONS:
        page.go(f"?lang={lang}&section={section}")
        if section == "rows":
            page.rows()
            expect(page.page.locator('.ag-row [lang="zh-CN"]').first).to_be_visible(
                visible=lang == "en"
            )  # names of stations have no other
        assert (section, objections(page.page)) == (section, [])
    page.go(f"?lang={lang}").give("f.csv", "站点名称,经度,纬度,开放时间,啥\n甲,118.09,24.47,随便,1\n".encode())
    expect(page.page.locator(".verdict")).to_be_visible(timeout=TIMEOUT_MS)
    assert objections(page.page) == []
    said = page.page.locator(f"#{names.PROBLEMS} tbody tr td:last-child").first.bounding_box()
    assert (
        said is not None and said["width"] > 220 and said["x"] + said["width"] <= width
    )  # what is wrong reads without scrolling sideways
