"""Accounts of a home: who may sign in, as what, and for which places."""

from __future__ import annotations

import json
import re
import sqlite3
import time
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from dashboard.access import audit, passwords
from dashboard.access.database import reading, writing
from dashboard.access.reader import EVERYWHERE, GIVEN, Reader
from geodata.errors import N_, AtlasError

#: Where accounts come from.
ORIGINS = ("local", "oidc", "proxy")
#: A password that somebody else made is for the first sign-in, so long; seconds.
HANDED_OUT_SECONDS = 7 * 86_400.0
_NAME = re.compile(r"[^\W_][\w.@+-]{0,63}\Z")
_ADCODE = re.compile(r"\d{6}\Z")
_COLUMNS = "name, role, places, origin, subject, hash, must_change, changed, made, expires"
_READ = f"SELECT {_COLUMNS}, name IN (SELECT name FROM locked) FROM accounts"  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True)
class Account:
    """One account.

    Attributes
    ----------
    name, role, places
        As of :class:`~dashboard.access.reader.Reader`.
    origin : {'local', 'oidc', 'proxy'}
        Who says that it is they.
    subject : str or None
        How the provider of the sign-in calls them.
    hash : str or None
        Of the password, of a local account.
    must_change : bool
        Whether somebody else made the password.
    changed : float or None
        When the password was set, seconds since 1970.
    made : float
        When the account was made.
    expires : date or None
        Last day on which it is good.
    locked : bool
        Whether an administrator shut it.
    """

    name: str
    role: str
    places: tuple[str, ...]
    origin: str
    subject: str | None
    hash: str | None
    must_change: bool
    changed: float | None
    made: float
    expires: date | None
    locked: bool = False

    @property
    def reader(self) -> Reader:
        """Who asks, once signed in."""
        return Reader(self.name, self.role, self.places)

    def good(self, today: date | None = None) -> bool:
        """Return whether it may be used today."""
        return not self.locked and (self.expires is None or (today or date.today()) <= self.expires)

    def handed_out_too_long_ago(self, now: float | None = None) -> bool:
        """Return whether its password was for a first sign-in that never came."""
        return self.must_change and (now or time.time()) - (self.changed or self.made) > HANDED_OUT_SECONDS


def named(name: str) -> str:
    """Return a name of an account in its one spelling.

    Raises
    ------
    AtlasError
        It can be no name.
    """
    said = unicodedata.normalize("NFKC", name).casefold().strip()
    if not _NAME.match(said):
        raise AtlasError(
            N_("账号名不能是“{name}”：用字母、汉字、数字和 . _ @ + -，以字母、汉字或数字开头，最多 64 个。"),
            name=name[:80],
        )
    return said


def listed(home: Path) -> list[Account]:
    """Return every account, by name."""
    with reading(home) as database:
        if database is None:
            return []
        return [_account(row) for row in database.execute(f"{_READ} ORDER BY name")]


def found(home: Path, name: str) -> Account | None:
    """Return an account by its name, None when there is none."""
    return _one(home, "name = ?", unicodedata.normalize("NFKC", name).casefold().strip())


def of_subject(home: Path, origin: str, subject: str) -> Account | None:
    """Return the account that a provider means by `subject`."""
    return _one(home, "origin = ? AND subject = ?", origin, subject)


def add(
    home: Path,
    name: str,
    role: str,
    places: Collection[str] = (),
    *,
    password: str | None = None,
    origin: str = "local",
    subject: str | None = None,
    expires: date | None = None,
) -> tuple[Account, str | None]:
    """Make an account; return it and the password that was made for it.

    Parameters
    ----------
    places : collection of str
        Adcodes; none: the whole country.
    password : str, optional
        Of a local account; without one is made, to be handed out and changed at the first sign-in.
    subject : str, optional
        Name at the provider, of an account that is not local.

    Raises
    ------
    AtlasError
        There is such an account, or something said of it cannot be.
    """
    name = named(name)
    _is_role(role)
    shown = password or passwords.given()
    made = (
        name,
        role,
        json.dumps(_places(places)),
        origin,
        subject if origin != "local" else None,
        passwords.hashed(shown, name) if origin == "local" else None,
        password is None and origin == "local",
        time.time(),
        time.time(),
        expires.isoformat() if expires else None,
    )
    try:
        with writing(home) as database:
            database.execute(f"INSERT INTO accounts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", made)  # noqa: S608
    except sqlite3.IntegrityError as error:
        raise AtlasError(
            N_("已有账号“{name}”：请换一个名字，或用 account role、account password 改它。"), name=name
        ) from error
    audit.note(home, "account-added", what=name, role=role, places=list(_places(places)), origin=origin)
    return _there(home, name), shown if password is None and origin == "local" else None


