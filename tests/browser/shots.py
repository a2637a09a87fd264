"""``make shots``: the screenshots of README and docs, taken from the atlas as it is now."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from dashboard.pages.data import names
from geodata.build import build_atlas
from tests.browser.atlas_page import AtlasPage
from tests.browser.conftest import ARGUMENTS, CHROMIUM, ROOT, serve
from tests.browser.data_page import DataPage, workbook
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
}

NO_LEGEND = "document.querySelectorAll('.plan-map-box details.legend').forEach(box => { box.open = false })"  # it lies over sites


def plans(browser: Browser, address: str, folder: Path) -> None:
    """Take the pictures of the worked example of siting."""
    for name, query in PLANS.items():
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.goto(f"{address}/planning?place=350203{query}")
        page.locator("#plan-fair-head h2" if "run=1" in query else "#plan-title").wait_for(
            state="attached", timeout=60_000
        )
        page.evaluate(NO_LEGEND)
        page.wait_for_timeout(5_000)
        page.screenshot(path=str(folder / f"{name}.png"))
        page.close()
        print(folder / f"{name}.png")


#: The pictures of the guides, each in both languages: page and query, and what is there once it stands.
GUIDES = {
    "planning": ("/planning?place=350203&new=8&hours=22-6&run=1", "#plan-fair-head h2"),
    "briefing": ("/briefing?place=640200", "iframe"),
    "checking": ("/data?section=import", ".data-tabs"),
}
#: Cells of the workbook that is checked: a closing hour, an area and a longitude that cannot be.
SPOILT = {"E5": "随便开", "F7": "很大", "C9": None}


def guides(browser: Browser, address: str, home: Path, folder: Path) -> None:
    """Take the pictures of the guides."""
    for name, (path, there) in GUIDES.items():
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
            opened.quiet(60_000)
            settled(page, 60_000)
            page.evaluate(NO_LEGEND)
            page.wait_for_timeout(5_000)  # a preview draws itself in a frame of its own
            keep(page.screenshot(), folder / (f"{name}.png" if lang == "zh" else f"{name}-english.png"))
            page.close()


def keep(taken: bytes, path: Path) -> None:
    """Write a picture of a page with no more colours than it needs."""
    Image.open(io.BytesIO(taken)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path)


def main() -> None:
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
    main()
