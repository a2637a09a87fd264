"""Safe from the first day: a policy that names only this server, and bounded requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask import Flask, Response, request

MAX_ADDRESS = 65_536
#: Longest line that is read of a request: the longest address refused in words, and what stands around it; bytes.
MAX_LINE = 2 * MAX_ADDRESS


#: In frames of our own pages, whatever the setting says: the preview of a brief, its maps, a view of a presentation.
FRAMED_BY_US = ("/sheet", "/sheet/map", "/present")
#: In nobody else's frame, whatever the setting says: where a password is typed, accounts are kept, deeds are read.
OURS_ALONE = ("/sign-in", "/sign-out", "/account", "/audit")


def framing(ancestors: Sequence[str], path: str) -> tuple[str, str]:
    """Return what says who may show the page at `path` in a frame.

    Parameters
    ----------
    ancestors : sequence of str
        What the setting says: ``'none'``, ``'self'``, or ``'self'`` and origins.

    Returns
    -------
    str, str
        Sources of ``frame-ancestors``, and ``X-Frame-Options`` for what does not know it; the latter empty where
        others may, which it has no word for (RFC 7034 as browsers have it: ``ALLOW-FROM`` is ignored by all).
    """
    said = " ".join(ancestors)
    if (said == "'none'" and path in FRAMED_BY_US) or (len(ancestors) > 1 and path.startswith(OURS_ALONE)):
        said = "'self'"
    return said, {"'none'": "DENY", "'self'": "SAMEORIGIN"}.get(said, "")


def policy(script_hashes: Sequence[str], tiles: str = "") -> str:
    """Return the Content-Security-Policy, but for who may frame a page (:func:`framing`).

    Parameters
    ----------
    script_hashes : sequence of str
        Hashes of the inline scripts that Dash writes, quoted as CSP wants them.
    tiles : str
        Origin of the online tiles that the settings name; empty: no other host.

    Notes
    -----
    ``blob:`` is MapLibre's worker and the picture of the map; ``data:`` are
    small pictures inside style sheets. What else each part of the page needs was
    measured: docs/decisions/0024-what-a-page-may-load.md.
    """
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {' '.join(script_hashes)}",
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob: {tiles}".rstrip(),
            "worker-src 'self' blob:",
            f"connect-src 'self' {tiles}".rstrip(),
            "font-src 'self' data:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        )
    )


def _whole(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Let nobody read a body that ends before its Content-Length: reading it raises ClientDisconnected (400).

    gunicorn ends a body where the connection ends and marks it as ended rightly; without that mark Werkzeug counts.
    A chunked body, which has no length, says itself where it ends.
    """

    def counted(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)
        return application(environ, start)

    return counted


#: A picture by itself: neither loads nor runs anything, whoever opens it.
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
#: What a page of ours may ask of the machine: where it stands, for the position of a station.
PERMISSIONS = ", ".join(
    f"{name}=({'self' if name in ('geolocation', 'fullscreen') else ''})"
    for name in (
        "accelerometer",
        "autoplay",
        "camera",
        "display-capture",
        "fullscreen",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "publickey-credentials-get",
        "usb",
    )
)
#: For so long a browser that has come by TLS comes by nothing else, seconds.
HSTS_SECONDS = 31_536_000


def add_headers(
    server: Flask,
    script_hashes: Sequence[str],
    max_request_bytes: int,
    too_long: str,
    tiles: str = "",
    secure: str = "",
    ancestors: Sequence[str] = ("'self'",),
) -> None:
    """Put the security headers on every answer and bound what may be asked.

    `secure` is the name (and port) under which the server is reached by TLS, empty where it is not: answers under it
    say that it is to be reached by TLS alone. `ancestors` are whose pages may frame ours (:func:`framing`).

    Bodies over `max_request_bytes` are refused (413), and addresses over
    :data:`MAX_ADDRESS` with the words `too_long` (414); shorter nonsense gets
    the page with a notice.
    """
    server.config["MAX_CONTENT_LENGTH"] = max_request_bytes
    server.wsgi_app = _whole(server.wsgi_app)  # type: ignore[method-assign]
    rules = policy(script_hashes, tiles)
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": PERMISSIONS,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Permitted-Cross-Domain-Policies": "none",
    }

    @server.before_request
    def _bounded() -> tuple[str, int, dict[str, str]] | None:
        if len(request.full_path) > MAX_ADDRESS:
            return too_long, 414, {"Content-Type": "text/plain; charset=utf-8"}
        return None

    @server.after_request
    def _headers(answer: Response) -> Response:
        if answer.mimetype == "text/html":  # it holds figures: whoever comes back asks whether they still hold
            answer.headers.setdefault("Cache-Control", "no-cache")
        framed, old = framing(ancestors, request.path)
        own = SVG_POLICY if answer.mimetype == "image/svg+xml" else rules
        answer.headers["Content-Security-Policy"] = f"{own}; frame-ancestors {framed}"
        if old:
            answer.headers["X-Frame-Options"] = old
        if secure and request.host == secure:
            answer.headers["Strict-Transport-Security"] = f"max-age={HSTS_SECONDS}"
        for name, value in headers.items():
            answer.headers.setdefault(name, value)
        return answer
