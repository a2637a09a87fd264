"""What goes wrong under any address is told in one way:
in the reader's language, with the number that says whose turn it is.

503: the store cannot be read just now. 507: the disk is full. 500: a fault of ours, whose trace is for the log alone.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
from urllib.parse import parse_qs, urlsplit

from dash.exceptions import DependencyException
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import ClientDisconnected, HTTPException, InternalServerError

from dashboard.context import Context
from dashboard.tasks.uploads import cut_short
from dashboard.words import Words
from geodata.errors import N_, AtlasError, UnavailableError

log = logging.getLogger(__name__)

FULL = N_("服务器的磁盘已满，没有保存：请管理员清出空间后再试。")
OURS = N_("服务器出了意外，没有答复：请重试；若再出现，请把当时的地址告诉管理员。")
NOT_HERE = N_("服务器上没有这个地址：请从首页重新打开。")
NOT_SO = N_("服务器不接受这样的请求（{code}）：请从图册自己的页面操作。")
RETRY_SECONDS = 5
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_NESTED = ("query", "view")  # keys whose value is the address of a view, with a language of its own


def is_full(error: BaseException | None) -> bool:
    """Return whether a full disk is behind `error`, however often it was told anew."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        code = getattr(error, "sqlite_errorcode", 0) if isinstance(error, sqlite3.Error) else 0
        if (isinstance(error, OSError) and error.errno in _NO_SPACE) or code & 0xFF == sqlite3.SQLITE_FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def status_of(error: AtlasError, usual: int = 400) -> int:
    """Return the status of an answer that tells `error`; `usual` where it is the reader's to mend."""
    return 507 if is_full(error) else 503 if isinstance(error, UnavailableError) else usual


def words_of_reader(context: Context) -> Words:
    """Return the words in the language of the present request: of its address, of its view, of the page that asked."""
    pages = [request.args.get(name, "") for name in _NESTED] + [urlsplit(request.headers.get("Referer", "")).query]
    asked = [
        request.args.get("lang", ""),
        *(one for page in pages for one in parse_qs(page.lstrip("?")).get("lang", ())),
    ]
    lang = next((one for one in asked if one in context.catalogues), context.default.lang)
    return context.words(lang)


def told(context: Context, error: AtlasError, usual: int = 400) -> Response:
    """Return the answer that tells `error`: JSON for what asks for it, else plain text."""
    words, code = words_of_reader(context), status_of(error, usual)
    text = words(FULL) if code == 507 else error.text(words.gettext)
    wants_json = request.path == "/data/upload" or request.accept_mimetypes.best == "application/json"
    answer = jsonify({"message": text}) if wants_json else Response(text, mimetype="text/plain")
    answer.status_code = code
    answer.headers["Cache-Control"] = "no-store"
    if code == 503:
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def add_trouble(server: Flask, context: Context) -> None:
    """Tell in words whatever no address tells itself."""

    @server.errorhandler(AtlasError)
    def _known(error: AtlasError) -> Response:
        return told(context, error)

    @server.errorhandler(OSError)
    @server.errorhandler(sqlite3.Error)
    def _of_the_machine(error: Exception) -> Response:
        if isinstance(error, ConnectionError):  # the reader is gone, or sends too slowly: nobody hears the answer
            return told(context, cut_short())
        if not is_full(error):
            log.error("%s", request.path, exc_info=error)
        return told(context, AtlasError(OURS), 500) if not is_full(error) else _full(error)

    @server.errorhandler(ClientDisconnected)
    def _short(_error: ClientDisconnected) -> Response:
        return told(context, cut_short())

    @server.errorhandler(DependencyException)
    def _no_such_script(_error: DependencyException) -> Response:
        return told(context, AtlasError(NOT_HERE), 404)

    @server.errorhandler(HTTPException)
    def _refused(error: HTTPException) -> Response | HTTPException:
        if error.code is None or error.code < 400:  # a redirect answers for itself
            return error
        refusal = AtlasError(NOT_HERE) if error.code == 404 else AtlasError(NOT_SO, code=error.code)
        return told(context, refusal, error.code)

    @server.errorhandler(InternalServerError)
    def _ours(_error: InternalServerError) -> Response:  # Flask has logged the trace
        return told(context, AtlasError(OURS), 500)

    def _full(error: Exception) -> Response:
        refusal = AtlasError(FULL)
        refusal.__cause__ = error
        return told(context, refusal)