def set_role(home: Path, name: str, role: str | None = None, places: Collection[str] | None = None) -> Account:
    """Change what an account may and where; its next request is judged by it.

    Raises
    ------
    AtlasError
        There is no such account, no such role, or nobody would be left who may give roles.
    """
    one = _there(home, name)
    role, where = role or one.role, _places(places) if places is not None else one.places
    _is_role(role)
    with writing(home) as database:
        database.execute("UPDATE accounts SET role = ?, places = ? WHERE name = ?", (role, json.dumps(where), one.name))
    audit.note(
        home,
        "account-changed",
        what=one.name,
        role=role,
        places=list(where),
        was=one.role,
        was_places=list(one.places),
    )
    return _there(home, name)


def set_password(home: Path, name: str, password: str | None = None, *, own: bool = False) -> str:
    """Set the password of a local account, end its sessions, let in who was locked out; return the password.

    Parameters
    ----------
    password : str, optional
        Without, one is made.
    own : bool
        Whether the account itself sets it; else it is to be changed at the next sign-in.
    """
    one = _there(home, name)
    if one.origin != "local":
        raise AtlasError(N_("账号“{name}”不在这里设密码：它由{origin}登录。"), name=one.name, origin=one.origin)
    shown = password or passwords.given()
    kept = passwords.hashed(shown, one.name)
    with writing(home) as database:
        database.execute(
            "UPDATE accounts SET hash = ?, must_change = ?, changed = ? WHERE name = ?",
            (kept, not own, time.time(), one.name),
        )
        database.execute("DELETE FROM sessions WHERE account = ?", (one.name,))
        database.execute("DELETE FROM attempts WHERE key = ?", (f"name {one.name}",))
    audit.note(home, "password-set", what=one.name, own=own)
    return shown


def remove(home: Path, name: str) -> Account:
    """Take an account away, and with it all its sessions and the views that it kept."""
    one = _there(home, name)
    _change(home, name, "account-removed", "DELETE FROM accounts WHERE name = :name")
    return one


def lock(home: Path, name: str) -> Account:
    """Let an account in no more, until it is unlocked; its sessions end."""
    ends = "DELETE FROM sessions WHERE account = :name"
    _change(home, name, "account-locked", "INSERT OR IGNORE INTO locked VALUES (:name)", ends)
    return _there(home, name)


def unlock(home: Path, name: str) -> Account:
    """Let in again who tried too often, or was locked."""
    forgets = "DELETE FROM attempts WHERE key = 'name ' || :name"
    _change(home, name, "account-unlocked", "DELETE FROM locked WHERE name = :name", forgets)
    return _there(home, name)


def _change(home: Path, name: str, deed: str, *statements: str) -> None:
    """Do to an account what `statements` do to its ``:name``, and note it in the trail as `deed`."""
    own = _there(home, name).name
    with writing(home) as database:
        for one in statements:
            database.execute(one, {"name": own})
    audit.note(home, deed, what=own)


def _one(home: Path, where: str, *values: str) -> Account | None:
    with reading(home) as database:
        row = database.execute(f"{_READ} WHERE {where}", values).fetchone() if database else None
    return _account(row) if row else None


def _there(home: Path, name: str) -> Account:
    one = found(home, name)
    if one is None:
        raise AtlasError(N_("没有账号“{name}”：account list 列出全部账号。"), name=name[:80])
    return one


def _account(row: tuple[Any, ...]) -> Account:
    name, role, places, origin, subject, kept, must_change, changed, made, expires, locked = row
    return Account(
        name,
        role,
        tuple(json.loads(places)),
        origin,
        subject,
        kept,
        bool(must_change),
        changed,
        made,
        date.fromisoformat(expires) if expires else None,
        bool(locked),
    )


def _is_role(role: str) -> None:
    if role not in GIVEN:
        raise AtlasError(N_("没有角色“{role}”：应为 {roles} 之一。"), role=role, roles="、".join(GIVEN))


def _places(places: Collection[str]) -> tuple[str, ...]:
    wrong = next((one for one in places if not _ADCODE.match(one)), None)
    if wrong is not None:
        raise AtlasError(N_("“{got}”不是六位行政区划代码：如 640205，全国是 {all}。"), got=wrong[:20], all=EVERYWHERE)
    return tuple(sorted(set(places))) or (EVERYWHERE,)
