"""``/sign-in``, ``/sign-out``, ``/account``: pages without scripts, and the cookie of the session."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from flask import Flask, Response, g, request

from dashboard.access import accounts, audit, sessions
from dashboard.access.accounts import Account
from dashboard.access.doors import NAMED
from dashboard.access.reader import current_reader
from dashboard.access.sessions import LockedError
from dashboard.context import Context
from dashboard.server.door import (
    SIGN_IN,
    Wanted,
    cookie_name,
    is_encrypted,
    must_change,
)
from dashboard.server.forms import FORM_SECONDS, Forms
from dashboard.server.reader import address_of_reader
from dashboard.server.sheets import SHARED_STYLES
from dashboard.server.trouble import words_of_reader
from dashboard.settings import CODE
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from layers.filters import THEMES

FIRST = "python -m dashboard account add {name} --role administrator"
#: What a browser forgets of this server when its reader goes, or another comes: pictures, kept views, ids of work.
CLEARED, CLEARED_PAGES = '"cache", "storage"', '"cache"'
#: For so long a browser knows whose it was, seconds.
LAST_SECONDS = 400 * 86_400
_STYLES = (*SHARED_STYLES, "sign-in.css")


def add_signing(server: Flask, context: Context, wanted: Wanted) -> None:
    """Serve these addresses."""
    settings = context.settings
    home = settings.home

    forms = Forms(home)

    def form_cookie() -> str:
        return f"{'__Host-' if is_encrypted(settings) else ''}atlas-form"

    def last_cookie() -> str:
        """Return the name of the cookie that says, unreadably, who signed in here last: a session may just run out."""
        return f"{'__Host-' if is_encrypted(settings) else ''}atlas-last"

    def set_cookie(answer: Response, name: str, value: str, age: float | None) -> Response:
        answer.set_cookie(
            name,
            value,
            max_age=int(age) if age else None,
            path="/",
            secure=is_encrypted(settings),
            httponly=True,
            samesite="Lax",
        )
        return answer

    def signed_in(account: Account, there: str, id_token: str | None = None) -> Response:
        """Begin a session of `account` in this browser, a new one whatever it had before."""
        if g.session is not None:
            sessions.end(home, g.session.digest)
        value = sessions.begin(home, account, address_of_reader(settings), id_token)
        answer, last = _sent("/account" if must_change(settings, account) else there), forms.mark(account.name)
        before = request.cookies.get(last_cookie())
        if before is None:  # nobody has signed in here: views that were kept are whose they were, pages are not
            answer.headers["Clear-Site-Data"] = CLEARED_PAGES
        elif before != last:  # what this browser keeps is somebody else's
            answer.headers["Clear-Site-Data"] = CLEARED
        set_cookie(answer, last_cookie(), last, LAST_SECONDS)
        return set_cookie(answer, cookie_name(settings), value, settings.session_hours * 3600)

    server.extensions["signed_in"] = signed_in

    @server.get(SIGN_IN)
    def _sign_in() -> Response:
        return asked_to("")

    def asked_to(said: str, status: int = 200) -> Response:
        """Return the page that asks for name and password, or says how the first account is made."""
        words = words_of_reader(context)
        there = local(request.values.get("next", ""))
        if current_reader().account and not said:
            return _sent(there)
        if not wanted.of_request():
            return _sent("/")
        if not settings.oidc_issuer and not settings.proxy_user_header and not accounts.listed(home):
            return page(words, words("还没有账号"), _first(words), there)
        bound = request.cookies.get(form_cookie()) or secrets.token_urlsafe(24)
        answer = page(
            words,
            words("登录"),
            notice(said)
            + f'<form method="post" action="{SIGN_IN}?{escape(_query(words, there))}" class="sign-form">'
            + forms.hidden(bound)
            + _field("name", words("账号"), "text", "username", request.form.get("name", "")[:64])
            + _field("password", words("密码"), "password", "current-password")
            + f'<button type="submit" class="button button-main">{escape(words("登录"))}</button></form>'
            + (
                f'<p class="sign-or"><a class="button" href="{SIGN_IN}/oidc?{escape(_query(words, there))}">'
                f"{escape(words('用单位账号登录'))}</a></p>"
                if settings.oidc_issuer
                else ""
            )
            + f'<p class="sign-hint">{escape(words("忘了密码、账号锁住或还没有账号：请找系统管理员。"))}</p>',
            there,
            status,
        )
        return set_cookie(answer, form_cookie(), bound, FORM_SECONDS)

    server.extensions["asked_to"] = asked_to

    @server.post(SIGN_IN)
    def _try() -> Response:
        words = words_of_reader(context)
        if not forms.is_ours(request.cookies.get(form_cookie(), "")):
            return asked_to(words("登录页放得太久，或浏览器没有收 cookie：请再登录一次。"), 400)
        name, password = (request.form.get(key, "")[:1_000] for key in ("name", "password"))
        try:
            account = sessions.sign_in(home, name, password, address_of_reader(settings))
        except LockedError as error:
            answer = asked_to(error.text(words.gettext), 429)
            answer.headers["Retry-After"] = str(int(sessions.WINDOW_SECONDS))
            return answer
        except AtlasError as error:
            return asked_to(error.text(words.gettext), 403)
        return signed_in(account, local(request.values.get("next", "")))

    @server.post("/sign-out")
    def _sign_out() -> Response:
        """End the session of this browser, or all of the account."""
        if g.session is None or not forms.is_ours(g.session.digest):
            return _sent("/account" if g.session else SIGN_IN)
        if "everywhere" in request.form:
            sessions.end_all(home, g.session.account.name)
        else:
            sessions.end(home, g.session.digest)
            audit.note(home, "signed-out")
        answer = _sent(SIGN_IN)
        answer.headers["Clear-Site-Data"] = CLEARED
        answer.delete_cookie(cookie_name(settings), path="/", secure=is_encrypted(settings), httponly=True)
        return answer

    @server.get("/account")
    def _account() -> Response:
        return told_of_account("")

    def told_of_account(said: str, good: bool = False, status: int = 200) -> Response:
        words, reader = words_of_reader(context), current_reader()
        if not reader.account:
            return _sent("/")
        where = words("全国") if reader.everywhere else words.listed(places_named(context, words, reader.places))
        rows = (
            (words("账号"), reader.account),
            (words("角色"), words(NAMED[reader.role])),
            (words("负责的地方"), where),
        )
        body = "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in rows) + "</dl>"
        session = g.session
        body = notice(said, good) + body
        if session is not None:
            hidden = forms.hidden(session.digest)
            change = (
                f'<form method="post" class="sign-form">{hidden}<h2>{escape(words("改密码"))}</h2>'
                + (
                    notice(words("这个密码是别人给的，或已经太旧：请先改密码。"))
                    if must_change(settings, session.account)
                    else ""
                )
                + _field("password", words("现在的密码"), "password", "current-password")
                + _field("new", words("新密码"), "password", "new-password")
                + _field("again", words("新密码再写一次"), "password", "new-password")
                + f'<button type="submit" class="button button-main">{escape(words("改密码"))}</button></form>'
                if session.account.origin == "local"
                else ""
            )
            body += (
                change + f'<form method="post" action="/sign-out?lang={words.lang}" class="sign-outs">{hidden}'
                f'<button type="submit" class="button">{escape(words("退出"))}</button>'
                f'<button type="submit" name="everywhere" value="1" class="button">'
                f"{escape(words('在所有设备上退出'))}</button></form>"
            )
        if reader.may("administrator"):
            body += f'<p><a href="/accounts?lang={words.lang}">{escape(words("账号与角色"))}</a></p>'
            body += f'<p><a href="/audit?lang={words.lang}">{escape(words("审计记录"))}</a></p>'
        body += f'<p><a href="/?lang={words.lang}">{escape(words("回到总览"))}</a></p>'
        return page(words, words("我的账号"), body, "", status)

    @server.post("/account")
    def _change() -> Response:
        """Change the password of who asks; every other session of theirs ends."""
        words, session = words_of_reader(context), g.session
        if session is None or not forms.is_ours(session.digest) or session.account.origin != "local":
            return told_of_account(words("这一页放得太久：请再试一次。"), status=400)
        password, new, again = (request.form.get(key, "")[:1_000] for key in ("password", "new", "again"))
        try:
            account = sessions.sign_in(home, session.account.name, password, address_of_reader(settings))
            if new != again:
                raise AtlasError(N_("两次写的新密码不一样：请再写一次。"))
            if new == password:
                raise AtlasError(N_("新密码和现在的一样：请换一个。"))
            accounts.set_password(home, account.name, new, own=True)
        except AtlasError as error:
            return told_of_account(error.text(words.gettext), status=429 if isinstance(error, LockedError) else 400)
        g.session = None  # it ended with the old password
        return signed_in(accounts.found(home, account.name) or account, "/")


def places_named(context: Context, words: Words, codes: Sequence[str]) -> list[str]:
    """Return the names of places by their adcodes, in the reader's language; the code of one that is not known."""
    atlas = context.source.atlas()
    named = []
    for code in codes:
        at = atlas.tree.position(code)
        named.append(str(atlas.places["name" if words.lang == "zh" else "name_en"].iloc[at]) if at >= 0 else code)
    return named


