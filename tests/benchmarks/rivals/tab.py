"""A tab of a browser of its own, and what a deed in it costs: seconds until nothing happens any more, processor, bytes.

*Idle* is the same for whatever is shown: the page says that it has drawn, its main thread answers at once for half a
second (the seconds end where that began), nothing is asked of the server, and renderer and graphics process take less
than :data:`QUIET_SHARE` of a core. The clock is that of the page, since a busy machine makes whoever watches it late.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, Playwright, Request

from dashboard.export.chromium import command_line, megabytes
from tests.browser.conftest import ARGUMENTS, CHROMIUM

PROBE = Path(__file__).with_name("probe.js").read_text("utf-8")
QUIET_SHARE, SHARE_MS, WAIT_S = 0.4, 300, 60
NOBODY_ELSE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
#: A hand that takes the map, moves it and holds it still before letting go, so that it does not fly on.
STEPS, STEP_S, HOLD_S = 20, 0.016, 0.25


@dataclass
class Cost:
    """What a deed took: seconds of the clock until idle, of processor in browser and server; bytes over the wire; the
    longest of the gaps between frames, of the long animation frames and of the tasks (`own`: in milliseconds of
    processor), milliseconds.
    """

    clock: float = 0.0
    browser: float = 0.0
    server: float = 0.0
    bytes: int = 0
    requests: int = 0
    long: dict[str, float] = field(default_factory=dict)
    paint: float | None = None


def descendants(parent: int) -> set[int]:
    """Return the processes below `parent`."""
    found: set[int] = set()
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found.update(int(one) for one in task.read_text().split())
    return found.union(*(descendants(one) for one in found))


def used(pids: set[int]) -> float:
    """Return the seconds of processor of processes, which may be gone."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def longest_task(trace: bytes) -> float:
    """Return the milliseconds of processor of the longest task of any page's main thread, which a busy machine does not
    stretch.
    """
    events = json.loads(trace)["traceEvents"]
    main = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and one["args"].get("name") == "CrRendererMain"
    }
    tasks = (one.get("tdur", 0) for one in events if (one["pid"], one.get("tid")) in main)
    return max(tasks, default=0) / 1000


