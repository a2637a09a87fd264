"""The worker of ``serve``: gunicorn's threads, with an end to requests and answers that creep.

A thread serves one connection at a time, so whoever sends half a request and waits holds a thread; as many of them as
there are threads hold the server. Here a request has to be in, and an answer taken, at :data:`SLOWEST` bytes a second
after ``ATLAS_REQUEST_SECONDS`` of patience; a connection that says nothing yet holds no thread at all. And no address
holds more than its share (:mod:`dashboard.server.connections`).
"""

from __future__ import annotations

import errno
import gc
import selectors
import socket
import time
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.http import message
from gunicorn.workers import gthread

from dashboard.server.connections import Connection, Shares, origin
from dashboard.server.headers import MAX_LINE
from dashboard.server.logs import formatter
from dashboard.settings import load_settings
from dashboard.tasks.jobs import hand_back, interrupt
from dashboard.theme import templates

#: Bytes a second at which a request or an answer may creep.
SLOWEST = 50_000
#: Seconds that jobs have to end with what they have, once requests are answered; gunicorn kills after 30 in all.
HANDED_BACK_SECONDS = 10.0
# gunicorn takes no limit above this one, and reads a line without limit in quadratic time
setattr(message, "MAX_REQUEST_LINE", MAX_LINE)  # noqa: B010 - a constant to the type checker


class TimedSocket(socket.socket):
    """A connection on which receiving and sending end in time: then it counts as reset.

    Attributes
    ----------
    patience : float
        Seconds that a request, or a piece of an answer, may take whatever its size.
    """

    patience = 20.0
    _until = 0.0

    def begin(self) -> None:
        """Let the time of a request begin."""
        self._until = time.monotonic() + self.patience

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return at most `size` bytes.

        Raises
        ------
        ConnectionResetError
            The request takes too long.
        """
        try:
            self.settimeout(max(self._until - time.monotonic(), 0.001))
            got = super().recv(size, flags)
        except TimeoutError as error:
            raise ConnectionResetError(errno.ECONNRESET, "the request takes too long") from error
        self._until += len(got) / SLOWEST
        return got

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all of `data`.

        Raises
        ------
        ConnectionResetError
            It is not taken in time.
        """
        try:
            self.settimeout(self.patience + len(data) / SLOWEST)
            super().sendall(data, flags)
        except TimeoutError as error:
            raise ConnectionResetError(errno.ECONNRESET, "the answer is not taken") from error


class ServerLog(Logger):
    """gunicorn's own records, written as ours are."""

    def setup(self, cfg: Any) -> None:
        """Begin to write."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter(load_settings().log_format))


class TimedWorker(gthread.ThreadWorker):
    """A worker whose connections are :class:`TimedSocket`."""

    @classmethod
    def setup(cls) -> None:
        """Import the program before workers are forked: it is read once, and its memory theirs together.

        No thread, connection or atlas is made here: each worker has its own.
        """
        import_module("dashboard.app")
        import_module("pypinyin")  # what the first search would read, some 40 MiB
        templates.register()  # plotly.py reads what it knows of each property of a figure
        gc.collect()
        gc.freeze()  # what the collector does not visit is not copied for its sake

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.shares = Shares(0, self.cfg.threads)

    def init_process(self) -> None:
        """Take patience and limits of the settings, then serve."""
        settings = load_settings()
        TimedSocket.patience = settings.request_seconds
        self.shares = Shares(settings.connections, self.cfg.threads, settings.trusted)
        super().init_process()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Begin to stop: requests are answered, jobs end with what they have."""
        super().handle_exit(sig, frame)
        interrupt()

    def run(self) -> None:
        """Serve; when that ends, see to it that every job of this process has said how it ended."""
        super().run()
        hand_back(HANDED_BACK_SECONDS)

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection, unless its address holds all it may and none of those waits."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        conn = Connection(self.shares, self.cfg, sock, client, listener.getsockname())
        self.nr_conns += 1
        if self.shares.full(origin(conn)) and not self._make_room(origin(conn)):
            self.nr_conns -= 1
            conn.close()
        else:
            self.enqueue_req(conn)

    def _make_room(self, address: str) -> bool:
        """Close the connection of an address that has waited longest without a word; return whether there was one."""
        for waiting in (self.keepalived_conns, self.pending_conns):
            for conn in waiting:
                if self.poller and origin(conn) == address and not _has_sent(conn.sock):
                    waiting.remove(conn)
                    self.poller.unregister(conn.sock)
                    self.nr_conns -= 1
                    conn.close()
                    return True
        return False

    def on_client_socket_readable(self, conn: gthread.TConn, client: socket.socket) -> None:
        """Serve the next request of a connection, unless it has just made room."""
        if client.fileno() >= 0:
            super().on_client_socket_readable(conn, client)

    def on_pending_socket_readable(self, conn: gthread.TConn, client: socket.socket) -> None:
        """Serve the first request of a connection, unless it has just made room."""
        if client.fileno() >= 0:
            super().on_pending_socket_readable(conn, client)

    def finish_request(self, conn: gthread.TConn, fs: Any) -> None:
        """Take a connection back from a thread, which then works for the next of the same address."""
        if (following := self.shares.end(conn)) is not None:
            self.enqueue_req(following)
        super().finish_request(conn, fs)

    def enqueue_req(self, conn: gthread.TConn) -> None:
        """Give a connection to a thread once it has sent something; until then it waits where waiting costs nothing."""
        if conn.initialized or conn.data_ready or self.poller is None:
            if self.shares.begin(conn):
                super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + TimedSocket.patience
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def murder_keepalived(self, force: bool = False) -> None:
        """Close the connections that have waited long enough between two requests."""
        if not force:
            _heard(self.keepalived_conns, self.on_client_socket_readable)
        super().murder_keepalived(force)

    def murder_pending(self) -> None:
        """Close the connections that have waited long enough for their first request."""
        _heard(self.pending_conns, self.on_pending_socket_readable)
        super().murder_pending()

    def handle(self, conn: gthread.TConn) -> Any:
        """Serve one request of a connection, in a thread."""
        if not isinstance(conn.sock, TimedSocket):
            conn.sock = TimedSocket(fileno=conn.sock.detach())
        conn.sock.begin()
        return super().handle(conn)


def _heard(waiting: Iterable[gthread.TConn], hear: Callable[[gthread.TConn, socket.socket], None]) -> None:
    """Take the requests of those whose time is over: they may have come while this thread had no turn.

    gunicorn would close such a connection with the request unread, which resets it; a browser asks again on one that
    has served before, and gives up on a fresh one.
    """
    now = time.monotonic()
    for conn in [one for one in waiting if one.timeout is not None and one.timeout <= now]:
        if _has_sent(conn.sock):
            hear(conn, conn.sock)


def _has_sent(sock: socket.socket) -> bool:
    try:
        return bool(socket.socket.recv(sock, 1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except OSError:
        return False
