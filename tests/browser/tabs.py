"""Pages lent to one test after another: a tab that has shown the atlas before opens it in two thirds of the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Error, Page

IDLE_AT_MOST = 3
#: Pixels of the machine for each of the page's: software draws a quarter of them in a third of the time, and nothing on
#: the page is laid out otherwise. Who looks at a picture asks for a whole one.
FEW_PIXELS = 0.5
CLEAN_MS, TIMEOUT_MS = 10_000, 90_000
TAKEN_OVER = "() => !document.querySelector('.first')"
# plotly.js says this in the console, and nothing else happens, when a chart is taken away while it still fits itself
# to its place
TAKEN_AWAY = "_rangeSliderData"
CLEAN = "() => { localStorage.clear(); sessionStorage.clear(); return true; }"


class Tabs:
    """The tabs of one browser: kept when a test is done with them,
    because their scripts are compiled, and emptied of all else.

    Parameters
    ----------
    browser : Browser
        Where they are opened, each in a context of its own.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: list[tuple[Any, Page]] = []

    @contextmanager
    def lent(self, address: str) -> Iterator[Callable[..., Page]]:
        """Give a function that gives a tab;
        afterwards none of them may have spoken to another host than `address`, or failed.

        It takes width and height of the window (CSS pixels), `once` for a tab that the test spoils for others, and
        what else a Playwright context takes.
        """
        lent: list[tuple[Any, Page, Callable[[], None]]] = []
        wrong: list[str] = []

        def take(width: int = 1920, height: int = 1080, once: bool = False, **context: object) -> Page:
            context = {"device_scale_factor": FEW_PIXELS} | context
            kind = (address, tuple(sorted(context.items())))
            page = (
                self._waiting(kind)
                or self._browser.new_context(viewport={"width": width, "height": height}, **context).new_page()
            )
            page.set_viewport_size({"width": width, "height": height})
            page.set_default_timeout(TIMEOUT_MS)  # a busy machine draws slowly, and says nothing wrong by it
            page.goto = patient(page, type(page).goto)  # type: ignore[method-assign]
            page.reload = patient(page, type(page).reload)  # type: ignore[method-assign]
            lent.append((None if once else kind, page, listening(page, address, wrong)))
            return page

        yield take
        for kind, page, stop in lent:
            stop()
            self._back(kind, page, address)
        assert not wrong, wrong

    @contextmanager
    def pages(self, address: str, kind: Callable[[Page, str], Any]) -> Iterator[Callable[..., Any]]:
        """Give a function that opens a page of `kind` at a query,
        in a tab of :meth:`lent`; it takes what that gives a tab by.
        """
        with self.lent(address) as take:

            def open_at(query: str = "", **window: object) -> Any:
                one = kind(take(**window), address)
                one.go(query)
                return one

            yield open_at

    def _waiting(self, kind: Any) -> Page | None:
        for at, (one, page) in enumerate(self._idle):
            if one == kind:
                del self._idle[at]
                return page
        return None

    def _back(self, kind: Any, page: Page, address: str) -> None:
        try:
            if kind is not None and not page.is_closed():
                page.goto(
                    f"{address}/healthz", timeout=CLEAN_MS
                )  # of the same origin, and without a script that keeps anything
                page.wait_for_function(CLEAN, timeout=CLEAN_MS)
                page.context.clear_cookies()
                self._idle.append((kind, page))
                page = self._idle.pop(0)[1] if len(self._idle) > IDLE_AT_MOST else None
        except Error:
            pass  # a tab that does not come back is closed like one that nobody wants
        if page is not None:
            page.context.close()


def patient(page: Page, open_it: Callable[..., Any]) -> Callable[..., Any]:
    """Return a way to open an address that comes back once the page has taken over from what was painted first."""

    def opened(*where: str, **more: Any) -> Any:
        answer = open_it(page, *where, **more)
        page.wait_for_function(TAKEN_OVER, timeout=TIMEOUT_MS)
        return answer

    return opened


def listening(page: Page, address: str, wrong: list[str]) -> Callable[[], None]:
    """Note in `wrong` what the page asks of strangers and complains of; return how to stop."""
    heard = {
        "request": lambda request: (
            None if request.url.startswith((address, "blob:", "data:")) else wrong.append(request.url)
        ),
        "pageerror": lambda error: wrong.append(str(error)) if TAKEN_AWAY not in str(error) else None,
        # what a map asks for is asked for again, and so would hide a fault of the server
        "response": lambda got: (
            wrong.append(f"{got.status} {got.url}") if got.status >= 500 and "/geo/" in got.url else None
        ),
        # what plotly.js warns of is a figure that asks for what it cannot have
        "console": lambda message: (
            wrong.append(message.text) if message.type == "error" or message.text.startswith("WARN:") else None
        ),
    }
    for event, note in heard.items():
        page.on(event, note)

    def stop() -> None:
        for event, note in heard.items():
            page.remove_listener(event, note)

    return stop
