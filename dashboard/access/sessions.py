"""Signing in and staying so: sessions are rows of ``access.sqlite``, and end for every process when their row goes."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from dashboard.access import accounts, audit, passwords
from dashboard.access.accounts import Account
from dashboard.access.database import reading, writing
from geodata.errors import N_, AtlasError

#: So many wrong passwords for one name, or from one address, are taken in :data:`WINDOW_SECONDS`; then nobody's is.
MOST_OF_A_NAME, MOST_OF_AN_ADDRESS = 8, 40
WINDOW_SECONDS = 900.0
#: How often a session is marked as seen; seconds.
_MARK_SECONDS = 60.0
_MOST_SESSIONS = 50  # of one account; the oldest go


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that is signed in."""

    account: Account
    digest: str
    id_token: str | None


class LockedError(AtlasError):
    """Too many have tried."""


def sign_in(home: Path, name: str, password: str, address: str) -> Account:
    """Return the account of `name` if `password` is its own.

    It takes as long, and says the same, whether there is such an account or not.

    Parameters
    ----------
    address : str
        From where it is tried.

    Raises
    ------
    LockedError
        Too many have tried this name, or from this address; says for how long.
    AtlasError
        Name and password do not belong together, or the account is over.
    """
    said = accounts.found(home, name)
    key = said.name if said else hashlib.sha256(name.casefold().strip().encode("utf-8", "replace")).hexdigest()[:32]
    counted = [(f"name {key}", MOST_OF_A_NAME), (f"address {address}", MOST_OF_AN_ADDRESS)]
    wait, first = _tried(home, counted)
    if first:
        audit.note(home, "sign-in-locked", account=said.name if said else "", address=address)
    if wait:
        raise LockedError(
            N_("尝试太多：请过 {minutes} 分钟再登录，或请系统管理员解锁。"), minutes=max(1, round(wait / 60))
        )
    right = passwords.fits(password, said.hash if said else None)
    if said is None or not right or not said.good() or said.handed_out_too_long_ago():
        audit.note(home, "sign-in-failed", account=said.name if said else "", address=address)
        raise AtlasError(N_("账号或密码不对，或账号已到期：请核对后再试，忘了密码请系统管理员重设。"))
    with writing(home) as database:  # who is let in did not guess
        database.execute("DELETE FROM attempts WHERE key = ?", (counted[0][0],))
    return said


def begin(home: Path, account: Account, address: str, id_token: str | None = None) -> str:
    """Begin a session and return the token that the browser keeps; only its hash is kept here."""
    token, now = secrets.token_urlsafe(32), time.time()
    with writing(home) as database:
        database.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?, ?)", (_digest(token), account.name, now, now, id_token)
        )
        database.execute(
            "DELETE FROM sessions WHERE account = ? AND digest NOT IN "
            "(SELECT digest FROM sessions WHERE account = ? ORDER BY seen DESC LIMIT ?)",
            (account.name, account.name, _MOST_SESSIONS),
        )
    audit.note(home, "signed-in", account=account.name, address=address, origin=account.origin)
    return token


def by_proxy(home: Path, account: Account, address: str, idle: float) -> None:
    """Note that a proxy names `account`, once as long as it is not `idle` (seconds): it signs in there, not here."""
    now, key = time.time(), f"proxy {account.name}"  # no digest of a token: no cookie can mean it
    with reading(home) as database:
        row = database.execute("SELECT seen FROM sessions WHERE digest = ?", (key,)).fetchone() if database else None
    if row is not None and 0 <= now - row[0] <= _MARK_SECONDS:
        return
    with writing(home) as database:
        last = database.execute("SELECT seen FROM sessions WHERE digest = ?", (key,)).fetchone()
        database.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, NULL)", (key, account.name, now, now))
    if last is None or not 0 <= now - last[0] <= idle:
        audit.note(home, "signed-in", account=account.name, address=address, origin=account.origin)


def of(home: Path, token: str | None, longest: float, idle: float) -> Session | None:
    """Return the session of a token, None when it is over.

    Parameters
    ----------
    longest, idle : float
        Seconds after which it ends anyway, and after which it ends when nobody asked anything.
    """
    if not token:
        return None
    now, digest = time.time(), _digest(token)
    with reading(home) as database:
        row = (
            database.execute(
                "SELECT account, began, seen, id_token FROM sessions WHERE digest = ?", (digest,)
            ).fetchone()
            if database
            else None
        )
    account = accounts.found(home, row[0]) if row else None
    if row is None or account is None or not account.good():
        return None
    _, began, seen, id_token = row
    if now - began > longest or now - seen > idle or began > now + _MARK_SECONDS:  # a clock that was set back ends it
        end(home, digest)
        return None
    if now - seen > _MARK_SECONDS:
        with writing(home) as database:
            database.execute("UPDATE sessions SET seen = ? WHERE digest = ?", (now, digest))
            database.execute("DELETE FROM sessions WHERE began < ?", (now - longest,))
    return Session(account, digest, id_token)


def end(home: Path, digest: str) -> None:
    """End one session."""
    with writing(home) as database:
        database.execute("DELETE FROM sessions WHERE digest = ?", (digest,))


def end_all(home: Path, name: str) -> int:
    """End every session of an account, everywhere; return how many there were."""
    with writing(home) as database:
        count = database.execute("DELETE FROM sessions WHERE account = ?", (name,)).rowcount
    audit.note(home, "signed-out-everywhere", what=name)
    return count


def open_of(home: Path) -> dict[str, int]:
    """Return how many sessions each account has open; none of one that has none."""
    with reading(home) as database:
        rows = database.execute("SELECT account, count(*) FROM sessions GROUP BY account") if database else ()
        return dict(rows)


def shut_out(home: Path) -> set[str]:
    """Return the accounts that are let in by no password just now, since too many were tried."""
    with reading(home) as database:
        rows = (
            database.execute(
                "SELECT substr(key, 6) FROM attempts WHERE key LIKE 'name %' AND at > ? "
                "GROUP BY key HAVING count(*) >= ?",
                (time.time() - WINDOW_SECONDS, MOST_OF_A_NAME),
            )
            if database
            else ()
        )
        return {name for (name,) in rows}


def age_of_password(account: Account) -> float:
    """Return how old the password of an account is, seconds."""
    return time.time() - (account.changed or account.made)


def _tried(home: Path, counted: list[tuple[str, int]]) -> tuple[float, bool]:
    """Note an attempt under each key.

    Returns
    -------
    float, bool
        For how many seconds nobody is let in any more, 0 as a rule; whether that begins now.
    """
    now, wait, first = time.time(), 0.0, False
    with writing(home) as database:
        database.execute("DELETE FROM attempts WHERE at < ? OR at > ?", (now - WINDOW_SECONDS, now + WINDOW_SECONDS))
        for key, most in counted:
            times = [at for (at,) in database.execute("SELECT at FROM attempts WHERE key = ? ORDER BY at", (key,))]
            if len(times) >= most:
                wait = max(wait, times[-most] + WINDOW_SECONDS - now)
                if len(times) == most:  # one more, so that it is told once
                    database.execute("INSERT INTO attempts VALUES (?, ?)", (key, times[-1]))
                    first = True
        if not wait:
            database.executemany("INSERT INTO attempts VALUES (?, ?)", [(key, now) for key, _ in counted])
    return wait, first


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