class Tab:
    """One page in a browser of its own."""

    def __init__(self, browser: Browser, size: tuple[int, int], settled: str, server: int) -> None:
        self._browser = browser
        self.page: Page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        self.page.set_default_timeout(WAIT_S * 1000)
        self.page.add_init_script(PROBE)
        self._cdp = self.page.context.new_cdp_session(self.page)
        self._cdp.send("Performance.enable")
        self._settled = f"window.rivalProbe.idle({settled})"
        self._server = server
        self._under_way: set[Request] = set()
        self._finished: list[Request] = []
        self.lost: list[str] = []
        self.page.on("request", lambda request: self._under_way.add(request))
        self.page.on("requestfinished", self._done)
        self.page.on("requestfailed", self._failed)
        self.page.on("pageerror", lambda error: self.lost.append(str(error)[:300]))

    def _done(self, request: Request) -> None:
        self._under_way.discard(request)
        self._finished.append(request)

    def _failed(self, request: Request) -> None:
        self._under_way.discard(request)
        self.lost.append(f"{request.failure} {request.url}"[:300])

    def pids(self, *kinds: str) -> list[int]:
        """Return the processes of the browser, of such kinds."""
        below = descendants(os.getpid())
        return [one for one in below if any(f"--type={kind}" in " ".join(command_line(one)) for kind in kinds)]

    def memory(self) -> dict[str, float]:
        """Return the heap of JavaScript after its collection and the memory of renderer and graphics process, MiB."""
        self._cdp.send("HeapProfiler.collectGarbage")
        told = {one["name"]: one["value"] for one in self._cdp.send("Performance.getMetrics")["metrics"]}
        return {
            "heap": told["JSHeapUsedSize"] / 2**20,
            "renderer": megabytes(self.pids("renderer")),
            "graphics": megabytes(self.pids("gpu-process")),
        }

    def measured(self, deed: Callable[[], object], since: str) -> Cost:
        """Do something and wait until idle; a script tells when it began, milliseconds of the page."""
        browser, server = set(self.pids("renderer", "gpu-process")), {self._server, *descendants(self._server)}
        before, served = used(browser), used(server)
        self._finished.clear()
        deed()
        end = self._idle()
        cost = Cost(clock=(end - self.page.evaluate(since)) / 1000)
        cost.browser = used(set(self.pids("renderer", "gpu-process"))) - before
        cost.server = used(server | descendants(self._server)) - served
        for one in self._finished:
            if one.url.startswith("http"):
                sizes = one.sizes()
                cost.bytes += sizes["responseBodySize"] + sizes["responseHeadersSize"]
                cost.requests += 1
        return cost

    def opened(self, address: str) -> Cost:
        """Return the cost of opening an address, cache empty."""
        cost = self.measured(lambda: self.page.goto(address, wait_until="commit"), "0")
        cost.paint = self.page.evaluate("window.rivalProbe.paint()")
        return cost

    def panned(self, by: tuple[int, int], where: str) -> Cost:
        """Return the cost of dragging by so many pixels, around the middle of the box that a script tells; the clock
        starts at the letting go, processor and bytes with the drag.
        """
        box = self.page.evaluate(where)
        x, y = box[0] + box[2] / 2 - by[0] / 2, box[1] + box[3] / 2 - by[1] / 2
        mouse = self.page.mouse

        def drag() -> None:
            self.page.evaluate("window.rivalProbe.watch()")
            mouse.move(x, y)
            mouse.down()
            until = time.monotonic() + WAIT_S
            for step in range(1, STEPS + 1):
                if time.monotonic() > until:  # each step waits for the page to have taken the one before
                    raise TimeoutError(f"a drag of {STEPS} steps not taken within {WAIT_S} s: {step - 1} were")
                mouse.move(x + by[0] * step / STEPS, y + by[1] * step / STEPS)
                time.sleep(STEP_S)
            time.sleep(HOLD_S)
            mouse.up()

        self._browser.start_tracing(page=self.page, categories=["toplevel"])
        cost = self.measured(drag, "window.rivalProbe.up")
        cost.long = {
            **self.page.evaluate("window.rivalProbe.seen()"),
            "own": longest_task(self._browser.stop_tracing()),
        }
        return cost

    def filtered(self, deed: str) -> Cost:
        """Return the cost of a change of filter that a script makes."""
        begin = "window.rivalAt = performance.now()"
        return self.measured(lambda: self.page.evaluate(f"() => {{ {begin}; {deed}; }}"), "window.rivalAt")

    def _idle(self) -> float:
        """Return when nothing happened any more, milliseconds of the page."""
        deadline = time.monotonic() + WAIT_S
        share = 0.0
        while time.monotonic() < deadline:
            try:
                quiet = self.page.evaluate(self._settled)
            except Error:  # the page is only coming
                quiet = None
            if quiet is None or self._under_way:
                continue
            start, then = time.monotonic(), used(set(self.pids("renderer", "gpu-process")))
            self.page.wait_for_timeout(SHARE_MS)
            share = (used(set(self.pids("renderer", "gpu-process"))) - then) / (time.monotonic() - start)
            if share <= QUIET_SHARE and not self._under_way:
                return quiet
        asked = [one.url for one in self._under_way]
        raise TimeoutError(f"not idle within {WAIT_S} s: share {share:.2f}, asked {asked}, lost {self.lost[-5:]}")


@contextmanager
def opened(playwright: Playwright, size: tuple[int, int], settled: str, server: int) -> Iterator[Tab]:
    """Give a tab of a browser that is started for it and closed after."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, NOBODY_ELSE])
    try:
        yield Tab(browser, size, settled, server)
    finally:
        browser.close()
