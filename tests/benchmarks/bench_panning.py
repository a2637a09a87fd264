"""Pan and zoom over streets: bytes of a screen and seconds from the end of a move until the map is idle.

``python -m tests.benchmarks.bench_panning [--only helsinki] [--moves 6]``: Helsinki and a made-up county,
1920 × 1080, Chromium with software WebGL. The promises: 150 kB a screen, idle within 1.5 s. A shared machine is noisy:
the load stands beside the figures, and the processor's share of a moment is not ours to choose. Each move is told as it
ends; one after which the map is not idle in time ends the run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from geodata.build import build_atlas
from geodata.osm.tiles import build
from tests import made_up_extract
from tests.browser.conftest import ARGUMENTS, CHROMIUM, serving
from tests.browser.test_basemap import GRAPH, LAID
from tests.geodata.osm.made import HELSINKI
from tests.geodata.osm.test_tiles import MOST_ON_A_SCREEN
from tests.grounded import stand_on

IDLE_S = 1.5
WAIT_MS = 240_000
VIEWS = {"helsinki": "24.94400_60.17150_14.60", "made_up": "118.11000_24.46000_14.20"}
#: Moves by pixels and by steps of zoom, each from where the last one ended.
MOVES = [(600, 0, 0.0), (0, 400, 0.0), (-600, 0, 0.0), (0, -400, 0.0), (0, 0, 1.0), (500, 300, 0.0), (0, 0, -2.0)]
MOVE = f"""([x, y, zoom]) => new Promise((done, fail) => {{
  const map = window.atlasPlotly.map({GRAPH});
  setTimeout(() => fail(new Error('not idle in time')), {WAIT_MS});
  map.once('moveend', () => {{
    const ended = performance.now();
    map.once('idle', () => done((performance.now() - ended) / 1000));
  }});
  if (zoom) map.zoomTo(map.getZoom() + zoom, {{ duration: 300 }}); else map.panBy([x, y], {{ duration: 300 }});
}})"""


def measured(browser: Browser, address: str, view: str, moves: int) -> dict[str, Any]:
    """Return what so many moves from `view` cost."""
    page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
    page.set_default_timeout(WAIT_MS)
    sizes: list[int] = []
    page.on(
        "requestfinished",
        lambda request: sizes.append(request.sizes()["responseBodySize"]) if "/base/" in request.url else None,
    )
    page.goto(f"{address}/?base=streets&v={view}")
    page.wait_for_function(LAID)
    found = [{"move": "first", "bytes": sum(sizes), "tiles": len(sizes)}]
    for move in MOVES[:moves]:
        sizes.clear()
        seconds = page.evaluate(MOVE, list(move))
        page.wait_for_function(LAID)
        found.append({"move": move, "bytes": sum(sizes), "tiles": len(sizes), "idle_s": round(seconds, 2)})
        print(found[-1], file=sys.stderr, flush=True)
    page.close()
    idle = [one["idle_s"] for one in found[1:]]
    return {
        "moves": found,
        "most_bytes": max(one["bytes"] for one in found),
        "idle_median_s": statistics.median(idle),
        "idle_longest_s": max(idle),
    }


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", choices=list(VIEWS))
    options.add_argument("--moves", type=int, choices=range(1, len(MOVES) + 1), default=len(MOVES))
    asked = options.parse_args()
    names = [asked.only] if asked.only else list(VIEWS)
    said: dict[str, Any] = {"load_before": os.getloadavg()}
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        plain = Path(scratch) / "plain"
        build_atlas(plain)
        made_up_extract.write(Path(scratch) / "siming.osm.pbf")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name in names:
            extract = HELSINKI if name == "helsinki" else Path(scratch) / "siming.osm.pbf"
            home = Path(shutil.copytree(plain, Path(scratch) / name))
            (home / "ground" / "made").mkdir(parents=True)
            build(extract, home / "ground" / "made" / "basemap.pmtiles")
            stand_on(home, "made")
            with serving(home, Path(scratch) / f"{name}.log") as address:
                said[name] = measured(browser, address, VIEWS[name], asked.moves)
        browser.close()
    said["load_after"] = os.getloadavg()
    print(json.dumps(said, indent=1))
    kept = all(said[one]["most_bytes"] <= MOST_ON_A_SCREEN and said[one]["idle_longest_s"] <= IDLE_S for one in names)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
