"""``make shots``: the screenshots of README and docs, taken from the atlas as it is now."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from geodata.build import build_atlas
from tests.browser.atlas_page import AtlasPage
from tests.browser.conftest import ARGUMENTS, CHROMIUM, ROOT, free_port, serve

FOLDER = ROOT / "docs" / "screens"
VIEWS = {
    "overview-nation": ("", 1920, 1080),
    "overview-city": ("?place=640200", 1920, 1080),
    "overview-grid": ("?place=640202&grid={grid}", 1920, 1080),
    "overview-siming-night": ("?place=350203&hour=22", 1920, 1080),
    "overview-english": ("?place=350203&lang=en", 1920, 1080),
    "overview-phone": ("?place=350203", 390, 844),
}


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
            browser.close()
        finally:
            server.terminate()
            server.wait(10)


if __name__ == "__main__":
    main()
