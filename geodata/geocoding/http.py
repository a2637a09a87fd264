"""One GET of a web service: bounded in time and size, asked again when that may help,
and without the key in any message.
"""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from geodata.errors import N_
from geodata.geocoding.base import AnswerError, BusyError, KeyRefusedError

TIMEOUT_SECONDS, WHOLE_SECONDS = 8.0, 20.0
MAX_BYTES = 2**20
ATTEMPTS, PAUSE_SECONDS = 3, 1.0
LONGEST = 120
_MARKUP = re.compile(r"<[^>]*>")
REFUSED, TOO_MANY, FAULT = (401, 403, 418), 429, 500


class _StayHere(HTTPRedirectHandler):
    """A key goes to the service that it is for, and nowhere it points at."""

    def redirect_request(self, *_: Any) -> None:  # ty: ignore[incompatible-method-override] - takes whatever it is given
        return None


def opener() -> OpenerDirector:
    """Return what opens addresses: through the proxy of the environment, following no redirection."""
    return build_opener(_StayHere)


def get(opened: OpenerDirector, base: str, parameters: Mapping[str, str], timeout: float = TIMEOUT_SECONDS) -> Any:
    """Return what the service at `base` answers, read as JSON.

    Parameters
    ----------
    base : str
        Address without a query.
    parameters : mapping of str to str
        The query; holds the key, so it is in no message.
    timeout : float
        Of each wait for the network, seconds; the whole takes at most :data:`WHOLE_SECONDS`.

    Raises
    ------
    BusyError
        No connection, no answer in time, HTTP 429 or 5xx.
    KeyRefusedError
        HTTP 401, 403 or 418, unless the body is JSON: then that says more, and is returned.
    AnswerError
        Anything that is no JSON object, or too large.
    """
    host = urlsplit(base).netloc
    request = Request(f"{base}?{urlencode(parameters)}", headers={"Accept": "application/json"})  # noqa: S310 - settings allow http(s) alone
    try:
        with opened.open(request, timeout=timeout) as answer:
            body = _read(answer)
    except HTTPError as error:
        with error:
            return _of_error(error, host)
    except (URLError, OSError, http.client.HTTPException) as error:
        if isinstance(error, TimeoutError) or isinstance(getattr(error, "reason", None), TimeoutError):
            raise BusyError(
                N_("{host} 没有在 {seconds} 秒内回答：请稍后再试。"), host=host, seconds=f"{timeout:g}"
            ) from error
        raise BusyError(N_("连不上 {host}：请检查网络，再试一次。"), host=host) from error
    return _json(body, host)


def _read(answer: Any) -> bytes:
    """Read a body in pieces: a service that drips must not hold us for ever."""
    began, body = time.monotonic(), b""
    while piece := answer.read1(65_536):
        body += piece
        if len(body) > MAX_BYTES:
            raise AnswerError(N_("地理编码服务的回答太长，不是它应有的结果：请核对 ATLAS_GEOCODER_URL。"))
        if time.monotonic() - began > WHOLE_SECONDS:
            raise TimeoutError
    return body


def _of_error(error: HTTPError, host: str) -> Any:
    try:
        body = _read(error)
    except (OSError, http.client.HTTPException, AnswerError):
        body = b""
    if error.code == TOO_MANY:
        raise BusyError(N_("{host} 说请求太频繁（HTTP 429）：请调小 ATLAS_GEOCODER_PER_SECOND。"), host=host)
    if error.code >= FAULT:
        raise BusyError(N_("{host} 出了故障（HTTP {code}）：请稍后再试。"), host=host, code=error.code)
    try:
        return _json(body, host)  # services say in JSON what they do not like
    except AnswerError:
        pass
    if error.code in REFUSED:
        raise KeyRefusedError(
            N_("{host} 拒绝了请求（HTTP {code}）：请核对密钥，以及它允许的服务和来源地址。"), host=host, code=error.code
        )
    raise AnswerError(N_("{host} 回答了 HTTP {code}：请核对 ATLAS_GEOCODER_URL。"), host=host, code=error.code)


def _json(body: bytes, host: str) -> Any:
    try:
        said = json.loads(body.decode("utf-8-sig"))
        start = str(said)
    except (ValueError, RecursionError):
        said, start = None, body[:400].decode("utf-8", "replace")
    if not isinstance(said, dict):
        raise AnswerError(
            N_("{host} 的回答不是地理编码的结果（“{start}”）：网络可能要先登录，或 ATLAS_GEOCODER_URL 不对。"),
            host=host,
            start=quoted(start)[:40],
        )
    return said


def quoted(text: Any) -> str:
    """Return what a service says, fit to be shown: one short line without markup."""
    return " ".join(_MARKUP.sub(" ", str(text)).split())[:LONGEST]


def patiently(
    ask: Callable[[], Any],
    cancelled: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], None] = time.sleep,
) -> Any:
    """Return what `ask` gives; when the service is busy, ask again after 1 and 2 seconds and then give up.

    Raises
    ------
    GeocodingError
        The last one, or any that waiting does not mend.
    """
    for attempt in range(ATTEMPTS):
        try:
            return ask()
        except BusyError:
            if attempt == ATTEMPTS - 1 or cancelled():
                raise
            sleep(PAUSE_SECONDS * 2**attempt)
    raise AssertionError("not reached")
