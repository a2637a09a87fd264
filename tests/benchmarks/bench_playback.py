"""``make bench-playback``: a year of the page 活动 played at two frames a second:
frames drawn, their beat, their bytes.

The promises: every month drawn once and in order, none over 20 kB, the beat 0.5 s. A shared machine is noisy: the
load stands beside the figures.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import sync_playwright

from geodata.build import build_atlas
from tests.browser.conftest import ARGUMENTS, CHROMIUM, serve
from tests.ports import free_port

YEAR = "place=640200&from=2024-01-01&to=2024-12-31"
MONTHS, BEAT_S, FRAME_BYTES = 12, 0.5, 20_000
WAIT_MS = 120_000


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        port = free_port()
        build_atlas(Path(scratch))
        server = serve(Path(scratch), port, Path(scratch) / "log")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        page.goto(f"http://127.0.0.1:{port}/analysis?{YEAR}")
        page.wait_for_function(
            (
                "() => window.atlasPlayback && window.atlasPlayback.drawn.length && "
                "window.analysisMap() && window.analysisMap().loaded()"
            ),
            timeout=WAIT_MS,
        )
        page.keyboard.press("Space")
        page.wait_for_function(
            f"() => window.atlasPlayback.drawn.length >= {MONTHS} && !window.atlasPlayback.playing", timeout=WAIT_MS
        )
        drawn = page.evaluate("() => window.atlasPlayback.drawn")
        browser.close()
        server.terminate()
        server.wait()
    at = [one["at"] / 1000 for one in drawn[1:]]  # the first stood there before it was asked for
    beats = [later - earlier for earlier, later in pairwise(at)]
    found = {
        "load": os.getloadavg(),
        "frames": len(drawn),
        "months": len({one["month"] for one in drawn}),
        "in_order": [one["month"] for one in drawn] == sorted(one["month"] for one in drawn),
        "most_bytes": max(one["bytes"] for one in drawn),
        "beat_median_s": round(statistics.median(beats), 3),
        "beat_longest_s": round(max(beats), 3),
    }
    print(json.dumps(found, ensure_ascii=False, indent=2))
    kept = found["frames"] == found["months"] == MONTHS and found["in_order"] and found["most_bytes"] < FRAME_BYTES
    return 0 if kept and found["beat_median_s"] <= 1.1 * BEAT_S else 1


if __name__ == "__main__":
    sys.exit(main())
