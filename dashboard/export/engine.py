"""The picture engine: one headless Chromium, warm, bounded, and ended when stuck.

A thread of its own drives the browser (Playwright is for one thread), which
sees this application alone: its sheets come from a server on the loopback
address that lives inside this process and answers nobody without a token, and
every other name fails at once. How many browsers run is bounded over all
processes of one home by lock files; who waits for one is let in as soon as a
warm one is idle.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import queue
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from dashboard.access.reader import ENVIRON, NOBODY, Reader, current_reader
from dashboard.export import chromium
from dashboard.settings import Settings
from geodata import processes
from geodata.errors import N_, AtlasError
from geodata.locking import Slots

T = TypeVar("T")
COOKIE = "atlas-picture"
WARM_SECONDS = 60.0
TABS = 2
PAGES_A_BROWSER = 150
STARTING_SECONDS = 20.0
FEWEST_COLORS = 6
READY = "() => document.documentElement.dataset.ready === '1' || Boolean(document.documentElement.dataset.failed)"
MAPS = """() => [...document.querySelectorAll('iframe')].map(one => { const r = one.getBoundingClientRect();
  return [r.left, r.top, r.width, r.height] })"""


class Silent(WSGIRequestHandler):
    """Requests of our own browser are nobody's news."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


class Engine:
    """One browser for one process; made cheaply, started at the first picture.

    Parameters
    ----------
    application : WSGI application
        What the browser sees.
    settings : Settings
        Which browser, how many, how long and how large.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]], settings: Settings) -> None:
        self._application = application
        self._settings = settings
        self._slots = Slots(settings.home / "pictures", settings.browsers)
        self._tasks: queue.Queue[tuple[Callable[[Any], Any], Future[Any]] | None] = queue.Queue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._driver: _Driver | None = None
        atexit.register(self.close)

    @property
    def able(self) -> bool:
        """Whether this machine has a browser."""
        return self.lacking is None

    @property
    def lacking(self) -> AtlasError | None:
        """Why there is no browser: none on this machine, or the setting names none; None when there is one."""
        try:
            return None if chromium.find(self._settings.chromium) is not None else chromium.missing()
        except AtlasError as error:
            return error

    def picture(self, path: str, width: int, height: int, scale: float) -> bytes:
        """Return a PNG of the sheet at `path`: `width` × `height` CSS pixels, `scale` pixels each.

        Raises
        ------
        AtlasError
            There is no browser, it took too long, or a map stayed blank.
        """
        return self._ask(lambda driver: driver.picture(path, width, height, scale))

    def paper(self, path: str, width: float, height: float, scale: float) -> bytes:
        """Return a PDF of the sheet at `path`, pages of `width` × `height` inches,
        its maps at 96 × `scale` dots an inch.
        """
        return self._ask(lambda driver: driver.paper(path, width, height, scale))

    def charts(self, path: str, width: int, height: int) -> list[dict[str, Any]]:
        """Return the charts of the sheet at `path` as SVG texts: ``id``, ``width``, ``height``, ``svg``."""
        return self._ask(lambda driver: driver.charts(path, width, height))

    def megabytes(self) -> float:
        """Return what the browser holds now, MiB; 0 when none runs."""
        driver = self._driver
        return chromium.megabytes(driver.pids()) if driver else 0.0

    def close(self) -> None:
        """End the browser and its thread."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None and thread.is_alive():
            self._tasks.put(None)
            thread.join(10)
        driver = self._driver
        if driver is not None:
            driver.end()

    # -- inside -------------------------------------------------------------------

    def _ask(self, task: Callable[[_Driver], T]) -> T:
        lacking, reader = self.lacking, current_reader()
        if lacking is not None:
            raise lacking
        future: Future[T] = Future()
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="atlas-pictures", daemon=True)
                self._thread.start()
        self._tasks.put((lambda driver: task(driver.seeing_as(reader)), future))
        # waiting for one's turn is not being stuck: the clock runs from when the task begins (see _work)
        return future.result()

    def _work(self) -> None:
        idle_since = time.time()
        while True:
            try:
                item = self._tasks.get(timeout=0.5)
            except queue.Empty:
                driver = self._driver
                if driver is not None and (
                    time.time() - idle_since > WARM_SECONDS or self._slots.wanted_since(idle_since)
                ):
                    self._stop()
                continue
            if item is None:
                self._stop()
                return
            task, future = item
            try:
                future.set_result(self._guarded(task))
            except AtlasError as error:
                future.set_exception(error)
            except Exception as error:
                self._stop()
                future.set_exception(
                    AtlasError(
                        N_("浏览器没有做成图片：{said}。请重试。"),
                        said=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
                    )
                )
            idle_since = time.time()

    def _guarded(self, task: Callable[[_Driver], T]) -> T:
        """Run a task; its browser is ended when it takes too long, which makes the task fail."""
        driver = self._driver
        if driver is not None and (
            driver.made >= PAGES_A_BROWSER
            or not driver.alive
            or chromium.megabytes(driver.pids()) > self._settings.browser_megabytes
        ):
            self._stop()
        if self._driver is None:
            self._slots.take(None)
            self._driver = _Driver(self._application, chromium.find(self._settings.chromium) or "")
        driver = self._driver
        stuck = threading.Event()

        def give_up() -> None:
            stuck.set()
            driver.end()

        clock = threading.Timer(self._settings.picture_seconds + (0 if driver.started else STARTING_SECONDS), give_up)
        clock.daemon = True
        clock.start()
        try:
            if not driver.started:
                self._begin(driver)
            return task(driver)
        except Exception as error:
            if stuck.is_set():
                self._stop()
                raise AtlasError(
                    N_("图片 {seconds} 秒内没有做好，已停止：请重试，或调大 ATLAS_PICTURE_SECONDS。"),
                    seconds=f"{self._settings.picture_seconds:g}",
                ) from error
            raise
        finally:
            clock.cancel()

    def _begin(self, driver: _Driver) -> None:
        try:
            driver.start()
        except (
            Exception
        ) as error:  # whatever Playwright meets: a program that is none, that ends at once, that says nothing
            self._stop()
            raise AtlasError(
                N_(
                    "浏览器 {path} 没有启动（{said}）：请检查它，或改 ATLAS_CHROMIUM；"
                    "设为 none 可先做没有地图图片的 PPTX。"
                ),
                path=driver.executable,
                said=(str(error).splitlines() or [type(error).__name__])[0][:200].rstrip("."),
            ) from error

    def _stop(self) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            driver.stop()
        self._slots.free()


