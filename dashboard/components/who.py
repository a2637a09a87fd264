"""Who asks, in the header of every page; or that nobody has to say so."""

from __future__ import annotations

from dash import html
from flask import current_app, has_request_context

from dashboard.access.reader import current_reader
from dashboard.words import Words


def who(words: Words) -> html.A | html.Span:
    """Return the way to one's account; where signing in is off, a word that it is, and when that ends."""
    account = current_reader().account
    if account:
        return html.A(account, href=f"/account?lang={words.lang}", className="button who", title=words("我的账号"))
    if has_request_context() and current_app.extensions["sign_in"].own_rows():
        told = words("图册里有导入的数据，这台机器上谁都能看、能改。建一个账号（见文档“运行与维护”），从此就要登录。")
        return html.Span(words("有数据，未设登录"), className="who who-off who-due", title=told, tabIndex=0)
    told = words("只有这台机器能打开，所以不用登录。让别人访问，或有了导入的数据又建了账号，就要登录。")
    return html.Span(words("未设登录"), className="who who-off", title=told, tabIndex=0)
