"""``make bench-face``: how soon a page is painted, cold and warm, and how soon what is pressed answers on the screen.

The promises: first meaningful paint under 1 s, interaction to next paint under 200 ms for every filter. Chromium's own
figures (Paint Timing, Largest Contentful Paint, Event Timing in steps of 8 ms) from a running server on this machine,
medians of several openings. *told* is the moment at which a figure of the page can be read, *pictured* that at which
its map can be seen as a picture; the later of the two is the first meaningful paint. *answers*: the page's own scripts
have taken over. A shared machine is noisy.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from tests.browser.atlas_page import AtlasPage
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.sheets.__main__ import served
from tests.sheets.looking import settled
from tests.sheets.views import QUERIES, WINDOWS

PAINT_MS, NEXT_MS = 1_000, 200
OPENINGS = 3
PATIENCE_MS = 60_000
WATCH = """(() => {
  const seen = window.atlasBench = { events: [], largest: 0, told: 0, pictured: 0, answers: 0 };
  localStorage.setItem("atlas-tour", "1");
  new PerformanceObserver(list => { for (const one of list.getEntries()) seen.largest = one.startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver(list => {
    for (const one of list.getEntries()) if (one.interactionId) seen.events.push({ name: one.name, ms: one.duration });
  })
    .observe({ type: "event", durationThreshold: 16, buffered: true });
  // what stands after a change is painted with the next frame
  const next = name => requestAnimationFrame(() => setTimeout(() => { seen[name] = seen[name] || performance.now(); }));
  new MutationObserver(() => {
    const figures = root =>
      [...document.querySelectorAll(`${root} :is(.kpi-value, .an-table td, .story-figures strong, .plan-value,
        .view-place, .quality-card, .sources-figure)`)];
    if (!seen.told && figures("body").some(one => one.textContent)) next("told");
    if (!seen.answers && !document.querySelector(".first") && figures("#page").some(one =>
      one.textContent)) next("answers");
  }).observe(document, { childList: true, subtree: true, characterData: true });
  document.addEventListener("load", event => { if (event.target.className === "map-first") next("pictured"); }, true);
})()"""
READ = """() => ({ first: (performance.getEntriesByName("first-contentful-paint")[0] || {}).startTime
  || 0, ...window.atlasBench,
  kilobytes: performance.getEntriesByType("resource").reduce((sum, one) => sum + one.transferSize, 0) / 1000 })"""
COLUMNS = ("first", "told", "pictured", "answers", "largest", "kilobytes")
MAPS = ("/", "/analysis", "/planning")  # pages whose message is a map

#: What is pressed on a page, each by its name: a place to click, or a place to stand on and a key.
PRESSES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "/": (
        ("layer", "#rail .chips >> nth=0 >> .mantine-Chip-label >> nth=1", ""),
        ("facility", "#rail .mantine-Chip-label >> nth=8", ""),
        ("hour", "#rail .mantine-SegmentedControl-label >> nth=1", ""),
        ("switch", "#rail .mantine-Switch-track >> nth=0", ""),
        ("radius", "#control-radius .mantine-SegmentedControl-label >> nth=0", ""),
        ("months", ".time [role=slider] >> nth=0", "ArrowRight"),
        ("list of places", "#rail input.mantine-Select-input >> nth=0", ""),
        ("kinds", "#rail input.mantine-MultiSelect-inputField >> nth=0", ""),
        ("list in view", "#in-view-toggle", ""),
        ("table of a chart", ".panel-table summary:visible >> nth=0", ""),
        ("map by keys", "#map canvas", "ArrowRight"),
        ("fold the rail", "#rail-toggle", ""),
        ("search", "#search", "s"),
        ("help", "#help-open", ""),
    ),
    "/analysis": (
        ("kinds", ".an-controls input >> nth=4", ""),
        ("play", ".an-buttons .button >> nth=1", ""),
        ("month", ".an-month >> nth=3", ""),
    ),
    "/planning": (
        ("model", ".plan-models .mantine-Radio-radio >> nth=1", ""),
        ("hours", ".plan-rail .mantine-SegmentedControl-label >> nth=1", ""),
    ),
    "/briefing": (("template", ".template-choice >> nth=1", ""),),
    "/data": (("section", ".data-tabs > * >> nth=1", ""),),
    "/sources": (("find", ".sources-find input", "a"),),
}


def opened(browser: Browser, address: str, path: str) -> tuple[Page, AtlasPage, list[dict[str, float]]]:
    """Open the page twice in a new context, cold and warm; return it as it stands, and the figures of both."""
    page = browser.new_context(viewport={"width": 1920, "height": WINDOWS[1920]}).new_page()
    page.add_init_script(WATCH)
    atlas, told = AtlasPage(page, address), []
    for _ in range(2):
        page.goto(f"{address}{path}?{QUERIES[path]}")
        atlas.quiet(PATIENCE_MS)
        settled(page, PATIENCE_MS)
        told.append(page.evaluate(READ))
    return page, atlas, told


def press(atlas: AtlasPage, selector: str, key: str) -> float | None:
    """Click or press once; return the longest interaction, ms (0: under 16), or None when it is not there."""
    page = atlas.page
    place = page.locator(selector).first
    if not place.count() or not place.is_visible():
        return None
    page.evaluate("window.atlasBench.events.length = 0")
    if key:
        place.focus()
        page.keyboard.press(key)
    else:
        place.click(timeout=5_000)
    page.wait_for_timeout(700)
    atlas.quiet(PATIENCE_MS)
    page.wait_for_timeout(100)
    took = max((one["ms"] for one in page.evaluate("window.atlasBench.events")), default=0.0)
    page.keyboard.press("Escape")
    return took


def main() -> int:
    """Measure and print two tables; return 1 when a promise is not kept."""
    asked = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_face")
    asked.add_argument("paths", nargs="*", help="pages; all when none is named")
    asked.add_argument("--address", help="of a server that runs already")
    asked.add_argument("--out", type=Path, help="write the tables here too")
    told = asked.parse_args()
    paints, presses = (
        Table(
            "page", "opened", *(f"{name}{' kB' if name == 'kilobytes' else ' ms'}" for name in COLUMNS), title="Painted"
        ),
        Table("page", "pressed", "next paint, ms"),
    )
    late: list[str] = []
    with served(told.address) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for path in told.paths or QUERIES:
            runs = []
            for at in range(OPENINGS):
                page, atlas, figures = opened(browser, address, path)
                runs.append(figures)
                if at == OPENINGS - 1:
                    for name, selector, key in PRESSES.get(path, ()):
                        took = press(atlas, selector, key)
                        presses.add_row(path, name, "not there" if took is None else f"{took:.0f}" if took else "< 16")
                        if took is None or took > NEXT_MS:
                            late.append(f"{path} {name}: {took}")
                page.context.close()
            for at, name in enumerate(("cold", "warm")):
                row = {column: statistics.median(one[at][column] for one in runs) for column in COLUMNS}
                paints.add_row(path, name, *(f"{row[column]:.0f}" for column in COLUMNS))
                assert row["told"] and (row["pictured"] or path not in MAPS), f"{path}: nothing was seen"
                meaningful = max(row["told"], row["pictured"] if path in MAPS else 0)
                if meaningful > PAINT_MS:
                    late.append(f"{path} {name}: {meaningful:.0f} ms to the first meaningful paint")
        browser.close()
    out = Console(width=110, record=True)
    out.print(paints)
    out.print(presses)
    out.print("\n".join(late) or f"meaningful under {PAINT_MS} ms, next paint under {NEXT_MS} ms")
    if told.out:
        told.out.write_text(out.export_text(), "utf-8")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
