"""The one door: every request is looked at here, before any page, callback, route or file sees it.

Who asks is found out (:func:`reader_of`), what is asked is looked up in the register (:mod:`dashboard.access.doors`),
and whoever may not is sent away: a browser that wants a page to the sign-in page, everything else with 401 or 403 in
words. What is not in the register is shut. Jobs and the store have doors of their own (:mod:`dashboard.tasks.jobs`,
:mod:`dashboard.access.judging`), since work goes on when its request is over.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from dash import Dash
from flask import Response, g, request

from dashboard.access import accounts, audit, doors, sessions
from dashboard.access.doors import RefusedError
from dashboard.access.judging import holds_own
from dashboard.access.reader import ENVIRON, LOCAL, NOBODY, Reader, current_reader, let_in
from dashboard.access.sessions import Session
from dashboard.context import Context
from dashboard.server.calls import PATH as CALL
from dashboard.server.guard import forwarded, is_this_machine
from dashboard.server.reader import address_of_reader, among
from dashboard.server.trouble import told
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from geodata.errors import N_, AtlasError

SIGN_IN = "/sign-in"
#: Deeds that the trail names when they are done by a request.
_TOLD = ("take", "brief")
#: What of their addresses says which rows: no text that somebody searched for.
_WHICH = ("figure", "place")
_WANTED = AtlasError(N_("请先登录：登录后再试一次。"))


class Wanted:
    """Whether readers have to sign in here, asked of each request.

    Parameters
    ----------
    settings : Settings
    source : AtlasSource
    """

    def __init__(self, settings: Settings, source: AtlasSource) -> None:
        self._settings, self._source = settings, source
        self._lock = threading.Lock()
        self._known: tuple[Hashable, bool] | None = None

    def of_request(self) -> bool:
        """Return whether the present request has to come from somebody who signed in."""
        settings = self._settings
        if settings.sign_in == "on" or not settings.is_loopback or settings.allow_remote or settings.proxies:
            return True
        if not is_this_machine(request.host) or forwarded(
            request.headers.keys(), request.environ.get("SERVER_PROTOCOL", "")
        ):
            return True
        if settings.sign_in != "auto":
            return False
        return bool(settings.public_url or settings.oidc_issuer) or (self.own_rows() and has_accounts(settings))

    def own_rows(self) -> bool:
        """Return whether the atlas holds rows that somebody brought in; while it cannot be read, as it was before."""
        try:
            store = self._source.store()
            stamp = store.stamp()
            known = self._known
            if known is None or known[0] != stamp:
                with self._lock:
                    known = self._known = stamp, holds_own(store)
        except AtlasError:
            return self._known is None or self._known[1]
        return known[1]


def has_accounts(settings: Settings) -> bool:
    """Return whether anybody could sign in: who works alone is not shut out of rows just brought in."""
    return bool(accounts.listed(settings.home))


def add_door(app: Dash, context: Context) -> Wanted:
    """Have every request looked at."""
    server, settings = app.server, context.settings
    wanted = Wanted(settings, context.source)
    server.extensions["sign_in"] = wanted

    @server.before_request
    def _at_the_door() -> Response | None:
        g.session = None
        reader = reader_of(settings, wanted)
        let_in(reader)
        if request.url_rule is None:  # there is nothing
            return None
        g.deed = deed = ""
        for kind, door in _asked(app.callback_map):
            try:
                deed = doors.require(kind, door).name
            except RefusedError as error:
                return _sent_away(context, reader, error)
            if g.session is not None and deed not in ("enter", "account") and must_change(settings, g.session.account):
                return _sent_on(context, "/account")
        g.deed = deed
        return None

    @server.after_request
    def _given_out(answer: Response) -> Response:
        """Note what leaves, before it does: what cannot be noted is not given out."""
        if g.get("deed") in _TOLD and request.method == "GET" and answer.status_code < 400:
            of = {key: request.args.get(key, "") for key in _WHICH}
            try:
                audit.note(settings.home, "exported", what=request.path, **of)
            except AtlasError as error:
                return told(context, error, 503)
        return answer

    @server.after_request
    def _kept_apart(answer: Response) -> Response:
        if current_reader().account:  # nothing of it is for caches between, nor for whoever sits here next
            if "public" in answer.headers.get("Cache-Control", "") and not request.path.startswith(
                ("/assets/", "/_dash-component-suites/")
            ):
                answer.headers["Cache-Control"] = answer.headers["Cache-Control"].replace("public", "private")
            elif answer.mimetype == "text/html":
                answer.headers["Cache-Control"] = "no-store"
        return answer

    @server.teardown_request
    def _gone(_error: BaseException | None) -> None:
        let_in(None)

    return wanted


def reader_of(settings: Settings, wanted: Wanted) -> Reader:
    """Return who sent the present request."""
    here = request.environ.get(ENVIRON)
    if isinstance(here, Reader):
        return here
    named = _named_by_proxy(settings)
    if named is not None:
        return named
    session = session_of(settings)
    if session is not None:
        g.session = session
        return session.account.reader
    return NOBODY if wanted.of_request() else LOCAL


def session_of(settings: Settings) -> Session | None:
    """Return the session of the present request."""
    token = request.cookies.get(cookie_name(settings))
    return sessions.of(settings.home, token, settings.session_hours * 3600, settings.session_idle_minutes * 60)


def must_change(settings: Settings, account: accounts.Account) -> bool:
    """Return whether an account has to change its password before anything else."""
    if account.origin != "local":
        return False
    old = settings.password_days and sessions.age_of_password(account) > settings.password_days * 86_400
    return account.must_change or bool(old)


def is_encrypted(settings: Settings) -> bool:
    """Return whether the present request came over TLS, as this server or a proxy that is believed saw it."""
    if request.is_secure:
        return True
    public = urlsplit(settings.public_url)
    if public.scheme == "https" and public.netloc == request.host:
        return True
    return _from_proxy(settings) and request.headers.get("X-Forwarded-Proto", "").split(",")[-1].strip() == "https"


def cookie_name(settings: Settings) -> str:
    """Return the name of the session's cookie: over TLS one that no other host and no plain page can set."""
    return "__Host-atlas" if is_encrypted(settings) else "atlas-session"


