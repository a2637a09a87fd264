"""``make shots``: the screenshots of README and docs, taken from the atlas as it is now.

``python -m tests.browser.shots ledger placing`` takes those of the guides that are named, and no others.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Container, Sequence
from pathlib import Path

import openpyxl
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from dashboard.pages.data import names
from geodata.build import build_atlas
from tests.browser.atlas_page import AtlasPage
from tests.browser.conftest import ARGUMENTS, CHROMIUM, ROOT, serve
from tests.browser.data_page import DataPage, workbook
from tests.browser.placing_page import DRAWN, STATIONS, PlacingPage, without_position
from tests.ports import free_port
from tests.sheets.looking import settled
from tests.sheets.views import LANGUAGES

FOLDER = ROOT / "docs" / "screens"
COLOURS = 200
VIEWS = {
    "overview-nation": ("", 1920, 1080),
    "overview-city": ("?place=640200", 1920, 1080),
    "overview-grid": ("?place=640202&grid={grid}", 1920, 1080),
    "overview-siming-night": ("?place=350203&hour=22", 1920, 1080),
    "overview-english": ("?place=350203&lang=en", 1920, 1080),
    "overview-phone": ("?place=350203", 390, 844),
}

#: The pictures of docs/siting-example.md.
PLANS = {
    "siting-day-before": "",
    "siting-day-after": "&new=8&run=1",
    "siting-night-before": "&hours=22-6",
    "siting-night-after": "&new=8&hours=22-6&run=1",
    "siting-change": "&question=change&close=2&run=1",
    "siting-fair": "&question=fair&run=1",
    "siting-stages": "&question=stages&run=1",
    "siting-capacity": "&question=capacity&run=1",
    "siting-attendance": "&question=attendance&open=0.8&run=1",
    "siting-front": "&budget=800000&cost=100000&new=8&run=1",
}

NO_LEGEND = (
    "document.querySelectorAll('.plan-map-box "
    "details.legend').forEach(box => { box.open = false })"
)  # it lies over sites


def plans(browser: Browser, address: str, folder: Path, asked: Container[str] = tuple(PLANS)) -> None:
    """Take the pictures of the worked example of siting that are asked for."""
    for name, query in PLANS.items():
        if name not in asked:
            continue
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.goto(f"{address}/planning?place=350203{query}")
        page.locator("#plan-fair-head h2" if "run=1" in query else "#plan-title").wait_for(
            state="attached", timeout=60_000
        )
        if name == "siting-front":
            page.locator("#plan-curve-run:not([disabled])").click(timeout=60_000)
            page.locator("#plan-curve-head h2").wait_for(timeout=60_000)
            page.locator("#plan-curve").scroll_into_view_if_needed()
        page.evaluate(NO_LEGEND)
        page.wait_for_timeout(5_000)
        keep(page.screenshot(), folder / f"{name}.png")
        page.close()


#: The pictures of the guides, each in both languages: page and query, and what is there once it stands.
GUIDES = {
    "planning": ("/planning?place=350203&new=8&hours=22-6&run=1", "#plan-fair-head h2"),
    "briefing": ("/briefing?place=640200", "iframe"),
    "checking": ("/data?section=import", ".data-tabs"),
    "ledger": ("/data?section=import", ".data-tabs"),
    "placing": ("/data?section=placing&place=350203", "#placing-list > li"),
}
#: A ledger of the commonest shape: a title, two header rows, ticks, no coordinates, a sum, a remark.
LEDGER = (
    ("思明区工会户外劳动者服务站点台账",),
    ("序号", "站点名称", "详细地址", "建设情况", None, "服务设施", None, "开放时间", "联系电话"),
    (None, None, None, "建成时间", "面积（㎡）", "饮水机", "微波炉", None, None),
    (1, "湖滨南路工会驿站", "湖滨南路 1 号", "2023年5月", 30, "√", "√", "8:00-20:00", "0592-0000001"),
    (2, "中山路工会驿站", "中山路 20 号", "2022.06.18", 25, "√", "×", "8:30-12:00，14:30-18:00", "0592-0000002"),
    (3, "前埔工会驿站", "前埔中路 3 号", "2024/3/1", 40, "√", "√", "随银行", "0592-0000003"),
    ("合计", "3个", None, None, 95, 3, 2),
    ("注：按季度报送。",),
)
MERGED = ("A1:I1", "A2:A3", "B2:B3", "C2:C3", "D2:E2", "F2:G2", "H2:H3", "I2:I3", "A8:I8")
#: Where the stations of ``tests/browser/placing_page.py`` are set on the picture of placing.
SPOTS = {"T1": (118.0950, 24.4770), "T3": (118.1600, 24.4700)}
#: Cells of the workbook that is checked: a closing hour, an area and a longitude that cannot be.
SPOILT = {"E5": "随便开", "F7": "很大", "C9": None}


def guides(browser: Browser, address: str, home: Path, folder: Path, asked: Container[str] = tuple(GUIDES)) -> None:
    """Take the pictures of the guides that are asked for; that of placing comes last, it changes the atlas."""
    for name, (path, there) in GUIDES.items():
        if name not in asked:
            continue
        if name == "placing":
            without_position(home)
        for lang in LANGUAGES:
            page = browser.new_page(viewport={"width": 1600, "height": 900})
            page.add_init_script("localStorage.setItem('atlas-tour', '1')")
            opened = AtlasPage(page, address)
            page.goto(f"{address}{path}&lang={lang}")
            page.locator(there).first.wait_for(state="attached", timeout=60_000)
            if name == "checking":
                opened.quiet(60_000)
                data = DataPage(page, address)
                data.choose(names.CRS, "GPS")
                data.give("stations.xlsx", workbook(home, "wgs84", **SPOILT))
                page.locator(".verdict").wait_for(timeout=60_000)
            if name == "ledger":
                opened.quiet(60_000)
                DataPage(page, address).give("台账.xlsx", ledger())
                page.locator(".verdict").wait_for(timeout=60_000)
            if name == "placing":
                page.wait_for_function(DRAWN, timeout=60_000)
                placing = PlacingPage(page, address)
                for key, spot in SPOTS.items():
                    placing.choose(STATIONS[key][0])
                    placing.click(*spot)
                placing.choose(STATIONS["T2"][0])
            opened.quiet(60_000)
            settled(page, 60_000)
            page.evaluate(NO_LEGEND)
            page.wait_for_timeout(5_000)  # a preview draws itself in a frame of its own
            keep(page.screenshot(), folder / (f"{name}.png" if lang == "zh" else f"{name}-english.png"))
            page.close()


def ledger() -> bytes:
    """Return the ledger of :data:`LEDGER` as a workbook."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "台账"
    for row in LEDGER:
        sheet.append(row)
    for span in MERGED:
        sheet.merge_cells(span)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def keep(taken: bytes, path: Path) -> None:
    """Write a picture of a page with no more colours than it needs."""
    Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path)


def main(asked: Sequence[str] = ()) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        home = Path(scratch) / "home"
        build_atlas(home)
        from dashboard.source import AtlasSource

        grids = AtlasSource(home).atlas().grids
        grid = grids.loc[grids["adcode"] == "640202", "grid_id"].iloc[0]
        port = free_port()
        server = serve(home, port, Path(scratch) / "log")
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            if asked:
                plans(browser, f"http://127.0.0.1:{port}", FOLDER, asked)
                guides(browser, f"http://127.0.0.1:{port}", home, FOLDER, asked)
                return
            for name, (query, width, height) in VIEWS.items():
                page = browser.new_page(viewport={"width": width, "height": height})
                AtlasPage(page, f"http://127.0.0.1:{port}").go(query.format(grid=grid))
                page.screenshot(path=str(FOLDER / f"{name}.png"), full_page=width < 900)
                page.close()
                print(FOLDER / f"{name}.png")
            plans(browser, f"http://127.0.0.1:{port}", FOLDER)
            guides(browser, f"http://127.0.0.1:{port}", home, FOLDER)
            browser.close()
        finally:
            server.terminate()
            server.wait(10)


if __name__ == "__main__":
    main(sys.argv[1:])
