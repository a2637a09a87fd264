"""``account`` and ``audit``: who may sign in, and what was done; for who has the shell of the server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from dashboard.access import accounts, audit, sessions
from dashboard.access.accounts import Account
from dashboard.access.reader import GIVEN
from dashboard.commands.parsing import Add
from dashboard.locale import Gettext
from dashboard.settings import Settings
from geodata.errors import N_, AtlasError

Act = Callable[[argparse.Namespace, Settings], dict[str, Any]]


def add_parsers(add: Add, words: Gettext) -> None:
    """Add the commands."""
    account = add("account", words("列出、新建、修改账号"), with_json=True)
    account.add_argument(
        "act",
        choices=tuple(_ACTS),
        help=words("做什么：列出、新建、改角色和地方、重设密码、锁住、解锁、全部退出、删除"),
    )
    account.add_argument("name", nargs="?", help=words("账号名"))
    account.add_argument("--role", choices=GIVEN, help=words("角色：查看者、选址员、数据管理员、系统管理员"))
    account.add_argument(
        "--place", action="append", metavar="ADCODE", help=words("负责的地方，六位行政区划代码，可给多次；不给为全国")
    )
    account.add_argument("--expires", metavar="DATE", help=words("最后一天，如 2027-06-30；不给则不到期"))
    account.add_argument(
        "--password-stdin", action="store_true", help=words("从标准输入读密码；不给则生成一次性密码，首次登录须改")
    )
    account.add_argument(
        "--subject", metavar="ID", help=words("由 OIDC 或代理登录的人：那边的标识（sub 或代理给的名字）")
    )
    account.add_argument(
        "--by", choices=accounts.ORIGINS, default="local", help=words("谁来认这个人：本机密码、OIDC、代理")
    )
    trail = add("audit", words("核对或导出审计记录"), with_json=True)
    trail.add_argument(
        "act", choices=("verify", "list", "export"), help=words("核对整条链、列出最近的、导出全部为 CSV")
    )
    trail.add_argument("--head", metavar="HASH", help=words("以前核对时记下的链头：它必须还在链里"))


def account(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    """Do what the options of ``account`` ask for and return what came of it.

    Raises
    ------
    AtlasError
        A name is missing or cannot be used.
    """
    if options.act != "list" and not options.name:
        raise AtlasError(N_("请给账号名：如 account add li.wei --role keeper --place 640205。"))
    return _ACTS[options.act](options, settings)


def audited(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    """Do what the options of ``audit`` ask for and return what came of it; an export goes to stdout."""
    if options.act == "export":
        for line in audit.exported(settings.home):
            sys.stdout.write(line)
        return {}
    if options.act == "list":
        return {"entries": [told_entry(one) for one in audit.entries(settings.home)]}
    found = audit.verified(settings.home, options.head)
    return {"ok": found.broken is None, "entries": found.count, "head": found.head, "broken": found.broken}


def told_entry(one: audit.Entry) -> dict[str, Any]:
    """Return a line of the trail as JSON."""
    return {
        "number": one.number,
        "at": one.at,
        "account": one.account,
        "role": one.role,
        "deed": one.deed,
        "about": one.about,
    }


def _told(one: Account) -> dict[str, Any]:
    return {
        "name": one.name,
        "role": one.role,
        "places": list(one.places),
        "by": one.origin,
        "expires": one.expires.isoformat() if one.expires else None,
        "must_change_password": one.must_change,
        "locked": one.locked,
    }


def _list(_options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    return {"accounts": [_told(one) for one in accounts.listed(settings.home)]}


def _add(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    if not options.role:
        raise AtlasError(N_("请给角色：--role viewer、planner、keeper 或 administrator。"))
    made, password = accounts.add(
        settings.home,
        options.name,
        options.role,
        options.place or (),
        password=_password(options),
        origin=options.by,
        subject=options.subject or options.name,
        expires=_day(options.expires),
    )
    return _told(made) | ({"password": password} if password else {})


def _role(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    return _told(accounts.set_role(settings.home, options.name, options.role, options.place))


def _reset(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    given = _password(options)
    made = accounts.set_password(settings.home, options.name, given)
    return {"name": options.name} | ({} if given else {"password": made})


def _alone(change: Callable[[Path, str], Account]) -> Act:
    """Return the act that changes an account without asking for more than its name."""
    return lambda options, settings: _told(change(settings.home, options.name))


def _sign_out(options: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    return {"name": options.name, "sessions_ended": sessions.end_all(settings.home, accounts.named(options.name))}


_ACTS: Mapping[str, Act] = {
    "list": _list,
    "add": _add,
    "role": _role,
    "password": _reset,
    "lock": _alone(accounts.lock),
    "unlock": _alone(accounts.unlock),
    "sign-out": _sign_out,
    "remove": _alone(accounts.remove),
}


def _password(options: argparse.Namespace) -> str | None:
    return sys.stdin.readline().rstrip("\r\n") if options.password_stdin else None


def _day(said: str | None) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError as error:
        raise AtlasError(N_("“{got}”不是日期：请写成 2027-06-30。"), got=said or "") from error
