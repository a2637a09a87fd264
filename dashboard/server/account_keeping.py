"""``/accounts``: who may sign in, for the administrator: the same deeds as of the command ``account``, on a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from html import escape

from flask import Flask, Response, request

from dashboard.access import accounts, sessions
from dashboard.access.accounts import Account
from dashboard.access.doors import NAMED
from dashboard.access.reader import GIVEN, current_reader
from dashboard.context import Context
from dashboard.server.forms import Forms, bound_to
from dashboard.server.signing import notice, page, places_named
from dashboard.server.trouble import words_of_reader
from dashboard.words import Words
from geodata.errors import N_, AtlasError

PATH = "/accounts"
#: Deeds that would leave nobody to take them back: another administrator does them.
NOT_ONES_OWN = ("change", "lock", "remove")
STALE = N_("这一页放得太久：请再试一次。")


def add_account_keeping(server: Flask, context: Context) -> None:
    """Serve this address."""
    home, forms = context.settings.home, Forms(context.settings.home)

    def add(name: str) -> str | None:
        expires = request.form.get("expires", "")
        _, made = accounts.add(home, name, _role(), _places(), expires=_day(expires))
        return made

    def change(name: str) -> None:
        accounts.set_role(home, name, _role(), _places())

    acts: Mapping[str, Callable[[str], str | None]] = {
        "add": add,
        "change": change,
        "password": lambda name: accounts.set_password(home, name),
        "lock": lambda name: _none(accounts.lock(home, name)),
        "unlock": lambda name: _none(accounts.unlock(home, name)),
        "sign-out": lambda name: _none(sessions.end_all(home, accounts.named(name))),
        "remove": lambda name: _none(accounts.remove(home, name)),
    }

    @server.get(PATH)
    def _accounts() -> Response:
        return shown("")

    @server.post(PATH)
    def _act() -> Response:
        words, act = words_of_reader(context), request.form.get("act", "")
        try:
            if not forms.is_ours(bound_to()) or act not in acts:
                raise AtlasError(STALE)
            name = accounts.named(request.form.get("name", "")[:200])
            if act in NOT_ONES_OWN and name == current_reader().account:
                raise AtlasError(N_("自己的角色和账号请别的管理员来改：这样总还有人能管账号。"))
            password = acts[act](name)
        except AtlasError as error:
            return shown(notice(error.text(words.gettext)), 400)
        said = notice(words("已办好：{name}").format(name=name), good=True)
        if password:
            said += (
                f'<p class="notice notice-good">{escape(words("一次性密码，只显示这一次："))} '
                f"<code>{escape(password)}</code> "
                f"{escape(words('七天内登录，登录后先改密码。'))}</p>"
            )
        return shown(said)

    def shown(said: str, status: int = 200) -> Response:
        words = words_of_reader(context)
        listed, hidden = accounts.listed(home), forms.hidden(bound_to())
        open_, out = sessions.open_of(home), sessions.shut_out(home)
        cards = "".join(_card(words, context, one, hidden, open_.get(one.name, 0), one.name in out) for one in listed)
        fresh = (
            f'<details class="account"{"" if listed else " open"}><summary>{escape(words("新建一个账号"))}</summary>'
            f'<form method="post" class="account-form">{hidden}'
            f'<label>{escape(words("账号"))} <input name="name" required maxlength="64" autocapitalize="none"></label>'
            f"{_role_and_places(words, 'viewer', ())}"
            f'<label>{escape(words("最后一天"))} <input type="date" name="expires"></label>'
            f"{_button('add', words('建这个账号'), main=True)}</form></details>"
        )
        count = words("{count} 个账号").format(count=words.number(len(listed)))
        ways = (
            f'<p><a href="/audit?lang={words.lang}">{escape(words("审计记录"))}</a> · '
            f'<a href="/?lang={words.lang}">{escape(words("回到总览"))}</a></p>'
        )
        body = f'{said}<p class="sign-hint">{escape(count)}</p>{fresh}<div class="accounts">{cards}</div>{ways}'
        return page(words, words("账号与角色"), body, "", status, wide=True)


def _card(words: Words, context: Context, one: Account, hidden: str, open_: int, out: bool) -> str:
    where = words("全国") if one.reader.everywhere else words.listed(places_named(context, words, one.places))
    state = [
        *([words("已锁住")] if one.locked else []),
        *([words("尝试太多，暂时进不来")] if out else []),
        *([words("{day} 到期").format(day=one.expires.isoformat())] if one.expires else []),
        *([words("还没改一次性密码")] if one.must_change else []),
        *([words("由 {origin} 登录").format(origin=one.origin.upper())] if one.origin != "local" else []),
        words("{count} 处登录着").format(count=words.number(open_)),
    ]
    name = f'<input type="hidden" name="name" value="{escape(one.name)}">'
    buttons = [
        *([_button("password", words("重设密码"))] if one.origin == "local" else []),
        _button("unlock", words("解锁")) if one.locked or out else _button("lock", words("锁住")),
        _button("sign-out", words("结束全部登录")),
        f"<details><summary>{escape(words('去掉这个账号'))}</summary> {_button('remove', words('确定去掉'))}</details>",
    ]
    return (
        f'<details class="account"><summary><b>{escape(one.name)}</b> <span>{escape(words(NAMED[one.role]))} · '
        f'{escape(where)}</span> <span class="sign-hint">{escape(" · ".join(state))}</span></summary>'
        f'<form method="post" class="account-form">{hidden}{name}{_role_and_places(words, one.role, one.places)}'
        f"{_button('change', words('保存角色和地方'), main=True)}</form>"
        f'<form method="post" class="account-form">{hidden}{name}{"".join(buttons)}</form></details>'
    )


def _role_and_places(words: Words, role: str, places: tuple[str, ...]) -> str:
    choices = "".join(
        f'<option value="{one}"{" selected" if one == role else ""}>{escape(words(NAMED[one]))}</option>'
        for one in GIVEN
    )
    hint = words("六位代码，空格隔开；不填为全国")
    return (
        f'<label>{escape(words("角色"))} <select name="role">{choices}</select></label>'
        f'<label>{escape(words("负责的地方"))} <input name="places" value="{escape(" ".join(places))}" maxlength="400" '
        f'placeholder="{escape(hint)}" title="{escape(hint)}"></label>'
    )


def _button(act: str, name: str, main: bool = False) -> str:
    kind = "button button-main" if main else "button"
    return f'<button type="submit" name="act" value="{act}" class="{kind}">{escape(name)}</button>'


def _role() -> str:
    return request.form.get("role", "")[:40]


def _places() -> list[str]:
    return [one for one in re.split(r"[\s,，、]+", request.form.get("places", "")[:400]) if one]


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError as error:
        raise AtlasError(N_("“{got}”不是日期：请写成 2027-06-30。"), got=said[:40]) from error


def _none(_: object) -> None:
    return None
