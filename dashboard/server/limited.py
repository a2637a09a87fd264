"""Limits at the doors: what an address costs is counted before anything of it is done."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, has_request_context, request

from dashboard.context import Context
from dashboard.limits import EXPORTS, FEEDBACK, PREVIEWS, SEARCHES, UPLOADS, LimitedError, Limits
from dashboard.server.reader import reader_key
from dashboard.server.trouble import told
from dashboard.settings import Settings

#: Rule of an address → what it counts as. What callbacks cost they count themselves (:func:`take`).
COSTS = {
    "/feedback": FEEDBACK,
    "/search": SEARCHES,
    "/sheet": PREVIEWS,
    "/sheet/map": PREVIEWS,
    "/embed": PREVIEWS,
    "/map.svg": PREVIEWS,
    "/data/upload": UPLOADS,
    "/sources/rows.csv": EXPORTS,
    "/planning/export/<lang>/<scenario_id>.<fmt>": EXPORTS,
    "/data/template/<table>.xlsx": EXPORTS,
    "/data/marked/<name>.xlsx": EXPORTS,
    "/data/left/<name>.xlsx": EXPORTS,
    "/data/rows/<id>": EXPORTS,
    "/briefing/file/<id>": EXPORTS,
}


def take(settings: Settings, kind: str) -> str:
    """Count that the present reader asks for something of `kind`, and return who that is (:func:`reader_key`).

    Raises
    ------
    LimitedError
        Too often.
    """
    reader = reader_key(settings)
    if has_request_context() and request.remote_addr:  # else this process asks itself
        Limits(settings.home, settings.limits).take(kind, reader)
    return reader


def add_limits(server: Flask, context: Context) -> None:
    """Answer 429 in words, with ``Retry-After``, where a reader or all together ask too often."""

    @server.before_request
    def _counted() -> Response | None:
        kind = COSTS.get(request.url_rule.rule) if request.url_rule and request.method != "OPTIONS" else None
        if kind is None:
            return None
        try:
            take(context.settings, kind)
        except LimitedError as error:
            answer = told(context, error, HTTPStatus.TOO_MANY_REQUESTS)
            answer.headers["Retry-After"] = str(error.seconds)
            return answer
        return None
