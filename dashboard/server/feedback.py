"""``POST /feedback``: takes a line of feedback (:mod:`dashboard.feedback` keeps it).

Requests of other sites are refused before they come here (:mod:`dashboard.server.guard`).
"""

from __future__ import annotations

from flask import Flask, Response, request

from dashboard.context import Context
from dashboard.feedback import PATH, keep
from dashboard.server.trouble import FULL, is_full
from geodata.errors import AtlasError

MAX_BODY = 20_000


def add_feedback(server: Flask, context: Context) -> None:
    """Take lines of feedback at ``POST /feedback`` (JSON: ``text``, ``address``, ``lang``)."""

    @server.post(PATH)
    def _feedback() -> Response:
        body = request.get_json(silent=True) if (request.content_length or 0) <= MAX_BODY else None
        said = body if isinstance(body, dict) else {}
        text, address, lang = (
            str(said[key]) if isinstance(said.get(key), str) else "" for key in ("text", "address", "lang")
        )
        words = context.words(lang if lang in context.catalogues else context.default.lang)
        try:
            keep(context.settings.home, text, address)
        except AtlasError as error:
            return Response(error.text(words.gettext), 400, mimetype="text/plain")
        except OSError as error:
            if is_full(error):
                return Response(words(FULL), 507, mimetype="text/plain")
            return Response(words("没有记下，请稍后再试。"), 500, mimetype="text/plain")
        return Response(status=204)
