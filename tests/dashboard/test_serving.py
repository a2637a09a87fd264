"""The server as it runs: those who creep hold nobody up, a line without end is cut off, a port in use is told."""

from __future__ import annotations

import http.client
import os
import resource
import select
import selectors
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from unittest.mock import Mock

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import TConn

from dashboard.commands.serve import THREADS
from dashboard.server.connections import Shares
from dashboard.server.worker import TimedWorker
from tests.browser.conftest import serving
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
WORKERS, PATIENCE = 2, 2
PATIENT = {"ATLAS_REQUEST_SECONDS": str(PATIENCE), "ATLAS_CHROMIUM": "none"}


@pytest.fixture(scope="module")
def port(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with serving(atlas_home, tmp_path_factory.mktemp("serving") / "log", **PATIENT) as base:
        yield int(base.rpartition(":")[2])


def answered(port: int, seconds: float) -> float:
    """Return after how many seconds the server says that it is alive."""
    begin = time.monotonic()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=seconds) as answer:
        assert answer.status == 200
    return time.monotonic() - begin


def half_sent(port: int) -> bytes:
    return (
        f"POST /feedback HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        'Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"text": '
    ).encode()


@pytest.mark.parametrize("sent", ["nothing", "half a header", "half a body"])
def test_those_who_creep_hold_nobody_up_for_long(port: int, sent: str) -> None:
    begun = {"nothing": b"", "half a header": b"GET / HTTP/1.1\r\nHost: ", "half a body": half_sent(port)}[sent]
    with ExitStack() as held:
        slow = [
            held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            for _ in range(WORKERS * THREADS + 4)
        ]
        for one in slow:
            one.sendall(begun)
        # ten times what they are given: a busy machine may need it; a server held up never answers
        assert answered(port, 10 * PATIENCE + 30) < 10 * PATIENCE + 30
        if sent != "nothing":  # each is let go
            assert all(one.recv(65_536) is not None for one in slow)
    answered(port, 60)


def test_who_sends_a_byte_at_a_time_is_let_go(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as one:
        one.sendall(half_sent(port))
        begin = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - begin < 60:
                one.sendall(b"x")
                time.sleep(0.1)
        assert time.monotonic() - begin < 50


def test_a_connection_that_is_said_to_stay_open_stays_open(port: int) -> None:
    """A server that says so and hangs up loses the requests that browsers send on it."""
    one = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    one.connect()
    first = one.sock
    get = ("GET", "/healthz", b"")
    for how, path, body in [get, ("GET", "/data", b""), ("POST", "/feedback", b"no json"), get]:
        one.request(how, path, body or None, {"Origin": f"http://127.0.0.1:{port}"})
        answer = one.getresponse()
        answer.read()
        assert answer.getheader("Connection") == "keep-alive", path
        assert one.sock is first, f"hung up after {path}"
        time.sleep(0.2)  # a hang-up follows its answer
    one.close()


def test_a_thousand_who_wait_between_two_requests_keep_nobody_out(port: int) -> None:
    with ExitStack() as held:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4_096, hard)), hard))
        held.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(1_200):
            held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
        assert answered(port, 60) < 60
    answered(port, 60)


@pytest.mark.parametrize("before", [True, False], ids=["it has served before", "it is new"])
def test_a_request_that_came_while_the_server_had_no_turn_is_served(before: bool) -> None:
    worker = TimedWorker(0, os.getppid(), [], None, 30, Config(), Mock())
    worker.poller = selectors.DefaultSelector()
    ours, theirs = socket.socketpair()
    silent, other = socket.socketpair()
    with ours, theirs, silent, other, worker.poller:
        waiting = [TConn(worker.cfg, one, ("", 0), ("", 0)) for one in (theirs, other)]
        hear, waits = (
            (worker.on_client_socket_readable, worker.keepalived_conns)
            if before
            else (worker.on_pending_socket_readable, worker.pending_conns)
        )
        for conn in waiting:
            conn.timeout = time.monotonic() - 1
            waits.append(conn)
            worker.poller.register(conn.sock, selectors.EVENT_READ, hear)
        worker.nr_conns = 2
        ours.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
        served: list[TConn] = []
        worker.enqueue_req = served.append
        worker.murder_keepalived()
        worker.murder_pending()
        assert served == waiting[:1] and worker.nr_conns == 1 and not waits
        assert other.fileno() == -1 and theirs.fileno() >= 0


#: Connections that one address may hold in the test of that; whoever holds them, and the address of a named proxy.
FEW, GREEDY, PROXY = 40, "127.0.0.2", "127.0.0.3"


