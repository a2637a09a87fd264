"""What the first reader of a fresh server would wait for: done beside, as soon as it listens."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from dashboard.access.reader import ENVIRON, OPERATOR
from geodata.processes import given_back

ASSETS = re.compile(r'(?:src|href)="(/(?:_dash-component-suites|assets)/[^"]+)"')
PICTURE = re.compile(r'data-first="([^"]+)"')
WAY = re.compile(r'<a href="([^"]+)" class="way"')
CODINGS = {"Accept-Encoding": "gzip, deflate, br"}  # as browsers ask
#: Extension of a server (:class:`threading.Event`): set once its first page is laid out, with all that belongs to it.
WARMED = "warmed"
log = logging.getLogger(__name__)


def warm(server: Flask, ready: Callable[[], object] = lambda: None) -> list[str]:
    """Ask the server once for its pages, the pictures of their maps,
    and its scripts and styles; return the addresses, the first page's first.

    Scripts are compressed and geometry is read the first time that they are asked for, and kept
    (:mod:`dashboard.server.first`, :mod:`dashboard.server.stills`).

    Parameters
    ----------
    ready : callable
        Called once the first page is there, with all that belongs to it: readers may come.
    """
    client = _reader(server)
    home = client.get("/").text
    first = list(dict.fromkeys([*_pictures(home)[:1], *ASSETS.findall(home), *_pictures(home)]))
    for address in first:
        client.get(address, headers=CODINGS)
    ready()
    pages = {way: client.get(way).text for way in WAY.findall(home) if way != "/"}
    rest = [one for one in dict.fromkeys(one for page in pages.values() for one in _pictures(page)) if one not in first]
    for address in rest:
        client.get(address, headers=CODINGS)
    return ["/", *first, *pages, *rest]


def _pictures(page: str) -> list[str]:
    return [one.replace("&amp;", "&") for one in PICTURE.findall(page)]


def keep_up_beside(server: Flask) -> threading.Thread:
    """Bring the atlas of a server up to date as the store changes; a new one is shown once its first page is laid out,
    and what readers asked for most, as far as that goes within the time there is; the rest is asked for beside them.

    See :meth:`dashboard.source.AtlasSource.keep_up`.
    """

    def warmed() -> None:
        client = _reader(server)
        client.get("/")
        server.extensions["answers"].ask_again(client)

    return server.extensions["atlas"].source.keep_up(warmed)


def _reader(server: Flask) -> FlaskClient:
    """Return who asks from within."""
    client = server.test_client()
    vars(client)["environ_base"][ENVIRON] = OPERATOR
    return client


def warm_beside(server: Flask) -> threading.Thread:
    """Do so in a thread that nobody waits for; what goes wrong there is noted,
    and told to whoever asks for it later.
    """

    def work() -> None:
        try:
            warm(server, server.extensions[WARMED].set)
        except Exception:  # a reader will meet it on the way that has words for it
            log.warning("warming failed", exc_info=True)
        finally:
            server.extensions[WARMED].set()
            given_back()

    thread = threading.Thread(target=work, name="warming", daemon=True)
    thread.start()
    return thread
