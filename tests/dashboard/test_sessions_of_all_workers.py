"""A served atlas with several workers: a session that ends is over in each of them, within five seconds."""

from __future__ import annotations

import http.client
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dashboard.access import accounts, audit, sessions
from geodata.store import FILE_NAME
from tests.browser.conftest import STOP_SECONDS, serve
from tests.ports import free_port

AT_ONCE, SECONDS = 8, 5.0


def test_the_sessions_of_a_removed_account_end_everywhere(atlas_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copyfile(atlas_home / FILE_NAME, home / FILE_NAME)
    account, _ = accounts.add(home, "li.wei", "viewer", password="correct horse battery staple")
    cookie = f"atlas-session={sessions.begin(home, account, '127.0.0.1')}"
    port = free_port()
    process = serve(home, port, tmp_path / "log", ATLAS_SIGN_IN="on", ATLAS_WORKERS="3")

    def asked(_: int) -> int:
        """Ask by a connection of one's own, so that any worker may take it."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/search?q=a", headers={"Cookie": cookie, "Accept": "application/json"})
        status = connection.getresponse().status
        connection.close()
        return status

    try:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            assert set(threads.map(asked, range(40))) == {200}
            (told,) = audit.entries(home, deed="settings")  # by one of three workers
            assert {"ATLAS_SIGN_IN: auto → on", "ATLAS_WORKERS: 2 → 3"} <= set(told.about["changed"])
            accounts.remove(home, "li.wei")
            removed = time.monotonic()
            found = list(threads.map(asked, range(40)))
            while 200 in found and time.monotonic() - removed < SECONDS:
                found = list(threads.map(asked, range(40)))
        assert set(found) == {401}
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