@pytest.fixture(scope="module")
def shared(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a server of one process that waits long for what was begun."""
    few = {"ATLAS_CONNECTIONS": str(FEW), "ATLAS_WORKERS": "1", "ATLAS_REQUEST_SECONDS": "90", "ATLAS_CHROMIUM": "none"}
    with serving(atlas_home, tmp_path_factory.mktemp("shared") / "log", ATLAS_PROXIES=PROXY, **few) as base:
        yield int(base.rpartition(":")[2])


def opened(held: ExitStack, port: int, number: int, by: str) -> list[socket.socket]:
    return [
        held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(by, 0)))
        for _ in range(number)
    ]


def hung_up(ones: list[socket.socket]) -> int:
    """Return how many of these connections the server has ended."""
    waiting = select.poll()
    for one in ones:
        waiting.register(one, select.POLLIN | select.POLLHUP)
    return len(waiting.poll(0))


def test_one_address_holds_no_more_than_its_connections(shared: int) -> None:
    with ExitStack() as held:
        proxy, greedy = opened(held, shared, 2 * FEW, PROXY), opened(held, shared, 2 * FEW, GREEDY)
        answered(shared, 60)  # everybody else has theirs
        deadline = time.monotonic() + 60
        while hung_up(greedy) < FEW and time.monotonic() < deadline:
            time.sleep(0.1)
        assert hung_up(greedy) == hung_up(greedy[:FEW]) == FEW  # those that had waited longest
        assert hung_up(proxy) == 0
        greedy[-1].sendall(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{shared}\r\n\r\n".encode())
        assert greedy[-1].recv(12) == b"HTTP/1.1 200"


def test_a_connection_that_made_room_is_heard_no_more() -> None:
    """It may have been hung up in the very moment in which it was closed."""
    worker = TimedWorker(0, os.getppid(), [], None, 30, Config(), Mock())
    worker.poller, worker.shares = selectors.DefaultSelector(), Shares(1, THREADS)
    (ours, theirs), (more, _) = socket.socketpair(), socket.socketpair()
    with theirs, worker.poller:
        for one, at in ((ours, 1), (more, 2)):
            listener = Mock(accept=Mock(return_value=(one, ("10.0.0.1", at))))
            theirs.close()
            heard = worker.poller.select(0)  # that the first has hung up
            worker.accept(listener)
        assert heard and worker.nr_conns == 1 and worker.shares.open == {"10.0.0.1": 1}
        for key, _events in heard:
            key.data(key.fileobj)
        assert worker.nr_conns == 1 and ours.fileno() == -1 and more.fileno() >= 0


def test_an_office_behind_one_address_is_answered_whatever_it_keeps_open(shared: int) -> None:
    with ExitStack() as held:
        for _ in range(3 * FEW):
            (one,) = opened(held, shared, 1, "127.0.0.4")
            one.sendall(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{shared}\r\n\r\n".encode())
            assert one.recv(12) == b"HTTP/1.1 200"


def test_one_address_does_not_have_every_thread(shared: int) -> None:
    with ExitStack() as held:
        greedy = opened(held, shared, THREADS + 4, GREEDY)
        for one in greedy:
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
        answered(shared, 60)  # long before the server's patience is over: 90 s
        assert hung_up(greedy) == 0
        for one in greedy:  # and each of theirs has its turn
            one.sendall(f"127.0.0.1:{shared}\r\n\r\n".encode())
        assert {one.recv(12) for one in greedy} == {b"HTTP/1.1 200"}


def test_a_request_line_without_end_is_cut_off(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as one:
        one.sendall(b"GET /?")
        sent = 0
        try:
            while sent < 20_000_000:
                one.sendall(b"x" * 65_536)
                sent += 65_536
        except OSError:
            pass
    assert sent < 5_000_000
    answered(port, 60)


def test_a_long_address_is_still_refused_in_words(port: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/?place={'x' * 80_000}", timeout=60)
    assert refused.value.code == 414 and "太长" in refused.value.read().decode()


def test_a_port_in_use_is_told_and_nothing_called_ready(atlas_home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free := free_port()))
        taken.listen()
        ended = subprocess.run(
            [sys.executable, "-m", "dashboard", "serve"],
            cwd=ROOT,
            env={**os.environ, "ATLAS_HOME": str(atlas_home), "ATLAS_PORT": str(free)},
            capture_output=True,
            timeout=120,
        )
    said = ended.stderr.decode()
    assert ended.returncode == 1 and str(free) in said and "ATLAS_PORT" in said and "就绪" not in said


def test_workers_have_the_program_in_memory_together(port: int) -> None:
    answered(port, 60)
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"ATLAS_PORT={port}\0".encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = int((folder / "status").read_text().split("PPid:")[1].split()[0])
    workers = [one for one, parent in found.items() if parent in found]
    assert len(workers) == WORKERS
    for one in workers:
        told = Path(f"/proc/{one}/smaps_rollup").read_text()
        assert int(told.split("Shared_Dirty:")[1].split()[0]) > 60 * 1024  # of some 170 MiB that the libraries take