def _first(words: Words) -> str:
    why = words("这台服务器别的机器也能打开，要登录才能看。")
    how = words(
        "请在服务器上、在图册的文件夹里运行下面的命令，建第一个管理员账号。它会给出一次性密码；然后回到这里登录。"
    )
    command = FIRST.format(name=words("名字"))
    note = words("只在这台机器上用、不想登录：设 ATLAS_SIGN_IN=off 再启动。")
    return (
        f"<p>{escape(why)}</p><p>{escape(how)}</p><pre><code>.venv/bin/{escape(command)}</code></pre>"
        f'<p><a class="button" href="{SIGN_IN}?lang={words.lang}">{escape(words("建好了，去登录"))}</a></p>'
        f'<p class="sign-hint">{escape(note)}</p>'
    )


def _field(name: str, label: str, kind: str, complete: str, value: str = "") -> str:
    return (
        f'<label class="sign-field"><span>{escape(label)}</span><input type="{kind}" name="{name}" '
        f'autocomplete="{complete}" value="{escape(value)}" required maxlength="200" autocapitalize="none" '
        f'spellcheck="false"></label>'
    )


def notice(said: str, good: bool = False) -> str:
    """Return what is said to the reader at the head of a page; nothing where nothing is."""
    kind = "notice-good" if good else "notice-bad"
    return f'<p class="notice {kind}" role="alert">{escape(said)}</p>' if said else ""


