"""Who asks, in the header of every page; or that nobody has to say so."""

from __future__ import annotations

from dash import html

from dashboard.access.reader import current_reader
from dashboard.words import Words

FIRST = "python -m dashboard account add {name} --role administrator"


def who(words: Words) -> html.A | html.Span:
    """Return the way to one's account; where signing in is off, a word that it is, and when that ends."""
    account = current_reader().account
    if account:
        return html.A(account, href=f"/account?lang={words.lang}", className="button who", title=words("我的账号"))
    told = words("只有这台机器能打开，所以不用登录。导入自己的数据或让别人访问之后就要登录：{command}").format(
        command=FIRST.format(name=words("名字"))
    )
    return html.Span(words("未设登录"), className="who who-off", title=told, tabIndex=0)
