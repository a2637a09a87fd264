"""What the first reader of a fresh server would wait for: done beside, as soon as it listens."""

from __future__ import annotations

import logging
import re
import threading

from flask import Flask

from dashboard.access.reader import ENVIRON, OPERATOR

ASSETS = re.compile(r'(?:src|href)="(/(?:_dash-component-suites|assets)/[^"]+)"')
PICTURE = re.compile(r'data-first="([^"]+)"')
WAY = re.compile(r'<a href="([^"]+)" class="way"')
CODINGS = {"Accept-Encoding": "gzip, deflate, br"}  # as browsers ask
#: Extension of a server (:class:`threading.Event`): set once that is over.
WARMED = "warmed"
log = logging.getLogger(__name__)


def warm(server: Flask) -> list[str]:
    """Ask the server once for its pages, the pictures of their maps,
    and its scripts and styles; return the addresses, the first page's first.

    Scripts are compressed and geometry is read the first time that they are asked for, and kept
    (:mod:`dashboard.server.first`, :mod:`dashboard.server.stills`).
    """
    client = server.test_client()
    vars(client)["environ_base"][ENVIRON] = OPERATOR
    home = client.get("/").text
    pages = {"/": home} | {way: client.get(way).text for way in WAY.findall(home)}
    pictures = [one.replace("&amp;", "&") for page in pages.values() for one in PICTURE.findall(page)]
    rest = list(dict.fromkeys([*pictures[:1], *ASSETS.findall(home), *pictures]))
    for address in rest:
        client.get(address, headers=CODINGS)
    return [*pages, *rest]


def warm_beside(server: Flask) -> threading.Thread:
    """Do so in a thread that nobody waits for; what goes wrong there is noted,
    and told to whoever asks for it later.
    """

    def work() -> None:
        try:
            warm(server)
        except Exception:  # a reader will meet it on the way that has words for it
            log.warning("warming failed", exc_info=True)
        finally:
            server.extensions[WARMED].set()

    thread = threading.Thread(target=work, name="warming", daemon=True)
    thread.start()
    return thread