class _Driver:
    """Playwright, its browser and the server that the browser sees; one thread's."""

    def __init__(self, application: Callable[..., Iterable[bytes]], executable: str) -> None:
        self._application = application
        self.executable = executable
        self._token = secrets.token_urlsafe(24)
        self._mark = secrets.token_hex(8)
        self._server: BaseWSGIServer | None = None
        self._playwright: Any = None
        self._browser: Any = None
        self._tabs: OrderedDict[float, Any] = OrderedDict()  # scale → page, the one used last at the end
        self._leader: int | None = None
        self._node: set[int] = set()
        self._profile: Path | None = None
        self._reader = NOBODY
        self.made = 0
        self.started = False

    def seeing_as(self, reader: Reader) -> _Driver:
        """See from now on what `reader` sees."""
        self._reader = reader
        return self

    @property
    def alive(self) -> bool:
        return self._browser is not None and self._browser.is_connected()

    def pids(self) -> list[int]:
        """Return browser and driver processes."""
        return [*(chromium.group(self._leader) if self._leader else []), *self._node]

    def start(self) -> None:
        if self.started:
            return
        from playwright.sync_api import sync_playwright  # a second to import: only pictures need it

        self._server = make_server("127.0.0.1", 0, self._guard, threaded=True, request_handler=Silent)
        threading.Thread(target=self._server.serve_forever, name="atlas-sheets", daemon=True).start()
        before = chromium.children(os.getpid())
        self._playwright = sync_playwright().start()
        self._node = chromium.children(os.getpid()) - before
        self._browser = self._playwright.chromium.launch(
            executable_path=self.executable,
            args=chromium.arguments(self._mark),
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
            timeout=STARTING_SECONDS * 1000,
        )
        self._leader = chromium.browser_of(self._mark)
        if self._leader is not None:
            self._profile = chromium.profile_of(self._leader)
        processes.give_way(self.pids())  # whoever looks at a page goes first
        self.started = True

    def _guard(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        # the port is open to every user of this machine: only our own browser knows the token
        cookie = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(COOKIE)
        if cookie is None or not secrets.compare_digest(cookie.value, self._token):
            start_response("403 Forbidden", [("Content-Type", "text/plain")])
            return [b""]
        # no address: this process asks itself, for whoever ordered
        asked = {**environ, ENVIRON: self._reader, "REMOTE_ADDR": ""}
        return self._application(asked, start_response)

    @contextlib.contextmanager
    def _opened(self, path: str, width: int, height: int, scale: float) -> Generator[Any]:
        """Give the page of the sheet at `path`, drawn.

        Its tab stays for the next sheet: the scripts are compiled there.
        """
        page = self._tabs.pop(scale, None) or self._tab(scale)
        self.made += 1
        try:
            page.set_viewport_size({"width": width, "height": height})
            answer = page.goto(self._address + path)
            if answer is None or not answer.ok:
                raise AtlasError(N_("页面没有打开：{said}"), said=answer.text()[:200] if answer else path[:80])
            page.wait_for_function(READY, timeout=0)
            yield page
            page.goto("about:blank")  # lets go of the maps
        except BaseException:
            page.context.close()
            raise
        self._tabs[scale] = page

    def _tab(self, scale: float) -> Any:
        while len(self._tabs) >= TABS:
            self._tabs.popitem(last=False)[1].context.close()
        context = self._browser.new_context(
            device_scale_factor=scale, reduced_motion="reduce", service_workers="block", accept_downloads=False
        )
        context.add_cookies([{"name": COOKIE, "value": self._token, "url": self._address}])
        return context.new_page()

    @property
    def _address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port if self._server else 0}"

    def picture(self, path: str, width: int, height: int, scale: float) -> bytes:
        for attempt in (1, 2):
            with self._opened(path, width, height, scale) as page:
                boxes = page.evaluate(MAPS) or ([[0, 0, width, height]] if "/sheet/map" in path else [])
                made = page.screenshot(clip={"x": 0, "y": 0, "width": width, "height": height}, timeout=0)
            if not blank(made, boxes, scale):
                return made
            if attempt == 2:
                raise _stayed_blank()
        raise _stayed_blank()

    def paper(self, path: str, width: float, height: float, scale: float) -> bytes:
        pixels = round(width * 96), round(height * 96)
        for attempt in (1, 2):
            with self._opened(path, *pixels, scale) as page:
                seen = page.screenshot(
                    clip={"x": 0, "y": 0, "width": pixels[0], "height": pixels[1]}, scale="css", timeout=0
                )
                if not blank(seen, page.evaluate(MAPS), 1):
                    page.evaluate("() => window.atlasFreeze()")
                    return page.pdf(
                        width=f"{width}in",
                        height=f"{height}in",
                        print_background=True,
                        prefer_css_page_size=True,
                        tagged=True,
                    )
                if attempt == 2:
                    raise _stayed_blank()
        raise _stayed_blank()

    def charts(self, path: str, width: int, height: int) -> list[dict[str, Any]]:
        with self._opened(path, width, height, 1) as page:
            return page.evaluate("() => window.atlasCharts()")

    def stop(self) -> None:
        """End everything in order, from the thread that started it."""
        for one in (
            self._browser.close if self._browser else None,
            self._playwright.stop if self._playwright else None,
        ):
            if one is not None:
                with contextlib.suppress(Exception):  # it is already gone, or is ended below
                    one()
        self.end()
        for pid in self._node:
            if any("playwright" in one for one in chromium.command_line(pid)):
                chromium.kill(pid)

    def end(self) -> None:
        """End the browser's processes at once, from any thread: whoever waits for it fails."""
        chromium.end(self._leader or chromium.browser_of(self._mark), self._profile)
        if self._server is not None:
            server, self._server = self._server, None
            threading.Thread(target=server.shutdown, daemon=True).start()
            server.server_close()


def blank(png: bytes, boxes: Sequence[Sequence[float]], scale: float) -> bool:
    """Return whether any of the `boxes` (left, top, width, height in CSS pixels) shows next to nothing."""
    with Image.open(io.BytesIO(png)) as picture:
        for left, top, width, height in boxes:
            # the legend stands on the left: only what is right of it is map
            box = left + width * 0.35, top, left + width, top + height * 0.9
            part = picture.crop(tuple(round(one * scale) for one in box))  # ty: ignore[invalid-argument-type] - four
            small = part.convert("RGB").resize((160, 120), Image.Resampling.NEAREST)
            colors = small.getcolors(160 * 120) or []
            if len(colors) < FEWEST_COLORS:
                return True
    return False


def _stayed_blank() -> AtlasError:
    return AtlasError(N_("地图两次都没有画出来，没有交出空白图片：请重试；若再出现，请查看浏览器是否支持 WebGL 2。"))
