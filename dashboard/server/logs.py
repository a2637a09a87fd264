"""The log of the server: a record is one line whatever an address holds; a trace comes once, not as often as asked.

Each request has an id, which stands in its records and in the header ``X-Request-ID`` of its answer. No record holds
what a reader looked at (the query of an address), who the reader is, or what was sent.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, has_request_context, request

_ENDS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: A trace that was written is written again after so long, seconds.
AGAIN_SECONDS = 600.0
MOST_TRACES = 200
HEADER = "X-Request-ID"
#: An id that a proxy gave is taken over; anything else is not.
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")
ACCESS = "dashboard.access"
access = logging.getLogger(ACCESS)


class OneLine(logging.Formatter):
    """Writes a record on one line, what would end a line escaped; a trace follows on lines of its own, indented.

    Of the same trace only the first in :data:`AGAIN_SECONDS` is written: a fault that anybody can call up from afar
    would fill the disk.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._written: dict[str, float] = {}

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of `record`."""
        record.message = record.getMessage()
        record.asctime = self.formatTime(record)
        line = _ENDS.sub(lambda found: found.group().encode("unicode_escape").decode(), self.formatMessage(record))
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return line
        trace = self.trace(error)
        if trace is None:
            return f"{line} ({type(error).__name__}, its trace is above)"
        return line + "".join(f"\n    {_ENDS.sub(' ', one)}" for one in trace.splitlines())

    def trace(self, error: BaseException) -> str | None:
        """Return the trace of `error`; None where it was written a short time ago."""
        frames = traceback.extract_tb(error.__traceback__)
        key = "|".join([type(error).__name__, *(f"{one.filename}:{one.lineno}" for one in frames[-3:])])
        now = time.monotonic()
        if now - self._written.get(key, -AGAIN_SECONDS) < AGAIN_SECONDS:
            return None
        if len(self._written) >= MOST_TRACES:
            self._written.clear()
        self._written[key] = now
        return "".join(traceback.format_exception(error)).rstrip()


class AsJson(OneLine):
    """Writes a record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of `record`."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (request_id := request_id_now()) is not None:
            told["request_id"] = request_id
        told |= getattr(record, "told", {})
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            told |= {"error": type(error).__name__, "trace": self.trace(error)}
        return json.dumps(told, ensure_ascii=True, default=str)


def request_id_now() -> str | None:
    """Return the id of the present request; None outside of one."""
    return g.get("request_id") if has_request_context() else None


def formatter(form: str) -> logging.Formatter:
    """Return what writes records as ``text`` or ``json``."""
    return AsJson() if form == "json" else OneLine()


def to_stderr(form: str = "text") -> None:
    """Have every record of this process written so, to stderr, as ``text`` or ``json``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(form))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def add_log(server: Flask, every_request: bool) -> None:
    """Give each request its id and, where that is wanted, a record: method, path, status, milliseconds."""
    access.setLevel(logging.INFO if every_request else logging.NOTSET)

    @server.before_request
    def _begun() -> None:
        given = request.headers.get(HEADER, "")
        g.request_id = given if _ID.match(given) else secrets.token_hex(8)
        g.began = time.perf_counter()

    @server.after_request
    def _ended(answer: Response) -> Response:
        answer.headers[HEADER] = g.get("request_id", "")
        if every_request:
            told = {
                "method": request.method,
                "path": request.path,
                "status": answer.status_code,
                "ms": round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
            }
            access.info("%(method)s %(path)s %(status)s %(ms)s ms", told, extra={"told": told})
        return answer
