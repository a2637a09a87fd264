"""``make sheets``: walk every page in every face, say what is wrong with it, and keep contact sheets in docs/sheets.

``python -m tests.sheets [--address URL] [--keep FOLDER] [PATH …]`` looks at some pages alone, of a server that runs
already.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Error, Page, sync_playwright

from geodata.build import build_atlas
from tests.browser.atlas_page import AtlasPage
from tests.browser.conftest import ARGUMENTS, CHROMIUM, ROOT, serve
from tests.ports import free_port
from tests.sheets.contact import Shot, sheet
from tests.sheets.looking import blank_pictures, on_paper, on_screen, settled, standing
from tests.sheets.views import PAPER, WINDOWS, View, every_page, matrix, more

FOLDER = ROOT / "docs" / "sheets"
PATIENCE_MS = 60_000
SCREENS = 3  # of a phone, one after another


@contextmanager
def served(address: str | None) -> Iterator[str]:
    """Yield the address of an atlas: that given, or one of its own."""
    if address:
        yield address
        return
    with tempfile.TemporaryDirectory() as scratch:
        home, port = Path(scratch) / "home", free_port()
        build_atlas(home)
        server = serve(home, port, Path(scratch) / "log")
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)


class Walk:
    """One page of the browser that goes from view to view."""

    def __init__(self, page: Page, address: str) -> None:
        self.atlas = AtlasPage(page, address)
        self.page = page
        self.address = address
        self.open: View | None = None
        self.findings: list[str] = []

    def see(self, view: View, pictures: bool = True) -> list[bytes]:
        """Look at `view`, note what is wrong with it, and return its pictures (PNG or, on paper, one PDF)."""
        if view.face == "print":
            return self._print(view, pictures)
        self.page.set_viewport_size({"width": view.width, "height": WINDOWS[view.width]})
        self.page.goto(self.address + view.address)
        self.atlas.quiet(PATIENCE_MS)
        settled(self.page, PATIENCE_MS)
        self._note(view, standing(self.page, view.lang))
        taken = [self.page.screenshot()]
        self._note(view, blank_pictures(self.page, taken[0]))
        if pictures and view.width < 900:
            taken += self._further()
        return taken

    def _print(self, view: View, pictures: bool) -> list[bytes]:
        taken = [self.page.pdf(prefer_css_page_size=True)] if pictures else []
        on_paper(self.page, PAPER)
        self._note(view, standing(self.page, view.lang))
        on_screen(self.page, view.width, WINDOWS[view.width])
        return taken

    def _further(self) -> list[bytes]:
        high = WINDOWS[390]
        whole = self.page.evaluate("Math.max(document.documentElement.scrollHeight, document.body.scrollHeight)")
        taken = []
        for at in range(1, SCREENS):
            if whole <= at * high + 40:
                break
            self.page.evaluate("y => window.scrollTo({ top: y, behavior: 'instant' })", at * high)
            self.page.wait_for_timeout(250)  # a map that comes into view paints itself
            taken.append(self.page.screenshot())
        return taken

    def _note(self, view: View, found: list[str]) -> None:
        for one in found:
            self.findings.append(f"{view.name}: {one}")
            print(self.findings[-1], flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Walk; return 1 when something is wrong."""
    asked = argparse.ArgumentParser(prog="python -m tests.sheets", description=__doc__)
    asked.add_argument("paths", nargs="*", help="pages to look at; all when none is named")
    asked.add_argument("--address", help="of a server that runs already")
    asked.add_argument("--keep", type=Path, help="keep every picture in full size in this folder")
    asked.add_argument("--few", action="store_true", help="leave out the further views of a page")
    told = asked.parse_args(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    seen, findings = 0, []
    with served(told.address) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for path in told.paths or every_page():
            walk = Walk(browser.new_page(), address)
            walk.page.add_init_script(
                "localStorage.setItem('atlas-tour', '1')"
            )  # the tour is offered once, and lies over a corner until then
            shots = []
            for view in [*matrix(path), *([] if told.few else more(path))]:
                try:
                    taken = walk.see(view)
                except Error as error:
                    taken = []
                    walk.findings.append(f"{view.name}: not shown: {str(error).splitlines()[0]}")
                    print(walk.findings[-1], flush=True)
                seen += 1
                shots.append(Shot(view, taken))
                if told.keep:
                    keep(told.keep, view, taken)
            written = sheet(FOLDER, path, [one for one in shots if one.view in matrix(path)])
            print(
                (
                    f"{path}: {len(shots)} views, {len(walk.findings)} findings, "
                    f"{written.name} {written.stat().st_size / 1000:.0f} kB"
                ),
                flush=True,
            )
            findings += walk.findings
            walk.page.close()
        browser.close()
    print(f"{seen} views, {len(findings)} findings")
    return 1 if findings else 0


def keep(folder: Path, view: View, taken: list[bytes]) -> None:
    """Write the pictures of a view at full size."""
    folder.mkdir(parents=True, exist_ok=True)
    query = view.query.replace("=", "").replace("&", "-")[:30]
    name = f"{view.path.strip('/') or 'overview'}-{query}-{view.face}-{view.lang}-{view.width}"
    for at, one in enumerate(taken):
        (folder / f"{name}-{at}.{'pdf' if view.face == 'print' else 'png'}").write_bytes(one)


if __name__ == "__main__":
    sys.exit(main())
