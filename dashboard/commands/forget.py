"""``forget``: what the atlas holds of one person, found and taken out; that it was, stands in the trail of deeds."""

from __future__ import annotations

import argparse
import sys
from typing import Any
from urllib.parse import unquote_plus

from dashboard import feedback
from dashboard.access import accounts, audit, doors
from dashboard.backup import BEFORE
from dashboard.commands.parsing import Add
from dashboard.export.orders import FOLDER as BRIEFS
from dashboard.geocoding import folder as geocoding
from dashboard.links import Links
from dashboard.locale import Gettext
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from dashboard.tasks.jobs import Jobs
from dashboard.tasks.uploads import Uploads
from geodata.derived import NAME as DERIVED
from geodata.derived import Folder
from geodata.erasing import Person
from geodata.errors import N_, AtlasError
from geodata.geocoding.service import cache_of
from geodata.message import Message
from geodata.store.erasing import Finding, Findings

#: Places that are listed one by one.
LISTED = 300
_JOBS = ("jobs", BRIEFS, "ground-jobs")
_STDIN = "-"


def add_parsers(add: Add, words: Gettext) -> None:
    """Add the command."""
    one = add(
        "forget",
        words("删除一个人的个人信息：先列出在哪里，加 --yes 才删，删了不能撤销"),
        with_json=True,
    )
    one.add_argument(
        "term",
        nargs="+",
        metavar="TEXT",
        help=words("认得出这个人的文字：姓名、电话、证件号，可给几个；写 - 则从标准输入读，一行一个，不留在命令历史里"),
    )
    one.add_argument("--yes", action="store_true", help=words("真的删除；不给只列出"))
    one.add_argument(
        "--only",
        action="store_true",
        help=words("只删给出的文字；不给则同一行里其他个人信息（电话、证件号……）一并删除"),
    )
    one.add_argument(
        "--except",
        action="append",
        default=[],
        dest="leave",
        metavar="TABLE.COLUMN",
        help=words("哪一列碰巧相同、不要动，如 stations.name，可多次"),
    )
    one.add_argument("--reference", metavar="TEXT", help=words("申请的编号，记进审计记录；不要写这个人的信息"))


def forgotten(options: argparse.Namespace, settings: Settings, source: AtlasSource) -> dict[str, Any]:
    """Look for a person, and with ``--yes`` take out what is found; return where it was, and what is not reached.

    Returns
    -------
    dict
        ``erased``; ``found`` (number by kind: ``rows``, ``copies``, ``batches``, ``feedback``, ``links``,
        ``addresses``); ``columns`` (number by ``table.column``); ``places`` (at most :data:`LISTED`); ``left`` (what is
        not reached, as messages).

    Raises
    ------
    AtlasError
        A term cannot be used, nothing can be written, or the caller has no shell of the server.
    """
    doors.require("command", "forget")
    whose = Person(_terms(options.term), options.only)
    if options.reference and whose.is_in(options.reference):
        raise AtlasError(N_("编号里写了这个人的信息，它会留在审计记录里：请换一个编号。"))
    store = source.store()
    if not options.yes:
        findings = store.erase(whose, options.leave)
        return _told(findings, _beside(settings, whose, write=False), _left(settings, whose, findings), erased=False)
    beside: dict[str, int] = {}

    def done(findings: Findings) -> None:
        beside.update(_beside(settings, whose, write=True))
        told: dict[str, Any] = findings.counts() | beside
        audit.note(settings.home, "erased", reference=options.reference, **told)

    try:
        findings = store.erase(whose, options.leave, done=done)
    except BaseException:
        if beside:
            audit.note(settings.home, "not-done", reference=options.reference)
        raise
    _made_anew(settings, source)
    return _told(findings, beside, _left(settings, whose, findings), erased=True)


def _terms(given: list[str]) -> tuple[str, ...]:
    lines = [line for one in given for line in (sys.stdin.read().splitlines() if one == _STDIN else [one])]
    return tuple(line.strip() for line in lines if line.strip())


