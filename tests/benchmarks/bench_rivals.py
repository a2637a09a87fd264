"""The stations of the country on a map: this atlas beside other ways to show them, in one run and one Chromium.

``python -m tests.benchmarks.bench_rivals --home DIR [--python VENV] [--deck NODE_MODULES] [--kepler NODE_MODULES]``

DIR is the home of ``python -m tests.benchmarks.national``. The same open stations, the same filter (open 24 hours), the
same size of map, software WebGL, no tiles beneath, nothing but loopback, one browser after another:

- this atlas, with the stations alone and with every layer (and, beside the map, its figures and charts);
- (a) a plain Dash app that sends its whole figure anew at a change of the filter;
- (b) dash-leaflet with its clustering: VENV has `dash-leaflet geobuf brotli flask-compress gunicorn pandas`;
- (c) kepler.gl: NODE_MODULES has `kepler.gl react@18 react-dom@18 redux@4 react-redux@8 styled-components@6.1.8`;
- (d) deck.gl's ScatterplotLayer: NODE_MODULES has `@deck.gl/core @deck.gl/layers @deck.gl/extensions esbuild`.

What idle means: :mod:`tests.benchmarks.rivals.tab`. Answers are compressed by all. After it the promise of the national
map: idle within 2 s of a move, no frame longer than 200 ms, from afar and from near. ``--write`` puts the tables into
docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Playwright, sync_playwright

from dashboard.source import AtlasSource
from tests.benchmarks.rivals.shown import Places, Shown, everything, served
from tests.benchmarks.rivals.stations_files import StationsFiles, write
from tests.benchmarks.rivals.tab import Cost, Tab, opened

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- bench_rivals -->\n", "<!-- end of bench_rivals -->\n"
SCREEN = (1920, 1080)
MAP = (1232, 823)  # of the atlas on such a screen, where the atlas itself is not asked for
PANS = ((-400, 0), (0, -250), (400, 0), (0, 250))
IDLE_S, FRAME_MS = 2.0, 200
OUT_OF_VIEW = 0.01  # clusters beyond the edge of the map are not counted where they are counted on the map
#: Where the promise is asked: longitude, latitude, zoom as the address has them; None: the country as it opens.
VIEWS = {"the country": None, "a province": "113.30000_23.50000_6.50", "a city": "113.30000_23.10000_10.00"}
COLUMNS = (
    "what",
    "first paint s",
    "open: idle s",
    "processor s (server)",
    "kB",
    "pan: idle s",
    "processor s",
    "kB",
    "longest frame ms (own)",
    "filter: idle s",
    "processor s (server)",
    "kB",
    "heap MiB",
    "renderer + graphics MiB",
)


@dataclass
class Found:
    """What one way to show the stations cost."""

    shown: Shown
    open: Cost
    memory: dict[str, float]
    filter: Cost
    pans: list[Cost] = field(default_factory=list)

    def row(self) -> str:
        pan, frame = self.pans, max(longest(one) for one in self.pans)
        cells = (
            self.shown.name,
            f"{(self.open.paint or 0) / 1000:.1f}",
            *_told(self.open),
            f"{statistics.median(one.clock for one in pan):.1f}",
            f"{statistics.median(one.browser for one in pan):.1f}",
            f"{statistics.median(one.bytes for one in pan) / 1000:,.1f}",
            f"{frame:.0f} ({max(one.long['own'] for one in pan):.0f})",
            *_told(self.filter),
            f"{self.memory['heap']:.0f}",
            f"{self.memory['renderer']:.0f} + {self.memory['graphics']:.0f}",
        )
        return _line(cells)


def _told(cost: Cost) -> tuple[str, ...]:
    return f"{cost.clock:.1f}", f"{cost.browser:.1f} ({cost.server:.2f})", f"{cost.bytes / 1000:,.1f}"


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def longest(cost: Cost) -> float:
    """Return the longest frame of a move, milliseconds: a gap between two, or a long animation frame."""
    return max(cost.long["gap"], cost.long["frame"])


def note(name: str, cost: Cost) -> None:
    print(f"{time.strftime('%H:%M:%S')} {name}: {cost}", file=sys.stderr, flush=True)


def measured(tab: Tab, shown: Shown, address: str, files: StationsFiles, shots: Path | None) -> Found:
    """Return what opening, moving and filtering cost; what is on the map is counted."""
    cost = tab.opened(address)
    note(f"{shown.key} open", cost)
    _holds(tab, shown, files.points)
    memory = tab.memory()
    _shot(tab, shots, f"{shown.key}-open")
    pans = []
    for by in PANS:
        pans.append(tab.panned(by, shown.box))
        note(f"{shown.key} pan {by}", pans[-1])
        _shot(tab, shots, f"{shown.key}-pan{len(pans)}")
    narrowed = tab.filtered(f"({shown.narrow})(true)")
    note(f"{shown.key} filter", narrowed)
    _holds(tab, shown, files.always)
    _shot(tab, shots, f"{shown.key}-filter")
    return Found(shown, cost, memory, narrowed, pans)


def _holds(tab: Tab, shown: Shown, wanted: int) -> None:
    got = tab.page.evaluate(shown.count)
    if not (1 - OUT_OF_VIEW) * wanted <= got <= wanted:
        raise ValueError(f"{shown.name} shows {got:,} stations and should show {wanted:,}")


def _shot(tab: Tab, shots: Path | None, name: str) -> None:
    if shots is not None:
        tab.page.screenshot(path=shots / f"{name}.png")


def promised(playwright: Playwright, shown: Shown, places: Places, files: StationsFiles) -> list[str]:
    """Return the rows of the promise: moves of the map of the country, from afar and from near."""
    rows = []
    with served(shown, places, files) as (address, server):
        for name, view in VIEWS.items():
            with opened(playwright, SCREEN, shown.settled, server) as tab:
                tab.opened(address + ("" if view is None else f"?v={view}"))
                pans = [tab.panned(by, shown.box) for by in PANS]
                for one in pans:
                    note(f"promise {name}", one)
            idle, frame = [one.clock for one in pans], [longest(one) for one in pans]
            cells = (
                name,
                f"{statistics.median(idle):.1f}",
                f"{max(idle):.1f}",
                f"{statistics.median(one.browser for one in pans):.1f}",
                f"{max(frame):.0f}",
                f"{max(one.long['own'] for one in pans):.0f}",
                f"{max(one.bytes for one in pans) / 1000:,.1f}",
                "kept" if max(idle) <= IDLE_S and max(frame) <= FRAME_MS else "not kept",
            )
            rows.append(_line(cells))
    return rows


def asked() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--home", type=Path, required=True)
    for one in ("python", "deck", "kepler", "shots"):
        options.add_argument(f"--{one}", type=Path)
    options.add_argument("--only", nargs="*", help="atlas, whole, plain, leaflet, kepler, deck, promise; else all")
    options.add_argument("--write", action="store_true")
    return options.parse_args()


def main() -> None:
    options = asked()
    load = [os.getloadavg()[0]]
    lines = []
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        places = Places(options.home, options.python, options.deck, options.kepler, Path(scratch))
        files = write(AtlasSource(options.home).atlas(), Path(scratch))
        ways, size, lacks = everything(places), MAP, []
        wanted = options.only or [*(one.key for one in ways), "promise"]
        for shown in ways:
            if shown.lacks or shown.key not in wanted:
                lacks += [f"{shown.name}: {shown.lacks}."] if shown.lacks and shown.key in wanted else []
                continue
            own = shown.key in ("atlas", "whole")
            try:
                with (
                    served(shown, places, files) as (address, server),
                    opened(playwright, SCREEN if own else size, shown.settled, server) as tab,
                ):
                    lines.append(measured(tab, shown, address, files, options.shots).row())
                    if own:
                        _, _, wide, high = tab.page.evaluate(shown.box)
                        size = round(wide), round(high)
            except (TimeoutError, ValueError) as error:
                lacks.append(f"{shown.name}: {error}.")
        rows = promised(playwright, ways[1], places, files) if "promise" in wanted else []
    load.append(os.getloadavg()[0])
    text = "\n".join(
        [
            f"{files.points:,} open stations, {files.always:,} of them open 24 hours; "
            f"a screen of {SCREEN[0]} × {SCREEN[1]}, of which the map has {size} pixels for all; "
            f"load {load[0]:.0f} at the start, {load[1]:.0f} at the end.",
            *lacks,
            "",
            _line(COLUMNS),
            _line(("---", *("--:" for _ in COLUMNS[1:]))),
            *lines,
            "",
            _line(PROMISE),
            _line(("---", *("--:" for _ in PROMISE[1:]))),
            *rows,
            "",
        ]
    )
    print(text)
    if options.write:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(before + BEGIN + text + END + rest.partition(END)[2], "utf-8")


PROMISE = (
    "this atlas, every layer, at",
    "pan: idle s, median",
    "longest",
    "processor s",
    "longest frame ms",
    "longest task, ms of processor",
    "most kB",
    f"≤ {IDLE_S:.0f} s and ≤ {FRAME_MS} ms",
)

if __name__ == "__main__":
    main()