def page(words: Words, title: str, body: str, there: str, status: int = 200, *, wide: bool = False) -> Response:
    """Return a page of this module: no script, the look of the atlas, the way to the other language."""
    other, name = ("en", "English") if words.lang == "zh" else ("zh", "中文")  # no key: each by its own name
    theme = request.args.get("theme") if request.args.get("theme") in THEMES else THEMES[0]
    query = {
        key: value for key, value in {"lang": other, "next": there, "theme": request.args.get("theme")}.items() if value
    }
    styles = "".join(
        f'<link rel="stylesheet" href="/assets/{name}?m={(Path(CODE) / "assets" / name).stat().st_mtime}">'
        for name in _STYLES
    )
    text = (
        f'<!DOCTYPE html><html lang="{"zh-CN" if words.lang == "zh" else "en"}" data-theme="{theme}">'
        f'<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)} · {escape(words('工会服务一张图'))}</title>{styles}</head><body>"
        f'<header class="header"><p class="brand"><span class="brand-dot" aria-hidden="true"></span>'
        f'{escape(words("工会服务一张图"))}</p><a class="button language" lang="{other}" '
        f'href="{escape(request.path)}?{escape(urlencode(query))}">{name}</a>'
        "</header>"
        f'<main class="sign{" sign-wide" if wide else ""}"><h1>{escape(title)}</h1>{body}</main></body></html>'
    )
    return Response(text, status, mimetype="text/html", headers={"Cache-Control": "no-store"})


def _query(words: Words, there: str) -> str:
    said = {"lang": words.lang, "next": there, "theme": request.args.get("theme", "")}
    return urlencode({key: value for key, value in said.items() if value})


def local(there: str) -> str:
    """Return an address to go on to: a page of ours, whatever was asked for."""
    parts = urlsplit(there.replace("\\", "/"))
    if (
        parts.scheme
        or parts.netloc
        or not there.startswith("/")
        or there.startswith(("//", SIGN_IN))
        or len(there) > 4_000
    ):
        return "/"
    return quote(there, safe="/?&=%:;,.~!*'()@+$-_")


def _sent(there: str) -> Response:
    return Response(status=303, headers={"Location": there, "Cache-Control": "no-store"})