def _beside(settings: Settings, whose: Person, *, write: bool) -> dict[str, int]:
    """Look through, or clear, what the home holds beside the rows."""

    def changed(one: dict[str, Any]) -> dict[str, Any]:
        address = str(one.get("address", ""))
        if whose.is_in(unquote_plus(address)):
            address = whose.text(unquote_plus(address.partition("?")[0])).text or ""
        return one | {"text": whose.text(str(one.get("text", ""))).text, "address": address}

    try:
        found = {
            "feedback": feedback.forget(settings.home, changed, write=write),
            "links": Links(settings.home, settings.database_url).forget(whose.is_in, write=write),
            "addresses": cache_of(geocoding(settings)).forget(whose.is_in, write=write),
        }
    except OSError as error:
        raise AtlasError(
            N_("{path} 写不进去（{said}）：请检查权限和磁盘空间，再运行一次；图册里的行没有改动。"),
            path=settings.home,
            said=error,
        ) from error
    return {name: count for name, count in found.items() if count}


def _made_anew(settings: Settings, source: AtlasSource) -> None:
    """Take away what is made of rows, or waits to become rows: whether the person is in it need not be asked."""
    Uploads(settings).clear()
    for name in _JOBS:
        Jobs(settings.home / name).clear()
    Folder(settings.home / DERIVED).clear()
    if settings.redis_url:
        from redis import Redis, RedisError

        try:
            redis = Redis.from_url(settings.redis_url)
            for key in redis.scan_iter("atlas:*"):
                redis.delete(key)
        except RedisError as error:
            raise AtlasError(
                N_("图册里已经删除；Redis 里的答复没有清掉（{said}）：它们一天内过期，再运行一次也会清。"),
                said=type(error).__name__,
            ) from error
    source.atlas()


def _left(settings: Settings, whose: Person, findings: Findings) -> list[Message]:
    """Return what is not reached, and how to treat it."""
    told = [
        Message(
            N_("{place} 的编号里有这些文字，行靠它相连，没有改：请在数据页改编号，或删除这一行后再运行一次。"),
            {"place": f"{one.column} {one.key}"},
        )
        for one in findings.left[:LISTED]
    ]
    named = [one.name for one in accounts.listed(settings.home) if whose.is_in(f"{one.name}\n{one.subject or ''}")]
    told += [
        Message(N_("账号 {name} 还在：本人不再使用时请用 account remove {name} 删除。"), {"name": name})
        for name in named
    ]
    lines = sum(whose.is_in(line) for line in audit.exported(settings.home))
    if lines:
        told.append(
            Message(
                N_("审计记录有 {count} 条写着这个账号：只增不改，按法定期限留存，期满把 audit.sqlite 整个归档销毁。"),
                {"count": lines},
            )
        )
    if (settings.home / BEFORE).is_dir():
        told.append(
            Message(
                N_("{path} 是上次恢复以前的整个图册，没有查：确认不再需要后请删除这个文件夹。"),
                {"path": settings.home / BEFORE},
            )
        )
    told.append(
        Message(
            N_("备份没有改：请销毁此前的备份，或每次恢复后马上再运行一次 forget（要删的文字另行封存，与备份分开）。")
        )
    )
    if settings.database_url:
        told.append(
            Message(N_("PostgreSQL 的旧行版本、WAL 归档和从库：请数据库管理员执行 VACUUM (FULL) 并按其备份期限清理。"))
        )
    told.append(Message(N_("已经取走的文件（导出、简报、来表）、服务器日志和读者电脑里的副本不在图册里：请分别处理。")))
    return told


def _told(findings: Findings, beside: dict[str, int], left: list[Message], *, erased: bool) -> dict[str, Any]:
    columns: dict[str, int] = {}
    for one in findings.found:
        columns[one.column] = columns.get(one.column, 0) + 1
    return {
        "erased": erased,
        "found": findings.counts() | beside,
        "columns": columns,
        "places": [_place(one) for one in findings.found[:LISTED]],
        "left": left,
    }


def _place(one: Finding) -> str:
    return f"{one.where} {one.column} {one.key}"
