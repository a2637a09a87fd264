"""A body that ends before its Content-Length is refused by the server as it runs, and nothing of it is kept."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.feedback import FILE
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
CSV = b"name,lon,lat\n" + b"x,118.1,24.5\n" * 4
SAID = b'{"text": "short", "address": "/"}'


@pytest.fixture
def port(own_home: Path) -> Iterator[int]:
    """Port of the atlas behind gunicorn, whose bodies end where the connection ends."""
    one = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "dashboard.wsgi:server", "--bind", f"127.0.0.1:{one}", "--threads", "4"],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "ATLAS_HOME": str(own_home), "ATLAS_PORT": str(one), "ATLAS_CHROMIUM": "none"},
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert process.poll() is None and time.monotonic() < deadline
            try:
                socket.create_connection(("127.0.0.1", one), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield one
    finally:
        process.terminate()
        process.wait(60)


def _posted(port: int, path: str, kind: str, length: str, body: bytes) -> tuple[int, str]:
    """Return status and text of a request whose sender closes its side after `body`."""
    origin = f"http://127.0.0.1:{port}"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {origin}\r\nContent-Type: {kind}\r\n"
        f"{length}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=60) as one:
        one.sendall(head.encode() + body)
        one.shutdown(socket.SHUT_WR)
        answer = b""
        while part := one.recv(65_536):
            answer += part
    return int(answer.split()[1]), answer.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")


def test_a_short_body_is_refused_and_leaves_nothing(port: int, own_home: Path) -> None:
    for length in (5_000_000, len(CSV) + 1):
        code, _ = _posted(port, "/data/upload?name=a.csv", "text/csv", f"Content-Length: {length}", CSV)
        assert code == 400
    assert not list((own_home / "uploads").glob("*"))
    for length in (10_000, len(SAID) + 1):
        code, text = _posted(port, "/feedback", "application/json", f"Content-Length: {length}", SAID)
        assert code == 400 and "只收到一部分" in text
    assert not (own_home / FILE).exists()
    # whole ones, by length and in chunks, are taken as ever
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(CSV), CSV)
    for length, body in ((f"Content-Length: {len(CSV)}", CSV), ("Transfer-Encoding: chunked", chunked)):
        assert _posted(port, "/data/upload?name=a.csv", "text/csv", length, body)[0] == 200
    assert _posted(port, "/feedback", "application/json", f"Content-Length: {len(SAID)}", SAID)[0] == 204
    assert [one.read_bytes() for one in (own_home / "uploads").glob("*/given/*")] == [CSV, CSV]
