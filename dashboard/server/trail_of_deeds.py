"""``/audit`` and ``/audit.csv``: the trail of deeds, for the administrator."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, Response, request

from dashboard.access import audit
from dashboard.access.doors import NAMED
from dashboard.context import Context
from dashboard.server.signing import page
from dashboard.server.trouble import words_of_reader
from dashboard.words import Words
from geodata.errors import N_, AtlasError

PATH = "/audit"
A_PAGE = 100
#: Kinds of deeds, for people.
DEEDS = {
    "signed-in": N_("登录"),
    "sign-in-failed": N_("登录未成"),
    "sign-in-locked": N_("尝试太多，锁住"),
    "signed-out": N_("退出"),
    "signed-out-everywhere": N_("在所有设备上退出"),
    "exported": N_("取出"),
    "imported": N_("导入"),
    "edited": N_("改行"),
    "undone": N_("撤销"),
    "streets-read": N_("读入街道"),
    "plan-asked": N_("求解选址"),
    "plan-kept": N_("保存方案"),
    "plan-removed": N_("删除方案"),
    "plan-adopted": N_("采用方案"),
    "erased": N_("删除一个人的个人信息"),
    "expired": N_("到期的个人信息已删除"),
    "not-done": N_("没有成：前一条没有生效"),
    "account-added": N_("新建账号"),
    "account-changed": N_("改角色或地方"),
    "account-removed": N_("删除账号"),
    "account-locked": N_("锁住账号"),
    "account-unlocked": N_("解锁账号"),
    "password-set": N_("设密码"),
    "audit-exported": N_("导出审计记录"),
    "settings": N_("设置有变"),
    "restored": N_("从备份恢复"),
}


def add_trail_of_deeds(server: Flask, context: Context) -> None:
    """Serve these addresses."""
    home = context.settings.home

    @server.get(PATH)
    def _audit() -> Response:
        words = words_of_reader(context)
        account, deed = request.args.get("account", "")[:80], request.args.get("deed", "")[:40]
        before = request.args.get("before", None, int)
        found = audit.entries(home, before=before, most=A_PAGE, account=account, deed=deed)
        return page(words, words("审计记录"), _body(words, found, account, deed, _verdict(words, home)), "", wide=True)

    @server.get(f"{PATH}.csv")
    def _csv() -> Response:
        audit.note(home, "audit-exported")
        return Response(
            audit.exported(home),
            mimetype="text/csv",
            headers={"Content-Disposition": "attachment; filename=audit.csv", "Cache-Control": "no-store"},
        )


def _verdict(words: Words, home: Path) -> str:
    try:
        found = audit.verified(home)
    except AtlasError as error:
        return f'<p class="notice notice-bad">{escape(error.text(words.gettext))}</p>'
    if found.broken is not None:
        said = words("审计记录从第 {number} 条起对不上：它被改过、删过，或链头不在其中。").format(number=found.broken)
        return f'<p class="notice notice-bad" role="alert">{escape(said)}</p>'
    said = words("{count} 条，链条完整；链头 {head}").format(count=words.number(found.count), head=found.head)
    return f'<p class="sign-hint">{escape(said)}</p>'


def _body(words: Words, found: list[audit.Entry], account: str, deed: str, verdict: str) -> str:
    choices = "".join(
        f'<option value="{key}"{" selected" if key == deed else ""}>{escape(words(name))}</option>'
        for key, name in {"": N_("全部"), **DEEDS}.items()
    )
    rows = "".join(
        f"<tr><td>{one.number}</td><td><time>{escape(one.at[:19].replace('T', ' '))}</time></td>"
        f"<td>{escape(one.account or '—')}</td><td>{escape(words(NAMED.get(one.role, N_('未登录的人'))))}</td>"
        f"<td>{escape(words(DEEDS[one.deed]) if one.deed in DEEDS else one.deed)}</td>"
        f"<td>{escape(_about(one))}</td></tr>"
        for one in found
    )
    heads = (words("编号"), words("时间（UTC）"), words("账号"), words("角色"), words("做了什么"), words("其他"))
    more = ""
    if len(found) == A_PAGE:
        query = {"account": account, "deed": deed, "before": found[-1].number, "lang": words.lang}
        more = f'<p><a href="{PATH}?{escape(urlencode(query))}">{escape(words("更早的"))}</a></p>'
    return (
        f'{verdict}<form class="trail-filter"><input type="hidden" name="lang" value="{words.lang}">'
        f'<label>{escape(words("账号"))} <input name="account" value="{escape(account)}" maxlength="80"></label>'
        f'<label>{escape(words("做了什么"))} <select name="deed">{choices}</select></label>'
        f'<button class="button" type="submit">{escape(words("筛选"))}</button>'
        f'<a class="button" href="{PATH}.csv">{escape(words("导出 CSV"))}</a></form>'
        f'<div class="trail-rows" tabindex="0"><table><thead><tr>'
        + "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
        + f"</tr></thead><tbody>{rows}</tbody></table></div>{more}"
    )


def _about(one: audit.Entry) -> str:
    return "  ".join(
        f"{key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in one.about.items()
    )