def _from_proxy(settings: Settings) -> bool:
    return among(request.remote_addr or "", settings.trusted)


def _named_by_proxy(settings: Settings) -> Reader | None:
    """Return the account that a proxy names; None where none does, nobody where it names none of ours."""
    if not settings.proxy_user_header or not _from_proxy(settings):
        return None
    name = request.headers.get(settings.proxy_user_header)
    if not name:
        return None
    account = accounts.of_subject(settings.home, "proxy", name)
    if account is None or not account.good():
        return NOBODY
    sessions.by_proxy(settings.home, account, address_of_reader(settings), settings.session_idle_minutes * 60)
    return account.reader


def _asked(callbacks: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the doors before which the present request stands, the outer one first."""
    rule = request.url_rule.rule if request.url_rule else ""
    yield "route", rule
    if rule == CALL and request.method == "POST":
        try:
            body = request.get_json(silent=True)
        except RecursionError:  # brackets without end: refused as malformed (calls.py)
            return
        output = body.get("output") if isinstance(body, dict) else None
        named = callbacks.get(output) if isinstance(output, str) else None
        if named and "callback" in named:
            yield "callback", doors.name_of(named["callback"])


def _sent_away(context: Context, reader: Reader, error: RefusedError) -> Response:
    if reader.role == "nobody":
        if request.method == "GET" and request.accept_mimetypes.accept_html and request.path != CALL:
            there = request.full_path.rstrip("?") if request.path != "/" or request.query_string else ""
            lang = request.args.get("lang", "")
            asked = {"lang": lang, "next": there}
            return _to(f"{SIGN_IN}?{urlencode({key: value for key, value in asked.items() if value})}".rstrip("?"))
        answer = told(context, _WANTED, 401)
        answer.headers["X-Sign-In"] = SIGN_IN
        return answer
    return told(context, error, 403)


def _sent_on(context: Context, there: str) -> Response:
    if request.method == "GET" and request.accept_mimetypes.accept_html:
        return _to(there)
    answer = told(context, AtlasError(N_("请先改密码：这个密码是别人给的，或已经太旧。")), 403)
    answer.headers["X-Sign-In"] = there
    return answer


def _to(there: str) -> Response:
    return Response(status=303, headers={"Location": there, "Cache-Control": "no-store"})
